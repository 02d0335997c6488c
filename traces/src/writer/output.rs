//! The file end of a writer: compresses blocks and appends them whole; closes the trace when the disk is full.
//! Runs on the writer's thread.

use crate::blob;
use crate::block::{self, END_LEN, EndMark, Head, Section};
use crate::codec;
use crate::columns::{self, Builder, Hot, hot};
use crate::header::TraceId;
use crate::summary::Summary;
use crate::units::{Cycles, InsnCount};
use crate::varint::put;
use std::fs::File;
use std::io::{self, Write};

/// What blocks are appended to.
pub(crate) trait Medium: Send {
    /// Appends all of `bytes`; on failure some of them may have been appended.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;

    /// Current length.
    fn len(&self) -> io::Result<u64>;
}

impl Medium for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.metadata().map(|meta| meta.len())
    }
}

/// The errno for failures that have none.
pub(crate) const EIO: u32 = libc::EIO.unsigned_abs();

/// The errno of a failed write as Linux numbers it. Those that end recordings have the same number on every
/// host, but for one.
fn linux_errno(error: &io::Error) -> u32 {
    match error.raw_os_error() {
        Some(libc::EDQUOT) => 122,
        Some(errno) => errno.unsigned_abs(),
        None => EIO,
    }
}

/// What a finished writer wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Events that are in the file.
    pub events: u64,
    /// Blocks of all kinds.
    pub blocks: u64,
    /// Bytes that this writer appended, header included.
    pub bytes: u64,
    /// Events that happened but are not in the file.
    pub lost: u64,
    /// The errno (as Linux numbers it) that ended the recording early, if one did.
    pub errno: Option<u32>,
}

/// Where a block was put, as long as it may have to be taken back.
#[derive(Clone, Copy)]
struct Written {
    offset: u64,
    index_len: usize,
    events: u64,
}

pub(crate) struct Output {
    medium: Box<dyn Medium>,
    id: TraceId,
    stream: u32,
    compressor: zstd::bulk::Compressor<'static>,
    /// End of what this writer appended; the file's length if it is the only one.
    end: u64,
    /// Whether other processes append too, so that nothing may be cut off.
    shared: bool,
    seq: u64,
    /// Head and summary of every block, for the index.
    index: Vec<u8>,
    /// The last blocks, latest last.
    recent: Vec<Written>,
    totals: Totals,
    closed: bool,
    out: Vec<u8>,
    raw: Vec<u8>,
    cold: Vec<u8>,
    summary: Vec<u8>,
}

/// How many blocks may be given up to make room for the end mark.
const RECENT: usize = 16;

impl Output {
    pub(crate) fn new(
        medium: Box<dyn Medium>,
        id: TraceId,
        stream: u32,
        level: i32,
        end: u64,
        shared: bool,
    ) -> io::Result<Self> {
        Ok(Output {
            medium,
            id,
            stream,
            compressor: zstd::bulk::Compressor::new(level)?,
            end,
            shared,
            seq: 0,
            index: Vec::new(),
            recent: Vec::new(),
            totals: Totals { bytes: end, ..Totals::default() },
            closed: false,
            out: Vec::new(),
            raw: Vec::new(),
            cold: Vec::new(),
            summary: Vec::new(),
        })
    }

    /// From here on other processes append to the same file.
    pub(crate) fn share(&mut self) {
        self.shared = true;
    }

    /// The errno that stopped it, if one did.
    pub(crate) fn errno(&self) -> Option<u32> {
        self.totals.errno
    }

    /// Writes the blobs of a builder, then its events.
    pub(crate) fn write(&mut self, builder: &Builder) {
        if !builder.pieces.is_empty() {
            self.write_blobs(builder);
        }
        if builder.count != 0 {
            self.write_events(builder);
        }
    }

    fn write_blobs(&mut self, builder: &Builder) {
        let (Some(first), Some(last)) = (builder.pieces.first(), builder.pieces.last()) else { return };
        let head = Head {
            kind: block::BLOBS,
            first: first.number,
            last: last.number,
            count: u32::try_from(builder.pieces.len()).unwrap_or(u32::MAX),
            ..Head::default()
        };
        blob::lay_out(&builder.pieces, &mut self.raw);
        self.summary.clear();
        self.cold.clear();
        self.cold.extend_from_slice(&builder.blob_bytes);
        self.append(head, 0);
    }

    fn write_events(&mut self, builder: &Builder) {
        columns::lay_out(&builder.hot, &mut self.raw);
        columns::lay_out(&builder.cold, &mut self.cold);
        let Ok(hot) = Hot::decode(&self.raw, builder.count) else {
            debug_assert!(false, "the builder's own columns cannot be decoded");
            return self.stop(EIO);
        };
        let mut hash = blake3::Hasher::new();
        for column in [hot::KIND, hot::NR, hot::RET] {
            hash.update(&builder.hot[column]);
        }
        let digest = hash.finalize().as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        let summary = Summary::of(&hot, builder.hits, digest);
        self.summary.clear();
        if codec::encode(&summary, &mut self.summary).is_err() {
            return self.stop(EIO);
        }
        let at = |column: &[u64], last: bool| {
            if last { column.last() } else { column.first() }.copied().unwrap_or_default()
        };
        let head = Head {
            kind: block::EVENTS,
            first: builder.first,
            last: builder.first + u64::from(builder.count) - 1,
            first_icount: InsnCount(at(&hot.icount, false)),
            last_icount: InsnCount(at(&hot.icount, true)),
            first_clock: Cycles(at(&hot.clock, false)),
            last_clock: Cycles(at(&hot.clock, true)),
            count: builder.count,
            ..Head::default()
        };
        self.append(head, u64::from(builder.count));
    }

