//! The commands of the chat that are for owners only: secrets, grants, the audit.

use std::fmt::Write as _;

use super::{Arrived, Dispatch};
use crate::incoming::WITHHELD;
use crate::native::Answer;
use crate::operate::{self, Refused};
use crate::outgoing::{Aside, Keyboard};
use crate::permission::{BUILT_IN, Row};
use crate::reply::escape;
use crate::router::host_button;
use crate::telemetry::logging::escaped;

/// Records that /audit shows.
const RECORDS: u32 = 20;
/// Permissions of one page.
const LINES: usize = 10;
const USAGE: &str = "Write <code>/secret set NAME value</code>, <code>/secret list</code> or <code>/secret remove NAME</code>.\nA name has capital letters, digits and _, such as OPENAI_API_KEY.";

impl Dispatch {
    /// Answers a command for owners. None: it is none.
    pub(super) async fn operate(
        &self,
        arrived: &Arrived,
        command: &str,
        rest: &str,
    ) -> Option<Answer> {
        let user = arrived.incoming.user.id;
        if !matches!(command, "secret" | "audit" | "grants" | "logs") {
            return None;
        }
        if !self.gate.is_owner(user) {
            // What they wrote is deleted like an owner's, and what was taken out is forgotten.
            drop(self.withheld.take(arrived.incoming.update_id));
            if rest.contains(WITHHELD) {
                self.delete_if_recovered(arrived);
            }
            let what = rest.split_whitespace().next().unwrap_or("");
            let target = format!("/{command} {}", what.chars().take(32).collect::<String>());
            self.operate.not_an_owner(&format!("user {user}"), command, target.trim_end());
            return Some(Answer::text("That is for owners only."));
        }
        let by = format!("owner {user}");
        Some(match command {
            "secret" => self.secret(arrived, rest, &by).await,
            "audit" => self.audit(rest).await,
            "logs" => self.logs(rest),
            _ => self.grants(rest, &by).await,
        })
    }

    async fn secret(&self, arrived: &Arrived, rest: &str, by: &str) -> Answer {
        let words: Vec<&str> = rest.split_whitespace().collect();
        match words.as_slice() {
            ["set", name, WITHHELD] => {
                let Some(value) = self.withheld.take(arrived.incoming.update_id) else {
                    self.delete(arrived);
                    return Answer::text(format!(
                        "⚠️ I was restarted in between, and the value is kept nowhere. /secret list shows whether <code>{name}</code> is set; if not, send it again."
                    ));
                };
                let done = self.operate.set_secret(name, value, by).await;
                let deleting =
                    "\nI delete your message with it. Telegram may still show it in notifications.";
                answer(done.map(|text| escape(&text) + deleting))
            }
            [.., WITHHELD] => {
                self.delete_if_recovered(arrived);
                Answer::text(format!(
                    "I did not keep that, and delete your message, as it may hold a secret.\n{USAGE}"
                ))
            }
            ["list"] => {
                Answer::text(format!("<pre>{}</pre>", escape(&self.operate.list_secrets())))
            }
            ["remove", name] => {
                answer(self.operate.remove_secret(name, by).await.map(|text| escape(&text)))
            }
            _ => Answer::text(USAGE),
        }
    }

    /// Takes a message out of the chat whose secret was taken out by an earlier process.
    fn delete_if_recovered(&self, arrived: &Arrived) {
        if arrived.recovered {
            self.delete(arrived);
        }
    }

    fn delete(&self, arrived: &Arrived) {
        if let Some(message_id) = arrived.incoming.message_id {
            self.delete_message(arrived.incoming.chat_id, message_id);
        }
    }

    /// Takes a message out of a chat, however busy the sender is.
    pub(crate) fn delete_message(&self, chat_id: i64, message_id: i64) {
        let asides = self.asides.clone();
        tokio::spawn(async move {
            if asides.send(Aside::Delete { chat_id, message_id }).await.is_err() {
                tracing::warn!(
                    chat = chat_id,
                    "a message with a secret could not be deleted: the host stops"
                );
            }
        });
    }

