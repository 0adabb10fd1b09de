//! Files that people send: who gets them, who may read them, and what happens to those that are too large,
//! gone, or not what they say.

use serde_json::{Value, json};
use umbrasil_tests::proxy::{Fault, Proxy};
use umbrasil_tests::{
    Host, OWNER, Person, STRANGER, TOKEN, World, decide, eventually, fixtures::component,
};

const GRANTED: &[(&str, bool)] =
    &[("files", true), ("ocr", true), ("schedule pulse every 10s", false)];
const LIMIT: usize = 20 << 20;
/// Finance takes files, too, and comes first by its name.
const NO_FINANCE: (&str, &str) = ("ENABLE_FINANCE", "false");

/// A world with the module, and what was decided about it.
async fn papers(decisions: &[(&str, bool)], more: &[&str]) -> World {
    let world = World::new().await;
    assert!(world.start(&[NO_FINANCE]).await.stop().await.success());
    decide(&world.data(), "papers", decisions);
    let config = "[modules.papers]\nupdates = true\n[modules.clock]\nupdates = true\n";
    std::fs::write(world.path().join("umbrasil.toml"), config).unwrap();
    for fixture in ["papers"].iter().chain(more) {
        world.install(fixture, component(fixture));
    }
    world
}

async fn started(decisions: &[(&str, bool)]) -> (World, Host) {
    let world = papers(decisions, &[]).await;
    let host = world.start(&[NO_FINANCE]).await;
    (world, host)
}

/// Sends a file and gives what the bot says to it.
async fn send(person: &Person<'_>, kind: &str, name: &str, bytes: &[u8], caption: &str) -> String {
    let before = person.received().await.len();
    person.upload(kind, name, bytes, caption).await;
    person.wait_for(before + 1).await.last().unwrap().text().to_owned()
}

/// How often the bot has asked for a file.
async fn asked(world: &World) -> usize {
    let calls = world.calls(0).await;
    calls.iter().filter(|call| call["method"] == "GetFile").count()
}

fn png() -> Vec<u8> {
    let mut bytes =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0".to_vec();
    bytes.extend([7; 1000]);
    bytes
}

fn sum(bytes: &[u8]) -> String {
    let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
    format!("{} bytes, sum {sum}", bytes.len())
}

#[tokio::test]
async fn the_module_that_takes_a_file_gets_it_and_reads_it() {
    let (world, _host) = started(GRANTED).await;
    let user = world.user();
    let photo = send(&user, "photo", "a.png", &png(), "whole").await;
    assert_eq!(photo, format!("Photo \"\" image/jpeg {}: {}", png().len(), sum(&png())));
    let large: Vec<u8> = (0..3_500_000_u32).map(|index| index.to_le_bytes()[1]).collect();
    let document = send(&user, "document", "../../x.csv", &large, "whole").await;
    assert_eq!(document, format!("Document \"x.csv\" text/csv 3500000: {}", sum(&large)));
    let voice = send(&user, "voice", "v.oga", b"OggS", "part 1 2").await;
    assert_eq!(voice, "Voice \"\" audio/ogg 4: 2");
    assert_eq!(asked(&world).await, 3, "each file is fetched once, however often it is read");
    for (part, length) in [
        ("0 2000000", "1048576"),
        ("3499999 9", "1"),
        ("3500000 1", "0"),
        ("99999999999999 7", "0"),
    ] {
        let read = send(&user, "document", "a.csv", &large, &format!("part {part}")).await;
        assert!(read.ends_with(&format!(": {length}")), "{part}: {read}");
    }
}

#[tokio::test]
async fn a_file_that_nobody_reads_is_not_fetched() {
    let (world, _host) = started(GRANTED).await;
    assert_eq!(
        send(&world.user(), "document", "a.txt", b"abc", "").await,
        "Document \"a.txt\" text/plain 3:"
    );
    assert_eq!(asked(&world).await, 0);
}

