//! Speed of each instruction class beside qemu-aarch64: a loop of instructions of one class, run by both, and the ratio.
//!
//! `cargo bench --bench classes [-- PART-OF-A-NAME]`. A class slower than [`LIMIT`] times qemu fails the run. Times come
//! in processor seconds, which other work on the machine disturbs less than the clock's, and without those of starting up.

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::command::{binary, run, run_with, target_dir};
use support::need::Need;

/// How many times slower than qemu a class may be.
const LIMIT: f64 = 20.0;

/// Instructions of a loop body: the lines of a class, repeated.
const BODY: usize = 32;

/// A run is long enough if the loop takes so many processor seconds.
const ENOUGH: f64 = 0.12;

/// Runs of each command; the fastest counts.
const TRIES: u32 = 3;

/// Classes: a name, and a body whose lines depend on one another, so that a translator cannot leave them out.
///
/// Registers at the start: x0 rounds, x1 a buffer of 64 KiB, x2 to x15 various numbers, x16 an index of 24; vectors
/// v0 to v7 ones in the format of the class (see [`FORMATS`]), v8 to v31 bytes. Bodies keep x0, x1, x16 to x18 and x30.
#[rustfmt::skip]
const CLASSES: &[(&str, char, &str)] = &[
    ("integer ALU", 'd', "add x2, x2, x3; eor x4, x4, x2; sub w5, w5, w4; orr x6, x6, x5; and x3, x6, #0xff00ff00ff00ff"),
    ("integer ALU with flags", 'd', "adds x2, x2, x3; adcs x4, x4, x2; csel x5, x4, x5, lt; ccmp x5, x2, #3, ne; csinc w6, w5, w6, hi; sbcs x3, x3, x6"),
    ("shifted register", 'd', "add x2, x2, x3, lsl #3; eor x4, x4, x2, ror #7; sub w5, w5, w4, asr #2; bic x3, x6, x5, lsr #9; orn x6, x6, x3, lsl #1"),
    ("extended register", 'd', "add x2, x2, w3, uxtw #2; sub x4, x4, w2, sxth; adds x5, x4, w2, sxtb #1; add x3, x5, x4, sxtx #3"),
    ("variable shift", 'd', "lsl x2, x2, x3; ror x4, x4, x2; asr w5, w4, w3; lsr x6, x5, x4; add x2, x2, x6"),
    ("bitfield", 'd', "ubfx x2, x4, #3, #40; sbfx x3, x2, #5, #30; bfi x4, x3, #7, #20; extr x5, x4, x2, #11; bfxil w4, w5, #4, #9"),
    ("bit counts and reversals", 'd', "clz x2, x4; cls x3, x5; rbit x4, x4; rev x5, x4; rev16 w5, w5; add x4, x4, x2"),
    ("multiply", 'd', "mul x2, x2, x3; madd x4, x2, x3, x4; smull x5, w4, w2; umulh x3, x5, x4; msub w2, w3, w5, w2"),
    ("divide", 'd', "udiv x2, x4, x3; sdiv x5, x6, x2; udiv w3, w7, w8; sdiv w2, w9, w10"),
    ("CRC32", 'd', "crc32b w2, w2, w3; crc32cx w3, w2, x4; crc32w w4, w3, w2; crc32ch w5, w4, w3"),
    ("load 8 and 16 bits", 'd', "ldrb w2, [x1, #3]; ldrsb x3, [x1, #5]; ldrh w4, [x1, #8]; ldrsh w5, [x1, #18]"),
    ("load 32 bits", 'd', "ldr w2, [x1, #4]; ldrsw x3, [x1, #8]; ldur w4, [x1, #13]; ldr s30, [x1, #16]"),
    ("load 64 bits", 'd', "ldr x2, [x1, #8]; ldr x3, [x1, #16]; ldur x4, [x1, #29]; ldr d30, [x1, #32]"),
    ("load 128 bits", 'd', "ldr q2, [x1, #16]; ldr q3, [x1, #32]; ldur q4, [x1, #71]; ldr q5, [x1]"),
    ("store 8 and 16 bits", 'd', "strb w2, [x1, #3]; strh w3, [x1, #8]; strb w4, [x1, #4]; strh w5, [x1, #18]"),
    ("store 32 bits", 'd', "str w2, [x1, #4]; str w3, [x1, #8]; stur w4, [x1, #13]; str s30, [x1, #16]"),
    ("store 64 bits", 'd', "str x2, [x1, #8]; str x3, [x1, #16]; stur x4, [x1, #29]; str d30, [x1, #32]"),
    ("store 128 bits", 'd', "str q2, [x1, #16]; str q3, [x1, #32]; stur q4, [x1, #71]; str q5, [x1]"),
    ("register offsets", 'd', "ldr x2, [x1, x16]; ldr w3, [x1, w16, uxtw #2]; ldrb w4, [x1, w16, sxtw]; str x5, [x1, x16, lsl #3]; ldr q6, [x1, x16, lsl #4]"),
    ("pre- and post-index", 'd', "ldr x2, [x1], #16; str x3, [x1, #8]!; ldrb w4, [x1, #-16]!; str q5, [x1], #-8"),
    ("register pairs", 'd', "ldp x2, x3, [x1, #16]; stp x4, x5, [x1, #32]; ldp w6, w7, [x1, #48]; stp x2, x3, [x1, #64]!; ldpsw x8, x9, [x1], #-64"),
    ("vector pairs", 'd', "ldp q2, q3, [x1, #32]; stp q4, q5, [x1, #64]; ldp d6, d7, [x1, #96]; stp s2, s3, [x1, #128]"),
    ("exclusives", 'd', "ldxr x2, [x1]; stxr w3, x4, [x1]; ldaxr w5, [x1]; stlxr w6, w7, [x1]; ldxp x8, x9, [x1]; stxp w10, x11, x12, [x1]"),
    ("acquire and release", 'd', "ldar x2, [x1]; stlr x3, [x1]; ldapr w4, [x1]; ldarb w5, [x1]; stlurh w6, [x1, #2]"),
    ("atomics (LSE)", 'd', "ldadd x2, x3, [x1]; swpal w4, w5, [x1]; ldumaxa x6, x7, [x1]; ldset w8, w9, [x1]; stclr x10, [x1]"),
    ("compare and swap", 'd', "cas x2, x3, [x1]; casal w4, w5, [x1]; casp x6, x7, x8, x9, [x1]; casb w10, w11, [x1]"),
    ("branches, taken", 'd', "b 9f; 9: cbz xzr, 8f; 8: tbz wzr, #3, 7f; 7: b.al 6f; 6:"),
    ("branches, not taken", 'd', "cbnz xzr, 9f; 9: tbnz wzr, #3, 8f; 8: cmp x0, #0; b.eq 7f; 7:"),
    ("branches by register", 'd', "adr x2, 9f; br x2; 9: adr x3, 8f; br x3; 8:"),
    ("call and return", 'd', "bl leaf; bl leaf"),
    ("FP arithmetic, double", 'd', "fadd d8, d0, d1; fmul d9, d8, d2; fsub d10, d9, d8; fneg d11, d10; fabs d12, d11; fadd d0, d12, d3"),
    ("FP arithmetic, single", 's', "fadd s8, s0, s1; fmul s9, s8, s2; fsub s10, s9, s8; fneg s11, s10; fabs s12, s11; fadd s0, s12, s3"),
    ("FP arithmetic, half", 'h', "fadd h8, h0, h1; fmul h9, h8, h2; fsub h10, h9, h8; fneg h11, h10; fabs h12, h11; fadd h0, h12, h3"),
    ("FP divide and square root", 'd', "fdiv d8, d0, d1; fsqrt d9, d8; fdiv s10, s20, s21; fsqrt s11, s20"),
    ("FP fused multiply-add", 'd', "fmadd d8, d0, d1, d2; fmsub d9, d8, d2, d3; fnmadd d10, d9, d1, d0; fnmsub d11, d10, d1, d2"),
    ("FP fused multiply-add, single", 's', "fmadd s8, s0, s1, s2; fmsub s9, s8, s2, s3; fnmadd s10, s9, s1, s0; fnmsub s11, s10, s1, s2"),
    ("FP fused multiply-add, half", 'h', "fmadd h8, h0, h1, h2; fmsub h9, h8, h2, h3; fnmadd h10, h9, h1, h0; fnmsub h11, h10, h1, h2"),
    ("FP min, max", 'd', "fmax d8, d0, d1; fminnm d9, d8, d2; fmaxnm d10, d9, d3; fmin d11, d10, d1"),
    ("FP compare and select", 'd', "fcmp d0, d1; fcsel d8, d2, d3, gt; fccmp d8, d1, #4, ne; fcmpe d2, #0.0; fcsel d9, d8, d1, mi"),
    ("FP convert, to and from integers", 'd', "fcvtzs x2, d0; scvtf d8, x2; fcvtau w3, d8; ucvtf d9, w3; fcvtms x4, d9; fcvtzs w5, d0, #5"),
    ("FP convert, between formats", 'd', "fcvt s8, d0; fcvt d9, s8; fcvt h10, d9; fcvt s11, h10; fcvt h12, s11"),
    ("FP round to integral", 'd', "frintn d8, d0; frintm d9, d1; frintx d10, d2; frinta s11, s20; frint32z d12, d3"),
    ("SIMD integer add, logic", 'd', "add v8.4s, v8.4s, v9.4s; eor v9.16b, v9.16b, v8.16b; sub v10.8h, v10.8h, v9.8h; bsl v11.16b, v10.16b, v8.16b; add v12.2d, v12.2d, v11.2d"),
    ("SIMD integer multiply", 'd', "mul v8.4s, v8.4s, v9.4s; mla v9.8h, v8.8h, v10.8h; umull v10.2d, v9.2s, v8.2s; smlal2 v11.4s, v10.8h, v9.8h; mul v12.16b, v11.16b, v8.16b"),
    ("SIMD compare, min, max", 'd', "cmgt v8.4s, v9.4s, v10.4s; umax v9.16b, v9.16b, v8.16b; smin v10.8h, v9.8h, v11.8h; cmeq v11.16b, v10.16b, #0; uabd v12.16b, v11.16b, v9.16b"),
    ("SIMD saturating", 'd', "sqadd v8.4s, v8.4s, v9.4s; uqsub v9.16b, v9.16b, v8.16b; sqdmulh v10.8h, v9.8h, v8.8h; sqrdmlah v11.4s, v10.4s, v9.4s; sqxtn v12.4h, v11.4s"),
    ("SIMD shifts", 'd', "shl v8.4s, v9.4s, #3; ushr v9.8h, v8.8h, #2; sshl v10.16b, v9.16b, v8.16b; usra v11.2d, v10.2d, #7; rshrn v12.8b, v11.8h, #3; sli v9.4s, v12.4s, #5"),
    ("SIMD widening, narrowing", 'd', "uaddl v8.8h, v9.8b, v10.8b; saddw2 v9.4s, v8.4s, v10.8h; xtn v10.4h, v9.4s; uabal v11.8h, v10.8b, v9.8b; addhn v12.8b, v11.8h, v8.8h"),
    ("SIMD pairwise, across, counts", 'd', "addp v8.4s, v9.4s, v10.4s; addv s9, v8.4s; umaxv b10, v9.16b; cnt v11.16b, v10.16b; uaddlp v12.8h, v11.16b; saddlv d9, v12.4s"),
    ("SIMD moves", 'd', "dup v8.4s, w2; ins v8.h[3], w3; umov w4, v8.b[5]; ins v9.s[1], v8.s[2]; dup v10.8h, v9.h[3]; movi v11.4s, #7, msl #8"),
    ("SIMD permute (ZIP, UZP, TRN, EXT, REV)", 'd', "zip1 v8.16b, v8.16b, v9.16b; uzp2 v9.8h, v8.8h, v10.8h; trn1 v10.4s, v9.4s, v8.4s; ext v11.16b, v10.16b, v9.16b, #5; rev64 v12.8h, v11.8h"),
    ("SIMD table lookup", 'd', "tbl v8.16b, {v9.16b}, v10.16b; tbl v10.16b, {v16.16b-v19.16b}, v11.16b; tbx v11.16b, {v17.16b, v18.16b}, v12.16b"),
    ("SIMD FP arithmetic, double", 'd', "fadd v8.2d, v0.2d, v1.2d; fmul v9.2d, v8.2d, v2.2d; fsub v10.2d, v9.2d, v8.2d; fmla v11.2d, v10.2d, v1.2d; fabs v0.2d, v9.2d"),
    ("SIMD FP arithmetic, single", 's', "fadd v8.4s, v0.4s, v1.4s; fmul v9.4s, v8.4s, v2.4s; fsub v10.4s, v9.4s, v8.4s; fmla v11.4s, v10.4s, v1.4s; fabs v0.4s, v1.4s"),
    ("SIMD FP arithmetic, half", 'h', "fadd v8.8h, v0.8h, v1.8h; fmul v9.8h, v8.8h, v2.8h; fsub v10.8h, v9.8h, v8.8h; fmla v11.8h, v10.8h, v1.8h; fabs v0.8h, v1.8h"),
    ("SIMD FP divide, square root, estimates", 's', "fdiv v8.4s, v0.4s, v1.4s; fsqrt v9.4s, v8.4s; frecpe v10.4s, v0.4s; frsqrts v11.4s, v10.4s, v9.4s; fdiv v12.2d, v22.2d, v23.2d"),
    ("SIMD FP compare, min, max", 's', "fcmgt v8.4s, v0.4s, v1.4s; fmax v9.4s, v0.4s, v1.4s; fminnm v10.4s, v9.4s, v2.4s; facge v11.4s, v10.4s, v3.4s; fmaxp v12.4s, v10.4s, v9.4s"),
    ("SIMD FP convert", 's', "fcvtzs v8.4s, v0.4s; scvtf v9.4s, v8.4s; fcvtl v10.2d, v9.2s; fcvtn v11.2s, v10.2d; frintn v12.4s, v9.4s"),
    ("SIMD complex (FCMA)", 's', "fcadd v8.4s, v0.4s, v1.4s, #90; fcmla v9.4s, v8.4s, v2.4s, #0; fcmla v10.4s, v9.4s, v3.4s, #90; fcadd v11.2d, v22.2d, v23.2d, #270"),
    ("DotProd, I8MM", 'd', "sdot v8.4s, v9.16b, v10.16b; udot v9.4s, v8.16b, v10.4b[1]; ummla v10.4s, v9.16b, v8.16b; usdot v11.4s, v10.16b, v9.16b"),
    ("BF16", 's', "bfdot v8.4s, v0.8h, v1.8h; bfmmla v9.4s, v2.8h, v3.8h; bfmlalb v10.4s, v1.8h, v2.8h; bfcvtn v11.4h, v0.4s"),
    ("FMLAL (FHM)", 'h', "fmlal v8.4s, v0.4h, v1.4h; fmlsl2 v9.4s, v2.4h, v3.4h; fmlal2 v10.4s, v1.4h, v2.h[3]"),
    ("LD1 to LD4", 'd', "ld1 {v8.16b}, [x1]; ld2 {v8.8h, v9.8h}, [x1]; ld3 {v8.4s-v10.4s}, [x1]; ld4 {v8.16b-v11.16b}, [x1]; ld1r {v12.4s}, [x1]; ld1 {v13.s}[2], [x1]"),
    ("ST1 to ST4", 'd', "st1 {v8.16b}, [x1]; st2 {v8.8h, v9.8h}, [x1]; st3 {v8.4s-v10.4s}, [x1]; st4 {v8.16b-v11.16b}, [x1]; st1 {v13.s}[2], [x1]"),
    ("AES", 'd', "aese v8.16b, v9.16b; aesmc v8.16b, v8.16b; aesd v9.16b, v8.16b; aesimc v9.16b, v9.16b"),
    ("PMULL", 'd', "pmull v8.1q, v8.1d, v9.1d; pmull2 v9.1q, v8.2d, v10.2d; pmull v10.8h, v9.8b, v8.8b; pmul v11.16b, v10.16b, v9.16b"),
    ("SHA1", 'd', "sha1c q8, s9, v10.4s; sha1h s9, s8; sha1su0 v10.4s, v8.4s, v11.4s; sha1su1 v10.4s, v11.4s; sha1m q8, s9, v10.4s; sha1p q8, s9, v10.4s"),
    ("SHA256", 'd', "sha256h q8, q9, v10.4s; sha256h2 q9, q8, v10.4s; sha256su0 v10.4s, v11.4s; sha256su1 v10.4s, v11.4s, v12.4s"),
    ("SHA512", 'd', "sha512h q8, q9, v10.2d; sha512h2 q9, q8, v10.2d; sha512su0 v10.2d, v11.2d; sha512su1 v10.2d, v11.2d, v12.2d"),
    ("SHA3", 'd', "eor3 v8.16b, v8.16b, v9.16b, v10.16b; rax1 v9.2d, v8.2d, v10.2d; xar v10.2d, v9.2d, v8.2d, #13; bcax v11.16b, v10.16b, v9.16b, v8.16b"),
    ("SM3", 'd', "sm3ss1 v8.4s, v9.4s, v10.4s, v11.4s; sm3tt1a v9.4s, v8.4s, v10.s[1]; sm3tt2b v10.4s, v9.4s, v8.s[2]; sm3partw1 v11.4s, v10.4s, v9.4s"),
    ("SM4", 'd', "sm4e v8.4s, v9.4s; sm4ekey v9.4s, v8.4s, v10.4s"),
    ("system registers", 'd', "mrs x2, nzcv; msr nzcv, x2; mrs x3, tpidr_el0; msr tpidr_el0, x3; mrs x4, fpcr; mrs x5, fpsr; mrs x6, dczid_el0"),
    ("CNTVCT", 'd', "mrs x2, cntvct_el0; mrs x3, cntvct_el0"),
    ("flag manipulation", 'd', "cfinv; adc x2, x2, x3; rmif x2, #3, #15; adcs x3, x3, x2; axflag; csinc x4, x3, x4, hi; setf8 w4; adc x2, x2, x4; xaflag; csel x5, x2, x5, lt"),
    ("barriers, hints", 'd', "dmb ish; nop; dsb sy; yield; bti; isb"),
    ("DC ZVA, cache maintenance", 'd', "dc zva, x1; dc cvau, x1; dc civac, x1"),
];

