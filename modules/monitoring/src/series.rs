//! The numbers of the machine over time: each minute for a day, ten-minute averages for a week.

use umbrasil_sdk::prelude::*;

use crate::ring::{Ring, Row};
use crate::sample::Sample;

/// A day of minutes, and the hour that is being written over.
const MINUTES: Ring = Ring { name: "minute", period: 3_600, step: 60, periods: 26 };
/// A week of ten minutes.
const TENS: Ring = Ring { name: "ten", period: 86_400, step: 600, periods: 9 };

/// A sample and its time, in seconds since 1970.
pub(crate) type Timed = (u64, Sample);

/// Keeps a sample. Two values are read, and one is written, or two each ten minutes.
pub(crate) fn keep(at: u64, sample: Sample) -> Result<()> {
    let before = at.saturating_sub(MINUTES.period);
    let [now, earlier] = storage::get_many([MINUTES.key(at), MINUTES.key(before)])?;
    let mut page = MINUTES.page(at, now.as_deref());
    let earlier = MINUTES.page(before, earlier.as_deref());
    let rows: Vec<&Row> = earlier.rows.iter().chain(&page.rows).collect();
    // The first of ten minutes closes the ten before them.
    if let Some(last) =
        rows.last().map(|row| row.at / TENS.step).filter(|ten| *ten < at / TENS.step)
    {
        let of_last = rows.iter().filter(|row| row.at / TENS.step == last);
        let samples: Vec<Sample> = of_last.map(|row| sample_of(row)).collect();
        close(last * TENS.step, &samples)?;
    }
    MINUTES.add(&mut page, at, values_of(sample));
    MINUTES.keep(at, &page)
}

fn close(at: u64, samples: &[Sample]) -> Result<()> {
    let value = storage::get(&TENS.key(at))?;
    let mut page = TENS.page(at, value.as_deref());
    TENS.add(&mut page, at, values_of(average(samples)));
    TENS.keep(at, &page)
}

/// The samples of the last `seconds`, oldest first: each minute up to a day, averages beyond.
pub(crate) fn last(seconds: u64, now: u64) -> Result<Vec<Timed>> {
    let ring = if seconds <= 86_400 { MINUTES } else { TENS };
    let pages = ring.read(now.saturating_sub(seconds), now)?;
    Ok(pages.iter().flat_map(|page| &page.rows).map(|row| (row.at, sample_of(row))).collect())
}

/// The average and the greatest of what was there.
pub(crate) fn average_and_most(
    samples: &[Timed],
    of: fn(&Sample) -> Option<f64>,
) -> Option<(f64, f64)> {
    let values: Vec<f64> = samples.iter().filter_map(|(_, sample)| of(sample)).collect();
    let most = values.iter().copied().reduce(f64::max)?;
    Some((values.iter().sum::<f64>() / values.len() as f64, most))
}

fn average(samples: &[Sample]) -> Sample {
    let of = |part: fn(&Sample) -> Option<f64>| {
        let values: Vec<f64> = samples.iter().filter_map(part).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    Sample {
        cpu: of(|sample| sample.cpu),
        memory: of(|sample| sample.memory),
        swap: of(|sample| sample.swap),
        disk: of(|sample| sample.disk),
        load: of(|sample| sample.load),
        received: of(|sample| sample.received),
        sent: of(|sample| sample.sent),
    }
}

/// As they are kept: one decimal is enough for shares, two for the load.
fn values_of(sample: Sample) -> Vec<Option<f64>> {
    let Sample { cpu, memory, swap, disk, load, received, sent } = sample;
    let tenth = |value: Option<f64>| value.map(|value| (value * 10.0).round() / 10.0);
    let hundredth = |value: Option<f64>| value.map(|value| (value * 100.0).round() / 100.0);
    let whole = |value: Option<f64>| value.map(f64::round);
    vec![
        tenth(cpu),
        tenth(memory),
        tenth(swap),
        tenth(disk),
        hundredth(load),
        whole(received),
        whole(sent),
    ]
}

fn sample_of(row: &Row) -> Sample {
    Sample {
        cpu: row.value(0),
        memory: row.value(1),
        swap: row.value(2),
        disk: row.value(3),
        load: row.value(4),
        received: row.value(5),
        sent: row.value(6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Page;

    #[test]
    fn an_average_leaves_out_what_was_not_there() {
        let with = |cpu| Sample { cpu, ..Sample::default() };
        let average = average(&[with(Some(10.0)), with(None), with(Some(20.0))]);
        assert_eq!((average.cpu, average.memory), (Some(15.0), None));
    }

    #[test]
    fn samples_become_rows_and_come_back() {
        let sample =
            Sample { cpu: Some(12.34), disk: Some(99.96), sent: Some(1e9), ..Sample::default() };
        let mut page = Page::default();
        MINUTES.add(&mut page, 120, values_of(sample));
        let back = page.rows.first().map(sample_of);
        assert_eq!(back, Some(Sample { cpu: Some(12.3), disk: Some(100.0), ..sample }));
    }
}
