//! The check of the chain: is every record there, as it was written, up to the end.

use std::fmt;
use std::io::ErrorKind;

use super::Audit;
use crate::database::{AuditRow, CommitError, Ends, Mark, Seal};

/// Records that are read at once.
const CHUNK: u32 = 5_000;

/// What is wrong with the audit. The first thing that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// A record is not what was written.
    Changed(i64),
    /// Records from one number to another are not there.
    Missing(i64, i64),
    /// What says where the chain begins or ends was changed, or is gone.
    Mark(&'static str),
    /// It takes the key to say.
    NoKey,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(seq) => {
                write!(f, "record {seq} is not as it was written, or one before it was taken out")
            }
            Self::Missing(from, to) if from == to => write!(f, "record {from} is missing"),
            Self::Missing(from, to) => write!(f, "the records {from} to {to} are missing"),
            Self::Mark(what) => write!(f, "{what}"),
            Self::NoKey => {
                f.write_str("the audit is sealed with SECRET_KEY; set it to have it checked")
            }
        }
    }
}

/// Both ends of the chain, as far as they can be trusted.
struct Bounds {
    /// Where the chain begins: number and hash of the record before the first.
    before: (i64, String),
    head: (i64, String),
    /// What the head's file says.
    filed: Mark,
}

impl Audit {
    /// Walks the chain. Gives how many records there are, or what is wrong first.
    pub(crate) async fn verify(&self) -> Result<Result<u64, Finding>, CommitError> {
        let bounds = match self.bounds(&self.database.audit_ends().await?).await {
            Ok(bounds) => bounds,
            Err(finding) => return Ok(Err(finding)),
        };
        let Bounds { before: (mut last, mut hash), head, filed } = bounds;
        let (mut count, mut keyed) = (0, hash.starts_with('k'));
        loop {
            let rows = self.database.audit_rows(last, CHUNK).await?;
            let ended = rows.is_empty();
            for row in rows {
                if row.seq > last + 1 {
                    return Ok(Err(Finding::Missing(last + 1, row.seq - 1)));
                }
                keyed = keyed || row.hash.starts_with('k');
                if !self.fits(&hash, &row, keyed) {
                    return Ok(Err(Finding::Changed(row.seq)));
                }
                let noted = [(head.0, &head.1), (filed.seq, &filed.hash)];
                if noted.iter().any(|(seq, noted)| *seq == row.seq && **noted != row.hash) {
                    return Ok(Err(Finding::Changed(row.seq)));
                }
                (last, hash) = (row.seq, row.hash);
                count += 1;
            }
            if ended {
                break;
            }
        }
        let end = head.0.max(filed.seq);
        Ok(if last < end { Err(Finding::Missing(last + 1, end)) } else { Ok(count) })
    }

    /// Looks at the ends of the chain only.
    pub(super) async fn check_ends(&self) -> Result<Option<Finding>, CommitError> {
        let ends = self.database.audit_ends().await?;
        let bounds = match self.bounds(&ends).await {
            Ok(bounds) => bounds,
            Err(finding) => return Ok(Some(finding)),
        };
        let newest = ends.newest.unwrap_or(bounds.before.0);
        let end = bounds.head.0.max(bounds.filed.seq);
        if newest < end {
            return Ok(Some(Finding::Missing(newest + 1, end)));
        }
        for (seq, hash) in [bounds.head, (bounds.filed.seq, bounds.filed.hash)] {
            let row = self.database.audit_rows(seq - 1, 1).await?.into_iter().next();
            if seq > bounds.before.0 && row.is_none_or(|row| row.seq != seq || row.hash != hash) {
                return Ok(Some(Finding::Changed(seq)));
            }
        }
        Ok(None)
    }

    /// Reads the notes on the ends, of which none may be missing and each must have been made by this host.
    async fn bounds(&self, ends: &Ends) -> Result<Bounds, Finding> {
        let file = self.database.audit_head_file();
        let filed = match tokio::fs::read_to_string(file).await {
            Ok(line) => Mark::parse(&line)
                .ok_or(Finding::Mark("the file audit.head was changed: it says nothing"))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if ends.newest.is_none() && ends.head.is_none() {
                    self.seal.mark(0, "")
                } else {
                    return Err(Finding::Mark(
                        "the file audit.head is missing, so that nobody can say where the audit ends",
                    ));
                }
            }
            Err(_) => return Err(Finding::Mark("the file audit.head cannot be read")),
        };
        let mark = |line: &Option<String>, broken: &'static str| match line {
            None => Ok(None),
            Some(line) => {
                let mark = Mark::parse(line).ok_or(Finding::Mark(broken))?;
                self.made(&mark, broken).map(|()| Some((mark.seq, mark.hash)))
            }
        };
        // The first record of a key is written at once, the file a moment later.
        let head = mark(&ends.head, "the database's note of where the audit ends was changed")?;
        let anchor =
            mark(&ends.anchor, "the database's note of where the audit begins was changed")?;
        let early = self.seal.is_keyed() && Seal::open().made(&filed);
        if !(early && self.is_before_key(&filed).await) {
            self.made(&filed, "the file audit.head was changed")?;
        }
        let before = anchor.unwrap_or_default();
        let none = before.clone();
        if head.is_none() && ends.newest.is_some() {
            return Err(Finding::Mark("the database's note of where the audit ends is missing"));
        }
        Ok(Bounds { before, head: head.unwrap_or(none), filed })
    }

    fn made(&self, mark: &Mark, broken: &'static str) -> Result<(), Finding> {
        if self.seal.made(mark) {
            return Ok(());
        }
        let keyed = mark.hash.starts_with('k');
        Err(if keyed && !self.seal.is_keyed() { Finding::NoKey } else { Finding::Mark(broken) })
    }

    /// Whether a place is before the first record that took the key: such a file is from before there was one.
    async fn is_before_key(&self, filed: &Mark) -> bool {
        let next = self.database.audit_rows(filed.seq, 1).await.ok();
        let next = next.and_then(|rows| rows.into_iter().next());
        !filed.hash.starts_with('k') && next.is_none_or(|row| row.hash.starts_with('k'))
    }

    /// Whether a row follows on `before`. One without a key is fine only before the first with one.
    fn fits(&self, before: &str, row: &AuditRow, keyed: bool) -> bool {
        if keyed || !self.seal.is_keyed() {
            return self.seal.link(before, row.seq, &row.record) == row.hash;
        }
        Seal::is_open_link(before, row)
    }
}
