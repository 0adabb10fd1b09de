//! What comes again by itself.

use super::{balance_after, host, refused, shown};

const DAY: u64 = 86_400;

#[test]
fn it_is_listed_booked_and_stopped() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/recurring"),
        "🔁 Nothing recurs yet. Rent, salary and the like are booked by themselves on their day:\n\
         /recurring add monthly 1 expense 900 rent Flat\n[➕ Add] [Finance]"
    );
    assert_eq!(
        shown(&mut host, "/recurring add monthly 1 expense 900 rent Flat <&>"),
        "🔁 -900.00 EUR rent · Flat <&>\nMonthly on day 1, number 1.\nNext: 2026-12-01\n[Stop it] [All]"
    );
    // Today is a Sunday: the first is booked at once.
    assert_eq!(
        shown(&mut host, "/recurring add weekly sun income 20 pocket"),
        "🔁 20.00 EUR pocket\nEvery Sunday, number 2. Booked for today.\nNext: 2026-11-29\n[Stop it] [All]"
    );
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 20.00 EUR");
    assert_eq!(host.tick("recurring").unwrap().to_string(), "", "nothing is due");
    assert_eq!(
        shown(&mut host, "/recurring"),
        "🔁 Recurring\n\n1. -900.00 EUR rent · Flat <&>\nMonthly on day 1, next 2026-12-01\n\n\
         2. 20.00 EUR pocket\nEvery Sunday, next 2026-11-29\n[✖ 1] [✖ 2]\n[➕ Add] [Finance]"
    );
    host.wait(DAY * 9);
    let ticked = "🔁 Booked by itself\n2026-11-29 20.00 EUR pocket\n2026-12-01 -900.00 EUR rent · Flat <&>\n[Finance]";
    assert_eq!(host.tick("recurring").unwrap().to_string(), ticked);
    assert_eq!(host.redeliver().unwrap().to_string(), "", "once");
    assert_eq!(host.tick("recurring").unwrap().to_string(), "");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -860.00 EUR");
    let november = shown(&mut host, "/report november");
    assert!(
        november.contains("Income: 40.00 EUR") && november.contains("2026-11-29 20.00 pocket"),
        "{november}"
    );
    host.command("/recurring").unwrap();
    assert_eq!(
        host.press("✖ 2").unwrap().to_string(),
        "(edited) 🔁 Stopped: 20.00 EUR pocket\nEvery Sunday. What was booked stays.\n[All] [Finance]"
    );
    host.wait(DAY * 31);
    assert_eq!(
        host.tick("recurring").unwrap().to_string(),
        "🔁 Booked by itself\n2027-01-01 -900.00 EUR rent · Flat <&>\n[Finance]"
    );
    assert!(shown(&mut host, "/recurring off 1").starts_with("🔁 Stopped: -900.00 EUR rent"));
    assert_eq!(shown(&mut host, "/recurring off 1"), "🔁 There is no number 1.\n[All]");
    assert_eq!(host.keys().filter(|key| key.starts_with("due/")).count(), 0);
}

#[test]
fn others_are_told_when_they_come_back() {
    let mut host = host();
    host.user(222).command("/recurring add daily expense 3 coffee").unwrap();
    host.wait(DAY * 2);
    // The schedule runs in the owner's chat, who has nothing to do with it.
    assert_eq!(host.user(111).tick("recurring").unwrap().to_string(), "");
    host.wait(DAY);
    host.tick("recurring").unwrap();
    let balance = host.user(222).command("/balance").unwrap().to_string();
    assert!(
        balance.starts_with(
            "🔁 Booked by itself\n2026-11-23 -3.00 EUR coffee\n2026-11-24 -3.00 EUR coffee\n\
             2026-11-25 -3.00 EUR coffee\n\nNovember 2026\n"
        ),
        "{balance}"
    );
    assert!(shown(&mut host, "/balance").starts_with("November 2026\n"), "told once");
    assert!(shown(host.user(111), "/recurring").contains("Nothing recurs"));
}

