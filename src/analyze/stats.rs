//! Totals of a run: calls, errors, time, vDSO fallbacks and reseeds.

use serde::Serialize;
use std::collections::BTreeMap;
use traces::event::{Body, Event, ReseedOutcome, Svc, SvcFlags, VdsoFn, VdsoHits};
use traces::{Cycles, Error, Trace};

/// Totals. The names are the JSON schema of `stats --format json` and do not change.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Stats {
    /// Events in the trace that could be read.
    pub events: u64,
    /// Parts of the trace that could not be read; what they held is not in the totals.
    pub unreadable: u64,
    /// Instructions retired at the last event.
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
        let mut first = None;
        for event in trace.events(0..trace.event_count()) {
            let event = match event {
                Ok((_, event)) => event,
                Err(error @ (Error::Io { .. } | Error::Shrunk { .. })) => return Err(error),
                Err(_) => {
                    stats.unreadable += 1;
                    continue;
                }
            };
            first.get_or_insert(event.clock);
            stats.add(&event, cntfrq);
            let span = event.clock.0.saturating_sub(first.map_or(0, |c| c.0));
            stats.duration_ns = Cycles(span).to_nanos(cntfrq).0;
            if stats.events.is_multiple_of(4096) {
                progress(stats.events);
            }
        }
        Ok(stats)
    }

    fn add(&mut self, event: &Event, cntfrq: u64) {
        self.events += 1;
        self.icount = event.icount.0;
        match &event.body {
            Body::Svc(svc) | Body::SvcExit(svc) => self.add_svc(svc, cntfrq),
            Body::Hits(hits) => self.add_hits(hits),
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
        let name =
            crate::kernel::table::row(svc.nr).map_or_else(|| svc.nr.to_string(), |r| r.name.to_owned());
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

    fn add_hits(&mut self, hits: &VdsoHits) {
        for (function, count) in [
            (VdsoFn::ClockGettime, hits.clock_gettime),
            (VdsoFn::Gettimeofday, hits.gettimeofday),
            (VdsoFn::ClockGetres, hits.clock_getres),
            (VdsoFn::Getcpu, hits.getcpu),
        ] {
            if count > 0 {
                let served = self.vdso.entry(function.name()).or_default();
                served.hits = served.hits.saturating_add(count);
            }
        }
    }
}
