//! The processes of a trace: who forked whom, what each ran, how it ended.
//!
//! Used by `stats`, `info`, `dump` and the viewer's list. Read from block summaries, the first and the last event
//! of a stream and its execve calls, so that a long trace is not decoded for it.

use crate::decode::Words;
use std::collections::{BTreeMap, BTreeSet};
use traces::describe::Describe;
use traces::event::{Body, Effect, EndStatus, Svc};
use traces::reader::Stream;
use traces::{EventIndex, EventKind, Trace};

/// execve and execveat (asm-generic/unistd.h).
const EXECS: [u32; 2] = [221, 281];

/// A process, as far as the trace tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Process {
    /// Its stream.
    pub stream: u32,
    /// Guest process id; none if its first event is lost.
    pub pid: Option<u32>,
    /// Guest process id of the process that forked it.
    pub ppid: Option<u32>,
    /// Stream of that process, and the event behind which it was forked.
    pub parent: Option<(u32, EventIndex)>,
    /// Path of the program that it ran last.
    pub program: Option<String>,
    /// The arguments of that, as `["ls", "-l"]`.
    pub arguments: Option<String>,
    /// Whether it has executed a program itself; if not, it runs on in that of its parent.
    pub executed: bool,
    /// Ids of its threads, ascending; in blocks with very many not all of them.
    pub tids: Vec<u32>,
    /// How many threads it had in all.
    pub threads: u64,
    /// How it ended; none if the recording ends before.
    pub end: Option<EndStatus>,
    /// Events.
    pub events: u64,
    /// Instructions that it executed itself.
    pub icount: u64,
    /// Events between its first and last that no block has.
    pub missing: u64,
}

impl Process {
    /// The last component of its program's path; `?` if that is not recorded.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.program.as_deref().unwrap_or("?");
        path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path)
    }

    /// The program's name, and that which it was called by if that is another, as `busybox cat`.
    #[must_use]
    pub fn short(&self) -> String {
        let name = self.name();
        let called = self.arguments.as_deref().and_then(|list| list.strip_prefix("[\"")?.split('"').next());
        let called = called.map(|called| called.rsplit('/').next().unwrap_or(called));
        match called {
            Some(called) if called != name && !called.is_empty() => format!("{name} {called}"),
            _ => name.to_owned(),
        }
    }
}

/// How a process ended, for people.
#[must_use]
pub fn ending_text(end: Option<EndStatus>) -> String {
    match end {
        Some(EndStatus::Exited(code)) => format!("exited with {code}"),
        Some(EndStatus::Signalled(signo)) => format!("killed by {}", signal_name(signo)),
        Some(EndStatus::Detached(errno)) => format!("recording stopped: errno {}", errno.unsigned_abs()),
        None => "not recorded".to_owned(),
    }
}

/// `SIGSEGV`, or `signal 99` for one without a name.
#[must_use]
pub fn signal_name(signo: u32) -> String {
    crate::kernel::abi::signals::name(signo).unwrap_or_else(|| format!("signal {signo}"))
}

/// All processes by stream.
#[must_use]
pub fn of(trace: &Trace) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    // What a stream ran, by the event from which on.
    let mut programs: BTreeMap<u32, Vec<(EventIndex, Program)>> = BTreeMap::new();
    // A child's stream has a higher number than its parent's.
    for stream in trace.streams().filter_map(|id| trace.stream(id).ok()) {
        let mut process = Process { stream: stream.id(), ..Process::default() };
        let mut ran = first_event(trace, &stream, &mut process, &programs);
        execs(trace, &stream, &mut ran);
        process.executed = ran.iter().any(|(_, program)| program.own);
        if let Some((_, last)) = ran.last() {
            process.program = Some(last.path.clone());
            process.arguments = Some(last.arguments.clone());
        }
        programs.insert(stream.id(), ran);
        figures(&stream, &mut process);
        found.push(process);
    }
    found
}

#[derive(Clone)]
struct Program {
    path: String,
    arguments: String,
    /// Executed by the process itself, not inherited.
    own: bool,
}

fn words(trace: &Trace) -> Words {
    Words { strsize: 64, ..Words::new(trace.header().cntfrq, traces::Cycles(0)) }
}

