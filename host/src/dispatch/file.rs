//! A file that several modules would take: whoever sent it says for which it is.
//!
//! What the tap hands over is what was kept with the question: the event of the file, with its own id and
//! time, so that the module sees it as if nobody had been asked.

use std::sync::Arc;

use super::draft::Draft;
use super::{Arrived, Dispatch};
use crate::approval::{self, Payload, Prompt};
use crate::bindings::exports::umbrasil::module::handler::Input;
use crate::capability::progress::Traces;
use crate::incoming::Content;
use crate::module::Module;
use crate::reply::escape;

impl Dispatch {
    /// Asks for which of the modules a file is; of those that serve the user, if it is only one, that one runs.
    pub(super) async fn whose(
        &self,
        arrived: &Arrived,
        modules: &[Arc<Module>],
        input: &Input,
        traces: &Traces,
    ) -> Draft {
        let user = arrived.incoming.user.id;
        let serves = |module: &&Arc<Module>| {
            self.gate.is_owner(user) || self.book.serves(&module.name, user)
        };
        let serving: Vec<&Arc<Module>> = modules.iter().filter(serves).collect();
        // Who is served by none is told so by the first.
        let Some(first) = serving.first().copied().or_else(|| modules.first()) else {
            return Draft::default();
        };
        let mut cause = self.cause(arrived, first, input);
        if serving.len() < 2 {
            return self.module(arrived, first, &cause, Vec::new(), traces).await;
        }
        (cause.module, cause.hash) = (String::new(), String::new());
        let name =
            |module: &&Arc<Module>| (module.name.to_string(), module.descriptor.title.clone());
        let names: Vec<(String, String)> = serving.iter().map(name).collect();
        let now_ms = chrono::Utc::now().timestamp_millis();
        let Prompt { approval, messages } = approval::file(&cause, &names, now_ms);
        Draft { approvals: vec![approval], messages, ..Draft::default() }
    }

    /// Hands a file to the module that was tapped: `about` is the nonce of the question, and its name.
    pub(super) async fn taken(&self, arrived: &Arrived, about: &str, traces: &Traces) -> Draft {
        let incoming = &arrived.incoming;
        let (nonce, name) = about.split_once(' ').unwrap_or((about, ""));
        let asked = match self.database.approval(nonce).await {
            Ok(asked) => asked,
            Err(error) => {
                tracing::error!(%error, "cannot read a question");
                return Draft::of_failure(
                    incoming,
                    "⚠️ The question cannot be read now. Please try again.",
                );
            }
        };
        let expired = "That file was a while ago. Please send it again.";
        let Some(asked) = asked.filter(|asked| {
            chrono::Utc::now().timestamp_millis() < asked.expires_ms
                && matches!(incoming.content, Content::Button { .. })
        }) else {
            return Self::replaced(arrived, expired);
        };
        let Ok(Payload::File(mut cause)) = serde_json::from_str::<Payload>(&asked.payload) else {
            return Draft::of_failure(incoming, "That button is from another version.");
        };
        if asked.approver != incoming.user.id || cause.chat_id != incoming.chat_id {
            return Draft::of_failure(incoming, "Somebody else was asked that.");
        }
        let used = |draft: Draft| Draft { approved: Some(nonce.to_owned()), ..draft };
        traces.answers(nonce, &cause.event);
        if arrived.recovered
            && let Some(text) = self.interrupted(&cause.event).await
        {
            let told = Self::replaced(arrived, &text);
            return used(Draft { journalled: Some(cause.event), ..told });
        }
        let catalog = self.catalog.load_full();
        let Some(module) = catalog.module(name) else {
            return used(Self::replaced(arrived, "That module is no longer there."));
        };
        (cause.module, cause.hash) = (module.name.to_string(), module.hash.clone());
        let mut draft = self.module(arrived, module, &cause, Vec::new(), traces).await;
        let html = format!("For <b>{}</b>.", escape(&module.descriptor.title));
        let mut messages = Self::replaced(arrived, &html).messages;
        messages.append(&mut draft.messages);
        let journalled = traces.went_outside().then(|| cause.event.clone());
        used(Draft { messages, journalled, ..draft })
    }
}
