//! Sums over a whole trace: what the vDSO and statistics screens and the header counts show.
//!
//! Built event by event by a worker that sends copies as it goes; pure, so that tests feed it directly.

use crate::source::{errno, is_error, svc};
use std::collections::BTreeMap;
use traces::describe::{Describe, Severity};
use traces::event::{Reseed, ReseedOutcome, VdsoFn, VdsoHits, VdsoReason};
use traces::{Body, Event, EventIndex};

/// Distinct syscall numbers that are kept apart; a damaged trace cannot make the table grow without end.
const MAX_CALLS: usize = 1024;
/// Published anchors that are kept; the rest is counted.
const MAX_ANCHORS: usize = 1 << 20;

/// Sums of one syscall.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// Guest cycles from entry to return.
    pub(crate) total: u64,
    pub(crate) max: u64,
    pub(crate) max_at: EventIndex,
    /// `histogram[i]`: durations of `i` significant bits.
    pub(crate) histogram: [u64; 65],
}

impl Default for Call {
    fn default() -> Self {
        Call { calls: 0, errors: 0, total: 0, max: 0, max_at: EventIndex(0), histogram: [0; 65] }
    }
}

impl Call {
    /// Upper bound in cycles of the duration that `share` thousandths of the calls do not exceed: exact to a
    /// factor of two, and never above the maximum.
    pub(crate) fn quantile(&self, share: u64) -> u64 {
        let wanted = (u128::from(self.calls) * u128::from(share)).div_ceil(1000);
        let mut sum = 0u128;
        for (bits, &n) in self.histogram.iter().enumerate() {
            sum += u128::from(n);
            if sum >= wanted && n > 0 {
                let top = if bits >= 64 { u64::MAX } else { (1u64 << bits) - 1 };
                return top.min(self.max);
            }
        }
        self.max
    }
}

/// A published anchor, as much as the time line of generations needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AnchorMark {
    pub(crate) at: EventIndex,
    /// Sequence word after the publication; half of it is the generation.
    pub(crate) seq: u32,
    pub(crate) cntvct: u64,
    pub(crate) cause: Cause,
}

/// Which predicates held when an anchor was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cause {
    pub(crate) unseeded: bool,
    pub(crate) age: bool,
    pub(crate) drift: bool,
}

impl Cause {
    /// `u`, `a`, `d` or several of them; `-` if none held.
    pub(crate) fn letters(self) -> String {
        let all: String = [(self.unseeded, 'u'), (self.age, 'a'), (self.drift, 'd')]
            .iter()
            .filter_map(|&(held, letter)| held.then_some(letter))
            .collect();
        if all.is_empty() { "-".to_owned() } else { all }
    }
}

/// The sums.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Aggregate {
    /// Events seen, readable or not, from the first one on.
    pub(crate) seen: u64,
    pub(crate) errors: u64,
    pub(crate) warnings: u64,
    pub(crate) infos: u64,
    pub(crate) calls: BTreeMap<u32, Call>,
    /// Calls of numbers beyond the table.
    pub(crate) other_calls: u64,
    pub(crate) why: BTreeMap<(VdsoFn, VdsoReason), u64>,
    pub(crate) outcomes: [u64; 7],
    /// Fast-path calls; none if no event counts them.
    pub(crate) hits: Option<VdsoHits>,
    pub(crate) anchors_dropped: u64,
    pub(crate) threads: u64,
}

/// What [`Aggregate::add`] found that is kept apart, because it grows with the trace.
pub(crate) type NewAnchor = Option<AnchorMark>;

impl Aggregate {
    /// Takes one event in; events must come in order. Returns the anchor that it published, if any.
    pub(crate) fn add(&mut self, at: EventIndex, event: &Event, describe: &dyn Describe) -> NewAnchor {
        self.seen = at.0.saturating_add(1);
        match describe.severity(event) {
            _ if is_error(event, describe) => self.errors += 1,
            Severity::None | Severity::Error => {}
            Severity::Info => self.infos += 1,
            Severity::Warning => self.warnings += 1,
        }
        self.add_call(at, event);
        match &event.body {
            Body::Reseed(reseed) => return self.add_reseed(at, reseed),
            Body::Hits(hits) => self.add_hits(hits),
            Body::Start(_) | Body::ForkStart(_) | Body::ThreadStart(_) => self.threads += 1,
            Body::Svc(_)
            | Body::SvcEnter(_)
            | Body::SvcExit(_)
            | Body::Sync { .. }
            | Body::Signal(_)
            | Body::Switch { .. }
            | Body::Checkpoint(_)
            | Body::ThreadExit { .. }
            | Body::Fork(_)
            | Body::Shared(_)
            | Body::End(_) => {}
        }
        None
    }

