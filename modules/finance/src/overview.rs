//! Where the user stands: the module's menu, and the balance.

use umbrasil_sdk::prelude::*;

use crate::add::balance_line;
use crate::ledger::{self, Ledger};
use crate::money::Money;
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
        .replace())
}

/// `/balance`: this month so far, and what is left.
pub(crate) fn balance(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let (month, sums) = (ledger.month(), ledger.sums());
    let money = |minor| Money::new(minor, ledger.currency);
    let html = Html::new()
        .bold(format_args!("{} {}", month.name(), month.year()))
        .text(format_args!("\nIncome: {}", money(sums.total(Direction::Income))))
        .text(format_args!("\nExpenses: {}\n\n", money(sums.total(Direction::Expense))))
        .push(balance_line(&ledger.balance()));
    let buttons = [Button::new("Report", "report"), Button::new("Finance", "home")];
    Ok(Reply::html(html).row(buttons).replace())
}
