//! `docker` with a real daemon. Skipped where none can run.

use std::path::Path;

use umbrasil_tests::dockerd::Dockerd;
use umbrasil_tests::{Signal, eventually};

use crate::docker::bot;

const ALL: &str = r#"["list", "inspect", "logs", "stats", "start", "stop", "restart"]"#;
const READ: &str = r#"["list", "inspect", "logs", "stats"]"#;

/// A daemon with an image. Its directory goes after it.
async fn docker() -> Option<(tempfile::TempDir, Dockerd)> {
    let directory = tempfile::Builder::new().prefix("umbrasil-docker-").tempdir().unwrap();
    let docker = Dockerd::start(Path::new(directory.path())).await?;
    docker.import_busybox();
    Some((directory, docker))
}

#[tokio::test]
async fn containers_are_listed_and_told_about_without_their_secrets() {
    let Some((_directory, docker)) = docker().await else { return };
    let options = [
        "--env",
        "DB_PASSWORD=CANARY",
        "--label",
        "CANARY=CANARY",
        "--label",
        "umbrasil.manage=true",
        "--hostname",
        "canary",
        "--volume",
        "kept:/data",
        "--restart",
        "unless-stopped",
    ];
    docker.container(
        "web",
        &options,
        "echo CANARY | cat >/dev/null; echo out; echo err >&2; sleep 1000",
    );
    docker.container("db", &["--env", "OTHER=CANARY"], "exec sleep 1000");
    docker.container("gone", &["--label", "umbrasil.manage=true"], "exit 3");
    let (world, _host) = bot(&docker.host(), READ, r#"["web", "label:umbrasil.manage"]"#).await;
    let owner = world.owner();

    eventually(20, "one has ended", async || {
        (docker.ask("gone", "{{.State.Status}}") == "exited").then_some(())
    })
    .await;
    let listed = owner.say("/d_list").await;
    for part in [
        "name: \"web\"",
        "state: \"running\"",
        "name: \"gone\"",
        "state: \"exited\"",
        "image: \"busybox\"",
    ] {
        assert!(listed.text().contains(part), "{part}: {listed}");
    }
    assert!(
        !listed.text().contains("name: \"db\"") && !listed.text().contains("CANARY"),
        "{listed}"
    );

    let details = owner.say("/d_inspect web").await;
    for part in [
        "\"DB_PASSWORD\"",
        "mounts: [\"/data\"]",
        "networks: [\"none\"]",
        "restart-policy: \"unless-stopped\"",
        "status: \"Up ",
    ] {
        assert!(details.text().contains(part), "{part}: {details}");
    }
    for secret in ["CANARY", "sleep", "docker/volumes"] {
        assert!(!details.text().contains(secret), "{secret}: {details}");
    }
    let ended = owner.say("/d_inspect gone").await;
    assert!(
        ended.text().contains("exit-code: 3") && !ended.text().contains("finished: 0"),
        "{ended}"
    );
    assert!(owner.say("/d_inspect db").await.text().contains("Denied"));

    let usage = owner.say("/d_stats web").await;
    assert!(usage.text().starts_with("Usage {") && usage.text().contains("cpu-percent"), "{usage}");
    assert!(
        owner.say("/d_stats gone").await.text().contains("processes: 0"),
        "what has ended uses nothing"
    );
    assert!(owner.say("/d_stats db").await.text().contains("Denied"));
    // Both streams; the order between them is not Docker's to keep.
    let logs = owner.say("/d_logs 10 web").await;
    assert!(
        logs.text().starts_with("(2, 6, Some(") && logs.text().contains("out 1 \\\"out\\\""),
        "{logs}"
    );
    assert!(logs.text().contains("err 1 \\\"err\\\""), "{logs}");
    assert!(owner.say("/d_logs 10 db").await.text().contains("Denied"));
}

#[tokio::test]
async fn a_flood_of_lines_is_cut_to_its_end() {
    let Some((_directory, docker)) = docker().await else { return };
    docker.container("flood", &[], "exec yes flooding");
    docker.container("lines", &[], "seq 1 5000; exec sleep 1000");
    docker.container("tty", &["--tty"], "printf 'one\\ntwo\\033[31m\\nthree'");
    docker.container(
        "long",
        &[],
        "dd if=/dev/zero bs=1M count=10 2>/dev/null | tr '\\0' x; echo; echo end; exec sleep 1000",
    );
    let (world, host) = bot(&docker.host(), READ, r#"["*"]"#).await;
    let owner = world.owner();
    let say = async |text: &str, expected: &str| {
        eventually(30, expected, async || {
            let said = owner.say(text).await;
            said.text().contains(expected).then(|| said.text().to_owned())
        })
        .await
    };
    say("/d_logs 4000000000 flood", "(200, 1600, ").await;
    let lines = say("/d_logs 9999 lines", "5000").await;
    assert!(lines.starts_with("(200, ") && lines.contains("4801"), "{lines}");
    say("/d_logs 3 lines", "4998").await;
    assert!(owner.say("/d_logs 0 lines").await.text().starts_with("(0, 0, None"));
    let filtered = say("/d_logs 3 lines 49", "(3, 12, ").await;
    assert!(filtered.contains("4997") && filtered.contains("4999"), "{filtered}");
    let tty = say("/d_logs 10 tty", "three").await;
    assert!(tty.starts_with("(3, ") && tty.contains("out 1 \\\"one\\\""), "{tty}");
    let long = say("/d_logs 200 long", "end").await;
    assert!(long.starts_with("(2, 16387, "), "{long}");
    assert!(host.memory() < 400, "{} MiB", host.memory());
}

#[tokio::test]
async fn containers_are_started_stopped_and_restarted() {
    let Some((_directory, docker)) = docker().await else { return };
    docker.container("web", &["--label", "umbrasil.manage=true"], "while true; do sleep 1; done");
    docker.container("db", &[], "while true; do sleep 1; done");
    let (world, _host) = bot(&docker.host(), ALL, r#"["label:umbrasil.manage=true"]"#).await;
    let owner = world.owner();
    let state = || docker.ask("web", "{{.State.Status}}");
    let begun = || docker.ask("web", "{{.State.StartedAt}}");

    assert_eq!(owner.say("/d_stop web").await.text(), "()");
    assert_eq!(state(), "exited");
    assert_eq!(owner.say("/d_stop web").await.text(), "()", "it is stopped already");
    assert_eq!(owner.say("/d_start web").await.text(), "()");
    assert_eq!(state(), "running");
    assert_eq!(owner.say("/d_start web").await.text(), "()", "it runs already");
    let before = begun();
    assert_eq!(owner.say("/d_restart web").await.text(), "()");
    assert_ne!(begun(), before);
    for verb in ["stop", "start", "restart", "inspect", "stats"] {
        let said = owner.say(&format!("/d_{verb} db")).await;
        assert!(said.text().contains("Denied"), "{said}");
    }
    assert_eq!(docker.ask("db", "{{.State.Status}}"), "running");
    // By the beginning of an id nothing is reached, whatever its labels.
    let id = docker.ask("web", "{{.Id}}");
    assert!(owner.say(&format!("/d_stop {}", &id[..12])).await.text().contains("Denied"));
    assert_eq!(state(), "running");
}

#[tokio::test]
async fn a_daemon_that_stands_still_is_not_waited_for() {
    let Some((_directory, docker)) = docker().await else { return };
    docker.container("web", &[], "exec sleep 1000");
    let (world, _host) = bot(&docker.host(), ALL, r#"["web"]"#).await;
    assert!(world.owner().say("/d_list").await.text().contains("web"));
    docker.signal(Signal::STOP);
    world.owner().write("/d_inspect web").await;
    assert!(world.user().say("/balance").await.text().contains("Balance"), "others go on");
    let answers = world.owner().wait_for(2).await;
    assert_eq!(answers[1].text(), "error: Error::Timeout");
    docker.signal(Signal::CONT);
    assert!(world.owner().say("/d_inspect web").await.text().contains("running"));
}
