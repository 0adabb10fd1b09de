//! One test binary: everything end to end, by topic.

mod chat;
mod crash;
mod disk;
mod durable;
mod faults;
mod files;
mod tidy;
