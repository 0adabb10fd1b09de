//! The disk is full: nothing is claimed that is not kept, and it mends itself.

use std::collections::BTreeSet;

use umbrasil_tests::{Book, Host, Ledger, SmallDisk, World, eventually};

const FULL: &str = "Storage full, nothing saved";

#[tokio::test]
async fn a_full_disk_is_said_and_survived() {
    let world = World::new().await;
    let Some(mut disk) = SmallDisk::mount(&world.data(), "20m") else { return };
    let (host, mut book) = (world.start(&[]).await, Book::default());
    for person in 1000..1004 {
        book.spend(&world, person, 100).await;
    }
    book.confirmed(&world).await;

    disk.fill();
    until_refused(&world, &mut book).await;
    for round in 0..100 {
        book.spend(&world, 1000 + round % 4, 3).await;
    }
    let confirmed = answered(&world, &book).await;
    assert!(confirmed.len() < book.notes().count(), "not all of them fit");
    // What changes nothing still works, and says what is kept.
    book.check_balances(&world, &confirmed).await;
    let status = world.owner().say("/status").await;
    assert!(status.text().starts_with("Status"), "{status}");
    let (code, ready) = host.get("/readyz").await;
    assert_eq!(code, 503, "{ready}");
    assert!(ready.contains("the disk is full"), "{ready}");
    assert_eq!(entries(&world), confirmed, "what was confirmed is what is kept");

    disk.free();
    // By itself: nobody has to write for it.
    host.ready().await;
    works(&world, &mut book, &host).await;
    assert!(host.stop().await.success());
}

#[tokio::test]
async fn not_even_room_for_a_refusal_is_survived() {
    let world = World::new().await;
    let Some(mut disk) = SmallDisk::mount(&world.data(), "20m") else { return };
    let (host, mut book) = (world.start(&[]).await, Book::default());
    book.spend(&world, 1000, 100).await;
    book.confirmed(&world).await;
    disk.fill();
    until_refused(&world, &mut book).await;
    // Somebody else takes what the host has given up for saying so.
    for _ in 0..5 {
        disk.fill();
        for round in 0..20 {
            book.spend(&world, 1000 + round % 4, 3).await;
        }
    }
    let before = entries(&world);
    disk.free();
    // Nothing is lost: what was not answered is answered now.
    let confirmed = answered(&world, &book).await;
    assert!(before.is_subset(&confirmed));
    assert_eq!(entries(&world), confirmed);
    host.ready().await;
    works(&world, &mut book, &host).await;
    assert!(host.stop().await.success());
}

#[tokio::test]
async fn killed_while_full_it_starts_again() {
    let world = World::new().await;
    let Some(mut disk) = SmallDisk::mount(&world.data(), "20m") else { return };
    let (mut host, mut book) = (world.start(&[]).await, Book::default());
    book.spend(&world, 1000, 100).await;
    book.confirmed(&world).await;
    disk.fill();
    until_refused(&world, &mut book).await;
    for round in 0..3 {
        for person in 1000..1004 {
            book.spend(&world, person, 7).await;
        }
        host.kill().await;
        // Each time a little more of the reserve is gone.
        disk.fill();
        host = world.launch(&[]);
        eventually(30, "it starts, or says why not", async || {
            let logged = host.logged();
            let starts = logged.contains("connected to the Bot API");
            let refuses = !host.is_alive() && logged.contains("no room");
            assert!(host.is_alive() || refuses, "round {round}: {logged}");
            (starts || refuses).then_some(())
        })
        .await;
        book.spend(&world, 1000, 7).await;
    }
    disk.free();
    if !host.is_alive() {
        host = world.launch(&[]);
    }
    host.ready().await;
    let confirmed = answered(&world, &book).await;
    assert_eq!(entries(&world), confirmed);
    works(&world, &mut book, &host).await;
    assert!(host.stop().await.success());
}

/// Spends until the disk is full.
async fn until_refused(world: &World, book: &mut Book) {
    eventually(60, "the disk is full", async || {
        for person in 1000..1004 {
            book.spend(world, person, 1).await;
        }
        for person in 1000..1004 {
            if refusals(world, person).await > 0 {
                return Some(());
            }
        }
        None
    })
    .await;
}

async fn refusals(world: &World, person: i64) -> usize {
    let received = world.person(person).received().await;
    received.iter().filter(|message| message.text().contains(FULL)).count()
}

/// Waits until each expense is confirmed or refused; returns the notes of those that are confirmed.
async fn answered(world: &World, book: &Book) -> BTreeSet<String> {
    let all = book.notes().count();
    eventually(60, "all expenses are answered", async || {
        let (updates, idle) = Ledger::open(&world.data()).updates();
        (updates >= all && idle).then_some(())
    })
    .await;
    let confirmed: BTreeSet<String> = book.confirmations(world).await.into_keys().collect();
    let mut answers = confirmed.len();
    for person in book.people() {
        answers += refusals(world, person).await;
    }
    assert!(answers >= all, "{answers} answers to {all} expenses");
    confirmed
}

fn entries(world: &World) -> BTreeSet<String> {
    let notes = Ledger::open(&world.data()).notes();
    let set: BTreeSet<String> = notes.iter().cloned().collect();
    assert_eq!(set.len(), notes.len(), "each once: {notes:?}");
    set
}

/// There is room again: what is spent now is confirmed, and all that ever was is exact.
async fn works(world: &World, book: &mut Book, host: &Host) {
    for person in 1000..1004 {
        let before = book.confirmations(world).await.len();
        book.spend(world, person, 500).await;
        eventually(20, "a confirmation", async || {
            (book.confirmations(world).await.len() > before).then_some(())
        })
        .await;
    }
    let confirmed = book.confirmations(world).await.into_keys().collect();
    assert_eq!(entries(world), confirmed);
    book.check_balances(world, &confirmed).await;
    assert_eq!(Ledger::open(&world.data()).integrity(), "ok");
    assert_eq!(host.get("/readyz").await.0, 200);
}
