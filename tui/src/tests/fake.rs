//! A trace, its words, a filter language and a replay, all in memory and computed from the event number.

use crate::source::{Has, Info, Language, LanguageError, Matcher, Source, SourceError, Summary, errno, svc};
use crate::{Inputs, VdsoFacts};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use traces::describe::{Describe, Field, Line, Severity};
use traces::event::{
    AnchorImage, Args, ClockRule, Effect, End, EndStatus, Input, RegImage, Reseed, ReseedOutcome, Signal,
    SignalAction, Start, Svc, VdsoExit, VdsoFn, VdsoHits, VdsoReason,
};
use traces::replay::{DisasmLine, Position, Replay, ReplayError, Stop};
use traces::{BlobId, Body, Cycles, Event, EventIndex, GuestAddr, InsnCount, Tid};

pub(crate) const WRITE: u32 = 64;
pub(crate) const OPENAT: u32 = 56;
pub(crate) const CLOCK: u32 = 113;
pub(crate) const FUTEX: u32 = 98;
const ORIGIN: u64 = 1_000_000;

/// A trace of any length whose events repeat with a period of ten.
pub(crate) struct Fake {
    pub(crate) len: u64,
    pub(crate) info: Info,
    pub(crate) asked: AtomicU64,
    pub(crate) summaries: bool,
    /// An event that cannot be read.
    pub(crate) broken: Option<u64>,
}

impl Fake {
    pub(crate) fn new(len: u64) -> Self {
        let info = Info {
            cntfrq: 24_000_000,
            fidelity: "exact".into(),
            engine: "soft".into(),
            banner: None,
            lost: Some(0),
        };
        Fake { len, info, asked: AtomicU64::new(0), summaries: false, broken: None }
    }

    pub(crate) fn icount(n: u64) -> u64 {
        n * 100
    }

    fn body(&self, n: u64) -> Body {
        if n == 0 {
            return Body::Start(Box::new(start()));
        }
        if n + 1 == self.len {
            let digests = traces::event::Digests::default();
            return Body::End(End { status: EndStatus::Exited(0), digests });
        }
        match n % 10 {
            1 => svc_body(WRITE, &[1, 0xAAAA_0000, 6], 6, 46, b"hello\n", None),
            2 => svc_body(OPENAT, &[u64::MAX - 99, 0xAAAA_0100, 0], -2, 74, b"/etc/x\0", None),
            3 => svc_body(CLOCK, &[1, 0xFFFF_0000], 0, 45, b"", Some(reason(n))),
            4 => Body::Reseed(reseed(n)),
            5 => Body::Hits(VdsoHits { clock_gettime: 1000, gettimeofday: 10, ..VdsoHits::default() }),
            6 if n % 50 == 6 => Body::Signal(Box::new(signal())),
            7 => Body::Switch { to: tid(n) },
            8 => enter_exit(Body::SvcEnter, 0),
            9 => enter_exit(Body::SvcExit, 240_000),
            _ => svc_body(WRITE, &[2, 0xAAAA_0000, 1], 1, 40, b"!", None),
        }
    }

    pub(crate) fn make(&self, n: u64) -> Event {
        Event {
            tid: tid(n),
            icount: InsnCount(Fake::icount(n)),
            clock: Cycles(ORIGIN + n * 2400),
            body: self.body(n),
        }
    }
}

fn tid(n: u64) -> Tid {
    Tid(if n % 20 < 8 { 1003 } else { 1004 })
}

fn enter_exit(make: fn(Svc) -> Body, dur: u64) -> Body {
    let args = Args::new([0xAAAA_D0F0, 0, 2, 0, 0, 0], 4);
    make(Svc { nr: FUTEX, pc: GuestAddr(0x401000), args, dur: Cycles(dur), ..Svc::default() })
}

fn svc_body(nr: u32, args: &[u64], ret: i64, dur: u64, input: &[u8], why: Option<VdsoReason>) -> Body {
    let mut regs = [0; 6];
    regs[..args.len()].copy_from_slice(args);
    let len = u32::try_from(input.len()).unwrap();
    let inputs = if len > 0 { vec![Input { arg: 1, len, full: u64::from(len) }] } else { Vec::new() };
    let vdso = why.map(|reason| {
        let mut vvar = vec![0u8; 48];
        vvar[0] = 22;
        vvar[8..16].copy_from_slice(&(ORIGIN + 7200).to_le_bytes());
        Box::new(VdsoExit {
            function: VdsoFn::ClockGettime,
            reason,
            branch: Some(0x134),
            exact: true,
            regs: vec![0; 11],
            vvar,
        })
    });
    let effects =
        if nr == CLOCK { vec![Effect::Write { at: GuestAddr(args[1]), len: 0 }] } else { Vec::new() };
    Body::Svc(Svc {
        nr,
        pc: GuestAddr(0x400100),
        args: Args::new(regs, args.len()),
        ret,
        dur: Cycles(dur),
        inputs,
        effects,
        vdso,
        data: input.to_vec(),
        ..Svc::default()
    })
}

