//! An answer that is still arriving. A task of its own holds the connection, so that it is closed when the
//! permission is revoked or the guest lets go, also while nobody reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::answer::{Arrived, Head, broken, report, status_line};
use super::exchange::revoked;
use super::request::LARGEST;
use crate::capability::Error;

/// Bytes that one read gives at most.
const PIECE: usize = 64 << 10;

/// An answer that is still arriving.
#[expect(unreachable_pub, reason = "the generated bindings name it")]
pub struct Stream {
    pub(super) head: Head,
    pieces: mpsc::Receiver<Result<Vec<u8>, Error>>,
    revoked: Arc<AtomicBool>,
}

impl Stream {
    /// Begins to receive.
    pub(super) fn new(mut arrived: Arrived) -> Self {
        let head = arrived.head();
        let (sender, pieces) = mpsc::channel(1);
        let revoked = Arc::new(AtomicBool::new(false));
        // It ends by itself: the receiver goes with the event.
        drop(tokio::spawn(pump(arrived, sender, Arc::clone(&revoked))));
        Self { head, pieces, revoked }
    }

    /// The next piece; none at the end.
    pub(super) async fn read(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let piece = self.pieces.recv().await.transpose();
        // Nothing is handed out after the permission is gone, not even what was there before.
        if self.revoked.load(Ordering::Acquire) {
            return Err(revoked());
        }
        piece
    }
}

async fn pump(
    mut arrived: Arrived,
    sender: mpsc::Sender<Result<Vec<u8>, Error>>,
    is_revoked: Arc<AtomicBool>,
) {
    let (mut received, host) = (0_u64, arrived.host());
    let is_empty = arrived.call.method == "HEAD";
    let ended = tokio::select! {
        biased;
        () = arrived.running.revoked() => {
            is_revoked.store(true, Ordering::Release);
            Err(revoked())
        }
        () = sender.closed() => Ok("closed"),
        ended = pass(&mut arrived.response, &mut arrived.redactor, is_empty, &sender, &mut received) => {
            ended.map_err(|error| match error {
                Failure::Broken(error) => broken(&error, &host),
                Failure::TooLarge => Error::TooLarge(LARGEST),
            })
        }
    };
    let status = status_line(arrived.response.status());
    report(arrived.running.permit().module(), &host, &arrived.redactor.found);
    let Arrived { response, running, slot, sent, .. } = arrived;
    // The connection first: whoever is told that it is over can rely on it.
    drop((response, slot));
    let outcome = match &ended {
        Ok(how) => format!("{status}, {how}"),
        Err(error) => format!("{status}, then {error}"),
    };
    running.end(&outcome, sent + received).await;
    if let Err(error) = ended
        && sender.send(Err(error)).await.is_err()
    {
        tracing::trace!("nobody reads the end of a stream");
    }
}

enum Failure {
    Broken(reqwest::Error),
    TooLarge,
}

/// Passes pieces on until the end.
async fn pass(
    response: &mut reqwest::Response,
    redactor: &mut super::redact::Redactor,
    is_empty: bool,
    sender: &mpsc::Sender<Result<Vec<u8>, Error>>,
    received: &mut u64,
) -> Result<&'static str, Failure> {
    if is_empty {
        return Ok("all of it");
    }
    loop {
        let chunk = response.chunk().await.map_err(Failure::Broken)?;
        let clean = match &chunk {
            Some(chunk) => {
                *received += chunk.len() as u64;
                redactor.push(chunk)
            }
            None => redactor.finish(),
        };
        if *received > LARGEST {
            return Err(Failure::TooLarge);
        }
        for piece in clean.chunks(PIECE) {
            if sender.send(Ok(piece.to_vec())).await.is_err() {
                return Ok("closed");
            }
        }
        if chunk.is_none() {
            return Ok("all of it");
        }
    }
}
