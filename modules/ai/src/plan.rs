//! What a question has come to when it has to wait for the owner's tap.
//!
//! After the tap the host runs the same event again, with exactly one call allowed. A model that was asked
//! again might choose something else: so everything up to that call is kept under the id of the event, and
//! the second run goes on from there, without asking the model for what it has said already.

use serde::{Deserialize, Serialize};
use umbrasil_sdk::prelude::*;

use crate::message::{Message, ToolResult};

/// How long a plan is kept, in milliseconds, from the question on: the owner has five minutes for each tap,
/// and there may be several.
const LIFE: u64 = 60 * 60_000;

/// A question that waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    at: u64,
    pub(crate) question: String,
    /// Whether the question was spoken.
    pub(crate) is_spoken: bool,
    /// What followed the question; the last message has the calls that are being made.
    pub(crate) rounds: Vec<Message>,
    /// The results of those calls that are done.
    pub(crate) results: Vec<ToolResult>,
    /// The commands that were run, for the answer.
    pub(crate) used: Vec<String>,
}

impl Plan {
    pub(crate) fn new(call: &Call, question: &str, is_spoken: bool) -> Self {
        Self {
            at: call.at().unix_ms,
            question: question.to_owned(),
            is_spoken,
            rounds: Vec::new(),
            results: Vec::new(),
            used: Vec::new(),
        }
    }

    /// The plan of this event, if it has waited; it is taken out, and plans that nobody will ask for any more
    /// are forgotten with it.
    pub(crate) fn take(call: &Call) -> Result<Option<Self>> {
        let own = key(call);
        let mut found = None;
        for item in storage::list(&storage::Range::prefix(format!("{}/plan/", call.user().id)))? {
            let plan: Option<Self> = serde_json::from_slice(&item.value).ok();
            let is_over = plan.as_ref().is_none_or(|plan| plan.at + LIFE < call.at().unix_ms);
            if item.key == own {
                found = plan;
            } else if !is_over {
                continue;
            }
            storage::delete(&item.key)?;
        }
        Ok(found)
    }

    pub(crate) fn keep(&self, call: &Call) -> Result<()> {
        storage::set(&key(call), serde_json::to_vec(self).map_err(Error::internal)?)
    }
}

fn key(call: &Call) -> String {
    format!("{}/plan/{}", call.user().id, call.event_id())
}
