//! Components for tests, built by this package's build script.

include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

/// The component of the fixture with this name.
pub fn component(name: &str) -> &'static [u8] {
    let found = FIXTURES.iter().find(|(fixture, _)| *fixture == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}