/// What v0 to v7 hold: ones and numbers next to it, so that nothing overflows or ends in a NaN.
const FORMATS: &[(char, &str, &str)] =
    &[('d', "2d", "0x3FF0000000000001"), ('s', "4s", "0x3F800001"), ('h', "8h", "0x3C01")];

fn main() {
    // `cargo test --benches` and `cargo bench` both come here; only the latter measures.
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let wanted = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let missing = [Need::CrossCompiler, Need::Qemu].iter().find_map(|need| need.missing());
    let outcome = missing.map_or_else(|| measure(wanted), Err);
    if let Err(why) = outcome {
        // A broken stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "classes: {why}");
        std::process::exit(1);
    }
}

fn measure(wanted: &str) -> Result<(), String> {
    let guest = build()?;
    let mut out = std::io::stdout().lock();
    let mut slow = Vec::new();
    for (number, (name, _, body)) in CLASSES.iter().enumerate().filter(|(_, class)| class.0.contains(wanted))
    {
        let ours = rate(&|rounds| own_run(&guest, number, rounds), body)?;
        let peer = rate(&|rounds| qemu_run(&guest, number, rounds), body)?;
        let ratio = peer / ours;
        writeln!(
            out,
            "{name:42} {ours:6.0} M/s, qemu {peer:6.0} M/s, time of ours / time of qemu {ratio:6.2}"
        )
        .map_err(|error| error.to_string())?;
        if ratio > LIMIT {
            slow.push(format!("{name} ({ratio:.1})"));
        }
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("slower than 1/{LIMIT} of qemu: {}", slow.join(", "))) }
}

