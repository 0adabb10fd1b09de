//! What all operating commands share: they ask the host that runs, or do it themselves if none does.

use std::io::Write as _;
use std::process::ExitCode;

use super::{CONFIG, complain};
use crate::app::{AppError, Ground};
use crate::config::Config;
use crate::control;
use crate::database::OpenError;
use crate::operate::{Outcome, Request};

/// Has a request carried out, and says what came of it.
pub(super) fn carry_out(request: Request) -> ExitCode {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => {
            complain(&error);
            return ExitCode::from(CONFIG);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(perform(&config, request)) {
        Ok(Outcome { text, code: 0 }) => show(&text),
        Ok(Outcome { text, code }) => {
            complain(&text);
            ExitCode::from(code)
        }
        Err(error) => {
            complain(&error);
            let setting =
                matches!(error.downcast_ref::<AppError>(), Some(AppError::Setting { .. }));
            if setting { ExitCode::from(CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

async fn perform(config: &Config, request: Request) -> anyhow::Result<Outcome> {
    let asked = control::ask(&config.data_dir, &request).await;
    let asked = asked.map_err(|error| {
        anyhow::anyhow!("cannot ask the host that runs on {}: {error}", config.data_dir.display())
    });
    if let Some(outcome) = asked? {
        return Ok(outcome);
    }
    let there = config.data_dir.join("umbrasil.db").exists();
    if !there && !matches!(request, Request::SecretSet { .. }) {
        anyhow::bail!(
            "there is no data in {}; set UMBRASIL_DATA_DIR as the host has it",
            config.data_dir.display()
        );
    }
    let ground = match Ground::open(config).await {
        Err(AppError::Database(OpenError::AlreadyRunning { path, holder })) => anyhow::bail!(
            "umbrasil (process {holder}) runs on {} and does not answer there; it may be starting or stopping: try again",
            path.display()
        ),
        ground => ground?,
    };
    ground.look_at_modules(config);
    let outcome = ground.operate(config).perform(request).await;
    ground.close().await;
    Ok(outcome)
}

/// Standard output may be closed, as by `head`: what cannot be said is no failure of what was done.
fn show(text: &str) -> ExitCode {
    drop(std::io::stdout().write_all(format!("{text}\n").as_bytes()));
    ExitCode::SUCCESS
}
