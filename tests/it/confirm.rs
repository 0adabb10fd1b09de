//! What is confirmed is done once, at the far side: a socket of Docker's that notes everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::sync::Notify;
use umbrasil_tests::docker_socket::{Answer, DockerSocket, obliging};
use umbrasil_tests::{Host, Message, World, eventually};

use crate::docker::install;

const ID: &str = "4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f0c7d9e2a4b1f";

async fn start(socket: &DockerSocket) -> (World, Host) {
    let world = World::new().await;
    install(&world, r#"["inspect", "restart", "stop"]"#, r#"["web"]"#);
    let settings = std::fs::read_to_string(world.path().join("umbrasil.toml")).unwrap();
    world.settings(&settings.replace("owner.dangerous = \"allow\"", ""));
    let host = world.start(&[("DOCKER_HOST", &socket.host())]).await;
    (world, host)
}

fn posts(socket: &DockerSocket) -> Vec<String> {
    socket.asked().into_iter().filter(|line| line.starts_with("POST ")).collect()
}

/// The host's question about a call.
async fn question(world: &World, call: &str) -> (Message, String) {
    eventually(20, "a question", async || {
        let received = world.owner().received().await;
        let asked = received.into_iter().rev().find(|message| {
            message.text().contains(call) && message.button("✅ Confirm").is_some()
        })?;
        let data = asked.button("✅ Confirm")?;
        Some((asked, data))
    })
    .await
}

#[tokio::test]
async fn a_confirmed_restart_reaches_the_daemon_once() {
    let socket = DockerSocket::start(obliging("web", ID, &json!({})));
    let (world, host) = start(&socket).await;
    world.owner().write("/d_restart web").await;
    let (asked, yes) = question(&world, "docker restart web").await;
    world.owner().write("/d_stop web").await;
    let (_, other) = question(&world, "docker stop web").await;
    assert!(posts(&socket).is_empty(), "{:?}", socket.asked());
    // Out of order, twice, and by somebody else.
    world.user().press_stale(&yes).await;
    for (query, data) in [("b", &other), ("a", &yes), ("a2", &yes), ("b2", &other)] {
        world.owner().press_raw(query, asked.id(), data).await;
    }
    world.notices(5).await;
    let done = posts(&socket);
    assert_eq!(done.len(), 2, "{done:?}");
    assert!(done[0].contains("/stop") && done[1].contains("/restart"), "{done:?}");
    host.stop().await;
}

#[tokio::test]
async fn what_was_under_way_when_the_host_died_is_told_and_not_repeated() {
    static SLOW: AtomicBool = AtomicBool::new(true);
    let fine = obliging("web", ID, &json!({}));
    let socket = DockerSocket::start(move |request| {
        if request.contains("/restart") && SLOW.load(Ordering::SeqCst) {
            return Answer::Silence;
        }
        fine(request)
    });
    let (world, host) = start(&socket).await;
    world.owner().write("/d_restart web").await;
    let (asked, yes) = question(&world, "docker restart web").await;
    world.owner().press_raw("yes", asked.id(), &yes).await;
    eventually(20, "the daemon was asked", async || (posts(&socket).len() == 1).then_some(()))
        .await;
    host.kill().await;
    SLOW.store(false, Ordering::SeqCst);
    let host = world.start(&[("DOCKER_HOST", &socket.host())]).await;
    eventually(20, "the owner is told", async || {
        let received = world.owner().received().await;
        let told = received.iter().find(|message| message.text().contains("Outcome unknown"))?;
        told.text().contains("docker restart web").then_some(())
    })
    .await;
    world.owner().press_raw("later", asked.id(), &yes).await;
    eventually(20, "the question is used up", async || {
        let received = world.owner().received().await;
        received.iter().any(|message| message.text().contains("is answered, or")).then_some(())
    })
    .await;
    assert_eq!(posts(&socket).len(), 1, "not repeated");
    let records = world.operate(&["audit", "list"], "", &[]).await.out;
    let line =
        "containers: docker restart web: allow (begun; outcome unknown: the host was stopped)";
    assert!(records.contains(line), "{records}");
    host.stop().await;
}

/// A mark of an owner's is not undone by a milder permission beside it.
#[tokio::test]
async fn what_an_owner_marks_as_dangerous_is_asked_about() {
    let socket = DockerSocket::start(obliging("web", ID, &json!({})));
    let (world, host) = start(&socket).await;
    let inspected = world.owner().say("/d_inspect web").await;
    assert!(inspected.button("✅ Confirm").is_none(), "{inspected}");
    let mark = ["grant", "allow", "containers", "dangerous docker inspect web"];
    let said = world.operate(&mark, "", &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    world.owner().write("/d_inspect web").await;
    question(&world, "docker inspect web").await;
    host.stop().await;
}

#[tokio::test]
async fn what_was_stopped_on_the_way_is_told_and_used_up() {
    let fine = obliging("web", ID, &json!({}));
    let socket = DockerSocket::start(move |request| {
        if request.contains("/restart") { Answer::Silence } else { fine(request) }
    });
    let (world, host) = start(&socket).await;
    let owner = world.owner();
    for stop in ["/cancel", "/stop"] {
        let before = posts(&socket).len();
        owner.write("/d_restart web").await;
        let (asked, yes) = question(&world, "docker restart web").await;
        owner.press_raw(&format!("yes{stop}"), asked.id(), &yes).await;
        eventually(20, "the daemon was asked", async || {
            (posts(&socket).len() == before + 1).then_some(())
        })
        .await;
        owner.write(stop).await;
        let told = owner.reads("Stopped").await;
        let line = "Outcome unknown, by containers: docker restart web";
        assert!(told.text().contains(line), "{told}");
        owner.press_raw(&format!("again{stop}"), asked.id(), &yes).await;
        owner.reads("is answered, or").await;
        assert_eq!(posts(&socket).len(), before + 1, "not repeated");
    }
    host.stop().await;
}

#[tokio::test]
async fn what_is_revoked_on_the_way_is_told() {
    let (fine, done) = (obliging("web", ID, &json!({})), Arc::new(Notify::new()));
    let held = Answer::Held(Arc::clone(&done));
    let socket = DockerSocket::start(move |request| {
        if request.contains("/restart") { held.clone() } else { fine(request) }
    });
    let (world, host) = start(&socket).await;
    let owner = world.owner();
    owner.write("/d_restart web").await;
    let (asked, yes) = question(&world, "docker restart web").await;
    owner.press_raw("yes", asked.id(), &yes).await;
    eventually(20, "the daemon was asked", async || (posts(&socket).len() == 1).then_some(()))
        .await;
    let revoke = ["grant", "revoke", "containers", "docker inspect web"];
    let said = world.operate(&revoke, "", &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    done.notify_one();
    let told = owner.reads("was withdrawn meanwhile").await;
    assert!(told.text().contains("by containers: docker restart web"), "{told}");
    assert_eq!(posts(&socket).len(), 1);
    host.stop().await;
}
