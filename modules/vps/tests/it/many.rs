//! Many of everything: pages, pickers, and names of all lengths.

use super::*;

fn crowd(count: usize) -> Host {
    (0..count).fold(bare(), |host, number| server(host, &format!("node-{number:03}")))
}

#[test]
fn many_servers_are_paged_and_picked_from() {
    let mut host = crowd(200);
    let text = shown(&mut host, "/vps");
    assert!(text.contains("[◀ 25/25] [2/25 ▶]\n[🔄 Refresh]"), "{text}");
    assert!(text.contains("🟠 node-007") && !text.contains("node-008"), "{text}");
    let second = pressed(&mut host, "2/25 ▶");
    assert!(second.contains("node-008") && !second.contains("node-007"), "{second}");
    assert!(pressed(&mut host, "🔄 Refresh").contains("node-008"), "the same page");
    assert!(host.action("home", &["999"]).unwrap().text().contains("node-199"));

    let picker = shown(&mut host, "/vps disk");
    assert!(picker.starts_with("🖥 Disks of which server?\n[node-000] [node-001]\n"), "{picker}");
    assert!(picker.ends_with("[◀ 17/17] [2/17 ▶]\n[⬅ Servers]"), "{picker}");
    let last = pressed(&mut host, "◀ 17/17");
    assert!(last.starts_with("(edited) 🖥 Disks of which server?\n[node-192]"), "{last}");
    assert!(pressed(&mut host, "node-199").starts_with("(edited) 🖥 node-199 · Disks"));
    let unknown = shown(&mut host, "/vps net <b>&");
    assert!(unknown.starts_with("🤷 There is no server <b>&. Which one?\n[node-000]"), "{unknown}");
    assert!(pressed(&mut host, "node-000").starts_with("(edited) 🖥 node-000 · Network"));
    assert!(
        shown(&mut host, "/server nobody nonsense").starts_with("🤷 There is no server nobody.")
    );
    assert!(refused(&mut host, "/server node-000 nonsense").starts_with("A view is one of stats, services, disk, net and logs.\nUsage: /server [NAME] [VIEW] [MORE]\nExample: /server web1 disk"));
    for view in ["stats", "services", "logs", "run"] {
        assert!(shown(&mut host, &format!("/vps {view}")).contains("of which server?"), "{view}");
    }
}

#[test]
fn many_services_disks_ports_and_commands_are_paged() {
    let units = (0..200)
        .map(|n| format!("unit-{n:03}.service loaded active running U\n"))
        .collect::<Vec<_>>()
        .concat();
    let disks = (0..200)
        .map(|n| format!("/dev/d{n} 99 5000000 5000000 50% /mnt/{n:03}\n"))
        .collect::<Vec<_>>()
        .concat();
    let ports = (1..200)
        .map(|n| format!("tcp LISTEN 0 1 0.0.0.0:{n} 0.0.0.0:*\n"))
        .collect::<Vec<_>>()
        .concat();
    let texts: Vec<String> = (0..200).map(|n| format!("echo command-number-{n:03}")).collect();
    let templates: Vec<(&str, Effect)> =
        texts.iter().map(|text| (text.as_str(), Effect::Read)).collect();
    let alias = "a-server-with-a-name-of-sixty-four-letters-which-is-the-most-ok-";
    let mut host = server(bare(), alias)
        .ssh(alias, UNITS, ok(&units))
        .ssh(alias, "df -kP", ok(&disks))
        .ssh(alias, "ss -tulnH", ok(&ports))
        .ssh(alias, "echo command-number-008", ok("eight"))
        .ssh_templates(alias, &templates);
    for (command, first, next, second) in [
        ("/vps services", "unit-000", "2/20 ▶", "unit-010"),
        ("/vps disk", "/mnt/000", "2/25 ▶", "/mnt/008"),
        ("/vps net", "tcp 16 ", "2/13 ▶", "tcp 17 "),
        ("/vps run", "command-number-000", "2/25 ▶", "command-number-008"),
    ] {
        let text = shown(&mut host, command);
        assert!(text.contains(first) && !text.contains(second), "{text}");
        assert!(text.chars().count() < 4_000);
        let text = pressed(&mut host, next);
        assert!(text.contains(second) && !text.contains(first), "{text}");
        let text = pressed(&mut host, "🔄 Refresh");
        assert!(text.contains(second), "the same page: {text}");
    }
    assert!(pressed(&mut host, "👁 echo command-number-008").contains("eight"));
    let found = shown(&mut host, &format!("/vps services {alias} unit-1"));
    assert!(found.contains("[◀ 10/10] [2/10 ▶]\n[All services]"), "{found}");
    assert!(pressed(&mut host, "2/10 ▶").contains("With unit-1: ❌ 0 failed · 🟢 100 active"));
}
