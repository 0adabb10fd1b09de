//! A small disk that can be filled.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A file system of its own; unmounted when dropped.
pub struct SmallDisk {
    path: PathBuf,
    fills: u32,
}

impl SmallDisk {
    /// Mounts one; none where that is not permitted.
    pub fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let options = std::ffi::CString::new(format!("size={size},mode=0700")).unwrap();
        match mount("tmpfs", path, "tmpfs", MountFlags::empty(), options.as_c_str()) {
            Ok(()) => Some(Self { path: path.to_owned(), fills: 0 }),
            Err(error) => {
                #[allow(clippy::print_stderr, reason = "a skipped test says why")]
                {
                    eprintln!("skipped: cannot mount a small file system here: {error}");
                }
                None
            }
        }
    }

    /// Takes all the room that is left.
    pub fn fill(&mut self) {
        self.fills += 1;
        let mut file = File::create(self.filler(self.fills)).unwrap();
        for size in [64 << 10, 4 << 10, 1] {
            while file.write_all(&vec![0x55; size]).is_ok() {}
        }
    }

    /// Gives the room back.
    pub fn free(&mut self) {
        for fill in 1..=self.fills {
            std::fs::remove_file(self.filler(fill)).unwrap();
        }
        self.fills = 0;
    }

    fn filler(&self, fill: u32) -> PathBuf {
        self.path.join(format!("filler-{fill}"))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be unmounted goes with the machine; the test has said what it had to say.
        unmount(&self.path, UnmountFlags::DETACH).unwrap_or_default();
    }
}
