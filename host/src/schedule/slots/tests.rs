use std::time::Duration;

use super::*;
use crate::grant::ScheduleScope;

fn cron(line: &str, zone: &str) -> Slots {
    let when = When::Cron { line: line.to_owned(), zone: Some(zone.parse().unwrap()) };
    let scope = ScheduleScope::new("check", when, false).unwrap();
    Slots::new(&scope.when, "m/check", Tz::UTC).unwrap()
}

fn every(seconds: u64, name: &str) -> Slots {
    Slots::new(&When::Every(Duration::from_secs(seconds)), name, Tz::UTC).unwrap()
}

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

/// The slots in a time, as a host finds them that is never late.
fn slots(slots: &Slots, from: &str, to: &str, zone: &str) -> Vec<String> {
    let (mut at, to) = (ms(from), ms(to));
    let zone: Tz = zone.parse().unwrap();
    let mut found = Vec::new();
    while let Some(slot) = slots.after(at).filter(|slot| *slot <= to) {
        assert!(slot > at);
        let shown = zone.timestamp_millis_opt(slot).unwrap();
        found.push(shown.format("%d %H:%M%:::z").to_string());
        at = slot;
    }
    found
}

#[test]
fn the_hole_of_spring_and_the_repetition_of_autumn_give_each_slot_once() {
    let zone = "Europe/Zurich";
    let spring =
        |line| slots(&cron(line, zone), "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", zone);
    let autumn =
        |line| slots(&cron(line, zone), "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", zone);
    // 02:30 does not exist on the 29th of March: it is due when the clock has jumped, once.
    assert_eq!(spring("30 2 * * *"), ["29 03:00+02", "30 02:30+02"]);
    assert_eq!(spring("0 9 * * *"), ["29 09:00+02", "30 09:00+02"]);
    // 02:30 exists twice on the 25th of October: the first counts.
    assert_eq!(autumn("30 2 * * *"), ["25 02:30+02", "26 02:30+01"]);
    // What repeats by the hour goes on by the hour.
    let hours =
        slots(&cron("0 * * * *", zone), "2026-10-24T23:30:00Z", "2026-10-25T03:30:00Z", zone);
    assert_eq!(hours, ["25 02:00+02", "25 02:00+01", "25 03:00+01", "25 04:00+01"]);
    let hours =
        slots(&cron("0 * * * *", zone), "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z", zone);
    assert_eq!(hours, ["29 01:00+01", "29 03:00+02", "29 04:00+02"]);
}

#[test]
fn a_schedule_keeps_to_its_own_zone() {
    for (zone, slot) in [
        ("Europe/Zurich", "2026-11-22T08:00:00Z"),
        ("America/New_York", "2026-11-22T14:00:00Z"),
        ("Asia/Kolkata", "2026-11-22T03:30:00Z"),
        ("Australia/Lord_Howe", "2026-11-22T22:00:00Z"),
        ("UTC", "2026-11-22T09:00:00Z"),
    ] {
        assert_eq!(
            cron("0 9 * * *", zone).after(ms("2026-11-22T03:00:00Z")),
            Some(ms(slot)),
            "{zone}"
        );
    }
    let when = When::Cron { line: "0 9 * * *".to_owned(), zone: None };
    let host = Slots::new(&when, "m/check", Tz::Asia__Kolkata).unwrap();
    assert_eq!(host.after(ms("2026-11-22T03:00:00Z")), Some(ms("2026-11-22T03:30:00Z")));
}

#[test]
fn intervals_hang_on_nothing_but_themselves() {
    let slots = every(60, "m/check");
    let first = slots.after(ms("2026-11-22T12:00:00Z")).unwrap();
    for (offset, slot) in
        [(-1, first), (0, first + 60_000), (59_999, first + 60_000), (60_000, first + 120_000)]
    {
        assert_eq!(slots.after(first + offset), Some(slot), "{offset}");
    }
    assert_ne!(first % 60_000, every(60, "m/other").after(first).unwrap() % 60_000);
    for moment in [i64::MIN, i64::MAX, -1, 0] {
        if let Some(slot) = slots.after(moment) {
            assert!(slot > moment && slot - moment <= 60_000, "{moment}");
        }
    }
}

#[test]
fn what_was_slept_through_is_one_slot_the_last() {
    for slots in [
        every(10, "a"),
        every(3_600, "b"),
        every(86_400 * 366, "c"),
        cron("* * * * *", "UTC"),
        cron("30 2 * * *", "Europe/Zurich"),
        cron("*/7 2-4 * * 1", "America/New_York"),
        cron("* * 1 * *", "Australia/Lord_Howe"),
        cron("0 0 29 2 *", "UTC"),
    ] {
        for (from, to) in [
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z"),
            ("2026-03-28T23:10:00Z", "2026-03-29T06:20:00Z"),
            ("2026-10-24T23:10:00Z", "2026-10-25T09:20:00Z"),
            ("2026-02-11T23:10:00Z", "2026-03-25T11:20:00Z"),
        ] {
            let (from, to) = (ms(from), ms(to));
            let mut last = None;
            while let Some(slot) = slots.after(last.unwrap_or(from)).filter(|slot| *slot <= to) {
                last = Some(slot);
            }
            assert_eq!(slots.latest(from, to), last, "{slots:?} {from} {to}");
        }
        // Years are searched as fast as hours.
        let (from, to) = (ms("2026-01-01T00:00:00Z"), ms("2038-01-20T00:00:00Z"));
        let latest = slots.latest(from, to).unwrap();
        assert!(latest <= to && slots.after(latest).is_none_or(|next| next > to));
        assert_eq!(slots.latest(to, from), None, "a clock that was set back");
    }
}

#[test]
fn a_day_that_a_zone_left_out_does_not_end_a_schedule() {
    // Samoa had no 30 December 2011.
    let slots = cron("0 9 * * *", "Pacific/Apia");
    let mut at = ms("2011-12-28T00:00:00Z");
    for _ in 0..5 {
        at = slots.after(at).unwrap();
    }
    assert!(at < ms("2012-01-05T00:00:00Z"), "{at}");
}
