//! A directory, and a Bot API server that outlives the hosts that talk to it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use umbrasil::local::{self, LocalApi, Options, Person as LocalPerson};

use crate::{Chat, Host, Person, binary, eventually};

/// The first on the allow-list: owns the bot.
pub const OWNER: i64 = 111;
/// Allowed, no owner.
pub const USER: i64 = 222;
/// Not on the list.
pub const STRANGER: i64 = 999;
/// More who are allowed: 1000 to 1049.
const CROWD: std::ops::Range<i64> = 1000..1050;

/// The bot's token.
pub const TOKEN: &str = "4242:AAtestTESTtestTESTtestTESTtestTESTtest";

/// What the owner's file says unless a test says otherwise: `hostile` may import what it attacks, and fail as
/// often as it likes.
const SETTINGS: &str = r#"
[modules.hostile]
failures = 1000
deadline = "30s"
[modules.hostile.config]
read = ["DEFAULT_CURRENCY"]
[[modules.hostile.http]]
url = "https://example.org/*"
[[modules.hostile.ssh]]
targets = ["vps"]
commands = ["uptime"]
[[modules.hostile.docker]]
verbs = ["list"]
containers = ["web"]
[modules.hostile.ocr]
[[modules.hostile.modules]]
name = "finance"
commands = ["balance"]
"#;

/// Everything that a test needs, in a directory of its own that goes when the test ends.
pub struct World {
    directory: tempfile::TempDir,
    chat: Chat,
    _server: DropGuard,
}

impl World {
    /// Starts a Bot API server on a free port.
    pub async fn new() -> Self {
        let person = |id: i64, name: &str, role| LocalPerson {
            id,
            first_name: name.to_owned(),
            username: format!("{}{id}", name.to_lowercase()),
            role,
        };
        let mut people = vec![
            person(OWNER, "Olivia", "owner"),
            person(USER, "Umberto", "user"),
            person(STRANGER, "Stan", "stranger"),
        ];
        people.extend(CROWD.map(|id| person(id, "Crowd", "user")));
        let options = Options {
            token: TOKEN.to_owned(),
            bot_name: "UmbraSIL".to_owned(),
            bot_username: "umbrasil_bot".to_owned(),
            people,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(local::serve(listener, LocalApi::new(options), stop.clone()));
        let directory = tempfile::Builder::new().prefix("umbrasil-test-").tempdir().unwrap();
        let world = Self { directory, chat: Chat::new(api), _server: stop.drop_guard() };
        world.settings(SETTINGS);
        world
    }

    /// Starts the host with `more` over the usual environment, and waits until it is ready.
    pub async fn start(&self, more: &[(&str, &str)]) -> Host {
        let host = self.launch(more);
        host.ready().await;
        host
    }

    /// Starts the host and does not wait.
    pub fn launch(&self, more: &[(&str, &str)]) -> Host {
        self.spawn(self.command(more))
    }

    /// Starts a host, or what stands in for it, with the log of this world.
    pub fn spawn(&self, command: Command) -> Host {
        Host::spawn(command, &self.log())
    }

    /// What [`World::launch`] runs.
    pub fn command(&self, more: &[(&str, &str)]) -> Command {
        let allowed: Vec<String> =
            [OWNER, USER].into_iter().chain(CROWD).map(|id| id.to_string()).collect();
        let (allowed, data) = (allowed.join(","), self.data().display().to_string());
        let usual = [
            ("TELEGRAM_BOT_TOKEN", TOKEN),
            ("TELEGRAM_API_URL", self.api()),
            ("ALLOWED_USER_IDS", &allowed),
            ("UMBRASIL_DATA_DIR", &data),
            ("UMBRASIL_UNTHROTTLED", "1"),
            ("PORT", "0"),
            ("LOG_LEVEL", "debug"),
            // Finance stands for all modules that come with the host: a test of another one switches it on.
            ("ENABLE_AI", "false"),
            ("ENABLE_BUSINESS", "false"),
            ("ENABLE_MONITORING", "false"),
            ("ENABLE_VPS", "false"),
        ];
        let mut command = Command::new(binary());
        command.arg("run").current_dir(self.directory.path()).env_clear().stdin(Stdio::null());
        command.envs(usual.iter().chain(more).copied());
        command
    }

    /// Somebody with a chat of their own.
    pub fn person(&self, id: i64) -> Person<'_> {
        self.chat.person(id)
    }

    pub fn owner(&self) -> Person<'_> {
        self.person(OWNER)
    }

    pub fn user(&self) -> Person<'_> {
        self.person(USER)
    }

    /// The base URL of the Bot API server.
    pub fn api(&self) -> &str {
        self.chat.url()
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub fn modules(&self) -> PathBuf {
        self.data().join("modules")
    }

    /// What all hosts of this world have logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("host.log")
    }

    /// Writes the owner's file, which hosts read when they start.
    pub fn settings(&self, toml: &str) {
        std::fs::write(self.path().join("umbrasil.toml"), toml).unwrap();
    }

    /// Puts a component into the modules directory, at once as `mv` does.
    pub fn install(&self, name: &str, component: &[u8]) {
        std::fs::create_dir_all(self.modules()).unwrap();
        let draft = self.modules().join(format!("{name}.part"));
        std::fs::write(&draft, component).unwrap();
        std::fs::rename(draft, self.modules().join(format!("{name}.wasm"))).unwrap();
    }

    /// Hands the bot an update as it is; returns its id.
    pub async fn inject(&self, update: &Value) -> i64 {
        self.chat.post("/chat/update", update).await["update_id"].as_i64().unwrap()
    }

    /// Makes the next `times` calls of a method fail.
    pub async fn fault(&self, method: &str, code: u16, description: &str, times: u32) {
        let fault = json!({"method": method, "error_code": code, "description": description, "times": times});
        self.chat.post("/chat/fault", &fault).await;
    }

    /// The bot's calls since the one with this number, getUpdates excluded.
    pub async fn calls(&self, since: i64) -> Vec<Value> {
        let answer = self.chat.get(&format!("/chat/calls?since={since}")).await;
        answer["calls"].as_array().unwrap().clone()
    }

    /// Waits until `count` presses are answered, and gives the notices that came with the answers.
    pub async fn notices(&self, count: usize) -> Vec<String> {
        eventually(20, &format!("{count} presses are answered"), async || {
            let calls = self.calls(0).await;
            let answers = calls.iter().filter(|call| call["method"] == "AnswerCallbackQuery");
            let notice = |call: &Value| call["params"]["text"].as_str().unwrap_or("").to_owned();
            let notices: Vec<String> = answers.map(notice).collect();
            (notices.len() >= count).then_some(notices)
        })
        .await
    }
}
