//! Arguments that other arguments decide about: fcntl, ioctl, futex, prctl, clone, socket options and the like.

use super::address;
use super::call::Call;
use super::text::{self, flags, hex, named, octal, pointer, scalar, signal, sigset};
use crate::kernel::abi::layout::{self, Kind};
use crate::kernel::abi::{Scalar, Width, flags_file, flags_net, flags_proc, ioctl, structs};
use crate::kernel::table::Special;
use crate::kernel::table::shape::{self, Shape};

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_SETTLS: u64 = 0x80000;
const CLONE_PARENT_SETTID: u64 = 0x100000;
const CLONE_CHILD_TIDS: u64 = 0x1200000;

impl Call<'_> {
    /// What a dependent argument is, in words; none if it is not there.
    pub(super) fn special(&self, special: Special, at: usize, raw: u64) -> Option<String> {
        match special {
            Special::OpenMode(flags_at) => {
                // O_CREAT, or the bit of O_TMPFILE that is not O_DIRECTORY.
                let creates = self.register(usize::from(flags_at)) & (0o100 | 0o20000000) != 0;
                creates.then(|| octal(raw & 0xffff))
            }
            Special::Fcntl => self.shaped(shape::fcntl(self.register(1)), at, raw),
            Special::Ioctl => self.shaped(shape::ioctl(self.register(1)), at, raw),
            Special::Futex => self.shaped(shape::futex(self.register(1), at), at, raw),
            Special::Prctl => self.shaped(shape::prctl(self.register(0), at), at, raw),
            Special::IoctlRequest => Some(ioctl_request(raw)),
            Special::FutexOp => Some(futex_op(raw)),
            Special::CloneFlags => Some(clone_flags(raw)),
            Special::Clone => self.clone_pointer(at, raw),
            Special::CloneArgs => Some(self.clone_args(at, raw).unwrap_or_else(|| pointer(raw))),
            // S_IFCHR and S_IFBLK have a device.
            Special::MknodDev => {
                let kind = self.register(2) & 0o170000;
                matches!(kind, 0o20000 | 0o60000).then(|| scalar(Scalar::Dev, Width::B4, raw))
            }
            // MREMAP_FIXED and MREMAP_DONTUNMAP use it.
            Special::MremapAddr => (self.register(3) & 6 != 0).then(|| pointer(raw)),
            Special::EpollEvent => {
                let deletes = self.register(1) & 0xffff_ffff == 2;
                let shown = if deletes { None } else { self.struct_in(&structs::EPOLL_EVENT, at) };
                Some(shown.unwrap_or_else(|| pointer(raw)))
            }
            Special::SockProtocol => Some(self.protocol(raw)),
            Special::SockoptName => Some(self.option_name(raw)),
            Special::SockoptIn => Some(self.option_in(at).unwrap_or_else(|| pointer(raw))),
            Special::SockoptOut => Some(self.option_out(raw).unwrap_or_else(|| pointer(raw))),
            Special::SiginfoIn => {
                let info = self.view.input(at).filter(|kept| !kept.bytes.is_empty());
                Some(info.map_or_else(|| pointer(raw), |kept| address::siginfo(kept.bytes)))
            }
            Special::SiginfoOut => {
                Some(self.out(raw, 128).map_or_else(|| pointer(raw), |info| address::siginfo(&info)))
            }
            Special::Dirents => Some(self.dirents(raw).unwrap_or_else(|| pointer(raw))),
            Special::PollFds => Some(self.poll_fds(at, raw)),
            Special::PselectMask => Some(self.pselect_mask(at).unwrap_or_else(|| pointer(raw))),
            Special::Utimes => Some(self.utimes(at).unwrap_or_else(|| pointer(raw))),
        }
    }

    fn shaped(&self, shape: Shape, at: usize, raw: u64) -> Option<String> {
        let followed = match shape {
            Shape::Absent => return None,
            Shape::Int => return Some(scalar(Scalar::Int, Width::B4, raw)),
            Shape::Uint => return Some(raw.to_string()),
            Shape::Hex => return Some(hex(raw)),
            Shape::Signal => return Some(signal(raw)),
            Shape::Pointer => return Some(pointer(raw)),
            Shape::Flags(set) => return Some(flags(set, raw & 0xffff_ffff)),
            Shape::Bitset => {
                let bits = raw & 0xffff_ffff;
                return Some(if bits == 0xffff_ffff {
                    "FUTEX_BITSET_MATCH_ANY".to_owned()
                } else {
                    hex(bits)
                });
            }
            Shape::WakeOp => return Some(wake_op(raw)),
            Shape::In(layout) => self.struct_in(layout, at),
            Shape::Out(layout) => self.struct_out(layout, raw),
            Shape::InOut(layout) => self.struct_out(layout, raw).or_else(|| self.struct_in(layout, at)),
            Shape::IntIn => self.view.input(at).and_then(|kept| one_int(kept.bytes)),
            Shape::IntOut => self.out(raw, 4).and_then(|found| one_int(&found)),
            Shape::Text(_) => self.kept_text(at, self.strsize),
            Shape::TextOut(max) => self.out(raw, max as u64).map(|found| text::c_text(&found, self.strsize)),
        };
        Some(followed.unwrap_or_else(|| pointer(raw)))
    }

    fn clone_pointer(&self, at: usize, raw: u64) -> Option<String> {
        let asked = self.register(0);
        match at {
            2 if asked & (CLONE_PARENT_SETTID | CLONE_PIDFD) == 0 => None,
            2 => Some(self.out(raw, 4).and_then(|tid| one_int(&tid)).unwrap_or_else(|| pointer(raw))),
            3 => (asked & CLONE_SETTLS != 0).then(|| pointer(raw)),
            4 => (asked & CLONE_CHILD_TIDS != 0).then(|| pointer(raw)),
            _ => None,
        }
    }

    fn clone_args(&self, at: usize, raw: u64) -> Option<String> {
        let kept = self.view.input(at).filter(|kept| kept.bytes.len() >= 64)?;
        let value = |name| structs::CLONE_ARGS.number(name, kept.bytes).unwrap_or(0);
        let asked = value("flags");
        let mut parts = Vec::new();
        for field in structs::CLONE_ARGS.fields {
            let shown = match field.name {
                "pidfd" => asked & CLONE_PIDFD != 0,
                "child_tid" => asked & CLONE_CHILD_TIDS != 0,
                "parent_tid" => asked & CLONE_PARENT_SETTID != 0,
                "tls" => asked & CLONE_SETTLS != 0,
                "set_tid" | "set_tid_size" => value("set_tid_size") != 0,
                "cgroup" => asked & 0x2_0000_0000 != 0,
                _ => true,
            };
            if let (true, Kind::Num(kind, width)) = (shown, field.kind) {
                parts.push(format!("{}={}", field.name, scalar(kind, width, value(field.name))));
            }
        }
        let mut out = format!("{{{}}}", parts.join(", "));
        let parent = self.out(value("parent_tid"), 4).and_then(|tid| one_int(&tid));
        if let (Some(tid), true) = (parent, asked & CLONE_PARENT_SETTID != 0) {
            out.push_str(&format!(" => {{parent_tid={tid}}}"));
        }
        let _ = raw;
        Some(out)
    }

    fn protocol(&self, raw: u64) -> String {
        match self.register(0) & 0xffff_ffff {
            2 | 10 => named(&flags_net::IPPROTO, raw, Width::B4),
            16 => named(&flags_net::NETLINK, raw, Width::B4),
            _ => scalar(Scalar::Int, Width::B4, raw),
        }
    }

    fn option_name(&self, raw: u64) -> String {
        let names = match self.register(1) & 0xffff_ffff {
            0 => &flags_net::IP,
            1 => &flags_net::SO,
            6 => &flags_net::TCP,
            41 => &flags_net::IPV6,
            _ => return scalar(Scalar::Int, Width::B4, raw),
        };
        named(names, raw, Width::B4)
    }

    fn option_in(&self, at: usize) -> Option<String> {
        let kept = self.view.input(at)?;
        self.option_value(kept.bytes, kept.full)
    }

    fn option_out(&self, raw: u64) -> Option<String> {
        let len = self.out(self.register(4), 4).and_then(|len| layout::number(&len, 0, Width::B4));
        let found = self.out(raw, len.unwrap_or(64).min(64))?;
        self.option_value(&found, len.unwrap_or(found.len() as u64))
    }

    /// Most options are an int; the rest are told by their size or as bytes.
    fn option_value(&self, bytes: &[u8], full: u64) -> Option<String> {
        let option = (self.register(1) & 0xffff_ffff, self.register(2) & 0xffff_ffff);
        match (option, bytes.len()) {
            ((1, 13), 8) => Some(self.structure(&structs::LINGER, bytes)),
            ((1, 17), 12) => Some(self.structure(&structs::UCRED, bytes)),
            ((1, 20 | 21 | 66 | 67), 16) => Some(self.structure(&structs::TIMEVAL, bytes)),
            ((1, 3), 4) => Some(format!("[{}]", scalar(Scalar::SockType, Width::B4, int(bytes)))),
            ((1, 4), 4) => {
                Some(match u32::try_from(int(bytes)).ok().and_then(crate::kernel::abi::errno::name) {
                    Some(name) => format!("[{name}]"),
                    None => format!("[{}]", int(bytes)),
                })
            }
            (_, 4) => one_int(bytes),
            (_, _) => self.bytes(bytes, full),
        }
    }

    /// The entries of a directory: their number, or all of them if verbose (linux/dirent.h).
    fn dirents(&self, raw: u64) -> Option<String> {
        let found = self.out(raw, self.svc.ret.cast_unsigned())?;
        let mut entries = Vec::new();
        let mut rest = found.as_slice();
        while let Some(len) = layout::number(rest, 16, Width::B2) {
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            if len < structs::DIRENT.size || len > rest.len() {
                break;
            }
            let mut words = text::structure(&structs::DIRENT, rest, true, self.strsize);
            words.truncate(words.len() - 1);
            let name = &rest[structs::DIRENT.size..len];
            entries.push(format!("{words}, d_name={}}}", text::c_text(name, 256)));
            rest = &rest[len..];
        }
        if self.verbose {
            return Some(format!("[{}]", entries.join(", ")));
        }
        Some(format!("{raw:#x} /* {} entr{} */", entries.len(), if entries.len() == 1 { "y" } else { "ies" }))
    }

    fn poll_fds(&self, at: usize, raw: u64) -> String {
        let Some(kept) = self.view.input(at) else { return pointer(raw) };
        let mut parts: Vec<String> =
            kept.bytes.chunks_exact(structs::POLLFD.size).map(poll_request).collect();
        if kept.full > (parts.len() * structs::POLLFD.size) as u64 {
            parts.push("...".to_owned());
        }
        format!("[{}]", parts.join(", "))
    }

    fn pselect_mask(&self, at: usize) -> Option<String> {
        let mut kept = self.view.inputs(at);
        let pair = kept.next()?.bytes;
        let (mask, size) = (layout::number(pair, 0, Width::B8)?, layout::number(pair, 8, Width::B8)?);
        let words = match kept.next().and_then(|set| layout::number(set.bytes, 0, Width::B8)) {
            Some(set) if mask != 0 => sigset(set),
            _ => pointer(mask),
        };
        Some(format!("{{sigmask={words}, sigsetsize={size}}}"))
    }

    fn utimes(&self, at: usize) -> Option<String> {
        let kept = self.view.input(at).filter(|kept| !kept.bytes.is_empty())?;
        let times: Vec<String> = kept
            .bytes
            .chunks_exact(structs::TIMESPEC.size)
            // linux/stat.h, include/linux/fs.h
            .map(|time| match structs::TIMESPEC.number("tv_nsec", time) {
                Some(0x3fff_ffff) => "UTIME_NOW".to_owned(),
                Some(0x3fff_fffe) => "UTIME_OMIT".to_owned(),
                _ => self.structure(&structs::TIMESPEC, time),
            })
            .collect();
        Some(format!("[{}]", times.join(", ")))
    }
}

