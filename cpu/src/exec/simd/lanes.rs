//! A 128-bit register as lanes and back: the loops that all of `exec::simd` is made of.
//!
//! Plain loops over arrays of one width. LLVM turns them into vector instructions of the host as long as the
//! registers stay in memory, so operands come as references; by value they become pairs of 64-bit integers that
//! are taken apart lane by lane.

use bytemuck::{must_cast, must_cast_mut, must_cast_ref};

#[cfg(target_endian = "big")]
compile_error!("lanes are cast from a little-endian u128");

/// An integer type that divides a register into lanes; lane 0 is the least significant.
pub(in crate::exec) trait Lane: Copy {
    /// `out = f(a)` in every lane.
    fn each(out: &mut u128, a: &u128, f: impl FnMut(Self) -> Self);
    /// `out = f(out, a)` in every lane.
    fn accumulate(out: &mut u128, a: &u128, f: impl FnMut(Self, Self) -> Self);
    /// `out = f(a, b)` in every lane.
    fn zip(out: &mut u128, a: &u128, b: &u128, f: impl FnMut(Self, Self) -> Self);
    /// `out = f(out, a, b)` in every lane.
    fn zip3(out: &mut u128, a: &u128, b: &u128, f: impl FnMut(Self, Self, Self) -> Self);
    /// `out` from the numbers of the lanes and all lanes of `a` and `b`, those of `b` behind those of `a`.
    fn shuffle(out: &mut u128, a: &u128, b: &u128, from: impl Fn(usize) -> usize);
    /// Each lane from its number.
    fn build(f: impl FnMut(usize) -> Self) -> u128;
    /// The value in every lane.
    fn splat(self) -> u128;
    /// Lane `i` modulo the number of lanes.
    fn get(v: &u128, i: usize) -> Self;
    /// Replaces lane `i`, modulo the number of lanes.
    fn put(v: &mut u128, i: usize, value: Self);
    /// The fold of all lanes (`full`) or those of the lower half.
    fn fold(v: &u128, full: bool, f: impl Fn(Self, Self) -> Self) -> Self;
    /// Parts `regs` (2 to 4) interleaved vectors: element `i` of register `r` is element `i * regs + r` of `packed`.
    fn deinterleave(packed: &[u128; 4], regs: usize) -> [u128; 4];
    /// The inverse of [`Lane::deinterleave`] for vectors of 16 bytes, or of 8 (not `full`).
    fn interleave(parts: &[u128; 4], regs: usize, full: bool) -> [u128; 4];
}

