//! What Telegram makes of HTML, sample by sample.

use super::parse;

/// Renders entities as `kind@offset+length`, with what they carry behind.
fn check(html: &str, text: &str, entities: &[&str]) {
    let parsed = parse(html).unwrap().normalise();
    let found: Vec<String> = parsed
        .entities
        .iter()
        .map(|e| {
            let extra = [&e.url, &e.language, &e.custom_emoji_id]
                .into_iter()
                .flatten()
                .cloned()
                .collect::<String>();
            format!(
                "{}@{}+{}{}{extra}",
                e.kind,
                e.offset,
                e.length,
                if extra.is_empty() { "" } else { " " }
            )
        })
        .collect();
    assert_eq!(parsed.text, text, "text of {html}");
    assert_eq!(found, entities, "entities of {html}");
}

fn check_error(html: &str, error: &str) {
    assert_eq!(parse(html).unwrap_err(), error, "error of {html}");
}

#[test]
fn every_tag() {
    for (tag, kind) in [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("tg-spoiler", "spoiler"),
        ("blockquote", "blockquote"),
    ] {
        check(&format!("a <{tag}>b</{tag}>"), "a b", &[&format!("{kind}@2+1")]);
    }
    check("<span class=\"tg-spoiler\">x</span>", "x", &["spoiler@0+1"]);
    check("<blockquote expandable>x</blockquote>", "x", &["expandable_blockquote@0+1"]);
    check(
        "<tg-emoji emoji-id='5368'>\u{1f44d}</tg-emoji>",
        "\u{1f44d}",
        &["custom_emoji@0+2 5368"],
    );
}

#[test]
fn offsets_count_utf16_units() {
    check("\u{1f600}\u{1f600} <b>ж\u{1f600}</b>", "\u{1f600}\u{1f600} ж\u{1f600}", &["bold@5+3"]);
    check("<B>é</B>a<i>b</i>", "éa\u{62}", &["bold@0+1", "italic@2+1"]);
}

#[test]
fn nesting_lists_the_outer_entity_first() {
    check("<b>a<i>b<u>c</u></i></b>", "abc", &["bold@0+3", "italic@1+2", "underline@2+1"]);
    check("<i><b>x</b></i>", "x", &["bold@0+1", "italic@0+1"]);
    check("<b>a<code>b</code>c</b>", "abc", &["bold@0+1", "code@1+1", "bold@2+1"]);
}

#[test]
fn pre_takes_the_language_of_its_code() {
    check("<pre><code class=\"language-rust\">fn</code></pre>", "fn", &["pre@0+2 rust"]);
    check("<code class=\"language-rust\">fn</code>", "fn", &["code@0+2"]);
}

#[test]
fn links() {
    check(
        "<a href=\"https://example.org/a?b=1&amp;c=2\">x</a>",
        "x",
        &["text_link@0+1 https://example.org/a?b=1&c=2"],
    );
    check("<a href='example.org'>x</a>", "x", &["text_link@0+1 http://example.org/"]);
    check("<a>example.org</a>", "example.org", &["text_link@0+11 http://example.org/"]);
    check("<a href='javascript:alert(1)'>x</a>", "x", &[]);
    check("<a href=\"tg://user?id=7\">x</a>", "x", &["text_mention@0+1"]);
}

#[test]
fn character_references() {
    check(
        "&lt;b&gt; &amp;amp; &quot; &#65;&#x1F600; &nbsp; & &#0; &lt",
        "<b> &amp; \" A\u{1f600} &nbsp; & &#0; &lt",
        &[],
    );
}

#[test]
fn white_space_and_empty_tags() {
    check("  <b> a </b> ", "a", &["bold@0+1"]);
    check("<b></b>x", "x", &[]);
    check("<b >x</b >", "x", &["bold@0+1"]);
    check("<b>x</>", "x", &["bold@0+1"]);
}

#[test]
fn errors_speak_like_telegram() {
    check_error("<br>", "Unsupported start tag \"br\" at byte offset 0");
    check_error("ж a < b", "Unsupported start tag \"\" at byte offset 5");
    check_error("<b>x", "Can't find end tag corresponding to start tag \"b\"");
    check_error("x</b>", "Unexpected end tag at byte offset 1");
    check_error(
        "<b>x</i>",
        "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
    );
    check_error("x <b", "Unclosed start tag at byte offset 2");
    check_error("<b>x</b", "Unclosed end tag at byte offset 4");
    check_error("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0");
    check_error(
        "<a href>x</a>",
        "Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0",
    );
    check_error("<a =x>x</a>", "Empty attribute name in the tag \"a\" at byte offset 0");
    check_error("<a href=\"x>y</a>", "Unclosed start tag at byte offset 0");
}
