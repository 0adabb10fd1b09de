//! What modules may say, and how it arrives.

use insta::assert_snapshot;
use umbrasil_tests::{Host, World, eventually, fixtures};

async fn chatty() -> (World, Host) {
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let host = world.start(&[]).await;
    (world, host)
}

#[tokio::test]
async fn a_long_text_comes_in_parts() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    owner.write("/long 12000").await;
    owner.write("/echo done").await;
    let said = eventually(20, "the end", async || {
        let said = owner.received().await;
        said.last().is_some_and(|last| last.text() == "done").then_some(said)
    })
    .await;
    let (_, parts) = said.split_last().unwrap();
    assert!(parts.len() > 3, "{} parts", parts.len());
    let mut bold = 0;
    for part in parts {
        assert!(part.text().encode_utf16().count() <= 4096, "too long for Telegram");
        let entities = part.0["entities"].as_array().unwrap();
        assert!(entities.iter().all(|entity| entity["type"] == "bold"), "{entities:?}");
        bold += entities.len();
    }
    // Every round is "🦀", "bold & b" in bold and a line end; a cut takes the blank where it is.
    let text: String = parts.iter().flat_map(|part| part.text().split_whitespace()).collect();
    assert!(text == "🦀bold&b".repeat(1200), "something is lost");
    assert!((1200..1200 + parts.len()).contains(&bold), "{bold} times bold");
}

#[tokio::test]
async fn too_long_a_text_is_cut_and_says_so() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    owner.write("/long 100000").await;
    owner.write("/echo done").await;
    let said = eventually(20, "the end", async || {
        let said = owner.received().await;
        said.last().is_some_and(|last| last.text() == "done").then_some(said)
    })
    .await;
    let cut = &said[said.len() - 2];
    assert!(cut.text().ends_with("… (cut: too long)"), "{cut}");
    assert!(said.len() <= 6, "{} messages", said.len());
}

#[tokio::test]
async fn broken_markup_is_shown_as_text() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    let shown = owner.say("/badhtml").await;
    assert_snapshot!(shown, @"<b>bold <i>both</b> neither</i> & <unknown> 1 < 2");
    assert!(shown.0["entities"].is_null(), "{:?}", shown.0);
}

#[tokio::test]
async fn pictures_and_files_arrive() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    owner.write("/photo").await;
    let said = owner.wait_for(2).await;
    let photo = said.iter().find(|message| !message.0["photo"].is_null()).unwrap();
    assert_eq!(photo.text(), "A violet square");
    assert_eq!(photo.0["caption_entities"][0]["type"], "bold");
    assert_eq!(
        (&photo.0["photo"][0]["width"], &photo.0["photo"][0]["height"]),
        (&16.into(), &16.into())
    );
    owner.write("/file").await;
    let said = owner.wait_for(3).await;
    let file = &said[2];
    assert_eq!(file.0["document"]["file_name"], "hello.csv");
    assert_eq!(file.text(), "A table");
    let id = file.0["document"]["file_id"].as_str().unwrap();
    let bytes = reqwest::get(format!("{}/chat/file/{id}", world.api())).await.unwrap();
    assert_eq!(bytes.text().await.unwrap(), "a,b\n1,2\n");
}

