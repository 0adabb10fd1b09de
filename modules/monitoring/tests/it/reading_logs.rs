//! The log view.

use umbrasil_sdk::logs::{Entry, Level};
use umbrasil_sdk::testing::{Container, Host};

use super::{bare, host};

fn entry(number: u64, level: Level, module: Option<&str>, text: &str) -> Entry {
    let unix_ms = 1_795_348_800_000 + number * 1_000;
    Entry { number, unix_ms, level, module: module.map(str::to_owned), text: text.to_owned() }
}

fn logged() -> Host {
    let mut entries: Vec<Entry> =
        (0..40).map(|number| entry(number, Level::Info, None, &format!("line {number}"))).collect();
    entries.push(entry(40, Level::Debug, None, "chatter"));
    entries.push(entry(41, Level::Error, None, "the disk <b>&</b> is full\nreally"));
    entries.push(entry(42, Level::Warn, Some("finance"), "odd"));
    host().logs(entries)
}

fn open(host: &mut Host, source: &str) -> String {
    host.action("home", &[]).unwrap();
    host.press("🗒 Logs").unwrap();
    host.press(source).unwrap().to_string()
}

#[test]
fn the_host_page_by_page() {
    let mut host = logged();
    let first = open(&mut host, "Host");
    assert!(first.starts_with("(edited) 🗒 Logs · host\n12:00:26 I line 26\n"), "{first}");
    assert!(first.contains("12:00:41 E the disk <b>&</b> is full really\n[◀ Older]\n[From info on] [🔎 Text] [🔄 Newest]"), "{first}");
    assert!(!first.contains("chatter") && !first.contains("odd"), "{first}");
    let second = host.press("◀ Older").unwrap().to_string();
    assert!(
        second.contains("I line 11\n") && second.contains("I line 25\n[◀ Older] [Newer ▶]"),
        "{second}"
    );
    let third = host.press("◀ Older").unwrap().to_string();
    assert!(third.contains("I line 0\n") && third.contains("I line 10\n[Newer ▶]"), "{third}");
    assert_eq!(host.press("Newer ▶").unwrap().to_string(), second);
    assert_eq!(host.press("🔄 Newest").unwrap().to_string(), first);
}

#[test]
fn levels_and_texts() {
    let mut host = logged();
    open(&mut host, "Host");
    host.press("From info on").unwrap();
    let errors = host.press("From warn on").unwrap();
    assert_eq!(errors.text(), "🗒 Logs · host\n12:00:41 E the disk <b>&</b> is full really");
    assert!(host.press("From error on").unwrap().text().contains("D chatter"));
    host.press("🔎 Text").unwrap();
    let found = host.say("LINE 3").unwrap();
    assert!(
        found.text().starts_with("🗒 Logs · host · “LINE 3”\n12:00:03 I line 3\n12:00:30 I line 30"),
        "{found}"
    );
    host.press("🔎 Text").unwrap();
    let none = host.say("<i>&").unwrap();
    assert_eq!(none.text(), "🗒 Logs · host · “<i>&”\nNothing has this text in it.");
    assert!(host.press("✖ Text").unwrap().text().contains("line 39"));
    host.press("🔎 Text").unwrap();
    assert!(host.press("Cancel").unwrap().text().contains("line 39"));
    assert!(open(&mut host, "Modules").contains("🗒 Logs · modules\n12:00:42 W finance: odd\n["));
}

#[test]
fn containers_have_logs_too() {
    let mut container = Container::new("web").complains("ERROR: no disk");
    for index in 0..40 {
        container = container.log(&format!("GET /{index}"));
    }
    let mut host = logged().container(container).container(Container::new("db"));
    host.action("logs", &[]).unwrap();
    assert_eq!(
        host.press("Containers").unwrap().to_string(),
        "(edited) 🐳 Logs of which container?\n[db] [web]\n[◀ Logs]"
    );
    let first = host.press("web").unwrap().to_string();
    assert!(
        first.starts_with("(edited) 🗒 Logs · 🐳 web\n") && first.contains("GET /39\n[◀ Older]"),
        "{first}"
    );
    assert!(!first.contains("From"), "containers know no levels");
    assert!(host.press("◀ Older").unwrap().text().ends_with("GET /24"));
    let last = host.press("◀ Older").unwrap().to_string();
    assert!(last.contains(" E ERROR: no disk\n") && last.contains("GET /9\n[Newer ▶]"), "{last}");
    host.press("🔎 Text").unwrap();
    assert!(host.say("ERROR").unwrap().text().ends_with("E ERROR: no disk"));
    // One that has written nothing, and one that is gone.
    host.action("boxes", &[]).unwrap();
    assert!(host.press("db").unwrap().text().ends_with("Nothing was written."));
    let gone = host.action("log", &["box", "00000000"]).unwrap();
    assert!(gone.text().contains("which container"));
}

#[test]
fn two_hundred_containers_page() {
    let mut host = logged();
    for index in 0..200 {
        host = host.container(Container::new(&format!("{}-{index:03}", "c".repeat(100))));
    }
    host.action("boxes", &[]).unwrap();
    for _ in 0..16 {
        host.press("▶").unwrap();
    }
    assert!(!host.screen().last().unwrap().buttons.iter().flatten().any(|label| label == "▶"));
    host.press("◀").unwrap();
}

#[test]
fn a_page_fits_into_a_message() {
    let long = (0..50).map(|number| entry(number, Level::Error, Some("m"), &"<&>".repeat(5_000)));
    let mut host = host().logs(long);
    let page = open(&mut host, "Modules");
    assert!(page.chars().count() < 4_096, "{}", page.chars().count());
}

#[test]
fn nobody_else_reads_them_and_what_is_not_granted_is_said() {
    let mut host = logged();
    open(&mut host, "Host");
    host.user(222);
    for (action, args) in [
        ("logs", &[][..]),
        ("boxes", &[]),
        ("log", &["host"]),
        ("log", &["older", "3"]),
        ("log", &["ask"]),
    ] {
        let outcome = host.action(action, args).unwrap();
        assert!(outcome.replies.is_empty() && outcome.expected.is_none(), "{action}");
    }
    let mut bare = bare();
    let refused = bare.action("log", &["host"]).unwrap();
    assert_eq!(
        refused.to_string(),
        "🔒 These logs are not granted to monitoring.\n\nAn owner can change that: umbrasil grant allow monitoring \"logs host\"\n[◀ Logs]"
    );
    assert!(bare.action("boxes", &[]).unwrap().text().ends_with("monitoring \"docker list *\""));
}