#[tokio::test]
async fn without_the_permission_nothing_is_asked_for() {
    let decisions = [("files", false), ("ocr", false), ("schedule pulse every 10s", false)];
    let (world, host) = started(&decisions).await;
    let user = world.user();
    for action in ["whole", "part 0 1", "ocr", "image"] {
        let answer = send(&user, "photo", "a.png", &png(), action).await;
        assert!(answer.contains("error: Not permitted: "), "{action}: {answer}");
    }
    for action in ["whole", "ocr eng", "large 10"] {
        let answer = user.say(&format!("/papers {action}")).await;
        assert!(answer.text().contains("error: Not permitted: "), "{action}: {answer}");
    }
    assert_eq!(asked(&world).await, 0);
    assert!(host.stop().await.success());
    let ledger = umbrasil_tests::Ledger::open(&world.data());
    let sql =
        "SELECT count(*) FROM audit WHERE record LIKE '%\"papers\"%' AND record LIKE '%deny%'";
    let denied: i64 = ledger.connection.query_row(sql, (), |row| row.get(0)).unwrap();
    assert_eq!(denied, 7, "each refusal is on record");
}

#[tokio::test]
async fn an_event_without_a_file_has_none() {
    let (world, _host) = started(GRANTED).await;
    let answer = world.user().say("/papers whole").await;
    assert!(
        answer.text().contains("Something broke") || answer.text().contains("no file"),
        "{answer}"
    );
    assert_eq!(asked(&world).await, 0);
}

#[tokio::test]
async fn who_may_not_speak_and_what_is_not_their_own_is_not_taken() {
    let (world, _host) = started(GRANTED).await;
    world.person(STRANGER).upload("photo", "a.png", &png(), "whole").await;
    world.person(STRANGER).upload("document", "a.wasm", &vec![0; LIMIT], "whole").await;
    let forwarded = json!({"message": {
        "message_id": 9, "date": 1, "caption": "whole", "forward_origin": {"type": "user"},
        "document": {"file_id": "x", "file_name": "x.wasm", "file_size": 3},
        "chat": {"id": OWNER, "type": "private"},
        "from": {"id": OWNER, "is_bot": false, "first_name": "O"},
    }});
    world.inject(&forwarded).await;
    let answer = world.owner().wait_for(1).await;
    assert!(answer[0].text().contains("don't act on forwarded"), "{}", answer[0]);
    assert_eq!(world.person(STRANGER).received().await, []);
    assert_eq!(asked(&world).await, 0);
}

#[tokio::test]
async fn what_nobody_takes_is_told() {
    let world = World::new().await;
    let _host = world.start(&[NO_FINANCE]).await;
    for (kind, name) in [("photo", "photo"), ("document", "document"), ("voice", "voice message")] {
        let answer = send(&world.user(), kind, "a", &png(), "").await;
        assert!(answer.starts_with(&format!("No module takes a {name} yet.")), "{answer}");
    }
}

#[tokio::test]
async fn of_several_the_caption_names_one_or_else_the_sender_does() {
    let world = papers(GRANTED, &["clock"]).await;
    let schedules = [
        "beat every 10s",
        "fail every 10s",
        "slow every 10s",
        "daily cron \"0 9 * * *\" Europe/Zurich missed once",
        "skipped cron \"0 9 * * *\" Europe/Zurich",
    ];
    for schedule in schedules {
        decide(&world.data(), "clock", &[(&format!("schedule {schedule}"), false)]);
    }
    let _host = world.start(&[NO_FINANCE]).await;
    let user = world.user();
    for (kind, caption, answer) in [
        ("voice", "", "🛡️ Who is this for?"),
        ("voice", "clock: now", "The clock listens."),
        ("voice", "/clock now", "The clock listens."),
        ("voice", "/papers part 0 9", "Voice \"\" audio/ogg 4: 4"),
        ("voice", "/expense 12.50 food", "🛡️ Who is this for?"),
        ("document", "/clock", "Clock takes no document."),
        ("document", "", "Document \"v.oga\" audio/ogg 4:"),
    ] {
        assert_eq!(send(&user, kind, "v.oga", b"OggS", caption).await, answer, "{kind} {caption}");
    }

    let question = user.received().await[0].clone();
    assert_eq!(question.buttons(), [["Clock"], ["Papers"]]);
    let data = question.button("Papers").unwrap();
    world.owner().press_stale(&data).await;
    user.press_raw("one", question.id(), &data).await;
    user.press_raw("two", question.id(), &data).await;
    world.notices(3).await;
    let texts: Vec<String> = user.received().await.iter().map(|m| m.text().to_owned()).collect();
    let taken = texts.iter().filter(|text| *text == "Voice \"\" audio/ogg 4:").count();
    assert_eq!(taken, 1, "once, by whom it was asked: {texts:?}");
}

