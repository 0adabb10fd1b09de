//! Questions and answers: how they come in, what is remembered, what is shown meanwhile.

use umbrasil_sdk::Media;
use umbrasil_sdk::testing::error;

use crate::speech::{CLAUDE, OPENAI, asked, claude, host, openai};

const OPENAI_KEY: &str = "OPENAI_API_KEY";

#[test]
fn a_question_is_answered_and_shown_as_it_arrives() {
    let mut host = host(&[OPENAI_KEY]);
    let text = "**Seven** minutes & a bit, if you like the yolk soft <and> warm. ".repeat(8);
    host.web(OPENAI, Ok(openai(&text, 120, 80)));
    let answer = host.command("/ai how long do <eggs> boil?").unwrap();
    assert_eq!(answer.replies.len(), 1);
    assert!(answer.replies[0].html.starts_with("<b>Seven</b> minutes &amp; a bit"));
    assert_eq!(answer.replies[0].buttons, [["💬 Go on", "🧹 Clear context"]]);
    assert!(answer.progress.len() >= 5, "{:?}", answer.progress);
    assert!(answer.progress[0].ends_with(" ▍"));

    let body = asked(&host, 0);
    assert_eq!(body["model"], "gpt-5.4-mini");
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"]["include_usage"], true);
    assert_eq!(body["messages"][1]["content"], "how long do <eggs> boil?");
    let system = body["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("Sunday 2026-11-22, 12:00 (UTC+00:00)"), "{system}");
    assert!(system.contains("\"Ada\" (owner of the bot; their app speaks en)"), "{system}");
    assert!(body.get("tools").is_none(), "there are none");
    assert_eq!(host.requests()[0].secrets, [OPENAI_KEY]);
}

#[test]
fn claude_is_asked_in_its_own_words() {
    let mut host = host(&["CLAUDE_API_KEY"]).config("AI_SYSTEM_PROMPT", "We are a bakery.");
    host.web(CLAUDE, Ok(claude("Seven minutes, then cold water at once.", &[])));
    let answer = host.say("ai: how long do eggs boil?").unwrap();
    assert_eq!(answer.text(), "Seven minutes, then cold water at once.");
    let body = asked(&host, 0);
    assert_eq!(body["model"], "claude-sonnet-5-5");
    assert_eq!(body["max_tokens"], 8192);
    assert!(body["system"].as_str().unwrap().ends_with("\nWe are a bakery."));
    assert_eq!(body["messages"][0]["content"][0]["text"], "how long do eggs boil?");
    let headers = &host.requests()[0].headers;
    assert!(headers.contains(&("anthropic-version".into(), "2023-06-01".into())), "{headers:?}");
}

#[test]
fn the_conversation_is_remembered_for_each_user_until_it_is_cleared() {
    let mut host = host(&[OPENAI_KEY]);
    host.web(OPENAI, Ok(openai("Hello Ada.", 1, 1))).web(OPENAI, Ok(openai("Ada.", 1, 1)));
    host.command("/ai I am Ada").unwrap();
    host.command("/ai who am I?").unwrap();
    let messages = asked(&host, 0)["messages"].clone();
    let said: Vec<&str> = messages
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|m| m["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["I am Ada", "Hello Ada.", "who am I?"]);

    host.user(222).command("/ai who am I?").unwrap();
    assert_eq!(asked(&host, 0)["messages"].as_array().unwrap().len(), 2, "not another user's");

    host.user(111);
    assert_eq!(host.command("/clear").unwrap().text(), "🧹 The conversation is forgotten.");
    assert_eq!(host.command("/clear").unwrap().text(), "🧹 There was nothing to forget.");
    host.command("/ai who am I?").unwrap();
    assert_eq!(asked(&host, 0)["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn old_turns_are_left_out_whole() {
    let mut host = host(&[OPENAI_KEY]);
    host.web(OPENAI, Ok(openai(&"word ".repeat(2_000), 1, 1)));
    for number in 0..12 {
        host.command(&format!("/ai question {number}")).unwrap();
    }
    let messages = asked(&host, 0)["messages"].as_array().unwrap().clone();
    assert_eq!(messages.len(), 2 + 2 * 3, "three turns of 2,500 tokens fit into 8,000");
    assert_eq!(messages[1]["content"], "question 8");
    assert_eq!(messages[1]["role"], "user");
    assert!(host.stored("111/history").unwrap().len() < 60_000);
}

#[test]
fn a_conversation_goes_on_until_it_is_ended() {
    let mut host = host(&[OPENAI_KEY]);
    host.web(OPENAI, Ok(openai("Yes.", 1, 1)));
    assert_eq!(
        host.action("home", &[]).unwrap().to_string(),
        "🤖 AI\nOpenAI · gpt-5.4-mini\nContext: empty\nToday: $0.00 of $1.00\n[💬 Ask] [🧹 Clear context]\n[🧠 Model] [📊 Usage]"
    );
    assert!(host.press("💬 Ask").unwrap().text().starts_with("💬 What would you like to know?"));
    assert_eq!(host.say("is it?").unwrap().to_string(), "Yes.\n[⏹ End]");
    assert_eq!(host.say("really?").unwrap().to_string(), "Yes.\n[⏹ End]");
    assert!(host.hears("and so on"));
    assert!(host.press("⏹ End").unwrap().text().starts_with("⏹ The conversation has ended."));
    assert!(!host.hears("and so on"));
    assert!(host.action("home", &[]).unwrap().text().contains("Context: 2 questions"));
}

#[test]
fn without_a_key_people_learn_what_to_do() {
    let mut host = host(&[]);
    let text = error(host.command("/ai hello")).text().to_owned();
    assert!(
        text.contains("/secret set OPENAI_API_KEY") && text.contains("`umbrasil secret set"),
        "{text}"
    );
    assert!(host.action("home", &[]).unwrap().text().contains("No AI provider is set up."));
    assert_eq!(
        error(host.command("/ai")).text(),
        "Usage: /ai QUESTION\nExample: /ai how much did I spend this month?"
    );
    assert!(error(host.say("ai:  ")).text().starts_with("Usage: ai: QUESTION"));
    assert!(!host.hears("the air: cold"));
}

#[test]
fn a_server_of_ones_own_needs_no_key() {
    let mut host = host(&[])
        .config("OPENAI_BASE_URL", "http://10.0.0.5:11434/v1/")
        .config("OPENAI_MODEL", "llama3");
    host.web("POST http://10.0.0.5:11434/v1/chat/completions", Ok(openai("Hi.", 5, 5)));
    assert_eq!(host.command("/ai hi").unwrap().text(), "Hi.");
    assert!(host.requests()[0].secrets.is_empty());
}

#[test]
fn what_comes_in_between_does_not_end_a_conversation() {
    let mut host = host(&[OPENAI_KEY]).files(b"\x89PNG\r\n");
    host.web(OPENAI, Ok(openai("Yes.", 1, 1)));
    host.action("ask", &[]).unwrap();
    assert_eq!(host.file(Media::Photo, "", "what?").unwrap().to_string(), "Yes.\n[⏹ End]");
    assert!(host.hears("and so on"));
    host.command("/usage").unwrap();
    assert!(!host.hears("and so on"), "a command is for whom it is meant");
    assert_eq!(host.command("/ai is it?").unwrap().to_string(), "Yes.\n[⏹ End]");
    assert!(host.hears("and so on"));
    host.wait(3_601);
    let later = host.command("/ai is it?").unwrap().to_string();
    assert_eq!(later, "Yes.\n[💬 Go on] [🧹 Clear context]", "it was an hour ago");
    host.press("💬 Go on").unwrap();
    host.press("⏹ End").unwrap();
    let single = host.file(Media::Photo, "", "what?").unwrap().to_string();
    assert_eq!(single, "Yes.\n[💬 Go on] [🧹 Clear context]");
    assert!(!host.hears("and so on"));
}

#[test]
fn the_end_of_a_long_answer_is_shown_in_its_block() {
    let mut host = host(&[OPENAI_KEY]);
    let text = format!("Look:\n```sh\n{}```\ndone", "echo hello\n".repeat(400));
    host.web(OPENAI, Ok(openai(&text, 1, 1)));
    let answer = host.command("/ai script").unwrap();
    let shown: Vec<_> = answer.progress.iter().filter(|shown| shown.starts_with('…')).collect();
    assert!(shown.len() > 2);
    for shown in shown {
        assert!(
            shown.starts_with("…\n<pre><code class=\"language-sh\">echo hello\necho"),
            "{shown}"
        );
    }
}
