//! Tests of the reader: cut, damaged and lying files.

use super::*;
use crate::block::{EndMark, HEAD_LEN, Head, Section};
use crate::header;
use crate::samples;
use crate::writer::{Options, Writer};
use std::path::PathBuf;

/// A finished trace of the sample events and a blob, in blocks of 4 events, as bytes.
fn whole(dir: &tempfile::TempDir) -> (PathBuf, Vec<u8>) {
    let path = dir.path().join("run.etrace");
    let options = Options { events_per_block: 4, ..Options::default() };
    let mut writer = Writer::create(&path, &header::tests::sample(), options).unwrap();
    writer.blob(b"the bytes of a file");
    for event in &samples::events() {
        writer.push(event);
    }
    let _ = writer.finish();
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

fn open(path: &Path, bytes: &[u8]) -> Result<Trace, Error> {
    std::fs::write(path, bytes).unwrap();
    Trace::open(path)
}

/// All that can be read must be right; returns how much that is.
fn check_readable(trace: &Trace) -> usize {
    let expected = samples::events();
    let mut good = 0;
    for (index, event) in trace.events(0..u64::MAX).take(1000).flatten() {
        assert_eq!(*event, expected[usize::try_from(index.0).unwrap()]);
        good += 1;
    }
    if let Ok(blob) = trace.blob(BlobId(0)) {
        assert_eq!(blob, b"the bytes of a file");
    }
    let _ = trace.at_clock(Cycles(1050));
    let _ = trace.verify(&mut |_| true).unwrap();
    good
}

impl Trace {
    fn at_clock(&self, clock: Cycles) -> Result<Option<EventIndex>, Error> {
        self.first_stream().at_clock(clock)
    }
}

#[test]
fn every_prefix_opens_with_all_its_whole_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let ends: Vec<(u64, u64)> =
        trace.blocks().iter().map(|block| (block.offset + block.len, block.last.0 + 1)).collect();
    let header = header::tests::sample().to_bytes().unwrap().len();
    for len in 0..bytes.len() {
        let trace = open(&path, &bytes[..len]);
        if len < header {
            assert!(trace.is_err(), "prefix {len}");
            continue;
        }
        let trace = trace.unwrap();
        let expected =
            ends.iter().filter(|(end, _)| *end <= len as u64).map(|(_, last)| *last).max().unwrap_or(0);
        assert_eq!(trace.event_count(), expected, "prefix {len}");
        assert_eq!(check_readable(&trace) as u64, expected, "prefix {len}");
        assert_eq!(trace.status(), Status::Recovered, "prefix {len}");
    }
}

#[test]
fn every_flip_costs_one_block_at_most() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let header = header::tests::sample().to_bytes().unwrap().len();
    let all = samples::events().len();
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        match open(&path, &bad) {
            Err(_) => assert!(at < header, "flip at {at}"),
            Ok(trace) => {
                let good = check_readable(&trace);
                assert!(good >= all - 4, "flip at {at}: {good} of {all}");
                let seen = !trace.verify(&mut |_| true).unwrap().is_empty()
                    || !trace.is_indexed()
                    || trace.status() != Status::Complete;
                assert!(seen, "flip at {at} went unnoticed");
            }
        }
    }
}

#[test]
fn lost_and_foreign_bytes_are_stepped_over() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let second = usize::try_from(trace.blocks()[1].offset).unwrap();
    let third = usize::try_from(trace.blocks()[2].offset).unwrap();
    let all = samples::events().len();
    let splice = |from: usize, to: usize, what: &[u8]| [&bytes[..from], what, &bytes[to..]].concat();
    let foreign = {
        // A block of another trace, as a guest may have read it from a file.
        let front = Head { kind: block::EVENTS, ..Head::default() };
        front.to_bytes(crate::TraceId([9; 16]), b"").to_vec()
    };
    // bytes in place of from..to, events that must remain
    let cases = [
        (splice(second, second, b"garbage"), all),
        (splice(second, second, &foreign), all),
        (splice(second, second, &block::MAGIC), all),
        (splice(second, third, b""), all - 4),
        (splice(second + 120, second + 150, b""), all - 4),
        (splice(third - 1, third, b""), all - 4),
        (splice(second + 20, third + 30, b""), all - 8),
    ];
    for (n, (bad, expected)) in cases.iter().enumerate() {
        let trace = open(&path, bad).unwrap();
        assert_eq!(check_readable(&trace), *expected, "case {n}");
        assert!(!trace.is_indexed(), "case {n}: the index is about another file");
        let gap = trace.stream(0).unwrap().gaps().map(|gap| gap.end - gap.start).sum::<u64>();
        assert_eq!(gap, (all - expected) as u64, "case {n}");
        assert!(n == 3 || !trace.damage().is_empty(), "case {n}");
    }
}

