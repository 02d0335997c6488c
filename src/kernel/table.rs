//! The syscall table of arm64 Linux: number, name, arguments, result, classes and replay class of every call.
//!
//! Pure data. The kernel keeps its handlers apart; the recorder asks here how many arguments count and which
//! input bytes to keep, `decode` puts calls into words with it, `-e trace=` and the filters take names and
//! classes from it. Numbers are those of asm-generic/unistd.h up to Linux 6.18; names are the kernel's.

pub mod args;
pub mod capture;
mod files;
mod io;
mod memory;
mod net;
mod process;
pub mod select;
pub mod shape;
mod signal;
mod system;
#[cfg(test)]
mod tests;

use crate::kernel::abi::layout::Layout;
use crate::kernel::abi::{Scalar, Width};
use std::fmt;

/// One syscall.
#[derive(Debug)]
pub struct Row {
    /// Its number, the value of X8.
    pub nr: u32,
    /// Its name.
    pub name: &'static str,
    /// Its arguments, X0 first; at most six.
    pub args: &'static [Arg],
    /// What a result that is no error means.
    pub ret: Ret,
    /// The classes that it belongs to.
    pub classes: Classes,
    /// What a replay does with it.
    pub replay: ReplayClass,
}

/// An argument of a syscall.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name in the manual page.
    pub name: &'static str,
    /// What it is.
    pub kind: ArgKind,
}

/// How many elements or bytes an argument points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Len {
    /// As many as the call returns.
    Ret,
    /// As many as that argument says.
    Arg(u8),
    /// As many as the 32-bit integer says that this argument points to.
    At(u8),
    /// So many.
    Fixed(u32),
}

