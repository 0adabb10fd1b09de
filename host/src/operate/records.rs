//! The audit, as owners read and check it.

use super::{Operate, Refused, time_in};
use crate::audit::{Numbered, Record};
use crate::telemetry::logging::escaped;

/// Records that are listed at once.
const MOST: u32 = 10_000;

impl Operate {
    /// The newest records, the newest last: of one module, or only refusals.
    pub(crate) async fn list_records(
        &self,
        module: Option<&str>,
        denied: bool,
        limit: u32,
    ) -> Result<String, Refused> {
        let mut found = self.audit.newest(module, denied, limit.min(MOST)).await?;
        if found.is_empty() {
            return Ok("There are no such records.".to_owned());
        }
        found.reverse();
        let lines: Vec<String> = found.iter().map(|record| line(record, chrono_tz::UTC)).collect();
        Ok(lines.join("\n"))
    }

    /// Checks the chain of records.
    pub(crate) async fn verify_records(&self) -> Result<String, Refused> {
        match self.audit.verify().await? {
            Ok(1) => Ok("ok: the one record is as it was written".to_owned()),
            Ok(count) => Ok(format!("ok: all {count} records are as they were written")),
            Err(finding) => Err(Refused::Failed(format!("the audit is broken: {finding}"))),
        }
    }
}

/// One record on one line: number, time, who, module, what, decision, why.
pub(crate) fn line(Numbered { seq, record }: &Numbered, zone: chrono_tz::Tz) -> String {
    let Record { at_ms, actor, module, capability, target, decision, reason, .. } = record;
    // A permission's line begins with its kind; a secret's name does not.
    let what = match capability.as_str() {
        "secret" | "audit" => format!("{capability} {target}"),
        _ => target.clone(),
    };
    let module = if module.is_empty() { "-" } else { module };
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let at = time_in(*at_ms, zone);
    let line = format!("{seq} {at} {actor} {module}: {what}: {decision}{reason}");
    escaped(&line)
}