    async fn audit(&self, rest: &str) -> Answer {
        let module = rest.split_whitespace().next();
        if let Some(name) = module
            && let Err(refused) = self.operate.known(name)
        {
            return Answer::text(format!("⚠️ {}", escape(&refused.to_string())));
        }
        let found = match self.operate.audit.newest(module, false, RECORDS).await {
            Ok(found) => found,
            Err(error) => return Answer::text(format!("⚠️ {}", escape(&error.to_string()))),
        };
        if found.is_empty() {
            return Answer::text("There are no such records.");
        }
        let zone = self.time_zone;
        let line = |record| escape(&operate::record_line(record, zone));
        let lines: Vec<String> = found.iter().rev().map(line).collect();
        Answer::text(format!("<b>Audit</b> ({zone})\n{}", lines.join("\n")))
    }

    /// `/grants`, `/grants MODULE`, and what its buttons say: `MODULE VERB SUM`, where the sum stands for a line.
    async fn grants(&self, rest: &str, by: &str) -> Answer {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let Some((module, words)) = words.split_first() else {
            return self.all_grants();
        };
        let rows = match self.operate.grants(Some(module)) {
            Ok(rows) => rows,
            Err(refused) => return Answer::text(format!("⚠️ {}", escape(&refused.to_string()))),
        };
        let (verb, sum) = match words {
            [] => return of_module(module, rows, "", Page::Number(0)),
            ["page", page] => {
                return of_module(module, rows, "", Page::Number(page.parse().unwrap_or(0)));
            }
            [verb, sum] => (*verb, *sum),
            _ => return Answer::text("Write /grants, or <code>/grants MODULE</code>."),
        };
        let Some(row) = rows.iter().find(|row| self::sum(row) == sum) else {
            let gone = "That permission is not there any more.\n\n";
            return of_module(module, rows, gone, Page::Number(0));
        };
        let line = row.scope.to_string();
        let done = match verb {
            "revoke?" => return sure(module, row, sum, "Revoke", "revoke"),
            "allow?" => return sure(module, row, sum, "Allow", "allow"),
            "revoke" => self.operate.revoke(module, &line, by).await,
            "allow" => self.operate.allow(module, &line, by).await,
            _ => return Answer::text("Write /grants, or <code>/grants MODULE</code>."),
        };
        let said = match done {
            Ok(text) => format!("{}\n\n", escape(&escaped(&text))),
            Err(refused) => format!("⚠️ {}\n\n", escape(&refused.to_string())),
        };
        let rows = self.operate.grants(Some(module)).unwrap_or_default();
        of_module(module, rows, &said, Page::With(sum))
    }

    fn all_grants(&self) -> Answer {
        let rows = self.operate.grants(None).unwrap_or_default();
        let mut modules: Vec<&str> = rows.iter().map(|row| &*row.module).collect();
        modules.dedup();
        if modules.is_empty() {
            return Answer::text("No module asks for anything, and nothing is granted.");
        }
        let mut html = "<b>Grants</b>\n".to_owned();
        for module in &modules {
            let of = |row: &&Row| &*row.module == *module;
            let count =
                |state: fn(&Row) -> bool| rows.iter().filter(of).filter(|row| state(row)).count();
            let granted = count(|row| row.allowed && row.wanted);
            let waiting = count(|row| !row.allowed && row.by.is_none());
            let revoked = count(|row| !row.allowed && row.by.is_some());
            line(&mut html, format_args!("\n<b>{module}</b>: {granted} granted"));
            for (number, word) in [(waiting, "waiting"), (revoked, "revoked")] {
                if number > 0 {
                    line(&mut html, format_args!(", {number} {word}"));
                }
            }
        }
        let button = |module: &&str| host_button(*module, &format!("grants:{module}"));
        let keyboard = modules.chunks(2).map(|row| row.iter().map(button).collect()).collect();
        Answer { html, keyboard }
    }
}

