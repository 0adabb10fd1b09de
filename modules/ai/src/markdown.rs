//! Markdown, as models write it, in Telegram's HTML: its blocks. Marks within a line are those of `inline`.
//!
//! It is converted while it still arrives, so nothing may depend on what comes later: a mark that is not
//! closed within its paragraph is text, and a code block that is not closed ends with what there is.

use umbrasil_sdk::Html;

use crate::inline::{bold, inline};

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
        if let Some(fence) = Fence::of(trimmed) {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !fence.closes(line)).collect();
            html = block(html, fence.language, &code.join("\n"));
        } else if is_row(trimmed) && lines.peek().is_some_and(|next| is_rule(next.trim())) {
            let mut rows = vec![cells(trimmed)];
            lines.next();
            while let Some(row) = lines.next_if(|next| is_row(next.trim_start())) {
                rows.push(cells(row.trim_start()));
            }
            html = table(html, &rows);
        } else if let Some(quoted) = quoted(trimmed) {
            let mut said = paragraph(Html::new(), quoted);
            while let Some(next) = lines.next_if(|next| next.trim_start().starts_with('>')) {
                said = paragraph(said.line(), self::quoted(next.trim_start()).unwrap_or_default());
            }
            html = html.push("<blockquote>").push(said).push("</blockquote>");
        } else {
            html = paragraph(html, line);
        }
    }
    html
}

/// The line that opened the block of code in which a text ends, if it ends in one.
pub(crate) fn open_block(markdown: &str) -> Option<&str> {
    let mut open: Option<(Fence<'_>, &str)> = None;
    for line in markdown.lines() {
        open = match open {
            Some((fence, _)) if fence.closes(line) => None,
            Some(open) => Some(open),
            None => Fence::of(line.trim_start()).map(|fence| (fence, line)),
        };
    }
    open.map(|(_, line)| line)
}

/// What begins a block of code: three of its marks or more.
#[derive(Clone, Copy)]
struct Fence<'a> {
    mark: char,
    length: usize,
    language: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = line.bytes().take_while(|byte| char::from(*byte) == mark).count();
        let language = line.get(length..)?.trim();
        // A whole piece of code in one line is none that begins a block.
        let is_fence = length >= 3 && !(mark == '`' && language.contains('`'));
        is_fence.then_some(Self { mark, length, language })
    }

    /// Whether the line is nothing but a fence that is as long at least.
    fn closes(self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }
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

/// What is quoted in a line, however deep.
fn quoted(line: &str) -> Option<&str> {
    line.starts_with('>').then(|| line.trim_start_matches(['>', ' ']))
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
        return html.push(bold(heading.trim().trim_end_matches('#').trim_end()));
    }
    if trimmed.len() >= 3
        && ["-", "*", "_"]
            .iter()
            .any(|mark| trimmed.replace([' '], "").replace(mark, "").is_empty())
    {
        return html.text("──────");
    }
    if let Some(item) = ["- ", "* ", "+ "].iter().find_map(|mark| trimmed.strip_prefix(mark)) {
        let boxes = [("[ ] ", "☐ "), ("[x] ", "☑ "), ("[X] ", "☑ ")];
        let ticked = boxes.iter().find_map(|(mark, sign)| Some((item.strip_prefix(mark)?, *sign)));
        let (text, sign) = ticked.unwrap_or((item, "• "));
        return html.text(depth).text(sign).push(inline(text));
    }
    html.text(if indent > 0 { depth.as_str() } else { "" }).push(inline(trimmed))
}

fn is_row(line: &str) -> bool {
    line.starts_with('|') && line.trim_end().len() > 1
}

/// The line between a table's head and its rows.
fn is_rule(line: &str) -> bool {
    line.starts_with('|') && line.contains('-') && line.bytes().all(|byte| b"|-: ".contains(&byte))
}

/// The cells of a row. A bar behind a backslash is a letter.
fn cells(line: &str) -> Vec<Html> {
    let line = line.trim();
    let mut cells = vec![String::new()];
    let mut is_escaped = false;
    for character in line.strip_prefix('|').unwrap_or(line).chars() {
        match (cells.last_mut(), character) {
            (_, '|') if !is_escaped => cells.push(String::new()),
            (Some(cell), '|') => {
                cell.pop();
                cell.push('|');
            }
            (Some(cell), character) => cell.push(character),
            (None, _) => {}
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    // The bar at the end of the row closes the last cell.
    if cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| inline(cell.trim())).collect()
}

/// Columns below each other; where they are too wide, or a link would be lost, the cells one behind the other.
fn table(html: Html, rows: &[Vec<Html>]) -> Html {
    let texts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| Html::visible(cell.as_str())).collect())
        .collect();
    let count = texts.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cell = |row: &Vec<String>| row.get(column).map_or(0, |cell| cell.chars().count());
        texts.iter().map(cell).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let has_link = rows.iter().flatten().any(|cell| cell.as_str().contains("<a "));
    if has_link || widths.iter().sum::<usize>() + count.saturating_sub(1) > WIDTH {
        return rows.iter().enumerate().fold(html, |html, (index, row)| {
            let html = if index > 0 { html.line() } else { html };
            row.iter().enumerate().fold(html, |html, (index, cell)| {
                html.text(if index > 0 { " · " } else { "" }).push(cell.clone())
            })
        });
    }
    let line = |row: &Vec<String>| {
        let cells = widths.iter().enumerate().map(|(column, width)| {
            let cell = row.get(column).map_or("", String::as_str);
            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count())))
        });
        cells.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    };
    let lines: Vec<String> = texts.iter().map(line).collect();
    html.pre(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{html, open_block};

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
            (
                "[a](https://x.org/b_(c)) [d](https://y.org \"a (title)\")!",
                "<a href=\"https://x.org/b_(c)\">a</a> <a href=\"https://y.org\">d</a>!",
            ),
            ("[**b** `c`](https://x.org)", "<a href=\"https://x.org\"><b>b</b> <code>c</code></a>"),
            ("# 2**10 is `__init__`, *so*", "<b>2**10 is <code>__init__</code>, <i>so</i></b>"),
            ("* [ ] open\n+ [X] done", "☐ open\n☑ done"),
            ("> a\n> - **b**\n>\nc", "<blockquote>a\n• <b>b</b>\n</blockquote>\nc"),
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
        assert_eq!(shown("```ls -la```\nafter"), "<code>ls -la</code>\nafter");
        assert_eq!(
            shown("````md\n```\nx\n```\n````\nafter"),
            "<pre><code class=\"language-md\">```\nx\n```</code></pre>\nafter"
        );
        assert_eq!(shown("~~~\n```\n~~~"), "<pre>```</pre>");
        assert_eq!(
            shown("| a \\| b | 2**10 |\n|---|---|\n| `__x__` | **y** |"),
            "<pre>a | b 2**10\n__x__ y</pre>"
        );
        assert_eq!(
            shown("| a | b |\n|---|---|\n| [doc](https://x.org) | **2** |"),
            "a · b\n<a href=\"https://x.org\">doc</a> · <b>2</b>"
        );
        let wide = format!("| {} | b |\n|---|---|\n| 1 | 2 |", "a".repeat(40));
        assert_eq!(shown(&wide), format!("{} · b\n1 · 2", "a".repeat(40)));
    }

    #[test]
    fn the_block_in_which_a_text_ends_is_known() {
        assert_eq!(open_block("x\n```rust\nlet"), Some("```rust"));
        assert_eq!(open_block("x\n```rust\nlet\n```\ny"), None);
        assert_eq!(open_block("````\n```\nx"), Some("````"));
        assert_eq!(open_block("```x```\n"), None);
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
