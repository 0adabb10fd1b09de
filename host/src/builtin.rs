//! The modules that come inside this binary, and how they get into the modules directory.
//!
//! They are put there once, and again when a newer binary brings newer ones: but never over a file that
//! somebody else has put in their place.

use std::io::{self, Write as _};
use std::path::Path;

use crate::database::Database;
use crate::grant::hash;
use crate::module::LoadError;
use crate::module::loader::Candidate;

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The modules in this binary: name and SHA-256.
pub(crate) fn all() -> Vec<(String, String)> {
    BUILT_IN.iter().map(|(name, bytes)| ((*name).to_owned(), hash(bytes))).collect()
}

/// Installs what is missing or outdated. Failures are logged: the other modules must still be loaded.
pub(crate) async fn install(directory: &Path, disabled: &[String], database: &Database) {
    for (name, bytes) in BUILT_IN {
        if disabled.iter().any(|disabled| disabled == name) {
            continue;
        }
        let path = directory.join(format!("{name}.wasm"));
        let note = format!("built-in:{name}");
        let (ours, installed) = (hash(bytes), database.recall(&note).await.ok().flatten());
        // Read as any other module is: what lies there may be a pipe, or a link to something endless.
        let present = match Candidate::read(&path) {
            Ok(present) => Some(present.hash),
            Err(LoadError::Read(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::error!(%error, module = name, "cannot look at the installed module");
                continue;
            }
        };
        let outdated = match &present {
            None => true,
            Some(present) => *present != ours && Some(present) == installed.as_ref(),
        };
        if outdated && let Err(error) = replace(&path, bytes) {
            tracing::error!(%error, module = name, "cannot install a module that comes with this version");
            continue;
        }
        if (outdated || present.as_ref() == Some(&ours))
            && installed.as_ref() != Some(&ours)
            && let Err(error) = database.remember(&note, &ours).await
        {
            tracing::error!(%error, module = name, "cannot note which module was installed");
        }
    }
}

/// All of it or nothing: nobody sees half a module.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("part");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
