//! What n8n tells, in types that keep only what is shown.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wording;

/// A list, and where its next part begins.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    pub(super) next_cursor: Option<String>,
}

/// n8n has written ids as numbers and as texts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Id {
    Text(String),
    Number(u64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Workflow {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// Whether its triggers, such as webhooks and clocks, are listened to.
    #[serde(default)]
    pub(crate) active: bool,
    #[serde(default, rename = "isArchived")]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
    pub(crate) updated_at: Option<String>,
    #[serde(default)]
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) webhook_id: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Parameters,
}

/// What is set of a node. Other nodes may mean other things by these names, so anything is taken.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Parameters {
    pub(crate) path: Value,
    pub(crate) http_method: Value,
    pub(crate) authentication: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Execution {
    pub(crate) id: Id,
    #[serde(default)]
    finished: bool,
    #[serde(default)]
    pub(crate) mode: String,
    status: Option<String>,
    started_at: Option<String>,
    stopped_at: Option<String>,
    pub(crate) workflow_id: Option<Id>,
}

/// An execution with its data, which may have any shape and be large.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detailed {
    data: Option<Box<RawValue>>,
    workflow_data: Option<Box<RawValue>>,
}

/// Why an execution failed, as far as it says.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    pub(crate) message: Option<String>,
    /// The node that failed, or that ran last.
    pub(crate) node: Option<String>,
    /// The workflow's name at that time.
    pub(crate) workflow: Option<String>,
}

/// How an execution ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Error,
    Running,
    Waiting,
    Canceled,
}

impl Id {
    /// Whether it can stand in a path and on a button.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Text(text) => is_sound(text),
            Self::Number(_) => true,
        }
    }
}

/// n8n's ids are letters and digits, or a number.
pub(super) fn is_sound(id: &str) -> bool {
    (1..=32).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Execution {
    pub(crate) fn status(&self) -> Status {
        match self.status.as_deref() {
            Some("success") => Status::Success,
            Some("error" | "crashed") => Status::Error,
            Some("waiting") => Status::Waiting,
            Some("canceled") => Status::Canceled,
            Some("running" | "new") => Status::Running,
            // Older ones tell it only by their fields.
            _ if self.finished => Status::Success,
            _ if self.stopped_at.is_some() => Status::Error,
            _ => Status::Running,
        }
    }

    /// Seconds since 1970.
    pub(crate) fn started(&self) -> Option<u64> {
        wording::read_time(self.started_at.as_deref()?).map(|ms| ms / 1_000)
    }

    /// In milliseconds, of one that has ended.
    pub(crate) fn took(&self) -> Option<u64> {
        let start = wording::read_time(self.started_at.as_deref()?)?;
        wording::read_time(self.stopped_at.as_deref()?)?.checked_sub(start)
    }
}

impl Status {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Success => "✅",
            Self::Error => "🔴",
            Self::Running => "▶️",
            Self::Waiting => "⏸",
            Self::Canceled => "⚪",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Success => "succeeded",
            Self::Error => "failed",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Canceled => "canceled",
        }
    }
}

impl Detailed {
    pub(super) fn failure(&self) -> Failure {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            result_data: Outcome,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Outcome {
            error: Option<Thrown>,
            last_node_executed: Option<String>,
        }
        #[derive(Deserialize)]
        struct Thrown {
            message: Option<String>,
            node: Option<Named>,
        }
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
            serde_json::from_str(raw?.get()).ok()
        }
        let outcome = part::<Data>(self.data.as_deref()).map(|data| data.result_data);
        let (thrown, last) =
            outcome.map_or((None, None), |outcome| (outcome.error, outcome.last_node_executed));
        let (message, node) = thrown.map_or((None, None), |thrown| (thrown.message, thrown.node));
        let workflow = part::<Named>(self.workflow_data.as_deref()).map(|workflow| workflow.name);
        Failure { message, node: node.map(|node| node.name).or(last), workflow }
    }
}
