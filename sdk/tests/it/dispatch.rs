//! Which handler gets what.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::testing::{Host, error};
use umbrasil_sdk::{ErrorKind, HostError};

fn show(call: &Call) -> Result<Reply> {
    Ok(Reply::text(format!("{} {:?} {:?}", call.name(), call.args(), call.text())))
}

fn module() -> Module {
    Module::new("Test")
        .summary("Tests")
        .menu("Test", "show")
        .command("show", "Shows a call", show)
        .argument("A", "the first")
        .optional("B", "the second")
        .example("/show 1 2")
        .command("plain", "Takes what it gets", |call| Ok(Reply::text(call.arg(1)?)))
        .command("rest", "Shows the rest", |call| Ok(Reply::text(format!("{:?}", call.rest(2)))))
        .command("wrong", "Fails", |call| Err(call.wrong("That is wrong.")))
        .command("who", "Shows the user", |call| {
            let (user, at) = (call.user(), call.at());
            Ok(Reply::text(format!("{} {} {} {}", user.id, user.owner, at.date(), call.event_id())))
        })
        .action("show", show)
        .answer("show", show)
        .command("ask", "Asks", |_| {
            chat::expect("show", ["a", "b"])?;
            Ok(Reply::none())
        })
        .pattern("pair", r"^(\w+)=(\w+)?$", show)
}

#[test]
fn words_reach_the_handler_from_four_sides() {
    let mut host = Host::new(module());
    assert_eq!(host.command("/show  1 \n 2 ").unwrap().text(), r#"show ["1", "2"] "1 \n 2""#);
    assert_eq!(host.action("show", &["x"]).unwrap().text(), r#"show ["x"] """#);
    assert_eq!(host.say("key=value").unwrap().text(), r#"pair ["key", "value"] "key=value""#);
    assert_eq!(host.say("key=").unwrap().text(), r#"pair ["key", ""] "key=""#);
    host.command("/ask").unwrap();
    assert_eq!(host.say("key=value").unwrap().text(), r#"show ["a", "b"] "key=value""#);
    // The question was answered; and the next one is left when the user does something else.
    assert!(!host.hears("hello"));
    host.command("/ask").unwrap();
    host.command("/who").unwrap();
    assert!(!host.hears("hello"));
    assert_eq!(host.command("/rest 1  2   3  4\n5 ").unwrap().text(), r#""3  4\n5""#);
    assert_eq!(host.command("/rest 1").unwrap().text(), r#""""#);
}

#[test]
fn a_missing_argument_becomes_the_usage_line() {
    let mut host = Host::new(module());
    let missing = error(host.command("/show"));
    assert_eq!(missing.text(), "Usage: /show A [B]\nExample: /show 1 2");
    assert_eq!(missing.kind(), ErrorKind::Usage);
    assert_eq!(error(host.command("/plain 1")).text(), "Usage: /plain");
    assert_eq!(error(host.command("/wrong")).text(), "That is wrong.\nUsage: /wrong");
    assert_eq!(error(host.command("/nothing")).kind(), ErrorKind::Internal);
    assert_eq!(error(host.action("plain", &[])).text(), "nothing here answers `plain`");
}

#[test]
fn an_event_says_who_and_when() {
    let mut host = Host::new(module());
    assert_eq!(host.command("/who").unwrap().text(), "111 true 2026-11-22 test-1");
    assert_eq!(host.redeliver().unwrap().text(), "111 true 2026-11-22 test-1");
    host.wait(43_200).user(222);
    assert_eq!(host.command("/who").unwrap().text(), "222 false 2026-11-23 test-2");
}

#[test]
fn the_descriptor_says_it_all() {
    let descriptor = module().describe();
    assert_eq!((descriptor.title.as_str(), descriptor.summary.as_str()), ("Test", "Tests"));
    assert_eq!(descriptor.menu.unwrap().action, "show");
    let names: Vec<&str> =
        descriptor.commands.iter().map(|command| command.name.as_str()).collect();
    assert_eq!(names, ["show", "plain", "rest", "wrong", "who", "ask"]);
    let show = &descriptor.commands[0];
    assert_eq!((show.summary.as_str(), show.example.as_str()), ("Shows a call", "/show 1 2"));
    let arguments: Vec<(&str, bool)> =
        show.arguments.iter().map(|argument| (argument.name.as_str(), argument.required)).collect();
    assert_eq!(arguments, [("A", true), ("B", false)]);
    assert_eq!(
        (descriptor.actions, descriptor.answers),
        (vec!["show".to_owned()], vec!["show".to_owned()])
    );
    assert_eq!(descriptor.patterns[0].regex, r"^(\w+)=(\w+)?$");
}

#[test]
fn errors_of_the_host_are_sorted_by_who_can_help() {
    for (error, kind, text) in [
        (HostError::Denied("grant x".into()), ErrorKind::Unavailable, "Not permitted: grant x"),
        (HostError::Invalid("key".into()), ErrorKind::Internal, "the host refused: key"),
        (HostError::Unavailable("down".into()), ErrorKind::Unavailable, "down"),
        (HostError::Timeout, ErrorKind::Unavailable, "There was no answer in time."),
        (HostError::TooLarge(7), ErrorKind::Unavailable, "That is too large: the limit is 7."),
        (HostError::Other("?".into()), ErrorKind::Internal, "the host failed: ?"),
    ] {
        let error = Error::from(error);
        assert_eq!((error.kind(), error.text()), (kind, text));
    }
    assert_eq!(Error::from(HostError::Conflict).kind(), ErrorKind::Unavailable);
}
