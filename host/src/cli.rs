//! The command line. The doc comment of a command is its help.

mod doctor;
mod run;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    drop(std::io::stderr().write_all(format!("umbrasil: {error}\n").as_bytes()));
}
