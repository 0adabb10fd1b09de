//! The module of servers, end to end: real OpenSSH servers, with the programs of this machine.

use umbrasil_tests::{
    Host, Message, Sshd, World, eventually, fixtures::component, sshd, with_manifest,
};

/// A world whose owner has configured these servers, and said this besides.
async fn world(tables: &[String]) -> (World, Host) {
    let world = World::new().await;
    world.settings(&tables.join("\n"));
    let host = start(&world).await;
    (world, host)
}

async fn start(world: &World) -> Host {
    world.start(&[("ENABLE_VPS", "true")]).await
}

/// Waits for the host's question about a call, and gives its yes.
async fn question(world: &World, call: &str) -> (Message, String) {
    eventually(30, &format!("a question about {call}"), async || {
        let received = world.owner().received().await;
        let asks = |message: &&Message| message.text().contains(call);
        let asked = received
            .iter()
            .rev()
            .filter(asks)
            .find_map(|message| Some((message.clone(), message.button("✅ Confirm")?)))?;
        Some(asked)
    })
    .await
}

/// Puts a program of this name before those of the machine, for whoever logs in there.
fn stand_in(server: &Sshd, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let programs = server.path().join("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let program = programs.join(name);
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let key = std::fs::read_to_string(server.path().join("client.pub")).unwrap();
    let line = format!(
        "command=\"export PATH={}:$PATH; eval \\\"$SSH_ORIGINAL_COMMAND\\\"\" {key}",
        programs.display()
    );
    std::fs::write(server.path().join("authorized_keys"), line).unwrap();
}

#[tokio::test]
async fn without_servers_it_says_what_to_set() {
    let (world, host) = world(&[]).await;
    let text = world.owner().say("/vps").await;
    assert!(text.text().contains("Set VPS_HOST, VPS_USERNAME and VPS_PRIVATE_KEY"), "{text}");
    let menu = world.owner().say("/menu").await;
    assert!(menu.to_string().contains("[🖥 Servers]"), "{menu}");
    let home = world.owner().press("🖥 Servers").await;
    assert!(home.text().starts_with("🖥 No servers yet"), "{home}");
    let help = world.owner().say("/help").await;
    for line in ["/vps", "/server"] {
        assert!(help.text().contains(line), "{help}");
    }
    host.stop().await;
}

#[tokio::test]
async fn every_view_shows_this_machine() {
    let (one, two) = (Sshd::start().await, Sshd::start().await);
    let (world, host) = world(&[one.table("web1", ""), two.table("web2", "")]).await;
    let owner = world.owner();
    let all = owner.say("/vps").await;
    let lines: Vec<&str> = all.text().lines().collect();
    assert_eq!(lines[0], "🖥 Servers");
    assert!(lines[2].ends_with(" web1") && lines[4].ends_with(" web2"), "{all}");
    for line in [lines[3], lines[5]] {
        for part in ["up ", "load ", "mem ", "%"] {
            assert!(line.contains(part), "{part}: {all}");
        }
        assert!(!line.contains("disk ?"), "{all}");
    }
    let count = owner.received().await.len();
    let stats = owner.press("web2").await;
    for part in ["🖥 web2 · Stats", "Linux ", "logged in", "CPU ", "Memory ", "Load "] {
        assert!(stats.text().contains(part), "{part}: {stats}");
    }
    let core = stats.text().lines().find(|line| line.starts_with("CPU")).unwrap();
    assert!(core.contains('%') && core.contains("core"), "measured over a second: {stats}");
    let disks = owner.press("💾 Disks").await;
    assert!(disks.text().contains("🖥 web2 · Disks") && disks.text().contains("\n/ "), "{disks}");
    let net = owner.press("🌐 Network").await;
    let listens = format!("tcp {:<5} 127.0.0.1", two.port());
    assert!(net.text().contains(&listens) || net.to_string().contains("▶]"), "{net}");
    for part in ["Addresses\n", "127.0.0.1/8", "Listening\n"] {
        assert!(net.text().contains(part), "{part}: {net}");
    }
    let services = owner.press("⚙️ Services").await;
    let is_booted = std::path::Path::new("/run/systemd/system").exists();
    assert_eq!(!services.text().contains("web2 has no systemd"), is_booted, "{services}");
    let logs = owner.press("📜 Logs").await;
    assert!(logs.text().starts_with("🖥 web2 · Logs"), "{logs}");
    let commands = owner.press("▶️ Run").await;
    assert!(
        commands.text().contains("👁 uptime") && !commands.text().contains("/proc"),
        "{commands}"
    );
    let ran = owner.press("👁 uptime").await;
    assert!(ran.text().contains("✅ exit 0") && ran.text().contains("load average"), "{ran}");
    owner.press("⬅ Commands").await;
    let back = owner.press("⬅ Servers").await;
    assert!(back.text().starts_with("🖥 Servers"), "{back}");
    assert_eq!(owner.received().await.len(), count, "all in one message");
    assert_eq!((one.connections(), two.connections()), (1, 1), "one session each");
    host.stop().await;
}

#[tokio::test]
async fn each_trouble_has_its_words_beside_the_servers_that_answer() {
    let (fine, closed) = (Sshd::start().await, Sshd::start().await);
    std::fs::write(closed.path().join("authorized_keys"), "").unwrap();
    // It takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let at = |alias: &str, port: u16| {
        let own = format!("port = {}\n", fine.port());
        fine.table(alias, "").replace(&own, &format!("port = {port}\n"))
    };
    let lost = fine.table("lost", "").replace("127.0.0.1", "no-such-host.invalid");
    let tables = [
        fine.table("fine", ""),
        closed.table("closed", ""),
        at("gone", sshd::free_port()),
        at("silent", port),
        lost,
    ];
    let (world, host) = world(&tables).await;
    let owner = world.owner();
    owner.write("/vps").await;
    let all = owner.reads("🖥 Servers").await;
    for text in [
        "closed\n      does not let the bot log in",
        "gone\n      refuses connections; does its SSH server run?",
        "silent\n      did not answer within 15 s",
        "lost\n      has a name that cannot be resolved",
        "fine\n      up ",
    ] {
        assert!(all.text().contains(text), "{text}: {all}");
    }
    for (name, what, next) in [
        ("closed", "🔐 closed does not accept the bot's key", "authorized_keys"),
        ("gone", "🔌 gone refuses connections", "Check that sshd runs there"),
        ("lost", "🔎 lost has a name that cannot be resolved.", "Check VPS_HOST"),
    ] {
        let one = owner.say(&format!("/vps disk {name}")).await;
        assert!(one.text().contains(what) && one.text().contains(next), "{one}");
    }
    let public = std::fs::read(closed.path().join("client.pub")).unwrap();
    std::fs::write(closed.path().join("authorized_keys"), public).unwrap();
    owner.say("/vps disk closed").await;
    assert!(owner.reads("closed · Disks").await.text().contains('%'));
    host.stop().await;
}

