//! Totals of traces with known contents, whole and damaged.

use super::stats::Stats;
use super::*;
use std::path::Path;
use traces::event::{
    AnchorImage, Reseed, ReseedOutcome, Svc, SvcFlags, VdsoExit, VdsoFn, VdsoHits, VdsoReason,
};
use traces::writer::{Options, Writer};
use traces::{Cycles, Event, Tid};

fn call(nr: u32, ret: i64, dur: u64, why: Option<VdsoReason>, flags: u8) -> Body {
    let exit = |reason| VdsoExit {
        function: VdsoFn::ClockGettime,
        reason,
        branch: None,
        exact: true,
        regs: Vec::new(),
        vvar: Vec::new(),
    };
    let vdso = why.map(|reason| Box::new(exit(reason)));
    Body::Svc(Svc { nr, ret, dur: Cycles(dur), vdso, flags: SvcFlags(flags), ..Svc::default() })
}

fn reseed(outcome: ReseedOutcome, unseeded: bool, age: bool, drift: bool) -> Body {
    Body::Reseed(Reseed {
        outcome,
        unseeded,
        age,
        drift,
        age_cycles: None,
        drift_ns: None,
        old: AnchorImage::default(),
        new: AnchorImage::default(),
        effects: Vec::new(),
        data: Vec::new(),
    })
}

fn written(path: &Path, bodies: Vec<Body>, events_per_block: u32) {
    let options = Options { events_per_block, ..Options::default() };
    let mut writer = Writer::create(path, &crate::record::header(None), options).unwrap();
    for (n, body) in (1u64..).zip(bodies) {
        let (icount, clock) = (InsnCount(n * 100), Cycles(n * 24_000_000));
        writer.push(&Event { tid: Tid(1), icount, clock, body });
    }
    assert_eq!(writer.finish().errno, None);
}

fn stats(bodies: Vec<Body>) -> Stats {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.etrace");
    written(&path, bodies, 4096);
    Stats::of(&Trace::open(&path).unwrap(), &mut |_| {}).unwrap()
}

#[test]
fn totals_have_the_names_that_scripts_rely_on() {
    let stats = stats(vec![
        call(172, 1, 24, None, 0),
        call(172, 1, 48, None, 0),
        call(113, -22, 24_000, Some(VdsoReason::Clockid), 0),
        call(113, 0, 24, Some(VdsoReason::AgeCap), 0),
        call(425, -38, 0, None, SvcFlags::UNIMPLEMENTED),
        call(9999, -4096, 0, None, 0),
        Body::Hits(VdsoHits { clock_gettime: 5, ..VdsoHits::default() }),
        reseed(ReseedOutcome::Published, false, true, true),
        reseed(ReseedOutcome::Published, true, false, false),
        reseed(ReseedOutcome::LostCas, false, true, false),
        reseed(ReseedOutcome::Fresh, false, false, false),
    ]);
    let json = serde_json::to_value(&stats).unwrap();
    for (pointer, want) in [
        ("/events", 11),
        ("/unreadable", 0),
        ("/icount", 1100),
        ("/duration_ns", 10_000_000_000),
        ("/svc/getpid/count", 2),
        ("/svc/getpid/errors", 0),
        ("/svc/getpid/total_ns", 3000),
        ("/svc/getpid/max_ns", 2000),
        ("/svc/clock_gettime/count", 2),
        ("/svc/clock_gettime/errors", 1),
        ("/svc/io_uring_setup/errors", 1),
        ("/unimplemented/io_uring_setup", 1),
        ("/svc/9999/count", 1),
        ("/svc/9999/errors", 0),
        ("/vdso/clock_gettime/hits", 5),
        ("/vdso/clock_gettime/fallbacks/age-cap", 1),
        ("/vdso/clock_gettime/fallbacks/clockid", 1),
        ("/reseeds/published", 2),
        ("/reseeds/lost", 1),
        ("/reseeds/refused", 1),
        ("/reseeds/by_cause/unseeded", 1),
        ("/reseeds/by_cause/age", 1),
        ("/reseeds/by_cause/drift", 1),
    ] {
        assert_eq!(json.pointer(pointer).and_then(serde_json::Value::as_u64), Some(want), "{pointer}");
    }
    assert_eq!(json["fidelity"], "exact");
}

#[test]
fn figures_at_their_ends_do_not_overflow() {
    let most = VdsoHits { clock_gettime: u64::MAX, gettimeofday: u64::MAX, clock_getres: 0, getcpu: 1 };
    let huge = || call(172, i64::MIN, u64::MAX, Some(VdsoReason::AgeCap), 0xFF);
    let stats = stats(vec![Body::Hits(most), Body::Hits(most), huge(), huge()]);
    assert_eq!(stats.vdso["clock_gettime"].hits, u64::MAX);
    assert_eq!(stats.svc["getpid"].total_ns, u64::MAX);
    assert!(!findings::of(&stats).is_empty());
}

