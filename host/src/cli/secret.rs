//! `umbrasil secret`: what modules may have used for them, and never see.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::complain;
use super::control::carry_out;
use crate::operate::{Hidden, Request};
use crate::secret::LONGEST;

#[derive(Debug, Subcommand)]
pub(super) enum Secret {
    /// Sets a secret to what comes from standard input, without the line break at its end.
    ///
    /// It is encrypted with SECRET_KEY, and used from the next request on. A value has 8 bytes to 16 KiB.
    Set {
        /// Such as `OPENAI_API_KEY`: capital letters, digits and _.
        name: String,
    },
    /// Lists the names of all secrets, since when, and where from. Never their values.
    List,
    /// Removes a secret.
    Remove { name: String },
}

pub(super) fn secret(command: Secret) -> ExitCode {
    carry_out(match command {
        Secret::Set { name } => match value(&name) {
            Ok(value) => Request::SecretSet { name, value: Hidden(value) },
            Err(error) => {
                complain(&format!("cannot read the value: {error}"));
                return ExitCode::FAILURE;
            }
        },
        Secret::List => Request::SecretList,
        Secret::Remove { name } => Request::SecretRemove { name },
    })
}

/// Reads the value: one line from a person, all that there is from a pipe. Never from the arguments, which
/// every user of the machine can see.
fn value(name: &str) -> std::io::Result<SecretString> {
    let stdin = std::io::stdin();
    let mut text = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let _quiet = Quiet::begin();
        let mut err = std::io::stderr();
        write!(err, "Value of {}: ", name.escape_debug())?;
        err.flush()?;
        stdin.read_line(&mut text)?;
        writeln!(err)?;
    } else {
        // One byte and a line break more than there may be: the length is judged, not cut.
        stdin.lock().take(LONGEST as u64 + 3).read_to_string(&mut text)?;
    }
    let value = text.strip_suffix('\n').unwrap_or(&text);
    Ok(value.strip_suffix('\r').unwrap_or(value).into())
}

/// Keeps the terminal from showing what is typed, until it is dropped.
struct Quiet(Option<rustix::termios::Termios>);

impl Quiet {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            if let Err(error) = tcsetattr(&stdin, OptionalActions::Flush, &quiet) {
                complain(&format!("the terminal will show what you type: {error}"));
            }
        }
        Self(before)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        if let Some(before) = &self.0
            && let Err(error) = tcsetattr(std::io::stdin(), OptionalActions::Flush, before)
        {
            complain(&format!("the terminal may stay silent (`stty echo` helps): {error}"));
        }
    }
}
