//! What the AI was used for and what that cost, for each user, day and model. Money is in micro-dollars.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{Date, Moment};

use crate::message::{Spent, Tokens};
use crate::price;
use crate::provider::Provider;

/// What a user may spend in a day unless the owner says otherwise: one dollar.
const BUDGET: u64 = 1_000_000;
/// Days after which a record is forgotten.
const DAYS: i64 = 100;

/// What was used, in any number of questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Requests to a model: a question that uses tools needs several.
    pub(crate) requests: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cost: u64,
    /// Requests whose price nobody knows.
    pub(crate) unpriced: u64,
    /// Requests whose tokens or price are an estimate, because nobody has told them.
    pub(crate) estimated: u64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Self) {
        let sum = |one: &mut u64, other: u64| *one = one.saturating_add(other);
        sum(&mut self.requests, other.requests);
        sum(&mut self.input, other.input);
        sum(&mut self.output, other.output);
        sum(&mut self.cost, other.cost);
        sum(&mut self.unpriced, other.unpriced);
        sum(&mut self.estimated, other.estimated);
    }

    /// One request to a model; `estimate` stands for what the provider did not count. A model without a known
    /// price costs what the dearest of the `maker` does, and nothing where there is none.
    pub(crate) fn of(model: &str, maker: Option<Provider>, spent: Spent, estimate: Tokens) -> Self {
        let tokens = spent.tokens.unwrap_or(estimate);
        let known = spent.cost.or_else(|| price::cost(model, tokens));
        let cost = known.or_else(|| price::dearest(maker?, tokens));
        Self {
            requests: 1,
            input: tokens.input,
            output: tokens.output,
            cost: cost.unwrap_or(0),
            unpriced: u64::from(cost.is_none()),
            estimated: u64::from(spent.tokens.is_none() || known != cost),
        }
    }
}

/// What one event uses, by model.
#[derive(Debug, Default)]
pub(crate) struct Used(BTreeMap<String, Sums>);

impl Used {
    pub(crate) fn note(&mut self, model: &str, sums: Sums) {
        self.0.entry(model.to_owned()).or_default().add(sums);
    }

    /// Adds it to what the user has used today.
    pub(crate) fn keep(&self, call: &Call) -> Result<()> {
        let user = call.user();
        for (model, sums) in &self.0 {
            let key = format!("{}/usage/{}/{model}", user.id, call.at().date());
            let mut known = read(storage::get(&key)?.as_deref());
            known.add(*sums);
            storage::set(&key, serde_json::to_vec(&known).map_err(Error::internal)?)?;
        }
        if self.0.is_empty() {
            return Ok(());
        }
        // Owners see who it was.
        let (key, name) = (format!("people/{}", user.id), user.name.as_bytes());
        if storage::get(&key)?.as_deref() != Some(name) {
            storage::set(&key, name)?;
        }
        let (from, before) =
            (format!("{}/usage/", user.id), format!("{}/usage/{}", user.id, day(call.at(), DAYS)));
        for item in storage::list(&storage::Range::prefix(from).before(before).limit(20))? {
            storage::delete(&item.key)?;
        }
        Ok(())
    }
}

/// What a user has used since the day so many days ago, by model.
pub(crate) fn since(user: i64, from: Date) -> Result<BTreeMap<String, Sums>> {
    let prefix = format!("{user}/usage/");
    let mut start = format!("{prefix}{from}");
    let mut models: BTreeMap<String, Sums> = BTreeMap::new();
    loop {
        let items = storage::list(&storage::Range::prefix(&prefix).from(&start))?;
        let Some(last) = items.last() else { return Ok(models) };
        start = format!("{}\0", last.key);
        for item in &items {
            let model = item.key.get(prefix.len()..).and_then(|rest| rest.split_once('/'));
            let Some((_, model)) = model else { continue };
            models.entry(model.to_owned()).or_default().add(read(Some(&item.value)));
        }
    }
}

/// What all models cost together, and so on.
pub(crate) fn total(models: &BTreeMap<String, Sums>) -> Sums {
    let mut total = Sums::default();
    for sums in models.values() {
        total.add(*sums);
    }
    total
}

/// The users who have used it, with their names.
pub(crate) fn people() -> Result<Vec<(i64, String)>> {
    let items = storage::list(&storage::Range::prefix("people/"))?;
    let person = |item: storage::Item| {
        let id = item.key.strip_prefix("people/")?.parse().ok()?;
        Some((id, String::from_utf8_lossy(&item.value).into_owned()))
    };
    Ok(items.into_iter().filter_map(person).collect())
}

/// The day so many days before the moment.
pub(crate) fn day(at: Moment, before: i64) -> Date {
    let back = u64::try_from(before).unwrap_or(0) * 86_400_000;
    Moment { unix_ms: at.unix_ms.saturating_sub(back), ..at }.date()
}

/// What the user may spend in a day, in micro-dollars; none: without limit.
pub(crate) fn budget() -> Result<Option<u64>> {
    let text = config::get_or("AI_DAILY_BUDGET", "")?;
    let budget = if text.trim().is_empty() { Some(BUDGET) } else { dollars(text.trim()) };
    let budget = budget.ok_or_else(|| {
        Error::unavailable(
            "AI_DAILY_BUDGET is no amount of dollars such as 1.50: the owner has to set it again.",
        )
    })?;
    Ok(Some(budget).filter(|budget| *budget > 0))
}

/// Why the user has to wait until tomorrow, if so.
pub(crate) fn exhausted(call: &Call) -> Result<Option<String>> {
    let Some(budget) = budget()? else { return Ok(None) };
    let spent = total(&since(call.user().id, call.at().date())?).cost;
    Ok((spent >= budget).then(|| {
        format!(
            "Today's AI budget of {} is used up ({} spent). It starts anew at midnight.",
            money(budget),
            money(spent)
        )
    }))
}

/// Micro-dollars for people: cents, and smaller parts where there is nothing else.
pub(crate) fn money(micros: u64) -> String {
    if micros == 0 || micros >= 100_000 {
        let cents = micros.saturating_add(5_000) / 10_000;
        return format!("${}.{:02}", cents / 100, cents % 100);
    }
    // Never rounded down to nothing.
    format!("$0.{:04}", micros.div_ceil(100))
}

/// `1.50` as micro-dollars.
fn dollars(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

fn read(bytes: Option<&[u8]>) -> Sums {
    bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_and_written() {
        for (text, micros) in [
            ("1", Some(1_000_000)),
            ("0.000001", Some(1)),
            ("2.5", Some(2_500_000)),
            ("0", Some(0)),
        ] {
            assert_eq!(dollars(text), micros, "{text}");
        }
        for text in ["", ".5", "-1", "1,5", "1.2.3", "x", "99999999999999999999", "0.0000001"] {
            assert_eq!(dollars(text), None, "{text}");
        }
        let shown = [
            (0, "$0.00"),
            (1, "$0.0001"),
            (2_430, "$0.0025"),
            (99_999, "$0.1000"),
            (1_234_567, "$1.23"),
        ];
        for (micros, text) in shown {
            assert_eq!(money(micros), text);
        }
    }
}
