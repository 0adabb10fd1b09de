//! The tables of a manifest, and of `[modules.NAME]` in `umbrasil.toml`: the same keys, expanded to scopes.

use serde::Deserialize;

use super::schedule::duration;
use super::{
    Effect, Malformed, Part, Placement, ScheduleScope, Scope, SecretScope, What, When, is_name,
    services,
};
use crate::telemetry::recent::Source;

/// Makes a struct of TOML tables: some of its own, and all that can be asked for or granted. They are one
/// struct, so that a key that is none of them is refused with its line and a caret.
macro_rules! tables {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$own:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $visibility struct $name {
            $($(#[$own])* $field: $type,)*
            #[serde(default)]
            http: Vec<crate::grant::table::Http>,
            #[serde(default)]
            secret: Vec<crate::grant::table::Secret>,
            #[serde(default)]
            ssh: Vec<crate::grant::table::Ssh>,
            #[serde(default)]
            docker: Vec<crate::grant::table::Docker>,
            system: Option<crate::grant::table::System>,
            logs: Option<crate::grant::table::Logs>,
            files: Option<crate::grant::table::Bare>,
            ocr: Option<crate::grant::table::Bare>,
            #[serde(default)]
            schedule: Vec<crate::grant::table::Schedule>,
            config: Option<crate::grant::table::Settings>,
            #[serde(default)]
            modules: Vec<crate::grant::table::Modules>,
            storage: Option<crate::grant::table::Storage>,
        }

        impl $name {
            /// The tables of permissions alone.
            $visibility fn wants(&self) -> crate::grant::Wants {
                crate::grant::Wants {
                    http: self.http.clone(),
                    secret: self.secret.clone(),
                    ssh: self.ssh.clone(),
                    docker: self.docker.clone(),
                    system: self.system.clone(),
                    logs: self.logs.clone(),
                    files: self.files.clone(),
                    ocr: self.ocr.clone(),
                    schedule: self.schedule.clone(),
                    config: self.config.clone(),
                    modules: self.modules.clone(),
                    storage: self.storage.clone(),
                }
            }
        }
    };
}
pub(crate) use tables;

/// Everything that can be asked for or granted, as TOML has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wants {
    pub(crate) http: Vec<Http>,
    pub(crate) secret: Vec<Secret>,
    pub(crate) ssh: Vec<Ssh>,
    pub(crate) docker: Vec<Docker>,
    pub(crate) system: Option<System>,
    pub(crate) logs: Option<Logs>,
    pub(crate) files: Option<Bare>,
    pub(crate) ocr: Option<Bare>,
    pub(crate) schedule: Vec<Schedule>,
    pub(crate) config: Option<Settings>,
    pub(crate) modules: Vec<Modules>,
    pub(crate) storage: Option<Storage>,
}

