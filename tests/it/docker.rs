//! `docker` as a module meets it, before a socket that notes everything: who may reach it, with what, and
//! what comes of a daemon that misbehaves. `dockerd.rs` is about a real one.

use serde_json::{Value, json};
use umbrasil_tests::docker_socket::{Answer, DockerSocket, obliging};
use umbrasil_tests::fixtures::wanting;
use umbrasil_tests::{Host, OWNER, TOKEN, World, eventually, run};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const ALL: &str = r#"["list", "inspect", "logs", "stats", "start", "stop", "restart"]"#;
/// Each function for a container, as a command and as a line of a permission.
const EACH: [(&str, &str); 6] = [
    ("d_inspect ", "docker inspect "),
    ("d_logs 5 ", "docker logs "),
    ("d_stats ", "docker stats "),
    ("d_start ", "docker start "),
    ("d_stop ", "docker stop "),
    ("d_restart ", "docker restart "),
];

/// A host with the module `containers`, which wants and is granted these verbs for these containers, and
/// what is dangerous without a confirmation.
pub(crate) async fn bot(docker_host: &str, verbs: &str, containers: &str) -> (World, Host) {
    let world = World::new().await;
    install(&world, verbs, containers);
    let host = world.start(&[("DOCKER_HOST", docker_host)]).await;
    (world, host)
}

pub(crate) fn install(world: &World, verbs: &str, containers: &str) {
    let table = format!("verbs = {verbs}\ncontainers = {containers}\n");
    let manifest = format!("[module]\nname = \"containers\"\nversion = \"1\"\n[[docker]]\n{table}");
    let settings =
        format!("[policy]\nowner.dangerous = \"allow\"\n[[modules.containers.docker]]\n{table}");
    std::fs::write(world.path().join("umbrasil.toml"), settings).unwrap();
    world.install("containers", &wanting("containers", &manifest));
}

/// What is on record of the module's calls.
fn audit(world: &World) -> Vec<Value> {
    let database = rusqlite::Connection::open(world.data().join("umbrasil.db")).unwrap();
    let mut rows = database.prepare("SELECT record FROM audit ORDER BY seq").unwrap();
    let rows = rows.query_map((), |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| serde_json::from_str(&row.unwrap()).unwrap()).collect()
}

fn web() -> DockerSocket {
    DockerSocket::start(obliging("web", ID, &json!({"umbrasil.manage": "true"})))
}

#[tokio::test]
async fn without_a_permission_nothing_reaches_docker() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), r#"["start"]"#, r#"["nobody"]"#).await;
    let denied = world.owner().say("/d_list").await;
    assert!(
        denied.text().contains("Denied") && denied.text().contains("`docker list *`"),
        "{denied}"
    );
    for (command, line) in EACH {
        let said = world.owner().say(&format!("/{command}web")).await;
        assert!(
            said.text().contains("Denied") && said.text().contains(&format!("`{line}web`")),
            "{said}"
        );
    }
    assert_eq!((socket.connections(), socket.asked()), (0, vec![]));
    let denials = eventually(10, "the refusals are on record", async || {
        let denied =
            |record: &&Value| record["decision"] == "deny" && record["module"] == "containers";
        let audit = audit(&world);
        let denials: Vec<Value> = audit.iter().filter(denied).cloned().collect();
        (denials.len() == 7).then_some(denials)
    });
    let denials = denials.await;
    assert!(denials.iter().all(|record| record["capability"] == "docker"), "{denials:#?}");
    assert_eq!(denials[6]["target"], "docker restart web");
}

#[tokio::test]
async fn another_container_is_as_far_away_as_none() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), ALL, r#"["db", "web-*", "*-web"]"#).await;
    for (command, _) in EACH {
        let said = world.owner().say(&format!("/{command}web")).await;
        assert!(said.text().contains("Denied"), "{said}");
    }
    assert_eq!(socket.connections(), 0);
    let listed = world.owner().say("/d_list").await;
    assert_eq!(listed.text(), "[]", "there is one, which was not granted");
}

