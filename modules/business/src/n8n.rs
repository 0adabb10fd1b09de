//! n8n's public REST API, version 1, as far as this module uses it: what is asked, and what may come back.
//!
//! The host puts the key in. Answers are read field by field into small types, because a workflow brings all
//! its nodes and an execution all its data; what else is in them is skipped.

mod answer;
mod model;

use std::time::Duration;

use umbrasil_sdk::http::{self, Request};
use umbrasil_sdk::prelude::*;

use self::answer::{About, read};
pub(crate) use self::answer::{complaint, unanswered};
use self::model::{Detailed, List};
pub(crate) use self::model::{Execution, Failure, Node, Status, Workflow};
use crate::trouble::Trouble;

/// What one answer lists of workflows. n8n gives at most 250, but each comes with its nodes.
const WORKFLOWS_AT_ONCE: usize = 100;
/// Answers that are put together: a thousand workflows.
const ANSWERS: usize = 10;
/// How many executions back the lists go.
const EXECUTIONS: usize = 100;
/// n8n has a second for what is shown, or ten when it is busy; the event has thirty.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where n8n is.
pub(crate) struct N8n {
    base: String,
}

impl N8n {
    /// n8n as the owner has configured it, if they have.
    pub(crate) fn find() -> Result<Option<Self>, Trouble> {
        // Only the owner who took this setting away makes it fail, and they are told so in its place.
        let base = config::get("N8N_BASE_URL").map_err(|error| Trouble::told(error.text()))?;
        let base = base.unwrap_or_default().trim().trim_end_matches('/').to_owned();
        Ok(Some(Self { base }).filter(|n8n| !n8n.base.is_empty()))
    }

    /// The same, and without it what the owner has to do.
    pub(crate) fn configured() -> Result<Self, Trouble> {
        Self::find()?.ok_or_else(|| {
            Trouble::told(
                "n8n is not set up. Set N8N_BASE_URL and N8N_API_KEY, then restart the bot.",
            )
        })
    }

    /// All workflows but the archived ones: those that are on first, then by name. The second value says
    /// whether there are more than the bot lists.
    pub(crate) fn workflows(&self) -> Result<(Vec<Workflow>, bool), Trouble> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..ANSWERS {
            let mut path = format!("workflows?limit={WORKFLOWS_AT_ONCE}&excludePinnedData=true");
            if let Some(cursor) = &cursor {
                path.extend(["&cursor=", &encoded(cursor)]);
            }
            let list: List<Workflow> = self.get(&path, About::Api)?;
            all.extend(list.data.into_iter().filter(|one| one.id.is_sound() && !one.archived));
            cursor = list.next_cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                break;
            }
        }
        all.sort_by_cached_key(|one| (!one.active, one.name.to_lowercase()));
        Ok((all, cursor.is_some()))
    }

    /// One workflow with its nodes, and its latest execution if there is one that can be read.
    pub(crate) fn workflow(&self, id: &str) -> Result<(Workflow, Option<Execution>), Trouble> {
        let id = checked(id)?;
        let mut answers = http::send_all([
            self.request("GET", &format!("workflows/{id}?excludePinnedData=true")),
            self.request("GET", &format!("executions?workflowId={id}&limit=1")),
        ]);
        let latest =
            answers.pop().and_then(|answer| read::<List<Execution>>(answer, About::Api).ok());
        let workflow = answers.pop().ok_or_else(|| Error::internal("no answer"))?;
        let latest = latest.and_then(|list| list.data.into_iter().next());
        Ok((read(workflow, About::Workflow)?, latest))
    }

    /// Switches a workflow on or off.
    pub(crate) fn switch(&self, id: &str, on: bool) -> Result<(), Trouble> {
        let verb = if on { "activate" } else { "deactivate" };
        let request = self.request("POST", &format!("workflows/{}/{verb}", checked(id)?));
        // n8n reads the version to publish from the body, so there has to be one.
        let answer = request.json("{}").send();
        read::<serde::de::IgnoredAny>(answer, About::Workflow).map(drop)
    }

    /// The latest executions, newest first, of one workflow or of all, in any state or in this one.
    pub(crate) fn executions(
        &self,
        workflow: Option<&str>,
        status: Option<&str>,
    ) -> Result<Vec<Execution>, Trouble> {
        let mut path = format!("executions?limit={EXECUTIONS}");
        if let Some(id) = workflow {
            path.extend(["&workflowId=", checked(id)?]);
        }
        if let Some(status) = status {
            path.extend(["&status=", status]);
        }
        let list: List<Execution> = self.get(&path, About::Api)?;
        Ok(list.data.into_iter().filter(|one| one.id.is_sound()).collect())
    }

    /// Why executions failed, in their order. One whose data can't be read says so in its place: data may be
    /// larger than any answer.
    pub(crate) fn failures(&self, executions: &[Execution]) -> Vec<Result<Failure, Trouble>> {
        let path = |one: &Execution| format!("executions/{}?includeData=true", one.id);
        let requests = executions.iter().map(|one| self.request("GET", &path(one)));
        let answers = http::send_all(requests).into_iter();
        answers.map(|answer| Ok(read::<Detailed>(answer, About::Execution)?.failure())).collect()
    }

    /// Where a webhook is called.
    pub(crate) fn webhook_url(&self, path: &str) -> String {
        format!("{}/webhook/{path}", self.base)
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, about: About) -> Result<T, Trouble> {
        read(self.request("GET", path).send(), about)
    }

    fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, format!("{}/api/v1/{path}", self.base))
            .header("Accept", "application/json")
            .secret("N8N_API_KEY")
            .timeout(PATIENCE)
    }
}

/// The id of a workflow, which may come from a button that somebody made up.
fn checked(id: &str) -> Result<&str, Trouble> {
    if model::is_sound(id) { Ok(id) } else { Err(Trouble::told("There is no such workflow.")) }
}

/// A value for a query or a segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(|digit| {
                char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
            }));
        }
    }
    encoded
}
