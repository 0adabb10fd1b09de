//! The manifest: what a module says of itself in its custom section, readable without running it.

use serde::Deserialize;

use crate::database::Quota;

/// The custom section that holds the manifest.
pub(super) const SECTION: &str = "umbrasil:manifest";
/// A longer manifest is refused unread.
pub(super) const BYTES: usize = 64 << 10;
/// Names that would be taken for the host's own.
const RESERVED: [&str; 6] = ["host", "core", "umbrasil", "system", "telegram", "owner"];

/// What a module is called and wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) module: Identity,
    #[serde(default)]
    pub(crate) config: Settings,
    #[serde(default)]
    pub(crate) storage: Storage,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// `^[a-z][a-z0-9-]{1,31}$`
    pub(crate) name: String,
    pub(crate) version: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The settings of the deployment that the module may read.
    #[serde(default)]
    pub(crate) read: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    /// At most so many keys.
    keys: Option<u64>,
    /// At most so many bytes, such as `16MiB`.
    quota: Option<String>,
}

/// What every module gets; more is for those that come with the binary, until the owner can grant it.
const DEFAULT_QUOTA: Quota = Quota { keys: 10_000, bytes: 16 << 20 };
/// The most that a manifest may ask for.
const LARGEST_QUOTA: Quota = Quota { keys: 1_000_000, bytes: 256 << 20 };

impl Manifest {
    /// Reads and checks a manifest. The error has the line and a caret.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BYTES {
            return Err(format!("the manifest is longer than {BYTES} bytes"));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| "the manifest is not UTF-8".to_owned())?;
        let manifest: Self =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
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
        manifest.storage.asked()?;
        Ok(manifest)
    }

    /// What the module may keep. A foreign module gets no more than the default, whatever it asks for.
    pub(crate) fn quota(&self, built_in: bool) -> Quota {
        let asked = self.storage.asked().unwrap_or(DEFAULT_QUOTA);
        let most = if built_in { LARGEST_QUOTA } else { DEFAULT_QUOTA };
        Quota { keys: asked.keys.min(most.keys), bytes: asked.bytes.min(most.bytes) }
    }
}

impl Storage {
    fn asked(&self) -> Result<Quota, String> {
        let bytes = match &self.quota {
            None => DEFAULT_QUOTA.bytes,
            Some(quota) => size(quota)
                .ok_or_else(|| format!("the quota {quota:?} is no size such as \"16MiB\""))?,
        };
        Ok(Quota { keys: self.keys.unwrap_or(DEFAULT_QUOTA.keys), bytes })
    }
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let factor: u64 = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn a_quota_beyond_the_default_is_for_built_in_modules() {
        let text = "[module]\nname = \"finance\"\nversion = \"1\"\n[storage]\nkeys = 50000\nquota = \"64MiB\"";
        let manifest = manifest(text).unwrap();
        assert_eq!(manifest.quota(true), Quota { keys: 50_000, bytes: 64 << 20 });
        assert_eq!(manifest.quota(false), DEFAULT_QUOTA);
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
