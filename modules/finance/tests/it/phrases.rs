//! Which sentences are about money, and which are nobody's business. What is heard here reaches no other
//! module.

use super::host;

/// Sentences that book, and what is booked; `?` where the category is asked for.
const BOOKS: [(&str, &str); 65] = [
    ("spent 12.50 at coop", "💸 12.50 EUR · groceries | coop"),
    ("spent 12.50 at acme", "? 12.50 EUR, “acme”"),
    ("Spent 12.50 on groceries at Coop!", "💸 12.50 EUR · groceries | Coop"),
    ("I spent 12,50 on food", "💸 12.50 EUR · food"),
    ("I've just spent €8 for coffee", "💸 8.00 EUR · food | coffee"),
    ("we spent 30 for dinner at Luigi's", "💸 30.00 EUR · food | dinner · Luigi's"),
    ("spent 12.50", "? 12.50 EUR"),
    ("spent $20 on books", "💸 20.00 USD · shopping | books"),
    ("spent 20 USD on books", "💸 20.00 USD · shopping | books"),
    ("spent 20 bucks for parking", "💸 20.00 USD · transport | parking"),
    ("paid 40 for dinner with anna", "💸 40.00 EUR · food | dinner with anna"),
    ("paid 1200 rent", "💸 1200.00 EUR · home | rent"),
    ("paid rent 1200", "💸 1200.00 EUR · home | rent"),
    ("paid the dentist 180", "💸 180.00 EUR · health | dentist"),
    ("paid anna 40 for pizza", "💸 40.00 EUR · food | anna for pizza"),
    ("i paid 5 to Ben", "? 5.00 EUR, “Ben”"),
    ("bought coffee for 3.50", "💸 3.50 EUR · food | coffee"),
    ("bought 2 coffees for 7", "💸 7.00 EUR · food | 2 coffees"),
    ("I bought a jacket for 99.90 at H&M", "💸 99.90 EUR · shopping | jacket · H&M"),
    ("ordered sushi for 24 CHF", "💸 24.00 CHF · food | sushi"),
    ("uber ride was 25", "💸 25.00 EUR · transport | uber ride"),
    ("the uber was 25.", "💸 25.00 EUR · transport | uber"),
    ("my haircut was 30", "💸 30.00 EUR · health | haircut"),
    ("the domain was 12 USD", "? 12.00 USD, “domain”"),
    ("lunch cost 12.50", "💸 12.50 EUR · food | lunch"),
    ("the new desk cost me 250", "? 250.00 EUR, “new desk”"),
    ("coffee 3.50", "💸 3.50 EUR · food | coffee"),
    ("12.50 coffee", "💸 12.50 EUR · food | coffee"),
    ("12,50 Kaffee", "💸 12.50 EUR · food | Kaffee"),
    ("3.50 for coffee", "💸 3.50 EUR · food | coffee"),
    ("4.20 croissant at the station", "💸 4.20 EUR · food | croissant · station"),
    ("rent 1200", "💸 1200.00 EUR · home | rent"),
    ("taxi 18", "💸 18.00 EUR · transport | taxi"),
    ("$5 lunch at work", "💸 5.00 USD · food | lunch · work"),
    ("€30 haircut", "💸 30.00 EUR · health | haircut"),
    ("5 USD coffee", "💸 5.00 USD · food | coffee"),
    ("domain 12 EUR", "? 12.00 EUR, “domain”"),
    ("£9 for the museum", "💸 9.00 GBP · fun | museum"),
    ("got my salary 3000", "💰 3000.00 EUR · salary"),
    ("got a bonus of 500", "💰 500.00 EUR · salary | bonus"),
    ("received my salary 3000 from ACME", "💰 3000.00 EUR · salary | ACME"),
    ("salary 3000", "💰 3000.00 EUR · salary"),
    ("Lohn 3000", "💰 3000.00 EUR · salary | Lohn"),
    ("got a refund of 30 from amazon", "💰 30.00 EUR · refund | amazon"),
    ("earned 200 from ebay", "? 200.00 EUR, “ebay”"),
    ("received 50 USD from mom", "? 50.00 USD, “mom”"),
    ("got 50 from grandma", "? 50.00 EUR, “grandma”"),
    ("got paid 3000", "? 3000.00 EUR"),
    ("earned 200", "? 200.00 EUR"),
    ("received 3000 salary", "💰 3000.00 EUR · salary"),
    ("won 20 from a bet", "? 20.00 EUR, “bet”"),
    ("12,50 für Kaffee ausgegeben", "💸 12.50 EUR · food | Kaffee"),
    ("Ich habe 40 bei Coop ausgegeben", "💸 40.00 EUR · groceries | Coop"),
    ("habe heute 12.50 Franken für Mittagessen bezahlt", "💸 12.50 CHF · food | Mittagessen"),
    ("Kaffee für 3,50 gekauft", "💸 3.50 EUR · food | Kaffee"),
    ("ich habe Brot für 4 Euro gekauft", "💸 4.00 EUR · food | Brot"),
    ("Lohn 3000 erhalten", "💰 3000.00 EUR · salary | Lohn"),
    ("3000 Lohn erhalten", "💰 3000.00 EUR · salary | Lohn"),
    ("50 Euro von Mama bekommen", "? 50.00 EUR, “Mama”"),
    ("spent 7 on coffee yesterday", "💸 7.00 EUR · food | coffee"),
    ("spent 1'000 on rent", "💸 1000.00 EUR · home | rent"),
    ("SPENT 12.50 FOR FOOD", "💸 12.50 EUR · food"),
    ("  spent   5   at   the   bar  ", "💸 5.00 EUR · food | bar"),
    ("spent ¥500 on ramen", "💸 500 JPY · food | ramen"),
    ("paid 12.3 KWD for fuel", "💸 12.300 KWD · transport | fuel"),
];

