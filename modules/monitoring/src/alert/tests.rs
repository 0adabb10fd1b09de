//! Alerts over time, a minute at a step.

use proptest::prelude::*;

use super::*;

fn cpu(percent: f64) -> Reading {
    Reading::Share { percent, limit: 80, samples: 3 }
}

fn bad(subject: Subject, since: u64) -> Finding {
    let wrong = Some(Wrong { since, level: Level::Urgent });
    Finding { subject, reading: Some(cpu(93.0)), wrong }
}

fn good(subject: Subject) -> Finding {
    Finding { subject, reading: Some(cpu(41.0)), wrong: None }
}

fn wrong() -> Vec<Change> {
    vec![Change::Wrong(Subject::Cpu)]
}

#[test]
fn it_is_told_once_and_when_it_is_over() {
    let mut alerts = Alerts::default();
    assert_eq!(alerts.step(vec![good(Subject::Cpu)], 60), []);
    assert_eq!(alerts.step(vec![bad(Subject::Cpu, 60)], 180), wrong());
    for now in (240..720).step_by(60) {
        assert_eq!(alerts.step(vec![bad(Subject::Cpu, 60)], now), []);
    }
    let over = Change::Over { subject: Subject::Cpu, reading: cpu(41.0), seconds: 720 };
    assert_eq!(alerts.step(vec![good(Subject::Cpu)], 780), [over]);
    assert!(alerts.open.is_empty());
    assert_eq!((alerts.past[0].since, alerts.past[0].until), (60, 780));
}

#[test]
fn one_reminder_after_an_hour_unless_somebody_knows() {
    let mut alerts = Alerts::default();
    let mut told = Vec::new();
    for now in (0..20_000).step_by(60) {
        told.extend(
            alerts.step(vec![bad(Subject::Cpu, 0)], now).into_iter().map(|change| (now, change)),
        );
    }
    assert_eq!(told, [(0, Change::Wrong(Subject::Cpu)), (3_600, Change::Reminder(Subject::Cpu))]);

    let mut alerts = Alerts::default();
    alerts.step(vec![bad(Subject::Cpu, 0)], 0);
    assert_eq!(alerts.acknowledge(None, "Olivia", 0), 1);
    assert_eq!(alerts.acknowledge(None, "Umberto", 0), 0, "known already");
    for now in (60..20_000).step_by(60) {
        assert_eq!(alerts.step(vec![bad(Subject::Cpu, 0)], now), []);
    }
    // That it is over is told all the same.
    assert_eq!(alerts.step(vec![good(Subject::Cpu)], 20_040).len(), 1);
}

#[test]
fn what_is_muted_is_silent_until_the_mute_ends() {
    let disk = || Subject::Disk("/".to_owned());
    let mut alerts = Alerts::default();
    assert_eq!(
        alerts.step(vec![bad(Subject::Cpu, 0), good(disk()), good(Subject::Memory)], 0),
        wrong()
    );
    alerts.mute(None, 3_600);
    // One begins and stays, one begins and ends, both in silence.
    assert_eq!(
        alerts.step(vec![bad(Subject::Cpu, 0), bad(disk(), 60), bad(Subject::Memory, 60)], 60),
        []
    );
    assert_eq!(
        alerts.step(vec![bad(Subject::Cpu, 0), bad(disk(), 60), good(Subject::Memory)], 120),
        []
    );
    let after =
        alerts.step(vec![bad(Subject::Cpu, 0), bad(disk(), 60), good(Subject::Memory)], 3_600);
    assert_eq!(after, [Change::Wrong(Subject::Cpu), Change::Wrong(disk())], "in one message");
    assert!(alerts.mutes.is_empty());
    assert_eq!(
        alerts.step(vec![bad(Subject::Cpu, 0), bad(disk(), 60), good(Subject::Memory)], 3_660),
        []
    );
}

#[test]
fn one_subject_is_muted_by_itself() {
    let mut alerts = Alerts::default();
    alerts.mute(Some(Subject::Memory), 3_600);
    let changes = alerts.step(vec![bad(Subject::Cpu, 0), bad(Subject::Memory, 0)], 60);
    assert_eq!(changes, wrong());
    assert_eq!(alerts.muted_until(&Subject::Memory, 60), Some(3_600));
    assert_eq!(alerts.muted_until(&Subject::Cpu, 60), None);
    // What ends while it is muted was never told.
    assert_eq!(alerts.step(vec![bad(Subject::Cpu, 0), good(Subject::Memory)], 120), []);
    alerts.unmute(None, 180);
    assert_eq!(
        alerts.step(vec![bad(Subject::Cpu, 0), bad(Subject::Memory, 200)], 240),
        [Change::Wrong(Subject::Memory)]
    );
}

#[test]
fn what_becomes_worse_is_told_again() {
    let certificate = || Subject::Certificate("shop".to_owned());
    let days = |days, level| Finding {
        subject: certificate(),
        reading: Some(Reading::Days(days)),
        wrong: Some(Wrong { since: 0, level }),
    };
    let mut alerts = Alerts::default();
    let told = vec![Change::Wrong(certificate())];
    assert_eq!(alerts.step(vec![days(14, Level::Warning)], 0), told);
    alerts.acknowledge(None, "Olivia", 0);
    assert_eq!(alerts.step(vec![days(13, Level::Warning)], 60), []);
    assert_eq!(alerts.step(vec![days(3, Level::Urgent)], 120), told);
    assert_eq!(alerts.step(vec![days(2, Level::Urgent)], 180), []);
    assert_eq!(alerts.open[0].line(200), "🔴 Certificate of shop expires in 2 d");
}

