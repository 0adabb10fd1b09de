//! What the host listens for: patterns of sentences about money, strict on purpose.
//!
//! A text that matches reaches no other module, so each pattern spans the whole message, nothing with a
//! question mark books, and a bare number counts only beside a word that means money. `tests/it/phrases.rs`
//! measures them with sentences that must and must not match. [`ROLES`] says what each capture group holds.

/// A sign, code or word of a currency.
macro_rules! sign {
    () => {
        r"(?:(?:us|au|ca|nz|hk|a|c|r|s)?\$|[€£¥₣₹₩₪₴₺₽₫₦₱฿]|(?-i:[A-Z]{3})|eur|usd|gbp|chf|jpy|cad|aud|sek|nok|dkk|pln|czk|s?fr\.|kr|zł|kč|euros?|dollars?|bucks|pounds|quid|francs|franken|yen|rupees)"
    };
}

/// Digits with what may be between them.
macro_rules! number {
    () => {
        r"[0-9](?:[0-9.,'’]*[0-9])?"
    };
}

/// An amount, with or without its currency.
macro_rules! money {
    () => {
        concat!("(?:", sign!(), " ?)?", number!(), "(?: ?", sign!(), ")?")
    };
}

/// An amount that can't be anything else: it has a currency.
macro_rules! sure {
    () => {
        concat!("(?:", sign!(), " ?", number!(), "|", number!(), " ?", sign!(), ")")
    };
}

/// Where a sentence begins and ends.
macro_rules! sentence {
    ($($part:expr),+) => { concat!(r"(?i)^\s*(?:", $($part),+, r")\s*[.!]*\s*$") };
}

/// Who did it, and when.
macro_rules! i_have {
    () => {
        r"(?:(?:i|we)(?:['’]ve|\s+have)?\s+)?(?:just\s+)?"
    };
}

/// What it was for, or where.
macro_rules! tail {
    () => {
        r"(?:\s+((?:at|on|for|to|with|from|by)\s+[^?\n]+?))?"
    };
}

/// Words that name an income.
macro_rules! income {
    () => {
        "salary|wages|paycheck|paycheque|pay|bonus|refund|dividends?|pension|lohn|gehalt|rente|rückerstattung"
    };
}

/// Words that mean money also beside a bare number.
macro_rules! bill {
    () => {
        "rent|miete|uber|taxi|lyft|groceries|electricity|strom|insurance|versicherung|mortgage|netflix|spotify"
    };
}

/// Words that mean money beside a number with two decimals.
macro_rules! treat {
    () => {
        "coffee|kaffee|tea|tee|lunch|mittagessen|dinner|abendessen|breakfast|frühstück|brunch|pizza|burger|sushi|kebab|döner|sandwich|snacks?|bread|brot|bier|beers?|wine|wein|drinks?|food|essen|cake|kuchen|croissant|restaurant|takeaway|supermarket|lebensmittel|fuel|petrol|benzin|parking|cinema|kino|haircut|pharmacy|apotheke|clothes|shoes|schuhe"
    };
}

/// `Expense 25.50 food Pizza`: without the colon only where the amount can't be anything else.
pub(crate) const TYPED_PLAINLY: &str =
    r"(?i)^\s*(expense|income)\s+([0-9]+[.,][0-9]{2}\s+[^?\n]+)$";

/// `spent 12.50 at coop`, `I paid 40 for dinner with anna`, `paid 1200 rent`
pub(crate) const SPENT: &str = sentence!(
    i_have!(),
    r"(?:spent|paid|payed)\s+(",
    money!(),
    r")(?:\s+((?:",
    bill!(),
    "|",
    treat!(),
    r")(?:\s+[^?\n]+?)?))?",
    tail!()
);

/// `paid rent 1200`, `paid anna 40 for dinner`
pub(crate) const PAID: &str = sentence!(
    i_have!(),
    r"(?:paid|payed)\s+(?:for\s+)?(?:(?:my|the|our)\s+)?((?:[^\s?0-9$€£]+\s+){1,3}?)(",
    money!(),
    ")",
    tail!()
);

/// `bought coffee for 3.50`
pub(crate) const BOUGHT: &str = sentence!(
    i_have!(),
    r"(?:bought|ordered)\s+([^?\n]+?)\s+for\s+(",
    money!(),
    ")",
    tail!(),
    r"|(?:ich\s+)?(?:(?:habe?|haben)\s+)?([^?\n]+?)\s+für\s+(",
    money!(),
    r")\s+(?:gekauft|bestellt)"
);

/// `uber ride was 25`, `the new desk cost me 250`
pub(crate) const COST: &str = sentence!(
    r"(?:(?:the|my|our|that)\s+)?(?:([^?\n0-9]+?)\s+cost(?:s?\s+(?:me|us))?\s+(",
    money!(),
    r")|((?:[^\s?0-9]+\s+)?(?:",
    bill!(),
    "|",
    treat!(),
    r")(?:\s+[^\s?0-9]+)?)\s+(?:was|were|war)\s+(",
    money!(),
    r")|([^?\n0-9]+?)\s+was\s+(",
    sure!(),
    "))"
);

