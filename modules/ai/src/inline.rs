//! Marks within a line of Markdown: bold, italic, struck out, code, links.

use umbrasil_sdk::Html;

/// How far the end of a mark is looked for, in bytes; and how deep marks may lie in each other.
const REACH: usize = 1_000;
const DEPTH: u32 = 4;

/// A line with its marks.
pub(crate) fn inline(text: &str) -> Html {
    write(Html::new(), text, Within { depth: DEPTH, bold: false })
}

/// A line that is bold as a whole: what is marked as bold in it is so already.
pub(crate) fn bold(text: &str) -> Html {
    Html::from("<b>")
        .push(write(Html::new(), text, Within { depth: DEPTH, bold: true }))
        .push("</b>")
}

/// What a piece of a line lies in.
#[derive(Clone, Copy)]
struct Within {
    /// How many more marks may lie in it.
    depth: u32,
    bold: bool,
}

fn write(mut html: Html, text: &str, within: Within) -> Html {
    let inner = Within { depth: within.depth.saturating_sub(1), ..within };
    let mut plain = 0;
    let mut at = 0;
    let mut before: Option<char> = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if within.depth > 0 { marked(rest, before) } else { None };
        if let Some((mark, marked, length)) = found {
            html = html.text(text.get(plain..at).unwrap_or_default());
            html = match mark {
                Mark::Code => html.code(marked),
                Mark::Link(url) => {
                    html = html.push("<a href=\"").text(url).push("\">");
                    write(html, marked, inner).push("</a>")
                }
                Mark::Escaped => html.text(marked),
                Mark::Bold if within.bold => write(html, marked, inner),
                Mark::BoldItalic if within.bold => {
                    write(html.push("<i>"), marked, inner).push("</i>")
                }
                Mark::Bold => write(html.push("<b>"), marked, inner).push("</b>"),
                Mark::BoldItalic => write(html.push("<b><i>"), marked, inner).push("</i></b>"),
                Mark::Italic => write(html.push("<i>"), marked, inner).push("</i>"),
                Mark::Struck => write(html.push("<s>"), marked, inner).push("</s>"),
            };
            at += length;
            plain = at;
            before = Some(' ');
            continue;
        }
        let character = rest.chars().next();
        // Marks come in runs: `***` that opens nothing is looked at once.
        let run = match character {
            Some(mark @ ('*' | '_' | '~' | '`')) => rest.chars().take_while(|c| *c == mark).count(),
            Some(character) => character.len_utf8(),
            None => 1,
        };
        before = rest.get(..run).and_then(|passed| passed.chars().last());
        at += run;
    }
    html.text(text.get(plain..).unwrap_or_default())
}

#[derive(Clone, Copy)]
enum Mark<'a> {
    Code,
    Link(&'a str),
    Escaped,
    Bold,
    BoldItalic,
    Italic,
    Struck,
}

/// What is marked at the beginning of `text`: how, what, and how many bytes that takes with its marks.
fn marked(text: &str, before: Option<char>) -> Option<(Mark<'_>, &str, usize)> {
    let first = text.chars().next()?;
    // Most letters mark nothing, and are passed at once.
    if !"\\`[*_~".contains(first) {
        return None;
    }
    let reach = (REACH.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at))?;
    let near = text.get(..reach)?;
    match first {
        '\\' => {
            let escaped = text.get(1..).and_then(|rest| rest.chars().next())?;
            let is_mark = "\\`*_~[]()#+-.!>|".contains(escaped);
            is_mark.then(|| text.get(1..2)).flatten().map(|inner| (Mark::Escaped, inner, 2))
        }
        '`' => {
            let ticks = text.bytes().take_while(|byte| *byte == b'`').count();
            let mark = text.get(..ticks)?;
            let inner = near.get(ticks..)?;
            let end = inner.find(mark).filter(|end| *end > 0)?;
            Some((Mark::Code, inner.get(..end)?, 2 * ticks + end))
        }
        '[' => {
            let end = near.find("](")?;
            let label =
                near.get(1..end).filter(|label| !label.is_empty() && !label.contains('['))?;
            let (url, length) = target(near.get(end + 2..)?)?;
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            is_web.then_some((Mark::Link(url), label, end + 2 + length))
        }
        '*' | '_' | '~' => {
            // Within a word, `_` is a letter: snake_case.
            if first == '_' && before.is_some_and(char::is_alphanumeric) {
                return None;
            }
            let marks: &[(&str, Mark<'_>)] = match first {
                '*' => &[("***", Mark::BoldItalic), ("**", Mark::Bold), ("*", Mark::Italic)],
                '_' => &[("__", Mark::Bold), ("_", Mark::Italic)],
                _ => &[("~~", Mark::Struck)],
            };
            marks.iter().find_map(|&(sign, mark)| {
                let inner = near.strip_prefix(sign)?;
                if inner.starts_with(|c: char| c.is_whitespace() || c == first) {
                    return None;
                }
                let end = closing(inner, sign, first)?;
                Some((mark, inner.get(..end)?, 2 * sign.len() + end))
            })
        }
        _ => None,
    }
}

/// The address of a link behind its `(`, and how many bytes that takes with the `)`. Parentheses in it come in
/// pairs; behind it there may be a title, which nobody sees.
fn target(text: &str) -> Option<(&str, usize)> {
    let mut open = 0_u32;
    let mut end = None;
    for (at, character) in text.char_indices() {
        match character {
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' => return Some((text.get(..at)?, at + 1)),
            blank if blank.is_whitespace() => {
                end = Some(at);
                break;
            }
            _ => {}
        }
    }
    let end = end?;
    let title = text.get(end..)?;
    let begun = title.trim_start();
    let quote = begun.chars().next().filter(|c| matches!(c, '"' | '\''));
    let skipped = title.len() - begun.len();
    let close = match quote {
        Some(quote) => {
            let inner = begun.get(1..)?.find(quote)? + 2;
            inner + begun.get(inner..)?.find(')')?
        }
        None => begun.find(')')?,
    };
    Some((text.get(..end)?, end + skipped + close + 1))
}

/// Where the mark closes: not behind a blank, not within code, and not in the middle of a word if it is `_`.
fn closing(text: &str, mark: &str, first: char) -> Option<usize> {
    let mut is_code = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let character = rest.chars().next()?;
        if character == '`' {
            is_code = !is_code;
        }
        if !is_code && rest.starts_with(mark) {
            let run = rest.chars().take_while(|c| *c == first).count();
            let blank = text.get(..at)?.chars().last().is_none_or(char::is_whitespace);
            let after = rest.get(run..).and_then(|after| after.chars().next());
            let in_word = first == '_' && after.is_some_and(char::is_alphanumeric);
            // `**` closes only itself, and `*` not with one half of `**`.
            let fits = run == mark.len() || run == 3;
            if fits && !blank && !in_word {
                return Some(at + if run == 3 { 3 - mark.len() } else { 0 });
            }
            at += run;
            continue;
        }
        at += character.len_utf8();
    }
    None
}
