//! The conversation with each user, as far as it is remembered.
//!
//! A turn is one question with all that followed from it. Turns are forgotten whole, the oldest first: so a
//! tool's result never stands there without the call that it belongs to.

use serde::{Deserialize, Serialize};
use umbrasil_sdk::prelude::*;

use crate::message::Message;

/// Bytes that are kept at most: a value of the storage has 256 KiB.
const BYTES: usize = 200 << 10;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct History {
    turns: Vec<Vec<Message>>,
}

impl History {
    pub(crate) fn of(call: &Call) -> Result<Self> {
        let kept = storage::get(&key(call))?;
        // What an older version has written in another form is forgotten, like any old conversation.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()).unwrap_or_default())
    }

    /// Forgets it; says whether there was any.
    pub(crate) fn clear(call: &Call) -> Result<bool> {
        let was = storage::get(&key(call))?.is_some();
        storage::delete(&key(call))?;
        Ok(was)
    }

    /// How many questions are remembered.
    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    /// The messages of as many turns as fit into so many tokens, the latest first to be kept.
    pub(crate) fn messages(&self, tokens: u64) -> Vec<Message> {
        self.fitting(tokens).iter().flatten().cloned().collect()
    }

    /// Adds a turn, and keeps what fits.
    pub(crate) fn add(mut self, call: &Call, turn: Vec<Message>, tokens: u64) -> Result<()> {
        self.turns.push(turn);
        let mut fitting = Self { turns: self.fitting(tokens).to_vec() };
        loop {
            let text = serde_json::to_vec(&fitting).map_err(Error::internal)?;
            if text.len() <= BYTES {
                return storage::set(&key(call), text);
            }
            // A single turn that does not fit is forgotten as well.
            fitting.turns.remove(0);
        }
    }

    fn fitting(&self, tokens: u64) -> &[Vec<Message>] {
        let mut left = tokens;
        let fits = |turn: &&Vec<Message>| {
            let cost: u64 = turn.iter().map(Message::tokens).sum();
            let rest = left.checked_sub(cost);
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let count = self.turns.iter().rev().take_while(fits).count();
        self.turns.get(self.turns.len() - count..).unwrap_or_default()
    }
}

fn key(call: &Call) -> String {
    format!("{}/history", call.user().id)
}
