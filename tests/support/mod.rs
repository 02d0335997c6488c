//! What the integration tests and the benches share: prerequisites, the binary under test, guests, the oracle.

pub(crate) mod command;
pub(crate) mod guest;
pub(crate) mod load;
pub(crate) mod need;

/// The folder of the project.
pub(crate) fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

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
