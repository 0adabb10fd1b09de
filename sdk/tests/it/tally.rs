//! `/count coffee`: counts things, for each user.

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// What the module can do.
pub fn module() -> Module {
    Module::new("Tally")
        .summary("Counts things")
        .menu("🧮 Tally", "show")
        .command("count", "Counts one more of a thing", count)
        .argument("THING", "one word, such as coffee")
        .optional("NOTE", "anything")
        .example("/count coffee")
        .action("show", show)
        .action("more", count)
}

fn count(call: &Call) -> Result<Reply> {
    let thing = call.arg(0)?;
    let sum = storage::increment(&key(call, thing), 1)?;
    let html = Html::new().bold(thing).text(format_args!(": {sum}"));
    Ok(Reply::html(html).row([Button::new("One more", "more").arg(thing)]).replace())
}

fn show(call: &Call) -> Result<Reply> {
    let mut html = Html::from("<b>So far</b>");
    for item in storage::list(&storage::Range::prefix(key(call, "")))? {
        let thing = item.key.rsplit('/').next().unwrap_or_default();
        html = html.line().text(format_args!("{thing} {}", String::from_utf8_lossy(&item.value)));
    }
    Ok(Reply::html(html).replace())
}

/// What belongs to one user starts with the user's id.
fn key(call: &Call, thing: &str) -> String {
    format!("{}/count/{thing}", call.user().id)
}

#[cfg(test)]
mod tests {
    use umbrasil_sdk::testing::{self, Host};

    #[test]
    fn it_counts() {
        let mut host = Host::new(super::module());
        assert_eq!(host.command("/count tea").unwrap().to_string(), "tea: 1\n[One more]");
        assert_eq!(host.press("One more").unwrap().text(), "tea: 2");
        assert_eq!(host.user(222).command("/count <b>").unwrap().text(), "<b>: 1");
        assert_eq!(
            testing::error(host.command("/count")).text(),
            "Usage: /count THING [NOTE]\nExample: /count coffee"
        );
    }
}
