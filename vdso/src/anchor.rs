//! The time anchor under its sequence word: one writer publishes, losers never wait, readers never block.
//!
//! Used by the root crate, which implements [`VvarWords`] over guest memory, and by the model check, which
//! implements it over loom's atomics. The trampolines are the third party: their side is in `code`.
//!
//! Publication and reading, and what each ordering pairs with:
//!
//! | Writer ([`publish`])            | Reader ([`snapshot`], trampolines)        |
//! |---------------------------------|-------------------------------------------|
//! | acquire-load seq, lose if odd   | acquire-load seq, leave if 0 or odd (A)   |
//! | acquire-CAS seq -> odd          |                                           |
//! | release fence (B)               |                                           |
//! | relaxed stores of the fields    | relaxed loads of the fields               |
//! |                                 | acquire fence (C)                         |
//! | release-store seq + 2 (D)       | load seq again, leave if it differs       |
//!
//! D pairs with A: who sees the even generation sees its fields. B pairs with C: who saw any field of a newer
//! generation sees at least its odd word on the recheck. Without B or C the fields could be new and both
//! looks old. The recheck needs no ordering of its own; the trampolines use LDAR, and so do we.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use crate::layout::{
    VVAR_ATTENTION, VVAR_CNTVCT, VVAR_MONO_NSEC, VVAR_MONO_SEC, VVAR_REAL_NSEC, VVAR_REAL_SEC, VVAR_SEQ,
    VVAR_SIZE,
};

/// A point in time as the kernel ABI has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timespec {
    /// Seconds.
    pub sec: i64,
    /// Nanoseconds, 0 to 999,999,999; read from a page it can be anything.
    pub nsec: i64,
}

/// One moment seen by the counter and by both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Anchor {
    /// CNTVCT_EL0, in cycles.
    pub cntvct: u64,
    /// CLOCK_MONOTONIC.
    pub mono: Timespec,
    /// CLOCK_REALTIME.
    pub real: Timespec,
}

/// Offset in vvar and value of each field of an anchor, in the order of the page.
fn fields(anchor: &Anchor) -> [(u16, u64); 5] {
    [
        (VVAR_CNTVCT, anchor.cntvct),
        (VVAR_MONO_SEC, anchor.mono.sec.cast_unsigned()),
        (VVAR_MONO_NSEC, anchor.mono.nsec.cast_unsigned()),
        (VVAR_REAL_SEC, anchor.real.sec.cast_unsigned()),
        (VVAR_REAL_NSEC, anchor.real.nsec.cast_unsigned()),
    ]
}

/// The words of vvar as atomics. Offsets are from the start of vvar, naturally aligned and inside it. The
/// operations are those of the C++ memory model, between all threads that reach the page, guest code included.
pub trait VvarWords {
    /// Loads a u32 with acquire ordering.
    fn load_u32_acquire(&self, offset: u16) -> u32;
    /// Loads a u64 without ordering.
    fn load_u64_relaxed(&self, offset: u16) -> u64;
    /// Replaces `current` by `new`: acquire on success, relaxed on failure. May not fail spuriously.
    ///
    /// # Errors
    /// The value that was there instead.
    fn cas_u32_acquire(&self, offset: u16, current: u32, new: u32) -> Result<u32, u32>;
    /// Stores a u64 without ordering.
    fn store_u64_relaxed(&self, offset: u16, value: u64);
    /// Stores a u32 with release ordering.
    fn store_u32_release(&self, offset: u16, value: u32);
    /// A release fence (DMB ISH on Arm).
    fn fence_release(&self);
    /// An acquire fence (DMB ISHLD on Arm).
    fn fence_acquire(&self);
}

/// What came of an attempt to publish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Publish {
    /// The anchor is in place.
    Published {
        /// The sequence word before: 0 or the even word of the replaced generation.
        old_seq: u32,
        /// The sequence word after. It wraps: the generation after 2^31 - 1 reads as unseeded.
        new_seq: u32,
    },
    /// Another writer owned the page.
    LostOdd {
        /// The odd word it had left.
        seq: u32,
    },
    /// Another writer got in between.
    LostCas {
        /// The word at the start.
        expected: u32,
        /// The word at the compare-and-swap.
        found: u32,
    },
}

