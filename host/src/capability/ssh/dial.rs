//! From an address to a session that is let in: TCP, key exchange, the server's key, our key; in this
//! order, within one deadline. Unless the server proves itself with the recorded key, it learns nothing of
//! us: neither the user nor that we have a key.

use std::borrow::Cow;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use russh::client::{self, AuthResult, ChannelOpenHandle, Msg, Session};
use russh::keys::{
    Algorithm, EcdsaCurve, HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate,
};
use russh::{AlgorithmKind, Channel, Preferred, SshId, compression};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

use super::line::Line;
use crate::config::{SshTarget, is_sound};

/// From the first packet to being let in.
pub(super) const CONNECT: Duration = Duration::from_secs(15);
/// The part of it that one of several addresses of a name may take.
const ADDRESS: Duration = Duration::from_secs(5);
/// After this much silence the server is asked whether it is still there, thrice.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// What may be under way to us for one channel, in bytes, and in packets that wait for being read.
const WINDOW: u32 = 512 << 10;
const PACKETS: usize = 16;

/// A session that is let in. Dropped, it is cut.
pub(super) struct Connection {
    pub(super) handle: client::Handle<Client>,
    used: Mutex<Instant>,
    _cut: DropGuard,
}

/// Why there is no session. Nothing was run.
#[derive(Debug)]
pub(super) enum Refused {
    /// Nobody knows this server's key yet.
    Unknown(PublicKey),
    /// It is another key than the one on record; none if it has no key of that type at all.
    Changed { offered: Option<PublicKey>, types: String },
    /// The server does not take our key.
    Auth,
    /// Reads behind the alias, as in `does not answer`.
    Far(&'static str),
}

/// Our side of a session: it compares the server's key, and refuses whatever the server wants to open.
pub(super) struct Client {
    recorded: Option<PublicKey>,
    offered: Arc<OnceLock<PublicKey>>,
}

impl Connection {
    /// How long nobody has used it.
    pub(super) fn unused(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Connects, with `recorded` as the only key that the server may have; without it only to learn its key.
pub(super) async fn dial(
    target: Arc<SshTarget>,
    recorded: Option<PublicKey>,
) -> Result<Connection, Refused> {
    let cut = CancellationToken::new();
    let guard = cut.clone().drop_guard();
    // A task of its own: whatever a hostile server makes the library do, it is that task that dies.
    let attempt = AbortOnDropHandle::new(tokio::spawn(attempt(target, recorded, cut)));
    let handle = match tokio::time::timeout(CONNECT, attempt).await {
        Ok(Ok(result)) => result?,
        Ok(Err(error)) => {
            tracing::error!(%error, "a server has broken the ssh client");
            return Err(Refused::Far("does not speak SSH properly"));
        }
        Err(_) => return Err(Refused::Far("did not answer within 15 s")),
    };
    Ok(Connection { handle, used: Mutex::new(Instant::now()), _cut: guard })
}

async fn attempt(
    target: Arc<SshTarget>,
    recorded: Option<PublicKey>,
    cut: CancellationToken,
) -> Result<client::Handle<Client>, Refused> {
    let key = target.private_key().ok_or(Refused::Far("has no usable key here"))?;
    let tcp = tcp(&target).await?;
    let let_in = Arc::new(AtomicBool::new(false));
    let line = Line::new(tcp, cut, Arc::clone(&let_in));
    let offered = Arc::new(OnceLock::new());
    let client = Client { recorded: recorded.clone(), offered: Arc::clone(&offered) };
    let config = Arc::new(config(recorded.as_ref()));
    let mut handle = match client::connect_stream(config, line, client).await {
        Ok(handle) => handle,
        Err(error) => return Err(why(&error, recorded.as_ref(), offered.get().cloned())),
    };
    let broken = |_| Refused::Far("broke the connection off");
    let hash = if key.algorithm().is_rsa() {
        let best = handle.best_supported_rsa_hash().await.map_err(broken)?;
        Some(best.flatten().unwrap_or(HashAlg::Sha256))
    } else {
        None
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    match handle.authenticate_publickey(target.user.as_str(), key).await.map_err(broken)? {
        AuthResult::Success => {
            let_in.store(true, Ordering::Relaxed);
            Ok(handle)
        }
        AuthResult::Failure { .. } if handle.is_closed() => {
            Err(Refused::Far("broke the connection off while the bot logged in"))
        }
        AuthResult::Failure { .. } => Err(Refused::Auth),
    }
}

async fn tcp(target: &SshTarget) -> Result<TcpStream, Refused> {
    let addresses = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    let addresses = addresses.map_err(|_| Refused::Far("has a name that cannot be resolved"))?;
    let mut last = Refused::Far("has a name without an address");
    for address in addresses {
        match tokio::time::timeout(ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                tcp.set_nodelay(true).map_err(|_| Refused::Far("broke the connection off"))?;
                return Ok(tcp);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                last = Refused::Far("refuses connections; does its SSH server run?");
            }
            Ok(Err(_)) => last = Refused::Far("cannot be reached"),
            Err(_) => last = Refused::Far("does not answer"),
        }
    }
    Err(last)
}

fn config(recorded: Option<&PublicKey>) -> client::Config {
    let rsa = |hash| Algorithm::Rsa { hash: Some(hash) };
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    // Only what the recorded key can do: a server with several keys must show that one.
    let key = match recorded.map(PublicKey::algorithm) {
        Some(Algorithm::Rsa { .. }) => vec![rsa(HashAlg::Sha512), rsa(HashAlg::Sha256)],
        Some(algorithm) => vec![algorithm],
        None => vec![
            Algorithm::Ed25519,
            ecdsa(EcdsaCurve::NistP256),
            ecdsa(EcdsaCurve::NistP384),
            ecdsa(EcdsaCurve::NistP521),
            rsa(HashAlg::Sha512),
            rsa(HashAlg::Sha256),
        ],
    };
    client::Config {
        client_id: SshId::Standard(Cow::Borrowed("SSH-2.0-UmbraSIL")),
        window_size: WINDOW,
        channel_buffer_size: PACKETS,
        preferred: Preferred {
            key: Cow::Owned(key),
            // Nothing that a small packet could blow up.
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(KEEPALIVE),
        ..client::Config::default()
    }
}

/// What a failed key exchange means.
pub(super) fn why(
    error: &russh::Error,
    recorded: Option<&PublicKey>,
    offered: Option<PublicKey>,
) -> Refused {
    tracing::debug!(%error, "no ssh session");
    match (recorded, offered, error) {
        (_, Some(key), _) if !is_sound(&key) => Refused::Far("has a host key that is too weak"),
        (None, Some(key), _) => Refused::Unknown(key),
        (Some(recorded), Some(key), _) if key.key_data() != recorded.key_data() => {
            Refused::Changed { types: key.algorithm().to_string(), offered: Some(key) }
        }
        (Some(_), None, russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. }) => {
            let types = theirs.join(", ");
            let plain = |character: &char| character.is_ascii_graphic() || *character == ' ';
            Refused::Changed {
                offered: None,
                types: types.chars().filter(plain).take(100).collect(),
            }
        }
        (_, _, russh::Error::NoCommonAlgo { .. }) => {
            Refused::Far("has no SSH algorithm in common with the bot")
        }
        (_, _, russh::Error::IO(_) | russh::Error::Disconnect | russh::Error::HUP) => {
            Refused::Far("broke the connection off before the bot could log in")
        }
        _ => Refused::Far("does not speak SSH properly"),
    }
}

/// A channel that the server wants to open: refused by dropping what would answer it.
type Offer = ChannelOpenHandle;

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        offered: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = offered else { return Ok(false) };
        let same = self.recorded.as_ref().is_some_and(|own| own.key_data() == key.key_data());
        self.offered.get_or_init(|| key.clone());
        Ok(same)
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: Offer,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }
}