fn reason(n: u64) -> VdsoReason {
    match n / 10 % 5 {
        0 => VdsoReason::Unseeded,
        1 | 2 => VdsoReason::AgeCap,
        3 => VdsoReason::Clockid,
        _ => VdsoReason::SeqRace,
    }
}

fn reseed(n: u64) -> Reseed {
    let generation = u32::try_from(n / 10 % 1000).unwrap();
    let old = AnchorImage { seq: generation * 2, cntvct: 1, ..AnchorImage::default() };
    let new = AnchorImage {
        seq: generation * 2 + 2,
        cntvct: ORIGIN + n * 2400,
        mono_sec: 5,
        mono_nsec: 7,
        real_sec: 1_700_000_000,
        real_nsec: 9,
    };
    Reseed {
        outcome: if n % 100 == 94 { ReseedOutcome::LostOdd } else { ReseedOutcome::Published },
        unseeded: n == 4,
        age: n != 4,
        drift: n % 100 == 34,
        age_cycles: (n != 4).then_some(4_230_112),
        drift_ns: (n != 4).then_some(3_200_000),
        old,
        new,
        effects: Vec::new(),
        data: Vec::new(),
    }
}

fn signal() -> Signal {
    Signal {
        signo: 10,
        action: SignalAction::Handler,
        info: vec![0; 128],
        effects: Vec::new(),
        data: Vec::new(),
    }
}

fn start() -> Start {
    Start {
        pid: 1003,
        exe: "/bin/a.out".into(),
        argv: vec![b"a.out".to_vec()],
        regs: RegImage::default(),
        clock: ClockRule::default(),
        effects: Vec::new(),
        data: Vec::new(),
        vdso_base: Some(GuestAddr(0xF000)),
        interp_base: None,
        realtime_ns: 1_700_000_000_000_000_000,
    }
}

impl Source for Fake {
    fn info(&self) -> &Info {
        &self.info
    }
    fn len(&self) -> u64 {
        self.len
    }
    fn event(&self, at: EventIndex) -> Result<Arc<Event>, SourceError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if at.0 >= self.len || self.broken == Some(at.0) {
            return Err(SourceError(format!("E{} is in a damaged block", at.0)));
        }
        Ok(Arc::new(self.make(at.0)))
    }
    fn blob(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }
    fn summary(&self, at: EventIndex) -> Option<Summary> {
        if !self.summaries {
            return None;
        }
        let first = at.0 / 100 * 100;
        // No block but the sixth has an error.
        let has = if first == 500 { Has::ANY } else { Has(Has::ANY.0 & !Has::ERROR.0) };
        Some(Summary { events: first..first + 100, has })
    }
}

/// Words for the fake's events.
pub(crate) struct Words;

