//! UmbraSIL's native host: a Telegram bot whose features are sandboxed WebAssembly components.
//!
//! Start reading at `dispatch`, the life of one event. Dependencies go one way: the edges (`telegram`, `schedule`,
//! `web`, `watch`, `local`, `app`, `cli`) know the centre (`dispatch`, `router`, `native`, `reply`, `report`,
//! `auth`), which knows the runtime (`module`), which knows what modules may reach (`capability`), which
//! stands on the ground (`config`, `database`, `telemetry`).

pub mod app;
#[doc(hidden)]
pub mod bench;
pub mod cli;
pub mod config;
pub mod database;
pub mod local;
pub mod telemetry;

mod approval;
mod audit;
mod auth;
mod bindings;
mod builtin;
mod capability;
mod cause;
mod control;
mod dispatch;
mod grant;
mod incoming;
mod lanes;
mod module;
mod native;
mod operate;
mod outgoing;
mod permission;
mod reply;
mod report;
mod router;
mod schedule;
mod secret;
mod telegram;
mod watch;
mod web;
