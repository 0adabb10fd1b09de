//! How the command line reaches a running host: a Unix socket in the data directory, for this user only.
//!
//! One line of JSON each way, then the connection is closed. Whoever may write to the data directory could
//! do all of this without us; nobody else gets as far as being read.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::operate::{Operate, Outcome, Request};

/// A request, which may hold a secret with every character escaped, has so many bytes at most.
const REQUEST: u64 = 128 << 10;
const ANSWER: u64 = 16 << 20;
/// How long a request may take to arrive, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the host may take to do it.
const WORK: Duration = Duration::from_mins(2);
/// Connections at once.
const PARALLEL: usize = 8;
/// The longest path that a socket can have, with the zero behind it: `sun_path` of Linux.
const PATH: usize = 108;
/// Pause after the system could not accept a connection.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the socket of a data directory is.
pub(crate) fn path(directory: &Path) -> PathBuf {
    directory.join("control.sock")
}

/// Opens the socket. The caller holds the directory's lock, so that one that is there is of no living host.
pub(crate) fn listen(directory: &Path) -> io::Result<UnixListener> {
    let path = path(directory);
    if path.as_os_str().len() >= PATH {
        let text = format!(
            "the path {} is too long for a socket; choose a data directory with a shorter one",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    match std::fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.file_type().is_socket() => std::fs::remove_file(&path)?,
        Ok(_) => {
            let text = format!("{} is in the way; move it elsewhere", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until `stop`.
pub(crate) async fn serve(listener: UnixListener, operate: Arc<Operate>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(PARALLEL));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection of the command line");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let operate = Arc::clone(&operate);
        tokio::spawn(async move {
            if let Err(error) = answer(stream, &operate).await {
                tracing::debug!(%error, "a request of the command line was not answered");
            }
            drop(place);
        });
    }
}

async fn answer(mut stream: UnixStream, operate: &Operate) -> io::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let peer = stream.peer_cred()?.uid();
    if peer != own {
        tracing::warn!(user = peer, "another user's request was refused");
        return Ok(());
    }
    let (reading, mut writing) = stream.split();
    let mut line = Zeroizing::new(String::new());
    let mut reader = BufReader::new(reading.take(REQUEST));
    let read = tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await;
    read.map_err(|_| io::ErrorKind::TimedOut)??;
    let outcome = match serde_json::from_str::<Request>(&line) {
        // What is complete is done, also when nobody waits for the answer any more.
        Ok(request) if line.ends_with('\n') => {
            let work = tokio::time::timeout(WORK, operate.perform(request)).await;
            work.unwrap_or_else(|_| Outcome { text: "it took too long".to_owned(), code: 1 })
        }
        // The request is not repeated: it may hold a secret.
        _ => Outcome {
            text: "the host does not understand the request; is this command of another version?"
                .to_owned(),
            code: 1,
        },
    };
    let mut answer = serde_json::to_string(&outcome).map_err(io::Error::other)?;
    answer.push('\n');
    let written = tokio::time::timeout(PATIENCE, writing.write_all(answer.as_bytes())).await;
    written.map_err(|_| io::ErrorKind::TimedOut)?
}

/// Asks a running host. None: there is none to ask.
pub(crate) async fn ask(directory: &Path, request: &Request) -> io::Result<Option<Outcome>> {
    let connected = UnixStream::connect(path(directory)).await;
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
                // A path that is too long for a socket has none behind it.
                || error.kind() == io::ErrorKind::InvalidInput =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut line = Zeroizing::new(serde_json::to_string(request).map_err(io::Error::other)?);
    line.push('\n');
    let exchange = async {
        // A host that refuses us closes early; what it says, or does not, tells more than a broken pipe.
        let sent = stream.write_all(line.as_bytes()).await;
        let mut answer = String::new();
        let (reading, _writing) = stream.split();
        BufReader::new(reading.take(ANSWER)).read_line(&mut answer).await?;
        sent.map(|()| answer)
    };
    let answer = tokio::time::timeout(WORK + 2 * PATIENCE, exchange).await;
    let answer = answer.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let unclear = || io::Error::other("the host has closed the connection without an answer");
    serde_json::from_str(&answer).map(Some).map_err(|_| unclear())
}
