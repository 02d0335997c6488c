//! Reads the columns of a block back: the hot ones into arrays for searches, all of them into events.

use super::{Guesses, HAS_DATA, HAS_REST, cold, hot, is_svc};
use crate::block::MAX_EVENTS;
use crate::codec;
use crate::error::Malformed;
use crate::event::{
    Args, Body, Digests, Effect, End, Event, Input, Reseed, Signal, Svc, SvcFlags, VdsoExit, VdsoFn,
    VdsoHits, VdsoReason,
};
use crate::kind::EventKind;
use crate::units::{Cycles, GuestAddr, InsnCount, Tid};
use crate::varint::Cursor;
use std::sync::Arc;

/// The number that [`Hot::nr`] holds for events that are no system calls.
pub const NO_NR: u32 = u32::MAX;

/// The hot columns of a block: an element per event in every array.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hot {
    /// Kind of event, see [`EventKind::from_number`].
    pub kind: Vec<u8>,
    /// Thread id.
    pub tid: Vec<u32>,
    /// Retired instructions, see [`Event::icount`].
    pub icount: Vec<u64>,
    /// Guest counter, see [`Event::clock`].
    pub clock: Vec<u64>,
    /// A byte of the body, see [`Hot::vdso`].
    pub aux: Vec<u8>,
    /// System call number, [`NO_NR`] for other events.
    pub nr: Vec<u32>,
    /// Result, 0 for other events.
    pub ret: Vec<i64>,
    /// Duration in guest cycles, 0 for other events.
    pub dur: Vec<u64>,
    /// [`SvcFlags`], 0 for other events.
    pub flags: Vec<u8>,
}

impl Hot {
    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Function and reason of the vDSO exit of event `at`, none if it is no such thing.
    #[must_use]
    pub fn vdso(&self, at: usize) -> Option<(VdsoFn, VdsoReason)> {
        if !is_svc(*self.kind.get(at)?) {
            return None;
        }
        let byte = self.aux.get(at)?.checked_sub(1)?;
        let function = *VdsoFn::ALL.get(usize::from(byte >> 4))?;
        VdsoReason::ALL.get(usize::from(byte & 15)).map(|reason| (function, *reason))
    }

    /// The errno of event `at`: its result is one of -1 to -4095.
    #[must_use]
    pub fn errno(&self, at: usize) -> Option<u32> {
        let ret = *self.ret.get(at)?;
        (-4095..0).contains(&ret).then(|| u32::try_from(-ret).unwrap_or_default())
    }

    /// Decodes a hot section of `count` events.
    pub(crate) fn decode(section: &[u8], count: u32) -> Result<Hot, Malformed> {
        if count > MAX_EVENTS {
            return Err(Malformed("a block has too many events"));
        }
        let columns = split(section, hot::COUNT)?;
        let n = count as usize;
        if columns[hot::KIND].len() != n || columns[hot::AUX].len() != n {
            return Err(Malformed("a column has another length than its block"));
        }
        let kind = columns[hot::KIND].to_vec();
        let mut hot = Hot {
            tid: deltas(columns[hot::TID], n)?
                .into_iter()
                .map(|tid| u32::try_from(tid).map_err(|_| Malformed("a thread id is out of range")))
                .collect::<Result<_, _>>()?,
            icount: deltas(columns[hot::ICOUNT], n)?,
            clock: deltas(columns[hot::CLOCK], n)?,
            aux: columns[hot::AUX].to_vec(),
            nr: vec![NO_NR; n],
            ret: vec![0; n],
            dur: vec![0; n],
            flags: vec![0; n],
            kind,
        };
        let mut nr = Cursor::new(columns[hot::NR]);
        let mut ret = Cursor::new(columns[hot::RET]);
        let mut dur = Cursor::new(columns[hot::DUR]);
        let mut flags = Cursor::new(columns[hot::FLAGS]);
        for at in (0..n).filter(|&at| is_svc(hot.kind[at])) {
            let number = nr.varint().and_then(|nr| u32::try_from(nr).ok()).ok_or(CUT)?;
            hot.nr[at] = number;
            hot.ret[at] = ret.signed().ok_or(CUT)?;
            hot.dur[at] = dur.varint().ok_or(CUT)?;
            hot.flags[at] = flags.byte().ok_or(CUT)?;
        }
        if [nr, ret, dur, flags].iter().all(Cursor::is_empty) { Ok(hot) } else { Err(LONG) }
    }
}

const CUT: Malformed = Malformed("a column ends too early");
const LONG: Malformed = Malformed("a column is too long");

/// An event of a block, or why it cannot be shown although the block is intact.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    Event(Arc<Event>),
    Unknown { kind: u8, what: &'static str },
}

/// Splits a section into its first `count` columns; later ones belong to newer programs.
fn split(section: &[u8], count: usize) -> Result<Vec<&[u8]>, Malformed> {
    let mut rest = Cursor::new(section);
    let there = rest.varint().ok_or(CUT)?;
    if there < count as u64 || there > 255 {
        return Err(Malformed("the number of columns is out of range"));
    }
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..there {
        lengths.push(rest.varint().and_then(|len| usize::try_from(len).ok()).ok_or(CUT)?);
    }
    lengths.into_iter().take(count).map(|len| rest.take(len).ok_or(CUT)).collect()
}

fn deltas(column: &[u8], count: usize) -> Result<Vec<u64>, Malformed> {
    let mut cursor = Cursor::new(column);
    let mut out = Vec::with_capacity(count);
    let mut value = 0;
    for _ in 0..count {
        value = cursor.delta(value).ok_or(CUT)?;
        out.push(value);
    }
    if cursor.is_empty() { Ok(out) } else { Err(LONG) }
}

