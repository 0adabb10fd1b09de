//! A server of our own that does what OpenSSH never would, and what owners decide about keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::server::{self, Auth, ChannelOpenHandle, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use tokio::sync::mpsc;

use super::service::{Failure, Service};
use super::trust::{HostKeyNotice, TrustError};
use super::*;
use crate::config::SshTarget;
use crate::database::Database;

/// What a server has seen.
#[derive(Default)]
struct Seen {
    logins: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    commands: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Far(Arc<Seen>);

impl server::Handler for Far {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        self.0.logins.fetch_add(1, Ordering::SeqCst);
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let line = String::from_utf8_lossy(line).into_owned();
        self.0.commands.lock().unwrap().push(line.clone());
        if line == "refused" {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)?;
        let (handle, seen) = (session.handle(), Arc::clone(&self.0));
        tokio::spawn(async move {
            let running = seen.running.fetch_add(1, Ordering::SeqCst) + 1;
            seen.most_running.fetch_max(running, Ordering::SeqCst);
            let mut answer = String::new();
            match line.as_str() {
                "open" => answer = opened(&handle).await,
                "slow" => tokio::time::sleep(Duration::from_millis(50)).await,
                "hang" => std::future::pending().await,
                _ => {}
            }
            let told = handle.data(channel, answer.into_bytes()).await.is_ok();
            if told && line != "mute" {
                handle.exit_status_request(channel, 0).await.unwrap_or_default();
            }
            seen.running.fetch_sub(1, Ordering::SeqCst);
            handle.close(channel).await.unwrap_or_default();
        });
        Ok(())
    }
}

/// The channels that the client let the server open.
async fn opened(handle: &server::Handle) -> String {
    let tried = [
        ("agent", handle.channel_open_agent().await.is_ok()),
        ("session", handle.channel_open_session().await.is_ok()),
        ("x11", handle.channel_open_x11("10.0.0.1", 6000).await.is_ok()),
        ("tcpip", handle.channel_open_forwarded_tcpip("a", 1, "b", 2).await.is_ok()),
        ("direct", handle.channel_open_direct_tcpip("a", 1, "b", 2).await.is_ok()),
        ("socket", handle.channel_open_forwarded_streamlocal("/a").await.is_ok()),
        ("direct socket", handle.channel_open_direct_streamlocal("/a").await.is_ok()),
    ];
    let opened: Vec<&str> =
        tried.into_iter().filter(|tried| tried.1).map(|tried| tried.0).collect();
    format!("opened: {}", opened.join(" "))
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

/// Serves everybody with this host key on this port, 0 for any; gives the port.
async fn serve(port: u16, host_key: PrivateKey) -> (u16, Arc<Seen>, tokio::task::JoinHandle<()>) {
    let seen = Arc::new(Seen::default());
    let config = Arc::new(server::Config {
        keys: vec![host_key],
        auth_rejection_time: Duration::ZERO,
        ..server::Config::default()
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let far = Far(Arc::clone(&seen));
    let task = tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let (config, far) = (Arc::clone(&config), far.clone());
            tokio::spawn(async move {
                if let Ok(session) = server::run_stream(config, tcp, far).await {
                    drop(session.await);
                }
            });
        }
    });
    (port, seen, task)
}

struct Owner {
    service: Arc<Service>,
    notices: mpsc::Receiver<HostKeyNotice>,
    _directory: tempfile::TempDir,
}

