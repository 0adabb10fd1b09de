//! What the schedule keeps, and for how long.

use umbrasil_sdk::testing::Container;

use super::{host, machine, minute, shown};

#[test]
fn a_quiet_minute_is_cheap_and_silent() {
    let mut host = host();
    for _ in 0..100 {
        assert_eq!(minute(&mut host).to_string(), "");
    }
    let quiet = minute(&mut host);
    assert!(quiet.calls <= 26, "{} calls", quiet.calls);
}

#[test]
fn what_is_kept_is_bounded_for_ever() {
    let mut host = host()
        .config("SERVICES", "a=http://a.example.org/,b=tcp://10.0.0.5:1")
        .container(Container::new("web"));
    let mut most = 0;
    for _ in 0..3 * 24 * 60 {
        minute(&mut host);
        most = most.max(host.keys().count());
    }
    let day = host.keys().count();
    assert!(day < 100, "{day} keys");
    // Weeks in larger steps.
    for _ in 0..400 {
        host.wait(7_140);
        minute(&mut host);
    }
    assert!(host.keys().count() < 110, "{} keys", host.keys().count());
    let keys: Vec<String> = host.keys().map(str::to_owned).collect();
    let largest = keys.iter().map(|key| host.stored(key).unwrap().len()).max().unwrap();
    assert!(largest < 10_000, "{largest} bytes");
    for key in keys {
        assert_eq!(host.stored(&key).unwrap()[0], b'1', "{key} says its version");
    }
}

#[test]
fn what_cannot_be_read_begins_anew() {
    let mut host = host();
    minute(&mut host);
    let keys: Vec<String> = host.keys().map(str::to_owned).collect();
    for broken in [&b"9"[..], b"", b"1", b"1{", b"1\xff\xfe", b"1{\"at\":true}"] {
        for key in &keys {
            host.store(key, broken);
        }
        if std::str::from_utf8(broken).is_ok() {
            minute(&mut host);
            for command in ["/metrics", "/checks", "/alerts", "/uptime", "/digest now"] {
                shown(&mut host, command);
            }
        }
    }
}

#[test]
fn the_watch_survives_a_clock_that_jumps() {
    let mut host = host();
    minute(&mut host);
    host.wait(400 * 86_400);
    assert_eq!(minute(&mut host).to_string(), "");
    let mut host = host.at(1_000_000_000_000).machine(machine(99.0));
    assert_eq!(super::minutes(&mut host, 3).matches("CPU at 99 %").count(), 1);
}
