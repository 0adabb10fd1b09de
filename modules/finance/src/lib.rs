//! `/expense 12.50 food coffee`: expenses, income, balances and reports in the chat.
//!
//! Read in this order: `amount` (what people type), `ledger` on `record` and `sums` (what is kept), then the
//! conversations: `add` in one line, `guide` step by step with its `draft`, `undo`, `report`.

mod money;

mod amount;
mod wording;

mod ledger;
mod record;
mod sums;

mod add;
mod draft;
mod guide;
mod overview;
mod report;
mod undo;

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// The finance module.
pub fn module() -> Module {
    Module::new("Finance")
        .summary("Your expenses and income, with balance and monthly reports")
        .menu("💰 Finance", "home")
        .command("expense", "Record money that you spent", add::expense)
        .argument("AMOUNT", "how much, such as 12.50 or 12,50")
        .argument("CATEGORY", "one word, such as food")
        .optional("NOTE", "what it was for, such as coffee")
        .example("/expense 12.50 food coffee")
        .command("income", "Record money that you received", add::income)
        .argument("AMOUNT", "how much, such as 2500")
        .argument("CATEGORY", "one word, such as salary")
        .optional("NOTE", "where it came from, such as June")
        .example("/income 2500 salary June")
        .command("balance", "Show your balance, and this month so far", overview::balance)
        .example("/balance")
        .reads_only()
        .command("report", "Show a month by category", report::report)
        .optional("MONTH", "2026-11, november or last; this month if left out")
        .example("/report last")
        .reads_only()
        .command("undo", "Reverse your last entry", undo::latest)
        .example("/undo")
        .pattern("typed", r"(?is)^\s*(expense|income)\s*:(.*)$", add::typed)
        .action("home", overview::home)
        .action("balance", overview::balance)
        .action("report", report::report)
        .action("undo", undo::one)
        .action("add", guide::start)
        .action("amount", guide::choose_amount)
        .action("category", guide::choose_category)
        .action("other", guide::other_category)
        .action("skip", guide::skip_note)
        .action("cancel", guide::cancel)
        .answer("amount", guide::write_amount)
        .answer("category", guide::write_category)
        .answer("note", guide::write_note)
}
