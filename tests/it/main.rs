//! One test binary: everything end to end, by topic.

mod chat;
mod crash;
mod durable;
mod files;
