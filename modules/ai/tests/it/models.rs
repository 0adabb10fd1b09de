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
            .contains("What it costs is not known here.")
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
