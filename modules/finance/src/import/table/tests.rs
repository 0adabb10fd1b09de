//! Files of banks, and our own.

use super::*;

fn rows(text: &str) -> Vec<String> {
    let table = read(text, Currency::new("EUR").unwrap()).unwrap();
    assert_eq!(table.problems, [], "{text}");
    table.rows.iter().map(shown).collect()
}

fn shown(row: &Row) -> String {
    let Row { date, direction, minor, currency, category, note, .. } = row;
    format!("{date} {} {minor} {} {category} {note}", direction.letter(), currency.code())
}

#[test]
fn forms_of_many_banks() {
    for (text, expected) in [
        (
            "date,amount,description\n2026-11-01,-12.50,Coop Basel\n2026-11-02,2500,Salary June\n",
            [
                "2026-11-01 e 1250 EUR groceries Coop Basel",
                "2026-11-02 i 250000 EUR salary Salary June",
            ],
        ),
        (
            "Konto: 123\r\nIBAN;CH12\r\n\r\nDatum;Buchungstext;Belastung;Gutschrift\r\n01.11.2026;\"Coop; Basel\";12.50;\r\n02.11.2026;Lohn;;2'500.00\r\n",
            ["2026-11-01 e 1250 EUR groceries Coop; Basel", "2026-11-02 i 250000 EUR salary Lohn"],
        ),
        (
            "\u{feff}Buchungstag\tVerwendungszweck\tBetrag (CHF)\n1.11.26\tREWE\t-1.012,50\n2.11.26\tGehalt\t2.500\n",
            ["2026-11-01 e 101250 CHF groceries REWE", "2026-11-02 i 250000 CHF salary Gehalt"],
        ),
        (
            "Date,Payee,Memo,Money Out,Money In\n13/11/2026,TESCO,TESCO,1.45,0.00\n14/11/2026,ACME,Pay,,10\n",
            ["2026-11-13 e 145 EUR groceries TESCO", "2026-11-14 i 1000 EUR other ACME Pay"],
        ),
        (
            "Transaction Date,Amount,Currency,Category,Details\n11/13/2026,\"-1,234.50\",USD,Food & Drink,x\n11/14/2026,5.00,USD,,y\n",
            ["2026-11-13 e 123450 USD food-&-drink x", "2026-11-14 i 500 USD other y"],
        ),
        (
            "date,amount,type,note\n2026-11-01,5.00,Expense,a\n2026-11-02,6.00,income,b\n",
            ["2026-11-01 e 500 EUR other a", "2026-11-02 i 600 EUR other b"],
        ),
    ] {
        assert_eq!(rows(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let text = "date;text;amount;currency\n2026-11-01;ok;5,00;\nsoon;x;5,00;\n2026-11-02;\"two\nlines\";abc;\n\
                2026-11-03;zero;0,00;\n2026-11-04;none;;\n2026-11-05;odd;1,00;XYZ\n;;1,00;\n";
    let table = read(text, Currency::new("EUR").unwrap()).unwrap();
    assert_eq!(table.rows.len(), 1);
    let problems: Vec<String> =
        table.problems.iter().map(|(line, reason)| format!("{line}: {reason}")).collect();
    assert_eq!(
        problems,
        [
            "3: “soon” is no date",
            "4: “abc” is no amount",
            "6: the amount is 0",
            "7: there is no amount",
            "8: “XYZ” is no currency",
            "9: there is no date",
        ]
    );
    let doubtful = read("date,amount\n03/04/2026,5.00\n", Currency::new("EUR").unwrap()).unwrap();
    assert!(doubtful.assumed && doubtful.problems.is_empty(), "{:?}", doubtful.problems);
    let text = "date,amount\n03/04/2026,5.00\n13/04/2026,5.00\n04/13/2026,5.00\n";
    let mixed = read(text, Currency::new("EUR").unwrap()).unwrap();
    assert!(mixed.problems[0].1.contains("day or month first"), "{:?}", mixed.problems);
    for none in ["", "a,b\n1,2\n", "date;text\n2026-01-01;x", "PK\u{3}\u{4}\0\0", "amount\n5"] {
        assert!(
            read(none, Currency::new("EUR").unwrap()).unwrap_err().contains("names of the columns")
        );
    }
}

#[test]
fn equal_rows_differ_and_order_does_not_matter() {
    let hashes = |text: &str| -> Vec<u64> {
        let table = read(text, Currency::new("EUR").unwrap()).unwrap();
        table.rows.iter().map(|row| row.hash).collect()
    };
    let one =
        hashes("date,amount,text\n2026-11-02,-5,b\n2026-11-01,-3,coffee\n2026-11-01,-3,coffee\n");
    let other =
        hashes("date,amount,text\n2026-11-01,-3,coffee\n2026-11-01,-3,coffee\n2026-11-02,-5,b\n");
    assert_eq!(one, other);
    assert_ne!(one[0], one[1]);
}

#[test]
fn what_was_reversed_adds_nothing() {
    let header = crate::export::HEADER;
    let text = format!(
        "{header}\r\n1,2026-11-01,10:00,expense,5.00,EUR,food,'=1,\r\n3,2026-11-03,10:00,expense,5.00,EUR,food,'=1,1\r\n\
         2,2026-11-02,23:59,income,7.00,EUR,gift,,\r\n"
    );
    let table = read(&text, Currency::new("EUR").unwrap()).unwrap();
    assert_eq!((table.reversed, table.told_by), (2, ToldBy::Words));
    assert_eq!(table.rows.iter().map(shown).collect::<Vec<_>>(), ["2026-11-02 i 700 EUR gift "]);
    assert_eq!((table.rows[0].minutes, table.rows[0].number), (1439, 2));
}
