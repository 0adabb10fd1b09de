//! The command line. The doc comment of a command is its help.

mod audit;
mod control;
mod doctor;
mod grant;
mod host_key;
mod policy;
mod run;
mod secret;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::telemetry::redact::redacted;

/// A private operations bot whose features are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "umbrasil", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the bot (this is also what happens without a command).
    ///
    /// Without a bot token it runs in local mode: a chat page on this machine instead of Telegram.
    Run,
    /// Checks the settings, and the health of a bot that runs with them.
    Doctor,
    /// Sets, lists and removes secrets.
    #[command(subcommand)]
    Secret(secret::Secret),
    /// Lists, gives and takes what modules may do.
    #[command(subcommand)]
    Grant(grant::Grant),
    /// Explains which rule decides about a call.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Lists and forgets the keys of servers.
    #[command(subcommand)]
    HostKey(host_key::HostKey),
    /// Lists and checks what modules did and owners decided.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Compiles a component from standard input to standard output, within hard limits.
    #[command(hide = true)]
    Compile,
    /// Becomes tesseract, within hard limits: reads the picture on standard input, or lists its languages.
    #[command(hide = true)]
    Recognise { tesseract: std::path::PathBuf, languages: Option<String> },
}

/// Exit code of a wrong setting (`EX_CONFIG`).
const CONFIG: u8 = 78;

impl Cli {
    /// Carries the command out, and says how it ended.
    #[must_use]
    pub fn execute(self) -> ExitCode {
        match self.command.unwrap_or(Command::Run) {
            Command::Run => run::run(),
            Command::Doctor => doctor::doctor(),
            Command::Secret(command) => secret::secret(command),
            Command::Grant(command) => grant::grant(command),
            Command::Policy(command) => policy::policy(command),
            Command::HostKey(command) => host_key::host_key(command),
            Command::Audit(command) => audit::audit(command),
            Command::Compile => crate::module::compile_from_stdin(),
            Command::Recognise { tesseract, languages } => {
                crate::capability::ocr::recognise(&tesseract, languages.as_deref())
            }
        }
    }
}

/// Says why a command failed, for people, on standard error.
fn complain(error: &dyn std::fmt::Display) {
    // Where nobody listens, the exit code still says it; `eprintln!` would panic and change that, too.
    let text = redacted(format!("umbrasil: {error}\n"));
    drop(std::io::stderr().write_all(text.as_bytes()));
}
