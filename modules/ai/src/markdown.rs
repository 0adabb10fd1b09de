//! Markdown, as models write it, in Telegram's HTML.
//!
//! It is converted while it still arrives, so nothing may depend on what comes later: a mark that is not
//! closed within its paragraph is text, and a code block that is not closed ends with what there is.

use umbrasil_sdk::Html;

/// How far the end of a mark is looked for, in bytes; and how deep marks may lie in each other.
const REACH: usize = 1_000;
const DEPTH: u32 = 4;
/// The widest a table may be in columns before its rows become lists of their cells.
const WIDTH: usize = 34;

/// The whole text as a piece of HTML.
pub(crate) fn html(markdown: &str) -> Html {
    let mut html = Html::new();
    let mut lines = markdown.lines().peekable();
    let mut is_first = true;
    while let Some(line) = lines.next() {
        if !is_first {
            html = html.line();
        }
        is_first = false;
        let trimmed = line.trim_start();
        if let Some(fence) = fence(trimmed) {
            let language = trimmed.trim_start_matches(fence).trim();
            let mut code: Vec<&str> = Vec::new();
            for line in lines.by_ref() {
                if closes(line.trim(), fence) {
                    break;
                }
                code.push(line);
            }
            html = block(html, language, &code.join("\n"));
        } else if is_row(trimmed) && lines.peek().is_some_and(|next| is_rule(next.trim())) {
            let mut rows = vec![cells(trimmed)];
            lines.next();
            while let Some(row) = lines.next_if(|next| is_row(next.trim_start())) {
                rows.push(cells(row.trim_start()));
            }
            html = table(html, &rows);
        } else {
            html = paragraph(html, line);
        }
    }
    html
}

/// The fence that begins a block of code.
fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.starts_with(fence))
}

/// Whether the line is a fence and nothing else.
fn closes(line: &str, fence: &str) -> bool {
    line.starts_with(fence) && line.bytes().all(|byte| fence.as_bytes().contains(&byte))
}

fn block(html: Html, language: &str, code: &str) -> Html {
    let is_name = !language.is_empty()
        && language.len() <= 20
        && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-#_".contains(&byte));
    if !is_name {
        return html.pre(code);
    }
    let open = format!("<pre><code class=\"language-{language}\">");
    html.push(Html::raw(open)).text(code).push("</code></pre>")
}

/// One line that is no code and no table.
fn paragraph(html: Html, line: &str) -> Html {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let depth = "  ".repeat((indent / 2).min(4));
    let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&level)
        && let Some(heading) = trimmed.get(level..).and_then(|rest| rest.strip_prefix(' '))
    {
        let heading = heading.trim().trim_end_matches('#').trim_end();
        // Bold in bold says nothing more.
        return html.bold(heading.replace("**", "").replace("__", ""));
    }
    if trimmed.len() >= 3
        && ["-", "*", "_"]
            .iter()
            .any(|mark| trimmed.replace([' '], "").replace(mark, "").is_empty())
    {
        return html.text("──────");
    }
    if let Some(item) =
        ["- [ ] ", "- [x] ", "- ", "* ", "+ "].iter().find(|mark| trimmed.starts_with(*mark))
    {
        let sign = match *item {
            "- [ ] " => "☐ ",
            "- [x] " => "☑ ",
            _ => "• ",
        };
        let text = trimmed.strip_prefix(*item).unwrap_or(trimmed);
        return inline(html.text(depth).text(sign), text, DEPTH);
    }
    if let Some(quoted) = trimmed.strip_prefix('>') {
        let quoted = inline(Html::new(), quoted.trim_start(), DEPTH);
        return html.push("<blockquote>").push(quoted).push("</blockquote>");
    }
    inline(html.text(if indent > 0 { depth.as_str() } else { "" }), trimmed, DEPTH)
}

