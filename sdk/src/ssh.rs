//! Commands on the servers that the owner configured, by alias.
//!
//! What may run is granted as templates such as `systemctl restart {unit:unit-name}`. A command is a list
//! of words, and each word arrives as it is: there is no shell line, so nothing has to be quoted.
//!
//! The host knows addresses and keys, the module never does. A server whose key nobody has trusted yet is
//! not spoken to; the error says that an owner has been asked.
//!
//! ```
//! # use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::ssh;
//!
//! fn uptime(call: &Call) -> Result<Reply> {
//!     let server = call.arg(0)?;
//!     let output = ssh::exec(server, ["uptime", "-p"])?;
//!     if !output.is_success() {
//!         return Err(Error::unavailable(format!("{server}: {}", output.stderr.trim())));
//!     }
//!     Ok(Reply::text(output.stdout.trim()))
//! }
//! # let module = Module::new("M").command("uptime", "Uptime", uptime).argument("SERVER", "a server");
//! # let output = ssh::Output::success("up 3 days\n");
//! # let mut host = umbrasil_sdk::testing::Host::new(module).ssh("web1", "uptime -p", Ok(output));
//! # assert_eq!(host.command("/uptime web1").unwrap().text(), "up 3 days");
//! ```

use std::fmt;
use std::time::Duration;

use crate::HostError;
use crate::bindings::umbrasil::module::ssh as wit;
pub use crate::bindings::umbrasil::module::ssh::{Effect, Template};
use crate::host::ssh as host;

/// What a command wrote, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended. A command that failed is an output, too: see [`Output::is_success`].
    pub ending: Ending,
    /// At most 512 KiB, from the beginning and the end. What is no UTF-8 is replaced.
    pub stdout: String,
    /// Likewise.
    pub stderr: String,
    /// Whether a part in the middle was left out; a line in its place says how much.
    pub truncated: bool,
    /// From sending the command to its end.
    pub duration: Duration,
}

/// How a command ended. Its `Display` is `exit 1` or `signal KILL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status; 0 means success.
    Exited(u32),
    /// By this signal, such as `KILL`.
    Signalled(String),
}

/// The aliases of the configured targets that the module's grants name.
pub fn targets() -> Result<Vec<String>, HostError> {
    host::targets()
}

/// What is granted on a target, as templates with parameters such as `systemctl restart {unit:unit-name}`.
///
/// # Errors
///
/// `Invalid` if there is no such target.
pub fn commands(target: &str) -> Result<Vec<Template>, HostError> {
    host::commands(target)
}

/// Runs a command on one target and waits for its end, usually at most 60 seconds.
///
/// # Errors
///
/// `Unavailable` means that it was not run; `Unknown` that it may have been, and that nobody knows how it
/// ended: it took too long, or the connection broke. The host never repeats a command.
pub fn exec(
    target: &str,
    command: impl IntoIterator<Item = impl Into<String>>,
) -> Result<Output, HostError> {
    Ok(host::exec(target, &words(command))?.into())
}

/// Runs a command on up to 16 targets side by side; the results come in the order of the targets.
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// use umbrasil_sdk::ssh;
///
/// fn loads(_: &Call) -> Result<Reply> {
///     let targets = ssh::targets()?;
///     let results = ssh::exec_all(&targets, ["cat", "/proc/loadavg"]);
///     let lines = targets.iter().zip(results).map(|(target, result)| match result {
///         Ok(output) => format!("{target}: {}", output.stdout.trim()),
///         Err(error) => format!("{target}: {}", Error::from(error)),
///     });
///     Ok(Reply::text(lines.collect::<Vec<_>>().join("\n")))
/// }
/// # let module = Module::new("M").command("loads", "Loads", loads);
/// # let output = ssh::Output::success("0.01 0.02 0.03 1/99 7\n");
/// # let mut host = umbrasil_sdk::testing::Host::new(module).ssh("a", "cat /proc/loadavg", Ok(output));
/// # assert_eq!(host.command("/loads").unwrap().text(), "a: 0.01 0.02 0.03 1/99 7");
/// ```
#[must_use]
pub fn exec_all(
    targets: &[String],
    command: impl IntoIterator<Item = impl Into<String>>,
) -> Vec<Result<Output, HostError>> {
    let results = host::exec_all(targets, &words(command));
    results.into_iter().map(|result| result.map(Output::from)).collect()
}

fn words(command: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    command.into_iter().map(Into::into).collect()
}

impl Output {
    /// What a command gives that wrote this and ended well: for tests.
    pub fn success(stdout: impl Into<String>) -> Self {
        Self {
            ending: Ending::Exited(0),
            stdout: stdout.into(),
            stderr: String::new(),
            truncated: false,
            duration: Duration::ZERO,
        }
    }

    /// What a command gives that wrote this on its standard error and failed: for tests.
    pub fn failure(status: u32, stderr: impl Into<String>) -> Self {
        let (ending, stderr) = (Ending::Exited(status), stderr.into());
        Self { ending, stderr, ..Self::success("") }
    }

    /// Whether the command ended with status 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Exited(0)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit {status}"),
            Self::Signalled(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl From<wit::Output> for Output {
    fn from(output: wit::Output) -> Self {
        let wit::Output { ending, stdout, stderr, truncated, duration_ms } = output;
        let ending = match ending {
            wit::Ending::Exited(status) => Ending::Exited(status),
            wit::Ending::Signalled(signal) => Ending::Signalled(signal),
        };
        Self { ending, stdout, stderr, truncated, duration: Duration::from_millis(duration_ms) }
    }
}