/// Publishes an anchor, unless another writer is faster. Never waits.
///
/// Between the odd and the even word nothing can fail: an odd word left behind would close the fast path
/// for good.
pub fn publish<W: VvarWords>(words: &W, anchor: &Anchor) -> Publish {
    let old_seq = words.load_u32_acquire(VVAR_SEQ);
    if old_seq & 1 != 0 {
        return Publish::LostOdd { seq: old_seq };
    }
    if let Err(found) = words.cas_u32_acquire(VVAR_SEQ, old_seq, old_seq.wrapping_add(1)) {
        return Publish::LostCas { expected: old_seq, found };
    }
    // B: before any field, the odd word. Pairs with the acquire fence of a reader that saw a field.
    words.fence_release();
    for (offset, value) in fields(anchor) {
        words.store_u64_relaxed(offset, value);
    }
    // D: after all fields, the even word. Pairs with the acquire load that begins a read.
    let new_seq = old_seq.wrapping_add(2);
    words.store_u32_release(VVAR_SEQ, new_seq);
    Publish::Published { old_seq, new_seq }
}

/// A consistent read of the anchor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// The even word under which it was read, not 0; the generation is half of it.
    pub seq: u32,
    /// The anchor.
    pub anchor: Anchor,
}

/// Reads the anchor as the trampolines do. None if there is none, if it is being written, or if it changed
/// meanwhile; like them it does not try again.
pub fn snapshot<W: VvarWords>(words: &W) -> Option<Snapshot> {
    // A: before the fields, the word that covers them. Pairs with the release store of a writer.
    let seq = words.load_u32_acquire(VVAR_SEQ);
    if seq == 0 || seq & 1 != 0 {
        return None;
    }
    let signed = |offset| words.load_u64_relaxed(offset).cast_signed();
    let anchor = Anchor {
        cntvct: words.load_u64_relaxed(VVAR_CNTVCT),
        mono: Timespec { sec: signed(VVAR_MONO_SEC), nsec: signed(VVAR_MONO_NSEC) },
        real: Timespec { sec: signed(VVAR_REAL_SEC), nsec: signed(VVAR_REAL_NSEC) },
    };
    // C: the fields before the second look. Pairs with the release fence of a writer.
    words.fence_acquire();
    (words.load_u32_acquire(VVAR_SEQ) == seq).then_some(Snapshot { seq, anchor })
}

/// The 48 bytes of vvar as they are read, without any protocol: for display and for recorded pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VvarImage {
    /// The sequence word.
    pub seq: u32,
    /// The attention word.
    pub attention: u32,
    /// The anchor; torn if `seq` is odd.
    pub anchor: Anchor,
}

impl VvarImage {
    /// Decodes the little-endian bytes of vvar.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; VVAR_SIZE as usize]) -> VvarImage {
        let word = |offset: u16| {
            let at = usize::from(offset);
            u64::from_le_bytes(core::array::from_fn(|i| bytes[at + i]))
        };
        let half = |offset: u16| {
            let at = usize::from(offset);
            u32::from_le_bytes(core::array::from_fn(|i| bytes[at + i]))
        };
        let time = |sec, nsec| Timespec { sec: word(sec).cast_signed(), nsec: word(nsec).cast_signed() };
        VvarImage {
            seq: half(VVAR_SEQ),
            attention: half(VVAR_ATTENTION),
            anchor: Anchor {
                cntvct: word(VVAR_CNTVCT),
                mono: time(VVAR_MONO_SEC, VVAR_MONO_NSEC),
                real: time(VVAR_REAL_SEC, VVAR_REAL_NSEC),
            },
        }
    }

    /// The little-endian bytes of vvar.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; VVAR_SIZE as usize] {
        let mut bytes = [0; VVAR_SIZE as usize];
        let mut put = |offset: u16, value: &[u8]| {
            let at = usize::from(offset);
            bytes[at..at + value.len()].copy_from_slice(value);
        };
        put(VVAR_SEQ, &self.seq.to_le_bytes());
        put(VVAR_ATTENTION, &self.attention.to_le_bytes());
        for (offset, value) in fields(&self.anchor) {
            put(offset, &value.to_le_bytes());
        }
        bytes
    }
}

/// A vvar of the host's own atomics, for tests and for hosts that keep the words apart from guest memory.
#[derive(Debug, Default)]
pub struct HostVvar {
    seq: AtomicU32,
    attention: AtomicU32,
    fields: [AtomicU64; 5],
}

