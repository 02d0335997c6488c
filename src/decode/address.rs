//! Socket addresses, control messages and siginfo: bytes whose meaning depends on what stands in them.

use super::text::{hex, named, numbers, pointer, quoted, scalar, signal};
use crate::kernel::abi::layout::number;
use crate::kernel::abi::{Scalar, Width, flags_net, signals};
use std::net::Ipv6Addr;

/// `{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}` (linux/in.h, linux/in6.h,
/// linux/un.h, linux/netlink.h).
pub(super) fn sockaddr(bytes: &[u8]) -> String {
    let Some(family) = number(bytes, 0, Width::B2) else {
        return quoted(bytes, bytes.len() as u64, bytes.len());
    };
    let head = format!("{{sa_family={}", named(&flags_net::AF, family, Width::B2));
    let body = match family {
        1 => unix(bytes),
        2 => inet(bytes),
        10 => inet6(bytes),
        16 => netlink(bytes),
        _ => None,
    };
    match body {
        Some(body) => format!("{head}{body}}}"),
        None if bytes.len() > 2 => {
            format!("{head}, sa_data={}}}", quoted(&bytes[2..], bytes.len() as u64 - 2, bytes.len()))
        }
        None => format!("{head}}}"),
    }
}

fn unix(bytes: &[u8]) -> Option<String> {
    let path = bytes.get(2..)?;
    match path.first() {
        None => Some(String::new()),
        // A name that starts with NUL is in the abstract space; strace marks it so.
        Some(0) if path.len() > 1 => Some(format!(", sun_path=@{}", quoted(&path[1..], 0, path.len()))),
        Some(_) => {
            let text = path.split(|byte| *byte == 0).next().unwrap_or(&[]);
            Some(format!(", sun_path={}", quoted(text, 0, text.len())))
        }
    }
}

fn inet(bytes: &[u8]) -> Option<String> {
    let port = scalar(Scalar::Port, Width::B2, number(bytes, 2, Width::B2)?);
    let address = scalar(Scalar::Inet4, Width::B4, number(bytes, 4, Width::B4)?);
    Some(format!(", sin_port={port}, sin_addr={address}"))
}

fn inet6(bytes: &[u8]) -> Option<String> {
    let port = scalar(Scalar::Port, Width::B2, number(bytes, 2, Width::B2)?);
    let flow = u32::try_from(number(bytes, 4, Width::B4)?).ok()?.swap_bytes();
    let address: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
    let scope = number(bytes, 24, Width::B4).unwrap_or(0);
    Some(format!(
        ", sin6_port={port}, sin6_flowinfo=htonl({flow}), inet_pton(AF_INET6, \"{}\", &sin6_addr), sin6_scope_id={scope}",
        Ipv6Addr::from(address)
    ))
}

fn netlink(bytes: &[u8]) -> Option<String> {
    let pid = number(bytes, 4, Width::B4)?;
    let groups = number(bytes, 8, Width::B4)?;
    Some(format!(", nl_pid={pid}, nl_groups={groups:08x}"))
}

/// `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}]` (include/linux/socket.h).
pub(super) fn control(bytes: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let (Some(len), Some(level), Some(kind)) =
        (number(rest, 0, Width::B8), number(rest, 8, Width::B4), number(rest, 12, Width::B4))
    {
        let end = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
        if end < 16 {
            break;
        }
        let data = &rest[16..end];
        let socket = level == 1;
        let kind_name = if socket { named(&flags_net::SCM, kind, Width::B4) } else { hex(kind) };
        let content = match (socket, kind) {
            (true, 1) => numbers(Scalar::Fd, Width::B4, data),
            (true, 2) => super::text::structure(&crate::kernel::abi::structs::UCRED, data, true, 32),
            _ => quoted(data, data.len() as u64, 32),
        };
        parts.push(format!(
            "{{cmsg_len={len}, cmsg_level={}, cmsg_type={kind_name}, cmsg_data={content}}}",
            named(&flags_net::SOL, level, Width::B4)
        ));
        rest = rest.get(end.next_multiple_of(8)..).unwrap_or(&[]);
    }
    format!("[{}]", parts.join(", "))
}

/// `{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}` (asm-generic/siginfo.h).
pub(super) fn siginfo(bytes: &[u8]) -> String {
    let (Some(signo), Some(errno), Some(code)) =
        (number(bytes, 0, Width::B4), number(bytes, 4, Width::B4), number(bytes, 8, Width::B4))
    else {
        return "{...}".to_owned();
    };
    let mut parts =
        vec![format!("si_signo={}", signal(signo)), format!("si_code={}", code_name(signo, code))];
    if errno != 0 {
        let name = u32::try_from(errno).ok().and_then(crate::kernel::abi::errno::name);
        parts.push(format!("si_errno={}", name.map_or_else(|| errno.to_string(), str::to_owned)));
    }
    parts.extend(siginfo_members(bytes, signo, super::text::signed(code, Width::B4)));
    format!("{{{}}}", parts.join(", "))
}

fn code_name(signo: u64, code: u64) -> String {
    let own = u32::try_from(signo).ok().and_then(signals::codes).and_then(|codes| codes.name(code));
    match own {
        Some(name) if code != 0 => name.to_owned(),
        _ => {
            let plain = super::text::signed(code, Width::B4);
            signals::SI.name(plain.cast_unsigned()).map_or_else(|| plain.to_string(), str::to_owned)
        }
    }
}

fn siginfo_members(bytes: &[u8], signo: u64, code: i64) -> Vec<String> {
    let word = |at| number(bytes, at, Width::B4);
    let long = |at| number(bytes, at, Width::B8);
    let int = |at| word(at).map(|value| super::text::signed(value, Width::B4));
    let member = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
    let sender = [
        member("si_pid", int(16).map(|pid| pid.to_string())),
        member("si_uid", word(20).map(|uid| scalar(Scalar::Uid, Width::B4, uid))),
    ];
    let value =
        [member("si_int", int(24).map(|int| int.to_string())), member("si_ptr", long(24).map(pointer))];
    let list: Vec<Option<String>> = match (code, signo) {
        // Sent by kill, tkill and the like.
        (0 | -6, _) => sender.into(),
        (-2, _) => [
            member("si_timerid", word(16).map(hex)),
            member("si_overrun", int(20).map(|count| count.to_string())),
        ]
        .into_iter()
        .chain(value)
        .collect(),
        (..0, _) => sender.into_iter().chain(value).collect(),
        (_, 4 | 5 | 7 | 8 | 11) => vec![member("si_addr", long(16).map(pointer))],
        (_, 17) => {
            let status = int(24).map(|status| match code {
                1 => status.to_string(),
                _ => signal(status.cast_unsigned()),
            });
            let times = [
                member("si_utime", long(32).map(|time| time.to_string())),
                member("si_stime", long(40).map(|time| time.to_string())),
            ];
            sender.into_iter().chain([member("si_status", status)]).chain(times).collect()
        }
        (1.., 29) => {
            vec![member("si_band", long(16).map(hex)), member("si_fd", int(24).map(|fd| fd.to_string()))]
        }
        (1.., 31) => vec![
            member("si_call_addr", long(16).map(pointer)),
            member(
                "si_syscall",
                word(24).map(|nr| {
                    let name = u32::try_from(nr).ok().and_then(crate::kernel::table::row).map(|row| row.name);
                    name.map_or_else(|| nr.to_string(), |name| format!("__NR_{name}"))
                }),
            ),
            member("si_arch", word(28).map(hex)),
        ],
        _ => Vec::new(),
    };
    list.into_iter().flatten().collect()
}
