//! SHA-1, SHA-256 and SHA-512 steps (FIPS 180-4) as the instructions divide them.
//!
//! Parameters are named after the registers: `d` the destination's old value, `n` and `m` the sources.

use super::{from_words, words};

/// Ch: bits of `y` where `x` is one, else of `z`.
pub(crate) fn choose(x: u32, y: u32, z: u32) -> u32 {
    (y ^ z) & x ^ z
}

/// Parity: the sum modulo two.
pub(crate) fn parity(x: u32, y: u32, z: u32) -> u32 {
    x ^ y ^ z
}

/// Maj: the more frequent bit.
pub(crate) fn majority(x: u32, y: u32, z: u32) -> u32 {
    x & y | (x | y) & z
}

/// Four steps of SHA-1: SHA1C, SHA1P and SHA1M by `f`. `abcd` has A in the lowest word; `w` are the
/// schedule words with the constant added.
pub(crate) fn sha1(abcd: u128, e: u32, w: u128, f: fn(u32, u32, u32) -> u32) -> u128 {
    let [mut a, mut b, mut c, mut d] = words(abcd);
    let mut e = e;
    for word in words(w) {
        let next = a.rotate_left(5).wrapping_add(f(b, c, d)).wrapping_add(e).wrapping_add(word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    from_words([a, b, c, d])
}

/// SHA1SU0.
pub(crate) fn sha1su0(d: u128, n: u128, m: u128) -> u128 {
    (n << 64 | d >> 64) ^ d ^ m
}

/// SHA1SU1.
pub(crate) fn sha1su1(d: u128, n: u128) -> u128 {
    let t = words(d ^ n >> 32);
    let mut out = t.map(|x| x.rotate_left(1));
    out[3] ^= t[0].rotate_left(2);
    from_words(out)
}

fn big_sigma0(x: u32) -> u32 {
    x.rotate_right(2) ^ x.rotate_right(13) ^ x.rotate_right(22)
}

fn big_sigma1(x: u32) -> u32 {
    x.rotate_right(6) ^ x.rotate_right(11) ^ x.rotate_right(25)
}

/// Four steps of SHA-256 on A..D and E..H, the first letter in the lowest word; SHA256H is the first part of
/// the result, SHA256H2 the second.
pub(crate) fn sha256(abcd: u128, efgh: u128, w: u128) -> (u128, u128) {
    let [mut a, mut b, mut c, mut d] = words(abcd);
    let [mut e, mut f, mut g, mut h] = words(efgh);
    for word in words(w) {
        let t = h.wrapping_add(big_sigma1(e)).wrapping_add(choose(e, f, g)).wrapping_add(word);
        let next = t.wrapping_add(big_sigma0(a)).wrapping_add(majority(a, b, c));
        (a, b, c, d, e, f, g, h) = (next, a, b, c, d.wrapping_add(t), e, f, g);
    }
    (from_words([a, b, c, d]), from_words([e, f, g, h]))
}

/// SHA256SU0.
pub(crate) fn sha256su0(d: u128, n: u128) -> u128 {
    let old = words(d);
    let next = words(n << 96 | d >> 32);
    from_words(core::array::from_fn(|i| {
        let x = next[i];
        old[i].wrapping_add(x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3)
    }))
}

/// SHA256SU1.
pub(crate) fn sha256su1(d: u128, n: u128, m: u128) -> u128 {
    let sigma = |x: u32| x.rotate_right(17) ^ x.rotate_right(19) ^ x >> 10;
    let old = words(d);
    let addend = words(m << 96 | n >> 32);
    let last = words(m);
    let mut out = [0; 4];
    for i in 0..4 {
        let source = if i < 2 { last[i + 2] } else { out[i - 2] };
        out[i] = sigma(source).wrapping_add(old[i]).wrapping_add(addend[i]);
    }
    from_words(out)
}

fn halves(v: u128) -> (u64, u64) {
    (v as u64, (v >> 64) as u64)
}

fn from_halves(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// SHA512H.
pub(crate) fn sha512h(d: u128, n: u128, m: u128) -> u128 {
    let sigma = |x: u64| x.rotate_right(14) ^ x.rotate_right(18) ^ x.rotate_right(41);
    let ch = |x: u64, y: u64, z: u64| (y ^ z) & x ^ z;
    let ((w0, w1), (x0, x1), (y0, y1)) = (halves(d), halves(n), halves(m));
    let high = ch(y1, x0, x1).wrapping_add(sigma(y1)).wrapping_add(w1);
    let t = high.wrapping_add(y0);
    let low = ch(t, y1, x0).wrapping_add(sigma(t)).wrapping_add(w0);
    from_halves(low, high)
}

/// SHA512H2.
pub(crate) fn sha512h2(d: u128, n: u128, m: u128) -> u128 {
    let sigma = |x: u64| x.rotate_right(28) ^ x.rotate_right(34) ^ x.rotate_right(39);
    let maj = |x: u64, y: u64, z: u64| x & y | (x | y) & z;
    let ((w0, w1), (x0, _), (y0, y1)) = (halves(d), halves(n), halves(m));
    let high = maj(x0, y1, y0).wrapping_add(sigma(y0)).wrapping_add(w1);
    let low = maj(high, y0, y1).wrapping_add(sigma(high)).wrapping_add(w0);
    from_halves(low, high)
}

/// SHA512SU0.
pub(crate) fn sha512su0(d: u128, n: u128) -> u128 {
    let sigma = |x: u64| x.rotate_right(1) ^ x.rotate_right(8) ^ x >> 7;
    let ((w0, w1), (x0, _)) = (halves(d), halves(n));
    from_halves(w0.wrapping_add(sigma(w1)), w1.wrapping_add(sigma(x0)))
}

/// SHA512SU1.
pub(crate) fn sha512su1(d: u128, n: u128, m: u128) -> u128 {
    let sigma = |x: u64| x.rotate_right(19) ^ x.rotate_right(61) ^ x >> 6;
    let ((w0, w1), (x0, x1), (y0, y1)) = (halves(d), halves(n), halves(m));
    let lane = |w: u64, x, y| w.wrapping_add(sigma(x)).wrapping_add(y);
    from_halves(lane(w0, x0, y0), lane(w1, x1, y1))
}