#[test]
fn a_long_downtime_is_caught_up_with_in_pieces() {
    let mut host = host();
    for user in [111, 222] {
        host.user(user).command("/recurring add daily expense 1 tea").unwrap();
    }
    host.wait(DAY * 300);
    let first = host.user(111).tick("recurring").unwrap().text();
    assert!(first.ends_with("… and 280 before them."), "{first}");
    let balance =
        |host: &mut umbrasil_sdk::testing::Host, user| balance_after_news(host.user(user));
    assert_eq!(balance(&mut host, 111), "Balance: -301.00 EUR");
    assert_eq!(balance(&mut host, 222), "Balance: -101.00 EUR");
    host.user(111).tick("recurring").unwrap();
    host.tick("recurring").unwrap();
    assert_eq!(balance(&mut host, 222), "Balance: -301.00 EUR");
}

fn balance_after_news(host: &mut umbrasil_sdk::testing::Host) -> String {
    host.command("/balance").unwrap().text().lines().last().unwrap().to_owned()
}

#[test]
fn a_new_one_step_by_step() {
    let mut host = host();
    host.command("/recurring").unwrap();
    host.press("➕ Add").unwrap();
    host.press("Monthly").unwrap();
    assert_eq!(
        host.press("Last day").unwrap().to_string(),
        "(edited) 🔁 Monthly on the last day. Type what: expense or income, the amount, the category, and a \
         note if you like.\nExample: expense 900 rent Flat\n[Cancel]"
    );
    assert!(host.say("900 rent").unwrap().text().starts_with("Is it an expense or income?"));
    assert!(
        host.say("income 1.000 rent").unwrap().text().starts_with("That can be read in two ways:")
    );
    assert!(host.say("income 2500").unwrap().text().starts_with("The category is missing."));
    assert!(host.say("income 2500 salary").unwrap().text().contains("Next: 2026-11-30"));
    host.press("All").unwrap();
    host.press("➕ Add").unwrap();
    host.press("Weekly").unwrap();
    host.press("Mon").unwrap();
    assert!(host.press("Cancel").unwrap().text().starts_with("🔁 Recurring"));
    host.press("➕ Add").unwrap();
    assert!(host.press("Daily").unwrap().text().starts_with("🔁 Every day. Type what"));
}

#[test]
fn nonsense_and_too_many() {
    let mut host = host();
    for (command, reason) in [
        ("/recurring now", "“now” is unknown: there are add and off."),
        ("/recurring add", "How often is missing."),
        ("/recurring add hourly 5", "“hourly” is no rhythm"),
        ("/recurring add monthly 40 expense 5 x", "The day of a month is 1 to 31, or last."),
        ("/recurring add daily 5 x", "Is it an expense or income?"),
        ("/recurring add daily expense x", "“x” is not an amount."),
        ("/recurring off", "Which one?"),
    ] {
        let said = refused(&mut host, command);
        assert!(
            said.starts_with(reason) && said.contains("Example: /recurring add"),
            "{command}: {said}"
        );
    }
    for index in 0..40 {
        host.command(&format!("/recurring add monthly 1 expense 5 c{index}")).unwrap();
    }
    assert!(
        refused(&mut host, "/recurring add daily expense 5 x").starts_with("There are 40 already.")
    );
    assert!(shown(&mut host, "/recurring").contains("page 1 of 5"));
    assert!(host.press("▶").unwrap().text().contains("\n\n9. -5.00 EUR c8\n"));
    assert!(host.press("◀").unwrap().text().contains("\n\n1. -5.00 EUR c0\n"));
    let other = host.user(222).action("recurring_off", &["111", "1"]).unwrap();
    assert!(other.replies.is_empty());
}

