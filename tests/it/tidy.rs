//! The shape of the tree: what ARCHITECTURE.md says of layers and sizes.

use std::path::{Path, PathBuf};

/// The layers of the host, from the top. A file may use what is in its own layer and below.
const LAYERS: [&[&str]; 5] = [
    &["main", "cli", "app", "telegram", "web", "watch", "local", "bench", "schedule", "control"],
    &[
        "dispatch", "router", "native", "operate", "approval", "cause", "reply", "report", "auth",
        "lanes", "incoming", "outgoing",
    ],
    &["module", "builtin"],
    &["capability", "bindings"],
    &["config", "secret", "permission", "grant", "audit", "database", "telemetry"],
];
/// What only these may name.
const OWNERS: [(&str, &[&str]); 9] = [
    ("teloxide", &["telegram"]),
    ("reqwest", &["telegram", "capability"]),
    ("russh", &["capability", "config"]),
    ("bollard", &["capability"]),
    ("sysinfo", &["capability"]),
    ("rusqlite", &["database"]),
    ("axum", &["web", "local"]),
    ("wasmtime::", &["module", "bindings", "capability"]),
    ("std::env::var", &["config"]),
];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty(), "{folder}");
    files
}

/// The first part of a host file's path: `dispatch` for `dispatch.rs` and `dispatch/draft.rs`.
fn part(path: &Path) -> String {
    let path = path.to_string_lossy();
    let inside = path.split("host/src/").nth(1).unwrap();
    inside.split(['/', '.']).next().unwrap().to_owned()
}

fn layer(part: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&part))
}

#[test]
fn dependencies_of_the_host_go_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources("host/src") {
        let part = part(&path);
        if part == "lib" {
            continue;
        }
        let own = layer(&part).unwrap_or_else(|| panic!("{part} is in no layer"));
        for (number, line) in text.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(char::is_ascii_lowercase).collect();
                if layer(&used).is_some_and(|used| used < own) {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_has_one_owner_is_named_nowhere_else() {
    let mut wrong = Vec::new();
    for (path, text) in sources("host/src") {
        let part = part(&path);
        for (name, owners) in OWNERS {
            let uses = |line: &&str| line.contains(name) && !line.trim_start().starts_with("//");
            if !owners.contains(&part.as_str())
                && part != "bench"
                && let Some(line) = text.lines().find(uses)
            {
                wrong.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_stay_small() {
    for folder in ["host/src", "sdk/src", "modules", "tests/src", "tests/it", "tests/fixtures"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= 500, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_source_file_says_what_it_owns() {
    for folder in ["host/src", "sdk/src", "modules", "tests/src", "tests/it"] {
        for (path, text) in sources(folder) {
            let tests = path.file_stem().is_some_and(|stem| stem == "tests")
                || path.to_string_lossy().contains("/tests/");
            let said = text.starts_with("//!");
            assert!(
                said || (tests && path.to_string_lossy().contains("/src/")),
                "{} has no header",
                path.display()
            );
        }
    }
}

/// A capability is in four places; what is proved of it at real sinks is in `matrix`.
#[test]
fn every_interface_has_its_host_and_its_sdk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let world = std::fs::read_to_string(root.join("wit/v0.1/world.wit")).unwrap();
    let imported = world.lines().filter_map(|line| line.trim().strip_prefix("import "));
    let mut count = 0;
    for interface in imported.map(|line| line.trim_end_matches(';')) {
        for place in [
            format!("wit/v0.1/{interface}.wit"),
            format!("host/src/capability/{interface}.rs"),
            format!("sdk/src/{interface}.rs"),
        ] {
            assert!(root.join(&place).is_file(), "{place} is missing");
        }
        count += 1;
    }
    assert!(count >= 11, "{world}");
}
