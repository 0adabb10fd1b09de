//! Components with another manifest, so that one fixture can ask for many things.

const SECTION: &str = "umbrasil:manifest";

/// The component with this text as its manifest, in place of the one that it was built with.
pub fn with_manifest(component: &[u8], manifest: &str) -> Vec<u8> {
    let mut found = 0;
    let changed = rewrite(component, manifest, &mut found);
    assert_eq!(found, 1, "one manifest");
    changed
}

/// Copies a component or core module section by section.
fn rewrite(bytes: &[u8], manifest: &str, found: &mut u32) -> Vec<u8> {
    let (header, mut rest) = bytes.split_at(8);
    let is_component = header[4..] == [0x0d, 0, 1, 0];
    let mut out = header.to_vec();
    while let [id, tail @ ..] = rest {
        let (size, used) = number(tail);
        let (content, after) = tail[used..].split_at(size);
        let content = match id {
            0 if name_of(content) == SECTION => {
                *found += 1;
                let mut section = vec![u8::try_from(SECTION.len()).unwrap()];
                section.extend_from_slice(SECTION.as_bytes());
                section.extend_from_slice(manifest.as_bytes());
                section
            }
            // A core module, or a component, inside the component.
            1 | 4 if is_component => rewrite(content, manifest, found),
            _ => content.to_vec(),
        };
        out.push(*id);
        push_number(&mut out, content.len());
        out.extend_from_slice(&content);
        rest = after;
    }
    out
}

fn name_of(section: &[u8]) -> &str {
    let (size, used) = number(section);
    std::str::from_utf8(&section[used..used + size]).unwrap()
}

/// A number as WebAssembly writes it, and how many bytes it took.
fn number(bytes: &[u8]) -> (usize, usize) {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (value, index + 1);
        }
    }
    panic!("a number without an end");
}

fn push_number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}
