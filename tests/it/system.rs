//! `system`: numbers of the machine, each part by its own permission, and nothing but numbers.

use umbrasil_tests::fixtures::wanting;
use umbrasil_tests::{Host, World, eventually};

const PARTS: [(&str, &str); 7] = [
    ("cpu", "n_cpu"),
    ("memory", "n_memory"),
    ("disk", "n_disks"),
    ("network", "n_networks"),
    ("load", "n_load"),
    ("uptime", "n_uptime"),
    ("processes", "n_processes cpu 5"),
];

/// A host with the module `numbers`, which wants and is granted these parts.
async fn bot(parts: &[&str]) -> (World, Host) {
    let world = World::new().await;
    let manifest =
        format!("[module]\nname = \"numbers\"\nversion = \"1\"\n[system]\nread = {parts:?}\n");
    let settings = format!("[modules.numbers.system]\nread = {parts:?}\n");
    std::fs::write(world.path().join("umbrasil.toml"), settings).unwrap();
    world.install("numbers", &wanting("numbers", &manifest));
    let host = world.start(&[]).await;
    (world, host)
}

/// The number behind a word of a text that Rust shows.
fn number(text: &str, word: &str) -> f64 {
    let after =
        text.split(&format!("{word}: ")).nth(1).unwrap_or_else(|| panic!("{word} in {text}"));
    let digits: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse().unwrap_or_else(|_| panic!("{word} in {text}"))
}

#[tokio::test]
async fn each_part_has_a_permission_of_its_own() {
    for granted in [0, 3, 6] {
        let (world, _host) = bot(&[PARTS[granted].0]).await;
        for (index, (part, command)) in PARTS.iter().enumerate() {
            let said = world.owner().say(&format!("/{command}")).await;
            if index == granted {
                assert!(!said.text().contains("error"), "{command}: {said}");
            } else {
                let line = format!("`system {part}`");
                assert!(
                    said.text().contains("Denied") && said.text().contains(&line),
                    "{command}: {said}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_numbers_make_sense() {
    let parts: Vec<&str> = PARTS.iter().map(|(part, _)| *part).collect();
    let (world, host) = bot(&parts).await;
    let owner = world.owner();
    let ask = async |command: &str| owner.say(&format!("/{command}")).await.text().to_owned();

    let cpu = ask("n_cpu").await;
    assert!((0.0..=100.0).contains(&number(&cpu, "percent")), "{cpu}");
    let cores = cpu.split("cores: [").nth(1).unwrap().split(']').next().unwrap();
    let cores: Vec<f64> = cores.split(", ").map(|core| core.parse().unwrap()).collect();
    assert!(!cores.is_empty() && cores.iter().all(|core| (0.0..=100.0).contains(core)), "{cpu}");

    let memory = ask("n_memory").await;
    let of = |word: &str| number(&memory, word);
    assert!(of("total-bytes") > 100e6 && of("used-bytes") > 0.0, "{memory}");
    assert_eq!(of("total-bytes"), of("used-bytes") + of("available-bytes"));
    assert!(of("swap-used-bytes") <= of("swap-total-bytes"), "{memory}");

    let disks = ask("n_disks").await;
    assert!(disks.contains("mount: \"/\""), "{disks}");
    assert!(number(&disks, "total-bytes") >= number(&disks, "available-bytes"), "{disks}");
    for unreal in ["/proc", "/sys", "/dev/shm", "/etc/hosts"] {
        assert!(!disks.contains(&format!("\"{unreal}")), "{disks}");
    }
    let networks = ask("n_networks").await;
    assert!(networks.contains("name: \"lo\""), "{networks}");
    for address in ["127.0.0", "::1", "00:00:00"] {
        assert!(!networks.contains(address), "{networks}");
    }
    let load = ask("n_load").await;
    assert!(number(&load, "one") < 10_000.0 && load.contains("fifteen"), "{load}");
    let machine = std::fs::read_to_string("/proc/uptime").unwrap();
    let machine: f64 = machine.split_whitespace().next().unwrap().parse().unwrap();
    let uptime: f64 = ask("n_uptime").await.parse().unwrap();
    assert!(uptime <= machine && uptime > machine - 60.0, "{uptime} of {machine}");

    // Fifty of them are more than one message: the whole of it is waited for.
    ask("n_processes memory 4000000000").await;
    owner.reads("}])").await;
    let counted =
        owner.received().await.iter().map(|message| message.text().to_owned()).collect::<Vec<_>>();
    assert!(counted.iter().any(|text| text.contains("Process {")), "{counted:?}");
    let counted = counted
        .iter()
        .find_map(|text| text.strip_prefix("(")?.split(',').next()?.parse::<u32>().ok());
    assert!(counted.unwrap() <= 50, "{counted:?}");
    assert_eq!(ask("n_processes cpu 0").await, "(0, [])");
    let two = ask("n_processes memory 2").await;
    assert!(two.starts_with("(2, ") && number(&two, "memory-bytes") > 0.0, "{two}");
    drop(host);
}

#[tokio::test]
async fn a_process_tells_no_arguments_no_environment_and_no_user() {
    let (world, _host) = bot(&["processes"]).await;
    // As busy as can be, so that it is among the first.
    let mut busy = std::process::Command::new("sh");
    busy.args(["-c", "x='CANARY'; while :; do :; done", "CANARY", "--password=CANARY"]);
    let busy = Busy(busy.env("CANARY", "CANARY").spawn().unwrap());
    let pid = busy.0.id();
    // A process that has just begun counts as idle until it is looked at for the second time.
    let found = eventually(60, "the busy process is seen at work", async || {
        let said = world.owner().say("/n_processes cpu 10").await.text().to_owned();
        assert!(!said.contains("CANARY"), "{said}");
        let part = said.split_once(&format!("id: {pid},"))?.1.to_owned();
        (number(&part, "cpu-percent") > 5.0).then_some(part)
    })
    .await;
    let name = found.split("name: \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(["sh", "dash", "bash", "busybox"].contains(&name), "{name}");
}

/// Ends with the test, however that ends.
struct Busy(std::process::Child);

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
