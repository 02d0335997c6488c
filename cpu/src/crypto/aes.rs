//! AES rounds (FIPS 197) as AESE, AESD, AESMC and AESIMC divide them.

use super::{from_words, gf_inverse, words};

/// x^8 + x^4 + x^3 + x + 1.
const POLY: u8 = 0x1B;

const SBOX: [u8; 256] = sbox();
const INVERSE_SBOX: [u8; 256] = inverse_sbox();

const fn sbox() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let x = gf_inverse(i as u8, POLY);
        table[i] = x ^ x.rotate_left(1) ^ x.rotate_left(2) ^ x.rotate_left(3) ^ x.rotate_left(4) ^ 0x63;
        i += 1;
    }
    table
}

const fn inverse_sbox() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[SBOX[i] as usize] = i as u8;
        i += 1;
    }
    table
}

/// ShiftRows and SubBytes; byte `r + 4c` of the state is row r of column c.
pub(crate) fn encrypt(state: u128) -> u128 {
    let s = state.to_le_bytes();
    u128::from_le_bytes(core::array::from_fn(|i| SBOX[usize::from(s[(i + 4 * (i % 4)) % 16])]))
}

/// The inverse of [`encrypt`].
pub(crate) fn decrypt(state: u128) -> u128 {
    let s = state.to_le_bytes();
    u128::from_le_bytes(core::array::from_fn(|i| INVERSE_SBOX[usize::from(s[(i + 12 * (i % 4)) % 16])]))
}

/// MixColumns: row r of a column becomes 2 a(r) + 3 a(r+1) + a(r+2) + a(r+3), as 2 (a(r) + a(r+1)) + a(r) + all.
pub(crate) fn mix(state: u128) -> u128 {
    columns(state, |a| {
        let pairs = a ^ a.rotate_right(8);
        a ^ pairs ^ pairs.rotate_right(16) ^ double(pairs)
    })
}

/// The inverse of [`mix`]: adding 4 (a(r) + a(r+2)) to each row first makes them the same.
pub(crate) fn inverse_mix(state: u128) -> u128 {
    mix(columns(state, |a| a ^ double(double(a ^ a.rotate_right(16)))))
}

/// Each column, row 0 in the low byte, through `f`.
fn columns(state: u128, f: impl Fn(u32) -> u32) -> u128 {
    from_words(words(state).map(f))
}

/// Four elements of GF(2^8), each times x.
fn double(a: u32) -> u32 {
    ((a & 0x7F7F_7F7F) << 1) ^ ((a >> 7 & 0x0101_0101) * u32::from(POLY))
}

#[cfg(test)]
mod tests {
    use super::{SBOX, decrypt, encrypt, inverse_mix, mix};

    #[test]
    fn substitution_is_that_of_fips_197() {
        // Figure 7 of FIPS 197, corners and the worked example {53}.
        for (index, want) in [(0x00, 0x63), (0x0F, 0x76), (0xF0, 0x8C), (0xFF, 0x16), (0x53, 0xED)] {
            assert_eq!(SBOX[index], want, "S-box of {index:#x}");
        }
    }

    #[test]
    fn round_one_is_that_of_fips_197() {
        // FIPS 197 appendix B, round 1: start, after ShiftRows, after MixColumns.
        let start = u128::from_be_bytes(0x193de3be_a0f4e22b_9ac68d2a_e9f84808_u128.to_le_bytes());
        let shifted = u128::from_be_bytes(0xd4bf5d30_e0b452ae_b84111f1_1e2798e5_u128.to_le_bytes());
        let mixed = u128::from_be_bytes(0x046681e5_e0cb199a_48f8d37a_2806264c_u128.to_le_bytes());
        assert_eq!(encrypt(start), shifted);
        assert_eq!(mix(shifted), mixed);
        assert_eq!(inverse_mix(mixed), shifted);
        assert_eq!(decrypt(shifted), start);
    }
}
