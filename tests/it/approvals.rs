//! What needs an owner: asked with the exact call, answered once, within five minutes, by that owner alone.

use umbrasil_tests::{Host, Message, World, eventually, fixtures::component, with_manifest};

/// The owner's file: `caller` may call what its manifest asks for, and change what it likes after a tap.
const GRANTS: &str = r#"
[[modules.caller.modules]]
name = "callee"
commands = ["count", "add", "sneak", "fail", "onward"]
[[modules.callee.modules]]
name = "finance"
commands = ["balance"]
"#;

/// The same, and nobody is asked.
const UNASKED: &str = "[policy]\nmodel.change = \"allow\"\n";

async fn start(settings: &str) -> (World, Host) {
    let world = World::new().await;
    world.settings(settings);
    world.install("caller", component("caller"));
    world.install("callee", component("callee"));
    let host = world.start(&[]).await;
    (world, host)
}

/// The counter of `callee`, as its own command shows it.
async fn counter(world: &World) -> String {
    world.owner().say("/count").await.text().to_owned()
}

/// Waits for the host's question about a call, and gives it with what its yes carries.
async fn prompt(world: &World, call: &str) -> (Message, String) {
    let label = "✅ Confirm";
    eventually(20, "a question to the owner", async || {
        let received = world.owner().received().await;
        let of_host =
            |message: &Message| message.button(label).filter(|data| data.starts_with("h:approve:"));
        let mut messages = received.iter().rev().filter(|message| message.text().contains(call));
        let message = messages.find(|message| of_host(message).is_some())?;
        Some((message.clone(), of_host(message)?))
    })
    .await
}

#[tokio::test]
async fn a_call_that_reads_needs_no_tap_and_one_that_changes_does() {
    let (world, host) = start(GRANTS).await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    world.owner().write("/call callee add 5").await;
    let (question, _) = prompt(&world, "/add 5 ").await;
    assert!(question.text().contains("caller wants to do exactly this:"), "{question}");
    assert!(question.text().contains("/add 5 (of callee)"), "{question}");
    assert_eq!(counter(&world).await, "counter 0", "nothing happens before the tap");
    world.owner().press("✅ Confirm").await;
    world.owner().reads("counter 5").await;
    world.owner().reads("Confirmed: /add 5 (of callee)").await;
    assert_eq!(counter(&world).await, "counter 5");
    host.stop().await;
}

#[tokio::test]
async fn a_question_is_answered_once_and_by_its_owner() {
    let (world, host) = start(GRANTS).await;
    world.owner().write("/call callee add 5").await;
    let (question, data) = prompt(&world, "/add 5 ").await;
    let before = world.user().received().await.len();
    world.user().press_raw("stolen", question.id(), &data).await;
    let refused = world.user().wait_for(before + 1).await;
    assert!(refused.last().unwrap().text().contains("Only an owner"), "{refused:?}");
    assert_eq!(counter(&world).await, "counter 0");
    // A double tap, and a third one.
    for query in ["one", "two", "three"] {
        world.owner().press_raw(query, question.id(), &data).await;
    }
    world.owner().reads("counter 5").await;
    world.notices(3).await;
    assert_eq!(counter(&world).await, "counter 5", "once");
    let shown = world.owner().transcript().await;
    assert!(shown.contains("✅ Confirmed: /add 5 "), "the second tap leaves it there: {shown}");
    host.stop().await;
}

#[tokio::test]
async fn denied_is_denied_and_an_old_question_is_void() {
    let (world, host) = start(GRANTS).await;
    world.owner().write("/call callee add 5").await;
    let (question, data) = prompt(&world, "/add 5 ").await;
    let answered = world.owner().press("✖️ Deny").await;
    assert!(answered.text().contains("Not done: /add 5"), "{answered}");
    assert!(answered.buttons().is_empty(), "the buttons are gone");
    world.owner().press_raw("again", question.id(), &data).await;
    world.owner().reads("is answered, or was withdrawn").await;
    // A question of more than five minutes ago: as if it had been asked then.
    world.owner().write("/call callee add 6").await;
    let (question, data) = prompt(&world, "/add 6 ").await;
    host.stop().await;
    let database = rusqlite::Connection::open(world.data().join("umbrasil.db")).unwrap();
    assert_eq!(database.execute("UPDATE approvals SET expires_ms = 1", ()).unwrap(), 1);
    drop(database);
    let host = world.start(&[]).await;
    world.owner().press_raw("late", question.id(), &data).await;
    world.owner().reads("more than five minutes ago").await;
    assert_eq!(counter(&world).await, "counter 0");
    host.stop().await;
}

