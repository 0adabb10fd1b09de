use super::*;

fn parts(html: &str) -> Vec<String> {
    split(html, TEXT, PARTS)
}

fn units(html: &str) -> usize {
    plain(html).encode_utf16().count()
}

#[test]
fn sound_markup_stays_and_broken_markup_becomes_text() {
    assert_eq!(parts("<b>Hi</b> &lt;you&gt;"), ["<b>Hi</b> &lt;you&gt;"]);
    for broken in [
        "<b>Hi",
        "Hi</b>",
        "<b><i>x</b></i>",
        "1 < 2",
        "a & b",
        "<script>x</script>",
        "<b onclick=\"x\">x</b>",
        "<a href=\"javascript:x\">x</a>",
        "<a>x</a>",
    ] {
        assert_eq!(parts(broken), [escape(broken)], "{broken}");
        assert_eq!(plain(&escape(broken)), broken);
    }
}

#[test]
fn a_long_text_is_cut_at_lines_and_keeps_every_character() {
    let line = "word ".repeat(20);
    let text: String =
        (0..100).fold(String::new(), |text, n| text + &n.to_string() + " " + &line + "\n");
    let parts = parts(&text);
    assert!(parts.len() > 1);
    assert!(parts.iter().all(|part| units(part) <= TEXT));
    assert!(
        parts.iter().skip(1).all(|part| part.starts_with(|first: char| first.is_ascii_digit())),
        "cut between lines"
    );
    assert_eq!(
        parts.join("\n").split_whitespace().collect::<Vec<_>>(),
        text.split_whitespace().collect::<Vec<_>>()
    );
}

#[test]
fn tags_are_closed_before_a_cut_and_opened_after_it() {
    let parts = parts(&format!("<b><i>{}</i></b>", "x".repeat(5000)));
    assert_eq!(parts.len(), 2);
    for part in &parts {
        assert!(part.starts_with("<b><i>x") && part.ends_with("x</i></b>"), "{part}");
        assert!(is_well_formed(part));
    }
    assert_eq!(parts.iter().map(|part| units(part)).sum::<usize>(), 5000);
}

#[test]
fn no_emoji_and_no_entity_is_cut_in_two() {
    for text in [
        "🎉".repeat(2049),
        format!("x{}", "🎉".repeat(2048)),
        "&amp;".repeat(4097),
        format!("a{}", "&lt;".repeat(5000)),
    ] {
        let parts = parts(&text);
        assert_eq!(parts.concat(), text);
        assert!(parts.iter().all(|part| units(part) <= TEXT && is_well_formed(part)));
    }
}

#[test]
fn what_is_far_too_long_ends_with_a_note() {
    let parts = parts(&"x".repeat(100_000));
    assert_eq!(parts.len(), PARTS);
    assert!(parts.last().unwrap().ends_with("(cut: too long)"));
    assert!(parts.iter().all(|part| units(part) <= TEXT));
    assert!(units(&caption(&"y".repeat(5000))) <= CAPTION);
}

#[test]
fn marks_that_disguise_a_text_are_taken_out() {
    assert_eq!(parts("a\u{202e}b\u{0}c\u{1b}[31m\u{2066}d"), ["abc[31md"]);
}

#[test]
fn nothing_to_show_is_no_message() {
    for empty in ["", "  \n ", "<b></b>", "\u{202e}"] {
        assert!(messages(empty, Keyboard::new(), None).is_empty(), "{empty:?}");
    }
}

#[test]
fn the_keyboard_goes_under_the_last_part_and_the_first_part_replaces() {
    let keyboard = vec![vec![Button { label: "Go".to_owned(), data: "h:menu".to_owned() }]];
    let messages = messages(&"x".repeat(5000), keyboard, Some(7));
    assert!(
        matches!(&messages[0], Outgoing::Edit { message_id: 7, keyboard, .. } if keyboard.is_empty())
    );
    assert!(matches!(&messages[1], Outgoing::Send { keyboard, .. } if keyboard.len() == 1));
}
