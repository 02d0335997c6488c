//! The anchor protocol model-checked: every interleaving, and every stale value that the memory model allows.
//!
//! The code under test is the crate's own; only the atomics under it are loom's. Each test of a removal takes
//! one ordering or check away, underneath that code, and must find a violation. Of the five
//! fields the model tracks the first and the last one stored, which keeps it small: what tears, tears there.

use std::cell::Cell;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use loom::thread;

use vdso::layout::{VVAR_CNTVCT, VVAR_REAL_NSEC, VVAR_SEQ};
use vdso::{Anchor, Publish, Snapshot, Timespec, VvarWords, publish, snapshot};

/// What is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Without {
    Nothing,
    /// The writer's fence between the odd word and the fields.
    ReleaseFence,
    /// The ordering of the writer's even word.
    ReleaseStore,
    /// The compare in the writer's compare-and-swap.
    Cas,
    /// The writer's test for another writer.
    WriterOddTest,
    /// The ordering of the reader's first look.
    AcquireLoad,
    /// The reader's test for a writer.
    ReaderOddTest,
    /// The reader's fence between the fields and the recheck.
    AcquireFence,
    /// The reader's second look.
    Recheck,
}

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    /// Its look at the sequence word is a compare-and-swap that fails. loom remembers one access a word, so a
    /// plain load would hide the reader's look from the compare-and-swap that follows, and the order
    /// "publish, then read stale fields" would never be tried. A stale look only makes the writer lose.
    Writer,
}

/// No sequence word of a model.
const NEVER: u32 = u32::MAX;

/// The memory that all threads share: a page of generation 1 whose fields hold 1.
struct Memory {
    seq: AtomicU32,
    first: AtomicU64,
    last: AtomicU64,
}

/// One thread's way to the memory.
struct View {
    memory: Arc<Memory>,
    role: Role,
    without: Without,
    seen: Cell<Option<u32>>,
}

/// An odd word in an even disguise, which differs from all honest words of a small model.
fn disguise(seq: u32) -> u32 {
    if seq & 1 == 1 { seq ^ 1 | 0x4000_0000 } else { seq }
}

fn unmask(seq: u32) -> u32 {
    if seq & 0x4000_0000 != 0 { seq & !0x4000_0000 | 1 } else { seq }
}

impl View {
    fn new(memory: &Arc<Memory>, role: Role, without: Without) -> View {
        View { memory: memory.clone(), role, without, seen: Cell::new(None) }
    }

    fn field(&self, offset: u16) -> Option<&AtomicU64> {
        match offset {
            VVAR_CNTVCT => Some(&self.memory.first),
            VVAR_REAL_NSEC => Some(&self.memory.last),
            _ => None,
        }
    }
}

impl VvarWords for View {
    fn load_u32_acquire(&self, offset: u16) -> u32 {
        assert_eq!(offset, VVAR_SEQ);
        if let (Without::Recheck, Some(seen)) = (self.without, self.seen.get()) {
            return seen;
        }
        let relaxed = self.without == Without::AcquireLoad;
        let order = if relaxed { Ordering::Relaxed } else { Ordering::Acquire };
        let seq = match self.role {
            Role::Reader => self.memory.seq.load(order),
            Role::Writer => {
                let failed = self.memory.seq.compare_exchange(NEVER, NEVER, order, order);
                failed.expect_err("no generation is NEVER")
            }
        };
        self.seen.set(Some(seq));
        match self.without {
            Without::ReaderOddTest | Without::WriterOddTest => disguise(seq),
            _ => seq,
        }
    }

    fn load_u64_relaxed(&self, offset: u16) -> u64 {
        self.field(offset).map_or(0, |field| field.load(Ordering::Relaxed))
    }

    fn cas_u32_acquire(&self, offset: u16, current: u32, new: u32) -> Result<u32, u32> {
        assert_eq!(offset, VVAR_SEQ);
        if self.without == Without::Cas {
            self.memory.seq.store(new, Ordering::Relaxed);
            return Ok(current);
        }
        self.memory.seq.compare_exchange(unmask(current), unmask(new), Ordering::Acquire, Ordering::Relaxed)
    }

    fn store_u64_relaxed(&self, offset: u16, value: u64) {
        if let Some(field) = self.field(offset) {
            field.store(value, Ordering::Relaxed);
        }
    }

