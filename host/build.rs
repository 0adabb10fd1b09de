//! Builds the modules that come inside the binary.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for watched in ["modules", "sdk", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    umbrasil_components::embed(&root.join("modules"), "umbrasil", "built_in.rs", "BUILT_IN")
}
