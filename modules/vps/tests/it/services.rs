//! Services: found, looked at, restarted.

use super::*;

const NGINX: &str = "\
Id=nginx.service
Description=A high <performance> web server
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
UnitFileState=enabled
MainPID=0
MemoryCurrent=[not set]
NRestarts=3
StateChangeTimestamp=Sun 2026-11-22 11:26:35 UTC
";

#[test]
fn failed_ones_come_first() {
    let mut host = host();
    let text = shown(&mut host, "/vps services web1");
    assert_eq!(
        text,
        "\
🖥 web1 · Services

❌ 1 failed · 🟢 1 active · ⚪ 1 others

❌ nginx failed
🟢 cron running
⚪ x dead

at 12:00:00
[❌ nginx] [🟢 cron]
[⚪ x]
[📊 Stats] [💾 Disks] [🌐 Network]
[📜 Logs] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    let found = shown(&mut host, "/vps services web1 WEB");
    assert!(
        found.contains("With web: ❌ 1 failed · 🟢 0 active · ⚪ 0 others\n\n❌ nginx failed\n"),
        "{found}"
    );
    assert!(pressed(&mut host, "🔄 Refresh").contains("With web"));
    assert!(pressed(&mut host, "All services").contains("🟢 cron running"));
    assert!(
        shown(&mut host, "/server web1 services <zzz>")
            .contains("With <zzz>: ❌ 0 failed · 🟢 0 active · ⚪ 0 others\n\nNo service.")
    );
    assert!(
        refused(&mut host, "/vps services web1 seventeen-letters")
            .starts_with("Search for one word of at most 16 letters.")
    );
    let empty = shown(&mut host.ssh("web1", UNITS, ok("")), "/vps services");
    assert!(empty.contains("No service."), "{empty}");
}

#[test]
fn one_service_is_looked_at_and_restarted() {
    let mut host = host()
        .ssh("web1", &format!("{UNIT} nginx.service"), ok(NGINX))
        .ssh("web1", &format!("{UNIT} cron.service"), ok("ActiveState=active\nSubState=running\nMainPID=12\nMemoryCurrent=25165824\nUnitFileState=enabled\n"))
        .ssh("web1", "systemctl restart nginx.service", ok(""))
        .ssh("web1", "systemctl stop cron.service", exited(1, "", "Failed to stop cron.service: Interactive authentication required."));
    host.command("/vps services").unwrap();
    assert_eq!(
        pressed(&mut host, "❌ nginx"),
        "\
(edited) 🖥 web1 · nginx

A high <performance> web server
❌ failed, exit-code
since Sun 2026-11-22 11:26:35 UTC
enabled at boot · restarted 3 × by itself

at 12:00:00
[▶️ Start] [🔁 Restart]
[📜 Logs] [🔄 Refresh]
[⚙️ Services] [⬅ Servers]"
    );
    let done = pressed(&mut host, "🔁 Restart");
    assert!(
        done.starts_with("(edited) 🖥 web1 · nginx\n\n✅ Restarted.\n\nA high <performance>"),
        "{done}"
    );
    assert!(pressed(&mut host, "🔄 Refresh").starts_with("(edited) 🖥 web1 · nginx\n\nA high"));
    pressed(&mut host, "⚙️ Services");
    let cron = pressed(&mut host, "🟢 cron");
    assert!(
        cron.contains("🟢 active (running)\nenabled at boot · process 12 · 24.0 MB\n"),
        "{cron}"
    );
    let closed = pressed(&mut host, "⏹ Stop");
    for text in [
        "🔴 Failed to stop cron.service: Interactive",
        "umbrasil grant allow vps 'dangerous ssh web1: sudo -n systemctl stop {unit:unit-name}'",
        "🟢 active",
    ] {
        assert!(closed.contains(text), "{text}: {closed}");
    }
}

#[test]
fn a_restart_that_waits_for_the_owner_is_no_reply() {
    let waits = Err(HostError::Pending("ssh web1: systemctl restart nginx.service".to_owned()));
    let mut host = host().ssh("web1", &format!("{UNIT} nginx.service"), ok(NGINX)).ssh(
        "web1",
        "systemctl restart nginx.service",
        waits,
    );
    host.command("/vps services").unwrap();
    host.press("❌ nginx").unwrap();
    let error = umbrasil_sdk::testing::error(host.press("🔁 Restart"));
    assert_eq!(error.text(), "The owner has to confirm: ssh web1: systemctl restart nginx.service");
}

#[test]
fn a_server_without_systemd_says_so() {
    for answer in [
        exited(127, "", "sh: systemctl: not found"),
        exited(
            1,
            "",
            "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
        ),
    ] {
        let mut host = host().ssh("web1", UNITS, answer);
        let text = shown(&mut host, "/vps services web1");
        assert!(
            text.contains("🤷 web1 has no systemd, so there are no services to show."),
            "{text}"
        );
    }
    let mut host = host().ssh("web1", UNITS, exited(1, "", "Access denied"));
    assert!(shown(&mut host, "/vps services web1").contains("🔴 web1 says: Access denied"));
}

#[test]
fn names_that_no_button_has_room_for_are_found_again() {
    let long = "a-very-long-service-name-of-somebody-who-likes-words";
    let strange = "systemd-fsck@dev-disk-by\\x2duuid-1234";
    let list = format!(
        "{long}.service loaded active running L\n{strange}.service loaded active exited S\n"
    );
    let alias = "production-web-server-in-frankfurt-1";
    let mut host = server(bare(), alias)
        .ssh(alias, UNITS, ok(&list))
        .ssh(alias, &format!("{UNIT} {long}.service"), ok("ActiveState=active\n"))
        .ssh(alias, &format!("{JOURNAL} --unit {long}.service"), ok("line\n"));
    let text = shown(&mut host, "/vps services");
    assert!(text.contains(strange) && !text.contains("[🟢 systemd-fsck"), "{text}");
    let unit = pressed(&mut host, "🟢 a-very-long-service…");
    assert!(unit.starts_with(&format!("(edited) 🖥 {alias} · {long}")), "{unit}");
    assert!(pressed(&mut host, "📜 Logs").contains(&format!("Of {long}")));
    let gone = host.action("unit", &[alias, "#00000000"]).unwrap().to_string();
    assert_eq!(gone, "🤷 That service is gone.\n[⚙️ Services]");
    let gone = host.action("restart", &[alias, "a;b"]).unwrap().to_string();
    assert_eq!(gone, "🤷 That service is gone.\n[⚙️ Services]");
    assert!(
        host.action("logs", &[alias, "#00000000"])
            .unwrap()
            .text()
            .contains("That service is gone.")
    );
    assert!(
        host.action("logfile", &[alias, "#00000000"])
            .unwrap()
            .text()
            .contains("That service is gone.")
    );
}