#[tokio::test]
async fn an_unknown_server_is_trusted_and_refreshed_and_a_changed_one_is_not() {
    let mut server = Sshd::start().await;
    let (world, host) = world(&[server.unknown("web1")]).await;
    let owner = world.owner();
    owner.write("/vps stats web1").await;
    let refused = owner.reads("🔑 The host key of web1 is not known yet").await;
    assert!(refused.text().contains("Then press Refresh."), "{refused}");
    let asked = owner.reads("Unknown server").await;
    owner.press_raw("trust", asked.id(), &asked.button("🔑 Trust").unwrap()).await;
    owner.reads("is trusted with this key").await;
    owner.press_data(refused.id(), &refused.button("🔄 Refresh").unwrap()).await;
    owner.reads("Memory ").await;
    host.stop().await;
    server.restart("ed25519").await;
    let host = start(&world).await;
    owner.write("/vps").await;
    let all = owner.reads("host key CHANGED: press for more").await;
    owner.press_data(all.id(), &all.button("web1").unwrap()).await;
    let one = owner.reads("🚨 The host key of web1 has CHANGED").await;
    assert!(one.text().contains("umbrasil host-key forget web1"), "{one}");
    assert_eq!(server.attempts(), 0, "{}", server.logged());
    host.stop().await;
}

