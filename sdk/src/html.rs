//! Text with markup that can't be broken by what it contains.
//!
//! Telegram refuses a whole message when a user's `<` slips into its markup. So markup has its own type:
//! everything that is put into it is escaped, and only a literal of the author counts as markup.

use std::fmt::{self, Write as _};

/// A piece of Telegram's HTML. What is added to it is escaped.
///
/// ```
/// use umbrasil_sdk::Html;
///
/// let html = Html::new().bold("12.50 EUR").text(" for <food>").line().italic("coffee & cake");
/// assert_eq!(html.as_str(), "<b>12.50 EUR</b> for &lt;food&gt;\n<i>coffee &amp; cake</i>");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Html(String);

impl Html {
    /// An empty piece.
    pub fn new() -> Self {
        // Most messages fit, and needn't be moved while they grow.
        Self(String::with_capacity(160))
    }

    /// Takes `html` as markup, unchecked: for what another escaping writer has made. If Telegram can't
    /// read it, the user sees it as plain text.
    pub fn raw(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// Adds plain text.
    pub fn text(mut self, text: impl fmt::Display) -> Self {
        self.escape(&text);
        self
    }

    /// Adds bold text.
    pub fn bold(self, text: impl fmt::Display) -> Self {
        self.wrapped("<b>", text, "</b>")
    }

    /// Adds italic text.
    pub fn italic(self, text: impl fmt::Display) -> Self {
        self.wrapped("<i>", text, "</i>")
    }

    /// Adds text in a fixed width.
    pub fn code(self, text: impl fmt::Display) -> Self {
        self.wrapped("<code>", text, "</code>")
    }

    /// Adds a block of lines in a fixed width.
    pub fn pre(self, text: impl fmt::Display) -> Self {
        self.wrapped("<pre>", text, "</pre>")
    }

    /// Adds a link.
    pub fn link(self, text: impl fmt::Display, url: impl fmt::Display) -> Self {
        self.markup("<a href=\"").text(url).markup("\">").text(text).markup("</a>")
    }

    /// Ends the line.
    pub fn line(self) -> Self {
        self.markup("\n")
    }

    /// Adds another piece.
    pub fn push(self, other: impl Into<Self>) -> Self {
        self.markup(&other.into().0)
    }

    /// The markup so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What people read of a message: markup such as this type writes, without its tags.
    ///
    /// For the answers of other modules, which come as markup. See [`modules::call`](crate::modules::call).
    ///
    /// ```
    /// assert_eq!(umbrasil_sdk::Html::visible("<b>12.50 EUR</b> for &lt;food&gt;"), "12.50 EUR for <food>");
    /// ```
    #[must_use]
    pub fn visible(html: &str) -> String {
        let mut text = String::with_capacity(html.len());
        for (index, part) in html.split('<').enumerate() {
            let behind_tag = || part.split_once('>').map_or("", |(_, rest)| rest);
            text.push_str(if index == 0 { part } else { behind_tag() });
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    fn wrapped(mut self, open: &str, text: impl fmt::Display, close: &str) -> Self {
        self.0.push_str(open);
        self.escape(&text);
        self.0.push_str(close);
        self
    }

    /// Not generic, so that a component holds it once.
    fn escape(&mut self, text: &dyn fmt::Display) {
        // Writing to a `String` can't fail, whatever `Display` says.
        write!(Escaping(&mut self.0), "{text}").unwrap_or_default();
    }

    fn markup(mut self, markup: &str) -> Self {
        self.0.push_str(markup);
        self
    }
}

/// A literal is the author's own markup. There is no `From<String>`: a `String` may hold what a user
/// wrote, so it goes through [`Html::text`] (or, knowingly, [`Html::raw`]).
impl From<&'static str> for Html {
    fn from(html: &'static str) -> Self {
        Self(html.to_owned())
    }
}

/// Escapes what is written to it.
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        // Bytes, not characters: all four are ASCII, and most texts contain none of them.
        let special = |byte: &u8| matches!(byte, b'&' | b'<' | b'>' | b'"');
        while let Some(at) = rest.as_bytes().iter().position(special) {
            let (plain, from) = rest.split_at(at);
            let (special, after) = from.split_at(1);
            self.0.push_str(plain);
            self.0.push_str(match special {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                _ => "&quot;",
            });
            rest = after;
        }
        self.0.push_str(rest);
        Ok(())
    }
}
