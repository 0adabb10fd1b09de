//! One test binary: everything end to end, by topic.

mod abuse;
mod bombs;
mod cache;
mod chat;
mod directory;
mod files;
mod refused;
mod reload;
mod storage;
