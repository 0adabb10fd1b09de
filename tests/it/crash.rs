//! The process ends in every way that a process can, and nothing is lost or done twice.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use umbrasil_tests::proxy::{Fault, Proxy};
use umbrasil_tests::{
    Book, Host, Ledger, Person, Random, Signal, USER, World, eventually, fixtures,
};

const KILLS: usize = 24;

#[tokio::test]
async fn killed_at_any_moment_nothing_is_lost_or_done_twice() {
    let (world, mut random, mut book) = (World::new().await, Random::seeded(), Book::default());
    let (mut kills, mut sent, mut seen) = (Vec::new(), Vec::new(), 0);
    for round in 0..KILLS {
        let host = world.launch(&[]);
        // Some are killed while they start and recover, some while they load, most while they work.
        match round % 6 {
            0 => {}
            1 => connected(&host).await,
            _ => host.ready().await,
        }
        let pause = Duration::from_millis(random.within(5..150));
        let kill = async {
            tokio::time::sleep(pause).await;
            let from = now();
            host.kill().await;
            (from, now())
        };
        let spend = async {
            for _ in 0..random.within(4..40) {
                let person = i64::try_from(random.within(1000..1006)).unwrap();
                let cents = i64::try_from(random.within(1..200)).unwrap();
                book.spend(&world, person, cents).await;
            }
        };
        let (kill, ()) = tokio::join!(kill, spend);
        kills.push(kill);
        collect(&world, &mut seen, &mut sent).await;
    }
    let host = world.start(&[]).await;
    let confirmed = book.confirmed(&world).await;
    book.check(&world).await;
    collect(&world, &mut seen, &mut sent).await;

    // A reply comes twice only if the host was killed after it was sent and before that was noted.
    let doubled: Vec<_> = confirmed.iter().filter(|(_, times)| **times > 1).collect();
    for (note, _) in &doubled {
        let line = format!("📝 {note}\n");
        let at: Vec<u64> =
            sent.iter().filter(|(text, _)| text.contains(&line)).map(|(_, at)| *at).collect();
        for pair in at.windows(2) {
            let between = |(from, to): &(u64, u64)| pair[0] <= *to && *from <= pair[1];
            assert!(kills.iter().any(between), "{note} came twice without a kill: {at:?}");
        }
    }
    #[allow(clippy::print_stderr, reason = "for whoever wonders how often")]
    {
        eprintln!("{} expenses, {KILLS} kills, {} came twice", confirmed.len(), doubled.len());
    }
    assert!(doubled.len() * 2 <= confirmed.len(), "{} of {}", doubled.len(), confirmed.len());
    assert!(host.stop().await.success());
}

/// Adds what the bot has sent since the last time: text and time.
async fn collect(world: &World, seen: &mut i64, sent: &mut Vec<(String, u64)>) {
    for call in world.calls(*seen).await {
        *seen = call["number"].as_i64().unwrap();
        let text = call["params"]["text"].as_str().unwrap_or_default().to_owned();
        sent.push((text, call["at"].as_u64().unwrap()));
    }
}

#[tokio::test]
async fn asked_to_stop_under_load_it_ends_well() {
    stops_well(Signal::TERM).await;
}

#[tokio::test]
async fn control_c_under_load_ends_well() {
    stops_well(Signal::INT).await;
}

async fn stops_well(signal: Signal) {
    let (world, mut random, mut book) = (World::new().await, Random::seeded(), Book::default());
    world.install("chatty", fixtures::component("chatty"));
    let mut host = world.start(&[]).await;
    world.user().say("/echo hello").await;
    // Longer than the host waits for a running event: it is handled again.
    world.user().write("/slow 9000").await;
    for _ in 0..60 {
        let person = i64::try_from(random.within(1000..1006)).unwrap();
        book.spend(&world, person, 125).await;
    }
    host.signal(signal);
    for _ in 0..20 {
        book.spend(&world, 1000, 125).await;
    }
    let status = host.exit(10).await;
    assert!(status.success(), "{status}");

    let _host = world.start(&[]).await;
    let confirmed = book.confirmed(&world).await;
    assert!(confirmed.values().all(|times| *times == 1), "{confirmed:?}");
    book.check(&world).await;
    answered(&world.user(), "Waited 9000 ms.").await;
}

#[tokio::test]
async fn asked_twice_it_ends_at_once() {
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let mut host = world.start(&[]).await;
    world.user().write("/slow 25000").await;
    // In order: when this is answered, the host has the other one.
    world.owner().say("/status").await;
    host.signal(Signal::TERM);
    eventually(5, "the host stops", async || host.logged().contains("stopping").then_some(()))
        .await;
    assert!(host.is_alive(), "it waits for what runs");
    host.signal(Signal::TERM);
    let status = host.exit(5).await;
    assert_eq!(status.code(), Some(1), "no clean end");
    assert!(host.logged().contains("stopped at once, as asked"));
    let _host = world.start(&[]).await;
    let answer = world.owner().say("/expense 1.50 food").await;
    assert!(answer.text().ends_with("Balance: -1.50 EUR"), "{answer}");
}

