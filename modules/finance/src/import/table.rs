//! A file as rows: which of its columns mean what, and what each line says.
//!
//! Banks agree on nothing: some begin with lines about the account, some have one column of amounts and some
//! two, and all have other names. So the line of names is searched for, and what has no known name is left out.

use umbrasil_sdk::Date;

use super::value::{self, Order};
use crate::csv::{self, Record, Records};
use crate::money::Currency;
use crate::receipt::guess;
use crate::record::Direction;
use crate::wording;

/// Most lines before the line of names.
const PREAMBLE: usize = 30;

/// Most entries of a file.
pub(super) const ROWS: usize = 50_000;

/// One entry of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) date: Date,
    /// Minutes since midnight; noon where the file doesn't say.
    pub(super) minutes: u16,
    pub(super) direction: Direction,
    pub(super) currency: Currency,
    pub(super) minor: i64,
    pub(super) category: String,
    pub(super) note: String,
    /// Its number in the ledger that it was exported from, or 0.
    pub(super) number: u64,
    /// What it is recognised by: equal rows of a file differ by their order.
    pub(super) hash: u64,
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// In the order of their days.
    pub(super) rows: Vec<Row>,
    /// The line of the file and what is wrong with it.
    pub(super) problems: Vec<(usize, String)>,
    /// Rows that were reversed, and their reversals: they add nothing.
    pub(super) reversed: usize,
    /// Rows that were declined, or are not booked yet.
    pub(super) void: usize,
    /// What says which rows are expenses.
    pub(super) told_by: ToldBy,
    /// The day came before the month in dates that leave it open.
    pub(super) assumed: bool,
}

/// What says which way the money went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ToldBy {
    /// A type, or columns of their own.
    #[default]
    Words,
    /// Signs: those of a credit card are the other way round.
    Signs,
    Nothing,
}

/// States of rows that moved no money.
const VOID: [&str; 18] = [
    "reverted",
    "declined",
    "failed",
    "pending",
    "cancelled",
    "canceled",
    "denied",
    "refused",
    "expired",
    "zurückgesetzt",
    "abgelehnt",
    "fehlgeschlagen",
    "ausstehend",
    "storniert",
    "vorgemerkt",
    "offen",
    "rückgängig gemacht",
    "abgebrochen",
];

/// Where the columns are.
#[derive(Debug, Default)]
struct Columns {
    date: Option<usize>,
    time: Option<usize>,
    amount: Option<usize>,
    debit: Option<usize>,
    credit: Option<usize>,
    kind: Option<usize>,
    currency: Option<usize>,
    category: Option<usize>,
    texts: Vec<usize>,
    number: Option<usize>,
    reverses: Option<usize>,
    fee: Option<usize>,
    state: Option<usize>,
    /// The currency in the name of a column, as in `Betrag (CHF)`.
    named: Option<Currency>,
}

/// Reads a file; or says why it is none that can be read.
pub(super) fn read(text: &str, default: Currency) -> Result<Table, String> {
    let found = [',', ';', '\t'].into_iter().find_map(|delimiter| {
        let mut records = Records::new(text, delimiter);
        let columns =
            records.by_ref().take(PREAMBLE).find_map(|record| Columns::of(&record, default))?;
        Some((columns, records.collect::<Vec<_>>()))
    });
    let Some((columns, records)) = found else {
        return Err("I can't find the line with the names of the columns. There must be one for the date \
                    (date, Datum) and one for the amount (amount, Betrag), or two (debit and credit)."
            .into());
    };
    if records.len() > ROWS {
        return Err(format!(
            "That file has {} lines; {ROWS} is the most. Please split it.",
            records.len()
        ));
    }
    let told_by = columns.told_by(&records);
    let mut table = Table { told_by, ..Table::default() };
    let dates = || records.iter().filter_map(|record| columns.cell(record, columns.date));
    let mut order = value::order(dates());
    if order == Order::Unknown && dates().any(value::is_open) {
        // The user says which, and `month_first` follows.
        (order, table.assumed) = (Order::DayFirst, true);
    }
    let amounts = [columns.amount, columns.debit, columns.credit];
    let cells = records.iter().flat_map(|record| amounts.map(|at| columns.cell(record, at)));
    let decimal = value::decimal(cells.flatten());
    let mut reversed = Vec::new();
    for record in &records {
        if columns.is_void(record) {
            table.void += 1;
            continue;
        }
        match columns.row(record, order, decimal, default) {
            Ok((_, Some(of))) => reversed.push((of, record.line)),
            Ok((row, None)) => table.rows.push(row),
            Err(reason) => table.problems.push((record.line, reason)),
        }
    }
    take_out(&mut table, reversed);
    arrange(&mut table.rows);
    Ok(table)
}

/// Brings rows into the order of their days, and gives each its hash.
fn arrange(rows: &mut [Row]) {
    rows.sort_by_key(|row| (row.date, row.minutes, row.number));
    mark(rows);
}

/// Puts rows right whose dates were read with the day first, and had the month there.
pub(super) fn month_first(rows: &mut [Row]) {
    for row in rows.iter_mut() {
        let Date { year, month, day } = row.date;
        row.date = Date::new(year, day, month).unwrap_or(row.date);
    }
    arrange(rows);
}

