//! Every function that reaches anything × the right grant, the wrong target, a grant that was taken away:
//! proved where it would arrive. The list is compared with the WIT, so that no function can be forgotten.

use std::collections::BTreeSet;

use serde_json::json;
use umbrasil_tests::docker_socket::{DockerSocket, obliging};
use umbrasil_tests::sshd::Sshd;
use umbrasil_tests::web::Sink;
use umbrasil_tests::{Dns, Host, World, eventually, fixtures};

/// Interfaces that every module has: they reach nothing outside of it.
const FREE: [&str; 5] = ["handler", "types", "chat", "storage", "log"];
const CONTAINER: &str = "4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f";

/// Where a call would arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    Web,
    Server,
    Daemon,
    /// The Bot API, for a file.
    File,
    /// Inside the host.
    Inside,
}

/// One function: what it is called with, what else is refused, and where the call arrives.
struct Row {
    function: &'static str,
    right: String,
    /// None where there is nothing to choose.
    wrong: Option<String>,
    far: Far,
    /// What the answer to a call without a grant holds: a list is empty, everything else is denied.
    refused: &'static str,
}

fn rows(web: &str) -> Vec<Row> {
    let row = |function, right: &str, wrong: Option<&str>, far, refused| Row {
        function,
        right: right.to_owned(),
        wrong: wrong.map(str::to_owned),
        far,
        refused,
    };
    let mut rows = vec![
        row("ssh.targets", "", None, Far::Inside, "an empty list"),
        row("ssh.commands", "vps", None, Far::Inside, "an empty list"),
        row("docker.list", "", None, Far::Daemon, "denied"),
        row("files.read", "", None, Far::File, "denied"),
        row("ocr.read-file", "", None, Far::File, "denied"),
        row("ocr.read-image", "", None, Far::Inside, "denied"),
        row("config.get", "DEFAULT_CURRENCY", Some("N8N_BASE_URL"), Far::Inside, "denied"),
        row("modules.commands", "", None, Far::Inside, "an empty list"),
        row("modules.call", "callee count", Some("callee sneak"), Far::Inside, "denied"),
    ];
    for function in ["http.send", "http.send-all", "http.open"] {
        // A name that nobody has asked for yet: the question would be counted, too.
        let wrong = format!("http://{}.test/", function.replace('.', "-"));
        rows.push(row(function, &format!("{web}/right"), Some(&wrong), Far::Web, "denied"));
    }
    for function in ["ssh.exec", "ssh.exec-all"] {
        rows.push(row(function, "vps", Some("web9"), Far::Server, "denied"));
    }
    for function in ["inspect", "logs", "stats", "start", "stop", "restart"] {
        let function = format!("docker.{function}").leak();
        rows.push(row(function, "web", Some("db"), Far::Daemon, "denied"));
    }
    for part in ["cpu", "memory", "disks", "networks", "load", "uptime", "processes"] {
        rows.push(row(format!("system.{part}").leak(), "", None, Far::Inside, "denied"));
    }
    rows
}

/// The functions of the interfaces that have to be granted, as the WIT has them.
fn functions() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v0.1");
    let mut functions = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let (mut interface, mut resource) = ("", false);
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("interface ") {
                interface = rest.trim_end_matches([' ', '{']);
            }
            if line.starts_with("resource ") {
                // What is called on it was let through when it was made.
                resource = true;
            }
            if line == "}" {
                resource = false;
            }
            if let Some((name, _)) = line.split_once(": func(")
                && !resource
                && !FREE.contains(&interface)
            {
                functions.insert(format!("{interface}.{}", name.trim_start_matches('%')));
            }
        }
    }
    functions
}

/// The far sides, and how much has arrived at each.
struct Sinks {
    web: Sink,
    dns: Dns,
    server: Sshd,
    daemon: DockerSocket,
}

impl Sinks {
    async fn start() -> Self {
        Self {
            web: Sink::saying("hello").await,
            dns: Dns::new().await,
            server: Sshd::start().await,
            daemon: DockerSocket::start(obliging("web", CONTAINER, &json!({}))),
        }
    }

    /// What has arrived: at the web server, the name server, the SSH server (commands), Docker's socket, and
    /// the Bot API for files.
    async fn arrived(&self, world: &World) -> [usize; 5] {
        let calls = world.calls(0).await;
        let files = calls.iter().filter(|call| call["method"] == "GetFile").count();
        [
            self.web.connections(),
            self.dns.questions(),
            self.server.commands() + self.server.connections(),
            self.daemon.connections(),
            files,
        ]
    }

