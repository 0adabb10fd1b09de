//! Components for tests, built by this package's build script.

include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

/// The component of the fixture with this name.
pub fn component(name: &str) -> &'static [u8] {
    let found = FIXTURES.iter().find(|(fixture, _)| *fixture == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}

/// The component of a fixture with another manifest, which must not be longer than its own.
pub fn with_manifest(name: &str, manifest: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/{name}/module.toml", env!("CARGO_MANIFEST_DIR"));
    let own = std::fs::read(path).unwrap();
    assert!(manifest.len() <= own.len(), "make fixtures/{name}/module.toml longer");
    let mut component = component(name).to_vec();
    let mut from = 0;
    // It is there twice: in its section, and in the memory of the module.
    while let Some(at) = component[from..].windows(own.len()).position(|bytes| bytes == own) {
        let place = &mut component[from + at..][..own.len()];
        place.fill(b'\n');
        place[..manifest.len()].copy_from_slice(manifest.as_bytes());
        from += at + own.len();
    }
    assert!(from > 0, "build the fixtures anew");
    component
}
