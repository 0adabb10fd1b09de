//! Builds the modules that come inside the binary.
//!
//! They are components for `wasm32-wasip2`, built by a second cargo with a target directory of its own (the
//! outer one holds the lock of the first). A missing target is added with rustup.

#![allow(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts through the environment"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["modules", "sdk", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    let modules = modules(&root.join("modules"))?;
    add_target()?;
    let built = build(&root, &out, &modules)?;
    let mut list =
        "/// Name and component of each.\nstatic BUILT_IN: &[(&str, &[u8])] = &[\n".to_owned();
    for module in &modules {
        let component = built.join(format!("umbrasil_{}.wasm", module.replace('-', "_")));
        let kept = out.join(format!("{module}.wasm"));
        fs::copy(&component, &kept).map_err(|error| format!("{}: {error}", component.display()))?;
        writeln!(list, "    ({module:?}, include_bytes!({:?})),", kept.display().to_string())?;
    }
    list.push_str("];\n");
    fs::write(out.join("built_in.rs"), list)?;
    Ok(())
}

/// The folders of `modules`, in order.
fn modules(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            modules.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    modules.sort();
    Ok(modules)
}

fn add_target() -> Result<(), Box<dyn Error>> {
    let rustc = env::var("RUSTC")?;
    let printed =
        Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if printed.status.success() && Path::new(String::from_utf8(printed.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("the modules need the target {TARGET}: run `rustup target add {TARGET}`, or install your distribution's package for it").into()),
    }
}

/// Builds all modules; returns the folder that they are in.
fn build(root: &Path, out: &Path, modules: &[String]) -> Result<PathBuf, Box<dyn Error>> {
    let target = out.join("modules");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(root)
        .args(["build", "--profile", "module", "--target", TARGET, "--target-dir"])
        .arg(&target);
    for module in modules {
        cargo.args(["--package", &format!("umbrasil-{module}")]);
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
        return Err("the modules do not build; see above".into());
    }
    Ok(target.join(TARGET).join("module"))
}
