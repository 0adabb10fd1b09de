//! What happens when providers fail: another one answers, or people learn why nobody does.

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::Host;

use crate::speech::{CLAUDE, OPENAI, OPENROUTER, asked, claude, host, openai};

const BOTH: [&str; 2] = ["OPENAI_API_KEY", "CLAUDE_API_KEY"];

fn both() -> Host {
    host(&BOTH)
}

fn failing() -> Vec<(Result<Response, HostError>, &'static str)> {
    let partial = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    vec![
        (Ok(Response::new(401, "{}")), "the key was refused (401)"),
        (Ok(Response::new(403, "{}")), "the key was refused (403)"),
        (Ok(Response::new(404, "{}")), "there is no such model or address (404)"),
        (
            Ok(Response::new(429, "sk-secret").with_header("Retry-After", "60")),
            "too many requests, or no credit left (429)",
        ),
        (Ok(Response::new(500, "<html>")), "a fault at the provider (500)"),
        (Ok(Response::new(200, partial)), "the answer broke off"),
        (Ok(Response::new(200, "data: {not json\n\n")), "the answer was unreadable"),
        (Ok(Response::new(200, "<html>no events</html>")), "the answer broke off"),
        (
            Ok(Response::new(
                200,
                "data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n",
            )),
            "a fault at the provider (500)",
        ),
        (Ok(openai("", 1, 0)), "the answer was unreadable"),
        (Err(HostError::Timeout), "no answer in time"),
        (Err(HostError::Unavailable("connection refused".into())), "connection refused"),
        (Err(HostError::Denied("grant `x`".into())), "not permitted: grant `x`"),
    ]
}

#[test]
fn the_next_provider_answers_and_says_so() {
    for (failure, why) in failing() {
        let mut host = host(&BOTH);
        host.web(OPENAI, failure).web(CLAUDE, Ok(claude("Seven.", &[])));
        let answer = host.command("/ai eggs?").unwrap();
        assert_eq!(answer.text(), format!("Seven.\n\n↪️ Claude answered. OpenAI: {why}."));
    }
}

#[test]
fn when_nobody_answers_everybody_is_named() {
    for (failure, why) in failing() {
        let mut host = host(&["OPENAI_API_KEY"]);
        host.web(OPENAI, failure);
        let answer = host.command("/ai eggs?").unwrap();
        assert_eq!(
            answer.to_string(),
            format!("⚠️ AI services temporarily unavailable\nOpenAI: {why}\n[🔄 Retry]")
        );
    }
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY", "OPENROUTER_API_KEY"]);
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    host.web(OPENAI, Ok(Response::new(503, "")))
        .web(CLAUDE, Ok(Response::new(200, overloaded)))
        .web(OPENROUTER, Ok(Response::new(402, "")));
    assert_eq!(
        host.command("/ai eggs?").unwrap().text(),
        "⚠️ AI services temporarily unavailable\nOpenAI: a fault at the provider (503)\nClaude: overloaded (529)\nOpenRouter: no credit left (402)"
    );
}

#[test]
fn a_short_pause_is_honoured_once() {
    let mut host = host(&BOTH);
    let busy = || Ok(Response::new(429, "").with_header("retry-after", "0"));
    host.web(OPENAI, busy()).web(OPENAI, Ok(openai("Seven.", 1, 1)));
    assert_eq!(host.command("/ai eggs?").unwrap().text(), "Seven.");
    assert_eq!(host.requests().len(), 2);
    let mut host = both();
    host.web(OPENAI, busy()).web(CLAUDE, Ok(claude("Eight.", &[])));
    assert!(host.command("/ai eggs?").unwrap().text().starts_with("Eight."));
    assert_eq!(host.requests().len(), 3, "not a third time");
}