impl Owner {
    fn of(targets: Vec<SshTarget>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path()).unwrap();
        let (sender, notices) = mpsc::channel(16);
        let service = Arc::new(Service::new(targets, database, sender));
        Self { service, notices, _directory: directory }
    }

    /// One target, whose key is trusted.
    async fn trusting(alias: &str, seed: u8) -> (Self, Arc<Seen>) {
        let (port, far, _) = serve(0, key(seed)).await;
        let owner = Self::of(vec![SshTarget::of_test(alias, port, &key(9))]);
        owner.trust(alias, port, seed).await.unwrap();
        (owner, far)
    }

    async fn trust(&self, alias: &str, port: u16, seed: u8) -> Result<(), TrustError> {
        let line = key(seed).public_key().to_openssh().unwrap();
        self.service.trust(alias, &format!("127.0.0.1:{port}"), &line, "owner 111").await
    }

    async fn run(&self, alias: &str, line: &str) -> Result<String, Failure> {
        let server = self.service.server(alias).unwrap();
        self.service.run(server, line.to_owned(), 1_024).await.map(|output| output.stdout)
    }
}

fn not_run(result: Result<String, Failure>) -> String {
    match result {
        Err(Failure::NotRun(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_owner_is_asked_once_and_trusts_one_key() {
    let (port, seen, serving) = serve(0, key(1)).await;
    let mut owner = Owner::of(vec![SshTarget::of_test("web1", port, &key(9))]);
    let address = format!("127.0.0.1:{port}");
    for _ in 0..2 {
        let text = not_run(owner.run("web1", "uptime").await);
        assert_eq!(
            text,
            "the host key of web1 is not known yet; an owner has been asked to trust it"
        );
    }
    let HostKeyNotice::Unknown { target, address: at, key_type, fingerprint, key: line } =
        owner.notices.try_recv().unwrap()
    else {
        panic!("not asked")
    };
    assert!(owner.notices.try_recv().is_err(), "asked once");
    assert_eq!((target.as_str(), at.as_str()), ("web1", address.as_str()));
    assert!(key_type == "ssh-ed25519" && fingerprint.starts_with("SHA256:"), "{fingerprint}");
    assert_eq!(seen.logins.load(Ordering::SeqCst), 0);

    let service = &owner.service;
    let no = |result: Result<(), TrustError>| result.unwrap_err().to_string();
    assert!(no(service.trust("db", &address, &line, "o").await).contains("no target `db`"));
    assert!(no(service.trust("web1", "10.0.0.1:22", &line, "o").await).contains("another address"));
    assert!(no(service.trust("web1", &address, "ssh-rsa A", "o").await).contains("no host key"));
    service.trust("web1", &address, &line, "owner 111").await.unwrap();
    let other = key(2).public_key().to_openssh().unwrap();
    assert!(
        no(service.trust("web1", &address, &other, "o").await).contains("forget that one first")
    );
    assert_eq!(owner.run("web1", "uptime").await.unwrap(), "");
    assert_eq!(seen.logins.load(Ordering::SeqCst), 1);

    // Another key on the same port: told once, loudly, and not to be trusted.
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    assert!(owner.service.forget("nobody").await.is_err());
    owner.service.server("web1").unwrap().close().await;
    let (_, impostor, _) = serve(port, key(2)).await;
    for _ in 0..2 {
        let text = not_run(owner.run("web1", "uptime").await);
        assert!(text.starts_with("the host key of web1 has CHANGED"), "{text}");
    }
    let Ok(HostKeyNotice::Changed { recorded_fingerprint, offered_fingerprint, .. }) =
        owner.notices.try_recv()
    else {
        panic!("not told")
    };
    assert!(recorded_fingerprint == fingerprint && offered_fingerprint != fingerprint);
    assert!(owner.notices.try_recv().is_err(), "told once");
    assert_eq!(impostor.logins.load(Ordering::SeqCst), 0);
    assert_eq!(owner.trust("web1", port, 2).await, Err(TrustError::Known("web1".to_owned())));

    // Only forgetting the old one makes room for a new one.
    assert_eq!(owner.service.forget("web1").await, Ok(true));
    assert_eq!(owner.service.forget("web1").await, Ok(false));
    owner.trust("web1", port, 2).await.unwrap();
    assert_eq!(owner.run("web1", "uptime").await.unwrap(), "");
}

#[test]
fn a_key_of_another_type_is_a_mismatch() {
    use super::dial::{Refused, why};

    // The server has nothing that the recorded key could be compared with, and offers nothing.
    let error = || russh::Error::NoCommonAlgo {
        kind: russh::AlgorithmKind::Key,
        ours: vec!["ssh-ed25519".to_owned()],
        theirs: vec!["rsa-sha2-512".to_owned(), "ssh-rsa\x1b[2J".to_owned()],
    };
    let recorded = key(1).public_key().clone();
    let Refused::Changed { offered: None, types } = why(&error(), Some(&recorded), None) else {
        panic!("not changed")
    };
    assert_eq!(types, "rsa-sha2-512, ssh-rsa[2J");
    assert!(matches!(why(&error(), None, None), Refused::Far(_)));
}

#[tokio::test]
async fn a_server_cannot_open_anything_here() {
    let (owner, _) = Owner::trusting("web1", 1).await;
    assert_eq!(owner.run("web1", "open").await.unwrap(), "opened: ");
}

#[tokio::test]
async fn what_was_not_run_is_told_from_what_nobody_knows() {
    let (owner, seen) = Owner::trusting("web1", 1).await;
    let text = not_run(owner.run("web1", "refused").await);
    assert_eq!(text, "web1 does not run commands for this user");
    let Err(Failure::Unknown(text)) = owner.run("web1", "mute").await else { panic!("known") };
    assert_eq!(text, "web1: the server did not say how the command ended");
    assert_eq!(owner.run("web1", "fine").await.unwrap(), "");
    assert_eq!(*seen.commands.lock().unwrap(), ["refused", "mute", "fine"]);
    assert_eq!(seen.logins.load(Ordering::SeqCst), 1, "one session for all");
}

#[tokio::test]
async fn two_run_at_a_time_for_a_target_and_eight_in_all() {
    let mut servers = Vec::new();
    let mut targets = Vec::new();
    for seed in 1..=5 {
        let (port, seen, _) = serve(0, key(seed)).await;
        let mut target = SshTarget::of_test(&format!("web{seed}"), port, &key(9));
        target.host_key = Some(key(seed).public_key().clone());
        targets.push(target);
        servers.push(seen);
    }
    let owner = Arc::new(Owner::of(targets));
    let most = Arc::new(AtomicUsize::new(0));
    let watching = {
        let (servers, most) = (servers.clone(), Arc::clone(&most));
        tokio::spawn(async move {
            loop {
                let now = servers.iter().map(|seen| seen.running.load(Ordering::SeqCst)).sum();
                most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    let aliases: Vec<String> = (0..50).map(|number| format!("web{}", number % 5 + 1)).collect();
    let runs = aliases.iter().map(|alias| owner.run(alias, "slow"));
    for result in join_all(runs).await {
        assert_eq!(result.unwrap(), "");
    }
    watching.abort();
    for seen in &servers {
        assert_eq!(seen.most_running.load(Ordering::SeqCst), 2);
        assert_eq!(seen.logins.load(Ordering::SeqCst), 1);
        assert_eq!(seen.commands.lock().unwrap().len(), 10);
    }
    assert!(most.load(Ordering::SeqCst) <= 8, "{most:?}");
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_nothing_behind() {
    let (owner, seen) = Owner::trusting("web1", 1).await;
    for pause in 0..40 {
        let waits = owner.run("web1", "hang");
        let pause = Duration::from_millis(pause % 10);
        assert!(tokio::time::timeout(pause, waits).await.is_err());
    }
    let both = [owner.run("web1", "fine"), owner.run("web1", "fine")];
    for result in join_all(both).await {
        assert_eq!(result.unwrap(), "");
    }
    let commands = seen.commands.lock().unwrap().clone();
    assert!(commands.len() <= 42 && commands.iter().filter(|line| *line == "fine").count() == 2);
}