    fn add_call(&mut self, at: EventIndex, event: &Event) {
        let Some(svc) = svc(event) else { return };
        // The exit repeats what was entered; count the call once, the fallback where it happened.
        if !matches!(event.body, Body::SvcExit(_))
            && let Some(exit) = &svc.vdso
        {
            *self.why.entry((exit.function, exit.reason)).or_default() += 1;
        }
        if matches!(event.body, Body::SvcEnter(_)) {
            return;
        }
        if !self.calls.contains_key(&svc.nr) && self.calls.len() >= MAX_CALLS {
            self.other_calls += 1;
            return;
        }
        let call = self.calls.entry(svc.nr).or_default();
        call.calls += 1;
        call.errors += u64::from(errno(event).is_some());
        call.total = call.total.saturating_add(svc.dur.0);
        let bits = 64 - svc.dur.0.leading_zeros();
        if let Some(n) = call.histogram.get_mut(bits as usize) {
            *n += 1;
        }
        if svc.dur.0 > call.max || call.calls == 1 {
            call.max = svc.dur.0;
            call.max_at = at;
        }
    }

    fn add_reseed(&mut self, at: EventIndex, reseed: &Reseed) -> NewAnchor {
        self.outcomes[outcome_index(reseed.outcome)] += 1;
        (reseed.outcome == ReseedOutcome::Published).then_some(AnchorMark {
            at,
            seq: reseed.new.seq,
            cntvct: reseed.new.cntvct,
            cause: Cause { unseeded: reseed.unseeded, age: reseed.age, drift: reseed.drift },
        })
    }

    fn add_hits(&mut self, new: &VdsoHits) {
        let sum = self.hits.get_or_insert_default();
        sum.clock_gettime = sum.clock_gettime.saturating_add(new.clock_gettime);
        sum.gettimeofday = sum.gettimeofday.saturating_add(new.gettimeofday);
        sum.clock_getres = sum.clock_getres.saturating_add(new.clock_getres);
        sum.getcpu = sum.getcpu.saturating_add(new.getcpu);
    }

    /// All fallbacks.
    pub(crate) fn fallbacks(&self) -> u64 {
        self.why.values().sum()
    }
}

/// Published anchors in order, bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anchors {
    marks: Vec<AnchorMark>,
}

impl Anchors {
    /// Appends marks, which must be later than those before, and returns how many found no room.
    pub(crate) fn extend(&mut self, marks: Vec<AnchorMark>) -> u64 {
        let room = MAX_ANCHORS.saturating_sub(self.marks.len());
        let dropped = marks.len().saturating_sub(room);
        self.marks.extend(marks.into_iter().take(room));
        dropped as u64
    }

    /// The anchors around an event: its own or the last one before it stands at the returned index.
    pub(crate) fn around(&self, at: EventIndex) -> (&[AnchorMark], Option<usize>) {
        (&self.marks, self.marks.partition_point(|m| m.at <= at).checked_sub(1))
    }
}

/// Position of an outcome in [`Aggregate::outcomes`] and [`OUTCOMES`].
fn outcome_index(outcome: ReseedOutcome) -> usize {
    match outcome {
        ReseedOutcome::Published => 0,
        ReseedOutcome::Fresh => 1,
        ReseedOutcome::LostOdd => 2,
        ReseedOutcome::LostCas => 3,
        ReseedOutcome::RefusedPc => 4,
        ReseedOutcome::RefusedCounter => 5,
        ReseedOutcome::RefusedForeignPage => 6,
    }
}

/// Words for the outcomes, in the order of [`Aggregate::outcomes`].
pub(crate) const OUTCOMES: [&str; 7] =
    ["published", "fresh", "lost-odd", "lost-cas", "refused-pc", "refused-counter", "refused-foreign-page"];