impl Describe for Words {
    fn line(&self, event: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Line {
        let (text, result) = match &event.body {
            Body::Svc(s) | Body::SvcExit(s) => (self.call(s), result(s, event)),
            Body::SvcEnter(s) => (format!("{} <unfinished ...>", self.call(s)), String::new()),
            Body::Start(s) => (format!("start {}", s.exe), String::new()),
            Body::Reseed(r) => {
                (format!("anchor reseed gen {} -> {}", r.old.seq / 2, r.new.seq / 2), String::new())
            }
            Body::Signal(s) => (format!("--- signal {} ---", s.signo), String::new()),
            Body::Switch { to } => (format!("switch to {}", to.0), String::new()),
            Body::Hits(h) => (format!("fast path {} hits", h.clock_gettime), String::new()),
            Body::End(_) => ("+++ exited with 0 +++".into(), String::new()),
            other => (format!("{other:?}"), String::new()),
        };
        let note = svc(event)
            .and_then(|s| s.vdso.as_ref())
            .map(|v| format!("vdso:{}", v.reason.name()))
            .unwrap_or_default();
        Line { text, result, note }
    }
    fn fields(&self, event: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Vec<Field> {
        let Some(svc) = svc(event) else { return Vec::new() };
        let name = |i: usize| ["fd", "buf", "len"].get(i).unwrap_or(&"arg").to_string();
        let args = svc.args.as_slice().iter().enumerate();
        let mut all: Vec<Field> =
            args.map(|(i, v)| Field { name: name(i), text: v.to_string(), raw: Some(*v) }).collect();
        all.push(Field { name: "pc".into(), text: svc.pc.to_string(), raw: Some(svc.pc.0) });
        if let Some(exit) = &svc.vdso {
            let text = format!("{} (seen)", exit.reason.name());
            all.push(Field { name: "vdso.why".into(), text, raw: None });
        }
        all
    }
    fn severity(&self, event: &Event) -> Severity {
        match &event.body {
            _ if errno(event).is_some() => Severity::Error,
            Body::Svc(s) if s.vdso.is_some() => Severity::Warning,
            Body::Reseed(_) => Severity::Info,
            _ => Severity::None,
        }
    }
    fn syscall_name(&self, nr: u32) -> Option<&'static str> {
        Some(match nr {
            WRITE => "write",
            OPENAT => "openat",
            CLOCK => "clock_gettime",
            FUTEX => "futex",
            _ => return None,
        })
    }
    fn syscall_number(&self, name: &str) -> Option<u32> {
        [WRITE, OPENAT, CLOCK, FUTEX].into_iter().find(|nr| self.syscall_name(*nr) == Some(name))
    }
    fn in_class(&self, nr: u32, class: &str) -> Option<bool> {
        Some(class == "file" && nr == OPENAT)
    }
    fn errno_name(&self, errno: u32) -> Option<&'static str> {
        (errno == 2).then_some("ENOENT")
    }
    fn errno_number(&self, name: &str) -> Option<u32> {
        (name == "ENOENT").then_some(2)
    }
}

impl Words {
    fn call(&self, svc: &Svc) -> String {
        let name = self.syscall_name(svc.nr).unwrap_or("?");
        let args: Vec<String> = svc.args.as_slice().iter().map(|a| format!("0x{a:x}")).collect();
        let text = String::from_utf8_lossy(&svc.data).trim_end_matches('\0').replace('\n', "\\n");
        let text = if text.is_empty() { text } else { format!(", \"{text}\"") };
        format!("{name}({}{text})", args.join(", "))
    }
}

fn result(svc: &Svc, event: &Event) -> String {
    match errno(event) {
        Some(_) => "-1 ENOENT (No such file or directory)".into(),
        None => svc.ret.to_string(),
    }
}

/// A language of `sys==NAME`, `sys!=NAME`, `tid==N`, `never`, and two of them with `&&`.
pub(crate) struct Toy;

type Test = Box<dyn Fn(EventIndex, &Event) -> bool + Send + Sync>;

struct Compiled(Vec<Test>);

impl Matcher for Compiled {
    fn matches(&self, at: EventIndex, event: &Event) -> bool {
        self.0.iter().all(|test| test(at, event))
    }
}

impl Language for Toy {
    fn compile(&self, text: &str) -> Result<Arc<dyn Matcher>, LanguageError> {
        let mut tests: Vec<Test> = Vec::new();
        let mut column = 0;
        for part in text.split("&&") {
            let term = part.trim().trim_start_matches('(').trim_end_matches(')');
            let bad = |message: &str| LanguageError { column, message: message.to_owned() };
            let number = |name: &str| Words.syscall_number(name).ok_or_else(|| bad("no such call"));
            if let Some(name) = term.strip_prefix("sys==") {
                let nr = number(name)?;
                tests.push(Box::new(move |_, e| svc(e).is_some_and(|s| s.nr == nr)));
            } else if let Some(name) = term.strip_prefix("sys!=") {
                let nr = number(name)?;
                tests.push(Box::new(move |_, e| svc(e).is_none_or(|s| s.nr != nr)));
            } else if let Some(Ok(tid)) = term.strip_prefix("tid==").map(str::parse::<u32>) {
                tests.push(Box::new(move |_, e| e.tid.0 == tid));
            } else if let Some(Ok(n)) = term.strip_prefix("ev%").map(str::parse::<u64>) {
                tests.push(Box::new(move |at, _| at.0 % n == 0));
            } else if term == "never" {
                tests.push(Box::new(|_, _| false));
            } else {
                return Err(bad("no field is called that; nearest is `sys`"));
            }
            column += part.chars().count() + 2;
        }
        Ok(Arc::new(Compiled(tests)))
    }
}

