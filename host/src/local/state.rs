//! What the server knows: people, chats, waiting updates, files, the bot's commands. One lock around all of it, held for
//! the length of one change and never over an await, so that a reader sees whole changes only.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::calls::CallLog;
use super::error::ApiError;
use super::events::Events;
use super::files::Files;
use super::message::{Chat, Content, Message, User};
use super::updates::UpdateQueue;
use super::{Options, Person};

const MESSAGES_PER_CHAT: usize = 2_000;
const CHATS: usize = 10_000;
const OPEN_QUERIES: usize = 10_000;

/// How long a button press waits for its answer.
const QUERY_LIFE: Duration = Duration::from_mins(2);

/// 1 January 2026. Ids start from the seconds since then, so that a restarted server, whose memory is empty, does not
/// hand out ids that a bot with a database has already seen.
const EPOCH: u64 = 1_767_225_600;

pub(super) struct Shared {
    state: Mutex<State>,
    /// Cancelled when the server ends: held polls and streams end with it.
    pub(super) stop: CancellationToken,
}

pub(super) struct State {
    pub(super) token: String,
    pub(super) bot: User,
    pub(super) people: Vec<Person>,
    pub(super) updates: UpdateQueue,
    pub(super) files: Files,
    pub(super) calls: CallLog,
    pub(super) events: Events,
    /// Command lists by scope and language.
    pub(super) commands: BTreeMap<(String, String), Vec<BotCommand>>,
    pub(super) faults: Vec<Fault>,
    chats: BTreeMap<i64, Conversation>,
    queries: VecDeque<Query>,
    last_message_id: i64,
    /// Makes ids that cannot be guessed from an earlier run.
    nonce: u64,
    last_query: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BotCommand {
    pub(super) command: String,
    pub(super) description: String,
}

/// An answer that a test wants the next calls of a method to get.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Fault {
    pub(super) method: String,
    pub(super) error_code: u16,
    pub(super) description: String,
    #[serde(default)]
    pub(super) retry_after: Option<u32>,
    #[serde(default = "once")]
    pub(super) times: u32,
}

fn once() -> u32 {
    1
}

pub(super) struct Conversation {
    pub(super) chat: Chat,
    pub(super) messages: VecDeque<Message>,
    /// Messages of injected updates: a bot may reply to them, but the server has no copy.
    foreign: VecDeque<i64>,
}

/// A pressed button that waits for `answerCallbackQuery`.
struct Query {
    id: String,
    chat: Option<i64>,
    message: Option<i64>,
    at: Instant,
}

