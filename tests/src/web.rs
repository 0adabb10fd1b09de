//! Far sides for the capability `http`: raw servers that note what arrives and answer as a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::eventually;

/// A server; it ends when this is dropped.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: DropGuard,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// All lines of the head, and the body.
    pub head: String,
    pub body: Vec<u8>,
}

/// One thing that the server does in answer.
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Sends these bytes until the other side goes away.
    Endless(Vec<u8>),
    /// Says nothing more until the other side goes away.
    Hang,
    /// Closes the connection, whatever was promised.
    Close,
}

type Respond = dyn Fn(&Arrival) -> Vec<Step> + Send + Sync;

struct Shared {
    respond: Box<Respond>,
    arrivals: Mutex<Vec<Arrival>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    busy: AtomicUsize,
    most: AtomicUsize,
    sent: AtomicUsize,
}

impl Sink {
    /// Answers everything with this text.
    pub async fn saying(text: &str) -> Self {
        let answer = reply(200, "", text.as_bytes());
        Self::new(move |_| vec![Step::Send(answer.clone())]).await
    }

    /// Starts it on a free port of 127.0.0.1.
    pub async fn new(respond: impl Fn(&Arrival) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", respond).await
    }

    /// Starts it at this address.
    pub async fn at(
        address: &str,
        respond: impl Fn(&Arrival) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            respond: Box::new(respond),
            arrivals: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
        });
        let (stop, of_all) = (CancellationToken::new(), Arc::clone(&shared));
        let stopped = stop.clone();
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped.cancelled() => return,
                };
                let Ok((connection, _)) = accepted else { continue };
                let (shared, stopped) = (Arc::clone(&of_all), stopped.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(connection, &shared) => {}
                        () = stopped.cancelled() => {}
                    }
                });
            }
        });
        Self { address, shared, _server: stop.drop_guard() }
    }

    /// Such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What has arrived so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.shared.arrivals.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at a time.
    pub fn most(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Bytes that were sent in all.
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Waits until nobody is connected.
    pub async fn is_left(&self, seconds: u64) {
        eventually(seconds, "all connections are closed", async || {
            (self.open() == 0).then_some(())
        })
        .await;
    }
}

/// A whole answer. `headers` are lines that end with CR LF.
pub fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer that goes elsewhere.
pub fn redirect(status: u16, location: &str) -> Vec<Step> {
    vec![Step::Send(reply(status, &format!("location: {location}\r\n"), b"moved"))]
}

impl Arrival {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A request that is being answered.
struct Busy<'a>(&'a Shared);

impl<'a> Busy<'a> {
    fn new(shared: &'a Shared) -> Self {
        let busy = shared.busy.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(busy, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(mut connection: TcpStream, shared: &Shared) {
    /// Also when it is broken off.
    struct Open<'a>(&'a Shared);
    impl Drop for Open<'_> {
        fn drop(&mut self) {
            self.0.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
    shared.connections.fetch_add(1, Ordering::SeqCst);
    shared.open.fetch_add(1, Ordering::SeqCst);
    let _open = Open(shared);
    while let Some(arrival) = receive(&mut connection).await {
        shared.arrivals.lock().unwrap().push(arrival.clone());
        let mut busy = Some(Busy::new(shared));
        let mut steps = (shared.respond)(&arrival).into_iter().peekable();
        while let Some(step) = steps.next() {
            // Whoever gets the end of an answer may ask again at once.
            if steps.peek().is_none() && matches!(step, Step::Send(_)) {
                busy = None;
            }
            let went_away = match step {
                Step::Send(bytes) => {
                    shared.sent.fetch_add(bytes.len(), Ordering::SeqCst);
                    connection.write_all(&bytes).await.is_err()
                }
                Step::Wait(duration) => {
                    tokio::select! {
                        () = tokio::time::sleep(duration) => false,
                        () = gone(&mut connection) => true,
                    }
                }
                Step::Endless(bytes) => {
                    while connection.write_all(&bytes).await.is_ok() {
                        shared.sent.fetch_add(bytes.len(), Ordering::SeqCst);
                    }
                    true
                }
                Step::Close => true,
                Step::Hang => {
                    gone(&mut connection).await;
                    true
                }
            };
            if went_away {
                return;
            }
        }
        drop(busy);
        // What has no length ends with the connection.
        let last = shared.arrivals.lock().unwrap().last().cloned();
        if last.is_some_and(|last| last.target.contains("unsized")) {
            return;
        }
    }
}

/// Waits until the other side has closed.
async fn gone(connection: &mut TcpStream) {
    let mut byte = [0; 1];
    while connection.read(&mut byte).await.is_ok_and(|read| read > 0) {}
}

async fn receive(connection: &mut TcpStream) -> Option<Arrival> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut arrival = Arrival { method, target, head, body: bytes.split_off(end) };
    let length: usize =
        arrival.header("content-length").map_or(0, |length| length.parse().unwrap());
    while arrival.body.len() < length {
        if connection.read_buf(&mut arrival.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(arrival)
}
