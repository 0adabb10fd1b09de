//! One test binary: everything end to end, by topic.

mod chat;
mod files;
mod tidy;
