//! The business module through the bot: n8n's API, a real Docker daemon, real servers.

use serde_json::json;
use umbrasil_tests::dockerd::Dockerd;
use umbrasil_tests::fixtures::wanting;
use umbrasil_tests::sshd::free_port;
use umbrasil_tests::{Dns, Host, N8n, Person, Sshd, World, eventually};

const KEY: &str = "n8n_api_CANARY-0123456789abcdef";

/// A bot with the module, for this n8n.
async fn with(n8n: &N8n) -> (World, Host) {
    let world = World::new().await;
    let url = format!("{}/", n8n.url());
    let vars = [("ENABLE_BUSINESS", "true"), ("N8N_BASE_URL", url.as_str()), ("N8N_API_KEY", KEY)];
    let host = world.start(&vars).await;
    (world, host)
}

/// Confirms the host's question about this call.
async fn confirm(owner: &Person<'_>, call: &str) {
    let asked = owner.reads(&format!("wants to do exactly this:\n{call}")).await;
    assert_eq!(asked.buttons(), [["✅ Confirm", "✖️ Deny"]], "{asked}");
    owner.press("✅ Confirm").await;
}

#[tokio::test]
async fn an_n8n_is_reached_by_a_name_that_only_means_something_inside() {
    let n8n = N8n::start(KEY).await;
    let dns = Dns::new().await;
    dns.set("n8n.internal", &["127.0.0.1"]);
    dns.set("n8n.example.org", &["127.0.0.1"]);
    let world = World::new().await;
    let port = n8n.url().rsplit(':').next().unwrap().to_owned();
    let resolver = dns.address();
    for (name, answer) in [
        ("n8n.internal", "There are no workflows"),
        // One of the public internet that suddenly is inside is what attackers make.
        ("n8n.example.org", "private or reserved address"),
    ] {
        let url = format!("http://{name}:{port}");
        let vars = [
            ("ENABLE_BUSINESS", "true"),
            ("N8N_BASE_URL", url.as_str()),
            ("N8N_API_KEY", KEY),
            ("UMBRASIL_RESOLVER", resolver.as_str()),
        ];
        let host = world.start(&vars).await;
        let said = world.owner().say("/n8n").await;
        assert!(said.text().contains(answer), "{name}: {said}");
        host.stop().await;
    }
}

#[tokio::test]
async fn workflows_are_listed_switched_and_looked_at() {
    let n8n = N8n::start(KEY).await;
    let node = json!([N8n::webhook("POST", "daily")]);
    let daily = n8n.workflow("Daily <report> & more", false, &node);
    n8n.workflow("Empty", false, &json!([]));
    // Together more than an answer usually may have: a workflow comes with all its nodes.
    let code =
        json!({"type": "n8n-nodes-base.code", "parameters": {"jsCode": "x".repeat(400 << 10)}});
    let heavy = json!([N8n::webhook("POST", "daily"), code]);
    for index in 0..12 {
        n8n.workflow(&format!("Heavy {index}"), false, &heavy);
    }
    for index in 0..300 {
        n8n.workflow(&format!("Job {index:03}"), index < 7, &node);
    }
    n8n.execution(&daily, Some(("HTTP Request", "getaddrinfo ENOTFOUND <shop>")));
    n8n.execution(&daily, None);
    let (world, host) = with(&n8n).await;
    let owner = world.owner();

    owner.say("/menu").await;
    let home = owner.press("⚙️ Business").await;
    assert!(home.text().contains("🏭 n8n: 7 of 314 on"), "{home}");
    let list = owner.press("🏭 n8n").await;
    assert!(list.text().contains("314 workflows, 7 on · page 1 of 40\n\n🟢 Job 000"), "{list}");
    assert!(list.text().ends_with("⚪ Daily <report> & more"), "{list}");
    let page = owner.press("▶").await;
    assert!(page.text().contains("page 2 of 40"), "{page}");
    owner.press("◀").await;

    let page = owner.press("⚪ Daily <report> & more").await;
    assert!(
        page.text()
            .starts_with("⚪ Daily <report> & more\n🏷 prod\nState    off\nLast run succeeded"),
        "{page}"
    );
    assert!(page.text().ends_with("Webhook  POST /daily"), "{page}");
    // Switching changes something, but is nothing that an owner is asked about for their own tap.
    let page = owner.press("Activate").await;
    assert!(page.text().starts_with("✅ Switched on.\n\n🟢 Daily"), "{page}");
    assert!(n8n.is_active(&daily));
    let page = owner.press("Deactivate").await;
    assert!(page.text().starts_with("✅ Switched off.\n\n⚪ Daily"), "{page}");
    assert!(!n8n.is_active(&daily));
    let refused = owner.say("/n8n on empty").await;
    assert!(
        refused
            .text()
            .contains("n8n says: Workflow cannot be activated because it has no trigger node."),
        "{refused}"
    );

    let errors = owner.say("/n8n errors").await;
    assert!(
        errors.text().starts_with("🔴 Failed executions\n\nDaily <report> & more\n2026-11-20 "),
        "{errors}"
    );
    assert!(errors.text().ends_with("at HTTP Request\ngetaddrinfo ENOTFOUND <shop>"), "{errors}");
    owner.say("/workflows daily").await;
    let runs = owner.press("Executions").await;
    assert!(
        runs.text().contains("\n✅ succeeded ") && runs.text().contains("\n🔴 failed "),
        "{runs}"
    );
    assert!(runs.text().contains(" · 1.5 s · webhook"), "{runs}");
    let choice = owner.say("/n8n off job").await;
    assert!(choice.text().contains("Which workflow do you mean? 300 fit"), "{choice}");
    assert!(!host.logged().contains("CANARY") && n8n.strayed_keys() == 0);
}

