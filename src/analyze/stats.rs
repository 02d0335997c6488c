//! Totals of a run: calls, errors, time, vDSO fallbacks and reseeds, of all its processes and of each.

use super::processes::{self, Process};
use serde::Serialize;
use std::collections::BTreeMap;
use traces::event::{Body, EndStatus, Event, ReseedOutcome, Svc, SvcFlags, VdsoFn, VdsoHits};
use traces::reader::Stream;
use traces::{Cycles, Error, Trace};

/// Totals. The names are the JSON schema of `stats --format json` and do not change.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Stats {
    /// Events in the trace that could be read.
    pub events: u64,
    /// Parts of the trace that could not be read; what they held is not in the totals.
    pub unreadable: u64,
    /// Instructions that all processes executed.
    pub icount: u64,
    /// `exact`, `inputs` or `observe`.
    pub fidelity: &'static str,
    /// Guest time from the first event to the last, nanoseconds.
    pub duration_ns: u64,
    /// System calls by name.
    pub svc: BTreeMap<String, Calls>,
    /// vDSO-served calls by name.
    pub vdso: BTreeMap<&'static str, Served>,
    /// Attempts to publish an anchor.
    pub reseeds: Reseeds,
    /// Calls that the kernel does not implement and answered with ENOSYS, by name.
    pub unimplemented: BTreeMap<String, u64>,
    /// Signals by number.
    pub signals: BTreeMap<u32, u64>,
    /// The processes by stream, each with what it did itself.
    pub processes: Vec<PerProcess>,
}

/// Totals of one process.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct PerProcess {
    /// Its stream.
    pub stream: u32,
    /// Guest process id; null if its first event is lost.
    pub pid: Option<u32>,
    /// Guest process id of the process that forked it.
    pub ppid: Option<u32>,
    /// The program that it ran last.
    pub program: Option<String>,
    /// How it ended, in words.
    pub end: String,
    /// Its exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that killed it, if one did.
    pub signal: Option<u32>,
    /// Threads that it had in all.
    pub threads: u64,
    /// Events that could be read.
    pub events: u64,
    /// System calls.
    pub calls: u64,
    /// System calls that failed.
    pub errors: u64,
    /// vDSO-served calls that the page served.
    pub hits: u64,
    /// vDSO-served calls that reached the kernel.
    pub fallbacks: u64,
    /// vDSO-served calls by name.
    pub vdso: BTreeMap<&'static str, Served>,
    /// Instructions that it executed itself.
    pub icount: u64,
    /// Calls that the kernel does not implement, by name.
    pub unimplemented: BTreeMap<String, u64>,
}

impl PerProcess {
    fn new(process: Process) -> Self {
        let (exit_code, signal) = match process.end {
            Some(EndStatus::Exited(code)) => (Some(code), None),
            Some(EndStatus::Signalled(signo)) => (None, Some(signo)),
            Some(EndStatus::Detached(_)) | None => (None, None),
        };
        PerProcess {
            stream: process.stream,
            pid: process.pid,
            ppid: process.ppid,
            program: process.program,
            end: processes::ending_text(process.end),
            exit_code,
            signal,
            threads: process.threads,
            icount: process.icount,
            ..PerProcess::default()
        }
    }
}

/// Totals of one system call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Calls {
    /// How often.
    pub count: u64,
    /// How often it failed.
    pub errors: u64,
    /// Guest time inside, nanoseconds.
    pub total_ns: u64,
    /// The longest, nanoseconds.
    pub max_ns: u64,
}

/// Totals of one vDSO-served call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Served {
    /// Calls that the page served.
    pub hits: u64,
    /// Calls that reached the kernel, by reason.
    pub fallbacks: BTreeMap<&'static str, u64>,
}

/// Totals of anchor publications.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Reseeds {
    /// Anchors put in place.
    pub published: u64,
    /// Lost to another writer.
    pub lost: u64,
    /// Not tried, because the old anchor served, the counter was unusable or the page was not ours.
    pub refused: u64,
    /// Published, by predicate; one anchor can have several causes.
    pub by_cause: Causes,
}

/// Predicates that held at a publication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Causes {
    /// There was no stable anchor.
    pub unseeded: u64,
    /// It was too old.
    pub age: u64,
    /// The wall clock had moved.
    pub drift: u64,
}

impl Stats {
    /// Adds up a trace. `progress` is told how many events are done.
    ///
    /// # Errors
    /// If the file cannot be read. Damaged parts are left out and counted.
    pub fn of(trace: &Trace, progress: &mut dyn FnMut(u64)) -> Result<Stats, Error> {
        let mut stats = Stats { fidelity: trace.header().fidelity.name(), ..Stats::default() };
        let cntfrq = trace.header().cntfrq;
        let mut span: Option<(u64, u64)> = None;
        for process in processes::of(trace) {
            let stream = trace.stream(process.stream)?;
            if let (Some(first), Some(last)) = (stream.blocks().first(), stream.blocks().last()) {
                let (from, to) = span.unwrap_or((u64::MAX, 0));
                span = Some((from.min(first.clock.0.0), to.max(last.clock.1.0)));
            }
            let icount = process.icount;
            stats.processes.push(PerProcess::new(process));
            stats.add_stream(&stream, cntfrq, progress)?;
            stats.icount = stats.icount.saturating_add(icount);
        }
        let (from, to) = span.unwrap_or((0, 0));
        stats.duration_ns = Cycles(to.saturating_sub(from)).to_nanos(cntfrq).0;
        Ok(stats)
    }

