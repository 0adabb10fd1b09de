//! A headless Chromium, driven over the `DevTools` protocol through a pipe: no port, no other crate.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::eventually;

/// A browser with one page. Dropped, it ends.
pub struct Browser {
    chromium: Child,
    requests: ChildStdin,
    received: Arc<Mutex<Vec<Value>>>,
    session: String,
    last: u64,
    folder: tempfile::TempDir,
}

/// Nothing that asks the network, or this machine's owner, for anything.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--window-size=1200,900",
    "--remote-debugging-pipe",
    "about:blank",
];

impl Browser {
    /// Starts Chromium with a page that is still empty.
    pub async fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("umbrasil-chromium-").tempdir().unwrap();
        // Chromium reads requests from descriptor 3 and writes answers to 4.
        let script = "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut chromium = Command::new("/bin/sh")
            .args(["-c", script, "sh", "/usr/bin/chromium"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .args(FLAGS)
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = chromium.stdin.take().unwrap();
        let answers = chromium.stdout.take().unwrap();
        let received: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            // Each message ends with a zero byte. The thread ends with the browser.
            for message in BufReader::new(answers).split(0) {
                let Ok(message) = message else { return };
                kept.lock().unwrap().push(serde_json::from_slice(&message).unwrap());
            }
        });
        let session = String::new();
        let mut browser = Self { chromium, requests, received, session, last: 0, folder };
        let targets = browser.call("Target.getTargets", &json!({})).await;
        let targets = targets["targetInfos"].as_array().unwrap().clone();
        let page = targets.iter().find(|target| target["type"] == "page").unwrap();
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", &attach).await;
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({})).await;
        }
        browser
    }

    /// Opens a page.
    pub async fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", &json!({"url": url})).await;
        assert!(opened["errorText"].is_null(), "{opened}");
    }

    /// What an expression of JavaScript comes to.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &ask).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub async fn until(&mut self, expression: &str) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while self.evaluate(expression).await != true {
            if tokio::time::Instant::now() > deadline {
                let page = self.evaluate("document.body?.innerText").await;
                panic!("not within 20 s: {expression}\non a page that reads:\n{page}");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Types into whatever has the focus.
    pub async fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text})).await;
    }

    /// Presses and releases a key, such as Enter.
    pub async fn key(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
                "text": if kind == "keyDown" { text } else { "" },
            });
            self.call("Input.dispatchKeyEvent", &event).await;
        }
    }

    /// Clicks in the middle of the element that an expression gives, as a mouse does.
    pub async fn click(&mut self, element: &str) {
        self.until(&format!("Boolean({element})")).await;
        let middle = format!(
            "(async () => {{ const node = {element}; node.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); \
             const box = node.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let middle = self.evaluate(&middle).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", &event).await;
        }
    }

    /// Saves what is seen as `NAME.png`, also into the folder that `UMBRASIL_SCREENSHOTS` names.
    pub async fn screenshot(&mut self, name: &str) -> PathBuf {
        let shot = self.call("Page.captureScreenshot", &json!({"format": "png"})).await;
        let picture = from_base64(shot["data"].as_str().unwrap());
        let path = self.folder.path().join(format!("{name}.png"));
        std::fs::write(&path, &picture).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a wish of the person who runs the tests")]
        let wanted = std::env::var_os("UMBRASIL_SCREENSHOTS");
        if let Some(folder) = wanted {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), &picture).unwrap();
        }
        path
    }

    /// The events of one kind so far.
    pub fn events(&self, method: &str) -> Vec<Value> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|event| event["method"] == method).cloned().collect()
    }

    async fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut request = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            request["sessionId"] = self.session.clone().into();
        }
        let mut request = request.to_string().into_bytes();
        request.push(0);
        self.requests.write_all(&request).unwrap();
        let received = Arc::clone(&self.received);
        let answer = eventually(30, &format!("Chromium answers {method}"), async || {
            let received = received.lock().unwrap();
            received.iter().rev().find(|message| message["id"] == id).cloned()
        })
        .await;
        assert!(answer["error"].is_null(), "{method} {params}: {answer}");
        answer["result"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.chromium.kill());
        drop(self.chromium.wait());
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(digit).map(u32::from).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