#[tokio::test]
async fn a_workflow_runs_when_the_owner_has_confirmed() {
    let n8n = N8n::start(KEY).await;
    n8n.workflow("Deploy", true, &json!([N8n::webhook("POST", "deploy/ü & so")]));
    n8n.workflow("Look", true, &json!([N8n::webhook("GET", "look")]));
    n8n.workflow("Asleep", false, &json!([N8n::webhook("GET", "asleep")]));
    let (world, _host) = with(&n8n).await;
    let owner = world.owner();
    owner.write("/n8n run deploy").await;
    confirm(&owner, &format!("http POST {}/webhook/deploy/%C3%BC%20%26%20so", n8n.url())).await;
    let done = owner.reads("▶️ Started: Deploy").await;
    assert!(done.text().contains("It answered: Workflow was started\n\n🟢 Deploy"), "{done}");
    assert_eq!(n8n.heard(), [("POST".to_owned(), "deploy/ü & so".to_owned(), String::new())]);
    // A GET is no harmless one here.
    owner.say("/n8n look").await;
    owner.press("Run").await;
    assert_eq!(n8n.heard().len(), 1, "not before the tap");
    confirm(&owner, &format!("http GET {}/webhook/look", n8n.url())).await;
    owner.reads("▶️ Started: Look").await;
    assert_eq!(n8n.heard().len(), 2);
    // The question of somebody else goes to the owner, too.
    world.user().write("/n8n run look").await;
    confirm(&owner, &format!("http GET {}/webhook/look", n8n.url())).await;
    world.user().reads("▶️ Started: Look").await;
    let asleep = owner.say("/n8n run asleep").await;
    assert!(
        asleep.text().starts_with("⚠️ It is off, so nothing listens to its webhook."),
        "{asleep}"
    );
    assert_eq!((n8n.heard().len(), n8n.strayed_keys()), (3, 0));
}

#[tokio::test]
async fn what_is_wrong_with_n8n_is_said() {
    let n8n = N8n::start(KEY).await;
    let (world, _host) = with(&n8n).await;
    let owner = world.owner();
    let empty = owner.say("/n8n").await;
    assert!(empty.text().contains("There are no workflows yet"), "{empty}");
    n8n.rotate("another-key-0123456789");
    let refused = owner.say("/n8n").await;
    assert!(refused.text().contains("n8n does not accept the key."), "{refused}");
    for (status, kind, body, reason) in [
        (200, "text/html", "<!DOCTYPE html>", "a web page instead of n8n's API"),
        (503, "text/plain", "Service Unavailable", "n8n failed (HTTP 503)."),
        (200, "application/json", "{\"data\":", "does not speak n8n's API"),
        (404, "text/html", "<html>", "There is no n8n API at N8N_BASE_URL."),
    ] {
        n8n.answer_instead(status, kind, body);
        let said = owner.say("/n8n errors").await;
        assert!(said.text().contains(reason), "{said}");
    }
    drop(n8n);
    let away = owner.say("/n8n").await;
    assert!(away.text().contains("n8n cannot be reached"), "{away}");
}

