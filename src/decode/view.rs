//! What a call read and wrote, by argument and by address, with every length of the event checked.

use std::borrow::Cow;
use traces::BlobId;
use traces::event::{Effect, Svc};

/// Fetches the bytes of a blob.
pub(super) type Blobs<'a> = &'a dyn Fn(BlobId) -> Option<Vec<u8>>;

/// Input bytes that were kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'a> {
    /// The bytes, perhaps only the first.
    pub(super) bytes: &'a [u8],
    /// How many there were.
    pub(super) full: u64,
}

/// The memory side of a call.
pub(super) struct View<'a> {
    inputs: Vec<(u8, Kept<'a>)>,
    writes: Vec<(u64, Source<'a>)>,
    blobs: Blobs<'a>,
}

enum Source<'a> {
    Bytes(&'a [u8]),
    Blob(BlobId),
    Zeros(u64),
}

impl<'a> View<'a> {
    /// Cuts the event's data up; data that is too short gives shorter parts.
    pub(super) fn new(svc: &'a Svc, blobs: Blobs<'a>) -> Self {
        let mut rest = svc.data.as_slice();
        let mut take = |len: u32| {
            let len = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
            let (taken, left) = rest.split_at(len);
            rest = left;
            taken
        };
        let inputs = svc
            .inputs
            .iter()
            .map(|input| (input.arg, Kept { bytes: take(input.len), full: input.full }))
            .collect();
        let mut writes = Vec::new();
        for effect in &svc.effects {
            match effect {
                Effect::Write { at, len } => writes.push((at.0, Source::Bytes(take(*len)))),
                Effect::WriteBlob { at, blob } => writes.push((at.0, Source::Blob(*blob))),
                Effect::Zero { at, len } => writes.push((at.0, Source::Zeros(*len))),
                Effect::Map { .. }
                | Effect::Unmap { .. }
                | Effect::Protect { .. }
                | Effect::Move { .. }
                | Effect::Alias { .. }
                | Effect::FileEnd { .. }
                | Effect::Regs(_)
                | Effect::ClearSpace => {}
            }
        }
        View { inputs, writes, blobs }
    }

    /// The inputs of an argument in the order in which the pointers were followed.
    pub(super) fn inputs(&self, arg: usize) -> impl Iterator<Item = Kept<'a>> + '_ {
        self.inputs.iter().filter(move |(at, _)| usize::from(*at) == arg).map(|(_, kept)| *kept)
    }

    /// The input that an argument points to itself.
    pub(super) fn input(&self, arg: usize) -> Option<Kept<'a>> {
        self.inputs(arg).next()
    }

    /// What the call wrote from an address on: at most `max` bytes, up to the first that it did not write.
    pub(super) fn written(&self, at: u64, max: usize) -> Vec<u8> {
        let mut found = vec![0u8; max];
        let mut known = vec![false; max];
        for (start, source) in &self.writes {
            let bytes = match source {
                Source::Bytes(bytes) => Cow::Borrowed(*bytes),
                // A blob can be large; it is fetched only if it may reach the range.
                Source::Blob(blob) if *start < at.saturating_add(max as u64) => {
                    Cow::Owned((self.blobs)(*blob).unwrap_or_default())
                }
                Source::Blob(_) => continue,
                Source::Zeros(len) => {
                    let end = start.saturating_add(*len).min(at.saturating_add(max as u64));
                    let from = (*start).max(at);
                    let len = usize::try_from(end.saturating_sub(from)).unwrap_or(0).min(max);
                    overlay(&mut found, &mut known, at, from, &vec![0; len]);
                    continue;
                }
            };
            overlay(&mut found, &mut known, at, *start, &bytes);
        }
        let end = known.iter().position(|known| !known).unwrap_or(max);
        found.truncate(end);
        found
    }
}

/// Lays bytes that stand at `start` over a window that stands at `at`.
fn overlay(found: &mut [u8], known: &mut [bool], at: u64, start: u64, bytes: &[u8]) {
    let (into, skip) = if start >= at { (start - at, 0) } else { (0, at - start) };
    let (Ok(into), Ok(skip)) = (usize::try_from(into), usize::try_from(skip)) else { return };
    if into >= found.len() || skip >= bytes.len() {
        return;
    }
    let len = (found.len() - into).min(bytes.len() - skip);
    found[into..into + len].copy_from_slice(&bytes[skip..skip + len]);
    known[into..into + len].fill(true);
}