    /// The tables that a manifest asks with, and an owner grants with.
    fn tables(&self) -> String {
        let web = self.web.url();
        format!(
            r#"
[[http]]
url = "{web}/*"
[[ssh]]
targets = ["vps"]
commands = ["true"]
effect = "read"
[[docker]]
verbs = ["list", "inspect", "logs", "stats", "start", "stop", "restart"]
containers = ["web"]
[system]
read = ["cpu", "memory", "disk", "network", "load", "uptime", "processes"]
[files]
[ocr]
[config]
read = ["DEFAULT_CURRENCY"]
[[modules]]
name = "callee"
commands = ["count"]
"#
        )
    }
}

async fn start(sinks: &Sinks) -> (World, Host) {
    let world = World::new().await;
    let tables = sinks.tables();
    let manifest = format!("[module]\nname = \"probe\"\nversion = \"1.0.0\"\n{tables}");
    world.install("probe", &fixtures::wanting("probe", &manifest));
    world.install("callee", fixtures::component("callee"));
    let granted = tables.replace("[[", "[[modules.probe.").replace("\n[", "\n[modules.probe.");
    let granted = granted.replace("[modules.probe.[modules.probe.", "[[modules.probe.");
    world.settings(&format!(
        "[policy]\nowner = {{ dangerous = \"allow\" }}\n{}{granted}[[modules.callee.modules]]\nname = \"finance\"\ncommands = [\"balance\"]\n",
        sinks.server.table("vps", ""),
    ));
    let host = world.start(&vars(sinks)).await;
    (world, host)
}

fn vars(sinks: &Sinks) -> [(&'static str, &'static str); 2] {
    let leaked = |text: String| -> &'static str { text.leak() };
    [
        ("DOCKER_HOST", leaked(sinks.daemon.host())),
        ("UMBRASIL_RESOLVER", leaked(sinks.dns.address())),
    ]
}

/// Calls a function; files are sent for those that read one.
async fn probe(world: &World, function: &str, target: &str, far: Far) -> String {
    if far != Far::File {
        return world.owner().say(&format!("/probe {function} {target}")).await.text().to_owned();
    }
    let before = world.owner().received().await.len();
    let picture = include_bytes!("../../docs/chat.png");
    world.owner().upload("document", "a.png", picture, &format!("/probe {function}")).await;
    world.owner().wait_for(before + 1).await.last().unwrap().text().to_owned()
}

#[tokio::test]
async fn every_function_arrives_only_where_it_was_granted() {
    let sinks = Sinks::start().await;
    let (world, host) = start(&sinks).await;
    let rows = rows(&sinks.web.url());
    let listed: BTreeSet<String> = rows.iter().map(|row| row.function.to_owned()).collect();
    assert_eq!(listed, functions(), "this list and the WIT");

    for Row { function, right, wrong, far, .. } in &rows {
        let before = sinks.arrived(&world).await;
        let answer = probe(&world, function, right, *far).await;
        assert_eq!(answer, "ok", "{function} {right}");
        let after = sinks.arrived(&world).await;
        match far {
            Far::Web => assert!(after[0] > before[0], "{function}"),
            Far::Server => assert!(after[2] > before[2], "{function}"),
            Far::Daemon => assert!(after[3] > before[3], "{function}"),
            Far::File => assert!(after[4] > before[4], "{function}"),
            Far::Inside => assert_eq!(after, before, "{function}"),
        }
        let Some(wrong) = wrong else { continue };
        let answer = probe(&world, function, wrong, *far).await;
        assert!(answer.starts_with("denied: "), "{function} {wrong}: {answer}");
        assert!(
            answer.contains("probe") && answer.contains('`'),
            "names what is missing: {answer}"
        );
        assert_eq!(sinks.arrived(&world).await, after, "{function} {wrong}");
    }

    // Everything is taken away, while the same instance of the module is loaded.
    let list = world.operate(&["grant", "list", "probe"], "", &vars(&sinks)).await;
    let granted: Vec<&str> = list.out.lines().filter(|line| line.contains("granted")).collect();
    assert!(granted.len() >= 20, "{}", list.out);
    for line in sinks.tables_lines() {
        let said = world.operate(&["grant", "revoke", "probe", &line], "", &vars(&sinks)).await;
        assert_eq!(said.code, 0, "{line}: {}", said.err);
    }
    let before = sinks.arrived(&world).await;
    for Row { function, right, far, refused, .. } in &rows {
        let answer = probe(&world, function, right, *far).await;
        assert!(answer.contains(refused), "{function} {right}: {answer}");
    }
    assert_eq!(sinks.arrived(&world).await, before, "nothing arrives anywhere");
    host.stop().await;
}

