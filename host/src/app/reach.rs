//! What modules reach outside with: the far side of each capability, made from the settings.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::AppError;
use super::ground::Ground;
use crate::capability::permit::Authority;
use crate::capability::ssh::{self, HostKeyNotice};
use crate::capability::{Services, docker, files, http, ocr};
use crate::config::{Config, Telegram};
use crate::dispatch::Dispatch;
use crate::module::sandbox::Reach;
use crate::telegram::Api;

/// What the far sides need beside the settings.
pub(super) struct Far<'a> {
    pub(super) program: &'a Path,
    pub(super) api: &'a Api,
    /// Where the host itself listens.
    pub(super) health: SocketAddr,
    pub(super) chat: Option<SocketAddr>,
    pub(super) host_keys: mpsc::Sender<HostKeyNotice>,
}

/// Makes everything that instances share, and by what their calls are judged.
pub(super) fn reach(config: &Config, ground: &Ground, far: Far<'_>) -> Result<Reach, AppError> {
    let Far { program, api, health, chat, host_keys } = far;
    let database = ground.database.clone();
    let secrets = Arc::clone(&ground.secrets);
    let http = http::Service::new(config, own_listeners(config, health, chat), secrets)
        .map_err(|reason| AppError::Setting { setting: "UMBRASIL_EXTRA_CA", reason })?;
    let ssh = ssh::Service::new(config.targets.clone(), database.clone(), host_keys);
    let services = Services {
        http: Arc::new(http),
        ssh: Arc::new(ssh),
        docker: Arc::new(docker::Service::new(config.docker_host.clone())),
        system: Arc::default(),
        files: Arc::new(files::Service::new(Arc::new(api.clone()))),
        ocr: Arc::new(ocr::Service::new(program.to_owned())),
        modules: Arc::default(),
    };
    let (policy, audit) = (Arc::new(config.policy.clone()), ground.audit.clone());
    Ok(Reach { services, authority: Authority { policy, audit, database } })
}

/// Passes on what servers show that nobody has seen before, or that is not what it was.
pub(super) async fn ask_about_keys(
    mut notices: mpsc::Receiver<HostKeyNotice>,
    dispatch: Arc<Dispatch>,
) {
    while let Some(notice) = notices.recv().await {
        dispatch.host_key_shown(notice).await;
    }
}

/// Where the host itself listens, or a Bot API server on this machine that belongs to it: no module goes
/// there, whatever was granted.
fn own_listeners(config: &Config, health: SocketAddr, chat: Option<SocketAddr>) -> Vec<SocketAddr> {
    let bot_api = match &config.telegram {
        Telegram::Remote { api_url, .. } => api_url.port_or_known_default().and_then(|port| {
            let address = match api_url.host()? {
                url::Host::Ipv4(address) => address.into(),
                url::Host::Ipv6(address) => address.into(),
                url::Host::Domain("localhost") => std::net::Ipv4Addr::LOCALHOST.into(),
                url::Host::Domain(_) => return None,
            };
            Some(SocketAddr::new(address, port))
        }),
        Telegram::Local { .. } => None,
    };
    let own = [Some(health), chat, bot_api.filter(|address| address.ip().is_loopback())];
    own.into_iter().flatten().collect()
}
