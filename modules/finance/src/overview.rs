//! Where the user stands: the module's menu, and the balance.

use umbrasil_sdk::prelude::*;

use crate::add::balance_line;
use crate::budget;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::rates::{Rates, Wanted};
use crate::record::Direction;

/// The module's own menu.
pub(crate) fn home(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let html = Html::from("💰 <b>Finance</b>\n\n").push(balance_line(&ledger.balance()));
    Ok(Reply::html(html)
        .row([
            Button::new("Add Expense", "add").arg(Direction::Expense.letter()),
            Button::new("Add Income", "add").arg(Direction::Income.letter()),
        ])
        .row([Button::new("Balance", "balance"), Button::new("Report", "report")])
        .row([Button::new("Entries", "last"), Button::new("Budgets", "budgets")])
        .row([Button::new("Categories", "categories"), Button::new("Rates", "rates_kept")])
        .row([Button::new("Recurring", "recurring"), Button::new("Export", "export")])
        .replace())
}

/// `/balance`: this month so far, and what is left, in each currency and in all.
pub(crate) fn balance(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let (month, sums) = (ledger.month(), ledger.sums());
    let money = |minor| Money::new(minor, ledger.currency);
    let mut html = Html::new()
        .bold(format_args!("{} {}", month.name(), month.year()))
        .text(format_args!("\nIncome: {}", money(sums.total(Direction::Income))))
        .text(format_args!("\nExpenses: {}\n", money(sums.total(Direction::Expense))));
    let balances = ledger.balances();
    let others: Vec<&Money> = balances.iter().skip(1).filter(|money| money.minor != 0).collect();
    for money in &others {
        html = html.text(format_args!("\n{money}"));
    }
    if !others.is_empty()
        && let Some(rates) = budget::rates_for(call, &ledger, ledger.currency, Wanted::Fresh)?
    {
        html = html.push(total_line(&rates, &balances));
    }
    if !others.is_empty() {
        html = html.line();
    }
    let html = html.line().push(balance_line(&ledger.balance()));
    let buttons = [Button::new("Report", "report"), Button::new("Finance", "home")];
    Ok(Reply::html(html).row(buttons).replace())
}

/// A line with the worth of amounts in the default currency, as far as there are rates for others; with its own
/// line break before it.
pub(crate) fn total_line(rates: &Rates, amounts: &[Money]) -> Html {
    let (total, missing) = rates.total(amounts);
    let mut html = Html::new();
    let counts = |money: &Money| {
        money.minor != 0 && money.currency != rates.default && !missing.contains(&money.currency)
    };
    if amounts.iter().any(counts) {
        let codes: Vec<&str> = missing.iter().map(Currency::code).collect();
        let what = if codes.is_empty() {
            "in all".into()
        } else {
            format!("without {}", codes.join(", "))
        };
        html = html.text(format_args!("\n≈ {total} {what}"));
        if let Some(day) = rates.day() {
            html = html.text(format_args!(" (as of {day})"));
        }
    }
    if let Some(trouble) = &rates.trouble {
        html = html.text(format_args!("\n⚠️ {trouble}"));
    }
    for currency in missing {
        let code = currency.code();
        html = html.text(format_args!("\nNo rate for {code}: /rate {code} 0.92 enters one."));
    }
    html
}
