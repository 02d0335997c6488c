//! Random instructions and blocks in random states, run here and by qemu-aarch64: nothing may differ that
//! `deviations.txt` does not explain.
//!
//! As a test it runs fixed seeds, class by class. `FUZZ_CPU_MINUTES=n` runs new seeds for that long instead and prints
//! figures (`make fuzz-cpu`); `FUZZ_CPU_SEED` continues at a seed that a run named.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "words, addresses and register halves are cut out of wider numbers on purpose"
)]

mod campaign;
mod case;
mod deviations;
#[expect(dead_code, reason = "what integration tests need is more than what this one needs")]
#[path = "../../../tests/support/need.rs"]
mod need;
mod ours;
mod random;
mod reference;
mod states;
#[path = "../support/mod.rs"]
mod support;
mod words;

use need::{Need, Suite};

/// A failed expectation, in words.
pub(crate) type Outcome = Result<(), String>;

/// Cases of each class with fixed seeds; 11 classes make 440,000 in half a minute.
const CASES: usize = 40_000;

fn main() {
    let mut suite = Suite::from_args();
    let needs = [Need::CrossCompiler, Need::Qemu];
    if let Ok(minutes) = std::env::var("FUZZ_CPU_MINUTES") {
        suite.test("fuzz_cpu", &needs, move || campaign::fuzz(&minutes));
    } else {
        for class in campaign::classes() {
            suite.test(format!("cpu_diff::{class}"), &needs, move || campaign::corpus(class, CASES));
        }
    }
    suite.run().exit();
}
