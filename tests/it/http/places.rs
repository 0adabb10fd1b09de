//! Where requests may go: what was granted, and no address inside that was not.

use umbrasil_tests::web::Sink;
use umbrasil_tests::{Dns, World, eventually};

use super::{audit, host, to, world};

#[tokio::test]
async fn what_is_not_granted_leaves_nothing_behind_but_a_record() {
    let (sink, other, dns) =
        (Sink::saying("tea").await, Sink::saying("no").await, Dns::new().await);
    let tables = format!("[[http]]\nurl = \"{}/v1/*\"\n", sink.url());
    let (world, _host) = world(&tables, &[("UMBRASIL_RESOLVER", &dns.address())]).await;
    let (user, port) = (world.user(), sink.port());
    for (call, remedy) in [
        (format!("POST {}/v1/x", sink.url()), format!("http POST {}/v1/x", sink.url())),
        (format!("GET {}/v2/x?key=private", sink.url()), format!("http GET {}/v2/x`", sink.url())),
        (format!("GET {}/v1/../v2", sink.url()), format!("http GET {}/v2", sink.url())),
        (format!("GET {}/v1/%2e%2e/v2", sink.url()), format!("http GET {}/v2", sink.url())),
        (format!("GET {}/v1/..%2fv2", sink.url()), "..%2fv2".to_owned()),
        (format!("GET {}/v1/x", other.url()), format!("http GET {}/v1/x", other.url())),
        (format!("GET https://127.0.0.1:{port}/v1/x"), format!("https://127.0.0.1:{port}/v1/x")),
        (format!("GET http://localhost:{port}/v1/x"), format!("http://localhost:{port}/v1/x")),
        (format!("GET http://[::ffff:127.0.0.1]:{port}/v1/x"), "ffff:7f00:1".to_owned()),
        (format!("GET http://127.0.0.2:{port}/v1/x"), "127.0.0.2".to_owned()),
        ("GET http://good.test/v1/x".to_owned(), "http GET http://good.test/v1/x".to_owned()),
    ] {
        let answer = user.say(&format!("/web {call}")).await;
        assert!(answer.text().starts_with("denied: "), "{call}: {answer}");
        assert!(answer.text().contains(&remedy), "{call}: {answer}");
        assert!(!answer.text().contains("private"), "{answer}");
    }
    assert_eq!((sink.connections(), other.connections(), dns.questions()), (0, 0, 0));
    // The same by another spelling of the same address is the same.
    for url in [sink.url(), format!("http://127.1:{port}"), format!("http://0x7f000001:{port}")] {
        assert_eq!(user.say(&format!("/web GET {url}/v1/x?q=1#part")).await.text(), "200 tea");
    }
    let arrived = sink.arrivals();
    assert_eq!((arrived.len(), arrived[0].target.as_str()), (3, "/v1/x?q=1"));
    assert_eq!(arrived[0].header("host"), Some(&*format!("127.0.0.1:{port}")));
    let records = eventually(10, "all is on record", async || {
        let records = audit(&world).await;
        (records.matches("\"decision\":\"allow\"").count() == 3).then_some(records)
    })
    .await;
    assert_eq!(records.matches("\"decision\":\"deny\"").count(), 11, "{records}");
    assert!(!records.contains("private") && records.contains("umbrasil.toml; 200"), "{records}");
}

#[tokio::test]
async fn urls_with_tricks_are_refused_or_taken_for_what_they_are() {
    let (sink, dns) = (Sink::saying("tea").await, Dns::new().await);
    let (world, _host) =
        world(&to(&sink, &["GET"]), &[("UMBRASIL_RESOLVER", &dns.address())]).await;
    let port = sink.port();
    for (url, kind) in [
        (format!("http://127.0.0.1:{port}@evil.test/"), "invalid"),
        (format!("http://user:word@127.0.0.1:{port}/"), "invalid"),
        (format!("http://evil.test\\@127.0.0.1:{port}/"), "denied"),
        (format!("http://127.0.0.1.evil.test:{port}/"), "denied"),
        ("http://127.0.0.1:0/".to_owned(), "invalid"),
        ("file:///etc/passwd".to_owned(), "invalid"),
        ("gopher://127.0.0.1/".to_owned(), "invalid"),
        ("unix:/var/run/docker.sock".to_owned(), "invalid"),
        ("ws://127.0.0.1/".to_owned(), "invalid"),
        ("nonsense".to_owned(), "invalid"),
        (format!("http://127.0.0.1:{port}/{}", "a".repeat(9_000)), "too long to be sent"),
    ] {
        if url.len() < 4_000 {
            let answer = world.user().say(&format!("/web GET {url}")).await;
            assert!(answer.text().starts_with(kind), "{url}: {answer}");
        }
    }
    assert_eq!((sink.connections(), dns.questions()), (0, 0));
}

