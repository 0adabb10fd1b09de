//! Where the values of secrets come from, and where in a request they go.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::request::TRANSPORT;
use crate::capability::Error;
use crate::grant::Placement;
use crate::secret::Secrets;

/// Knows the secrets by name. Asked anew for every request, so that a change counts from the next one on.
pub(crate) trait SecretSource: Send + Sync {
    fn value(&self, name: &str) -> Option<SecretString>;
    /// All of them, to recognise one that a module has learned elsewhere.
    fn all_values(&self) -> Vec<SecretString>;
}

/// What the owner has set, as it is now.
impl SecretSource for Secrets {
    fn value(&self, name: &str) -> Option<SecretString> {
        Self::value(self, name)
    }

    fn all_values(&self) -> Vec<SecretString> {
        Self::all_values(self)
    }
}

/// Secrets that never change: none, where there is no owner.
#[derive(Default)]
pub(super) struct FixedSecrets(pub(super) BTreeMap<String, SecretString>);

impl SecretSource for FixedSecrets {
    fn value(&self, name: &str) -> Option<SecretString> {
        self.0.get(name).cloned()
    }

    fn all_values(&self) -> Vec<SecretString> {
        self.0.values().cloned().collect()
    }
}

/// A secret and its place, for one request.
pub(super) struct Injection {
    pub(super) name: String,
    pub(super) value: SecretString,
    pub(super) placement: Placement,
}

/// Puts the secrets in. What a module wrote at the same place is not overwritten but refused.
pub(super) fn inject(
    injections: &[Injection],
    url: &mut Url,
    headers: &mut HeaderMap,
) -> Result<(), Error> {
    for Injection { name, value, placement } in injections {
        match placement {
            Placement::Header { name: header, format } => {
                let taken = |header: &str| {
                    Error::Invalid(format!("the header {header} is where the secret {name} goes"))
                };
                let header = HeaderName::from_bytes(header.as_bytes())
                    .ok()
                    .filter(|header| !TRANSPORT.contains(&header.as_str()))
                    .ok_or_else(|| Error::Invalid(format!("{header} is no header for a secret")))?;
                let text = format.replacen("{}", value.expose_secret(), 1);
                let mut content = HeaderValue::from_str(&text).map_err(|_| {
                    // Never the value: not even which character it is.
                    Error::Unavailable(format!(
                        "The secret {name} holds what no header can: set it again with `umbrasil secret set {name}`"
                    ))
                })?;
                content.set_sensitive(true);
                if headers.contains_key(&header) {
                    return Err(taken(header.as_str()));
                }
                headers.insert(header, content);
            }
            Placement::Query { name: parameter } => {
                if url.query_pairs().any(|(key, _)| key == parameter.as_str()) {
                    let text = format!("the parameter {parameter} is where the secret {name} goes");
                    return Err(Error::Invalid(text));
                }
                url.query_pairs_mut().append_pair(parameter, value.expose_secret());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injection(placement: Placement) -> Injection {
        let (name, value) = ("KEY".to_owned(), "top&secret".to_owned().into());
        Injection { name, value, placement }
    }

    fn header(name: &str) -> Injection {
        injection(Placement::Header { name: name.to_owned(), format: "Bearer {}".to_owned() })
    }

    #[test]
    fn a_secret_goes_where_the_grant_says_and_over_nothing() {
        let (mut url, mut headers) = (Url::parse("https://x.org/?a=1").unwrap(), HeaderMap::new());
        let query = || injection(Placement::Query { name: "key".to_owned() });
        inject(&[header("Authorization"), query()], &mut url, &mut headers).unwrap();
        assert_eq!(url.as_str(), "https://x.org/?a=1&key=top%26secret");
        assert_eq!(headers["authorization"], "Bearer top&secret");
        assert!(headers["authorization"].is_sensitive());
        for again in [header("authorization"), query(), header("Host"), header("a b")] {
            assert!(matches!(inject(&[again], &mut url, &mut headers), Err(Error::Invalid(_))));
        }
    }
}
