use super::*;

#[test]
fn addresses_of_iproute_and_busybox() {
    let text = "\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
4: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
4: eth0    inet6 2001:db8:1234:5678:9abc:def0:1234:5678/64 scope global \\
4: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever
7: wg0@if3    inet 10.8.0.1/24 scope global wg0
";
    assert_eq!(
        address_lines(text),
        [
            "eth0     192.0.2.2/24",
            "eth0     2001:db8:1234:5678:9abc:…",
            "wg0      10.8.0.1/24",
            "lo       127.0.0.1/8",
            "eth0     fe80::1/64",
        ]
    );
    let many = (0..200)
        .map(|n| format!("{n}: e{n}    inet 10.0.0.{n}/8 scope global\n"))
        .collect::<Vec<_>>()
        .concat();
    let lines = address_lines(&many);
    assert_eq!((lines.len(), lines[8].as_str()), (9, "… and 192 more"));
    assert!(address_lines("ip: command not found\n1: inet\n").is_empty());
}

#[test]
fn ports_of_ss_and_netstat() {
    let ss = "\
tcp LISTEN 0      128          0.0.0.0:22        0.0.0.0:*
tcp LISTEN 0      128             [::]:22           [::]:*
tcp LISTEN 0      244        127.0.0.1:5432      0.0.0.0:*
udp UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*
tcp LISTEN 0      244            [::1]:5432         [::]:*
";
    let lines = ["tcp 22    all", "udp 53    127.0.0.53", "tcp 5432  127.0.0.1, ::1"];
    assert_eq!(port_lines(ss), lines);
    let netstat = "\
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp6       0      0 :::22                   :::*                    LISTEN
udp        0      0 127.0.0.53:53           0.0.0.0:*
tcp        0      0 127.0.0.1:5432          0.0.0.0:*               LISTEN
tcp6       0      0 ::1:5432                :::*                    LISTEN
";
    assert_eq!(port_lines(netstat), lines);
    assert!(port_lines("tcp LISTEN 0 0 0.0.0.0:99999 0.0.0.0:*\nbash: ss: not found").is_empty());
}

#[test]
fn traffic_has_totals_and_rates() {
    let look = |up: &str, received: u64| {
        format!(
            "{up} 1.00\n lo: 9 0 0 0 0 0 0 0 9 0\n eth0: {received} 0 0 0 0 0 0 0 3650722201 0\nveth1: 5 0 0 0 0 0 0 0 5 0\n"
        )
    };
    let (before, after) = (look("100.00", 1 << 20), look("102.00", (1 << 20) + 8_192));
    assert_eq!(
        traffic_lines(&before, Some(&after)),
        ["eth0     ↓     1.0 MB ↑     3.4 GB\n         ↓   4.0 kB/s ↑      0 B/s"]
    );
    assert_eq!(traffic_lines(&before, None), ["eth0     ↓     1.0 MB ↑     3.4 GB"]);
    assert_eq!(traffic_lines(&after, Some(&before)).len(), 1, "started anew in between");
    assert!(traffic_lines("", Some("")).is_empty());
}
