//! `/vps services NAME [TEXT]`: what systemd runs, and what it failed to run.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::ssh::Output;

use crate::ask::{self, ask, complaint, is_missing};
use crate::server::{Found, find, page_of, reference, referred, turning};
use crate::text::{self, short};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed};

/// Services on one page.
const LISTED: usize = 10;
/// Bytes of a service's name that a button has room for beside the server's; and of what is searched.
pub(crate) const ROOM: usize = 22;
const SEARCHED: usize = 16;

/// One line of `systemctl list-units`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// Without `.service`.
    pub(crate) name: String,
    active: String,
    sub: String,
    about: String,
}

/// The action of its buttons: server, page, what is searched.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let at = call.get(1).and_then(|page| page.parse().ok()).unwrap_or(0);
    of(call, call.get(0), call.get(2).unwrap_or_default(), at)
}

pub(crate) fn of(call: &Call, named: Option<&str>, search: &str, at: usize) -> Result<Reply> {
    let server = match find(named, View::Services)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let search = search.trim().to_lowercase();
    if search.len() > SEARCHED || search.contains(char::is_whitespace) {
        return Err(call.wrong(format_args!("Search for one word of at most {SEARCHED} letters.")));
    }
    chat::typing()?;
    let refresh = button(REFRESH, &server, at, &search);
    framed(call, &server, View::Services, refresh, page(&server, at, &search))
}

fn button(label: impl Into<String>, server: &str, at: usize, search: &str) -> Button {
    let button = Button::new(label, View::Services.action()).arg(reference(server)).arg(at);
    if search.is_empty() { button } else { button.arg(search) }
}

fn page(server: &str, at: usize, search: &str) -> Result<Page, Trouble> {
    let all = list(server)?;
    let found: Vec<&Service> = all
        .iter()
        .filter(|service| {
            service.name.to_lowercase().contains(search)
                || service.about.to_lowercase().contains(search)
        })
        .collect();
    let count = |active: &[&str]| {
        found.iter().filter(|service| active.contains(&service.active.as_str())).count()
    };
    let (failed, active) = (count(&["failed"]), count(&["active"]));
    let mut html = Html::new();
    if !search.is_empty() {
        html = html.text("With ").code(search).text(": ");
    }
    html = html.text(format_args!(
        "❌ {failed} failed · 🟢 {active} active · ⚪ {} others\n\n",
        found.len().saturating_sub(failed).saturating_sub(active)
    ));
    let everything = || button("All services", server, 0, "");
    if found.is_empty() {
        let page = Page::new(html.text("No service.\n"));
        return Ok(if search.is_empty() { page } else { page.row([everything()]) });
    }
    let (at, pages) = page_of(at, found.len(), LISTED);
    let listed: Vec<&&Service> = found.iter().skip(at * LISTED).take(LISTED).collect();
    for service in &listed {
        html = html.text(service.sign()).text(" ").bold(short(&service.name, 40));
        html = html.text(format_args!(" {}", short(&service.sub, 20))).line();
    }
    let mut page = Page::new(html);
    let can: Vec<&&&Service> = listed.iter().filter(|service| is_usable(&service.name)).collect();
    for row in can.chunks(2) {
        let button = |service: &&&&Service| {
            let label = format!("{} {}", service.sign(), short(&service.name, 20));
            Button::new(label, "unit").arg(reference(server)).arg(referred(&service.name, ROOM))
        };
        page = page.row(row.iter().map(button));
    }
    if let Some(row) = turning(at, pages, |label, at| button(label, server, at, search)) {
        page = page.row(row);
    }
    Ok(if search.is_empty() { page } else { page.row([everything()]) })
}

/// All services of a server, the failed ones first.
pub(crate) fn list(server: &str) -> Result<Vec<Service>, Trouble> {
    let output = ask(server, ask::UNITS)?;
    if !output.is_success() {
        return Err(refused(server, &output));
    }
    let mut services = read(&text::clean(&output.stdout));
    services.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.name.cmp(&b.name)));
    Ok(services)
}

/// Why `systemctl` or `journalctl` would not.
pub(crate) fn refused(server: &str, output: &Output) -> Trouble {
    let said = complaint(output);
    let is_other = said.contains("not been booted with systemd") || said.contains("connect to bus");
    if is_missing(output) || is_other {
        let what = format!("{server} has no systemd, so there are no services to show.");
        return Trouble::new("🤷", what, "What else can be looked at there is under Run.");
    }
    Trouble::new("🔴", format!("{server} says: {said}"), "")
}

/// Whether a name can be a word of a granted command: letters, digits and `._-@:`. Systemd escapes others
/// with backslashes, in units that nobody restarts by hand.
pub(crate) fn is_usable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@:".contains(&byte))
}

/// Reads `UNIT LOAD ACTIVE SUB DESCRIPTION`. Older systemds put a dot before what has failed.
fn read(text: &str) -> Vec<Service> {
    let one = |line: &str| {
        let line = line.trim_start().trim_start_matches(['●', '*', '×', '○', '↻']);
        let mut words = line.split_whitespace();
        let name = words.next()?.strip_suffix(".service")?.to_owned();
        let load = words.next()?;
        let (active, sub) = (words.next()?.to_owned(), words.next()?.to_owned());
        let about = words.collect::<Vec<_>>().join(" ");
        (load != "not-found").then_some(Service { name, active, sub, about })
    };
    text.lines().filter_map(one).collect()
}

impl Service {
    fn rank(&self) -> u8 {
        match (self.active.as_str(), self.sub.as_str()) {
            ("failed", _) => 0,
            ("activating" | "deactivating" | "reloading", _) => 1,
            ("active", "running") => 2,
            ("active", _) => 3,
            _ => 4,
        }
    }

    fn sign(&self) -> &'static str {
        sign(&self.active)
    }
}

/// What a state of a unit looks like.
pub(crate) fn sign(active: &str) -> &'static str {
    match active {
        "failed" => "❌",
        "active" => "🟢",
        "activating" | "deactivating" | "reloading" | "refreshing" => "🟠",
        _ => "⚪",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_old_and_new_systemd_are_read() {
        let text = "\
● nginx.service        loaded    failed   failed  A high performance web server
  cron.service         loaded    active   running Regular background program processing daemon
* x.service            loaded    inactive dead
apparmor.service       not-found inactive dead    apparmor.service
tmp.mount              loaded    active   mounted /tmp
";
        let found: Vec<String> = read(text)
            .iter()
            .map(|one| format!("{} {} {} {}", one.sign(), one.name, one.sub, one.about))
            .collect();
        assert_eq!(
            found,
            [
                "❌ nginx failed A high performance web server",
                "🟢 cron running Regular background program processing daemon",
                "⚪ x dead ",
            ]
        );
        assert!(read("0 loaded units listed.\n\n.service\n").is_empty());
    }
}
