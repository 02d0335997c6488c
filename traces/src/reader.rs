//! Reads a trace, whole or cut short: events by number, instruction or time, blobs, and block summaries.
//! For every command that looks at a trace; safe to share between threads.

use crate::blob;
use crate::block;
use crate::codec;
use crate::columns::{self, Hot, Slot};
use crate::error::Error;
use crate::event::Event;
use crate::header::{Header, TraceId};
use crate::summary::Summary;
use crate::units::{BlobId, Cycles, EventIndex, InsnCount};
use cache::{Cache, Decoded, Sections};
use scan::Found;
use source::Source;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

mod cache;
mod scan;
mod source;
mod stream;
#[cfg(test)]
mod tests;

pub use stream::{Events, Stream};

/// Bytes of decoded blocks that are kept.
const CACHE: usize = 32 << 20;

/// A file header is read in one go of this size.
const HEADER_READ: u64 = 64 << 10;

/// How the recording of a trace ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It was finished.
    Complete,
    /// The recorder was killed or is still at work: there is no end mark. What was written is there.
    Recovered,
    /// The recorder had to stop before the guest did.
    Truncated {
        /// Why, as Linux numbers it: ENOSPC, EDQUOT, EIO, ...
        errno: u32,
        /// Events that are known to be missing.
        lost: u64,
    },
}

/// For users: what happened, and what it means.
impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Complete => f.write_str("complete"),
            Status::Recovered => f.write_str("recovered: the recorder was killed or is still at work"),
            Status::Truncated { errno, lost } => {
                match errno {
                    28 => f.write_str("truncated: ENOSPC, the disk was full")?,
                    122 => f.write_str("truncated: EDQUOT, the disk quota was used up")?,
                    27 => f.write_str("truncated: EFBIG, an event or the file was too large")?,
                    5 => f.write_str("truncated: EIO, the disk failed")?,
                    other => write!(f, "truncated: errno {other}")?,
                }
                write!(f, "; at least {lost} events are missing")
            }
        }
    }
}

/// A part of the file that could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where it begins.
    pub offset: u64,
    /// How many bytes.
    pub len: u64,
    /// What is wrong.
    pub what: &'static str,
}

/// An event block, known without decoding it.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Where it stands in the file.
    pub offset: u64,
    /// Bytes in the file.
    pub len: u64,
    /// Number of its first event.
    pub first: EventIndex,
    /// Number of its last event.
    pub last: EventIndex,
    /// Instruction counts of first and last event.
    pub icount: (InsnCount, InsnCount),
    /// Guest counter at first and last event.
    pub clock: (Cycles, Cycles),
    /// What is in it.
    pub summary: Summary,
    head: block::Head,
}

#[derive(Debug, Default)]
struct StreamIndex {
    events: Vec<Block>,
    blobs: Vec<(u64, block::Head)>,
}

/// An open trace.
#[derive(Debug)]
pub struct Trace {
    source: Source,
    header: Header,
    streams: BTreeMap<u32, StreamIndex>,
    status: Status,
    damage: Vec<Damage>,
    indexed: bool,
    cache: Cache,
}

impl Trace {
    /// Opens a trace. One that was cut short or damaged opens too, see [`Trace::status`] and [`Trace::damage`].
    ///
    /// # Errors
    /// If the file cannot be read, is no trace, is of another format, or its header is damaged.
    pub fn open(path: &Path) -> Result<Trace, Error> {
        let source = Source::open(path)?;
        let (header, len) = Header::from_bytes(&source.read(0, HEADER_READ)?, path)?;
        let layout = scan::layout(&source, header.id, len as u64)?;
        let mut trace = Trace {
            source,
            header,
            streams: BTreeMap::new(),
            status: Status::Recovered,
            damage: layout.damage,
            indexed: layout.indexed,
            cache: Cache::new(CACHE),
        };
        layout.blocks.into_iter().for_each(|found| trace.add(found));
        Ok(trace)
    }

    /// Takes in a block whose head is intact.
    fn add(&mut self, found: Found) {
        let Found { offset, head, summary } = found;
        let added = match head.kind {
            block::EVENTS => self.streams.entry(head.stream).or_default().add_events(offset, head, &summary),
            block::BLOBS => self.streams.entry(head.stream).or_default().add_blobs(offset, head),
            block::END => {
                self.add_end(head.stream, &summary);
                Ok(())
            }
            _ => Ok(()), // The index was used already, and other kinds are for newer programs.
        };
        if let Err(what) = added {
            self.damage.push(Damage { offset, len: head.total_len(), what });
        }
    }

