//! Finance in plain words, in several currencies, with budgets and corrections: through the real host, with
//! rates from a server that speaks the documented format.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;
use umbrasil_tests::web::{Sink, Step, reply};
use umbrasil_tests::{World, eventually, fixtures::component, with_manifest};

use crate::shown::steady;

const RATES: &str = r#"{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"CHF":0.9432,"GBP":0.88,"JPY":163.25,"USD":1.25}}"#;

/// What a rates service does, by the number of the request.
async fn service(answers: &'static [(u16, &'static str)]) -> Sink {
    let asked = Arc::new(AtomicUsize::new(0));
    Sink::new(move |arrival| {
        assert_eq!(arrival.target, "/v1/latest?base=EUR");
        let count = asked.fetch_add(1, Ordering::SeqCst);
        let (status, body) = answers[count.min(answers.len() - 1)];
        let json = "content-type: application/json\r\n";
        vec![Step::Send(reply(status, json, body.as_bytes()))]
    })
    .await
}

#[tokio::test]
async fn rates_are_fetched_once_and_kept() {
    let service = service(&[(200, RATES), (503, "busy"), (200, "<html>")]).await;
    let world = World::new().await;
    let host = world.start(&[("RATES_BASE_URL", &format!("{}/v1", service.url()))]).await;
    let owner = world.owner();
    owner.say("/income 100 salary").await;
    assert_snapshot!(owner.say("/expense 12.50 USD food coffee").await, @"
    💸 Expense: 12.50 USD · food
    📝 coffee

    Balance: -12.50 USD
    [Undo] [Correct]
    ");
    assert!(service.arrivals().is_empty(), "booking fetches nothing");
    assert_snapshot!(steady(&owner.say("/balance").await), @"
    MONTH
    Income: 100.00 EUR
    Expenses: 0.00 EUR

    -12.50 USD
    ≈ 90.00 EUR in all (as of DATE)

    Balance: 100.00 EUR
    [Report] [Finance]
    ");
    // All users and all later questions share what was fetched, also after a restart.
    let user = world.user();
    user.say("/expense $5 fun").await;
    assert!(user.say("/balance").await.text().contains("≈ -4.00 EUR in all"));
    host.stop().await;
    let host = world.start(&[("RATES_BASE_URL", &format!("{}/v1", service.url()))]).await;
    assert!(owner.say("/balance").await.text().contains("≈ 90.00 EUR in all"));
    assert_eq!(service.arrivals().len(), 1);
    assert_eq!(service.arrivals()[0].method, "GET");
    // The service fails, then talks nonsense, then is gone: the old rates stay, and it is said.
    owner.say("/rates").await;
    assert_snapshot!(steady(&owner.press("Refresh").await), @"
    💱 Rates
    1 USD = 0.8 EUR
    ⚠️ The rates service failed with status 503.
    As of DATE still.
    [Refresh] [Finance]
    ");
    assert_snapshot!(steady(&owner.press("Refresh").await), @"
    💱 Rates
    1 USD = 0.8 EUR
    ⚠️ The rates service gave an answer that makes no sense.
    As of DATE still.
    [Refresh] [Finance]
    ");
    drop(service);
    let gone = owner.press("Refresh").await;
    assert!(gone.text().contains("The rates service can't be reached."), "{gone}");
    assert!(gone.text().contains("As of 2026-11-20 still."), "{gone}");
    assert!(owner.say("/balance").await.text().contains("≈ 90.00 EUR in all (as of 2026-11-20)"));
    assert_snapshot!(steady(&owner.say("/rate USD 0.92").await), @"
    1 USD = 0.92 EUR by hand from now on.

    💱 Rates
    1 USD = 0.92 EUR ✍
    As of DATE.
    ✍ by hand; /rate USD auto goes back.
    [Refresh] [Finance]
    ");
    assert!(owner.say("/balance").await.text().contains("≈ 88.50 EUR in all"));
    assert!(!host.logged().contains("panicked"));
}

#[tokio::test]
async fn without_a_service_everything_else_works() {
    let world = World::new().await;
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _host = world.start(&[("RATES_BASE_URL", &format!("http://{free}"))]).await;
    let owner = world.owner();
    owner.say("/expense 10 USD food").await;
    assert_snapshot!(steady(&owner.say("/balance").await), @"
    MONTH
    Income: 0.00 EUR
    Expenses: 0.00 EUR

    -10.00 USD
    ⚠️ The rates service can't be reached.
    No rate for USD: /rate USD 0.92 enters one.

    Balance: 0.00 EUR
    [Report] [Finance]
    ");
}

#[tokio::test]
async fn plain_words_book_and_vendors_are_learned() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let owner = world.owner();
    for text in [
        "got my salary 3000",
        "uber ride was 25",
        "paid 40 for dinner with anna",
        "12,50 für Kaffee ausgegeben",
    ] {
        owner.say(text).await;
    }
    owner.say("spent 12.50 at acme").await;
    owner.press("Other…").await;
    owner.say("groceries").await;
    owner.say("spent 7 at ACME-1234").await;
    owner.press("Other category").await;
    let corrected = owner.press("food").await;
    assert!(corrected.text().contains("7.00 EUR · groceries\n→ 7.00 EUR · food"), "{corrected}");
    for text in
        ["what's my balance", "how much did I spend on food this month?", "show last entries"]
    {
        owner.say(text).await;
    }
    owner.say("undo").await;
    assert_snapshot!(steady(&owner.transcript().await), @"
    > got my salary 3000

    💰 Income: 3000.00 EUR · salary

    Balance: 3000.00 EUR
    [Undo] [Correct]

    > uber ride was 25

    💸 Expense: 25.00 EUR · transport
    📝 uber ride

    Balance: 2975.00 EUR
    [Undo] [Correct]

    > paid 40 for dinner with anna

    💸 Expense: 40.00 EUR · food
    📝 dinner with anna

    Balance: 2935.00 EUR
    [Undo] [Correct]

    > 12,50 für Kaffee ausgegeben

    💸 Expense: 12.50 EUR · food
    📝 Kaffee

    Balance: 2922.50 EUR
    [Undo] [Correct]

    > spent 12.50 at acme

    Type the category: one word, such as food.
    [Cancel]

    > groceries

    💸 Expense: 12.50 EUR · groceries
    📝 acme
    💡 “acme” is groceries from now on.

    Balance: 2910.00 EUR
    [Undo] [Other category]

    > spent 7 at ACME-1234

    ✏️ Corrected: 7.00 EUR · groceries
    → 7.00 EUR · food
    📝 ACME-1234

    Balance: 2903.00 EUR
    [Undo] [Correct]

    > what's my balance

    MONTH
    Income: 3000.00 EUR
    Expenses: 97.00 EUR

    Balance: 2903.00 EUR
    [Report] [Finance]

    > how much did I spend on food this month?

    💸 This month · food: 59.50 EUR
    [Entries] [Report]

    > show last entries

    🧾 Entries, newest first
    1. DATE -7.00 food · ACME-1234
    2. DATE ↩︎ -7.00 groceries · ACME-1234
    3. DATE -12.50 groceries · acme
    4. DATE -12.50 food · Kaffee
    5. DATE -40.00 food · dinner with anna
    [1] [2] [3] [4] [5]
    [Older ▶] [Finance]

    > undo

    ↩️ Undone: expense of 7.00 EUR · food
    📝 ACME-1234

    Balance: 2910.00 EUR
    ");
    for text in ["ai: spent 5 on food", "I have 2 dogs", "spent 12.50 at coop?"] {
        let answer = owner.say(text).await;
        assert!(
            answer.text().starts_with("I don't know what to do with that."),
            "{text}: {answer}"
        );
    }
    assert!(!host.logged().contains("panicked"));
}

#[tokio::test]
async fn budgets_warn_and_corrections_count_once() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    owner.say("/budget food 100").await;
    owner.say("/expense 50 food").await;
    assert_snapshot!(owner.say("/expense 35 food").await, @"
    💸 Expense: 35.00 EUR · food

    ⚠️ food: 85 % of the budget, 85.00 of 100.00 EUR
    Balance: -85.00 EUR
    [Undo] [Correct]
    ");
    assert_snapshot!(owner.say("/expense 20 food").await, @"
    💸 Expense: 20.00 EUR · food

    🚨 food: 5.00 EUR over the budget of 100.00 (105 %)
    Balance: -105.00 EUR
    [Undo] [Correct]
    ");
    owner.press("Correct").await;
    owner.press("Amount").await;
    assert_snapshot!(owner.say("10").await, @"
    ✏️ Corrected: 20.00 EUR · food
    → 10.00 EUR · food

    Balance: -95.00 EUR
    [Undo] [Correct]
    ");
    assert_snapshot!(steady(&owner.say("/budgets").await), @"
    🎯 Budgets, MONTH
    food
    █████████░  95 %
                95.00 / 100.00
    [Set a budget] [Finance]
    ");
    assert_snapshot!(steady(&owner.say("/last 3").await), @"
    🧾 Entries, newest first
    1. DATE -10.00 food
    2. DATE ↩︎ -20.00 food
    3. DATE -35.00 food
    [1] [2] [3]
    [Older ▶] [Finance]
    ");
    let found = owner.say("/search 35.00").await;
    assert!(found.text().contains("-35.00 food"), "{found}");
    eventually(5, "the total is right", async || {
        owner.say("/balance").await.text().ends_with("Balance: -95.00 EUR").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_wrong_address_of_the_service_stops_the_start() {
    let world = World::new().await;
    let mut host = world.launch(&[("RATES_BASE_URL", "rates dot org")]);
    assert_eq!(host.exit(20).await.code(), Some(78));
    assert!(host.logged().contains("RATES_BASE_URL"), "{}", host.logged());
}

#[tokio::test]
async fn another_module_may_ask_everything_without_a_tap_and_book_nothing() {
    let service = service(&[(200, RATES)]).await;
    let world = World::new().await;
    let table = "name = \"finance\"\ncommands = [\"*\"]\n";
    let manifest = format!(
        "[module]\nname = \"caller\"\nversion = \"1.0.0\"\n[[modules]]\n{table}reason = \"to answer\"\n"
    );
    world.install("caller", &with_manifest(component("caller"), &manifest));
    world.settings(&format!("[[modules.caller.modules]]\n{table}"));
    let _host = world.start(&[("RATES_BASE_URL", &format!("{}/v1", service.url()))]).await;
    let owner = world.owner();
    owner.say("/expense 5 USD food coffee").await;
    for (command, answer) in [
        ("balance", "≈ -4.00 EUR in all"),
        ("spent food today", "5.00 USD"),
        ("last", "-5.00 USD food"),
        ("search coffee", "-5.00 USD food"),
        ("categories", "food · 1 × · 5.00 USD"),
        ("budgets", "None yet."),
        ("rates", "1 USD = 0.8 EUR"),
        ("report", "📊"),
    ] {
        let said = owner.say(&format!("/call finance {command}")).await;
        assert!(said.text().contains(answer), "{command}: {said}");
    }
    // What changes something waits for the owner.
    owner.write("/call finance expense 7 food").await;
    owner.reads("/expense 7 food").await;
    owner.write("/search 7.00").await;
    owner.reads("🔎 7.00\nNothing was found.").await;
}
