//! What is counted, what it costs, and where it ends.

use serde_json::json;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::error;

use crate::speech::{CLAUDE, OPENAI, OPENROUTER, claude, host, openai};

#[test]
fn tokens_and_money_are_counted_by_model() {
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY"]);
    host.web(OPENAI, Ok(openai("O.", 1_200, 340))).web(CLAUDE, Ok(claude("C.", &[])));
    host.command("/ai x").unwrap();
    host.command("/ai x").unwrap();
    host.command("/model claude").unwrap();
    host.command("/ai x").unwrap();
    assert_eq!(
        host.command("/usage").unwrap().to_string(),
        "📊 AI usage · today
claude-sonnet-5-5         $0.0006
  1× 200 in, 20 out
gpt-5.4-mini              $0.0049
  2× 2.4k in, 680 out
Total                     $0.0055
Today: $0.0055 of $1.00
[· Today] [7 days] [This month]
[👥 Everybody] [🤖 AI]"
    );
    host.wait(86_400);
    assert!(host.command("/usage").unwrap().text().contains("Nothing was used."));
    assert!(host.press("7 days").unwrap().text().contains("gpt-5.4-mini              $0.0049"));
    assert!(host.press("This month").unwrap().text().contains("claude-sonnet-5-5         $0.0006"));
    host.user(222).command("/ai x").unwrap();
    assert!(!host.command("/usage").unwrap().to_string().contains("Everybody"));
    assert_eq!(error(host.action("everybody", &["today"])).text(), "Only an owner can see that.");
    let all = host.user(111).action("everybody", &["month"]).unwrap().to_string();
    assert!(
        all.contains("Ada (111)") && all.contains("Ada (222)") && all.contains("Total"),
        "{all}"
    );
    for line in all.lines() {
        assert!(line.chars().count() <= 34, "{line}");
    }
}

#[test]
fn unknown_prices_and_estimates_are_said() {
    let mut host = host(&["OPENAI_API_KEY"])
        .config("OPENAI_BASE_URL", "http://10.0.0.5:8000/v1")
        .config("OPENAI_MODEL", "llama");
    let uncounted = format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({"choices": [{"delta": {"content": "Hi."}}]})
    );
    host.web("POST http://10.0.0.5:8000/v1/chat/completions", Ok(Response::new(200, uncounted)));
    host.command("/ai x").unwrap();
    let text = host.command("/usage").unwrap().text();
    assert!(text.contains("llama                           ?"), "{text}");
    assert!(text.contains("1 request has no known price.\n1 request was estimated."), "{text}");
    host.command("/ai x").unwrap();
    let text = host.command("/usage").unwrap().text();
    assert!(text.contains("2 requests have no known price.\n2 requests were estimated."), "{text}");
}

#[test]
fn openrouter_says_what_it_took() {
    let mut host = host(&["OPENROUTER_API_KEY"]).config("OPENROUTER_MODEL", "x/y");
    let data = json!({"choices": [{"delta": {"content": "Hi."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.0123}});
    host.web(
        OPENROUTER,
        Ok(Response::new(
            200,
            format!(": OPENROUTER PROCESSING\n\ndata: {data}\n\ndata: [DONE]\n\n"),
        )),
    );
    host.command("/ai x").unwrap();
    assert!(host.command("/usage").unwrap().text().contains("Today: $0.0123 of $1.00"));
}

#[test]
fn the_budget_of_a_day_is_the_end() {
    let mut host = host(&["OPENAI_API_KEY"]).config("AI_DAILY_BUDGET", "0.001");
    host.web(OPENAI, Ok(openai("O.", 1_200, 340)));
    host.command("/ai x").unwrap();
    assert_eq!(
        host.command("/ai x").unwrap().text(),
        "💸 Today's AI budget of $0.0010 is used up ($0.0025 spent). It starts anew at midnight."
    );
    assert_eq!(host.requests().len(), 1);
    host.wait(86_400);
    assert_eq!(host.command("/ai x").unwrap().text(), "O.");

    let mut free = self::host(&["OPENAI_API_KEY"]).config("AI_DAILY_BUDGET", "0");
    free.web(OPENAI, Ok(openai("O.", 10_000_000, 0)));
    free.command("/ai x").unwrap();
    free.command("/ai x").unwrap();
    assert!(free.command("/usage").unwrap().text().contains("Today: $15.00, no limit"));
    let mut wrong = self::host(&["OPENAI_API_KEY"]).config("AI_DAILY_BUDGET", "much");
    assert!(error(wrong.command("/ai x")).text().starts_with("AI_DAILY_BUDGET is no amount"));
}

#[test]
fn two_hundred_models_are_shown_short_and_old_days_forgotten() {
    let mut host = host(&["OPENAI_API_KEY"]);
    let sums = r#"{"requests":1,"input":1,"output":1,"cost":1,"unpriced":0,"estimated":0}"#;
    for number in 0..200 {
        host.store(
            &format!("111/usage/2026-11-22/model-{number:03}-with-a-very-long-name-🙂"),
            sums,
        );
        host.store(&format!("111/usage/2026-01-01/model-{number:03}"), sums);
    }
    let text = host.command("/usage").unwrap().text();
    assert!(text.contains("and 180 more") && text.len() < 2_000, "{text}");
    host.web(OPENAI, Ok(openai("O.", 1, 1)));
    for _ in 0..10 {
        host.command("/ai x").unwrap();
    }
    assert!(host.keys().all(|key| !key.contains("2026-01-01")));
}

#[test]
fn a_model_without_a_known_price_does_not_evade_the_budget() {
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY"]).config("AI_DAILY_BUDGET", "1");
    host.web(OPENAI, Ok(openai("O.", 100_000, 10_000)));
    host.command("/model gpt-next").unwrap();
    host.command("/ai x").unwrap();
    let text = host.command("/usage").unwrap().text();
    // As gpt-5.5: 100,000 × $5 + 10,000 × $30 a million.
    assert!(text.contains("gpt-next                    $0.80\n"), "{text}");
    assert!(text.contains("1 request was estimated."), "{text}");
    host.command("/ai x").unwrap();
    assert!(host.command("/ai x").unwrap().text().contains("is used up ($1.60 spent)"));
}

#[test]
fn usage_is_shown_for_a_span_that_is_named() {
    let mut host = host(&["OPENAI_API_KEY"]);
    assert!(host.command("/usage week").unwrap().text().starts_with("📊 AI usage · 7 days"));
    assert!(host.command("/usage Month").unwrap().text().starts_with("📊 AI usage · this month"));
    assert_eq!(
        error(host.command("/usage banana")).text(),
        "I can show today, week or month.\nUsage: /usage [SPAN]\nExample: /usage week"
    );
}
