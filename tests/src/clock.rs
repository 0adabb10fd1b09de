//! A clock that a test sets: libfaketime over the host's, so that minutes pass when the test says so.

use std::path::PathBuf;

use crate::{Host, World, eventually};

/// Looks at the log, 10 ms apart, after which a minute is taken for lost: the host looks at its clock each second.
const LOOKS: u32 = 400;

/// The clock of one world. It stands on the real time, and is set ahead by whole minutes.
pub struct Clock {
    file: PathBuf,
    minutes: std::cell::Cell<u64>,
    library: &'static str,
}

impl Clock {
    pub fn new(world: &World) -> Self {
        let libraries = [
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        ];
        let library = libraries.into_iter().find(|path| std::path::Path::new(path).exists());
        let library = library.expect("install the Debian package faketime");
        let clock = Self { file: world.path().join("clock"), minutes: 0.into(), library };
        clock.set();
        clock
    }

    /// What a host that goes by it needs in its environment.
    pub fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", self.library),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ]
    }

    /// Lets minutes pass, one by one, and in each of them every one of these schedules be called. A minute that
    /// passes before the host has begun to look at them is lost, and followed by another.
    pub async fn pass(&self, host: &Host, module: &str, schedules: &[&str], minutes: u64) {
        let calls = |schedule: &str| {
            let line = format!("a schedule is due module=\"{module}\" schedule=\"{schedule}\"");
            host.logged().matches(&line).count()
        };
        for _ in 0..minutes {
            let before: Vec<usize> = schedules.iter().map(|schedule| calls(schedule)).collect();
            let mut looks = 0;
            eventually(60, &format!("a minute of {schedules:?}"), async || {
                let all = schedules
                    .iter()
                    .zip(&before)
                    .all(|(schedule, before)| calls(schedule) > *before);
                if !all && looks % LOOKS == 0 {
                    self.minutes.set(self.minutes.get() + 1);
                    self.set();
                }
                looks += 1;
                all.then_some(())
            })
            .await;
        }
    }

    /// At once, as `mv` does: the host reads it whenever it looks at its clock.
    fn set(&self) {
        let draft = self.file.with_extension("part");
        std::fs::write(&draft, format!("+{}m", self.minutes.get())).unwrap();
        std::fs::rename(draft, &self.file).unwrap();
    }
}
