//! The finance module in one line each: what people write, and what they read.

use insta::assert_snapshot;
use umbrasil_tests::World;

use crate::shown::steady;

#[tokio::test]
async fn entries_in_one_line() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    for text in [
        "/expense 12.50 food coffee",
        "/income 2500 salary June",
        "expense: 25.50 food Pizza for lunch",
        "Income: 100 gift",
        "/balance",
    ] {
        owner.say(text).await;
    }
    assert_snapshot!(steady(&owner.transcript().await), @"
    > /expense 12.50 food coffee

    💸 Expense: 12.50 EUR · food
    📝 coffee

    Balance: -12.50 EUR
    [Undo] [Correct]

    > /income 2500 salary June

    💰 Income: 2500.00 EUR · salary
    📝 June

    Balance: 2487.50 EUR
    [Undo] [Correct]

    > expense: 25.50 food Pizza for lunch

    💸 Expense: 25.50 EUR · food
    📝 Pizza for lunch

    Balance: 2462.00 EUR
    [Undo] [Correct]

    > Income: 100 gift

    💰 Income: 100.00 EUR · gift

    Balance: 2562.00 EUR
    [Undo] [Correct]

    > /balance

    MONTH
    Income: 2600.00 EUR
    Expenses: 38.00 EUR

    Balance: 2562.00 EUR
    [Report] [Finance]
    ");
}

