//! `/metrics`, the menu, and the charts.

use umbrasil_sdk::HostError;
use umbrasil_sdk::testing::Machine;

use super::{bare, disk, host, machine, minute, network, shown, widest_pre};

#[test]
fn the_machine_in_numbers() {
    let mut host = host();
    let outcome = host.command("/metrics").unwrap();
    assert_eq!(
        outcome.to_string(),
        "\
📈 Metrics · 12:00:00
CPU      12 % █░░░░░░░ 4 cores
Memory   62 % █████░░░ 5.0/8.0 G
Swap      0 % ░░░░░░░░ 0.0/2.0 G
/        55 % ████░░░░ 55.0/100 G
/var/l…  40 % ███░░░░░ 40.0/100 G
Network  ↓ 1.0 MB ↑ 100 kB in all
Load     0.42 0.36 0.30
Up       12 d 3 h
Most CPU
a-very-long-pr…   150 %   12.0 GB
postgres           62 %    340 MB
<b>&                0 %       0 B
[🔄 Refresh] [By memory]
[📈 Chart] [📊 Monitoring]"
    );
    assert!(widest_pre(&outcome) <= 34);
    let by_memory = host.press("By memory").unwrap();
    assert!(by_memory.replies[0].replaced && by_memory.text().contains("Most memory\na-very"));
    assert!(host.press("🔄 Refresh").unwrap().text().contains("Most memory"), "it stays ordered");
    assert!(shown(&mut host, "/metrics memory").contains("Most memory"));
    // The rate is the difference to the last sample.
    minute(&mut host);
    let mut host =
        host.machine(Machine { networks: Some(vec![network(1_600_000)]), ..machine(12.0) });
    host.wait(30);
    assert!(shown(&mut host, "/metrics").contains("Network  ↓ 20.0 kB/s ↑ 2.0 kB/s"));
}

#[test]
fn what_is_not_granted_is_said_and_the_rest_is_there() {
    let mut host =
        bare().machine(Machine { cpu: None, disks: None, processes: None, ..machine(1.0) });
    let text = host.command("/metrics").unwrap().text();
    assert!(text.contains("CPU      not granted\nMemory   62 %"), "{text}");
    assert!(
        text.contains("Disk     not granted") && text.contains("Most CPU\nnot granted"),
        "{text}"
    );
    let mut bare = bare();
    assert_eq!(bare.command("/metrics").unwrap().text().matches("not granted").count(), 7);
    assert!(
        bare.action("home", &[]).unwrap().text().contains("Numbers of the machine: not granted")
    );
    // Nothing is watched then, and nothing is wrong.
    assert_eq!(minute(&mut bare).to_string(), "");
}

#[test]
fn many_disks_and_none() {
    let disks: Vec<_> =
        (0..200).map(|index| disk(&format!("/mnt/{}", "x".repeat(index)), 99)).collect();
    let mut host = host().machine(Machine { disks: Some(disks), ..machine(1.0) });
    let outcome = host.command("/metrics").unwrap();
    assert!(outcome.text().contains("and 192 more disks") && widest_pre(&outcome) <= 34);
    let alert = minute(&mut host).text();
    assert!(alert.contains("… and 188 more: /alerts") && alert.chars().count() < 4_096, "{alert}");
    assert!(host.command("/alerts").unwrap().text().chars().count() < 4_096);
    let mut host = host.machine(Machine {
        disks: Some(Vec::new()),
        networks: Some(Vec::new()),
        ..machine(1.0)
    });
    assert!(!shown(&mut host, "/metrics").contains("Disk"));
}

#[test]
fn huge_numbers_fit() {
    let mut huge = machine(100.0);
    let memory = huge.memory.as_mut().unwrap();
    (memory.total_bytes, memory.used_bytes) = (u64::MAX, u64::MAX);
    huge.cpu.as_mut().unwrap().cores = vec![100.0; 512];
    huge.uptime = Some(u64::MAX);
    huge.disks = Some(vec![disk("/", 100)]);
    let mut host = host().machine(huge);
    let outcome = host.command("/metrics").unwrap();
    assert!(widest_pre(&outcome) <= 36, "{outcome}");
}

#[test]
fn the_menu_says_how_things_are() {
    let mut host = host().config("SERVICES", "shop=https://shop.example.org/health");
    assert_eq!(
        host.action("home", &[]).unwrap().to_string(),
        "\
📊 Monitoring

📈 CPU 12 % · memory 62 % · disk 55 %
🩺 1 service, not checked yet
🔔 No alerts
🕒 Up 12 d 3 h
[📈 Metrics] [🩺 Services]
[🔔 Alerts] [🗒 Logs] [🕒 Uptime]
[☀️ Digest] [🔄 Refresh]"
    );
    for button in ["📈 Metrics", "🩺 Services", "🔔 Alerts", "🕒 Uptime", "☀️ Digest"] {
        host.action("home", &[]).unwrap();
        host.press(button).unwrap();
        let home = host.press("📊 Monitoring").unwrap();
        assert!(home.replies[0].replaced && home.text().starts_with("📊"), "{button}");
    }
    // Others have no logs to look at.
    assert!(!host.user(222).action("home", &[]).unwrap().to_string().contains("Logs"));
}

#[test]
fn a_week_is_drawn_of_ten_minutes() {
    let mut host = host();
    for _ in 0..3 {
        minute(&mut host);
    }
    host.command("/metrics").unwrap();
    host.press("📈 Chart").unwrap();
    let early = host.press("7d").unwrap();
    assert!(early.toasts[0].contains("a point comes each ten minutes"), "{early}");
}

#[test]
fn charts_are_pictures() {
    let mut host = host();
    host.command("/metrics").unwrap();
    let early = host.press("📈 Chart").unwrap();
    assert!(early.photos.is_empty() && early.toasts[0].contains("comes each minute"), "{early}");
    for index in 0..150_u32 {
        let mut machine = machine(f64::from(index % 90));
        machine.networks = Some(vec![network(1_000_000 * u64::from(index + 1))]);
        host = host.machine(machine);
        minute(&mut host);
    }
    host.command("/metrics").unwrap();
    let chart = host.press("📈 Chart").unwrap();
    assert_eq!(
        chart.to_string(),
        "📈 Chart: Last 6 hours, below. Another period?\n[· 6h ·] [24h] [7d]\n[Metrics] [📊 Monitoring]"
    );
    assert_eq!(chart.photos[0].caption, "📈 Last 6 hours");
    let mut sizes = vec![chart.photos[0].content.len()];
    for period in ["24h", "7d", "6h"] {
        let chart = host.press(period).unwrap();
        assert!(chart.replies[0].replaced, "the choice does not pile up");
        let png = &chart.photos[0].content;
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 500_000);
        sizes.push(png.len());
    }
    assert_ne!(sizes[0], sizes[2], "a week is drawn of averages");
}

#[test]
fn a_machine_that_is_late_is_not_one_that_is_withheld() {
    let mut host = host();
    host.docker_fails(HostError::Timeout);
    assert!(shown(&mut host, "/checks").contains("🐳 Containers: Docker does not answer"));
}
