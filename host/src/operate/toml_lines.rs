//! A permission as the lines of TOML that ask for it, or grant it.

use crate::grant::{Placement, Scope, What, When};

/// The lines for `module.toml`.
pub(super) fn manifest(scope: &Scope) -> Vec<String> {
    lines("", scope)
}

/// The lines for the owner's `umbrasil.toml`.
pub(super) fn grant(module: &str, scope: &Scope) -> Vec<String> {
    lines(&format!("modules.{module}."), scope)
}

fn lines(prefix: &str, scope: &Scope) -> Vec<String> {
    let list = |name: &str| format!("[[{prefix}{name}]]");
    let one = |name: &str| format!("[{prefix}{name}]");
    // What is behind the kind in the canonical line.
    let shown = Scope::new(scope.what.clone()).to_string();
    let rest = shown.split_once(' ').map_or("", |(_, rest)| rest);
    let mut lines = match &scope.what {
        What::Http(_) => http(list("http"), rest),
        What::Secret(secret) => {
            let inject = match &secret.placement {
                Placement::Header { name, format } => {
                    format!("{{ header = {name:?}, format = {format:?} }}")
                }
                Placement::Query { name } => format!("{{ query = {name:?} }}"),
            };
            let (name, host) = (&secret.name, &secret.host);
            vec![
                list("secret"),
                format!("name = {name:?}"),
                format!("inject = {inject}"),
                format!("hosts = [{host:?}]"),
            ]
        }
        What::Ssh(_) => {
            let (target, command) = rest.split_once(": ").unwrap_or((rest, ""));
            let command = literal(command);
            vec![list("ssh"), format!("targets = [{target:?}]"), format!("commands = [{command}]")]
        }
        What::Docker(_) => {
            let (verb, container) = rest.split_once(' ').unwrap_or((rest, "*"));
            let container = literal(container);
            vec![
                list("docker"),
                format!("verbs = [{verb:?}]"),
                format!("containers = [{container}]"),
            ]
        }
        What::System(part) => vec![one("system"), format!("read = [{:?}]", part.word())],
        What::Logs(source) => vec![one("logs"), format!("read = [{:?}]", source.word())],
        What::Files => vec![one("files")],
        What::Ocr => vec![one("ocr")],
        What::Config(name) => vec![one("config"), format!("read = [{name:?}]")],
        What::Module { module, command } => {
            vec![list("modules"), format!("name = {module:?}"), format!("commands = [{command:?}]")]
        }
        What::Storage { keys, bytes } => {
            vec![
                one("storage"),
                format!("keys = {keys}"),
                format!("quota = \"{}KiB\"", bytes >> 10),
            ]
        }
        What::Schedule(schedule) => {
            let mut lines = vec![list("schedule"), format!("name = {:?}", schedule.name)];
            match &schedule.when {
                When::Every(interval) => lines.push(format!("every = \"{}s\"", interval.as_secs())),
                When::Cron { line, zone } => {
                    lines.push(format!("cron = {line:?}"));
                    lines.extend(zone.map(|zone| format!("zone = \"{zone}\"")));
                }
            }
            if schedule.catch_up {
                lines.push("missed = \"once\"".to_owned());
            }
            lines
        }
    };
    if let Some(effect) = scope.effect {
        lines.push(format!("effect = {:?}", effect.word()));
    }
    lines
}

fn http(head: String, rest: &str) -> Vec<String> {
    let mut words = rest.split(' ');
    let (method, url) = (words.next().unwrap_or("GET"), words.next().unwrap_or(""));
    let mut lines =
        vec![head, format!("url = {}", literal(url)), format!("methods = [{method:?}]")];
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let size = value.parse::<u64>().ok().filter(|_| name != "at");
        lines.push(match size {
            Some(bytes) => format!("{name} = \"{}KiB\"", bytes.div_ceil(1 << 10)),
            None => format!("{name} = {value:?}"),
        });
    }
    lines
}

/// A string of TOML.
fn literal(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is proposed for a manifest asks for exactly the permission.
    #[test]
    fn the_lines_are_the_permission() {
        for line in [
            "http GET https://api.example.org/v1/*",
            "http GET http://127.0.0.1:5678/api/* at 127.0.0.1 request 2097152",
            "read http POST https://api.example.org/v1/chat",
            "secret OPENAI_API_KEY as header Authorization \"Bearer {}\" to api.openai.com",
            "secret KEY as query key to 127.0.0.1:5678",
            "ssh web1: systemctl restart nginx",
            "dangerous ssh *: systemctl restart {unit:unit-name}",
            "docker restart web-*",
            "docker logs label:umbrasil.manage=true",
            "system cpu",
            "logs modules",
            "files",
            "ocr",
            "schedule check every 60s",
            "schedule digest cron \"0 9 * * 1\" Europe/Zurich missed once",
            "config DEFAULT_CURRENCY",
            "module finance balance",
            "storage 1000000 keys 268435456 bytes",
        ] {
            let scope: Scope = line.parse().unwrap();
            let text = format!("probe = true\n{}", manifest(&scope).join("\n"));
            let tables: Tables =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(tables.probe);
            let wants = tables.wants().expand(&|_| None).unwrap();
            let lines: Vec<String> = wants.iter().map(|want| want.scope.to_string()).collect();
            assert_eq!(lines, [line], "{text}");
        }
    }

    crate::grant::tables! {
        struct Tables {
            probe: bool,
        }
    }
}
