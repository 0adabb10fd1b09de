//! The audit: what was decided is on record, and whoever changes a record is found out.

use std::path::{Path, PathBuf};

use umbrasil_tests::{Said, World, eventually, fixtures};

const KEY: (&str, &str) = ("SECRET_KEY", "correct horse battery staple");
const KEYED: &[(&str, &str)] = &[KEY];

/// A world whose audit has some records, at rest.
async fn recorded(vars: &[(&str, &str)]) -> World {
    let world = World::new().await;
    world.install("asks", fixtures::component("asks"));
    let host = world.start(vars).await;
    for line in ["system cpu", "system load", "system disk", "system uptime", "files"] {
        let said = world.operate(&["grant", "allow", "finance", line], "", vars).await;
        assert_eq!(said.code, 0, "{said:?}");
    }
    host.stop().await;
    world
}

/// Runs a check on a copy of the data directory after something was done to it.
async fn after(world: &World, vars: &[(&str, &str)], sql: &str) -> Said {
    let copy = copy(&world.data(), world.path());
    let database = rusqlite::Connection::open(copy.join("umbrasil.db")).unwrap();
    database.execute_batch(sql).unwrap();
    drop(database);
    verify(world, vars, &copy).await
}

async fn verify(world: &World, vars: &[(&str, &str)], data: &Path) -> Said {
    let data = data.display().to_string();
    let vars = [vars, &[("UMBRASIL_DATA_DIR", &*data)]].concat();
    world.operate(&["audit", "verify"], "", &vars).await
}

fn copy(data: &Path, below: &Path) -> PathBuf {
    let copy = tempfile::Builder::new().prefix("copy-").tempdir_in(below).unwrap().keep();
    for file in ["umbrasil.db", "audit.head"] {
        std::fs::copy(data.join(file), copy.join(file)).unwrap();
    }
    copy
}

fn assert_broken(said: &Said, text: &str) {
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("the audit is broken") && said.err.contains(text), "{said:?}");
}