#[test]
fn who_only_reads_is_told_and_the_news_stay() {
    let mut host = host();
    host.user(222).command("/recurring add daily expense 3 coffee").unwrap();
    host.wait(DAY);
    host.user(111).tick("recurring").unwrap();
    let news = "🔁 Booked by itself\n2026-11-23 -3.00 EUR coffee\n\nNovember 2026\n";
    // As when the AI asks: it may not write.
    let read = host.user(222).called("/balance").unwrap().text();
    assert!(read.starts_with(news) && read.ends_with("Balance: -6.00 EUR"), "{read}");
    assert!(shown(&mut host, "/balance").starts_with(news), "they stayed");
    assert!(shown(&mut host, "/balance").starts_with("November 2026\n"), "told once");
}

#[test]
fn all_that_only_reads_answers_who_may_not_write() {
    let mut host = host();
    shown(&mut host, "/expense 5 USD food coffee");
    for command in [
        "/balance",
        "/report",
        "/spent food last 3 months",
        "/last",
        "/search coffee",
        "/categories",
        "/budgets",
        "/rates",
    ] {
        assert!(!host.called(command).unwrap().text().is_empty(), "{command}");
    }
}

#[test]
fn any_currency_and_aliases_of_later() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/recurring add daily expense 3 USD coffee"),
        "🔁 -3.00 USD coffee\nEvery day, number 1. Booked for today.\nNext: 2026-11-23\n[Stop it] [All]"
    );
    shown(&mut host, "/alias coffee food");
    shown(&mut host, "/budget food 1");
    host.wait(DAY);
    assert_eq!(
        host.tick("recurring").unwrap().text(),
        "🔁 Booked by itself\n2026-11-23 -3.00 USD food"
    );
    assert!(shown(&mut host, "/categories").contains("coffee · 1 × · 3.00 USD"));
    assert!(shown(&mut host, "/recurring").contains("1. -3.00 USD food"));
    let new = shown(&mut host, "/recurring add monthly 1 expense CHF 9 coffee");
    assert!(new.starts_with("🔁 -9.00 CHF food\n"), "{new}");
}

#[test]
fn a_number_is_given_once() {
    let mut host = host();
    shown(&mut host, "/recurring add monthly 1 expense 900 rent");
    host.press("Stop it").unwrap();
    let second = shown(&mut host, "/recurring add yearly 24.12. income 50 gift");
    assert!(second.contains("Yearly on 24 December, number 2.\nNext: 2026-12-24"), "{second}");
    // The button of the first is still on the screen.
    let stale = host.action("recurring_off", &["111", "1"]).unwrap().text();
    assert_eq!(stale, "🔁 There is no number 1.");
    assert!(shown(&mut host, "/recurring").contains("2. 50.00 EUR gift"));
}

#[test]
fn a_full_month_of_one_stops_nobody() {
    let mut host = host();
    host.user(222).command("/recurring add monthly 1 expense 3 coffee").unwrap();
    host.user(111).command("/recurring add monthly 1 expense 5 tea").unwrap();
    host.command("/recurring add monthly 1 expense 999999999999 palace").unwrap();
    host.wait(DAY * 9);
    for index in 0..199 {
        shown(&mut host, &format!("/expense 1 c{index}"));
    }
    shown(&mut host, "/expense 1 other");
    // So much that one more palace is more than a balance can hold.
    let head = String::from_utf8(host.stored("111/head").unwrap().to_vec()).unwrap();
    host.store("111/head", head.replace("EUR:-20000", "EUR:-9223372036854775000"));
    let told = host.tick("recurring").unwrap().text();
    assert!(told.contains("2026-12-01 -5.00 EUR tea\n"), "{told}");
    assert!(told.contains("palace: ⚠️ not booked. "), "{told}");
    assert!(host.user(222).command("/balance").unwrap().text().contains("-3.00 EUR"));
    assert_eq!(host.user(111).tick("recurring").unwrap().to_string(), "", "once");
}
