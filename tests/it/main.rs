//! One test binary: everything end to end, by topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "test code"
)]

mod abuse;
mod ai;
mod ai_failures;
mod ai_tools;
mod approvals;
mod audit;
mod bombs;
mod breaker;
mod browser;
mod business;
mod cache;
mod chat;
mod confirm;
mod crash;
mod directory;
mod disk;
mod docker;
mod dockerd;
mod durable;
mod faults;
mod files;
mod files_capability;
mod finance;
mod finance_papers;
mod finance_words;
mod gate;
mod grants;
mod guide;
mod http;
mod image;
mod local;
mod logs;
mod matrix;
mod monitoring;
mod ocr;
mod permissions;
mod progress;
mod refused;
mod reload;
mod replies;
mod schedule;
mod secrets;
mod settings;
mod shown;
mod ssh;
mod storage;
mod system;
mod tidy;
mod tour;
mod updates;
mod vps;
mod web;
mod witness;
