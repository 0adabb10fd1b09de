//! What modules reach outside with: the far side of each capability, made from the settings.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::AppError;
use super::ground::Ground;
use crate::capability::permit::Authority;
use crate::capability::ssh::{self, HostKeyNotice};
use crate::capability::{Services, files, ocr};
use crate::config::Config;
use crate::dispatch::Dispatch;
use crate::module::sandbox::Reach;
use crate::telegram::Api;

/// Makes everything that instances share, and by what their calls are judged.
pub(super) fn reach(
    config: &Config,
    ground: &Ground,
    program: &Path,
    api: &Api,
    host_keys: mpsc::Sender<HostKeyNotice>,
) -> Result<Reach, AppError> {
    let database = ground.database.clone();
    let ssh = ssh::Service::new(config.targets.clone(), database.clone(), host_keys);
    let services = Services {
        http: Arc::default(),
        ssh: Arc::new(ssh),
        docker: Arc::default(),
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
