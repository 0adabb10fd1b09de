//! What `cat` gives of Linux's `/proc`: each part is known by its shape, so that none has to be there.

/// How a machine is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Vitals {
    /// Seconds since it was started.
    pub(crate) uptime: Option<u64>,
    /// Over 1, 5 and 15 minutes, as it is written there.
    pub(crate) load: Option<[String; 3]>,
    pub(crate) memory: Option<Used>,
    /// None where there is no swap.
    pub(crate) swap: Option<Used>,
    pub(crate) processors: Option<Ticks>,
    pub(crate) cores: usize,
    /// Such as `Linux 6.1.0-18-amd64`.
    pub(crate) kernel: Option<String>,
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    pub(crate) system: Option<String>,
}

/// A part of a whole, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

/// What all processors together have done since the start, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    busy: u64,
    all: u64,
}

/// What one network interface has moved since the start, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) interface: String,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Used {
    pub(crate) fn percent(self) -> u64 {
        crate::text::percent(self.part, self.whole)
    }
}

impl Ticks {
    /// The whole percent that was busy since an earlier look; none if no time has passed.
    pub(crate) fn percent_since(self, earlier: Self) -> Option<u64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(crate::text::percent(self.busy.saturating_sub(earlier.busy), all))
    }
}

impl Vitals {
    pub(crate) fn read(text: &str) -> Self {
        let mut vitals = Self::default();
        let mut memory = Memory::default();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("cpu ") {
                vitals.processors = ticks(rest);
            } else if is_core(line) {
                vitals.cores += 1;
            } else if let Some(rest) = line.strip_prefix("Linux version ") {
                let release = rest.split_whitespace().next().unwrap_or_default();
                vitals.kernel = Some(format!("Linux {release}"));
            } else if let Some(name) = line.strip_prefix("PRETTY_NAME=") {
                vitals.system = Some(name.trim_matches(['"', '\'']).to_owned());
            } else if let Some((key, rest)) = line.split_once(':') {
                memory.take(key, rest);
            } else {
                vitals.take_numbers(line);
            }
        }
        vitals.memory = memory.used();
        vitals.swap = memory.swap();
        vitals
    }

    /// Whether anything at all was understood.
    pub(crate) fn is_linux(&self) -> bool {
        self.uptime.is_some() || self.memory.is_some() || self.processors.is_some()
    }

    /// `/proc/uptime` is two numbers, `/proc/loadavg` five words.
    fn take_numbers(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_number = |word: &str| word.parse::<f64>().is_ok_and(f64::is_finite);
        match words.as_slice() {
            [up, idle] if is_number(up) && is_number(idle) => self.uptime = seconds(up),
            [one, five, fifteen, running, _]
                if running.contains('/')
                    && [one, five, fifteen].into_iter().all(|word| is_number(word)) =>
            {
                self.load = Some([one, five, fifteen].map(|word| (*word).to_owned()));
            }
            _ => {}
        }
    }
}

/// The lines of `/proc/meminfo` that matter, in bytes.
#[derive(Default)]
struct Memory {
    total: Option<u64>,
    available: Option<u64>,
    /// What counts as available where the kernel is too old to say it.
    reclaimable: u64,
    swap_total: u64,
    swap_free: u64,
}

impl Memory {
    fn take(&mut self, key: &str, rest: &str) {
        let number = rest.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        let Some(bytes) = number.and_then(|kib| kib.checked_mul(1024)) else { return };
        match key {
            "MemTotal" => self.total = Some(bytes),
            "MemAvailable" => self.available = Some(bytes),
            "MemFree" | "Buffers" | "Cached" => {
                self.reclaimable = self.reclaimable.saturating_add(bytes);
            }
            "SwapTotal" => self.swap_total = bytes,
            "SwapFree" => self.swap_free = bytes,
            _ => {}
        }
    }

    fn used(&self) -> Option<Used> {
        let whole = self.total.filter(|total| *total > 0)?;
        let free = self.available.unwrap_or(self.reclaimable);
        Some(Used { part: whole.saturating_sub(free), whole })
    }

    fn swap(&self) -> Option<Used> {
        let part = self.swap_total.saturating_sub(self.swap_free);
        (self.swap_total > 0).then_some(Used { part, whole: self.swap_total })
    }
}

/// Reads `/proc/uptime` and `/proc/net/dev`: the hundredths of seconds since the start, and what moved.
pub(crate) fn traffic(text: &str) -> (Option<u64>, Vec<Moved>) {
    let mut at = None;
    let mut moved = Vec::new();
    for line in text.lines() {
        let Some((interface, numbers)) = line.split_once(':') else {
            let mut words = line.split_whitespace();
            if let (Some(up), Some(_), None) = (words.next(), words.next(), words.next()) {
                at = at.or_else(|| hundredths(up));
            }
            continue;
        };
        let numbers: Vec<u64> =
            numbers.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        if let (Some(&received), Some(&sent)) = (numbers.first(), numbers.get(8)) {
            moved.push(Moved { interface: interface.trim().to_owned(), received, sent });
        }
    }
    (at, moved)
}

/// The first eight columns: user, nice, system, idle, waiting, and three more that are work. What comes
/// after them is counted in the first two already.
fn ticks(columns: &str) -> Option<Ticks> {
    let columns: Option<Vec<u64>> =
        columns.split_whitespace().take(8).map(|word| word.parse().ok()).collect();
    let columns = columns.filter(|columns| columns.len() >= 4)?;
    let all = columns.iter().fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
    let rest = columns.iter().skip(3).take(2).fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
    Some(Ticks { busy: all.saturating_sub(rest), all })
}

fn is_core(line: &str) -> bool {
    let digits = line.strip_prefix("cpu").map(|rest| rest.split(' ').next().unwrap_or_default());
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn seconds(text: &str) -> Option<u64> {
    text.split('.').next()?.parse().ok()
}

/// `12.34` as 1234.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    let part = part.get(..2)?;
    format!("{whole}{part}").parse().ok()
}

#[cfg(test)]
mod tests;
