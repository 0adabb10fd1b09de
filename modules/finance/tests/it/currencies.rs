//! Several currencies in one ledger, and what they are worth together.

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::Host;

use super::{balance_after, host, refused, shown};

const LATEST: &str = "GET https://api.frankfurter.dev/v1/latest?base=EUR";
const ANSWER: &str = r#"{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"CHF":0.9432,"GBP":0.88,"JPY":163.25,"USD":1.09}}"#;

fn served() -> Host {
    let mut host = host();
    host.web(LATEST, Ok(Response::new(200, ANSWER)));
    host
}

#[test]
fn each_currency_has_its_balance_and_all_have_a_total() {
    let mut host = served();
    shown(&mut host, "/income 100 salary");
    assert_eq!(
        shown(&mut host, "/expense $12.50 food coffee"),
        "💸 Expense: 12.50 USD · food\n📝 coffee\n\nBalance: -12.50 USD\n[Undo] [Correct]"
    );
    shown(&mut host, "/expense 1250 JPY food ramen");
    assert_eq!(balance_after(&mut host, "/expense 5 food"), "Balance: 95.00 EUR");
    assert!(host.requests().is_empty(), "booking fetches nothing");
    // 12.50 / 1.09 = 11.4679, 1250 / 163.25 = 7.6570.
    assert_eq!(
        shown(&mut host, "/balance"),
        "November 2026\nIncome: 100.00 EUR\nExpenses: 5.00 EUR\n\n-12.50 USD\n-1250 JPY\n≈ 75.87 EUR in all (as of 2026-11-20)\n\nBalance: 95.00 EUR\n[Report] [Finance]"
    );
    shown(&mut host, "/balance");
    assert_eq!(host.requests().len(), 1, "kept for 12 hours");
    host.wait(12 * 3_600);
    shown(&mut host, "/balance");
    assert_eq!(host.requests().len(), 2);
    let said = host.say("how much did I spend this month?").unwrap().text();
    assert_eq!(
        said,
        "💸 This month:\n5.00 EUR\n12.50 USD\n1250 JPY\n≈ 24.13 EUR in all (as of 2026-11-20)"
    );
    assert!(host.command("/undo").unwrap().text().ends_with("Balance: 100.00 EUR"));
    assert!(host.command("/undo").unwrap().text().ends_with("Balance: 0 JPY"));
}

