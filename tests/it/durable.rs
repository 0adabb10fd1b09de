//! What was confirmed is on the disk, and a damaged file is left alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use umbrasil_tests::{Book, Host, Ledger, Random, Signal, World, binary, eventually};

const EXPENSES: usize = 30;

/// A power failure keeps what was synced, and of the rest any part: each length of the write-ahead log must
/// give a ledger without a gap, with all that was confirmed when the log had that length.
#[tokio::test]
async fn a_cut_log_holds_all_that_was_confirmed_before_the_cut() {
    let (world, mut random, mut book) = (World::new().await, Random::seeded(), Book::default());
    let host = world.start(&[]).await;
    let log = world.data().join("umbrasil.db-wal");
    let mut lengths = Vec::new();
    for expense in 1..=EXPENSES {
        book.spend(&world, 1000, 100).await;
        eventually(20, "a confirmation", async || {
            (book.confirmations(&world).await.len() == expense).then_some(())
        })
        .await;
        lengths.push(std::fs::metadata(&log).unwrap().len());
    }
    host.kill().await;
    let whole = *lengths.last().unwrap();
    let notes: Vec<String> = book.notes().map(str::to_owned).collect();
    let cuts = (0..40).map(|_| random.within(0..whole)).chain([0, 1, 31, 32, 33, whole]);
    for (round, cut) in cuts.enumerate() {
        let copy = world.path().join(format!("cut-{round}"));
        copy_files(&world.data(), &copy);
        let file = std::fs::OpenOptions::new().write(true).open(copy.join("umbrasil.db-wal"));
        file.unwrap().set_len(cut).unwrap();
        // The index of the log is made anew after a power failure.
        drop(std::fs::remove_file(copy.join("umbrasil.db-shm")));
        let confirmed = lengths.iter().filter(|length| **length <= cut).count();
        if round % 20 == 0 {
            let host = world.start(&[("UMBRASIL_DATA_DIR", copy.to_str().unwrap())]).await;
            assert!(host.stop().await.success());
        }
        let ledger = Ledger::open(&copy);
        assert_eq!(ledger.integrity(), "ok", "cut at {cut}");
        let found = if ledger.is_empty() { Vec::new() } else { ledger.notes() };
        assert_eq!(found, notes[..found.len()], "cut at {cut}");
        assert!(found.len() >= confirmed, "cut at {cut}: {} of {confirmed}", found.len());
    }
}

type Damage = fn(&mut Vec<u8>);

#[tokio::test]
async fn a_damaged_database_is_refused_and_not_touched() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    world.owner().say("/expense 12.50 food coffee").await;
    assert!(host.stop().await.success());
    let sound = std::fs::read(world.data().join("umbrasil.db")).unwrap();
    let damages: [(&str, Damage); 4] = [
        ("truncated", |bytes| bytes.truncate(3 * 4096)),
        ("header", |bytes| bytes[..100].fill(0x2a)),
        ("page", |bytes| bytes[4096..8192].fill(0x2a)),
        // The field `user_version`.
        ("newer", |bytes| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes())),
    ];
    for (name, damage) in damages {
        let data = world.path().join(name);
        std::fs::create_dir(&data).unwrap();
        let (file, mut bytes) = (data.join("umbrasil.db"), sound.clone());
        damage(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        refused(&world, &data).await;
        assert!(std::fs::read(&file).unwrap() == bytes, "{name}: the file was changed");
    }
    let data = world.path().join("directory");
    std::fs::create_dir_all(data.join("umbrasil.db")).unwrap();
    refused(&world, &data).await;
    assert!(data.join("umbrasil.db").is_dir());
}

#[tokio::test]
async fn a_refused_database_keeps_its_log() {
    let (world, mut book) = (World::new().await, Book::default());
    let host = world.start(&[]).await;
    book.spend(&world, 1000, 100).await;
    book.confirmed(&world).await;
    host.kill().await;
    // A newer program was killed, too: its version is in the log only.
    let mut writer = Command::new("sqlite3");
    let statements = "PRAGMA user_version = 99;";
    let ended = writer
        .args(["-cmd", ".dbconfig no_ckpt_on_close on"])
        .arg(world.data().join("umbrasil.db"))
        .arg(statements)
        .status();
    assert!(ended.expect("install sqlite3").success());
    let files = ["umbrasil.db", "umbrasil.db-wal"].map(|name| world.data().join(name));
    let read = || files.clone().map(|file| std::fs::read(file).unwrap());
    let before = read();
    refused(&world, &world.data()).await;
    assert!(read() == before, "the files were changed");
}

/// The host must not start on `data`, and must name its database.
async fn refused(world: &World, data: &Path) {
    let mut host = world.launch(&[("UMBRASIL_DATA_DIR", data.to_str().unwrap())]);
    let status = host.exit(20).await;
    assert_eq!(status.code(), Some(1), "{}", data.display());
    let (logged, file) = (host.logged(), data.join("umbrasil.db").display().to_string());
    assert!(logged.contains(&file), "{file} is not named in: {logged}");
}

