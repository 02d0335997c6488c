//! Cases that show the rules one at a time; the corpus in `cpu/tests/vectors/fp.txt` covers the breadth.
use super::*;

/// Runs `f` in the given modes and expects result and flags.
fn check<R: PartialEq + Debug>(fpcr: u32, f: impl FnOnce(&mut FpEnv) -> R, expected: R, flags: u32) {
    let mut env = FpEnv::new(fpcr, 0);
    let got = f(&mut env);
    assert_eq!((got, env.fpsr), (expected, flags), "fpcr {fpcr:#x}");
}

#[test]
fn nan_order_is_signalling_first() {
    let (quiet, signalling) = (0x7FC0_0001u32, 0xFF80_0002u32);
    check(0, |e| add(e, quiet, signalling), 0xFFC0_0002, IOC);
    check(0, |e| add(e, quiet, 0xFFC0_0007), quiet, 0);
    check(DN, |e| add(e, quiet, signalling), 0x7FC0_0000, IOC);
    check(0, |e| fma(e, quiet, 0x7F80_0000u32, 0), 0x7FC0_0000, IOC);
    check(0, |e| maxnm(e, quiet, 0x3F80_0000u32), 0x3F80_0000, 0);
    check(0, |e| max(e, quiet, 0x3F80_0000u32), quiet, 0);
    check(0, |e| nmul(e, 0x7F80_0000u32, 0), 0xFFC0_0000, IOC);
}

#[test]
fn tininess_is_detected_before_rounding() {
    // Rounds up to the smallest normal number, yet underflows.
    check(0, |e| mul(e, 0x3F7F_FFFFu32, 0x0080_0000), 0x0080_0000, UFC | IXC);
    check(FZ, |e| mul(e, 0x3F7F_FFFFu32, 0x0080_0000), 0, UFC);
    check(FZ, |e| add(e, 0x0000_0001u32, 0x8000_0002), 0, IDC);
    check(FZ16, |e| add(e, 0x0001u16, 0x8002), 0, 0);
}

#[test]
fn inexact_is_exact_on_the_fast_path() {
    check(0, |e| add(e, 1f64.to_bits(), 2f64.to_bits()), 3f64.to_bits(), 0);
    check(0, |e| add(e, 0.1f64.to_bits(), 0.2f64.to_bits()), (0.1f64 + 0.2).to_bits(), IXC);
    check(0, |e| mul(e, 3f64.to_bits(), 0.5f64.to_bits()), 1.5f64.to_bits(), 0);
    check(0, |e| div(e, 1f64.to_bits(), 3f64.to_bits()), (1f64 / 3.0).to_bits(), IXC);
    check(0, |e| div(e, 6f64.to_bits(), 3f64.to_bits()), 2f64.to_bits(), 0);
    check(0, |e| sqrt(e, 2f64.to_bits()), 2f64.sqrt().to_bits(), IXC);
    check(0, |e| sqrt(e, 9f32.to_bits()), 3f32.to_bits(), 0);
}

#[test]
fn immediates_expand() {
    for (imm, value) in [(0x70, 1.0), (0x00, 2.0), (0xF0, -1.0), (0x3F, 31.0), (0x40, 0.125), (0x60, 0.5)] {
        assert_eq!(expand_imm::<u64>(imm), f64::to_bits(value));
        assert_eq!(expand_imm::<u32>(imm), (value as f32).to_bits());
    }
    assert_eq!(expand_imm::<u16>(0x70), 0x3C00);
}

#[test]
fn javascript_conversion_is_exact_only_for_what_it_returns() {
    let cases: [(u32, f64, (u32, bool), u32); 9] = [
        (0, 0.0, (0, true), 0),
        (0, -0.0, (0, false), 0),
        (FZ, f64::from_bits(1), (0, false), IDC),
        (0, f64::from_bits(1), (0, false), IXC),
        (0, -2_147_483_648.0, (0x8000_0000, true), 0),
        (0, 2_147_483_648.0, (0x8000_0000, false), IOC),
        (0, 4_294_967_297.5, (1, false), IOC),
        (0, f64::INFINITY, (0, false), IOC),
        (0, -1.5, (u32::MAX, false), IXC),
    ];
    for (fpcr, value, expected, flags) in cases {
        check(fpcr, |e| js_to_int(e, value.to_bits()), expected, flags);
    }
}

