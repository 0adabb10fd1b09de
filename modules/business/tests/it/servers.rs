//! Servers at a glance.

use umbrasil_sdk::HostError;
use umbrasil_sdk::ssh::Output;
use umbrasil_sdk::testing::Host;

use super::{bare, fits, shown};

const LOOK: &str = "cat /proc/loadavg /proc/uptime /proc/meminfo";
const DISK: &str = "df -P /";

fn look(load: &str, uptime: u64, available: u64) -> Result<Output, HostError> {
    Ok(Output::success(format!(
        "{load} 0.30 0.25 1/567 12345\n{uptime}.12 4000000.00\nMemTotal: 16000000 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n"
    )))
}

fn disk(percent: u64) -> Result<Output, HostError> {
    Ok(Output::success(format!(
        "Filesystem     1024-blocks      Used Available Capacity Mounted on\n/dev/vda1 81106868 57213012 23877472 {percent}% /\n"
    )))
}

fn well(host: Host, name: &str) -> Host {
    host.ssh(name, LOOK, look("0.42", 1_036_800, 9_120_000)).ssh(name, DISK, disk(71))
}

#[test]
fn all_are_shown_in_two_calls() {
    let host = well(bare(), "web1").ssh("db", LOOK, look("12.05", 90_000, 400_000)).ssh(
        "db",
        DISK,
        disk(93),
    );
    let away = |text: &str| Err(HostError::Unavailable(text.into()));
    let mut host = host
        .ssh("old", LOOK, away("old did not answer within 15 s"))
        .ssh("new", LOOK, away("the host key of new is not known yet; an owner has been asked to trust it"))
        .ssh("other", LOOK, away("other does not accept the bot's key; an owner has to add it to authorized_keys there"))
        .ssh("slow", LOOK, Err(HostError::Timeout))
        .ssh("half", LOOK, Err(HostError::Unknown("half: the connection broke <off>".into())));
    let page = host.command("/servers").unwrap();
    fits(&page);
    assert_eq!(
        page.to_string(),
        "🖥 Servers\n2 of 7 reachable\n\
         \x20            load   mem disk    up\ndb          12.05   97%  93%  25 h\nweb1         0.42   43%  71%  12 d\n\
         🟡 db: disk 93 % full\n🟡 db: memory 97 % full\n\
         🔴 half – Outcome unknown: half: the connection broke <off>.\n\
         🔴 new – The host key of new is not known yet; an owner has been asked to trust it.\n\
         🔴 old did not answer within 15 s.\n\
         🔴 other does not accept the bot's key; an owner has to add it to authorized_keys there.\n\
         🔴 slow – There was no answer in time.\n\n\
         More: /vps stats NAME\n[Refresh] [Back]"
    );
    assert_eq!(page.calls, 3, "which there are, how they are, and their disks");
    assert!(host.press("Refresh").unwrap().replies[0].replaced);
    assert!(host.press("Back").unwrap().text().contains("🖥 Servers: 7 set up"));
}

#[test]
fn what_is_missing_is_a_dash() {
    let mut host = bare()
        .ssh("mac", LOOK, Ok(Output::failure(1, "cat: /proc/loadavg: No such file or directory")))
        .ssh("mac", DISK, disk(100))
        .ssh("strange-and-long-name", LOOK, look("999.99", 59, 0))
        .ssh("strange-and-long-name", DISK, Err(HostError::Denied("grant it".into())));
    let page = host.command("/servers").unwrap();
    fits(&page);
    assert_eq!(
        page.text(),
        "🖥 Servers\n2 of 2 reachable\n\
         \x20            load   mem disk    up\nmac             –     – 100%     –\nstrange-an…999.99  100%    –  59 s\n\
         🟡 mac: disk 100 % full\n🟡 strange-and-long-name: memory 100 % full\n\nMore: /vps stats NAME"
    );
}

#[test]
fn none_is_set_up() {
    assert_eq!(
        shown(&mut bare(), "/servers"),
        "🖥 Servers\n\nNone is set up. Set VPS_HOST, VPS_USERNAME and VPS_PRIVATE_KEY, or write a table [ssh.NAME] into \
         umbrasil.toml for each server, then restart the bot.\n[Back]"
    );
}

#[test]
fn many_are_paged() {
    let mut host = (0..200).fold(bare(), |host, index| well(host, &format!("server-{index:03}")));
    let mut page = host.command("/servers").unwrap();
    for number in 1..=17 {
        fits(&page);
        assert!(page.text().contains(&format!("reachable · page {number} of 17")), "{page}");
        assert_eq!(page.calls, 3);
        if number < 17 {
            page = host.press("▶").unwrap();
        }
    }
    assert!(page.text().starts_with("🖥 Servers\n8 of 8 reachable"), "{page}");
    host.press("◀").unwrap();
    assert!(host.press("Refresh").unwrap().text().contains("page 16 of 17"));
}

#[test]
fn what_the_owner_has_to_confirm_reaches_the_host() {
    let mut host = bare().ssh("web1", LOOK, Err(HostError::Pending("ssh web1: cat".into())));
    let error = umbrasil_sdk::testing::error(host.command("/servers"));
    assert_eq!(error.text(), "The owner has to confirm: ssh web1: cat");
}
