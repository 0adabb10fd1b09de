//! What leaves as CSV.

use super::{host, refused, shown};

fn files(host: &mut umbrasil_sdk::testing::Host, command: &str) -> Vec<(String, String, String)> {
    let outcome = host.command(command).unwrap();
    let text = |content: Vec<u8>| String::from_utf8(content).unwrap();
    outcome
        .documents
        .into_iter()
        .map(|sent| (sent.name, sent.caption, text(sent.content)))
        .collect()
}

#[test]
fn everything_with_reversals_behind_what_they_reverse() {
    let mut host = host();
    assert_eq!(shown(&mut host, "/export"), "📄 There are no entries in your ledger.\n[Finance]");
    for command in [
        "/expense 12.50 food =HYPERLINK(\"x\"), <b>",
        "/income 2500 salary June",
        "/undo",
        "/expense 3 -fun '=1",
        "/expense 1 tea",
    ] {
        host.command(command).unwrap();
    }
    let expected = "number,date,time,type,amount,currency,category,note,reverses\r\n\
        1,2026-11-22,12:00,expense,12.50,EUR,food,\"'=HYPERLINK(\"\"x\"\"), <b>\",\r\n\
        2,2026-11-22,12:00,income,2500.00,EUR,salary,June,\r\n\
        3,2026-11-22,12:00,income,2500.00,EUR,salary,June,2\r\n\
        4,2026-11-22,12:00,expense,3.00,EUR,'-fun,''=1,\r\n\
        5,2026-11-22,12:00,expense,1.00,EUR,tea,,\r\n";
    let caption = "📄 everything: 5 entries".to_owned();
    assert_eq!(files(&mut host, "/export"), [("finance.csv".into(), caption, expected.into())]);
    // The same from the report's button, of its month.
    host.command("/report").unwrap();
    let of_month = host.press("📄 CSV").unwrap();
    assert_eq!(of_month.documents[0].name, "finance-2026-11.csv");
    assert_eq!(of_month.documents[0].content, expected.as_bytes());
    assert_eq!(shown(&mut host, "/export 2025"), "📄 There are no entries in 2025.\n[Finance]");
    assert!(
        refused(&mut host, "/export soon")
            .starts_with("“soon” is no month.\nUsage: /export [PERIOD]")
    );
    // Somebody else's are somebody else's.
    assert!(shown(host.user(222), "/export").contains("no entries"));
}

#[test]
fn a_period_has_its_entries_and_their_later_reversals() {
    let mut host = host();
    host.command("/expense 5 food").unwrap();
    host.wait(86_400 * 30);
    host.command("/expense 7 fun").unwrap();
    host.command("/undo").unwrap();
    host.command("/undo").unwrap();
    let november = &files(&mut host, "/export november")[0];
    assert_eq!(november.1, "📄 November 2026: 2 entries");
    assert!(november.2.ends_with(
        "1,2026-11-22,12:00,expense,5.00,EUR,food,,\r\n4,2026-12-22,12:00,expense,5.00,EUR,food,,1\r\n"
    ), "{}", november.2);
    assert_eq!(files(&mut host, "/export 2026")[0].2.lines().count(), 5);
}
