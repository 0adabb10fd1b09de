//! Pictures, decoded and looked at: what is where, in which colour, how large.

mod colours;
mod drawing;
mod hostile;
mod seen;