#[test]
fn half_an_answer_is_kept_and_can_be_asked_for_again() {
    let mut host = both();
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"Boil **them\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\" for\"}}]}\n\n";
    host.web(OPENAI, Ok(Response::new(200, half))).web(OPENAI, Ok(openai("Seven.", 1, 1)));
    let answer = host.command("/ai eggs\nhard & soft?").unwrap();
    assert_eq!(
        answer.to_string(),
        "Boil **them for\n\n⚠️ (cut off) OpenAI: the answer broke off.\n[🔄 Retry]"
    );
    assert_eq!(host.requests().len(), 1, "nobody else is asked behind the reader's back");
    assert_eq!(host.press("🔄 Retry").unwrap().text(), "Seven.");
    let messages = asked(&host, 0)["messages"].as_array().unwrap().clone();
    assert_eq!(messages.len(), 2, "the half is not remembered");
    assert_eq!(messages[1]["content"], "eggs\nhard & soft?");
    let stale = host.action("retry", &["elsewhere"]).unwrap();
    assert_eq!(stale.to_string(), "");
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn who_fails_again_and_again_is_left_alone_for_a_while() {
    let mut host = both();
    host.web(OPENAI, Ok(Response::new(500, ""))).web(CLAUDE, Ok(claude("Seven.", &[])));
    for _ in 0..3 {
        host.command("/ai eggs?").unwrap();
        host.wait(10);
    }
    assert_eq!(host.requests().len(), 6);
    let text = host.command("/ai eggs?").unwrap().text();
    assert!(text.ends_with("OpenAI: failed again and again; tried again in 110 s."), "{text}");
    assert_eq!(host.requests().len(), 7, "OpenAI was not asked");
    host.user(222).command("/ai eggs?").unwrap();
    assert_eq!(host.requests().len(), 9, "each user finds out alone");
    host.user(111).wait(120);
    host.command("/ai eggs?").unwrap();
    assert_eq!(host.requests().len(), 11, "it is tried once");
    host.wait(1);
    host.command("/ai eggs?").unwrap();
    assert_eq!(host.requests().len(), 12, "and rests again");
    host.wait(130).web(OPENAI, Ok(openai("Well.", 1, 1)));
    // The first answer in the queue was the failure; it gives way to the new one now.
    host.command("/ai eggs?").unwrap();
    host.wait(130);
    assert_eq!(host.command("/ai eggs?").unwrap().text(), "Well.");
    assert!(host.keys().all(|key| !key.starts_with("111/failures/")), "it is well");
}

#[test]
fn a_refused_key_is_no_sickness() {
    let mut host = host(&["OPENAI_API_KEY"]);
    host.web(OPENAI, Ok(Response::new(401, "")));
    for _ in 0..5 {
        host.command("/ai eggs?").unwrap();
    }
    assert_eq!(host.requests().len(), 5, "a new key counts at once");
}

fn chunks(chunks: &[&str]) -> Response {
    let lines: Vec<String> = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    Response::new(200, lines.concat() + "data: [DONE]\n\n")
}

#[test]
fn who_does_not_want_to_answer_is_not_ill_and_nobody_else_is_asked() {
    let refusal = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let filtered = "{\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}";
    for (model, title, refused) in [
        ("openai", "OpenAI", chunks(&[filtered])),
        ("claude", "Claude", Response::new(200, refusal)),
    ] {
        let mut host = both();
        host.web(OPENAI, Ok(refused.clone())).web(CLAUDE, Ok(refused));
        host.command(&format!("/model {model}")).unwrap();
        for count in 1..=4 {
            assert_eq!(
                host.command("/ai eggs?").unwrap().text(),
                format!(
                    "🙅 {title} does not want to answer that.\nAsk in other words, or choose another one with /model."
                )
            );
            assert_eq!(host.requests().len(), count);
        }
    }
    let mut host = both();
    let said = "{\"choices\":[{\"delta\":{\"refusal\":\"I can't help with that.\"},\"finish_reason\":\"stop\"}]}";
    host.web(OPENAI, Ok(chunks(&[said])));
    assert_eq!(host.command("/ai eggs?").unwrap().text(), "I can't help with that.");
}

#[test]
fn blanks_are_no_beginning() {
    let mut host = both();
    let blank = "data: {\"choices\":[{\"delta\":{\"content\":\"\\n\\n\"}}]}\n\n";
    host.web(OPENAI, Ok(Response::new(200, blank))).web(CLAUDE, Ok(claude("Seven.", &[])));
    assert!(host.command("/ai eggs?").unwrap().text().starts_with("Seven.\n\n↪️ Claude answered."));
}

#[test]
fn an_empty_account_is_told_wherever_it_is_said() {
    let mut host = host(&["OPENROUTER_API_KEY"]);
    host.web(OPENROUTER, Ok(chunks(&["{\"error\":{\"code\":402,\"message\":\"x\"}}"])));
    let text = host.command("/ai eggs?").unwrap().text();
    assert!(text.ends_with("OpenRouter: no credit left (402)"), "{text}");
}

#[test]
fn thoughts_are_neither_shown_nor_kept() {
    let piece = |text: &str| format!("{{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}");
    let pieces =
        ["\\n<thi", "nk>They want to know how long eggs boil.", " Hm.</th", "ink>\\n\\n", "Seven."];
    let pieces: Vec<String> = pieces.map(piece).into();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let mut host = host(&["OPENAI_API_KEY"]);
    host.web(OPENAI, Ok(chunks(&pieces)));
    let answer = host.command("/ai eggs?").unwrap();
    assert_eq!(answer.text(), "Seven.");
    assert!(!answer.progress.concat().contains("th"), "{:?}", answer.progress);
    host.command("/ai eggs?").unwrap();
    assert_eq!(asked(&host, 0)["messages"][2]["content"], "Seven.");
    // Who thinks and then breaks off has said nothing.
    let mut host = both();
    let cut = format!("data: {}\n\n", piece("<think>Hm."));
    host.web(OPENAI, Ok(Response::new(200, cut))).web(CLAUDE, Ok(claude("Eight.", &[])));
    assert!(host.command("/ai eggs?").unwrap().text().starts_with("Eight."));
}
