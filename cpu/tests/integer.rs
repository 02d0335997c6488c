//! Instructions against vectors that a foreign assembler and a foreign CPU made, and encodings that must not execute.

mod support;

use cpu::{Core, Exit, FaultKind, Regs, State, decode_undefined};
use support::Flat;

const CODE: u64 = 0x20_0000;
const DATA: u64 = 0x21_0000;
const END: u64 = 0x22_0000;
const BRK: u32 = 0xD420_0000;

/// Registers and the 256 bytes at [`DATA`]; how the run ended.
#[derive(Clone, PartialEq, Debug)]
struct Machine {
    regs: Regs,
    data: Vec<u8>,
    end: String,
}

impl Machine {
    /// Applies `x1=5 nzcv=f m10=0102` and the like.
    fn apply(&mut self, assignments: &str) {
        for assignment in assignments.split_whitespace() {
            let (name, value) = assignment.split_once('=').expect("name=value");
            let number = || u128::from_str_radix(value, 16).expect("a hexadecimal number");
            let narrow = || u64::try_from(number()).expect("64 bits");
            let index =
                |radix| usize::from_str_radix(&name[1..], radix).expect("a register number or offset");
            match name {
                "sp" => self.regs.sp = narrow(),
                "fpcr" => self.regs.fpcr = u32::try_from(narrow()).expect("32 bits"),
                "fpsr" => self.regs.fpsr = u32::try_from(narrow()).expect("32 bits"),
                "nzcv" => self.regs.nzcv = u32::try_from(narrow()).expect("32 bits") << 28,
                "fault" | "align" => self.end = assignment.to_owned(),
                _ if name.starts_with('x') => self.regs.x[index(10)] = narrow(),
                _ if name.starts_with('v') => self.regs.v[index(10)] = number(),
                _ => {
                    for (i, pair) in value.as_bytes().chunks(2).enumerate() {
                        let digits = std::str::from_utf8(pair).expect("ASCII");
                        self.data[index(16) + i] = u8::from_str_radix(digits, 16).expect("a byte");
                    }
                }
            }
        }
    }

    /// What is not as in `expected`, in the notation of the files.
    fn differences(&self, expected: &Machine) -> String {
        let (ours, theirs) = (&self.regs, &expected.regs);
        let x = (0..31).filter(|&n| ours.x[n] != theirs.x[n]).map(|n| format!("x{n}={:x}", ours.x[n]));
        let v = (0..32).filter(|&n| ours.v[n] != theirs.v[n]).map(|n| format!("v{n}={:x}", ours.v[n]));
        let data = (0..256)
            .filter(|&n| self.data[n] != expected.data[n])
            .map(|n| format!("m{n:02x}={:02x}", self.data[n]));
        let others = format!(
            "sp={:x} nzcv={:x} fpcr={:x} fpsr={:x} {}",
            ours.sp,
            ours.nzcv >> 28,
            ours.fpcr,
            ours.fpsr,
            self.end
        );
        x.chain(v).chain(data).chain([others]).collect::<Vec<_>>().join(" ")
    }

    /// Runs `words` followed by BRK in quanta of `quantum`.
    fn run(&mut self, words: &[u32], quantum: u64) {
        let mem = Flat::new(usize::try_from(END / 4096).expect("small"));
        for page in (0..CODE).step_by(4096) {
            mem.protect(page, 0);
        }
        mem.poke_words(CODE, words);
        mem.poke_words(CODE + 4 * words.len() as u64, &[BRK]);
        mem.poke(DATA, &self.data);
        let mut st = State::default();
        st.set_regs(&Regs { pc: CODE, ..self.regs.clone() });
        let mut core = Core::new();
        let exit = loop {
            match core.run(&mut st, &mem, quantum) {
                Exit::Budget => {}
                exit => break exit,
            }
        };
        let offset = st.pc() - CODE;
        self.end = match exit {
            Exit::Breakpoint { .. } if offset == 4 * words.len() as u64 => String::new(),
            Exit::Fault(fault) if fault.kind == FaultKind::Alignment => format!("align={offset:x}"),
            Exit::Fault(_) => format!("fault={offset:x}"),
            other => format!("{other:?} at +{offset:#x}"),
        };
        assert_eq!(st.icount, offset / 4, "every vector runs straight on");
        self.regs = Regs { pc: 0, ..st.regs() };
        self.data = mem.peek(DATA, 256);
    }
}

#[test]
fn vectors() {
    check_file(include_str!("vectors/integer.ins"), 250);
}

