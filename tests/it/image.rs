//! The container image: its runtime stage, built without the network and run by a Docker of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use umbrasil_tests::dockerd::{Dockerd, find, output};
use umbrasil_tests::{binary, eventually};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[tokio::test]
async fn the_image_answers_as_an_ordinary_user_and_stops_well() {
    let directory = tempfile::Builder::new().prefix("umbrasil-image-").tempdir().unwrap();
    let Some(docker) = Dockerd::start(directory.path()).await else { return };
    docker.import(&base(directory.path()), "base");
    docker.import(&built(directory.path()), "built");
    let context = directory.path().join("context");
    std::fs::create_dir(&context).unwrap();
    std::fs::write(context.join("Dockerfile"), runtime_stage()).unwrap();
    docker.run(&["build", "--quiet", "--tag", "umbrasil", context.to_str().unwrap()]);

    let (chat, health) = (free_port(), free_port());
    let (chat_setting, port_setting) =
        (format!("UMBRASIL_CHAT_PORT={chat}"), format!("PORT={health}"));
    // Local mode, because there is no token. Nothing but the volume can be written.
    let options =
        ["run", "--detach", "--name", "bot", "--network", "host", "--volume", "kept:/data"];
    let options = options.iter().copied().chain(["--read-only", "--cap-drop", "ALL"]);
    let options = options.chain(["--health-interval", "1s", "--env", &chat_setting]);
    let options: Vec<&str> = options.chain(["--env", &port_setting, "umbrasil"]).collect();
    docker.run(&options);
    let hello = answer(chat, "/start").await;
    assert!(hello.contains("I'm UmbraSIL"), "{hello}");
    let said = answer(chat, "/expense 12.50 food coffee").await;
    assert!(said.ends_with("Balance: -12.50 EUR"), "{said}");
    let user = docker.run(&["exec", "bot", "id", "-u"]);
    assert_eq!(user.trim(), "10001");
    eventually(60, "Docker finds it healthy", async || {
        let state = docker.run(&["inspect", "--format", "{{.State.Health.Status}}", "bot"]);
        (state.trim() == "healthy").then_some(())
    })
    .await;
    let summary = reqwest::get(format!("http://127.0.0.1:{health}/")).await.unwrap();
    let summary: Value = summary.json().await.unwrap();
    assert_eq!(summary["status"], "healthy", "{summary}");

    docker.run(&["stop", "--time", "12", "bot"]);
    let ended = docker.run(&["inspect", "--format", "{{.State.ExitCode}}", "bot"]);
    assert_eq!(ended.trim(), "0", "{}", docker.run(&["logs", "bot"]));
    // Another container with the same volume goes on.
    docker.run(&["rm", "bot"]);
    docker.run(&options);
    let said = answer(chat, "/expense 1.00 food").await;
    assert!(said.ends_with("Balance: -13.50 EUR"), "{said}");
    docker.run(&["rm", "--force", "bot"]);
}

#[test]
fn the_platform_starts_and_checks_what_the_image_has() {
    let settings = std::fs::read_to_string(format!("{REPOSITORY}/railway.toml")).unwrap();
    for line in
        ["startCommand = \"umbrasil run\"", "healthcheckPath = \"/\"", "builder = \"DOCKERFILE\""]
    {
        assert!(settings.contains(line), "{line}");
    }
    let file = std::fs::read_to_string(format!("{REPOSITORY}/Dockerfile")).unwrap();
    for line in
        ["USER 10001:10001", "VOLUME /data", "CMD [\"umbrasil\", \"doctor\"]", "CMD [\"run\"]"]
    {
        assert!(file.contains(line), "{line}");
    }
}

/// The last stage of our Dockerfile, with what it builds upon given.
fn runtime_stage() -> String {
    let file = std::fs::read_to_string(format!("{REPOSITORY}/Dockerfile")).unwrap();
    let begin = file.find("FROM ${RUNTIME} AS runtime").expect("a runtime stage");
    format!("ARG RUNTIME=base\nFROM built AS builder\n{}", &file[begin..])
}

/// Says something as the owner, and waits for the answer.
async fn answer(chat: u16, text: &str) -> String {
    let (client, page) = (reqwest::Client::new(), format!("http://127.0.0.1:{chat}"));
    let history = async || {
        let answer = client.get(format!("{page}/chat/history?person=1001")).send().await.ok()?;
        let history: Value = answer.json().await.ok()?;
        Some(history["messages"].as_array()?.clone())
    };
    let before = eventually(90, "the chat page", history).await.len();
    let message = json!({"person": 1001, "text": text});
    client.post(format!("{page}/chat/message")).json(&message).send().await.unwrap();
    eventually(60, text, async || {
        let messages = history().await?;
        let new =
            messages.get(before..)?.iter().find(|message| message["from"]["is_bot"] == true)?;
        Some(new["text"].as_str()?.to_owned())
    })
    .await
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An image in place of Debian's: a shell, and the libraries that the binary needs.
fn base(directory: &Path) -> PathBuf {
    let root = directory.join("base");
    for folder in ["bin", "tmp", "usr/local/bin", "proc", "sys", "dev", "etc"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let busybox = find("busybox").unwrap();
    std::fs::copy(busybox, root.join("bin/busybox")).unwrap();
    for name in ["sh", "mkdir", "chown", "id"] {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(name)).unwrap();
    }
    let listed = output(Command::new("ldd").arg(binary()));
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        let to = root.join(&library[1..]);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(library, to).unwrap();
    }
    root
}

/// What the builder stage would leave: the binary under test, without its symbols.
fn built(directory: &Path) -> PathBuf {
    let root = directory.join("built");
    std::fs::create_dir_all(root.join("out")).unwrap();
    output(Command::new("strip").arg("-o").arg(root.join("out/umbrasil")).arg(binary()));
    root
}