/// Lane 0 of an Advanced SIMD word without its registers, for operands of format `F`; none for other operations.
fn lane<F: Format>(env: &mut FpEnv, opcode: u32, n: u64, m: u64) -> Option<u64> {
    let (a, b) = (F::from_bits(n), F::from_bits(m));
    let mask = |holds: bool| if holds { F::SIGN | (F::SIGN - 1) } else { 0 };
    Some(match opcode {
        0x5E20_DC00 | 0x5E60_DC00 | 0x5E40_1C00 => mulx(env, a, b).to_bits(),
        0x5E20_FC00 | 0x5E60_FC00 | 0x5E40_3C00 => recps(env, a, b).to_bits(),
        0x5EA0_FC00 | 0x5EE0_FC00 | 0x5EC0_3C00 => rsqrts(env, a, b).to_bits(),
        0x5E20_E400 | 0x5E60_E400 | 0x5E40_2400 => mask(eq(env, a, b)),
        0x7E20_E400 | 0x7E60_E400 | 0x7E40_2400 => mask(ge(env, a, b)),
        0x7EA0_E400 | 0x7EE0_E400 | 0x7EC0_2400 => mask(gt(env, a, b)),
        0x7E20_EC00 | 0x7E60_EC00 | 0x7E40_2C00 => mask(abs_ge(env, a, b)),
        0x7EA0_EC00 | 0x7EE0_EC00 | 0x7EC0_2C00 => mask(abs_gt(env, a, b)),
        0x7EA0_D400 | 0x7EE0_D400 | 0x7EC0_1400 => abs(sub(env, a, b)).to_bits(),
        0x5EA1_D800 | 0x5EE1_D800 | 0x5EF9_D800 => recpe(env, a).to_bits(),
        0x7EA1_D800 | 0x7EE1_D800 | 0x7EF9_D800 => rsqrte(env, a).to_bits(),
        0x5EA1_F800 | 0x5EE1_F800 | 0x5EF9_F800 => recpx(env, a).to_bits(),
        0x7E61_6800 => convert_odd::<F, u32>(env, a).to_bits(),
        0x5E79_A800 => to_int(env, a, 0, false, 16, Rounding::TieEven),
        0x5E79_B800 => to_int(env, a, 0, false, 16, Rounding::NegInf),
        0x5EF9_B800 => to_int(env, a, 0, false, 16, Rounding::Zero),
        0x7E79_C800 => to_int(env, a, 0, true, 16, Rounding::TieAway),
        0x5E79_D800 => from_int::<F>(env, i64::from(n as i16) as u64, 0, false).to_bits(),
        0x7E79_D800 => from_int::<F>(env, u64::from(n as u16), 0, true).to_bits(),
        0x7F14_E400 => from_int::<F>(env, u64::from(n as u16), 12, true).to_bits(),
        _ => return None,
    })
}

/// Lane 0 of the words whose operands have formats of their own; 32 bits.
fn mixed_lane(env: &mut FpEnv, opcode: u32, n: u64, m: u64, sum: u32) -> Option<u32> {
    let pair = |value: u64| [Bf16(value as u16), Bf16((value >> 16) as u16)];
    let (x, y) = (pair(n), pair(m));
    Some(match opcode {
        0x0E20_EC00 => fmlal(env, sum, n as u16, m as u16),
        0x0EA0_EC00 => fmlal(env, sum, neg(n as u16), m as u16),
        0x2E40_FC00 => bf_dot_add(sum, x, y),
        0x2EC0_FC00 => bf_mul_add(env, sum, x[0], y[0]),
        0x6EC0_FC00 => bf_mul_add(env, sum, x[1], y[1]),
        0x0EA1_C800 => unsigned_recip_estimate(n as u32),
        0x2EA1_C800 => unsigned_rsqrt_estimate(n as u32),
        _ => return None,
    })
}

/// Whether a line of the form that `tests/vectors/fp.c` describes agrees.
fn lane_agrees(line: &str) -> bool {
    let fields: Option<Vec<_>> =
        line.split_whitespace().filter(|f| *f != ":").map(|f| u64::from_str_radix(f, 16).ok()).collect();
    let Some([word, fpcr, fpsr, _, n, m, a, _, _, lo, _, _, flags]) = fields.as_deref() else { return false };
    let one_operand = word >> 10 & 3 == 2 || word >> 24 & 31 == 31;
    let opcode = *word as u32 & if one_operand { !0x3FF } else { !0x1F_03FF };
    let mut env = FpEnv::new(*fpcr as u32, *fpsr as u32);
    let result = if let Some(bits) = mixed_lane(&mut env, opcode, *n, *m, *a as u32) {
        Some((bits.into(), u64::from(u32::MAX)))
    } else {
        match opcode >> 16 {
            0x5E60 | 0x5EE0 | 0x5EE1 | 0x7E60 | 0x7EE0 | 0x7EE1 | 0x7E61 => {
                lane::<u64>(&mut env, opcode, *n, *m)
            }
            0x5E20 | 0x5EA0 | 0x5EA1 | 0x7E20 | 0x7EA0 | 0x7EA1 => lane::<u32>(&mut env, opcode, *n, *m),
            _ => lane::<u16>(&mut env, opcode, *n, *m),
        }
        .map(|bits| (bits, u64::MAX))
    };
    result.is_some_and(|(bits, mask)| bits == lo & mask && u64::from(env.fpsr) == *flags)
}

/// `FP_LANE_VECTORS=FILE` runs a longer list instead of the committed one.
#[test]
fn lanes_of_a_processor() {
    let committed = include_str!("../../tests/vectors/fp_lanes.txt");
    let chosen = std::env::var_os("FP_LANE_VECTORS")
        .map(|path| std::fs::read_to_string(path).expect("a readable file"));
    let text = chosen.as_deref().unwrap_or(committed);
    let failed: Vec<_> = text.lines().filter(|line| !lane_agrees(line)).collect();
    assert!(failed.is_empty(), "{} lines differ: {:#?}", failed.len(), &failed[..failed.len().min(40)]);
    assert!(text.lines().count() >= 4000, "a list of this size was meant");
}
