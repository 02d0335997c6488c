//! The Linux kernel as the guest sees it.

pub mod abi;
pub mod table;
