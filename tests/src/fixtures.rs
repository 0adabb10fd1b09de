//! Components for tests, built by this package's build script.

include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

/// The component of the fixture with this name.
pub fn component(name: &str) -> &'static [u8] {
    let found = FIXTURES.iter().find(|(fixture, _)| *fixture == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}

/// The component of a fixture with another manifest: what it wants then follows what a test needs, such as
/// a port that was free.
pub fn wanting(name: &str, manifest: &str) -> Vec<u8> {
    crate::with_manifest(component(name), manifest)
}
