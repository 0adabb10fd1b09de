//! What a test has spent, against what the bot says and what the database holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{World, eventually};

/// Expenses, each with a note of its own, so that every reply and every entry can be told apart.
#[derive(Debug, Default)]
pub struct Book {
    spent: Vec<Expense>,
}

#[derive(Debug, Clone)]
struct Expense {
    person: i64,
    note: String,
    cents: i64,
}

impl Book {
    /// Writes an expense, and does not wait.
    pub async fn spend(&mut self, world: &World, person: i64, cents: i64) {
        let note = format!("t{}", self.spent.len());
        let text = format!("/expense {}.{:02} food {note}", cents / 100, cents % 100);
        self.spent.push(Expense { person, note, cents });
        world.person(person).write(&text).await;
    }

    pub fn people(&self) -> BTreeSet<i64> {
        self.spent.iter().map(|expense| expense.person).collect()
    }

    /// The notes of all expenses, in order.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.spent.iter().map(|expense| expense.note.as_str())
    }

    /// How often each expense was confirmed, by note.
    pub async fn confirmations(&self, world: &World) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for person in self.people() {
            for message in world.person(person).received().await {
                let note = message.text().lines().find_map(|line| line.strip_prefix("📝 "));
                if let Some(note) = note {
                    *found.entry(note.to_owned()).or_default() += 1;
                }
            }
        }
        found
    }

    /// Waits until every expense is confirmed, and returns how often.
    pub async fn confirmed(&self, world: &World) -> BTreeMap<String, usize> {
        eventually(60, "every expense is confirmed", async || {
            let found = self.confirmations(world).await;
            self.notes().all(|note| found.contains_key(note)).then_some(found)
        })
        .await
    }

    /// Asks everybody's balance: the bot must say the sum of those expenses whose note is in `counted`.
    pub async fn check_balances(&self, world: &World, counted: &BTreeSet<String>) {
        for person in self.people() {
            let before = world.person(person).received().await.len();
            world.person(person).write("/balance").await;
            let said = eventually(30, "the balance", async || {
                let received = world.person(person).received().await;
                let mut new = received.into_iter().skip(before);
                new.find(|message| message.text().contains("Income: "))
            })
            .await;
            let mine = self.spent.iter().filter(|expense| expense.person == person);
            let cents: i64 = mine.filter(|e| counted.contains(&e.note)).map(|e| e.cents).sum();
            let sign = if cents == 0 { "" } else { "-" };
            let right = format!("Balance: {sign}{}.{:02} EUR", cents / 100, cents % 100);
            assert!(said.text().ends_with(&right), "{person}: {right}, but the bot says: {said}");
        }
    }

    /// [`Book::check_balances`], and the entries in the database: all of them, each once.
    pub async fn check(&self, world: &World) {
        let all: BTreeSet<String> = self.notes().map(str::to_owned).collect();
        self.check_balances(world, &all).await;
        let ledger = Ledger::open(&world.data());
        let mut entries = ledger.notes();
        entries.sort();
        let mut spent: Vec<&str> = self.notes().collect();
        spent.sort_unstable();
        assert_eq!(entries, spent, "the entries of the ledger");
        assert_eq!(ledger.integrity(), "ok");
    }
}

/// The database of a host, read from outside.
pub struct Ledger {
    pub connection: Connection,
}

impl Ledger {
    /// Opens the database in a data directory.
    pub fn open(data: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(data.join("umbrasil.db"), flags).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        Self { connection }
    }

    /// What SQLite thinks of the file.
    pub fn integrity(&self) -> String {
        self.connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap()
    }

    /// Whether not even the tables are there.
    pub fn is_empty(&self) -> bool {
        let sql = "SELECT count(*) FROM sqlite_schema";
        self.connection.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap() == 0
    }

    /// How many updates have come, and whether nothing waits: no update, and no message.
    pub fn updates(&self) -> (usize, bool) {
        let sql = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM outbox)";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)? == 0));
        self.connection.query_row(sql, (), row).unwrap()
    }

    /// The notes of all entries of all people.
    pub fn notes(&self) -> Vec<String> {
        let sql = "SELECT CAST(value AS TEXT) FROM storage WHERE module = 'finance' AND CAST(key AS TEXT) LIKE '%/entry/%'";
        let mut statement = self.connection.prepare(sql).unwrap();
        let values = statement.query_map((), |row| row.get::<_, String>(0)).unwrap();
        let note = |value: String| value.split('\t').nth(10).unwrap().to_owned();
        values.map(|value| note(value.unwrap())).collect()
    }
}
