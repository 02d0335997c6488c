//! The 64-bit patterns of the "modified immediate" class; for `exec::simd` and whoever compiles MOVI.

/// `AdvSIMDExpandImm` (shared/functions/vector): the pattern of `imm8` under `control`, which is
/// `o2 << 5 | op << 4 | cmode`. MVNI and BIC are inverted by the caller.
#[must_use]
pub(crate) fn expand(control: u8, imm8: u8) -> u64 {
    let imm = u64::from(imm8);
    let cmode = control & 15;
    let op = control & 0x10 != 0;
    match cmode {
        0..=7 => repeat32(imm << (8 * (cmode >> 1))),
        8..=11 => repeat16(imm << (8 * ((cmode >> 1) & 1))),
        12 => repeat32(imm << 8 | 0xFF),
        13 => repeat32(imm << 16 | 0xFFFF),
        14 if !op => imm * 0x0101_0101_0101_0101,
        14 => (0..8).fold(0, |acc, bit| if imm8 >> bit & 1 == 1 { acc | 0xFF << (8 * bit) } else { acc }),
        _ if control & 0x20 != 0 => repeat16(fp_imm(imm8, 5, 10)),
        _ if op => fp_imm(imm8, 11, 52),
        _ => repeat32(fp_imm(imm8, 8, 23)),
    }
}

fn repeat16(x: u64) -> u64 {
    x * 0x0001_0001_0001_0001
}

fn repeat32(x: u64) -> u64 {
    x * 0x0000_0001_0000_0001
}

/// `VFPExpandImm`: sign a, exponent NOT(b):b..b:cd, fraction efgh0..0.
fn fp_imm(imm8: u8, exp_bits: u32, frac_bits: u32) -> u64 {
    let imm = u64::from(imm8);
    let b = imm >> 6 & 1;
    let run = if b == 1 { (1u64 << (exp_bits - 3)) - 1 } else { 0 };
    let exp = (b ^ 1) << (exp_bits - 1) | run << 2 | imm >> 4 & 3;
    (imm >> 7) << (exp_bits + frac_bits) | exp << frac_bits | (imm & 15) << (frac_bits - 4)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn patterns_are_the_assemblers() {
        // control, imm8, and what objdump prints for such a word.
        let cases = [
            (0x00, 0xAB, 0x0000_00AB_0000_00AB_u64),
            (0x06, 0xAB, 0xAB00_0000_AB00_0000),
            (0x0A, 0xAB, 0xAB00_AB00_AB00_AB00),
            (0x0C, 0xAB, 0x0000_ABFF_0000_ABFF),
            (0x0D, 0xAB, 0x00AB_FFFF_00AB_FFFF),
            (0x0E, 0xAB, 0xABAB_ABAB_ABAB_ABAB),
            (0x1E, 0x81, 0xFF00_0000_0000_00FF),
            (0x0F, 0x70, 0x3F80_0000_3F80_0000),
            (0x1F, 0x70, 0x3FF0_0000_0000_0000),
            (0x2F, 0x70, 0x3C00_3C00_3C00_3C00),
            (0x1F, 0x80, 0xC000_0000_0000_0000),
        ];
        for (control, imm8, want) in cases {
            assert_eq!(expand(control, imm8), want, "control {control:#x} imm8 {imm8:#x}");
        }
    }
}