fn own_run(guest: &Path, class: usize, rounds: u64) -> Vec<String> {
    let command = [binary().to_string_lossy().into_owned(), "run".to_owned(), "--".to_owned()];
    command.into_iter().chain(guest_args(guest, class, rounds)).collect()
}

fn qemu_run(guest: &Path, class: usize, rounds: u64) -> Vec<String> {
    std::iter::once("qemu-aarch64-static".to_owned()).chain(guest_args(guest, class, rounds)).collect()
}

fn guest_args(guest: &Path, class: usize, rounds: u64) -> [String; 3] {
    [guest.to_string_lossy().into_owned(), class.to_string(), rounds.to_string()]
}

/// Million instructions a processor second of a loop over `body`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of some millions"
)]
fn rate(command: &dyn Fn(u64) -> Vec<String>, body: &str) -> Result<f64, String> {
    // The count and the branch back are two more.
    let each = repeated(body).1 as f64 + 2.0;
    let start = best(TRIES, &command(1))?;
    let mut rounds = 1e6 / each;
    loop {
        let first = best(1, &command(rounds as u64))? - start;
        if first >= ENOUGH {
            let seconds = best(TRIES, &command(rounds as u64))?.min(first + start) - start;
            return Ok(rounds * each / seconds.max(1e-9) / 1e6);
        }
        rounds *= (1.3 * ENOUGH / first.max(1e-9)).clamp(1.5, 16.0);
    }
}

