//! The monitoring module: the real machine, real services that go down and up, a real Docker, and a clock
//! whose minutes pass when a test says so.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use umbrasil_tests::dockerd::Dockerd;
use umbrasil_tests::web::{Sink, Step, reply};
use umbrasil_tests::{Clock, Host, Person, World, decide, eventually};

const BOTH: [&str; 2] = ["probe", "watch"];

/// A host with the module, where the machine itself is never too busy: a limit of 100 is none.
async fn bot(world: &World, clock: &Clock, more: &[(&str, &str)]) -> Host {
    let calm = [
        ("ENABLE_MONITORING", "true"),
        ("CPU_THRESHOLD", "100"),
        ("MEMORY_THRESHOLD", "100"),
        ("DISK_THRESHOLD", "100"),
    ];
    let environment = clock.environment();
    // What comes later wins.
    let all: Vec<(&str, &str)> = calm.iter().chain(&environment).chain(more).copied().collect();
    world.start(&all).await
}

async fn minutes(clock: &Clock, host: &Host, count: u64) {
    clock.pass(host, "monitoring", &BOTH, count).await;
}

/// Lets minutes pass until the bot says this.
async fn until(clock: &Clock, host: &Host, person: &Person<'_>, text: &str) -> String {
    for _ in 0..8 {
        minutes(clock, host, 1).await;
        let said = person.received().await;
        if let Some(message) = said.iter().rev().find(|message| message.text().contains(text)) {
            return message.to_string();
        }
    }
    person.reads(text).await.to_string()
}

/// Milliseconds that the web server below takes for an answer, at least.
const SLOW: u64 = 40;

/// A web server with a status that a test sets.
async fn switchable() -> (Sink, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(200));
    let now = Arc::clone(&status);
    let answer = move |_: &_| {
        let status = now.load(Ordering::SeqCst);
        vec![Step::Wait(Duration::from_millis(SLOW)), Step::Send(reply(status, "", b"fine"))]
    };
    (Sink::new(answer).await, status)
}

#[tokio::test]
async fn the_machine_in_numbers_and_as_a_picture() {
    let world = World::new().await;
    let clock = Clock::new(&world);
    let host = bot(&world, &clock, &[]).await;
    let owner = world.owner();
    let metrics = owner.say("/metrics").await;
    for part in ["CPU ", "Memory ", "/ ", "Network ", "Load ", "Up ", "Most CPU"] {
        assert!(metrics.text().contains(part), "{part}: {metrics}");
    }
    assert!(!metrics.text().contains("not granted"), "{metrics}");
    minutes(&clock, &host, 3).await;
    owner.press("📈 Chart").await;
    let chart = owner.reads("Last 6 hours, below").await;
    assert!(chart.to_string().contains("[· 6h ·] [24h] [7d]"), "{chart}");
    let photo = eventually(30, "the picture", async || {
        let received = owner.received().await;
        received.into_iter().find(|message| message.0["photo"].is_array())
    })
    .await;
    assert_eq!(photo.text(), "📈 Last 6 hours");
    let size = photo.0["photo"].as_array().unwrap().last().unwrap();
    assert_eq!(size["width"], 1080, "{size}");
    let home = owner.press("📊 Monitoring").await;
    assert!(home.text().contains("🔔 No alerts\n🕒 Up "), "{home}");
    let uptime = owner.press("🕒 Uptime").await;
    assert!(uptime.text().contains("Bot: watched 100 % of the last "), "{uptime}");
    owner.press("📊 Monitoring").await;
    owner.press("☀️ Digest").await;
    let digest = owner.press("Show it now").await;
    assert!(
        digest.text().contains("average") && digest.text().contains("🔔 No alerts"),
        "{digest}"
    );
}

