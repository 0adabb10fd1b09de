//! Somebody with a Telegram client: writes, presses, reads.

use serde_json::{Value, json};

use crate::{Chat, eventually};

/// One side of a private chat.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    chat: &'a Chat,
    pub id: i64,
}

/// A message of the chat, as the Bot API has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message(pub Value);

impl<'a> Person<'a> {
    pub(crate) fn new(chat: &'a Chat, id: i64) -> Self {
        Self { chat, id }
    }

    /// Writes, and does not wait.
    pub async fn write(&self, text: &str) {
        self.chat.post("/chat/message", &json!({"person": self.id, "text": text})).await;
    }

    /// Writes, and waits for one new message of the bot; returns the newest.
    pub async fn say(&self, text: &str) -> Message {
        let before = self.received().await.len();
        self.write(text).await;
        self.next(before, text).await
    }

    /// Presses the newest button with this label, and waits until the bot has answered the press and has
    /// either changed a message or sent one. Returns the message that changed or came.
    pub async fn press(&self, label: &str) -> Message {
        let before = self.received().await;
        let (message, data) = before
            .iter()
            .rev()
            .find_map(|message| Some((message.id(), message.button(label)?)))
            .unwrap_or_else(|| panic!("no button {label:?} in {before:#?}"));
        self.press_data(message, &data).await;
        eventually(20, &format!("the bot reacts to the button {label:?}"), async || {
            let now = self.received().await;
            let changed = now.iter().find(|message| before.iter().all(|old| old != *message))?;
            Some(changed.clone())
        })
        .await
    }

    /// Presses a button by what it carries, and does not wait.
    pub async fn press_data(&self, message_id: i64, data: &str) {
        let body = json!({"person": self.id, "message_id": message_id, "data": data});
        self.chat.post("/chat/press", &body).await;
    }

    /// A press that the chat page would refuse, of a button that no message has any more. Waits for a message.
    pub async fn press_stale(&self, data: &str) -> Message {
        let before = self.received().await.len();
        self.press_raw(&format!("{}", 7_000_000 + before), 1, data).await;
        self.next(before, data).await
    }

    /// A press as Telegram delivers it, of whatever button; does not wait.
    pub async fn press_raw(&self, query: &str, message_id: i64, data: &str) {
        let query = json!({
            "id": query,
            "from": {"id": self.id, "is_bot": false, "first_name": "Somebody"},
            "message": {"message_id": message_id, "date": 1, "chat": {"id": self.id, "type": "private"}},
            "chat_instance": "1",
            "data": data,
        });
        self.chat.post("/chat/update", &json!({"callback_query": query})).await;
    }

    /// Changes an own message, and does not wait.
    pub async fn edit(&self, message_id: i64, text: &str) {
        let body = json!({"person": self.id, "message_id": message_id, "text": text});
        self.chat.post("/chat/edit", &body).await;
    }

    /// Sends a file, and does not wait.
    pub async fn upload(&self, kind: &str, name: &str, bytes: &[u8], caption: &str) {
        let file = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new()
            .text("person", self.id.to_string())
            .text("kind", kind.to_owned())
            .text("caption", caption.to_owned())
            .part("file", file);
        self.chat.upload(form).await;
    }

    /// The commands that Telegram offers to this person, as `/name: description`.
    pub async fn commands(&self) -> Vec<String> {
        let answer = self.chat.get(&format!("/chat/commands?person={}", self.id)).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line =
            |one: &Value| format!("/{}: {}", text(&one["command"]), text(&one["description"]));
        answer["commands"].as_array().unwrap().iter().map(line).collect()
    }

    /// All messages of the bot in this chat, oldest first.
    pub async fn received(&self) -> Vec<Message> {
        self.history().await.into_iter().filter(Message::is_of_bot).collect()
    }

    /// All messages of both sides, oldest first.
    pub async fn history(&self) -> Vec<Message> {
        let history = self.chat.get(&format!("/chat/history?person={}", self.id)).await;
        history["messages"].as_array().unwrap().iter().cloned().map(Message).collect()
    }

    /// What the person sees when they look at the chat: own lines begin with `>`.
    pub async fn transcript(&self) -> String {
        let show = |message: &Message| {
            if message.is_of_bot() { message.to_string() } else { format!("> {message}") }
        };
        let shown: Vec<String> = self.history().await.iter().map(show).collect();
        shown.join("\n\n")
    }

    /// Waits until the bot has sent `count` messages in all.
    pub async fn wait_for(&self, count: usize) -> Vec<Message> {
        eventually(60, &format!("{count} messages for {}", self.id), async || {
            let received = self.received().await;
            (received.len() >= count).then_some(received)
        })
        .await
    }

    /// Waits for a message of the bot that has this text in it; gives the newest.
    pub async fn reads(&self, text: &str) -> Message {
        eventually(30, &format!("{} reads {text:?}", self.id), async || {
            let received = self.received().await;
            received.into_iter().rev().find(|message| message.text().contains(text))
        })
        .await
    }

    async fn next(&self, before: usize, what: &str) -> Message {
        eventually(20, &format!("an answer to {what:?}"), async || {
            let received = self.received().await;
            (received.len() > before).then(|| received.last().unwrap().clone())
        })
        .await
    }
}

impl Message {
    pub fn id(&self) -> i64 {
        self.0["message_id"].as_i64().unwrap()
    }

    pub fn is_of_bot(&self) -> bool {
        self.0["from"]["is_bot"] == true
    }

    /// The text or caption.
    pub fn text(&self) -> &str {
        self.0["text"].as_str().or_else(|| self.0["caption"].as_str()).unwrap_or("")
    }

    /// The labels of the buttons, by row.
    pub fn buttons(&self) -> Vec<Vec<String>> {
        let label = |button: &Value| button["text"].as_str().unwrap().to_owned();
        self.rows().map(|row| row.as_array().unwrap().iter().map(label).collect()).collect()
    }

    /// What the button with this label carries.
    pub fn button(&self, label: &str) -> Option<String> {
        let mut buttons = self.rows().flat_map(|row| row.as_array().unwrap());
        let button = buttons.find(|button| button["text"] == label)?;
        Some(button["callback_data"].as_str().unwrap().to_owned())
    }

    fn rows(&self) -> impl Iterator<Item = &Value> {
        self.0["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten()
    }
}

/// As a person sees it: the text, and the buttons in brackets below.
impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())?;
        for row in self.buttons() {
            let row: Vec<String> = row.into_iter().map(|label| format!("[{label}]")).collect();
            write!(f, "\n{}", row.join(" "))?;
        }
        Ok(())
    }
}
