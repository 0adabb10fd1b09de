//! Files of banks, each with its own habits.

use super::{host, shown};
use umbrasil_sdk::Media;
use umbrasil_sdk::testing::Host;

fn sent(host: &mut Host) -> String {
    host.file(Media::Document, "bank.csv", "").unwrap().to_string()
}

fn balance(host: &mut Host) -> String {
    shown(host, "/balance")
}

#[test]
fn the_columns_of_many_banks_are_known() {
    for (file, first, second) in [
        (
            "Buchungsdatum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF\n20.11.2026;Coop;;-12.50\n21.11.2026;Lohn;2500;\n",
            "11-20 -12.50 CHF groceries Coop",
            "11-21 2500.00 CHF salary Lohn",
        ),
        (
            "Buchungstag;Buchungstext;Umsatz in EUR\n20.11.2026;REWE;-12,50\n21.11.2026;Gehalt;2.500,00\n",
            "11-20    -12.50 groceries REWE",
            "11-21   2500.00 salary Gehalt",
        ),
        (
            "Buchung;Auftraggeber/Empfänger;Betrag\n20.11.2026;REWE;-12,50\n21.11.2026;Gehalt;2.500,00\n",
            "11-20    -12.50 groceries REWE",
            "11-21   2500.00 salary Gehalt",
        ),
        (
            "IBAN;Booked At;Text;Credit/Debit Amount;Balance;Valuta Date\nCH1;2026-11-20 00:00:00.0;Coop;-12.50;1;2026-11-20\nCH1;2026-11-21 00:00:00.0;Lohn;2500;1;2026-11-21\n",
            "11-20    -12.50 groceries Coop",
            "11-21   2500.00 salary Lohn",
        ),
        (
            "Datum,Name,Status,Währung,Brutto,Gebühr,Netto\n20.11.2026,REWE,Abgeschlossen,EUR,\"-12,50\",\"0,00\",\"-12,50\"\n21.11.2026,Gehalt,Abgeschlossen,EUR,\"2.500,00\",\"-0,35\",\"2.499,65\"\n",
            "11-20    -12.50 groceries REWE",
            "11-21   2499.65 salary Gehalt",
        ),
        (
            "Buchungstag;Beguenstigter/Zahlungspflichtiger;Betrag (€)\n20-Nov-2026;REWE;-12,50\n21 Nov 2026;Gehalt;2.500,00\n",
            "11-20    -12.50 groceries REWE",
            "11-21   2500.00 salary Gehalt",
        ),
        (
            "Buchungsdatum;Zahlungspflichtige*r;Zahlungsempfänger*in;Betrag (€)\n20.11.26;ich;REWE;-12,50\n21.11.26;Gehalt;ich;2.500,00\n",
            "11-20    -12.50 groceries ich RE",
            "11-21   2500.00 salary Gehalt ic",
        ),
        (
            "Abschlussdatum;Beschreibung1;Beschreibung2;Buchungsdatum;Betrag (CHF)\nx;Coop;Basel;2026-11-20;-12.50\nx;Lohn;;2026-11-21;2500\n",
            "11-20 -12.50 CHF groceries Coop",
            "11-21 2500.00 CHF salary Lohn",
        ),
        (
            "Date,Partner Name,Amount\n2026-11-20,Tesco,-$12.50\n2026-11-21,Salary,\"$2,500.00\"\n",
            "11-20 -12.50 USD groceries Tesco",
            "11-21 2500.00 USD salary Salary",
        ),
    ] {
        let shown = sent(&mut host().files(file));
        assert!(shown.contains("2 entries"), "{file}: {shown}");
        assert!(shown.contains(first) && shown.contains(second), "{file}: {shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
}

#[test]
fn the_currency_in_a_header_counts() {
    let mut host = host()
        .config("DEFAULT_CURRENCY", "CHF")
        .files("Datum;Text;Betrag (€)\n01.11.2026;x;-5,00\n");
    assert!(sent(&mut host).contains("Expenses: 5.00 EUR"));
    // Three letters that no money has are none.
    let mut host = host.files("Datum;Text;Betrag;Währung\n01.11.2026;x;-5,00;XYZ\n");
    assert!(sent(&mut host).contains("line 2: “XYZ” is no currency"));
    // A time zone is no currency.
    let mut host = host.files("Date (UTC);Text;Amount\n01.11.2026;x;-5,00\n");
    assert!(sent(&mut host).contains("Expenses: 5.00 CHF"));
}

#[test]
fn what_was_declined_is_left_out_and_fees_are_counted() {
    let mut host = host().files(
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n\
         CARD_PAYMENT,Current,2026-11-01 10:00:00,2026-11-02 10:00:00,Coop,-10.00,0.50,EUR,COMPLETED,1\n\
         CARD_PAYMENT,Current,2026-11-03 10:00:00,,Hotel,-99.00,0.00,EUR,REVERTED,\n\
         CARD_PAYMENT,Current,2026-11-03 10:00:00,,Shop,-98.00,0.00,EUR,PENDING,\n\
         TOPUP,Current,2026-11-04 10:00:00,2026-11-04 10:00:00,Top-up,100.00,1.00,EUR,COMPLETED,1\n\
         FEE,Current,2026-11-05 10:00:00,2026-11-05 10:00:00,Plan,0.00,7.99,EUR,COMPLETED,1\n",
    );
    let told = sent(&mut host);
    assert!(
        told.contains("3 entries") && told.contains("Income: 99.00 EUR\nExpenses: 18.49 EUR"),
        "{told}"
    );
    assert!(told.contains("2 are declined, taken back or pending, left out."), "{told}");
}

#[test]
fn a_credit_cards_signs_can_be_swapped() {
    let mut host = host().files(
        "date,amount,description\n2026-11-01,5.00,tea at Starbucks\n2026-11-02,-7.00,Refund shoes\n2026-11-03,2.00,x\n",
    );
    assert!(sent(&mut host).ends_with("[Import 3 entries] [Cancel]\n[Swap income and expenses]"));
    assert_eq!(
        host.press("Swap income and expenses").unwrap().to_string(),
        "(edited) 📥 bank.csv: 3 entries, with income and expenses swapped.\n\nNothing is saved yet.\n\
         [Import 3 entries] [Cancel]\n[Swap them back]"
    );
    host.press("Swap them back").unwrap();
    host.press("Swap income and expenses").unwrap();
    assert!(host.press("Import 3 entries").unwrap().text().ends_with("Balance: 0.00 EUR"));
    // Each is guessed anew for the way that it went.
    let list = shown(&mut host, "/categories");
    assert!(
        list.contains("food · 1 × · 5.00 EUR") && list.contains("refund · 1 × · 7.00 EUR"),
        "{list}"
    );
}

#[test]
fn open_dates_are_asked_for() {
    let file = "date,amount,text\n03/04/2026,-5.00,a\n05/04/2026,-6.00,b\nsoon,-1.00,c\n";
    let asked = "📥 bank.csv: 2 entries.\nIs 03/04/2026 3 April or 4 March?\n\n⚠️ 1 line can't be read:\n\
                 line 4: “soon” is no date\n\nNothing is saved yet.\n[Day first] [Month first]\n[Cancel]";
    let mut first = host().files(file);
    assert_eq!(sent(&mut first), asked);
    let told = first.press("Day first").unwrap().text();
    assert!(told.contains("2026-04-03 to 2026-04-05"), "{told}");
    first.press("Import 2 entries").unwrap();
    assert!(balance(&mut first).contains("Balance: -11.00 EUR"));
    let mut second = host().files(file);
    sent(&mut second);
    let told = second.press("Month first").unwrap().text();
    assert!(told.contains("2026-03-04 to 2026-05-04"), "{told}");
    assert!(second.press_in(0, "Import 2 entries").unwrap().text().contains("2 entries imported"));
    assert_eq!(second.keys().filter(|key| key.contains("/import/")).count(), 0);
    // The same file again is known, whichever way it is read.
    sent(&mut second);
    assert!(second.press("Month first").unwrap().text().contains("2 are in your ledger already"));
    sent(&mut second);
    let job = String::from_utf8(second.stored("111/import/job").unwrap().to_vec()).unwrap();
    let id = job.split('\t').nth(1).unwrap().to_owned();
    // Nobody can tell what isn't asked yet, and nothing is left to tell afterwards.
    assert!(second.action("import", &[&id, "0"]).unwrap().replies.is_empty());
    assert_eq!(second.press("Cancel").unwrap().text(), "Cancelled. Nothing was imported.");
    assert!(second.action("import_order", &[&id, "d"]).unwrap().replies.is_empty());
    assert!(shown(&mut second, "/balance").contains("Balance: -11.00 EUR"));
}

#[test]
fn wide_characters_are_read() {
    let text = "\u{feff}Datum;Text;Betrag\n01.11.2026;Zürich;-1,00\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        assert!(sent(&mut host().files(bytes)).contains("11-01     -1.00 other Zürich"));
    }
}
