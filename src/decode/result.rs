//! What a call returned, in words.

use super::call::{Call, fd_set};
use super::text::{flags, hex, scalar, signal};
use crate::kernel::abi::layout;
use crate::kernel::abi::{Scalar, Width, errno, flags_file, structs};
use crate::kernel::table::{ArgKind, Ret, Row};
use traces::event::Effect;

/// `-1 ENOENT (No such file or directory)`.
pub(super) fn error(number: u32) -> String {
    if let Some((name, text)) = errno::restart(number) {
        return format!("? {name} ({text})");
    }
    match (errno::name(number), errno::text(number)) {
        (Some(name), Some(text)) => format!("-1 {name} ({text})"),
        _ => format!("-1 (errno {number})"),
    }
}

impl Call<'_> {
    /// The result in words.
    pub(super) fn result(&self, row: Option<&'static Row>) -> String {
        let ret = self.svc.ret;
        let kind = row.map_or(Ret::Int, |row| row.ret);
        if self.svc.effects.iter().any(|effect| matches!(effect, Effect::Regs(_))) {
            // X0 is that of the new program or of the interrupted code.
            let replaced =
                row.is_some_and(|row| row.args.iter().any(|arg| matches!(arg.kind, ArgKind::Strings)));
            return if replaced { "0".to_owned() } else { "?".to_owned() };
        }
        if kind == Ret::Void {
            return "?".to_owned();
        }
        if let Some(number) = errno::of_return(ret) {
            return error(number);
        }
        match kind {
            Ret::Int | Ret::Fd | Ret::Pid | Ret::Void => ret.to_string(),
            Ret::Addr => hex(ret.cast_unsigned()),
            Ret::Octal => format!("{}{ret:o}", if ret == 0 { "" } else { "0" }),
            Ret::Poll => self.polled(),
            Ret::Select => row.map_or_else(|| ret.to_string(), |row| self.selected(row)),
            Ret::Fcntl => self.fcntl_result(),
            Ret::Signal => format!("{ret} ({})", signal(ret.cast_unsigned())),
        }
    }

    fn polled(&self) -> String {
        let ret = self.svc.ret;
        if ret == 0 {
            return "0 (Timeout)".to_owned();
        }
        let at = self.register(0);
        let count = (self.register(1) & 0xffff_ffff).min(1024);
        let mut ready = Vec::new();
        let asked = self.view.input(0).map(|kept| kept.bytes).unwrap_or_default();
        for index in 0..count {
            let Some(from) = at.checked_add(index * 8) else { break };
            // The kernel may have written whole pollfds or only revents.
            let whole = self.view.written(from, 8);
            let Some(after) = from.checked_add(6) else { break };
            let revents = layout::number(&self.view.written(after, 2), 0, Width::B2).unwrap_or(0);
            let start = usize::try_from(index * 8).unwrap_or(usize::MAX);
            let fd = structs::POLLFD
                .number("fd", &whole)
                .or_else(|| structs::POLLFD.number("fd", asked.get(start..).unwrap_or(&[])));
            if let (true, Some(fd)) = (revents != 0, fd) {
                let events = flags(&flags_file::POLL, revents);
                ready.push(format!("{{fd={}, revents={events}}}", scalar(Scalar::Fd, Width::B4, fd)));
            }
        }
        if ready.is_empty() {
            return ret.to_string();
        }
        let left = self.struct_out(&structs::TIMESPEC, self.register(2));
        let left = left.map_or_else(String::new, |left| format!(", left {left}"));
        format!("{ret} ([{}]{left})", ready.join(", "))
    }

    fn selected(&self, row: &'static Row) -> String {
        let ret = self.svc.ret;
        let mut parts = Vec::new();
        let words = [(1, "in"), (2, "out"), (3, "except")];
        for (at, word) in words {
            let bytes = (self.register(0) & 0xffff_ffff).div_ceil(64).min(16) * 8;
            if let (true, Some(found)) = (ret > 0, self.out(self.register(at), bytes)) {
                let set = fd_set(&found);
                if set != "[]" {
                    parts.push(format!("{word} {set}"));
                }
            }
        }
        let left = row.args.get(4).filter(|arg| matches!(arg.kind, ArgKind::In(_)));
        if let (Some(_), true, Some(left)) =
            (left, ret > 0, self.struct_out(&structs::TIMESPEC, self.register(4)))
        {
            parts.push(format!("left {left}"));
        }
        match (ret, parts.is_empty()) {
            (0, _) => "0 (Timeout)".to_owned(),
            (_, true) => ret.to_string(),
            (_, false) => format!("{ret} ({})", parts.join(", ")),
        }
    }

    fn fcntl_result(&self) -> String {
        let value = self.svc.ret.cast_unsigned();
        let (word, set) = match self.register(1) & 0xffff_ffff {
            1 if value != 0 => ("flags", &flags_file::FD_CLOEXEC),
            3 => ("flags", &flags_file::OPEN),
            1034 if value != 0 => ("seals", &flags_file::SEALS),
            11 if value != 0 => return format!("{value} ({})", signal(value)),
            _ => return self.svc.ret.to_string(),
        };
        format!("{} ({word} {})", hex(value), flags(set, value))
    }
}
