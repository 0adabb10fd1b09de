//! Budgets: what may be spent in a month, for a category or in all, and how much of it is gone.
//!
//! They are in the default currency; what was spent in others counts as far as there are rates. An entry
//! that passes 80 % says so once, and every entry beyond the budget does.

use umbrasil_sdk::prelude::*;

use crate::amount::{self, Reading};
use crate::book::{Book, Budget};
use crate::guide;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::rates::{Rates, Wanted};
use crate::record::{Direction, Entry};
use crate::sums::Sums;
use crate::wording;

/// How many blocks a full bar has.
const BLOCKS: i128 = 10;

/// Where the first warning comes, in percent.
const NEARLY: i128 = 80;

/// What a budget of everything is called.
const ALL: &str = "everything";

/// Most bytes of a category that a button can carry.
const ON_A_BUTTON: usize = 28;

/// `/budgets`, and `/budget` without more.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    Ok(view(call, &ledger)?.replace())
}

/// `/budget [CATEGORY] LIMIT`, `/budget CATEGORY off`.
pub(crate) fn command(call: &Call) -> Result<Reply> {
    if call.text().is_empty() {
        return list(call);
    }
    let default = ledger::currency()?;
    let (first, rest) = amount::first_word(call.text());
    // Which of the two is the limit shows only when it is read.
    let (category, limit) = match rest {
        "" => (None, call.text()),
        // `all`, `cup` and `try` are words before they are currencies.
        _ if is_all(first) => (None, rest),
        _ if (first.contains(|c: char| c.is_ascii_digit())
            || Currency::behind(first, default).is_some())
            && amount::take(call.text(), default).is_ok_and(|(.., rest)| rest.is_empty()) =>
        {
            (None, call.text())
        }
        _ => (Some(wording::category(first).map_err(|reason| call.wrong(reason))?), rest),
    };
    change(call, category.as_deref(), limit).map_err(|error| match error.kind() {
        umbrasil_sdk::ErrorKind::Usage => call.wrong(error.text()),
        _ => error,
    })
}

/// The button that asks what the budget is for.
pub(crate) fn choose(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let button = |label: &str, category: &str| Button::new(label, "budget_for").arg(category);
    let reply = Reply::html(
        Html::from("🎯 <b>A budget for what?</b>").text("\nFor another category: /budget food 300"),
    );
    let categories = guide::most_used(call, Direction::Expense, ledger.currency)?;
    let fitting = categories.iter().filter(|category| category.len() <= ON_A_BUTTON);
    let buttons = fitting.map(|category| button(category, category));
    let back = Button::new("Back", "budgets");
    Ok(guide::rows(reply, buttons).row([button("Everything", ""), back]).replace())
}

/// The button of a category: asks for the limit.
pub(crate) fn ask_limit(call: &Call) -> Result<Reply> {
    let category = call.get(0).unwrap_or_default();
    chat::expect("limit", [category])?;
    let name = if category.is_empty() { ALL } else { category };
    let html = Html::from("🎯 How much a month for ").bold(name);
    let mut buttons = vec![Button::new("Back", "budgets")];
    let has = |budget: &Budget| budget.category.as_deref().unwrap_or_default() == category;
    if Book::of(call.user().id)?.budgets.iter().any(has) {
        buttons.push(Button::new("Remove it", "budget_off").arg(category));
    }
    Ok(Reply::html(html.text("? Type the amount, such as 300, or off.")).row(buttons).replace())
}

/// The limit, as the user typed it.
pub(crate) fn write_limit(call: &Call) -> Result<Reply> {
    let category = call.get(0).map(str::to_owned);
    change(call, category.as_deref(), call.text().trim()).or_else(|error| match error.kind() {
        umbrasil_sdk::ErrorKind::Usage => {
            chat::expect("limit", [category.unwrap_or_default()])?;
            Ok(Reply::text(format!("{} Type the amount, such as 300.", error.text()))
                .row([Button::new("Back", "budgets")]))
        }
        _ => Err(error),
    })
}

