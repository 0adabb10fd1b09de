//! What a unit of another currency is worth in the default one: entered by hand, or fetched.
//!
//! Fetched rates serve all users and lie in one record for 12 hours, with the day that the service gives.
//! When it can't be reached the old ones go on being used, and whoever reads a total is told. A rate that
//! somebody entered by hand is theirs alone, and wins.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use umbrasil_sdk::http::Request;
use umbrasil_sdk::{Call, Error, HostError, Result, config, storage};

use crate::decimal::Decimal;
use crate::money::{Currency, Money};
use crate::record;

/// Where rates come from unless `RATES_BASE_URL` says otherwise.
const SERVICE: &str = "https://api.frankfurter.dev/v1";

/// How long fetched rates are good, and how long a service that failed is left alone, in milliseconds.
const FRESH: u64 = 12 * 3_600 * 1_000;
const PATIENCE: u64 = 10 * 60 * 1_000;

/// Most rates that a user may enter, and most that are taken from the service.
const BY_HAND: usize = 50;
const FETCHED: usize = 300;

/// The rates as one user sees them.
#[derive(Debug)]
pub(crate) struct Rates {
    pub(crate) default: Currency,
    by_hand: Vec<(Currency, Decimal)>,
    fetched: Fetched,
    /// Why there are no newer ones, if fetching was tried and failed.
    pub(crate) trouble: Option<String>,
}

/// How new they must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Whatever is there: costs no request.
    Kept,
    /// Not older than 12 hours, but a service that has just failed isn't asked again.
    Fresh,
    /// As `Fresh`, and a service that failed is asked again.
    FreshNow,
    /// Fetched now.
    New,
}

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    ByHand,
    Fetched,
}

/// What one unit of the default currency buys, as the service says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Fetched {
    at: u64,
    failed: u64,
    /// Such as `2026-11-20`; empty if none were fetched yet.
    day: String,
    rates: Vec<(Currency, Decimal)>,
}

impl Rates {
    /// The rates of the user who calls. A service that fails is no error: see [`Rates::trouble`].
    pub(crate) fn of(call: &Call, default: Currency, wanted: Wanted) -> Result<Self> {
        let keys = [fetched_key(default), hand_key(call.user().id, default)];
        let [fetched, by_hand] = storage::get_many(keys)?;
        let fetched = fetched.as_deref().map(Fetched::parse).transpose()?.unwrap_or_default();
        let by_hand = match by_hand {
            Some(value) => list(std::str::from_utf8(&value).unwrap_or("?"))
                .ok_or_else(|| record::corrupt("rates"))?,
            None => Vec::new(),
        };
        let mut rates = Self { default, by_hand, fetched, trouble: None };
        let now = call.at().unix_ms;
        let old = now.saturating_sub(rates.fetched.at) >= FRESH;
        let left_alone = now.saturating_sub(rates.fetched.failed) < PATIENCE;
        match wanted {
            Wanted::New => rates.fetch(now)?,
            Wanted::FreshNow if old => rates.fetch(now)?,
            Wanted::Fresh if old && !left_alone => rates.fetch(now)?,
            Wanted::Fresh if old => rates.trouble = Some("The rates service failed lately.".into()),
            _ => {}
        }
        Ok(rates)
    }

    /// What an amount is worth in the default currency; none if there is no rate.
    pub(crate) fn convert(&self, money: Money) -> Option<Money> {
        let Money { minor, currency } = money;
        if currency == self.default {
            return Some(money);
        }
        let exponent = |currency: Currency| i32::try_from(currency.exponent()).unwrap_or(2);
        let shift = exponent(self.default) - exponent(currency);
        let found = match of(&self.by_hand, currency) {
            Some(rate) => rate.times(minor, shift),
            None => of(&self.fetched.rates, currency)?.divide(minor, shift),
        };
        found.map(|minor| Money::new(minor, self.default))
    }

    /// The sum of amounts in the default currency, and the currencies that are missing in it.
    pub(crate) fn total(&self, amounts: &[Money]) -> (Money, Vec<Currency>) {
        let mut total: i64 = 0;
        let mut missing = Vec::new();
        for money in amounts.iter().filter(|money| money.minor != 0) {
            match self.convert(*money).and_then(|worth| total.checked_add(worth.minor)) {
                Some(sum) => total = sum,
                None => missing.push(money.currency),
            }
        }
        (Money::new(total, self.default), missing)
    }

    /// What one unit of a currency is worth in the default one, and who says so.
    pub(crate) fn worth(&self, currency: Currency) -> Option<(Decimal, Origin)> {
        match of(&self.by_hand, currency) {
            Some(rate) => Some((rate, Origin::ByHand)),
            None => Some((of(&self.fetched.rates, currency)?.inverse()?, Origin::Fetched)),
        }
    }

    /// The currencies whose rates the user has entered.
    pub(crate) fn by_hand(&self) -> impl Iterator<Item = Currency> {
        self.by_hand.iter().map(|(currency, _)| *currency)
    }

