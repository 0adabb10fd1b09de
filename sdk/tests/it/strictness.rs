//! What `testing` refuses, so that an author hears of it before a user does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::testing::Host;

/// What a test that does this panics with.
fn complaint(action: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(action)).expect_err("no complaint");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

fn none(_: &Call) -> Result<Reply> {
    Ok(Reply::none())
}

#[test]
fn a_declaration_must_make_sense() {
    let base = || Module::new("M").command("do", "Does it", none);
    for (module, reason) in [
        (base().command("do", "Again", none), "the command `do` is declared twice"),
        (base().command("Do", "Again", none), "the command `Do` needs a name such as `add_entry`"),
        (base().command("be", "", none), "/be needs a summary of at most 256 characters"),
        (
            base().action("a", none).example("/a"),
            "an argument or an example stands where no command is before it",
        ),
        (base().menu("M", "home"), "the menu calls the action `home`, which nothing answers"),
        (
            base().optional("A", "a").argument("B", "b"),
            "/do needs an argument after one that is optional",
        ),
    ] {
        assert_eq!(complaint(|| drop(Host::new(module))), reason);
    }
    assert!(
        complaint(|| drop(Host::new(base().pattern("p", "(", none))))
            .starts_with("regex parse error")
    );
    // One name may stand for several kinds.
    drop(Host::new(base().action("do", none).answer("do", none).pattern("do", "do", none)));
}

#[test]
fn a_reply_must_be_readable_and_its_buttons_answered() {
    let cases: [(umbrasil_sdk::Handler, &str); 9] = [
        (|_| Ok(Reply::html("<b>x")), "<b> is never closed in:\n<b>x"),
        (|_| Ok(Reply::html("<b><i>x</b></i>")), "</b> closes nothing in:\n<b><i>x</b></i>"),
        (
            |_| Ok(Reply::html("<div>x</div>")),
            "the tag <div>, which Telegram doesn't know in:\n<div>x</div>",
        ),
        (|_| Ok(Reply::html("1 < 2")), "a `<` that is no tag in:\n1 < 2"),
        (|_| Ok(Reply::html("a & b")), "a `&` that is no entity in:\na & b"),
        (
            |_| Ok(Reply::text("x").row([Button::new("B", "b")])),
            "the button `B` calls `b`, which nothing answers",
        ),
        (|_| Ok(Reply::text("x").row([Button::new(" ", "a")])), "a button for `a` has no label"),
        (
            |_| Ok(Reply::text("x").row([Button::new("A", "a").arg("x".repeat(47))])),
            "the button `A` carries 49 bytes, over 48",
        ),
        (
            |_| chat::expect("b", ["x"]).map(|()| Reply::none()),
            "the module expects `b`, which nothing answers",
        ),
    ];
    for (handler, reason) in cases {
        let module = Module::new("M").command("do", "Does it", handler).action("a", none);
        assert_eq!(complaint(|| drop(Host::new(module).command("/do"))), reason);
    }
}

#[test]
fn a_test_must_do_what_people_can_do() {
    let host = || Host::new(Module::new("M").command("do", "Does it", |_| Ok(Reply::text("x"))));
    assert_eq!(complaint(|| drop(host().say("hello"))), "the module leaves `hello` alone");
    assert_eq!(complaint(|| drop(host().command("do"))), "`do` is no command");
    assert_eq!(
        complaint(|| {
            let mut host = host();
            host.command("/do").unwrap();
            drop(host.press("Yes"));
        }),
        "no button `Yes` in:\nx"
    );
}