#[tokio::test]
async fn an_open_question_does_not_take_files() {
    let world = papers(GRANTED, &["chatty"]).await;
    let _host = world.start(&[NO_FINANCE]).await;
    let user = world.user();
    assert_eq!(user.say("/ask").await.text(), "What is your name?");
    assert_eq!(
        send(&user, "photo", "a.png", &png(), "part 0 9").await,
        format!("Photo \"\" image/jpeg {}: 9", png().len())
    );
    let later = user.say("Ada").await;
    assert!(later.text().starts_with("I don't know what to do with that."), "{later}");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_whatever_is_said_of_it() {
    let world = papers(GRANTED, &[]).await;
    let proxy = Proxy::new(world.api()).await;
    let _host = world.start(&[NO_FINANCE, ("TELEGRAM_API_URL", &proxy.url())]).await;
    let (user, large) = (world.user(), vec![1; LIMIT + 1]);
    let refused = format!("error: That is too large: the limit is {LIMIT}.");
    // Telegram itself does not give it away.
    let answer = send(&user, "document", "a.bin", &large, "whole").await;
    assert!(answer.ends_with(&refused), "{answer}");
    // It says so in its metadata.
    let found = |size: Value| json!({"ok": true, "result": {"file_id": "x", "file_size": size, "file_path": "documents/x"}});
    proxy.fault("getFile", None, 1, Fault::Answer(200, found((LIMIT + 1).into()).to_string()));
    let answer = send(&user, "document", "a.bin", b"abc", "whole").await;
    assert!(answer.ends_with(&refused), "{answer}");
    // It says that it is small, or nothing, and is not.
    for size in [json!(3), Value::Null] {
        proxy.fault("getFile", None, 1, Fault::Answer(200, found(size).to_string()));
        proxy.fault("x", None, 1, Fault::Answer(200, "x".repeat(LIMIT + 1)));
        let answer = send(&user, "document", "a.bin", b"abc", "whole").await;
        assert!(answer.ends_with(&refused), "{answer}");
    }
    // What fits exactly is read.
    proxy.fault("getFile", None, 1, Fault::Answer(200, found(json!(3)).to_string()));
    proxy.fault("x", None, 1, Fault::Answer(200, "x".repeat(LIMIT)));
    let answer = send(&user, "document", "a.bin", b"abc", "part 20971519 9").await;
    assert!(answer.ends_with(": 1"), "{answer}");
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_without_where_it_was() {
    let world = papers(GRANTED, &[]).await;
    let proxy = Proxy::new(world.api()).await;
    let host = world.start(&[NO_FINANCE, ("TELEGRAM_API_URL", &proxy.url())]).await;
    let user = world.user();
    let page = || Fault::Answer(404, "<html>{path}</html>".to_owned());
    let escape = json!({"ok": true, "result": {"file_id": "x", "file_path": "../../etc/passwd"}});
    let faults = [
        ("getFile", page(), "could not be fetched"),
        ("getFile", Fault::Answer(502, "<html>{path}</html>".to_owned()), "could not be fetched"),
        ("getFile", Fault::Garbage, "could not be fetched"),
        ("getFile", Fault::Answer(200, escape.to_string()), "does not have the file any more"),
        ("getFile", Fault::Answer(200, r#"{"ok":true,"result":{}}"#.to_owned()), "does not have"),
        ("file_6.txt", page(), "does not have the file any more"),
        ("file_7.txt", Fault::Answer(500, "{path}".to_owned()), "could not be fetched"),
        ("file_8.txt", Fault::HalfClose, "could not be fetched"),
        ("file_9.txt", Fault::Reset, "could not be fetched"),
    ];
    for (method, fault, text) in faults {
        // A connection that was kept open is tried again by the client itself.
        let times = if matches!(fault, Fault::Reset) { 3 } else { 1 };
        proxy.fault(method, None, times, fault.clone());
        let answer = send(&user, "document", "a.txt", b"abc", "whole").await;
        assert!(answer.contains(text), "{method} {fault:?}: {answer}");
        proxy.clear();
    }
    let well = send(&user, "document", "a.txt", b"abc", "whole").await;
    assert!(well.ends_with("3 bytes, sum 294"), "{well}");
    let secret = TOKEN.split_once(':').unwrap().1;
    assert!(!host.logged().contains(secret), "the token is in the log");
    for message in user.received().await {
        assert!(
            !message.text().contains(secret) && !message.text().contains("127.0.0.1"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_person_sends_a_photo_and_a_document_on_the_chat_page() {
    let folder = tempfile::Builder::new().prefix("umbrasil-page-").tempdir().unwrap();
    let place = folder.path().join("empty");
    std::fs::create_dir(&place).unwrap();
    // Without a caption a picture is a receipt: the AI is not asked, and nobody has to say so.
    let host = Host::alone(&place, &[("UMBRASIL_CHAT_PORT", "0"), ("PORT", "0")]);
    let url = host.page().await;
    let mut page = umbrasil_tests::Browser::new().await;
    page.open(&url).await;
    page.until("document.querySelectorAll('[data-testid=user]').length === 3").await;
    let loaded = || host.logged().contains("module loaded module=\"finance\"").then_some(());
    eventually(60, "finance is loaded", async || loaded()).await;
    for (script, answer) in [
        (
            "const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40; \
             const blob = await new Promise((done) => canvas.toBlob(done, 'image/png')); \
             const file = new File([blob], 'a.png', {type: 'image/png'});",
            "find an amount in this picture",
        ),
        (
            "const file = new File(['a,b'], 'a.csv', {type: 'text/csv'});",
            "find the line with the names of the columns",
        ),
    ] {
        let attach = format!(
            "(async () => {{ {script} const files = new DataTransfer(); files.items.add(file); \
             const input = document.querySelector('[data-testid=file-input]'); \
             input.files = files.files; input.dispatchEvent(new Event('change')); return true; }})()"
        );
        assert_eq!(page.evaluate(&attach).await, true);
        page.click("document.querySelector('[data-testid=message-box]')").await;
        page.key("Enter", 13).await;
        let last = "[...document.querySelectorAll('[data-testid=message][data-from=bot]')].at(-1)";
        page.until(&format!("Boolean({last}?.textContent.includes('{answer}'))")).await;
    }
    assert_eq!(page.events("Runtime.exceptionThrown"), Vec::<Value>::new());
}

/// A wasm file is a document like any other: it goes to the module, and is not installed.
#[tokio::test]
async fn a_component_that_is_sent_to_a_module_is_not_installed() {
    let (world, _host) = started(GRANTED).await;
    let wasm = component("chatty");
    let answer = send(&world.user(), "document", "../../chatty.wasm", wasm, "whole").await;
    assert!(answer.ends_with(&sum(wasm)), "{answer}");
    eventually(10, "the answer", async || {
        let answer = world.user().say("/echo hello").await;
        answer.text().contains("I don't know /echo").then_some(())
    })
    .await;
    let files: Vec<_> = std::fs::read_dir(world.modules()).unwrap().flatten().collect();
    assert!(files.iter().all(|file| !file.path().ends_with("chatty.wasm")), "{files:?}");
}