#[tokio::test]
async fn what_the_owner_grants_by_name_is_offered_and_runs() {
    let server = Sshd::start().await;
    let marked = server.path().join("marked");
    let table = server.table("web1", "");
    let grants = r#"
[[modules.vps.ssh]]
targets = ["web1"]
commands = ["touch {file:path}"]
[[modules.vps.ssh]]
targets = ["*"]
commands = ["rm {file:path}"]
effect = "dangerous"
"#;
    let (world, host) = world(&[table, grants.to_owned()]).await;
    let owner = world.owner();
    let list = owner.say("/vps run web1").await;
    for line in
        ["✏️ touch {file:path}", "⚠️ rm {file:path}", "⚠️ systemctl restart {unit:unit-name}"]
    {
        assert!(list.text().contains(line), "{list}");
    }
    let asks = owner.press("✏️ touch {file:path}").await;
    assert!(asks.text().contains("Type file: a path"), "{asks}");
    assert!(owner.say("rel; ative").await.text().contains("is not a path"));
    let done = owner.say(&marked.display().to_string()).await;
    assert!(done.text().contains("✅ exit 0") && marked.exists(), "{done}");

    // Dangerous: the host asks, with the exact command, and it runs once.
    owner.write(&format!("/vps run web1 rm {}", marked.display())).await;
    let call = format!("ssh web1: rm {}", marked.display());
    let (asked, yes) = question(&world, &call).await;
    assert!(marked.exists(), "not before the tap");
    owner.press_raw("yes", asked.id(), &yes).await;
    owner.reads(&format!("rm {}\n✅ exit 0", marked.display())).await;
    assert!(!marked.exists());

    // What nobody has granted says what would grant it; then it runs; then it is taken back.
    let line = "ssh web1: echo one 'two words'";
    let denied = owner.say("/vps run web1 echo one 'two words'").await;
    assert!(denied.text().contains(&format!("Not granted: {line}")), "{denied}");
    let granted = world.operate(&["grant", "allow", "vps", line], "", &[]).await;
    assert!(granted.code == 0 && !granted.out.contains("does not ask for"), "{granted:?}");
    let ran = owner.say("/vps run web1 echo one 'two words'").await;
    assert!(ran.text().contains("one two words"), "{ran}");
    assert!(owner.say("/vps run web1").await.text().contains("✏️ echo one 'two words'"));
    let listed = world.operate(&["grant", "list", "vps"], "", &[]).await;
    let row = listed.out.lines().find(|row| row.contains("echo one")).unwrap();
    assert!(!row.contains("not asked for"), "{row}");
    let revoked = world.operate(&["grant", "revoke", "vps", line], "", &[]).await;
    assert_eq!(revoked.code, 0, "{revoked:?}");
    let denied = owner.say("/vps run web1 echo one 'two words'").await;
    assert!(denied.text().contains("🚫 Not granted"), "{denied}");
    // No grant can hold what means something to a shell, so none is proposed.
    for command in ["uptime; id", "cat x | wc", "tail *.log", "docker ps --format {{.Names}}"] {
        let denied = owner.say(&format!("/vps run web1 {command}")).await;
        assert!(denied.text().contains("there is no shell"), "{denied}");
        assert!(!denied.text().contains("umbrasil grant"), "{denied}");
        let words = shell_words(command);
        let call = format!("ssh web1: {words}");
        let explained = world.operate(&["policy", "explain", "vps", &call], "", &[]).await.out;
        assert!(explained.contains("there is no shell"), "{explained}");
        assert!(!explained.contains("umbrasil grant"), "{explained}");
    }

    // What comes with the host can be taken away, too, and is not let in by the back door.
    let line = "read ssh *: df -kP";
    let revoked = world.operate(&["grant", "revoke", "vps", line], "", &[]).await;
    assert_eq!(revoked.code, 0, "{revoked:?}");
    let denied = owner.say("/vps disk web1").await;
    assert!(denied.text().contains(&format!("umbrasil grant allow vps '{line}'")), "{denied}");
    world.operate(&["grant", "allow", "vps", line], "", &[]).await;
    assert!(owner.press("🔄 Refresh").await.text().contains('%'));
    // And without the line that leaves the commands to the owner, they have no effect.
    world.operate(&["grant", "revoke", "vps", "read ssh *: {granted}"], "", &[]).await;
    let list = owner.say("/vps run web1").await;
    assert!(!list.text().contains("touch") && list.text().contains("👁 uptime"), "{list}");
    let denied = owner.say(&format!("/vps run web1 touch {}", marked.display())).await;
    assert!(denied.text().contains("🚫") && !marked.exists(), "{denied}");
    host.stop().await;
}

