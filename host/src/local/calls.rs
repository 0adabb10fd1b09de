//! The last calls of the bot, for the inspector on the page and for tests.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

const KEPT: usize = 1_000;

/// One call of the Bot API. File bytes are left out of `params`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Call {
    /// Counts from 1; `GET /chat/calls?since=N` returns those with a higher one.
    pub(super) number: u64,
    pub(super) method: String,
    pub(super) params: Value,
    /// HTTP status, 200 for a call that worked.
    pub(super) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Unix time in milliseconds.
    pub(super) at: u64,
    pub(super) micros: u64,
}

#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: VecDeque<Call>,
    last: u64,
}

impl CallLog {
    /// Keeps a call and gives it its number.
    pub(super) fn push(&mut self, mut call: Call) {
        self.last += 1;
        call.number = self.last;
        self.calls.push_back(call);
        if self.calls.len() > KEPT {
            self.calls.pop_front();
        }
    }

    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.number > number)
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }
}
