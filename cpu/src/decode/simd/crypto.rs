//! Decoding of the cryptographic extensions: AES, SHA-1, SHA-2, SHA-512, SHA-3, SM3, SM4.

use super::{Crypto, Op, Shape, SimdInsn, bits};

fn insn(word: u32, op: Crypto) -> SimdInsn {
    SimdInsn::new(word, Op::Crypto(op), 0, Shape::Q)
}

/// "Cryptographic AES"; the size field has been seen to be zero.
pub(super) fn aes(word: u32) -> Option<SimdInsn> {
    let op = match bits(word, 12, 5) {
        0b00100 => Crypto::Aese,
        0b00101 => Crypto::Aesd,
        0b00110 => Crypto::Aesmc,
        0b00111 => Crypto::Aesimc,
        _ => return None,
    };
    Some(insn(word, op))
}

/// "Cryptographic three-register SHA".
pub(super) fn sha_three(word: u32) -> Option<SimdInsn> {
    let op = match bits(word, 12, 3) {
        0 => Crypto::Sha1c,
        1 => Crypto::Sha1p,
        2 => Crypto::Sha1m,
        3 => Crypto::Sha1su0,
        4 => Crypto::Sha256h,
        5 => Crypto::Sha256h2,
        6 => Crypto::Sha256su1,
        _ => return None,
    };
    Some(insn(word, op))
}

/// "Cryptographic two-register SHA".
pub(super) fn sha_two(word: u32) -> Option<SimdInsn> {
    let op = match bits(word, 12, 5) {
        0 => Crypto::Sha1h,
        1 => Crypto::Sha1su1,
        2 => Crypto::Sha256su0,
        _ => return None,
    };
    Some(insn(word, op))
}

/// Everything whose upper byte is 0xCE: SHA-512, SHA-3, SM3 and SM4.
pub(super) fn modern(word: u32) -> Option<SimdInsn> {
    let ra = bits(word, 10, 5) as u8;
    match bits(word, 21, 3) {
        op @ 0..=2 if word >> 15 & 1 == 0 => {
            let name = [Crypto::Eor3, Crypto::Bcax, Crypto::Sm3ss1][op as usize];
            Some(SimdInsn { imm: ra, ..insn(word, name) })
        }
        0b010 if bits(word, 14, 2) == 0b10 => {
            let name = [Crypto::Sm3tt1a, Crypto::Sm3tt1b, Crypto::Sm3tt2a, Crypto::Sm3tt2b]
                [bits(word, 10, 2) as usize];
            Some(SimdInsn { imm: bits(word, 12, 2) as u8, ..insn(word, name) })
        }
        0b011 => sha512_three(word),
        0b100 => Some(SimdInsn { imm: bits(word, 10, 6) as u8, ..insn(word, Crypto::Xar) }),
        0b110 if bits(word, 12, 9) == 0b0_0000_1000 => match bits(word, 10, 2) {
            0 => Some(insn(word, Crypto::Sha512su0)),
            1 => Some(insn(word, Crypto::Sm4e)),
            _ => None,
        },
        _ => None,
    }
}

fn sha512_three(word: u32) -> Option<SimdInsn> {
    if word >> 15 & 1 == 0 || bits(word, 12, 2) != 0 {
        return None;
    }
    let op = match bits(word, 14, 1) << 2 | bits(word, 10, 2) {
        0 => Crypto::Sha512h,
        1 => Crypto::Sha512h2,
        2 => Crypto::Sha512su1,
        3 => Crypto::Rax1,
        4 => Crypto::Sm3partw1,
        5 => Crypto::Sm3partw2,
        6 => Crypto::Sm4ekey,
        _ => return None,
    };
    Some(insn(word, op))
}