macro_rules! lane {
    ($($t:ty, $n:literal);*) => {$(
        impl Lane for $t {
            #[inline(always)]
            fn each(out: &mut u128, a: &u128, mut f: impl FnMut(Self) -> Self) {
                let a: &[$t; $n] = must_cast_ref(a);
                let value: [$t; $n] = core::array::from_fn(|i| f(a[i]));
                *must_cast_mut::<u128, [$t; $n]>(out) = value;
            }
            #[inline(always)]
            fn accumulate(out: &mut u128, a: &u128, mut f: impl FnMut(Self, Self) -> Self) {
                let a: &[$t; $n] = must_cast_ref(a);
                let out: &mut [$t; $n] = must_cast_mut(out);
                let value: [$t; $n] = core::array::from_fn(|i| f(out[i], a[i]));
                *out = value;
            }
            #[inline(always)]
            fn zip(out: &mut u128, a: &u128, b: &u128, mut f: impl FnMut(Self, Self) -> Self) {
                let (a, b): (&[$t; $n], &[$t; $n]) = (must_cast_ref(a), must_cast_ref(b));
                let value: [$t; $n] = core::array::from_fn(|i| f(a[i], b[i]));
                *must_cast_mut::<u128, [$t; $n]>(out) = value;
            }
            #[inline(always)]
            fn zip3(out: &mut u128, a: &u128, b: &u128, mut f: impl FnMut(Self, Self, Self) -> Self) {
                let (a, b): (&[$t; $n], &[$t; $n]) = (must_cast_ref(a), must_cast_ref(b));
                let out: &mut [$t; $n] = must_cast_mut(out);
                let value: [$t; $n] = core::array::from_fn(|i| f(out[i], a[i], b[i]));
                *out = value;
            }
            #[inline(always)]
            fn shuffle(out: &mut u128, a: &u128, b: &u128, from: impl Fn(usize) -> usize) {
                let (a, b): (&[$t; $n], &[$t; $n]) = (must_cast_ref(a), must_cast_ref(b));
                let value: [$t; $n] = core::array::from_fn(|i| {
                    let at = from(i);
                    if at < $n { a[at] } else { b[at % $n] }
                });
                *must_cast_mut::<u128, [$t; $n]>(out) = value;
            }
            #[inline(always)]
            fn build(f: impl FnMut(usize) -> Self) -> u128 {
                must_cast(core::array::from_fn::<$t, $n, _>(f))
            }
            #[inline(always)]
            fn splat(self) -> u128 {
                must_cast([self; $n])
            }
            #[inline(always)]
            fn get(v: &u128, i: usize) -> Self {
                must_cast_ref::<u128, [$t; $n]>(v)[i % $n]
            }
            #[inline(always)]
            fn put(v: &mut u128, i: usize, value: Self) {
                must_cast_mut::<u128, [$t; $n]>(v)[i % $n] = value;
            }
            #[inline(always)]
            fn fold(v: &u128, full: bool, f: impl Fn(Self, Self) -> Self) -> Self {
                let lanes: &[$t; $n] = must_cast_ref(v);
                let low = lanes[1..$n / 2].iter().copied().fold(lanes[0], &f);
                if full { lanes[$n / 2..].iter().copied().fold(low, &f) } else { low }
            }
            #[inline]
            fn deinterleave(packed: &[u128; 4], regs: usize) -> [u128; 4] {
                let packed: &[$t; 4 * $n] = must_cast_ref(packed);
                let mut parts = [[0 as $t; $n]; 4];
                for (r, part) in parts.iter_mut().take(regs).enumerate() {
                    for (lane, &value) in part.iter_mut().zip(packed[r..].iter().step_by(regs)) {
                        *lane = value;
                    }
                }
                must_cast(parts)
            }
            #[inline]
            fn interleave(parts: &[u128; 4], regs: usize, full: bool) -> [u128; 4] {
                let parts: &[[$t; $n]; 4] = must_cast_ref(parts);
                let mut packed = [0 as $t; 4 * $n];
                let lanes = if full { $n } else { $n / 2 };
                for (r, part) in parts.iter().take(regs).enumerate() {
                    for (value, &lane) in packed[r..].iter_mut().step_by(regs).zip(&part[..lanes]) {
                        *value = lane;
                    }
                }
                must_cast(packed)
            }
        }
    )*};
}
lane!(u8, 16; i8, 16; u16, 8; i16, 8; u32, 4; i32, 4; u64, 2; i64, 2);

/// A lane type that has one of twice the width.
trait Narrow: Lane {
    /// The lanes of a 64-bit vector, extended.
    fn widen(out: &mut u128, half: &u64);
    /// The lanes of twice the width, cut.
    fn cut(out: &mut u64, v: &u128);
    /// The lower (`part` 0) or upper (1) halves of the lanes of twice the width of `a` and then of `b`.
    fn unzip(out: &mut u128, a: &u128, b: &u128, part: u32);
}

macro_rules! narrow {
    ($($t:ty, $wide:ty, $n:literal);*) => {$(
        impl Narrow for $t {
            #[inline(always)]
            fn widen(out: &mut u128, half: &u64) {
                let half: &[$t; $n] = must_cast_ref(half);
                *must_cast_mut::<u128, [$wide; $n]>(out) = core::array::from_fn(|i| half[i].into());
            }
            #[inline(always)]
            fn cut(out: &mut u64, v: &u128) {
                let wide: &[$wide; $n] = must_cast_ref(v);
                *must_cast_mut::<u64, [$t; $n]>(out) = core::array::from_fn(|i| wide[i] as $t);
            }
            #[inline(always)]
            fn unzip(out: &mut u128, a: &u128, b: &u128, part: u32) {
                let (a, b): (&[$wide; $n], &[$wide; $n]) = (must_cast_ref(a), must_cast_ref(b));
                let shift = part * <$t>::BITS;
                let lane = |v: &[$wide; $n], i: usize| (v[i] >> shift) as $t;
                let low: [$t; $n] = core::array::from_fn(|i| lane(a, i));
                let high: [$t; $n] = core::array::from_fn(|i| lane(b, i));
                *must_cast_mut::<u128, [[$t; $n]; 2]>(out) = [low, high];
            }
        }
    )*};
}
narrow!(u8, u16, 8; i8, i16, 8; u16, u32, 4; i16, i32, 4; u32, u64, 2; i32, i64, 2);