impl Sinks {
    /// The permissions of [`Sinks::tables`], one line each.
    fn tables_lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("http GET {}/*", self.web.url()),
            "read ssh vps: true".to_owned(),
            "files".to_owned(),
            "ocr".to_owned(),
            "config DEFAULT_CURRENCY".to_owned(),
            "module callee count".to_owned(),
        ];
        for verb in ["list", "inspect", "logs", "stats", "start", "stop", "restart"] {
            lines.push(format!("docker {verb} web"));
        }
        for part in ["cpu", "memory", "disk", "network", "load", "uptime", "processes"] {
            lines.push(format!("system {part}"));
        }
        lines
    }
}

/// Strings that are something else somewhere: in a URL, a path, a shell, a query, a message.
const NASTY: [&str; 24] = [
    "..",
    "../volumes/prune?x=",
    "web?force=true",
    "web#",
    "a/exec",
    "..%2f",
    "%00",
    "web\u{202e}",
    "wеb",
    "ｗｅｂ",
    "web\u{200b}",
    "'; DROP TABLE storage; --",
    "$(id)",
    "`id`",
    "web;id",
    "-web",
    "--help",
    "https://user@example.org/",
    "http://[::1]/",
    "http://169.254.169.254/",
    "file:///etc/passwd",
    "vps@127.0.0.1",
    "callee count; sneak",
    "<b>web</b>",
];

#[tokio::test]
async fn no_strange_word_gets_anywhere() {
    let sinks = Sinks::start().await;
    let (world, host) = start(&sinks).await;
    for Row { function, right, far, .. } in rows(&sinks.web.url()) {
        if right.is_empty() {
            continue;
        }
        let before = sinks.arrived(&world).await;
        for word in NASTY {
            let answer = probe(&world, function, word, far).await;
            assert_ne!(answer, "ok", "{function} {word}");
            assert!(
                answer.starts_with("denied: ") || answer.starts_with("Error::Invalid"),
                "{function} {word}: {answer}"
            );
        }
        assert_eq!(sinks.arrived(&world).await, before, "{function}");
    }
    host.stop().await;
}

#[tokio::test]
async fn every_decision_is_on_record() {
    let sinks = Sinks::start().await;
    let (world, host) = start(&sinks).await;
    assert_eq!(probe(&world, "docker.restart", "web", Far::Daemon).await, "ok");
    probe(&world, "docker.restart", "db", Far::Daemon).await;
    probe(&world, "http.send", "http://elsewhere.test/secret-path?key=CANARY-in-query", Far::Web)
        .await;
    let found = eventually(20, "the records are durable", async || {
        let list = world.operate(&["audit", "list", "--module", "probe"], "", &vars(&sinks)).await;
        (list.out.contains("docker restart web") && list.out.contains("elsewhere.test"))
            .then_some(list.out)
    })
    .await;
    for words in [
        ["docker restart web", "allow", "owner 111"],
        ["docker restart db", "deny", "owner 111"],
        ["http GET http://elsewhere.test/secret-path", "deny", "owner 111"],
    ] {
        let line = found.lines().find(|line| line.contains(words[0]));
        let line = line.unwrap_or_else(|| panic!("{} is not in {found}", words[0]));
        assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
    }
    assert!(!found.contains("CANARY"), "{found}");
    let verified = world.operate(&["audit", "verify"], "", &vars(&sinks)).await;
    assert_eq!(verified.code, 0, "{}", verified.err);
    host.stop().await;
}

#[tokio::test]
async fn who_is_refused_again_and_again_is_ended() {
    let sinks = Sinks::start().await;
    let (world, host) = start(&sinks).await;
    let ended = world.user().say("/storm").await;
    assert!(ended.text().contains("went on asking for what it is not granted"), "{ended}");
    let list =
        world.operate(&["audit", "list", "--denied", "--limit", "100"], "", &vars(&sinks)).await;
    let denied = list.out.lines().filter(|line| line.contains("config NOT_WANTED")).count();
    assert_eq!(denied, 21, "all refusals are on record, and there are not more");
    host.stop().await;
}