/// The least processor seconds, user and system, of `tries` runs of a command that has to succeed.
fn best(tries: u32, command: &[String]) -> Result<f64, String> {
    let mut best = f64::MAX;
    for _ in 0..tries {
        let mut shell = Command::new("bash");
        shell.args(["-c", "TIMEFORMAT='%3U %3S'; time \"$@\"", "bash"]).args(command);
        let ran = run_with(&mut shell, b"", Duration::from_secs(600))?.expect_code(0)?;
        let text = ran.err_text();
        let line = text.lines().last().unwrap_or_default();
        let times: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        best = best.min(times.map_err(|error| format!("{line}: {error}"))?.iter().sum());
    }
    Ok(best)
}

/// A body repeated to about [`BODY`] instructions, and how many they are.
fn repeated(body: &str) -> (String, usize) {
    let lines: Vec<&str> = body.split(';').map(str::trim).collect();
    let insns = |line: &&&str| !line.ends_with(':');
    // A called function of one instruction returns.
    let each =
        lines.iter().filter(insns).count() + lines.iter().filter(|line| line.starts_with("bl ")).count();
    let times = BODY.div_ceil(each);
    ((lines.join("\n") + "\n").repeat(times), each * times)
}

/// The guest of all classes: `classes NUMBER ROUNDS`.
fn build() -> Result<PathBuf, String> {
    let text = source().map_err(|error| error.to_string())?;
    let folder = target_dir().join("guests");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (source, elf) = (folder.join("classes.c"), folder.join("classes"));
    std::fs::write(&source, text).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler.args(["-O1", "-static", "-o"]).arg(&elf).arg(&source);
    run(&mut compiler)?.expect_code(0)?;
    Ok(elf)
}

