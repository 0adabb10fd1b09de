//! Permissions, as owners list, give and take them.

use super::{Operate, Refused, table};
use crate::grant::Scope;
use crate::permission::Row;
use crate::telemetry::logging::escaped;

impl Operate {
    /// All permissions of a module, or of all modules.
    pub(crate) fn grants(&self, module: Option<&str>) -> Result<Vec<Row>, Refused> {
        if let Some(module) = module {
            self.known(module)?;
        }
        Ok(self.book.rows(module))
    }

    pub(super) fn list_grants(&self, module: Option<&str>) -> Result<String, Refused> {
        let rows = self.grants(module)?;
        if rows.is_empty() {
            return Ok("No module asks for anything, and nothing is granted.".to_owned());
        }
        let cells = |row: &Row| {
            let reason = row.reason.clone();
            [row.module.to_string(), row.scope.to_string(), state(row), reason]
                .map(|cell| escaped(&cell))
                .to_vec()
        };
        let head = ["MODULE", "PERMISSION", "STATE", "REASON"].map(str::to_owned).to_vec();
        let rows: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
        Ok(table(&rows))
    }

    /// Grants one permission, with effect on the next call.
    pub(crate) async fn allow(
        &self,
        module: &str,
        line: &str,
        by: &str,
    ) -> Result<String, Refused> {
        let scope = self.permission(module, line)?;
        self.book.decide(module, &scope, true, by).await?;
        self.granted.notify_one();
        let wanted = |row: &Row| row.wanted && scope.includes(&row.scope);
        let mut text = format!("Granted to {module}: {scope}");
        if !self.book.rows(Some(module)).iter().any(wanted) {
            text.push_str(
                "\nIts manifest does not ask for that, so it has no effect until a version does.",
            );
        }
        Ok(text)
    }

    /// Grants a component all that it waits for.
    pub(crate) async fn allow_all(&self, module: &str, by: &str) -> Result<String, Refused> {
        self.known(module)?;
        let Some(candidate) = self.book.waiting(module) else {
            let text = format!(
                "{module} waits for nothing. To grant one permission, write it behind the name; `umbrasil grant list {module}` shows what there is"
            );
            return Err(Refused::Failed(text));
        };
        self.book.allow(&candidate, by).await?;
        self.granted.notify_one();
        let short: String = candidate.hash.chars().take(12).collect();
        let mut text = format!("Granted to {module} {} ({short}):", candidate.version);
        if candidate.wants.is_empty() {
            text.push_str("\n  to be loaded; it asks for nothing");
        }
        for want in &candidate.wants {
            text.push_str("\n  ");
            text.push_str(&want.scope.to_string());
        }
        Ok(escaped_lines(&text))
    }

    /// Takes one permission back, with effect on the next call.
    pub(crate) async fn revoke(
        &self,
        module: &str,
        line: &str,
        by: &str,
    ) -> Result<String, Refused> {
        let scope = self.permission(module, line)?;
        let rows = self.book.rows(Some(module));
        let Some(row) = rows.iter().find(|row| row.scope == scope) else {
            let text = format!(
                "{module} has no permission `{scope}`; write one as `umbrasil grant list {module}` shows it"
            );
            return Err(Refused::Failed(text));
        };
        if !row.allowed && row.by.is_some() {
            return Ok(format!("It was revoked already: {scope}"));
        }
        self.book.decide(module, &scope, false, by).await?;
        Ok(format!("Revoked from {module}: {scope}"))
    }

    /// The permission that somebody wrote for a module.
    fn permission(&self, module: &str, line: &str) -> Result<Scope, Refused> {
        self.known(module)?;
        line.parse().map_err(Refused::usage)
    }

    /// Refuses a name that no module has.
    pub(crate) fn known(&self, module: &str) -> Result<(), Refused> {
        if self.book.permissions(module).is_some() || !self.book.rows(Some(module)).is_empty() {
            return Ok(());
        }
        let shown: String = module.chars().take(40).collect();
        let mut names: Vec<String> =
            self.book.rows(None).iter().map(|row| row.module.to_string()).collect();
        names.dedup();
        let known = if names.is_empty() {
            "no module asks for anything".to_owned()
        } else {
            format!("those that ask for something are {}", names.join(", "))
        };
        Err(Refused::Failed(format!("there is no module `{}`; {known}", shown.escape_debug())))
    }
}

/// Whether a permission is granted, and by whom.
pub(crate) fn state(row: &Row) -> String {
    let Row { by, allowed, wanted, .. } = row;
    let state = match (allowed, by) {
        (true, Some(by)) => format!("granted by {by}"),
        (true, None) => "granted".to_owned(),
        (false, Some(by)) => format!("revoked by {by}"),
        (false, None) => "waits".to_owned(),
    };
    if *wanted { state } else { format!("{state}, not asked for") }
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}
