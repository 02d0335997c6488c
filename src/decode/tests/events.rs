//! Golden lines of other events, the line layout, JSON, and how bad events are.

use super::*;
use traces::describe::Severity;
use traces::event::{
    AnchorImage, Digests, End, EndStatus, Reseed, ReseedOutcome, Signal, SignalAction, Start, SvcFlags,
    VdsoExit, VdsoFn, VdsoHits, VdsoReason,
};

fn start() -> Body {
    Body::Start(Box::new(Start {
        pid: 1000,
        exe: "/bin/ls".into(),
        argv: vec![b"ls".to_vec(), b"-l\xff".to_vec()],
        regs: Default::default(),
        clock: Default::default(),
        effects: Vec::new(),
        data: Vec::new(),
        vdso_base: Some(GuestAddr(0xf000)),
        interp_base: None,
        realtime_ns: 1_700_000_000_123_456_789,
    }))
}

fn reseed(outcome: ReseedOutcome) -> Reseed {
    Reseed {
        outcome,
        unseeded: false,
        age: true,
        drift: false,
        age_cycles: Some(4_230_112),
        drift_ns: Some(3_200_000),
        old: AnchorImage { seq: 22, ..AnchorImage::default() },
        new: AnchorImage { seq: 24, cntvct: 7, mono_sec: 1, mono_nsec: 2, real_sec: 3, real_nsec: 4 },
        effects: Vec::new(),
        data: Vec::new(),
    }
}

