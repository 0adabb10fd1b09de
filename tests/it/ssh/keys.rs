//! Whose key a server must have: the log of sshd tells whether anybody tried to log in.

use super::*;

#[tokio::test]
async fn an_unknown_server_learns_nothing() {
    let server = Sshd::start().await;
    let (world, host) = world(&[server.unknown("web1")]).await;
    let answer = world.user().say("/exec web1 echo hello").await.text().to_owned();
    let text =
        "unavailable: the host key of web1 is not known yet; an owner has been asked to trust it";
    assert_eq!(answer, text);
    eventually(20, "sshd has seen the connection end", async || {
        server.logged().contains("Connection closed by").then_some(())
    })
    .await;
    assert_eq!((server.connections(), server.attempts()), (1, 0));
    assert!(host.logged().contains("SHA256:"));
    assert!(!answer.contains("127.0.0.1") && !answer.contains(&server.port().to_string()));
}

#[tokio::test]
async fn another_key_of_any_type_is_a_hard_failure() {
    let mut server = Sshd::start().await;
    let (world, _host) = world(&[server.table("web1", "")]).await;
    let user = world.user();
    assert_eq!(user.say("/exec web1 echo hello").await.text(), "exit 0: hello");
    for key_type in ["ed25519", "rsa", "ecdsa"] {
        server.restart(key_type).await;
        let answer = user.say("/exec web1 echo hello").await.text().to_owned();
        assert!(
            answer.starts_with("unavailable: the host key of web1 has CHANGED"),
            "{key_type}: {answer}"
        );
        assert!(!answer.contains("127.0.0.1"), "{answer}");
        eventually(20, "sshd has seen the connection end", async || {
            let logged = server.logged();
            let ended = [
                "Connection closed by",
                "no matching host key",
                "Disconnected from",
                "Connection reset",
            ];
            ended.iter().any(|text| logged.contains(text)).then_some(())
        })
        .await;
        assert_eq!((server.connections(), server.attempts()), (1, 0), "{key_type}");
    }
}

#[tokio::test]
async fn servers_and_clients_with_other_types_of_keys_are_fine() {
    for key_type in ["rsa", "ecdsa"] {
        let server = Sshd::with(umbrasil_tests::sshd::free_port(), key_type).await;
        let client = server.path().join("other");
        umbrasil_tests::sshd::keygen(&client, &["-t", key_type]);
        let public = std::fs::read(server.path().join("other.pub")).unwrap();
        std::fs::write(server.path().join("authorized_keys"), public).unwrap();
        let table = server.table("web1", "").replace("/client\"", "/other\"");
        let (world, _host) = world(&[table]).await;
        assert_eq!(world.user().say("/exec web1 echo hello").await.text(), "exit 0: hello");
    }
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_told_from_silence() {
    let server = Sshd::start().await;
    std::fs::write(server.path().join("authorized_keys"), "").unwrap();
    let gone = format!(
        "{}\n",
        server.table("web2", "").replace(
            &format!("port = {}", server.port()),
            &format!("port = {}", umbrasil_tests::sshd::free_port())
        )
    );
    let (world, _host) = world(&[server.table("web1", ""), gone]).await;
    let user = world.user();
    let answer = user.say("/exec web1 echo hello").await.text().to_owned();
    assert!(answer.starts_with("unavailable: web1 does not accept the bot's key"), "{answer}");
    let answer = user.say("/exec web2 echo hello").await.text().to_owned();
    assert_eq!(answer, "unavailable: web2 refuses connections; does its SSH server run?");
}
