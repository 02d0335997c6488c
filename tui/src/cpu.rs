//! The CPU screen's side of the replay: requests, what comes back, and the little decoding that arrows need.
//!
//! The replay lives with a worker; the screen draws [`Snapshot`]s only, so that drawing never waits for it.

use crate::jobs::{Lane, Report, Token};
use traces::GuestAddr;
use traces::event::RegImage;
use traces::replay::{DisasmLine, Position, Replay, ReplayError, Stop};

/// Instructions before and after the centre of a disassembly.
const AROUND: u64 = 64;
/// Rows of 16 bytes in a memory window.
const MEMORY_ROWS: u64 = 32;
/// A step over a call gives up after so many instructions.
const OVER_LIMIT: u64 = 20_000_000;
/// Offset of the vvar data in the vDSO page, and its size: seq, attention, counter, two timespecs.
const VVAR: (u64, usize) = (0xB0, 48);

/// What an address starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Base {
    Zero,
    X(u8),
    Sp,
    Pc,
}

/// An address expression: `sp`, `x0+0x10`, `0xffff0000`. Follows its register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) base: Base,
    /// Added to the base, wrapping.
    pub(crate) offset: u64,
}

impl Place {
    /// Reads an expression; none if it is not one.
    pub(crate) fn parse(text: &str) -> Option<Place> {
        let text = text.trim();
        let split = text.find(['+', '-']).unwrap_or(text.len());
        let (name, rest) = text.split_at(split);
        let name = name.trim().to_ascii_lowercase();
        let base = match name.as_str() {
            "sp" => Base::Sp,
            "pc" => Base::Pc,
            "fp" => Base::X(29),
            "lr" => Base::X(30),
            _ => match name.strip_prefix('x').and_then(|n| n.parse::<u8>().ok()) {
                Some(n) if n <= 30 && !name.starts_with("0x") => Base::X(n),
                _ => Base::Zero,
            },
        };
        let start = if base == Base::Zero { number(&name)? } else { 0 };
        let delta = match rest.chars().next() {
            None => 0,
            Some('-') => number(&rest[1..])?.wrapping_neg(),
            Some(_) => number(&rest[1..])?,
        };
        Some(Place { base, offset: start.wrapping_add(delta) })
    }

    /// The address with these registers.
    pub(crate) fn resolve(self, regs: &RegImage) -> u64 {
        let base = match self.base {
            Base::Zero => 0,
            Base::X(n) => regs.x.get(usize::from(n)).copied().unwrap_or(0),
            Base::Sp => regs.sp,
            Base::Pc => regs.pc,
        };
        base.wrapping_add(self.offset)
    }