#[tokio::test]
async fn without_anything_it_says_what_to_set() {
    let world = World::new().await;
    let missing = world.path().join("docker.sock");
    let docker = format!("unix://{}", missing.display());
    let vars = [("ENABLE_BUSINESS", "true"), ("DOCKER_HOST", docker.as_str())];
    let host = world.start(&vars).await;
    let owner = world.owner();
    let unset = owner.say("/n8n").await;
    assert!(
        unset.text().contains("Set N8N_BASE_URL and N8N_API_KEY, then restart the bot."),
        "{unset}"
    );
    let home = owner.press("Back").await;
    assert!(
        home.text().contains("🏭 n8n: not set up\n🐳 Containers: ⚠️ There is no Docker here"),
        "{home}"
    );
    let none = owner.press("🖥 Servers").await;
    assert!(none.text().contains("Set VPS_HOST"), "{none}");
    let away = owner.say("/docker").await;
    assert!(
        away.text().contains(
            "There is no Docker here: its socket is missing; install it, or set DOCKER_HOST."
        ),
        "{away}"
    );
    host.stop().await;
    // Half of it: an address, but no key.
    let vars = [("ENABLE_BUSINESS", "true"), ("N8N_BASE_URL", "http://127.0.0.1:9")];
    let host = world.start(&vars).await;
    let keyless = owner.say("/n8n").await;
    assert!(keyless.text().contains("⚠️ Set N8N_API_KEY"), "{keyless}");
    host.stop().await;
    // A name that stands for this machine: it was meant, but nobody is there.
    let vars =
        [("ENABLE_BUSINESS", "true"), ("N8N_BASE_URL", "http://localhost:9"), ("N8N_API_KEY", KEY)];
    let _host = world.start(&vars).await;
    let local = owner.say("/n8n").await;
    assert!(
        local.text().contains("⚠️ n8n cannot be reached: localhost refuses the connection."),
        "{local}"
    );
}

#[tokio::test]
async fn containers_are_looked_at_and_switched() {
    let directory = tempfile::Builder::new().prefix("umbrasil-docker-").tempdir().unwrap();
    let Some(docker) = Dockerd::start(directory.path()).await else { return };
    docker.import_busybox();
    let long = "shop-production-payments-worker_1";
    docker.container(
        "web",
        &["--restart", "unless-stopped"],
        "seq 1 50; echo '<b>&'; exec sleep 1000",
    );
    docker.container(long, &[], "trap exit TERM; while true; do sleep 1; done");
    docker.container("gone", &[], "exit 3");
    eventually(20, "one has ended", async || {
        (docker.ask("gone", "{{.State.Status}}") == "exited").then_some(())
    })
    .await;
    let world = World::new().await;
    let address = docker.host();
    let _host = world.start(&[("ENABLE_BUSINESS", "true"), ("DOCKER_HOST", &address)]).await;
    let owner = world.owner();

    let list = owner.say("/docker").await;
    assert!(
        list.text().starts_with(
            "🐳 Containers\n2 of 3 running\n\n🟢 shop-production-payments-worker_1 · Up "
        ),
        "{list}"
    );
    assert!(list.text().contains("\n🔴 gone · Exited (3) "), "{list}");
    let page = owner.press("🔴 gone").await;
    assert!(
        page.text().contains("Exit     3, an error") && page.button("Start").is_some(),
        "{page}"
    );
    owner.press("Back").await;
    let page = owner.press("🟢 web").await;
    for part in [
        "🟢 web\nbusybox\nState    running\nSince    ",
        "Policy   unless-stopped",
        "\nCPU  ",
        "\nMemory  ",
    ] {
        assert!(page.text().contains(part), "{part}: {page}");
    }
    let logs = eventually(20, "all is written", async || {
        let logs = owner.say("/docker logs web").await;
        logs.text().contains("<b>&").then_some(logs)
    });
    let logs = logs.await;
    assert!(logs.text().contains("\n50") && !logs.text().contains("\n30\n"), "{logs}");
    let older = owner.press("Older").await;
    assert!(older.text().contains("\n30\n") && !older.text().contains("\n50"), "{older}");
    let found = owner.say("/container_logs web <b").await;
    assert!(
        found.text().starts_with("📜 web with “<b”\nup to 20") && found.text().ends_with("\n<b>&"),
        "{found}"
    );

    // By the id on its button, under its name in the question.
    owner.say("/containers").await;
    owner.press("🟢 shop-production-payment…").await;
    owner.press("Stop").await;
    assert_eq!(docker.ask(long, "{{.State.Status}}"), "running", "not before the tap");
    confirm(&owner, &format!("docker stop {long}")).await;
    let stopped = owner.reads("✅ Stopped.").await;
    assert!(stopped.text().contains(&format!("🔴 {long}\n")), "{stopped}");
    assert_eq!(docker.ask(long, "{{.State.Status}}"), "exited");
    let started = owner.press("Start").await;
    assert!(started.text().starts_with("✅ Started.\n\n🟢 shop-"), "{started}");
    let begun = docker.ask("web", "{{.State.StartedAt}}");
    owner.write("/docker restart web").await;
    confirm(&owner, "docker restart web").await;
    owner.reads("✅ Restarted.").await;
    assert_ne!(docker.ask("web", "{{.State.StartedAt}}"), begun);
    assert_eq!(docker.ask("gone", "{{.State.Status}}"), "exited", "nobody touched this one");
}

