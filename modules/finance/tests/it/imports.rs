//! What comes in as CSV.

use super::host;
use umbrasil_sdk::Media;
use umbrasil_sdk::testing::{self, Host};

const BANK: &str = "Datum;Buchungstext;Belastung;Gutschrift\n01.11.2026;Coop <Basel> & co;12.50;\n\
    02.11.2026;Lohn;;2500.00\n31.10.2026;Kaffee;3.00;\n31.10.2026;Kaffee;3.00;\nsoon;x;1;\n";

fn sent(host: &mut Host, name: &str) -> String {
    host.file(Media::Document, name, "").unwrap().to_string()
}

fn balance(host: &mut Host) -> String {
    host.command("/balance").unwrap().text().lines().last().unwrap().to_owned()
}

#[test]
fn a_bank_file_is_shown_and_then_booked_once() {
    let mut host = host().files(BANK);
    assert_eq!(
        sent(&mut host, "konto.csv"),
        "📥 konto.csv: 4 entries\n2026-10-31 to 2026-11-02\nIncome: 2500.00 EUR\nExpenses: 18.50 EUR\n\n\
         10-31     -3.00 other Kaffee\n10-31     -3.00 other Kaffee\n11-01    -12.50 groceries Coop <Ba\n\
         11-02   2500.00 salary Lohn\n\n⚠️ 1 line can't be read:\nline 6: “soon” is no date\n\n\
         Nothing is saved yet.\n[Import 4 entries] [Cancel]"
    );
    assert_eq!(balance(&mut host), "Balance: 0.00 EUR");
    assert_eq!(
        host.press("Import 4 entries").unwrap().to_string(),
        "(edited) 📥 konto.csv: 4 entries imported.\n\nBalance: 2481.50 EUR\n[Report] [Finance]"
    );
    let again = "(This import is done, or no longer open. Nothing was booked twice.)";
    assert_eq!(host.redeliver().unwrap().to_string(), again);
    // Each counts in its own month, and nothing is left behind.
    let october = host.command("/report october").unwrap().text();
    assert!(
        october.contains("Expenses: 6.00 EUR")
            && october.contains("2026-10-31 -3.00 other · Kaffee"),
        "{october}"
    );
    assert!(!host.keys().any(|key| key.contains("/import/")));
    // The same file again, with one more of the same coffee.
    let again = sent(&mut host, "konto.csv");
    assert!(
        again.contains("0 entries") && again.contains("4 are in your ledger already"),
        "{again}"
    );
    assert!(again.contains("There is nothing to import.\n[Finance]"), "{again}");
    let mut host = host.files(format!("{BANK}31.10.2026;Kaffee;3.00;\n"));
    assert!(sent(&mut host, "konto.csv").starts_with("📥 konto.csv: 1 entry\n"));
    host.press("Import 1 entry").unwrap();
    assert_eq!(balance(&mut host), "Balance: 2478.50 EUR");
    host.command("/undo").unwrap();
    assert_eq!(balance(&mut host), "Balance: 2481.50 EUR");
}

#[test]
fn it_can_be_cancelled_and_replaced_and_is_nobody_elses() {
    let mut host = host().files(BANK);
    sent(&mut host, "a.csv");
    sent(&mut host, "b.csv");
    assert!(host.press_in(0, "Import 4 entries").unwrap().to_string().contains("no longer open"));
    let button = ("import", "1");
    assert!(
        host.user(222).action(button.0, &["00000000", button.1]).unwrap().to_string().is_empty()
    );
    host.user(111);
    assert_eq!(
        host.press("Cancel").unwrap().to_string(),
        "(edited) Cancelled. Nothing was imported.\n[Finance]"
    );
    assert_eq!(host.keys().count(), 0);
    assert!(host.action("import_cancel", &["00000000"]).unwrap().replies.is_empty());
}

#[test]
fn a_list_without_signs_can_be_expenses() {
    let mut host =
        host().files("date,amount,description\n2026-11-01,5.00,tea\n2026-11-02,7.00,cake\n");
    assert!(
        sent(&mut host, "list.csv")
            .ends_with("[Import 2 entries] [Cancel]\n[They are all expenses]")
    );
    assert_eq!(
        host.press("They are all expenses").unwrap().to_string(),
        "(edited) 📥 list.csv: 2 entries, all of them expenses.\n\nNothing is saved yet.\n\
         [Import 2 entries] [Cancel]\n[They are all income]"
    );
    assert!(host.press("Import 2 entries").unwrap().text().ends_with("Balance: -12.00 EUR"));
}

#[test]
fn what_was_exported_comes_back_as_it_was() {
    let mut first = host();
    for command in [
        "/expense 12.50 food =1+1 \"x\", y",
        "/income 2500 salary '-",
        "/expense 4 fun",
        "/undo",
        "/expense 1 tea",
    ] {
        first.command(command).unwrap();
        first.wait(86_400 * 9);
    }
    let file = first.command("/export").unwrap().documents.remove(0).content;
    // The same ledger knows all of it.
    let mut first = first.files(&file);
    let own = sent(&mut first, "finance.csv");
    assert!(
        own.contains("3 are in your ledger already") && own.contains("2 are reversed"),
        "{own}"
    );
    // Another one gets the same balance and reports.
    let mut second = host().files(&file);
    second.wait(86_400 * 45);
    sent(&mut second, "finance.csv");
    second.press("Import 3 entries").unwrap();
    assert_eq!(balance(&mut second), balance(&mut first));
    for month in ["november", "december", "2026"] {
        let report = |host: &mut Host| host.command(&format!("/report {month}")).unwrap().text();
        let (one, other) = (report(&mut first), report(&mut second));
        assert_eq!(one, other, "{month}");
    }
}

#[test]
fn aliases_name_what_is_imported() {
    let mut host = host().files("date,amount,text,category\n2026-11-01,-5.00,x,coffee\n");
    host.command("/alias coffee food").unwrap();
    assert!(sent(&mut host, "a.csv").contains("11-01     -5.00 food x"));
    host.press("Import 1 entry").unwrap();
    assert!(host.command("/categories").unwrap().text().contains("food · 1 × · 5.00 EUR"));
    assert!(sent(&mut host, "a.csv").contains("1 is in your ledger already"));
}

#[test]
fn other_files_are_told_what_can_be_read() {
    let mut host = host().files("PK\u{3}\u{4}");
    let told = sent(&mut host, "book.xlsx");
    assert!(told.contains("I can read two kinds of files"), "{told}");
    let refused = testing::error(host.file(Media::Document, "book.csv", "")).to_string();
    assert!(refused.contains("names of the columns"), "{refused}");
    let denied = testing::error(super::host().file(Media::Document, "a.csv", "")).to_string();
    assert!(denied.contains("Not permitted"), "{denied}");
    assert_eq!(host.keys().count(), 0);
    // Latin-1, as old banks have it.
    let mut host = host.files(b"Datum;Text;Betrag\n01.11.2026;Z\xfcrich;-1,00\n");
    assert!(sent(&mut host, "alt.CSV").contains("11-01     -1.00 other Zürich"));
}
