use secrecy::SecretString;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

const ALL: Query<'_> = Query {
    source: None,
    least: Level::DEBUG,
    module: None,
    filter: "",
    before: None,
    limit: RECORDS,
};

fn record(text: &str) -> Record {
    let (source, level, module) = (Source::Host, Level::INFO, None);
    Record { number: 0, at_ms: 0, source, level, module, text: text.to_owned() }
}

fn kept(ring: &Ring, query: &Query<'_>) -> Vec<u64> {
    let records: Vec<_> = ring.records.iter().rev().cloned().collect();
    query.select(&records).iter().map(|record| record.number).collect()
}

/// What these events leave in the ring of the process, of those that hold `mark`; the newest first.
fn logged(mark: &str, events: impl FnOnce()) -> Vec<Record> {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Keep), events);
    read(&Query { filter: mark, ..ALL })
}

#[test]
fn the_oldest_make_room_by_number_and_by_bytes() {
    let mut ring = Ring::new();
    for _ in 0..RECORDS + 5 {
        ring.push(record("x"));
    }
    let numbers = kept(&ring, &ALL);
    assert_eq!((numbers.len(), numbers[0], numbers[RECORDS - 1]), (RECORDS, 2_005, 6));

    let long = "x".repeat(TEXT);
    for _ in 0..RECORDS {
        ring.push(record(&long));
    }
    assert!(ring.bytes <= BYTES && ring.bytes > BYTES - 2 * TEXT, "{}", ring.bytes);
    let held: usize = ring.records.iter().map(|record| record.size()).sum();
    assert_eq!(held, ring.bytes);
    assert_eq!(kept(&ring, &ALL)[0], 4_005);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let mut ring = Ring::new();
    for _ in 0..50 {
        ring.push(record("x"));
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = kept(&ring, &Query { before, limit: 15, ..ALL });
        let Some(last) = page.last() else { break };
        before = Some(*last);
        seen.extend(page);
        // What is logged meanwhile shifts nothing.
        ring.push(record("later"));
    }
    assert_eq!(seen, (1..=50).rev().collect::<Vec<u64>>());
}

#[test]
fn a_query_is_for_a_source_a_level_a_module_and_a_part_of_the_text() {
    let mut ring = Ring::new();
    ring.push(Record { level: Level::WARN, ..record("Käse") });
    ring.push(Record {
        source: Source::Modules,
        module: Some("finance".to_owned()),
        ..record("saved")
    });
    ring.push(Record { level: Level::DEBUG, ..record("saved") });
    ring.push(Record { level: Level::ERROR, module: Some("finance".to_owned()), ..record("lost") });
    for (query, numbers) in [
        (ALL, vec![4, 3, 2, 1]),
        (Query { least: Level::INFO, ..ALL }, vec![4, 2, 1]),
        (Query { least: Level::ERROR, ..ALL }, vec![4]),
        (Query { source: Some(Source::Host), ..ALL }, vec![4, 3, 1]),
        (Query { source: Some(Source::Modules), ..ALL }, vec![2]),
        (Query { module: Some("finance"), ..ALL }, vec![4, 2]),
        (Query { module: Some("fin"), ..ALL }, vec![]),
        (Query { filter: "SAVED", ..ALL }, vec![3, 2]),
        (Query { filter: "kÄs", ..ALL }, vec![1]),
        (Query { before: Some(3), limit: 1, ..ALL }, vec![2]),
        (Query { before: Some(0), ..ALL }, vec![]),
        (Query { limit: 0, ..ALL }, vec![]),
    ] {
        assert_eq!(kept(&ring, &query), numbers, "{query:?}");
    }
}

#[test]
fn a_record_is_its_message_and_what_belongs_to_it() {
    let inner = std::io::Error::other("the disk is full");
    let records = logged("mark-1", || {
        tracing::info!(count = 3, name = "a b", plain = "ab", "mark-1 first");
        tracing::warn!(target: "module", module = "finance", event = "7", "mark-1 \u{1b}[31m\nred");
        tracing::trace!(
            module = "finance",
            error = &inner as &dyn std::error::Error,
            "mark-1 last"
        );
    });
    let shown: Vec<String> = records
        .iter()
        .rev()
        .map(|Record { source, level, module, text, .. }| {
            format!("{} {level} {} {text}", source.word(), module.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "host INFO - mark-1 first count=3 name=\"a b\" plain=ab",
            "modules WARN finance mark-1 \\u{1b}[31m\\nred",
            "host DEBUG finance mark-1 last error=\"the disk is full\"",
        ]
    );
    assert!(records.windows(2).all(|pair| pair[0].number > pair[1].number));
}

/// In the text, in a field, across the place where a text is cut, and if it became one later.
#[test]
fn a_secret_is_in_no_record() {
    let secret = "mark-2-CANARY-Σ-9f8e7d6c";
    let early = "early-mark-2-CANARY";
    crate::telemetry::redact::add_fixed([SecretString::from(secret.to_owned())]);
    let across = "y".repeat(TEXT - 10);
    let records = logged("mark-2", || {
        tracing::info!("mark-2 one {secret}");
        tracing::info!(token = secret, "mark-2 two");
        tracing::info!(token = ?Some(secret), "mark-2 three");
        tracing::info!("mark-2 four {across}{secret}");
        tracing::info!("mark-2 five {early}");
    });
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| !record.text.contains("CANARY-Σ")), "{records:?}");
    assert!(records.iter().skip(1).all(|record| !record.text.contains("9f8e")), "{records:?}");
    assert_eq!(records[4].text, "mark-2 one [redacted]");
    assert_eq!(records[3].text, "mark-2 two token=[redacted]");
    assert!(records[1].text.len() <= TEXT && records[1].text.ends_with('…'));
    assert!(records[0].text.contains(early));
    crate::telemetry::redact::add_fixed([SecretString::from(early.to_owned())]);
    let later = read(&Query { filter: "mark-2 five", ..ALL });
    assert_eq!(later[0].text, "mark-2 five [redacted]");
}
