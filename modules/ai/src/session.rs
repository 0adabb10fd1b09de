//! One question from its beginning to its answer: rounds of asking a model and running what it wants run.
//!
//! When a command needs the owner's tap, the event ends well, with all that there is kept as a plan: the host
//! asks, and runs this event again after the tap; it goes on from exactly that call.

use std::time::Duration;

use umbrasil_sdk::prelude::*;

use crate::fallback::{Ended, Fallback};
use crate::health::Health;
use crate::history::History;
use crate::message::{Message, Picture, Prompt, Spent, Tokens, ToolCall, ToolResult, tokens};
use crate::plan::Plan;
use crate::provider::{Choice, NOBODY, Wish};
use crate::shown::Shown;
use crate::sse::Patience;
use crate::tools::{Outcome, Tools};
use crate::usage::{self, Sums, Used};
use crate::{answer, ask, price, prompt, talk};

/// Rounds of commands in one question.
const ROUNDS: usize = 8;
/// How long a question may take; the host ends it ten seconds later.
const WHOLE: Duration = Duration::from_secs(110);
/// About how many tokens a picture has.
const PICTURE: u64 = 1_200;

/// What goes on with a question whose commands were run but whose answer did not come.
const GO_ON: &str = "Go on with my last question, in its language. The commands above were run: do not run them again.";

/// What somebody wants to know.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) picture: Option<Picture>,
    /// Whether it was spoken, so that it is repeated above the answer.
    pub(crate) is_spoken: bool,
    /// Whether texts that follow are questions as well.
    pub(crate) goes_on: bool,
}

/// A question that is being answered.
struct Session<'a> {
    call: &'a Call,
    question: &'a Question,
    plan: Plan,
    history: History,
    tools: Tools,
    system: String,
    fallback: Fallback,
    used: Used,
    shown: Shown,
}

/// Answers a question, or goes on with one that has waited for the owner.
pub(crate) fn answer(call: &Call, question: &Question, used: Used) -> Result<Reply> {
    let choices = Choice::in_order(Wish::of(call)?.as_ref())?;
    if choices.is_empty() {
        return Err(Error::usage(NOBODY));
    }
    let plan = Plan::take(call)?;
    // What was confirmed is brought to its end.
    if plan.is_none()
        && let Some(text) = usage::exhausted(call)?
    {
        used.keep(call)?;
        return stay(call, question, Reply::html(Html::new().text("💸 ").text(text)));
    }
    chat::typing()?;
    let tools = Tools::offered()?;
    let mut session = Session {
        call,
        question,
        plan: plan.unwrap_or_else(|| Plan::new(call, &question.text, question.is_spoken)),
        history: History::of(call)?,
        system: prompt::system(call, !tools.tools.is_empty())?,
        tools,
        fallback: Fallback::new(choices, Health::of(call)?, Patience::new(WHOLE)),
        used,
        shown: Shown::default(),
    };
    let reply = session.run()?;
    let Session { fallback, used, .. } = session;
    fallback.keep()?;
    used.keep(call)?;
    stay(call, question, reply)
}

/// The plan of this event, if it has waited: what the question was need not be found out again.
pub(crate) fn waited(call: &Call) -> Result<Option<(String, bool)>> {
    let plan = Plan::take(call)?;
    if let Some(plan) = &plan {
        plan.keep(call)?;
    }
    Ok(plan.map(|plan| (plan.question, plan.is_spoken)))
}

/// Keeps a conversation open, if it is one.
fn stay(call: &Call, question: &Question, reply: Reply) -> Result<Reply> {
    if question.goes_on {
        talk::keep_open(call)?;
    }
    Ok(reply)
}

