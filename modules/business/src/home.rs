//! The module's own menu: a line for each part that says how it is, and a button to it.

use umbrasil_sdk::prelude::*;

use crate::n8n::N8n;
use crate::trouble::Trouble;

/// The menu. What a part can't tell is told in its line; the others don't suffer.
pub(crate) fn home(_: &Call) -> Result<Reply> {
    let html = Html::from("⚙️ <b>Business</b>\n\n🏭 n8n: ")
        .text(line(workflows())?)
        .text("\n🐳 Containers: ")
        .text(line(containers())?)
        .text("\n🖥 Servers: ")
        .text(line(servers())?);
    Ok(Reply::html(html)
        .row([Button::new("🏭 n8n", "flows"), Button::new("🐳 Containers", "containers")])
        .row([Button::new("🖥 Servers", "servers"), Button::new("Refresh", "home")])
        .replace())
}

fn line(part: Result<String, Trouble>) -> Result<String> {
    match part {
        Ok(line) => Ok(line),
        Err(Trouble::Told(reason)) => {
            let first = reason.split_once(". ").map_or(reason.as_str(), |(first, _)| first);
            Ok(format!("⚠️ {}", first.trim_end_matches('.')))
        }
        Err(Trouble::Passed(error)) => Err(error),
    }
}

fn workflows() -> Result<String, Trouble> {
    let Some(n8n) = N8n::find()? else { return Ok("not set up".to_owned()) };
    let (all, more) = n8n.workflows()?;
    let on = all.iter().filter(|one| one.active).count();
    let more = if more { "more than " } else { "" };
    Ok(match all.len() {
        0 => "no workflows".to_owned(),
        total => format!("{on} of {more}{total} on"),
    })
}

fn containers() -> Result<String, Trouble> {
    let all = docker::list()?;
    let running = all.iter().filter(|one| one.state == "running").count();
    let ill = all.iter().filter(|one| one.health == "unhealthy").count();
    let ill = if ill == 0 { String::new() } else { format!(", {ill} unhealthy") };
    Ok(match all.len() {
        0 => "none".to_owned(),
        total => format!("{running} of {total} running{ill}"),
    })
}

/// How many there are: asking each takes seconds where one of them is away.
fn servers() -> Result<String, Trouble> {
    Ok(match ssh::targets()?.len() {
        0 => "none set up".to_owned(),
        total => format!("{total} set up"),
    })
}
