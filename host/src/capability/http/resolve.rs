//! From the host of a URL to the addresses that are dialled: resolved once, checked, and then pinned.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use url::{Host, Url};

use super::address::{is_nobody, is_public};
use crate::grant::{HttpScope, Place};

/// How long DNS may take, all tries together.
const PATIENCE: Duration = Duration::from_secs(5);
/// One try.
const TRY: Duration = Duration::from_secs(2);
/// No answer is believed for longer, whatever it says of itself.
const FRESH: Duration = Duration::from_mins(1);
/// Answers that are remembered.
const REMEMBERED: u64 = 512;

/// Why nothing is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The name has no address, or nobody says which.
    Unknown,
    /// An address that may not be dialled, and why.
    Forbidden { address: IpAddr, reason: &'static str },
}

/// Finds the addresses of hosts, and knows which are never dialled.
#[derive(Default)]
pub(super) struct Addresses {
    /// None where the system names no DNS server.
    resolver: Option<TokioResolver>,
    /// Where this host itself listens.
    own: Vec<SocketAddr>,
}

impl Addresses {
    /// Asks `server`, or those of the system.
    pub(super) fn new(server: Option<SocketAddr>, own: Vec<SocketAddr>) -> Self {
        let resolver = match build(server) {
            Ok(resolver) => Some(resolver),
            Err(error) => {
                tracing::warn!(%error, "there is no DNS server: modules reach addresses, but no names");
                None
            }
        };
        Self { resolver, own }
    }

    /// The addresses to dial for a URL that both permissions cover. One that may not be dialled makes the
    /// whole name unreachable: half an answer is what an attacker sends.
    pub(super) async fn of(
        &self,
        url: &Url,
        want: &HttpScope,
        grant: &HttpScope,
    ) -> Result<Vec<SocketAddr>, Refusal> {
        let port = url.port_or_known_default().ok_or(Refusal::Unknown)?;
        let addresses = match (url.host(), grant.at) {
            (Some(Host::Ipv4(address)), _) => vec![IpAddr::V4(address)],
            (Some(Host::Ipv6(address)), _) => vec![IpAddr::V6(address)],
            (Some(Host::Domain(_)), Some(Place::Address(pinned))) => vec![pinned],
            (Some(Host::Domain(name)), _) => self.look_up(name).await?,
            (None, _) => return Err(Refusal::Unknown),
        };
        if addresses.is_empty() {
            return Err(Refusal::Unknown);
        }
        for address in &addresses {
            let refused = |reason| Err(Refusal::Forbidden { address: *address, reason });
            if is_nobody(*address) {
                return refused("no address of anybody");
            }
            if self.is_own(SocketAddr::new(*address, port)) {
                return refused("a port of the bot itself");
            }
            // The module names the place, the owner the address: a want without one does not contradict.
            let private = grant.allows_private(*address)
                && (want.at.is_none() || want.allows_private(*address));
            if !is_public(*address) && !private {
                return refused("a private or reserved address");
            }
        }
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let resolver = self.resolver.as_ref().ok_or(Refusal::Unknown)?;
        // Only names of one label are looked for in the domains that the system searches.
        let name = if name.contains('.') { format!("{name}.") } else { name.to_owned() };
        match tokio::time::timeout(PATIENCE, resolver.lookup_ip(name)).await {
            Ok(Ok(found)) => Ok(found.iter().collect()),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a module's name was not resolved");
                Err(Refusal::Unknown)
            }
            Err(_) => Err(Refusal::Unknown),
        }
    }

    /// Whether this is a port of the host itself, by whichever of this machine's addresses.
    fn is_own(&self, target: SocketAddr) -> bool {
        let address = target.ip().to_canonical();
        self.own.iter().any(|own| {
            let listens = own.ip().to_canonical();
            own.port() == target.port()
                && (listens == address || (listens.is_unspecified() && is_of_this_machine(address)))
        })
    }
}

/// Only an address of this machine can be bound to; nothing is sent.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