#[tokio::test]
async fn the_report_adds_up() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    assert_snapshot!(steady(&owner.say("/report").await), @"
    📊 MONTH
    No entries in this month.
    [◀ MON]
    [Finance]
    ");
    for text in
        ["/income 2500 salary June", "/expense 12.50 food coffee", "/expense 37.50 transport"]
    {
        owner.say(text).await;
    }
    let before = owner.received().await.len();
    owner.write("/report").await;
    // The text, and its picture below.
    let received = owner.wait_for(before + 2).await;
    assert!(received[before + 1].text().ends_with("· Net 2450.00 EUR"), "{}", received[before + 1]);
    assert_snapshot!(steady(&received[before]), @"
    📊 MONTH
    Income: 2500.00 EUR
    Expenses: 50.00 EUR
    Net: 2450.00 EUR

    Expenses
    transport 37.50 (75 %)
    ██████████
    food 12.50 (25 %)
    ███

    Income
    salary 2500.00 (100 %)
    ██████████

    3 entries. The latest:
    DATE -37.50 transport
    DATE -12.50 food · coffee
    DATE 2500.00 salary · June
    [◀ MON]
    [📊 Chart] [📄 CSV] [Finance]
    ");
    let other = owner.say("/report last").await;
    assert!(other.text().contains("No entries in this month."), "{other}");
    assert_snapshot!(owner.say("/report never").await, @"
    “never” is no month.
    Usage: /report [PERIOD]
    Example: /report last
    ");
}

#[tokio::test]
async fn what_was_written_can_be_taken_back_once() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    owner.say("/expense 5 food bread").await;
    owner.say("/expense 7 fun cinema").await;
    assert_snapshot!(owner.say("/undo").await, @"
    ↩️ Undone: expense of 7.00 EUR · fun
    📝 cinema

    Balance: -5.00 EUR
    ");
    assert_snapshot!(owner.say("/undo").await, @"
    ↩️ Undone: expense of 5.00 EUR · food
    📝 bread

    Balance: 0.00 EUR
    ");
    assert_snapshot!(owner.say("/undo").await, @"There is nothing to undo.");
    owner.say("/expense 9 home").await;
    // The button belongs to its own entry, and the message changes in place.
    let count = owner.received().await.len();
    assert_snapshot!(owner.press("Undo").await, @"
    ↩️ Undone: expense of 9.00 EUR · home

    Balance: 0.00 EUR
    ");
    assert_eq!(owner.received().await.len(), count);
    assert_snapshot!(owner.say("/undo").await, @"There is nothing to undo.");
}

#[tokio::test]
async fn nonsense_gets_the_usage_and_changes_nothing() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    owner.say("/income 10 gift").await;
    let before = steady(&owner.say("/balance").await);
    for text in [
        "/expense",
        "/expense food",
        "/expense 12.50",
        "/expense -5 food",
        "/expense 0 food",
        "/expense 12.5055 food",
        "/expense 1e3 food",
        "/expense NaN food",
        "/expense 0x10 food",
        "/expense 99999999999999999999 food",
        "/expense 5 kr food",
        "/expense ١٢ food",
        "/income 5",
        "expense:",
        "income: much salary",
    ] {
        let answer = owner.say(text).await;
        assert!(answer.text().contains("Usage: "), "{text}: {answer}");
        assert_eq!(answer.buttons().len(), 0, "{text}: {answer}");
    }
    assert_snapshot!(owner.say("/expense lots food").await, @"
    “lots” is not an amount.
    Usage: /expense AMOUNT CATEGORY [NOTE]
    Example: /expense 12.50 food coffee
    ");
    assert_snapshot!(owner.say("expense: food").await, @"
    “food” is not an amount.
    Usage: expense: AMOUNT CATEGORY [NOTE]
    Example: expense: 25.50 food Pizza for lunch
    ");
    // Three digits behind the point may be thousands: nothing is saved before the tap.
    assert_snapshot!(owner.say("/expense 12.505 food").await, @"
    Did you mean 12505.00 EUR? Nothing is saved yet.
    [Yes, 12505.00] [Cancel]
    ");
    assert_eq!(steady(&owner.say("/balance").await), before);
}

#[tokio::test]
async fn comma_and_point_are_the_same() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let comma = owner.say("/expense 12,50 food coffee").await;
    let point = world.user().say("/expense 12.50 food coffee").await;
    assert_eq!(comma.text(), point.text());
}

#[tokio::test]
async fn a_doubtful_amount_is_asked_back() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let (owner, user) = (world.owner(), world.user());
    assert_snapshot!(owner.say("/expense 1,000.50 travel flight").await, @"
    Did you mean 1000.50 EUR? Nothing is saved yet.
    [Yes, 1000.50] [Cancel]
    ");
    assert_snapshot!(owner.press("Yes, 1000.50").await, @"
    💸 Expense: 1000.50 EUR · travel
    📝 flight

    Balance: -1000.50 EUR
    [Undo] [Correct]
    ");
    assert_snapshot!(user.say("/expense 1.000,50 travel flight").await, @"
    Did you mean 1000.50 EUR? Nothing is saved yet.
    [Yes, 1000.50] [Cancel]
    ");
    let continued = user.press("Yes, 1000.50").await;
    assert!(continued.text().ends_with("Balance: -1000.50 EUR"), "{continued}");
    assert_eq!(user.received().await.len(), 1, "the question became the confirmation");
    // A thousand, or one?
    assert_snapshot!(user.say("/income 1.000 gift").await, @"
    This can be read in two ways. How much do you mean? Nothing is saved yet.
    [1000.00] [1.00]
    [Cancel]
    ");
    assert_snapshot!(user.press("1.00").await, @"
    💰 Income: 1.00 EUR · gift

    Balance: -999.50 EUR
    [Undo] [Correct]
    ");
}

#[tokio::test]
async fn a_confirmation_is_one_message_and_ends_with_the_balance() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    for (index, text) in
        ["/expense 1 food", "/income 2 gift x", "expense: 3 food", "income: 4 gift"]
            .iter()
            .enumerate()
    {
        owner.write(text).await;
        let said = owner.wait_for(index + 1).await;
        let last = said[index].text().lines().last().unwrap();
        assert!(last.starts_with("Balance: ") && last.ends_with(" EUR"), "{text}: {last}");
    }
    // Whatever else was on its way would come before this.
    owner.say("/balance").await;
    assert_eq!(owner.received().await.len(), 5);
}

#[tokio::test]
async fn each_user_has_a_ledger() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let (owner, user) = (world.owner(), world.user());
    let entry = owner.say("/income 100 salary").await;
    assert!(entry.text().ends_with("Balance: 100.00 EUR"), "{entry}");
    assert!(user.say("/balance").await.text().ends_with("Balance: 0.00 EUR"));
    assert!(user.say("/undo").await.text().contains("nothing to undo"));
    // Nor with a button of somebody else.
    let data = entry.button("Undo").unwrap();
    user.press_raw("1", entry.id(), &data).await;
    assert_eq!(world.notices(1).await, ["This entry is somebody else's."]);
    assert!(user.say("/expense 3 food").await.text().ends_with("Balance: -3.00 EUR"));
    assert!(owner.say("/balance").await.text().ends_with("Balance: 100.00 EUR"));
}

#[tokio::test]
async fn markup_in_notes_is_text() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    owner.say("/expense 1 <b>food</b> <img src=x onerror=alert(1)> & <i>so on").await;
    owner.write("/report").await;
    owner.reads("· Net").await;
    assert_snapshot!(steady(&owner.transcript().await), @"
    > /expense 1 <b>food</b> <img src=x onerror=alert(1)> & <i>so on

    💸 Expense: 1.00 EUR · <b>food</b>
    📝 <img src=x onerror=alert(1)> & <i>so on

    Balance: -1.00 EUR
    [Undo] [Correct]

    > /report

    📊 MONTH
    Income: 0.00 EUR
    Expenses: 1.00 EUR
    Net: -1.00 EUR

    Expenses
    <b>food</b> 1.00 (100 %)
    ██████████

    1 entry. The latest:
    DATE -1.00 <b>food</b> · <img src=x onerror=alert(1)> & <i>so on
    [◀ MON]
    [📊 Chart] [📄 CSV] [Finance]

    📊 MONTH · Net -1.00 EUR
    ");
}

#[tokio::test]
async fn the_default_currency_is_a_setting() {
    let world = World::new().await;
    let _host = world.start(&[("DEFAULT_CURRENCY", "chf")]).await;
    assert_snapshot!(world.owner().say("/expense 12.50 CHF food").await, @"
    💸 Expense: 12.50 CHF · food

    Balance: -12.50 CHF
    [Undo] [Correct]
    ");
}