    fn add_end(&mut self, stream: u32, summary: &[u8]) {
        let Some(mark) = block::EndMark::from_summary(summary) else { return };
        match self.status {
            _ if mark.errno != 0 => self.status = Status::Truncated { errno: mark.errno, lost: mark.lost },
            Status::Recovered if stream == 0 => self.status = Status::Complete,
            Status::Recovered | Status::Complete | Status::Truncated { .. } => {}
        }
    }

    /// What holds for the whole run.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// Bytes in the file when it was opened.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        self.source.len()
    }

    /// How the recording ended.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Parts of the file that are no readable blocks, as far as opening it tells; [`Trace::verify`] reads all.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Whether the index at the end of the file was used; if not, the file was scanned.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// The streams of the trace, one a process, ascending; stream 0 is the first process.
    pub fn streams(&self) -> impl Iterator<Item = u32> + '_ {
        self.streams.keys().copied()
    }

    /// One stream.
    ///
    /// # Errors
    /// If there is none of this number.
    pub fn stream(&self, id: u32) -> Result<Stream<'_>, Error> {
        match self.streams.get(&id) {
            Some(index) => Ok(Stream { trace: self, id, index }),
            None if id == 0 => Ok(Stream { trace: self, id, index: &EMPTY }),
            None => Err(Error::NoSuchStream { stream: id }),
        }
    }

    /// The first process; empty if nothing of it was recorded.
    #[must_use]
    pub fn first_stream(&self) -> Stream<'_> {
        Stream { trace: self, id: 0, index: self.streams.get(&0).unwrap_or(&EMPTY) }
    }

    /// [`Stream::len`] of the first process.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.first_stream().len()
    }

    /// [`Stream::event`] of the first process.
    ///
    /// # Errors
    /// As there.
    pub fn event(&self, index: EventIndex) -> Result<Arc<Event>, Error> {
        self.first_stream().event(index)
    }

    /// [`Stream::events`] of the first process.
    pub fn events(&self, range: Range<u64>) -> Events<'_> {
        self.first_stream().events(range)
    }

    /// [`Stream::blocks`] of the first process.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.streams.get(&0).unwrap_or(&EMPTY).events
    }

    /// [`Stream::hot`] of the first process.
    ///
    /// # Errors
    /// As there.
    pub fn hot(&self, block: usize) -> Result<Arc<Hot>, Error> {
        self.first_stream().hot(block)
    }

    /// A stored byte string.
    ///
    /// # Errors
    /// If it is not in the file or its block is damaged.
    pub fn blob(&self, id: BlobId) -> Result<Vec<u8>, Error> {
        let missing = |what| Error::NoSuchBlob { id, what };
        let number = blob::number(id);
        let index = self.streams.get(&blob::stream(id)).ok_or_else(|| missing("its stream is not there"))?;
        let first = index.blobs.partition_point(|(_, head)| head.last < number);
        let mut bytes = Vec::new();
        let mut total = None;
        for (offset, head) in index.blobs[first..].iter().take_while(|(_, head)| head.first <= number) {
            let sections = self.blob_sections(*offset, head)?;
            let pieces =
                blob::pieces(&sections.0, &sections.1).map_err(|bad| damaged(*offset, head, bad.0))?;
            for (piece, content) in pieces.into_iter().filter(|(piece, _)| piece.number == number) {
                if piece.offset != bytes.len() as u64 || total.is_some_and(|total| total != piece.total) {
                    return Err(missing("a piece in the middle is not there"));
                }
                let end = piece.offset.saturating_add(piece.len);
                if piece.total > blob::MAX_BLOB || end > piece.total {
                    return Err(missing("its length is out of bounds"));
                }
                total = Some(piece.total);
                bytes.extend_from_slice(content);
            }
        }
        match total {
            Some(total) if total == bytes.len() as u64 => Ok(bytes),
            Some(_) => Err(missing("its end is not there")),
            None => Err(missing("its block is not there")),
        }
    }

    fn blob_sections(&self, offset: u64, head: &block::Head) -> Result<Arc<Sections>, Error> {
        if let Some(Decoded::Blobs(sections)) = self.cache.get((offset, false)) {
            return Ok(sections);
        }
        let sections = Arc::new((self.hot_section(offset, head)?, self.cold_section(offset, head)?));
        let bytes = sections.0.len() + sections.1.len();
        self.cache.put((offset, false), Decoded::Blobs(sections.clone()), bytes);
        Ok(sections)
    }

    /// Reads every block of the file and returns those whose content is damaged, and what [`Trace::damage`]
    /// has. `progress` is called with the bytes done; returning false ends it early.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn verify(&self, progress: &mut dyn FnMut(u64) -> bool) -> Result<Vec<Damage>, Error> {
        let mut damage = self.damage.clone();
        let blocks = self.streams.values().flat_map(|index| {
            let events = index.events.iter().map(|block| (block.offset, block.head));
            events.chain(index.blobs.iter().copied())
        });
        let mut done = 0;
        for (offset, head) in blocks {
            // The index has a copy of the head, so that the block can be read; its own must be right too.
            let own = scan::front(&self.source, self.id(), offset)?.map(|found| found.head);
            let content = match head.kind {
                _ if own != Some(head) => Err(damaged(offset, &head, "its head differs from the index")),
                block::EVENTS => self.decode_events(offset, &head).map(drop),
                _ => self.blob_sections(offset, &head).map(drop),
            };
            match content {
                Ok(()) => {}
                Err(Error::Damaged { what, .. }) => {
                    damage.push(Damage { offset, len: head.total_len(), what });
                }
                Err(other) => return Err(other),
            }
            done += head.total_len();
            if !progress(done) {
                break;
            }
        }
        damage.sort_by_key(|damage| damage.offset);
        Ok(damage)
    }

    fn id(&self) -> TraceId {
        self.header.id
    }

    fn body(&self, offset: u64, head: &block::Head) -> Result<Vec<u8>, Error> {
        let body = scan::body(&self.source, self.id(), offset, head)?;
        body.ok_or_else(|| damaged(offset, head, "its checksum differs"))
    }

    fn hot_section(&self, offset: u64, head: &block::Head) -> Result<Vec<u8>, Error> {
        let body = self.body(offset, head)?;
        section(offset, head, &body[..head.hot.stored as usize], head.hot.raw)
    }

    fn cold_section(&self, offset: u64, head: &block::Head) -> Result<Vec<u8>, Error> {
        let body = self.body(offset, head)?;
        section(offset, head, &body[head.hot.stored as usize..], head.cold.raw)
    }

    fn decode_events(&self, offset: u64, head: &block::Head) -> Result<(Vec<Slot>, usize), Error> {
        let body = self.body(offset, head)?;
        let (hot, cold) = body.split_at(head.hot.stored as usize);
        let hot = section(offset, head, hot, head.hot.raw)?;
        let cold = section(offset, head, cold, head.cold.raw)?;
        let slots = columns::events(&hot, &cold, head.count).map_err(|bad| damaged(offset, head, bad.0))?;
        let bytes = slots.len() * (size_of::<Event>() + 2 * size_of::<Slot>()) + cold.len();
        Ok((slots, bytes))
    }
}