#[tokio::test]
async fn an_update_that_ends_the_process_is_put_aside() {
    let world = World::new().await;
    assert!(world.start(&[]).await.stop().await.success());
    let ledger = Ledger::open(&world.data());
    // What three processes have begun and none has ended, and what two have begun.
    for (update, attempts, note) in [(1, 3, "poison"), (2, 2, "healthy")] {
        let text = format!("/expense 1.00 food {note}");
        let body = serde_json::json!({"update_id": update, "message": {
            "message_id": update, "date": 1, "text": text,
            "chat": {"id": USER, "type": "private"},
            "from": {"id": USER, "is_bot": false, "first_name": "Umberto"},
        }});
        let sql = "INSERT INTO inbox (update_id, chat_id, received_ms, attempts, body) VALUES (?1, ?2, 1, ?3, ?4)";
        ledger.connection.execute(sql, (update, USER, attempts, body.to_string())).unwrap();
    }
    drop(ledger);
    let host = world.start(&[]).await;
    answered(&world.owner(), "put an update aside after 4 tries").await;
    answered(&world.user(), "📝 healthy").await;
    assert!(host.stop().await.success());
    let host = world.start(&[]).await;
    let answer = world.user().say("/expense 2.00 food").await;
    assert!(answer.text().ends_with("Balance: -3.00 EUR"), "{answer}");
    assert_eq!(world.owner().received().await.len(), 1, "the owner is told once");
    assert!(host.stop().await.success());
    let state = Ledger::open(&world.data()).connection.query_row(
        "SELECT state FROM inbox WHERE update_id = 1",
        (),
        |row| row.get::<_, i64>(0),
    );
    assert_eq!(state, Ok(2), "it is kept, and not tried again");
}

#[tokio::test]
async fn a_backlog_is_worked_off_in_order() {
    const EACH: usize = 50;
    let world = World::new().await;
    let people = 1000..1040;
    for index in 0..EACH {
        for id in people.clone() {
            // Some take a sandbox, and some are answered faster than the inbox can be written.
            let text = if index % 10 == 0 { "/expense 0.01 food " } else { "/nothing" };
            world.person(id).write(&format!("{text}_{index}")).await;
        }
    }
    let host = world.start(&[]).await;
    for id in people {
        let received = world.person(id).wait_for(EACH).await;
        assert_eq!(received.len(), EACH, "{id}");
        for (index, message) in received.iter().enumerate() {
            let right = [format!("_{index}. "), format!("_{index}\n")];
            let found = right.iter().any(|right| message.text().contains(right));
            assert!(found, "{id}, {index}: {message}");
        }
    }
    assert!(host.stop().await.success());
    assert_eq!(Ledger::open(&world.data()).integrity(), "ok");
}

/// Within one batch, some answers are ready before the last update of it has been looked at.
#[tokio::test]
async fn no_answer_is_faster_than_its_update_is_kept() {
    const ROUNDS: usize = 6;
    let world = World::new().await;
    let proxy = Proxy::new(world.api()).await;
    let host = world.start(&[("TELEGRAM_API_URL", &proxy.url())]).await;
    // What takes longer to read than to answer.
    let long = "x".repeat(3_000);
    for round in 1..=ROUNDS {
        // Lets a whole batch gather while nobody fetches.
        proxy.fault("getUpdates", None, 1, Fault::Delay(Duration::from_millis(700)));
        world.owner().say("/status").await;
        for id in 1000..1050 {
            world.person(id).write(&format!("/nothing {long}")).await;
        }
        for id in 1000..1050 {
            world.person(id).wait_for(round).await;
        }
    }
    assert!(host.stop().await.success());
}

#[tokio::test]
async fn a_closed_output_does_not_end_it() {
    let world = World::new().await;
    let mut command = world.command(&[]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    for cents in ["1", "2", "3"] {
        world.owner().say(&format!("/expense {cents}.00 food")).await;
    }
    ends(child).await;
}

#[tokio::test]
async fn nobody_needs_to_read_where_the_chat_page_is() {
    let world = World::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = port.to_string();
    let mut command = world.command(&[("UMBRASIL_CHAT_PORT", &port)]);
    for name in ["TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "UMBRASIL_UNTHROTTLED"] {
        command.env_remove(name);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let page = format!("http://127.0.0.1:{port}/chat/people");
    eventually(20, "the chat page", async || reqwest::get(&page).await.ok()).await;
    ends(child).await;
}

/// Asks a process to stop that has no log.
async fn ends(mut child: std::process::Child) {
    let pid = rustix::process::Pid::from_child(&child);
    assert_eq!(child.try_wait().unwrap(), None, "it still runs");
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    let status = eventually(15, "the end", async || child.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
}

async fn connected(host: &Host) {
    eventually(30, "the host polls", async || {
        host.logged().contains("connected to the Bot API").then_some(())
    })
    .await;
}

async fn answered(person: &Person<'_>, text: &str) {
    eventually(30, text, async || {
        let received = person.received().await;
        received.iter().any(|message| message.text().contains(text)).then_some(())
    })
    .await;
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