/// Sentences that nothing here may take, because they are talk, or somebody else's.
const NOT_OURS: [&str; 66] = [
    "ai: how much is 12.50 USD in EUR",
    "ai: spent 12.50 at coop",
    "hello",
    "I have 2 dogs",
    "2 dogs",
    "I bought 2 dogs",
    "got 2 dogs",
    "got it",
    "got 3 apples from anna",
    "I got 5 minutes",
    "spent 5 hours on this bug",
    "spent 2 days in rome",
    "I will spend 12.50 at coop",
    "I haven't spent 12.50",
    "did I spend 12.50 at coop?",
    "spent 12.50 at coop?",
    "should I have paid 40 for dinner?",
    "paid 40 for dinner?",
    "is lunch 12.50?",
    "coffee 3.50?",
    "was the uber 25?",
    "bought coffee for 3.50?",
    "got my salary 3000?",
    "habe ich 12,50 ausgegeben?",
    "paid attention 2 times today",
    "room 101",
    "bus 12",
    "train 12.30",
    "flight LX 318",
    "ticket 4521",
    "version 1.25",
    "ubuntu 24.04",
    "rust 1.95",
    "pi is 3.14",
    "12.30 meeting",
    "7.30 pm",
    "24.12",
    "12.50",
    "1200",
    "the score was 25",
    "my year was 2026",
    "the temperature was 25",
    "the meeting was 45 minutes",
    "the outage cost 2 hours",
    "how much is 12.50 USD in EUR",
    "100 USD to EUR",
    "5 EUR in CHF",
    "3 coffees please",
    "2 coffee",
    "restart n8n 2",
    "cpu 93.50",
    "disk was 80 % full",
    "n8n was restarted 3 times",
    "call me at 12.30",
    "see you at 5",
    "balance the load",
    "the balance sheet is due",
    "work life balance",
    "undo the deploy",
    "undone",
    "last night was great",
    "show last logs",
    "how much memory is left",
    "how much did I sleep",
    "/etc/hosts",
    "expenses: 5 food",
];

