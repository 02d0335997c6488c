//! Which input bytes of a call the recorder keeps, so that a reader can put the call into words.
//!
//! The order is a contract with `decode`: for each argument in turn one [`Input`] for the pointer in the register,
//! then one for every pointer that is found there and followed, in order. A NULL pointer gives none; one that
//! cannot be read gives one of length 0.

use super::shape::{self, Shape};
use super::{ArgKind, Len, Row, Special};
use crate::kernel::abi::layout::{self, Layout};
use crate::kernel::abi::{Width, structs};
use traces::event::Input;

/// The longest path that is kept; PATH_MAX.
pub const PATH_MAX: usize = 4096;
/// How many bytes of a buffer are kept; twice what strace shows by default.
pub const BUFFER_MAX: usize = 64;
/// How many bytes of other text are kept: names, argument strings.
pub const TEXT_MAX: usize = 256;
/// How many elements of an array are kept: iovecs, pollfds, argument strings.
pub const ARRAY_MAX: usize = 32;
/// How many messages of sendmmsg and recvmmsg are kept.
pub const MESSAGES_MAX: usize = 8;
/// How many bytes of a socket address or of control messages are kept.
pub const ADDRESS_MAX: usize = 128;
/// How many strings of an argument list or environment are counted.
const COUNT_MAX: u64 = 65536;

/// Input bytes of one call, as they stand in an event: `inputs` and the start of its `data`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Captured {
    /// What is kept for which argument.
    pub inputs: Vec<Input>,
    /// The bytes, one input after the other.
    pub data: Vec<u8>,
}

/// Keeps the input bytes of a call. `args` are the argument registers; missing ones count as 0. `read` copies
/// guest memory from an address on and returns how many bytes there were before the first gap.
pub fn inputs(row: &Row, args: &[u64], read: &mut dyn FnMut(u64, &mut [u8]) -> usize) -> Captured {
    let mut capture = Capture { args, read, out: Captured::default(), arg: 0 };
    for at in row.captures() {
        capture.arg = at;
        if let Some(arg) = row.args.get(usize::from(at)) {
            capture.argument(&arg.kind);
        }
    }
    capture.out
}

struct Capture<'a> {
    args: &'a [u64],
    read: &'a mut dyn FnMut(u64, &mut [u8]) -> usize,
    out: Captured,
    arg: u8,
}

