//! What a month and a balance look like.

use super::{host, refused, shown};

#[test]
fn a_month_by_category() {
    let mut host = host();
    for command in [
        "/income 2500 salary June",
        "/expense 600 home rent",
        "/expense 37.50 food",
        "/expense 12.50 food coffee",
        "/expense 9 tea",
    ] {
        host.command(command).unwrap();
    }
    host.command("/undo").unwrap();
    assert_eq!(
        shown(&mut host, "/report"),
        "📊 November 2026\nIncome: 2500.00 EUR\nExpenses: 650.00 EUR\nNet: 1850.00 EUR\n\n\
         Expenses\nhome 600.00 (92 %)\n██████████\nfood 50.00 (7 %)\n█\n\n\
         Income\nsalary 2500.00 (100 %)\n██████████\n\n\
         4 entries. The latest:\n2026-11-22 -12.50 food · coffee\n2026-11-22 -37.50 food\n\
         2026-11-22 -600.00 home · rent\n2026-11-22 2500.00 salary · June\n[◀ Oct 2026]\n[📊 Chart] [📄 CSV] [Finance]"
    );
    assert_eq!(
        shown(&mut host, "/balance"),
        "November 2026\nIncome: 2500.00 EUR\nExpenses: 650.00 EUR\n\nBalance: 1850.00 EUR\n[Report] [Finance]"
    );
}

#[test]
fn the_months_around_are_a_tap_away() {
    let mut host = host();
    host.command("/expense 5 food").unwrap();
    host.wait(86_400 * 30);
    assert_eq!(
        shown(&mut host, "/report"),
        "📊 December 2026\nNo entries in this month.\n[◀ Nov 2026]\n[Finance]"
    );
    let november = host.press("◀ Nov 2026").unwrap().to_string();
    assert!(
        november.starts_with("(edited) 📊 November 2026\nIncome: 0.00 EUR\nExpenses: 5.00 EUR"),
        "{november}"
    );
    assert!(
        november.ends_with("\n[◀ Oct 2026] [Dec 2026 ▶]\n[📊 Chart] [📄 CSV] [Finance]"),
        "{november}"
    );
    assert!(host.press("Dec 2026 ▶").unwrap().text().starts_with("📊 December 2026"));
}

#[test]
fn a_month_has_many_names() {
    let mut host = host();
    for (argument, title) in [
        ("2026-03", "📊 March 2026"),
        ("2026-3", "📊 March 2026"),
        ("march", "📊 March 2026"),
        ("MAR", "📊 March 2026"),
        ("November", "📊 November 2026"),
        ("december", "📊 December 2025"),
        ("last", "📊 October 2026"),
        ("0000-01", "📊 January 0"),
        ("9999-12", "📊 December 9999"),
    ] {
        let report = shown(&mut host, &format!("/report {argument}"));
        assert!(report.starts_with(title), "{argument}: {report}");
    }
    assert_eq!(
        refused(&mut host, "/report soon"),
        "“soon” is no month.\nUsage: /report [PERIOD]\nExample: /report last"
    );
    for bad in ["2026-13", "q5", "-1", "<b>"] {
        assert!(refused(&mut host, &format!("/report {bad}")).contains("is no month"), "{bad}");
    }
}

#[test]
fn the_day_is_that_of_the_hosts_time_zone() {
    let new_year = 1_798_761_540_000; // 2026-12-31T23:59Z
    let mut utc = host().at(new_year);
    utc.command("/expense 5 food").unwrap();
    assert!(shown(&mut utc, "/report").contains("2026-12-31 -5.00 food"));
    let mut basel = host().at(new_year).offset(3_600);
    basel.command("/expense 5 food").unwrap();
    assert!(shown(&mut basel, "/report 2027-01").contains("2027-01-01 -5.00 food"));
}

#[test]
fn many_categories_stay_readable() {
    let mut host = host();
    for index in 1..=20 {
        host.command(&format!("/expense {index} category{index}")).unwrap();
    }
    let report = shown(&mut host, "/report");
    assert!(report.contains("category20 20.00 (9 %)\n██████████"), "{report}");
    assert!(report.contains("\n8 more categories: 36.00\n"), "{report}");
    assert!(report.contains("20 entries. The latest:\n2026-11-22 -20.00 category20\n"), "{report}");
}

