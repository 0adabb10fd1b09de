//! The command line, as far as it needs no running bot.

#![allow(clippy::unwrap_used, reason = "test code")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn umbrasil(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_umbrasil"));
    command
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input closes it.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

#[test]
fn help_names_the_commands_and_version_the_version() {
    let help = umbrasil(&["--help"], b"");
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("run") && text.contains("doctor"), "{text}");
    assert!(!text.contains("compile"), "internal commands are not shown: {text}");
    let version = umbrasil(&["--version"], b"");
    assert_eq!(
        String::from_utf8(version.stdout).unwrap().trim(),
        concat!("umbrasil ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn an_unknown_command_is_refused_with_a_hint() {
    let output = umbrasil(&["docter"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("'doctor'"));
}

#[test]
fn the_compiler_refuses_what_is_no_component() {
    let output = umbrasil(&["compile"], b"(component)");
    assert_eq!(output.status.code(), Some(65), "text is not a component");
    assert!(output.stdout.is_empty() && !output.stderr.is_empty());
}
