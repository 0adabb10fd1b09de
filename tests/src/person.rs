//! Somebody with a Telegram client: writes, presses, reads.

use serde_json::{Value, json};

use crate::{World, eventually};

/// One side of a private chat.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    world: &'a World,
    pub id: i64,
}

/// A message of the chat, as the Bot API has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message(pub Value);

impl<'a> Person<'a> {
    pub(crate) fn new(world: &'a World, id: i64) -> Self {
        Self { world, id }
    }

    /// Writes, and does not wait.
    pub async fn write(&self, text: &str) {
        self.world.post("/chat/message", &json!({"person": self.id, "text": text})).await;
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
        self.world.post("/chat/press", &body).await;
    }

    /// All messages of the bot in this chat, oldest first.
    pub async fn received(&self) -> Vec<Message> {
        let history = self.world.get(&format!("/chat/history?person={}", self.id)).await;
        let messages = history["messages"].as_array().unwrap();
        messages
            .iter()
            .filter(|message| message["from"]["is_bot"] == true)
            .cloned()
            .map(Message)
            .collect()
    }

    /// Waits until the bot has sent `count` messages in all.
    pub async fn wait_for(&self, count: usize) -> Vec<Message> {
        eventually(60, &format!("{count} messages for {}", self.id), async || {
            let received = self.received().await;
            (received.len() >= count).then_some(received)
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