/// A machine on which instruction `n` stands at `0x400000 + 4 (n mod 64)` and counts in X0.
pub(crate) struct Machine {
    pub(crate) at: u64,
    pub(crate) len: u64,
    pub(crate) fail: bool,
}

impl Machine {
    pub(crate) fn new(len: u64) -> Self {
        Machine { at: 0, len, fail: false }
    }

    /// An event takes effect at its instruction count, before the instruction of that number.
    fn position(&self) -> Position {
        let event = EventIndex((self.at / 100).min(self.len - 1));
        Position { event, after: Some(InsnCount(self.at - event.0 * 100)) }
    }
}

impl Replay for Machine {
    fn seek(&mut self, to: Position, progress: &mut dyn FnMut(u32) -> bool) -> Result<Stop, ReplayError> {
        if self.fail {
            return Err(ReplayError {
                message: "x1 differs at E7: expected 1, got 2".into(),
                diverged: true,
            });
        }
        progress(500);
        self.at = to.event.0 * 100 + to.after.map_or(0, |n| n.0);
        let mut stop = self.stop();
        // Just before an event is so many instructions after the one before it: the same place by another name.
        if to.after.is_none() && to.event.0 > 0 {
            stop.position = Position { event: EventIndex(to.event.0 - 1), after: Some(InsnCount(100)) };
        }
        Ok(stop)
    }
    fn step(&mut self, n: i64) -> Result<Stop, ReplayError> {
        self.at = self.at.saturating_add_signed(n).min(self.len * 100);
        Ok(self.stop())
    }
    fn stop(&self) -> Stop {
        let position = self.position();
        Stop {
            position,
            tid: tid(position.event.0),
            icount: InsnCount(self.at),
            at_end: self.at >= self.len * 100,
        }
    }
    fn regs(&self) -> RegImage {
        let mut regs = RegImage { pc: 0x400000 + self.at % 64 * 4, sp: 0x7FFF_0000, ..RegImage::default() };
        regs.x[0] = self.at;
        regs.x[1] = 0x400010;
        regs.x[2] = 0x7FFF_0000;
        regs.nzcv = if self.at.is_multiple_of(2) { 1 << 30 } else { 0 };
        regs
    }
    fn read(&self, at: GuestAddr, buf: &mut [u8]) -> usize {
        if !(0x7FFF_0000..0x7FFF_0100).contains(&at.0) && !(0x400000..0x400100).contains(&at.0) {
            return 0;
        }
        for (i, b) in (0u64..).zip(buf.iter_mut()) {
            *b = if at.0 + i == 0x7FFF_0008 {
                u8::try_from(self.at % 256).unwrap()
            } else {
                u8::try_from((at.0 + i) % 96).unwrap()
            };
        }
        buf.len()
    }
    fn disassemble(&self, at: GuestAddr, count: usize) -> Vec<DisasmLine> {
        (0..count as u64)
            .map(|i| {
                let at = GuestAddr(at.0 + i * 4);
                let inside = (0x400000..0x400100).contains(&at.0);
                let even = at.0.is_multiple_of(8);
                DisasmLine {
                    at,
                    word: inside.then_some(if even { 0x5400_0040 } else { 0xD503_201F }),
                    text: if even { format!("b.eq 0x{:x}", at.0 + 8) } else { "nop".into() },
                    symbol: self.symbol(at),
                }
            })
            .collect()
    }
    fn symbol(&self, at: GuestAddr) -> Option<String> {
        (0x400000..0x400100).contains(&at.0).then(|| format!("main+0x{:x}", at.0 - 0x400000))
    }
    fn cntvct(&self) -> u64 {
        ORIGIN + self.at * 24
    }
}

/// Inputs over a fake trace, with a replay.
pub(crate) fn inputs(source: Fake) -> Inputs {
    let len = source.len.max(1);
    Inputs {
        source: Arc::new(source),
        describe: Arc::new(Words),
        language: Arc::new(Toy),
        replay: Ok(Box::new(Machine::new(len))),
        title: "run.etrace ./a.out".into(),
        vdso: Some(VdsoFacts { age_cap: Cycles(1 << 22), drift_gate_ns: 100_000_000 }),
        stream: 0,
        first: None,
        processes: None,
    }
}