#[tokio::test]
async fn servers_are_told_apart() {
    let (good, strange, locked) = tokio::join!(Sshd::start(), Sshd::start(), Sshd::start());
    std::fs::write(locked.path().join("authorized_keys"), "").unwrap();
    let closed = good
        .table("closed", "")
        .replace(&format!("port = {}", good.port()), &format!("port = {}", free_port()));
    let world = World::new().await;
    world.settings(
        &[good.table("web1", ""), strange.unknown("new"), locked.table("locked", ""), closed]
            .concat(),
    );
    let _host = world.start(&[("ENABLE_BUSINESS", "true")]).await;
    let user = world.user();
    let page = user.say("/servers").await;
    assert!(page.text().starts_with("🖥 Servers\n1 of 4 reachable\n"), "{page}");
    let row = page.text().lines().find(|line| line.starts_with("web1 ")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert!(words.len() >= 5 && words[1].contains('.'), "{page}");
    assert!(words[2].ends_with('%') && words[3].ends_with('%') && !row.contains('–'), "{page}");
    for reason in [
        "🔴 new – The host key of new is not known yet; an owner has been asked to trust it.",
        "🔴 locked does not accept the bot's key;",
        "🔴 closed refuses connections; does its SSH server run?",
        "More: /vps stats NAME",
    ] {
        assert!(page.text().contains(reason), "{reason}: {page}");
    }
    assert_eq!((good.connections(), good.commands()), (1, 2), "two commands, one connection");
    let home = user.press("Back").await;
    assert!(home.text().contains("🖥 Servers: 4 set up"), "{home}");
}

#[tokio::test]
async fn another_module_may_look_without_a_tap_and_run_nothing() {
    const COMMANDS: &str =
        r#"["workflows", "n8n_errors", "containers", "container_logs", "servers", "n8n"]"#;
    let n8n = N8n::start(KEY).await;
    let id = n8n.workflow("Deploy", true, &json!([N8n::webhook("POST", "deploy")]));
    n8n.execution(&id, Some(("Code", "no <disk>")));
    let server = Sshd::start().await;
    let world = World::new().await;
    let grant = format!("name = \"business\"\ncommands = {COMMANDS}\n");
    world.settings(&format!("{}[[modules.caller.modules]]\n{grant}", server.table("web1", "")));
    let manifest =
        format!("[module]\nname = \"caller\"\nversion = \"2.0.0\"\n[[modules]]\n{grant}");
    world.install("caller", &wanting("caller", &manifest));
    let url = n8n.url();
    let missing = format!("unix://{}", world.path().join("docker.sock").display());
    let vars = [
        ("ENABLE_BUSINESS", "true"),
        ("N8N_BASE_URL", url.as_str()),
        ("N8N_API_KEY", KEY),
        ("DOCKER_HOST", missing.as_str()),
    ];
    let _host = world.start(&vars).await;
    let owner = world.owner();
    for (command, answer) in [
        ("workflows", "1 workflow, 1 on"),
        ("workflows deploy", "Webhook  POST /deploy"),
        ("n8n_errors", "no &lt;disk&gt;"),
        ("servers", "1 of 1 reachable"),
        ("containers", "There is no Docker here"),
        ("container_logs web", "There is no Docker here"),
    ] {
        let said = owner.say(&format!("/call business {command}")).await;
        assert!(said.text().contains(answer), "{command}: {said}");
    }
    owner.write("/call business n8n run deploy").await;
    let asked =
        owner.reads("caller wants to do exactly this:\n/n8n run deploy (of business)").await;
    assert!(asked.button("✅ Confirm").is_some() && n8n.heard().is_empty(), "{asked}");
    owner.press("✅ Confirm").await;
    // That the other module may ask for this is not yet that it is done: the webhook is a call of its own.
    let call = format!("wants to do exactly this:\nhttp POST {url}/webhook/deploy");
    let asked = owner.reads(&call).await;
    assert!(asked.button("✅ Confirm").is_some() && n8n.heard().is_empty(), "{asked}");
    // Both were agreed to: now it runs, once, and nobody is asked a third time.
    owner.press("✅ Confirm").await;
    eventually(30, "the webhook is called", async || (n8n.heard().len() == 1).then_some(())).await;
    let prompts = owner.received().await;
    let prompts = prompts.iter().filter(|message| message.button("✅ Confirm").is_some()).count();
    assert_eq!(prompts, 0, "none is open any more");
}
