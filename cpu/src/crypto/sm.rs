//! SM3 (GB/T 32905) and SM4 (GB/T 32907) steps as the instructions divide them.
//!
//! Parameters are named after the registers: `d` the destination's old value, `n`, `m` and `a` the sources.

use super::{from_words, gf_inverse, words};

/// SM3SS1.
pub(crate) fn sm3ss1(n: u128, m: u128, a: u128) -> u128 {
    let top = |v: u128| (v >> 96) as u32;
    let sum = top(n).rotate_left(12).wrapping_add(top(m)).wrapping_add(top(a));
    u128::from(sum.rotate_left(7)) << 96
}

/// SM3TT1A (`f` is parity) and SM3TT1B (majority), with word `index` of `m`.
pub(crate) fn sm3tt1(d: u128, n: u128, m: u128, index: u8, f: fn(u32, u32, u32) -> u32) -> u128 {
    let [d0, d1, d2, d3] = words(d);
    let ss2 = words(n)[3] ^ d3.rotate_left(12);
    let word = words(m)[usize::from(index & 3)];
    let tt1 = f(d3, d2, d1).wrapping_add(d0).wrapping_add(ss2).wrapping_add(word);
    from_words([d1, d2.rotate_left(9), d3, tt1])
}

/// SM3TT2A (`f` is parity) and SM3TT2B (choice), with word `index` of `m`.
pub(crate) fn sm3tt2(d: u128, n: u128, m: u128, index: u8, f: fn(u32, u32, u32) -> u32) -> u128 {
    let [d0, d1, d2, d3] = words(d);
    let word = words(m)[usize::from(index & 3)];
    let tt2 = f(d3, d2, d1).wrapping_add(d0).wrapping_add(words(n)[3]).wrapping_add(word);
    let mixed = tt2 ^ tt2.rotate_left(9) ^ tt2.rotate_left(17);
    from_words([d1, d2.rotate_left(19), d3, mixed])
}

/// P1 of SM3.
fn permute1(x: u32) -> u32 {
    x ^ x.rotate_left(15) ^ x.rotate_left(23)
}

/// SM3PARTW1.
pub(crate) fn sm3partw1(d: u128, n: u128, m: u128) -> u128 {
    let x = words(d ^ n);
    let m = words(m);
    let mut out = [0; 4];
    for i in 0..3 {
        out[i] = permute1(x[i] ^ m[i + 1].rotate_left(15));
    }
    out[3] = permute1(x[3] ^ out[0].rotate_left(15));
    from_words(out)
}

/// SM3PARTW2.
pub(crate) fn sm3partw2(d: u128, n: u128, m: u128) -> u128 {
    let t = from_words(words(m).map(|x| x.rotate_left(7))) ^ n;
    let last = permute1((t as u32).rotate_left(15));
    d ^ t ^ u128::from(last) << 96
}

/// x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1.
const POLY: u8 = 0xF5;

const SBOX: [u8; 256] = sbox();

const fn sbox() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = affine(gf_inverse(affine(i as u8), POLY));
        i += 1;
    }
    table
}

/// x times the circulant matrix of SM4 plus its constant: bit i is the parity of x under a rotated row.
const fn affine(x: u8) -> u8 {
    let mut out = 0;
    let mut i = 0;
    while i < 8 {
        let row = 0xA7u8.rotate_left(i);
        out |= (((row & x).count_ones() & 1) as u8) << i;
        i += 1;
    }
    out ^ 0xD3
}

/// Four rounds of SM4: SM4E with [`encrypt_mix`], SM4EKEY with [`key_mix`].
pub(crate) fn sm4(state: u128, keys: u128, mix: fn(u32) -> u32) -> u128 {
    let mut x = words(state);
    for key in words(keys) {
        let t = (x[1] ^ x[2] ^ x[3] ^ key).to_le_bytes().map(|b| SBOX[usize::from(b)]);
        x = [x[1], x[2], x[3], x[0] ^ mix(u32::from_le_bytes(t))];
    }
    from_words(x)
}

/// L of SM4.
pub(crate) fn encrypt_mix(x: u32) -> u32 {
    x ^ x.rotate_left(2) ^ x.rotate_left(10) ^ x.rotate_left(18) ^ x.rotate_left(24)
}

/// L' of SM4, for the key schedule.
pub(crate) fn key_mix(x: u32) -> u32 {
    x ^ x.rotate_left(13) ^ x.rotate_left(23)
}

#[cfg(test)]
mod tests {
    use super::SBOX;

    #[test]
    fn substitution_is_that_of_the_standard() {
        assert_eq!(SBOX[..8], [0xD6, 0x90, 0xE9, 0xFE, 0xCC, 0xE1, 0x3D, 0xB7]);
        assert_eq!(SBOX[0xFF], 0x48);
    }
}