    /// The same place `bytes` further on.
    pub(crate) fn moved(self, bytes: i64) -> Place {
        Place { base: self.base, offset: self.offset.wrapping_add_signed(bytes) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.base {
            Base::Zero => return write!(f, "0x{:x}", self.offset),
            Base::X(n) => format!("x{n}"),
            Base::Sp => "sp".to_owned(),
            Base::Pc => "pc".to_owned(),
        };
        match self.offset {
            0 => f.write_str(&name),
            o if o > 1 << 63 => write!(f, "{name}-0x{:x}", o.wrapping_neg()),
            o => write!(f, "{name}+0x{o:x}"),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim().replace(['_', ','], "");
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// How the replay is to move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Motion {
    /// To a position.
    Seek(Position),
    /// By instructions.
    Step(i64),
    /// By instructions, a call with all that it calls being one; backwards if negative.
    Over(i64),
    /// Not at all: only read other memory.
    Stay,
}

/// A request to the replay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    /// Comes back in the snapshot; a snapshot of an older request does not move the cursor.
    pub(crate) ticket: u64,
    pub(crate) motion: Motion,
    /// Centre of the disassembly, in instructions from PC.
    pub(crate) scroll: i64,
    pub(crate) memory: Place,
    pub(crate) vdso_base: Option<GuestAddr>,
}

impl Request {
    /// Whether it makes requests before it pointless.
    pub(crate) fn absolute(&self) -> bool {
        matches!(self.motion, Motion::Seek(_))
    }
}

/// State of the guest at one place, with all that the screen shows of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Snapshot {
    pub(crate) ticket: u64,
    pub(crate) stop: Stop,
    /// The position that was asked for, if this is where a seek has led.
    pub(crate) asked: Option<Position>,
    pub(crate) regs: RegImage,
    pub(crate) cntvct: u64,
    /// What X0 to X30, SP and PC point to, in words; empty if to nothing.
    pub(crate) notes: Vec<String>,
    pub(crate) code: Vec<DisasmLine>,
    pub(crate) memory_at: u64,
    pub(crate) memory: Vec<Option<u8>>,
    pub(crate) vvar: Vec<u8>,
}

impl Snapshot {
    /// Where this is, in the words of whoever asked: "just after E4" and "just before E5" can be one place, and
    /// a replay may call it by either name.
    pub(crate) fn position(&self) -> Position {
        self.asked.unwrap_or(self.stop.position)
    }
}

/// Carries a request out. Reports a snapshot, also where a motion was cut short, or a failure.
pub(crate) fn run(request: &Request, replay: &mut dyn Replay, token: &Token, emit: &mut dyn FnMut(Report)) {
    let result = match request.motion {
        Motion::Stay => Ok(replay.stop()),
        Motion::Step(n) => replay.step(n),
        Motion::Over(n) => over(replay, n, token),
        Motion::Seek(to) => {
            let mut last = u32::MAX;
            replay.seek(to, &mut |thousandths| {
                // A report per percent is enough for people.
                if thousandths / 10 != last {
                    last = thousandths / 10;
                    emit(Report::Progress { lane: Lane::Replay, thousandths });
                }
                !token.cancelled()
            })
        }
    };
    if token.cancelled() {
        return;
    }
    match result {
        Ok(stop) => emit(Report::Cpu(Box::new(snapshot(request, replay, stop)))),
        Err(ReplayError { message, diverged }) => emit(Report::CpuFailed { message, diverged }),
    }
    emit(Report::Ended { lane: Lane::Replay });
}

/// Steps over calls, `n` times.
fn over(replay: &mut dyn Replay, n: i64, token: &Token) -> Result<Stop, ReplayError> {
    let step = n.signum();
    let mut stop = replay.stop();
    for _ in 0..n.unsigned_abs() {
        let (pc, sp, tid) = (replay.regs().pc, replay.regs().sp, stop.tid);
        // Forwards a call stands here, backwards it stands before the place that it returned to.
        let call = if step > 0 { pc } else { pc.wrapping_sub(4) };
        let goal = if step > 0 { pc.wrapping_add(4) } else { call };
        stop = replay.step(step)?;
        if !read_word(replay, call).is_some_and(is_call) {
            continue;
        }
        let mut left = OVER_LIMIT;
        while !(stop.at_end || stop.tid == tid && replay.regs().pc == goal && replay.regs().sp == sp) {
            if left == 0 || token.cancelled() {
                return Ok(stop);
            }
            left -= 1;
            let before = stop.position;
            stop = replay.step(step)?;
            if stop.position == before {
                return Ok(stop);
            }
        }
    }
    Ok(stop)
}

fn read_word(replay: &dyn Replay, at: u64) -> Option<u32> {
    let mut bytes = [0; 4];
    (replay.read(GuestAddr(at), &mut bytes) == 4).then(|| u32::from_le_bytes(bytes))
}

fn read_u64(replay: &dyn Replay, at: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    (replay.read(GuestAddr(at), &mut bytes) == 8).then(|| u64::from_le_bytes(bytes))
}

fn snapshot(request: &Request, replay: &dyn Replay, stop: Stop) -> Snapshot {
    let regs = replay.regs();
    let notes = regs.x.iter().chain([&regs.sp, &regs.pc]).map(|&value| note(replay, value)).collect();
    let centre = regs.pc.wrapping_add_signed(request.scroll.wrapping_mul(4));
    let first = centre.saturating_sub(AROUND * 4);
    let memory_at = request.memory.resolve(&regs);
    let mut memory = Vec::new();
    for row in 0..MEMORY_ROWS {
        let mut bytes = [0; 16];
        let n = memory_at.checked_add(row * 16).map_or(0, |at| replay.read(GuestAddr(at), &mut bytes));
        memory.extend(bytes.iter().enumerate().map(|(i, &b)| (i < n).then_some(b)));
    }
    let mut vvar = vec![0; VVAR.1];
    let at = request.vdso_base.and_then(|base| base.0.checked_add(VVAR.0));
    let n = at.map_or(0, |at| replay.read(GuestAddr(at), &mut vvar));
    vvar.truncate(n);
    let asked = match request.motion {
        Motion::Seek(to) => Some(to),
        Motion::Step(_) | Motion::Over(_) | Motion::Stay => None,
    };
    Snapshot {
        ticket: request.ticket,
        stop,
        asked,
        cntvct: replay.cntvct(),
        notes,
        code: replay.disassemble(GuestAddr(first), usize::try_from(AROUND * 2 + 1).unwrap_or(0)),
        memory_at,
        memory,
        vvar: if n == VVAR.1 { vvar } else { Vec::new() },
        regs,
    }
}

/// What a value points to: a symbol, a string, or the word there.
fn note(replay: &dyn Replay, value: u64) -> String {
    if value < 0x1000 {
        return String::new();
    }
    if let Some(symbol) = replay.symbol(GuestAddr(value)) {
        return symbol;
    }
    let mut bytes = [0; 24];
    let n = replay.read(GuestAddr(value), &mut bytes);
    let text = bytes[..n].iter().take_while(|b| b.is_ascii_graphic() || **b == b' ').count();
    if text >= 4 {
        let more = if text == bytes.len() { "..." } else { "" };
        return format!("\"{}\"{more}", String::from_utf8_lossy(&bytes[..text]));
    }
    match read_u64(replay, value) {
        Some(word) => match replay.symbol(GuestAddr(word)).filter(|_| word >= 0x1000) {
            Some(symbol) => format!("-> {symbol}"),
            None => format!("-> 0x{word:x}"),
        },
        None => String::new(),
    }
}

/// BL and BLR, with and without pointer authentication (Arm ARM C6.2: branch with link).
fn is_call(word: u32) -> bool {
    word & 0xFC00_0000 == 0x9400_0000 || word & 0xFEFF_F000 == 0xD63F_0000
}

/// Where a branch leads and whether it is going to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Branch {
    pub(crate) target: u64,
    pub(crate) taken: bool,
}

