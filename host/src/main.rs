//! The binary: parse, execute, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use umbrasil::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().execute()
}
