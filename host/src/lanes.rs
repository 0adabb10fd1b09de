//! Order within a chat, none between chats.
//!
//! Each chat that has work has a lane: a short queue and one task that works it off, in order. A lane holds
//! few jobs in memory; what does not fit spills to the database, where all jobs are anyway, and is read back
//! when the lane has caught up. A lane without work is gone, so that idle chats cost nothing.
//!
//! A job may be pushed before it is durable. A spilled one must not be read back before that: its lane waits
//! until [`Lanes::durable`] says so.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Jobs of one chat in memory.
const LENGTH: usize = 64;

/// What the lanes do with their jobs.
pub(crate) trait Work: Send + Sync + 'static {
    type Job: Send + 'static;

    /// Does one job to its end; whether the next may follow.
    fn work(&self, job: Self::Job) -> impl Future<Output = Flow> + Send;

    /// The next jobs of a chat that are in the database, at most `limit`, after the one at `position`.
    fn read_back(
        &self,
        chat: i64,
        position: i64,
        limit: usize,
    ) -> impl Future<Output = Vec<Self::Job>> + Send;

    /// Where a job stands in the order of its chat.
    fn position(job: &Self::Job) -> i64;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    /// The host is stopping: what is left stays in the database.
    Stop,
}

pub(crate) struct Lanes<W: Work> {
    work: Arc<W>,
    chats: Arc<Mutex<HashMap<i64, Lane<W::Job>>>>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

struct Lane<J> {
    queue: VecDeque<J>,
    spill: Spill,
    running: bool,
    position: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spill {
    Nothing,
    /// Some jobs are in the database only, or soon will be.
    Pending,
    /// They can be read back.
    Durable,
    /// They are being read back, and none has spilled since.
    Reading,
}

enum Step<J> {
    Job(J),
    ReadBack(i64),
    Idle,
}

impl<W: Work> Lanes<W> {
    pub(crate) fn new(work: Arc<W>, stopping: CancellationToken) -> Self {
        Self { work, chats: Arc::default(), tasks: TaskTracker::new(), stopping }
    }

    /// Queues a job; says whether it fitted. One that did not needs [`Lanes::durable`] later.
    pub(crate) fn push(&self, chat: i64, job: W::Job) -> bool {
        let mut chats = lock(&self.chats);
        let lane = chats.entry(chat).or_insert_with(Lane::new);
        if lane.spill != Spill::Nothing || lane.queue.len() >= LENGTH {
            // One that comes while the lane reads back may be missing from what it reads.
            if matches!(lane.spill, Spill::Nothing | Spill::Reading) {
                lane.spill = Spill::Pending;
            }
            return false;
        }
        lane.queue.push_back(job);
        self.start(chat, lane);
        true
    }

    /// Queues a job that is in the database already.
    pub(crate) fn push_durable(&self, chat: i64, job: W::Job) {
        let mut chats = lock(&self.chats);
        let lane = chats.entry(chat).or_insert_with(Lane::new);
        if lane.spill != Spill::Nothing || lane.queue.len() >= LENGTH {
            // Under one lock: a lane that catches up and goes in between would forget what it has done.
            lane.spill = Spill::Durable;
        } else {
            lane.queue.push_back(job);
        }
        self.start(chat, lane);
    }

    /// Says that all jobs of a chat so far are in the database.
    pub(crate) fn durable(&self, chat: i64) {
        let mut chats = lock(&self.chats);
        let lane = chats.entry(chat).or_insert_with(Lane::new);
        lane.spill = Spill::Durable;
        self.start(chat, lane);
    }

    /// Says that the jobs of a chat that did not fit never came to the database.
    pub(crate) fn lost(&self, chat: i64) {
        // Others may have spilled before them: whoever reads back finds out.
        self.durable(chat);
    }

    /// Waits until no lane works any more. Call after cancelling the token.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn start(&self, chat: i64, lane: &mut Lane<W::Job>) {
        if lane.running || self.stopping.is_cancelled() {
            return;
        }
        lane.running = true;
        let (work, chats) = (Arc::clone(&self.work), Arc::clone(&self.chats));
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            // If a job panics, the lane must not stay "running" for ever.
            let mut stopped = Stopped { chats: Arc::clone(&chats), chat, armed: true };
            while !stopping.is_cancelled() {
                match step::<W>(&chats, chat) {
                    Step::Job(job) => {
                        if work.work(job).await == Flow::Stop {
                            break;
                        }
                    }
                    Step::ReadBack(position) => {
                        let jobs = work.read_back(chat, position, LENGTH).await;
                        read_back::<W>(&chats, chat, jobs);
                    }
                    Step::Idle => {
                        // The lane may have a new task by now.
                        stopped.armed = false;
                        break;
                    }
                }
            }
        });
    }
}

impl<J> Lane<J> {
    fn new() -> Self {
        Self { queue: VecDeque::new(), spill: Spill::Nothing, running: false, position: 0 }
    }
}

struct Stopped<J> {
    chats: Arc<Mutex<HashMap<i64, Lane<J>>>>,
    chat: i64,
    armed: bool,
}

impl<J> Drop for Stopped<J> {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let mut chats = lock(&self.chats);
        let Some(lane) = chats.get_mut(&self.chat) else { return };
        lane.running = false;
        if lane.queue.is_empty() && lane.spill == Spill::Nothing {
            chats.remove(&self.chat);
        }
    }
}

/// What the lane does next. An idle lane is marked as such under the same lock that pushing takes.
fn step<W: Work>(chats: &Mutex<HashMap<i64, Lane<W::Job>>>, chat: i64) -> Step<W::Job> {
    let mut chats = lock(chats);
    let Some(lane) = chats.get_mut(&chat) else { return Step::Idle };
    if let Some(job) = lane.queue.pop_front() {
        lane.position = W::position(&job);
        return Step::Job(job);
    }
    if lane.spill == Spill::Durable {
        lane.spill = Spill::Reading;
        return Step::ReadBack(lane.position);
    }
    lane.running = false;
    if lane.spill == Spill::Nothing {
        chats.remove(&chat);
    }
    Step::Idle
}

fn read_back<W: Work>(chats: &Mutex<HashMap<i64, Lane<W::Job>>>, chat: i64, jobs: Vec<W::Job>) {
    let mut chats = lock(chats);
    let Some(lane) = chats.get_mut(&chat) else { return };
    if lane.spill == Spill::Reading {
        lane.spill = if jobs.len() < LENGTH { Spill::Nothing } else { Spill::Durable };
    }
    lane.queue.extend(jobs);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
