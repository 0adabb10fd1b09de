use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::audit::Audit;
use crate::bindings::umbrasil::module::http::{Host as _, HostStream as _};
use crate::capability::Meter;
use crate::capability::limits::EVENT_CPU;
use crate::capability::permit::{Authority, Subject, Terms};
use crate::database::Database;
use crate::grant::{Scope, Want};
use crate::permission::{Granted, Live, Origin, Permissions};

/// One event of a module, with all that it needs.
struct Event {
    http: Http,
    meter: Meter,
    guard: Guard,
    live: Arc<Live>,
    database: Database,
    _directory: tempfile::TempDir,
}

impl Event {
    fn new(lines: &[String], secrets: &[(&str, &str)]) -> Self {
        let scopes = lines.iter().map(|line| line.parse::<Scope>().unwrap());
        let permissions = Permissions::new(
            scopes.clone().map(|scope| Want { scope, reason: String::new() }).collect(),
            scopes.map(|scope| Granted { scope, by: "owner 111".into() }).collect(),
        );
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path()).unwrap();
        let live = Arc::new(Live::new(permissions));
        let subject = Subject {
            event: "event".into(),
            module: "web".into(),
            hash: "".into(),
            actor: "user 222".into(),
            origin: Origin::User,
        };
        let authority = Authority {
            policy: Arc::default(),
            audit: Audit::new(database.clone()),
            database: database.clone(),
        };
        let guard = Guard::new(subject, Arc::clone(&live), authority, Terms::default());
        let secrets: BTreeMap<String, SecretString> =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let secrets = Arc::new(FixedSecrets(secrets));
        let service = Service::with(Addresses::default(), secrets);
        let http = Http::new(Arc::new(service));
        Self { http, meter: Meter::new(EVENT_CPU), guard, live, database, _directory: directory }
    }

    fn scoped(&mut self) -> Scoped<'_, Http> {
        Scoped { own: &mut self.http, meter: &mut self.meter, guard: &mut self.guard }
    }
}

fn request(method: &str, url: &str) -> wit::Request {
    wit::Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        secrets: Vec::new(),
        timeout_ms: 0,
    }
}

/// Answers the request of every connection with this, then waits for the other side to go; counts who is there.
async fn server(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let open = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&open);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut bytes = [0; 1024];
                assert!(connection.read(&mut bytes).await.unwrap() > 0);
                connection.write_all(answer.as_bytes()).await.unwrap();
                while connection.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
                counted.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (url, open)
}

async fn reach(count: &AtomicUsize, wanted: usize) {
    let reached = async {
        while count.load(Ordering::SeqCst) != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reached).await.unwrap();
}

const ENDLESS: &str = "HTTP/1.1 200 OK\r\n\r\ndata: 1\n";

#[tokio::test]
async fn revoking_ends_a_stream_that_waits() {
    let (url, open) = server(ENDLESS).await;
    let mut event = Event::new(&[format!("http GET {url}")], &[]);
    let live = Arc::clone(&event.live);
    let mut scoped = event.scoped();
    let stream = scoped.open(request("GET", &url)).await.unwrap();
    let again = || Resource::new_borrow(stream.rep());
    assert_eq!(scoped.read(again()).await.unwrap(), Some(b"data: 1\n".to_vec()));
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        live.set(Permissions::default());
    };
    let (read, ()) = tokio::join!(scoped.read(again()), revoke);
    assert!(matches!(read, Err(Error::Denied(text)) if text.contains("revoked")));
    assert!(matches!(scoped.read(again()).await, Err(Error::Denied(_))));
    reach(&open, 0).await;
}

