//! A syscall's arguments in words, from its registers and from the bytes that it read and wrote.

use super::address;
use super::text::{self, hex, pointer, quoted, scalar};
use super::view::{Blobs, View};
use crate::kernel::abi::layout::{self, Layout};
use crate::kernel::abi::{Scalar, Width, structs};
use crate::kernel::table::{ArgKind, Len, Row, capture};
use traces::event::Svc;

/// How many bytes of directory entries and arrays are looked at.
const OUT_MAX: usize = 65536;

/// Which half of a call is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Only what is known at the entry.
    Enter,
    /// All of it.
    Whole,
}

/// An argument in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Spoken {
    /// Its name in the manual page.
    pub(super) name: &'static str,
    /// Its index.
    pub(super) at: usize,
    /// The register.
    pub(super) raw: u64,
    /// The words.
    pub(super) text: String,
    /// Whether it can be told only at the return.
    pub(super) late: bool,
}

/// A call that is being told.
pub(super) struct Call<'a> {
    pub(super) svc: &'a Svc,
    pub(super) view: View<'a>,
    pub(super) phase: Phase,
    pub(super) strsize: usize,
    pub(super) verbose: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(svc: &'a Svc, blobs: Blobs<'a>, phase: Phase, strsize: usize, verbose: bool) -> Self {
        Call { svc, view: View::new(svc, blobs), phase, strsize, verbose }
    }

    /// The arguments that the call looks at, in order.
    pub(super) fn arguments(&self, row: &'static Row) -> Vec<Spoken> {
        let mut spoken = Vec::with_capacity(row.args.len());
        for (at, arg) in row.args.iter().enumerate() {
            let Some(raw) = self.svc.args.as_slice().get(at).copied() else {
                spoken.push(Spoken { name: arg.name, at, raw: 0, text: "?".to_owned(), late: false });
                continue;
            };
            if let Some(text) = self.argument(&arg.kind, at, raw) {
                spoken.push(Spoken { name: arg.name, at, raw, text, late: arg.kind.writes() });
            }
        }
        spoken
    }

    /// An argument register; 0 if it was not recorded.
    pub(super) fn register(&self, at: usize) -> u64 {
        self.svc.args.as_slice().get(at).copied().unwrap_or(0)
    }

    /// Whether results of the call are to be told.
    pub(super) fn succeeded(&self) -> bool {
        self.phase == Phase::Whole && !(-4095..0).contains(&self.svc.ret)
    }

    /// What an argument is, in words; none if it is not there.
    fn argument(&self, kind: &ArgKind, at: usize, raw: u64) -> Option<String> {
        if let ArgKind::Special(special) = kind {
            return self.special(*special, at, raw);
        }
        if let ArgKind::Num(scalar_kind, width) = kind {
            return Some(scalar(*scalar_kind, *width, raw));
        }
        if raw == 0 {
            return Some("NULL".to_owned());
        }
        Some(self.pointee(kind, at, raw).unwrap_or_else(|| pointer(raw)))
    }

    /// What a pointer that is not NULL points to; none if that was not recorded.
    fn pointee(&self, kind: &ArgKind, at: usize, raw: u64) -> Option<String> {
        match kind {
            ArgKind::Path => self.kept_text(at, capture::PATH_MAX),
            ArgKind::Text => self.kept_text(at, self.strsize),
            ArgKind::BufIn(_) => {
                let kept = self.view.input(at)?;
                self.bytes(kept.bytes, kept.full)
            }
            ArgKind::BufOut(len) => {
                let full = self.count(*len)?;
                self.bytes(&self.out(raw, full.min(self.strsize as u64))?, full)
            }
            ArgKind::HexOut(len) => {
                let full = self.count(*len)?;
                let found = self.out(raw, full.min(self.strsize as u64))?;
                Some(text::quoted_hex(&found, full))
            }
            ArgKind::TextOut => self.text_out(raw),
            ArgKind::In(layout) => self.struct_in(layout, at),
            ArgKind::Out(layout) => self.struct_out(layout, raw),
            ArgKind::InOut(layout) => self.struct_out(layout, raw).or_else(|| self.struct_in(layout, at)),
            ArgKind::ArrayIn(layout, _) => {
                let kept = self.view.input(at)?;
                Some(self.structs(layout, kept.bytes, kept.full))
            }
            ArgKind::ArrayOut(layout, len) => {
                let full = self.count(*len)?.saturating_mul(layout.size as u64);
                let want = full.min((layout.size * capture::ARRAY_MAX) as u64);
                Some(self.structs(layout, &self.out(raw, want)?, full))
            }
            ArgKind::NumsIn(kind, width, len) => {
                let kept = self.view.input(at)?;
                self.numbers(*kind, *width, *len, kept.bytes, kept.full)
            }
            ArgKind::NumsOut(kind, width, len) => {
                let full = self.count(*len)?.saturating_mul(width.bytes() as u64);
                let want = full.min((width.bytes() * capture::ARRAY_MAX) as u64);
                self.numbers(*kind, *width, *len, &self.out(raw, want)?, full)
            }
            ArgKind::NumsInOut(kind, width, _) => self.changed(*kind, *width, at, raw),
            ArgKind::IovIn(_) => self.iov_in(at),
            ArgKind::IovOut(_) => self.iov_out(at),
            ArgKind::MsgIn => self.message(at, raw, false),
            ArgKind::MsgOut => self.message(at, raw, true),
            ArgKind::MsgsIn(_) => self.messages(at, raw, false),
            ArgKind::MsgsOut(_) => self.messages(at, raw, true),
            ArgKind::Strings => self.strings(at),
            ArgKind::Environ => {
                let count = self.view.input(at)?.full / 8;
                Some(format!("{raw:#x} /* {count} var{} */", if count == 1 { "" } else { "s" }))
            }
            ArgKind::AddrIn(_) => Some(address::sockaddr(self.view.input(at)?.bytes)),
            ArgKind::AddrOut(len) => self.addr_out(raw, usize::from(*len)),
            ArgKind::FdSet(_) => Some(fd_set(self.view.input(at)?.bytes)),
            ArgKind::CpusIn(_) => Some(fd_set(self.view.input(at)?.bytes)),
            ArgKind::CpusOut(len) => {
                let full = self.count(*len)?;
                Some(fd_set(&self.out(raw, full.min(128))?))
            }
            ArgKind::Num(..) | ArgKind::Special(_) => None,
        }
    }

    /// What the call wrote at an address, at most `len` bytes; none unless it succeeded and that was recorded.
    pub(super) fn out(&self, at: u64, len: u64) -> Option<Vec<u8>> {
        if !self.succeeded() || at == 0 {
            return None;
        }
        let want = usize::try_from(len).unwrap_or(usize::MAX).min(OUT_MAX);
        let found = self.view.written(at, want);
        (want == 0 || !found.is_empty()).then_some(found)
    }

    fn count(&self, len: Len) -> Option<u64> {
        match len {
            Len::Ret if self.succeeded() => Some(self.svc.ret.cast_unsigned()),
            Len::Ret => None,
            Len::Arg(at) => Some(self.register(usize::from(at))),
            Len::At(at) => {
                let word = self.out(self.register(usize::from(at)), 4)?;
                layout::number(&word, 0, Width::B4)
            }
            Len::Fixed(count) => Some(u64::from(count)),
        }
    }

    /// Bytes in quotes; none if nothing of something was recorded.
    pub(super) fn bytes(&self, bytes: &[u8], full: u64) -> Option<String> {
        (full == 0 || !bytes.is_empty()).then(|| quoted(bytes, full, self.strsize))
    }

    pub(super) fn kept_text(&self, at: usize, limit: usize) -> Option<String> {
        let kept = self.view.input(at)?;
        // An empty text and one that could not be read both have no bytes; the call itself tells them apart.
        if kept.bytes.is_empty() && (kept.full != 0 || self.svc.ret == -14) {
            return None;
        }
        Some(quoted(kept.bytes, kept.full, limit))
    }

    fn text_out(&self, raw: u64) -> Option<String> {
        let len = self.svc.ret.cast_unsigned();
        let found = self.out(raw, len.min(capture::PATH_MAX as u64))?;
        let text = found.strip_suffix(&[0]).unwrap_or(&found);
        Some(quoted(text, text.len() as u64, capture::PATH_MAX))
    }

    pub(super) fn struct_in(&self, layout: &Layout, at: usize) -> Option<String> {
        let kept = self.view.input(at)?;
        (!kept.bytes.is_empty()).then(|| self.structure(layout, kept.bytes))
    }

    pub(super) fn struct_out(&self, layout: &Layout, raw: u64) -> Option<String> {
        let found = self.out(raw, layout.size as u64)?;
        Some(self.structure(layout, &found))
    }

    pub(super) fn structure(&self, layout: &Layout, bytes: &[u8]) -> String {
        text::structure(layout, bytes, self.verbose, self.strsize)
    }

    fn structs(&self, layout: &Layout, bytes: &[u8], full: u64) -> String {
        let mut parts: Vec<String> =
            bytes.chunks_exact(layout.size).map(|one| self.structure(layout, one)).collect();
        if full > (parts.len() * layout.size) as u64 {
            parts.push("...".to_owned());
        }
        format!("[{}]", parts.join(", "))
    }

    fn numbers(&self, kind: Scalar, width: Width, len: Len, bytes: &[u8], full: u64) -> Option<String> {
        if bytes.is_empty() && full != 0 {
            return None;
        }
        // A signal set has brackets of its own.
        if matches!(kind, Scalar::Sigset) && len == Len::Fixed(1) {
            return Some(scalar(kind, width, layout::number(bytes, 0, width)?));
        }
        let mut words = text::numbers(kind, width, bytes);
        if full > bytes.len() as u64 {
            words.truncate(words.len() - 1);
            words.push_str(", ...]");
        }
        Some(words)
    }

    /// A number before and after: `[128 => 16]`, and `[0] => [4096]` for the offsets that calls move.
    fn changed(&self, kind: Scalar, width: Width, at: usize, raw: u64) -> Option<String> {
        let before = self.view.input(at).and_then(|kept| layout::number(kept.bytes, 0, width));
        let after = self.out(raw, width.bytes() as u64).and_then(|found| layout::number(&found, 0, width));
        let say = |value| scalar(kind, width, value);
        Some(match (before, after) {
            (None, None) => return None,
            (Some(one), None) | (None, Some(one)) => format!("[{}]", say(one)),
            (Some(before), Some(after)) if before == after => format!("[{}]", say(before)),
            (Some(before), Some(after)) if width == Width::B8 => {
                format!("[{}] => [{}]", say(before), say(after))
            }
            (Some(before), Some(after)) => format!("[{} => {}]", say(before), say(after)),
        })
    }

    fn iov_in(&self, at: usize) -> Option<String> {
        let mut kept = self.view.inputs(at);
        let array = kept.next()?;
        Some(self.iovecs(array.bytes, array.full, |base, _| {
            if base == 0 {
                return None;
            }
            kept.next().and_then(|one| self.bytes(one.bytes, one.full))
        }))
    }

    fn iov_out(&self, at: usize) -> Option<String> {
        let array = self.view.input(at)?;
        Some(self.iovecs_out(array.bytes, array.full, self.svc.ret.cast_unsigned()))
    }

    /// The parts of a scattered result of `total` bytes; only their addresses unless the call succeeded.
    pub(super) fn iovecs_out(&self, array: &[u8], full: u64, total: u64) -> String {
        let mut left = total;
        let known = self.succeeded();
        self.iovecs(array, full, |base, len| {
            let here = len.min(left);
            left -= here;
            if !known {
                return None;
            }
            let found = self.out(base, here.min(self.strsize as u64)).unwrap_or_default();
            self.bytes(&found, here)
        })
    }

    /// The parts of a scattered buffer, each told by `content` from its address and length.
    pub(super) fn iovecs(
        &self,
        array: &[u8],
        full: u64,
        mut content: impl FnMut(u64, u64) -> Option<String>,
    ) -> String {
        let mut parts = Vec::new();
        for iovec in array.chunks_exact(structs::IOVEC.size) {
            let base = layout::number(iovec, 0, Width::B8).unwrap_or(0);
            let len = layout::number(iovec, 8, Width::B8).unwrap_or(0);
            let words = content(base, len).unwrap_or_else(|| pointer(base));
            parts.push(format!("{{iov_base={words}, iov_len={len}}}"));
        }
        if full > (parts.len() * structs::IOVEC.size) as u64 {
            parts.push("...".to_owned());
        }
        format!("[{}]", parts.join(", "))
    }

    fn strings(&self, at: usize) -> Option<String> {
        let mut kept = self.view.inputs(at);
        let array = kept.next()?;
        if array.bytes.is_empty() && array.full != 0 {
            return None;
        }
        let mut parts = Vec::new();
        for word in array.bytes.chunks_exact(8) {
            let value = layout::number(word, 0, Width::B8).unwrap_or(0);
            parts.push(match kept.next() {
                Some(one) => quoted(one.bytes, one.full, self.strsize),
                None => pointer(value),
            });
        }
        if array.full > (parts.len() * 8) as u64 {
            parts.push("...".to_owned());
        }
        Some(format!("[{}]", parts.join(", ")))
    }

    fn addr_out(&self, raw: u64, len_arg: usize) -> Option<String> {
        let before = self.view.input(len_arg).and_then(|kept| layout::number(kept.bytes, 0, Width::B4));
        let after =
            self.out(self.register(len_arg), 4).and_then(|found| layout::number(&found, 0, Width::B4));
        let len = match (before, after) {
            (Some(before), Some(after)) => before.min(after),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 128,
        };
        let found = self.out(raw, len.min(128))?;
        (!found.is_empty()).then(|| address::sockaddr(&found))
    }
}

/// The numbers of the bits that are set: `[0 3]`.
pub(super) fn fd_set(bytes: &[u8]) -> String {
    let mut members = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        for bit in 0..8 {
            if byte >> bit & 1 != 0 {
                members.push((at * 8 + bit).to_string());
            }
        }
    }
    format!("[{}]", members.join(" "))
}

/// The line of a call that the table does not know.
pub(super) fn unknown(nr: u32, args: &[u64]) -> (String, Vec<String>) {
    (format!("syscall_{nr:#x}"), args.iter().map(|arg| hex(*arg)).collect())
}
