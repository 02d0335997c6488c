//! Random calls with random arguments: nothing that a guest puts into its registers may end the emulator.

use super::{DATA, DATA_END, Guest, NOWHERE, READ_ONLY};
use crate::kernel::dispatch;

/// A small generator (xorshift64*), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick(&mut self, from: &[u64]) -> u64 {
        let n = self.below(from.len() as u64);
        from[usize::try_from(n).unwrap()]
    }

    fn argument(&mut self) -> u64 {
        match self.below(8) {
            0 => self.below(16),
            1 => self.pick(&[
                0,
                1,
                u64::MAX,
                1 << 31,
                1 << 32,
                1 << 63,
                i64::MAX.cast_unsigned(),
                super::FDCWD,
            ]),
            2 => self.pick(&[
                DATA_END - 1,
                DATA_END - 8,
                READ_ONLY,
                NOWHERE,
                u64::MAX - 7,
                (1 << 36) - 8,
                1 << 36,
            ]),
            3 => DATA + self.below(0x2000) * 8,
            4 => 1 << self.below(64),
            5 => self.next() >> self.below(64),
            6 => DATA + self.below(256) * 4096,
            _ => self.pick(&[8, 16, 24, 32, 4096, 8192, 0x10_0000, 0x5000_0000]),
        }
    }
}

/// Calls that would change the test process, send a signal to it, or start and end others.
const SPARED: [u32; 13] = [
    49, 50, 81, 93, 94, 103, 166, // directories, umask, timers, the end
    45, 46, 47, 25, // huge files
    220, 435, // processes
];

#[test]
fn random_calls_never_end_the_emulator() {
    let numbers: Vec<u32> = dispatch::implemented().filter(|nr| !SPARED.contains(nr)).collect();
    for seed in 1..=6u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut g = prepared(&mut random);
        for _ in 0..4000 {
            let nr = numbers[usize::try_from(random.below(numbers.len() as u64)).unwrap()];
            let args: [u64; 6] = std::array::from_fn(|_| random.argument());
            g.try_call(nr.into(), &args);
            if random.below(16) == 0 {
                g.deliver();
                if g.k.ended().is_some() || !is_usable(&g) {
                    g = prepared(&mut random);
                }
            }
        }
        let real = crate::guest::digest::of_memory(&g.space);
        assert_eq!(g.shadow_digest(), real, "seed {seed}: memory changed behind the log's back");
    }
}

/// Whether the scratch memory is still there; random calls unmap it now and then.
fn is_usable(g: &Guest) -> bool {
    g.space.read(DATA, &mut [0; 64]).is_ok()
}

fn prepared(random: &mut Random) -> Guest {
    let mut g = Guest::new();
    for page in (DATA..DATA_END).step_by(0x1_0000) {
        let bytes: Vec<u8> = (0..4096).map(|_| random.next().to_le_bytes()[0] & 0x7F).collect();
        g.poke(page, &bytes);
    }
    // Files that cannot grow, so that no offset fills the disk: a sealed memory file, a directory, a reader.
    g.free = DATA_END - 0x1000;
    let name = g.text("m");
    let file = g.call(279, &[name, 2]).cast_unsigned();
    g.call(46, &[file, 8192]);
    g.call(25, &[file, 1033, 6]);
    let (bin, prog) = (g.text("/bin"), g.text("/bin/prog"));
    g.call(56, &[super::FDCWD, bin, 0x4000]);
    g.call(56, &[super::FDCWD, prog, 0]);
    g.call(19, &[1, 0x800]);
    g.call(85, &[1, 0x800]);
    g
}
