//! `SERVICES`: what the owner lists is what a module may ask, and how it is told what it finds there.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Duration, timeout};
use umbrasil_tests::web::Sink;
use umbrasil_tests::{TOKEN, World, run};

use super::host;

/// A server that speaks something else: it greets, as mail and shells do.
async fn greeter() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                stream.write_all(b"220 mail.test ready\r\n").await.unwrap_or_default();
                // Until the far side has read it and left.
                while stream.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    port
}

/// A port whose queue is full, so that nobody gets a connection; and what fills it.
async fn deaf() -> (u16, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        queue.push(stream.unwrap());
    }
    (address.port(), listener, queue)
}

#[tokio::test]
async fn listed_places_can_be_asked_and_no_others() {
    let sink = Sink::saying("well").await;
    let (mail, (deaf, _listener, _queue)) = (greeter().await, deaf().await);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = free.local_addr().unwrap().port();
    drop(free);
    let services = format!(
        "services = [\"shop={}/health?key=1\", \"mail=tcp://127.0.0.1:{mail}\", \"gone=tcp://127.0.0.1:{gone}\", \"deaf=tcp://127.0.0.1:{deaf}\", \"tls=https://127.0.0.1:{mail}/\"]\n",
        sink.url()
    );
    let wants = "[[http]]\nurl = \"{SERVICES}\"\nmethods = [\"GET\", \"HEAD\"]\n";
    let world = World::new().await;
    let host = host(&world, wants, &(services + wants), &[]).await;
    for (url, said) in [
        (format!("{}/health?key=2", sink.url()), "200 well"),
        (format!("http://127.0.0.1:{mail}/"), "unavailable: 127.0.0.1 answers, but not with HTTP"),
        (format!("https://127.0.0.1:{mail}/"), "unavailable: 127.0.0.1 answers, but not with TLS"),
        (format!("http://127.0.0.1:{gone}/"), "unavailable: 127.0.0.1 refuses the connection"),
        (format!("http://127.0.0.1:{deaf}/"), "unavailable: 127.0.0.1 does not answer"),
    ] {
        let answer = world.user().say(&format!("/web GET {url} timeout=1500")).await;
        assert_eq!(answer.text(), said, "{url}");
    }
    let arrived = sink.connections();
    for call in [
        format!("GET {}/", sink.url()),
        format!("GET {}/health/more", sink.url()),
        format!("POST {}/health", sink.url()),
        format!("GET http://127.0.0.1:{mail}/more"),
    ] {
        let answer = world.user().say(&format!("/web {call}")).await;
        assert!(answer.text().starts_with("denied: "), "{call}: {answer}");
    }
    assert_eq!(sink.connections(), arrived);
    let list = world.operate(&["grant", "list", "web"], "", &[]).await;
    let line = format!("http HEAD {}/health  ", sink.url());
    assert!(list.out.contains(&line) && !list.out.contains("key=1"), "{}", list.out);
    host.stop().await;
}

/// Nothing is listed: the want is not there, and the module is.
#[tokio::test]
async fn without_services_nothing_is_wanted() {
    let world = World::new().await;
    let wants = "[[http]]\nurl = \"{SERVICES}\"\n";
    let host = host(&world, wants, wants, &[]).await;
    let answer = world.user().say("/web GET http://127.0.0.1:9/").await;
    assert!(answer.text().starts_with("denied: "), "{answer}");
    host.stop().await;
}

#[tokio::test]
async fn a_wrong_entry_stops_the_start_and_is_named() {
    let directory = tempfile::Builder::new().prefix("umbrasil-services-").tempdir().unwrap();
    for (services, said) in [
        ("shop=https://x.org/,db=5432", "SERVICES: entry 2 (`db`)"),
        ("shop=https://x.org/,shop=tcp://x.org:1", "SERVICES: entry 2 (`shop`) has a name"),
        ("shop=ftp://CANARY.org/", "SERVICES: entry 1 (`shop`)"),
    ] {
        let vars = [
            ("TELEGRAM_BOT_TOKEN", TOKEN),
            ("TELEGRAM_API_URL", "http://127.0.0.1:9"),
            ("ALLOWED_USER_IDS", "111"),
            ("UMBRASIL_DATA_DIR", "data"),
            ("PORT", "0"),
            ("SERVICES", services),
        ];
        let (code, text) = run(&["run"], directory.path(), &vars).await;
        assert_eq!(code, 78, "{services}: {text}");
        assert!(text.contains(said) && !text.contains("CANARY"), "{services}: {text}");
    }
}
