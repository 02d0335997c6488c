//! The head of a block: fixed little-endian bytes with the checksums, the same for every kind, so that a
//! reader can step over what it does not know. Used by the writer, the reader and the recovery scan.

use crate::header::{TraceId, word32, word64};
use crate::units::{Cycles, InsnCount};

/// First bytes of every block.
pub(crate) const MAGIC: [u8; 8] = *b"\xb1LOK\r\n\x1a\xe7";

/// Length of a head.
pub(crate) const HEAD_LEN: usize = 104;

/// Most bytes that a section of a block may hold before compression: bounds what a hostile file can ask for.
pub(crate) const MAX_SECTION: u32 = 64 << 20;

/// Most bytes that a summary may have.
pub(crate) const MAX_SUMMARY: u32 = 64 << 10;

/// Most events in a block.
pub(crate) const MAX_EVENTS: u32 = 1 << 16;

/// Events; numbers are event indices.
pub(crate) const EVENTS: u16 = 1;
/// Pieces of blobs; numbers are blob counts.
pub(crate) const BLOBS: u16 = 2;
/// The heads and summaries of all blocks before.
pub(crate) const INDEX: u16 = 3;
/// Where the index is and how the recording ended; always [`END_LEN`] bytes.
pub(crate) const END: u16 = 4;

/// Length of an end block: a head and a fixed summary.
pub(crate) const END_LEN: usize = HEAD_LEN + END_SUMMARY;
const END_SUMMARY: usize = 40;

/// The lengths of a compressed section.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Section {
    /// In the file; 0 if the section is empty.
    pub(crate) stored: u32,
    /// Decompressed.
    pub(crate) raw: u32,
}

/// What stands before a block's summary and sections.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Head {
    pub(crate) kind: u16,
    pub(crate) stream: u32,
    /// Count of the blocks of this stream before this one.
    pub(crate) seq: u64,
    /// Number of the first record.
    pub(crate) first: u64,
    /// Number of the last record.
    pub(crate) last: u64,
    pub(crate) first_icount: InsnCount,
    pub(crate) last_icount: InsnCount,
    pub(crate) first_clock: Cycles,
    pub(crate) last_clock: Cycles,
    /// How many records there are.
    pub(crate) count: u32,
    pub(crate) summary: u32,
    pub(crate) hot: Section,
    pub(crate) cold: Section,
    /// CRC-32C over the trace id and both sections as stored.
    pub(crate) body_crc: u32,
}

impl Head {
    /// The head as bytes; `summary` follows it in the file and is covered by its checksum.
    pub(crate) fn to_bytes(self, id: TraceId, summary: &[u8]) -> [u8; HEAD_LEN] {
        let mut out = [0; HEAD_LEN];
        out[..8].copy_from_slice(&MAGIC);
        out[8..10].copy_from_slice(&self.kind.to_le_bytes());
        out[12..16].copy_from_slice(&self.stream.to_le_bytes());
        let longs = [
            self.seq,
            self.first,
            self.last,
            self.first_icount.0,
            self.last_icount.0,
            self.first_clock.0,
            self.last_clock.0,
        ];
        for (place, long) in out[16..72].chunks_exact_mut(8).zip(longs) {
            place.copy_from_slice(&long.to_le_bytes());
        }
        let words = [
            self.count,
            self.summary,
            self.hot.stored,
            self.hot.raw,
            self.cold.stored,
            self.cold.raw,
            self.body_crc,
        ];
        for (place, word) in out[72..100].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc(id, &[&out[..100], summary]);
        out[100..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The head at the start of `bytes`, none if the magic or a length is wrong. The checksum is not checked:
    /// it needs the summary, see [`Head::is_intact`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Head> {
        if !bytes.starts_with(&MAGIC) || bytes.len() < HEAD_LEN {
            return None;
        }
        let long = |place: usize| word64(bytes, 16 + 8 * place);
        let word = |place: usize| word32(bytes, 72 + 4 * place);
        let head = Head {
            kind: u16::from_le_bytes([bytes[8], bytes[9]]),
            stream: word32(bytes, 12)?,
            seq: long(0)?,
            first: long(1)?,
            last: long(2)?,
            first_icount: InsnCount(long(3)?),
            last_icount: InsnCount(long(4)?),
            first_clock: Cycles(long(5)?),
            last_clock: Cycles(long(6)?),
            count: word(0)?,
            summary: word(1)?,
            hot: Section { stored: word(2)?, raw: word(3)? },
            cold: Section { stored: word(4)?, raw: word(5)? },
            body_crc: word(6)?,
        };
        let fits = head.summary <= MAX_SUMMARY
            && [head.hot, head.cold].iter().all(|s| s.raw <= MAX_SECTION && s.stored <= 2 * MAX_SECTION);
        fits.then_some(head)
    }

    /// Whether the checksum over head and summary is right; `bytes` begins with both.
    pub(crate) fn is_intact(&self, id: TraceId, bytes: &[u8]) -> bool {
        let end = HEAD_LEN + self.summary as usize;
        let Some(summary) = bytes.get(HEAD_LEN..end) else { return false };
        word32(bytes, 100) == Some(crc(id, &[&bytes[..100], summary]))
    }

    /// Bytes of head and summary.
    pub(crate) fn front_len(&self) -> u64 {
        HEAD_LEN as u64 + u64::from(self.summary)
    }

    /// Bytes of the sections as stored.
    pub(crate) fn body_len(&self) -> u64 {
        u64::from(self.hot.stored) + u64::from(self.cold.stored)
    }

    /// Bytes of the whole block.
    pub(crate) fn total_len(&self) -> u64 {
        self.front_len() + self.body_len()
    }
}

/// CRC-32C over the trace id and some pieces.
pub(crate) fn crc(id: TraceId, pieces: &[&[u8]]) -> u32 {
    pieces.iter().fold(crc32c::crc32c(&id.0), |crc, piece| crc32c::crc32c_append(crc, piece))
}

/// The summary of an end block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct EndMark {
    /// File offset of the index block, 0 if there is none.
    pub(crate) index: u64,
    /// Events that are in the file, of the stream that finished.
    pub(crate) events: u64,
    /// Events that happened but could not be kept.
    pub(crate) lost: u64,
    /// The host's errno that ended the recording early, 0 if none did.
    pub(crate) errno: u32,
}

