//! A reader of what `/metrics` serves: strict, so that a scraper of Prometheus can do no worse.

use std::collections::BTreeMap;

/// The numbers of one scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    samples: BTreeMap<(String, String), f64>,
    types: BTreeMap<String, String>,
}

impl Scrape {
    /// Reads the text format; an error quotes the line that breaks it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scrape = Self { samples: BTreeMap::new(), types: BTreeMap::new() };
        let Some(body) = text.strip_suffix("# EOF\n") else {
            return Err("the text does not end with # EOF".to_owned());
        };
        for line in body.lines() {
            scrape.line(line).ok_or_else(|| format!("not a line of metrics: {line:?}"))?;
        }
        Ok(scrape)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name, rest) = (words.next()?, words.next()?, words.next()?);
            let known = match kind {
                "TYPE" => ["counter", "gauge", "histogram", "info"].contains(&rest),
                "HELP" | "UNIT" => !rest.is_empty(),
                _ => false,
            };
            if kind == "TYPE" && self.types.insert(name.to_owned(), rest.to_owned()).is_some() {
                return None;
            }
            return (known && is_name(name)).then_some(());
        }
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}')?),
            None => (series, ""),
        };
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (name, value) = label.split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            if !is_name(name) || value.contains('"') {
                return None;
            }
        }
        let family = ["_total", "_bucket", "_sum", "_count"];
        let family = family.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let typed = self.types.contains_key(family) || self.types.contains_key(name);
        let value = value.parse().ok()?;
        let new = self.samples.insert((name.to_owned(), labels.to_owned()), value).is_none();
        (is_name(name) && typed && new).then_some(())
    }

    /// A sample by name and labels as they are written, such as `outcome="Stranger"`; 0 if it is not there.
    pub fn value(&self, name: &str, labels: &str) -> f64 {
        let key = (name.to_owned(), labels.to_owned());
        self.samples.get(&key).copied().unwrap_or(0.0)
    }

    /// All samples of a name together.
    pub fn sum(&self, name: &str) -> f64 {
        self.samples.iter().filter(|((of, _), _)| of == name).map(|(_, value)| value).sum()
    }

    /// The kind of a family: counter, gauge, histogram.
    pub fn kind(&self, family: &str) -> Option<&str> {
        self.types.get(family).map(String::as_str)
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
}