/// Marks within a line.
fn inline(mut html: Html, text: &str, depth: u32) -> Html {
    let mut plain = 0;
    let mut at = 0;
    let mut before: Option<char> = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if depth > 0 { marked(rest, before) } else { None };
        if let Some((mark, inner, length)) = found {
            html = html.text(text.get(plain..at).unwrap_or_default());
            html = match mark {
                Mark::Code => html.code(inner),
                Mark::Link(url) => html.link(inner, url),
                Mark::Escaped => html.text(inner),
                Mark::Tag(open, close) => {
                    html.push(open).push(inline(Html::new(), inner, depth - 1)).push(close)
                }
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

enum Mark<'a> {
    Code,
    Link(&'a str),
    Escaped,
    Tag(&'static str, &'static str),
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
            let (label, rest) = (near.get(1..end)?, near.get(end + 2..)?);
            let close = rest.find(')')?;
            let url = rest.get(..close)?.split_whitespace().next()?;
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            (is_web && !label.is_empty() && !label.contains('[')).then_some((
                Mark::Link(url),
                label,
                end + 3 + close,
            ))
        }
        '*' | '_' | '~' => {
            // Within a word, `_` is a letter: snake_case.
            if first == '_' && before.is_some_and(char::is_alphanumeric) {
                return None;
            }
            let marks: &[(&str, &str, &str)] = match first {
                '*' => {
                    &[("***", "<b><i>", "</i></b>"), ("**", "<b>", "</b>"), ("*", "<i>", "</i>")]
                }
                '_' => &[("__", "<b>", "</b>"), ("_", "<i>", "</i>")],
                _ => &[("~~", "<s>", "</s>")],
            };
            marks.iter().find_map(|&(mark, open, close)| {
                let inner = near.strip_prefix(mark)?;
                if inner.starts_with(|c: char| c.is_whitespace() || c == first) {
                    return None;
                }
                let end = closing(inner, mark, first)?;
                let inner = inner.get(..end)?;
                Some((Mark::Tag(open, close), inner, 2 * mark.len() + end))
            })
        }
        _ => None,
    }
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

fn is_row(line: &str) -> bool {
    line.starts_with('|') && line.trim_end().len() > 1
}

/// The line between a table's head and its rows.
fn is_rule(line: &str) -> bool {
    line.starts_with('|') && line.contains('-') && line.bytes().all(|byte| b"|-: ".contains(&byte))
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    let clean = |cell: &str| cell.trim().replace("**", "").replace('`', "");
    line.split('|').map(clean).collect()
}

fn table(html: Html, rows: &[Vec<String>]) -> Html {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cell = |row: &Vec<String>| row.get(column).map_or(0, |cell| cell.chars().count());
        rows.iter().map(cell).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    if widths.iter().sum::<usize>() + count.saturating_sub(1) > WIDTH {
        let line = |row: &Vec<String>| row.join(" · ");
        let lines: Vec<String> = rows.iter().map(line).collect();
        return html.text(lines.join("\n"));
    }
    let line = |row: &Vec<String>| {
        let cells = widths.iter().enumerate().map(|(column, width)| {
            let cell = row.get(column).map_or("", String::as_str);
            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count())))
        });
        cells.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    html.pre(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::html;

    fn shown(markdown: &str) -> String {
        html(markdown).as_str().to_owned()
    }

    #[test]
    fn marks_become_tags() {
        for (markdown, expected) in [
            ("plain <b> & \"text\"", "plain &lt;b&gt; &amp; &quot;text&quot;"),
            (
                "**bold** and *italic* and __bold__ and _italic_",
                "<b>bold</b> and <i>italic</i> and <b>bold</b> and <i>italic</i>",
            ),
            ("~~gone~~ `a < b`", "<s>gone</s> <code>a &lt; b</code>"),
            ("**a *b* c**", "<b>a <i>b</i> c</b>"),
            ("***both***", "<b><i>both</i></b>"),
            ("# Title\n## **Next** ##", "<b>Title</b>\n<b>Next</b>"),
            ("- one\n* two\n  - deep\n1. first", "• one\n• two\n  • deep\n1. first"),
            ("> said", "<blockquote>said</blockquote>"),
            ("[docs](https://x.org/?a=1&b=2)", "<a href=\"https://x.org/?a=1&amp;b=2\">docs</a>"),
            ("[no](javascript:alert(1))", "[no](javascript:alert(1))"),
            ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
            ("\\*no\\*", "*no*"),
            ("---", "──────"),
            ("`a` *b `*` c*", "<code>a</code> <i>b <code>*</code> c</i>"),
            ("äöü **ß** 你好 *好*", "äöü <b>ß</b> 你好 <i>好</i>"),
        ] {
            assert_eq!(shown(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn code_and_tables_are_blocks() {
        assert_eq!(
            shown("```rust\nlet a = 1 < 2;\n# no\n```\nafter"),
            "<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n# no</code></pre>\nafter"
        );
        assert_eq!(shown("```\nx\n"), "<pre>x</pre>");
        assert_eq!(shown("```\"><b>\nx\n```"), "<pre>x</pre>");
        assert_eq!(
            shown("| a | long |\n|---|:--:|\n| **1** | 2 |\n| 3 |\nend"),
            "<pre>a long\n1 2\n3</pre>\nend"
        );
        let wide = format!("| {} | b |\n|---|---|\n| 1 | 2 |", "a".repeat(40));
        assert_eq!(shown(&wide), format!("{} · b\n1 · 2", "a".repeat(40)));
    }

    #[test]
    fn no_beginning_of_an_answer_breaks_the_markup() {
        let answer = "# T\n**a *b `c` d* e** [x](https://y.z) _q_\n| a | b |\n|---|---|\n| 1 | <2> |\n```py\nprint('<&>')\n```\n> **q\n- ~~s~~ ***x*** `` ` `` \\* é";
        for (at, _) in answer.char_indices() {
            let html = shown(&answer[..at]);
            let mut open: Vec<&str> = Vec::new();
            for tag in html.split('<').skip(1) {
                let (tag, _) = tag.split_once('>').expect("a whole tag");
                match tag.strip_prefix('/') {
                    Some(tag) => assert_eq!(open.pop(), Some(tag), "{html}"),
                    None => open.push(tag.split(' ').next().unwrap()),
                }
            }
            assert!(open.is_empty(), "{html}");
        }
    }

    #[test]
    fn long_lines_of_marks_take_no_time() {
        for hostile in ["*", "**a", "_a ", "`", "[", "[a](", "\\", "~~", "***a"] {
            let text = format!("x {}", hostile.repeat(30_000 / hostile.len()));
            assert!(shown(&text).len() >= text.len() / 3, "{hostile}");
        }
    }
}
