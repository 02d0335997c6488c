//! The synthetic vDSO page of elfuse: its bytes, its anchor protocol, and the reading of its fallbacks.
//!
//! Used by the root crate (mapping, reseeding, classification) and by tests. It does no I/O and reads no
//! clock: the same parameters give the same bytes.
#![no_std]
#![forbid(unsafe_code)]