/// What an argument is. "In" is read by the kernel, "out" is written by it.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    /// A number in the register.
    Num(Scalar, Width),
    /// Points to a path in.
    Path,
    /// Points to text in that is no path.
    Text,
    /// Points to bytes in.
    BufIn(Len),
    /// Points to bytes out.
    BufOut(Len),
    /// Points to bytes out that are never text: random ones.
    HexOut(Len),
    /// Points to text out that ends at a NUL or with the result.
    TextOut,
    /// Points to a struct in.
    In(&'static Layout),
    /// Points to a struct out.
    Out(&'static Layout),
    /// Points to a struct that is read and written.
    InOut(&'static Layout),
    /// Points to structs in.
    ArrayIn(&'static Layout, Len),
    /// Points to structs out.
    ArrayOut(&'static Layout, Len),
    /// Points to integers in.
    NumsIn(Scalar, Width, Len),
    /// Points to integers out.
    NumsOut(Scalar, Width, Len),
    /// Points to integers that are read and written.
    NumsInOut(Scalar, Width, Len),
    /// Points to iovecs whose bytes are read; the index of the argument that counts them.
    IovIn(u8),
    /// Points to iovecs whose bytes are written; the index of the argument that counts them.
    IovOut(u8),
    /// Points to a msghdr to send.
    MsgIn,
    /// Points to a msghdr to receive.
    MsgOut,
    /// Points to mmsghdrs to send; the index of the argument that counts them.
    MsgsIn(u8),
    /// Points to mmsghdrs to receive; the index of the argument that counts them.
    MsgsOut(u8),
    /// Points to an array of text pointers that a NULL ends.
    Strings,
    /// The same, of which only the count is of interest.
    Environ,
    /// Points to a socket address in; the index of the argument with its length.
    AddrIn(u8),
    /// Points to a socket address out; the index of the argument that points to its length.
    AddrOut(u8),
    /// Points to a set of descriptors, read and written; the index of the argument with their number.
    FdSet(u8),
    /// Points to a bit map of processors in, of so many bytes.
    CpusIn(Len),
    /// Points to a bit map of processors out, of so many bytes.
    CpusOut(Len),
    /// Depends on other arguments.
    Special(Special),
}

/// Arguments that other arguments decide about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// The mode of openat: there only if the flags, in that argument, create a file.
    OpenMode(u8),
    /// The third argument of fcntl.
    Fcntl,
    /// The request of ioctl.
    IoctlRequest,
    /// The third argument of ioctl.
    Ioctl,
    /// The operation of futex with its option bits.
    FutexOp,
    /// What follows the value of futex.
    Futex,
    /// What follows the option of prctl.
    Prctl,
    /// The flags of clone with the exit signal.
    CloneFlags,
    /// The pointers of clone: there only if the flags ask for them.
    Clone,
    /// The struct of clone3, of which the size argument says how much counts.
    CloneArgs,
    /// The device number of mknodat: there only for the kinds of file that have one.
    MknodDev,
    /// The new address of mremap.
    MremapAddr,
    /// The event of epoll_ctl.
    EpollEvent,
    /// The type of a socket with its flags.
    SockProtocol,
    /// The name of a socket option.
    SockoptName,
    /// The value of a socket option in.
    SockoptIn,
    /// The value of a socket option out.
    SockoptOut,
    /// A siginfo in.
    SiginfoIn,
    /// A siginfo out.
    SiginfoOut,
    /// Directory entries out.
    Dirents,
    /// The pollfds of ppoll.
    PollFds,
    /// The pair of pointer and size that pselect6 takes for a signal mask.
    PselectMask,
    /// Two times with the special values of utimensat.
    Utimes,
}

/// What a result means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ret {
    /// A number.
    Int,
    /// A new file descriptor.
    Fd,
    /// A process or thread id.
    Pid,
    /// An address.
    Addr,
    /// An octal mode.
    Octal,
    /// It never returns, or nothing meaningful does.
    Void,
    /// The number of ready descriptors of a poll, which are named.
    Poll,
    /// The number of ready descriptors of a select, which are named.
    Select,
    /// As the command of fcntl says.
    Fcntl,
    /// A signal.
    Signal,
}

/// What a replay does with a syscall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplayClass {
    /// Its result and effects come from the trace.
    Recorded,
    /// The same, and it may wait, so that other threads run meanwhile.
    Blocking,
    /// It changes the address space; the change is repeated from the trace.
    Space,
    /// It makes or ends threads or processes, or replaces the registers.
    Flow,
}

/// A set of classes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Classes(pub u16);

impl Classes {
    /// Takes a path.
    pub const FILE: Classes = Classes(1);
    /// Takes or returns a descriptor.
    pub const DESC: Classes = Classes(2);
    /// Changes or locks mappings.
    pub const MEMORY: Classes = Classes(4);
    /// Sockets.
    pub const NET: Classes = Classes(8);
    /// System V IPC.
    pub const IPC: Classes = Classes(16);
    /// Life of processes.
    pub const PROCESS: Classes = Classes(32);
    /// Signals.
    pub const SIGNAL: Classes = Classes(64);
    /// User and group ids, capabilities.
    pub const CREDS: Classes = Classes(128);
    /// Reads or sets clocks.
    pub const CLOCK: Classes = Classes(256);
    /// Always succeeds and takes no arguments.
    pub const PURE: Classes = Classes(512);

    /// The set of that name as strace has them, without `%`; `network` is `net`. None if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Classes> {
        if name == "network" {
            return Some(Classes::NET);
        }
        CLASS_NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    /// Whether the two sets have a class in common.
    #[must_use]
    pub fn meets(self, other: Classes) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of the classes in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CLASS_NAMES.iter().filter(move |(_, class)| self.meets(*class)).map(|(name, _)| *name)
    }
}

/// Every class by name.
pub static CLASS_NAMES: [(&str, Classes); 10] = [
    ("file", Classes::FILE),
    ("desc", Classes::DESC),
    ("memory", Classes::MEMORY),
    ("net", Classes::NET),
    ("ipc", Classes::IPC),
    ("process", Classes::PROCESS),
    ("signal", Classes::SIGNAL),
    ("creds", Classes::CREDS),
    ("clock", Classes::CLOCK),
    ("pure", Classes::PURE),
];

impl Row {
    /// How many argument registers count.
    #[must_use]
    pub fn arg_count(&self) -> usize {
        self.args.len()
    }

    /// Indices of the arguments that may point to bytes which the kernel reads; [`capture::inputs`] keeps them.
    pub fn captures(&self) -> impl Iterator<Item = u8> + '_ {
        (0u8..).zip(self.args).filter(|(_, arg)| arg.kind.reads()).map(|(at, _)| at)
    }
}