#[tokio::test]
async fn a_name_with_a_private_address_is_not_reached() {
    let (sink, dns) = (Sink::saying("inside").await, Dns::new().await);
    let port = sink.port();
    let sets: [&[&str]; 16] = [
        &["127.0.0.1"],
        &["10.0.0.1"],
        &["172.18.0.5"],
        &["192.168.1.1"],
        &["169.254.169.254"],
        &["100.100.100.200"],
        &["0.0.0.0"],
        &["::1"],
        &["::"],
        &["fd00:ec2::254"],
        &["fe80::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        // One good address does not help.
        &["93.184.216.34", "127.0.0.1"],
        &["93.184.216.34", "::1"],
    ];
    let mut tables = String::new();
    for (index, addresses) in sets.iter().enumerate() {
        dns.set(&format!("n{index}.test"), addresses);
        tables.push_str(&format!("[[http]]\nurl = \"http://n{index}.test:{port}/*\"\n"));
    }
    let (world, _host) = world(&tables, &[("UMBRASIL_RESOLVER", &dns.address())]).await;
    for (index, addresses) in sets.iter().enumerate() {
        let call = format!("/web GET http://n{index}.test:{port}/");
        let answer = world.user().say(&call).await;
        let is_refused = answer.text().contains("private or reserved address")
            || answer.text().contains("no address of anybody");
        assert!(answer.text().starts_with("denied: ") && is_refused, "{addresses:?}: {answer}");
        assert_eq!(dns.asked(&format!("n{index}.test")), 1);
    }
    let unknown = world.user().say(&format!("/web GET http://n0.test.:{port}/x")).await;
    assert!(unknown.text().starts_with("denied: n0.test is at a private"), "{unknown}");
    assert_eq!(sink.connections(), 0);
    let records = audit(&world).await;
    assert!(records.contains("169.254.169.254 is a private or reserved address"), "{records}");
}

#[tokio::test]
async fn a_private_name_is_reached_at_the_address_that_the_owner_wrote() {
    let (sink, dns) = (Sink::saying("inside").await, Dns::new().await);
    dns.set("n8n.test", &["10.1.2.3"]);
    let wants = format!("[[http]]\nurl = \"http://n8n.test:{}/*\"\n", sink.port());
    let grants = format!("{wants}at = \"127.0.0.1\"\n");
    let world = World::new().await;
    let resolver = [("UMBRASIL_RESOLVER", &*dns.address())];
    let _host = host(&world, &wants, &grants, &resolver).await;
    let answer = world.user().say(&format!("/web GET http://n8n.test:{}/", sink.port())).await;
    assert_eq!(answer.text(), "200 inside");
    assert_eq!(dns.questions(), 0, "pinned is pinned");
    assert_eq!(sink.arrivals()[0].header("host"), Some(&*format!("n8n.test:{}", sink.port())));
}

#[tokio::test]
async fn the_hosts_own_ports_are_closed_to_modules() {
    let world = World::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let health = format!("http://127.0.0.1:{port}");
    let tables = format!("[[http]]\nurl = \"{health}/*\"\n[[http]]\nurl = \"{}/*\"\n", world.api());
    for bind in ["127.0.0.1", "0.0.0.0"] {
        let vars = [("PORT", port.as_str()), ("UMBRASIL_BIND", bind)];
        let host = host(&world, &tables, &tables, &vars).await;
        for url in [&health, world.api()] {
            let answer = world.user().say(&format!("/web GET {url}/metrics")).await;
            assert!(answer.text().contains("is at a port of the bot itself"), "{answer}");
        }
        host.stop().await;
    }
}

#[tokio::test]
async fn a_proxy_of_the_environment_gets_nothing() {
    let (sink, proxy, dns) =
        (Sink::saying("tea").await, Sink::saying("no").await, Dns::new().await);
    let tables = to(&sink, &["GET"]) + "[[http]]\nurl = \"http://good.test/*\"\n";
    let (url, resolver) = (proxy.url(), dns.address());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"];
    let mut vars: Vec<(&str, &str)> = names.iter().map(|name| (*name, url.as_str())).collect();
    vars.extend([("UMBRASIL_RESOLVER", resolver.as_str()), ("NO_PROXY", "")]);
    let (world, _host) = world(&tables, &vars).await;
    let proxied = sink.url();
    assert_eq!(world.user().say(&format!("/web GET {proxied}/")).await.text(), "200 tea");
    let unknown = world.user().say("/web GET http://good.test/").await;
    assert_eq!(unknown.text(), "unavailable: good.test has no address");
    // The Bot API is reached through it if at all: only what a module asks for counts.
    let of_modules = proxy.arrivals().into_iter().filter(|one| one.head.contains("good.test"));
    assert_eq!(of_modules.count(), 0);
}