    fn store_u32_release(&self, offset: u16, value: u32) {
        assert_eq!(offset, VVAR_SEQ);
        let relaxed = self.without == Without::ReleaseStore;
        self.memory.seq.store(value, if relaxed { Ordering::Relaxed } else { Ordering::Release });
    }

    fn fence_release(&self) {
        if self.without != Without::ReleaseFence {
            fence(Ordering::Release);
        }
    }

    fn fence_acquire(&self) {
        if self.without != Without::AcquireFence {
            fence(Ordering::Acquire);
        }
    }
}

/// The anchor of a publisher: its number in both tracked fields.
fn anchor(publisher: u64) -> Anchor {
    let nsec = i64::try_from(publisher).expect("a small number");
    Anchor { cntvct: publisher, mono: Timespec::default(), real: Timespec { sec: 0, nsec } }
}

/// Checks what a reader saw against what the publishers did. Publisher 1 published generation 1 beforehand.
fn check(seen: Option<Snapshot>, publishers: &[(u64, Publish)]) {
    let published = |id: u64, seq: u32| {
        (id, seq) == (1, 2)
            || publishers
                .iter()
                .any(|p| p.0 == id && matches!(p.1, Publish::Published { new_seq, .. } if new_seq == seq))
    };
    if let Some(Snapshot { seq, anchor: read }) = seen {
        assert_eq!(read, anchor(read.cntvct), "torn read");
        assert!(
            published(read.cntvct, seq),
            "read {} under sequence word {seq}: torn generation",
            read.cntvct
        );
    }
}

/// One reader and `writers` publishers, all at once; then the page must be stable and the last one's.
fn model(writers: u64, read: bool, without: Without) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = (read && writers > 1).then_some(3);
    builder.check(move || {
        let memory =
            Arc::new(Memory { seq: AtomicU32::new(2), first: AtomicU64::new(1), last: AtomicU64::new(1) });
        let threads: Vec<_> = (2..2 + writers)
            .map(|id| {
                let view = View::new(&memory, Role::Writer, without);
                thread::spawn(move || (id, publish(&view, &anchor(id))))
            })
            .collect();
        let seen = if read { snapshot(&View::new(&memory, Role::Reader, without)) } else { None };
        let done: Vec<_> = threads.into_iter().map(|t| t.join().expect("publishers do not panic")).collect();
        check(seen, &done);

        let mut seqs: Vec<_> = done
            .iter()
            .filter_map(|p| match p.1 {
                Publish::Published { old_seq, new_seq } => Some((old_seq, new_seq)),
                Publish::LostOdd { .. } | Publish::LostCas { .. } => None,
            })
            .collect();
        seqs.sort_unstable();
        let expected: Vec<_> = (1..).map(|n| (2 * n, 2 * n + 2)).take(seqs.len()).collect();
        assert!(!seqs.is_empty() && seqs == expected, "torn generations: {seqs:?}");
        let last =
            snapshot(&View::new(&memory, Role::Reader, Without::Nothing)).expect("nobody writes any more");
        assert_eq!(Some(last.seq), seqs.last().map(|s| s.1), "torn end");
        check(Some(last), &done);
    });
}

#[test]
fn a_reader_and_a_publisher() {
    model(1, true, Without::Nothing);
}

#[test]
fn a_reader_and_two_publishers() {
    model(2, true, Without::Nothing);
}

#[test]
fn two_publishers() {
    model(2, false, Without::Nothing);
}

macro_rules! removals {
    ($($name:ident: $writers:literal, $read:literal, $without:ident;)*) => {$(
        #[test]
        #[should_panic(expected = "torn")]
        fn $name() {
            model($writers, $read, Without::$without);
        }
    )*};
}

removals! {
    without_the_release_fence: 1, true, ReleaseFence;
    without_the_release_store: 1, true, ReleaseStore;
    without_the_compare: 2, false, Cas;
    without_the_writers_odd_test: 2, false, WriterOddTest;
    without_the_acquire_load: 1, true, AcquireLoad;
    without_the_readers_odd_test: 1, true, ReaderOddTest;
    without_the_acquire_fence: 1, true, AcquireFence;
    without_the_recheck: 1, true, Recheck;
}
