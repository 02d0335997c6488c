//! Whether each instruction word is undefined exactly when two foreign decoders say so: `reference.txt` holds what LLVM
//! says of all 2^32 words, yaxpeax-arm, the disassembler of the viewer, runs beside. `differences.txt` lists what may differ.
//!
//! As a test it takes a fixed slice. `DECODE_ALL=1` takes all words, on all cores, with progress and figures
//! (`make decode-all`).

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "words and halves of words are cut out of wider numbers on purpose"
)]

#[expect(dead_code, reason = "what integration tests need is more than what this one needs")]
#[path = "../../../tests/support/need.rs"]
mod need;
mod patterns;
#[expect(dead_code, reason = "the differential harness draws words in more ways")]
#[path = "../diff/random.rs"]
mod random;
mod sweep;
#[expect(dead_code, reason = "only the parser of patterns is wanted")]
#[path = "../diff/words.rs"]
mod words;

use need::Suite;

/// A failed expectation, in words.
pub(crate) type Outcome = Result<(), String>;

fn main() {
    let mut suite = Suite::from_args();
    if std::env::var("DECODE_ALL").is_ok() {
        suite.plain("decode::all", sweep::all);
    } else {
        suite.plain("decode::slice", sweep::slice);
    }
    suite.run().exit();
}
