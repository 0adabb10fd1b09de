use super::*;

#[test]
fn numbers_are_short() {
    let shown = [0, 999, 1_000, 1_024, 10_240, 1_048_576, 3_650_722_201, u64::MAX].map(bytes);
    assert_eq!(
        shown,
        ["0 B", "999 B", "1.0 kB", "1.0 kB", "10.0 kB", "1.0 MB", "3.4 GB", "16777216 TB"]
    );
    assert_eq!(part_of(1 << 30, 8 << 30), "1.0/8.0 GB");
    assert_eq!(part_of(64_673_036 << 10, 264_212_084 << 10), "61.7/252 GB");
    assert_eq!(part_of(0, 0), "0.0/0.0 kB");
    assert_eq!(part_of(u64::MAX, u64::MAX), "16384/16384 PB");
    assert_eq!(
        [(0, 0), (1, 3), (2, 3), (9, 9), (9, 1)].map(|(a, b)| percent(a, b)),
        [0, 33, 67, 100, 100]
    );
    assert_eq!(bar(0, 8), "░░░░░░░░");
    assert_eq!(bar(41, 8), "███░░░░░");
    assert_eq!(bar(250, 8), "████████");
    assert_eq!([5, 65, 7_300, 274_000].map(span), ["5 s", "1 min", "2 h 1 min", "3 d 4 h"]);
    assert_eq!([5, 65, 7_300, 274_000].map(brief_span), ["5s", "1m", "2h", "3d"]);
    assert_eq!(took(Duration::from_millis(1_260)), "1.3 s");
}

#[test]
fn what_draws_is_taken_out() {
    assert_eq!(clean("\u{1b}[1;31mred\u{1b}[0m\u{1b}(B\ta\r\nb\u{7}\u{202e}c\u{1b}"), "red  a\nbc");
    assert_eq!(clean("\u{1b}[31"), "");
    assert_eq!(clean("\u{1b}]0;root@web1\u{7}a\u{1b}]8;;x\u{1b}\\b\u{1b}=c"), "abc");
    assert_eq!(one_line(" a\n b  "), "a b");
}

#[test]
fn texts_are_cut_where_nothing_is_lost() {
    assert_eq!(short("nginx", 5), "nginx");
    assert_eq!(short("nginx2", 5), "ngin…");
    assert_eq!(short_end("/var/lib/docker", 8), "…/docker");
    assert_eq!(tail("a\nbb\nccc\n", 7), ("bb\nccc".to_owned(), true));
    assert_eq!(tail("a\nbb\nccc\n", 9), ("a\nbb\nccc".to_owned(), false));
    assert_eq!(tail("é🙂x", 2), ("…x".to_owned(), true));
    assert_eq!(tail("", 9), (String::new(), false));
}
