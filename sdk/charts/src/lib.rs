//! Charts as PNG pictures.
