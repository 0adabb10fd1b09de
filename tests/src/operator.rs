//! Somebody at the command line of the host, and somebody who looks where secrets may have come to lie.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{World, binary};

/// What a command has said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    /// Runs a command of the binary with this world's environment and `more` over it; `input` is its
    /// standard input.
    pub async fn operate(&self, args: &[&str], input: &str, more: &[(&str, &str)]) -> Said {
        let usual = self.command(more);
        let mut command = Command::new(binary());
        command.args(args).env_clear().current_dir(self.path());
        command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let input = input.to_owned();
        let ended = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            // A command that does not read its input closes it.
            drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
            child.wait_with_output().unwrap()
        });
        let limit = std::time::Duration::from_secs(60);
        let output = tokio::time::timeout(limit, ended).await.expect("the command ends").unwrap();
        Said {
            code: output.status.code().expect("an exit, not a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The files below a directory in which a secret can be read, in whatever form.
pub fn leaks_below(directory: &Path, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                found.extend(
                    leaks(&bytes, secret).map(|form| format!("{}: {form}", path.display())),
                );
            }
        }
    }
    found
}

/// The form in which a secret can be read in some bytes, if it can.
pub fn leaks(bytes: &[u8], secret: &str) -> Option<String> {
    forms(secret)
        .into_iter()
        .find(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

/// As it is, in hexadecimal, percent-encoded, and in base64 at every position.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |upper: bool| -> String {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if upper { digits.to_uppercase() } else { digits }
    };
    let percent = |byte: &u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let mut forms =
        vec![secret.to_owned(), hex(false), hex(true), bytes.iter().map(percent).collect()];
    for offset in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
        let encoded = base64(&padded);
        let (from, to) = ((offset * 8_usize).div_ceil(6), padded.len() * 8 / 6);
        forms.push(encoded[from..to].to_owned());
        forms.push(encoded[from..to].replace('+', "-").replace('/', "_"));
    }
    forms
}

/// Without padding.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |at: usize| {
        let byte = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
        let three = byte(at / 4 * 3) << 16 | byte(at / 4 * 3 + 1) << 8 | byte(at / 4 * 3 + 2);
        usize::try_from(three >> (18 - 6 * (at % 4)) & 63).unwrap()
    };
    (0..(bytes.len() * 8).div_ceil(6)).map(|at| char::from(DIGITS[bits(at)])).collect()
}
