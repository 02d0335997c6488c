//! Record, replay and trace aarch64-Linux programs the way elfuse runs them.

pub mod decode;
pub mod guest;
pub mod host;
pub mod kernel;