#[tokio::test]
async fn buttons_change_their_message_and_are_answered() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    assert_snapshot!(owner.say("/buttons").await, @"
    Press a button.
    [One] [Two]
    [Three]
    ");
    assert_snapshot!(owner.press("Two").await, @"
    Two was pressed; 1 in all.
    [One] [Two]
    [Three]
    ");
    owner.press("Three").await;
    assert_snapshot!(owner.press("One").await, @"
    One was pressed; 3 in all.
    [One] [Two]
    [Three]
    ");
    assert_eq!(owner.received().await.len(), 1);
    let mut notices = world.notices(3).await;
    notices.sort_unstable();
    assert_eq!(notices, ["You pressed One.", "You pressed Three.", "You pressed Two."]);
}

#[tokio::test]
async fn every_press_is_answered_also_a_stale_one() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    let random = "\u{1}\u{7f}%%3A:é🦀'\"<\\x00 ;--/../{}[]()$`|&\u{202e}zyxwvutsrqponmlkjihg";
    assert!(random.len() >= 60, "{}", random.len());
    let stale = [
        "finance:nonsense",
        "finance:add",
        "finance:undo:1:x",
        "nomodule:x",
        "chatty:pressed",
        "h:nothing",
        "h:secret",
        ":",
        "",
        random,
    ];
    let mut shown = Vec::new();
    for data in stale {
        let answer = owner.press_stale(data).await;
        let data: String = data.chars().take(20).collect();
        shown.push(format!("{data:?}: {answer}"));
    }
    assert_snapshot!(crate::shown::steady(&shown.join("\n")), @r#"
    "finance:nonsense": That button is from an earlier version. /menu has the present ones.
    "finance:add": ⚠️ Something broke in finance. Nothing was saved.
    Reference: REF
    "finance:undo:1:x": ⚠️ Something broke in finance. Nothing was saved.
    Reference: REF
    "nomodule:x": That button is from an earlier version. /menu has the present ones.
    "chatty:pressed": ⚠️ Something broke in chatty. Nothing was saved.
    Reference: REF
    "h:nothing": That button is from an earlier version. /menu has the present ones.
    "h:secret": Write /secret set NAME value, /secret list or /secret remove NAME.
    A name has capital letters, digits and _, such as OPENAI_API_KEY.
    ":": That button is from an earlier version. /menu has the present ones.
    "": That button is from an earlier version. /menu has the present ones.
    "\u{1}\u{7f}%%3A:é🦀'\"<\\x00 ;--": That button is from an earlier version. /menu has the present ones.
    "#);
    assert_eq!(world.notices(stale.len()).await.len(), stale.len());
}

#[tokio::test]
async fn a_question_is_answered_or_cancelled() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    for text in ["/ask", "<Ada> & Bob", "Ada", "/ask", "/cancel", "Ada", "/ask", "/echo hi", "Ada"]
    {
        owner.say(text).await;
    }
    assert_snapshot!(owner.transcript().await, @"
    > /ask

    What is your name?

    > <Ada> & Bob

    Hello, <Ada> & Bob!

    > Ada

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > /ask

    What is your name?

    > /cancel

    Cancelled.

    > Ada

    I don't know what to do with that. /menu shows where to start, /help lists all commands.

    > /ask

    What is your name?

    > /echo hi

    hi

    > Ada

    I don't know what to do with that. /menu shows where to start, /help lists all commands.
    ");
    // The question was asked of one person only.
    owner.say("/ask").await;
    let user = world.user().say("Eve").await;
    assert!(user.text().starts_with("I don't know what to do"), "{user}");
    assert_eq!(owner.say("Ada").await.text(), "Hello, Ada!");
}

#[tokio::test]
async fn a_burst_keeps_its_order() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    owner.write("/burst 20").await;
    let said = owner.wait_for(20).await;
    let expected: Vec<String> = (1..=20).map(|index| format!("message {index}")).collect();
    let texts: Vec<&str> = said.iter().map(umbrasil_tests::Message::text).collect();
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn what_fails_keeps_nothing_and_says_so() {
    let (world, _host) = chatty().await;
    let owner = world.owner();
    assert_snapshot!(crate::shown::steady(&owner.say("/storefail").await), @"
    ⚠️ Something broke in chatty. Nothing was saved.
    Reference: REF
    ");
    assert_eq!(owner.say("/stored storefail").await.text(), "nothing");
    assert_snapshot!(crate::shown::steady(&owner.say("/panic").await), @"
    ⚠️ chatty crashed. Nothing was saved.
    Reference: REF
    ");
    assert_eq!(owner.say("/echo still here").await.text(), "still here");
}

#[tokio::test]
async fn an_instance_remembers_nothing() {
    let (world, _host) = chatty().await;
    world.owner().say("/remember me").await;
    assert_eq!(world.owner().say("/recall").await.text(), "storage: me\nmemory: nothing");
    assert_eq!(world.owner().say("/ambient").await.text(), "environment: 0, arguments: 0");
}