    /// The day of the fetched rates, if there are any.
    pub(crate) fn day(&self) -> Option<&str> {
        Some(self.fetched.day.as_str()).filter(|day| !day.is_empty())
    }

    /// Enters a rate by hand, or goes back to the fetched one.
    pub(crate) fn enter(
        &mut self,
        user: i64,
        currency: Currency,
        rate: Option<Decimal>,
    ) -> Result<()> {
        self.by_hand.retain(|(known, _)| *known != currency);
        if let Some(rate) = rate {
            if self.by_hand.len() >= BY_HAND {
                return Err(Error::usage(format!("There are {BY_HAND} rates by hand already.")));
            }
            self.by_hand.push((currency, rate));
        }
        storage::set(&hand_key(user, self.default), written(&self.by_hand))
    }

    fn fetch(&mut self, now: u64) -> Result<()> {
        match ask(self.default, now)? {
            Ok(fetched) => self.fetched = fetched,
            Err(trouble) => {
                self.fetched.failed = now;
                self.trouble = Some(trouble);
            }
        }
        // Where they can't be kept the next one fetches them again.
        record::kept(storage::set(&fetched_key(self.default), self.fetched.write()))?;
        Ok(())
    }
}

/// Asks the service. The inner error is for people to read.
fn ask(default: Currency, now: u64) -> Result<Result<Fetched, String>> {
    let base = config::get_or("RATES_BASE_URL", SERVICE)?;
    let url = format!("{}/latest?base={}", base.trim_end_matches('/'), default.code());
    let response = match Request::get(url).timeout(Duration::from_secs(6)).send() {
        Ok(response) => response,
        Err(error @ HostError::Pending(_)) => return Err(error.into()),
        Err(HostError::Denied(_)) => {
            return Ok(Err("Fetching rates is not permitted to this module.".into()));
        }
        Err(_) => return Ok(Err("The rates service can't be reached.".into())),
    };
    Ok(match response.status() {
        200 => Fetched::of_json(response.body(), default, now)
            .ok_or_else(|| "The rates service gave an answer that makes no sense.".to_owned()),
        404 | 422 => Err(format!("The rates service has no rates for {}.", default.code())),
        status => Err(format!("The rates service failed with status {status}.")),
    })
}

impl Fetched {
    /// Reads `{"base":"EUR","date":"2026-11-20","rates":{"USD":1.09}}`. Numbers are read as the digits that
    /// they are written with.
    fn of_json(body: &[u8], default: Currency, now: u64) -> Option<Self> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
        let text = |name: &str| serde_json::from_str::<String>(fields.get(name)?.get()).ok();
        let (base, day) = (text("base")?, text("date")?);
        let dated = day.len() == 10
            && day.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if Currency::new(&base) != Some(default) || !dated {
            return None;
        }
        let rates: BTreeMap<String, &RawValue> =
            serde_json::from_str(fields.get("rates")?.get()).ok()?;
        let rate = |(code, rate): (&String, &&RawValue)| {
            Some((Currency::new(code)?, Decimal::parse(rate.get())?))
        };
        let rates: Vec<_> = rates.iter().filter_map(rate).take(FETCHED).collect();
        (!rates.is_empty()).then_some(Self { at: now, failed: 0, day, rates })
    }

    fn write(&self) -> String {
        let Self { at, failed, day, rates } = self;
        format!("{}\t{at}\t{failed}\t{day}\t{}", record::VERSION, written(rates))
    }

    fn parse(value: &[u8]) -> Result<Self> {
        let read = || {
            let text = std::str::from_utf8(value).ok()?;
            let fields: Vec<&str> = text.split('\t').collect();
            let [record::VERSION, at, failed, day, rates] = fields[..] else { return None };
            let (at, failed) = (at.parse().ok()?, failed.parse().ok()?);
            Some(Self { at, failed, day: day.to_owned(), rates: list(rates)? })
        };
        read().ok_or_else(|| record::corrupt("rates"))
    }
}

fn fetched_key(default: Currency) -> String {
    format!("rates/{}", default.code())
}

fn hand_key(user: i64, default: Currency) -> String {
    format!("{user}/rates/{}", default.code())
}

fn of(rates: &[(Currency, Decimal)], currency: Currency) -> Option<Decimal> {
    rates.iter().find(|(known, _)| *known == currency).map(|(_, rate)| *rate)
}

fn written(rates: &[(Currency, Decimal)]) -> String {
    let pair = |(currency, rate): &(Currency, Decimal)| format!("{}:{rate}", currency.code());
    rates.iter().map(pair).collect::<Vec<_>>().join(",")
}

fn list(text: &str) -> Option<Vec<(Currency, Decimal)>> {
    let pair = |pair: &str| {
        let (code, rate) = pair.split_once(':')?;
        Some((Currency::new(code)?, Decimal::parse(rate)?))
    };
    text.split(',').filter(|pair| !pair.is_empty()).map(pair).collect()
}
