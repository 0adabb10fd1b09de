//! Receipts as shops print them and as OCR reads them.

use super::*;

fn found(text: &str, default: &str) -> String {
    let today = Date::new(2026, 11, 22).unwrap();
    let Some(found) = read(text, Currency::new(default).unwrap(), today) else {
        return "nothing".into();
    };
    let Receipt { minor, currency, vendor, date } = found;
    let date = date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    format!("{vendor} | {minor} {} | {date}", currency.code())
}

/// What a receipt says, the currency of the deployment, and what is made of it.
const RECEIPTS: [(&str, &str, &str); 28] = [
    // Other decimals than those of the deployment.
    ("RAMEN YA\nTokyo\nTOTAL JPY 1,350\nCASH 2,000", "EUR", "Ramen YA | 1350 JPY | -"),
    ("SOUK\nKWD\nTotal 4.250", "EUR", "Souk | 4250 KWD | -"),
    ("COOP\nTotal CHF 23.40", "JPY", "Coop | 2340 CHF | -"),
    // Swiss.
    (
        "COOP\nFiliale Basel Clarastrasse 4058 Basel\nTel. 061 123 45 67\n\nArtikel Menge Preis Total\nVollmilch 2 1.80 3.60\n\
         Brot 1 4.20 4.20\nKaffee 1 15.60 15.60\nTotal CHF 23.40\nRabatt -2.00\nVISA 23.40\nMWST 2.6% 0.59\n22.11.26 14:03",
        "EUR",
        "Coop | 2340 CHF | 2026-11-22",
    ),
    (
        "MIGROS\nMM Claraplatz\nBananen 2.35\nTOTAL CHF 45.15\nTWINT 45.15\nTotal EUR 46.90\nCumulus 45 Punkte\nDatum 20.11.2026",
        "CHF",
        "Migros | 4515 CHF | 2026-11-20",
    ),
    (
        "Restaurant Krone\nRechnung\n2 Menu 1 52.00\nZwischensumme 52.00\nTotal inkl. MWST CHF 52.00\nBar CHF 100.00\nRückgeld CHF 48.00",
        "CHF",
        // `inkl. MWST` is on the line of the total in Switzerland: the total is the largest sum that is no cash.
        "Restaurant Krone | 5200 CHF | -",
    ),
    (
        "SBB CFF FFS\nBillett Basel-Zürich\nCHF 34.-\n1/2 Klasse 2\n21.11.2026",
        "CHF",
        "SBB CFF FFS | 3400 CHF | 2026-11-21",
    ),
    ("Denner AG\n1'050.00 Gutschein\nTotal Fr. 1'050.00\n", "CHF", "Denner AG | 105000 CHF | -"),
    // German.
    (
        "REWE Markt GmbH\nHauptstr. 5\n79539 Lörrach\nUID Nr.: DE812706034\nEUR\nMILCH 1,19 A\nBROT 2,49 A\n\
         SUMME EUR 3,68\nGeg. Bar EUR 5,00\nRückgeld BAR EUR 1,32\nSteuer % Netto Steuer Brutto\nA= 7,0% 3,44 0,24 3,68\nDatum: 19.11.2026\nUhrzeit: 18:22:10 Uhr",
        "CHF",
        "Rewe Markt GmbH | 368 EUR | 2026-11-19",
    ),
    (
        "dm-drogerie markt\nShampoo 2,95\nSeife 0,95\nSUMME EUR 3,90\nBAR EUR 10,00\nZURÜCK EUR -6,10",
        "EUR",
        "dm-drogerie markt | 390 EUR | -",
    ),
    (
        "EDEKA\nZwischensumme 12,00\nPfand 0,25\nzu zahlen 12,25 €\ngegeben 20,00 €\nWechselgeld 7,75 €",
        "EUR",
        "Edeka | 1225 EUR | -",
    ),
    (
        "Shell Station 0815\nDiesel\n45,32 l x 1,659\nGesamtbetrag\n75,19 EUR\nMwSt 19% 12,01",
        "EUR",
        "Shell Station | 7519 EUR | -",
    ),
    (
        "Bäckerei Müller\n2 Brezel 1,60\nGesamt: 1.234,50 €",
        "EUR",
        "Bäckerei Müller | 123450 EUR | -",
    ),
    (
        "IKEA Lörrach\nBILLY 49,99\nKALLAX 79,99\nTotal 129,98\nBezahlt mit Karte 129,98",
        "EUR",
        "Ikea Lörrach | 12998 EUR | -",
    ),
    // American and British.
    (
        "WALMART\nSAVE MONEY. LIVE BETTER.\n(555) 123-4567\nBREAD 2.48\nMILK 3.12\nSUBTOTAL 5.60\nTAX 1 7.000 % 0.39\nTOTAL 5.99\n\
         CASH TEND 20.00\nCHANGE DUE 14.01\n# ITEMS SOLD 2\n11/20/2026 14:33:02",
        "USD",
        "Walmart | 599 USD | 2026-11-20",
    ),
    (
        "Joe's Diner\nServer: Ann\nBurger $14.50\nSubtotal $14.50\nTax $1.20\nTip $3.00\nGrand Total $18.70\nThank you!",
        "USD",
        "Joe's Diner | 1870 USD | -",
    ),
    (
        "Starbucks Coffee\nLatte 5.25\nTotal 5.25\nVisa 5.25\nChange 0.00",
        "USD",
        "Starbucks Coffee | 525 USD | -",
    ),
    (
        "TESCO\nMilk £1.45\nBALANCE DUE £1.45\nCASH £5.00\nCHANGE £3.55",
        "EUR",
        "Tesco | 145 GBP | -",
    ),
    // French and Italian.
    (
        "Carrefour City\nPain 1,20\nSous-total 1,20\nTVA 5,5% 0,06\nNet à payer 1,20 EUR\nEspèces 2,00\nRendu 0,80",
        "EUR",
        "Carrefour City | 120 EUR | -",
    ),
    (
        "Trattoria da Gino\nPizza 12,00\nTOTALE EURO 12,00\nContanti 20,00\nResto 8,00",
        "EUR",
        "Trattoria da Gino | 1200 EUR | -",
    ),
    // Yen has no decimals.
    ("LAWSON\nOnigiri 150\nTOTAL JPY 1,250\nCASH 2,000", "JPY", "Lawson | 1250 JPY | -"),
    // What OCR makes of it.
    ("C0OP\n~~ -- ..\nT0TAL CHF 23 .40\nV1SA 23.40", "EUR", " | 2340 CHF | -"),
    ("cooP\nTOTAL 5.00", "EUR", "Coop | 500 EUR | -"),
    ("|| . ,\nMIGROS\nTOTA1 CHF 1O.5O\n", "CHF", "Migros | 1050 CHF | -"),
    ("Lidl\nSurnme 8,l0 EUR\nBar 10,00", "EUR", "Lidl | 810 EUR | -"),
    (
        "Kiosk\nZeitung 4. 50\nKaugummi 2.10\nTel 061 999 99.99\nBar 50.00",
        "CHF",
        "Kiosk | 450 CHF | -",
    ),
    // Nothing there.
    ("IMG_2041\nlorem ipsum\n12:30\n22.11.2026", "EUR", "nothing"),
    ("", "EUR", "nothing"),
];

#[test]
fn receipts_of_many_shops() {
    let mut wrong = Vec::new();
    for (text, default, expected) in RECEIPTS {
        let found = found(text, default);
        if found != expected {
            wrong.push(format!("{found}\n  not {expected}\n  in {text:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whatever_is_read_is_no_panic() {
    let odd = [
        "1.",
        ".1",
        "1.-",
        "ß 1.50",
        "total",
        "total\n",
        "1'1'1.00",
        "9999999999999.00",
        "💶 3.50",
        "total 0.00",
        "O.l|",
    ];
    for text in odd {
        let _said = found(text, "EUR");
    }
    assert_eq!(found("💶 3.50", "EUR"), " | 350 EUR | -");
    assert_eq!(found("total 9999999.00", "EUR"), "nothing");
}