/// Runs an expression with `$u` and `$s` standing for the unsigned and signed type of `1 << $size` bytes.
macro_rules! by_size {
    ($size:expr, |$u:ident, $s:ident| $body:expr) => {
        match $size {
            0 => by_size!(@ u8, i8, $u, $s, $body),
            1 => by_size!(@ u16, i16, $u, $s, $body),
            2 => by_size!(@ u32, i32, $u, $s, $body),
            _ => by_size!(@ u64, i64, $u, $s, $body),
        }
    };
    (@ $tu:ty, $ts:ty, $u:ident, $s:ident, $body:expr) => {{
        #[allow(dead_code, reason = "not every body needs each type")] type $u = $tu;
        #[allow(dead_code, reason = "not every body needs each type")] type $s = $ts;
        $body
    }};
}
pub(in crate::exec) use by_size;

/// Runs an expression with types for narrow (`$u`, `$s`) and twice as wide (`$wu`, `$ws`) lanes; `$size` is 0 to 2.
macro_rules! by_narrow {
    ($size:expr, |$u:ident, $s:ident, $wu:ident, $ws:ident| $body:expr) => {
        match $size {
            0 => by_narrow!(@ u8, i8, u16, i16, $u, $s, $wu, $ws, $body),
            1 => by_narrow!(@ u16, i16, u32, i32, $u, $s, $wu, $ws, $body),
            _ => by_narrow!(@ u32, i32, u64, i64, $u, $s, $wu, $ws, $body),
        }
    };
    (@ $tu:ty, $ts:ty, $twu:ty, $tws:ty, $u:ident, $s:ident, $wu:ident, $ws:ident, $body:expr) => {{
        #[allow(dead_code, reason = "not every body needs each type")] type $u = $tu;
        #[allow(dead_code, reason = "not every body needs each type")] type $s = $ts;
        #[allow(dead_code, reason = "not every body needs each type")] type $wu = $twu;
        #[allow(dead_code, reason = "not every body needs each type")] type $ws = $tws;
        $body
    }};
}
pub(super) use by_narrow;

/// The lanes of a 64-bit vector of `1 << size` bytes each, extended to twice the width.
#[inline(never)]
pub(super) fn widen(size: u8, signed: bool, out: &mut u128, half: &u64) {
    by_narrow!(size, |U, S, WU, WS| if signed { S::widen(out, half) } else { U::widen(out, half) });
}

/// The even (`part` 0) or odd (1) lanes of `a` and then of `b`.
#[inline(never)]
pub(super) fn unzip(size: u8, part: u32, out: &mut u128, a: &u128, b: &u128) {
    match size {
        0 => u8::unzip(out, a, b, part),
        1 => u16::unzip(out, a, b, part),
        2 => u32::unzip(out, a, b, part),
        _ => u64::shuffle(out, a, b, |i| 2 * i + part as usize),
    }
}

/// The lanes of twice `1 << size` bytes, cut to `1 << size` bytes.
#[inline(never)]
pub(super) fn narrow(size: u8, v: &u128) -> u64 {
    let mut out = 0;
    by_narrow!(size, |U, S, WU, WS| U::cut(&mut out, v));
    out
}

/// Lane `index` of `v` in all lanes.
#[inline]
pub(in crate::exec) fn broadcast(size: u8, v: &u128, index: usize) -> u128 {
    by_size!(size, |U, S| U::get(v, index).splat())
}

/// The lowest `8 << size` bits; `size` is 0 to 3.
#[inline(always)]
pub(super) fn lane_mask(size: u8) -> u128 {
    (1 << (8u32 << size)) - 1
}

/// Copies a register as 16 bytes: a copy by value is two stores of 8, from which a vector load cannot be forwarded.
#[inline(always)]
pub(super) fn copy(to: &mut u128, from: &u128) {
    core::slice::from_mut(to).copy_from_slice(core::slice::from_ref(from));
}
