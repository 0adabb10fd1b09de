//! Charts as PNG pictures, drawn inside a module's sandbox.
//!
//! A [`Picture`] is a title over a stack of panels, each on its own card: [`Columns`] compare a few series over months or weekdays,
//! [`Bars`] rank labelled amounts, [`Lines`] follow measurements over time. It is made for a phone: 1,080 pixels wide, large letters,
//! one glance.
//!
//! ```
//! use umbrasil_charts::{Bars, ChartError, Columns, Lines, Picture, Tone};
//!
//! fn overview() -> Result<Vec<u8>, ChartError> {
//!     let load = [(1_795_000_000, 12.5), (1_795_000_060, 14.0), (1_795_000_120, 81.2)];
//!     Picture::new("November 2026")
//!         .subtitle("EUR")
//!         .panel(
//!             Columns::new("Last 6 months")
//!                 .series("Income", Tone::Good)
//!                 .series("Expenses", Tone::Bad)
//!                 .column("Jun", [2500.0, 1200.0])
//!                 .column("Jul", [2500.0, 900.5]),
//!         )
//!         .panel(
//!             Bars::new("Expenses by category")
//!                 .bar("rent", 900.0, "900.00")
//!                 .bar("food", 312.4, "312.40"),
//!         )
//!         .panel(
//!             Lines::new("CPU")
//!                 .unit("%")
//!                 .range(0.0, 100.0)
//!                 .series("cpu", Tone::First, load)
//!                 .limit("threshold", 80.0)
//!                 .offset_seconds(7200),
//!         )
//!         .render()
//! }
//!
//! let png = overview().unwrap();
//! assert!(png.starts_with(b"\x89PNG"));
//! ```
//!
//! In a handler: `Reply::photo(png)`, and `.map_err(Error::internal)` on what `render` returns.
//!
//! Whatever is put in, something sensible comes out: what is no number is left out, labels that are too long end in `…`, letters that
//! the font lacks become a neutral box, emoji are dropped, and a panel without data says so. The same picture is the same bytes.

#![warn(missing_docs)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "coordinates are clamped to a picture of a few thousand pixels, times to the years 1 to 9999"
)]

mod bars;
mod canvas;
mod columns;
mod encode;
mod legend;
mod lines;
mod panel;
mod picture;
mod plot;
mod scale;
mod text;
mod time;
mod tone;

pub use bars::Bars;
pub use columns::Columns;
pub use lines::Lines;
pub use panel::Panel;
pub use picture::{ChartError, Picture};
pub use tone::Tone;
