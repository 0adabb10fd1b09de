//! What the owner configured: thresholds, and the services to check.

use umbrasil_sdk::prelude::*;

/// The most services that are checked, as many as the setting takes.
const SERVICES: usize = 30;

/// From which share on, in percent, something is too high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thresholds {
    pub(crate) cpu: u8,
    pub(crate) memory: u8,
    pub(crate) disk: u8,
}

/// A service to check, as `SERVICES` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// As configured: `http`, `https` or `tcp`.
    pub(crate) url: String,
}

impl Service {
    /// The host and port of a service that is only asked whether its port is open.
    pub(crate) fn tcp(&self) -> Option<&str> {
        self.url.strip_prefix("tcp://")
    }
}

/// The thresholds. What is missing, or makes no sense, is 80, 80 and 85.
pub(crate) fn thresholds() -> Thresholds {
    let share = |name: &str, default: u8| {
        let value = setting(name)?.trim().trim_end_matches('%').trim().parse::<f64>().ok()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        (0.0..=100.0).contains(&value).then(|| value.round() as u8).or(Some(default))
    };
    let of = |name, default| share(name, default).unwrap_or(default);
    Thresholds {
        cpu: of("CPU_THRESHOLD", 80),
        memory: of("MEMORY_THRESHOLD", 80),
        disk: of("DISK_THRESHOLD", 85),
    }
}

/// The services of `SERVICES`, in their order.
pub(crate) fn services() -> Vec<Service> {
    parse(&setting("SERVICES").unwrap_or_default())
}

/// The host has checked names and URLs; what it could not have let through is left out.
fn parse(text: &str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for entry in text.split(',') {
        let Some((name, url)) = entry.trim().split_once('=') else { continue };
        let (name, url) = (name.trim(), url.trim());
        let known = ["http://", "https://", "tcp://"].iter().any(|scheme| url.starts_with(scheme));
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let named = (1..=32).contains(&name.len()) && name.chars().all(sound);
        if known && named && services.iter().all(|service| service.name != name) {
            services.push(Service { name: name.to_owned(), url: url.to_owned() });
        }
    }
    services.truncate(SERVICES);
    services
}

/// A setting; one that is not granted is one that is not set.
fn setting(name: &str) -> Option<String> {
    config::get(name).ok().flatten().filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read() {
        let services = parse(
            "shop=https://shop.example.org/health?a=b, db=tcp://10.0.0.5:5432,bad,x=ftp://y,shop=http://z,A b=http://c",
        );
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["shop", "db"]);
        assert_eq!(
            services.first().map(|s| s.url.as_str()),
            Some("https://shop.example.org/health?a=b")
        );
        assert_eq!(services.last().and_then(Service::tcp), Some("10.0.0.5:5432"));
        assert_eq!(parse(""), []);
        let many: Vec<String> = (0..50).map(|i| format!("s{i}=http://h/{i}")).collect();
        assert_eq!(parse(&many.join(",")).len(), 30);
    }
}
