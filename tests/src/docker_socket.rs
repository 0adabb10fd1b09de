//! A stand-in for Docker's socket: notes what it is asked, and answers what a test says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

/// What is answered to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status and a body.
    Json(u16, Value),
    /// These bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// Done, once somebody says so.
    Held(Arc<Notify>),
    /// These bytes again and again, as fast as they are taken.
    Flood(Vec<u8>),
}

type Script = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

/// A socket in a directory of its own. Gone when it is dropped.
pub struct DockerSocket {
    directory: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    listening: tokio::task::JoinHandle<()>,
}

impl DockerSocket {
    /// Listens; `script` gives the answer to a line such as `GET /v1.41/containers/json?all=true`.
    pub fn start(script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let directory = tempfile::Builder::new().prefix("umbrasil-socket-").tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("docker.sock")).unwrap();
        let (asked, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (script, notes): (Script, _) = (Arc::new(script), Arc::clone(&asked));
        let counter = Arc::clone(&connections);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *counter.lock().unwrap() += 1;
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&notes)));
            }
        });
        Self { directory, asked, connections, listening }
    }

    /// What `DOCKER_HOST` is for it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.path().display())
    }

    pub fn path(&self) -> PathBuf {
        Path::new(self.directory.path()).join("docker.sock")
    }

    /// All requests so far, as the script gets them.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// How often somebody connected, whatever was said then.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for DockerSocket {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A daemon with one container that runs; it says yes to everything.
pub fn obliging(name: &str, id: &str, labels: &Value) -> impl Fn(&str) -> Answer + use<> {
    let summary = json!([{"Id": id, "Names": [format!("/{name}")], "Image": "web:1", "State": "running",
                          "Status": "Up 3 hours", "Created": 1_700_000_000, "Labels": labels}]);
    let inspected = json!({"Id": id, "Name": format!("/{name}"), "State": {"Status": "running"},
                           "Config": {"Labels": labels, "Env": ["A=b"], "StopTimeout": 1}});
    move |request| {
        let path = request.split(['?', ' ']).nth(1).unwrap_or_default();
        let path = path.strip_prefix("/v1.41").unwrap_or(path);
        match path {
            "/version" => Answer::Json(200, json!({"ApiVersion": "1.41"})),
            "/containers/json" => Answer::Json(200, summary.clone()),
            path if path.ends_with("/json") => Answer::Json(200, inspected.clone()),
            path if path.ends_with("/stats") => Answer::Json(200, json!({})),
            path if path.ends_with("/logs") => {
                Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec())
            }
            _ => Answer::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        }
    }
}

async fn serve(mut stream: UnixStream, script: Script, asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default();
    let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned();
    asked.lock().unwrap().push(line.clone());
    match script(&line) {
        Answer::Json(status, body) => {
            let body = body.to_string();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            );
            drop(stream.write_all((head + &body).as_bytes()).await);
        }
        Answer::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Answer::Silence => std::future::pending().await,
        Answer::Held(done) => {
            done.notified().await;
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await);
        }
        Answer::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
    }
}