/// Floating point, Advanced SIMD and memory where people go wrong.
#[test]
fn traps() {
    check_file(include_str!("vectors/traps.ins"), 400);
}

/// Runs the vectors of an `.ins` file, which has at least so many.
fn check_file(text: &str, least: usize) {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').collect();
        let [words, before, after, _] = fields[..] else { panic!("four fields: {line}") };
        let words: Vec<u32> =
            words.split_whitespace().map(|word| u32::from_str_radix(word, 16).expect("a word")).collect();
        let regs = Regs { sp: DATA + 0x80, ..Regs::default() };
        let mut machine = Machine { regs, data: vec![0; 256], end: String::new() };
        machine.apply(before);
        for quantum in [1, 100] {
            let (mut expected, mut actual) = (machine.clone(), machine.clone());
            expected.apply(after);
            actual.run(&words, quantum);
            if actual != expected {
                wrong.push(format!("{line}\n  quantum {quantum}: {}", actual.differences(&expected)));
            }
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen >= least, "only {seen} vectors");
}

/// What the vectors cannot have from qemu, which knows other features: unaligned atomics (FEAT_LSE2), DC ZVA of 64
/// bytes, identification registers.
#[test]
fn own_choices() {
    let cases: &[(&[u32], &str, &str)] = &[
        // ldar x0, [x1]: unaligned within 16 bytes.
        (&[0xC8DF_FC20], "x1=210013 m13=0102030405060788", "x0=8807060504030201"),
        // ldaddal w0, w2, [x1]
        (&[0xB8E0_0022], "x0=1 x1=21001b m1b=ffffff00", "x2=ffffff m1e=01 m1b=000000"),
        // ldxr w2, [x1]; stxr w0, w3, [x1]
        (&[0x885F_7C22, 0x8800_7C23], "x1=210011 x3=a0b0c0d0 m11=01020304", "x2=4030201 m11=d0c0b0a0"),
        // cas w0, w2, [x1]
        (&[0x88A0_7C22], "x0=1 x1=21001c x2=2 m1c=01", "m1c=02"),
        (&[0x88A0_7C22], "x0=1 x1=21001d x2=2 m1d=01", "align=0"),
        // dc zva, x1
        (&[0xD50B_7421], "x1=21007f m3f=0101 m5f=01 m7f=0101", "m40=00 m5f=00 m7f=00"),
        (&[0xD50B_7421], "x1=10000", "fault=0"),
        // dc cvau, x1; ic ivau, x1; dc civac, x1 need a readable address.
        (&[0xD50B_7B21, 0xD50B_7521, 0xD50B_7E21], "x1=210001", ""),
        (&[0xD50B_7521], "x1=10000", "fault=0"),
        // mrs x0, ctr_el0; mrs x2, dczid_el0; mrs x3, cntfrq_el0; mrs x4, id_aa64isar0_el1; mrs x5, id_aa64zfr0_el1
        (
            &[0xD53B_0020, 0xD53B_00E2, 0xD53B_E003, 0xD538_0604, 0xD538_0485],
            "x5=1",
            "x0=8444c004 x2=4 x3=16e3600 x4=21111110212120 x5=0",
        ),
        // msr fpcr, x1; mrs x2, fpcr; msr fpsr, x1; mrs x3, fpsr; msr fpcr, xzr; msr fpsr, xzr
        (
            &[0xD51B_4401, 0xD53B_4402, 0xD51B_4421, 0xD53B_4423, 0xD51B_441F, 0xD51B_443F],
            "x1=ffffffffffffffff",
            "x2=7c80000 x3=800009f",
        ),
        // msr tpidr_el0, x1; mrs x0, tpidr_el0; msr tpidr_el0, xzr
        (&[0xD51B_D041, 0xD53B_D040, 0xD51B_D05F], "x1=ffffffffffffffff", "x0=ffffffffffffffff"),
    ];
    for (words, before, after) in cases {
        let regs = Regs { sp: DATA + 0x80, ..Regs::default() };
        let mut machine = Machine { regs, data: vec![0; 256], end: String::new() };
        machine.apply(before);
        let mut expected = machine.clone();
        expected.apply(after);
        machine.run(words, 100);
        assert_eq!(machine, expected, "{words:x?} {before}");
    }
}

