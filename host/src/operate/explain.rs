//! `policy explain`: what would happen with a call, which rule decides, and what would change it.

use super::{Operate, Refused, toml_lines};
use crate::capability::permit::NO_PERMISSION;
use crate::grant::{Call, Effect, Scope, What};
use crate::permission::{Judgement, Origin, Permissions, Verdict};
use crate::telemetry::logging::escaped;

impl Operate {
    /// Explains, for each origin, what happens with a call of a module.
    pub(crate) fn explain(&self, module: &str, call: &str) -> Result<String, Refused> {
        self.known(module)?;
        let call: Call = call.parse().map_err(Refused::usage)?;
        let permissions = self.book.permissions(module).unwrap_or_default();
        let mut lines = vec![format!("{module}: {call}"), String::new()];
        if let Some(users) = self.book.users(module) {
            let users: Vec<String> = users.iter().map(ToString::to_string).collect();
            lines.push(format!("For:       owners, and users {}", users.join(", ")));
        }
        match permissions.judge(&call) {
            Judgement::Covered { want, grant, effect } => {
                lines.push(format!("Asked for: {want}"));
                lines.push(format!("Granted:   {} by {}", grant.scope, grant.by));
                lines.push(format!("Counts as: {}", effect.word()));
                lines.push(String::new());
                lines.extend(Origin::ALL.map(|origin| self.verdict(origin, effect)));
            }
            Judgement::NotGranted { want } => {
                lines.push(format!("Asked for: {want}"));
                lines.push("Granted:   no".to_owned());
                lines.push(String::new());
                lines.extend(denied());
                lines.push(String::new());
                lines.extend(remedy(module, &call, want));
            }
            Judgement::NotWanted => {
                lines.push("Asked for: no, so that granting it has no effect".to_owned());
                if let Some(row) = self.revoked(module, &call) {
                    lines.push(format!("Revoked:   {} by {}", row.0, row.1));
                    lines.push(String::new());
                    lines.extend(denied());
                    lines.push(String::new());
                    lines.push("To allow it:".to_owned());
                    lines.push(format!("  umbrasil grant allow {module} {}", quoted(&row.0)));
                    lines.retain(|line| !line.starts_with("Asked for: no"));
                } else {
                    lines.push(format!("Granted:   {}", granted(&permissions, &call)));
                    lines.push(String::new());
                    lines.extend(denied());
                    lines.push(String::new());
                    lines.push("Its author would have to ask for it in module.toml:".to_owned());
                    lines.extend(indented(&toml_lines::manifest(&narrowest(&call, None))));
                }
            }
        }
        Ok(lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n"))
    }

    fn verdict(&self, origin: Origin, effect: Effect) -> String {
        let verdict = self.policy.verdict(origin, effect);
        let (who, rule) = (origin.word(), format!("policy.{}.{}", origin.word(), effect.word()));
        match verdict {
            Verdict::Allow => format!("{who:<9} allow"),
            Verdict::Ask => format!(
                "{who:<9} ask    an owner confirms each call ({rule} = \"ask\"; \"allow\" in umbrasil.toml would let it pass)"
            ),
            Verdict::Deny => format!(
                "{who:<9} deny   {rule} = \"deny\"; \"ask\" or \"allow\" in umbrasil.toml would change it"
            ),
        }
    }

    /// The wanted permission that covers a call and was revoked, and by whom.
    fn revoked(&self, module: &str, call: &Call) -> Option<(String, String)> {
        let rows = self.book.rows(Some(module));
        let row = rows.iter().find(|row| row.wanted && !row.allowed && row.scope.covers(call));
        if let Some(row) = row {
            return Some((row.scope.to_string(), row.by.as_ref()?.to_string()));
        }
        // What was granted by name and taken back is in no manifest.
        let permissions = self.book.permissions(module)?;
        Some((permissions.taken_back(call)?.to_string(), "an owner".to_owned()))
    }
}

/// What would allow a call that a wanted permission covers.
fn remedy(module: &str, call: &Call, want: &Scope) -> Vec<String> {
    if !call.is_grantable() {
        return vec![format!("To allow it: {NO_PERMISSION}")];
    }
    let scope = narrowest(call, Some(want));
    let line = scope.to_string();
    let mut lines = vec![
        "To allow it:".to_owned(),
        format!("  umbrasil grant allow {module} {}", quoted(&line)),
        "or in umbrasil.toml:".to_owned(),
    ];
    lines.extend(indented(&toml_lines::grant(module, &scope)));
    if want.to_string() != line && !want.leaves_open(call) {
        lines.push("To allow all that it asks for there:".to_owned());
        lines.push(format!("  umbrasil grant allow {module} {}", quoted(&want.to_string())));
    }
    lines
}

fn denied() -> impl Iterator<Item = String> {
    Origin::ALL.into_iter().map(|origin| format!("{:<9} deny", origin.word()))
}

fn granted(permissions: &Permissions, call: &Call) -> String {
    let found = permissions.grants.iter().find(|grant| grant.scope.covers(call));
    found.map_or_else(|| "no".to_owned(), |grant| format!("{} by {}", grant.scope, grant.by))
}

/// The narrowest permission that covers the call.
fn narrowest(call: &Call, want: Option<&Scope>) -> Scope {
    // A secret is granted for exactly the place that the manifest names.
    if let Some(want @ Scope { what: What::Secret(_), .. }) = want {
        return want.clone();
    }
    let narrow = match call {
        Call::Secret { name, host } => {
            format!("secret {name} as header Authorization \"Bearer {{}}\" to {host}").parse()
        }
        call => call.remedy().parse::<Scope>(),
    };
    let narrow = narrow.ok().filter(|scope| scope.covers(call));
    narrow.or_else(|| want.cloned()).unwrap_or_else(|| Scope::new(What::Files))
}

/// A line as an argument of a shell.
fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', "'\\''"))
}

fn indented(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("  {line}"))
}
