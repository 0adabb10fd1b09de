//! The edge to Telegram: what comes in goes to the inbox, what waits in the outbox goes out.
//!
//! teloxide gives the types, the requests and the `Bot`. Its own polling and sending are not used: polling
//! confirms updates before they are handled, and sending sleeps ten seconds on a server error and loses the
//! message. Both are decided here instead.

mod api;
mod asides;
mod download;
mod intake;
mod outbox;
mod progress;
mod request;
pub(crate) mod update;
mod withhold;

pub(crate) use self::api::{Api, ApiError};
pub(crate) use self::asides::run as run_asides;
pub(crate) use self::intake::{Intake, Known};
pub(crate) use self::outbox::Outbox;
pub(crate) use self::request::commands;
