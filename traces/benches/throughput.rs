//! Speed and size of traces: a million system calls of a getpid loop, written, opened, searched, read.
//! `cargo bench -p traces`; the bytes per event are printed first.

use divan::{Bencher, counter::ItemsCount};
use std::path::{Path, PathBuf};
use traces::event::{Args, Body, Event, Svc};
use traces::{Cycles, Fidelity, GuestAddr, Header, InsnCount, Options, Tid, Trace, TraceId, Writer};

const EVENTS: u64 = 1_000_000;

fn main() {
    for (name, mixed) in [("getpid loop", false), ("mixed calls", true)] {
        let (_dir, path) = recorded(mixed);
        let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        eprintln!(
            "{name}: {EVENTS} events, {bytes} bytes, {}.{:02} bytes an event",
            bytes / EVENTS,
            bytes * 100 / EVENTS % 100
        );
    }
    divan::main();
}

/// A loop over getpid; `mixed` has ten different calls with pointers, results and data instead.
fn event(n: u64, mixed: bool) -> Event {
    let noise = noise(n);
    let mut svc =
        Svc { nr: 172, pc: GuestAddr(0x40_0100), ret: 1000, dur: Cycles(noise % 12 + 1), ..Svc::default() };
    if mixed {
        let call = n % 10;
        svc.nr = 56 + u32::try_from(call).unwrap_or(0);
        svc.pc = GuestAddr(0x40_0100 + 64 * call);
        svc.args = Args::new([3 + call, 0x7fff_0000 + 8 * noise, 4096, 0, 0, 0], 3);
        svc.ret = i64::try_from(noise).unwrap_or(0) * 16;
        svc.data = if call == 7 { n.to_le_bytes().to_vec() } else { Vec::new() };
    }
    Event {
        tid: Tid(1000),
        icount: InsnCount(n * 5),
        clock: Cycles(1_000_000 + n * 14 + noise),
        body: Body::Svc(svc),
    }
}

fn header() -> Header {
    Header {
        id: TraceId::fresh(),
        fidelity: Fidelity::Exact,
        page_size: 4096,
        cntfrq: 24_000_000,
        hwcap: 0,
        hwcap2: 0,
        vdso_sha256: None,
        vdso: String::new(),
        engine: "soft".into(),
        producer: "bench".into(),
        id_regs: Vec::new(),
    }
}

fn record(path: &Path, events: &[Event]) {
    let mut writer = Writer::create(path, &header(), Options::default()).expect("a new file");
    for event in events {
        writer.push(event);
    }
    assert_eq!(writer.finish().lost, 0);
}

fn all(mixed: bool) -> Vec<Event> {
    (0..EVENTS).map(|n| event(n, mixed)).collect()
}

fn recorded(mixed: bool) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("run.etrace");
    record(&path, &all(mixed));
    (dir, path)
}

/// Push to finish; the writer's thread compresses meanwhile.
#[divan::bench(args = [false, true], sample_count = 5)]
fn write(bencher: Bencher<'_, '_>, mixed: bool) {
    let dir = tempfile::tempdir().expect("a directory");
    let events = all(mixed);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| record(&dir.path().join("w"), &events));
}

#[divan::bench]
fn open_by_index(bencher: Bencher<'_, '_>) {
    let (_dir, path) = recorded(false);
    bencher.bench_local(|| Trace::open(&path).expect("the trace"));
}

#[divan::bench]
fn open_by_scan(bencher: Bencher<'_, '_>) {
    let (_dir, path) = recorded(false);
    let len = std::fs::metadata(&path).map_or(0, |meta| meta.len());
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("the file");
    file.set_len(len - 1).expect("a shorter file");
    bencher.bench_local(|| Trace::open(&path).expect("the trace"));
}

/// What a filter on a column costs before it compares anything.
#[divan::bench(args = [false, true], sample_count = 5)]
fn hot_columns(bencher: Bencher<'_, '_>, mixed: bool) {
    let (_dir, path) = recorded(mixed);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let trace = Trace::open(&path).expect("the trace");
        (0..trace.blocks().len()).map(|block| trace.hot(block).expect("a block").len()).sum::<usize>()
    });
}

#[divan::bench(args = [false, true], sample_count = 5)]
fn all_events(bencher: Bencher<'_, '_>, mixed: bool) {
    let (_dir, path) = recorded(mixed);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let trace = Trace::open(&path).expect("the trace");
        trace.events(0..u64::MAX).filter(Result::is_ok).count()
    });
}

/// 0 to 15 without a pattern that a compressor could find (the mixing steps of SplitMix64).
fn noise(n: u64) -> u64 {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed >> 60
}