/// `coffee 3.50`, `rent 1200`, `12.50 coffee`, `$5 lunch at work`, `haircut 30 EUR`, `salary 3000`
pub(crate) const BRIEF: &str = sentence!(
    "((?:",
    bill!(),
    "|",
    income!(),
    r")(?:\s+[^\s?0-9]+)?)\s+(",
    money!(),
    ")|((?:",
    treat!(),
    r")(?:\s+[^\s?0-9]+){0,2}?)\s+([0-9]+[.,][0-9]{2}|",
    sure!(),
    ")|([0-9]+[.,][0-9]{2})\\s+((?:for\\s+)?(?:",
    treat!(),
    "|",
    bill!(),
    r")(?:\s+[^?\n]+?)?)|(",
    sure!(),
    r")\s+((?:(?:for|on|at)\s+|[^\s?0-9]{3,})[^?\n]*?)|([^\s?0-9]{3,})\s+(",
    sure!(),
    ")"
);

/// `got my salary 3000`, `earned 200 from ebay`, `received 50 USD from mom`
pub(crate) const GOT: &str = sentence!(
    i_have!(),
    r"(?:(?:got|received|earned)\s+(?:paid\s+)?(?:(?:my|the|a|our)\s+)?((?:",
    income!(),
    r")(?:\s+of)?)\s+(",
    money!(),
    ")",
    tail!(),
    r"|(?:got|made|won)\s+(?:paid\s+)?(",
    money!(),
    r")\s+((?:from|for|by|as)\s+[^?\n]+?)|(?:received|earned|got\s+paid)\s+(",
    money!(),
    r")(?:\s+((?:from|for|by|as)\s+[^?\n]+?|(?:",
    income!(),
    ")))?)"
);

/// `12,50 für Kaffee ausgegeben`, `ich habe 40 bei Coop bezahlt`
pub(crate) const AUSGEGEBEN: &str = sentence!(
    r"(?:(?:(?:ich|wir)\s+)?(?:habe?|haben)\s+)?(?:(heute|gerade|gestern)\s+)?(",
    money!(),
    r")(?:\s+((?:für|fuer|bei|beim|im|an)\s+[^?\n]+?))?\s+(?:ausgegeben|bezahlt|gezahlt)"
);

/// `Lohn 3000 erhalten`, `50 Euro von Mama bekommen`
pub(crate) const ERHALTEN: &str = sentence!(
    r"(?:(?:ich\s+)?(?:habe?)\s+)?(?:(?:meinen|mein|den|das)\s+)?(?:(",
    income!(),
    r")\s+(?:von\s+)?(",
    money!(),
    r")|(",
    money!(),
    r")(?:\s+((?:von|für)\s+[^?\n]+?|",
    income!(),
    r"))?)\s+(?:erhalten|bekommen|verdient)"
);

/// `what's my balance`, `balance?`
pub(crate) const ASK_BALANCE: &str = r"(?ix)^\s*(?:
    (?:what(?:['’]?s|\s+is)\s+|show\s+(?:me\s+)?|tell\s+me\s+)?(?:my|our|the)?\s*(?:current\s+)?balance
    |how\s+much\s+(?:money\s+)?(?:do\s+i\s+have|have\s+i\s+got|is\s+left)(?:\s+left)?
    |(?:wie\s+ist\s+|zeig\s+(?:mir\s+)?)?(?:mein(?:en)?\s+)?kontostand
    |wie\s?viel\s+geld\s+habe\s+ich(?:\s+noch)?
    )(?:\s+(?:now|please|bitte))?\s*[?.!]*\s*$";

/// `how much did I spend on food this month`
pub(crate) const ASK_SPENT: &str = r"(?ix)^\s*(?:
    (?:how\s+much|what)\s+(?:money\s+)?(?:did|have)\s+(?:i|we)\s+(?:spen[dt]|pa(?:y|id))(?:\s+([^?\n]+?))?
    |wie\s?viel\s+(?:geld\s+)?hab(?:e|en)?\s+(?:ich|wir)\s+(?:([^?\n]+?)\s+)?(?:ausgegeben|bezahlt)
    )\s*[?.!]*\s*$";

/// `show last entries`
pub(crate) const ASK_LAST: &str = r"(?ix)^\s*(?:
    (?:show|list|see)\s+(?:me\s+)?(?:my\s+|the\s+|our\s+)?(?:last|latest|recent)\s+(?:([0-9]{1,2})\s+)?
        (?:entries|expenses|incomes?|transactions|bookings)
    |(?:my\s+|the\s+)?(?:last|latest|recent)\s+(?:([0-9]{1,2})\s+)?(?:entries|expenses|transactions)
    |(?:zeig\s+(?:mir\s+)?)?(?:die\s+|meine\s+)?letzten?\s+(?:([0-9]{1,2})\s+)?(?:einträge|ausgaben|buchungen)
    )(?:\s+(?:please|bitte))?\s*[?.!]*\s*$";

