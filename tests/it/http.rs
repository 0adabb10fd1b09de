//! What modules may send to the web, and what they get back. All far sides are real servers that count.

#![allow(clippy::format_collect, clippy::format_push_string, reason = "short texts of tests")]

mod answers;
mod network;
mod places;
mod redirects;
mod secrets;
mod services;
mod streams;
mod tls;

use umbrasil_tests::web::Sink;
use umbrasil_tests::{Host, World, fixtures};

/// A world whose module `web` wants these tables, and has them all granted by the owner's file.
async fn world(tables: &str, vars: &[(&str, &str)]) -> (World, Host) {
    let world = World::new().await;
    let host = host(&world, tables, tables, vars).await;
    (world, host)
}

/// Starts a host whose module `web` wants some tables and is granted others.
async fn host(world: &World, wants: &str, grants: &str, vars: &[(&str, &str)]) -> Host {
    let manifest = format!("[module]\nname = \"web\"\nversion = \"1.0.0\"\n{wants}");
    world.install("web", &fixtures::wanting("web", &manifest));
    let grants = grants.replace("[[", "[[modules.web.");
    // An owner may grant less than what is wanted: the rest is revoked, not asked for.
    std::fs::write(world.path().join("umbrasil.toml"), grants).unwrap();
    world.start(vars).await
}

/// Everything of the sink, by these methods.
fn to(sink: &Sink, methods: &[&str]) -> String {
    format!("[[http]]\nurl = \"{}/*\"\nmethods = {methods:?}\n", sink.url())
}

/// What was decided so far, one line each: decision, target and reason.
async fn audit(world: &World) -> String {
    let file = world.data().join("umbrasil.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut statement = connection.prepare("SELECT record FROM audit ORDER BY seq").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let records: Vec<String> = rows.map(Result::unwrap).collect();
    records.join("\n")
}
