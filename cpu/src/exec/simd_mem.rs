//! Semantics of Advanced SIMD structure loads and stores.

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
        let mut bytes = [0; 64];
        read(mem, addr, insn, &mut bytes)?;
        to_registers(insn, &bytes, st);
    } else {
        let bytes = from_registers(insn, st);
        write(mem, addr, insn, &bytes)?;
    }
    if let Some(rm) = insn.rm {
        let step = if rm == 31 { insn.bytes() } else { st.r[usize::from(rm & 31)] };
        st.r[base] = addr.wrapping_add(step);
    }
    Ok(())
}

/// Calls `part(offset, size)` for each access: whole registers in pieces of 8 or 16 bytes, lanes one by one.
fn pieces(
    insn: &SimdMem,
    mut part: impl FnMut(usize, usize) -> Result<(), MemError>,
) -> Result<(), MemError> {
    let each = match insn.kind {
        MemKind::Whole | MemKind::Interleaved => 8 << usize::from(insn.q),
        MemKind::Lane | MemKind::Replicate => 1 << insn.size,
    };
    (0..usize::from(insn.regs)).try_for_each(|i| part(i * each, each))
}

fn read<M: Memory>(mem: &M, addr: u64, insn: &SimdMem, out: &mut [u8; 64]) -> Result<(), MemError> {
    pieces(insn, |at, size| {
        let from = addr.wrapping_add(at as u64);
        let value = match size {
            1 => mem.load::<u8>(from)?.into(),
            2 => mem.load::<u16>(from)?.into(),
            4 => mem.load::<u32>(from)?.into(),
            8 => mem.load::<u64>(from)?.into(),
            _ => mem.load::<u128>(from)?,
        };
        out[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        Ok(())
    })
}

fn write<M: Memory>(mem: &M, addr: u64, insn: &SimdMem, bytes: &[u8; 64]) -> Result<(), MemError> {
    if insn.regs > 1 {
        mem.check(addr, insn.bytes(), Access::Write)?;
    }
    pieces(insn, |at, size| {
        let to = addr.wrapping_add(at as u64);
        let mut raw = [0; 16];
        raw[..size].copy_from_slice(&bytes[at..at + size]);
        let value = u128::from_le_bytes(raw);
        match size {
            1 => mem.store(to, value as u8),
            2 => mem.store(to, value as u16),
            4 => mem.store(to, value as u32),
            8 => mem.store(to, value as u64),
            _ => mem.store(to, value),
        }
    })
}

/// The vector register at distance `i` from the first, in a circle of 32.
fn register(insn: &SimdMem, i: usize) -> usize {
    (usize::from(insn.rt) + i) & 31
}

fn to_registers(insn: &SimdMem, bytes: &[u8; 64], st: &mut State) {
    let regs = usize::from(insn.regs);
    let size = 1usize << insn.size;
    let width = 8usize << usize::from(insn.q);
    for r in 0..regs {
        let slot = register(insn, r);
        let mut value = [0; 16];
        match insn.kind {
            MemKind::Whole => value[..width].copy_from_slice(&bytes[r * width..(r + 1) * width]),
            MemKind::Interleaved => {
                for (i, lane) in value[..width].chunks_exact_mut(size).enumerate() {
                    let at = (i * regs + r) * size;
                    lane.copy_from_slice(&bytes[at..at + size]);
                }
            }
            MemKind::Replicate => {
                for lane in value[..width].chunks_exact_mut(size) {
                    lane.copy_from_slice(&bytes[r * size..(r + 1) * size]);
                }
            }
            MemKind::Lane => {
                value = st.v[slot].to_le_bytes();
                let at = usize::from(insn.lane) * size;
                value[at..at + size].copy_from_slice(&bytes[r * size..(r + 1) * size]);
            }
        }
        st.v[slot] = u128::from_le_bytes(value);
    }
}

fn from_registers(insn: &SimdMem, st: &State) -> [u8; 64] {
    let mut bytes = [0; 64];
    let regs = usize::from(insn.regs);
    let size = 1usize << insn.size;
    let width = 8usize << usize::from(insn.q);
    for r in 0..regs {
        let value = st.v[register(insn, r)].to_le_bytes();
        match insn.kind {
            MemKind::Whole => bytes[r * width..(r + 1) * width].copy_from_slice(&value[..width]),
            MemKind::Interleaved => {
                for (i, lane) in value[..width].chunks_exact(size).enumerate() {
                    let at = (i * regs + r) * size;
                    bytes[at..at + size].copy_from_slice(lane);
                }
            }
            MemKind::Lane | MemKind::Replicate => {
                let at = usize::from(insn.lane) * size;
                bytes[r * size..(r + 1) * size].copy_from_slice(&value[at..at + size]);
            }
        }
    }
    bytes
}
