//! The schedule that watches: takes the numbers, compares them, and says what has changed.

use umbrasil_sdk::prelude::*;

use crate::alert::Finding;
use crate::condition::{Detector, Reading, Subject};
use crate::containers::{self, Before as Boxes, Containers};
use crate::news;
use crate::notice::Say;
use crate::probe::{Outcome, Probed};
use crate::record;
use crate::sample::{Before, Machine, Missing, Part, share, used_share};
use crate::series;
use crate::settings::{self, Thresholds};
use crate::state::Watch;

/// Samples in a row that make CPU and memory too high. A disk does not become emptier by waiting.
const SAMPLES: u32 = 3;
/// Seconds without a round after which what was bad is not in a row with what comes.
const PAUSE: u64 = 300;

/// A subject with what was seen of it; none where it is not known this time.
type Seen = (Subject, Option<Reading>);

/// The schedule `watch`.
pub(crate) fn tick(call: &Call) -> Result<Reply> {
    let now = call.at().unix_ms / 1_000;
    let machine = Machine::now();
    keep_sample(&machine, call.at().unix_ms)?;
    let before = Boxes::read()?;
    let boxes = containers::watched(&before);
    if let Ok(boxes) = &boxes {
        let checks = boxes.watched.iter().filter_map(|one| {
            let up = *one.reading.as_ref()? == Reading::Up;
            Some((one.name.as_str(), up.then_some(0)))
        });
        record::keep(record::CONTAINERS, now, checks)?;
    }
    let probed = Probed::latest()?;
    // Read last: people press buttons meanwhile.
    let mut watch = Watch::read()?;
    if now.saturating_sub(watch.at) > PAUSE {
        watch.detectors.iter_mut().for_each(Detector::interrupted);
    }
    let mut seen = of_machine(&machine, settings::thresholds());
    seen.extend(of_containers(&boxes, &watch));
    seen.extend(of_services(&probed, probed.at > watch.probed_at, now));
    (watch.at, watch.probed_at) = (now, probed.at);
    let reply = judge(&mut watch, seen, now);
    if let Ok(boxes) = &boxes {
        before.follow(boxes, &watch.alerts)?;
    }
    watch.keep()?;
    Ok(reply)
}

/// Compares what was seen with what was, and says the difference.
fn judge(watch: &mut Watch, seen: Vec<Seen>, now: u64) -> Reply {
    let mut known = std::mem::take(&mut watch.detectors);
    let mut findings = Vec::new();
    for (subject, reading) in seen {
        let at = known.iter().position(|detector| detector.subject == subject);
        let mut detector =
            at.map_or_else(|| Detector::new(subject.clone()), |at| known.swap_remove(at));
        let wrong = reading.as_ref().and_then(|reading| detector.observe(reading, now));
        findings.push(Finding { subject, reading, wrong });
        watch.detectors.push(detector);
    }
    let changes = watch.alerts.step(findings, now);
    let (raised, over) = news::count(&changes);
    match watch.notices.decide(raised, over, now) {
        Say::Nothing => Reply::none(),
        Say::Changes => {
            watch.message += 1;
            watch.alerts.told(&changes, watch.message);
            news::changes(&watch.alerts, &changes, watch.message, now)
        }
        Say::Summary { storm, first, last } => {
            watch.message += 1;
            watch.alerts.told_all(watch.message, now);
            let summary = news::Summary { storm, first, last };
            news::summary(&watch.alerts, &summary, watch.message, now)
        }
    }
}

/// Keeps the numbers of this minute.
fn keep_sample(machine: &Machine, at_ms: u64) -> Result<()> {
    let rate = machine.rate(Before::read()?, at_ms);
    if let Ok(traffic) = machine.traffic {
        Before { at_ms, traffic }.keep()?;
    }
    series::keep(at_ms / 1_000, machine.sample(rate))
}

