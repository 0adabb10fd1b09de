//! Alerts: told once, acknowledged, muted, over.

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::{Host, Machine};

use super::{bare, disk, host, machine, minute, minutes, shown};

fn busy(host: Host) -> Host {
    host.machine(machine(93.0))
}

fn calm(host: Host) -> Host {
    host.machine(machine(41.0))
}

#[test]
fn a_busy_processor_is_told_once_and_when_it_is_calm() {
    let mut host = busy(host());
    assert_eq!(minutes(&mut host, 2), "", "a moment is no reason");
    assert_eq!(
        minute(&mut host).to_string(),
        "🔴 CPU at 93 % for 2 min (limit 80 %)\n[Acknowledge] [Mute 1 h]"
    );
    assert_eq!(minutes(&mut host, 9), "");
    assert_eq!(
        shown(&mut host, "/alerts"),
        "🔔 Alerts\n\n🔴 CPU at 93 % for 11 min (limit 80 %)\n[Acknowledge all] [Mute all 1 h]\n[🔄 Refresh] [📊 Monitoring]"
    );
    // Below the limit, but not well below.
    let mut host = host.machine(machine(78.0));
    assert_eq!(minutes(&mut host, 5), "");
    let mut host = calm(host);
    assert_eq!(minute(&mut host).to_string(), "🟢 CPU is back to 41 % (was high for 17 min)");
    assert!(
        shown(&mut host, "/alerts")
            .contains("🟢 Nothing is wrong.\n\nOver\n12:01 CPU: 78 % · 17 min")
    );
}

#[test]
fn the_owner_sets_the_limits() {
    let mut host = bare()
        .config("CPU_THRESHOLD", "100")
        .config("MEMORY_THRESHOLD", "0")
        .config("DISK_THRESHOLD", "much");
    host = host.machine(Machine { disks: Some(vec![disk("/", 86)]), ..machine(100.0) });
    assert_eq!(minute(&mut host).text(), "🔴 Disk / at 86 % (limit 85 %)", "at once");
    assert_eq!(
        minutes(&mut host, 5),
        "🔴 Memory at 62 % for 2 min (limit 0 %)\n[Acknowledge] [Mute 1 h]"
    );
}

#[test]
fn what_changes_at_once_is_one_message() {
    let mut host = busy(host()).config("MEMORY_THRESHOLD", "50");
    assert_eq!(
        minutes(&mut host, 3),
        "🔴 CPU at 93 % for 2 min (limit 80 %)\n🔴 Memory at 62 % for 2 min (limit 50 %)\n[Acknowledge] [Mute 1 h]"
    );
    let acknowledged = host.press("Acknowledge").unwrap();
    assert_eq!(
        acknowledged.to_string(),
        "(edited) 🔴 CPU at 93 % for 2 min (limit 80 %)\n    ✅ Ada\n🔴 Memory at 62 % for 2 min (limit 50 %)\n    ✅ Ada\n\
         \n[Mute 1 h] [Alerts]\n(Acknowledged. You are told when it is over.)"
    );
    // No reminder, but the end.
    assert_eq!(minutes(&mut host, 120), "");
    let mut host = calm(host);
    assert!(minute(&mut host).text().starts_with("🟢 CPU is back to 41 %"));
}

#[test]
fn one_reminder_if_nobody_says_that_they_know() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    assert_eq!(minutes(&mut host, 59), "");
    assert_eq!(
        minute(&mut host).to_string(),
        "⏰ Still: 🔴 CPU at 93 % for 1 h 2 min (limit 80 %)\n[Acknowledge] [Mute 1 h]"
    );
    assert_eq!(minutes(&mut host, 180), "");
}

#[test]
fn a_mute_is_silent_and_ends_with_what_is_still_wrong() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let muted = host.press("Mute 1 h").unwrap();
    assert_eq!(
        muted.to_string(),
        "(edited) 🔴 CPU at 93 % for 2 min (limit 80 %)\n    🔕 until 13:03\n\n[Acknowledge] [Unmute] [Alerts]\n\
         (Muted until 13:03. What is wrong then is told in one message.)"
    );
    // It comes and goes in silence.
    let mut host = calm(host);
    assert_eq!(minutes(&mut host, 10), "");
    let mut host = busy(host);
    assert_eq!(minutes(&mut host, 49), "");
    assert_eq!(minute(&mut host).text(), "🔴 CPU at 93 % for 49 min (limit 80 %)");
}

#[test]
fn all_is_muted_and_unmuted() {
    let mut host = busy(host());
    shown(&mut host, "/alerts");
    let muted = host.press("Mute all 1 h").unwrap().to_string();
    assert!(muted.contains("🔕 All muted until 13:00") && muted.contains("[Unmute]"), "{muted}");
    assert!(!muted.contains("Mute all 1 h"), "{muted}");
    assert_eq!(minutes(&mut host, 30), "");
    assert!(host.action("home", &[]).unwrap().text().contains("🔔 1 alert open · muted"));
    shown(&mut host, "/alerts");
    let unmuted = host.press("Unmute").unwrap().to_string();
    assert!(unmuted.contains("🔴 CPU at 93 %") && !unmuted.contains('🔕'), "{unmuted}");
    assert_eq!(minutes(&mut host, 5), "", "whoever pressed has seen it");
    let mut host = calm(host);
    assert!(minute(&mut host).text().starts_with("🟢 CPU is back"), "but its end is told");
}

#[test]
fn only_owners_press() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let before = host.stored("watch").unwrap().to_vec();
    host.user(222);
    for (action, args) in
        [("ack", &["1"][..]), ("ack", &[]), ("mute", &["1"]), ("mute", &[]), ("unmute", &[])]
    {
        let outcome = host.action(action, args).unwrap();
        assert!(outcome.replies.is_empty(), "{action}");
    }
    assert_eq!(host.stored("watch").unwrap(), before);
    let seen = shown(&mut host, "/alerts");
    assert!(
        seen.contains("🔴 CPU") && !seen.contains("Mute") && !seen.contains("Acknowledge"),
        "{seen}"
    );
}

