use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Flow, Lanes, Work};

/// Jobs are numbers; the "database" of each chat holds all that were ever made durable.
#[derive(Default)]
struct Recorder {
    done: Mutex<Vec<(i64, i64)>>,
    database: Mutex<BTreeMap<i64, Vec<i64>>>,
    gate: Option<Semaphore>,
}

impl Work for Recorder {
    type Job = (i64, i64);

    async fn work(&self, job: Self::Job) -> Flow {
        if let Some(gate) = &self.gate
            && job.0 == 1
        {
            gate.acquire().await.unwrap().forget();
        }
        self.done.lock().unwrap().push(job);
        Flow::Next
    }

    async fn read_back(&self, chat: i64, position: i64, limit: usize) -> Vec<Self::Job> {
        let database = self.database.lock().unwrap();
        let rows = database.get(&chat).into_iter().flatten();
        rows.filter(|row| **row > position).take(limit).map(|row| (chat, *row)).collect()
    }

    fn position(job: &Self::Job) -> i64 {
        job.1
    }
}

async fn settle(recorder: &Recorder, count: usize) {
    let reached = async {
        while recorder.done.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reached).await.expect("all jobs are done");
}

#[tokio::test]
async fn a_full_lane_spills_and_loses_neither_jobs_nor_their_order() {
    let recorder = Arc::new(Recorder { gate: Some(Semaphore::new(0)), ..Recorder::default() });
    let lanes = Lanes::new(Arc::clone(&recorder), CancellationToken::new());
    for batch in 0..10 {
        let jobs = batch * 50 + 1..=batch * 50 + 50;
        let all_fit =
            jobs.clone().map(|job| lanes.push(1, (1, job))).filter(|fits| !fits).count() == 0;
        recorder.database.lock().unwrap().entry(1).or_default().extend(jobs);
        if !all_fit {
            lanes.durable(1);
        }
    }
    assert!(lanes.push(2, (2, 1)), "another chat has its own lane");
    settle(&recorder, 1).await;
    assert_eq!(*recorder.done.lock().unwrap(), [(2, 1)], "and is not delayed");
    recorder.gate.as_ref().unwrap().add_permits(1000);
    settle(&recorder, 501).await;
    let done: Vec<i64> =
        recorder.done.lock().unwrap().iter().filter(|job| job.0 == 1).map(|job| job.1).collect();
    assert_eq!(done, (1..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn idle_lanes_are_gone() {
    let recorder = Arc::new(Recorder::default());
    let lanes = Lanes::new(Arc::clone(&recorder), CancellationToken::new());
    for chat in 2..1_002 {
        lanes.push(chat, (chat, 1));
    }
    settle(&recorder, 1_000).await;
    lanes.finish().await;
    assert!(lanes.chats.lock().unwrap().is_empty());
}