fn build(server: Option<SocketAddr>) -> Result<TokioResolver, hickory_resolver::net::NetError> {
    let mut builder = match server {
        Some(server) => {
            let mut at = NameServerConfig::udp_and_tcp(server.ip());
            at.connections.iter_mut().for_each(|connection| connection.port = server.port());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![at]);
            let mut builder =
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            builder.options_mut().use_hosts_file = ResolveHosts::Never;
            builder
        }
        None => TokioResolver::builder_tokio()?,
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = TRY;
    options.attempts = 2;
    options.cache_size = REMEMBERED;
    options.positive_max_ttl = Some(FRESH);
    options.negative_max_ttl = Some(FRESH);
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn dialled(own: &[&str], grant: &str, url: &str) -> Result<Vec<SocketAddr>, Refusal> {
        let own = own.iter().map(|own| own.parse().unwrap()).collect();
        let addresses = Addresses { resolver: None, own };
        let grant = grant.parse().unwrap();
        addresses.of(&url.parse().unwrap(), &grant, &grant).await
    }

    #[tokio::test]
    async fn a_private_address_is_dialled_where_exactly_it_was_granted() {
        let at = |address: &str| Ok(vec![address.parse().unwrap()]);
        let literal = dialled(&[], "GET http://10.0.0.5:81/*", "http://10.0.0.5:81/x").await;
        assert_eq!(literal, at("10.0.0.5:81"));
        let pinned = dialled(&[], "GET http://n8n:5678/* at 172.18.0.5", "http://n8n:5678/").await;
        assert_eq!(pinned, at("172.18.0.5:5678"));
        let want = "GET http://n8n:5678/*".parse().unwrap();
        let grant = "GET http://n8n:5678/* at 172.18.0.5".parse().unwrap();
        let addresses = Addresses::default();
        let url = "http://n8n:5678/".parse().unwrap();
        assert_eq!(addresses.of(&url, &want, &grant).await, at("172.18.0.5:5678"));
        // The module's own pin is nobody's permission.
        assert_eq!(addresses.of(&url, &grant, &want).await, Err(Refusal::Unknown));
        let other = "GET http://n8n:5678/* at 172.18.0.6".parse().unwrap();
        assert!(addresses.of(&url, &other, &grant).await.is_err(), "they name different addresses");
    }

    #[tokio::test]
    async fn a_name_inside_may_be_in_a_network_but_never_at_a_metadata_service() {
        let grant: HttpScope = "GET http://n8n:5678/* at inside".parse().unwrap();
        for (address, allowed) in [
            ("172.18.0.5", true),
            ("127.0.0.1", true),
            ("10.0.0.1", true),
            ("fd00::5", true),
            ("::ffff:192.168.0.1", true),
            ("169.254.169.254", false),
            ("100.100.100.200", false),
            ("168.63.129.16", false),
            ("fe80::1", false),
        ] {
            assert_eq!(grant.allows_private(address.parse().unwrap()), allowed, "{address}");
        }
        // A literal address is what it is, whatever else is written.
        let literal = dialled(&[], "GET http://10.0.0.5/* at inside", "http://10.0.0.5/").await;
        assert!(literal.is_ok());
        let metadata = "http://169.254.169.254/";
        assert!(dialled(&[], &format!("GET {metadata} at inside"), metadata).await.is_err());
    }

    #[tokio::test]
    async fn the_hosts_own_ports_are_never_dialled() {
        for (own, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080/"),
            ("0.0.0.0:8080", "http://127.9.9.9:8080/"),
            ("[::]:8080", "http://127.0.0.1:8080/"),
            ("[::]:8080", "http://[::1]:8080/"),
            ("127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080/"),
        ] {
            let refused = dialled(&[own], &format!("GET {url}"), url).await;
            assert!(
                matches!(
                    refused,
                    Err(Refusal::Forbidden { reason: "a port of the bot itself", .. })
                ),
                "{url}"
            );
        }
        let url = "http://127.0.0.1:8081/";
        assert!(
            dialled(&["0.0.0.0:8080", "127.0.0.2:8081"], &format!("GET {url}"), url).await.is_ok()
        );
    }

    #[tokio::test]
    async fn no_grant_makes_nobody_somebody() {
        for url in
            ["http://0.0.0.0/", "http://[::]/", "http://224.0.0.1/", "http://255.255.255.255/"]
        {
            assert!(dialled(&[], &format!("GET {url}"), url).await.is_err(), "{url}");
        }
    }
}
