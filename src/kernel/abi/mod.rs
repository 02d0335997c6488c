//! The Linux arm64 ABI as data: errno, signals, named flags and values, struct layouts. No behaviour.
//!
//! The syscall table names its arguments with these, `decode` reads bytes with them, and the kernel may look up
//! sizes and offsets. Each set cites the header that it was taken from; a test compiles the lot against those
//! headers where an arm64 compiler is installed.

pub mod errno;
pub mod flags_file;
pub mod flags_net;
pub mod flags_proc;
pub mod ioctl;
pub mod layout;
pub mod signals;
pub mod structs;
#[cfg(test)]
mod tests;

/// A value and its Linux name.
pub type Named = (u64, &'static str);

/// A set of named bits, some of which may form small enumerations (the access mode in open flags).
#[derive(Debug)]
pub struct Flags {
    /// What strace says for unknown bits: `O_???`.
    pub unknown: &'static str,
    /// Bit fields with named values; they are spoken first.
    pub parts: &'static [Part],
    /// Single bits and combinations, combinations before the bits that they contain; an entry of value 0 names
    /// the empty set.
    pub bits: &'static [Named],
}

/// An enumeration inside a set of flags.
#[derive(Debug)]
pub struct Part {
    /// The bits that it takes.
    pub mask: u64,
    /// Its named values, not shifted.
    pub values: &'static [Named],
}

/// A named enumeration.
#[derive(Debug)]
pub struct Enum {
    /// What strace says for an unknown value: `SEEK_???`.
    pub unknown: &'static str,
    /// The named values.
    pub values: &'static [Named],
}

impl Flags {
    /// The value of a name, none if there is no such name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.names().find(|(_, known)| *known == name).map(|(value, _)| value)
    }

    /// All names with their values.
    pub fn names(&self) -> impl Iterator<Item = Named> + '_ {
        self.parts.iter().flat_map(|part| part.values).chain(self.bits).copied()
    }
}

impl Enum {
    /// The name of a value, none if it has none.
    #[must_use]
    pub fn name(&self, value: u64) -> Option<&'static str> {
        self.values.iter().find(|(known, _)| *known == value).map(|(_, name)| *name)
    }

    /// The value of a name, none if there is no such name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.values.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

/// How a number is to be read. Integers are sign- or zero-extended from their width first.
#[derive(Clone, Copy, Debug)]
pub enum Scalar {
    /// Signed decimal.
    Int,
    /// Unsigned decimal.
    Uint,
    /// Hexadecimal, 0 as `0`.
    Hex,
    /// A pointer: `NULL` or hexadecimal.
    Ptr,
    /// Permission bits, octal.
    Octal,
    /// `st_mode`: file type and permission bits.
    Mode,
    /// A file descriptor.
    Fd,
    /// A directory descriptor: `AT_FDCWD` or a descriptor.
    DirFd,
    /// A user or group id; all ones is -1.
    Uid,
    /// A signal number.
    Signal,
    /// A device number: `makedev(0x8, 0x1)`.
    Dev,
    /// A 64-bit set of signals.
    Sigset,
    /// A status as wait4 returns it.
    WaitStatus,
    /// A clock id; negative ids are clocks of processes and threads.
    Clock,
    /// A resource limit: multiples of 1024 as such, all ones as infinity.
    Rlimit,
    /// A 16-bit port in network order.
    Port,
    /// An IPv4 address in network order.
    Inet4,
    /// A signal handler: `SIG_DFL`, `SIG_IGN` or an address.
    Handler,
    /// User data of epoll.
    EpollData,
    /// A socket type with its flags.
    SockType,
    /// Named bits.
    Flags(&'static Flags),
    /// A named value.
    Enum(&'static Enum),
}

/// Size of an integer in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 1 byte.
    B1,
    /// 2 bytes.
    B2,
    /// 4 bytes.
    B4,
    /// 8 bytes.
    B8,
}

impl Width {
    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Width::B1 => 1,
            Width::B2 => 2,
            Width::B4 => 4,
            Width::B8 => 8,
        }
    }
}

/// Defines sets of named bits: unknown word, `[mask: NAME = value, ...; ...]` for the parts, then the bits.
macro_rules! flag_sets {
    ($( $(#[$doc:meta])* $set:ident $unknown:literal
        [ $( $mask:literal : $($part:ident = $value:expr),+ );* ]
        { $( $bit:ident = $bits:expr ),* $(,)? } )+) => { $(
        $(#[$doc])*
        pub static $set: crate::kernel::abi::Flags = crate::kernel::abi::Flags {
            unknown: $unknown,
            parts: &[ $( crate::kernel::abi::Part { mask: $mask, values: &[ $( ($value, stringify!($part)) ),+ ] } ),* ],
            bits: &[ $( ($bits, stringify!($bit)) ),* ],
        };
    )+ };
}

/// Defines named enumerations.
macro_rules! enums {
    ($( $(#[$doc:meta])* $set:ident $unknown:literal { $( $name:ident = $value:expr ),* $(,)? } )+) => { $(
        $(#[$doc])*
        pub static $set: crate::kernel::abi::Enum = crate::kernel::abi::Enum {
            unknown: $unknown,
            values: &[ $( ($value, stringify!($name)) ),* ],
        };
    )+ };
}

pub(crate) use enums;
pub(crate) use flag_sets;
