//! The messages of sendmsg, recvmsg and their kin (include/linux/socket.h).

use super::address;
use super::call::Call;
use super::text::{pointer, scalar};
use super::view::Kept;
use crate::kernel::abi::layout;
use crate::kernel::abi::{Scalar, Width, flags_net, structs};

/// Size of struct mmsghdr: a msghdr, the length of what was moved, padding.
const MMSGHDR: usize = 64;

impl Call<'_> {
    /// The message that an argument points to; none if its header was not kept.
    pub(super) fn message(&self, at: usize, raw: u64, received: bool) -> Option<String> {
        let mut kept = self.view.inputs(at);
        let header = kept.next().filter(|kept| kept.bytes.len() >= structs::MSGHDR.size)?;
        Some(self.one_message(header.bytes, raw, &mut kept, received, self.svc.ret.cast_unsigned()))
    }

    /// The messages of sendmmsg and recvmmsg; of those received only as many as the call says.
    pub(super) fn messages(&self, at: usize, raw: u64, received: bool) -> Option<String> {
        let mut kept = self.view.inputs(at);
        let array = kept.next().filter(|kept| kept.bytes.len() >= MMSGHDR)?;
        let moved = if self.succeeded() { self.svc.ret.cast_unsigned() } else { 0 };
        let shown = if received && self.succeeded() { moved } else { u64::MAX };
        let mut parts = Vec::new();
        for (index, header) in (0u64..shown).zip(array.bytes.chunks_exact(MMSGHDR)) {
            let from = raw.wrapping_add(index * MMSGHDR as u64);
            let len = self
                .out(from.wrapping_add(structs::MSGHDR.size as u64), 4)
                .and_then(|len| layout::number(&len, 0, Width::B4));
            let words = self.one_message(header, from, &mut kept, received, len.unwrap_or(0));
            let len =
                len.filter(|_| index < moved).map_or_else(String::new, |len| format!(", msg_len={len}"));
            parts.push(format!("{{msg_hdr={words}{len}}}"));
        }
        let more = array.full > array.bytes.len() as u64 && (!received || !self.succeeded());
        if more {
            parts.push("...".to_owned());
        }
        Some(format!("[{}]", parts.join(", ")))
    }

    /// A message whose header stands at `raw`; `kept` goes on with what the header points to, `total` bytes of
    /// data were received.
    fn one_message<'k>(
        &self,
        header: &[u8],
        raw: u64,
        kept: &mut impl Iterator<Item = Kept<'k>>,
        received: bool,
        total: u64,
    ) -> String {
        let field = |name| structs::MSGHDR.number(name, header).unwrap_or(0);
        let after = if received { self.out(raw, structs::MSGHDR.size as u64) } else { None };
        let late = |name| after.as_ref().and_then(|bytes| structs::MSGHDR.number(name, bytes));
        let (name, name_len) = (field("msg_name"), field("msg_namelen"));
        let new_len = late("msg_namelen").unwrap_or(name_len);

        let name_words = match (name, received) {
            (0, _) => "NULL".to_owned(),
            (_, false) => kept.next().map_or_else(|| pointer(name), |one| address::sockaddr(one.bytes)),
            (_, true) => match self.out(name, new_len.min(128)) {
                Some(found) if !found.is_empty() => address::sockaddr(&found),
                _ => pointer(name),
            },
        };
        let mut out = format!("{{msg_name={name_words}, msg_namelen={name_len}");
        if new_len != name_len {
            out.push_str(&format!(" => {new_len}"));
        }
        let iov = self.message_data(field("msg_iov"), kept, received, total);
        out.push_str(&format!(", msg_iov={iov}, msg_iovlen={}", field("msg_iovlen")));
        let control = field("msg_control");
        let control_len = late("msg_controllen").unwrap_or_else(|| field("msg_controllen"));
        // What was kept of a control pointer is passed over even if its length is 0.
        let sent = if received || control == 0 { None } else { kept.next() };
        if control != 0 && control_len != 0 {
            let bytes = match sent {
                Some(sent) => Some(sent.bytes.to_vec()),
                None => self.out(control, control_len.min(4096)),
            };
            let words = bytes.map_or_else(|| pointer(control), |bytes| address::control(&bytes));
            out.push_str(&format!(", msg_control={words}"));
        }
        let flags = late("msg_flags").unwrap_or_else(|| field("msg_flags"));
        let flags = scalar(Scalar::Flags(&flags_net::MSG), Width::B4, flags);
        out.push_str(&format!(", msg_controllen={control_len}, msg_flags={flags}}}"));
        out
    }

    fn message_data<'k>(
        &self,
        iov: u64,
        kept: &mut impl Iterator<Item = Kept<'k>>,
        received: bool,
        total: u64,
    ) -> String {
        let array = if iov == 0 { None } else { kept.next() };
        match array {
            None => pointer(iov),
            Some(array) if received => self.iovecs_out(array.bytes, array.full, total),
            Some(array) => self.iovecs(array.bytes, array.full, |base, _| {
                if base == 0 {
                    return None;
                }
                kept.next().and_then(|one| self.bytes(one.bytes, one.full))
            }),
        }
    }
}