/// The button that takes a budget away.
pub(crate) fn remove(call: &Call) -> Result<Reply> {
    Ok(change(call, call.get(0), "off")?.replace())
}

fn change(call: &Call, category: Option<&str>, limit: &str) -> Result<Reply> {
    let default = ledger::currency()?;
    let user = call.user().id;
    let mut book = Book::of(user)?;
    // What is booked as another category is counted there.
    let category = category.map(|category| book.resolve(category).to_owned());
    let category = category.as_deref();
    let name = category.unwrap_or(ALL);
    let done = if limit.eq_ignore_ascii_case("off") {
        if !book.forget_budget(category) {
            return Err(Error::usage(format!("There is no budget for {name}.")));
        }
        Html::from("🎯 No budget for ").bold(name).text(" any more.")
    } else {
        let (reading, currency, rest) = amount::take(limit, default).map_err(Error::usage)?;
        if currency != default {
            return Err(Error::usage(format!("Budgets are in {}.", default.code())));
        }
        let minor = match reading {
            Reading::Clear(minor) if rest.is_empty() => minor,
            Reading::Doubtful(_) => {
                return Err(Error::usage(wording::TWO_WAYS));
            }
            Reading::Clear(_) => return Err(Error::usage("A budget is one amount.")),
        };
        let limit = Money::new(minor, default);
        book.budget(category, limit)?;
        Html::from("🎯 Budget for ").bold(name).text(": ").bold(limit).text(" a month.")
    };
    book.keep(user)?;
    let ledger = Ledger::open(call, default)?;
    let html = done.text("\n\n").push(lines(call, &ledger)?);
    Ok(Reply::html(html).row(buttons()))
}

fn view(call: &Call, ledger: &Ledger) -> Result<Reply> {
    let month = ledger.month();
    let html = Html::new().bold(format_args!("🎯 Budgets, {} {}", month.name(), month.year()));
    Ok(Reply::html(html.line().push(lines(call, ledger)?)).row(buttons()))
}

fn buttons() -> [Button; 2] {
    [Button::new("Set a budget", "budget_new"), Button::new("Finance", "home")]
}

/// The budgets with their bars.
fn lines(call: &Call, ledger: &Ledger) -> Result<Html> {
    let (book, default) = (ledger.book(), ledger.currency);
    if book.budgets.is_empty() {
        return Ok(Html::from("None yet. /budget food 300 sets one, /budget 2000 one for all."));
    }
    let (sums, rates) = (ledger.all_sums()?, rates_for(call, ledger, default, Wanted::Fresh)?);
    let mut sorted: Vec<&Budget> = book.budgets.iter().collect();
    sorted.sort_by_key(|budget| (budget.category.is_none(), budget.category.clone()));
    let mut text = String::new();
    let mut missing = Vec::new();
    for Budget { category, limit } in sorted {
        let name = category.as_deref().unwrap_or(ALL);
        if limit.currency != default {
            text.extend([name, "\n", &format!("{limit}: set it in {}\n", default.code())]);
            continue;
        }
        let (spent, unknown) = spent(&sums, category.as_deref(), rates.as_ref(), default)?;
        missing
            .extend(unknown.into_iter().filter(|code| !missing.contains(code)).collect::<Vec<_>>());
        let percent = percent(spent.minor, limit.minor);
        let full = (percent * BLOCKS / 100).clamp(0, BLOCKS);
        let full = usize::try_from(full).unwrap_or(0);
        let bar = ["█".repeat(full), "░".repeat(10 - full.min(10))].concat();
        let mark = if percent >= 100 { " ❗" } else { "" };
        let amounts = format!("{} / {}", spent.plain(), limit.plain());
        let lines = format!("{name}{mark}\n{bar} {percent:>3} %\n{amounts:>26}\n");
        text.push_str(&lines);
    }
    let mut html = Html::new().pre(text.trim_end());
    for currency in missing {
        let code = currency.code();
        html = html.text(format_args!("\nWithout {code}: /rate {code} enters a rate."));
    }
    Ok(html)
}

