//! Who lives in local mode: the people of the allow-list, and a stranger to see the silence with.

use std::collections::BTreeSet;

use crate::local::{Options, Person};

const NAMES: [&str; 8] = ["Olivia", "Umberto", "Ada", "Bela", "Chen", "Dana", "Emil", "Fatou"];

pub(super) fn options(token: &str, allowed: &BTreeSet<i64>, owners: &[i64]) -> Options {
    let others = allowed.iter().filter(|id| !owners.contains(id));
    let listed = owners.iter().chain(others);
    let mut people: Vec<Person> = listed
        .enumerate()
        .map(|(index, id)| {
            let role = if owners.contains(id) { "owner" } else { "user" };
            person(
                *id,
                NAMES.get(index).map_or_else(|| format!("User {id}"), |name| (*name).to_owned()),
                role,
            )
        })
        .collect();
    let stranger = (9_001..i64::MAX).find(|id| !allowed.contains(id)).unwrap_or(i64::MAX);
    people.push(person(stranger, "Stranger".to_owned(), "stranger"));
    Options {
        token: token.to_owned(),
        bot_name: "UmbraSIL".to_owned(),
        bot_username: "umbrasil_bot".to_owned(),
        people,
    }
}

fn person(id: i64, first_name: String, role: &'static str) -> Person {
    let username = format!("{}_{id}", first_name.to_ascii_lowercase().replace(' ', "_"));
    Person { id, first_name, username, role }
}
