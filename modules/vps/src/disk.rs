//! `/vps disk NAME`: how full disks are, of room and of files, as `df` says it.

use umbrasil_sdk::prelude::*;

use crate::ask::{self, ask, maybe};
use crate::server::{Found, find, page_of, reference, turning};
use crate::text::{self, bar, part_of, short, short_end};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed};

/// Disks on one page.
const LISTED: usize = 8;
/// From here on a disk is nearly full, in percent.
pub(crate) const FULL: u64 = 90;
/// What has no room of its own to run out of, by what `df` calls it.
const UNREAL: [&str; 10] =
    ["tmpfs", "devtmpfs", "udev", "none", "shm", "dev", "run", "efivarfs", "cgroup", "cgroup2"];

/// A file system, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    pub(crate) mount: String,
    source: String,
    pub(crate) used: u64,
    free: u64,
}

impl Disk {
    /// Without what only root may use, which is how `df` counts its percents, too.
    pub(crate) fn size(&self) -> u64 {
        self.used.saturating_add(self.free)
    }

    pub(crate) fn percent(&self) -> u64 {
        text::percent(self.used, self.size())
    }
}

/// The action of its buttons: server, page.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    of(call, call.get(0), call.get(1))
}

pub(crate) fn of(call: &Call, named: Option<&str>, page: Option<&str>) -> Result<Reply> {
    let server = match find(named, View::Disk)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let at = page.and_then(|page| page.parse().ok()).unwrap_or(0);
    chat::typing()?;
    let refresh = Button::new(REFRESH, View::Disk.action()).arg(reference(&server)).arg(at);
    framed(call, &server, View::Disk, refresh, self::page(&server, at))
}

fn page(server: &str, at: usize) -> Result<Page, Trouble> {
    let output = ask(server, ask::DISKS)?;
    let mut disks = read(&text::clean(&output.stdout));
    if disks.is_empty() {
        let what = if output.is_success() {
            format!("{server} names no disks.")
        } else {
            format!("{server} cannot list its disks: {}", ask::complaint(&output))
        };
        return Err(Trouble::new("🤷", what, ""));
    }
    disks.sort_by(|a, b| b.percent().cmp(&a.percent()).then_with(|| a.mount.cmp(&b.mount)));
    let files = maybe(ask(server, ask::INODES))?.filter(ssh::Output::is_success);
    let files = files.map(|output| rows(&output.stdout)).unwrap_or_default();

    let full = disks.iter().filter(|disk| disk.percent() >= FULL).count();
    let mut html = Html::new();
    if full > 0 {
        let disks = text::count(full, "disk is", "disks are");
        html = html.text("⚠️ ").bold(format_args!("{disks} at least {FULL} % full")).text("\n\n");
    }
    let (at, pages) = page_of(at, disks.len(), LISTED);
    let lines: Vec<String> = disks
        .iter()
        .skip(at * LISTED)
        .take(LISTED)
        .map(|disk| {
            let files = files.iter().find(|row| row.mount == disk.mount).map(Disk::percent);
            lines_of(disk, files)
        })
        .collect();
    let page = Page::new(html.pre(lines.join("\n\n")));
    let turn =
        |label, page| Button::new(label, View::Disk.action()).arg(reference(server)).arg(page);
    Ok(match turning(at, pages, turn) {
        Some(row) => page.row(row),
        None => page,
    })
}

/// The mount and its percent, a bar with the numbers, and the files where they are what runs out.
fn lines_of(disk: &Disk, files: Option<u64>) -> String {
    let percent = disk.percent();
    let room = text::WIDTH - 5;
    let mount = short_end(&disk.mount, room);
    let mut lines = vec![
        format!("{mount:room$} {percent:3}%"),
        format!("{} {}", bar(percent, 14), part_of(disk.used, disk.size())),
    ];
    lines.extend(
        files.filter(|files| *files >= 50).map(|files| format!("files (inodes) {files}% used")),
    );
    lines.iter().map(|line| short(line, text::WIDTH)).collect::<Vec<_>>().join("\n")
}

/// The disks of `df -kP`: each once, under its shortest mount, without what is no disk.
pub(crate) fn read(text: &str) -> Vec<Disk> {
    let mut disks: Vec<Disk> = Vec::new();
    for row in rows(text) {
        let kib = |blocks: u64| blocks.saturating_mul(1024);
        let disk = Disk { used: kib(row.used), free: kib(row.free), ..row };
        let system = ["/proc", "/sys", "/dev", "/run", "/snap", "/etc"].iter().any(|folder| {
            disk.mount
                .strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let unreal = UNREAL.contains(&disk.source.as_str())
            || (disk.source == "overlay" && disk.mount != "/")
            || disk.size() < 1 << 20;
        if system || unreal {
            continue;
        }
        match disks.iter_mut().find(|known| known.source == disk.source) {
            Some(known) if known.size() == disk.size() => {
                if disk.mount.len() < known.mount.len() {
                    *known = disk;
                }
            }
            _ => disks.push(disk),
        }
    }
    disks
}

/// The rows of a table of `df -P`, whatever it counts: from the right, because names may have blanks in
/// them. The percent is the only column that ends with `%`.
fn rows(text: &str) -> Vec<Disk> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Disk> {
    let (left, mount) = line.split_once("% ").or_else(|| line.split_once(" - "))?;
    let mut words = left.split_whitespace().rev();
    // The percent itself, unless the column was a `-`.
    if left.ends_with(|last: char| last.is_ascii_digit()) && line.contains("% ") {
        words.next()?;
    }
    let free = words.next()?.parse().ok()?;
    let used = words.next()?.parse().ok()?;
    let _size: u64 = words.next()?.parse().ok()?;
    let source: Vec<&str> = words.rev().collect();
    let mount = mount.trim();
    if source.is_empty() || !mount.starts_with('/') {
        return None;
    }
    Some(Disk { mount: mount.to_owned(), source: source.join(" "), used, free })
}

#[cfg(test)]
mod tests;
