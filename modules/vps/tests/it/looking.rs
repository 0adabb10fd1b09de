//! What one sees of servers: all of them, and each view of one.

use super::*;

#[test]
fn without_servers_it_says_what_to_set() {
    let mut host = bare();
    let text = "🖥 No servers yet\n\nSet VPS_HOST, VPS_USERNAME and VPS_PRIVATE_KEY, or add [ssh.NAME] to umbrasil.toml, and restart the bot.\n\nSet up already? Then its commands were revoked: /grants vps shows them.\n[🔄 Refresh]";
    for command in
        ["/vps", "/server", "/vps stats", "/vps stats web1", "/vps run", "/server web1 disk"]
    {
        assert_eq!(shown(&mut host, command), text, "{command}");
    }
    assert_eq!(pressed(&mut host, "🔄 Refresh"), format!("(edited) {text}"));
}

#[test]
fn all_servers_at_a_glance() {
    let mut host = server(host(), "web2").ssh(
        "web2",
        "df -kP",
        ok("/dev/vda1 100000000 50000000 50000000 50% /\n"),
    );
    let mut host = {
        host = host.ssh(
            "web3",
            PULSE,
            unavailable("web3 refuses connections; does its SSH server run?"),
        );
        host.ssh("web4", PULSE, ok("")).ssh("web5", "who", ok(""))
    };
    let text = shown(&mut host, "/vps");
    assert_eq!(
        text,
        "\
🖥 Servers

🟠 web1
      up 3d · load 0.33 · mem 41% · /var/lib/docker 95%
🟢 web2
      up 3d · load 0.33 · mem 41% · disk 50%
🔌 web3
      refuses connections; does its SSH server run?
🟡 web4
      answers, but has no /proc of Linux to read
🚫 web5
      reading it is not granted

at 12:00:00
[web1] [web2]
[web3] [web4]
[web5]
[🔄 Refresh]"
    );
    assert_eq!(shown(&mut host, "/server"), text);
    assert_eq!(pressed(&mut host, "🔄 Refresh"), format!("(edited) {text}"));
    assert_eq!(host.action("home", &[]).unwrap().to_string(), text, "from the main menu");
    assert!(pressed(&mut host, "web2").starts_with("(edited) 🖥 web2 · Stats"));
    assert!(pressed(&mut host, "⬅ Servers").starts_with("(edited) 🖥 Servers"));
}