impl ArgKind {
    /// Whether the kernel may read what the argument points to.
    #[must_use]
    pub fn reads(&self) -> bool {
        use ArgKind as K;
        match self {
            K::Num(..)
            | K::BufOut(_)
            | K::HexOut(_)
            | K::TextOut
            | K::Out(_)
            | K::ArrayOut(..)
            | K::NumsOut(..)
            | K::CpusOut(_)
            | K::AddrOut(_) => false,
            K::Path
            | K::Text
            | K::BufIn(_)
            | K::In(_)
            | K::InOut(_)
            | K::ArrayIn(..)
            | K::NumsIn(..)
            | K::NumsInOut(..)
            | K::IovIn(_)
            | K::IovOut(_)
            | K::MsgIn
            | K::MsgOut
            | K::MsgsIn(_)
            | K::MsgsOut(_)
            | K::Strings
            | K::Environ
            | K::AddrIn(_)
            | K::FdSet(_)
            | K::CpusIn(_) => true,
            K::Special(special) => match special {
                Special::OpenMode(_)
                | Special::IoctlRequest
                | Special::FutexOp
                | Special::CloneFlags
                | Special::Clone
                | Special::MknodDev
                | Special::MremapAddr
                | Special::SockProtocol
                | Special::SockoptName
                | Special::SockoptOut
                | Special::SiginfoOut
                | Special::Dirents => false,
                Special::Fcntl
                | Special::Ioctl
                | Special::Futex
                | Special::Prctl
                | Special::CloneArgs
                | Special::EpollEvent
                | Special::SockoptIn
                | Special::SiginfoIn
                | Special::PollFds
                | Special::PselectMask
                | Special::Utimes => true,
            },
        }
    }

    /// Whether the kernel may write to where the argument points, so that it can be told only at the return.
    #[must_use]
    pub fn writes(&self) -> bool {
        use ArgKind as K;
        matches!(
            self,
            K::BufOut(_)
                | K::HexOut(_)
                | K::TextOut
                | K::Out(_)
                | K::InOut(_)
                | K::ArrayOut(..)
                | K::NumsOut(..)
                | K::NumsInOut(..)
                | K::IovOut(_)
                | K::MsgOut
                | K::MsgsIn(_)
                | K::MsgsOut(_)
                | K::AddrOut(_)
                | K::CpusOut(_)
                | K::Special(
                    Special::Fcntl
                        | Special::Ioctl
                        | Special::Prctl
                        | Special::CloneArgs
                        | Special::SockoptOut
                        | Special::SiginfoOut
                        | Special::Dirents
                )
        )
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// One more than the largest number that the index can hold.
const LIMIT: usize = 512;

/// The rows by family; which family a call stands in means nothing.
static FAMILIES: [&[Row]; 7] =
    [files::ROWS, io::ROWS, memory::ROWS, net::ROWS, process::ROWS, signal::ROWS, system::ROWS];

static INDEX: [Option<&'static Row>; LIMIT] = index();

/// Built at compile time, which fails if two rows have one number or one is too large.
const fn index() -> [Option<&'static Row>; LIMIT] {
    let mut index = [None; LIMIT];
    let mut family = 0;
    while family < FAMILIES.len() {
        let rows = FAMILIES[family];
        let mut at = 0;
        while at < rows.len() {
            let nr = rows[at].nr as usize;
            assert!(index[nr].is_none(), "two rows have the same number");
            assert!(rows[at].args.len() <= 6, "a syscall has at most six arguments");
            index[nr] = Some(&rows[at]);
            at += 1;
        }
        family += 1;
    }
    index
}

/// The row of a number, none if arm64 Linux has no such call.
#[must_use]
pub fn row(nr: u32) -> Option<&'static Row> {
    INDEX.get(usize::try_from(nr).ok()?).copied().flatten()
}

/// The row of a name; a `sys_` in front and the names `fstatat`, `sendfile64` and the like are understood.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Row> {
    let name = name.strip_prefix("sys_").unwrap_or(name);
    let name = match name {
        "fstatat" | "fstatat64" => "newfstatat",
        "pread" => "pread64",
        "pwrite" => "pwrite64",
        "getdents" => "getdents64",
        "fadvise" => "fadvise64",
        "sendfile64" => "sendfile",
        "pselect" => "pselect6",
        "epoll_wait" => "epoll_pwait",
        "umount" => "umount2",
        "prlimit" => "prlimit64",
        other => other,
    };
    rows().find(|row| row.name == name)
}

/// All rows by ascending number.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    INDEX.iter().copied().flatten()
}

/// Defines rows: `number name result [classes] replay (arguments);`.
macro_rules! table_rows {
    ($( $nr:literal $name:ident $ret:ident [$($class:ident)*] $replay:ident ($($arg:expr),* $(,)?); )+) => {
        /// The rows of this family.
        pub(super) const ROWS: &[Row] = &[ $( Row {
            nr: $nr,
            name: stringify!($name),
            args: &[ $($arg),* ],
            ret: Ret::$ret,
            classes: Classes(0 $(| Classes::$class.0)*),
            replay: ReplayClass::$replay,
        } ),+ ];
    };
}

use table_rows;
