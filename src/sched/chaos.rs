//! Chaos: scheduling decisions by dice, to bring out what only rare orders show.
//!
//! Used by the scheduler for `--chaos`. The dice are seeded, and nothing but the scheduler's own questions rolls
//! them: a guest whose host answers the same has the same decisions for the same seed.

use crate::guest::PAGE;
use crate::guest::layout::VDSO_BASE;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Slices in which a run that looks for the vDSO page goes: short enough to end in a trampoline now and then, which
/// has 20 to 40 instructions.
const LOOKS: RangeInclusive<u64> = 1..=512;
/// How far a quantum goes on behind a call from the page, where the anchor may have just been published.
const BEHIND: RangeInclusive<u64> = 1..=40;

/// What `--chaos` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Setting {
    /// Where the dice start; none for a fresh seed.
    pub seed: Option<u64>,
    /// Whether quanta end inside the vDSO page as well.
    pub vdso: bool,
}

impl FromStr for Setting {
    type Err = String;

    /// Reads `SEED`, `vdso`, `vdso:SEED` or nothing.
    fn from_str(text: &str) -> Result<Setting, String> {
        let (vdso, seed) = match text.split_once(':') {
            Some(("vdso", seed)) => (true, seed),
            None if text == "vdso" => (true, ""),
            _ => (false, text),
        };
        if seed.is_empty() && !text.ends_with(':') {
            return Ok(Setting { seed: None, vdso });
        }
        let seed = seed.parse().map_err(|_| format!("`{text}` is not a seed, vdso or vdso:SEED"))?;
        Ok(Setting { seed: Some(seed), vdso })
    }
}

/// The dice of a process.
#[derive(Clone, Debug)]
pub struct Chaos {
    state: u64,
    vdso: bool,
}

impl Chaos {
    /// Dice that start at `seed`; with `vdso` they stop threads inside the vDSO page, too.
    #[must_use]
    pub fn new(seed: u64, vdso: bool) -> Chaos {
        Chaos { state: seed, vdso }
    }

    /// Dice of its own for a forked process, which would repeat its parent's otherwise.
    pub(super) fn fork(&mut self, stream: u32) {
        self.state ^= u64::from(stream).wrapping_mul(0xD605_BBB5_8C8A_BC03);
        self.roll();
    }

    /// A 64-bit number (Steele, Lea, Flood: SplitMix64).
    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        // The remainder is uneven by less than limit / 2^64.
        self.roll() % limit.max(1)
    }

    /// A number in `range`, each power of two as likely as the next.
    fn log_uniform(&mut self, range: &RangeInclusive<u64>) -> u64 {
        let (least, most) = (*range.start(), *range.end());
        let magnitude = self.below(u64::from(most.max(1).ilog2()) + 1);
        let base = 1 << magnitude;
        (base + self.below(base)).clamp(least, most.max(least))
    }

    /// Instructions of the next quantum, `most` at the most.
    pub(super) fn quantum(&mut self, most: u64) -> u64 {
        self.log_uniform(&(1..=most))
    }

    /// Which of `count` threads that can run is next.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        usize::try_from(self.below(count)).expect("below a usize")
    }

    /// Whether a thread that was woken or has begun runs at once, before who woke it.
    pub(super) fn preempts(&mut self) -> bool {
        self.roll() & 1 == 0
    }

    /// How far to run before the next look at where the thread is; `left` is what is left of its quantum.
    pub(super) fn slice(&mut self, left: u64) -> u64 {
        if self.vdso { left.min(self.log_uniform(&LOOKS)) } else { left }
    }

    /// Whether the quantum of a thread that stands at `pc` ends there, because it is in the vDSO page.
    pub(super) fn ends_at(&mut self, pc: u64) -> bool {
        self.vdso && is_in_page(pc) && self.roll() & 1 == 0
    }

    /// What is left of a quantum when a call that was made at `pc` is done: little, if it came from the page.
    pub(super) fn left_behind_call(&mut self, pc: u64, left: u64) -> u64 {
        if self.vdso && is_in_page(pc) { left.min(self.log_uniform(&BEHIND)) } else { left }
    }
}

