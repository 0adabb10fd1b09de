//! What owners have decided, put into the database while no host runs: before there is anything to decide
//! with, and without a question for every test.

use std::path::Path;

use crate::Ledger;

/// Grants or revokes permissions of a module, each as its line. The database must be there already.
pub fn decide(data: &Path, module: &str, decisions: &[(&str, bool)]) {
    let ledger = Ledger::open(data);
    for (scope, allowed) in decisions {
        let sql = "INSERT OR REPLACE INTO grants VALUES (?1, ?2, ?3, 1, 'a test')";
        ledger.connection.execute(sql, (module, scope, allowed)).unwrap();
    }
}
