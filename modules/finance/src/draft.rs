//! An entry that isn't complete yet, and what was asked for last.
//!
//! A button can carry 64 bytes, a note has 200 characters: so what was said so far lies in the storage, one
//! draft for each user, and buttons and questions carry only its id. A button of an older question finds
//! another id there, or nothing, and does nothing.

use umbrasil_sdk::{Call, Error, Result, storage};

use crate::money::Currency;
use crate::record::{Direction, short_hash};

const VERSION: &str = "1";

/// What is known of an entry so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Eight hexadecimal digits.
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
    /// Empty until it is known.
    pub(crate) category: String,
    /// The categories that were offered as buttons, in their order.
    pub(crate) offered: Vec<String>,
    /// None until the user was asked.
    pub(crate) note: Option<String>,
    /// The vendor that the category is to be remembered for, in its normal form; empty if there is none.
    pub(crate) vendor: String,
    /// The day that it is about, in days after 1970-01-01; none if it is the one on which it is saved.
    pub(crate) day: Option<i64>,
}

/// How much of the amount is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Amount {
    Unknown,
    /// One of these, or the only one if the user says so.
    Doubtful(Vec<i64>),
    Known(i64),
}

impl Draft {
    /// Begins a draft. Its id comes from the event, so that a second attempt makes the same one.
    pub(crate) fn new(call: &Call, direction: Direction, currency: Currency) -> Self {
        Self {
            id: short_hash(call.event_id()),
            direction,
            currency,
            amount: Amount::Unknown,
            category: String::new(),
            offered: Vec::new(),
            note: None,
            vendor: String::new(),
            day: None,
        }
    }

    /// The draft that the call is about, if it is still open.
    pub(crate) fn open(call: &Call) -> Result<Option<Self>> {
        let Some(value) = storage::get(&key(call))? else { return Ok(None) };
        let draft = Self::parse(&value)
            .ok_or_else(|| Error::internal("the draft record in the storage can't be read"))?;
        Ok((Some(draft.id.as_str()) == call.get(0)).then_some(draft))
    }

    /// Keeps the draft for the next step.
    pub(crate) fn keep(&self, call: &Call) -> Result<()> {
        storage::set(&key(call), self.write())
    }

    /// Forgets the user's draft.
    pub(crate) fn forget(call: &Call) -> Result<()> {
        storage::delete(&key(call))
    }

    fn write(&self) -> String {
        let list = |minors: &[i64]| {
            let texts: Vec<String> = minors.iter().map(ToString::to_string).collect();
            texts.join(",")
        };
        let amount = match &self.amount {
            Amount::Unknown => String::new(),
            Amount::Doubtful(minors) => format!("?{}", list(minors)),
            Amount::Known(minor) => list(&[*minor]),
        };
        let note = self.note.as_ref().map(|note| format!("+{note}")).unwrap_or_default();
        [
            VERSION,
            &self.id,
            self.direction.letter(),
            self.currency.code(),
            &amount,
            &self.category,
            &self.offered.join(" "),
            &note,
            &self.vendor,
            &self.day.map(|day| day.to_string()).unwrap_or_default(),
        ]
        .join("\t")
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let fields: Vec<&str> = text.split('\t').collect();
        let [VERSION, id, direction, currency, amount, category, offered, note, ref rest @ ..] =
            fields[..]
        else {
            return None;
        };
        let amount = match amount.strip_prefix('?') {
            Some(list) => Amount::Doubtful(
                list.split(',').map(|minor| minor.parse().ok()).collect::<Option<_>>()?,
            ),
            None if amount.is_empty() => Amount::Unknown,
            None => Amount::Known(amount.parse().ok()?),
        };
        Some(Self {
            id: id.to_owned(),
            direction: Direction::from_letter(direction)?,
            currency: Currency::new(currency)?,
            amount,
            category: category.to_owned(),
            offered: offered
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            note: note.strip_prefix('+').map(str::to_owned),
            // A draft of an earlier version has none.
            vendor: rest.first().copied().unwrap_or_default().to_owned(),
            day: rest.get(1).and_then(|day| day.parse().ok()),
        })
    }
}

fn key(call: &Call) -> String {
    format!("{}/draft", call.user().id)
}
