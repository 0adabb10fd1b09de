//! tesseract as a bounded child of this program.
//!
//! This program starts itself as `umbrasil recognise`, which limits itself and then becomes tesseract. The
//! picture goes in on standard input and the text comes out on standard output: no file is written, and
//! nothing that a user has named is an argument.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// The longest that one picture may take, and the seconds of CPU in it.
const WALL: Duration = Duration::from_secs(20);
const CPU_SECONDS: u64 = 20;
/// The whole address space: the largest picture takes 460 MiB of it.
const MEMORY: u64 = 640 << 20;
/// The most text that is taken.
pub(super) const OUTPUT_BYTES: u64 = 256 << 10;
/// The exit code of a child that could not become tesseract.
const NOT_BEGUN: u8 = 70;

/// How a child ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// What it has written.
    Well(Vec<u8>),
    /// tesseract itself gave up: its words are for the log.
    Refused(String),
    /// It was ended by a limit.
    Limit,
    /// It has written more than may be taken.
    TooMuch,
    Late,
    /// It could not be started at all; for the log.
    NotBegun(String),
}

/// Where tesseract is, if it is anywhere.
pub(super) fn find(places: &[PathBuf]) -> Option<PathBuf> {
    places.iter().map(|place| place.join("tesseract")).find(|program| program.is_file())
}

/// Runs tesseract once: with languages to read a picture, without to list the languages that it knows.
pub(super) async fn run(
    program: &Path,
    tesseract: &Path,
    languages: Option<&str>,
    picture: &[u8],
) -> Ended {
    let mut command = Command::new(program);
    command.arg("recognise").arg(tesseract).args(languages);
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that whatever it starts goes with it.
    command.process_group(0).kill_on_drop(true);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ended::NotBegun(error.to_string()),
    };
    let mut group = Group(child);
    let worked = tokio::time::timeout(WALL, work(&mut group.0, picture)).await;
    worked.unwrap_or(Ended::Late)
}

async fn work(child: &mut Child, picture: &[u8]) -> Ended {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Ended::NotBegun("a pipe is missing".to_owned());
    };
    let (mut text, mut words) = (Vec::new(), Vec::new());
    let (mut stdout, mut stderr) = (stdout.take(OUTPUT_BYTES + 1), stderr.take(4096));
    let feed = async {
        // One that gave up early closes the pipe; its exit says why.
        drop(stdin.write_all(picture).await);
        drop(stdin);
    };
    let read = async {
        let read = stdout.read_to_end(&mut text).await;
        // Whoever writes on after this is ended by the closed pipe.
        drop(stdout);
        read
    };
    let ((), read, _) = tokio::join!(feed, read, stderr.read_to_end(&mut words));
    drop(stderr);
    if text.len() as u64 > OUTPUT_BYTES {
        return Ended::TooMuch;
    }
    let status = match (read, child.wait().await) {
        (Ok(_), Ok(status)) => status,
        (Err(error), _) | (_, Err(error)) => return Ended::NotBegun(error.to_string()),
    };
    let words = || crate::telemetry::logging::escaped(String::from_utf8_lossy(&words).trim());
    match status.code() {
        Some(0) => Ended::Well(text),
        Some(code) if code == i32::from(NOT_BEGUN) => Ended::NotBegun(words()),
        Some(_) => Ended::Refused(words()),
        // By a signal: of the CPU's limit, or because there was no more memory.
        None => Ended::Limit,
    }
}

/// Ends the whole group of the child, unless the child has ended and was waited for.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw)
            && let Err(error) =
                rustix::process::kill_process_group(pid, rustix::process::Signal::KILL)
        {
            tracing::debug!(%error, "a child was gone already");
        }
    }
}

/// The child's side: limits itself, then becomes `tesseract`. Comes back only if that is not possible.
pub(crate) fn recognise(tesseract: &Path, languages: Option<&str>) -> ExitCode {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let limits = [
        (Resource::Cpu, CPU_SECONDS),
        (Resource::As, MEMORY),
        (Resource::Core, 0),
        // It writes to its pipes only.
        (Resource::Fsize, 0),
        (Resource::Nofile, 64),
    ];
    for (resource, value) in limits {
        let limit = Rlimit { current: Some(value), maximum: Some(value) };
        if let Err(error) = setrlimit(resource, limit) {
            drop(writeln!(std::io::stderr(), "cannot limit tesseract: {error}"));
            return ExitCode::from(NOT_BEGUN);
        }
    }
    let mut command = std::process::Command::new(tesseract);
    match languages {
        // One block of lines: else a column of prices at the right is read apart from what it belongs to.
        Some(languages) => command.args(["stdin", "stdout", "-l", languages, "--psm", "6"]),
        None => command.arg("--list-langs"),
    };
    // One thread: more are slower on small pictures, and this is not the only thing that the machine does.
    let error = command.env_clear().env("OMP_THREAD_LIMIT", "1").exec();
    drop(writeln!(std::io::stderr(), "cannot run tesseract: {error}"));
    ExitCode::from(NOT_BEGUN)
}