impl EndMark {
    /// As an end block of a stream.
    pub(crate) fn to_block(self, id: TraceId, stream: u32, seq: u64) -> [u8; END_LEN] {
        let mut out = [0; END_LEN];
        for (place, long) in out[HEAD_LEN..].chunks_exact_mut(8).zip([self.index, self.events, self.lost]) {
            place.copy_from_slice(&long.to_le_bytes());
        }
        out[HEAD_LEN + 24..HEAD_LEN + 28].copy_from_slice(&self.errno.to_le_bytes());
        let head = Head {
            kind: END,
            stream,
            seq,
            summary: u32::try_from(END_SUMMARY).unwrap_or_default(),
            body_crc: crc(id, &[]),
            ..Head::default()
        };
        let head = head.to_bytes(id, &out[HEAD_LEN..]);
        out[..HEAD_LEN].copy_from_slice(&head);
        out
    }

    /// From the summary of an intact end block.
    pub(crate) fn from_summary(summary: &[u8]) -> Option<EndMark> {
        Some(EndMark {
            index: word64(summary, 0)?,
            events: word64(summary, 8)?,
            lost: word64(summary, 16)?,
            errno: word32(summary, 24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_survives_and_every_flip_is_seen() {
        let id = TraceId([5; 16]);
        let head = Head {
            kind: EVENTS,
            stream: 3,
            seq: 9,
            first: 100,
            last: 199,
            first_icount: InsnCount(7),
            last_icount: InsnCount(8),
            first_clock: Cycles(9),
            last_clock: Cycles(10),
            count: 100,
            summary: 3,
            hot: Section { stored: 5, raw: 6 },
            cold: Section { stored: 0, raw: 0 },
            body_crc: 77,
        };
        let mut bytes = head.to_bytes(id, b"sum").to_vec();
        bytes.extend_from_slice(b"sum");
        assert_eq!(Head::from_bytes(&bytes), Some(head));
        assert!(head.is_intact(id, &bytes));
        assert!(!head.is_intact(TraceId([6; 16]), &bytes), "a block of another trace");
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            let seen = Head::from_bytes(&bad).is_some_and(|head| head.is_intact(id, &bad));
            assert!(!seen, "flip at {at}");
        }
    }

    #[test]
    fn an_end_mark_survives() {
        let id = TraceId([1; 16]);
        let mark = EndMark { index: 1 << 40, events: 5, lost: 6, errno: 28 };
        let bytes = mark.to_block(id, 2, 8);
        let head = Head::from_bytes(&bytes).unwrap();
        assert!(head.is_intact(id, &bytes));
        assert_eq!((head.kind, head.stream, head.seq, head.total_len()), (END, 2, 8, END_LEN as u64));
        assert_eq!(EndMark::from_summary(&bytes[HEAD_LEN..]), Some(mark));
    }
}
