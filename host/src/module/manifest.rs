//! The manifest: what a module says of itself in its custom section, readable without running it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::grant::{Malformed, Want, Wants, services, tables};

/// The custom section that holds the manifest.
pub(super) const SECTION: &str = "umbrasil:manifest";
/// A longer manifest is refused unread.
pub(super) const BYTES: usize = 64 << 10;
/// Names that would be taken for the host's own.
const RESERVED: [&str; 6] = ["host", "core", "umbrasil", "system", "telegram", "owner"];

tables! {
    /// A manifest as TOML has it.
    struct Tables {
        module: Identity,
    }
}

/// What a module is called and wants.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) module: Identity,
    wants: Wants,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// `^[a-z][a-z0-9-]{1,31}$`
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Manifest {
    /// Reads and checks a manifest. The error has the line and a caret.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BYTES {
            return Err(format!("the manifest is longer than {BYTES} bytes"));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| "the manifest is not UTF-8".to_owned())?;
        let tables: Tables =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let manifest = Self { wants: tables.wants(), module: tables.module };
        let name = &manifest.module.name;
        let well_formed = (2..=32).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !well_formed {
            return Err(format!(
                "the name {:?} must be 2 to 32 characters of a-z, 0-9 and -, and start with a letter",
                name.chars().take(40).collect::<String>()
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("the name `{name}` is reserved"));
        }
        let version = &manifest.module.version;
        if version.is_empty()
            || version.len() > 64
            || !version.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(
                "the version must be 1 to 64 printable characters, such as 1.2.0".to_owned()
            );
        }
        // What hangs on a setting is looked at with a stand-in: it must be sound once the setting is there.
        manifest.wants.expand(&stand_in).map_err(|error| error.to_string())?;
        Ok(manifest)
    }

    /// Whether there is any table for an interface, also one that hangs on a setting that is not set.
    pub(crate) fn asks_for(&self, interface: &str) -> bool {
        let wants = self.wants.expand(&stand_in).unwrap_or_default();
        wants.iter().any(|want| want.scope.capability() == interface)
    }

    /// The permissions that the module asks for, where the owner has set these `settings`.
    pub(crate) fn wants(
        &self,
        settings: &BTreeMap<String, String>,
    ) -> Result<Vec<Want>, Malformed> {
        self.wants.expand(&|name| settings.get(name).cloned())
    }
}

/// A value such as a setting has.
fn stand_in(setting: &str) -> Option<String> {
    let url = "https://example.org";
    let is_list = setting == services::SETTING;
    Some(if is_list { format!("example={url}") } else { url.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn what_is_not_known_is_refused_with_line_and_caret() {
        let error =
            manifest("[module]\nname = \"ab\"\nversion = \"1\"\npermisions = []").unwrap_err();
        assert!(
            error.contains("line 4") && error.contains('^') && error.contains("permisions"),
            "{error}"
        );
    }

    #[test]
    fn names_are_plain_and_not_the_hosts() {
        for name in
            ["", "a", "Finance", "../x", "host", "f\u{456}nance", "9lives", "a b", &"x".repeat(33)]
        {
            let text =
                format!("[module]\nname = {name:?}\nversion = \"1\"").replace("\\u{", "\\u{");
            assert!(manifest(&text).is_err(), "{name}");
        }
    }

    #[test]
    fn sizes_are_whole_and_have_a_unit() {
        for quota in ["16", "16MB", "-1MiB", "99999999999999MiB", "1.5MiB"] {
            let text =
                format!("[module]\nname = \"ab\"\nversion = \"1\"\n[storage]\nquota = {quota:?}");
            assert!(manifest(&text).is_err(), "{quota}");
        }
    }
}