#[test]
fn zeros_at_the_end_are_taken_for_a_lost_block() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let last = trace.blocks()[2].clone();
    let mut bad = bytes[..usize::try_from(last.offset + last.len).unwrap()].to_vec();
    let len = bad.len();
    bad[len - 20..].fill(0);
    let trace = open(&path, &bad).unwrap();
    assert_eq!(trace.event_count(), last.first.0);
    assert_eq!(trace.damage()[0].offset, last.offset);
}

#[test]
fn blocks_of_unknown_kind_are_stepped_over() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let second = usize::try_from(trace.blocks()[1].offset).unwrap();
    let id = header::tests::sample().id;
    let stored = Section { stored: 4, raw: 9 };
    let head =
        Head { kind: 77, summary: 3, hot: stored, body_crc: block::crc(id, &[b"body"]), ..Head::default() };
    let new = [&head.to_bytes(id, b"sum")[..], b"sum", b"body"].concat();
    let trace = open(&path, &[&bytes[..second], &new, &bytes[second..]].concat()).unwrap();
    assert_eq!(check_readable(&trace), samples::events().len());
    assert_eq!(trace.damage(), []);
}

#[test]
fn positions_are_found_by_count_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let stream = trace.stream(0).unwrap();
    let events = samples::events();
    for icount in 0..230 {
        let naive = events.iter().position(|event| event.icount.0 >= icount).map(|at| EventIndex(at as u64));
        assert_eq!(stream.at_icount(InsnCount(icount)).unwrap(), naive, "icount {icount}");
    }
    for clock in 990..1130 {
        let naive = events.iter().position(|event| event.clock.0 >= clock).map(|at| EventIndex(at as u64));
        assert_eq!(stream.at_clock(Cycles(clock)).unwrap(), naive, "clock {clock}");
    }
}

#[test]
fn summaries_add_up_to_the_events() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let sum = trace.first_stream().summary();
    let events = samples::events();
    assert_eq!(sum.kinds.iter().map(|(_, n)| *n as usize).sum::<usize>(), events.len());
    assert_eq!(sum.tids, Some(vec![crate::Tid(1000), crate::Tid(1001)]));
    let calls: Vec<(u32, u32, u32)> =
        sum.calls.iter().map(|call| (call.nr, call.count, call.errors)).collect();
    assert_eq!(calls, [(98, 1, 0), (113, 1, 1), (172, 1, 0)]);
    assert_eq!(sum.hits, [1 << 33, 2, 3, 4]);
    assert_eq!((sum.errors, sum.max_dur), (1, Cycles(u64::MAX)));
    assert_eq!(sum.vdso.len(), 1);
    assert_eq!(sum.reseeds, [(0x60, 1)]);
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(bytes.len() as u64 / 3).unwrap();
    assert!(matches!(trace.event(EventIndex(12)), Err(Error::Shrunk { .. })));
}

#[test]
fn numbers_out_of_range_have_their_own_errors() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    assert!(matches!(trace.event(EventIndex(17)), Err(Error::NoSuchEvent { count: 17, .. })));
    assert!(matches!(trace.event(EventIndex(u64::MAX)), Err(Error::NoSuchEvent { .. })));
    assert!(trace.hot(99).is_err());
    assert!(matches!(trace.blob(BlobId(5)), Err(Error::NoSuchBlob { .. })));
    assert!(matches!(trace.blob(BlobId(u64::MAX)), Err(Error::NoSuchBlob { .. })));
}

