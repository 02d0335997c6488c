//! The terminal front end: a viewer over a trace and a `dyn Replay`.
//!
//! Used by the root crate's `cli` only. It reads traces and a replay handle and nothing else.
#![forbid(unsafe_code)]
