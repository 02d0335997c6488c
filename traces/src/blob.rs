//! Blobs: byte strings stored once, named by number; pieces of them fill blob blocks. Used by writer and reader.

use crate::error::Malformed;
use crate::units::BlobId;
use crate::varint::{Cursor, put};

/// A longer blob is stored in pieces of this size.
pub(crate) const PIECE: usize = 4 << 20;

/// Longest blob; bounds what a hostile file can make a reader put together.
pub(crate) const MAX_BLOB: u64 = 1 << 30;

/// Where some bytes of a blob belong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    /// The blob's number in its stream.
    pub(crate) number: u64,
    /// Length of the whole blob.
    pub(crate) total: u64,
    /// Offset of this piece in the blob.
    pub(crate) offset: u64,
    /// Length of this piece.
    pub(crate) len: u64,
}

/// The hot section of a blob block: the number of pieces, then four integers each.
pub(crate) fn lay_out(pieces: &[Piece], out: &mut Vec<u8>) {
    out.clear();
    put(out, pieces.len() as u64);
    for piece in pieces {
        [piece.number, piece.total, piece.offset, piece.len].iter().for_each(|&n| put(out, n));
    }
}

/// Reads what [`lay_out`] wrote, with the bytes of each piece out of the cold section.
pub(crate) fn pieces<'a>(hot: &[u8], cold: &'a [u8]) -> Result<Vec<(Piece, &'a [u8])>, Malformed> {
    let bad = || Malformed("the table of blobs makes no sense");
    let mut table = Cursor::new(hot);
    let mut bytes = Cursor::new(cold);
    let count = table.varint().ok_or_else(bad)?;
    let mut out = Vec::new();
    for _ in 0..count {
        let mut next = || table.varint().ok_or_else(bad);
        let piece = Piece { number: next()?, total: next()?, offset: next()?, len: next()? };
        let len = usize::try_from(piece.len).map_err(|_| bad())?;
        out.push((piece, bytes.take(len).ok_or_else(bad)?));
    }
    if table.is_empty() && bytes.is_empty() { Ok(out) } else { Err(bad()) }
}

/// The id of a blob.
pub(crate) fn id(stream: u32, number: u64) -> BlobId {
    BlobId(u64::from(stream) << 40 | number & ((1 << 40) - 1))
}

/// Number of a blob within its stream.
pub(crate) fn number(id: BlobId) -> u64 {
    id.0 & ((1 << 40) - 1)
}

/// The stream of a blob.
pub(crate) fn stream(id: BlobId) -> u32 {
    u32::try_from(id.0 >> 40).unwrap_or(u32::MAX)
}