fn is_in_page(pc: u64) -> bool {
    (VDSO_BASE..VDSO_BASE + PAGE).contains(&pc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_as_they_are_written() {
        let setting = |seed, vdso| Ok(Setting { seed, vdso });
        for (text, want) in [
            ("", setting(None, false)),
            ("7", setting(Some(7), false)),
            ("18446744073709551615", setting(Some(u64::MAX), false)),
            ("vdso", setting(None, true)),
            ("vdso:0", setting(Some(0), true)),
        ] {
            assert_eq!(text.parse::<Setting>(), want, "{text:?}");
        }
        for text in ["vdso:", ":", ":7", "seed", "-1", "vdso:x", "vdso:1:2", "18446744073709551616", "7 "] {
            assert!(text.parse::<Setting>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_same_seed_decides_the_same_and_another_differs() {
        let decisions = |seed| {
            let mut chaos = Chaos::new(seed, false);
            (0..100).map(|_| (chaos.quantum(1 << 18), chaos.pick(5), chaos.preempts())).collect::<Vec<_>>()
        };
        assert_eq!(decisions(1), decisions(1));
        assert_ne!(decisions(1), decisions(2));
    }

    #[test]
    fn quanta_have_all_magnitudes_and_no_more_than_the_limit() {
        let mut chaos = Chaos::new(3, false);
        let mut seen = [0_u32; 19];
        for _ in 0..19_000 {
            let quantum = chaos.quantum(1 << 18);
            assert!((1..=1 << 18).contains(&quantum));
            seen[quantum.ilog2() as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 700), "{seen:?}");
        assert!((0..100).all(|_| chaos.quantum(1) == 1 && chaos.quantum(0) == 1));
    }

    #[test]
    fn each_thread_is_picked_and_each_answer_given() {
        let mut chaos = Chaos::new(4, false);
        let picked: std::collections::BTreeSet<usize> = (0..200).map(|_| chaos.pick(7)).collect();
        assert_eq!(picked, (0..7).collect());
        assert_eq!(chaos.pick(0), 0);
        let preempted = (0..1000).filter(|_| chaos.preempts()).count();
        assert!((400..600).contains(&preempted), "{preempted}");
    }

    #[test]
    fn only_the_page_ends_quanta_early_and_only_when_asked() {
        let mut plain = Chaos::new(5, false);
        assert_eq!((plain.slice(1 << 20), plain.left_behind_call(VDSO_BASE, 99)), (1 << 20, 99));
        assert!((0..100).all(|_| !plain.ends_at(VDSO_BASE)));

        let mut vdso = Chaos::new(5, true);
        assert!((0..100).all(|_| (1..=512).contains(&vdso.slice(1 << 20))));
        assert_eq!((vdso.slice(1), vdso.slice(0)), (1, 0));
        let ends = (0..1000).filter(|_| vdso.ends_at(VDSO_BASE + 0x2A0)).count();
        assert!((400..600).contains(&ends), "{ends}");
        assert!((0..100).all(|_| !vdso.ends_at(VDSO_BASE - 4) && !vdso.ends_at(VDSO_BASE + PAGE)));
        assert!((0..100).all(|_| (1..=40).contains(&vdso.left_behind_call(VDSO_BASE + 8, 1 << 18))));
        assert_eq!(vdso.left_behind_call(0x40_0000, 77), 77);
    }

    #[test]
    fn a_forked_process_has_dice_of_its_own() {
        let parent = Chaos::new(6, false);
        let rolls = |stream: Option<u32>| {
            let mut chaos = parent.clone();
            stream.into_iter().for_each(|stream| chaos.fork(stream));
            [chaos.roll(), chaos.roll(), chaos.roll()]
        };
        assert_ne!(rolls(None), rolls(Some(1)));
        assert_ne!(rolls(Some(1)), rolls(Some(2)));
        assert_eq!(rolls(Some(1)), rolls(Some(1)));
    }
}
