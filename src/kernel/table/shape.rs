//! What the arguments of fcntl, ioctl, futex and prctl are, as the command decides. For `capture` and `decode`.

use crate::kernel::abi::flags_file::{FD_CLOEXEC, OPEN, SEALS};
use crate::kernel::abi::ioctl::{self, IoctlArg};
use crate::kernel::abi::layout::Layout;
use crate::kernel::abi::{Flags, structs};

/// What one command-dependent argument is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// It is not looked at.
    Absent,
    /// A signed int.
    Int,
    /// An unsigned number.
    Uint,
    /// A number, hexadecimal.
    Hex,
    /// A signal.
    Signal,
    /// A pointer that is not followed.
    Pointer,
    /// Named bits.
    Flags(&'static Flags),
    /// A struct that the kernel reads.
    In(&'static Layout),
    /// A struct that the kernel writes.
    Out(&'static Layout),
    /// A struct that the kernel reads and writes.
    InOut(&'static Layout),
    /// Points to an int that the kernel reads.
    IntIn,
    /// Points to an int that the kernel writes.
    IntOut,
    /// Points to text that the kernel reads, at most so long.
    Text(usize),
    /// Points to text that the kernel writes, at most so long.
    TextOut(usize),
    /// The bits of FUTEX_WAIT_BITSET.
    Bitset,
    /// The coded operation of FUTEX_WAKE_OP.
    WakeOp,
}

/// The third argument of fcntl for a command (asm-generic/fcntl.h, linux/fcntl.h).
#[must_use]
pub fn fcntl(cmd: u64) -> Shape {
    match cmd & 0xffff_ffff {
        1 | 3 | 9 | 11 | 1025 | 1032 | 1034 => Shape::Absent,
        0 | 8 | 1030 | 1031 => Shape::Int,
        2 => Shape::Flags(&FD_CLOEXEC),
        4 => Shape::Flags(&OPEN),
        5 | 36 => Shape::InOut(&structs::FLOCK),
        6 | 7 | 37 | 38 => Shape::In(&structs::FLOCK_ASKED),
        10 => Shape::Signal,
        15 => Shape::In(&structs::F_OWNER_EX),
        16 => Shape::Out(&structs::F_OWNER_EX),
        1033 => Shape::Flags(&SEALS),
        _ => Shape::Hex,
    }
}

/// The third argument of ioctl for a request.
#[must_use]
pub fn ioctl(request: u64) -> Shape {
    let known = u32::try_from(request & 0xffff_ffff).ok().and_then(ioctl::request);
    match known.map(|request| request.arg) {
        None => Shape::Hex,
        Some(IoctlArg::None) => Shape::Absent,
        Some(IoctlArg::Value) => Shape::Int,
        Some(IoctlArg::IntIn) => Shape::IntIn,
        Some(IoctlArg::IntOut) => Shape::IntOut,
        Some(IoctlArg::In(layout)) => Shape::In(layout),
        Some(IoctlArg::Out(layout)) => Shape::Out(layout),
        Some(IoctlArg::Pointer) => Shape::Pointer,
    }
}

/// Argument `at` (3, 4 or 5) of futex for an operation (linux/futex.h).
#[must_use]
pub fn futex(op: u64, at: usize) -> Shape {
    let command = op & 0x7f;
    match (command, at) {
        (0 | 9 | 11 | 6 | 13, 3) => Shape::In(&structs::TIMESPEC),
        (3 | 4 | 5 | 12, 3) => Shape::Uint,
        (3 | 4 | 5 | 11 | 12, 4) => Shape::Pointer,
        (9 | 10, 5) => Shape::Bitset,
        (4 | 12, 5) => Shape::Uint,
        (5, 5) => Shape::WakeOp,
        _ => Shape::Absent,
    }
}

/// Argument `at` (1 to 4) of prctl for an option (linux/prctl.h).
#[must_use]
pub fn prctl(option: u64, at: usize) -> Shape {
    match (option & 0xffff_ffff, at) {
        (15, 1) => Shape::Text(16),
        (16, 1) => Shape::TextOut(16),
        (1, 1) => Shape::Signal,
        (2 | 5 | 9 | 11 | 19 | 25 | 37, 1) => Shape::IntOut,
        (4 | 6 | 8 | 10 | 12 | 14 | 20 | 23 | 24 | 26 | 29 | 36, 1) => Shape::Uint,
        (38 | 39 | 41 | 42 | 57 | 58, 1..=4) => Shape::Uint,
        (0x5356_4d41, 1) => Shape::Uint,
        (0x5356_4d41, 2) => Shape::Pointer,
        (0x5356_4d41, 3) => Shape::Uint,
        (0x5356_4d41, 4) => Shape::Text(80),
        (3 | 7 | 13 | 21 | 27 | 30..=32 | 34 | 46 | 51 | 56 | 61 | 64, _) => Shape::Absent,
        (1..=47, 2..) => Shape::Absent,
        (_, 1..=4) => Shape::Hex,
        _ => Shape::Absent,
    }
}