/// A file of a header and blocks made by hand, whose checksums are right and whose content lies.
#[test]
fn lying_blocks_are_refused_without_harm() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    let id = header::tests::sample().id;
    let start = header::tests::sample().to_bytes().unwrap();
    let template = trace.blocks()[0].clone();
    let at = usize::try_from(template.offset).unwrap();
    let summary = bytes[at + HEAD_LEN..at + HEAD_LEN + template.head.summary as usize].to_vec();
    let bomb = zstd::bulk::compress(&vec![0; 1 << 20], 1).unwrap();
    let stored = u32::try_from(bomb.len()).unwrap();
    let make = |head: Head, body: &[u8]| {
        let head = Head { summary: template.head.summary, body_crc: block::crc(id, &[body]), ..head };
        [&start[..], &head.to_bytes(id, &summary), &summary, body].concat()
    };
    let base = Head { kind: block::EVENTS, first: 0, last: 3, count: 4, ..Head::default() };
    let section = |raw| Section { stored, raw };
    let cases = [
        make(Head { hot: section(1 << 20), ..base }, &bomb),
        make(Head { hot: section(5), ..base }, &bomb),
        make(Head { hot: section(block::MAX_SECTION), ..base }, &bomb),
        make(Head { last: u64::MAX, first: u64::MAX - 3, ..base }, b""),
        make(base, b""),
    ];
    for (n, bytes) in cases.iter().enumerate() {
        let trace = open(&path, bytes).unwrap();
        let all: Vec<_> = trace.events(0..u64::MAX).take(100).collect();
        assert!(all.iter().all(Result::is_err) && !all.is_empty(), "case {n}");
        assert!(!trace.verify(&mut |_| true).unwrap().is_empty(), "case {n}");
    }
    // These are not even taken in.
    for head in [
        Head { last: 9, ..base },
        Head { last: 0, first: 3, ..base },
        Head { last: u64::MAX, ..base },
        Head { count: u32::MAX, last: u64::from(u32::MAX) - 1, ..base },
    ] {
        let trace = open(&path, &make(head, b"")).unwrap();
        assert_eq!((trace.event_count(), trace.damage().len()), (0, 1));
    }
    let end = EndMark { index: u64::MAX, ..EndMark::default() }.to_block(id, 0, 0);
    let trace = open(&path, &[&start[..], &end].concat()).unwrap();
    assert_eq!((trace.status(), trace.event_count()), (Status::Complete, 0));
}

#[test]
fn threads_share_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = whole(&dir);
    let trace = Trace::open(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(check_readable(&trace), samples::events().len())));
        }
    });
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever is cut, doubled, overwritten or put in: what is read is right or reported missing.
    #[test]
    fn damage_of_any_shape_is_survived(
        edits in proptest::collection::vec((0u8..4, 0usize..4000, 0usize..700, proptest::prelude::any::<u8>()), 1..5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (path, mut bytes) = whole(&dir);
        for (what, at, len, fill) in edits {
            let at = at.min(bytes.len());
            let end = (at + len).min(bytes.len());
            match what {
                0 => drop(bytes.drain(at..end)),
                1 => {
                    let copy = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, copy));
                }
                2 => bytes[at..end].fill(fill),
                _ => drop(bytes.splice(at..at, vec![fill; len])),
            }
        }
        if let Ok(trace) = open(&path, &bytes) {
            check_readable(&trace);
            let missing = trace.first_stream().gaps().map(|gap| gap.end - gap.start).sum::<u64>();
            let counted = trace.blocks().iter().map(|block| block.last.0 - block.first.0 + 1).sum::<u64>();
            proptest::prop_assert_eq!(missing + counted, trace.event_count());
        }
    }
}

#[test]
fn the_end_of_a_recording_is_told_in_words() {
    let truncated = |errno| Status::Truncated { errno, lost: 3 }.to_string();
    assert_eq!(Status::Complete.to_string(), "complete");
    assert!(Status::Recovered.to_string().starts_with("recovered"));
    assert!(truncated(28).contains("ENOSPC") && truncated(28).contains("at least 3 events"));
    assert!(truncated(122).contains("EDQUOT"));
    assert!(truncated(9).contains("errno 9"));
}
