//! Budgets, and aliases of categories.

use umbrasil_sdk::http::Response;

use super::{balance_after, host, refused, shown};

#[test]
fn a_budget_warns_at_80_and_from_100_percent() {
    let mut host = host();
    let set = shown(&mut host, "/budget food 100");
    assert_eq!(
        set,
        "🎯 Budget for food: 100.00 EUR a month.\n\nfood\n░░░░░░░░░░   0 %\n             0.00 / 100.00\n[Set a budget] [Finance]"
    );
    let said = |host: &mut umbrasil_sdk::testing::Host, command: &str| {
        let text = host.command(command).unwrap().text();
        let lines: Vec<&str> = text.lines().rev().take(2).collect();
        assert!(lines[0].starts_with("Balance: "), "{text}");
        lines[1].to_owned()
    };
    assert_eq!(said(&mut host, "/expense 79 food"), "");
    assert_eq!(
        said(&mut host, "/expense 1 food"),
        "⚠️ food: 80 % of the budget, 80.00 of 100.00 EUR"
    );
    assert_eq!(said(&mut host, "/expense 1 food"), "", "once is enough");
    assert_eq!(said(&mut host, "/expense 50 fun"), "", "another category");
    assert_eq!(said(&mut host, "/income 50 food"), "", "no expense");
    assert_eq!(
        said(&mut host, "/expense 19 food"),
        "⚠️ food: 100 % of the budget, 100.00 of 100.00 EUR"
    );
    assert_eq!(
        said(&mut host, "/expense 12.50 food"),
        "🚨 food: 12.50 EUR over the budget of 100.00 (112 %)"
    );
    shown(&mut host, "/budget 204");
    assert_eq!(
        said(&mut host, "/expense 1 fun"),
        "⚠️ everything: 80 % of the budget, 163.50 of 204.00 EUR",
        "from 79 % on"
    );
    assert_eq!(
        said(&mut host, "/expense 54 fun"),
        "🚨 everything: 13.50 EUR over the budget of 204.00 (106 %)"
    );
    // What was taken back doesn't count any more, and the next month begins anew.
    shown(&mut host, "/undo");
    let list = shown(&mut host, "/budgets");
    assert!(list.contains("everything\n████████░░  80 %\n           163.50 / 204.00"), "{list}");
    assert!(list.contains("food ❗\n██████████ 112 %\n           112.50 / 100.00"), "{list}");
    host.wait(86_400 * 20);
    assert_eq!(said(&mut host, "/expense 20 food"), "");
    assert!(shown(&mut host, "/budget food off").starts_with("🎯 No budget for food any more."));
    assert!(shown(&mut host, "/budget off").starts_with("🎯 No budget for everything any more."));
    assert!(shown(&mut host, "/budgets").contains("None yet. /budget food 300 sets one"));
}

#[test]
fn an_entry_stays_cheap_with_budgets() {
    let mut host = host();
    shown(&mut host, "/budget food 100");
    shown(&mut host, "/budget 1000");
    shown(&mut host, "/alias coffee food");
    for _ in 0..50 {
        assert_eq!(host.command("/expense 5 coffee").unwrap().calls, 5);
    }
}

#[test]
fn other_currencies_count_as_far_as_there_are_rates() {
    let mut host = host();
    shown(&mut host, "/budget food 100");
    shown(&mut host, "/expense 100 USD food");
    let list = shown(&mut host, "/budgets");
    assert!(
        list.contains("0.00 / 100.00") && list.contains("Without USD: /rate USD enters"),
        "{list}"
    );
    shown(&mut host, "/rate USD 0.9");
    assert!(shown(&mut host, "/budgets").contains("90.00 / 100.00"));
    let warned = shown(&mut host, "/expense 20 USD food");
    assert!(
        warned.contains(
            "\n\n🚨 food: 8.00 EUR over the budget of 100.00 (108 %)\nBalance: -120.00 USD"
        ),
        "{warned}"
    );
    // Booking never waits for the web.
    host.web("GET https://api.frankfurter.dev/v1/latest?base=EUR", Ok(Response::new(200, "{}")));
    shown(&mut host, "/rate USD auto");
    let before = host.requests().len();
    shown(&mut host, "/expense 1 USD food");
    assert_eq!(host.requests().len(), before);
}