fn int(bytes: &[u8]) -> u64 {
    layout::number(bytes, 0, Width::B4).unwrap_or(0)
}

fn one_int(bytes: &[u8]) -> Option<String> {
    layout::number(bytes, 0, Width::B4).map(|value| format!("[{}]", scalar(Scalar::Int, Width::B4, value)))
}

/// What is asked of one pollfd.
fn poll_request(bytes: &[u8]) -> String {
    let field = |name| structs::POLLFD.number(name, bytes).unwrap_or(0);
    let events = flags(&flags_file::POLL, field("events"));
    format!("{{fd={}, events={events}}}", scalar(Scalar::Fd, Width::B4, field("fd")))
}

/// `TCGETS`; an unknown request is taken apart as asm-generic/ioctl.h builds it.
pub(super) fn ioctl_request(raw: u64) -> String {
    let Ok(nr) = u32::try_from(raw & 0xffff_ffff) else { return hex(raw) };
    if let Some(known) = ioctl::request(nr) {
        return known.name.to_owned();
    }
    let direction = match nr >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    let part = |value: u32| hex(u64::from(value));
    format!("_IOC({direction}, {}, {}, {})", part(nr >> 8 & 0xff), part(nr & 0xff), part(nr >> 16 & 0x3fff))
}

/// `FUTEX_WAIT_PRIVATE`, `FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME` (linux/futex.h).
pub(super) fn futex_op(raw: u64) -> String {
    let mut words = match flags_proc::FUTEX.name(raw & 0x7f) {
        Some(name) => name.to_owned(),
        None => format!("{} /* {} */", hex(raw & 0x7f), flags_proc::FUTEX.unknown),
    };
    if raw & 0x80 != 0 {
        words.push_str("_PRIVATE");
    }
    if raw & 0x100 != 0 {
        words.push_str("|FUTEX_CLOCK_REALTIME");
    }
    let rest = raw & 0xffff_fe00;
    if rest != 0 {
        words.push_str(&format!("|{rest:#x}"));
    }
    words
}

fn wake_op(raw: u64) -> String {
    let code = raw & 0xffff_ffff;
    let shift = if code >> 31 & 1 != 0 { "FUTEX_OP_OPARG_SHIFT<<28|" } else { "" };
    let op = named(&flags_proc::FUTEX_OP, code >> 28 & 7, Width::B4);
    let cmp = named(&flags_proc::FUTEX_CMP, code >> 24 & 0xf, Width::B4);
    format!("{shift}{op}<<28|{}<<12|{cmp}<<24|{}", hex(code >> 12 & 0xfff), hex(code & 0xfff))
}

/// Flags with the exit signal in the low byte: `CLONE_VM|SIGCHLD`.
fn clone_flags(raw: u64) -> String {
    let (bits, signo) = (raw & !0xff, raw & 0xff);
    match (bits, signo) {
        (0, 0) => "0".to_owned(),
        (0, signo) => signal(signo),
        (bits, 0) => flags(&flags_proc::CLONE, bits),
        (bits, signo) => format!("{}|{}", flags(&flags_proc::CLONE, bits), signal(signo)),
    }
}
