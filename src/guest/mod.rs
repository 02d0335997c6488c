//! The guest's memory and how a program gets into it: address space, ELF loading, initial stack.
//!
//! Used by the kernel, the engines and the replayer. Nothing here knows of syscalls or traces.

pub mod digest;
pub mod elf;
mod fault;
pub mod layout;
pub mod memory;
pub mod ranges;
pub mod regions;
pub mod stack;
pub mod twins;

pub use memory::{MemoryMode, Space};
pub use ranges::Ranges;
pub use regions::{PAGE, Prot, Region, Regions};
