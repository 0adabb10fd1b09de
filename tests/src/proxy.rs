//! A proxy between the host and its Bot API server that makes trouble when a test asks for it.
//!
//! It forwards what it has no rule for. A rule names a method, perhaps a chat, and what happens to the next
//! calls that match. All calls are kept, with their time and body, so that a test can count them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What happens to a call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status and body instead of the server's; `{path}` in it becomes the path of the request.
    Answer(u16, String),
    /// Forwarded after a while.
    Delay(Duration),
    /// Never answered.
    Hang,
    /// Reset before it is forwarded.
    Reset,
    /// Forwarded, and reset instead of answered.
    ResetAfter,
    /// Half of an answer, and then the end.
    HalfClose,
    /// Bytes that are no HTTP.
    Garbage,
}

#[derive(Debug, Clone)]
struct Rule {
    method: String,
    chat: Option<i64>,
    fault: Fault,
    times: u32,
}

/// One request of the host.
#[derive(Debug, Clone)]
pub struct Call {
    /// In small letters.
    pub method: String,
    pub chat: Option<i64>,
    pub body: String,
    pub at: Instant,
}

/// Translates for a server that speaks another dialect of the Bot API.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name of a method, and its parameters.
    pub request: fn(method: &str, parameters: &mut Value) -> String,
    /// What the server answered.
    pub answer: fn(method: &str, answer: &mut Value),
}

struct Shared {
    upstream: String,
    client: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
    dialect: Option<Dialect>,
}

/// Runs until it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    running: Mutex<CancellationToken>,
}

impl Proxy {
    /// Forwards to `upstream`, a base URL.
    pub async fn new(upstream: &str) -> Self {
        Self::with_dialect(upstream, None).await
    }

    /// Forwards to `upstream`, and translates on the way.
    pub async fn with_dialect(upstream: &str, dialect: Option<Dialect>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, client) = (upstream.to_owned(), reqwest::Client::new());
        let (rules, calls) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { upstream, client, rules, calls, dialect });
        let running = Mutex::new(serve(listener, Arc::clone(&shared)));
        Self { shared, address, running }
    }

    /// What the host takes for the Bot API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes the next `times` calls of a method fail, those for `chat` or all.
    pub fn fault(&self, method: &str, chat: Option<i64>, times: u32, fault: Fault) {
        let method = method.to_ascii_lowercase();
        lock(&self.shared.rules).push(Rule { method, chat, fault, times });
    }

    /// Lets everything pass again.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Whether all faults have happened.
    pub fn is_clear(&self) -> bool {
        lock(&self.shared.rules).is_empty()
    }

    /// The calls of a method so far.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        let calls = lock(&self.shared.calls);
        calls.iter().filter(|call| call.method.eq_ignore_ascii_case(method)).cloned().collect()
    }

    /// The calls of a method for a chat so far.
    pub fn calls_for(&self, method: &str, chat: i64) -> Vec<Call> {
        self.calls(method).into_iter().filter(|call| call.chat == Some(chat)).collect()
    }

    /// Refuses connections, and breaks those that there are.
    pub fn down(&self) {
        lock(&self.running).cancel();
    }

    /// Listens again, at the same address.
    pub async fn up(&self) {
        let listener = crate::eventually(10, "the port is free again", async || {
            TcpListener::bind(self.address).await.ok()
        })
        .await;
        *lock(&self.running) = serve(listener, Arc::clone(&self.shared));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.down();
    }
}

fn serve(listener: TcpListener, shared: Arc<Shared>) -> CancellationToken {
    let running = CancellationToken::new();
    let stop = running.clone();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let Ok((stream, _)) = accepted else { continue };
            let (shared, stop) = (Arc::clone(&shared), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    _ = connection(stream, &shared) => {}
                    () = stop.cancelled() => {}
                }
            });
        }
    });
    running
}

struct Request {
    path: String,
    content_type: String,
    body: Vec<u8>,
}