    fn add_stream(
        &mut self,
        stream: &Stream<'_>,
        cntfrq: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        for event in stream.events(0..stream.len()) {
            let event = match event {
                Ok((_, event)) => event,
                Err(error @ (Error::Io { .. } | Error::Shrunk { .. })) => return Err(error),
                Err(_) => {
                    self.unreadable += 1;
                    continue;
                }
            };
            self.add(&event, cntfrq);
            if self.events.is_multiple_of(4096) {
                progress(self.events);
            }
        }
        Ok(())
    }

    fn add(&mut self, event: &Event, cntfrq: u64) {
        self.events += 1;
        if let Some(process) = self.processes.last_mut() {
            process.add(event);
        }
        match &event.body {
            Body::Svc(svc) | Body::SvcExit(svc) => self.add_svc(svc, cntfrq),
            Body::Hits(hits) => add_hits(&mut self.vdso, hits),
            Body::Reseed(reseed) => match reseed.outcome {
                ReseedOutcome::Published => {
                    self.reseeds.published += 1;
                    let causes = &mut self.reseeds.by_cause;
                    causes.unseeded += u64::from(reseed.unseeded);
                    causes.age += u64::from(reseed.age);
                    causes.drift += u64::from(reseed.drift);
                }
                ReseedOutcome::LostOdd | ReseedOutcome::LostCas => self.reseeds.lost += 1,
                ReseedOutcome::Fresh
                | ReseedOutcome::RefusedPc
                | ReseedOutcome::RefusedCounter
                | ReseedOutcome::RefusedForeignPage => self.reseeds.refused += 1,
            },
            Body::Signal(signal) => *self.signals.entry(signal.signo).or_default() += 1,
            Body::Start(_)
            | Body::SvcEnter(_)
            | Body::Sync { .. }
            | Body::Switch { .. }
            | Body::Checkpoint(_)
            | Body::ThreadExit { .. }
            | Body::End(_)
            | Body::ThreadStart(_)
            | Body::ForkStart(_)
            | Body::Fork(_)
            | Body::Shared(_) => {}
        }
    }

    fn add_svc(&mut self, svc: &Svc, cntfrq: u64) {
        let name = name_of(svc.nr);
        if svc.flags.0 & SvcFlags::UNIMPLEMENTED != 0 {
            *self.unimplemented.entry(name.clone()).or_default() += 1;
        }
        let calls = self.svc.entry(name).or_default();
        let ns = svc.dur.to_nanos(cntfrq).0;
        calls.count += 1;
        calls.errors += u64::from((-4095..0).contains(&svc.ret));
        calls.total_ns = calls.total_ns.saturating_add(ns);
        calls.max_ns = calls.max_ns.max(ns);
        if let Some(exit) = &svc.vdso {
            let served = self.vdso.entry(exit.function.name()).or_default();
            *served.fallbacks.entry(exit.reason.name()).or_default() += 1;
        }
    }
}

/// Adds what the page served.
fn add_hits(vdso: &mut BTreeMap<&'static str, Served>, hits: &VdsoHits) {
    for (function, count) in by_function(hits) {
        if count > 0 {
            let served = vdso.entry(function.name()).or_default();
            served.hits = served.hits.saturating_add(count);
        }
    }
}

fn by_function(hits: &VdsoHits) -> [(VdsoFn, u64); 4] {
    [
        (VdsoFn::ClockGettime, hits.clock_gettime),
        (VdsoFn::Gettimeofday, hits.gettimeofday),
        (VdsoFn::ClockGetres, hits.clock_getres),
        (VdsoFn::Getcpu, hits.getcpu),
    ]
}

/// The name of a call; its number if it has none.
fn name_of(nr: u32) -> String {
    crate::kernel::table::row(nr).map_or_else(|| nr.to_string(), |row| row.name.to_owned())
}

impl PerProcess {
    fn add(&mut self, event: &Event) {
        self.events += 1;
        match &event.body {
            Body::Svc(svc) | Body::SvcExit(svc) => {
                self.calls += 1;
                self.errors += u64::from((-4095..0).contains(&svc.ret));
                if svc.flags.0 & SvcFlags::UNIMPLEMENTED != 0 {
                    *self.unimplemented.entry(name_of(svc.nr)).or_default() += 1;
                }
                if let Some(exit) = &svc.vdso {
                    self.fallbacks += 1;
                    let served = self.vdso.entry(exit.function.name()).or_default();
                    *served.fallbacks.entry(exit.reason.name()).or_default() += 1;
                }
            }
            Body::Hits(hits) => {
                add_hits(&mut self.vdso, hits);
                let sum = by_function(hits).iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
                self.hits = self.hits.saturating_add(sum);
            }
            _ => {}
        }
    }
}