impl Session<'_> {
    fn run(&mut self) -> Result<Reply> {
        loop {
            if let Some(calls) = self.open_calls() {
                if let Some(reply) = self.run_calls(&calls)? {
                    return Ok(reply);
                }
                let results = std::mem::take(&mut self.plan.results);
                self.plan.rounds.push(Message::Results(results));
            }
            let rounds =
                self.plan.rounds.iter().filter(|message| matches!(message, Message::Results(_)));
            if rounds.count() >= ROUNDS {
                let html = Html::new().text(format_args!(
                    "⚠️ I stopped after {ROUNDS} rounds of commands without an answer. Ask for less at a time."
                ));
                return self.again("", html);
            }
            let head = self.head();
            self.shown.begin(head);
            let history = self.history.messages(price::history(self.fallback.model()));
            let asked = history.len();
            let mut messages = history;
            messages.push(Message::User(self.plan.question.clone()));
            messages.extend(self.plan.rounds.iter().cloned());
            let prompt = Prompt {
                system: &self.system,
                messages: &messages,
                picture: self.question.picture.as_ref().map(|picture| (asked, picture)),
                tools: &self.tools.tools,
            };
            let cost = estimate(&prompt);
            let shown = &mut self.shown;
            match self.fallback.ask(&prompt, &mut |text| shown.text(text))? {
                Ended::Whole { turn, by } => {
                    let said = tokens(&turn.text)
                        + turn.calls.iter().map(|call| tokens(&call.arguments)).sum::<u64>();
                    let estimate = Tokens { input: cost, output: said };
                    self.used
                        .note(&by.model, Sums::of(&by.model, by.maker(), turn.spent, estimate));
                    let is_over = turn.calls.is_empty();
                    let (text, calls) =
                        (turn.text, turn.calls.into_iter().enumerate().map(sound).collect());
                    if is_over {
                        return self.end(text, turn.is_full, &by);
                    }
                    self.plan.rounds.push(Message::Assistant { text, calls, opaque: turn.opaque });
                }
                Ended::Cut { text, by, trouble } => {
                    self.note(&by, cost, &text);
                    let html = answer::body(&text).text("\n\n⚠️ ");
                    let html =
                        html.italic(format_args!("(cut off) {}: {trouble}.", by.provider.title()));
                    return self.again(&text, html);
                }
                Ended::Declined { by } => {
                    self.note(&by, cost, "");
                    if self.plan.used.is_empty() {
                        let html = self.head().push(answer::declined(&by));
                        return Ok(answer::buttons(Reply::html(html), self.question.goes_on));
                    }
                    return self.again("", answer::declined(&by));
                }
                Ended::Nobody => {
                    return self.again("", answer::nobody(&self.fallback.passed));
                }
            }
        }
    }

    /// Notes a request of which nobody has said what it took.
    fn note(&mut self, by: &Choice, input: u64, said: &str) {
        let estimate = Tokens { input, output: tokens(said) };
        self.used.note(&by.model, Sums::of(&by.model, by.maker(), Spent::default(), estimate));
    }

    /// The calls of the last message that have no results yet.
    fn open_calls(&self) -> Option<Vec<ToolCall>> {
        match self.plan.rounds.last() {
            Some(Message::Assistant { calls, .. }) if !calls.is_empty() => Some(calls.clone()),
            _ => None,
        }
    }

    /// Runs the calls that were not run yet; gives a reply if one has to wait.
    fn run_calls(&mut self, calls: &[ToolCall]) -> Result<Option<Reply>> {
        for call in calls.iter().skip(self.plan.results.len()) {
            let (text, failed) = match self.tools.line(call) {
                Err(reason) => (reason, true),
                Ok(line) => {
                    let head = self.head().text("🔧 ").text(line.short()).line();
                    self.shown.begin(head);
                    self.shown.head();
                    match line.run() {
                        Outcome::Waits => {
                            self.plan.keep(self.call)?;
                            let html =
                                self.head().text("⏳ This has to be confirmed first: ").code(&line);
                            return Ok(Some(Reply::html(html)));
                        }
                        Outcome::Done { text, failed } => {
                            self.plan.used.push(line.short());
                            (line.result(&text), failed)
                        }
                    }
                }
            };
            self.plan.results.push(ToolResult { id: call.id.clone(), text, failed });
        }
        Ok(None)
    }

    /// The answer is there.
    fn end(&mut self, text: String, is_full: bool, by: &Choice) -> Result<Reply> {
        // What was run speaks for itself where the model does not.
        let said = if text.trim().is_empty() { self.results() } else { answer::body(&text) };
        let mut html = self.head().push(said);
        if is_full {
            html = html.text("\n\n").italic("(The answer is as long as it may be. Ask to go on.)");
        }
        html = answer::passed(html, by, &self.fallback.passed);
        self.remember(text, &by.model)?;
        Ok(answer::buttons(Reply::html(html), self.question.goes_on))
    }

    /// There is no answer, or half of one, which the model has `said`: it can be asked for again. What was run
    /// for it is remembered, and only what is left is asked for: nothing is done twice.
    fn again(&mut self, said: &str, why: Html) -> Result<Reply> {
        let goes_on = self.question.goes_on;
        if self.plan.used.is_empty() {
            let reply = Reply::html(self.head().push(why));
            // The picture would have to be sent again as well.
            if self.question.picture.is_some() {
                return Ok(reply);
            }
            let question = &self.plan.question;
            let retry = ask::retry_button(self.call, "🔄 Retry", question, goes_on)?;
            return Ok(reply.row([retry]));
        }
        let html = self.head().push(self.results()).text("\n\n").push(why);
        let model = self.fallback.model().to_owned();
        self.remember(format!("{said}\n(The answer broke off.)"), &model)?;
        let retry = ask::retry_button(self.call, "▶️ Go on", GO_ON, goes_on)?;
        Ok(Reply::html(html).row([retry]))
    }

    /// What the last commands gave.
    fn results(&self) -> Html {
        match self.plan.rounds.last() {
            Some(Message::Results(results)) => answer::results(results),
            _ => Html::new(),
        }
    }

    /// Remembers the question with all that was done for it and what was said at last.
    fn remember(&mut self, text: String, model: &str) -> Result<()> {
        let asked = match &self.question.picture {
            Some(_) => format!("[with a picture] {}", self.plan.question),
            None => self.plan.question.clone(),
        };
        let mut turn = vec![Message::User(asked)];
        turn.extend(std::mem::take(&mut self.plan.rounds).into_iter().map(
            |message| match message {
                Message::Assistant { text, calls, .. } => {
                    Message::Assistant { text, calls, opaque: Vec::new() }
                }
                message => message,
            },
        ));
        // Not every provider takes back a message without a text.
        let text = if text.trim().is_empty() { "(Nothing more to say.)".to_owned() } else { text };
        turn.push(Message::Assistant { text, calls: Vec::new(), opaque: Vec::new() });
        let history = std::mem::take(&mut self.history);
        history.add(self.call, turn, price::history(model))
    }

    fn head(&self) -> Html {
        let heard = self.plan.is_spoken.then_some(self.plan.question.as_str());
        answer::head(heard, &self.plan.used)
    }
}

/// A call with an id that every provider takes back.
fn sound((index, call): (usize, ToolCall)) -> ToolCall {
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let id: String = call.id.chars().filter(plain).take(64).collect();
    let id = if id.is_empty() { format!("call_{index}") } else { id };
    ToolCall { id, ..call }
}

/// About how many tokens a prompt has.
fn estimate(prompt: &Prompt<'_>) -> u64 {
    let messages: u64 = prompt.messages.iter().map(Message::tokens).sum();
    let tools: u64 = prompt
        .tools
        .iter()
        .map(|tool| tokens(&tool.description) + tokens(&tool.parameters.to_string()))
        .sum();
    tokens(prompt.system) + messages + tools + prompt.picture.map_or(0, |_| PICTURE)
}
