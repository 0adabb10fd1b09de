//! The HTTP listener: is the process alive, is it ready, and its numbers. Nothing here changes anything.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::telemetry::Metrics;

/// What the answers are made of.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) database: Database,
    /// Cancelled when the modules have been tried.
    pub(crate) loaded: CancellationToken,
    pub(crate) stopping: CancellationToken,
}

impl Health {
    /// Why the bot would not answer as it should, now.
    fn reasons(&self) -> Vec<&'static str> {
        let reasons = [
            (self.stopping.is_cancelled(), "the host is stopping"),
            (!self.loaded.is_cancelled(), "the modules are being loaded"),
            (self.metrics.polling.get() == 0, "Telegram's updates cannot be fetched"),
            (self.database.is_full(), "the disk is full"),
        ];
        reasons.into_iter().filter_map(|(is_so, reason)| is_so.then_some(reason)).collect()
    }
}

/// Serves until `stopping`.
pub(crate) async fn serve(listener: TcpListener, health: Health) -> std::io::Result<()> {
    let stopping = health.stopping.clone();
    let router = Router::new()
        .route("/", get(summary))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health);
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await
}

async fn summary(State(health): State<Health>) -> Response {
    let (totals, reasons) = (health.metrics.totals(), health.reasons());
    Json(json!({
        "status": if reasons.is_empty() { "healthy" } else { "degraded" },
        "service": "umbrasil",
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": totals.uptime.as_secs(),
        "updates": totals.updates,
        "errors": totals.errors,
        "reasons": reasons,
    }))
    .into_response()
}

async fn ready(State(health): State<Health>) -> Response {
    let reasons = health.reasons();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": reasons.is_empty(), "reasons": reasons }))).into_response()
}

async fn metrics(State(health): State<Health>) -> Response {
    match health.metrics.render() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
