//! Somebody who presses every button once, to see whether each of them answers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::{Chat, Message, eventually};

/// Buttons that read alike but for their numbers, such as pages, are pressed this often.
const ALIKE: u32 = 3;
/// How far from the beginning buttons are pressed: there is always an earlier month.
const DEPTH: usize = 7;

/// A walk over all buttons that can be reached.
pub struct Tour<'a> {
    chat: &'a Chat,
    person: i64,
    known: BTreeSet<String>,
    alike: BTreeMap<String, u32>,
    waiting: VecDeque<Stop>,
    presses: u64,
}

/// A button that was seen.
struct Stop {
    message: i64,
    label: String,
    data: String,
    path: String,
}

/// A button that was pressed, and what came of it.
#[derive(Debug)]
pub struct Visit {
    /// The labels that led there, and its own.
    pub path: String,
    /// What was said: texts, captions and notices.
    pub said: String,
}

impl<'a> Tour<'a> {
    pub fn new(chat: &'a Chat, person: i64) -> Self {
        let (known, alike, waiting) = (BTreeSet::new(), BTreeMap::new(), VecDeque::new());
        Self { chat, person, known, alike, waiting, presses: 0 }
    }

    /// Says something, and then presses every button that can be reached from there. Those whose path `skips`
    /// says yes to are left out.
    pub async fn walk(&mut self, text: &str, skips: impl Fn(&str) -> bool) -> Vec<Visit> {
        self.chat.person(self.person).say(text).await;
        self.look(text, &skips).await;
        let mut visits = Vec::new();
        while let Some(stop) = self.waiting.pop_front() {
            let said = self.press(&stop).await;
            self.look(&stop.path, &skips).await;
            visits.push(Visit { path: stop.path, said });
        }
        visits
    }

    /// Notes the buttons that are there now.
    async fn look(&mut self, path: &str, skips: &impl Fn(&str) -> bool) {
        for message in self.chat.person(self.person).received().await {
            for (label, data) in buttons(&message) {
                let path = format!("{path} › {label}");
                if skips(&path) || !self.known.insert(data.clone()) {
                    continue;
                }
                let plain: String = label.chars().filter(|one| !one.is_ascii_digit()).collect();
                let count = self.alike.entry(plain).or_default();
                *count += 1;
                if *count <= ALIKE && path.matches(" › ").count() <= DEPTH {
                    self.waiting.push_back(Stop { message: message.id(), label, data, path });
                }
            }
        }
    }

    /// Presses a button, which its message may not have any more, as people do.
    async fn press(&mut self, stop: &Stop) -> String {
        let before = self.calls(0).await.len();
        self.presses += 1;
        let query = format!("tour-{}", self.presses);
        self.chat.person(self.person).press_raw(&query, stop.message, &stop.data).await;
        let what = format!("an answer to {:?} ({})", stop.path, stop.label);
        eventually(60, &what, async || {
            let calls = self.calls(before).await;
            let answered = calls.iter().any(|call| call["params"]["callback_query_id"] == *query);
            let said: Vec<&str> = calls.iter().filter_map(said).collect();
            (answered && !said.is_empty()).then(|| said.join("\n"))
        })
        .await
    }

    async fn calls(&self, since: usize) -> Vec<Value> {
        let answer = self.chat.get(&format!("/chat/calls?since={since}")).await;
        answer["calls"].as_array().unwrap().clone()
    }
}

/// What a call of the bot says to people.
fn said(call: &Value) -> Option<&str> {
    let params = &call["params"];
    let text = params["text"].as_str().or_else(|| params["caption"].as_str());
    match call["method"].as_str()? {
        "SendPhoto" | "SendDocument" => Some(text.unwrap_or("a file")),
        _ => text.filter(|text| !text.is_empty()),
    }
}

fn buttons(message: &Message) -> Vec<(String, String)> {
    let rows = message.0["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
    let all = rows.iter().flat_map(|row| row.as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|button| (text(&button["text"]), text(&button["callback_data"]))).collect()
}