/// The cold columns while events are put together.
struct Cold<'a> {
    shape: Cursor<'a>,
    pc: Cursor<'a>,
    args: Cursor<'a>,
    body: Cursor<'a>,
    data_len: Cursor<'a>,
    data: Cursor<'a>,
    guesses: Guesses,
}

/// All events of a block from its two sections.
pub(crate) fn events(hot_section: &[u8], cold_section: &[u8], count: u32) -> Result<Vec<Slot>, Malformed> {
    let hot = Hot::decode(hot_section, count)?;
    let columns = split(cold_section, cold::COUNT)?;
    let mut cold = Cold {
        shape: Cursor::new(columns[cold::SHAPE]),
        pc: Cursor::new(columns[cold::PC]),
        args: Cursor::new(columns[cold::ARGS]),
        body: Cursor::new(columns[cold::BODY]),
        data_len: Cursor::new(columns[cold::DATA_LEN]),
        data: Cursor::new(columns[cold::DATA]),
        guesses: Guesses::new(),
    };
    let mut slots = Vec::with_capacity(hot.len());
    for at in 0..hot.len() {
        let body = cold.next_body(&hot, at)?;
        slots.push(match body {
            Ok(body) => Slot::Event(Arc::new(Event {
                tid: Tid(hot.tid[at]),
                icount: InsnCount(hot.icount[at]),
                clock: Cycles(hot.clock[at]),
                body,
            })),
            Err(Malformed(what)) => Slot::Unknown { kind: hot.kind[at], what },
        });
    }
    let Cold { shape, pc, args, body, data_len, data, guesses: _ } = cold;
    if [shape, pc, args, body, data_len, data].iter().all(Cursor::is_empty) { Ok(slots) } else { Err(LONG) }
}

impl Cold<'_> {
    /// The body of event `at`. The outer error spoils the block, the inner one only this event.
    fn next_body(&mut self, hot: &Hot, at: usize) -> Result<Result<Body, Malformed>, Malformed> {
        let Some(kind) = EventKind::from_number(hot.kind[at]) else {
            self.body_bytes()?;
            return Ok(Err(Malformed("a kind of event added later")));
        };
        if kind.is_svc() {
            let svc = self.next_svc(hot, at)?;
            return Ok(svc.map(|svc| match kind {
                EventKind::SvcEnter => Body::SvcEnter(svc),
                EventKind::SvcExit => Body::SvcExit(svc),
                _ => Body::Svc(svc),
            }));
        }
        let bytes = self.body_bytes()?;
        Ok(match kind {
            EventKind::Start => codec::decode(bytes).map(Body::Start),
            EventKind::Sync => codec::decode(bytes).map(|(base, rate)| Body::Sync { base, rate }),
            EventKind::Reseed => codec::decode::<Reseed>(bytes).map(Body::Reseed),
            EventKind::Signal => codec::decode::<Box<Signal>>(bytes).map(Body::Signal),
            EventKind::Switch => codec::decode(bytes).map(|to| Body::Switch { to }),
            EventKind::Hits => codec::decode::<VdsoHits>(bytes).map(Body::Hits),
            EventKind::Checkpoint => codec::decode::<Digests>(bytes).map(Body::Checkpoint),
            EventKind::ThreadExit => codec::decode(bytes).map(|code| Body::ThreadExit { code }),
            EventKind::End => codec::decode::<End>(bytes).map(Body::End),
            EventKind::ThreadStart => codec::decode(bytes).map(Body::ThreadStart),
            EventKind::ForkStart => codec::decode(bytes).map(Body::ForkStart),
            EventKind::Fork => codec::decode(bytes).map(Body::Fork),
            EventKind::Shared => codec::decode(bytes).map(Body::Shared),
            EventKind::Svc | EventKind::SvcEnter | EventKind::SvcExit => {
                Err(Malformed("a system call without its columns"))
            }
        })
    }

    fn body_bytes(&mut self) -> Result<&[u8], Malformed> {
        let len = self.body.varint().and_then(|len| usize::try_from(len).ok()).ok_or(CUT)?;
        self.body.take(len).ok_or(CUT)
    }

    fn next_svc(&mut self, hot: &Hot, at: usize) -> Result<Result<Svc, Malformed>, Malformed> {
        let shape = self.shape.byte().ok_or(CUT)?;
        let nr = hot.nr[at];
        let count = usize::from(shape & 7);
        if count > 6 {
            return Err(Malformed("a system call has more than six arguments"));
        }
        let guess = self.guesses.place(nr);
        guess.pc = self.pc.delta(guess.pc).ok_or(CUT)?;
        let pc = guess.pc;
        for before in &mut guess.args[..count] {
            *before = self.args.delta(*before).ok_or(CUT)?;
        }
        let args = Args::new(guess.args, count);
        let rest = if shape & HAS_REST == 0 {
            Ok(Rest::default())
        } else {
            codec::decode::<Rest>(self.body_bytes()?)
        };
        let mut data = Vec::new();
        if shape & HAS_DATA != 0 {
            let len = self.data_len.varint().and_then(|len| usize::try_from(len).ok()).ok_or(CUT)?;
            data = self.data.take(len).ok_or(CUT)?.to_vec();
        }
        Ok(rest.map(|(effects, inputs, vdso)| Svc {
            nr,
            pc: GuestAddr(pc),
            args,
            ret: hot.ret[at],
            dur: Cycles(hot.dur[at]),
            effects,
            inputs,
            vdso,
            flags: SvcFlags(hot.flags[at]),
            data,
        }))
    }
}

/// The parts of a system call that most calls lack.
type Rest = (Vec<Effect>, Vec<Input>, Option<Box<VdsoExit>>);