#[test]
fn undefined_encodings() {
    let undefined = [
        (0x0000_0000, "udf #0"),
        (0x0000_FFFF, "udf #65535"),
        (0x9180_0400, "addg (FEAT_MTE)"),
        (0x1240_0000, "and w, N = 1"),
        (0x9240_FC00, "and x, imms all ones"),
        (0x1200_FC00, "and w, no element size"),
        (0x3280_0000, "move wide, opc 01"),
        (0x52C0_0000, "movz w, lsl #32"),
        (0x1340_0000, "sbfm w, N = 1"),
        (0x9300_0000, "sbfm x, N = 0"),
        (0x1300_8000, "sbfm w, imms 32"),
        (0x1320_0000, "sbfm w, immr 32"),
        (0x7300_0000, "bitfield, opc 11"),
        (0x1380_8000, "extr w, lsb 32"),
        (0x93E0_0000, "extr, o0 = 1"),
        (0x0A00_8000, "and w, lsl #32"),
        (0x0B00_8000, "add w, lsl #32"),
        (0x8BC0_0000, "add, ror"),
        (0x8B20_1400, "add extended, lsl #5"),
        (0x8B60_0000, "add extended, opt 01"),
        (0x1A00_0400, "adc, op3"),
        (0x2A00_0400 | 1 << 28, "rmif of 32 bits"),
        (0x1A40_0000, "ccmp without S"),
        (0xFA40_0010, "ccmp, o3"),
        (0xFA40_0400, "ccmp, o2"),
        (0xBA80_0000, "csel with S"),
        (0x9A80_0800, "csel, op2 10"),
        (0x5AC0_0C00, "rev64 of 32 bits"),
        (0xDAC0_1800, "ctz (FEAT_CSSC)"),
        (0xDAC1_0000, "pacia (FEAT_PAuth)"),
        (0x9AC0_3000, "pacga (FEAT_PAuth)"),
        (0x9AC0_4000, "crc32b of 64 bits"),
        (0x1AC0_4C00, "crc32x of 32 bits"),
        (0x1B20_0000, "smaddl of 32 bits"),
        (0x9B40_8000, "smulh, o0 = 1"),
        (0x5400_0010, "bc.cond (FEAT_HBC)"),
        (0xD400_0002, "hvc"),
        (0xD400_0003, "smc"),
        (0xD440_0000, "hlt"),
        (0xD4A0_0001, "dcps1"),
        (0xD503_41FF, "msr daifset, #1"),
        (0xD500_409F, "msr pan, #0"),
        (0xD51B_D060, "msr tpidrro_el0, x0"),
        (0xD51B_E040, "msr cntvct_el0, x0"),
        (0xD53B_E020, "mrs cntpct_el0"),
        (0xD538_1000, "mrs sctlr_el1"),
        (0xD538_0060, "mrs of op1 0, CRm 0, op2 3"),
        (0xD50B_7620, "dc ivac"),
        (0xD50B_7460, "dc gva (FEAT_MTE)"),
        (0xD61F_0C1F, "br with a modifier"),
        (0xD65F_0BFF, "retaa (FEAT_PAuth)"),
        (0xD69F_03E0, "eret"),
        (0x6800_0000, "stgp non-temporal"),
        (0x6900_0000, "stgp (FEAT_MTE)"),
        (0xE900_0000, "pair, opc 11"),
        (0xEC00_0000, "SIMD pair, opc 11"),
        (0xDC00_0000, "SIMD literal, opc 11"),
        (0xF880_0400, "prfm with write-back"),
        (0xB8C0_0000, "ldrs of 32 bits into W"),
        (0xF8C0_0000, "opc 11 of 64 bits"),
        (0x3C00_0800, "SIMD unprivileged"),
        (0x7C80_0000, "SIMD halfword, opc 10"),
        (0xF860_0800, "register offset, option 0"),
        (0xF820_0400, "ldraa (FEAT_PAuth)"),
        (0xD9C0_0000, "ldapur, opc 11 of 64 bits"),
        (0xD920_0800, "stg (FEAT_MTE)"),
        (0x0821_7C02, "casp, odd Rs"),
        (0x0820_7C03, "casp, odd Rt"),
        (0x88A0_0002, "cas, Rt2 not 31"),
        (0xF820_9000, "st64b (FEAT_LS64)"),
        (0x0400_0000, "SVE"),
        (0xC000_0000, "SME"),
    ];
    for (word, name) in undefined {
        assert!(decode_undefined(word), "{word:#010x} {name}");
    }
}

/// Every word decodes, whatever its bits; the reserved quarter never to something.
#[test]
fn decoding_is_total() {
    let mut word = 1u32;
    for _ in 0..2_000_000 {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let undefined = decode_undefined(word);
        assert!(undefined || word >> 27 & 3 != 0, "{word:#010x}");
    }
}