#[test]
fn a_longer_period_has_a_table_of_months() {
    let mut host = host().at(1_790_000_000_000); // September 2026.
    for command in ["/income 2500 salary", "/expense 600 home", "/expense 40 food"] {
        host.command(command).unwrap();
    }
    host.wait(86_400 * 62);
    for command in ["/expense 10.50 food", "/undo", "/expense 99.99 fun"] {
        host.command(command).unwrap();
    }
    assert_eq!(
        shown(&mut host, "/report last 3 months"),
        "📊 Sep – Nov 2026\nIncome: 2500.00 EUR\nExpenses: 739.99 EUR\nNet: 1760.01 EUR\n\n\
         \u{20}        Income  Expenses\nSep 26  2500.00    640.00\nOct 26     0.00      0.00\nNov 26     0.00     99.99\n\n\
         Expenses\nhome 600.00 (81 %)\n██████████\nfun 99.99 (13 %)\n█\nfood 40.00 (5 %)\n█\n\n\
         Income\nsalary 2500.00 (100 %)\n██████████\n\n4 entries.\n\
         [◀ Jun – Aug 2026]\n[📊 Chart] [📄 CSV] [Finance]"
    );
    let earlier = host.press("◀ Jun – Aug 2026").unwrap().to_string();
    assert_eq!(
        earlier,
        "(edited) 📊 Jun – Aug 2026\nNo entries in this period.\n[◀ Mar – May 2026] [Sep – Nov 2026 ▶]\n[Finance]"
    );
    let long = host.command("/report 2024..2026").unwrap();
    assert!(!long.text().contains("2025"), "nothing before the first entry: {long}");
    host.wait(86_400 * 62);
    host.command("/expense 0.01 tiny").unwrap();
    let long = host.command("/report 2024..2027").unwrap();
    assert!(long.text().contains("\n2026  2500.00    739.99\n2027     0.00      0.01\n"), "{long}");
    assert!(long.text().contains("\ntiny 0.01 (<1 %)\n"), "{long}");
    assert!(
        refused(&mut host, "/report 2000..2026").starts_with("A period has at most 60 months.")
    );
}

#[test]
fn each_currency_has_its_section() {
    let mut host = host().config("DEFAULT_CURRENCY", "CHF");
    host.command("/expense 9 tea").unwrap();
    let mut host = host.config("DEFAULT_CURRENCY", "EUR");
    let only = shown(&mut host, "/report");
    assert!(only.starts_with("📊 November 2026\nIncome: 0.00 CHF\nExpenses: 9.00 CHF\n"), "{only}");
    host.command("/expense 5 food").unwrap();
    let both = shown(&mut host, "/report");
    assert!(both.contains("2026-11-22 -5.00 food\n\n💱 CHF\nIncome: 0.00 CHF\n"), "{both}");
    assert!(both.contains("\n1 entry.\n[◀"), "{both}");
}

#[test]
fn the_picture_comes_with_the_command_and_by_its_button() {
    let mut host = host();
    assert_eq!(host.command("/report").unwrap().photos, [], "there is nothing to draw");
    for index in 1..=13 {
        host.command(&format!("/expense {index} category{index}")).unwrap();
    }
    host.command("/income 100 <b>&").unwrap();
    let outcome = host.command("/report").unwrap();
    let [photo] = &outcome.photos[..] else { panic!("one picture") };
    assert_eq!(photo.caption, "📊 November 2026 · Net 9.00 EUR");
    assert!(photo.content.starts_with(b"\x89PNG"));
    assert_eq!(photo.content[16..20], 1080_u32.to_be_bytes());
    // Paging through months sends none; the button does, as a new message.
    assert_eq!(host.press("◀ Oct 2026").unwrap().photos, []);
    assert_eq!(host.press("Nov 2026 ▶").unwrap().photos, []);
    let again = host.press("📊 Chart").unwrap();
    assert_eq!((again.replies.len(), &again.photos), (0, &outcome.photos));
    assert_eq!(host.command("/report 2026").unwrap().photos.len(), 1);
    assert_eq!(host.action("chart", &["2020"]).unwrap().to_string(), "");
}
