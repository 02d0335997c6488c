//! ioctl requests by number: their names and what the third argument is.

use super::layout::Layout;
use super::structs;

/// What the third argument of an ioctl is.
#[derive(Clone, Copy, Debug)]
pub enum IoctlArg {
    /// Nothing.
    None,
    /// A number.
    Value,
    /// Points to an int that the kernel reads.
    IntIn,
    /// Points to an int that the kernel writes.
    IntOut,
    /// Points to a struct that the kernel reads.
    In(&'static Layout),
    /// Points to a struct that the kernel writes.
    Out(&'static Layout),
    /// Points to something that is not described here.
    Pointer,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its number.
    pub nr: u32,
    /// Its name.
    pub name: &'static str,
    /// Its argument.
    pub arg: IoctlArg,
}

macro_rules! requests {
    ($( $name:ident $nr:literal $arg:ident $(($layout:ident))? ),* $(,)?) => {
        &[ $( Request { nr: $nr, name: stringify!($name), arg: IoctlArg::$arg $((&structs::$layout))? } ),* ]
    };
}

/// asm-generic/ioctls.h, linux/sockios.h, linux/fs.h, linux/fiemap.h; sorted by number.
static REQUESTS: &[Request] = requests! {
    FIBMAP 0x1 IntIn, FIGETBSZ 0x2 IntOut,
    TCGETS 0x5401 Out(TERMIOS), TCSETS 0x5402 In(TERMIOS), TCSETSW 0x5403 In(TERMIOS), TCSETSF 0x5404 In(TERMIOS),
    TCGETA 0x5405 Pointer, TCSETA 0x5406 Pointer, TCSETAW 0x5407 Pointer, TCSETAF 0x5408 Pointer,
    TCSBRK 0x5409 Value, TCXONC 0x540a Value, TCFLSH 0x540b Value, TIOCEXCL 0x540c None, TIOCNXCL 0x540d None,
    TIOCSCTTY 0x540e Value, TIOCGPGRP 0x540f IntOut, TIOCSPGRP 0x5410 IntIn, TIOCOUTQ 0x5411 IntOut,
    TIOCSTI 0x5412 Pointer, TIOCGWINSZ 0x5413 Out(WINSIZE), TIOCSWINSZ 0x5414 In(WINSIZE), TIOCMGET 0x5415 IntOut,
    TIOCMBIS 0x5416 IntIn, TIOCMBIC 0x5417 IntIn, TIOCMSET 0x5418 IntIn, TIOCGSOFTCAR 0x5419 IntOut,
    TIOCSSOFTCAR 0x541a IntIn, FIONREAD 0x541b IntOut, TIOCLINUX 0x541c Pointer, TIOCCONS 0x541d None,
    TIOCGSERIAL 0x541e Pointer, TIOCSSERIAL 0x541f Pointer, TIOCPKT 0x5420 IntIn, FIONBIO 0x5421 IntIn,
    TIOCNOTTY 0x5422 None, TIOCSETD 0x5423 IntIn, TIOCGETD 0x5424 IntOut, TCSBRKP 0x5425 Value,
    TIOCSBRK 0x5427 None, TIOCCBRK 0x5428 None, TIOCGSID 0x5429 IntOut, TIOCVHANGUP 0x5437 None,
    TIOCGPTPEER 0x5441 Value, FIONCLEX 0x5450 None, FIOCLEX 0x5451 None, FIOASYNC 0x5452 IntIn,
    FIOQSIZE 0x5460 Pointer,
    SIOCATMARK 0x8905 IntOut, SIOCGSTAMP_OLD 0x8906 Out(TIMEVAL), SIOCGSTAMPNS_OLD 0x8907 Out(TIMESPEC),
    SIOCGIFNAME 0x8910 Pointer, SIOCGIFCONF 0x8912 Pointer, SIOCGIFFLAGS 0x8913 Pointer,
    SIOCGIFADDR 0x8915 Pointer, SIOCGIFDSTADDR 0x8917 Pointer, SIOCGIFBRDADDR 0x8919 Pointer,
    SIOCGIFNETMASK 0x891b Pointer, SIOCGIFMETRIC 0x891d Pointer,
    SIOCGIFMTU 0x8921 Pointer, SIOCGIFHWADDR 0x8927 Pointer, SIOCGIFINDEX 0x8933 Pointer,
    SIOCGIFTXQLEN 0x8942 Pointer,
    FICLONE 0x40049409 Value, TIOCSPTLCK 0x40045431 IntIn, TIOCSIG 0x40045436 Value, FS_IOC_SETFLAGS 0x40086602 IntIn,
    FICLONERANGE 0x4020940d Pointer, TCSETS2 0x402c542b In(TERMIOS2), TCSETSW2 0x402c542c In(TERMIOS2),
    TCSETSF2 0x402c542d In(TERMIOS2), TIOCGPTN 0x80045430 IntOut, TIOCGDEV 0x80045432 IntOut,
    TIOCGPKT 0x80045438 IntOut, TIOCGPTLCK 0x80045439 IntOut, TIOCGEXCL 0x80045440 IntOut,
    FS_IOC_GETFLAGS 0x80086601 IntOut, BLKGETSIZE64 0x80081272 Pointer, TCGETS2 0x802c542a Out(TERMIOS2),
    FS_IOC_FIEMAP 0xc020660b Pointer,
};

/// The request with that number, none if it is not described.
#[must_use]
pub fn request(nr: u32) -> Option<&'static Request> {
    REQUESTS.iter().find(|request| request.nr == nr)
}

/// All requests.
#[must_use]
pub fn all() -> &'static [Request] {
    REQUESTS
}
