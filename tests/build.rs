//! Builds the fixtures: modules for tests, as components.

#![allow(
    clippy::disallowed_methods,
    reason = "a build script is told by its environment what to do"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["fixtures", "../sdk", "../wit", "../Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", here.join(watched).display());
    }
    let mut names: Vec<String> = fs::read_dir(here.join("fixtures"))?
        .filter_map(|entry| {
            Some(entry.ok()?.path()).filter(|path| path.join("Cargo.toml").is_file())
        })
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(&here)
        .args(["build", "--profile", "module", "--target", TARGET, "--target-dir"])
        .arg(out.join("build"));
    for name in &names {
        cargo.args(["--package", &format!("fixture-{name}")]);
    }
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
        return Err("the fixtures do not build; see above".into());
    }
    let mut list = "static FIXTURES: &[(&str, &[u8])] = &[\n".to_owned();
    for name in &names {
        let component = out
            .join("build")
            .join(TARGET)
            .join("module")
            .join(format!("fixture_{}.wasm", name.replace('-', "_")));
        let component = component.display().to_string();
        writeln!(list, "    ({name:?}, include_bytes!({component:?})),")?;
    }
    list.push_str("];\n");
    fs::write(out.join("fixtures.rs"), list)?;
    Ok(())
}