/// Takes out what was reversed, and its reversals.
fn take_out(table: &mut Table, mut reversed: Vec<(u64, usize)>) {
    if reversed.is_empty() {
        return;
    }
    reversed.sort_unstable();
    let before = table.rows.len();
    table.rows.retain(|row| {
        row.number == 0
            || reversed.binary_search_by_key(&row.number, |(number, _)| *number).is_err()
    });
    table.reversed = before - table.rows.len() + reversed.len();
}

/// Gives each row its hash.
fn mark(rows: &mut [Row]) {
    let mut previous = Vec::new();
    let mut day = None;
    for row in rows {
        if day != Some(row.date) {
            previous.clear();
            day = Some(row.date);
        }
        let text = format!(
            "{} {} {} {} {}",
            row.date,
            row.direction.letter(),
            row.minor,
            row.currency.code(),
            row.note
        );
        let hash = hash(text.as_bytes(), 0xcbf2_9ce4_8422_2325);
        let earlier = previous.iter().filter(|&&known| known == hash).count();
        previous.push(hash);
        row.hash = self::hash(&earlier.to_le_bytes(), hash);
    }
}

/// FNV-1a in 64 bits.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Columns {
    /// The columns, if this is the line of their names.
    fn of(record: &Record, default: Currency) -> Option<Self> {
        let mut columns = Self::default();
        for (at, cell) in record.cells.iter().enumerate() {
            let cell = cell.trim().to_lowercase();
            let (name, named) = name_of(&cell, default);
            let slot = match name {
                "date"
                | "datum"
                | "booking date"
                | "buchungstag"
                | "buchungsdatum"
                | "posting date"
                | "transaction date"
                | "completed date"
                | "started date"
                | "data"
                | "fecha"
                | "date comptable"
                | "date opération"
                | "valuta"
                | "valutadatum"
                | "valuta date"
                | "value date"
                | "buchung"
                | "booked at"
                | "date de comptabilisation" => &mut columns.date,
                "time" | "uhrzeit" | "zeit" => &mut columns.time,
                "amount"
                | "betrag"
                | "umsatz"
                | "montant"
                | "importo"
                | "importe"
                | "value"
                | "credit/debit amount"
                | "gross"
                | "brutto" => &mut columns.amount,
                "debit" | "débit" | "soll" | "belastung" | "lastschrift" | "paid out"
                | "money out" | "withdrawal" | "withdrawals" | "ausgabe" | "ausgaben"
                | "ausgang" => &mut columns.debit,
                "credit" | "crédit" | "haben" | "gutschrift" | "paid in" | "money in"
                | "deposit" | "deposits" | "einnahme" | "einnahmen" | "eingang" => {
                    &mut columns.credit
                }
                "type" | "typ" | "kind" | "soll/haben" | "direction" => &mut columns.kind,
                "currency" | "währung" | "waehrung" | "whg" | "devise" | "ccy" => {
                    &mut columns.currency
                }
                "category" | "kategorie" | "catégorie" => &mut columns.category,
                "fee" | "fees" | "gebühr" | "gebuehr" | "gebühren" => &mut columns.fee,
                "state" | "status" => &mut columns.state,
                "number" => &mut columns.number,
                "reverses" => &mut columns.reverses,
                "note"
                | "text"
                | "description"
                | "beschreibung"
                | "buchungstext"
                | "details"
                | "payee"
                | "verwendungszweck"
                | "memo"
                | "name"
                | "libellé"
                | "empfänger"
                | "merchant"
                | "auftraggeber/empfänger"
                | "begünstigter/zahlungspflichtiger"
                | "beguenstigter/zahlungspflichtiger"
                | "zahlungsempfänger*in"
                | "zahlungsempfänger"
                | "zahlungspflichtige*r"
                | "zahlungspflichtiger"
                | "partner name"
                | "avisierungstext"
                | "reference"
                | "mitteilung"
                | "payment reference"
                | "transaction"
                | "narrative" => {
                    columns.texts.push(at);
                    continue;
                }
                _ => continue,
            };
            slot.get_or_insert(at);
            let is_amount = [columns.amount, columns.debit, columns.credit].contains(&Some(at));
            columns.named = named.filter(|_| is_amount).or(columns.named);
        }
        let amounts =
            columns.amount.is_some() || columns.debit.is_some() || columns.credit.is_some();
        (columns.date.is_some() && amounts).then_some(columns)
    }

    /// A cell that is there and not empty.
    fn cell<'a>(&self, record: &'a Record, at: Option<usize>) -> Option<&'a str> {
        let cell = record.cells.get(at?)?;
        // Only our own export guards cells.
        let cell = if self.number.is_some() { csv::unguarded(cell) } else { cell };
        Some(cell.trim()).filter(|cell| !cell.is_empty())
    }

    /// Whether a row never moved any money: it was declined, taken back or waits.
    fn is_void(&self, record: &Record) -> bool {
        let state = self.cell(record, self.state).unwrap_or_default().to_lowercase();
        VOID.contains(&state.as_str())
    }

    /// What says which way the money went.
    fn told_by(&self, records: &[Record]) -> ToldBy {
        let by_type =
            |record: &Record| self.cell(record, self.kind).and_then(direction_of).is_some();
        if self.debit.or(self.credit).is_some() || records.iter().any(by_type) {
            return ToldBy::Words;
        }
        let signed = |record: &Record| {
            let cell = self.cell(record, self.amount).unwrap_or_default();
            cell.contains(['-', '+', '(', '\u{2212}', '\u{2013}'])
        };
        if records.iter().any(signed) { ToldBy::Signs } else { ToldBy::Nothing }
    }

    /// What a line says; and which number it reverses, if it does.
    fn row(
        &self,
        record: &Record,
        order: Order,
        decimal: Option<char>,
        default: Currency,
    ) -> Result<(Row, Option<u64>), String> {
        let cell = |at| self.cell(record, at);
        let (date, minutes) = value::date(cell(self.date).ok_or("there is no date")?, order)?;
        let minutes = cell(self.time).and_then(value::minutes).or(minutes).unwrap_or(720);
        let code = cell(self.currency).map(|code| {
            // Our own export may have what the ISO has not.
            let own = || Currency::new(code).filter(|_| self.number.is_some());
            value::named(code, default).or_else(own).ok_or_else(|| {
                format!("“{}” is no currency", wording::note(code).unwrap_or_default())
            })
        });
        let currency = code.transpose()?.or(self.named).unwrap_or(default);
        let amount = |at| cell(at).map(|cell| value::amount(cell, decimal, currency)).transpose();
        let (mut direction, minor, currency) =
            match (amount(self.amount)?, amount(self.debit)?, amount(self.credit)?) {
                (Some((minor, currency)), _, _) if minor < 0 => {
                    (Direction::Expense, minor, currency)
                }
                (Some((minor, currency)), _, _) => (Direction::Income, minor, currency),
                (None, Some((minor, currency)), credit)
                    if minor != 0 && credit.is_none_or(|(minor, _)| minor == 0) =>
                {
                    (Direction::Expense, minor, currency)
                }
                (None, debit, Some((minor, currency)))
                    if debit.is_none_or(|(minor, _)| minor == 0) =>
                {
                    (Direction::Income, minor, currency)
                }
                (None, Some(_), Some(_)) => return Err("both debit and credit".into()),
                (None, ..) => return Err("there is no amount".into()),
            };
        let minor = minor.checked_abs().ok_or("there is no amount")?;
        direction = cell(self.kind).and_then(direction_of).unwrap_or(direction);
        // A fee goes out, whichever way the money went.
        let fee = amount(self.fee)?.and_then(|(fee, _)| fee.checked_abs()).unwrap_or(0);
        let effect = direction.effect(minor).saturating_sub(fee);
        if fee > 0 {
            direction = if effect < 0 { Direction::Expense } else { Direction::Income };
        }
        let minor = effect.checked_abs().filter(|&minor| minor > 0).ok_or("the amount is 0")?;
        let mut texts: Vec<&str> = Vec::new();
        for text in self.texts.iter().filter_map(|at| cell(Some(*at))) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let text = texts.join(" ");
        let note = wording::note(&text.chars().take(200).collect::<String>()).unwrap_or_default();
        let category =
            cell(self.category).map(|name| name.split_whitespace().collect::<Vec<_>>().join("-"));
        let category = category.and_then(|name| wording::category(&name).ok());
        let category = category.unwrap_or_else(|| guess::category(&text, direction).to_owned());
        let number = cell(self.number).and_then(|cell| cell.parse().ok()).unwrap_or(0);
        let reverses = cell(self.reverses).and_then(|cell| cell.parse().ok());
        Ok((
            Row { date, minutes, direction, currency, minor, category, note, number, hash: 0 },
            reverses,
        ))
    }
}

