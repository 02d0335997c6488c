//! Semantics of Advanced SIMD structure loads and stores.

use super::simd::lanes::{Lane, broadcast, by_size};
use crate::decode::simd_ldst::{MemKind, SimdMem};
use crate::mem::{Access, MemError, Memory};
use crate::state::{SP, State};

/// Executes `insn`; the base register 31 is [`crate::state::SP`].
///
/// The `mem` that the interpreter passes strips tag bits and never answers [`MemError::CodeWritten`] (it takes
/// a note instead), so `?` is enough. On an error nothing of the instruction, the write-back included, has taken
/// effect: the whole range of a store is checked first, and loaded values are kept aside until all are there.
pub(crate) fn exec_simd_mem<M: Memory>(insn: &SimdMem, st: &mut State, mem: &M) -> Result<(), MemError> {
    let base = if insn.rn == 31 { SP } else { usize::from(insn.rn & 31) };
    let addr = st.r[base];
    if insn.load {
        let mut parts = [0; 4];
        for (i, part) in parts.iter_mut().enumerate().take(usize::from(insn.regs)) {
            *part = load(mem, addr.wrapping_add(i as u64 * insn.step()), insn.step())?;
        }
        to_registers(insn, &parts, st);
    } else {
        let parts = from_registers(insn, st);
        if insn.regs > 1 {
            mem.check(addr, insn.bytes(), Access::Write)?;
        }
        for (i, &part) in parts.iter().enumerate().take(usize::from(insn.regs)) {
            store(mem, addr.wrapping_add(i as u64 * insn.step()), insn.step(), part)?;
        }
    }
    if let Some(rm) = insn.rm {
        let step = if rm == 31 { insn.bytes() } else { st.r[usize::from(rm & 31)] };
        st.r[base] = addr.wrapping_add(step);
    }
    Ok(())
}

impl SimdMem {
    /// Bytes of one access: an element for the lane forms, else as much as a register holds.
    #[inline(always)]
    fn step(&self) -> u64 {
        match self.kind {
            MemKind::Whole | MemKind::Interleaved => 8 << u32::from(self.q),
            MemKind::Lane | MemKind::Replicate => 1 << self.size,
        }
    }
}

fn load<M: Memory>(mem: &M, addr: u64, size: u64) -> Result<u128, MemError> {
    Ok(match size {
        1 => mem.load::<u8>(addr)?.into(),
        2 => mem.load::<u16>(addr)?.into(),
        4 => mem.load::<u32>(addr)?.into(),
        8 => mem.load::<u64>(addr)?.into(),
        _ => mem.load::<u128>(addr)?,
    })
}

fn store<M: Memory>(mem: &M, addr: u64, size: u64, value: u128) -> Result<(), MemError> {
    match size {
        1 => mem.store(addr, value as u8),
        2 => mem.store(addr, value as u16),
        4 => mem.store(addr, value as u32),
        8 => mem.store(addr, value as u64),
        _ => mem.store(addr, value),
    }
}

/// The vector register at distance `i` from the first, in a circle of 32.
fn register(insn: &SimdMem, i: usize) -> usize {
    (usize::from(insn.rt) + i) & 31
}

/// Writes what was loaded, one part an access.
fn to_registers(insn: &SimdMem, parts: &[u128; 4], st: &mut State) {
    let regs = usize::from(insn.regs);
    let values = match insn.kind {
        MemKind::Interleaved => {
            let packed = if insn.q { *parts } else { join_halves(parts) };
            by_size!(insn.size, |U, S| U::deinterleave(&packed, regs))
        }
        _ => *parts,
    };
    let keep = if insn.q { u128::MAX } else { u128::from(u64::MAX) };
    for (i, value) in values.iter().enumerate().take(regs) {
        let v = &mut st.v[register(insn, i)];
        match insn.kind {
            MemKind::Whole | MemKind::Interleaved => *v = value & keep,
            MemKind::Replicate => *v = broadcast(insn.size, value, 0) & keep,
            MemKind::Lane => by_size!(insn.size, |U, S| U::put(v, usize::from(insn.lane), *value as U)),
        }
    }
}

/// What is to be stored, one part an access.
fn from_registers(insn: &SimdMem, st: &State) -> [u128; 4] {
    let regs = usize::from(insn.regs);
    let mut values = [0; 4];
    for (i, value) in values.iter_mut().enumerate().take(regs) {
        let v = &st.v[register(insn, i)];
        *value = match insn.kind {
            MemKind::Whole | MemKind::Interleaved => *v,
            MemKind::Lane | MemKind::Replicate => broadcast(insn.size, v, usize::from(insn.lane)),
        };
    }
    if insn.kind != MemKind::Interleaved {
        return values;
    }
    let packed = by_size!(insn.size, |U, S| U::interleave(&values, regs, insn.q));
    if insn.q { packed } else { split_halves(&packed) }
}

/// The lower halves of four registers, one after the other.
fn join_halves(parts: &[u128; 4]) -> [u128; 4] {
    let low = |i: usize| parts[i] & u128::from(u64::MAX);
    [low(0) | parts[1] << 64, low(2) | parts[3] << 64, 0, 0]
}

/// The inverse of [`join_halves`].
fn split_halves(packed: &[u128; 4]) -> [u128; 4] {
    [packed[0], packed[0] >> 64, packed[1], packed[1] >> 64]
}