#[test]
fn a_damaged_block_is_counted_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.etrace");
    written(&path, (0..40).map(|_| call(172, 1, 24, None, 0)).collect(), 10);
    let whole = Trace::open(&path).unwrap();
    let block = &whole.blocks()[1];
    let mut bytes = std::fs::read(&path).unwrap();
    let inside = usize::try_from(block.offset + block.len - 3).unwrap();
    bytes[inside] ^= 0x40;
    std::fs::write(&path, bytes).unwrap();
    let trace = Trace::open(&path).unwrap();
    let stats = Stats::of(&trace, &mut |_| {}).unwrap();
    let lost = block.last.0 - block.first.0 + 1;
    assert_eq!((stats.events, stats.unreadable), (40 - lost, 1));
    assert_eq!(last_icount(&trace), InsnCount(4000));
    assert!(ending(&trace).unwrap().is_none());
}

/// A process that forks at its event 2 a child whose clock is behind, and goes on.
fn forked(path: &Path) {
    let event =
        |tid, clock, body| Event { tid: Tid(tid), icount: InsnCount(clock), clock: Cycles(clock), body };
    let start = |stream, at| {
        Body::ForkStart(Box::new(traces::event::ForkStart {
            stream,
            event: EventIndex(at),
            pid: 5,
            ppid: 1,
            regs: traces::event::RegImage::default(),
            effects: Vec::new(),
            data: Vec::new(),
        }))
    };
    let end = |status| Body::End(traces::event::End { status, digests: traces::event::Digests::default() });
    let mut writer = Writer::create(path, &crate::record::header(None), Options::default()).unwrap();
    for (clock, body) in [
        (10, call(172, 1, 1, None, 0)),
        (20, call(425, -38, 1, None, SvcFlags::UNIMPLEMENTED)),
        (30, call(220, 5, 10, None, 0)),
        (90, call(172, 1, 1, None, 0)),
        (100, end(EndStatus::Exited(0))),
    ] {
        writer.push(&event(1, clock, body));
    }
    writer.before_fork();
    writer.after_fork(1).unwrap();
    for (clock, body) in [
        (25, start(0, 2)),
        (26, call(172, 5, 1, None, 0)),
        (50, call(425, -38, 1, None, SvcFlags::UNIMPLEMENTED)),
        (60, end(EndStatus::Signalled(11))),
    ] {
        writer.push(&event(5, clock, body));
    }
    assert_eq!(writer.finish().errno, None);
}

#[test]
fn processes_are_told_apart_and_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.etrace");
    forked(&path);
    let trace = Trace::open(&path).unwrap();
    let found = processes::of(&trace);
    assert_eq!(
        found.iter().map(|p| (p.stream, p.pid, p.ppid)).collect::<Vec<_>>(),
        [(0, None, None), (1, Some(5), Some(1))]
    );
    assert_eq!(found[1].parent, Some((0, EventIndex(2))));
    assert_eq!((found[0].end, found[1].end), (Some(EndStatus::Exited(0)), Some(EndStatus::Signalled(11))));
    let stats = Stats::of(&trace, &mut |_| {}).unwrap();
    let json = serde_json::to_value(&stats).unwrap();
    for (pointer, want) in [
        ("/events", 9),
        ("/icount", 100 + 35),
        ("/svc/getpid/count", 3),
        ("/unimplemented/io_uring_setup", 2),
        ("/processes/0/calls", 4),
        ("/processes/0/exit_code", 0),
        ("/processes/1/pid", 5),
        ("/processes/1/ppid", 1),
        ("/processes/1/calls", 2),
        ("/processes/1/errors", 1),
        ("/processes/1/signal", 11),
        ("/processes/1/unimplemented/io_uring_setup", 1),
    ] {
        assert_eq!(json.pointer(pointer).and_then(serde_json::Value::as_u64), Some(want), "{pointer}");
    }
    let texts: Vec<String> = findings::of(&stats).into_iter().map(|finding| finding.text).collect();
    assert!(texts.contains(&"process 5 was killed by SIGSEGV".to_owned()), "{texts:?}");
}

#[test]
fn merged_events_follow_the_clock_and_a_child_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.etrace");
    forked(&path);
    let trace = Trace::open(&path).unwrap();
    let order = |streams: &[u32]| -> Vec<(u32, u64)> {
        merge::Merged::new(&trace, streams).map(|(stream, read)| (stream, read.unwrap().0.0)).collect()
    };
    let both = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (0, 3), (0, 4)];
    assert_eq!(order(&[0, 1]), both);
    // Alone, it waits for nobody.
    assert_eq!(order(&[1]), [(1, 0), (1, 1), (1, 2), (1, 3)]);
    assert_eq!(order(&[7]), []);
}
