//! `umbrasil run`: the host, until a signal ends it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{CONFIG, complain};
use crate::app::{self, AppError, Started};
use crate::config::Config;
use crate::telemetry::logging;

pub(super) fn run() -> ExitCode {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => {
            complain(&error);
            return ExitCode::from(CONFIG);
        }
    };
    logging::start(config.log);
    guard_memory();
    match serve(config) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error @ AppError::Setting { .. })) => {
            complain(&error);
            ExitCode::from(CONFIG)
        }
        Ok(Err(error)) => {
            complain(&error);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A crash must not leave a file behind that has everything in it.
fn guard_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "cannot switch core files off");
    }
}

fn serve(config: Config) -> anyhow::Result<Result<(), AppError>> {
    // reqwest and teloxide leave the choice of the crypto provider to the program.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider was already chosen");
    }
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let host = runtime("host", 61, 31)?;
    // Guests yield every millisecond: these threads must look at timers and at other tasks as often.
    let guests = runtime("guest", 2, 2)?;
    let ended = host.block_on(until_signal(config, program, guests.handle().clone()));
    guests.shutdown_background();
    host.shutdown_background();
    ended
}

fn runtime(name: &str, event_interval: u32, queue_interval: u32) -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .event_interval(event_interval)
        .global_queue_interval(queue_interval)
        .enable_all()
        .build()
        .with_context(|| format!("cannot start the threads of the {name}"))
}

async fn until_signal(
    config: Config,
    program: PathBuf,
    guests: tokio::runtime::Handle,
) -> anyhow::Result<Result<(), AppError>> {
    let stop = CancellationToken::new();
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let asked = stop.clone();
    let signals = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        asked.cancel();
        // Whoever asks twice does not want to wait; what is not done waits in the database.
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::select! {
        ended = app::run(config, program, guests, stop, announce) => Ok(ended),
        () = signals => anyhow::bail!("stopped at once, as asked; the rest is done at the next start"),
    }
}

/// Nobody may be at the terminal any more: `println!` would panic then, and take the bot down.
fn announce(started: &Started) {
    let Started { chat, health } = started;
    tracing::info!(%health, "health and metrics");
    if let Some(chat) = chat {
        let line = format!("UmbraSIL is running: open http://{chat} to chat with it.\n");
        if let Err(error) = std::io::stdout().write_all(line.as_bytes()) {
            tracing::warn!(%error, "cannot say on standard output that the chat page is at http://{chat}");
        }
    }
}
