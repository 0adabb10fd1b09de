//! `/vps` and `/server`: which view of which server is meant by the words.

use umbrasil_sdk::prelude::*;

use crate::server::{Found, find};
use crate::text::{one_line, short};
use crate::view::View;
use crate::{disk, logs, network, overview, run, services, stats};

/// `/vps [VIEW] [NAME] [MORE]`; `/vps NAME` is its stats.
pub(crate) fn vps(call: &Call) -> Result<Reply> {
    let Some(first) = call.get(0) else { return overview::show(call, 0) };
    match View::from_word(first) {
        Some(View::Run) => run::typed(call, call.get(1), call.rest(2)),
        Some(view) => show(call, view, call.get(1), call.get(2)),
        // With the name in front, as people say it.
        None if call.get(1).and_then(View::from_word) == Some(View::Run) => {
            run::typed(call, Some(first), call.rest(2))
        }
        None => {
            let hint = format!(
                "A view is one of stats, services, disk, net, logs and run. To run a command: /vps run {} …",
                short(&one_line(first), 40)
            );
            by_name(call, first, call.get(1), call.get(2), &hint)
        }
    }
}

/// `/server [NAME] [VIEW] [MORE]`: the same without what changes something.
pub(crate) fn server(call: &Call) -> Result<Reply> {
    match call.get(0) {
        None => overview::show(call, 0),
        Some(name) => {
            let hint = "A view is one of stats, services, disk, net and logs.";
            by_name(call, name, call.get(1), call.get(2), hint)
        }
    }
}

/// `hint` is for who names no view.
fn by_name(
    call: &Call,
    name: &str,
    view: Option<&str>,
    more: Option<&str>,
    hint: &str,
) -> Result<Reply> {
    let view = match view.map(View::from_word) {
        None => View::Stats,
        Some(Some(view)) => view,
        // Whoever does not exist is the first thing to be told.
        Some(None) => match find(Some(name), View::Stats)? {
            Found::One(_) => return Err(call.wrong(hint)),
            Found::Asks(reply) => return Ok(reply),
        },
    };
    show(call, view, Some(name), more)
}

fn show(call: &Call, view: View, name: Option<&str>, more: Option<&str>) -> Result<Reply> {
    match view {
        View::Stats => stats::of(call, name),
        View::Services => services::of(call, name, more.unwrap_or_default(), 0),
        View::Disk => disk::of(call, name, more),
        View::Net => network::of(call, name, more),
        View::Logs => logs::of(call, name, more),
        // What is granted may be looked at; a command is typed behind `/vps run`.
        View::Run => run::typed(call, name, ""),
    }
}
