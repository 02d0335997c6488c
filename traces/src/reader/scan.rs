//! Finds the blocks of a trace: from its index if the file ends in a valid end mark, by stepping from head to
//! head if not, and by searching for the next block magic where a step fails.

use super::Damage;
use super::source::Source;
use crate::block::{self, END_LEN, EndMark, HEAD_LEN, Head, MAGIC};
use crate::error::Error;
use crate::header::TraceId;
use crate::varint::Cursor;

/// A head and its summary are read in one go if they are no longer than this.
const FRONT: u64 = 640;

/// The search for the next block reads this much at a time.
const CHUNK: u64 = 1 << 20;

/// A block whose head and summary are intact.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) offset: u64,
    pub(crate) head: Head,
    pub(crate) summary: Vec<u8>,
}

impl Found {
    fn end(&self) -> u64 {
        self.offset + self.head.total_len()
    }
}

/// The blocks of a file in its order, and what is between them that is none.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) blocks: Vec<Found>,
    pub(crate) damage: Vec<Damage>,
    /// Whether the index was used.
    pub(crate) indexed: bool,
}

/// Finds the blocks after the file header, which is `start` bytes long.
pub(crate) fn layout(source: &Source, id: TraceId, start: u64) -> Result<Layout, Error> {
    match from_index(source, id, start)? {
        Some(blocks) => Ok(Layout { blocks, damage: Vec::new(), indexed: true }),
        None => Scan { source, id, blocks: Vec::new(), damage: Vec::new() }.run(start),
    }
}

/// The intact head and summary at an offset, none if there is no such thing.
pub(crate) fn front(source: &Source, id: TraceId, offset: u64) -> Result<Option<Found>, Error> {
    let mut bytes = source.read(offset, FRONT)?;
    let Some(head) = Head::from_bytes(&bytes) else { return Ok(None) };
    if head.front_len() > bytes.len() as u64 {
        bytes = source.read(offset, head.front_len())?;
    }
    if !head.is_intact(id, &bytes) {
        return Ok(None);
    }
    bytes.truncate(HEAD_LEN + head.summary as usize);
    let summary = bytes.split_off(HEAD_LEN);
    Ok(Some(Found { offset, head, summary }))
}

/// The sections of a block as stored, none if their checksum is wrong.
pub(crate) fn body(source: &Source, id: TraceId, offset: u64, head: &Head) -> Result<Option<Vec<u8>>, Error> {
    let bytes = source.read(offset + head.front_len(), head.body_len())?;
    let whole = bytes.len() as u64 == head.body_len();
    Ok(Some(bytes).filter(|bytes| whole && block::crc(id, &[bytes]) == head.body_crc))
}

/// Decompresses a section; none if it is not what its lengths say.
pub(crate) fn section(stored: &[u8], raw: u32) -> Option<Vec<u8>> {
    // The length is bounded by `Head::from_bytes`, and zeroed memory is not touched before it is filled.
    let mut out = vec![0; raw as usize];
    if raw == 0 {
        return stored.is_empty().then_some(out);
    }
    let len = zstd::bulk::decompress_to_buffer(stored, &mut out).ok()?;
    (len == out.len()).then_some(out)
}

/// The blocks as the index at the end lists them, the index and the end mark included; none if there is no
/// valid index, which is no error.
fn from_index(source: &Source, id: TraceId, start: u64) -> Result<Option<Vec<Found>>, Error> {
    let Some(at) = source.len().checked_sub(END_LEN as u64) else { return Ok(None) };
    let Some(end) = front(source, id, at)?.filter(|end| end.head.kind == block::END) else { return Ok(None) };
    let Some(mark) = EndMark::from_summary(&end.summary) else { return Ok(None) };
    if mark.index < start {
        return Ok(None);
    }
    let Some(index) = front(source, id, mark.index)?.filter(|index| index.head.kind == block::INDEX) else {
        return Ok(None);
    };
    if index.end() != at {
        return Ok(None);
    }
    let stored = body(source, id, index.offset, &index.head)?;
    let list = stored
        .as_deref()
        .and_then(|bytes| bytes.get(..index.head.hot.stored as usize))
        .and_then(|bytes| section(bytes, index.head.hot.raw));
    let Some(mut blocks) = list.and_then(|list| entries(&list, id, start)) else { return Ok(None) };
    if blocks.last().map_or(start, Found::end) != index.offset {
        return Ok(None);
    }
    blocks.push(index);
    blocks.push(end);
    Ok(Some(blocks))
}