fn damaged(offset: u64, head: &block::Head, what: &'static str) -> Error {
    Error::Damaged { offset, what, first: head.first, last: head.last }
}

fn section(offset: u64, head: &block::Head, stored: &[u8], raw: u32) -> Result<Vec<u8>, Error> {
    scan::section(stored, raw).ok_or_else(|| damaged(offset, head, "it cannot be decompressed"))
}

static EMPTY: StreamIndex = StreamIndex { events: Vec::new(), blobs: Vec::new() };

impl StreamIndex {
    fn add_events(&mut self, offset: u64, head: block::Head, summary: &[u8]) -> Result<(), &'static str> {
        let span = head.last.checked_sub(head.first).and_then(|span| span.checked_add(1));
        if span != Some(u64::from(head.count)) || head.count > block::MAX_EVENTS {
            return Err("its event numbers make no sense");
        }
        if self.events.last().is_some_and(|before| before.last.0 >= head.first) {
            return Err("its event numbers were used before");
        }
        let summary = codec::decode(summary).map_err(|bad| bad.0)?;
        self.events.push(Block {
            offset,
            len: head.total_len(),
            first: EventIndex(head.first),
            last: EventIndex(head.last),
            icount: (head.first_icount, head.last_icount),
            clock: (head.first_clock, head.last_clock),
            summary,
            head,
        });
        Ok(())
    }

    fn add_blobs(&mut self, offset: u64, head: block::Head) -> Result<(), &'static str> {
        let rising = self.blobs.last().is_none_or(|(_, before)| before.last <= head.first);
        if head.first > head.last || !rising {
            return Err("its blob numbers make no sense");
        }
        self.blobs.push((offset, head));
        Ok(())
    }
}