#[test]
fn old_rates_are_used_and_it_is_said_when_the_service_fails() {
    for (answer, reason) in [
        (Err(HostError::Unavailable("refused".into())), "The rates service can't be reached."),
        (Err(HostError::Timeout), "The rates service can't be reached."),
        (Err(HostError::Denied("no".into())), "Fetching rates is not permitted to this module."),
        (Ok(Response::new(500, "oops")), "The rates service failed with status 500."),
        (Ok(Response::new(404, "{}")), "The rates service has no rates for EUR."),
        (Ok(Response::new(200, "<html>")), "The rates service gave an answer that makes no sense."),
        (
            Ok(Response::new(200, ANSWER.replace("EUR", "USD"))),
            "The rates service gave an answer that makes no sense.",
        ),
        (
            Ok(Response::new(
                200,
                r#"{"base":"EUR","date":"2026-11-21","rates":{"USD":-1,"GBP":"x"}}"#,
            )),
            "The rates service gave an answer that makes no sense.",
        ),
        (
            Ok(Response::new(200, r#"{"base":"EUR","date":"<b>","rates":{"USD":1}}"#)),
            "The rates service gave an answer that makes no sense.",
        ),
    ] {
        let mut host = served();
        host.web(LATEST, answer);
        shown(&mut host, "/expense 109 USD food");
        assert!(
            shown(&mut host, "/balance").contains("≈ -100.00 EUR in all (as of 2026-11-20)\n\nBal")
        );
        host.wait(13 * 3_600);
        let after = shown(&mut host, "/balance");
        let expected =
            format!("≈ -100.00 EUR in all (as of 2026-11-20)\n⚠️ {reason}\n\nBalance: 0.00 EUR");
        assert!(after.contains(&expected), "{after}");
        // It is left alone for a while, unless somebody looks at the rates.
        let again = shown(&mut host, "/balance");
        assert!(again.contains("⚠️ The rates service failed lately."), "{again}");
        assert_eq!(host.requests().len(), 2);
        let rates = shown(&mut host, "/rates");
        assert!(rates.contains(&format!("⚠️ {reason}\nAs of 2026-11-20 still.")), "{rates}");
        assert_eq!(host.requests().len(), 3);
    }
}

#[test]
fn without_any_rate_the_way_out_is_named() {
    let mut host = host();
    shown(&mut host, "/expense 10 USD food");
    assert_eq!(
        shown(&mut host, "/balance"),
        "November 2026\nIncome: 0.00 EUR\nExpenses: 0.00 EUR\n\n-10.00 USD\n⚠️ Fetching rates is not permitted to this module.\nNo rate for USD: /rate USD 0.92 enters one.\n\nBalance: 0.00 EUR\n[Report] [Finance]"
    );
    let rates = shown(&mut host, "/rate");
    assert!(rates.contains("1 USD = ?") && rates.contains("/rate USD 0.92 enters one"), "{rates}");
}

#[test]
fn a_rate_by_hand_wins_until_it_is_taken_back() {
    let mut host = served();
    assert_eq!(
        shown(&mut host, "/rates"),
        "💱 Rates\n1 CHF = 1.06022 EUR\n1 GBP = 1.13636 EUR\n1 JPY = 0.00612557 EUR\n1 USD = 0.917431 EUR\nAs of 2026-11-20.\n[Refresh] [Finance]"
    );
    shown(&mut host, "/expense 100 USD food");
    assert_eq!(
        shown(&mut host, "/rate usd 0,92"),
        "1 USD = 0.92 EUR by hand from now on.\n\n💱 Rates\n1 USD = 0.92 EUR ✍\nAs of 2026-11-20.\n✍ by hand; /rate USD auto goes back.\n[Refresh] [Finance]"
    );
    assert!(shown(&mut host, "/balance").contains("≈ -92.00 EUR in all"));
    // It is theirs alone.
    host.user(222);
    shown(&mut host, "/expense 100 USD food");
    assert!(shown(&mut host, "/balance").contains("≈ -91.74 EUR in all"));
    host.user(111);
    let auto = shown(&mut host, "/rate USD auto");
    assert!(
        auto.starts_with("USD: as fetched from now on.") && auto.contains("0.917431"),
        "{auto}"
    );
    // A dinar has three decimals, and no service knows it.
    shown(&mut host, "/expense 0.234 KWD food");
    shown(&mut host, "/rate KWD 3");
    assert!(shown(&mut host, "/balance").contains("-0.234 KWD\n≈ -92.44 EUR in all"));
    let requests = host.requests().len();
    host.press("Finance").unwrap();
    host.press("Rates").unwrap();
    assert_eq!(host.requests().len(), requests, "they are fresh");
    host.press("Refresh").unwrap();
    assert_eq!(host.requests().len(), requests + 1);
}

#[test]
fn a_total_says_what_it_is_without() {
    let mut host = served();
    shown(&mut host, "/expense 5 food");
    shown(&mut host, "/expense 2 KWD food");
    // Only the default currency is left: that is no total.
    let balance = shown(&mut host, "/balance");
    assert!(balance.contains("\n\n-2.000 KWD\nNo rate for KWD:"), "{balance}");
    shown(&mut host, "/expense 10.90 USD food");
    let balance = shown(&mut host, "/balance");
    assert!(balance.contains("\n≈ -15.00 EUR without KWD (as of 2026-11-20)\n"), "{balance}");
    let rates = shown(&mut host, "/rate KWD 3");
    assert!(rates.contains("✍ by hand; /rate KWD auto goes back."), "{rates}");
}

#[test]
fn a_wrong_rate_gets_the_usage() {
    let mut host = host();
    let usage = "\nUsage: /rate [CURRENCY] [RATE]\nExample: /rate USD 0.92";
    for (command, reason) in [
        ("/rate XYZ 1", "“XYZ” is no currency of ISO 4217."),
        ("/rate <b> 1", "“<b>” is no currency of ISO 4217."),
        ("/rate EUR 1", "EUR is the default currency."),
        ("/rate USD", "How much EUR is one USD?"),
        ("/rate USD 0", "“0” is no rate."),
        ("/rate USD -1", "“-1” is no rate."),
        ("/rate USD much", "“much” is no rate."),
        ("/rate USD 1 2", "A rate is one number."),
    ] {
        assert_eq!(refused(&mut host, command), format!("{reason}{usage}"), "{command}");
    }
    assert_eq!(host.keys().count(), 0);
}

#[test]
fn another_service_can_be_set() {
    let mut host = host().config("RATES_BASE_URL", "http://10.0.0.7:8080/v1/");
    host.web("GET http://10.0.0.7:8080/v1/latest?base=EUR", Ok(Response::new(200, ANSWER)));
    assert!(shown(&mut host, "/rates").contains("As of 2026-11-20."));
}

#[test]
fn the_guide_takes_other_currencies_too() {
    let mut host = host();
    host.action("home", &[]).unwrap();
    host.press("Add Expense").unwrap();
    assert!(host.say("12.50 USD").unwrap().text().starts_with("12.50 USD. What was it for?"));
    host.press("food").unwrap();
    assert!(host.press("Skip").unwrap().text().ends_with("Balance: -12.50 USD"));
}
