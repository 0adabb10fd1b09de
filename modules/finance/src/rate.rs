//! `/rate`: what other currencies are worth, fetched or by hand.

use umbrasil_sdk::prelude::*;

use crate::decimal::Decimal;
use crate::ledger::{self, Ledger};
use crate::money::Currency;
use crate::rates::{Origin, Rates, Wanted};

/// Shown to who has no entries in other currencies.
const USUAL: [&str; 5] = ["EUR", "USD", "GBP", "CHF", "JPY"];

/// `/rates`, and `/rate` without more.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    view(call, Wanted::FreshNow, Html::new())
}

/// The button that fetches them anew.
pub(crate) fn refresh(call: &Call) -> Result<Reply> {
    view(call, Wanted::New, Html::new())
}

/// `/rate CURRENCY RATE`, `/rate CURRENCY auto`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    let Some(code) = call.get(0) else { return list(call) };
    let default = ledger::currency()?;
    let currency = Currency::active(code)
        .ok_or_else(|| call.wrong(format_args!("“{}” is no currency of ISO 4217.", short(code))))?;
    if currency == default {
        return Err(call.wrong(format_args!("{} is the default currency.", default.code())));
    }
    let mut rates = Rates::of(call, default, Wanted::Kept)?;
    let Some(rate) = call.get(1) else {
        return Err(call.wrong(format_args!(
            "How much {} is one {}?",
            default.code(),
            currency.code()
        )));
    };
    if call.args().len() > 2 {
        return Err(call.wrong("A rate is one number."));
    }
    let code = currency.code();
    let done = if rate.eq_ignore_ascii_case("auto") {
        rates.enter(call.user().id, currency, None)?;
        Html::new().bold(code).text(": as fetched from now on.\n\n")
    } else {
        let rate = Decimal::parse(&rate.replace(',', "."))
            .ok_or_else(|| call.wrong(format_args!("“{}” is no rate.", short(rate))))?;
        rates.enter(call.user().id, currency, Some(rate))?;
        let value = format!("1 {code} = {rate} {}", default.code());
        Html::new().bold(value).text(" by hand from now on.\n\n")
    };
    view(call, Wanted::Fresh, done)
}

fn view(call: &Call, wanted: Wanted, before: Html) -> Result<Reply> {
    let default = ledger::currency()?;
    let rates = Rates::of(call, default, wanted)?;
    let ledger = Ledger::open(call, default)?;
    let mut currencies: Vec<Currency> =
        ledger.balances().iter().map(|money| money.currency).chain(rates.by_hand()).collect();
    if currencies.len() < 2 {
        currencies.extend(USUAL.iter().filter_map(|code| Currency::new(code)));
    }
    currencies.sort_by_key(|currency| currency.code().to_owned());
    currencies.dedup();
    currencies.retain(|currency| *currency != default);
    let mut table = String::new();
    let mut by_hand = None;
    for currency in currencies {
        let code = currency.code();
        let line = match rates.worth(currency) {
            None => format!("1 {code} = ?\n"),
            Some((rate, origin)) => {
                if origin == Origin::ByHand {
                    by_hand.get_or_insert(currency);
                }
                let mark = if origin == Origin::ByHand { " ✍" } else { "" };
                format!("1 {code} = {rate} {}{mark}\n", default.code())
            }
        };
        table.push_str(&line);
    }
    let mut html = before.push("💱 <b>Rates</b>\n").pre(table.trim_end());
    if let Some(trouble) = &rates.trouble {
        html = html.text(format_args!("\n⚠️ {trouble}"));
    }
    if let Some(day) = rates.day() {
        let old = if rates.trouble.is_some() { " still" } else { "" };
        html = html.text(format_args!("\nAs of {day}{old}."));
    } else if rates.trouble.is_some() {
        html = html.text("\n/rate USD 0.92 enters one by hand.");
    }
    if let Some(one) = by_hand {
        html = html.text(format_args!("\n✍ by hand; /rate {} auto goes back.", one.code()));
    }
    let buttons = [Button::new("Refresh", "rates"), Button::new("Finance", "home")];
    Ok(Reply::html(html).row(buttons).replace())
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}