impl Capture<'_> {
    fn register(&self, at: u8) -> u64 {
        self.args.get(usize::from(at)).copied().unwrap_or(0)
    }

    fn argument(&mut self, kind: &ArgKind) {
        let at = self.register(self.arg);
        match kind {
            ArgKind::Path => self.text(at, PATH_MAX),
            ArgKind::Text => self.text(at, TEXT_MAX),
            ArgKind::BufIn(len) => {
                let full = self.count(*len);
                self.bytes(at, BUFFER_MAX, full);
            }
            ArgKind::In(layout) | ArgKind::InOut(layout) => self.structure(at, layout),
            ArgKind::ArrayIn(layout, len) => self.array(at, layout.size, *len),
            ArgKind::NumsIn(_, width, len) | ArgKind::NumsInOut(_, width, len) => {
                self.array(at, width.bytes(), *len);
            }
            ArgKind::IovIn(count) => self.iovecs(at, self.register(*count), true),
            ArgKind::IovOut(count) => self.iovecs(at, self.register(*count), false),
            ArgKind::MsgIn => self.message(at, true),
            ArgKind::MsgOut => self.message(at, false),
            ArgKind::MsgsIn(count) => self.messages(at, self.register(*count), true),
            ArgKind::MsgsOut(count) => self.messages(at, self.register(*count), false),
            ArgKind::Strings => self.strings(at),
            ArgKind::Environ => self.environ(at),
            ArgKind::AddrIn(len) => self.bytes(at, ADDRESS_MAX, self.register(*len) & 0xffff_ffff),
            ArgKind::FdSet(count) => {
                let words = (self.register(*count) & 0xffff_ffff).div_ceil(64);
                self.bytes(at, 128, words * 8);
            }
            ArgKind::CpusIn(len) => {
                let full = self.count(*len);
                self.bytes(at, 128, full);
            }
            ArgKind::Special(special) => self.special(at, *special),
            ArgKind::Num(..)
            | ArgKind::BufOut(_)
            | ArgKind::HexOut(_)
            | ArgKind::TextOut
            | ArgKind::Out(_)
            | ArgKind::ArrayOut(..)
            | ArgKind::NumsOut(..)
            | ArgKind::AddrOut(_)
            | ArgKind::CpusOut(_) => {}
        }
    }

    fn special(&mut self, at: u64, special: Special) {
        let shape = match special {
            Special::Fcntl => shape::fcntl(self.register(1)),
            Special::Ioctl => shape::ioctl(self.register(1)),
            Special::Futex => shape::futex(self.register(1), usize::from(self.arg)),
            Special::Prctl => shape::prctl(self.register(0), usize::from(self.arg)),
            Special::CloneArgs => {
                let full = self.register(1);
                return self.bytes(at, structs::CLONE_ARGS.size, full);
            }
            // EPOLL_CTL_DEL ignores the event.
            Special::EpollEvent if self.register(1) & 0xffff_ffff != 2 => Shape::In(&structs::EPOLL_EVENT),
            Special::SockoptIn => return self.bytes(at, BUFFER_MAX, self.register(4) & 0xffff_ffff),
            Special::SiginfoIn => return self.bytes(at, 128, 128),
            Special::PollFds => return self.array(at, structs::POLLFD.size, Len::Arg(1)),
            Special::PselectMask => return self.pselect_mask(at),
            Special::Utimes => return self.bytes(at, 32, 32),
            Special::EpollEvent
            | Special::OpenMode(_)
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
            | Special::Dirents => return,
        };
        match shape {
            Shape::In(layout) | Shape::InOut(layout) => self.structure(at, layout),
            Shape::IntIn => self.bytes(at, 4, 4),
            Shape::Text(max) => self.text(at, max),
            _ => {}
        }
    }

    fn count(&mut self, len: Len) -> u64 {
        match len {
            Len::Ret => 0,
            Len::Arg(at) => self.register(at),
            Len::At(at) => {
                let mut word = [0; 4];
                let from = self.register(at);
                let got = (self.read)(from, &mut word);
                if got == 4 { u64::from(u32::from_le_bytes(word)) } else { 0 }
            }
            Len::Fixed(count) => u64::from(count),
        }
    }

    /// Appends the input that was just added to `data` from `start` on.
    fn push(&mut self, start: usize, full: u64) {
        let len = u32::try_from(self.out.data.len().saturating_sub(start)).unwrap_or(u32::MAX);
        self.out.inputs.push(Input { arg: self.arg, len, full });
    }

    fn bytes(&mut self, at: u64, max: usize, full: u64) {
        if at == 0 {
            return;
        }
        let want = usize::try_from(full).unwrap_or(usize::MAX).min(max);
        let start = self.out.data.len();
        self.out.data.resize(start + want, 0);
        let got = (self.read)(at, &mut self.out.data[start..]).min(want);
        self.out.data.truncate(start + got);
        self.push(start, full);
    }

    fn structure(&mut self, at: u64, layout: &Layout) {
        self.bytes(at, layout.size, layout.size as u64);
    }

    fn array(&mut self, at: u64, size: usize, len: Len) {
        let full = self.count(len).saturating_mul(size as u64);
        self.bytes(at, size * ARRAY_MAX, full);
    }

    /// Text up to its NUL, which is not kept; a text that is longer than `max` has a `full` above its `len`.
    fn text(&mut self, at: u64, max: usize) {
        if at == 0 {
            return;
        }
        let start = self.out.data.len();
        let mut ended = false;
        while !ended && self.out.data.len() - start < max {
            let done = self.out.data.len();
            let want = (max - (done - start)).min(128);
            let Some(from) = at.checked_add((done - start) as u64) else { break };
            self.out.data.resize(done + want, 0);
            let got = (self.read)(from, &mut self.out.data[done..]).min(want);
            let end = self.out.data[done..done + got].iter().position(|byte| *byte == 0);
            self.out.data.truncate(done + end.unwrap_or(got));
            ended = end.is_some() || got < want;
        }
        let full = (self.out.data.len() - start) as u64 + u64::from(!ended);
        self.push(start, full);
    }

    /// The bytes that were kept last.
    fn last(&self) -> Vec<u8> {
        let len = self.out.inputs.last().map_or(0, |input| input.len as usize);
        self.out.data[self.out.data.len().saturating_sub(len)..].to_vec()
    }

    fn iovecs(&mut self, at: u64, count: u64, contents: bool) {
        if at == 0 {
            return;
        }
        self.bytes(at, ARRAY_MAX * structs::IOVEC.size, count.saturating_mul(16));
        if !contents {
            return;
        }
        for iovec in self.last().chunks_exact(structs::IOVEC.size) {
            let base = layout::number(iovec, 0, Width::B8).unwrap_or(0);
            self.bytes(base, BUFFER_MAX, layout::number(iovec, 8, Width::B8).unwrap_or(0));
        }
    }

    fn message(&mut self, at: u64, contents: bool) {
        if at == 0 {
            return;
        }
        self.structure(at, &structs::MSGHDR);
        let header = self.last();
        self.message_parts(&header, contents);
    }

    /// An array of struct mmsghdr, each a msghdr and 8 bytes.
    fn messages(&mut self, at: u64, count: u64, contents: bool) {
        if at == 0 {
            return;
        }
        self.bytes(at, MESSAGES_MAX * 64, (count & 0xffff_ffff) * 64);
        for header in self.last().chunks_exact(64) {
            self.message_parts(header, contents);
        }
    }

    /// What a message header points to.
    fn message_parts(&mut self, header: &[u8], contents: bool) {
        let field = |name| structs::MSGHDR.number(name, header).unwrap_or(0);
        if contents {
            self.bytes(field("msg_name"), ADDRESS_MAX, field("msg_namelen"));
        }
        self.iovecs(field("msg_iov"), field("msg_iovlen"), contents);
        if contents {
            self.bytes(field("msg_control"), ADDRESS_MAX, field("msg_controllen"));
        }
    }

    fn pselect_mask(&mut self, at: u64) {
        if at == 0 {
            return;
        }
        self.bytes(at, 16, 16);
        let pair = self.last();
        self.bytes(layout::number(&pair, 0, Width::B8).unwrap_or(0), 8, 8);
    }

    /// How many pointers stand at an address before a NULL.
    fn pointers(&mut self, at: u64) -> u64 {
        let mut count = 0;
        while count < COUNT_MAX {
            let mut word = [0; 8];
            let Some(from) = at.checked_add(count * 8) else { break };
            if (self.read)(from, &mut word) < 8 || word == [0; 8] {
                break;
            }
            count += 1;
        }
        count
    }

    fn strings(&mut self, at: u64) {
        if at == 0 {
            return;
        }
        let count = self.pointers(at);
        self.bytes(at, ARRAY_MAX * 8, count * 8);
        for pointer in self.last().chunks_exact(8) {
            self.text(layout::number(pointer, 0, Width::B8).unwrap_or(0), TEXT_MAX);
        }
    }

    fn environ(&mut self, at: u64) {
        if at == 0 {
            return;
        }
        let count = self.pointers(at);
        self.bytes(at, 0, count * 8);
    }
}
