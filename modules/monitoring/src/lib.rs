//! `/metrics`, `/checks`, `/alerts`, `/uptime`, `/digest`: the machine, its services, what is wrong with
//! them, and the logs.
//!
//! Read in this order. What is measured: `sample`, `probe`, `containers`, kept by `series` and `record` in a
//! `ring`. What is wrong: `condition` (when), `alert` (what people know of it), `notice` (how much is said),
//! all of them pure. The schedules: `round` puts these together, `probe` asks the services, `digest` sums a
//! day up; `news` are the messages that they send. What people ask for: `home`, `metrics`, `graph`,
//! `services`, `alerts`, `logs`, `uptime`.
//!
//! The two schedules that run each minute write different keys, and only the one that asks services reaches
//! outside. So a button that is pressed at the same moment never makes a round be lost: the host runs the
//! one that collided again.

#![allow(
    clippy::cast_precision_loss,
    reason = "shares and sizes that people read, or that are drawn"
)]

mod ring;
mod words;

mod containers;
mod probe;
mod record;
mod sample;
mod series;
mod settings;

mod alert;
mod condition;
mod notice;
mod state;

mod news;
mod round;

mod alerts;
mod digest;
mod graph;
mod home;
mod log_view;
mod logs;
mod metrics;
mod services;
mod uptime;

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// The monitoring module.
pub fn module() -> Module {
    Module::new("Monitoring")
        .summary("The machine, its services, alerts and logs")
        .menu("📊 Monitoring", "home")
        .command("metrics", "Show CPU, memory, disks, network and load", metrics::metrics)
        .optional("ORDER", "cpu or memory: by what processes are ordered")
        .example("/metrics memory")
        .reads_only()
        .command("checks", "Show whether services and containers are up", services::checks)
        .example("/checks")
        .reads_only()
        .command("alerts", "Show what is wrong, and what was", alerts::alerts)
        .example("/alerts")
        .reads_only()
        .command("uptime", "Show uptime, and how available services were", uptime::uptime)
        .example("/uptime")
        .reads_only()
        .command("digest", "Show the last day, or switch the daily digest", digest::digest)
        .optional("WHAT", "now, on or off")
        .example("/digest now")
        .action("home", home::home)
        .action("metrics", metrics::metrics)
        .action("chart", graph::chart)
        .action("checks", services::checks)
        .action("check", services::check_now)
        .action("service", services::service)
        .action("latency", graph::latency)
        .action("alerts", alerts::alerts)
        .action("ack", alerts::acknowledge)
        .action("mute", alerts::mute)
        .action("unmute", alerts::unmute)
        .action("logs", logs::sources)
        .action("boxes", logs::boxes)
        .action("log", logs::change)
        .answer("log_filter", logs::filter)
        .action("uptime", uptime::uptime)
        .action("digest", digest::digest)
        .schedule("watch", round::tick)
        .schedule("probe", probe::tick)
        .schedule("digest", digest::tick)
}
