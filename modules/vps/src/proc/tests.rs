use super::*;

const LINUX: &str = "\
cpu  100 0 100 700 100 0 0 0 5 0
cpu0 50 0 50 350 50 0 0 0 0 0
cpu1 50 0 50 350 50 0 0 0 0 0
intr 5 0 1
ctxt 99
22625.22 17677.73
0.33 0.71 0.95 1/96 32264
MemTotal:        8000000 kB
MemFree:          100000 kB
MemAvailable:    4720000 kB
SwapTotal:       2000000 kB
SwapFree:        1960000 kB
Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP
PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
HOME_URL=\"https://www.debian.org/\"
";

#[test]
fn everything_is_found_wherever_it_is() {
    let vitals = Vitals::read(LINUX);
    assert_eq!(vitals.uptime, Some(22_625));
    assert_eq!(vitals.load.as_ref().unwrap().join(" "), "0.33 0.71 0.95");
    assert_eq!(vitals.memory.unwrap().percent(), 41);
    assert_eq!(vitals.swap.unwrap().percent(), 2);
    assert_eq!(vitals.cores, 2);
    assert_eq!(vitals.kernel.as_deref(), Some("Linux 6.1.0-18-amd64"));
    assert_eq!(vitals.system.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    let backwards: Vec<&str> = LINUX.lines().rev().collect();
    assert_eq!(Vitals::read(&backwards.join("\r\n")), vitals);
}

#[test]
fn what_is_missing_or_nonsense_is_left_out() {
    for text in ["", "cpu", "cpu x y z w", "MemTotal:", "MemTotal: 0 kB", "1.0", "nan inf", ": :"] {
        assert!(!Vitals::read(text).is_linux(), "{text}");
    }
    // A kernel before 3.14.
    let old = Vitals::read("MemTotal: 1000 kB\nMemFree: 200 kB\nBuffers: 100 kB\nCached: 300 kB\n");
    assert_eq!(old.memory.unwrap().percent(), 40);
    let huge =
        Vitals::read("MemTotal: 18446744073709551615 kB\nMemFree: 99999999999999999999 kB\n");
    assert_eq!(huge.memory, None);
}

#[test]
fn processors_are_measured_between_two_looks() {
    let at = |line: &str| Vitals::read(line).processors.unwrap();
    let (before, after) = (at("cpu  100 0 100 700 100 0 0 0"), at("cpu  130 0 110 740 120 0 0 0"));
    assert_eq!(after.percent_since(before), Some(40));
    assert_eq!(after.percent_since(after), None);
    assert_eq!(before.percent_since(after), None, "it was started anew in between");
    assert_eq!(at("cpu  18446744073709551615 9 9 9").percent_since(before), Some(100));
}

#[test]
fn traffic_is_read_with_its_clock() {
    let text = "22625.22 17677.73\nInter-|   Receive                       |  Transmit\n \
                face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n\
                \x20   lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n\
                eth0:2048 7 0 0 0 0 0 0 512 3 0 0 0 0 0 0\n";
    let (at, moved) = traffic(text);
    assert_eq!(at, Some(2_262_522));
    assert_eq!(moved.len(), 2);
    assert_eq!(moved[1], Moved { interface: "eth0".into(), received: 2_048, sent: 512 });
    assert_eq!(traffic("cat: /proc/net/dev: No such file"), (None, Vec::new()));
}
