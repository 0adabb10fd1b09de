//! `DOCKER_HOST`: where the Docker daemon is.

use std::net::IpAddr;
use std::path::PathBuf;

use super::ConfigError;
use super::source::Source;

const SETTING: &str = "DOCKER_HOST";
/// Docker's port for connections without TLS.
const PORT: u16 = 2375;

/// Where the Docker daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DockerHost {
    Unix(PathBuf),
    /// Without TLS. `exposed` if it is not on this machine, so that others may reach it as well.
    Tcp {
        host: String,
        port: u16,
        exposed: bool,
    },
}

impl Default for DockerHost {
    fn default() -> Self {
        Self::Unix(PathBuf::from("/var/run/docker.sock"))
    }
}

/// Whoever reaches a daemon without TLS owns its machine, so that is refused unless the owner insists.
pub(super) fn host(source: &Source) -> Result<DockerHost, ConfigError> {
    let insists = source.flag("UMBRASIL_INSECURE_DOCKER")?.unwrap_or(false);
    let Some(value) = source.get(SETTING) else { return Ok(DockerHost::default()) };
    let parsed = parse(value).ok_or_else(|| {
        ConfigError::new(
            SETTING,
            "must be unix:///PATH or tcp://HOST:PORT, such as unix:///var/run/docker.sock",
        )
    })?;
    if matches!(parsed, DockerHost::Tcp { exposed: true, .. }) && !insists {
        let reason = "has no TLS, and whoever reaches such a daemon owns its machine; use a socket or a \
                      loopback address, or insist with UMBRASIL_INSECURE_DOCKER=1";
        return Err(ConfigError::new(SETTING, reason));
    }
    Ok(parsed)
}

fn parse(value: &str) -> Option<DockerHost> {
    if let Some(path) = value.strip_prefix("unix://") {
        let sound = path.starts_with('/') && path.len() > 1 && !path.contains('\0');
        return sound.then(|| DockerHost::Unix(PathBuf::from(path)));
    }
    let authority = value.strip_prefix("tcp://")?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let port = if port.is_empty() { PORT } else { port.parse().ok().filter(|port| *port > 0)? };
    let address = host.parse::<IpAddr>().ok();
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if host.is_empty() || (address.is_none() && !host.bytes().all(named)) {
        return None;
    }
    let local = address.map_or(host == "localhost", |address| address.is_loopback());
    Some(DockerHost::Tcp { host: host.to_owned(), port, exposed: !local })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(vars: &[(&str, &str)]) -> Result<DockerHost, ConfigError> {
        host(&Source::of_vars(vars.iter().copied()).unwrap())
    }

    #[test]
    fn a_socket_or_an_address() {
        let tcp = |host: &str, port, exposed| DockerHost::Tcp { host: host.into(), port, exposed };
        assert_eq!(host_of(&[]).unwrap(), DockerHost::Unix("/var/run/docker.sock".into()));
        for (value, expected) in [
            ("unix:///run/x.sock", DockerHost::Unix("/run/x.sock".into())),
            ("tcp://127.0.0.1:2375", tcp("127.0.0.1", 2375, false)),
            ("tcp://[::1]:99", tcp("::1", 99, false)),
            ("tcp://localhost", tcp("localhost", 2375, false)),
        ] {
            assert_eq!(host_of(&[(SETTING, value)]).unwrap(), expected, "{value}");
        }
        for value in [
            "docker",
            "/var/run/docker.sock",
            "unix://",
            "unix://docker.sock",
            "unix:///",
            "tcp://",
            "tcp://:2375",
            "tcp://127.0.0.1:port",
            "tcp://127.0.0.1:0",
            "tcp://user@127.0.0.1:2375",
            "tcp://127.0.0.1:2375/v1.41",
            "tcp://[127.0.0.1]:2375",
            "tcp://[::1",
            "tcp://[::1]x",
            "http://127.0.0.1:2375",
            "ssh://docker",
        ] {
            assert_eq!(host_of(&[(SETTING, value)]).unwrap_err().setting, SETTING, "{value}");
        }
    }

    #[test]
    fn an_address_that_others_reach_needs_insistence() {
        for value in
            ["tcp://10.0.0.5:2375", "tcp://docker:2375", "tcp://0.0.0.0:2375", "tcp://[fe80::1]"]
        {
            let error = host_of(&[(SETTING, value)]).unwrap_err().to_string();
            assert!(error.contains("UMBRASIL_INSECURE_DOCKER"), "{error}");
            let insisted = host_of(&[(SETTING, value), ("UMBRASIL_INSECURE_DOCKER", "1")]).unwrap();
            assert!(matches!(insisted, DockerHost::Tcp { exposed: true, .. }), "{insisted:?}");
        }
    }
}