fn answer(done: Result<String, Refused>) -> Answer {
    Answer::text(match done {
        Ok(html) => html,
        Err(refused) => format!("⚠️ {}", escape(&refused.to_string())),
    })
}

/// Which part of a list is shown.
#[derive(Clone, Copy)]
enum Page<'a> {
    Number(usize),
    /// The one with the permission that this sum stands for.
    With(&'a str),
}

fn of_module(module: &str, mut rows: Vec<Row>, before: &str, page: Page<'_>) -> Answer {
    // First what waits, then what somebody has decided, then what came so.
    rows.sort_by_key(|row| (row.by.is_some(), row.by.as_deref() == Some(BUILT_IN)));
    let last = rows.len().saturating_sub(1) / LINES;
    let page = match page {
        Page::Number(page) => page.min(last),
        Page::With(sum) => rows.iter().position(|row| self::sum(row) == sum).unwrap_or(0) / LINES,
    };
    let mut html = format!("{before}<b>Grants of {}</b>", escape(module));
    if last > 0 {
        line(&mut html, format_args!(", page {} of {}", page + 1, last + 1));
    }
    html.push('\n');
    let mut buttons = Vec::new();
    for (row, number) in rows.iter().zip(1..).skip(page * LINES).take(LINES) {
        let mark = match (row.allowed, &row.by) {
            (true, _) => "✅",
            (false, Some(_)) => "⛔",
            (false, None) => "⏳",
        };
        let (shown, state) = (escaped(&row.scope.to_string()), escaped(&operate::state(row)));
        line(
            &mut html,
            format_args!("\n{number}. {mark} <code>{}</code>\n{}", escape(&shown), escape(&state)),
        );
        if !row.reason.is_empty() {
            line(&mut html, format_args!(": {}", escape(&escaped(&row.reason))));
        }
        html.push('\n');
        let (label, verb) = if row.allowed { ("Revoke", "revoke?") } else { ("Allow", "allow?") };
        buttons.push(grant_button(&format!("{label} {number}"), module, verb, &sum(row)));
    }
    if rows.is_empty() {
        html.push_str("\nIt asks for nothing.\n");
    }
    let mut keyboard: Keyboard = buttons.chunks(3).map(<[_]>::to_vec).collect();
    let turn =
        |label: &str, page: usize| host_button(label, &format!("grants:{module}:page:{page}"));
    let mut turns = Vec::new();
    if page > 0 {
        turns.push(turn("◀️ Previous", page - 1));
    }
    if page < last {
        turns.push(turn("Next ▶️", page + 1));
    }
    if !turns.is_empty() {
        keyboard.push(turns);
    }
    keyboard.push(vec![host_button("⬅️ All grants", "grants")]);
    Answer { html, keyboard }
}

/// Writing to a `String` cannot fail.
fn line(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).unwrap_or_default();
}

fn sure(module: &str, row: &Row, sum: &str, label: &str, verb: &str) -> Answer {
    let line = escape(&escaped(&row.scope.to_string()));
    let effect = match verb {
        "revoke" => "Calls that need it are refused from the next one on.",
        _ => "Calls that are within it are let through from the next one on.",
    };
    let html = format!(
        "{label} this permission of <b>{}</b>?\n<code>{line}</code>\n{effect}",
        escape(module)
    );
    let keyboard = vec![vec![
        grant_button(label, module, verb, sum),
        host_button("Back", &format!("grants:{module}")),
    ]];
    Answer { html, keyboard }
}

/// At most 9 + 32 + 1 + 7 + 1 + 12 of the 64 bytes that a button may carry.
fn grant_button(label: &str, module: &str, verb: &str, sum: &str) -> crate::outgoing::Button {
    host_button(label, &format!("grants:{module}:{verb}:{sum}"))
}

/// Stands for the line of a permission in a button: a list may have changed since it was shown.
fn sum(row: &Row) -> String {
    crate::grant::hash(row.scope.to_string().as_bytes()).chars().take(12).collect()
}
