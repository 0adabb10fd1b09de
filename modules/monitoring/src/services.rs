//! `/checks`: the services and containers, a page for each service, and checks on demand.

use umbrasil_sdk::prelude::*;

use crate::condition::{Detector, Reading, Subject};
use crate::containers::{self, Before, Container, Containers};
use crate::probe::{Outcome, Probed};
use crate::record::{self, History};
use crate::round::days_left;
use crate::sample::Part;
use crate::settings::{self, Service};
use crate::state::Watch;
use crate::words::{self, cut};

/// Buttons with services on a page, and in a row.
const A_PAGE: usize = 8;
const IN_A_ROW: usize = 2;
/// Containers that are down and shown each by itself; names of the others in one line.
const BOXES: usize = 15;
const NAMES: usize = 240;

/// How a service or container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Up,
    /// It failed once: not yet down.
    Shaky,
    Down,
    Unknown,
}

impl Standing {
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Up => "🟢",
            Self::Shaky => "🟡",
            Self::Down => "🔴",
            Self::Unknown => "⚪",
        }
    }
}

/// What is known at a moment.
pub(crate) struct Known {
    services: Vec<Service>,
    probed: Probed,
    watch: Watch,
    /// Whether the checks were made for whoever asks, a moment ago.
    fresh: bool,
}

impl Known {
    /// What the schedules left.
    pub(crate) fn read() -> Result<Self> {
        let (services, probed) = (settings::services(), Probed::latest()?);
        Ok(Self { services, probed, watch: Watch::read()?, fresh: false })
    }

    /// With checks of these services now.
    fn fresh(call: &Call, services: &[Service]) -> Result<Self> {
        chat::typing()?;
        let probed = Probed::now(call, services);
        Ok(Self { probed, fresh: true, ..Self::read()? })
    }

    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// How a service stands.
    pub(crate) fn standing(&self, service: &Service) -> Standing {
        match self.probed.of(service) {
            Some(Outcome::Up { .. } | Outcome::Open(_)) => Standing::Up,
            Some(Outcome::Down { .. }) if self.fresh => Standing::Down,
            Some(Outcome::Down { .. }) => self.failing(&Subject::Service(service.name.clone())),
            Some(Outcome::NotAsked(_)) | None => Standing::Unknown,
        }
    }

    fn failing(&self, subject: &Subject) -> Standing {
        match self.watch.detector(subject) {
            Some(detector) if detector.wrong => Standing::Down,
            _ => Standing::Shaky,
        }
    }

    pub(crate) fn outcome(&self, service: &Service) -> Option<&Outcome> {
        self.probed.of(service)
    }

    /// Since when it fails, as ` · since 14:02`.
    fn since(&self, call: &Call, subject: &Subject) -> String {
        let since = self.watch.detector(subject).and_then(Detector::failing_since);
        since
            .map_or_else(String::new, |since| format!(" · since {}", words::when(since, call.at())))
    }

    /// `200 · 84 ms · cert 61 d`.
    fn words(&self, call: &Call, service: &Service) -> String {
        let now = call.at().unix_ms / 1_000;
        match self.outcome(service) {
            Some(Outcome::Up { status, milliseconds, certificate }) => {
                let days = certificate.map(|expires| days_left(expires, now));
                let certificate = days.map(|days| format!(" · cert {days} d")).unwrap_or_default();
                format!("{status} · {milliseconds} ms{certificate}")
            }
            Some(Outcome::Open(text)) => text.clone(),
            Some(Outcome::Down { reason, .. }) => {
                format!("{reason}{}", self.since(call, &Subject::Service(service.name.clone())))
            }
            Some(Outcome::NotAsked(reason)) => format!("not granted: {reason}"),
            None => "not checked yet".to_owned(),
        }
    }
}

/// `/checks`, and its pages.
pub(crate) fn checks(call: &Call) -> Result<Reply> {
    overview(call, &Known::read()?)
}

/// The button that asks all of them now.
pub(crate) fn check_now(call: &Call) -> Result<Reply> {
    overview(call, &Known::fresh(call, &settings::services())?)
}