/// A permission and why the module asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) scope: Scope,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    /// Scheme, host, port and path; `{SETTING}` at its beginning stands for what the owner has set.
    url: String,
    #[serde(default = "get")]
    methods: Vec<String>,
    at: Option<std::net::IpAddr>,
    request: Option<String>,
    response: Option<String>,
    effect: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secret {
    name: String,
    inject: Inject,
    hosts: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inject {
    header: Option<String>,
    format: Option<String>,
    query: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ssh {
    targets: Vec<String>,
    commands: Vec<String>,
    effect: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Docker {
    verbs: Vec<String>,
    containers: Vec<String>,
    effect: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    read: Vec<Part>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logs {
    read: Vec<Source>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bare {
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    name: String,
    every: Option<String>,
    cron: Option<String>,
    zone: Option<String>,
    /// `skip` (the default) or `once`.
    missed: Option<String>,
    /// `skip`: the only one there is.
    overlap: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    read: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Modules {
    name: String,
    commands: Vec<String>,
    effect: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    keys: Option<u64>,
    quota: Option<String>,
    #[serde(default)]
    reason: String,
}

/// What every module may keep, without asking.
pub(crate) const STORAGE: (u64, u64) = (10_000, 16 << 20);
/// The most that can be asked for.
const LARGEST_STORAGE: (u64, u64) = (1_000_000, 256 << 20);
/// The largest body that can be asked for, in bytes.
const LARGEST_BODY: u64 = 32 << 20;
const SCHEDULES: usize = 50;
/// Permissions of one module.
const SCOPES: usize = 500;

fn get() -> Vec<String> {
    vec!["GET".to_owned()]
}

impl Wants {
    /// The permissions, one by one. `setting` gives what the owner has set; what hangs on a setting that is
    /// not set is left out.
    pub(crate) fn expand(
        &self,
        setting: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Want>, Malformed> {
        let mut wants = Vec::new();
        let mut add = |what: What, effect: Option<Effect>, reason: &str| {
            let scope = Scope { effect, what };
            if !wants.iter().any(|want: &Want| want.scope == scope) {
                wants.push(Want { scope, reason: reason.to_owned() });
            }
        };
        for http in &self.http {
            let effect = effect_of(http.effect.as_deref())?;
            for line in http.lines(setting)? {
                add(What::Http(line.parse()?), effect, &http.reason);
            }
        }
        for Secret { name, inject, hosts, reason } in &self.secret {
            let placement = match inject {
                Inject { header: Some(header), format, query: None } => Placement::Header {
                    name: header.clone(),
                    format: format.clone().unwrap_or_else(|| "{}".to_owned()),
                },
                Inject { header: None, format: None, query: Some(query) } => {
                    Placement::Query { name: query.clone() }
                }
                _ => {
                    let text = "a secret is injected as `{ header = \"…\", format = \"… {}\" }` or `{ query = \"…\" }`";
                    return Err(Malformed::new(text));
                }
            };
            for host in hosts {
                let Some(host) = filled_host(host, setting)? else { continue };
                add(What::Secret(SecretScope::new(name, placement.clone(), &host)?), None, reason);
            }
        }
        for Ssh { targets, commands, effect, reason } in &self.ssh {
            let effect = effect_of(effect.as_deref())?;
            for target in targets {
                for command in commands {
                    add(What::Ssh(format!("{target}: {command}").parse()?), effect, reason);
                }
            }
        }
        for Docker { verbs, containers, effect, reason } in &self.docker {
            let effect = effect_of(effect.as_deref())?;
            for verb in verbs {
                for container in containers {
                    add(What::Docker(format!("{verb} {container}").parse()?), effect, reason);
                }
            }
        }
        if let Some(System { read, reason }) = &self.system {
            for part in read {
                add(What::System(*part), None, reason);
            }
        }
        if let Some(Logs { read, reason }) = &self.logs {
            for source in read {
                add(What::Logs(*source), None, reason);
            }
        }
        if let Some(Bare { reason }) = &self.files {
            add(What::Files, None, reason);
        }
        if let Some(Bare { reason }) = &self.ocr {
            add(What::Ocr, None, reason);
        }
        if self.schedule.len() > SCHEDULES {
            return Err(Malformed(format!("at most {SCHEDULES} schedules")));
        }
        for schedule in &self.schedule {
            let twice =
                self.schedule.iter().filter(|other| other.name == schedule.name).count() > 1;
            if twice {
                return Err(Malformed(format!("there are two schedules `{}`", schedule.name)));
            }
            add(What::Schedule(schedule.scope()?), None, &schedule.reason);
        }
        if let Some(Settings { read, reason }) = &self.config {
            for name in read {
                if !is_name(name) {
                    return Err(Malformed(format!("`{}` is no setting", name.escape_debug())));
                }
                add(What::Config(name.clone()), None, reason);
            }
        }
        for Modules { name, commands, effect, reason } in &self.modules {
            let effect = effect_of(effect.as_deref())?;
            for command in commands {
                let scope: Scope = format!("module {name} {command}").parse()?;
                add(scope.what, effect, reason);
            }
        }
        if let Some(storage) = &self.storage {
            let (keys, bytes) = storage.asked()?;
            if (keys, bytes) != STORAGE {
                add(What::Storage { keys, bytes }, None, &storage.reason);
            }
        }
        if wants.len() > SCOPES {
            return Err(Malformed(format!("more than {SCOPES} permissions")));
        }
        Ok(wants)
    }
}

impl Http {
    /// One line for each method; none if the URL hangs on a setting that is not set.
    fn lines(&self, setting: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Malformed> {
        let urls = urls(&self.url, setting)?;
        let mut options = String::new();
        if let Some(at) = self.at {
            options.extend([" at ", &at.to_string()]);
        }
        for (word, size) in [("request", &self.request), ("response", &self.response)] {
            let Some(size) = size else { continue };
            let bytes = bytes(size)?;
            if bytes > LARGEST_BODY {
                return Err(Malformed(format!("a body of {size} is more than 32MiB")));
            }
            options.extend([" ", word, " ", &bytes.to_string()]);
        }
        let methods = |url: &String| {
            let line = |method| format!("{method} {url}{options}");
            self.methods.iter().map(line).collect::<Vec<_>>()
        };
        Ok(urls.iter().flat_map(methods).collect())
    }
}

impl Schedule {
    fn scope(&self) -> Result<ScheduleScope, Malformed> {
        let Self { name, every, cron, zone, missed, overlap, .. } = self;
        let when = match (every, cron, zone) {
            (Some(every), None, None) => When::Every(duration(every)?),
            (None, Some(line), zone) => {
                let zone = zone.as_ref().map(|zone| {
                    zone.parse().map_err(|_| {
                        Malformed(format!("`{}` is no time zone", zone.escape_debug()))
                    })
                });
                When::Cron { line: line.clone(), zone: zone.transpose()? }
            }
            _ => {
                let text = format!(
                    "the schedule `{name}` needs `every = \"60s\"`, or `cron = \"0 9 * * 1\"` with or without a `zone`"
                );
                return Err(Malformed(text));
            }
        };
        let catch_up = match missed.as_deref() {
            None | Some("skip") => false,
            Some("once") => true,
            Some(_) => return Err(Malformed::new("`missed` is `skip` or `once`")),
        };
        if overlap.as_deref().is_some_and(|overlap| overlap != "skip") {
            return Err(Malformed::new("`overlap` is `skip`: a schedule never runs beside itself"));
        }
        ScheduleScope::new(name, when, catch_up)
    }
}

impl Storage {
    fn asked(&self) -> Result<(u64, u64), Malformed> {
        let keys = self.keys.unwrap_or(STORAGE.0).min(LARGEST_STORAGE.0);
        let bytes = self.quota.as_deref().map_or(Ok(STORAGE.1), bytes)?.min(LARGEST_STORAGE.1);
        Ok((keys.max(1), bytes))
    }
}

fn effect_of(word: Option<&str>) -> Result<Option<Effect>, Malformed> {
    let Some(word) = word else { return Ok(None) };
    Effect::from_word(word)
        .map(Some)
        .ok_or_else(|| Malformed::new("`effect` is `read`, `change` or `dangerous`"))
}

/// The URLs that one of a table stands for: itself, `{SETTING}/path` with the setting's value or, where that is a
/// list of services, each of those.
fn urls(url: &str, setting: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Malformed> {
    let name = url.strip_prefix('{').and_then(|url| url.split_once('}')).map(|(name, _)| name);
    if name != Some(services::SETTING) {
        return Ok(filled(url, setting)?.into_iter().collect());
    }
    if url != format!("{{{}}}", services::SETTING) {
        let text =
            format!("`{{{}}}` stands for whole URLs; nothing is behind it", services::SETTING);
        return Err(Malformed(text));
    }
    Ok(setting(services::SETTING).map(|list| services::places(&list)).unwrap_or_default())
}

/// `{SETTING}/path` with the setting's value, which is a URL.
fn filled(
    url: &str,
    setting: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, Malformed> {
    let Some((name, rest)) = url.strip_prefix('{').and_then(|url| url.split_once('}')) else {
        return Ok(Some(url.to_owned()));
    };
    if !is_name(name) {
        return Err(Malformed(format!("`{}` is no setting", name.escape_debug())));
    }
    Ok(setting(name).map(|value| format!("{}{rest}", value.trim_end_matches('/'))))
}

/// `{SETTING}` with the host and port of the setting's value, which is a URL.
fn filled_host(
    host: &str,
    setting: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, Malformed> {
    let Some(url) = filled(host, setting)? else { return Ok(None) };
    if url == host {
        return Ok(Some(url));
    }
    let parsed = url::Url::parse(&url).ok();
    let host = parsed.as_ref().and_then(host_of);
    host.map(Some).ok_or_else(|| Malformed::new("the setting that names a host is no URL"))
}

/// `HOST`, or `HOST:PORT` where the port is not the scheme's own: how a secret's host is written.
pub(crate) fn host_of(url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// `16MiB`, `512KiB`.
fn bytes(text: &str) -> Result<u64, Malformed> {
    let wrong = || Malformed(format!("`{}` is no size such as \"16MiB\"", text.escape_debug()));
    let at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let factor: u64 = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}