#[test]
fn buttons_of_what_is_over_and_of_nothing_answer() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let mut host = calm(host);
    minutes(&mut host, 30);
    let late = host.press("Acknowledge").unwrap().to_string();
    assert!(
        late.contains("🟢 CPU: 93 %, over after 3 min")
            && late.contains("(Nothing is left to acknowledge.)"),
        "{late}"
    );
    for number in ["99", "0", "-1", "x", ""] {
        for action in ["ack", "mute"] {
            assert_eq!(
                host.action(action, &[number]).unwrap().replies.len(),
                1,
                "{action} {number}"
            );
        }
    }
}

#[test]
fn what_is_revoked_is_over_in_silence() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let mut host = host.machine(Machine { cpu: None, ..machine(0.0) });
    assert_eq!(minutes(&mut host, 90), "");
    assert!(shown(&mut host, "/alerts").contains("Nothing is wrong"));
}

#[test]
fn a_storm_becomes_summaries() {
    let mut host = host().config("SERVICES", "shop=http://shop.example.org/");
    let (mut single, mut summaries) = (0, Vec::new());
    for round in 0..40 {
        // Down for two minutes, up for one.
        let answer =
            if round % 3 == 2 { Ok(Response::new(200, "")) } else { Err(HostError::Timeout) };
        host.web("GET http://shop.example.org/", answer);
    }
    for _ in 0..40 {
        let said = minute(&mut host).to_string();
        if said.starts_with("🌩") {
            summaries.push(said);
        } else {
            single += usize::from(!said.is_empty());
        }
    }
    assert!(single >= 5, "{single}");
    assert!(
        summaries[0].starts_with("🌩 Much is changing. From now on one summary every 10 minutes"),
        "{summaries:#?}"
    );
    assert!(summaries.len() >= 3 && summaries.len() <= 5, "{summaries:#?}");
    // It stays up: calm again.
    let said = minutes(&mut host, 30);
    assert!(said.contains("It is calm again") || said.is_empty(), "{said}");
}

/// Twice the processor and the shop: messages 1 and 2, each with an alert that is still open.
fn two_messages() -> Host {
    let mut host = busy(host()).config("SERVICES", "shop=http://shop.example.org/");
    for round in 0..80 {
        let answer = if round < 3 { Ok(Response::new(200, "")) } else { Err(HostError::Timeout) };
        host.web("GET http://shop.example.org/", answer);
    }
    minutes(&mut host, 3);
    minutes(&mut host, 5);
    host
}

#[test]
fn the_buttons_below_an_older_alert_do_what_they_say() {
    let mut host = two_messages();
    assert!(shown(&mut host, "/alerts").contains("shop is down"));
    // An hour later both were told again, in other messages.
    minutes(&mut host, 62);
    let acknowledged = host.action("ack", &["1"]).unwrap().to_string();
    assert!(
        acknowledged.starts_with("🔴 CPU at 93 %") && acknowledged.contains("✅ Ada"),
        "{acknowledged}"
    );
    let muted = host.action("mute", &["2"]).unwrap().to_string();
    assert!(muted.starts_with("🔴 shop is down") && muted.contains("🔕 until"), "{muted}");
    assert!(muted.contains("[Unmute]") && !muted.contains("CPU"), "{muted}");
}

#[test]
fn only_the_mutes_of_a_message_end_below_it() {
    let mut host = two_messages();
    let muted = host.action("mute", &["1"]).unwrap().to_string();
    assert!(muted.contains("🔕") && muted.contains("[Unmute]"), "{muted}");
    let other = host.action("ack", &["2"]).unwrap().to_string();
    assert!(other.contains("[Mute 1 h]") && !other.contains("Unmute"), "{other}");
    host.action("mute", &["2"]).unwrap();
    let unmuted = host.action("unmute", &["1"]).unwrap().to_string();
    assert!(unmuted.contains("CPU") && unmuted.contains("[Mute 1 h]"), "{unmuted}");
    let seen = shown(&mut host, "/alerts");
    assert_eq!(seen.matches("🔕").count(), 1, "the shop stays muted: {seen}");
}

#[test]
fn what_is_no_longer_known_is_not_called_over() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let before = host.stored("watch").unwrap().to_vec();
    for action in ["ack", "mute", "unmute"] {
        let answer = host.action(action, &["99"]).unwrap().to_string();
        assert_eq!(answer, "⚪ It is no longer known what this was about.\n\n[Alerts]", "{action}");
    }
    assert_eq!(host.stored("watch").unwrap(), before);
    host.store("watch", b"of old");
    let answer = host.press("Mute 1 h").unwrap();
    assert_eq!(answer.toasts, ["It is no longer known what this was about: see /alerts."]);
}

#[test]
fn what_began_again_is_said_below_what_is_over() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let mut host = calm(host);
    minutes(&mut host, 1);
    let mut host = busy(host);
    minutes(&mut host, 3);
    let late = host.action("ack", &["1"]).unwrap().to_string();
    assert!(late.contains("🟢 CPU: 93 %, over after 3 min\n    again: 🔴 CPU at 93 %"), "{late}");
}

#[test]
fn a_threshold_that_is_switched_off_is_no_recovery() {
    let mut host = busy(host());
    minutes(&mut host, 3);
    let mut host = host.config("CPU_THRESHOLD", "100");
    assert_eq!(minutes(&mut host, 5), "");
    assert!(shown(&mut host, "/alerts").contains("🟢 Nothing is wrong."));
}