#[tokio::test]
async fn a_question_outlives_a_restart_and_not_a_replacement() {
    let (world, host) = start(GRANTS).await;
    world.owner().write("/call callee add 5").await;
    prompt(&world, "/add 5 ").await;
    host.kill().await;
    let host = world.start(&[]).await;
    world.owner().press("✅ Confirm").await;
    world.owner().reads("counter 5").await;
    // Other bytes take the module's place while a question waits: its answer is not for them.
    world.owner().write("/call callee add 6").await;
    let (question, data) = prompt(&world, "/add 6 ").await;
    let manifest = include_str!("../fixtures/caller/module.toml").replace("1.0.0", "1.0.1");
    world.install("caller", &with_manifest(component("caller"), &manifest));
    world.owner().reads("1.0.0 → 1.0.1").await;
    world.owner().press_raw("swapped", question.id(), &data).await;
    world.owner().reads("was replaced or removed since it asked").await;
    assert_eq!(counter(&world).await, "counter 5");
    host.stop().await;
}

#[tokio::test]
async fn another_users_question_goes_to_the_owner_and_the_answer_back() {
    let (world, host) = start(GRANTS).await;
    let told = world.user().say("/call callee add 5").await;
    assert!(told.text().contains("An owner is asked to confirm"), "{told}");
    let (question, _) = prompt(&world, "/add 5 ").await;
    assert!(question.text().contains("For: user 222"), "{question}");
    let before = world.user().received().await.len();
    world.owner().press("✅ Confirm").await;
    let received = world.user().wait_for(before + 1).await;
    assert_eq!(received.last().unwrap().text(), "counter 5");
    host.stop().await;
}

#[tokio::test]
async fn modules_cannot_make_what_looks_or_acts_like_a_question_of_the_host() {
    let (world, host) = start(GRANTS).await;
    let shown = world.owner().say("/mark").await;
    assert!(!shown.text().contains('\u{1f6e1}'), "{shown}");
    let labels: String = shown.buttons().concat().concat();
    assert!(!labels.contains('\u{1f6e1}'), "{labels}");
    world.owner().write("/call callee add 5").await;
    let (_, data) = prompt(&world, "/add 5 ").await;
    let nonce = data.strip_prefix("h:approve:").unwrap();
    // A module's button begins with its name; what else somebody could send in its place does nothing.
    let own = shown.button("✅ Confirm").unwrap();
    assert_eq!(own, "caller:approve");
    for forged in [
        format!("caller:approve:{nonce}"),
        format!("caller:h:approve:{nonce}"),
        format!("H:approve:{nonce}"),
        format!("h:approve%3A{nonce}"),
        format!("h:approve:{}", "A".repeat(22)),
        "h:approve:".to_owned(),
        format!("h:approve:{nonce}' OR 1=1 --"),
        format!("h::approve:{nonce}"),
    ] {
        world.owner().press_stale(&forged).await;
    }
    let typed = world.owner().say(&format!("/approve {nonce}")).await;
    assert!(typed.text().contains("don't know /approve"), "{typed}");
    assert_eq!(counter(&world).await, "counter 0");
    world.owner().press_raw("real", 1, &data).await;
    world.owner().reads("counter 5").await;
    host.stop().await;
}

