//! Who executes jobs: worker threads in a terminal, the caller's own thread when headless.
//!
//! Both keep the rule of `jobs`: one job at a time on a lane, and a newer job cancels the older ones of its
//! lane unless it builds on them.

use crate::cpu;
use crate::jobs::{Context, Job, Lane, Report, Task, Token, run};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use traces::replay::Replay;

/// The replay, if there is one.
pub(crate) type Replayer = Option<Box<dyn Replay + Send>>;

fn execute(job: &Job, context: &Context, replay: &mut Replayer, token: &Token, emit: &mut dyn FnMut(Report)) {
    match (job, replay) {
        (Job::Replay(request), Some(replay)) => cpu::run(request, replay.as_mut(), token, emit),
        _ => run(job, context, token, emit),
    }
}

/// Executes jobs where it is called, to their end.
pub(crate) struct Inline {
    context: Context,
    replay: Replayer,
    current: Arc<AtomicU64>,
}

impl Inline {
    /// A runner over a trace and perhaps a replay.
    pub(crate) fn new(context: Context, replay: Replayer) -> Self {
        Inline { context, replay, current: Arc::new(AtomicU64::new(0)) }
    }

    /// Executes a job and returns all that it reports.
    pub(crate) fn execute(&mut self, job: &Job) -> Vec<Report> {
        let mut reports = Vec::new();
        let token = Token::new(&self.current);
        execute(job, &self.context, &mut self.replay, &token, &mut |r| reports.push(r));
        reports
    }
}

/// A lane's queue, and the number of the job that is wanted on it.
type Worker = (Sender<(Task, Token)>, Arc<AtomicU64>);

/// A thread per lane. They end when this is dropped and their queues are empty.
pub(crate) struct Threads {
    lanes: BTreeMap<Lane, Worker>,
}

impl Threads {
    /// Starts the threads; `emit` must be cheap, it is called from all of them.
    pub(crate) fn start(
        context: &Context,
        replay: Replayer,
        emit: impl Fn(u64, Report) + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut replay = replay;
        let mut lanes = BTreeMap::new();
        for lane in Lane::ALL {
            let (sender, queue) = channel::<(Task, Token)>();
            let (context, emit) = (context.clone(), emit.clone());
            let mut mine: Replayer = if lane == Lane::Replay { replay.take() } else { None };
            thread::Builder::new().name(format!("view-{}", lane.name())).spawn(move || {
                let alive = Alive(lane, emit.clone());
                while let Ok((Task { serial, job }, token)) = queue.recv() {
                    if !token.cancelled() {
                        execute(&job, &context, &mut mine, &token, &mut |report| emit(serial, report));
                    }
                }
                drop(alive);
            })?;
            lanes.insert(lane, (sender, Arc::new(AtomicU64::new(0))));
        }
        Ok(Threads { lanes })
    }

    /// Queues a job, cancelling those that it supersedes.
    pub(crate) fn submit(&self, task: Task) {
        let Some((sender, current)) = self.lanes.get(&task.job.lane()) else { return };
        if task.job.supersedes() {
            current.fetch_add(1, Ordering::Relaxed);
        }
        // A lane whose thread has died has panicked; the panic hook has said so and ends the viewer.
        let token = Token::new(current);
        let _ = sender.send((task, token));
    }

    /// Cancels what a lane does.
    pub(crate) fn cancel(&self, lane: Lane) {
        if let Some((_, current)) = self.lanes.get(&lane) {
            current.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Says so when its thread panics.
struct Alive<F: Fn(u64, Report)>(Lane, F);

impl<F: Fn(u64, Report)> Drop for Alive<F> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.1)(0, Report::Died { lane: self.0 });
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for lane in Lane::ALL {
            self.cancel(lane);
        }
    }
}
