//! The end of an event: one commit, and what follows from it.

use std::time::Instant;

use super::draft::Draft;
use super::{Arrived, Dispatch, STORAGE_PAUSE, recorded_as};
use crate::approval::{self, Prompt};
use crate::capability::progress::Traces;
use crate::database::{Commit, CommitError, DialogChange, QueuedMessage};
use crate::incoming::{Content, Incoming};
use crate::outgoing::{Aside, Keyboard, Outgoing};
use crate::permission::Asks;
use crate::report;
use crate::telemetry::metrics::{Ending, Refusal, Stage};

impl Dispatch {
    /// Commits, and hands over what is to be sent.
    pub(super) async fn settle(&self, arrived: &Arrived, draft: Draft) -> Result<(), CommitError> {
        let began = Instant::now();
        let Draft {
            writes,
            messages,
            dialog,
            for_chat,
            notice,
            failed,
            approved,
            approvals,
            journalled,
        } = draft;
        let chat_id = for_chat.unwrap_or(arrived.incoming.chat_id);
        let change = match (dialog, self.dialogs.has(chat_id)) {
            // What is open elsewhere may be about something else by now.
            (None, true) if failed || for_chat.is_some() => None,
            (None, false) => None,
            (dialog, _) => Some(DialogChange { chat_id, dialog }),
        };
        let commit = Commit {
            update_id: Some(arrived.incoming.update_id),
            writes,
            messages,
            dialog: change.clone(),
            approved,
            approvals,
            slot: None,
            journalled,
        };
        match self.database.commit(commit).await {
            Ok(queued) => {
                if let Some(change) = change {
                    self.dialogs.apply(change);
                }
                self.metrics.time(Stage::Commit, began.elapsed());
                self.metrics.answered(arrived.received.elapsed());
                self.send(queued);
                self.answer_button(&arrived.incoming, notice);
                Ok(())
            }
            // An earlier process, or an earlier try, has done it: its messages are in the outbox.
            Err(CommitError::AlreadyDone) => {
                self.answer_button(&arrived.incoming, None);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Says durably that nothing was kept.
    pub(super) async fn refuse(
        &self,
        arrived: &Arrived,
        module: &str,
        error: &CommitError,
        traces: &Traces,
    ) {
        let reference = report::reference(arrived.incoming.update_id);
        tracing::error!(%error, module, reference, "an answer could not be kept");
        self.metrics.event(
            module,
            if *error == CommitError::Conflict { Ending::Conflict } else { Ending::Storage },
        );
        if matches!(error, CommitError::Quota { .. }) {
            self.metrics.denied(module, Refusal::Quota);
        }
        let html = report::commit_failed(module, error, &reference);
        let draft = self.of_loss(arrived, html, traces).await;
        self.insist(arrived, draft).await;
    }

    /// Says that an event came to nothing, and what it has done outside all the same. What an owner had agreed to
    /// is used up by that: it may have happened.
    pub(super) async fn of_loss(
        &self,
        arrived: &Arrived,
        mut html: String,
        traces: &Traces,
    ) -> Draft {
        if !traces.went_outside() {
            return Draft::of_failure(&arrived.incoming, &html);
        }
        let event = recorded_as(arrived, traces);
        html.push_str(&self.done_outside(&event).await);
        let journalled = Some(event);
        match traces.tap() {
            Some(tap) => {
                let approved = Some(tap.nonce.clone());
                let draft = Self::replaced(arrived, &html);
                Draft { approved, journalled, failed: true, ..draft }
            }
            None => Draft { journalled, ..Draft::of_failure(&arrived.incoming, &html) },
        }
    }

    /// Commits what writes nothing of a module, as often as it takes: until then, this chat waits.
    pub(super) async fn insist(&self, arrived: &Arrived, draft: Draft) {
        let Draft { messages, failed, mut approved, journalled, .. } = draft;
        loop {
            let again = Draft {
                messages: messages.clone(),
                failed,
                approved: approved.clone(),
                journalled: journalled.clone(),
                ..Draft::default()
            };
            match self.settle(arrived, again).await {
                Ok(()) => return,
                // It is not open any more, which is all that was wanted.
                Err(CommitError::Withdrawn) if approved.take().is_some() => continue,
                Err(error) => tracing::error!(%error, "cannot even note a failure; trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(STORAGE_PAUSE) => {}
                // The disk has failed: the process ends, and the next one finds the update waiting.
                () = self.database.ended() => return,
            }
        }
    }

    /// Sends owners a message that belongs to no update.
    pub(crate) async fn tell_owners(&self, html: &str) {
        self.tell_owners_with(html, Keyboard::new()).await;
    }

    pub(super) async fn tell_owners_with(&self, html: &str, keyboard: Keyboard) {
        let message = Outgoing::Send { html: html.to_owned(), keyboard };
        let messages =
            self.gate.owners().map(|owner| message.clone().into_message(owner, None)).collect();
        self.post(Commit { messages, ..Commit::default() }).await;
    }

    /// Asks the first owner whether a component may have what it asks for.
    pub(crate) async fn ask_about(&self, asks: &Asks) {
        let Some(owner) = self.gate.owners().next() else { return };
        if let Err(error) = self.database.void_approvals(&asks.module, Some("load")).await {
            tracing::error!(%error, "cannot withdraw an older question");
        }
        let Prompt { approval, messages } = self.load_prompt(asks, owner);
        self.post(Commit { messages, approvals: vec![approval], ..Commit::default() }).await;
    }

    pub(super) fn load_prompt(&self, asks: &Asks, owner: i64) -> Prompt {
        let catalog = self.catalog.load();
        let serving = catalog.module(&asks.module).map(|module| &*module.manifest.module.version);
        approval::load(asks, serving, owner, chrono::Utc::now().timestamp_millis())
    }

    pub(super) async fn post(&self, commit: Commit) {
        match self.database.commit(commit).await {
            Ok(queued) => self.send(queued),
            Err(error) => tracing::error!(%error, "cannot keep a message to the owner"),
        }
    }

    pub(super) fn send(&self, queued: Vec<QueuedMessage>) {
        self.metrics.outbox_depth.inc_by(i64::try_from(queued.len()).unwrap_or(0));
        if !queued.is_empty() && self.outbox.send(queued).is_err() {
            tracing::debug!("the sender has stopped; the messages wait for the next start");
        }
    }

    pub(super) fn answer_button(&self, incoming: &Incoming, notice: Option<String>) {
        if let Content::Button { query, .. } = &incoming.content
            && self.asides.try_send(Aside::Answer { query: query.clone(), notice }).is_err()
        {
            tracing::debug!("too busy to answer a pressed button");
        }
    }
}
