//! An owner has tapped one of the host's own buttons.
//!
//! A question is looked up by its nonce, and used up in the same commit as what it allows: so a second tap,
//! or one after a restart, finds nothing. What runs then is what was kept with the question, never what the
//! button or a later message says.

use super::draft::{self, Draft};
use super::{Arrived, Dispatch};
use crate::approval::{Payload, Resume};
use crate::audit::Record;
use crate::capability::progress::Traces;
use crate::database::Approval;
use crate::incoming::Content;
use crate::outgoing::{Aside, Keyboard, Outgoing};
use crate::permission::Candidate;
use crate::reply::{MARK, escape};

impl Dispatch {
    /// Answers a tap on a button of the host: `verb` and what it is about.
    pub(super) async fn tapped(
        &self,
        arrived: &Arrived,
        verb: &str,
        about: &str,
        traces: &Traces,
    ) -> Draft {
        let incoming = &arrived.incoming;
        let user = incoming.user.id;
        if verb == "take" {
            return self.taken(arrived, about, traces).await;
        }
        if !matches!(incoming.content, Content::Button { .. }) || !self.gate.is_owner(user) {
            self.note(arrived, about, "refuse", "only an owner may tap this");
            return Draft::of_failure(incoming, "Only an owner can do that.");
        }
        match verb {
            "approve" | "once" | "deny" => self.decided(arrived, verb, about, traces).await,
            "pause" => {
                self.breaker.pause(about);
                self.note(arrived, about, "pause", "");
                let html = format!("⏸ <b>{}</b> is paused until you resume it.", escape(about));
                Self::replaced(arrived, &html)
            }
            "resume" => {
                self.breaker.resume(about);
                self.note(arrived, about, "resume", "");
                Self::replaced(arrived, &format!("▶️ <b>{}</b> answers again.", escape(about)))
            }
            "review" => match self.book.asks(about) {
                Some(asks) => {
                    let prompt = self.load_prompt(&asks, user);
                    let (approval, messages) = (prompt.approval, prompt.messages);
                    Draft { approvals: vec![approval], messages, ..Draft::default() }
                }
                None => Draft::of_failure(incoming, "Nothing waits for you there any more."),
            },
            _ => Draft::of_failure(incoming, "That button is from another version."),
        }
    }

    async fn decided(&self, arrived: &Arrived, verb: &str, nonce: &str, traces: &Traces) -> Draft {
        let incoming = &arrived.incoming;
        let approval = match self.database.approval(nonce).await {
            Ok(Some(approval)) => approval,
            Ok(None) => {
                // The question's place may hold by now what came of it, so that stays.
                if let Some(message_id) = draft::pressed(incoming) {
                    let unbutton = Aside::Unbutton { chat_id: incoming.chat_id, message_id };
                    drop(self.asides.try_send(unbutton));
                }
                return Draft::of_failure(
                    incoming,
                    "This question is answered, or was withdrawn. Nothing more is done.",
                );
            }
            Err(error) => {
                tracing::error!(%error, "cannot read a question");
                return Draft::of_failure(
                    incoming,
                    "⚠️ The question cannot be read now. Please try again.",
                );
            }
        };
        if approval.approver != incoming.user.id {
            self.note(arrived, &approval.module, "refuse", "another owner was asked");
            return Draft::of_failure(incoming, "Another owner was asked that.");
        }
        let used = |draft: Draft| Draft { approved: Some(nonce.to_owned()), ..draft };
        if chrono::Utc::now().timestamp_millis() >= approval.expires_ms {
            return used(Self::replaced(
                arrived,
                "⌛ That was more than five minutes ago. Nothing is done; ask again if you still want it.",
            ));
        }
        let Ok(payload) = serde_json::from_str::<Payload>(&approval.payload) else {
            return used(Self::replaced(
                arrived,
                "This question is from another version. Nothing is done.",
            ));
        };
        if let Payload::Call(resume) = &payload {
            traces.answers(nonce, &resume.cause.event);
        }
        used(match payload {
            Payload::Call(resume) if verb == "approve" => {
                self.resume(arrived, *resume, traces).await
            }
            Payload::Call(resume) => {
                self.note(arrived, &resume.cause.module, "refuse", &resume.shown);
                let html = format!("✖️ Not done: <code>{}</code>", escape(&resume.shown));
                let mut draft = Self::replaced(arrived, &html);
                if resume.cause.chat_id != incoming.chat_id {
                    let told = Outgoing::text(format!("{html}\nAn owner has refused it."));
                    draft.messages.push(told.into_message(resume.cause.chat_id, None));
                }
                draft
            }
            Payload::File(_) => Draft::of_failure(incoming, "That button is from another version."),
            Payload::Load { hash } => self.load(arrived, verb, &approval, &hash).await,
            Payload::HostKey { target, address, key } => {
                self.host_key(arrived, verb, &target, &address, &key).await
            }
        })
    }

