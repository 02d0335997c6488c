//! Units and address spaces as types, shared by all crates, so that a count is never taken for an address.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
    };
}

unit! {
    /// An address in guest memory.
    GuestAddr(u64)
}
unit! {
    /// Number of an event in its stream, from 0.
    EventIndex(u64)
}
unit! {
    /// Retired guest instructions of one process, over all its threads, from the start of its stream.
    InsnCount(u64)
}
unit! {
    /// Cycles of the guest counter CNTVCT_EL0; CNTFRQ_EL0 (in the header) of them make a second.
    Cycles(u64)
}
unit! {
    /// Nanoseconds.
    Nanos(u64)
}
unit! {
    /// A guest thread id as the guest sees it.
    Tid(u32)
}
unit! {
    /// Number of a deduplicated byte string of a trace: bits 63:40 the stream that wrote it, 39:0 a count.
    BlobId(u64)
}

impl fmt::Display for GuestAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

impl fmt::LowerHex for GuestAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl Cycles {
    /// As nanoseconds at `cntfrq` cycles a second, rounded down; saturates. A `cntfrq` of 0 gives 0.
    #[must_use]
    pub fn to_nanos(self, cntfrq: u64) -> Nanos {
        if cntfrq == 0 {
            return Nanos(0);
        }
        let ns = u128::from(self.0) * 1_000_000_000 / u128::from(cntfrq);
        Nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}