/// A confirmation leaves the host only after the log was synced, after the update had arrived.
#[tokio::test]
async fn nothing_is_confirmed_before_it_is_synced() {
    let (world, mut book) = (World::new().await, Book::default());
    let calls = "trace=fsync,fdatasync,read,recvfrom,write,writev,sendto,sendmsg";
    let Some((mut host, trace)) = traced(&world, &[calls]) else { return };
    host.ready().await;
    for expense in 1..=10 {
        book.spend(&world, 1000, 100).await;
        eventually(30, "a confirmation", async || {
            (book.confirmations(&world).await.len() == expense).then_some(())
        })
        .await;
    }
    host.signal(Signal::TERM);
    assert!(host.exit(20).await.success());
    let trace = String::from_utf8_lossy(&std::fs::read(trace).unwrap()).into_owned();
    let lines: Vec<&str> = trace.lines().collect();
    for note in book.notes() {
        let mentions = |line: &str| {
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
            // A line break in a trace reads `\n`, so the words beside one begin with an n.
            words.any(|word| word == note || word.strip_prefix('n') == Some(note))
        };
        let arrived = lines.iter().position(|line| is_receipt(line) && mentions(line));
        let sent = lines.iter().position(|line| line.contains("/SendMessage ") && mentions(line));
        let sent = sent.or_else(|| {
            // Head and body of a request may be two calls: the body is what confirms.
            lines.iter().position(|line| line.contains("\\\"chat_id\\\"") && mentions(line))
        });
        let (arrived, sent) = (arrived.expect(note), sent.expect(note));
        assert!(arrived < sent, "{note}");
        let synced = lines[arrived..sent].iter().any(|line| is_sync(line, &lines[..sent]));
        assert!(synced, "{note} was confirmed before it was synced");
    }
}

fn is_receipt(line: &str) -> bool {
    ["recvfrom(", "read(", "recvfrom resumed>", "read resumed>"].iter().any(|c| line.contains(c))
}

/// The end of a sync of the write-ahead log, begun in one of the lines `before`.
fn is_sync(line: &str, before: &[&str]) -> bool {
    if !line.ends_with("= 0") {
        return false;
    }
    if line.contains("sync(") && line.contains("umbrasil.db-wal") {
        return true;
    }
    let thread = line.split_whitespace().next();
    line.contains("sync resumed>")
        && before.iter().any(|begun| {
            begun.split_whitespace().next() == thread
                && begun.contains("sync(")
                && begun.contains("umbrasil.db-wal")
                && begun.contains("<unfinished")
        })
}

/// After a failed sync the host ends with an error instead of trying again: what it confirmed is there, what
/// it did not confirm is handled at the next start.
#[tokio::test]
async fn a_failing_disk_ends_the_host_and_is_never_called_a_success() {
    let (world, mut book) = (World::new().await, Book::default());
    let syncs = "fsync,fdatasync";
    let (calls, fault) = (format!("trace={syncs}"), format!("inject={syncs}:error=EIO:when=40+"));
    let Some((mut host, _)) = traced(&world, &[&calls, &fault]) else { return };
    host.ready().await;
    while host.is_alive() && book.notes().count() < 60 {
        book.spend(&world, 1000, 100).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(host.exit(20).await.code(), Some(1));
    // What failed may have been a note that nobody waited for: so one more, which surely waits.
    book.spend(&world, 1000, 100).await;
    assert!(host.logged().contains("the disk fails"), "{}", host.logged());
    let confirmed = book.confirmations(&world).await.len();
    let spent = book.notes().count();
    assert!(confirmed < spent, "the disk failed in between: {confirmed} of {spent}");
    let host = world.start(&[]).await;
    eventually(30, "the rest is handled", async || {
        (book.confirmations(&world).await.len() >= book.notes().count()).then_some(())
    })
    .await;
    let balance = world.person(1000).say("/balance").await;
    assert!(balance.text().ends_with(&format!("Balance: -{spent}.00 EUR")), "{balance}");
    assert!(host.stop().await.success());
}

/// A host under strace with these expressions, and the trace; none where that is not possible.
fn traced(world: &World, expressions: &[&str]) -> Option<(Host, PathBuf)> {
    let trace = world.path().join("trace");
    let plain = world.command(&[]);
    let mut command = Command::new("strace");
    // `-D`: the tracer is the child, so that signals to the process go to the host.
    command.args(["-D", "-f", "-y", "-s", "65536", "-o"]).arg(&trace);
    command.args(expressions.iter().flat_map(|expression| ["-e", expression]));
    command.arg(binary()).arg("run").current_dir(world.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin");
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        #[allow(clippy::print_stderr, reason = "a skipped test says why")]
        {
            eprintln!("skipped: strace is not installed, or may not trace here");
        }
        return None;
    }
    Some((world.spawn(command), trace))
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