    /// Handles an event again, with the call allowed that the owner has agreed to.
    async fn resume(&self, arrived: &Arrived, resume: Resume, traces: &Traces) -> Draft {
        let Resume { cause, ticket, behind: mut tickets, shown } = resume;
        tickets.push(ticket);
        if arrived.recovered
            && let Some(text) = self.interrupted(&cause.event).await
        {
            return Draft { journalled: Some(cause.event), ..Self::replaced(arrived, &text) };
        }
        let catalog = self.catalog.load_full();
        let module = catalog.module(&cause.module).filter(|module| module.hash == cause.hash);
        let Some(module) = module else {
            return Self::replaced(
                arrived,
                "The module was replaced or removed since it asked. Nothing is done.",
            );
        };
        if !self.gate.is_allowed(cause.user.id) {
            return Self::replaced(
                arrived,
                "Whoever wanted that may not use the bot any more. Nothing is done.",
            );
        }
        self.note(arrived, &cause.module, "confirm", &shown);
        let mut draft = self.module(arrived, module, &cause, tickets, traces).await;
        let answer = format!("✅ Confirmed: <code>{}</code>", escape(&shown));
        let mut messages = Self::replaced(arrived, &answer).messages;
        messages.append(&mut draft.messages);
        // A question to somebody else is not one to the owner who has tapped.
        let for_chat = Some(cause.chat_id).filter(|chat| *chat != arrived.incoming.chat_id);
        let journalled = traces.went_outside().then(|| cause.event.clone());
        Draft { messages, for_chat, journalled, ..draft }
    }

    async fn load(&self, arrived: &Arrived, verb: &str, approval: &Approval, hash: &str) -> Draft {
        let module = &approval.module;
        let by = format!("owner {}", arrived.incoming.user.id);
        let waiting = self.book.waiting(module).filter(|candidate| candidate.hash == hash);
        let Some(candidate) = waiting else {
            return Self::replaced(
                arrived,
                "These bytes do not wait any more: they were replaced, removed or decided about. Nothing is done.",
            );
        };
        let Candidate { version, .. } = &candidate;
        let name = format!("<b>{}</b> {}", escape(module), escape(version));
        match verb {
            "approve" => {
                if let Err(error) = self.book.allow(&candidate, &by).await {
                    tracing::error!(%error, "cannot keep a decision");
                    return Self::replaced(
                        arrived,
                        "⚠️ That could not be kept. Nothing is done; please try again.",
                    );
                }
                self.reload.notify_one();
                Self::replaced(arrived, &format!("✅ {name} is allowed what it asks for."))
            }
            "once" => {
                self.book.allow_once(&candidate, &by);
                self.reload.notify_one();
                Self::replaced(
                    arrived,
                    &format!("1️⃣ {name} is allowed what it asks for, until the bot is restarted."),
                )
            }
            _ => {
                if let Err(error) = self.book.deny(&candidate, &by).await {
                    tracing::error!(%error, "cannot keep a decision");
                    return Self::replaced(
                        arrived,
                        "⚠️ That could not be kept. It is not loaded, and you will be asked again.",
                    );
                }
                self.reload.notify_one();
                Self::replaced(
                    arrived,
                    &format!("✖️ {name} is not loaded. /modules lets you decide anew."),
                )
            }
        }
    }

    async fn host_key(
        &self,
        arrived: &Arrived,
        verb: &str,
        target: &str,
        address: &str,
        key: &str,
    ) -> Draft {
        if verb != "approve" {
            self.note(arrived, target, "refuse", "host key");
            self.ssh.ask_again(target);
            return Self::replaced(
                arrived,
                &format!("✖️ <b>{}</b> is not trusted.", escape(target)),
            );
        }
        let by = format!("owner {}", arrived.incoming.user.id);
        self.note(arrived, target, "trust", "host key");
        match self.ssh.trust(target, address, key, &by).await {
            Ok(()) => Self::replaced(
                arrived,
                &format!(
                    "🔑 <b>{}</b> is trusted with this key. Please repeat what you wanted.",
                    escape(target)
                ),
            ),
            Err(error) => Self::replaced(arrived, &format!("⚠️ {}", escape(&error.to_string()))),
        }
    }

    /// Puts a tap on record: what was decided, about what.
    fn note(&self, arrived: &Arrived, module: &str, decision: &str, about: &str) {
        let user = arrived.incoming.user.id;
        let role = if self.gate.is_owner(user) { "owner" } else { "user" };
        let about = if about.is_empty() { module } else { about };
        self.audit.record(&Record {
            event: super::event_id(arrived),
            module: module.to_owned(),
            ..Record::of_person(&format!("{role} {user}"), "approval", about, decision)
        });
    }

    /// The host's answer in place of the question, so that its buttons are gone.
    pub(super) fn replaced(arrived: &Arrived, html: &str) -> Draft {
        let (chat, pressed) = (arrived.incoming.chat_id, draft::pressed(&arrived.incoming));
        let messages = crate::reply::messages(&format!("{MARK} {html}"), Keyboard::new(), pressed);
        let message = |message: Outgoing| message.into_message(chat, None);
        Draft { messages: messages.into_iter().map(message).collect(), ..Draft::default() }
    }
}
