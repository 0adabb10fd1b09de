//! Commands: listed, run at a press, filled in, typed.

use super::*;

#[test]
fn what_is_granted_is_listed_and_runs_at_a_press() {
    let mut host = host().ssh("web1", "uptime", ok(" 12:00:00 up 3 days\n")).ssh(
        "web1",
        "docker compose -f /srv/app.yml pull",
        exited(1, "", "no such file <app.yml>\n"),
    );
    let list = shown(&mut host, "/vps run web1");
    assert_eq!(
        list,
        "\
🖥 web1 · Commands

✏️ docker compose -f /srv/app.yml pull
👁 uptime
⚠️ systemctl restart {unit:unit-name}
👁 tail -n {lines:number} {file:path}

👁 looks only · ✏️ changes something · ⚠️ has to be confirmed

For another one: umbrasil grant allow vps 'ssh web1: docker compose -f /srv/app.yml pull'

at 12:00:00
[✏️ docker compose -f /srv/app.yml pull]
[👁 uptime]
[⚠️ systemctl restart {unit:unit-name}]
[👁 tail -n {lines:number} {file:path}]
[📊 Stats] [⚙️ Services] [💾 Disks]
[🌐 Network] [📜 Logs]
[🔄 Refresh] [⬅ Servers]"
    );
    assert_eq!(
        pressed(&mut host, "👁 uptime"),
        "\
(edited) 🖥 web1 · Commands

uptime
✅ exit 0 · 0.0 s
 12:00:00 up 3 days
at 12:00:00
[🔁 Again]
[⬅ Commands] [📊 Stats]"
    );
    assert!(pressed(&mut host, "🔁 Again").contains("up 3 days"));
    assert_eq!(pressed(&mut host, "⬅ Commands"), format!("(edited) {list}"));
    let failed = pressed(&mut host, "✏️ docker compose -f /srv/app.yml pull");
    assert!(failed.contains("❌ exit 1 · 0.0 s\nstderr\nno such file <app.yml>\n"), "{failed}");
    assert_eq!(shown(&mut host, "/server web1 run"), list, "to be looked at");
}

#[test]
fn what_has_holes_asks_for_them_one_by_one() {
    let mut host = host().ssh("web1", "tail -n 5 /var/log/syslog", ok("line\n"));
    host.command("/vps run").unwrap();
    assert_eq!(
        pressed(&mut host, "👁 tail -n {lines:number} {file:path}"),
        "\
(edited) 🖥 web1 · Commands

tail -n {lines} {file}

Type lines: a number, such as 10.
[Cancel]"
    );
    let again = host.say("<five>").unwrap().to_string();
    assert!(again.contains("“<five>” is not a number, such as 10.\nType lines"), "{again}");
    assert!(host.say("5").unwrap().text().contains("tail -n 5 {file}\n\nType file: a path"));
    assert!(host.say("/var/../etc").unwrap().text().contains("is not a path"));
    let ran = host.say("/var/log/syslog").unwrap().to_string();
    assert!(ran.contains("tail -n 5 /var/log/syslog\n✅ exit 0 · 0.0 s\nline\n"), "{ran}");
    assert!(!ran.contains("Again"), "{ran}");
    host.command("/vps run").unwrap();
    host.press("⚠️ systemctl restart {unit:unit-name}").unwrap();
    assert!(pressed(&mut host, "Cancel").contains("· Commands"));
}

#[test]
fn a_typed_command_runs_word_by_word() {
    let mut host = host()
        .ssh("web1", "uptime -p", ok("up 3 days"))
        .ssh("web1", "true", ok(""))
        .ssh("web1", "reboot", Err(HostError::Pending("ssh web1: reboot".to_owned())));
    assert!(shown(&mut host, "/vps run web1 uptime   -p").contains("uptime -p\n✅ exit 0"));
    assert!(shown(&mut host, "/vps run web1 'uptime' \"-p\"").contains("uptime -p\n✅ exit 0"));
    assert!(shown(&mut host, "/vps run web1 true").contains("It said nothing."));
    assert!(
        refused(&mut host, "/vps run web1 echo 'open")
            .starts_with("A quotation mark in the command is never closed.\nUsage: /vps")
    );
    for lines in ["echo 'a\nb'", "uptime\n-p", "uptime\r\n-p"] {
        let said = refused(&mut host, &format!("/vps run web1 {lines}"));
        assert!(said.starts_with("A command is one line."), "{lines}: {said}");
    }
    assert_eq!(
        refused(&mut host, "/vps run web1 reboot"),
        "The owner has to confirm: ssh web1: reboot"
    );
    let denied = shown(&mut host, "/vps run web1 rm -rf 'b x'");
    for text in [
        "🚫 Not granted: ssh web1: rm -rf b x",
        "To allow it: umbrasil grant allow vps 'ssh web1: rm -rf b x'",
        "[⬅ Commands] [📊 Stats]",
    ] {
        assert!(denied.contains(text), "{text}: {denied}");
    }
}

