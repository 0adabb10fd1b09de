//! Builds the fixtures: modules for tests, as components.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for watched in ["fixtures", "../sdk", "../wit", "../Cargo.toml", "../Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", here.join(watched).display());
    }
    umbrasil_components::embed(&here.join("fixtures"), "fixture", "fixtures.rs", "FIXTURES")
}
