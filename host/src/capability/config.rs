//! `umbrasil:module/config`: settings of the deployment that the manifest names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::config as wit;
use crate::telemetry::metrics::Refusal;

/// The settings of this module.
pub(crate) struct Settings {
    pub(crate) all: Arc<BTreeMap<String, String>>,
    /// Those that the manifest names.
    pub(crate) readable: Arc<[String]>,
}

impl wit::Host for Scoped<'_, Settings> {
    fn get(&mut self, name: String) -> Result<Option<String>, Error> {
        self.meter.call()?;
        if !self.own.readable.contains(&name) {
            self.meter.refuse(Refusal::Setting);
            return Err(Error::Denied(format!(
                "add `{}` to `[config] read` in the manifest",
                name.escape_debug()
            )));
        }
        Ok(self.own.all.get(&name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::umbrasil::module::config::Host as _;
    use crate::capability::Meter;
    use crate::capability::limits::EVENT_CPU;

    #[test]
    fn only_what_the_manifest_names_can_be_read_and_the_rest_is_counted() {
        let all =
            BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())]);
        let mut own =
            Settings { all: Arc::new(all), readable: Arc::from(["A".to_owned(), "C".to_owned()]) };
        let mut meter = Meter::new(EVENT_CPU);
        let mut config = Scoped { own: &mut own, meter: &mut meter };
        assert_eq!(config.get("A".to_owned()).unwrap().as_deref(), Some("1"));
        assert_eq!(config.get("C".to_owned()).unwrap(), None, "named, and not set");
        assert!(
            matches!(config.get("B".to_owned()), Err(Error::Denied(text)) if text.contains("`B`"))
        );
        assert!(config.get("B".to_owned()).is_err());
        assert_eq!(meter.refused, [Refusal::Setting], "once an event");
    }
}
