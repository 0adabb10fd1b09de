//! What the host itself says, as people see it.

use insta::assert_snapshot;
use umbrasil_tests::{World, fixtures};

use crate::shown::{FINANCE_ONLY, steady};

#[tokio::test]
async fn a_message_is_answered_by_a_module() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let answer = world.owner().say("/expense 12.50 food coffee").await;
    assert!(answer.text().ends_with("Balance: -12.50 EUR"), "{answer}");
    let status = host.stop().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn the_start_shows_the_menu() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    assert_snapshot!(owner.say("/start").await, @"
    👋 Hello Olivia!

    I'm UmbraSIL, your private operations bot. Pick something, or see /help.
    [💰 Finance]
    [📊 Status] [❓ Help]
    ");
    assert_snapshot!(owner.say("/start payload-of-a-deep-link").await, @"
    👋 Hello Olivia!

    I'm UmbraSIL, your private operations bot. Pick something, or see /help.
    [💰 Finance]
    [📊 Status] [❓ Help]
    ");
    assert_snapshot!(owner.say("/menu").await, @"
    Menu
    What would you like to do?
    [💰 Finance]
    [📊 Status] [❓ Help]
    ");
    assert_snapshot!(owner.press("💰 Finance").await, @"
    💰 Finance

    Balance: 0.00 EUR
    [Add Expense] [Add Income]
    [Balance] [Report]
    [Entries] [Budgets]
    [Categories] [Rates]
    [Recurring] [Export]
    ");
    assert_eq!(owner.received().await.len(), 3, "the pressed button changes its own message");
}

#[tokio::test]
async fn a_name_is_shown_as_text() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    let update = serde_json::json!({"message": {
        "message_id": 1, "date": 1_790_000_000,
        "from": {"id": owner.id, "is_bot": false, "first_name": "<b>O & O</b>"},
        "chat": {"id": owner.id, "type": "private"}, "text": "/start",
    }});
    world.inject(&update).await;
    let said = owner.wait_for(1).await;
    assert!(said[0].text().starts_with("👋 Hello <b>O & O</b>!"), "{}", said[0]);
}

#[tokio::test]
async fn help_explains_everything() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    assert_snapshot!(owner.say("/help").await, @"
    Commands
    /start: Say hello and show the menu
    /menu: Everything the bot does, as buttons
    /help: All commands; /help NAME explains a module or a command
    /status: How the bot is doing
    /modules: The modules and their versions
    /cancel: Stop what is running or being asked
    /grants: What modules may do; /grants NAME to change it (owners)
    /audit: The last decisions, of all modules or one (owners)
    /logs: What was logged; /logs NAME TEXT to search (owners)
    /secret: Set, list or remove secrets (owners)

    Finance: Your expenses and income, with balance and monthly reports
    /expense: Record money that you spent
    /income: Record money that you received
    /balance: Show your balance, and this month so far
    /report: Show a month or another period by category
    /spent: Show how much you spent, for what and when
    /last: Show your latest entries, to undo or correct them
    /search: Search your entries, newest first
    /categories: Show this month's categories, and aliases
    /budgets: Show what is left of your budgets this month
    /rates: Show what other currencies are worth
    /undo: Reverse your last entry
    /budget: Set a budget for a month, or show them
    /alias: Book a category as another from now on
    /rate: Enter a rate of a currency by hand, or show them
    /export: Send your entries as CSV files
    /recurring: Book rent, salary and the like by themselves
    More: /help finance
    ");
}

#[tokio::test]
async fn help_explains_a_module_and_a_command() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    assert_snapshot!(owner.say("/help finance").await, @"
    Finance
    Your expenses and income, with balance and monthly reports

    /expense AMOUNT CATEGORY [NOTE]
    Record money that you spent
      AMOUNT: how much, such as 12.50, 12,50, $5 or 12.50 USD
      CATEGORY: one word, such as food
      NOTE: what it was for, such as coffee
    Example: /expense 12.50 food coffee

    /income AMOUNT CATEGORY [NOTE]
    Record money that you received
      AMOUNT: how much, such as 2500 or 50 USD
      CATEGORY: one word, such as salary
      NOTE: where it came from, such as June
    Example: /income 2500 salary June

    /balance
    Show your balance, and this month so far
    Example: /balance

    /report [PERIOD]
    Show a month or another period by category
      PERIOD: november, 2026, q3, last 3 months, 2026-01..2026-06, all; this month if left out
    Example: /report last

    /spent [WHAT] [WHEN]
    Show how much you spent, for what and when
      WHAT: a category or a word of the notes, such as food; everything if left out
      WHEN: today, last week, last 10 days, since monday, november, q3 2025; this month if left out
    Example: /spent food last month

    /last [N]
    Show your latest entries, to undo or correct them
      N: how many, 1 to 20; 5 if left out
    Example: /last 10

    /search TEXT [MONTH]
    Search your entries, newest first
      TEXT: words of the category, the note or the amount, such as coffee
      MONTH: 2026-11 or november; all months if left out
    Example: /search coffee november

    /categories
    Show this month's categories, and aliases
    Example: /categories

    /budgets
    Show what is left of your budgets this month
    Example: /budgets

    /rates
    Show what other currencies are worth
    Example: /rates

    /undo
    Reverse your last entry
    Example: /undo

    /budget [CATEGORY] [LIMIT]
    Set a budget for a month, or show them
      CATEGORY: one word, such as food; all spending together if left out
      LIMIT: how much a month in the default currency, such as 300; off removes it
    Example: /budget food 300

    /alias FROM TO
    Book a category as another from now on
      FROM: what you write, such as coffee
      TO: what it is booked as, such as food; off removes the alias
    Example: /alias coffee food

    /rate [CURRENCY] [RATE]
    Enter a rate of a currency by hand, or show them
      CURRENCY: three letters of ISO 4217, such as USD
      RATE: what one of it is worth in the default currency, such as 0.92; auto fetches it
    Example: /rate USD 0.92

    /export [PERIOD]
    Send your entries as CSV files
      PERIOD: as for /report; everything if left out
    Example: /export 2026

    /recurring [add] [off]
    Book rent, salary and the like by themselves
      add: how often, expense or income, AMOUNT, CATEGORY, and a note
      off: the number of the one to stop
    Example: /recurring add monthly 1 expense 900 rent Flat
    ");
    assert_snapshot!(owner.say("/help expense").await, @"
    /expense AMOUNT CATEGORY [NOTE]
    Record money that you spent
      AMOUNT: how much, such as 12.50, 12,50, $5 or 12.50 USD
      CATEGORY: one word, such as food
      NOTE: what it was for, such as coffee
    Example: /expense 12.50 food coffee
    ");
    assert_eq!(owner.say("/help /expense").await.text(), owner.say("/help EXPENSE").await.text());
    assert_snapshot!(owner.say("/help menu").await, @"
    /menu
    Everything the bot does, as buttons.
    ");
    assert_snapshot!(owner.say("/help <b>nothing</b>").await, @"There is no module or command “<b>nothing</b>”. /help lists them all.");
}

#[tokio::test]
async fn status_and_modules_tell_how_it_goes() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    owner.say("/expense 1 food").await;
    owner.say("/expense").await;
    assert_snapshot!(steady(&owner.say("/status").await), @"
    Status
    Up: TIME
    Modules: 1 (finance)
    Updates: 3 handled, 0 from strangers
    Errors: 0
    Response time: N ms on average, N ms at most
    Memory: N MB
    [🔄 Refresh] [📋 Menu]
    ");
    assert_snapshot!(steady(&owner.press("🔄 Refresh").await), @"
    Status
    Up: TIME
    Modules: 1 (finance)
    Updates: 4 handled, 0 from strangers
    Errors: 0
    Response time: N ms on average, N ms at most
    Memory: N MB
    [🔄 Refresh] [📋 Menu]
    ");
    assert_snapshot!(steady(&owner.say("/modules").await), @"
    Modules

    ✅ finance 0.1.0 (HASH)
    Your expenses and income, with balance and monthly reports
    ");
    assert_snapshot!(steady(&world.user().say("/modules").await), @"
    Modules

    ✅ finance 0.1.0 (HASH)
    Your expenses and income, with balance and monthly reports
    ");
}

#[tokio::test]
async fn only_the_owner_sees_why_a_module_is_not_loaded() {
    let world = World::new().await;
    world.install("broken", b"this is no component");
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    let told = owner.wait_for(1).await;
    assert_snapshot!(told[0], @"⚠️ broken.wasm was not loaded: it is not a component: it does not begin like WebAssembly");
    assert_snapshot!(steady(&owner.say("/modules").await), @"
    Modules

    ✅ finance 0.1.0 (HASH)
    Your expenses and income, with balance and monthly reports

    ❌ broken.wasm was not loaded: it is not a component: it does not begin like WebAssembly
    ");
    assert_snapshot!(steady(&world.user().say("/modules").await), @"
    Modules

    ✅ finance 0.1.0 (HASH)
    Your expenses and income, with balance and monthly reports
    ");
}

#[tokio::test]
async fn what_nobody_knows_is_answered_with_help() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    for text in [
        "/nonsense",
        "/start@umbrasil_bot",
        "/EXPENSE",
        "good morning",
        "/",
        "//start",
        "🦀",
        "/module finance",
        "/cancel",
    ] {
        owner.say(text).await;
    }
    assert_snapshot!(owner.transcript().await, @"
    > /nonsense

    I don't know /nonsense. /help lists what I can do.

    > /start@umbrasil_bot

    👋 Hello Olivia!

    I'm UmbraSIL, your private operations bot. Pick something, or see /help.
    [💰 Finance]
    [📊 Status] [❓ Help]

    > /EXPENSE

    Usage: /expense AMOUNT CATEGORY [NOTE]
    Example: /expense 12.50 food coffee

    > good morning

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > /

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > //start

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > 🦀

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > /module finance

    /module is not available in this version.

    > /cancel

    Nothing is running or being asked.
    ");
}

#[tokio::test]
async fn media_and_edits_do_nothing() {
    let world = World::new().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let owner = world.owner();
    owner.upload("document", "notes.txt", b"/expense 1 food", "/expense 2 food").await;
    owner.upload("voice", "notes.ogg", b"/expense 1 food", "/expense 2 food").await;
    owner.wait_for(2).await;
    owner.say("good morning").await;
    let own = owner.history().await.into_iter().rfind(|message| !message.is_of_bot()).unwrap();
    owner.edit(own.id(), "/expense 3 food").await;
    assert_snapshot!(owner.say("/balance").await.text().lines().last().unwrap(), @"Balance: 0.00 EUR");
    let received = owner.received().await;
    assert!(received[0].text().contains("names of the columns"), "{}", received[0]);
    assert_snapshot!(received[1], @"No module takes a voice message yet. /help shows what I can do.");
}

#[tokio::test]
async fn telegram_offers_the_commands_of_the_loaded_modules() {
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let nothing_else = [&[("ENABLE_FINANCE", "false")], &FINANCE_ONLY[..]].concat();
    let _host = world.start(&nothing_else).await;
    let owner = world.owner();
    let commands = umbrasil_tests::eventually(10, "the list of commands", async || {
        let commands = owner.commands().await;
        (!commands.is_empty()).then_some(commands)
    })
    .await;
    assert_snapshot!(commands.join("\n"), @"
    /start: Say hello and show the menu
    /menu: Everything the bot does, as buttons
    /help: All commands; /help NAME explains a module or a command
    /status: How the bot is doing
    /modules: The modules and their versions
    /cancel: Stop what is running or being asked
    /grants: What modules may do; /grants NAME to change it (owners)
    /audit: The last decisions, of all modules or one (owners)
    /logs: What was logged; /logs NAME TEXT to search (owners)
    /secret: Set, list or remove secrets (owners)
    /echo: Says what you say
    /remember: Keeps a text in the storage and in memory
    /recall: Shows what both know
    /count: Adds to a counter that all share
    /race: Reads a number, adds one and writes it
    /buttons: Shows a keyboard
    /ask: Asks for a name
    /photo: Sends a picture
    /file: Sends a file
    /burst: Replies with several messages
    /long: Replies with a long text in emoji and markup
    /badhtml: Replies with broken markup
    /slow: Waits
    /stream: Shows steps, waits between them, and ends
    /storefail: Stores something, then fails
    /stored: Shows the value of a key
    /ambient: Counts environment variables and arguments
    /log: Writes a line of each level
    /panic: Panics
    /version: Says which build this is
    ");
    // A module comes, and its commands with it.
    let component = std::fs::read(world.modules().join("chatty.wasm")).unwrap();
    std::fs::remove_file(world.modules().join("chatty.wasm")).unwrap();
    let left =
        umbrasil_tests::eventually(10, "the commands of the module go with it", async || {
            let commands = owner.commands().await;
            (!commands.iter().any(|line| line.starts_with("/echo"))).then_some(commands)
        })
        .await;
    assert!(left.iter().any(|line| line.starts_with("/start")), "{left:?}");
    world.install("chatty", &component);
    umbrasil_tests::eventually(10, "its commands are back", async || {
        (owner.commands().await == commands).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_module_that_is_switched_off_is_gone_without_a_word_and_comes_back() {
    let world = World::new().await;
    let owner = world.owner();
    let host = world.start(&FINANCE_ONLY).await;
    owner.say("/expense 12.50 food coffee").await;
    host.stop().await;
    let off = [&[("ENABLE_FINANCE", "false")], &FINANCE_ONLY[..]].concat();
    let host = world.start(&off).await;
    assert_snapshot!(owner.say("/balance").await, @"I don't know /balance. /help lists what I can do.");
    assert_eq!(owner.received().await.len(), 2, "nothing but the two answers");
    host.stop().await;
    let _host = world.start(&FINANCE_ONLY).await;
    let balance = owner.say("/balance").await;
    assert!(balance.text().ends_with("Balance: -12.50 EUR"), "{balance}");
}
