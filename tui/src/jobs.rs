//! Work that takes longer than a frame: scans for filters, searches and hops, sums, and the replay.
//!
//! A [`Job`] is a value that `update` asks for; a runner (threads in a terminal, the caller's own thread when
//! headless) executes it with [`run`] and hands [`Report`]s back as messages. A job stops soon after its
//! [`Token`] is cancelled; one lane runs one job at a time, and on every lane but the replay's the newest wins.

use crate::aggregate::{Aggregate, AnchorMark};
use crate::matches::{CHUNK, Chunk};
use crate::model::Model;
use crate::source::{Has, Matcher, Source, is_error, svc};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use traces::describe::Describe;
use traces::event::VdsoReason;
use traces::{Body, Cycles, Event, EventIndex, InsnCount, Tid};

/// What runs side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Lane {
    Filter,
    Search,
    Hop,
    Sums,
    Replay,
}

impl Lane {
    /// All of them.
    pub(crate) const ALL: [Lane; 5] = [Lane::Filter, Lane::Search, Lane::Hop, Lane::Sums, Lane::Replay];

    /// What the user calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Lane::Filter => "filter",
            Lane::Search => "search",
            Lane::Hop => "looking",
            Lane::Sums => "sums",
            Lane::Replay => "seeking",
        }
    }
}

/// Whether a job is still wanted.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    current: Arc<AtomicU64>,
    mine: u64,
}

impl Token {
    /// Wanted as long as `current` has its value of now.
    pub(crate) fn new(current: &Arc<AtomicU64>) -> Self {
        Token { current: Arc::clone(current), mine: current.load(Ordering::Relaxed) }
    }

    /// Whether it should stop.
    pub(crate) fn cancelled(&self) -> bool {
        self.current.load(Ordering::Relaxed) != self.mine
    }
}

/// What a hop looks for.
#[derive(Clone)]
pub(crate) enum Target {
    Error,
    Fallback,
    Reason(VdsoReason),
    Anchor,
    Signal,
    Switch,
    Thread(Tid),
    Syscall(u32),
    /// The return of a call that this thread entered, or the other way round.
    Exit(Tid),
    Enter(Tid),
    /// clone, clone3, execve and thread or process ends.
    Process,
    Match(Arc<dyn Matcher>),
}

/// A search for one event.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) ticket: u64,
    pub(crate) from: EventIndex,
    pub(crate) forward: bool,
    pub(crate) target: Target,
    /// Only events that this selects count.
    pub(crate) within: Option<Arc<dyn Matcher>>,
    /// The how-many-th one, from 1.
    pub(crate) count: u64,
    /// What is looked for, for the message if there is none.
    pub(crate) name: &'static str,
}

/// A place that is not an event number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Clock(Cycles),
    Insn(InsnCount),
}

/// Work to be done.
#[derive(Clone)]
pub(crate) enum Job {
    /// Evaluates a matcher over all events, outward from `from`.
    Match {
        ticket: u64,
        lane: Lane,
        matcher: Arc<dyn Matcher>,
        from: EventIndex,
    },
    Hop(Hop),
    /// Finds the event of a place.
    Locate {
        ticket: u64,
        place: Place,
    },
    /// Adds up the whole trace.
    Sums,
    /// Moves or reads the replay.
    Replay(crate::cpu::Request),
}

/// A job that was asked for, and its number; what it reports carries the number.
pub(crate) struct Task {
    pub(crate) serial: u64,
    pub(crate) job: Job,
}

impl Job {
    /// Where it runs.
    pub(crate) fn lane(&self) -> Lane {
        match self {
            Job::Match { lane, .. } => *lane,
            Job::Hop(_) | Job::Locate { .. } => Lane::Hop,
            Job::Sums => Lane::Sums,
            Job::Replay(_) => Lane::Replay,
        }
    }

    /// Whether it makes older jobs of its lane pointless. Relative steps of the replay do not.
    pub(crate) fn supersedes(&self) -> bool {
        match self {
            Job::Replay(request) => request.absolute(),
            Job::Match { .. } | Job::Hop(_) | Job::Locate { .. } | Job::Sums => true,
        }
    }
}

/// What a job has to say.
pub(crate) enum Report {
    Chunks {
        ticket: u64,
        chunks: Vec<(usize, Chunk)>,
    },
    Found {
        ticket: u64,
        at: Option<EventIndex>,
        name: &'static str,
    },
    Progress {
        lane: Lane,
        thousandths: u32,
    },
    Sums {
        sums: Box<Aggregate>,
        anchors: Vec<AnchorMark>,
    },
    Cpu(Box<crate::cpu::Snapshot>),
    CpuFailed {
        message: String,
        diverged: bool,
    },
    /// The job ran to its end.
    Ended {
        lane: Lane,
    },
    /// The worker of a lane has panicked.
    Died {
        lane: Lane,
    },
}

/// What jobs read.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) describe: Arc<dyn Describe>,
}

impl Context {
    /// What the jobs of a model read.
    pub(crate) fn of(model: &Model) -> Self {
        Context { source: Arc::clone(&model.data.source), describe: Arc::clone(&model.data.describe) }
    }
}