#[test]
fn the_numbers_of_one_server() {
    let mut host = host();
    let text = shown(&mut host, "/vps stats web1");
    assert_eq!(
        text,
        "\
🖥 web1 · Stats

Debian GNU/Linux 12 (bookworm)
Linux 6.1.0-18-amd64
up 3 d 4 h · 2 users logged in

CPU      2 cores
Memory   ███░░░░  41% 3.1/7.6 GB
Swap     ░░░░░░░   2% 0.0/1.9 GB
…/docker ███████  95% 93.5/98.3 GB
/        █████░░  66% 24.6/37.4 GB
Load     0.33  0.71  0.95
at 12:00:00
[⚙️ Services] [💾 Disks] [🌐 Network]
[📜 Logs] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    for command in [
        "/vps stats",
        "/vps web1",
        "/vps WEB1",
        "/vps STATS Web1",
        "/server web1",
        "/server web1 stats",
    ] {
        assert_eq!(shown(&mut host, command), text, "{command}");
    }
    assert_eq!(pressed(&mut host, "🔄 Refresh"), format!("(edited) {text}"));
}

#[test]
fn a_server_that_tells_less_is_shown_with_less() {
    let mut host = bare()
        .ssh(
            "box",
            VITALS,
            exited(
                1,
                "5.5 4.4\n0.00 0.01 0.05 2/50 999\nMemTotal: 100000 kB\nMemFree: 60000 kB\n",
                "cat: can't open '/etc/os-release'",
            ),
        )
        .ssh("box", "df -kP", exited(127, "", "sh: df: not found"));
    assert_eq!(
        shown(&mut host, "/vps stats"),
        "\
🖥 box · Stats

up 5 s

Memory   ███░░░░  40% 39.1/97.7 MB
Load     0.00  0.01  0.05
at 12:00:00
[⚙️ Services] [💾 Disks] [🌐 Network]
[📜 Logs] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    let mut mac =
        bare().ssh("mac", VITALS, exited(1, "", "cat: /proc/stat: No such file or directory"));
    assert!(
        shown(&mut mac, "/vps stats mac")
            .contains("🟡 mac answers, but has no /proc of Linux to read.\n\nOther systems")
    );
}

#[test]
fn disks_and_their_files() {
    let mut host = host();
    let text = shown(&mut host, "/vps disk web1");
    assert_eq!(
        text,
        "\
🖥 web1 · Disks

⚠️ 1 disk is at least 90 % full

/var/lib/docker                95%
█████████████░ 93.5/98.3 GB

/                              66%
█████████░░░░░ 24.6/37.4 GB
files (inodes) 60% used
at 12:00:00
[📊 Stats] [⚙️ Services] [🌐 Network]
[📜 Logs] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    assert!(widest(text.split("\n\n").nth(2).unwrap()) <= 34, "{text}");
    assert_eq!(shown(&mut host, "/server web1 disk"), text);
    let mut none = bare().ssh("a", "df -kP", exited(127, "", "sh: df: not found"));
    assert!(
        shown(&mut none, "/vps disk").contains("🤷 a cannot list its disks: sh: df: not found")
    );
}

#[test]
fn the_network() {
    let mut host = host();
    let text = shown(&mut host, "/vps net web1");
    assert_eq!(
        text,
        "\
🖥 web1 · Network

Addresses
eth0     192.0.2.2/24
Traffic since its start, and now
eth0     ↓     1.0 MB ↑     2.0 kB
Listening
tcp 22    all
at 12:00:00
[📊 Stats] [⚙️ Services] [💾 Disks]
[📜 Logs] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    let mut old = bare()
        .ssh("old", TRAFFIC, ok(""))
        .ssh("old", "ss -tulnH", exited(127, "", "ss: not found"))
        .ssh("old", "netstat -tuln", ok("udp 0 0 127.0.0.53:53 0.0.0.0:*\n"));
    let text = shown(&mut old, "/vps net old");
    assert!(
        text.contains("There is no `ip` to ask") && text.contains("udp 53    127.0.0.53"),
        "{text}"
    );
    let mut bare = bare().ssh("old", TRAFFIC, ok(""));
    let text = shown(&mut bare, "/vps net old");
    assert!(text.contains("There is no `ss` and no `netstat` to ask"), "{text}");
}

#[test]
fn logs_of_all_and_of_one() {
    let mut host = host().ssh("web1", &format!("{JOURNAL} --unit nginx.service"), ok("plain\n"));
    assert_eq!(
        shown(&mut host, "/vps logs web1"),
        "\
🖥 web1 · Logs

the last 50 lines
── 2026-11-22
11:59:01 sshd[7]: Accepted <key> & more
at 12:00:00
[📎 As a file]
[📊 Stats] [⚙️ Services] [💾 Disks]
[🌐 Network] [▶️ Run]
[🔄 Refresh] [⬅ Servers]"
    );
    let file = host.press("📎 As a file").unwrap();
    assert_eq!(file.documents[0].name, "web1.log");
    assert_eq!(
        file.documents[0].content,
        b"2026-11-22T11:59:01+0000 web1 sshd[7]: Accepted <key> & more\n"
    );
    for command in ["/vps logs web1 nginx", "/server web1 logs nginx.service"] {
        let one = shown(&mut host, command);
        assert!(
            one.contains("Of nginx, the last 50 lines") && one.contains("[⚙️ Service] [📜 Logs]"),
            "{one}"
        );
    }
    assert_eq!(host.press("📎 As a file").unwrap().documents[0].name, "web1-nginx.log");
    assert!(
        refused(&mut host, "/vps logs web1 a;b").starts_with("“a;b” is no service.\nUsage: /vps")
    );
    let long = (0..50)
        .map(|n| format!("2026-11-22T11:59:01+0000 web1 x: {n} {}\n", "y".repeat(200)))
        .collect::<Vec<_>>()
        .concat();
    let mut host = host.ssh("web1", JOURNAL, ok(&long));
    let text = shown(&mut host, "/vps logs");
    assert!(text.contains("the end of the last 50 lines") && text.contains("x: 49"), "{text}");
    assert!(text.chars().count() < 3_400, "{}", text.chars().count());
    for (answer, text) in [
        (exited(127, "", ""), "🤷 web1 has no journal of systemd."),
        (ok("\n"), "🤷 The journal on web1 is empty, or closed to the bot's user."),
        (
            exited(1, "", "No journal files were opened"),
            "🔴 web1 says: No journal files were opened",
        ),
    ] {
        host = host.ssh("web1", JOURNAL, answer);
        assert!(shown(&mut host, "/vps logs web1").contains(text), "{text}");
    }
}
