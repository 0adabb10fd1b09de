//! Settings of the deployment that are no secrets. Only those that `module.toml` names can be read:
//!
//! ```toml
//! [config]
//! read = ["DEFAULT_CURRENCY"]
//! ```

use crate::Result;
use crate::host::config as host;

/// The value of a setting, if it is set.
pub fn get(name: &str) -> Result<Option<String>> {
    Ok(host::get(name)?)
}

/// The value of a setting, or `default` if it is not set or empty.
pub fn get_or(name: &str, default: &str) -> Result<String> {
    Ok(get(name)?.filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned()))
}