#[tokio::test]
async fn alerts_are_told_acknowledged_muted_and_over() {
    let world = World::new().await;
    let clock = Clock::new(&world);
    let host = bot(&world, &clock, &[("MEMORY_THRESHOLD", "0")]).await;
    let owner = world.owner();
    let alert = until(&clock, &host, &owner, "🔴 Memory at").await;
    assert!(alert.contains("(limit 0 %)\n[Acknowledge] [Mute 1 h]"), "{alert}");
    let acknowledged = owner.press("Acknowledge").await;
    assert!(acknowledged.to_string().contains("✅ Olivia\n[Mute 1 h] [Alerts]"), "{acknowledged}");
    // Somebody else sees it, and can do nothing about it.
    let others = world.user().say("/alerts").await;
    assert!(
        others.text().contains("🔴 Memory at") && !others.to_string().contains("Mute"),
        "{others}"
    );
    let muted = owner.press("Mute 1 h").await;
    assert!(
        muted.to_string().contains("🔕 until ") && muted.to_string().contains("[Unmute]"),
        "{muted}"
    );
    let unmuted = owner.press("Unmute").await;
    assert!(unmuted.text().starts_with("🔴 Memory at"), "{unmuted}");
    assert!(!unmuted.text().contains("🔕"), "{unmuted}");
    minutes(&clock, &host, 2).await;
    assert!(host.stop().await.success());
    // The owner raises the limit: what was wrong is over, also across a restart. (100 would be none, and silent.)
    let host = bot(&world, &clock, &[("MEMORY_THRESHOLD", "99")]).await;
    let over = until(&clock, &host, &owner, "🟢 Memory is back to").await;
    assert!(over.contains("(was high for "), "{over}");
    let told = owner.received().await;
    let told = told.iter().filter(|message| message.text().starts_with("🔴 Memory"));
    assert!(told.count() <= 1, "told once");
    assert!(owner.say("/alerts").await.text().contains("Nothing is wrong.\n\nOver\n"));
}

#[tokio::test]
async fn services_go_down_and_up() {
    let world = World::new().await;
    let clock = Clock::new(&world);
    let (web, status) = switchable().await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = port.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        // It takes connections, and hangs up on who does not speak its language.
        while let Ok((mut connection, _)) = port.accept().await {
            use tokio::io::AsyncWriteExt as _;
            drop(connection.write_all(b"-ERR unknown command\r\n").await);
        }
    });
    let services = format!("shop={}/health?deep=1,db=tcp://{address}", web.url());
    let host = bot(&world, &clock, &[("SERVICES", &services)]).await;
    let owner = world.owner();
    minutes(&clock, &host, 2).await;
    let checks = eventually(20, "both are up", async || {
        let checks = owner.say("/checks").await;
        let text = checks.text();
        (text.contains("🟢 shop · 200 · ") && text.contains("🟢 db · open")).then_some(checks)
    })
    .await;
    let milliseconds =
        checks.text().split("shop · 200 · ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(milliseconds.parse::<u64>().unwrap() >= SLOW, "{checks}");
    assert!(web.arrivals().iter().all(|arrival| arrival.target == "/health?deep=1"));

    status.store(503, Ordering::SeqCst);
    silent.abort();
    let down = until(&clock, &host, &owner, "🔴 shop is down").await;
    assert!(down.contains("answers 503"), "{down}");
    let down = until(&clock, &host, &owner, "🔴 db is down").await;
    assert!(down.contains("127.0.0.1 refuses the connection"), "{down}");
    let checks = owner.say("/checks").await;
    assert!(checks.text().contains("🔴 shop · answers 503 · since "), "{checks}");

    status.store(200, Ordering::SeqCst);
    let now = owner.press("🔁 Check now").await;
    assert!(now.text().contains("checked just now") && now.text().contains("🟢 shop"), "{now}");
    let up = until(&clock, &host, &owner, "🟢 shop is up again").await;
    assert!(up.contains("(was down for "), "{up}");
    owner.say("/checks").await;
    let page = owner.press("🟢 shop").await;
    assert!(page.text().contains(" checks failed\nMedian "), "{page}");
    let uptime = owner.say("/uptime").await;
    for line in ["🩺 Services, last 24 h\n", "db ", "shop "] {
        assert!(uptime.text().contains(line), "{line}: {uptime}");
    }
    // Nobody was asked for more than what the setting names.
    assert!(web.arrivals().iter().all(|arrival| arrival.method == "GET"));
}