#[test]
fn what_is_unknown_stays_and_what_is_gone_is_over_in_silence() {
    let mut alerts = Alerts::default();
    alerts.step(vec![bad(Subject::Cpu, 0)], 0);
    let unknown = Finding { subject: Subject::Cpu, reading: None, wrong: None };
    assert_eq!(alerts.step(vec![unknown.clone()], 60), []);
    assert_eq!(alerts.open.len(), 1);
    // The reminder comes also while nobody knows better.
    assert_eq!(alerts.step(vec![unknown], 3_600), [Change::Reminder(Subject::Cpu)]);
    assert_eq!(alerts.step(Vec::new(), 3_660), []);
    assert_eq!((alerts.open.len(), alerts.past.len()), (0, 1));
}

#[test]
fn the_last_messages_are_known_and_old_records_are_read() {
    let mut alerts = Alerts::default();
    let changes = alerts.step(vec![bad(Subject::Cpu, 0)], 0);
    for message in 1..=10 {
        alerts.told(&changes, message);
    }
    let known: Vec<u64> = (0..=11).filter(|number| !alerts.subjects(*number).is_empty()).collect();
    assert_eq!(known, [3, 4, 5, 6, 7, 8, 9, 10]);
    alerts.step(vec![good(Subject::Cpu)], 60);
    assert_eq!(alerts.subjects(10), [Subject::Cpu], "also when it is over");

    let old = r#"{"open":[{"subject":"Cpu","reading":"Up","level":"Urgent","since":1,"message":7,"told_at":1,
        "reminded":false,"acknowledged":null}],"past":[],"mutes":[]}"#;
    let alerts: Alerts = serde_json::from_str(old).unwrap();
    assert_eq!((alerts.open.len(), alerts.subjects(7)), (1, Vec::new()));
}

#[test]
fn a_summary_tells_what_is_not_muted() {
    let mut alerts = Alerts::default();
    alerts.mute(Some(Subject::Memory), 3_600);
    alerts.step(vec![bad(Subject::Cpu, 0), bad(Subject::Memory, 0)], 0);
    alerts.told_all(4, 0);
    assert_eq!(alerts.subjects(4), [Subject::Cpu]);
}

#[test]
fn one_mute_ends_by_itself() {
    let mut alerts = Alerts::default();
    alerts.mute(Some(Subject::Cpu), 3_600);
    alerts.mute(Some(Subject::Memory), 3_600);
    alerts.step(vec![bad(Subject::Cpu, 0), bad(Subject::Memory, 0)], 0);
    alerts.unmute(Some(&[Subject::Cpu]), 60);
    assert!(!alerts.has_own_mute(&Subject::Cpu, 60) && alerts.has_own_mute(&Subject::Memory, 60));
    let both = || vec![bad(Subject::Cpu, 0), bad(Subject::Memory, 0)];
    assert_eq!(alerts.step(both(), 120), [], "whoever pressed has seen it");
    assert_eq!(alerts.step(both(), 3_600), [Change::Wrong(Subject::Memory)]);
}

#[test]
fn the_past_is_bounded() {
    let mut alerts = Alerts::default();
    for round in 0..500 {
        alerts.step(vec![bad(Subject::Cpu, round)], round);
        alerts.step(vec![good(Subject::Cpu)], round);
    }
    assert_eq!(alerts.past.len(), 60);
}

proptest! {
    /// Whatever happens and whoever presses what: nothing is told twice without an end in between (beside
    /// the reminder, and after a mute), and nothing is over that was not told.
    #[test]
    fn every_end_has_a_beginning(rounds in proptest::collection::vec((any::<bool>(), 0_u8..12), 1..80)) {
        let mut alerts = Alerts::default();
        let (mut told, mut may_repeat) = (0, false);
        for (index, (is_bad, press)) in rounds.into_iter().enumerate() {
            let now = index as u64 * 300;
            let finding = if is_bad { bad(Subject::Cpu, now) } else { good(Subject::Cpu) };
            for change in alerts.step(vec![finding], now) {
                match change {
                    Change::Wrong(_) => {
                        prop_assert!(told == 0 || may_repeat, "told twice");
                        (told, may_repeat) = (1, false);
                    }
                    Change::Reminder(_) => {
                        prop_assert_eq!(told, 1, "reminded of nothing, or twice");
                        told = 2;
                    }
                    Change::Over { .. } => {
                        prop_assert!(told > 0, "nobody knew");
                        told = 0;
                    }
                }
            }
            let is_open = !alerts.open.is_empty();
            if !is_open {
                told = 0;
            }
            match press {
                0 | 3 => {
                    if press == 0 { alerts.acknowledge(None, "Olivia", now); } else { alerts.unmute(None, now); }
                    if is_open {
                        (told, may_repeat) = (told.max(1), false);
                    }
                }
                1 | 2 => {
                    alerts.mute((press == 2).then_some(Subject::Cpu), now + 900 + 300 * u64::from(press));
                    may_repeat = true;
                }
                _ => {}
            }
            let text = serde_json::to_string(&alerts).unwrap();
            prop_assert_eq!(serde_json::from_str::<Alerts>(&text).unwrap(), alerts.clone());
        }
    }
}

#[test]
fn what_is_acknowledged_in_a_mute_is_not_told_after_it() {
    let mut alerts = Alerts::default();
    alerts.mute(None, 600);
    assert_eq!(alerts.step(vec![bad(Subject::Cpu, 0)], 0), []);
    assert_eq!(alerts.acknowledge(None, "Olivia", 60), 1);
    assert_eq!(alerts.step(vec![bad(Subject::Cpu, 0)], 600), []);
    assert_eq!(alerts.step(vec![good(Subject::Cpu)], 660).len(), 1, "its end is");
}
