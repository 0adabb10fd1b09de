//! Pictures, decoded and looked at: what is where, in which colour, how large.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod colours;
mod drawing;
mod hostile;
mod seen;
