//! The signal frame on the guest's stack: arm64's struct rt_sigframe (arch/arm64/kernel/signal.c,
//! include/uapi/asm/sigcontext.h) with an fpsimd_context and, for faults, an esr_context.
//!
//! Pure; used by signal delivery and rt_sigreturn.

use super::{AltStack, Pending, Set};
use crate::engine::Regs;

// Offsets in the frame.
pub(super) const UC: usize = 128;
const UC_STACK: usize = 144;
const UC_SIGMASK: usize = 168;
const FAULT_ADDRESS: usize = 304;
const REGS: usize = 312;
const SP: usize = 560;
const PC: usize = 568;
const PSTATE: usize = 576;
const FPSIMD: usize = 592;
const FPSIMD_SIZE: usize = 528;
const ESR: usize = FPSIMD + FPSIMD_SIZE;
pub(super) const FRAME: usize = 4688;
const FPSIMD_MAGIC: u32 = 0x4650_8001;
const ESR_MAGIC: u32 = 0x4553_5201;

pub(super) fn build_frame(regs: &Regs, pending: &Pending, altstack: AltStack, mask: Set) -> Vec<u8> {
    let mut frame = vec![0; FRAME];
    let mut put = |at: usize, bytes: &[u8]| frame[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &pending.info);
    put(UC_STACK, &altstack.0.to_le_bytes());
    put(UC_STACK + 8, &altstack.1.to_le_bytes());
    put(UC_STACK + 16, &altstack.2.to_le_bytes());
    put(UC_SIGMASK, &mask.to_le_bytes());
    for (n, x) in regs.x.iter().enumerate() {
        put(REGS + 8 * n, &x.to_le_bytes());
    }
    put(SP, &regs.sp.to_le_bytes());
    put(PC, &regs.pc.to_le_bytes());
    put(PSTATE, &u64::from(regs.nzcv).to_le_bytes());
    put(FPSIMD, &FPSIMD_MAGIC.to_le_bytes());
    put(FPSIMD + 4, &528u32.to_le_bytes());
    put(FPSIMD + 8, &regs.fpsr.to_le_bytes());
    put(FPSIMD + 12, &regs.fpcr.to_le_bytes());
    for (n, v) in regs.v.iter().enumerate() {
        put(FPSIMD + 16 + 16 * n, &v.to_le_bytes());
    }
    if let Some((far, esr)) = pending.fault {
        put(FAULT_ADDRESS, &far.to_le_bytes());
        put(ESR, &ESR_MAGIC.to_le_bytes());
        put(ESR + 4, &16u32.to_le_bytes());
        put(ESR + 8, &esr.to_le_bytes());
    }
    frame
}

/// Where the FPSIMD record is (parse_user_sigframe); none if there is not exactly one, or something unknown.
fn find_fpsimd(half: impl Fn(usize) -> u32) -> Option<usize> {
    let mut found = None;
    let mut at = FPSIMD;
    loop {
        if at + 8 > FRAME {
            return None;
        }
        let (magic, size) = (half(at), half(at + 4) as usize);
        match (magic, size) {
            (0, 0) => return found,
            (FPSIMD_MAGIC, FPSIMD_SIZE) if found.is_none() => found = Some(at),
            (ESR_MAGIC, 16..) => {}
            _ => return None,
        }
        if !size.is_multiple_of(16) || size > FRAME - at {
            return None;
        }
        at += size;
    }
}

/// Reads a frame back; none if it is not one, or no state of a 64-bit program.
pub(super) fn parse_frame(frame: &[u8; FRAME]) -> Option<(Regs, Set, AltStack)> {
    /// Mode, and the masks of interrupts and debug exceptions: all clear at EL0.
    const PRIVILEGED: u32 = 0x3DF;
    let word = |at: usize| u64::from_le_bytes(frame[at..at + 8].try_into().expect("8 bytes"));
    let half = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().expect("4 bytes"));
    let fpsimd = find_fpsimd(half)?;
    if half(PSTATE) & PRIVILEGED != 0 {
        return None;
    }
    let mut regs = Regs { sp: word(SP), pc: word(PC), ..Regs::default() };
    for n in 0..31 {
        regs.x[n] = word(REGS + 8 * n);
    }
    for n in 0..32 {
        let at = fpsimd + 16 + 16 * n;
        regs.v[n] = u128::from_le_bytes(frame[at..at + 16].try_into().expect("16 bytes"));
    }
    regs.nzcv = half(PSTATE) & 0xF000_0000;
    regs.fpsr = half(fpsimd + 8);
    regs.fpcr = half(fpsimd + 12);
    let altstack = (word(UC_STACK), half(UC_STACK + 8), word(UC_STACK + 16));
    Some((regs, word(UC_SIGMASK), altstack))
}

#[cfg(test)]
mod tests {
    use super::super::info;
    use super::*;

    #[test]
    fn a_frame_reads_back_as_the_state_that_it_was_built_from() {
        let mut regs = Regs { sp: 0x7FF0, pc: 0x40_0100, nzcv: 0x6000_0000, ..Regs::default() };
        regs.x[30] = 30;
        regs.v[31] = u128::MAX;
        regs.fpsr = 0x10;
        let pending =
            Pending { signo: 11, info: info(11, 1), fault: Some((0x123, 0x9200_0046)), timer: None };
        let frame = build_frame(&regs, &pending, (0x1000, 0, 0x8000), 0x55);
        assert_eq!(frame.len(), FRAME);
        assert_eq!(frame[FAULT_ADDRESS], 0x23);
        let frame: [u8; FRAME] = frame.try_into().unwrap();
        assert_eq!(parse_frame(&frame), Some((regs, 0x55, (0x1000, 0, 0x8000))));
        assert_eq!(parse_frame(&[0; FRAME]), None);
    }
}
