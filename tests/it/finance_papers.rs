//! Finance on paper and over time: pictures, files, receipts, and what comes by itself.

use std::fmt::Write as _;

use umbrasil_tests::{Browser, Message, Person, World, eventually};

/// What a shop prints.
const RECEIPT: &str = "data:text/html,<meta charset=utf-8><body style='font: 28px monospace; margin: 40px; width: 520px'>\
    <center>COOP<br>Clarastrasse 5, 4058 Basel<br>Tel. 061 123 45 67</center><br>\
    Milk 2 x 1.80 . . . . 3.60<br>Bread . . . . . . . . 4.20<br>Coffee . . . . . . . 15.60<br>\
    <br><b>TOTAL EUR 23.40</b><br>CASH 50.00<br>CHANGE 26.60<br>VAT 2.6% 0.59";

/// The same with its prices far to the right, and no dots that lead there.
const COLUMNS: &str = "data:text/html,<!doctype html><meta charset=utf-8><style>td:nth-child(2){text-align:right}</style>\
    <body style='font: 26px monospace; margin: 40px; width: 720px'><center>COOP<br>Basel</center><br>\
    <table width=100%><tr><td>Milk<td>3.60<tr><td>Bread<td>4.20<tr><td>Coffee<td>15.60\
    <tr><td>Detergent<td>8.90<tr><td>Apples<td>2.45<tr><td>&nbsp;<tr><td><b>Total EUR</b><td><b>34.75</b>\
    <tr><td>Cash<td>50.00<tr><td>Change<td>15.25</table>";

/// The content of a file that the bot sent.
async fn content(world: &World, message: &Message) -> Vec<u8> {
    let photo = message.0["photo"].as_array().and_then(|sizes| sizes.last());
    let file = photo.unwrap_or(&message.0["document"]);
    let id = file["file_id"].as_str().unwrap_or_else(|| panic!("no file in {message}"));
    let response = reqwest::get(format!("{}/chat/file/{id}", world.api())).await.unwrap();
    response.bytes().await.unwrap().to_vec()
}

async fn last_line(person: Person<'_>, command: &str) -> String {
    person.say(command).await.text().lines().last().unwrap().to_owned()
}

#[tokio::test]
async fn the_report_brings_its_picture() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    for text in ["/income 2500 salary", "/expense 900 rent Flat", "/expense 12.50 food"] {
        owner.say(text).await;
    }
    owner.write("/report").await;
    let picture = owner.reads("· Net 1587.50 EUR").await;
    let bytes = content(&world, &picture).await;
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(bytes[16..20], 1080_u32.to_be_bytes(), "as wide as it was drawn");
    // Paging changes the text, and the button sends another picture.
    let count = owner.received().await.len();
    let back = eventually(20, "the month before", async || {
        let received = owner.received().await;
        let report = received.iter().rev().find(|message| !message.buttons().is_empty())?;
        report.buttons()[0].first().cloned()
    })
    .await;
    assert!(owner.press(&back).await.text().contains("No entries in this month."));
    assert_eq!(owner.received().await.len(), count);
}

#[tokio::test]
async fn what_one_exports_another_imports() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let (owner, user) = (world.owner(), world.user());
    for text in [
        "/income 2500 salary June",
        "/expense 12.50 food =1+1, \"x\" <b>",
        "/expense 4 fun",
        "/undo",
    ] {
        owner.say(text).await;
    }
    let sent = owner.say("/export").await;
    assert_eq!(sent.text(), "📄 everything: 4 entries");
    let file = content(&world, &sent).await;
    user.upload("document", "finance.csv", &file, "").await;
    let preview = user.reads("Nothing is saved yet.").await;
    assert!(preview.text().contains("2 are reversed or a reversal"), "{preview}");
    assert_eq!(last_line(user, "/balance").await, "Balance: 0.00 EUR");
    let done = user.press("Import 2 entries").await;
    assert!(done.text().ends_with("2 entries imported.\n\nBalance: 2487.50 EUR"), "{done}");
    assert_eq!(last_line(owner, "/balance").await, "Balance: 2487.50 EUR");
    let report = async |person: Person<'_>| {
        person.write("/report").await;
        person.reads("· Net 2487.50 EUR").await;
        let received = person.received().await;
        let report = received.iter().rev().find(|message| message.text().contains("Expenses\n"));
        report.unwrap().text().to_owned()
    };
    let (one, other) = (report(owner).await, report(user).await);
    let above = |text: &str| text.split_once(" entries.").unwrap().0.to_owned();
    assert_eq!(above(&one), above(&other));
    assert!(
        one.contains("food · =1+1, \"x\" <b>") && other.contains("food · =1+1, \"x\" <b>"),
        "{other}"
    );
}