/// The entries of an index: offset, head, summary each. They must join without gaps.
fn entries(list: &[u8], id: TraceId, start: u64) -> Option<Vec<Found>> {
    let mut cursor = Cursor::new(list);
    let mut blocks = Vec::new();
    let mut expected = start;
    while !cursor.is_empty() {
        let offset = cursor.varint().filter(|&offset| offset == expected)?;
        let mut whole = cursor.clone();
        let head = Head::from_bytes(cursor.take(HEAD_LEN)?)?;
        let summary = cursor.take(head.summary as usize)?.to_vec();
        if !head.is_intact(id, whole.take(HEAD_LEN + head.summary as usize)?) {
            return None;
        }
        expected = offset.checked_add(head.total_len())?;
        blocks.push(Found { offset, head, summary });
    }
    Some(blocks)
}

/// A walk over a file that has no index.
struct Scan<'a> {
    source: &'a Source,
    id: TraceId,
    blocks: Vec<Found>,
    damage: Vec<Damage>,
}

impl Scan<'_> {
    fn run(mut self, start: u64) -> Result<Layout, Error> {
        let mut at = start;
        while at < self.source.len() {
            match front(self.source, self.id, at)?.filter(|block| block.end() <= self.source.len()) {
                Some(block) => {
                    at = block.end();
                    self.blocks.push(block);
                }
                None => at = self.resync(at)?,
            }
        }
        // What a crashed machine had not yet written reads as zeros: the head may be there, the rest not.
        while let Some(last) = self.blocks.last().filter(|last| last.head.kind != block::END) {
            if body(self.source, self.id, last.offset, &last.head)?.is_some() {
                break;
            }
            let (offset, len) = (last.offset, last.head.total_len());
            self.blocks.pop();
            self.damaged(offset, len, "its checksum differs");
        }
        self.damage.sort_by_key(|damage| damage.offset);
        Ok(Layout { blocks: self.blocks, damage: self.damage, indexed: false })
    }

    /// There is no block at `at`: notes the damage and returns where the next block is.
    fn resync(&mut self, at: u64) -> Result<u64, Error> {
        let mut from = at;
        if let Some(last) = self.blocks.last().filter(|last| last.end() == at) {
            // If bytes are missing from the last block, its length reaches into the next one.
            if body(self.source, self.id, last.offset, &last.head)?.is_none() {
                from = last.offset;
                self.blocks.pop();
            }
        }
        let torn = front(self.source, self.id, at)?.is_some();
        let next = self.search(from + 1)?;
        let what = if torn { "the file ends inside it" } else { "there is no block where one should begin" };
        self.damaged(from, next - from, what);
        Ok(next)
    }

    /// The offset of the first whole block at or after `from`, or the end of the file.
    fn search(&self, mut from: u64) -> Result<u64, Error> {
        let overlap = MAGIC.len() as u64 - 1;
        while from < self.source.len() {
            let bytes = self.source.read(from, CHUNK + overlap)?;
            for place in find_all(&bytes) {
                let offset = from + place as u64;
                let block = front(self.source, self.id, offset)?;
                if block.is_some_and(|block| block.end() <= self.source.len()) {
                    return Ok(offset);
                }
            }
            from += CHUNK;
        }
        Ok(self.source.len())
    }

    fn damaged(&mut self, offset: u64, len: u64, what: &'static str) {
        self.damage.push(Damage { offset, len, what });
    }
}

/// The places of the block magic in some bytes.
fn find_all(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let firsts = bytes.iter().enumerate().filter(|(_, byte)| **byte == MAGIC[0]);
    firsts.map(|(place, _)| place).filter(|&place| bytes[place..].starts_with(&MAGIC))
}
