//! Why a server gives no answer: told apart, with what to do.

use super::*;

/// What the host says, as `host/src/capability/ssh` writes it, and what people read.
const TOLD: [(&str, &str, &str); 8] = [
    (
        "web1 did not answer within 15 s",
        "⏳ web1 did not answer within 15 s.",
        "Check that the server is up",
    ),
    (
        "web1 refuses connections; does its SSH server run?",
        "🔌 web1 refuses connections; does its SSH server run?",
        "Check that sshd runs there",
    ),
    (
        "web1 has a name that cannot be resolved",
        "🔎 web1 has a name that cannot be resolved.",
        "Check VPS_HOST",
    ),
    (
        "the host key of web1 is not known yet; an owner has been asked to trust it",
        "🔑 The host key of web1 is not known yet",
        "with the button in their own chat with the bot",
    ),
    (
        "the host key of web1 has CHANGED: somebody may be between the bot and the server. Nothing was sent; an owner has to look into it",
        "🚨 The host key of web1 has CHANGED",
        "umbrasil host-key forget web1",
    ),
    (
        "web1 does not accept the bot's key; an owner has to add it to authorized_keys there, and to check the user's name",
        "🔐 web1 does not accept the bot's key",
        "VPS_USERNAME and VPS_PRIVATE_KEY",
    ),
    ("web1 is busy with other commands; try again later", "⏳ web1 is busy", "press Refresh"),
    ("web1 <does> something & new", "🔴 web1 <does> something & new.", "at 12:00:00"),
];

#[test]
fn each_reason_has_its_words_in_every_view() {
    for (said, what, next) in TOLD {
        let mut host = bare();
        for command in [VITALS, "df -kP", TRAFFIC, UNITS, JOURNAL, "uptime"] {
            host = host.ssh("web1", command, unavailable(said));
        }
        for command in
            ["stats web1", "disk web1", "net web1", "services web1", "logs web1", "run web1 uptime"]
        {
            let text = shown(&mut host, &format!("/vps {command}"));
            assert!(text.contains(what) && text.contains(next), "{command}: {text}");
        }
        host.command("/vps stats").unwrap();
        assert!(pressed(&mut host, "🔄 Refresh").contains(what));
        let text = shown(&mut host.ssh("web1", PULSE, unavailable(said)), "/vps");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].ends_with(" web1") && widest(lines[3]) < 90, "{text}");
    }
}

#[test]
fn what_nobody_knows_is_said_to_be_unknown() {
    let unknown = HostError::Unknown(
        "web1: timed out after 60 s; the command may still be running".to_owned(),
    );
    let mut host = host().ssh("web1", "uptime", Err(unknown));
    let text = shown(&mut host, "/vps run web1 uptime");
    assert!(text.contains("❓ Nobody knows how it ended. web1: timed out after 60 s; the command may still be running."), "{text}");
    assert!(text.contains("look before you run it again"), "{text}");
}

#[test]
fn what_is_not_granted_says_what_would_grant_it() {
    let denied = |text: &str| Err(HostError::Denied(text.to_owned()));
    let mut host =
        bare().ssh("web1", VITALS, denied("grant `read ssh *: cat /proc/stat` to vps again"));
    let text = shown(&mut host, "/vps stats web1");
    assert!(text.contains("🚫 Not granted: read ssh *: cat /proc/stat\n\nTo allow it: umbrasil grant allow vps 'read ssh *: cat /proc/stat'"), "{text}");
    let mut host = host.ssh("web1", VITALS, denied("the policy forbids what is read to a user"));
    let text = shown(&mut host, "/vps stats web1");
    assert!(
        text.contains("🚫 Not permitted: The policy forbids what is read to a user.\n"),
        "{text}"
    );
}

#[test]
fn what_a_view_can_do_without_is_asked_of_the_owner_all_the_same() {
    let waits = || Err(HostError::Pending("ssh web1: df -kP".to_owned()));
    let mut host = host().ssh("web1", "df -kP", waits());
    for command in ["/vps", "/vps stats web1", "/vps disk web1"] {
        assert_eq!(
            refused(&mut host, command),
            "The owner has to confirm: ssh web1: df -kP",
            "{command}"
        );
    }
    let mut host = host.ssh("web1", PULSE, Err(HostError::Invalid("nonsense".to_owned())));
    assert_eq!(refused(&mut host, "/vps"), "the host refused: nonsense");
}

#[test]
fn no_view_takes_more_calls_than_an_event_has() {
    let mut host =
        host().ssh("web1", "ss -tulnH", exited(127, "", "")).ssh("web1", "netstat -tuln", ok(""));
    for command in ["/vps", "/vps stats", "/vps services", "/vps disk", "/vps net", "/vps logs"] {
        let outcome = host.command(command).unwrap();
        assert!(outcome.calls <= 9, "{command}: {}", outcome.calls);
        assert_eq!(outcome.typing, 1, "{command}");
    }
}
