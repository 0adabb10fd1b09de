//! The frame of everything that is shown of one server: whose it is, the way to the other views, and when it
//! was looked at.

use umbrasil_sdk::prelude::*;

use crate::server::reference;
use crate::trouble::Trouble;

/// The label of the button that shows the same again, as it is by then.
pub(crate) const REFRESH: &str = "🔄 Refresh";

/// What there is to see of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Stats,
    Services,
    Disk,
    Net,
    Logs,
    Run,
}

/// What a view shows between its title and the buttons that all views have.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) html: Html,
    pub(crate) rows: Vec<Vec<Button>>,
}

impl View {
    pub(crate) const ALL: [Self; 6] =
        [Self::Stats, Self::Services, Self::Disk, Self::Net, Self::Logs, Self::Run];

    /// The word that people type, and the action of its buttons.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Stats => "stats",
            Self::Services => "services",
            Self::Disk => "disk",
            Self::Net => "net",
            Self::Logs => "logs",
            Self::Run => "run",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Stats => "Stats",
            Self::Services => "Services",
            Self::Disk => "Disks",
            Self::Net => "Network",
            Self::Logs => "Logs",
            Self::Run => "Commands",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Stats => "📊 Stats",
            Self::Services => "⚙️ Services",
            Self::Disk => "💾 Disks",
            Self::Net => "🌐 Network",
            Self::Logs => "📜 Logs",
            Self::Run => "▶️ Run",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let found = Self::ALL.into_iter().find(|view| view.action() == word);
        found.or(match word.as_str() {
            "disks" => Some(Self::Disk),
            "network" => Some(Self::Net),
            "service" => Some(Self::Services),
            "log" => Some(Self::Logs),
            "commands" => Some(Self::Run),
            _ => None,
        })
    }

    /// The button that leads here.
    pub(crate) fn button(self, server: &str) -> Button {
        Button::new(self.label(), self.action()).arg(reference(server))
    }
}

impl Page {
    pub(crate) fn new(html: Html) -> Self {
        Self { html, rows: Vec::new() }
    }

    pub(crate) fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.rows.push(buttons.into_iter().collect());
        self
    }
}

/// A view in its frame. `refresh` shows the same again.
pub(crate) fn framed(
    call: &Call,
    server: &str,
    view: View,
    refresh: Button,
    page: Result<Page, Trouble>,
) -> Result<Reply> {
    let (html, rows) = match page {
        Ok(Page { html, rows }) => (html, rows),
        Err(trouble) => (trouble.into_html()?, Vec::new()),
    };
    let html = title(server, view.title()).push(html).push(seen(call));
    let mut reply = Reply::html(html);
    for row in rows {
        reply = reply.row(row);
    }
    let others: Vec<View> = View::ALL.into_iter().filter(|other| *other != view).collect();
    for row in others.chunks(3) {
        reply = reply.row(row.iter().map(|other| other.button(server)));
    }
    Ok(reply.row([refresh, Button::new("⬅ Servers", "home")]).replace())
}

/// The line above everything that is about one server.
pub(crate) fn title(server: &str, what: &str) -> Html {
    Html::new().text("🖥 ").bold(server).text(" · ").text(what).text("\n\n")
}

/// The line that says when this was so, which is now: what makes a refreshed message another one.
pub(crate) fn seen(call: &Call) -> Html {
    let now = call.now();
    let ((hours, minutes), seconds) = (now.clock(), now.unix_ms / 1_000 % 60);
    Html::new().text("\n").italic(format_args!("at {hours:02}:{minutes:02}:{seconds:02}"))
}
