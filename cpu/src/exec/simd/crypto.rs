//! The cryptographic instructions: operands in, `crate::crypto` does the work.

use super::{reg, set};
use crate::crypto::{aes, sha, sm};
use crate::decode::simd::{Crypto, SimdInsn};
use crate::state::State;

/// Executes one operation of the class.
#[rustfmt::skip]
pub(super) fn run(op: Crypto, insn: &SimdInsn, st: &mut State) {
    use Crypto::*;
    let (d, n, m) = (*reg(st, insn.rd), *reg(st, insn.rn), *reg(st, insn.rm));
    let a = *reg(st, insn.imm);
    let value = match op {
        Aese => aes::encrypt(d ^ n),
        Aesd => aes::decrypt(d ^ n),
        Aesmc => aes::mix(n),
        Aesimc => aes::inverse_mix(n),
        Sha1c => sha::sha1(d, n as u32, m, sha::choose),
        Sha1p => sha::sha1(d, n as u32, m, sha::parity),
        Sha1m => sha::sha1(d, n as u32, m, sha::majority),
        Sha1h => u128::from((n as u32).rotate_left(30)),
        Sha1su0 => sha::sha1su0(d, n, m),
        Sha1su1 => sha::sha1su1(d, n),
        Sha256h => sha::sha256(d, n, m).0,
        Sha256h2 => sha::sha256(n, d, m).1,
        Sha256su0 => sha::sha256su0(d, n),
        Sha256su1 => sha::sha256su1(d, n, m),
        Sha512h => sha::sha512h(d, n, m),
        Sha512h2 => sha::sha512h2(d, n, m),
        Sha512su0 => sha::sha512su0(d, n),
        Sha512su1 => sha::sha512su1(d, n, m),
        Eor3 => n ^ m ^ a,
        Bcax => n ^ m & !a,
        Rax1 => n ^ lanes64(m, |x| x.rotate_left(1)),
        Xar => lanes64(n ^ m, |x| x.rotate_right(insn.imm.into())),
        Sm3ss1 => sm::sm3ss1(n, m, a),
        Sm3tt1a => sm::sm3tt1(d, n, m, insn.imm, sha::parity),
        Sm3tt1b => sm::sm3tt1(d, n, m, insn.imm, sha::majority),
        Sm3tt2a => sm::sm3tt2(d, n, m, insn.imm, sha::parity),
        Sm3tt2b => sm::sm3tt2(d, n, m, insn.imm, sha::choose),
        Sm3partw1 => sm::sm3partw1(d, n, m),
        Sm3partw2 => sm::sm3partw2(d, n, m),
        Sm4e => sm::sm4(d, n, sm::encrypt_mix),
        Sm4ekey => sm::sm4(n, m, sm::key_mix),
    };
    set(st, insn.rd, value);
}

/// Both doublewords through `f`.
fn lanes64(v: u128, f: impl Fn(u64) -> u64) -> u128 {
    u128::from(f((v >> 64) as u64)) << 64 | u128::from(f(v as u64))
}