fn overview(call: &Call, known: &Known) -> Result<Reply> {
    let mut html = Html::from("🩺 <b>Services</b>");
    let at = known.probed.at;
    if at > 0 && !known.services.is_empty() {
        let when = if known.fresh { "just now".to_owned() } else { words::when(at, call.at()) };
        html = html.text(format_args!(" · checked {when}"));
    }
    html = html.line();
    if known.services.is_empty() {
        html = html.push(
            "None are configured. Set <code>SERVICES</code>, such as\n<code>SERVICES=shop=https://shop.example.org/health,db=tcp://10.0.0.5:5432</code>\nthen restart the bot.",
        );
    }
    for service in &known.services {
        let icon = known.standing(service).icon();
        html = html.text(format_args!("\n{icon} ")).bold(&service.name);
        html = html.text(format_args!(" · {}", known.words(call, service)));
    }
    html = boxes(call, known, html, &containers::watched(&Before::read()?));
    let page: usize = call.get(0).and_then(|page| page.parse().ok()).unwrap_or(0);
    let pages = known.services.len().div_ceil(A_PAGE);
    let page = page.min(pages.saturating_sub(1));
    let mut reply = Reply::html(html);
    let shown: Vec<&Service> = known.services.iter().skip(page * A_PAGE).take(A_PAGE).collect();
    for row in shown.chunks(IN_A_ROW) {
        let button = |service: &&Service| {
            let label = format!("{} {}", known.standing(service).icon(), service.name);
            Button::new(label, "service").arg(&service.name)
        };
        reply = reply.row(row.iter().map(button));
    }
    if pages > 1 {
        let turn = |label: &str, page: usize| Button::new(label, "checks").arg(page);
        let back = (page > 0).then(|| turn("◀", page.saturating_sub(1)));
        let on = (page + 1 < pages).then(|| turn("▶", page + 1));
        reply = reply.row(back.into_iter().chain(on));
    }
    let mut last = vec![Button::new("🔄 Refresh", "checks").arg(page)];
    if !known.services.is_empty() {
        last.insert(0, Button::new("🔁 Check now", "check").arg(page));
    }
    Ok(reply.row(last).row([Button::new("📊 Monitoring", "home")]).replace())
}

/// The containers: what is down by itself, the others together.
fn boxes(call: &Call, known: &Known, mut html: Html, boxes: &Part<Containers>) -> Html {
    let title = "\n\n🐳 <b>Containers</b>";
    let boxes = match boxes {
        Err(missing) => {
            return html.push(title).text(format_args!(": {}", containers::missing(missing)));
        }
        Ok(boxes) if boxes.watched.is_empty() && boxes.more == 0 => {
            return html.push(title).text(": none to watch");
        }
        Ok(boxes) => boxes,
    };
    html = html.push(title);
    let (up, down): (Vec<&Container>, Vec<&Container>) =
        boxes.watched.iter().partition(|one| one.reading == Some(Reading::Up));
    for one in down.iter().take(BOXES) {
        let subject = Subject::Container(one.name.clone());
        let (standing, words) = match &one.reading {
            Some(reading) => (known.failing(&subject), reading.short()),
            None => (Standing::Unknown, "not known now".to_owned()),
        };
        html = html.text(format_args!("\n{} ", standing.icon())).bold(cut(&one.name, 40));
        html = html.text(format_args!(
            " · {}{}",
            words.trim_start_matches("down: "),
            known.since(call, &subject)
        ));
    }
    if let Some(more) = down.len().checked_sub(BOXES).filter(|more| *more > 0) {
        html = html.text(format_args!("\n🔴 and {more} more"));
    }
    if !up.is_empty() {
        let names: Vec<&str> = up.iter().map(|one| one.name.as_str()).collect();
        html = html.text(format_args!("\n🟢 {} up: {}", up.len(), cut(&names.join(", "), NAMES)));
    }
    match boxes.more {
        0 => {}
        1 => html = html.text("\n⚪ and 1 more that is not watched"),
        more => html = html.text(format_args!("\n⚪ and {more} more that are not watched")),
    }
    html
}

/// The page of one service; with `now`, checked for it.
pub(crate) fn service(call: &Call) -> Result<Reply> {
    let name = call.arg(0)?;
    let services = settings::services();
    let Some(service) = services.iter().find(|service| service.name == name) else {
        chat::toast("This service is no longer in SERVICES.")?;
        return checks(call);
    };
    let known = match call.get(1) {
        Some("now") => Known::fresh(call, std::slice::from_ref(service))?,
        _ => Known::read()?,
    };
    let now = call.at().unix_ms / 1_000;
    let history = History::of(&record::day(record::SERVICES, now)?, name);
    let mut html = Html::new().text(known.standing(service).icon()).text(" ").bold(name);
    if call.user().owner {
        html = html.line().code(cut(&service.url, 120));
    }
    html = html.line().text(known.words(call, service));
    if let Some(expires) = known.outcome(service).and_then(Outcome::certificate) {
        let date = words::moment(expires, call.at().offset_seconds).date();
        html = html.text(format_args!("\nCertificate until {date}"));
    }
    if known.fresh {
        html = html.text("\nChecked just now");
    } else if known.probed.at > 0 {
        html = html.text(format_args!("\nChecked {}", words::when(known.probed.at, call.at())));
    }
    let (good, all) = history.good_of_all();
    html = html.text("\n\n").bold("Last 24 h");
    html = html.text(format_args!(": {}", words::availability(good, all)));
    if all > 0 {
        let failed = usize::try_from(all - good).unwrap_or(usize::MAX);
        html = html.text(format_args!(" up\n{failed} of {all} checks failed"));
    }
    let timed = service.tcp().is_none();
    if let Some((median, most)) = history.latencies().filter(|_| timed) {
        html = html.text(format_args!("\nMedian {median} ms, 95 % within {most} ms"));
    }
    let mut buttons = Vec::new();
    if timed {
        buttons.push(Button::new("📈 Latency", "latency").arg(name));
    }
    buttons.push(Button::new("🔁 Check now", "service").arg(name).arg("now"));
    Ok(Reply::html(html).row(buttons).row([Button::new("🩺 Services", "checks")]).replace())
}
