//! An outside witness: the bot talks to a Bot API server that somebody else wrote, and that refuses what it
//! does not know. It keeps a journal, and gives its own verdict on what the bot sent.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use umbrasil_tests::proxy::{Dialect, Proxy};
use umbrasil_tests::{OWNER, World, eventually};

const TOKEN: &str = "4242:AAtestTESTtestTESTtestTESTtestTESTtest";

/// It knows methods by their exact names, knows no link previews, and says less of the bot than Telegram does.
const DIALECT: Dialect = Dialect {
    request: |method, parameters| {
        if let Some(parameters) = parameters.as_object_mut() {
            parameters.remove("link_preview_options");
        }
        method[..1].to_ascii_lowercase() + &method[1..]
    },
    answer: |method, answer| {
        if method.eq_ignore_ascii_case("getMe") {
            answer["result"]["username"] = json!("witness_bot");
            answer["result"]["can_connect_to_business"] = json!(false);
            answer["result"]["has_main_web_app"] = json!(false);
        }
    },
};

struct Witness {
    program: PathBuf,
    child: Child,
    url: String,
    journal: PathBuf,
}

impl Witness {
    async fn start(world: &World) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/setup-witness");
        let setup = Command::new(script).output().unwrap();
        let complaint = String::from_utf8_lossy(&setup.stderr);
        assert!(
            setup.status.success(),
            "install python3 and python3-venv, and run tests/setup-witness once with a network: {complaint}"
        );
        let program = PathBuf::from(String::from_utf8(setup.stdout).unwrap().trim());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let journal = world.path().join("journal.jsonl");
        let mut command = Command::new(&program);
        command.args(["--port", &port.to_string(), "--enable-control", "--journal"]).arg(&journal);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let witness = Self { program, child, url, journal };
        eventually(30, "the witness listens", async || {
            reqwest::get(format!("{}/bot{TOKEN}/getMe", witness.url)).await.ok()
        })
        .await;
        witness
    }

    async fn update(&self, update: Value) {
        let body = json!({"token": TOKEN, "update": update});
        let control = format!("{}/__fixture/updates", self.url);
        let answer = reqwest::Client::new().post(control).json(&body).send().await.unwrap();
        let (status, said) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {said}");
    }

    /// Presses a button of what is said to be message `id`.
    async fn press(&self, id: i64, query: &str, data: &str) {
        let message = json!({"message_id": id, "date": 1_790_000_000, "chat": {"id": OWNER, "type": "private"}});
        let press = json!({"id": query, "from": person(), "chat_instance": "1", "message": message, "data": data});
        self.update(json!({"callback_query": press})).await;
    }

    async fn say(&self, id: i64, text: &str) {
        let (chat, from) = (json!({"id": OWNER, "type": "private"}), person());
        let message = json!({"message_id": id, "date": 1_790_000_000, "chat": chat, "from": from, "text": text});
        self.update(json!({"message": message})).await;
    }

    /// What the witness thinks of all that it was asked.
    fn verdict(&self) -> (bool, String) {
        let mut command = Command::new(&self.program);
        command.arg("verdict").arg(&self.journal).arg("--require-response");
        for method in ["getUpdates", "setMyCommands", "editMessageText", "answerCallbackQuery"] {
            command.args(["--require-method", method]);
        }
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn person() -> Value {
    json!({"id": OWNER, "is_bot": false, "first_name": "Olivia"})
}

/// Waits until the bot has made its call number `count` of a method; returns the parameters of that.
async fn call(proxy: &Proxy, method: &str, count: usize) -> Value {
    let body = eventually(30, &format!("call {count} of {method}"), async || {
        Some(proxy.calls(method).get(count - 1)?.body.clone())
    })
    .await;
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn a_server_that_we_did_not_write_understands_the_bot() {
    let world = World::new().await;
    let witness = Witness::start(&world).await;
    let proxy = Proxy::with_dialect(&witness.url, Some(DIALECT)).await;
    let host = world.start(&[("TELEGRAM_API_URL", &proxy.url())]).await;

    witness.say(1, "/start").await;
    let hello = call(&proxy, "sendMessage", 1).await;
    assert!(hello["text"].as_str().unwrap().contains("<b>UmbraSIL</b>"), "{hello}");
    witness.say(2, "/expense 12.50 food coffee").await;
    let confirmed = call(&proxy, "sendMessage", 2).await;
    assert!(confirmed["text"].as_str().unwrap().contains("Balance: -12.50 EUR"), "{confirmed}");
    witness.say(3, "/balance").await;
    let balance = call(&proxy, "sendMessage", 3).await;
    assert!(balance["text"].as_str().unwrap().contains("Balance: -12.50 EUR"), "{balance}");

    let rows = hello["reply_markup"]["inline_keyboard"].as_array().unwrap();
    let button = rows.last().unwrap()[0].clone();
    witness.press(1, "77", button["callback_data"].as_str().unwrap()).await;
    let changed = call(&proxy, "editMessageText", 1).await;
    assert!(changed["text"].as_str().unwrap().starts_with("<b>Status</b>"), "{changed}");
    assert_eq!(changed["message_id"], 1);
    let answered = call(&proxy, "answerCallbackQuery", 1).await;
    assert_eq!(answered["callback_query_id"], "77");

    assert!(host.stop().await.success());
    let (fine, verdict) = witness.verdict();
    assert!(fine, "{verdict}");
    assert_eq!(proxy.calls("sendMessage").len(), 3, "each answered once");
}

/// A tour of the five modules, with no account anywhere.
#[tokio::test]
async fn it_understands_every_module() {
    let world = World::new().await;
    let witness = Witness::start(&world).await;
    let proxy = Proxy::with_dialect(&witness.url, Some(DIALECT)).await;
    let missing = format!("unix://{}", world.path().join("docker.sock").display());
    let vars = [
        ("TELEGRAM_API_URL", proxy.url()),
        ("DOCKER_HOST", missing),
        // Whatever this machine is like, nothing comes unasked.
        ("CPU_THRESHOLD", "100".to_owned()),
        ("MEMORY_THRESHOLD", "100".to_owned()),
        ("DISK_THRESHOLD", "100".to_owned()),
    ];
    let mut vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, &**value)).collect();
    vars.extend(
        ["ENABLE_AI", "ENABLE_BUSINESS", "ENABLE_MONITORING", "ENABLE_VPS"]
            .map(|name| (name, "true")),
    );
    let host = world.start(&vars).await;

    witness.say(1, "/menu").await;
    let menu = call(&proxy, "sendMessage", 1).await;
    let rows = menu["reply_markup"]["inline_keyboard"].as_array().unwrap();
    let buttons: Vec<&Value> = rows.iter().flat_map(|row| row.as_array().unwrap()).collect();
    for (index, label) in
        ["💰 Finance", "🤖 AI", "⚙️ Business", "📊 Monitoring", "🖥 Servers"].iter().enumerate()
    {
        let button = buttons.iter().find(|button| button["text"] == **label);
        let data = button.unwrap_or_else(|| panic!("{label}: {menu}"))["callback_data"].as_str();
        witness.press(1, &format!("{}", 100 + index), data.unwrap()).await;
        let home = call(&proxy, "editMessageText", index + 1).await;
        assert!(home["reply_markup"]["inline_keyboard"].is_array(), "{label}: {home}");
    }
    for (index, (text, answer)) in [
        ("/expense 12.50 food coffee", "Balance: -12.50 EUR"),
        ("/balance", "Balance: -12.50 EUR"),
        ("/report", "12.50 EUR"),
        ("/ai hello", "No AI provider is set up"),
        ("/n8n", "N8N_BASE_URL"),
        ("/docker", "There is no Docker here"),
        ("/servers", "VPS_HOST"),
        ("/metrics", "CPU"),
        ("/checks", "SERVICES"),
        ("/alerts", "lert"),
        ("/uptime", "ptime"),
        ("/vps", "VPS_HOST"),
    ]
    .iter()
    .enumerate()
    {
        witness.say(10 + i64::try_from(index).unwrap(), text).await;
        let said = call(&proxy, "sendMessage", index + 2).await;
        assert!(said["text"].as_str().unwrap().contains(answer), "{text}: {said}");
    }
    eventually(30, "the picture of the report", async || {
        (proxy.calls("sendPhoto").len() == 1).then_some(())
    })
    .await;
    assert!(host.stop().await.success());
    let (fine, verdict) = witness.verdict();
    assert!(fine, "{verdict}");
}
