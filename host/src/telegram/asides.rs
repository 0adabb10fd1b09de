//! Asides: calls that are of use only now, so they are tried once and never kept.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use super::{Api, request};
use crate::outgoing::Aside;

/// Asides on their way at once.
const PARALLEL: usize = 16;

/// Sends asides until nobody can make any more.
pub(crate) async fn run(api: Api, mut asides: mpsc::Receiver<Aside>) {
    let places = Arc::new(Semaphore::new(PARALLEL));
    while let Some(aside) = asides.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let api = api.clone();
        tokio::spawn(async move {
            let result = match aside {
                Aside::Typing(chat) => api.send(&request::typing(chat)).await,
                Aside::Answer { query, notice } => api.send(&request::answer(query, notice)).await,
            };
            if let Err(error) = result {
                // Usual after a restart: the button was pressed too long ago.
                tracing::debug!(%error, "an aside was not delivered");
            }
            drop(place);
        });
    }
}