fn signal(signo: u32, code: i32, at: &[(usize, &[u8])], action: SignalAction) -> Body {
    let mut info = laid(128, &[(0, &signo.to_le_bytes()), (8, &code.to_le_bytes())]);
    for (offset, bytes) in at {
        info[*offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    Body::Signal(Box::new(Signal { signo, action, info, effects: Vec::new(), data: Vec::new() }))
}

fn end(status: EndStatus) -> Body {
    Body::End(End { status, digests: Digests::default() })
}

fn fallback(reason: VdsoReason) -> Body {
    let time = svc("clock_gettime", &[1, 0x1000], &[], &[(0x1000, u64s(&[5, 6]))], 0);
    let exit = VdsoExit {
        function: VdsoFn::ClockGettime,
        reason,
        branch: Some(0x54),
        exact: true,
        regs: vec![0xf0b0, 7],
        vvar: Vec::new(),
    };
    Body::Svc(Svc { vdso: Some(Box::new(exit)), ..time })
}

#[test]
fn other_events() {
    let cases: Vec<(Body, &str, &str)> = vec![
        (start(), "start \"/bin/ls\" [\"ls\", \"-l\\377\"], pid 1000", ""),
        (
            Body::Sync { base: Cycles(77), rate: 1 << 30 },
            "counter sync to 77 at 0.250000 cycles an instruction",
            "",
        ),
        (
            Body::Reseed(reseed(ReseedOutcome::Published)),
            "anchor reseed gen 11 -> 12 (age), drift +3.2 ms",
            "",
        ),
        (
            Body::Reseed(Reseed {
                drift: true,
                drift_ns: Some(-150_000_001),
                ..reseed(ReseedOutcome::Published)
            }),
            "anchor reseed gen 11 -> 12 (age, drift), drift -150.0 ms",
            "",
        ),
        (
            Body::Reseed(Reseed {
                unseeded: true,
                age: false,
                age_cycles: None,
                drift_ns: None,
                old: AnchorImage::default(),
                new: AnchorImage::default(),
                ..reseed(ReseedOutcome::Published)
            }),
            "anchor reseed gen 0 -> 1 (unseeded)",
            "",
        ),
        (
            Body::Reseed(reseed(ReseedOutcome::Fresh)),
            "anchor fresh gen 11, age 4230112 cycles, drift +3.2 ms",
            "",
        ),
        (
            Body::Reseed(reseed(ReseedOutcome::LostOdd)),
            "anchor reseed lost to a writer (seq 22, age), drift +3.2 ms",
            "",
        ),
        (
            Body::Reseed(reseed(ReseedOutcome::LostCas)),
            "anchor reseed lost the exchange at gen 11 (age), drift +3.2 ms",
            "",
        ),
        (
            Body::Reseed(reseed(ReseedOutcome::RefusedPc)),
            "anchor reseed refused: not at the trampoline's return",
            "",
        ),
        (
            signal(11, 1, &[(16, &[0x10])], SignalAction::Core),
            "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---",
            "terminated, core",
        ),
        (
            signal(11, 2, &[], SignalAction::Handler),
            "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=NULL} ---",
            "handler",
        ),
        (
            signal(17, 1, &[(16, &[9]), (24, &[3])], SignalAction::Ignored),
            "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---",
            "ignored",
        ),
        (
            signal(17, 2, &[(16, &[9]), (24, &[9])], SignalAction::Handler),
            "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=9, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---",
            "handler",
        ),
        (
            signal(15, 0, &[(16, &[5])], SignalAction::Terminated),
            "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=5, si_uid=0} ---",
            "terminated",
        ),
        (
            signal(14, 128, &[], SignalAction::Handler),
            "--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---",
            "handler",
        ),
        (Body::Switch { to: Tid(1004) }, "switch to thread 1004", ""),
        (
            Body::Hits(VdsoHits { clock_gettime: 912, getcpu: 3, ..VdsoHits::default() }),
            "vdso hits: clock_gettime 912, getcpu 3",
            "",
        ),
        (Body::Hits(VdsoHits::default()), "vdso hits: none", ""),
        (
            Body::Checkpoint(Digests { regs: [0xab; 16], memory: None }),
            "checkpoint regs abababababababababababababababab memory not taken",
            "",
        ),
        (Body::ThreadExit { code: 0 }, "+++ thread exited with 0 +++", ""),
        (end(EndStatus::Exited(3)), "+++ exited with 3 +++", ""),
        (end(EndStatus::Signalled(11)), "+++ killed by SIGSEGV +++", ""),
        (end(EndStatus::Detached(28)), "+++ recording stopped: ENOSPC (No space left on device) +++", ""),
        (
            fallback(VdsoReason::AgeCap),
            "clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6})",
            "vdso:age-cap",
        ),
    ];
    for (body, text, note) in cases {
        let line = Words::default().line(&event(body), &no_blob);
        assert_eq!((line.text.as_str(), line.note.as_str()), (text, note));
    }
}

#[test]
fn a_call_that_others_interrupt_is_told_in_two_lines() {
    let words = Words::default();
    let read = svc("read", &[3, 0x2000, 10], &[], &[(0x2000, b"hi".to_vec())], 2);
    let entered = Svc { effects: Vec::new(), data: Vec::new(), ret: 0, ..read.clone() };
    assert_eq!(say(&words, Body::SvcEnter(entered)), "read(3,  <unfinished ...>");
    assert_eq!(say(&words, Body::SvcExit(read)), "<... read resumed>\"hi\", 10) = 2");
    let futex = svc("futex", &[0x1000, 0, 2, 0], &[], &[], -4);
    assert_eq!(
        say(&words, Body::SvcEnter(futex.clone())),
        "futex(0x1000, FUTEX_WAIT, 2, NULL <unfinished ...>"
    );
    assert_eq!(
        say(&words, Body::SvcExit(futex)),
        "<... futex resumed>) = -1 EINTR (Interrupted system call)"
    );
}

#[test]
fn remarks_of_the_kernel_are_notes() {
    let call = svc("bpf", &[0, 0, 0], &[], &[], -38);
    let both = SvcFlags(SvcFlags::UNIMPLEMENTED | SvcFlags::RESTARTED);
    let line = Words::default().line(&event(Body::Svc(Svc { flags: both, ..call })), &no_blob);
    assert_eq!(line.note, "unimplemented, restarted");
}

fn lines(format: LineFormat) -> Vec<Option<String>> {
    let words = Words::new(24_000_000, Cycles(24_000_000));
    let mut lines = Lines::new(&words, format);
    let bodies = [
        start(),
        Body::Svc(svc("close", &[3], &[], &[], 0)),
        fallback(VdsoReason::SeqRace),
        Body::Switch { to: Tid(1004) },
        end(EndStatus::Exited(0)),
    ];
    (0u32..)
        .zip(bodies)
        .map(|(at, body)| {
            let clock = Cycles(24_000_000 + u64::from(at) * 24_000);
            lines.line(EventIndex(at.into()), &Event { clock, ..event(body) }, &no_blob)
        })
        .collect()
}

#[test]
fn lines_have_the_columns_that_are_asked_for() {
    let plain = lines(LineFormat::default());
    assert_eq!(plain[1].as_deref(), Some("close(3)                                = 0"));
    assert_eq!(
        plain[2].as_deref(),
        Some("clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0 [vdso:seq-race]")
    );
    assert_eq!(plain[3].as_deref(), Some("switch to thread 1004"));

    let strict =
        lines(LineFormat { strict: true, pid: PidColumn::Plain, durations: true, ..LineFormat::default() });
    assert_eq!(
        strict,
        [
            Some("1003  execve(\"/bin/ls\", [\"ls\", \"-l\\377\"], NULL) = 0".to_owned()),
            Some("1003  close(3)                          = 0 <0.000041>".to_owned()),
            Some("1003  clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0 <0.000041>".to_owned()),
            None,
            Some("1003  +++ exited with 0 +++".to_owned()),
        ]
    );

    let cases = [
        (TimeColumn::Relative, "    0.001000 close(3)                   = 0"),
        (TimeColumn::Delta, "    0.001000 close(3)                   = 0"),
        (TimeColumn::Absolute, "22:13:20.124456 close(3)                = 0"),
        (TimeColumn::Epoch, "1700000000.124456 close(3)              = 0"),
    ];
    for (time, expected) in cases {
        let shown = lines(LineFormat { time, ..LineFormat::default() });
        assert_eq!(shown[1].as_deref(), Some(expected), "{time:?}");
    }
    let delta = lines(LineFormat {
        time: TimeColumn::Delta,
        pid: PidColumn::Bracketed,
        numbers: true,
        ..LineFormat::default()
    });
    assert_eq!(delta[3].as_deref(), Some("     E3 [pid  1003]     0.001000 switch to thread 1004"));
}

#[test]
fn json_objects_keep_their_schema() {
    let words = Words::new(24_000_000, Cycles(24_000_000));
    let say = |body: Body| words.json(EventIndex(7), &event(body), &no_blob);
    let open =
        svc("openat", &[(-100i64).cast_unsigned(), 0x1000, 0, 0], &[(0x1000, b"/x\0".to_vec())], &[], -2);
    assert_eq!(
        say(Body::Svc(open)),
        serde_json::json!({
            "v": 1, "ev": 7, "tid": 1003, "t_ns": 100_000, "insn": 5000, "kind": "svc", "severity": "error",
            "nr": 56, "name": "openat", "pc": "0x400010", "args": [18_446_744_073_709_551_516_u64, 4096, 0, 0],
            "args_text": ["AT_FDCWD", "\"/x\"", "O_RDONLY"], "args_name": ["dirfd", "pathname", "flags"],
            "ret": -2, "ret_text": "-1 ENOENT (No such file or directory)", "err": "ENOENT", "dur_ns": 41_000,
            "classes": ["file", "desc"],
        })
    );
    let time = say(fallback(VdsoReason::AgeCap));
    assert_eq!(
        time["vdso"],
        serde_json::json!({
            "fn": "clock_gettime", "why": "age-cap", "branch": 84, "exact": true, "regs": ["0xf0b0", "0x7"],
        })
    );
    assert_eq!(time["note"], "vdso:age-cap");
    assert_eq!(time["ret"], 0);
    assert!(time.get("err").is_none());

    let published = say(Body::Reseed(reseed(ReseedOutcome::Published)));
    assert_eq!(published["text"], "anchor reseed gen 11 -> 12 (age), drift +3.2 ms");
    assert_eq!(
        published["reseed"],
        serde_json::json!({
            "outcome": "published", "unseeded": false, "age": true, "drift": false, "age_cycles": 4_230_112,
            "drift_ns": 3_200_000,
            "old": {"seq": 22, "cntvct": 0, "mono_sec": 0, "mono_nsec": 0, "real_sec": 0, "real_nsec": 0},
            "new": {"seq": 24, "cntvct": 7, "mono_sec": 1, "mono_nsec": 2, "real_sec": 3, "real_nsec": 4},
        })
    );
    let begun = say(start());
    assert_eq!(begun["argv"], serde_json::json!(["ls", "\"-l\\377\""]));
    assert_eq!(begun["vdso_base"], "0xf000");
    assert!(begun.get("interp_base").is_none(), "what is not there is absent, not 0");
    let entered = say(Body::SvcEnter(svc("read", &[3, 1, 2], &[], &[], 0)));
    assert!(entered.get("ret").is_none() && entered.get("dur_ns").is_none());
}

#[test]
fn every_kind_of_event_has_json_fields_and_a_kind() {
    let call = || svc("close", &[3], &[], &[], 0);
    let bodies = [
        (start(), "start"),
        (Body::Svc(call()), "svc"),
        (Body::SvcEnter(call()), "svc-enter"),
        (Body::SvcExit(call()), "svc-exit"),
        (Body::Sync { base: Cycles(1), rate: 2 }, "sync"),
        (Body::Reseed(reseed(ReseedOutcome::Fresh)), "reseed"),
        (signal(11, 1, &[], SignalAction::Core), "signal"),
        (Body::Switch { to: Tid(1) }, "switch"),
        (Body::Hits(VdsoHits::default()), "hits"),
        (Body::Checkpoint(Digests::default()), "checkpoint"),
        (Body::ThreadExit { code: 1 }, "thread-exit"),
        (end(EndStatus::Detached(5)), "end"),
    ];
    let words = Words::default();
    for (body, expected) in bodies {
        let event = event(body);
        let object = words.json(EventIndex(0), &event, &no_blob);
        assert_eq!(object["kind"], expected);
        assert_eq!(object["v"], 1);
        assert!(!words.line(&event, &no_blob).text.is_empty(), "{expected} has a text");
        assert!(!words.fields(&event, &no_blob).is_empty(), "{expected} has fields");
    }
}

#[test]
fn fields_name_arguments_and_fallbacks() {
    let words = Words::default();
    let fields = words.fields(&event(fallback(VdsoReason::AgeCap)), &no_blob);
    let find = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.text.as_str());
    assert_eq!(find("syscall"), Some("clock_gettime (113)"));
    assert_eq!(find("clockid"), Some("CLOCK_MONOTONIC"));
    assert_eq!(find("result"), Some("0"));
    assert_eq!(find("duration"), Some("41.0 us"));
    assert_eq!(find("pc"), Some("0x400010"));
    assert_eq!(find("vdso.why"), Some("age-cap (seen)"));
    assert_eq!(find("vdso.branch"), Some("0x54"));
    assert_eq!((find("x2"), find("x3"), find("x4")), (Some("0xf0b0"), Some("0x7"), None));
}

#[test]
fn severities() {
    let failed = |ret| Body::Svc(svc("close", &[3], &[], &[], ret));
    let flagged = |flags| Body::Svc(Svc { flags: SvcFlags(flags), ..svc("close", &[3], &[], &[], 0) });
    let cases = [
        (failed(0), Severity::None),
        (failed(-9), Severity::Error),
        (failed(-11), Severity::Info),
        (failed(-512), Severity::Info),
        (flagged(SvcFlags::UNIMPLEMENTED), Severity::Error),
        (flagged(SvcFlags::REFUSED), Severity::Warning),
        (fallback(VdsoReason::AgeCap), Severity::Info),
        (fallback(VdsoReason::SeqRace), Severity::Warning),
        (fallback(VdsoReason::NotVdso), Severity::Warning),
        (Body::Reseed(reseed(ReseedOutcome::Fresh)), Severity::None),
        (Body::Reseed(reseed(ReseedOutcome::Published)), Severity::Info),
        (Body::Reseed(Reseed { drift: true, ..reseed(ReseedOutcome::Published) }), Severity::Warning),
        (Body::Reseed(reseed(ReseedOutcome::RefusedCounter)), Severity::Warning),
        (signal(11, 1, &[], SignalAction::Core), Severity::Error),
        (signal(17, 1, &[], SignalAction::Ignored), Severity::None),
        (end(EndStatus::Exited(0)), Severity::None),
        (end(EndStatus::Exited(1)), Severity::Warning),
        (end(EndStatus::Signalled(9)), Severity::Error),
    ];
    for (body, expected) in cases {
        let event = event(body);
        assert_eq!(Words::default().severity(&event), expected, "{:?}", event.body);
    }
}

#[test]
fn names_go_both_ways() {
    let words = Words::default();
    assert_eq!(words.syscall_name(113), Some("clock_gettime"));
    assert_eq!(words.syscall_number("clock_gettime"), Some(113));
    assert_eq!(words.syscall_name(244), None);
    assert_eq!(words.in_class(56, "file"), Some(true));
    assert_eq!(words.in_class(56, "net"), Some(false));
    assert_eq!(words.in_class(56, "nonsense"), None);
    assert_eq!(words.errno_name(2), Some("ENOENT"));
    assert_eq!(words.errno_number("ENOENT"), Some(2));
}