/// Reports at most this often, so that the screen is not redrawn for nothing.
const PACE: Duration = Duration::from_millis(40);

/// Executes any job but those of the replay lane.
pub(crate) fn run(job: &Job, context: &Context, token: &Token, emit: &mut dyn FnMut(Report)) {
    match job {
        Job::Match { ticket, lane, matcher, from } => {
            run_match(context, *ticket, *lane, matcher.as_ref(), *from, token, emit);
        }
        Job::Hop(hop) => {
            let at = run_hop(context, hop, token, emit);
            if !token.cancelled() {
                emit(Report::Found { ticket: hop.ticket, at, name: hop.name });
            }
        }
        Job::Locate { ticket, place } => {
            let at = match place {
                Place::Clock(clock) => context.source.at_clock(*clock),
                Place::Insn(insn) => context.source.at_insn(*insn),
            };
            emit(Report::Found { ticket: *ticket, at: Some(at), name: "place" });
        }
        Job::Sums => run_sums(context, token, emit),
        Job::Replay(_) => {}
    }
    // The lane of a cancelled job belongs to its successor.
    if !token.cancelled() {
        emit(Report::Ended { lane: job.lane() });
    }
}

/// Chunk numbers in the order that makes the surroundings of `from` right first: its own, then one after and
/// one before in turn.
fn outward(chunks: u64, from: u64) -> impl Iterator<Item = u64> {
    let start = from.min(chunks.saturating_sub(1));
    (0..chunks).flat_map(move |distance| {
        let after = start.checked_add(distance).filter(|&c| c < chunks);
        let before = if distance == 0 { None } else { start.checked_sub(distance) };
        after.into_iter().chain(before)
    })
}

fn run_match(
    context: &Context,
    ticket: u64,
    lane: Lane,
    matcher: &dyn Matcher,
    from: EventIndex,
    token: &Token,
    emit: &mut dyn FnMut(Report),
) {
    let len = context.source.len();
    let total = len.div_ceil(CHUNK);
    let mut pending = Vec::new();
    let mut last = Instant::now();
    for (done, number) in (1u64..).zip(outward(total, from.0 / CHUNK)) {
        let base = number * CHUNK;
        let mut chunk = Chunk::new();
        for at in selected(context, matcher, base..base.saturating_add(CHUNK).min(len), token) {
            chunk.set(at.0 - base);
        }
        if token.cancelled() {
            return;
        }
        pending.push((usize::try_from(number).unwrap_or(usize::MAX), chunk));
        // The first chunk goes out at once: it is what the screen shows.
        if done == 1 || last.elapsed() >= PACE {
            emit(Report::Chunks { ticket, chunks: std::mem::take(&mut pending) });
            emit(Report::Progress { lane, thousandths: share(done, total) });
            last = Instant::now();
        }
    }
    emit(Report::Chunks { ticket, chunks: pending });
}

/// The events of a range that a matcher selects; cut short if the job is cancelled.
fn selected(context: &Context, matcher: &dyn Matcher, range: Range<u64>, token: &Token) -> Vec<EventIndex> {
    matcher.select(range.clone()).unwrap_or_else(|| {
        let mut found = Vec::new();
        context.source.scan(range, &mut |at, event| {
            if (at.0 & 0xFF == 0) && token.cancelled() {
                return ControlFlow::Break(());
            }
            if matcher.matches(at, event) {
                found.push(at);
            }
            ControlFlow::Continue(())
        });
        found
    })
}

fn share(done: u64, total: u64) -> u32 {
    u32::try_from(u128::from(done) * 1000 / u128::from(total.max(1))).unwrap_or(1000)
}

impl Target {
    fn accepts(&self, at: EventIndex, event: &Event, describe: &dyn Describe) -> bool {
        match self {
            Target::Error => is_error(event, describe),
            Target::Fallback => svc(event).is_some_and(|s| s.vdso.is_some()),
            Target::Reason(reason) => {
                svc(event).and_then(|s| s.vdso.as_ref()).is_some_and(|v| v.reason == *reason)
            }
            Target::Anchor => matches!(event.body, Body::Reseed(_)),
            Target::Signal => matches!(event.body, Body::Signal(_)),
            Target::Switch => matches!(event.body, Body::Switch { .. }),
            Target::Thread(tid) => event.tid == *tid,
            Target::Syscall(nr) => svc(event).is_some_and(|s| s.nr == *nr),
            Target::Exit(tid) => event.tid == *tid && matches!(event.body, Body::SvcExit(_)),
            Target::Enter(tid) => event.tid == *tid && matches!(event.body, Body::SvcEnter(_)),
            Target::Process => {
                matches!(
                    event.body,
                    Body::Start(_)
                        | Body::ThreadExit { .. }
                        | Body::End(_)
                        | Body::ThreadStart(_)
                        | Body::ForkStart(_)
                        | Body::Fork(_)
                ) || svc(event).is_some_and(|s| {
                    matches!(describe.syscall_name(s.nr), Some("clone" | "clone3" | "execve" | "execveat"))
                })
            }
            Target::Match(matcher) => matcher.matches(at, event),
        }
    }

