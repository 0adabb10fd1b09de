//! The commands that the host answers itself. What they say of modules comes from what modules say of
//! themselves.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::bindings::exports::umbrasil::module::handler::{Argument, Command, Descriptor};
use crate::incoming::User;
use crate::module::breaker::Breaker;
use crate::module::catalog::Catalog;
use crate::outgoing::{Button, Keyboard};
use crate::reply::escape;
use crate::router::{host_button, host_button_with, module_button};
use crate::telemetry::Metrics;

/// The host's commands for help texts and Telegram's command list.
pub(crate) const COMMANDS: [(&str, &str); 10] = [
    ("start", "Say hello and show the menu"),
    ("menu", "Everything the bot does, as buttons"),
    ("help", "All commands; /help NAME explains a module or a command"),
    ("status", "How the bot is doing"),
    ("modules", "The modules and their versions"),
    ("cancel", "Stop what is running or being asked"),
    ("grants", "What modules may do; /grants NAME to change it (owners)"),
    ("audit", "The last decisions, of all modules or one (owners)"),
    ("logs", "What was logged; /logs NAME TEXT to search (owners)"),
    ("secret", "Set, list or remove secrets (owners)"),
];

/// A message of the host.
pub(crate) struct Answer {
    pub(crate) html: String,
    pub(crate) keyboard: Keyboard,
}

impl Answer {
    pub(crate) fn text(html: impl Into<String>) -> Self {
        Self { html: html.into(), keyboard: Keyboard::new() }
    }
}

pub(crate) fn start(catalog: &Catalog, user: &User) -> Answer {
    let html = format!(
        "👋 Hello {}!\n\nI'm <b>UmbraSIL</b>, your private operations bot. Pick something, or see /help.",
        escape(&user.name)
    );
    Answer { html, keyboard: entries(catalog) }
}

pub(crate) fn menu(catalog: &Catalog) -> Answer {
    let keyboard = entries(catalog);
    if catalog.modules().len() == 0 {
        return Answer { html: "No module is loaded. /modules says why.".to_owned(), keyboard };
    }
    Answer { html: "<b>Menu</b>\nWhat would you like to do?".to_owned(), keyboard }
}

/// The modules' entries, two in a row, and the host's below.
fn entries(catalog: &Catalog) -> Keyboard {
    let entry = |module: &Arc<crate::module::Module>| {
        let menu = module.descriptor.menu.as_ref()?;
        module_button(&module.name, &menu.label, &menu.action, &[])
    };
    let entries: Vec<Button> = catalog.modules().filter_map(entry).collect();
    let mut keyboard: Keyboard = entries.chunks(2).map(<[Button]>::to_vec).collect();
    keyboard.push(vec![host_button("📊 Status", "status"), host_button("❓ Help", "help")]);
    keyboard
}

pub(crate) fn help(catalog: &Catalog, topic: &str) -> Answer {
    let topic = topic.trim().trim_start_matches('/').to_ascii_lowercase();
    if topic.is_empty() {
        return Answer::text(overview(catalog));
    }
    if let Some(module) = catalog.module(&topic) {
        return Answer::text(module_help(&module.descriptor));
    }
    if let Some((_, command)) = catalog.of_command(&topic) {
        return Answer::text(command_help(command));
    }
    match COMMANDS.iter().find(|(name, _)| *name == topic) {
        Some((name, summary)) => Answer::text(format!("/{name}\n{summary}.")),
        None => Answer::text(format!(
            "There is no module or command “{}”. /help lists them all.",
            escape(&topic)
        )),
    }
}

fn overview(catalog: &Catalog) -> String {
    let mut html = "<b>Commands</b>\n".to_owned();
    for (name, summary) in COMMANDS {
        line(&mut html, format_args!("/{name}: {}\n", escape(summary)));
    }
    for module in catalog.modules() {
        let Descriptor { title, summary, commands, .. } = &module.descriptor;
        line(&mut html, format_args!("\n<b>{}</b>: {}\n", escape(title), escape(summary)));
        for Command { name, summary, .. } in commands {
            line(&mut html, format_args!("/{name}: {}\n", escape(summary)));
        }
        line(&mut html, format_args!("More: /help {}\n", module.name));
    }
    html
}

