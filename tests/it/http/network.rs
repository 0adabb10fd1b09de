//! Public addresses: in a network namespace of its own, where 93.184.216.34 is this machine.
//!
//! A test here starts itself once more inside the namespace, so that all of it runs there: the servers, the
//! Bot API and the host.

use std::process::Command;

use umbrasil_tests::Dns;
use umbrasil_tests::web::{Sink, Step, redirect, reply};

use super::{audit, world};

const INSIDE: &str = "UMBRASIL_TEST_INSIDE";
const PUBLIC: &str = "93.184.216.34";

/// Runs the test of this name inside a namespace, unless this is inside already; says whether it is.
#[allow(clippy::disallowed_methods, reason = "how a test tells itself that it runs inside")]
fn is_inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let script = format!(
        "ip link set lo up && ip addr add {PUBLIC}/32 dev lo && ip addr add 2600:1901::7/128 dev lo nodad && exec \"$0\" \"$@\""
    );
    let mut command = Command::new("unshare");
    // Whoever is root needs no user namespace, and keeps the rights to the build's files.
    let kind = if rustix::process::geteuid().is_root() { "-n" } else { "-rn" };
    command.args([kind, "sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("http::network::{name}"), "--nocapture"]);
    let output = command.env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[tokio::test]
async fn a_name_that_changes_its_address_never_reaches_inside() {
    if !is_inside("a_name_that_changes_its_address_never_reaches_inside") {
        return;
    }
    let outside =
        Sink::at(&format!("{PUBLIC}:80"), |_| vec![Step::Send(reply(200, "", b"outside"))]).await;
    let inside = Sink::at("127.0.0.1:80", |_| vec![Step::Send(reply(200, "", b"inside"))]).await;
    let also_inside = Sink::at("[::1]:80", |_| vec![Step::Send(reply(200, "", b"inside"))]).await;
    let dns = Dns::new().await;
    let tries = 100;
    for _ in 0..tries {
        dns.set("rebind.test", &[PUBLIC]);
        dns.set("rebind.test", &["127.0.0.1"]);
        dns.set("both.test", &[PUBLIC, "::1"]);
    }
    let tables =
        "[[http]]\nurl = \"http://rebind.test/*\"\n[[http]]\nurl = \"http://both.test/*\"\n";
    let (world, _host) = world(tables, &[("UMBRASIL_RESOLVER", &dns.address())]).await;
    let (mut reached, mut refused) = (0, 0);
    for _ in 0..tries {
        let answer = world.user().say("/web GET http://rebind.test/").await;
        match answer.text() {
            "200 outside" => reached += 1,
            text if text.starts_with("denied: rebind.test is at a private") => refused += 1,
            text => panic!("{text}"),
        }
    }
    assert_eq!((reached, refused), (tries / 2, tries / 2));
    let both = world.user().say("/web GET http://both.test/").await;
    assert!(both.text().starts_with("denied: both.test is at a private"), "{both}");
    assert_eq!(
        (outside.connections(), inside.connections(), also_inside.connections()),
        (tries / 2, 0, 0)
    );
    // Every connection was preceded by a look of its own.
    assert_eq!(dns.asked("rebind.test"), tries);
}

#[tokio::test]
async fn a_redirect_from_outside_never_reaches_inside() {
    if !is_inside("a_redirect_from_outside_never_reaches_inside") {
        return;
    }
    let outside = Sink::at(&format!("{PUBLIC}:80"), |arrival| {
        let host = arrival.target.trim_start_matches('/');
        if host.is_empty() {
            vec![Step::Send(reply(200, "", b"outside"))]
        } else {
            redirect(302, &format!("http://{host}/"))
        }
    })
    .await;
    let inside = Sink::at("127.0.0.1:80", |_| vec![Step::Send(reply(200, "", b"inside"))]).await;
    let dns = Dns::new().await;
    dns.set("outside.test", &[PUBLIC]);
    dns.set("inside.test", &["127.0.0.1"]);
    // First it is outside, then it is not.
    dns.set("turns.test", &[PUBLIC]);
    dns.set("turns.test", &["127.0.0.1"]);
    let tables: String = ["outside", "inside", "turns"]
        .iter()
        .map(|name| format!("[[http]]\nurl = \"http://{name}.test/*\"\n"))
        .collect();
    let (world, _host) = world(&tables, &[("UMBRASIL_RESOLVER", &dns.address())]).await;
    for (path, said) in [
        ("outside.test/outside.test", "200 outside"),
        ("outside.test/inside.test", "denied: inside.test is at a private or reserved address"),
        ("turns.test/turns.test", "denied: turns.test is at a private or reserved address"),
        ("outside.test/127.0.0.1", "denied: the answer is a redirect: "),
        ("outside.test/[::1]", "denied: the answer is a redirect: "),
        ("outside.test/2130706433", "denied: the answer is a redirect: "),
    ] {
        let answer = world.user().say(&format!("/web GET http://{path}")).await;
        assert!(answer.text().starts_with(said), "{path}: {answer}");
    }
    assert_eq!((outside.connections(), inside.connections()), (7, 0));
}

#[tokio::test]
async fn the_hosts_own_ports_are_closed_at_every_address_of_the_machine() {
    if !is_inside("the_hosts_own_ports_are_closed_at_every_address_of_the_machine") {
        return;
    }
    let dns = Dns::new().await;
    dns.set("me.test", &[PUBLIC]);
    dns.set("me6.test", &["2600:1901::7"]);
    let tables = "[[http]]\nurl = \"http://me.test:8080/*\"\n[[http]]\nurl = \"http://me6.test:8080/*\"\n[[http]]\nurl = \"http://me.test:8081/*\"\n";
    let beside =
        Sink::at(&format!("{PUBLIC}:8081"), |_| vec![Step::Send(reply(200, "", b"beside"))]).await;
    let resolver = dns.address();
    let vars =
        [("UMBRASIL_RESOLVER", resolver.as_str()), ("PORT", "8080"), ("UMBRASIL_BIND", "::")];
    let (world, _host) = world(tables, &vars).await;
    for name in ["me", "me6"] {
        let answer = world.user().say(&format!("/web GET http://{name}.test:8080/metrics")).await;
        assert!(answer.text().contains("is at a port of the bot itself"), "{answer}");
    }
    assert_eq!(world.user().say("/web GET http://me.test:8081/").await.text(), "200 beside");
    assert_eq!(beside.connections(), 1);
    assert!(audit(&world).await.contains("a port of the bot itself"));
}