fn source() -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "#include <stdlib.h>\n\
         asm(\".arch armv8.6-a+fp16+fp16fml+crypto+sha3+sm4+rcpc+flagm+i8mm+bf16\\n\"\n\
         \"leaf: ret\\n\"\n",
    );
    for (number, (_, format, body)) in CLASSES.iter().enumerate() {
        writeln!(
            text,
            "\".balign 64\\n.globl class_{number}\\nclass_{number}: mov x17, x30\\nmov x16, #24\\n\""
        )?;
        let format = FORMATS.iter().find(|known| known.0 == *format).unwrap_or(&FORMATS[0]);
        for n in 2..16 {
            writeln!(
                text,
                "\"ldr x{n}, =0x{:x}\\n\"",
                0x9E37_79B9_7F4A_7C15u64.wrapping_mul(n) >> (n % 5 * 7)
            )?;
        }
        for n in 8..32 {
            writeln!(
                text,
                "\"dup v{n}.2d, x{}\\n movi v31.16b, #{n}\\n eor v{n}.16b, v{n}.16b, v31.16b\\n\"",
                2 + n % 14
            )?;
        }
        // v20 and v21 are of the second format in any class, v22 and v23 of the first.
        let fixed = [(20, 1), (21, 1), (22, 0), (23, 0)].map(|(n, format)| (n, FORMATS[format]));
        for (n, (_, lanes, one)) in (0..8).map(|n| (n, *format)).chain(fixed) {
            let register = if lanes == "2d" { "x2" } else { "w2" };
            writeln!(
                text,
                "\"ldr {register}, ={one}\\n add {register}, {register}, #{n}\\n dup v{n}.{lanes}, {register}\\n\""
            )?;
        }
        // What is left of the setup: a number in x2.
        writeln!(text, "\"mov x2, #1234\\n1:\\n\"")?;
        for line in repeated(body).0.lines() {
            writeln!(text, "\"{line}\\n\"")?;
        }
        writeln!(text, "\"subs x0, x0, #1\\n b.ne 1b\\n mov x30, x17\\n ret\\n .ltorg\\n\"")?;
    }
    text.push_str(");\n");
    for number in 0..CLASSES.len() {
        writeln!(text, "void class_{number}(unsigned long, void *);")?;
    }
    text.push_str(
        "static char buffer[65536] __attribute__((aligned(4096)));\nint main(int argc, char **argv) {\n",
    );
    text.push_str("  if (argc != 3) return 2;\n  unsigned long rounds = strtoul(argv[2], 0, 10);\n");
    // The vector registers that a function must keep are not kept: nothing here has any.
    text.push_str("  switch (atoi(argv[1])) {\n");
    for number in 0..CLASSES.len() {
        writeln!(text, "  case {number}: class_{number}(rounds, buffer + 4096); break;")?;
    }
    text.push_str("  default: return 2;\n  }\n  return 0;\n}\n");
    Ok(text)
}
