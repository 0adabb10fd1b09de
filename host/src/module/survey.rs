//! What the files of the modules directory ask for, without compiling or running any of them: for the
//! command line while no host runs.

use std::collections::BTreeMap;
use std::path::Path;

use super::inspect::inspect;
use super::loader::{Candidate, FREE, LoadError};
use super::registry::files;
use crate::permission;

/// The components of a directory that could be modules. What cannot be read is left out: why is the
/// business of the host that loads them.
pub(crate) fn survey(
    directory: &Path,
    settings: &BTreeMap<String, String>,
    built_in: &[(String, String)],
) -> Vec<permission::Candidate> {
    let Ok(files) = files(directory) else { return Vec::new() };
    files.keys().filter_map(|path| look(path, settings, built_in).ok()).collect()
}

fn look(
    path: &Path,
    settings: &BTreeMap<String, String>,
    built_in: &[(String, String)],
) -> Result<permission::Candidate, LoadError> {
    let Candidate { bytes, hash, .. } = Candidate::read(path)?;
    let (manifest, imports) = inspect(&bytes)?;
    let wants = manifest.wants(settings);
    let wants = wants.map_err(|error| LoadError::Manifest(error.to_string()))?;
    let name = &manifest.module.name;
    Ok(permission::Candidate {
        module: name.as_str().into(),
        version: manifest.module.version.clone(),
        built_in: built_in.iter().any(|(own, sum)| own == name && *sum == hash),
        hash,
        wants,
        imports: imports.into_iter().filter(|import| !FREE.contains(&import.as_str())).collect(),
    })
}