/// The name of a column in small letters, and the currency that it names: `betrag (chf)`, `umsatz in eur`,
/// `beschreibung1`.
fn name_of(cell: &str, default: Currency) -> (&str, Option<Currency>) {
    let (name, inside) = cell.split_once(['(', '[']).unwrap_or((cell, ""));
    let name = name.trim().trim_end_matches(['.', ':', '*']);
    let (name, behind) = match name.rsplit_once(' ') {
        Some((name, code)) if Currency::is_well_known(&code.to_ascii_uppercase()) => {
            (name.strip_suffix(" in").unwrap_or(name), code)
        }
        _ => (name, ""),
    };
    let inside = inside.trim_end_matches([')', ']']).trim();
    let inside = inside.strip_prefix("in ").unwrap_or(inside);
    let named = value::named(inside, default).or_else(|| value::named(behind, default));
    (name.trim_end_matches(|c: char| c.is_ascii_digit()), named)
}

/// The direction that a word in a column of types means.
fn direction_of(word: &str) -> Option<Direction> {
    match word.to_lowercase().as_str() {
        "expense" | "debit" | "soll" | "s" | "ausgabe" | "out" => Some(Direction::Expense),
        "income" | "credit" | "haben" | "h" | "einnahme" | "in" => Some(Direction::Income),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
