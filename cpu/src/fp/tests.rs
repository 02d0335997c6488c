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
