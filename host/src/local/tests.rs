//! The server as a bot and a page meet it: over real HTTP, each test with its own server on a free port.

mod bot;
mod files;
mod people;
mod polling;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{LocalApi, Options, Person, serve};

const TOKEN: &str = "42:secret";

/// A running server; it stops when this is dropped.
struct Server {
    port: u16,
    api: LocalApi,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Server {
    async fn start() -> Self {
        Self::launch().await.0
    }

    /// Starts a server and returns its task too.
    async fn launch() -> (Self, JoinHandle<std::io::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let person = |id, name: &str, role| Person {
            id,
            first_name: name.to_owned(),
            username: name.to_lowercase(),
            role,
        };
        let api = LocalApi::new(Options {
            token: TOKEN.to_owned(),
            bot_name: "Umbra".to_owned(),
            bot_username: "umbra_bot".to_owned(),
            people: vec![person(7, "Olga", "owner"), person(8, "Stan", "stranger")],
        });
        let stop = CancellationToken::new();
        let running = tokio::spawn(serve(listener, api.clone(), stop.clone()));
        (Self { port, api, stop }, running)
    }

    /// Sends one request on a connection of its own and reads the answer to its end.
    async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let length = body.len().to_string();
        let mut lines = vec![("Connection", "close"), ("Content-Length", &length)];
        if !headers.iter().any(|(name, _)| *name == "Host") {
            lines.push(("Host", "localhost"));
        }
        lines.extend_from_slice(headers);
        let lines: String =
            lines.into_iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
        stream
            .write_all(format!("{method} {path} HTTP/1.1\r\n{lines}\r\n").as_bytes())
            .await
            .unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..split].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: answer[split + 4..].to_vec() }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(
            "POST",
            path,
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
        .await
    }

    /// Calls a method of the Bot API that must work, and returns its result.
    async fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.post(&format!("/bot{TOKEN}/{method}"), params).await.json();
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["result"].clone()
    }

    /// Calls a method that must fail, and returns its description without "Bad Request: ".
    async fn refused(&self, method: &str, params: Value) -> String {
        let answer = self.post(&format!("/bot{TOKEN}/{method}"), params).await;
        let body = answer.json();
        assert_eq!(
            (&body["ok"], &body["error_code"]),
            (&json!(false), &json!(answer.status)),
            "{method}: {body}"
        );
        body["description"].as_str().unwrap().trim_start_matches("Bad Request: ").to_owned()
    }

    /// Does something as a person; it must work.
    async fn chat(&self, path: &str, body: Value) -> Value {
        let answer = self.post(&format!("/chat/{path}"), body).await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Reads a JSON page under `/chat/`.
    async fn read(&self, path: &str) -> Value {
        self.request("GET", &format!("/chat/{path}"), &[], b"").await.json()
    }

    async fn multipart(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            let head =
                format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        self.request("POST", path, &[("Content-Type", "multipart/form-data; boundary=cut")], &body)
            .await
    }
}

/// The head of a PNG of that size, which is all that the server reads of one.
fn png(width: u32, height: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes()]
        .concat()
}
