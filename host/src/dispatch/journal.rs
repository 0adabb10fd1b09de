//! What people are told of outside actions that were under way when something went wrong.

use super::Dispatch;
use crate::audit::Record;
use crate::database::Action;
use crate::reply::escape;

impl Dispatch {
    /// What to say of an event that an earlier process had begun with outside, if it had.
    pub(super) async fn interrupted(&self, event: &str) -> Option<String> {
        let actions = self.actions(event).await;
        // How the others ended is on record: only the process that died could not say so of these.
        for action in actions.iter().filter(|action| action.outcome.is_none()) {
            self.audit.record(&Record {
                at_ms: action.begun_ms,
                event: event.to_owned(),
                module: action.module.clone(),
                reason: "begun; outcome unknown: the host was stopped".to_owned(),
                ..Record::of_person("host", action.kind(), &action.call, "allow")
            });
        }
        (!actions.is_empty()).then(|| {
            format!("⚠️ The bot was interrupted while it did this. Nothing was saved, and nothing is repeated.{}", lines(&actions))
        })
    }

    /// What an event has done outside, to add to why it failed.
    pub(super) async fn done_outside(&self, event: &str) -> String {
        lines(&self.actions(event).await)
    }

    async fn actions(&self, event: &str) -> Vec<Action> {
        self.database.actions(event).await.unwrap_or_else(|error| {
            tracing::error!(%error, event, "cannot read what was done outside");
            Vec::new()
        })
    }
}

fn lines(actions: &[Action]) -> String {
    let line = |Action { module, call, outcome, .. }: &Action| {
        let (module, call) = (escape(module), escape(call));
        match outcome {
            Some(outcome) => {
                format!(
                    "\nDone before that, by {module}: <code>{call}</code> ({})",
                    escape(outcome)
                )
            }
            None => format!("\nOutcome unknown, by {module}: <code>{call}</code>"),
        }
    };
    actions.iter().map(line).collect()
}
