//! Whose key a server must have is an owner's decision, made with one tap, once.

use umbrasil_tests::{Sshd, eventually};

use super::world;

/// The fingerprint of the server's key, as its own administrator would look it up.
fn fingerprint(server: &Sshd) -> String {
    let output = std::process::Command::new("ssh-keygen")
        .args(["-l", "-f"])
        .arg(server.path().join("host.pub"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn an_unknown_server_is_trusted_by_a_tap_and_a_changed_one_by_nobody() {
    let mut server = Sshd::start().await;
    let (world, host) = world(&[server.unknown("web1")]).await;
    let refused = world.user().say("/exec web1 uptime").await;
    assert!(refused.text().contains("is not known yet"), "{refused}");
    let question = world.owner().reads("Unknown server").await;
    for words in ["web1", "127.0.0.1", "ssh-ed25519", &fingerprint(&server)] {
        assert!(question.text().contains(words), "{words}: {question}");
    }
    assert_eq!(server.attempts(), 0, "nothing was sent: {}", server.logged());
    let data = question.button("🔑 Trust").unwrap();
    world.user().press_stale(&data).await;
    world.user().say("/exec web1 uptime").await;
    assert_eq!(server.attempts(), 0, "a user cannot trust");
    world.owner().press("🔑 Trust").await;
    world.owner().reads("is trusted with this key").await;
    let ran = world.user().say("/exec web1 uptime").await;
    assert!(ran.text().contains("load average"), "{ran}");
    world.owner().press_raw("again", question.id(), &data).await;
    world.owner().reads("is answered, or was withdrawn").await;

    // Another key on the same port: whoever it is, nothing is sent, and there is nothing to tap.
    host.stop().await;
    server.restart("ed25519").await;
    let host = world.start(&[]).await;
    let refused = world.user().say("/exec web1 uptime").await;
    assert!(refused.text().contains("CHANGED"), "{refused}");
    let loud = world.owner().reads("The host key of web1 has CHANGED").await;
    assert!(loud.text().contains(&fingerprint(&server)), "{loud}");
    assert!(loud.buttons().is_empty(), "{loud}");
    assert_eq!(server.attempts(), 0, "{}", server.logged());

    // Only who has the machine can say that the server is a new one.
    let list = world.operate(&["host-key", "list"], "", &[]).await;
    assert!(list.out.contains("web1") && list.out.contains("owner 111"), "{list:?}");
    let forgotten = world.operate(&["host-key", "forget", "web1"], "", &[]).await;
    assert_eq!(forgotten.code, 0, "{forgotten:?}");
    let again = world.operate(&["host-key", "forget", "web1"], "", &[]).await;
    assert!(again.code == 1 && again.err.contains("no key is recorded"), "{again:?}");
    world.user().say("/exec web1 uptime").await;
    let fingerprint = fingerprint(&server);
    eventually(20, "the owner is asked about the new key", async || {
        let received = world.owner().received().await;
        received.last()?.text().contains(&fingerprint).then_some(())
    })
    .await;
    world.owner().press("🔑 Trust").await;
    let ran = world.user().say("/exec web1 uptime").await;
    assert!(ran.text().contains("load average"), "{ran}");
    host.stop().await;
}