/// Speaks as `systemctl` and keeps what is running in a file.
const SYSTEMCTL: &str = r#"#!/bin/sh
state=$(dirname "$0")/state
[ -f "$state" ] || echo failed > "$state"
now=$(cat "$state")
case "$1" in
list-units)
    echo "cron.service     loaded active running Regular background program processing daemon"
    echo "web@<1>.service  loaded $now $now A web server"
    echo "nginx.service    loaded $now $now A high performance web server & more" ;;
show)
    echo "Id=nginx.service"; echo "Description=A high performance web server & more"
    echo "LoadState=loaded"; echo "ActiveState=$now"; echo "SubState=$now"; echo "MainPID=0" ;;
restart)
    [ "$2" = nginx.service ] || { echo "Unit $2 not found." >&2; exit 5; }
    echo active > "$state"; echo "$@" >> "$state.log" ;;
*) exit 1 ;;
esac
"#;

#[tokio::test]
async fn a_failed_service_is_restarted_after_a_tap() {
    let server = Sshd::start().await;
    stand_in(&server, "systemctl", SYSTEMCTL);
    stand_in(
        &server,
        "journalctl",
        "#!/bin/sh\necho \"2026-11-22T11:59:01+0000 web1 nginx[7]: $*\"\n",
    );
    let (world, host) = world(&[server.table("web1", "")]).await;
    let owner = world.owner();
    let list = owner.say("/vps services web1").await;
    assert!(list.text().contains("❌ 2 failed · 🟢 1 active"), "{list}");
    assert!(list.text().contains("web@<1>"), "{list}");
    let unit = owner.press("❌ nginx").await;
    assert!(unit.text().contains("A high performance web server & more\n❌ failed"), "{unit}");
    let logs = owner.press("📜 Logs").await;
    assert!(logs.text().contains("--unit nginx.service"), "{logs}");
    let unit = owner.press("⚙️ Service").await;
    owner.press_data(unit.id(), &unit.button("🔁 Restart").unwrap()).await;
    let (asked, yes) = question(&world, "ssh web1: systemctl restart nginx.service").await;
    let log = server.path().join("programs/state.log");
    assert!(!log.exists(), "not before the tap");
    owner.press_raw("yes", asked.id(), &yes).await;
    let done = owner.reads("✅ Restarted.").await;
    assert!(done.text().contains("🟢 active"), "{done}");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "restart nginx.service\n", "once");
    host.stop().await;
}

#[tokio::test]
async fn another_module_may_look_and_not_run() {
    let server = Sshd::start().await;
    let world = World::new().await;
    let tables = "[[modules]]\nname = \"vps\"\ncommands = [\"server\", \"vps\"]\n";
    let grants = tables.replace("[[modules]]", "[[modules.caller.modules]]");
    world.settings(&format!("{}\n{grants}", server.table("web1", "")));
    let manifest = format!("[module]\nname = \"caller\"\nversion = \"1.0.0\"\n{tables}");
    world.install("caller", &with_manifest(component("caller"), &manifest));
    let host = start(&world).await;
    let owner = world.owner();
    let disks = owner.say("/call vps server web1 disk").await;
    assert!(disks.text().contains("<b>web1</b> · Disks") && disks.text().contains('%'), "{disks}");
    let callable = owner.say("/callable").await;
    assert_eq!(callable.text(), "vps/server changes=false\nvps/vps changes=true");
    owner.write("/call vps vps run web1 uptime").await;
    question(&world, "/vps run web1 uptime (of vps)").await;
    host.stop().await;
}

/// The words of a line as `policy explain` reads them: each quoted.
fn shell_words(command: &str) -> String {
    command.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}