    /// What a block must have for this to be in it.
    fn needs(&self) -> Has {
        match self {
            Target::Error => Has::ERROR,
            Target::Fallback | Target::Reason(_) => Has::FALLBACK,
            Target::Anchor => Has::RESEED,
            Target::Signal => Has::SIGNAL,
            Target::Switch => Has::SWITCH,
            Target::Thread(_)
            | Target::Syscall(_)
            | Target::Exit(_)
            | Target::Enter(_)
            | Target::Process
            | Target::Match(_) => Has(0),
        }
    }
}

fn run_hop(context: &Context, hop: &Hop, token: &Token, emit: &mut dyn FnMut(Report)) -> Option<EventIndex> {
    let len = context.source.len();
    let mut left = hop.count.max(1);
    let mut last = Instant::now();
    // `next` is the first event not yet looked at, forward, or the end of those, backward.
    let mut next = if hop.forward { hop.from.0.checked_add(1)? } else { hop.from.0.min(len) };
    let whole = if hop.forward { len.saturating_sub(next) } else { next };
    while if hop.forward { next < len } else { next > 0 } {
        if token.cancelled() {
            return None;
        }
        let probe = EventIndex(if hop.forward { next } else { next - 1 });
        let chunk = probe.0 / CHUNK * CHUNK;
        let mut range = chunk..chunk.saturating_add(CHUNK).min(len);
        if let Some(summary) = context.source.summary(probe).filter(|s| s.events.contains(&probe.0)) {
            range = summary.events.start..summary.events.end.min(len);
            if !summary.has.contains(hop.target.needs()) {
                next = if hop.forward { range.end } else { range.start };
                continue;
            }
        }
        let range = if hop.forward { next..range.end } else { range.start..next };
        let found = found_in(context, hop, range.clone(), left, token);
        let here = found.len() as u64;
        if here >= left {
            let nth = if hop.forward { left - 1 } else { here - left };
            return usize::try_from(nth).ok().and_then(|n| found.get(n)).copied();
        }
        left -= here;
        next = if hop.forward { range.end } else { range.start };
        if last.elapsed() >= PACE {
            last = Instant::now();
            let done = if hop.forward { next - hop.from.0 - 1 } else { hop.from.0 - next };
            emit(Report::Progress { lane: Lane::Hop, thousandths: share(done, whole) });
        }
    }
    None
}

/// What a hop looks for in a range, ascending; forward no more than the first `left`.
fn found_in(context: &Context, hop: &Hop, range: Range<u64>, left: u64, token: &Token) -> Vec<EventIndex> {
    if let Target::Match(matcher) = &hop.target
        && let Some(mut found) = matcher.select(range.clone())
    {
        if let Some(within) = &hop.within {
            let shown = selected(context, within.as_ref(), range, token);
            found.retain(|at| shown.binary_search(at).is_ok());
        }
        return found;
    }
    let describe = context.describe.as_ref();
    let mut found = Vec::new();
    context.source.scan(range, &mut |at, event| {
        if (at.0 & 0xFF == 0) && token.cancelled() {
            return ControlFlow::Break(());
        }
        let shown = || hop.within.as_ref().is_none_or(|w| w.matches(at, event));
        if hop.target.accepts(at, event, describe) && shown() {
            found.push(at);
            if hop.forward && found.len() as u64 >= left {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    found
}

fn run_sums(context: &Context, token: &Token, emit: &mut dyn FnMut(Report)) {
    let len = context.source.len();
    let mut sums = Aggregate::default();
    let mut anchors = Vec::new();
    let mut last = Instant::now();
    let mut start = 0;
    while start < len {
        let end = start.saturating_add(CHUNK).min(len);
        context.source.scan(start..end, &mut |at, event| {
            if (at.0 & 0xFF == 0) && token.cancelled() {
                return ControlFlow::Break(());
            }
            anchors.extend(sums.add(at, event, context.describe.as_ref()));
            ControlFlow::Continue(())
        });
        if token.cancelled() {
            return;
        }
        sums.seen = end;
        start = end;
        if last.elapsed() >= PACE * 5 {
            last = Instant::now();
            emit(Report::Sums { sums: Box::new(sums.clone()), anchors: std::mem::take(&mut anchors) });
            emit(Report::Progress { lane: Lane::Sums, thousandths: share(end, len) });
        }
    }
    emit(Report::Sums { sums: Box::new(sums), anchors });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outward_visits_all_nearest_first() {
        for (chunks, from, expect) in
            [(0, 0, vec![]), (1, 9, vec![0]), (5, 1, vec![1, 2, 0, 3, 4]), (4, 3, vec![3, 2, 1, 0])]
        {
            assert_eq!(outward(chunks, from).collect::<Vec<_>>(), expect, "{chunks} {from}");
        }
    }

    #[test]
    fn a_token_dies_with_the_next_job() {
        let current = Arc::new(AtomicU64::new(0));
        let token = Token::new(&current);
        assert!(!token.cancelled());
        current.fetch_add(1, Ordering::Relaxed);
        assert!(token.cancelled() && !Token::new(&current).cancelled());
    }
}
