//! AES rounds (FIPS 197) as AESE, AESD, AESMC and AESIMC divide them.

use super::{gf_inverse, gf_mul};

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

/// MixColumns.
pub(crate) fn mix(state: u128) -> u128 {
    columns(state, [2, 3, 1, 1])
}

/// The inverse of [`mix`].
pub(crate) fn inverse_mix(state: u128) -> u128 {
    columns(state, [14, 11, 13, 9])
}

/// Each column times the circulant matrix whose first row is `row`.
fn columns(state: u128, row: [u8; 4]) -> u128 {
    let s = state.to_le_bytes();
    u128::from_le_bytes(core::array::from_fn(|i| {
        let column = &s[i & !3..][..4];
        (0..4).fold(0, |acc, k| acc ^ gf_mul(column[(i + k) % 4], row[k], POLY))
    }))
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
