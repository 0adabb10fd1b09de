//! `/ai how long do eggs boil`: conversations with language models, which may use the bot's commands.
//!
//! Read in this order: `ask` (how a question comes in), `session` (the rounds of one question: model, tools,
//! answer), `fallback` on `provider` (who answers) with `openai`, `claude` and `sse` (how they speak). What
//! is kept: `history`, `plan`, `health`, `usage`. What people see: `answer`, `markdown`, `home`, `models`,
//! `report`.

mod message;
mod price;
mod provider;

mod claude;
mod openai;
mod sse;
mod trouble;

mod fallback;
mod health;
mod history;
mod plan;
mod prompt;
mod tools;
mod usage;

mod answer;
mod ask;
mod home;
mod inline;
mod markdown;
mod media;
mod models;
mod report;
mod session;
mod shown;
mod talk;

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// The AI module.
pub fn module() -> Module {
    Module::new("AI")
        .summary("Ask a language model; it may look things up with the bot's commands")
        .menu("🤖 AI", "home")
        .command("ai", "Ask the AI", ask::command)
        .argument("QUESTION", "anything, such as how long do eggs boil")
        .example("/ai how much did I spend this month?")
        .command("clear", "Forget the conversation with the AI", home::clear)
        .example("/clear")
        .command("model", "Choose the model that answers", models::model)
        .optional("NAME", "openai, claude, openrouter, auto, the name of a model, or openai:NAME")
        .example("/model claude")
        .command("usage", "What the AI was used for, and what it cost", report::command)
        .optional("SPAN", "today, week or month; today if left out")
        .example("/usage week")
        .pattern("typed", r"(?is)^\s*ai\s*:(.*)$", ask::typed)
        .file_with_caption(Media::Photo, media::photo)
        .file(Media::Voice, media::voice)
        .action("home", home::home)
        .action("ask", ask::begin)
        .action("end", ask::end)
        .action("retry", ask::retry)
        .action("clear", home::clear)
        .action("models", models::menu)
        .action("pick", models::pick)
        .action("usage", report::usage)
        .action("everybody", report::everybody)
        .answer("question", ask::follow)
}