    /// Compresses `raw` and `cold` and appends a block of them and `summary`.
    fn append(&mut self, head: Head, events: u64) {
        if self.closed {
            self.totals.lost += events;
            return;
        }
        match self.try_append(head) {
            Ok(written) => {
                if self.recent.len() == RECENT {
                    self.recent.remove(0);
                }
                self.recent.push(Written { events, ..written });
                self.totals.events += events;
            }
            Err(error) => {
                self.totals.lost += events;
                self.stop(linux_errno(&error));
            }
        }
    }

    fn try_append(&mut self, mut head: Head) -> io::Result<Written> {
        self.out.clear();
        self.out.resize(block::HEAD_LEN, 0);
        self.out.extend_from_slice(&self.summary);
        let body = self.out.len();
        head.hot = compress(&mut self.compressor, &self.raw, &mut self.out)?;
        head.cold = compress(&mut self.compressor, &self.cold, &mut self.out)?;
        head.stream = self.stream;
        head.seq = self.seq;
        head.summary = u32::try_from(self.summary.len()).map_err(io::Error::other)?;
        head.body_crc = block::crc(self.id, &[&self.out[body..]]);
        let front = head.to_bytes(self.id, &self.summary);
        self.out[..block::HEAD_LEN].copy_from_slice(&front);
        self.medium.append(&self.out)?;
        let written = Written { offset: self.end, index_len: self.index.len(), events: 0 };
        put(&mut self.index, self.end);
        self.index.extend_from_slice(&front);
        self.index.extend_from_slice(&self.summary);
        self.end += self.out.len() as u64;
        self.seq += 1;
        self.totals.blocks += 1;
        self.totals.bytes += self.out.len() as u64;
        Ok(written)
    }

    /// Ends the trace early: takes the torn block back and puts an end mark in its place, giving up whole
    /// blocks from the end until there is room for one.
    pub(crate) fn stop(&mut self, errno: u32) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.totals.errno = Some(errno);
        self.cut(self.end);
        loop {
            if self.end_mark(0).is_ok() {
                return;
            }
            self.cut(self.end);
            let Some(last) = self.recent.pop().filter(|_| !self.shared) else { return };
            self.totals.bytes -= self.end - last.offset;
            self.totals.blocks -= 1;
            self.totals.events -= last.events;
            self.totals.lost += last.events;
            self.index.truncate(last.index_len);
            self.end = last.offset;
            self.cut(self.end);
        }
    }

    /// Removes what stands after `len`. Where other processes append, it stays: readers step over it.
    fn cut(&mut self, len: u64) {
        if !self.shared {
            // If even this fails, a reader finds a damaged end and recovers what is before it.
            let _ = self.medium.cut(len);
        }
    }

    fn end_mark(&mut self, index: u64) -> io::Result<()> {
        let mark = EndMark {
            index,
            events: self.totals.events,
            lost: self.totals.lost,
            errno: self.totals.errno.unwrap_or(0),
        };
        self.medium.append(&mark.to_block(self.id, self.stream, self.seq))?;
        self.end += END_LEN as u64;
        self.seq += 1;
        self.totals.blocks += 1;
        self.totals.bytes += END_LEN as u64;
        Ok(())
    }

    /// What was written so far, for a trace that is left without an end.
    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Counts events that were not handed over because the writer had stopped.
    pub(crate) fn add_lost(&mut self, events: u64) {
        self.totals.lost += events;
    }

    /// Writes index and end mark. A file that others append to gets no index: it would not be complete.
    pub(crate) fn finish(mut self) -> Totals {
        if !self.closed {
            let alone = !self.shared && self.medium.len().is_ok_and(|len| len == self.end);
            let index = self.end;
            self.summary.clear();
            self.cold.clear();
            self.raw.clear();
            self.raw.extend_from_slice(&self.index);
            let fits = self.raw.len() <= block::MAX_SECTION as usize;
            let indexed = if alone && fits {
                self.try_append(Head { kind: block::INDEX, ..Head::default() }).map(|_| index)
            } else {
                Ok(0)
            };
            match indexed.and_then(|index| self.end_mark(index)) {
                Ok(()) => self.closed = true,
                Err(error) => self.stop(linux_errno(&error)),
            }
        }
        self.totals
    }
}

/// Appends `raw` compressed to `out`.
fn compress(
    compressor: &mut zstd::bulk::Compressor<'_>,
    raw: &[u8],
    out: &mut Vec<u8>,
) -> io::Result<Section> {
    if raw.is_empty() {
        return Ok(Section::default());
    }
    let start = out.len();
    out.resize(start + zstd::zstd_safe::compress_bound(raw.len()), 0);
    let stored = compressor.compress_to_buffer(raw, &mut out[start..])?;
    out.truncate(start + stored);
    let raw = u32::try_from(raw.len()).ok().filter(|&raw| raw <= block::MAX_SECTION);
    let raw = raw.ok_or_else(|| io::Error::from_raw_os_error(libc::EFBIG))?;
    Ok(Section { stored: u32::try_from(stored).map_err(io::Error::other)?, raw })
}