#[tokio::test]
async fn what_was_granted_is_done_to_the_container_that_was_looked_up() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), ALL, r#"["web"]"#).await;
    let listed = world.owner().say("/d_list").await;
    assert!(
        listed.text().contains("name: \"web\"") && listed.text().contains("id: \"0123456789ab\""),
        "{listed}"
    );
    for (command, _) in EACH {
        let said = world.owner().say(&format!("/{command}web")).await;
        assert!(!said.text().contains("error"), "{command}: {said}");
    }
    let paths: Vec<String> =
        socket.asked().into_iter().map(|line| line.split('?').next().unwrap().to_owned()).collect();
    let named = "GET /v1.41/containers/web/json".to_owned();
    let expected = [
        // Whatever the daemon speaks is agreed on first.
        "GET /version".to_owned(),
        "GET /v1.41/containers/json".to_owned(),
        named.clone(),
        "GET /v1.41/containers/json".to_owned(),
        named.clone(),
        format!("GET /v1.41/containers/{ID}/logs"),
        named.clone(),
        format!("GET /v1.41/containers/{ID}/stats"),
        named.clone(),
        format!("POST /v1.41/containers/{ID}/start"),
        named.clone(),
        format!("POST /v1.41/containers/{ID}/stop"),
        named,
        format!("POST /v1.41/containers/{ID}/restart"),
    ];
    assert_eq!(paths, expected);
    let logs = socket.asked().into_iter().find(|line| line.contains("/logs")).unwrap();
    for option in ["follow=false", "tail=5", "timestamps=true", "stdout=true", "stderr=true"] {
        assert!(logs.contains(option), "{logs}");
    }
}

#[tokio::test]
async fn names_cannot_become_other_paths() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), ALL, r#"["*"]"#).await;
    let names = [
        "../volumes/prune?x=",
        "web?force=true&v=true#",
        "a/exec",
        "..%2f",
        "web%2f..",
        "",
        ".",
        "..",
        "-web",
        "_web",
        "LONG",
        "web\\n",
        "web\\0",
        "\\nweb",
        "web json",
        "wéb",
        "w\u{435}b",
        "web\u{202e}",
        "/web",
        "web/",
        "http://x/",
        "web;reboot",
        "$(id)",
        "`id`",
        "'web'",
        "\"web\"",
        "web:1",
        "web@sha256",
        "web,db",
        "*",
        "web*",
        "label:a=b",
    ];
    for names in names.chunks(3) {
        let text = names.join("\u{1f}");
        let said = world.owner().say(&format!("/d_nasty {text}")).await;
        assert_eq!(
            said.text(),
            format!("{{\"Err(Error::Invalid(\": {}}}", 6 * names.len()),
            "{names:?}"
        );
    }
    assert_eq!(socket.connections(), 0, "{:?}", socket.asked());
}

#[tokio::test]
async fn labels_are_looked_up_where_they_make_the_difference() {
    let verbs = r#"["inspect", "restart"]"#;
    let socket = web();
    let (world, _host) = bot(&socket.host(), verbs, r#"["label:umbrasil.manage=true"]"#).await;
    let said = world.owner().say("/d_restart web").await;
    assert_eq!(said.text(), "()");
    assert_eq!(socket.asked().last().unwrap(), &format!("POST /v1.41/containers/{ID}/restart"));
    assert_eq!(socket.asked().iter().filter(|line| line.contains("/web/json")).count(), 1, "once");
    // A verb without labels in its grants asks for none.
    let before = socket.connections();
    let said = world.owner().say("/d_stop web").await;
    assert!(said.text().contains("Denied") && socket.connections() == before, "{said}");

    let socket = DockerSocket::start(obliging("web", ID, &json!({"umbrasil.manage": "false"})));
    let (world, _host) = bot(&socket.host(), verbs, r#"["label:umbrasil.manage=true"]"#).await;
    let denied = world.owner().say("/d_restart web").await;
    assert!(denied.text().contains("Denied"), "{denied}");
    // One that is not there is denied in the same words.
    let absent = world.owner().say("/d_restart db").await;
    assert_eq!(absent.text(), denied.text().replace("web", "db"));
    assert!(socket.asked().iter().all(|line| line.starts_with("GET ")), "{:?}", socket.asked());
}

#[tokio::test]
async fn an_id_is_no_name() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), ALL, r#"["*"]"#).await;
    for name in [ID, &ID[..12], "0"] {
        let said = world.owner().say(&format!("/d_stop {name}")).await;
        assert!(said.text().contains("there is no container"), "{said}");
    }
    assert!(socket.asked().iter().all(|line| line.starts_with("GET ")), "{:?}", socket.asked());
}

