//! The columns of an event block: how they are filled by the recorder, laid out, and read back.
//!
//! Columns that a filter looks at are in the *hot* section, the rest in the *cold* one; the two are
//! compressed apart. Each block starts its differences anew, so that it can be read alone. The writer fills a
//! `Builder` on the recording thread without allocating; everything else happens elsewhere.

use crate::blob::Piece;
use crate::codec;
use crate::error::Malformed;
use crate::event::{Body, Event, Svc, VdsoExit, VdsoFn, VdsoReason};
use crate::kind::EventKind;
use crate::units::BlobId;
use crate::varint::{put, put_delta, put_signed};

mod decode;
#[cfg(test)]
mod tests;

pub use decode::{Hot, NO_NR};
pub(crate) use decode::{Slot, events};

/// Columns of the hot section, in the order in which they stand in it.
pub(crate) mod hot {
    pub(crate) const KIND: usize = 0;
    pub(crate) const TID: usize = 1;
    pub(crate) const ICOUNT: usize = 2;
    pub(crate) const CLOCK: usize = 3;
    pub(crate) const AUX: usize = 4;
    pub(crate) const NR: usize = 5;
    pub(crate) const RET: usize = 6;
    pub(crate) const DUR: usize = 7;
    pub(crate) const FLAGS: usize = 8;
    pub(crate) const COUNT: usize = 9;
}

/// Columns of the cold section, in the order in which they stand in it.
pub(crate) mod cold {
    pub(crate) const SHAPE: usize = 0;
    pub(crate) const PC: usize = 1;
    pub(crate) const ARGS: usize = 2;
    pub(crate) const BODY: usize = 3;
    pub(crate) const DATA_LEN: usize = 4;
    pub(crate) const DATA: usize = 5;
    pub(crate) const COUNT: usize = 6;
}

/// Bits of the shape column above the number of arguments.
pub(crate) const HAS_REST: u8 = 8;
pub(crate) const HAS_DATA: u8 = 16;

/// Most bytes in the `data` of one event; the recorder stores longer ones as blobs.
pub const MAX_EVENT_DATA: usize = 16 << 20;

/// A builder that holds more than this is sealed.
const FULL_BYTES: usize = 1 << 20;

/// Calls with equal low bits of their numbers share a place in the table of predictions.
const PLACES: usize = 64;

/// PC and arguments of the last call with a similar number: what the next one probably looks like.
#[derive(Clone, Copy, Default)]
pub(crate) struct Guess {
    pub(crate) pc: u64,
    pub(crate) args: [u64; 6],
}

/// The predictions of a block, the same in encoder and decoder.
pub(crate) struct Guesses([Guess; PLACES]);

impl Guesses {
    pub(crate) fn new() -> Self {
        Guesses([Guess::default(); PLACES])
    }

    pub(crate) fn place(&mut self, nr: u32) -> &mut Guess {
        &mut self.0[nr as usize % PLACES]
    }
}

