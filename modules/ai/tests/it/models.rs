//! Choosing who answers.

use umbrasil_sdk::testing::error;

use crate::speech::{CLAUDE, OPENAI, OPENROUTER, asked, claude, host, openai};

#[test]
fn the_model_can_be_chosen_by_name_and_by_button() {
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY"]);
    host.web(OPENAI, Ok(openai("O.", 1, 1))).web(CLAUDE, Ok(claude("C.", &[])));
    let menu = host.command("/model").unwrap().to_string();
    assert!(menu.starts_with("🧠 OpenAI · gpt-5.4-mini\nThe usual choice."), "{menu}");
    assert!(
        menu.contains("[✅ OpenAI · gpt-5.4-mini]")
            && menu.contains("[Claude · claude-sonnet-5-5]"),
        "{menu}"
    );
    assert!(
        host.command("/model claude")
            .unwrap()
            .text()
            .starts_with("🧠 Claude · claude-sonnet-5-5\nYour choice.")
    );
    assert_eq!(host.command("/ai x").unwrap().text(), "C.");
    host.press("OpenAI · gpt-5.4-nano").unwrap();
    assert_eq!(host.command("/ai x").unwrap().text(), "O.");
    assert_eq!(asked(&host, 0)["model"], "gpt-5.4-nano");
    assert!(
        host.command("/model claude-next-9")
            .unwrap()
            .text()
            .contains("What it costs is not known here. It counts as the dearest one.")
    );
    host.command("/ai x").unwrap();
    assert_eq!(asked(&host, 0)["model"], "claude-next-9");
    host.user(222).command("/ai x").unwrap();
    assert_eq!(asked(&host, 0)["model"], "gpt-5.4-mini", "each user chooses for themselves");
    host.user(111).press("↩️ Usual").unwrap();
    host.command("/ai x").unwrap();
    assert_eq!(asked(&host, 0)["model"], "gpt-5.4-mini");
}

#[test]
fn what_is_not_there_is_told() {
    let mut host = host(&["OPENAI_API_KEY"]);
    let text = error(host.command("/model claude")).text().to_owned();
    assert!(text.starts_with("Claude is not set up. Set CLAUDE_API_KEY first:"), "{text}");
    let text = error(host.command("/model <b>&")).text().to_owned();
    assert!(
        text.starts_with("“<b>&” cannot be the name of a model.\nUsage: /model [NAME]"),
        "{text}"
    );
    assert!(error(self::host(&[]).command("/model")).text().starts_with("No AI provider"));
}

#[test]
fn a_choice_that_was_taken_away_is_said() {
    let mut host = host(&["OPENAI_API_KEY"]);
    host.store("111/model", "claude");
    assert!(host.command("/model").unwrap().text().contains("Claude is not set up now"));
}

#[test]
fn openrouter_names_models_with_their_makers() {
    let mut host = host(&["OPENROUTER_API_KEY"]).config("OPENROUTER_MODEL", "x/y");
    host.web(OPENROUTER, Ok(openai("R.", 1, 1)));
    host.command("/ai x").unwrap();
    assert_eq!(asked(&host, 0)["model"], "x/y");
    host.command("/model meta-llama/llama-4:free").unwrap();
    host.command("/ai x").unwrap();
    assert_eq!(asked(&host, 0)["model"], "meta-llama/llama-4:free");
    assert_eq!(host.requests()[0].secrets, ["OPENROUTER_API_KEY"]);
}

#[test]
fn families_and_the_usual_choice_have_short_names() {
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY"]);
    for (word, model) in [
        ("sonnet", "Claude · claude-sonnet-5-5"),
        ("Opus", "Claude · claude-opus-5-5"),
        ("haiku", "Claude · claude-haiku-4-5"),
        ("default", "OpenAI · gpt-5.4-mini"),
        ("opus", "Claude · claude-opus-5-5"),
        ("usual", "OpenAI · gpt-5.4-mini"),
        ("openai:x/y", "OpenAI · x/y"),
    ] {
        let menu = host.command(&format!("/model {word}")).unwrap().text();
        assert!(menu.starts_with(&format!("🧠 {model}")), "{word}: {menu}");
    }
}

#[test]
fn a_server_of_ones_own_has_its_own_models() {
    let own = |secrets: &[&str]| {
        host(secrets)
            .config("OPENAI_BASE_URL", "http://10.0.0.5:8000/v1")
            .config("OPENAI_MODEL", "llama3")
    };
    let mut host = own(&[]);
    let menu = host.command("/model Qwen/Qwen3-32B").unwrap().to_string();
    assert!(
        menu.starts_with(
            "🧠 OpenAI · Qwen/Qwen3-32B\nYour choice.\nWhat it costs is not known here.\n"
        ),
        "{menu}"
    );
    assert!(!menu.contains("gpt-"), "{menu}");
    host.press("↩️ Usual").unwrap();
    let menu = own(&["OPENROUTER_API_KEY"]).command("/model x/y").unwrap().text();
    assert!(menu.starts_with("🧠 OpenRouter · x/y"), "{menu}");
    let menu = self::host(&["OPENAI_API_KEY"])
        .config("OPENAI_BASE_URL", "https://api.openai.com/v1")
        .command("/model")
        .unwrap()
        .to_string();
    assert!(menu.contains("gpt-5.4-nano"), "{menu}");
}
