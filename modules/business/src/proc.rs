//! What Linux tells about itself in `/proc`, and `df` about a disk.

/// How a server is. What could not be read is none.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Of the last minute.
    pub(crate) load: Option<f64>,
    /// In use, in percent: what the kernel would not give back.
    pub(crate) memory: Option<u64>,
    /// Of `/`, in use, in percent.
    pub(crate) disk: Option<u64>,
    /// In seconds.
    pub(crate) uptime: Option<u64>,
}

impl State {
    /// Reads `/proc/loadavg`, `/proc/uptime` and `/proc/meminfo`, one after the other.
    pub(crate) fn read(text: &str) -> Self {
        let mut state = Self::default();
        let (mut total, mut available) = (None, None);
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (first, second) = (words.next().unwrap_or_default(), words.next());
            match (first, words.count() + 1 + usize::from(second.is_some())) {
                ("MemTotal:", _) => total = second.and_then(number),
                ("MemAvailable:", _) => available = second.and_then(number),
                (_, 5) if state.load.is_none() => state.load = sound(first),
                (_, 2) if state.uptime.is_none() => {
                    let seconds = first.split('.').next().and_then(number);
                    state.uptime = seconds;
                }
                _ => {}
            }
        }
        if let (Some(total @ 1..), Some(available)) = (total, available) {
            state.memory = Some(total.saturating_sub(available).saturating_mul(100) / total);
        }
        state
    }

    /// Reads what `df -P /` says: the capacity in the line below the titles.
    pub(crate) fn read_disk(&mut self, text: &str) {
        let capacity = text
            .lines()
            .nth(1)
            .and_then(|line| line.split_whitespace().rev().find_map(|word| word.strip_suffix('%')));
        self.disk = capacity.and_then(number);
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn sound(text: &str) -> Option<f64> {
    text.parse().ok().filter(|load: &f64| load.is_finite() && *load >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        let mut state = State::read(
            "0.42 0.30 0.25 1/567 12345\n1036800.12 4000000.00\nMemTotal:       16000000 kB\n\
             MemFree:         1000000 kB\nMemAvailable:    9120000 kB\nBuffers: 0 kB\n",
        );
        state.read_disk(
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a b 1 71 29 71% /\n",
        );
        let expected =
            State { load: Some(0.42), memory: Some(43), disk: Some(71), uptime: Some(1_036_800) };
        assert_eq!(state, expected);
    }

    #[test]
    fn nonsense_is_nothing() {
        for text in [
            "",
            "cat: /proc/loadavg: No such file",
            "NaN a b c d\nMemTotal: 0 kB\nMemAvailable: 5 kB\n",
        ] {
            assert_eq!(State::read(text), State::default(), "{text}");
        }
        let mut state = State::default();
        for text in ["", "Filesystem Capacity", "titles\n/dev/sda 1 2 3 - /"] {
            state.read_disk(text);
            assert_eq!(state.disk, None);
        }
    }
}