#[test]
fn what_is_said_plainly_is_booked() {
    for (text, expected) in BOOKS {
        let mut host = host();
        assert!(host.hears(text), "not heard: {text}");
        let shown = host.say(text).unwrap().text();
        let mut lines = shown.lines();
        let first = lines.next().unwrap_or_default();
        let note = lines.next().and_then(|line| line.strip_prefix("📝 "));
        let found = if let Some(question) = first.strip_suffix(". What was it for?") {
            format!("? {question}")
        } else {
            let entry = first.replace("Expense: ", "").replace("Income: ", "");
            note.map_or(entry.clone(), |note| format!("{entry} | {note}"))
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_not_about_money_is_left_alone() {
    let host = host();
    let heard: Vec<&str> = NOT_OURS.into_iter().filter(|text| host.hears(text)).collect();
    assert!(heard.is_empty(), "{heard:#?}");
}

#[test]
fn questions_are_answered_and_never_book() {
    let mut host = host();
    host.command("/expense 12.50 food coffee").unwrap();
    let before: Vec<String> = host.keys().map(str::to_owned).collect();
    for (text, answer) in [
        ("what's my balance", "Balance: -12.50 EUR"),
        ("What is my balance?", "Balance: -12.50 EUR"),
        ("balance?", "Balance: -12.50 EUR"),
        ("balance", "Balance: -12.50 EUR"),
        ("show me my balance please", "Balance: -12.50 EUR"),
        ("how much money do I have left?", "Balance: -12.50 EUR"),
        ("Kontostand", "Balance: -12.50 EUR"),
        ("wie viel Geld habe ich noch?", "Balance: -12.50 EUR"),
        ("how much did I spend", "💸 This month: 12.50 EUR"),
        ("How much did I spend today?", "💸 Today: 12.50 EUR"),
        ("how much did I spend yesterday", "💸 Yesterday: 0.00 EUR"),
        ("how much did we spend this week?", "💸 This week: 12.50 EUR"),
        ("how much did I spend last week", "💸 Last week: 0.00 EUR"),
        ("how much have I spent last month?", "💸 Last month: 0.00 EUR"),
        ("how much did I spend this year?", "💸 This year: 12.50 EUR"),
        ("how much did I spend on food this month?", "💸 This month · food: 12.50 EUR"),
        ("how much did I spend today on food", "💸 Today · food: 12.50 EUR"),
        ("how much did I spend on food in the last 7 days", "💸 Last 7 days · food: 12.50 EUR"),
        ("how much did I spend last month on food", "💸 Last month · food: 0.00 EUR"),
        ("how much did I spend on coffee", "💸 This month · coffee: 12.50 EUR"),
        ("how much did I spend on coffee in november", "💸 November 2026 · coffee: 12.50 EUR"),
        (
            "how much did I spend on food in the last 3 months?",
            "💸 Sep – Nov 2026 · food: 12.50 EUR",
        ),
        ("what did I spend on coffee this quarter", "💸 Q4 2026 · coffee: 12.50 EUR"),
        ("how much did I spend in q4?", "💸 Q4 2026: 12.50 EUR"),
        ("how much did I spend in 2025", "💸 2025: 0.00 EUR"),
        ("how much did I spend on food in november 2025", "💸 November 2025 · food: 0.00 EUR"),
        ("how much did I spend on food in november 2026", "💸 November 2026 · food: 12.50 EUR"),
        ("how much did I spend in october?", "💸 October 2026: 0.00 EUR"),
        ("what did I spend on <b>?", "💸 This month · <b>: 0.00 EUR"),
        ("how much did I spend so far this month", "💸 So far this month: 12.50 EUR"),
        ("wie viel habe ich heute ausgegeben?", "💸 Heute: 12.50 EUR"),
        ("wieviel habe ich diese woche für food ausgegeben", "💸 Diese Woche · food: 12.50 EUR"),
        ("show last entries", "2026-11-22 -12.50 food · coffee"),
        ("show me my last 3 expenses", "2026-11-22 -12.50 food · coffee"),
        ("zeig mir die letzten Ausgaben", "2026-11-22 -12.50 food · coffee"),
    ] {
        let shown = host.say(text).unwrap().text();
        assert!(shown.contains(answer), "{text}: {shown}");
        assert_eq!(host.keys().collect::<Vec<_>>(), before, "{text}");
    }
    assert!(host.say("undo that").unwrap().text().starts_with("↩️ Undone: expense of 12.50 EUR"));
    assert_eq!(host.say("Undo").unwrap().text(), "There is nothing to undo.");
    assert_eq!(host.say("rückgängig").unwrap().text(), "There is nothing to undo.");
}
