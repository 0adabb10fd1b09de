//! `/expense 12.50 food coffee`: expenses, income, balances and reports in the chat.
//!
//! Read in this order: `amount` (what people type), `ledger` on `record` and `sums` (what is kept), then the
//! conversations: `add` in one line, `words` in plain language (the host listens for the patterns of
//! `phrases`), `guide` step by step with its `draft`, `undo` and `correct`, then what is asked: `overview`,
//! `report`, `entries`, `asked`; and what is set: `budget`, `categories`, `rate`. Papers: `export` and
//! `import` on `csv`, `receipt`. What comes by itself: `recurring`. These book through a `batch`.

mod currency;
mod decimal;
mod money;

mod amount;
mod phrases;
mod span;
mod wording;

mod book;
mod ledger;
mod rates;
mod record;
mod scan;
mod sums;
mod vendor;

mod add;
mod asked;
mod budget;
mod categories;
mod correct;
mod draft;
mod entries;
mod guide;
mod overview;
mod rate;
mod report;
mod undo;
mod words;

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
    listening(silent())
}

/// The module without its ears.
fn silent() -> Module {
    let module = Module::new("Finance")
        .summary("Your expenses and income, with balance and monthly reports")
        .menu("💰 Finance", "home")
        .action("home", overview::home);
    [entering, reading, correcting, setting, papers]
        .into_iter()
        .fold(module, |module, part| part(module))
}

/// What is understood without a slash. The first pattern that matches wins.
fn listening(module: Module) -> Module {
    module
        .pattern("typed", r"(?is)^\s*(expense|income)\s*:(.*)$", add::typed)
        .pattern("typed_plainly", phrases::TYPED_PLAINLY, add::typed)
        .pattern("spent", phrases::SPENT, words::hear)
        .pattern("paid", phrases::PAID, words::hear)
        .pattern("bought", phrases::BOUGHT, words::hear)
        .pattern("cost", phrases::COST, words::hear)
        .pattern("ausgegeben", phrases::AUSGEGEBEN, words::hear)
        .pattern("erhalten", phrases::ERHALTEN, words::hear)
        .pattern("brief", phrases::BRIEF, words::hear)
        .pattern("got", phrases::GOT, words::hear)
        .pattern("ask_balance", phrases::ASK_BALANCE, recurring::balance)
        .pattern("ask_spent", phrases::ASK_SPENT, asked::in_words)
        .pattern("ask_last", phrases::ASK_LAST, entries::last_in_words)
        .pattern("ask_undo", phrases::ASK_UNDO, undo::latest)
}

/// Commands and steps that book.
fn entering(module: Module) -> Module {
    module
        .command("expense", "Record money that you spent", add::expense)
        .argument("AMOUNT", "how much, such as 12.50, 12,50, $5 or 12.50 USD")
        .argument("CATEGORY", "one word, such as food")
        .optional("NOTE", "what it was for, such as coffee")
        .example("/expense 12.50 food coffee")
        .command("income", "Record money that you received", add::income)
        .argument("AMOUNT", "how much, such as 2500 or 50 USD")
        .argument("CATEGORY", "one word, such as salary")
        .optional("NOTE", "where it came from, such as June")
        .example("/income 2500 salary June")
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

/// What only looks: the AI may call these without asking.
fn reading(module: Module) -> Module {
    module
        .command("balance", "Show your balance, and this month so far", recurring::balance)
        .example("/balance")
        .reads_only()
        .command("report", "Show a month or another period by category", report::report)
        .optional(
            "PERIOD",
            "november, 2026, q3, last 3 months, 2026-01..2026-06, all; this month if left out",
        )
        .example("/report last")
        .reads_only()
        .command("spent", "Show how much you spent, for what and when", asked::command)
        .optional("WHAT", "a category or a word of the notes, such as food; everything if left out")
        .optional(
            "WHEN",
            "today, last week, last 10 days, since monday, november, q3 2025; this month if left out",
        )
        .example("/spent food last month")
        .reads_only()
        .command("last", "Show your latest entries, to undo or correct them", entries::last)
        .optional("N", "how many, 1 to 20; 5 if left out")
        .example("/last 10")
        .reads_only()
        .command("search", "Search your entries, newest first", entries::search)
        .argument("TEXT", "words of the category, the note or the amount, such as coffee")
        .optional("MONTH", "2026-11 or november; all months if left out")
        .example("/search coffee november")
        .reads_only()
        .command("categories", "Show this month's categories, and aliases", categories::list)
        .example("/categories")
        .reads_only()
        .command("budgets", "Show what is left of your budgets this month", budget::list)
        .example("/budgets")
        .reads_only()
        .command("rates", "Show what other currencies are worth", rate::list)
        .example("/rates")
        .reads_only()
        .action("balance", overview::balance)
        .action("report", report::show)
        .action("last", entries::older)
        .action("entry", entries::show)
        .action("search", entries::search_on)
        .action("categories", categories::list)
        .action("budgets", budget::list)
        .action("rates", rate::refresh)
        .action("rates_kept", rate::list)
}

/// What takes entries back or puts others in their place.
fn correcting(module: Module) -> Module {
    module
        .command("undo", "Reverse your last entry", undo::latest)
        .example("/undo")
        .action("undo", undo::one)
        .action("correct", correct::start)
        .action("recat", correct::other_category)
        .action("fix", correct::ask)
        .action("fix_as", correct::choose_category)
        .action("fix_no_note", correct::drop_note)
        .answer("fix_amount", correct::write_amount)
        .answer("fix_category", correct::write_category)
        .answer("fix_note", correct::write_note)
}

/// What goes out as files and comes in as files, and what recurs.
fn papers(module: Module) -> Module {
    module
        .command("export", "Send your entries as CSV files", export::export)
        .optional("PERIOD", "as for /report; everything if left out")
        .example("/export 2026")
        .command("recurring", "Book rent, salary and the like by themselves", recurring::recurring)
        .optional("add", "how often, expense or income, AMOUNT, CATEGORY, and a note")
        .optional("off", "the number of the one to stop")
        .example("/recurring add monthly 1 expense 900 rent Flat")
        .action("chart", report::picture)
        .action("export", export::export)
        .file_without_caption(Media::Photo, receipt::photo)
        .file(Media::Document, import::document)
        .action("import", import::import)
        .action("import_cancel", import::cancel)
        .action("import_swap", import::swap)
        .action("import_order", import::order)
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
}

/// Budgets, aliases and rates.
fn setting(module: Module) -> Module {
    module
        .command("budget", "Set a budget for a month, or show them", budget::command)
        .optional("CATEGORY", "one word, such as food; all spending together if left out")
        .optional("LIMIT", "how much a month in the default currency, such as 300; off removes it")
        .example("/budget food 300")
        .command("alias", "Book a category as another from now on", categories::command)
        .argument("FROM", "what you write, such as coffee")
        .argument("TO", "what it is booked as, such as food; off removes the alias")
        .example("/alias coffee food")
        .command("rate", "Enter a rate of a currency by hand, or show them", rate::command)
        .optional("CURRENCY", "three letters of ISO 4217, such as USD")
        .optional(
            "RATE",
            "what one of it is worth in the default currency, such as 0.92; auto fetches it",
        )
        .example("/rate USD 0.92")
        .action("budget_new", budget::choose)
        .action("budget_for", budget::ask_limit)
        .action("budget_off", budget::remove)
        .action("alias_new", categories::ask)
        .answer("limit", budget::write_limit)
        .answer("alias", categories::write)
}