#[test]
fn long_and_hostile_output_is_tamed() {
    let long = (0..2_000)
        .map(|n| format!("\u{1b}[31mline {n} <b>&\u{1b}[0m\n"))
        .collect::<Vec<_>>()
        .concat();
    let mut host = host()
        .ssh("web1", "uptime", Ok(Output { truncated: true, ..Output::success(long) }))
        .ssh("web1", "true", ok(&"x".repeat(100_000)));
    let outcome = host.command("/vps run web1 uptime").unwrap();
    let text = outcome.text();
    assert!(text.contains("the middle is left out · the end of it, more in the file"), "{text}");
    assert!(text.contains("line 1999 <b>&\n") && !text.contains('\u{1b}'), "{text}");
    assert!(text.chars().count() < 3_300);
    assert_eq!(outcome.documents[0].name, "web1.txt");
    assert!(outcome.documents[0].content.starts_with(b"line 0 <b>&\nline 1"));
    let text = host.command("/vps run web1 true").unwrap().text();
    assert!(text.contains("the end of it, all in the file"), "{text}");
    assert!(text.chars().count() < 3_300, "{}", text.chars().count());
}

#[test]
fn what_is_granted_no_more_is_told() {
    let mut host = host();
    host.command("/vps run").unwrap();
    host.press("👁 tail -n {lines:number} {file:path}").unwrap();
    let mut host = host.ssh_templates("web1", &[]);
    let text = "🚫 That command is not granted any more.\n[⬅ Commands] [📊 Stats]";
    assert_eq!(host.say("5").unwrap().to_string(), text);
    host.command("/vps run").unwrap();
    assert_eq!(host.action("template", &["web1", "uptime"]).unwrap().to_string(), text);
    assert!(shown(&mut host, "/vps run").contains("No command was granted to be run here."));
}

#[test]
fn what_goes_to_both_ends_is_told_apart() {
    let mut host = host().ssh("web1", "uptime", exited(1, "one", "two"));
    let text = shown(&mut host, "/vps run web1 uptime");
    assert!(text.contains("❌ exit 1 · 0.0 s\none\nstderr\ntwo\nat 12:00:00"), "{text}");
    let long = "x\n".repeat(4_000);
    let mut host = host.ssh("web1", "uptime", exited(1, &long, "two"));
    let outcome = host.command("/vps run web1 uptime").unwrap();
    assert!(outcome.documents[0].content.ends_with(b"x\nx\nstderr:\ntwo"));
}

#[test]
fn the_name_may_come_first() {
    let mut host = host().ssh("web1", "uptime -p", ok("up 3 days"));
    assert!(shown(&mut host, "/vps web1 run uptime -p").contains("uptime -p\n✅ exit 0"));
    assert!(shown(&mut host, "/vps web1 run").contains("✏️ docker compose"));
    let said = refused(&mut host, "/vps web1 uptime");
    assert!(
        said.starts_with("A view is one of stats, services, disk, net, logs and run. To run a command: /vps run web1 …"),
        "{said}"
    );
    // The command that changes nothing runs nothing.
    assert!(shown(&mut host, "/server web1 run uptime -p").contains("✏️ docker compose"));
    assert!(!refused(&mut host, "/server web1 uptime").contains("run a command"));
}

#[test]
fn the_time_is_that_of_the_look() {
    let mut host = host().ssh("web1", "uptime", ok("up"));
    host.late(185);
    for command in ["/vps", "/vps stats web1", "/vps run web1 uptime"] {
        assert!(shown(&mut host, command).contains("at 12:03:05"), "{command}");
    }
}
