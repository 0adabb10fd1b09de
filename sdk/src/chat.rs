//! The chat that the event came from. No other chat can be reached.
//!
//! Everything here except [`typing`] and [`progress`] is sent only if the handler succeeds, after what it stored is
//! durable: nobody reads of something that did not happen.

use crate::host::chat as host;
use crate::{Html, Result};

/// Shows a short notice over the chat when the event is a pressed button; does nothing else. At most
/// 200 characters.
pub fn toast(text: &str) -> Result<()> {
    Ok(host::toast(text)?)
}

/// Sends the user's next plain text in this chat to the [answer](crate::Module::answer) `name`, with
/// these arguments. Lasts until the next text, command, button or file, at most one hour.
///
/// ```
/// use umbrasil_sdk::prelude::*;
///
/// fn ask(_: &Call) -> Result<Reply> {
///     chat::expect("city", ["weather"])?;
///     Ok(Reply::text("In which city?"))
/// }
///
/// fn city(call: &Call) -> Result<Reply> {
///     Ok(Reply::text(format!("The {} in {}: fine.", call.arg(0)?, call.text())))
/// }
///
/// let module = Module::new("Weather").command("ask", "Asks for a city", ask).answer("city", city);
/// let mut host = umbrasil_sdk::testing::Host::new(module);
/// host.command("/ask").unwrap();
/// assert_eq!(host.say("Basel").unwrap().text(), "The weather in Basel: fine.");
/// ```
pub fn expect(name: &str, args: impl IntoIterator<Item = impl Into<String>>) -> Result<()> {
    let args: Vec<String> = args.into_iter().map(Into::into).collect();
    Ok(host::expect(name, &args)?)
}

/// Sends a picture (PNG or JPEG) below the replies. At most 2 MiB; the caption has at most 1,024
/// characters.
pub fn photo(image: &[u8], caption: impl Into<Html>) -> Result<()> {
    Ok(host::photo(image, caption.into().as_str())?)
}

/// Sends a file below the replies. At most 2 MiB; `name` is shown to the user.
pub fn document(name: &str, content: &[u8], caption: impl Into<Html>) -> Result<()> {
    Ok(host::document(name, content, caption.into().as_str())?)
}

/// Shows how far the handler is, at once: the first call sends a message, later ones change it. The handler's
/// first reply takes the message's place, or the error if it fails.
///
/// It may be called for every word that arrives: the host shows the latest text as often as Telegram likes
/// changes, and leaves out what comes faster. Nothing of it is kept. Where nobody watches, in a command that
/// another module calls or in an event of a schedule, it does nothing.
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// fn count(_: &Call) -> Result<Reply> {
///     for number in 1..=3 {
///         chat::progress(format!("{number}…"))?;
///     }
///     Ok(Reply::text("Counted to 3."))
/// }
/// # let module = Module::new("M").command("count", "Counts", count);
/// # let outcome = umbrasil_sdk::testing::Host::new(module).command("/count").unwrap();
/// # assert_eq!(outcome.progress, ["1…", "2…", "3…"]);
/// ```
pub fn progress(html: impl Into<Html>) -> Result<()> {
    Ok(host::progress(html.into().as_str())?)
}

/// Shows "typing…" for about five seconds, at once: before something that takes long.
pub fn typing() -> Result<()> {
    Ok(host::typing()?)
}