#[test]
fn buttons_lead_to_a_budget() {
    let mut host = host();
    shown(&mut host, &format!("/expense 1 {}", "ü".repeat(32)));
    host.action("home", &[]).unwrap();
    host.press("Budgets").unwrap();
    let choose = host.press("Set a budget").unwrap();
    assert!(
        choose
            .to_string()
            .ends_with("[food] [transport] [home]\n[health] [fun]\n[Everything] [Back]"),
        "{choose}"
    );
    assert_eq!(
        host.press("food").unwrap().to_string(),
        "(edited) 🎯 How much a month for food? Type the amount, such as 300, or off.\n[Back]"
    );
    let again = host.say("lots").unwrap().to_string();
    assert_eq!(again, "“lots” is not an amount. Type the amount, such as 300.\n[Back]");
    assert!(host.say("300").unwrap().text().starts_with("🎯 Budget for food: 300.00 EUR a month."));
    host.press("Set a budget").unwrap();
    host.press("food").unwrap();
    assert!(host.press("Remove it").unwrap().text().starts_with("🎯 No budget for food any more."));
    host.press("Set a budget").unwrap();
    host.press("Everything").unwrap();
    assert!(host.say("2000").unwrap().text().starts_with("🎯 Budget for everything: 2000.00 EUR"));
}

#[test]
fn a_wrong_budget_gets_the_usage() {
    let mut host = host();
    let usage = "\nUsage: /budget [CATEGORY] [LIMIT]\nExample: /budget food 300";
    for (command, reason) in [
        ("/budget food", "“food” is not an amount."),
        ("/budget food lots", "“lots” is not an amount."),
        (
            "/budget food -5",
            "An amount has no sign: there is /expense for money spent and /income for money received.",
        ),
        (
            "/budget food 1,000",
            "That can be read in two ways: please write it without separators, as 1000 or 1000.50.",
        ),
        ("/budget food 300 x", "A budget is one amount."),
        ("/budget food 300 USD", "Budgets are in EUR."),
        ("/budget food off", "There is no budget for food."),
    ] {
        assert_eq!(refused(&mut host, command), format!("{reason}{usage}"), "{command}");
    }
    assert_eq!(host.keys().count(), 0);
}

#[test]
fn an_alias_books_what_comes_as_another_category() {
    let mut host = host();
    shown(&mut host, "/expense 2 coffee");
    assert_eq!(
        shown(&mut host, "/alias coffee food"),
        "🏷 coffee is booked as food from now on.\n[Categories] [Finance]"
    );
    assert!(shown(&mut host, "/expense 3 Coffee").starts_with("💸 Expense: 3.00 EUR · food\n"));
    assert!(host.say("12.50 coffee").unwrap().text().starts_with("💸 Expense: 12.50 EUR · food"));
    shown(&mut host, "/income 5 gift");
    assert_eq!(
        shown(&mut host, "/categories"),
        "🏷 Categories, November 2026\n\nExpenses\nfood · 2 × · 15.50 EUR\ncoffee · 1 × · 2.00 EUR\n\nIncome\ngift · 1 × · 5.00 EUR\n\nAliases\ncoffee → food\n[Add an alias] [Finance]"
    );
    assert!(host.command("/alias food coffee").is_err(), "a circle");
    host.press("Add an alias").unwrap();
    assert!(host.say("one").unwrap().text().starts_with("Two words, please."));
    assert!(host.say("<b> → a&b").unwrap().text().contains("<b> is booked as a&b from now on."));
    assert!(
        shown(&mut host, "/alias coffee off").contains("coffee is a category of its own again.")
    );
    assert!(shown(&mut host, "/expense 1 coffee").contains("· coffee"));
    assert!(
        refused(&mut host, "/alias tea off")
            .starts_with("There is no alias “tea”.\nUsage: /alias FROM TO")
    );
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -13.50 EUR");
}

#[test]
fn many_categories_have_pages() {
    let mut host = host();
    assert!(shown(&mut host, "/categories").contains("None yet this month."));
    for index in 0..30 {
        shown(&mut host, &format!("/expense 1 c{index:02}"));
    }
    let first = shown(&mut host, "/categories");
    assert!(
        first.contains("c00 · 1 ×") && first.contains("[▶]") && !first.contains("c12"),
        "{first}"
    );
    host.press("▶").unwrap();
    let last = host.press("▶").unwrap().to_string();
    assert!(last.contains("c29") && last.contains("[◀]\n"), "{last}");
}

#[test]
fn words_that_are_currencies_as_well_are_categories() {
    let mut host = host();
    for (command, name) in [
        ("/budget all 100", "everything"),
        ("/budget cup 50", "cup"),
        ("/budget try 50", "try"),
        ("/budget 2000", "everything"),
        ("/budget EUR 30", "everything"),
        ("/budget 30 eur", "everything"),
    ] {
        let said = shown(&mut host, command);
        assert!(said.starts_with(&format!("🎯 Budget for {name}: ")), "{command}: {said}");
    }
    for foreign in ["/budget USD 50", "/budget 50 USD", "/budget $50", "/budget food 50 USD"] {
        assert!(refused(&mut host, foreign).starts_with("Budgets are in EUR."), "{foreign}");
    }
    assert!(refused(&mut host, "/budget 2 000").starts_with("That can be read in two ways"));
}
