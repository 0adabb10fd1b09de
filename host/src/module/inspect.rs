//! What can be said of a file before it is compiled or run: is it a component of bearable size, what does
//! its manifest say, and what does it import.

use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::loader::LoadError;
use super::manifest::{Manifest, SECTION};
use crate::capability::{INTERFACES, WASI_INTERFACES};

/// A larger file is refused unread.
pub(super) const FILE_BYTES: u64 = 16 << 20;
/// Functions of all core modules together: compiling 200,000 takes half a minute and a gigabyte.
const FUNCTIONS: u32 = 50_000;
/// The longest function body in bytes: compile time grows faster than the body.
const BODY_BYTES: usize = 1 << 20;

/// The features that the engine is configured for; everything else is refused here already.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST);

/// Reads the manifest of a sound component, and which interfaces of `umbrasil:module` it imports.
pub(super) fn inspect(bytes: &[u8]) -> Result<(Manifest, Vec<String>), LoadError> {
    match bytes {
        [] => return Err(LoadError::NotAComponent("the file is empty".to_owned())),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            let hint = "it is a core module; build it with --target wasm32-wasip2";
            return Err(LoadError::NotAComponent(hint.to_owned()));
        }
        [b'\0', b'a', b's', b'm', ..] => {}
        [0x7f, b'E', b'L', b'F', ..] => {
            let hint = "it is native or precompiled code; only portable components are loaded";
            return Err(LoadError::NotAComponent(hint.to_owned()));
        }
        _ => return Err(LoadError::NotAComponent("it does not begin like WebAssembly".to_owned())),
    }
    let mut manifests = Vec::new();
    let mut imported = Vec::new();
    let mut functions = 0_u32;
    // Components nest: only the imports of the outermost one are asked of the host.
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::CustomSection(section) if section.name() == SECTION => {
                manifests.push(section.data());
            }
            Payload::CodeSectionStart { count, .. } => {
                functions = functions.saturating_add(count);
                if functions > FUNCTIONS {
                    return Err(LoadError::TooLarge(format!(
                        "it has more than {FUNCTIONS} functions"
                    )));
                }
            }
            Payload::CodeSectionEntry(body) if body.range().len() > BODY_BYTES => {
                return Err(LoadError::TooLarge(format!(
                    "it has a function of more than {BODY_BYTES} bytes"
                )));
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let name = import.map_err(broken)?.name.name;
                    refuse_unknown(name)?;
                    let interface = name.split('@').next().unwrap_or(name);
                    if let Some(interface) = interface.strip_prefix("umbrasil:module/") {
                        imported.push(interface.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Validator::new_with_features(FEATURES).validate_all(bytes).map_err(broken)?;
    match manifests.as_slice() {
        [manifest] => Manifest::parse(manifest)
            .map(|manifest| (manifest, imported))
            .map_err(LoadError::Manifest),
        [] => Err(LoadError::Manifest(format!(
            "there is no custom section `{SECTION}`; the SDK's `export!` makes it"
        ))),
        _ => Err(LoadError::Manifest(format!(
            "there are {} custom sections `{SECTION}`",
            manifests.len()
        ))),
    }
}

fn refuse_unknown(import: &str) -> Result<(), LoadError> {
    let interface = import.split('@').next().unwrap_or(import);
    if INTERFACES.contains(&interface) || WASI_INTERFACES.contains(&interface) {
        return Ok(());
    }
    Err(LoadError::Import(interface.chars().take(100).collect()))
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn broken(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::NotAComponent(error.to_string())
}
