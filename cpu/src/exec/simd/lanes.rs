//! A 128-bit register as lanes and back: the loops that all of `exec::simd` is made of.
//!
//! Plain loops over arrays of one width, which LLVM turns into vector instructions of the host.

use bytemuck::must_cast;

#[cfg(target_endian = "big")]
compile_error!("lanes are cast from a little-endian u128");

/// An integer type that divides a register into lanes; lane 0 is the least significant.
pub(super) trait Lane: Copy {
    /// Every lane through `f`.
    fn map(a: u128, f: impl FnMut(Self) -> Self) -> u128;
    /// Every pair of lanes through `f`.
    fn map2(a: u128, b: u128, f: impl FnMut(Self, Self) -> Self) -> u128;
    /// Every triple of lanes through `f`.
    fn map3(a: u128, b: u128, c: u128, f: impl FnMut(Self, Self, Self) -> Self) -> u128;
    /// Each lane from its number.
    fn build(f: impl FnMut(usize) -> Self) -> u128;
    /// The value in every lane.
    fn splat(self) -> u128;
    /// Lane `i` modulo the number of lanes.
    fn get(v: u128, i: usize) -> Self;
    /// `v` with lane `i` (modulo the number of lanes) replaced.
    fn put(v: u128, i: usize, value: Self) -> u128;
    /// The fold of the first `n` lanes, at least one.
    fn fold(v: u128, n: usize, f: impl FnMut(Self, Self) -> Self) -> Self;
}

macro_rules! lane {
    ($($t:ty, $n:literal);*) => {$(
        impl Lane for $t {
            #[inline(always)]
            fn map(a: u128, f: impl FnMut(Self) -> Self) -> u128 {
                must_cast(must_cast::<u128, [$t; $n]>(a).map(f))
            }
            #[inline(always)]
            fn map2(a: u128, b: u128, mut f: impl FnMut(Self, Self) -> Self) -> u128 {
                let mut a: [$t; $n] = must_cast(a);
                let b: [$t; $n] = must_cast(b);
                for i in 0..$n {
                    a[i] = f(a[i], b[i]);
                }
                must_cast(a)
            }
            #[inline(always)]
            fn map3(a: u128, b: u128, c: u128, mut f: impl FnMut(Self, Self, Self) -> Self) -> u128 {
                let mut a: [$t; $n] = must_cast(a);
                let b: [$t; $n] = must_cast(b);
                let c: [$t; $n] = must_cast(c);
                for i in 0..$n {
                    a[i] = f(a[i], b[i], c[i]);
                }
                must_cast(a)
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
            fn get(v: u128, i: usize) -> Self {
                must_cast::<u128, [$t; $n]>(v)[i % $n]
            }
            #[inline(always)]
            fn put(v: u128, i: usize, value: Self) -> u128 {
                let mut lanes: [$t; $n] = must_cast(v);
                lanes[i % $n] = value;
                must_cast(lanes)
            }
            #[inline(always)]
            fn fold(v: u128, n: usize, f: impl FnMut(Self, Self) -> Self) -> Self {
                let lanes: [$t; $n] = must_cast(v);
                lanes[1..n].iter().copied().fold(lanes[0], f)
            }
        }
    )*};
}
lane!(u8, 16; i8, 16; u16, 8; i16, 8; u32, 4; i32, 4; u64, 2; i64, 2);

/// Runs an expression with `$u` and `$s` standing for the unsigned and signed type of `1 << $size` bytes.
macro_rules! by_size {
    ($size:expr, |$u:ident, $s:ident| $body:expr) => {
        match $size {
            0 => {
                #[allow(dead_code, reason = "not every body needs both")]
                type $u = u8;
                #[allow(dead_code, reason = "same")]
                type $s = i8;
                $body
            }
            1 => {
                #[allow(dead_code, reason = "not every body needs both")]
                type $u = u16;
                #[allow(dead_code, reason = "same")]
                type $s = i16;
                $body
            }
            2 => {
                #[allow(dead_code, reason = "not every body needs both")]
                type $u = u32;
                #[allow(dead_code, reason = "same")]
                type $s = i32;
                $body
            }
            _ => {
                #[allow(dead_code, reason = "not every body needs both")]
                type $u = u64;
                #[allow(dead_code, reason = "same")]
                type $s = i64;
                $body
            }
        }
    };
}
pub(super) use by_size;

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
        #[allow(dead_code, reason = "not every body needs all four")] type $u = $tu;
        #[allow(dead_code, reason = "same")] type $s = $ts;
        #[allow(dead_code, reason = "same")] type $wu = $twu;
        #[allow(dead_code, reason = "same")] type $ws = $tws;
        $body
    }};
}
pub(super) use by_narrow;

/// The lanes of a 64-bit vector of `1 << size` bytes each, extended to twice the width.
#[inline]
pub(super) fn widen(size: u8, signed: bool, half: u64) -> u128 {
    let v = u128::from(half);
    by_narrow!(size, |U, S, WU, WS| if signed {
        WS::build(|i| WS::from(S::get(v, i)))
    } else {
        WU::build(|i| WU::from(U::get(v, i)))
    })
}

/// The lanes of twice `1 << size` bytes, cut to `1 << size` bytes.
#[inline]
pub(super) fn narrow(size: u8, v: u128) -> u64 {
    by_narrow!(size, |U, S, WU, WS| {
        let mut out = 0u128;
        for i in 0..8 / size_of::<U>() {
            out = U::put(out, i, WU::get(v, i) as U);
        }
        out as u64
    })
}

/// Lane `index` of `v` in all lanes.
#[inline]
pub(super) fn broadcast(size: u8, v: u128, index: usize) -> u128 {
    by_size!(size, |U, S| U::get(v, index).splat())
}

/// The lowest `8 << size` bits; `size` is 0 to 3.
#[inline(always)]
pub(super) fn lane_mask(size: u8) -> u128 {
    (1 << (8u32 << size)) - 1
}
