//! Text in pictures: read by tesseract, in a child with limits, from pictures that were measured first.

use umbrasil_tests::{Browser, Host, Person, World, decide, fixtures::component};

/// What a shop prints.
const RECEIPT: &str = "data:text/html,<body style='font: 30px monospace; margin: 30px'>\
    MARKET BASEL<br>Bread 3.50<br>Coffee 9.00<br>TOTAL 12.50 EUR</body>";

/// Finance takes files, too, and comes first by its name.
const NO_FINANCE: (&str, &str) = ("ENABLE_FINANCE", "false");

async fn started() -> (World, Host) {
    let world = World::new().await;
    assert!(world.start(&[NO_FINANCE]).await.stop().await.success());
    let decisions = [("files", true), ("ocr", true), ("schedule pulse every 10s", false)];
    decide(&world.data(), "papers", &decisions);
    let config = "[modules.papers]\nupdates = true\n";
    std::fs::write(world.path().join("umbrasil.toml"), config).unwrap();
    world.install("papers", component("papers"));
    let host = world.start(&[NO_FINANCE]).await;
    (world, host)
}

async fn send(person: &Person<'_>, kind: &str, bytes: &[u8], caption: &str) -> String {
    let before = person.received().await.len();
    person.upload(kind, "a.bin", bytes, caption).await;
    person.wait_for(before + 1).await.last().unwrap().text().to_owned()
}

async fn receipt() -> Vec<u8> {
    let mut page = Browser::new().await;
    page.open(RECEIPT).await;
    page.until("document.body?.innerText.includes('TOTAL')").await;
    std::fs::read(page.screenshot("receipt").await).unwrap()
}

#[tokio::test]
async fn the_text_of_a_receipt_is_read() {
    let (world, _host) = started().await;
    let (user, picture) = (world.user(), receipt().await);
    for (kind, caption) in [
        ("photo", "ocr"),
        ("photo", "ocr eng"),
        ("document", "ocr eng+deu"),
        ("document", "image eng"),
    ] {
        let text = send(&user, kind, &picture, caption).await;
        for line in ["MARKET BASEL", "Bread 3.50", "TOTAL 12.50 EUR"] {
            assert!(text.contains(line), "{caption}: {text}");
        }
    }
    // Many at once wait for each other.
    for id in 1000..1004 {
        world.person(id).upload("photo", "a.png", &picture, "ocr eng").await;
    }
    for id in 1000..1004 {
        let received = world.person(id).wait_for(1).await;
        assert!(received[0].text().contains("TOTAL 12.50 EUR"), "{}", received[0]);
    }
}

#[tokio::test]
async fn what_cannot_or_must_not_be_read_is_refused_with_the_reason() {
    let (world, host) = started().await;
    let (user, picture) = (world.user(), receipt().await);
    for (languages, text) in [
        ("fra", "Install tesseract-ocr-fra"),
        ("eng+deu+fra+ita", "Something broke"),
        ("--psm", "Something broke"),
    ] {
        let answer = send(&user, "document", &picture, &format!("ocr {languages}")).await;
        let wrong = answer.contains("no list of up to 3 languages");
        assert!(answer.contains(text) || wrong, "{languages}: {answer}");
    }
    let mut bomb =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x9c\x40\0\0\x9c\x40\x08\x02\0\0\0".to_vec();
    bomb.extend([0; 2000]);
    let mut damaged = picture.clone();
    damaged.truncate(200);
    for (bytes, reason) in [
        (&bomb[..], "40000 × 40000 pixels"),
        (&damaged[..], "damaged"),
        (b"%PDF-1.7 hello", "no PNG, JPEG, WebP or TIFF"),
        (b"GIF89a\x10\0\x10\0", "no PNG, JPEG, WebP or TIFF"),
    ] {
        let answer = send(&user, "document", bytes, "ocr").await;
        assert!(answer.contains(reason), "{reason}: {answer}");
    }
    let answer = user.say("/papers large 1945601").await;
    assert!(answer.text().contains("too large: the limit is 1945600"), "{answer}");
    assert!(user.say("/papers large 1945600").await.text().contains("no PNG"));
    // After all that it reads as before, and no child is left.
    let text = send(&user, "document", &picture, "ocr eng").await;
    assert!(text.contains("TOTAL 12.50 EUR"), "{text}");
    assert_eq!(children(&host), Vec::<String>::new());
}

/// The names of the host's child processes.
fn children(host: &Host) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", host.pid())).unwrap();
    let listed = threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let ids: String = listed.collect();
    let name = |id: &str| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    ids.split_whitespace().map(name).collect()
}