fn module_help(descriptor: &Descriptor) -> String {
    let mut html =
        format!("<b>{}</b>\n{}\n", escape(&descriptor.title), escape(&descriptor.summary));
    for command in &descriptor.commands {
        line(&mut html, format_args!("\n{}\n", command_help(command)));
    }
    html
}

fn command_help(command: &Command) -> String {
    let Command { name, summary, arguments, example, .. } = command;
    let shown = |argument: &Argument| {
        let name = escape(&argument.name);
        if argument.required { name } else { format!("[{name}]") }
    };
    let usage: Vec<String> =
        std::iter::once(format!("/{name}")).chain(arguments.iter().map(shown)).collect();
    let mut html = format!("<code>{}</code>\n{}", usage.join(" "), escape(summary));
    for Argument { name, help, .. } in arguments {
        line(&mut html, format_args!("\n  {}: {}", escape(name), escape(help)));
    }
    if !example.is_empty() {
        line(&mut html, format_args!("\nExample: <code>{}</code>", escape(example)));
    }
    html
}

pub(crate) fn status(catalog: &Catalog, metrics: &Metrics) -> Answer {
    let totals = metrics.totals();
    let names: Vec<&str> = catalog.modules().map(|module| &*module.name).collect();
    let mut html = "<b>Status</b>\n".to_owned();
    let mut row =
        |name: &str, value: String| line(&mut html, format_args!("{name}: {}\n", escape(&value)));
    row("Up", duration(totals.uptime));
    row(
        "Modules",
        if names.is_empty() {
            "none".to_owned()
        } else {
            format!("{} ({})", names.len(), names.join(", "))
        },
    );
    row("Updates", format!("{} handled, {} from strangers", totals.updates, totals.refused));
    row("Errors", totals.errors.to_string());
    row(
        "Response time",
        format!(
            "{} on average, {} at most",
            millis(totals.mean_answer),
            millis(totals.slowest_answer)
        ),
    );
    row(
        "Memory",
        memory().map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000)),
    );
    Answer {
        html,
        keyboard: vec![vec![host_button("🔄 Refresh", "status"), host_button("📋 Menu", "menu")]],
    }
}

/// What an owner sees of the modules beside the catalog.
pub(crate) struct Troubles<'a> {
    /// The files that could not be loaded, and why.
    pub(crate) failed: &'a [(String, String)],
    /// The modules that wait for an owner.
    pub(crate) waiting: Vec<Arc<str>>,
}

/// `troubles` are for owners only.
pub(crate) fn modules(
    catalog: &Catalog,
    breaker: &Breaker,
    troubles: Option<Troubles<'_>>,
) -> Answer {
    let mut html = "<b>Modules</b>\n".to_owned();
    let mut keyboard = Keyboard::new();
    for module in catalog.modules() {
        let (name, version) = (&module.name, escape(&module.manifest.module.version));
        let summary = escape(&module.descriptor.summary);
        let hash: String = module.hash.chars().take(12).collect();
        let paused = breaker.is_paused(name);
        let state = if paused { "⏸" } else { "✅" };
        line(
            &mut html,
            format_args!("\n{state} <b>{name}</b> {version} (<code>{hash}</code>)\n{summary}\n"),
        );
        if troubles.is_some() && !module.unused.is_empty() {
            line(
                &mut html,
                format_args!("It asks for {} and never uses it.\n", module.unused.join(", ")),
            );
        }
        if troubles.is_some() && paused {
            keyboard.push(vec![host_button_with(format!("▶️ Resume {name}"), "resume", name)]);
        }
    }
    if catalog.modules().len() == 0 {
        html.push_str("\nNone is loaded.\n");
    }
    let Some(Troubles { failed, waiting }) = troubles else { return Answer::text(html) };
    for (file, reason) in failed {
        line(
            &mut html,
            format_args!("\n❌ <b>{}</b> was not loaded: {}\n", escape(file), escape(reason)),
        );
    }
    for name in waiting {
        keyboard.push(vec![host_button_with(format!("🛡️ Decide about {name}"), "review", &name)]);
    }
    Answer { html, keyboard }
}

/// Writing to a `String` cannot fail.
fn line(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).unwrap_or_default();
}

fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}

/// The resident memory of this process in bytes.
fn memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
