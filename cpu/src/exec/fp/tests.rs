//! Every vector that `tests/vectors/fp.c` made, through decoder and execution.
//!
//! `FP_VECTORS=FILE` runs a longer list of the same form instead of the committed one.

use super::exec_fp;
use crate::decode::fp::decode_fp;
use crate::state::State;

/// What the program that made the vectors put into a register that the line does not name.
fn pattern(i: u64) -> u64 {
    (i + 1).wrapping_mul(0x3FF1_0107_F0F3_E5D7)
}

/// The state before the instruction of a line.
fn before(word: u32, fields: &[u64]) -> State {
    let [fpcr, fpsr, nzcv, n, m, a, x] = fields else { panic!("seven inputs") };
    let field = |low: u32| (word >> low & 31) as usize;
    let mut st = State::default();
    for (i, v) in (0..).zip(&mut st.v) {
        *v = u128::from(i * 0x0101_0101_0101_0101u64) << 64 | u128::from(pattern(i));
    }
    for (i, r) in (0..16).zip(&mut st.r) {
        *r = pattern(i + 32);
    }
    for (low, value) in [(10, a), (16, m), (5, n)] {
        let v = &mut st.v[field(low)];
        *v = *v >> 64 << 64 | u128::from(*value);
    }
    if field(5) < 16 {
        st.r[field(5)] = *x;
    }
    (st.fpcr, st.fpsr) = (*fpcr as u32, *fpsr as u32);
    st.set_nzcv(*nzcv as u32);
    st
}

/// Executes a line; an error says what differs.
fn check(line: &str) -> Result<(), String> {
    let (word, rest) = line.split_once(' ').ok_or("a word and more")?;
    let word = u32::from_str_radix(word, 16).map_err(|e| e.to_string())?;
    let insn = decode_fp(word);
    if rest == "U" {
        return insn.map_or(Ok(()), |insn| Err(format!("undefined, decoded as {insn:?}")));
    }
    let insn = insn.ok_or("defined, but not decoded")?;
    let hex = |text: &str| u64::from_str_radix(text, 16).map_err(|e| e.to_string());
    let fields = rest.split_whitespace().filter(|f| *f != ":").map(hex).collect::<Result<Vec<_>, _>>()?;
    let (inputs, outputs) = fields.split_at_checked(7).ok_or("seven inputs")?;
    let mut st = before(word, inputs);
    let mut want = st.clone();
    exec_fp(&insn, &mut st);
    // The sink is no register.
    st.r[crate::state::SINK] = 0;
    let [hi, lo, x, nzcv, fpsr] = outputs else { return Err("five outputs".into()) };
    let rd = (word & 31) as usize;
    want.v[rd] = u128::from(*hi) << 64 | u128::from(*lo);
    if rd < 16 {
        want.r[rd] = *x;
    }
    want.fpsr = *fpsr as u32;
    want.set_nzcv(*nzcv as u32);
    if st.regs() == want.regs() && st.r == want.r {
        return Ok(());
    }
    let xd = st.r[rd.min(crate::state::SINK)];
    Err(format!("{insn:?}: {:x} x {xd:x} nzcv {:x} fpsr {:x}", st.v[rd], st.nzcv(), st.fpsr))
}

#[test]
fn vectors_of_a_processor() {
    let committed = include_str!("../../../tests/vectors/fp.txt");
    let chosen =
        std::env::var_os("FP_VECTORS").map(|path| std::fs::read_to_string(path).expect("a readable file"));
    let text = chosen.as_deref().unwrap_or(committed);
    let failed: Vec<_> = text.lines().filter_map(|line| Some((line, check(line).err()?))).collect();
    let shown: Vec<_> = failed.iter().take(20).map(|(line, why)| format!("{line}\n    {why}\n")).collect();
    assert!(
        failed.is_empty(),
        "{} of {} lines differ\n{}",
        failed.len(),
        text.lines().count(),
        shown.concat()
    );
    assert!(text.lines().count() > 5000, "a list of this size was meant");
}
