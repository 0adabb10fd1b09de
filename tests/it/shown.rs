//! What people see, without what differs from run to run.

use regex::Regex;

/// Of the modules that come with the host, only finance: so that what lists all modules stays as it is
/// when others change.
pub(crate) const FINANCE_ONLY: [(&str, &str); 4] = [
    ("ENABLE_AI", "false"),
    ("ENABLE_BUSINESS", "false"),
    ("ENABLE_MONITORING", "false"),
    ("ENABLE_VPS", "false"),
];

/// Replaces dates, hashes, durations and sizes by words.
pub(crate) fn steady(text: &impl ToString) -> String {
    let months =
        "January|February|March|April|May|June|July|August|September|October|November|December";
    let short = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
    let volatile = [
        (r"\b\d{4}-\d{2}-\d{2}\b".to_owned(), "DATE"),
        (format!(r"\b(?:{months}) \d{{4}}\b"), "MONTH"),
        (format!(r"\b(?:{short}) \d{{4}}\b"), "MON"),
        (r"\([0-9a-f]{12}\)".to_owned(), "(HASH)"),
        (r"\b[0-9]+\.[0-9] ms".to_owned(), "N ms"),
        (r"\b[0-9]+ MB".to_owned(), "N MB"),
        (r"(?m)^Up: .*$".to_owned(), "Up: TIME"),
        (r"Reference: [0-9a-f]+".to_owned(), "Reference: REF"),
    ];
    volatile.into_iter().fold(text.to_string(), |text, (pattern, word)| {
        Regex::new(&pattern).unwrap().replace_all(&text, word).into_owned()
    })
}
