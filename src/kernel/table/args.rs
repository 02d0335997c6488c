//! Short words for the kinds of arguments, so that a row of the table fits a line. For the table's families.

use super::{Arg, ArgKind, Len, Special};
use crate::kernel::abi::layout::Layout;
use crate::kernel::abi::{Enum, Flags, Scalar, Width, flags_file};

const fn arg(name: &'static str, kind: ArgKind) -> Arg {
    Arg { name, kind }
}

const fn num(name: &'static str, scalar: Scalar, width: Width) -> Arg {
    arg(name, ArgKind::Num(scalar, width))
}

/// Defines words for arguments that are a number in the register.
macro_rules! numbers {
    ($( $(#[$doc:meta])* $word:ident $scalar:expr, $width:ident; )+) => { $(
        $(#[$doc])*
        pub(super) const fn $word(name: &'static str) -> Arg {
            num(name, $scalar, Width::$width)
        }
    )+ };
}

numbers! {
    /// A descriptor.
    fd Scalar::Fd, B4;
    /// A directory descriptor.
    dfd Scalar::DirFd, B4;
    /// An int.
    int Scalar::Int, B4;
    /// An unsigned int.
    uint Scalar::Uint, B4;
    /// An unsigned int, hexadecimal.
    hex Scalar::Hex, B4;
    /// A long.
    long Scalar::Int, B8;
    /// A size_t.
    size Scalar::Uint, B8;
    /// An unsigned long, hexadecimal.
    xlong Scalar::Hex, B8;
    /// A pointer that is not followed.
    ptr Scalar::Ptr, B8;
    /// Permission bits.
    mode Scalar::Octal, B2;
    /// File type and permission bits.
    fmode Scalar::Mode, B2;
    /// A process or thread id.
    pid Scalar::Int, B4;
    /// A user or group id.
    uid Scalar::Uid, B4;
    /// A signal.
    sig Scalar::Signal, B4;
    /// A clock.
    clock Scalar::Clock, B4;
}

/// An int of named bits.
pub(super) const fn flags(name: &'static str, set: &'static Flags) -> Arg {
    num(name, Scalar::Flags(set), Width::B4)
}

/// A long of named bits.
pub(super) const fn flags8(name: &'static str, set: &'static Flags) -> Arg {
    num(name, Scalar::Flags(set), Width::B8)
}

/// A named int.
pub(super) const fn named(name: &'static str, set: &'static Enum) -> Arg {
    num(name, Scalar::Enum(set), Width::B4)
}

/// A socket type.
pub(super) const fn sock_type(name: &'static str) -> Arg {
    num(name, Scalar::SockType, Width::B4)
}

/// A path in.
pub(super) const fn path(name: &'static str) -> Arg {
    arg(name, ArgKind::Path)
}

/// Text in.
pub(super) const fn text(name: &'static str) -> Arg {
    arg(name, ArgKind::Text)
}

/// Bytes in, their length in argument `len`.
pub(super) const fn buf_in(name: &'static str, len: u8) -> Arg {
    arg(name, ArgKind::BufIn(Len::Arg(len)))
}

/// Bytes out, as many as the call returns.
pub(super) const fn buf_out(name: &'static str) -> Arg {
    arg(name, ArgKind::BufOut(Len::Ret))
}

/// Text out.
pub(super) const fn text_out(name: &'static str) -> Arg {
    arg(name, ArgKind::TextOut)
}

/// A struct in.
pub(super) const fn rd(name: &'static str, layout: &'static Layout) -> Arg {
    arg(name, ArgKind::In(layout))
}

/// A struct out.
pub(super) const fn wr(name: &'static str, layout: &'static Layout) -> Arg {
    arg(name, ArgKind::Out(layout))
}

/// A struct read and written.
pub(super) const fn rw(name: &'static str, layout: &'static Layout) -> Arg {
    arg(name, ArgKind::InOut(layout))
}

/// Structs in.
pub(super) const fn rds(name: &'static str, layout: &'static Layout, len: Len) -> Arg {
    arg(name, ArgKind::ArrayIn(layout, len))
}

/// Structs out.
pub(super) const fn wrs(name: &'static str, layout: &'static Layout, len: Len) -> Arg {
    arg(name, ArgKind::ArrayOut(layout, len))
}

/// Integers in.
pub(super) const fn nums_in(name: &'static str, scalar: Scalar, width: Width, len: Len) -> Arg {
    arg(name, ArgKind::NumsIn(scalar, width, len))
}

/// Integers out.
pub(super) const fn nums_out(name: &'static str, scalar: Scalar, width: Width, len: Len) -> Arg {
    arg(name, ArgKind::NumsOut(scalar, width, len))
}

/// One int out.
pub(super) const fn int_out(name: &'static str, scalar: Scalar) -> Arg {
    arg(name, ArgKind::NumsOut(scalar, Width::B4, Len::Fixed(1)))
}

/// One int read and written.
pub(super) const fn int_rw(name: &'static str) -> Arg {
    arg(name, ArgKind::NumsInOut(Scalar::Int, Width::B4, Len::Fixed(1)))
}

/// One long out.
pub(super) const fn long_out(name: &'static str, scalar: Scalar) -> Arg {
    arg(name, ArgKind::NumsOut(scalar, Width::B8, Len::Fixed(1)))
}

/// One long read and written (an offset).
pub(super) const fn long_rw(name: &'static str) -> Arg {
    arg(name, ArgKind::NumsInOut(Scalar::Int, Width::B8, Len::Fixed(1)))
}

/// A signal set in.
pub(super) const fn set_in(name: &'static str) -> Arg {
    arg(name, ArgKind::NumsIn(Scalar::Sigset, Width::B8, Len::Fixed(1)))
}

/// A signal set out.
pub(super) const fn set_out(name: &'static str) -> Arg {
    arg(name, ArgKind::NumsOut(Scalar::Sigset, Width::B8, Len::Fixed(1)))
}

/// Any other kind that reads or writes memory.
pub(super) const fn of(name: &'static str, kind: ArgKind) -> Arg {
    arg(name, kind)
}

/// An argument that depends on others.
pub(super) const fn special(name: &'static str, special: Special) -> Arg {
    arg(name, ArgKind::Special(special))
}

/// The three of xattr calls that follow the file: name, value in, size, flags.
pub(super) const fn xattr_flags() -> Arg {
    flags("flags", &flags_file::XATTR)
}