/// An answered press: where its button is.
pub(super) struct Pressed {
    pub(super) chat: Option<i64>,
    pub(super) message: Option<i64>,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        Self { state: Mutex::new(State::new(options)), stop: CancellationToken::new() }
    }

    /// Locks the state. A panic elsewhere leaves at worst one half-made change of a chat on a page.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(options: Options) -> Self {
        let since_epoch = i64::try_from(unix_time().as_secs().saturating_sub(EPOCH)).unwrap_or(0);
        let millis = i64::try_from(unix_time().as_millis()).unwrap_or(0);
        let bot_id = options.token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(1);
        let mut state = Self {
            token: options.token,
            bot: User {
                id: bot_id,
                is_bot: true,
                first_name: options.bot_name,
                username: options.bot_username,
                language_code: None,
            },
            people: options.people,
            // A bot remembers the ids that it has seen, so a restarted server must not repeat them: 125 a second
            // on average could be handed out before it did. Within 31 bits, as Telegram's are.
            updates: UpdateQueue::new(millis / 8 % i64::from(i32::MAX) + 1),
            files: Files::default(),
            calls: CallLog::default(),
            events: Events::new(),
            commands: BTreeMap::new(),
            faults: Vec::new(),
            chats: BTreeMap::new(),
            queries: VecDeque::new(),
            last_message_id: since_epoch,
            nonce: RandomState::new().hash_one(since_epoch),
            last_query: 0,
        };
        for person in state.people.clone() {
            state.open_chat(Chat {
                id: person.id,
                kind: "private".to_owned(),
                title: None,
                first_name: Some(person.first_name),
                username: Some(person.username),
            });
        }
        state
    }

    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }

    pub(super) fn person(&self, id: i64) -> Result<&Person, ApiError> {
        self.people
            .iter()
            .find(|person| person.id == id)
            .ok_or_else(|| ApiError::bad_request("no such person"))
    }

    // Chats and messages

    pub(super) fn open_chat(&mut self, chat: Chat) {
        if self.chats.len() < CHATS {
            self.chats.entry(chat.id).or_insert_with(|| Conversation {
                chat,
                messages: VecDeque::new(),
                foreign: VecDeque::new(),
            });
        }
    }

    pub(super) fn conversation(&mut self, chat: i64) -> Result<&mut Conversation, ApiError> {
        self.chats.get_mut(&chat).ok_or_else(|| ApiError::bad_request("chat not found"))
    }

    /// Puts a new message into a chat and tells the page.
    pub(super) fn post(
        &mut self,
        chat: i64,
        from: User,
        content: Content,
        reply_markup: Option<serde_json::Value>,
        reply_to: Option<Message>,
    ) -> Result<Message, ApiError> {
        let message_id = self.last_message_id + 1;
        let conversation = self.conversation(chat)?;
        let message = Message {
            message_id,
            from,
            chat: conversation.chat.clone(),
            date: unix_time().as_secs(),
            edit_date: None,
            // One level, as on Telegram.
            reply_to_message: reply_to.map(|to| Box::new(Message { reply_to_message: None, ..to })),
            content,
            reply_markup,
        };
        conversation.messages.push_back(message.clone());
        if conversation.messages.len() > MESSAGES_PER_CHAT {
            conversation.messages.pop_front();
        }
        self.last_message_id = message_id;
        self.announce("message", &message);
        Ok(message)
    }

    /// Tells the page of a new or changed message.
    pub(super) fn announce(&self, event: &str, message: &Message) {
        let data = || json!({ "chat_id": message.chat.id, "message": message });
        self.events.send(Some(message.chat.id), event, data);
    }

    // Button presses

    pub(super) fn open_query(&mut self, chat: i64, message: i64) -> String {
        self.last_query += 1;
        // Decimal digits, as on Telegram; unguessable, so that a bot cannot answer by counting.
        let id = (u128::from(self.nonce) << 32 | u128::from(self.last_query)).to_string();
        self.register_query(id.clone(), Some(chat), Some(message));
        id
    }

    pub(super) fn register_query(&mut self, id: String, chat: Option<i64>, message: Option<i64>) {
        self.queries.push_back(Query { id, chat, message, at: Instant::now() });
        if self.queries.len() > OPEN_QUERIES {
            self.queries.pop_front();
        }
    }

    /// Takes an open press away; a press is answered once.
    pub(super) fn close_query(&mut self, id: &str) -> Option<Pressed> {
        let at = self.queries.iter().position(|query| query.id == id)?;
        let query = self.queries.remove(at)?;
        (query.at.elapsed() < QUERY_LIFE)
            .then_some(Pressed { chat: query.chat, message: query.message })
    }

    // Faults

    /// Takes one ordered failure of a method, if there is one.
    pub(super) fn take_fault(&mut self, method: &str) -> Option<ApiError> {
        let fault =
            self.faults.iter_mut().find(|fault| fault.method.eq_ignore_ascii_case(method))?;
        let error = ApiError {
            code: fault.error_code,
            description: fault.description.clone(),
            retry_after: fault.retry_after,
        };
        fault.times = fault.times.saturating_sub(1);
        self.faults.retain(|fault| fault.times > 0);
        Some(error)
    }
}

impl Conversation {
    pub(super) fn message(&mut self, id: i64) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.message_id == id)
    }

    pub(super) fn remove(&mut self, id: i64) -> Option<Message> {
        let at = self.messages.iter().position(|message| message.message_id == id)?;
        self.messages.remove(at)
    }

    pub(super) fn know_foreign(&mut self, message: i64) {
        self.foreign.push_back(message);
        if self.foreign.len() > MESSAGES_PER_CHAT {
            self.foreign.pop_front();
        }
    }

    pub(super) fn knows_foreign(&self, message: i64) -> bool {
        self.foreign.contains(&message)
    }
}

pub(super) fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