#[tokio::test]
async fn revoking_closes_a_stream_that_nobody_reads() {
    let (url, open) = server(ENDLESS).await;
    let mut event = Event::new(&[format!("http GET {url}")], &[]);
    let live = Arc::clone(&event.live);
    let mut scoped = event.scoped();
    let stream = scoped.open(request("GET", &url)).await.unwrap();
    reach(&open, 1).await;
    live.set(Permissions::default());
    reach(&open, 0).await;
    // What had arrived before is not handed out after it.
    assert!(matches!(scoped.read(Resource::new_borrow(stream.rep())).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn revoking_ends_a_request_that_waits() {
    let (url, open) = server("").await;
    for (method, is_unknown) in [("GET", false), ("POST", true)] {
        let mut event = Event::new(&[format!("http {method} {url}")], &[]);
        let live = Arc::clone(&event.live);
        let revoke = async {
            reach(&open, 1).await;
            live.set(Permissions::default());
        };
        let mut scoped = event.scoped();
        let (answer, ()) = tokio::join!(scoped.send(request(method, &url)), revoke);
        match answer {
            Err(Error::Unknown(_)) => assert!(is_unknown),
            Err(Error::Denied(text)) => assert!(!is_unknown && text.contains("revoked"), "{text}"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(scoped.send(request(method, &url)).await, Err(Error::Denied(_))));
        reach(&open, 0).await;
    }
}

#[tokio::test]
async fn dropping_the_event_closes_everything() {
    let (url, open) = server(ENDLESS).await;
    let (silent, waiting) = server("").await;
    let mut event = Event::new(&[format!("http GET {url}"), format!("http GET {silent}")], &[]);
    for _ in 0..4 {
        event.scoped().open(request("GET", &url)).await.unwrap();
    }
    reach(&open, 4).await;
    {
        let mut scoped = event.scoped();
        let cancelled = scoped.send(request("GET", &silent));
        assert!(tokio::time::timeout(Duration::from_millis(100), cancelled).await.is_err());
    }
    reach(&waiting, 0).await;
    let service = Arc::clone(&event.http.service);
    drop(event);
    reach(&open, 0).await;
    // All slots are free again.
    let module: Arc<str> = "web".into();
    let mut slots = Vec::new();
    for _ in 0..6 {
        let slot = tokio::time::timeout(Duration::from_secs(5), service.slots.take(&module)).await;
        slots.push(slot.unwrap().unwrap());
    }
}

#[tokio::test]
async fn what_changes_something_is_in_the_journal_until_it_is_known() {
    let (good, _) = server("HTTP/1.1 201 X\r\ncontent-length: 100\r\n\r\nhalf").await;
    let (silent, _) = server("").await;
    let lines = [format!("http POST {good}"), format!("http POST {silent}")];
    let mut event = Event::new(&lines, &[]);
    let short = |url: &str| wit::Request { timeout_ms: 300, ..request("POST", url) };
    assert!(matches!(event.scoped().send(short(&good)).await, Err(Error::Timeout)));
    assert!(matches!(event.scoped().send(short(&silent)).await, Err(Error::Unknown(_))));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = format!("http://{closed}/");
    event.live.set(Event::new(&[format!("http POST {closed}")], &[]).live.get().as_ref().clone());
    assert!(matches!(event.scoped().send(short(&closed)).await, Err(Error::Unavailable(_))));
    let noted = event.database.actions("event").await.unwrap();
    let outcomes: Vec<Option<&str>> = noted.iter().map(|one| one.outcome.as_deref()).collect();
    // The first had its effect, although its answer was cut; of the second nobody knows; the third was not sent.
    assert_eq!(outcomes, [Some("201"), None, Some("not sent: no connection")]);
}

#[tokio::test]
async fn a_secret_that_changes_counts_from_the_next_request_on() {
    let old = Event::new(&[], &[("KEY", "old-secret-value")]);
    let scanner = old.http.service.known().unwrap();
    assert!(scanner.finds(b"old-secret-value"));
    assert!(Arc::ptr_eq(&scanner, &old.http.service.known().unwrap()), "made once");
    assert!(Event::new(&[], &[]).http.service.known().is_none());
}
