//! The storage of `testing`, sentence by sentence as `wit/v0.1/storage.wit` has it.

use std::cell::Cell;

use super::host;
use umbrasil_sdk::prelude::*;
use umbrasil_sdk::storage::Range;
use umbrasil_sdk::testing::error;

type Action = fn() -> Result<String>;

thread_local!(static ACTION: Cell<Action> = const { Cell::new(|| Ok(String::new())) });

/// Runs `action` in an event; its text is the reply.
fn run(store: &[(&str, &str)], action: Action) -> Result<String> {
    // A handler can't capture anything, so the action goes by the side.
    ACTION.set(action);
    let mut host = host(|_| Ok(Reply::text(ACTION.get()()?)));
    for (key, value) in store {
        host.store(key, value);
    }
    host.command("/do").map(|outcome| outcome.text())
}

fn keys(range: &Range) -> Result<String> {
    let items = storage::list(range)?;
    Ok(items.iter().map(|item| item.key.as_str()).collect::<Vec<_>>().join(" "))
}

const KEYS: &[(&str, &str)] = &[("a/1", "1"), ("a/2", "2"), ("a/3", "3"), ("b", "x"), ("é", "y")];

#[test]
fn an_event_sees_its_own_writes() {
    let text = run(KEYS, || {
        storage::set("a/2", "new")?;
        storage::delete("a/1")?;
        storage::delete("nothing")?;
        storage::set("a/0", [0xff])?;
        let [one, two, none] = storage::get_many(["a/1", "a/2", "none"])?;
        assert_eq!((one, two.as_deref(), none), (None, Some(&b"new"[..]), None));
        assert_eq!(storage::get_all(&["b".into(), "b".into()])?.len(), 2);
        assert_eq!(storage::get("a/0")?.as_deref(), Some(&[0xff][..]));
        assert!(storage::get_text("a/0").is_err());
        keys(&Range::prefix(""))
    });
    assert_eq!(text.unwrap(), "a/0 a/2 a/3 b é");
}

#[test]
fn a_range_has_a_prefix_ends_and_an_order() {
    for (expected, action) in [
        ("a/1 a/2 a/3", (|| keys(&Range::prefix("a/"))) as Action),
        ("a/3 a/2", || keys(&Range::prefix("a/").limit(2).reverse())),
        ("a/2", || keys(&Range::prefix("a/").from("a/2").before("a/3"))),
        ("a/3 b", || keys(&Range::prefix("").from("a/3").before("c"))),
        ("a/1", || keys(&Range::prefix("a/").from("").limit(1))),
        ("", || keys(&Range::prefix("a/").from("b"))),
        ("", || keys(&Range::prefix("a").limit(0))),
    ] {
        assert_eq!(run(KEYS, action).unwrap(), expected);
    }
}

#[test]
fn a_list_has_limits() {
    let text = run(&[], || {
        for index in 0..1_100 {
            storage::set(&format!("{index:04}"), "x")?;
        }
        for index in 0..6 {
            storage::set(&format!("big/{index}"), vec![0; 250_000])?;
        }
        let (many, big) = (
            storage::list(&Range::prefix("").limit(2_000))?,
            storage::list(&Range::prefix("big/"))?,
        );
        Ok(format!("{} {}", many.len(), big.len()))
    });
    assert_eq!(text.unwrap(), "1000 4");
}

#[test]
fn changes_can_be_conditional() {
    let text = run(KEYS, || {
        let results = [
            storage::compare_and_set("b", Some(b"y"), Some(b"z"))?,
            storage::compare_and_set("b", None, Some(b"z"))?,
            storage::compare_and_set("b", Some(b"x"), Some(b"z"))?,
            storage::compare_and_set("b", Some(b"z"), None)?,
            storage::compare_and_set("b", None, Some(b"again"))?,
        ];
        Ok(format!("{results:?} {}", storage::get_text("b")?.unwrap()))
    });
    assert_eq!(text.unwrap(), "[false, false, true, true, true] again");
}

#[test]
fn counters_count_and_refuse() {
    let text = run(&[("a", "5")], || {
        Ok(format!(
            "{} {} {}",
            storage::increment("a", 2)?,
            storage::increment("b", -3)?,
            storage::get_text("a")?.unwrap()
        ))
    });
    assert_eq!(text.unwrap(), "7 -3 7");
    assert_eq!(
        run(KEYS, || storage::increment("b", 1).map(|_| String::new())).unwrap_err().text(),
        "the host refused: `b` is no counter"
    );
    assert_eq!(
        run(KEYS, || storage::increment("a/1", i64::MAX).map(|_| String::new()))
            .unwrap_err()
            .text(),
        "the host refused: `a/1` would overflow"
    );
}

#[test]
fn keys_and_values_have_limits() {
    for handler in [
        (|_| storage::set("", "x").map(|()| Reply::none())) as umbrasil_sdk::Handler,
        |_| storage::set(&"x".repeat(257), "x").map(|()| Reply::none()),
        |_| storage::set("x", vec![0; 256 * 1_024 + 1]).map(|()| Reply::none()),
        |_| storage::get("").map(|_| Reply::none()),
        |_| storage::get_all(&vec!["x".into(); 1_001]).map(|_| Reply::none()),
    ] {
        let _refused = error(host(handler).command("/do"));
    }
    assert!(
        host(|_| storage::set(&"x".repeat(256), vec![0; 256 * 1_024]).map(|()| Reply::none()))
            .command("/do")
            .is_ok()
    );
}
