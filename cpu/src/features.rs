//! What this CPU says about itself: HWCAP bits, ID registers and other constants that EL0 may read.
//!
//! Used by the decoder (MRS) and by the root crate (auxv). The three views agree: a feature is named here only if
//! every instruction of it executes. SVE, MTE, PAuth, DIT, SSBS and RNDR are absent; BTI and PAuth hints are NOPs.

/// AT_HWCAP (Linux `arch/arm64/include/uapi/asm/hwcap.h`).
pub const HWCAP: u64 = 1 << 0 // FP
    | 1 << 1 // ASIMD
    | 1 << 3 // AES
    | 1 << 4 // PMULL
    | 1 << 5 // SHA1
    | 1 << 6 // SHA2
    | 1 << 7 // CRC32
    | 1 << 8 // ATOMICS
    | 1 << 9 // FPHP
    | 1 << 10 // ASIMDHP
    | 1 << 11 // CPUID
    | 1 << 12 // ASIMDRDM
    | 1 << 13 // JSCVT
    | 1 << 14 // FCMA
    | 1 << 15 // LRCPC
    | 1 << 16 // DCPOP
    | 1 << 17 // SHA3
    | 1 << 18 // SM3
    | 1 << 19 // SM4
    | 1 << 20 // ASIMDDP
    | 1 << 21 // SHA512
    | 1 << 23 // ASIMDFHM
    | 1 << 25 // USCAT
    | 1 << 26 // ILRCPC
    | 1 << 27 // FLAGM
    | 1 << 29; // SB

/// AT_HWCAP2 (same header).
pub const HWCAP2: u64 = 1 << 0 // DCPODP
    | 1 << 7 // FLAGM2
    | 1 << 8 // FRINT
    | 1 << 13 // I8MM
    | 1 << 14; // BF16

/// CTR_EL0 (D17.2.34): 64-byte lines everywhere, PIPT; IDC and DIC are 0, so IC IVAU after writing code is required.
pub const CTR_EL0: u64 = 0x8444_C004;

/// DCZID_EL0 (D17.2.38): DC ZVA is permitted and zeroes 64 bytes.
pub const DCZID_EL0: u64 = 4;

/// CNTFRQ_EL0: ticks of CNTVCT_EL0 a second.
pub const CNTFRQ_EL0: u64 = 24_000_000;

/// MIDR_EL1 (D17.2.100): implementer 0 (software), architecture 15 (see the ID registers), part 0xE1F.
pub const MIDR_EL1: u64 = 0x000F_E1F0;

/// ID_AA64PFR0_EL1: AArch64 only at EL0 and EL1; FP and Advanced SIMD with half precision.
pub const ID_AA64PFR0_EL1: u64 = 0x0011_0011;

/// ID_AA64ISAR0_EL1: AES+PMULL, SHA1, SHA2-512, CRC32, LSE, RDM, SHA3, SM3, SM4, DotProd, FHM, FlagM2.
pub const ID_AA64ISAR0_EL1: u64 = 2 << 4
    | 1 << 8
    | 2 << 12
    | 1 << 16
    | 2 << 20
    | 1 << 28
    | 1 << 32
    | 1 << 36
    | 1 << 40
    | 1 << 44
    | 1 << 48
    | 2 << 52;

/// ID_AA64ISAR1_EL1: DPB2, JSCVT, FCMA, RCPC2, FRINTTS, SB, BF16, I8MM.
pub const ID_AA64ISAR1_EL1: u64 = 2 | 1 << 12 | 1 << 16 | 2 << 20 | 1 << 32 | 1 << 36 | 1 << 44 | 1 << 52;

/// ID_AA64MMFR2_EL1: AT, single-copy atomicity of unaligned accesses within 16 bytes (LSE2).
pub const ID_AA64MMFR2_EL1: u64 = 1 << 32;

/// The ID register with op0 3, op1 0, CRn 0 as Linux lets EL0 see it (`Documentation/arch/arm64/cpu-feature-registers.rst`);
/// none where Linux delivers SIGILL. Reserved ones read as zero.
#[must_use]
pub const fn id_register(crm: u32, op2: u32) -> Option<u64> {
    match (crm, op2) {
        (0, 0) => Some(MIDR_EL1),
        // MPIDR_EL1: the value Linux deems safe, bit 31 alone.
        (0, 5) => Some(1 << 31),
        // REVIDR_EL1.
        (0, 6) => Some(0),
        (4, 0) => Some(ID_AA64PFR0_EL1),
        (6, 0) => Some(ID_AA64ISAR0_EL1),
        (6, 1) => Some(ID_AA64ISAR1_EL1),
        (7, 2) => Some(ID_AA64MMFR2_EL1),
        (1..=7, _) => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux derives the HWCAP bits from the ID registers (`arm64_elf_hwcaps` in `arch/arm64/kernel/cpufeature.c`);
    /// a guest that reads the one or the other must come to the same conclusion.
    #[test]
    fn hwcaps_follow_from_the_id_registers() {
        // (bit, crm, op2, field, least value)
        let hwcap = [
            (4, 6, 0, 4, 2),
            (3, 6, 0, 4, 1),
            (5, 6, 0, 8, 1),
            (6, 6, 0, 12, 1),
            (21, 6, 0, 12, 2),
            (7, 6, 0, 16, 1),
            (8, 6, 0, 20, 2),
            (12, 6, 0, 28, 1),
            (17, 6, 0, 32, 1),
            (18, 6, 0, 36, 1),
            (19, 6, 0, 40, 1),
            (20, 6, 0, 44, 1),
            (23, 6, 0, 48, 1),
            (27, 6, 0, 52, 1),
            (24, 4, 0, 48, 1),
            (16, 6, 1, 0, 1),
            (13, 6, 1, 12, 1),
            (14, 6, 1, 16, 1),
            (15, 6, 1, 20, 1),
            (26, 6, 1, 20, 2),
            (29, 6, 1, 36, 1),
            (30, 6, 1, 4, 1),
            (25, 7, 2, 32, 1),
            (9, 4, 0, 16, 1),
            (10, 4, 0, 20, 1),
        ];
        let hwcap2 =
            [(0, 6, 1, 0, 2), (7, 6, 0, 52, 2), (8, 6, 1, 32, 1), (13, 6, 1, 52, 1), (14, 6, 1, 44, 1)];
        let derive = |table: &[(u32, u32, u32, u32, u64)]| {
            table.iter().fold(0u64, |caps, &(bit, crm, op2, field, least)| {
                let value = id_register(crm, op2).expect("readable") >> field & 15;
                caps | u64::from(value >= least) << bit
            })
        };
        // FP and ASIMD are present unless their fields are 15; CPUID says that MRS of ID registers works.
        assert_eq!(HWCAP, derive(&hwcap) | 1 << 0 | 1 << 1 | 1 << 11);
        assert_eq!(HWCAP2, derive(&hwcap2));
    }
}