fn first(world: &World) -> i64 {
    let database = rusqlite::Connection::open(world.data().join("umbrasil.db")).unwrap();
    let sql = "SELECT MIN(seq) FROM audit WHERE record LIKE '%system load%'";
    database.query_row(sql, (), |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn changes_removals_and_a_shortened_end_are_found() {
    for vars in [&[][..], KEYED] {
        let world = recorded(vars).await;
        let sound = verify(&world, vars, &world.data()).await;
        assert_eq!(sound.code, 0, "{sound:?}");
        assert!(sound.out.starts_with("ok: all "), "{sound:?}");
        let seq = first(&world);
        let changed = after(&world, vars, &format!("UPDATE audit SET record = replace(record, 'system load', 'system loaf') WHERE seq = {seq}")).await;
        assert_broken(&changed, &format!("record {seq} is not as it was written"));
        let hash =
            after(&world, vars, &format!("UPDATE audit SET hash = 'x' WHERE seq = {seq}")).await;
        assert_broken(&hash, &format!("record {seq} "));
        let removed = after(&world, vars, &format!("DELETE FROM audit WHERE seq = {seq}")).await;
        assert_broken(&removed, &format!("record {seq} is missing"));
        let closed = after(&world, vars, &format!("DELETE FROM audit WHERE seq = {seq}; UPDATE audit SET seq = seq - 1 WHERE seq > {seq}")).await;
        assert_broken(
            &closed,
            &format!("record {seq} is not as it was written, or one before it was taken out"),
        );
        let shortened = after(&world, vars, &format!("DELETE FROM audit WHERE seq > {seq}")).await;
        assert_broken(&shortened, &format!("the records {} to ", seq + 1));
        let emptied = after(&world, vars, "DELETE FROM audit").await;
        assert_broken(&emptied, "the records 1 to ");
        let forgotten =
            after(&world, vars, "DELETE FROM audit; DELETE FROM memory WHERE name = 'audit.head'")
                .await;
        assert_broken(&forgotten, "");
        let reordered = after(&world, vars, &format!("UPDATE audit SET seq = -1 WHERE seq = {seq}; UPDATE audit SET seq = {seq} WHERE seq = {seq} + 1; UPDATE audit SET seq = {seq} + 1 WHERE seq = -1")).await;
        assert_broken(&reordered, &format!("record {seq} "));
    }
}

#[tokio::test]
async fn the_file_of_the_end_is_looked_at() {
    let world = recorded(KEYED).await;
    let data = copy(&world.data(), world.path());
    let head = data.join("audit.head");
    let line = std::fs::read_to_string(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    assert_broken(&verify(&world, KEYED, &data).await, "audit.head is missing");
    std::fs::write(&head, "garbage").unwrap();
    assert_broken(&verify(&world, KEYED, &data).await, "audit.head was changed");
    let (seq, rest) = line.split_once(' ').unwrap();
    let later = format!("{} {rest}", seq.parse::<i64>().unwrap() + 5);
    std::fs::write(&head, later).unwrap();
    assert_broken(&verify(&world, KEYED, &data).await, "audit.head was changed");
    std::fs::write(&head, line).unwrap();
    assert_eq!(verify(&world, KEYED, &data).await.code, 0);
}

/// The whole point of the key: who can write to the file cannot make a chain that fits.
#[tokio::test]
async fn a_chain_that_is_made_anew_without_the_key_is_found() {
    let world = recorded(KEYED).await;
    // As an attacker would have it: the chain of a directory without a key, with as many records.
    let other = recorded(&[]).await;
    let copy = copy(&world.data(), world.path());
    let database = rusqlite::Connection::open(copy.join("umbrasil.db")).unwrap();
    let attach = format!("ATTACH '{}' AS other", other.data().join("umbrasil.db").display());
    database.execute_batch(&attach).unwrap();
    database
        .execute_batch(
            "DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit;
             INSERT OR REPLACE INTO memory SELECT * FROM other.memory WHERE name = 'audit.head'",
        )
        .unwrap();
    drop(database);
    std::fs::copy(other.data().join("audit.head"), copy.join("audit.head")).unwrap();
    assert_broken(&verify(&world, KEYED, &copy).await, "was changed");
    // A host that is started on it says so, too, and goes on.
    let data = copy.display().to_string();
    let host = world.start(&[KEY, ("UMBRASIL_DATA_DIR", &data)]).await;
    assert!(host.logged().contains("the audit was tampered with"), "{}", host.logged());
}

#[tokio::test]
async fn a_running_host_lists_and_checks() {
    let world = World::new().await;
    std::fs::write(
        world.path().join("umbrasil.toml"),
        "[modules.asks]\nupdates = true\nconfig = { read = [\"DEFAULT_CURRENCY\", \"OPENAI_MODEL\"] }\n\
         http = [{ url = \"https://api.example.org/v1/*\" }]\n\
         secret = [{ name = \"ASKS_API_KEY\", inject = { header = \"Authorization\", format = \"Bearer {}\" }, hosts = [\"api.example.org\"] }]\n\
         docker = [{ verbs = [\"restart\"], containers = [\"web\"] }]\n\
         ssh = [{ targets = [\"*\"], commands = [\"systemctl restart {unit:unit-name}\"] }]\n",
    )
    .unwrap();
    world.install("asks", fixtures::component("asks"));
    let host = world.start(&[KEY]).await;
    let owner = world.owner();
    for name in ["N8N_BASE_URL", "PATH", "SECRET_KEY"] {
        let said = owner.say(&format!("/setting {name}")).await;
        assert!(said.text().starts_with("error: "), "{said}");
    }
    let denied = eventually(20, "the refusals are on record", async || {
        let said =
            world.operate(&["audit", "list", "--module", "asks", "--denied"], "", &[KEY]).await;
        (said.out.lines().count() == 3).then_some(said.out)
    })
    .await;
    for name in ["N8N_BASE_URL", "PATH", "SECRET_KEY"] {
        let line = format!(" owner 111 asks: config {name}: deny (not in the manifest)");
        assert!(denied.contains(&line), "{denied}");
    }
    let said = world.operate(&["audit", "list", "--limit", "1"], "", &[KEY]).await;
    assert_eq!(said.out.lines().count(), 1, "{said:?}");
    let none = world.operate(&["audit", "list", "--module", "nobody"], "", &[KEY]).await;
    assert_eq!((none.code, &*none.out), (0, "There are no such records.\n"));
    let said = owner.say("/audit asks").await;
    assert!(said.text().contains("asks: config PATH: deny"), "{said}");
    let said = owner.say("/audit nobody").await;
    assert!(said.text().contains("there is no module `nobody`"), "{said}");
    let said = world.operate(&["audit", "verify"], "", &[KEY]).await;
    assert!(said.code == 0 && said.out.starts_with("ok: all "), "{said:?}");
    // Killed at any moment, the chain is whole.
    host.kill().await;
    let said = world.operate(&["audit", "verify"], "", &[KEY]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let host = world.start(&[KEY]).await;
    let said = world.operate(&["audit", "verify"], "", &[KEY]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!host.logged().contains("tampered"), "{}", host.logged());
}
