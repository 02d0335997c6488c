//! The arithmetic of the cryptographic instructions on whole registers; called by `exec::simd::crypto`.
//!
//! Written for clarity after FIPS 197, FIPS 180-4, GB/T 32905 and GB/T 32907 with the operand order of the
//! Arm reference (C7.2). Nothing here is constant-time: guests run for their owner, under a debugger.

pub(crate) mod aes;
pub(crate) mod sha;
pub(crate) mod sm;

/// A product in GF(2^8) modulo `poly`, whose term x^8 is implied.
const fn gf_mul(a: u8, b: u8, poly: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0);
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = a << 1 ^ if a & 0x80 == 0 { 0 } else { poly };
        b >>= 1;
    }
    product
}

/// The inverse in GF(2^8) modulo `poly`, zero for zero: the 254th power.
const fn gf_inverse(a: u8, poly: u8) -> u8 {
    let mut power = 1;
    let mut i = 0;
    while i < 254 {
        power = gf_mul(power, a, poly);
        i += 1;
    }
    power
}

/// The words of a register, the least significant first.
fn words(v: u128) -> [u32; 4] {
    core::array::from_fn(|i| (v >> (32 * i)) as u32)
}

/// The register made of four words.
fn from_words(w: [u32; 4]) -> u128 {
    w.iter().rev().fold(0, |acc, &word| acc << 32 | u128::from(word))
}