fn first_event(
    trace: &Trace,
    stream: &Stream<'_>,
    process: &mut Process,
    programs: &BTreeMap<u32, Vec<(EventIndex, Program)>>,
) -> Vec<(EventIndex, Program)> {
    let Ok(first) = stream.event(EventIndex(0)) else { return Vec::new() };
    match &first.body {
        Body::Start(start) => {
            process.pid = Some(start.pid);
            let fields = words(trace).fields(&first, &|_| None);
            let arguments = fields.into_iter().find(|field| field.name == "argv").map(|field| field.text);
            let arguments = arguments.unwrap_or_default();
            vec![(EventIndex(0), Program { path: start.exe.clone(), arguments, own: true })]
        }
        Body::ForkStart(start) => {
            process.pid = Some(start.pid);
            process.ppid = Some(start.ppid);
            process.parent = Some((start.stream, start.event));
            let parent = programs.get(&start.stream).map_or(&[][..], Vec::as_slice);
            let then = parent.iter().rfind(|(since, _)| *since <= start.event);
            then.map(|(_, program)| (EventIndex(0), Program { own: false, ..program.clone() }))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Adds the programs that a process executed.
fn execs(trace: &Trace, stream: &Stream<'_>, ran: &mut Vec<(EventIndex, Program)>) {
    let blob = |id| trace.blob(id).ok();
    for (place, block) in stream.blocks().iter().enumerate() {
        let worked = |call: &traces::summary::CallSum| EXECS.contains(&call.nr) && call.count > call.errors;
        if !block.summary.calls.iter().any(worked) {
            continue;
        }
        let Ok(hot) = stream.hot(place) else { continue };
        let calls = (0..hot.len()).filter(|&at| EXECS.contains(&hot.nr[at]));
        for index in calls.map(|at| EventIndex(block.first.0.saturating_add(at as u64))) {
            let Ok(event) = stream.event(index) else { continue };
            let (Body::Svc(svc) | Body::SvcExit(svc)) = &event.body else { continue };
            if !svc.effects.contains(&Effect::ClearSpace) {
                continue;
            }
            let fields = words(trace).fields(&event, &blob);
            let arguments = fields.into_iter().find(|field| field.name == "argv").map(|field| field.text);
            let path = mapped(svc).or_else(|| given(svc)).unwrap_or_default();
            ran.push((index, Program { path, arguments: arguments.unwrap_or_default(), own: true }));
        }
    }
}

/// The file that execve has mapped first: the program, whatever link or script led to it.
fn mapped(svc: &Svc) -> Option<String> {
    svc.effects.iter().find_map(|effect| match effect {
        Effect::Map { backing: traces::event::Backing::File { path, .. }, .. } => Some(path.clone()),
        _ => None,
    })
}

/// The path that execve was given.
fn given(svc: &Svc) -> Option<String> {
    let input = svc.inputs.first()?;
    let bytes = svc.data.get(..usize::try_from(input.len).ok()?)?;
    Some(String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next()?).into_owned())
}

fn figures(stream: &Stream<'_>, process: &mut Process) {
    let blocks = stream.blocks();
    process.missing = stream.gaps().map(|gap| gap.end - gap.start).fold(0, u64::saturating_add);
    process.events = stream.len().saturating_sub(process.missing);
    if let (Some(first), Some(last)) = (blocks.first(), blocks.last()) {
        // A child goes on counting where its parent was.
        let inherited = if stream.id() == 0 { 0 } else { first.icount.0.0 };
        process.icount = last.icount.1.0.saturating_sub(inherited);
    }
    let tids: BTreeSet<u32> =
        blocks.iter().flat_map(|b| b.summary.tids.iter().flatten()).map(|t| t.0).collect();
    process.tids = tids.into_iter().collect();
    let started = blocks.iter().flat_map(|block| &block.summary.kinds);
    let started = started.filter(|(kind, _)| *kind == EventKind::ThreadStart.number());
    process.threads = started.fold(1, |sum, (_, count)| sum.saturating_add(u64::from(*count)));
    process.end = super::ending_of(stream).ok().flatten();
}

/// How deep each process stands below the first and its place in the list, parents before their children.
#[must_use]
pub fn tree(processes: &[Process]) -> Vec<(usize, usize)> {
    // A parent that is not there, in a damaged trace, makes its children stand at the top. That a child's stream
    // has a higher number than its parent's rules out circles.
    let places: BTreeMap<u32, usize> = processes.iter().enumerate().map(|(at, p)| (p.stream, at)).collect();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut stack = Vec::new();
    for (at, process) in processes.iter().enumerate().rev() {
        let parent = process.parent.map(|(stream, _)| stream).filter(|id| *id < process.stream);
        match parent.and_then(|id| places.get(&id)) {
            Some(&parent) => children.entry(parent).or_default().push(at),
            None => stack.push((0, at)),
        }
    }
    let mut order = Vec::with_capacity(processes.len());
    while let Some((depth, at)) = stack.pop() {
        order.push((depth, at));
        stack.extend(children.remove(&at).unwrap_or_default().into_iter().map(|child| (depth + 1, child)));
    }
    order
}