impl HostVvar {
    /// A vvar with this content.
    #[must_use]
    pub fn new(image: &VvarImage) -> HostVvar {
        HostVvar {
            seq: AtomicU32::new(image.seq),
            attention: AtomicU32::new(image.attention),
            fields: fields(&image.anchor).map(|(_, value)| AtomicU64::new(value)),
        }
    }

    /// The present content; torn if somebody writes meanwhile.
    #[must_use]
    pub fn image(&self) -> VvarImage {
        let [cntvct, mono_sec, mono_nsec, real_sec, real_nsec] =
            core::array::from_fn(|i| self.fields[i].load(Ordering::Relaxed));
        let time = |sec: u64, nsec: u64| Timespec { sec: sec.cast_signed(), nsec: nsec.cast_signed() };
        VvarImage {
            seq: self.seq.load(Ordering::Relaxed),
            attention: self.attention.load(Ordering::Relaxed),
            anchor: Anchor { cntvct, mono: time(mono_sec, mono_nsec), real: time(real_sec, real_nsec) },
        }
    }

    fn half(&self, offset: u16) -> &AtomicU32 {
        if offset == VVAR_ATTENTION { &self.attention } else { &self.seq }
    }

    fn word(&self, offset: u16) -> &AtomicU64 {
        &self.fields[usize::from((offset - VVAR_CNTVCT) / 8)]
    }
}

impl VvarWords for HostVvar {
    fn load_u32_acquire(&self, offset: u16) -> u32 {
        self.half(offset).load(Ordering::Acquire)
    }
    fn load_u64_relaxed(&self, offset: u16) -> u64 {
        self.word(offset).load(Ordering::Relaxed)
    }
    fn cas_u32_acquire(&self, offset: u16, current: u32, new: u32) -> Result<u32, u32> {
        self.half(offset).compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed)
    }
    fn store_u64_relaxed(&self, offset: u16, value: u64) {
        self.word(offset).store(value, Ordering::Relaxed);
    }
    fn store_u32_release(&self, offset: u16, value: u32) {
        self.half(offset).store(value, Ordering::Release);
    }
    fn fence_release(&self) {
        fence(Ordering::Release);
    }
    fn fence_acquire(&self) {
        fence(Ordering::Acquire);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANCHOR: Anchor = Anchor {
        cntvct: 0x1122_3344_5566_7788,
        mono: Timespec { sec: 5, nsec: 6 },
        real: Timespec { sec: -7, nsec: 999_999_999 },
    };

    fn vvar(seq: u32) -> HostVvar {
        HostVvar::new(&VvarImage { seq, attention: 4, anchor: Anchor::default() })
    }

    #[test]
    fn publications_advance_the_sequence_word() {
        for (before, after) in [(0, 2), (2, 4), (0xFFFF_FFFC, 0xFFFF_FFFE), (0xFFFF_FFFE, 0)] {
            let words = vvar(before);
            assert_eq!(publish(&words, &ANCHOR), Publish::Published { old_seq: before, new_seq: after });
            assert_eq!(words.image(), VvarImage { seq: after, attention: 4, anchor: ANCHOR });
            let expected = (after != 0).then_some(Snapshot { seq: after, anchor: ANCHOR });
            assert_eq!(snapshot(&words), expected, "seq {after:#x}");
        }
    }

    #[test]
    fn an_odd_word_stops_writers_and_readers() {
        for seq in [1, 3, u32::MAX] {
            let words = vvar(seq);
            assert_eq!(publish(&words, &ANCHOR), Publish::LostOdd { seq });
            assert_eq!(snapshot(&words), None);
            assert_eq!(words.image().anchor, Anchor::default());
        }
        assert_eq!(snapshot(&vvar(0)), None);
    }

    #[test]
    fn images_round_trip_through_bytes() {
        let image = VvarImage { seq: 0x0102_0304, attention: 5, anchor: ANCHOR };
        let bytes = image.to_bytes();
        assert_eq!(&bytes[..16], &[4, 3, 2, 1, 5, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
        assert_eq!(bytes[0x20..0x28], (-7_i64).to_le_bytes());
        assert_eq!(VvarImage::from_bytes(&bytes), image);
        assert_eq!(HostVvar::new(&image).image(), image);
    }
}
