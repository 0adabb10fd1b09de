//! CSV as RFC 4180 has it, written and read; with cells that no spreadsheet takes for a formula.
//!
//! A cell that begins with `=`, `+`, `-`, `@` or a tab runs as a formula where somebody opens the file. Such a
//! cell gets a `'` before it, and loses it again when it is read: what was exported is imported as it was.

/// Adds a cell. Call [`end`] after the last one of a record.
pub(crate) fn cell(record: &mut String, text: &str) {
    let first = record.is_empty() || record.ends_with('\n');
    if !first {
        record.push(',');
    } else if text.is_empty() {
        // Quoted, so that the next cell sees that there is one before it.
        record.push_str("\"\"");
        return;
    }
    let guard = if is_formula(text.trim_start_matches('\'')) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) || text.starts_with([' ', '\t']) || text.ends_with(' ')
    {
        record.extend(["\"", guard, &text.replace('"', "\"\""), "\""]);
    } else {
        record.extend([guard, text]);
    }
}

/// Ends a record.
pub(crate) fn end(record: &mut String) {
    record.push_str("\r\n");
}

/// Takes the guard off a cell, if it has one.
pub(crate) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Reads records. Empty lines are left out; a cell may have line breaks between its quotes.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    rest: &'a str,
    delimiter: char,
    line: usize,
}

/// A record, and the line of the file that it begins on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) line: usize,
    pub(crate) cells: Vec<String>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(text: &'a str, delimiter: char) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), delimiter, line: 1 }
    }

    /// Takes the next cell; and whether it is the last one of its record.
    fn cell(&mut self) -> (String, bool) {
        let mut cell = String::new();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            loop {
                let Some(at) = self.rest.find('"') else {
                    // A quote that nobody closed: the rest of the file is this cell.
                    cell.push_str(self.rest);
                    self.rest = "";
                    break;
                };
                let (text, after) = self.rest.split_at(at);
                cell.push_str(text);
                self.rest = after.strip_prefix('"').unwrap_or(after);
                match self.rest.strip_prefix('"') {
                    Some(after) => {
                        cell.push('"');
                        self.rest = after;
                    }
                    None => break,
                }
            }
        }
        let delimiter = self.delimiter;
        let at = self.rest.find([delimiter, '\n', '\r']).unwrap_or(self.rest.len());
        let (text, after) = self.rest.split_at(at);
        cell.push_str(text);
        self.line += cell.matches('\n').count();
        if let Some(after) = after.strip_prefix(delimiter) {
            self.rest = after;
            return (cell, false);
        }
        if !after.is_empty() {
            self.line += 1;
        }
        let after = after.strip_prefix('\r').unwrap_or(after);
        self.rest = after.strip_prefix('\n').unwrap_or(after);
        (cell, true)
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while !self.rest.is_empty() {
            let line = self.line;
            let mut cells = Vec::new();
            loop {
                let (cell, last) = self.cell();
                cells.push(cell);
                if last {
                    break;
                }
            }
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(Record { line, cells });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: char) -> Vec<(usize, Vec<String>)> {
        Records::new(text, delimiter).map(|record| (record.line, record.cells)).collect()
    }

    #[test]
    fn records_are_read_as_rfc_4180_has_them() {
        let text = "\u{feff}a,b\r\n\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\r\nlast,\n,\n\"open, end";
        let cells =
            |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read(text, ','),
            [
                (1, cells(&["a", "b"])),
                (3, cells(&["x, \"y\"", "two\r\nlines"])),
                (5, cells(&["last", ""])),
                (7, cells(&["open, end"])),
            ]
        );
        assert_eq!(read("a;b\tc", ';'), [(1, cells(&["a", "b\tc"]))]);
        assert_eq!(read("", ','), []);
        assert_eq!(read("\r\r\ra", ','), [(4, cells(&["a"]))]);
    }

    #[test]
    fn whatever_is_written_reads_back_and_is_no_formula() {
        let texts = [
            "",
            "plain",
            "=1+1",
            "+41 61",
            "-5",
            "@home",
            "\tx",
            "'=1",
            "''-",
            "'quoted'",
            "a,b",
            "\"",
            "=HYPERLINK(\"http://x\",\"y\")",
            " lead",
            "é 🧾",
            "x\"y\"",
        ];
        let mut record = String::new();
        for text in texts {
            cell(&mut record, text);
        }
        end(&mut record);
        let read = read(&record, ',');
        let cells: Vec<&str> = read[0].1.iter().map(|cell| unguarded(cell)).collect();
        assert_eq!(cells, texts);
        for cell in &read[0].1 {
            assert!(!is_formula(cell), "{cell}");
        }
        assert!(record.starts_with("\"\",plain,'=1+1,"), "{record}");
    }
}
