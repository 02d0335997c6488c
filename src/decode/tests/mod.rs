//! Golden lines of constructed events. Inputs go through the recorder's `capture`, so that both ends of that
//! contract are tested together; the expected lines are what strace 6 says of the same calls.

mod events;
mod hostile;
mod syscalls;

use super::Words;
use super::lines::{LineFormat, Lines, PidColumn, TimeColumn};
use crate::kernel::table::{by_name, capture};
use traces::describe::Describe;
use traces::event::{Args, Effect, Svc};
use traces::{BlobId, Body, Cycles, Event, EventIndex, GuestAddr, InsnCount, Tid};

/// Bytes at an address.
type Bytes = (u64, Vec<u8>);

/// A call from the guest's memory before it and the bytes that it wrote.
fn svc(name: &str, args: &[u64], before: &[Bytes], written: &[Bytes], ret: i64) -> Svc {
    let row = by_name(name).unwrap_or_else(|| panic!("no syscall {name}"));
    let kept = capture::inputs(row, args, &mut |at, buf| read(before, at, buf));
    let mut data = kept.data;
    let mut effects = Vec::new();
    for (at, bytes) in written {
        data.extend(bytes);
        effects.push(Effect::Write { at: GuestAddr(*at), len: u32::try_from(bytes.len()).expect("short") });
    }
    let mut regs = [0; 6];
    regs[..args.len()].copy_from_slice(args);
    Svc {
        nr: row.nr,
        pc: GuestAddr(0x40_0010),
        args: Args::new(regs, row.arg_count()),
        ret,
        dur: Cycles(984),
        effects,
        inputs: kept.inputs,
        data,
        ..Svc::default()
    }
}

/// Memory that is made of pieces and has gaps between them.
fn read(pieces: &[Bytes], at: u64, buf: &mut [u8]) -> usize {
    for (start, bytes) in pieces {
        let Some(from) = at.checked_sub(*start).and_then(|from| usize::try_from(from).ok()) else { continue };
        let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) else { continue };
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        return len;
    }
    0
}

fn event(body: Body) -> Event {
    Event { tid: Tid(1003), icount: InsnCount(5000), clock: Cycles(24_000_000 + 2400), body }
}

fn no_blob(_: BlobId) -> Option<Vec<u8>> {
    None
}

/// Text and result as strace joins them, without its column.
fn say(words: &Words, body: Body) -> String {
    let line = words.line(&event(body), &no_blob);
    if line.result.is_empty() { line.text } else { format!("{} = {}", line.text, line.result) }
}

/// Little-endian bytes of integers.
fn i32s(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn u16s(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn u64s(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Zeros with pieces laid over them.
fn laid(len: usize, pieces: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for (at, piece) in pieces {
        bytes[*at..at + piece.len()].copy_from_slice(piece);
    }
    bytes
}
