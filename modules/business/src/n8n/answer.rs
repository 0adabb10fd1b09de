//! What n8n's answers mean for the person who asked, also when it is not n8n that answers.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;

use crate::trouble::Trouble;
use crate::wording::short;

/// Characters of a text of n8n's that are shown.
const SHOWN: usize = 200;

/// What was asked for: it says what a 404 means.
#[derive(Debug, Clone, Copy)]
pub(super) enum About {
    Api,
    Workflow,
    Execution,
}

/// Reads an answer, or says in plain words what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(
    answer: Result<Response, HostError>,
    about: About,
) -> Result<T, Trouble> {
    let response = answer.map_err(unanswered)?;
    if response.is_success() && !is_page(&response) {
        return serde_json::from_slice(response.body()).map_err(|_| {
            Trouble::told(
                "What answers at N8N_BASE_URL does not speak n8n's API. Is it n8n, and not too old?",
            )
        });
    }
    Err(Trouble::Told(refusal(&response, about)))
}

/// Why there was no answer at all.
pub(crate) fn unanswered(error: HostError) -> Trouble {
    match error {
        HostError::Timeout => Trouble::told("n8n did not answer in time. Try again in a moment."),
        HostError::TooLarge(_) => {
            Trouble::told("n8n's answer is larger than the bot takes. Look at it in n8n itself.")
        }
        HostError::Unavailable(text) if text.contains("take connections") => Trouble::Told(
            format!("n8n cannot be reached: {text}. Does it run, and is N8N_BASE_URL right?"),
        ),
        HostError::Unavailable(text) if !text.starts_with("Set ") => {
            Trouble::Told(format!("n8n cannot be reached: {text}."))
        }
        error => error.into(),
    }
}

fn refusal(response: &Response, about: About) -> String {
    let said = complaint(response).map_or_else(String::new, |text| format!(" n8n says: {text}"));
    match (response.status(), about) {
        (401, _) => "n8n does not accept the key. Make a new one in n8n under Settings › n8n API, set it as \
                     N8N_API_KEY, then restart the bot."
            .to_owned(),
        (403, _) => format!(
            "The key may not do this. Give it the scopes for workflows and executions in n8n under \
             Settings › n8n API.{said}"
        ),
        (404, About::Workflow) if !is_page(response) => "n8n has no such workflow (any more).".to_owned(),
        (404, About::Execution) if !is_page(response) => {
            "n8n does not keep this execution (any more).".to_owned()
        }
        (404, _) => "There is no n8n API at N8N_BASE_URL. Is the address right, and n8n's public API switched on?"
            .to_owned(),
        (429, _) => "n8n has had too many requests. Try again in a minute.".to_owned(),
        (status @ 500.., _) => {
            format!("n8n failed (HTTP {status}). Try again later; its log says more.{said}")
        }
        (200..300, _) => "N8N_BASE_URL answers with a web page instead of n8n's API. Is it n8n's own address, \
                          without a sign-in page in front?"
            .to_owned(),
        (status, _) => format!("n8n refused this (HTTP {status}).{said}"),
    }
}

/// What n8n says about it: the `message` of its errors.
pub(crate) fn complaint(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let Said { message } = serde_json::from_slice(response.body()).ok()?;
    Some(short(&message, SHOWN)).filter(|message| !message.is_empty())
}

fn is_page(response: &Response) -> bool {
    response.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"))
        || response.body().trim_ascii_start().starts_with(b"<")
}