/// The line about the budget that an entry has just passed, if it has: of several, one that is exceeded, and
/// the category's before that of everything. Costs nothing where there is no budget.
pub(crate) fn warning(call: &Call, ledger: &Ledger, entry: &Entry) -> Result<Option<String>> {
    let concerns = |budget: &&Budget| {
        budget.category.as_ref().is_none_or(|category| *category == entry.category)
    };
    let mut budgets: Vec<&Budget> = ledger.book().budgets.iter().filter(concerns).collect();
    let is_now = ledger.month() == call.at().date().month_of_year();
    let Some(default) = budgets.first().map(|budget| budget.limit.currency) else {
        return Ok(None);
    };
    if entry.direction != Direction::Expense || !is_now {
        return Ok(None);
    }
    budgets.sort_by_key(|budget| budget.category.is_none());
    let (sums, rates) = (ledger.all_sums()?, rates_for(call, ledger, default, Wanted::Kept)?);
    let mut nearly = None;
    for Budget { category, limit } in
        budgets.iter().filter(|budget| budget.limit.currency == default)
    {
        let amount = entry.amount();
        let worth = match &rates {
            Some(rates) => rates.convert(amount),
            None => Some(amount).filter(|money| money.currency == default),
        };
        let Some(worth) = worth else { continue };
        let (spent, _) = spent(&sums, category.as_deref(), rates.as_ref(), default)?;
        let before = percent(spent.minor.saturating_sub(worth.minor), limit.minor);
        let now = percent(spent.minor, limit.minor);
        let what = category.as_deref().unwrap_or(ALL);
        if spent.minor > limit.minor {
            let over = Money::new(spent.minor.saturating_sub(limit.minor), default);
            let limit = limit.plain();
            return Ok(Some(format!("🚨 {what}: {over} over the budget of {limit} ({now} %)")));
        }
        if before < NEARLY && now >= NEARLY || now >= 100 {
            let line = format!("⚠️ {what}: {now} % of the budget, {} of {limit}", spent.plain());
            nearly.get_or_insert(line);
        }
    }
    Ok(nearly)
}

/// Rates, if there are entries in other currencies than the default one.
pub(crate) fn rates_for(
    call: &Call,
    ledger: &Ledger,
    default: Currency,
    wanted: Wanted,
) -> Result<Option<Rates>> {
    let foreign = ledger.balances().iter().any(|money| money.currency != default);
    foreign.then(|| Rates::of(call, default, wanted)).transpose()
}

/// What was spent for a category, or in all, and the currencies that could not be counted.
fn spent(
    sums: &[(Currency, Sums)],
    category: Option<&str>,
    rates: Option<&Rates>,
    default: Currency,
) -> Result<(Money, Vec<Currency>)> {
    let mut amounts = Vec::new();
    for (currency, sums) in sums {
        let minor = match category {
            None => sums.total(Direction::Expense),
            Some(category) => sums.of_category(Direction::Expense, category)?,
        };
        amounts.push(Money::new(minor, *currency));
    }
    if let Some(rates) = rates.filter(|rates| rates.default == default) {
        return Ok(rates.total(&amounts));
    }
    let own = amounts.iter().find(|money| money.currency == default);
    Ok((own.copied().unwrap_or(Money::new(0, default)), Vec::new()))
}

/// Rounded down, so that 100 means all of it.
fn percent(part: i64, whole: i64) -> i128 {
    i128::from(part) * 100 / i128::from(whole.max(1))
}

fn is_all(word: &str) -> bool {
    ["all", "total", ALL].iter().any(|all| word.eq_ignore_ascii_case(all))
}