/// A block that is being filled, with the blobs that have to reach the file before it.
pub(crate) struct Builder {
    /// Number of its first event.
    pub(crate) first: u64,
    /// Number of events in it.
    pub(crate) count: u32,
    /// The writer's tick when its first record came in.
    pub(crate) epoch: u64,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) blob_bytes: Vec<u8>,
    /// Hash and name of each blob that is whole with what is in here.
    pub(crate) whole: Vec<([u8; 32], BlobId)>,
    pub(crate) hot: [Vec<u8>; hot::COUNT],
    pub(crate) cold: [Vec<u8>; cold::COUNT],
    /// Sums over [`Body::Hits`] events.
    pub(crate) hits: [u64; 4],
    tid: u64,
    icount: u64,
    clock: u64,
    guesses: Guesses,
    scratch: Vec<u8>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            first: 0,
            count: 0,
            epoch: 0,
            pieces: Vec::new(),
            blob_bytes: Vec::new(),
            whole: Vec::new(),
            hot: Default::default(),
            cold: Default::default(),
            hits: [0; 4],
            tid: 0,
            icount: 0,
            clock: 0,
            guesses: Guesses::new(),
            scratch: Vec::new(),
        }
    }

    /// Empties it for reuse; capacities are kept.
    pub(crate) fn reset(&mut self, first: u64, epoch: u64) {
        self.first = first;
        self.count = 0;
        self.epoch = epoch;
        self.pieces.clear();
        self.blob_bytes.clear();
        self.whole.clear();
        self.hot.iter_mut().chain(&mut self.cold).for_each(Vec::clear);
        self.hits = [0; 4];
        (self.tid, self.icount, self.clock) = (0, 0, 0);
        self.guesses = Guesses::new();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && self.pieces.is_empty()
    }

    /// Whether it should be sealed.
    pub(crate) fn is_full(&self, events: u32) -> bool {
        self.count >= events
            || self.cold[cold::BODY].len() + self.cold[cold::DATA].len() + self.blob_bytes.len() >= FULL_BYTES
    }

    /// Adds a piece of a blob.
    pub(crate) fn add_piece(&mut self, number: u64, total: u64, offset: u64, bytes: &[u8]) {
        self.pieces.push(Piece { number, total, offset, len: bytes.len() as u64 });
        self.blob_bytes.extend_from_slice(bytes);
    }

    /// Adds an event.
    ///
    /// # Errors
    /// If it is too large for any block or cannot be serialised. If the count has not changed, the builder is as
    /// before, else it is unusable.
    pub(crate) fn add(&mut self, event: &Event) -> Result<(), Malformed> {
        let kind = event.kind();
        if data_len(&event.body) > MAX_EVENT_DATA {
            return Err(Malformed("the data of an event is too long"));
        }
        self.hot[hot::KIND].push(kind.number());
        put_delta(&mut self.hot[hot::TID], u64::from(event.tid.0), self.tid);
        put_delta(&mut self.hot[hot::ICOUNT], event.icount.0, self.icount);
        put_delta(&mut self.hot[hot::CLOCK], event.clock.0, self.clock);
        self.hot[hot::AUX].push(aux(&event.body));
        (self.tid, self.icount, self.clock) = (u64::from(event.tid.0), event.icount.0, event.clock.0);
        self.count += 1;
        match &event.body {
            Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => self.add_svc(svc),
            Body::Start(b) => self.add_body(b),
            Body::Sync { base, rate } => self.add_body(&(base, rate)),
            Body::Reseed(b) => self.add_body(b),
            Body::Signal(b) => self.add_body(b),
            Body::Switch { to } => self.add_body(to),
            Body::Hits(b) => {
                let now = [b.clock_gettime, b.gettimeofday, b.clock_getres, b.getcpu];
                self.hits.iter_mut().zip(now).for_each(|(sum, n)| *sum = sum.saturating_add(n));
                self.add_body(b)
            }
            Body::Checkpoint(b) => self.add_body(b),
            Body::ThreadExit { code } => self.add_body(code),
            Body::End(b) => self.add_body(b),
            Body::ThreadStart(b) => self.add_body(b),
            Body::ForkStart(b) => self.add_body(b),
            Body::Fork(b) => self.add_body(b),
            Body::Shared(b) => self.add_body(b),
        }
    }

    fn add_svc(&mut self, svc: &Svc) -> Result<(), Malformed> {
        put(&mut self.hot[hot::NR], u64::from(svc.nr));
        put_signed(&mut self.hot[hot::RET], svc.ret);
        put(&mut self.hot[hot::DUR], svc.dur.0);
        self.hot[hot::FLAGS].push(svc.flags.0);
        let rest = !svc.effects.is_empty() || !svc.inputs.is_empty() || svc.vdso.is_some();
        let args = svc.args.as_slice();
        let mut shape = args.len().to_le_bytes()[0];
        shape |= if rest { HAS_REST } else { 0 };
        shape |= if svc.data.is_empty() { 0 } else { HAS_DATA };
        self.cold[cold::SHAPE].push(shape);
        let guess = self.guesses.place(svc.nr);
        put_delta(&mut self.cold[cold::PC], svc.pc.0, guess.pc);
        guess.pc = svc.pc.0;
        for (arg, before) in args.iter().zip(&mut guess.args) {
            put_delta(&mut self.cold[cold::ARGS], *arg, *before);
            *before = *arg;
        }
        if rest {
            self.add_body(&(&svc.effects, &svc.inputs, &svc.vdso))?;
        }
        if !svc.data.is_empty() {
            put(&mut self.cold[cold::DATA_LEN], svc.data.len() as u64);
            self.cold[cold::DATA].extend_from_slice(&svc.data);
        }
        Ok(())
    }

    /// A serialised value with its length before it, so that a reader can step over what it does not know.
    fn add_body<T: serde::Serialize>(&mut self, body: &T) -> Result<(), Malformed> {
        self.scratch.clear();
        codec::encode(body, &mut self.scratch)?;
        if self.scratch.len() > 2 * MAX_EVENT_DATA {
            return Err(Malformed("an event is too long"));
        }
        put(&mut self.cold[cold::BODY], self.scratch.len() as u64);
        self.cold[cold::BODY].extend_from_slice(&self.scratch);
        Ok(())
    }
}

/// Length of the byte strings of an event.
fn data_len(body: &Body) -> usize {
    match body {
        Body::Start(body) => body.data.len(),
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => svc.data.len(),
        Body::Reseed(body) => body.data.len(),
        Body::Signal(body) => body.data.len(),
        Body::ForkStart(body) => body.data.len(),
        Body::Shared(body) => body.data.len(),
        Body::Sync { .. }
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::End(_)
        | Body::ThreadStart(_)
        | Body::Fork(_) => 0,
    }
}

/// Lays columns out as a section: their number, their lengths, their bytes.
pub(crate) fn lay_out(columns: &[Vec<u8>], out: &mut Vec<u8>) {
    out.clear();
    put(out, columns.len() as u64);
    columns.iter().for_each(|column| put(out, column.len() as u64));
    columns.iter().for_each(|column| out.extend_from_slice(column));
}

/// The byte that the hot section keeps of a body. For system calls 0, or 1 + 16 x function + reason of a vDSO
/// exit; for reseeds outcome + 16 unseeded + 32 age + 64 drift; for signals the number.
fn aux(body: &Body) -> u8 {
    match body {
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => {
            svc.vdso.as_deref().map_or(0, |VdsoExit { function, reason, .. }| vdso_aux(*function, *reason))
        }
        Body::Reseed(reseed) => {
            (reseed.outcome as u8)
                | u8::from(reseed.unseeded) << 4
                | u8::from(reseed.age) << 5
                | u8::from(reseed.drift) << 6
        }
        Body::Signal(signal) => u8::try_from(signal.signo).unwrap_or(u8::MAX),
        Body::Start(_)
        | Body::Sync { .. }
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::End(_)
        | Body::ThreadStart(_)
        | Body::ForkStart(_)
        | Body::Fork(_)
        | Body::Shared(_) => 0,
    }
}

/// Function and reason of a vDSO exit as the byte of the hot section.
pub(crate) fn vdso_aux(function: VdsoFn, reason: VdsoReason) -> u8 {
    1 + (function as u8) * 16 + reason as u8
}

/// Whether an event kind, by number, has the columns of system calls.
fn is_svc(kind: u8) -> bool {
    EventKind::from_number(kind).is_some_and(EventKind::is_svc)
}
