//! For build scripts: builds the packages of a folder as components for `wasm32-wasip2`.
//!
//! A second cargo does it, with a target directory of its own, because the outer one holds the lock of the
//! first. A missing target is added with rustup, by one build script at a time: they run side by side.

#![allow(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts through the environment"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

const TARGET: &str = "wasm32-wasip2";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Builds all packages of `folder`, which are called `PREFIX-FOLDERNAME`, and writes the file `list` into the
/// build script's output directory: a `static NAME: &[(&str, &[u8])]` with the folder's name and the bytes of each.
pub fn embed(folder: &Path, prefix: &str, list: &str, name: &str) -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let packages = packages(folder)?;
    add_target(&out)?;
    let built = build(folder, &out, prefix, &packages)?;
    let mut text = format!("static {name}: &[(&str, &[u8])] = &[\n");
    for package in &packages {
        let file = format!("{prefix}-{package}").replace('-', "_");
        let component = built.join(format!("{file}.wasm"));
        let kept = out.join(format!("{package}.wasm"));
        fs::copy(&component, &kept).map_err(|error| format!("{}: {error}", component.display()))?;
        writeln!(text, "    ({package:?}, include_bytes!({:?})),", kept.display().to_string())?;
    }
    text.push_str("];\n");
    fs::write(out.join(list), text)?;
    Ok(())
}

/// The packages of a folder, by the name of their own folder, in order.
fn packages(folder: &Path) -> io::Result<Vec<String>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            packages.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    packages.sort();
    Ok(packages)
}

fn add_target(out: &Path) -> Result<()> {
    // The folder that all build scripts of this target directory share. The lock goes with the file.
    let shared = out.ancestors().nth(2).unwrap_or(out);
    let lock = File::create(shared.join("components.lock"))?;
    lock.lock()?;
    let mut rustc = Command::new(env::var("RUSTC")?);
    let printed = rustc.args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if printed.status.success() && Path::new(String::from_utf8(printed.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    match Command::new("rustup").args(["target", "add", TARGET]).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("the modules need the target {TARGET}: run `rustup target add {TARGET}`, or install your distribution's package for it").into()),
    }
}

/// Builds the packages; returns the folder that they are in.
fn build(folder: &Path, out: &Path, prefix: &str, packages: &[String]) -> Result<PathBuf> {
    let target = out.join("components");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(folder)
        .args(["build", "--profile", "module", "--target", TARGET, "--target-dir"])
        .arg(&target);
    for package in packages {
        cargo.args(["--package", &format!("{prefix}-{package}")]);
    }
    // What is meant for the host's own build must not reach the modules: coverage, linters, native flags.
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
    ] {
        cargo.env_remove(name);
    }
    if !cargo.status()?.success() {
        return Err(format!("the packages of {} do not build; see above", folder.display()).into());
    }
    Ok(target.join(TARGET).join("module"))
}
