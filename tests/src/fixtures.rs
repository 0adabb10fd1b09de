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
    const SECTION: &[u8] = b"umbrasil:manifest";
    let mut bytes = component(name).to_vec();
    // The fixture's own becomes a section that nobody knows.
    let at = bytes.windows(SECTION.len()).position(|window| window == SECTION).unwrap();
    bytes[at] = b'x';
    let mut section = vec![u8::try_from(SECTION.len()).unwrap()];
    section.extend([SECTION, manifest.as_bytes()].concat());
    bytes.push(0);
    let mut length = section.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(section);
    bytes
}
