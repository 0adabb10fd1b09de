//! `/expense 12.50 food coffee`: expenses, income, balances and reports in the chat.
//!
//! Read in this order: `amount` (what people type), `ledger` on `record` and `sums` (what is kept), then the
//! conversations: `add` in one line, `guide` step by step with its `draft`, `undo`, `report` with its `period`
//! and `chart`. Papers: `export` and `import` on `csv`, `receipt`. What comes by itself: `recurring`. The last
//! three book through a `batch`.

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

mod batch;
mod chart;
mod csv;
mod export;
mod import;
mod period;
mod receipt;
mod recurring;

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
        .command("balance", "Show your balance, and this month so far", recurring::balance)
        .example("/balance")
        .command("report", "Show a month or another period by category", report::report)
        .optional(
            "PERIOD",
            "november, 2026, q3, last 3 months, 2026-01..2026-06; this month if left out",
        )
        .example("/report last")
        .command("undo", "Reverse your last entry", undo::latest)
        .example("/undo")
        .pattern("typed", r"(?is)^\s*(expense|income)\s*:(.*)$", add::typed)
        .command("export", "Send your entries as CSV files", export::export)
        .optional("PERIOD", "as for /report; everything if left out")
        .example("/export 2026")
        .command("recurring", "Book rent, salary and the like by themselves", recurring::recurring)
        .optional("add", "how often, expense or income, AMOUNT, CATEGORY, and a note")
        .optional("off", "the number of the one to stop")
        .example("/recurring add monthly 1 expense 900 rent Flat")
        .action("home", overview::home)
        .action("balance", overview::balance)
        .action("report", report::show)
        .action("chart", report::picture)
        .action("export", export::export)
        .file(Media::Photo, receipt::photo)
        .file(Media::Document, import::document)
        .action("import", import::import)
        .action("import_cancel", import::cancel)
        .action("import_swap", import::swap)
        .action("receipt_save", receipt::save)
        .action("receipt_category", receipt::category)
        .action("receipt_amount", receipt::amount)
        .action("receipt_cancel", receipt::cancel)
        .answer("receipt_category", receipt::write_category)
        .answer("receipt_amount", receipt::write_amount)
        .schedule("recurring", recurring::tick)
        .action("recurring", recurring::show)
        .action("recurring_add", recurring::begin)
        .action("recurring_when", recurring::when)
        .action("recurring_what", recurring::what)
        .action("recurring_off", recurring::off)
        .answer("recurring_what", recurring::write_what)
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