/// `undo that`
pub(crate) const ASK_UNDO: &str = r"(?ix)^\s*(?:
    undo(?:\s+(?:that|it|this|(?:my\s+|the\s+)?last(?:\s+(?:one|entry|expense|income))?))?
    |rückgängig(?:\s+machen)?
    |(?:das\s+)?(?:letzte\s+)?(?:bitte\s+)?rückgängig\s+machen
    )(?:\s+(?:please|bitte))?\s*[.!]*\s*$";

/// What the groups of each pattern hold: `m` an amount, `w` what it was for, `t` the same or a vendor,
/// with the words that lead to it.
pub(crate) const ROLES: [(&str, &str); 8] = [
    ("spent", "mwt"),
    ("paid", "wmt"),
    ("bought", "wmtwm"),
    ("cost", "wmwmwm"),
    ("brief", "wmwmmtmtwm"),
    ("got", "wmtmtmt"),
    ("ausgegeben", "tmt"),
    ("erhalten", "wmmt"),
];

/// Which category a word belongs to, by the names that receipts and imports use as well. What the user has
/// taught the bot comes before this.
const CATEGORIES: [(&str, &str); 9] = [
    ("groceries", "groceries|grocery|supermarket|lebensmittel"),
    (
        "food",
        concat!(
            "supper|meal|bakery|bäckerei|milk|milch|cheese|käse|ramen|noodles|coffees|teas|pizzas|burgers|bar|pub|café|cafe|restaurants|mittag|znüni|",
            "coffee|kaffee|tea|tee|lunch|mittagessen|dinner|abendessen|breakfast|frühstück|brunch|pizza|burger|sushi|kebab|döner|sandwich|snack|snacks|bread|brot|beer|bier|beers|wine|wein|drink|drinks|food|essen|cake|kuchen|croissant|restaurant|takeaway"
        ),
    ),
    (
        "transport",
        "uber|taxi|cab|lyft|bus|train|zug|tram|metro|subway|flight|flug|fuel|petrol|benzin|gas|parking|parken|toll|ferry|fähre|fahrkarte|sbb",
    ),
    (
        "home",
        "rent|miete|electricity|strom|heating|heizung|mortgage|furniture|möbel|internet|plumber|cleaning",
    ),
    ("insurance", "insurance|versicherung"),
    (
        "health",
        "pharmacy|apotheke|doctor|dentist|zahnarzt|arzt|medicine|medikamente|gym|fitness|haircut|coiffeur",
    ),
    (
        "fun",
        "cinema|kino|movie|movies|concert|konzert|museum|theatre|theater|netflix|spotify|games|party|zoo",
    ),
    ("shopping", "clothes|kleider|shoes|schuhe|shirt|jacket|jacke|jeans|books|bücher"),
    ("salary", "salary|wages|paycheck|paycheque|pay|lohn|gehalt|bonus|pension|rente"),
];

/// Categories of income by word, beside `salary`.
const INCOMES: [(&str, &str); 3] = [
    ("refund", "refund|rückerstattung|cashback"),
    ("interest", "dividend|dividends|interest|zinsen"),
    ("gift", "gift|present|birthday|geschenk"),
];

/// The category that a word in small letters belongs to.
pub(crate) fn category_of(word: &str, is_income: bool) -> Option<&'static str> {
    let (expenses, salary) = CATEGORIES.split_at(CATEGORIES.len() - 1);
    let tables: [&[(&str, &str)]; 2] = if is_income { [salary, &INCOMES] } else { [expenses, &[]] };
    let mut all = tables.into_iter().flatten();
    all.find(|(_, words)| words.split('|').any(|known| known == word)).map(|(name, _)| *name)
}

/// Whether a word in small letters names an income by itself.
pub(crate) fn is_income(word: &str) -> bool {
    word.len() > 3 && category_of(word, true).is_some_and(|name| name != "gift") || word == "pay"
}

/// Whether a text that answers a question is a sentence about another payment.
pub(crate) fn is_sentence(text: &str) -> bool {
    let text = text.to_lowercase();
    let said = ["i ", "we ", "ich ", "wir ", "have ", "just ", "i've ", "i’ve "];
    let mut rest = text.trim().trim_end_matches(['.', '!']);
    while let Some(behind) = said.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = behind.trim_start();
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let has_number = words.iter().take(5).any(is_number);
    let ends = ["ausgegeben", "bezahlt", "gezahlt", "gekauft", "erhalten", "bekommen", "verdient"];
    match *first {
        "spent" | "paid" | "payed" | "got" | "received" | "earned" => has_number,
        "bought" | "ordered" => {
            words.windows(2).any(|two| matches!(two, ["for", price] if is_number(price)))
        }
        _ => ends.contains(last) && words.iter().any(is_number),
    }
}