/// `openssl s_server`, until it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn openssl(directory: &Path, line: &str) {
    let output =
        Command::new("openssl").current_dir(directory).args(line.split(' ')).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn certificates_are_warned_of_before_they_end() {
    let world = World::new().await;
    let clock = Clock::new(&world);
    let folder = world.path().join("certificates");
    std::fs::create_dir(&folder).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(
        &folder,
        &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 30 -subj /CN=authority"),
    );
    openssl(&folder, &format!("req {key} -keyout web.key -out web.csr -subj /CN=web"));
    std::fs::write(
        folder.join("extensions"),
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    openssl(
        &folder,
        "x509 -req -in web.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -days 10 -out web.pem",
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let line = format!("s_server -accept 127.0.0.1:{port} -key web.key -cert web.pem -www -quiet");
    let mut command = Command::new("openssl");
    command.current_dir(&folder).args(line.split(' '));
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Server(command.spawn().unwrap());
    eventually(10, "the server listens", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
    })
    .await;
    let (services, authority) =
        (format!("web=https://127.0.0.1:{port}/"), folder.join("ca.pem").display().to_string());
    let more = [("SERVICES", services.as_str()), ("UMBRASIL_EXTRA_CA", authority.as_str())];
    let host = bot(&world, &clock, &more).await;
    let owner = world.owner();
    let warned = until(&clock, &host, &owner, "🟡 Certificate of web expires in ").await;
    assert!(warned.contains("expires in 9 d"), "{warned}");
    assert!(owner.say("/checks").await.text().contains(" ms · cert 9 d"));
    assert!(host.stop().await.success());
    // Who has signed it is not known any more: that is a failure like any other.
    let host = bot(&world, &clock, &more[..1]).await;
    let down = until(&clock, &host, &owner, "🔴 web is down").await;
    assert!(down.contains("certificate of 127.0.0.1"), "{down}");
}

#[tokio::test]
async fn containers_are_watched() {
    let directory = tempfile::Builder::new().prefix("umbrasil-docker-").tempdir().unwrap();
    let Some(docker) = Dockerd::start(directory.path()).await else { return };
    docker.import_busybox();
    docker.container(
        "web",
        &["--restart", "unless-stopped"],
        "echo hello from web; exec sleep 1000",
    );
    docker.container("job", &[], "exit 0");
    let world = World::new().await;
    let clock = Clock::new(&world);
    let address = docker.host();
    let host = bot(&world, &clock, &[("DOCKER_HOST", &address)]).await;
    let owner = world.owner();
    minutes(&clock, &host, 1).await;
    let checks = owner.say("/checks").await;
    assert!(checks.text().contains("🐳 Containers\n🟢 1 up: web"), "{checks}");
    docker.run(&["stop", "web"]);
    let down = until(&clock, &host, &owner, "🔴 Container web is down").await;
    assert!(down.contains("ended with 137"), "{down}");
    docker.run(&["start", "web"]);
    until(&clock, &host, &owner, "🟢 Container web is up again").await;
    owner.say("/checks").await;
    owner.press("📊 Monitoring").await;
    owner.press("🗒 Logs").await;
    owner.press("Containers").await;
    let logs = owner.press("web").await;
    assert!(logs.text().contains("🐳 web\n") && logs.text().contains("hello from web"), "{logs}");
}

#[tokio::test]
async fn logs_are_for_owners_and_what_is_revoked_is_said() {
    let world = World::new().await;
    let clock = Clock::new(&world);
    let host = bot(&world, &clock, &[]).await;
    let owner = world.owner();
    owner.say("/metrics").await;
    owner.press("📊 Monitoring").await;
    let logs = owner.press("🗒 Logs").await;
    assert!(logs.to_string().contains("[Host] [Modules] [Containers]"), "{logs}");
    let of_host = owner.press("Host").await;
    assert!(of_host.text().contains(" I "), "{of_host}");
    owner.press("🔎 Text").await;
    let found = owner.say("nobody ever logs this").await;
    assert!(found.text().contains("Nothing has this text in it."), "{found}");
    // Somebody else has no such button, and one that they press all the same does nothing.
    let user = world.user();
    user.say("/metrics").await;
    let home = user.press("📊 Monitoring").await;
    assert!(!home.to_string().contains("Logs"), "{home}");
    assert!(host.stop().await.success());
    decide(&world.data(), "monitoring", &[("system cpu", false), ("logs host", false)]);
    let _host = bot(&world, &clock, &[]).await;
    let metrics = owner.say("/metrics").await;
    assert!(metrics.text().contains("CPU      not granted\nMemory "), "{metrics}");
    owner.press("📊 Monitoring").await;
    owner.press("🗒 Logs").await;
    let refused = owner.press("Host").await;
    assert!(refused.text().contains("grant allow monitoring \"logs host\""), "{refused}");
}