/// Answers requests until a side closes. None ends the connection.
async fn connection(stream: TcpStream, shared: &Shared) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = read(&mut stream).await?;
        let call = Call {
            method: request.path.rsplit('/').next()?.to_ascii_lowercase(),
            chat: chat(&request.body),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            at: Instant::now(),
        };
        lock(&shared.calls).push(call.clone());
        let fault = take(&mut lock(&shared.rules), &call);
        let (status, body) = match fault {
            None => shared.forward(&request).await?,
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                shared.forward(&request).await?
            }
            Some(Fault::Answer(status, body)) => {
                (status, body.replace("{path}", &request.path).into_bytes())
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Reset) => return reset(&stream),
            Some(Fault::ResetAfter) => {
                shared.forward(&request).await?;
                return reset(&stream);
            }
            Some(Fault::HalfClose) => {
                let half = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"ok\":true,\"resu";
                stream.write_all(half).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Some(Fault::Garbage) => {
                stream.write_all(&[0x00, 0xff, 0x16, 0x03, b'\n', b'\r', b'\n']).await.ok()?;
                return stream.shutdown().await.ok();
            }
        };
        let kind = if body.first() == Some(&b'{') { "application/json" } else { "text/html" };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(&body).await.ok()?;
        stream.flush().await.ok()?;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let (mut length, mut content_type) = (0, String::new());
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "content-type" => value.trim().clone_into(&mut content_type),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { path, content_type, body })
}

impl Shared {
    async fn forward(&self, request: &Request) -> Option<(u16, Vec<u8>)> {
        let (parent, method) = request.path.rsplit_once('/')?;
        let (mut name, mut body) = (method.to_owned(), request.body.clone());
        if let Some(dialect) = self.dialect {
            // A form goes as it is: only its method has another name.
            let parameters = serde_json::from_slice::<Value>(&body).ok();
            let is_form = parameters.is_none();
            let mut parameters = parameters.unwrap_or_default();
            name = (dialect.request)(method, &mut parameters);
            if !is_form {
                body = parameters.to_string().into_bytes();
            }
        }
        let url = format!("{}{parent}/{name}", self.upstream);
        // Files are fetched; everything else is asked for.
        let fetched = parent.starts_with("/file/");
        let forwarded = if fetched { self.client.get(url) } else { self.client.post(url) };
        let forwarded = forwarded.header("content-type", &request.content_type);
        let answer = forwarded.body(body).send().await.ok()?;
        let status = answer.status().as_u16();
        let mut body = answer.bytes().await.ok()?.to_vec();
        if let Some(dialect) = self.dialect {
            let mut answer = serde_json::from_slice(&body).ok()?;
            (dialect.answer)(method, &mut answer);
            body = answer.to_string().into_bytes();
        }
        Some((status, body))
    }
}

/// The chat of a request, in JSON or as the field of a form.
fn chat(body: &[u8]) -> Option<i64> {
    if let Ok(body) = serde_json::from_slice::<Value>(body) {
        let chat = &body["chat_id"];
        return chat.as_i64().or_else(|| chat.as_str()?.parse().ok());
    }
    let text = String::from_utf8_lossy(body);
    text.split("name=\"chat_id\"\r\n\r\n").nth(1)?.lines().next()?.parse().ok()
}

fn take(rules: &mut Vec<Rule>, call: &Call) -> Option<Fault> {
    let matches =
        |rule: &Rule| rule.method == call.method && (rule.chat.is_none() || rule.chat == call.chat);
    let rule = rules.iter_mut().find(|rule| matches(rule))?;
    let fault = rule.fault.clone();
    rule.times = rule.times.saturating_sub(1);
    rules.retain(|rule| rule.times > 0);
    Some(fault)
}

fn reset(stream: &BufReader<TcpStream>) -> Option<()> {
    stream.get_ref().set_zero_linger().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// The largest number of calls within any `window`.
pub fn densest(calls: &[Call], window: Duration) -> usize {
    let (mut recent, mut most) = (VecDeque::new(), 0);
    for call in calls {
        recent.push_back(call.at);
        while recent.front().is_some_and(|first| call.at.duration_since(*first) > window) {
            recent.pop_front();
        }
        most = most.max(recent.len());
    }
    most
}