#[tokio::test]
async fn questions_are_capped_and_a_flood_pauses_the_module() {
    let (world, host) = start(GRANTS).await;
    world.owner().write("/flood").await;
    world.owner().reads("3 questions waiting for an owner already").await;
    world.owner().reads("asks for more confirmations than I pass on").await;
    let asked = async || {
        let received = world.owner().received().await;
        received.iter().filter(|message| message.button("✅ Confirm").is_some()).count()
    };
    eventually(20, "three questions", async || (asked().await == 3).then_some(())).await;
    for _ in 0..10 {
        world.owner().say("/flood").await;
    }
    world.owner().reads("I have paused it").await;
    let paused = world.owner().say("/call callee count").await;
    assert!(
        paused.text().contains("caller is paused because it asked for too many confirmations"),
        "{paused}"
    );
    assert_eq!(counter(&world).await, "counter 0", "other modules answer");
    world.owner().press("▶️ Resume").await;
    world.owner().reads("caller answers again").await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    host.stop().await;
}

#[tokio::test]
async fn what_a_called_module_stores_is_kept_or_dropped_with_the_event() {
    let (world, host) = start(&format!("{UNASKED}{GRANTS}")).await;
    assert_eq!(world.owner().say("/twice").await.text(), "counter 1 then counter 3");
    assert_eq!(counter(&world).await, "counter 3");
    assert_eq!(world.owner().say("/spend").await.text(), "failed after the call");
    assert_eq!(counter(&world).await, "counter 3", "the event failed, so the call did not happen");
    let mixed = world.owner().say("/mixed").await;
    assert_eq!(mixed.text(), "counter 10, then: callee does not want to");
    assert_eq!(counter(&world).await, "counter 10", "only the call that failed is dropped");
    host.stop().await;
}

#[tokio::test]
async fn many_callers_at_once_lose_nothing() {
    let (world, host) = start(&format!("{UNASKED}{GRANTS}")).await;
    let people: Vec<_> = (1000..1020).map(|id| world.person(id)).collect();
    for person in &people {
        person.write("/call callee add 1").await;
    }
    for person in &people {
        let received = person.wait_for(1).await;
        assert!(received[0].text().starts_with("counter "), "{}", received[0]);
    }
    assert_eq!(counter(&world).await, "counter 20");
    host.stop().await;
}

#[tokio::test]
async fn a_called_module_is_held_to_what_it_declares_and_cannot_call_on() {
    let (world, host) = start(&format!("{UNASKED}{GRANTS}")).await;
    let sneaked = world.owner().say("/call callee sneak").await;
    assert!(sneaked.text().contains("says that it changes nothing"), "{sneaked}");
    assert_eq!(world.owner().say("/sneak").await.text(), "sneaked 100", "by itself it may");
    let onward = world.owner().say("/call callee onward").await;
    assert!(!onward.text().contains("Balance"), "{onward}");
    let missing = world.owner().say("/call callee secret").await;
    assert!(missing.text().contains("grant `module callee secret` to caller"), "{missing}");
    let unwanted = world.owner().say("/call finance balance").await;
    assert!(unwanted.text().contains("does not ask for `module finance balance`"), "{unwanted}");
    let nobody = world.owner().say("/call nobody home").await;
    assert!(nobody.text().contains("does not ask for"), "{nobody}");
    let callable = world.owner().say("/callable").await;
    assert_eq!(
        callable.text(),
        "callee/count changes=false\ncallee/add changes=true\ncallee/sneak changes=false\ncallee/fail changes=true\ncallee/onward changes=false"
    );
    host.stop().await;
}

#[tokio::test]
async fn what_is_asked_is_shown_whole_and_escaped_or_not_at_all() {
    let (world, host) = start(GRANTS).await;
    let disguised = "1\n\n\n\u{202e}2 <b>fine</b>\u{200b}\u{1b}[0m";
    world.owner().write(&format!("/call callee add {disguised}")).await;
    let (question, _) = prompt(&world, "/add 1").await;
    let whole = "/add 1\\n\\n\\n\\u{202e}2 <b>fine</b>\\u{200b}\\u{1b}[0m (of callee)";
    assert!(question.text().contains(whole), "{question}");
    // What comes behind a thousand characters would not be read.
    let long = format!("1{}2", "\n".repeat(1_200));
    let refused = world.owner().say(&format!("/call callee add {long}")).await;
    assert!(
        refused.text().contains("has to be shown whole, in at most 1000 characters"),
        "{refused}"
    );
    assert_eq!(counter(&world).await, "counter 0");
    host.stop().await;
}