#[tokio::test]
async fn what_is_dangerous_waits_for_an_owner() {
    let socket = web();
    let world = World::new().await;
    install(&world, ALL, r#"["web"]"#);
    let settings = std::fs::read_to_string(world.path().join("umbrasil.toml")).unwrap();
    let settings = settings.replace("owner.dangerous = \"allow\"", "");
    std::fs::write(world.path().join("umbrasil.toml"), settings).unwrap();
    let _host = world.start(&[("DOCKER_HOST", &socket.host())]).await;
    for command in ["d_stop", "d_restart", "d_confirmed"] {
        world.owner().say(&format!("/{command} web")).await;
    }
    assert_eq!(socket.connections(), 0, "{:?}", socket.asked());
    // Starting is a change, and no danger.
    assert_eq!(world.owner().say("/d_start web").await.text(), "()");
}

#[tokio::test]
async fn the_host_does_not_stop_its_own_container() {
    let socket = web();
    let world = World::new().await;
    install(&world, ALL, r#"["*"]"#);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // As in a container: the host name is the beginning of its id.
    let host = socket.host();
    let inner = world.command(&[("DOCKER_HOST", &host), ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")]);
    let mut command = std::process::Command::new("/usr/bin/unshare");
    command.args(["--uts", "sh", "-c", "hostname 0123456789ab && exec \"$0\" run"]);
    command.arg(inner.get_program()).current_dir(world.path()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let host = world.spawn(command);
    host.ready().await;
    for command in ["d_stop", "d_restart"] {
        let said = world.owner().say(&format!("/{command} web")).await;
        assert!(
            said.text().contains("Denied") && said.text().contains("the host itself"),
            "{said}"
        );
    }
    assert!(socket.asked().iter().all(|line| line.starts_with("GET ")), "{:?}", socket.asked());
    assert!(
        !world.owner().say("/d_logs 1 web").await.text().contains("error"),
        "looking is no harm"
    );
}

type Script = Box<dyn Fn(&str) -> Answer + Send + Sync>;

#[tokio::test]
async fn a_daemon_that_misbehaves_is_told_in_plain_words() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let flood = [&b"10000\r\n"[..], &vec![b'['; 0x10000], b"\r\n"].concat();
    let path = "/var/lib/docker/secret-place";
    let cases: Vec<(Script, &str)> = vec![
        (Box::new(move |_| Answer::Json(500, json!({"message": path}))), "an error (500)"),
        (Box::new(|_| Answer::Json(404, json!("not here"))), "does not speak Docker's language"),
        (
            Box::new(|_| Answer::Json(200, json!({"hello": "world"}))),
            "does not speak Docker's language",
        ),
        (
            Box::new(|_| Answer::Json(200, json!({"ApiVersion": "new"}))),
            "does not speak Docker's language",
        ),
        (Box::new(|_| Answer::Raw(b"\x00\xff\xfegarbage\r\n\r\n".to_vec())), "Unavailable"),
        (Box::new(|_| Answer::Raw(Vec::new())), "closed the connection"),
        (
            Box::new(|_| Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec())),
            "Unavailable",
        ),
        (Box::new(move |_| Answer::Flood([&chunked[..], &flood].concat())), "Unavailable"),
        (Box::new(move |_| Answer::Flood(vec![b'['; 0x10000])), "Unavailable"),
    ];
    let world = World::new().await;
    install(&world, ALL, r#"["web"]"#);
    for (script, expected) in cases {
        let socket = DockerSocket::start(script);
        let host = world.start(&[("DOCKER_HOST", &socket.host())]).await;
        for command in ["d_list", "d_restart web"] {
            let said = world.owner().say(&format!("/{command}")).await;
            assert!(said.text().contains("error: Error::Unavailable"), "{expected}: {said}");
            assert!(said.text().contains(expected), "{expected}: {said}");
            assert!(!said.text().contains('/') && !said.text().contains("secret"), "{said}");
        }
        assert!(world.owner().say("/balance").await.text().contains("Balance"), "others go on");
        assert!(host.memory() < 400, "{} MiB", host.memory());
        assert!(socket.asked().iter().all(|line| line.starts_with("GET ")), "nothing was changed");
        host.stop().await;
    }
}

#[tokio::test]
async fn without_docker_there_is_a_hint_and_no_path() {
    let world = World::new().await;
    install(&world, ALL, r#"["web"]"#);
    let (missing, file) = (world.path().join("missing.sock"), world.path().join("no.sock"));
    std::fs::write(&file, "").unwrap();
    for (path, expected) in [(&missing, "set DOCKER_HOST"), (&file, "is it running?")] {
        let docker_host = format!("unix://{}", path.display());
        let host = world.start(&[("DOCKER_HOST", &docker_host)]).await;
        let said = world.owner().say("/d_list").await;
        assert!(said.text().contains("Unavailable") && said.text().contains(expected), "{said}");
        assert!(!said.text().contains('/'), "{said}");
        host.stop().await;
    }
    // It may come later.
    let socket = web();
    std::os::unix::fs::symlink(socket.path(), &missing).unwrap();
    let docker_host = format!("unix://{}", missing.display());
    let _host = world.start(&[("DOCKER_HOST", &docker_host)]).await;
    assert!(world.owner().say("/d_list").await.text().contains("web"));
}

#[tokio::test]
async fn a_silent_daemon_costs_ten_seconds_and_nobody_else_anything() {
    let socket = DockerSocket::start(|_| Answer::Silence);
    let (world, _host) = bot(&socket.host(), ALL, r#"["web"]"#).await;
    world.owner().write("/d_list").await;
    eventually(10, "the question is out", async || (socket.connections() > 0).then_some(())).await;
    assert!(world.user().say("/balance").await.text().contains("Balance"));
    let answers = world.owner().wait_for(1).await;
    assert_eq!(answers[0].text(), "error: Error::Timeout");
}

#[tokio::test]
async fn what_may_have_happened_is_said_to_be_unknown() {
    let fine = obliging("web", ID, &json!({}));
    let socket = DockerSocket::start(move |request| match request.rsplit('/').next() {
        Some("restart") => Answer::Raw(Vec::new()),
        Some("stop") => Answer::Raw(b"nonsense\r\n\r\n".to_vec()),
        Some("start") => Answer::Json(500, json!({"message": "port is taken"})),
        _ => fine(request),
    });
    let (world, host) = bot(&socket.host(), ALL, r#"["web"]"#).await;
    for verb in ["restart", "stop"] {
        let said = world.owner().say(&format!("/d_{verb} web")).await;
        assert!(
            said.text().contains("Error::Unknown") && said.text().contains("look at its state"),
            "{said}"
        );
    }
    let said = world.owner().say("/d_start web").await;
    assert!(
        said.text().contains("Unavailable") && said.text().contains("(500)"),
        "that is certain: {said}"
    );
    assert!(host.logged().contains("port is taken"), "the log has the daemon's words");
    let posts = socket.asked().into_iter().filter(|line| line.starts_with("POST ")).count();
    assert_eq!(posts, 3, "nothing is repeated");
    let records = eventually(20, "the records are durable", async || {
        let list = world.operate(&["audit", "list", "--module", "containers"], "", &[]).await;
        list.out.contains("docker start web").then_some(list.out)
    })
    .await;
    let unknown = records.lines().filter(|line| line.contains("outcome unknown")).count();
    assert_eq!(unknown, 2, "{records}");
}

#[tokio::test]
async fn an_event_has_twenty_calls() {
    let socket = web();
    let (world, _host) = bot(&socket.host(), ALL, r#"["web"]"#).await;
    let said = world.owner().say("/d_often 25").await;
    assert!(
        said.text().starts_with("20 fine, then") && said.text().contains("at most 20"),
        "{said}"
    );
}

#[tokio::test]
async fn hostile_words_of_others_arrive_as_words() {
    let hostile = format!("<b>bold</b> *x* [a](http://b) \u{1b}[31m & {}", "y".repeat(4_000));
    let image = hostile.clone();
    let socket = DockerSocket::start(move |request| match request {
        "GET /version" => Answer::Json(200, json!({"ApiVersion": "1.41"})),
        _ => Answer::Json(
            200,
            json!([{"Id": ID, "Names": ["/web"], "Image": image, "Status": image,
                                       "Labels": {image.clone(): image}}, {"Id": ID, "Names": [format!("/{image}")]}]),
        ),
    });
    let (world, _host) = bot(&socket.host(), ALL, r#"["*"]"#).await;
    let said = world.owner().say("/d_list").await;
    assert!(said.text().contains("<b>bold</b> *x* [a](http://b)"), "{said}");
    assert!(
        said.text().encode_utf16().count() <= 4_096 && !said.text().contains(&"y".repeat(300)),
        "{said}"
    );
    assert_eq!(
        said.text().matches("Container {").count(),
        1,
        "what has no proper name is left out: {said}"
    );
}

#[tokio::test]
async fn a_daemon_without_tls_is_refused_unless_the_owner_insists() {
    let folder = tempfile::Builder::new().prefix("umbrasil-tcp-").tempdir().unwrap();
    let owner = OWNER.to_string();
    let sound = [
        ("TELEGRAM_BOT_TOKEN", TOKEN),
        ("TELEGRAM_API_URL", "http://127.0.0.1:9"),
        ("ALLOWED_USER_IDS", &owner),
    ];
    for value in
        ["tcp://10.0.0.5:2375", "tcp://docker:2375", "ssh://docker", "npipe://x", "unix://relative"]
    {
        let (code, said) =
            run(&["run"], folder.path(), &[&sound[..], &[("DOCKER_HOST", value)]].concat()).await;
        assert_eq!(code, 78, "{said}");
        assert!(said.contains("DOCKER_HOST") && !said.contains(value), "{said}");
    }
    let world = World::new().await;
    let insists = [("DOCKER_HOST", "tcp://192.0.2.5:2375"), ("UMBRASIL_INSECURE_DOCKER", "1")];
    let host = world.start(&insists).await;
    assert!(host.logged().contains("DOCKER_HOST has no TLS"), "{}", host.logged());
}

#[tokio::test]
async fn a_daemon_on_this_machine_may_be_reached_over_tcp() {
    let socket = web();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, path) = (listener.local_addr().unwrap(), socket.path());
    let forward = tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::UnixStream::connect(&path).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    let (world, host) = bot(&format!("tcp://{address}"), ALL, r#"["web"]"#).await;
    assert_eq!(world.owner().say("/d_start web").await.text(), "()");
    assert!(!host.logged().contains("has no TLS"), "nobody else reaches it");
    forward.abort();
}