/// Decodes the branch at `pc` with the registers just before it; none if the word is no branch
/// (Arm ARM C4.1.94, branches, exception generating and system instructions).
pub(crate) fn branch(word: u32, pc: u64, regs: &RegImage) -> Option<Branch> {
    let x = |n: u32| usize::try_from(n & 31).ok().and_then(|n| regs.x.get(n)).copied().unwrap_or(0);
    let to = |bits: u32, low: u32| {
        // Sign-extended word offset of `bits` bits.
        let field = i64::from(word >> low & ((1 << bits) - 1));
        let offset = (field << (64 - bits) >> (64 - bits)) * 4;
        pc.wrapping_add_signed(offset)
    };
    if word & 0x7C00_0000 == 0x1400_0000 {
        return Some(Branch { target: to(26, 0), taken: true });
    }
    if word & 0xFF00_0000 == 0x5400_0000 {
        return Some(Branch { target: to(19, 5), taken: holds(word & 15, regs.nzcv) });
    }
    if word & 0x7E00_0000 == 0x3400_0000 {
        let value = if word >> 31 == 1 { x(word) } else { x(word) & 0xFFFF_FFFF };
        return Some(Branch { target: to(19, 5), taken: (value != 0) == (word >> 24 & 1 == 1) });
    }
    if word & 0x7E00_0000 == 0x3600_0000 {
        let bit = (word >> 31 << 5) | (word >> 19 & 31);
        let set = x(word) >> bit & 1 == 1;
        return Some(Branch { target: to(14, 5), taken: set == (word >> 24 & 1 == 1) });
    }
    if matches!(word & 0xFFFF_FC1F, 0xD61F_0000 | 0xD63F_0000 | 0xD65F_0000) {
        return Some(Branch { target: x(word >> 5), taken: true });
    }
    None
}

/// Whether a condition code holds (Arm ARM C1.2.4).
fn holds(cond: u32, nzcv: u32) -> bool {
    let (n, z, c, v) = (nzcv >> 31 & 1, nzcv >> 30 & 1, nzcv >> 29 & 1, nzcv >> 28 & 1);
    let base = match cond >> 1 {
        0 => z == 1,
        1 => c == 1,
        2 => n == 1,
        3 => v == 1,
        4 => c == 1 && z == 0,
        5 => n == v,
        6 => n == v && z == 0,
        _ => return true,
    };
    base != (cond & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        let table = [
            ("sp", Some("sp")),
            ("x0+0x10", Some("x0+0x10")),
            ("X29 - 8", Some("x29-0x8")),
            ("0xffff0000", Some("0xffff0000")),
            ("4096", Some("0x1000")),
            ("lr", Some("x30")),
            ("x31", None),
            ("", None),
            ("sp+zz", None),
        ];
        for (text, expect) in table {
            assert_eq!(Place::parse(text).map(|p| p.to_string()).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn branches_are_decoded() {
        // Words from `aarch64-linux-gnu-as`, at address 0x1000.
        let mut regs = RegImage { nzcv: 1 << 30, ..RegImage::default() };
        regs.x[3] = 1 << 40;
        regs.x[30] = 0x5000;
        type Expect = Option<(u64, bool)>;
        let table: &[(u32, &str, Expect)] = &[
            (0x1400_0004, "b .+16", Some((0x1010, true))),
            (0x97FF_FFFF, "bl .-4", Some((0xFFC, true))),
            (0x5400_0040, "b.eq .+8", Some((0x1008, true))),
            (0x5400_0041, "b.ne .+8", Some((0x1008, false))),
            (0xB400_0043, "cbz x3, .+8", Some((0x1008, false))),
            (0x3400_0043, "cbz w3, .+8", Some((0x1008, true))),
            (0xB500_0043, "cbnz x3, .+8", Some((0x1008, true))),
            (0xB740_0043, "tbnz x3, #40, .+8", Some((0x1008, true))),
            (0xB640_0043, "tbz x3, #40, .+8", Some((0x1008, false))),
            (0xD65F_03C0, "ret", Some((0x5000, true))),
            (0xD503_201F, "nop", None),
            (0xD400_0001, "svc #0", None),
        ];
        for &(word, text, expect) in table {
            assert_eq!(branch(word, 0x1000, &regs).map(|b| (b.target, b.taken)), expect, "{text}");
        }
        assert!(
            is_call(0x97FF_FFFF) && is_call(0xD63F_0060) && !is_call(0xD65F_03C0) && !is_call(0x1400_0004)
        );
    }
}