/// A file that is as large as a file may be, within the limits of an event.
#[tokio::test]
async fn a_large_file_is_imported_in_pieces() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let mut file = String::from("Datum;Buchungstext;Betrag\n");
    for number in 0..12_000 {
        let (day, month) = (number % 28 + 1, number / 28 % 12 + 1);
        writeln!(file, "{day:02}.{month:02}.2025;Coop Filiale {number};-1,50").unwrap();
    }
    owner.upload("document", "bank.csv", file.as_bytes(), "").await;
    owner.reads("12000 entries").await;
    owner.press("Import 5000 entries").await;
    owner.press("Import the next 5000").await;
    let done = owner.press("Import the next 2000").await;
    assert!(done.text().ends_with("12000 entries imported.\n\nBalance: -18000.00 EUR"), "{done}");
    let sent = owner.say("/export 2025").await;
    assert_eq!(sent.text(), "📄 2025: 12000 entries");
    assert_eq!(content(&world, &sent).await.split(|&byte| byte == b'\n').count(), 12_002);
}

#[tokio::test]
async fn a_receipt_becomes_an_entry_with_a_tap() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let mut page = Browser::new().await;
    page.open(RECEIPT).await;
    page.until("document.body?.innerText.includes('TOTAL')").await;
    let picture = std::fs::read(page.screenshot("receipt-paper").await).unwrap();
    owner.upload("photo", "a.png", &picture, "").await;
    let asked = owner.reads("Nothing is saved yet.").await;
    assert!(asked.text().starts_with("🧾 Coop · 23.40 EUR · groceries?"), "{asked}");
    assert_eq!(last_line(owner, "/balance").await, "Balance: 0.00 EUR");
    let saved = owner.press("Save").await;
    let told = "📝 Coop\n💡 “coop” is groceries from now on.\n\nBalance: -23.40 EUR";
    assert!(saved.text().ends_with(told), "{saved}");
    // The same tap once more, from an app that was slow.
    owner.press_raw("7000001", asked.id(), &asked.button("Save").unwrap()).await;
    let notices = world.notices(2).await;
    assert!(notices.iter().any(|notice| notice.contains("Nothing was saved twice")), "{notices:?}");
    assert_eq!(last_line(owner, "/balance").await, "Balance: -23.40 EUR");
}

#[tokio::test]
async fn prices_at_the_right_belong_to_their_lines() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let mut page = Browser::new().await;
    page.open(COLUMNS).await;
    page.until("document.body?.innerText.includes('Total')").await;
    let picture = std::fs::read(page.screenshot("receipt-columns").await).unwrap();
    owner.upload("photo", "a.png", &picture, "").await;
    let asked = owner.reads("Nothing is saved yet.").await;
    assert!(asked.text().starts_with("🧾 Coop · 34.75 EUR · groceries?"), "{asked}");
}

/// The host is down for two days, as libfaketime has it.
#[tokio::test]
async fn what_recurs_is_booked_after_a_downtime_and_once() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    world.owner().say("/recurring add daily expense 3 coffee").await;
    world.user().say("/recurring add daily income 5 pocket").await;
    assert_eq!(last_line(world.owner(), "/balance").await, "Balance: -3.00 EUR");
    assert!(host.stop().await.success());
    let library = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|machine| format!("/usr/lib/{machine}/faketime/libfaketime.so.1"))
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .expect("install the Debian package faketime");
    let later =
        [("LD_PRELOAD", library.as_str()), ("FAKETIME", "+2d"), ("DONT_FAKE_MONOTONIC", "1")];
    let host = world.start(&later).await;
    let told = world.owner().reads("Booked by itself").await;
    assert_eq!(told.text().matches("-3.00 EUR coffee").count(), 2, "{told}");
    assert_eq!(last_line(world.owner(), "/balance").await, "Balance: -9.00 EUR");
    // Who has no schedule of their own reads it with the balance.
    world.user().write("/balance").await;
    world.user().reads("Booked by itself").await;
    world.user().reads("Balance: 15.00 EUR").await;
    assert!(host.stop().await.success());
    let _host = world.start(&later).await;
    assert_eq!(last_line(world.owner(), "/balance").await, "Balance: -9.00 EUR");
}
