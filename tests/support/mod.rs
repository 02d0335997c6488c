//! What the integration tests and the benches share: prerequisites, the binary under test, guests, the oracle.

pub(crate) mod command;
pub(crate) mod guest;
pub(crate) mod load;
pub(crate) mod need;

/// A failed expectation, in words.
pub(crate) type Outcome = Result<(), String>;

/// Fails with the formatted sentence unless the condition holds.
#[macro_export]
macro_rules! expect {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}