/// The shares of the machine. One whose threshold is 100 is not watched.
fn of_machine(machine: &Machine, thresholds: Thresholds) -> Vec<Seen> {
    let share_of = |percent: f64, limit: u8, samples: u32| {
        // What is no number would be one that is never too high.
        let percent = if percent.is_finite() { percent } else { 0.0 };
        Reading::Share { percent, limit, samples }
    };
    let mut seen = Vec::new();
    let cpu = machine.cpu.as_ref().map(|cpu| share_of(cpu.percent, thresholds.cpu, SAMPLES));
    seen.extend(unless_withheld(Subject::Cpu, cpu));
    let memory = machine.memory.as_ref().map(|memory| {
        share_of(share(memory.used_bytes, memory.total_bytes), thresholds.memory, SAMPLES)
    });
    seen.extend(unless_withheld(Subject::Memory, memory));
    for disk in machine.disks.iter().flatten() {
        let reading = share_of(used_share(disk), thresholds.disk, 1);
        seen.push((Subject::Disk(disk.mount.clone()), Some(reading)));
    }
    seen.retain(|(subject, _)| {
        let limit = match subject {
            Subject::Cpu => thresholds.cpu,
            Subject::Memory => thresholds.memory,
            _ => thresholds.disk,
        };
        limit < 100
    });
    seen
}

/// What is not granted is not watched; what gives no answer is not known.
fn unless_withheld(subject: Subject, reading: Result<Reading, &Missing>) -> Option<Seen> {
    match reading {
        Ok(reading) => Some((subject, Some(reading))),
        Err(Missing::Silent) => Some((subject, None)),
        Err(Missing::NotGranted) => None,
    }
}

/// The containers. That Docker is silent is news only where it once was not.
fn of_containers(boxes: &Part<Containers>, watch: &Watch) -> Vec<Seen> {
    match boxes {
        Ok(boxes) => {
            let docker = (Subject::Docker, Some(Reading::Up));
            let each = boxes.watched.iter();
            each.map(|one| (Subject::Container(one.name.clone()), one.reading.clone()))
                .chain([docker])
                .collect()
        }
        Err(Missing::NotGranted) => Vec::new(),
        Err(Missing::Silent) if watch.detector(&Subject::Docker).is_none() => Vec::new(),
        Err(Missing::Silent) => {
            let is_container =
                |detector: &&Detector| matches!(detector.subject, Subject::Container(_));
            let containers = watch.detectors.iter().filter(is_container);
            let down = Reading::Down("it does not answer".to_owned());
            containers
                .map(|detector| (detector.subject.clone(), None))
                .chain([(Subject::Docker, Some(down))])
                .collect()
        }
    }
}

/// The services and their certificates, from the latest checks; a check counts once.
fn of_services(probed: &Probed, is_new: bool, now: u64) -> Vec<Seen> {
    let mut seen = Vec::new();
    for service in settings::services() {
        let outcome = probed.of(&service);
        let reading = match outcome {
            Some(Outcome::Up { .. } | Outcome::Open(_)) => Some(Reading::Up),
            Some(Outcome::Down { reason, .. }) => Some(Reading::Down(reason.clone())),
            Some(Outcome::NotAsked(_)) => continue,
            None => None,
        };
        let subject = Subject::Service(service.name.clone());
        seen.push((subject, reading.filter(|_| is_new)));
        let certificate = Subject::Certificate(service.name.clone());
        match outcome.map(Outcome::certificate) {
            Some(Some(expires)) => {
                seen.push((certificate, Some(Reading::Days(days_left(expires, now)))));
            }
            // One that has expired fails the check, and is not shown any more.
            Some(None) if service.url.starts_with("https://") => seen.push((certificate, None)),
            _ => {}
        }
    }
    seen
}

/// Whole days until then; below zero after it.
pub(crate) fn days_left(expires: u64, now: u64) -> i64 {
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    signed(expires).saturating_sub(signed(now)).div_euclid(86_400)
}
