//! Numbers, flags, strings and structs as strace writes them. Pure functions over data; used by this module only.

use crate::kernel::abi::layout::{self, Kind, Layout};
use crate::kernel::abi::{Enum, Flags, Scalar, Width, flags_file, flags_net, signals};
use std::fmt::Write as _;

/// An integer of that width, sign-extended.
pub(super) fn signed(raw: u64, width: Width) -> i64 {
    let shift = 64 - 8 * u32::try_from(width.bytes()).unwrap_or(8);
    (raw << shift).cast_signed() >> shift
}

/// An integer of that width, zero-extended.
pub(super) fn unsigned(raw: u64, width: Width) -> u64 {
    let shift = 64 - 8 * u32::try_from(width.bytes()).unwrap_or(8);
    raw << shift >> shift
}

/// `0x1f`, and `0` for 0.
pub(super) fn hex(value: u64) -> String {
    if value == 0 { "0".to_owned() } else { format!("{value:#x}") }
}

/// `NULL` or `0x1f`.
pub(super) fn pointer(value: u64) -> String {
    if value == 0 { "NULL".to_owned() } else { format!("{value:#x}") }
}

/// `000` for 0, `0644`.
pub(super) fn octal(value: u64) -> String {
    if value == 0 { "000".to_owned() } else { format!("{:#03}", OctalForm(value)) }
}

struct OctalForm(u64);

impl std::fmt::Display for OctalForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0{:02o}", self.0)
    }
}

/// `O_RDWR|O_CREAT`, unknown bits as a hexadecimal rest.
pub(super) fn flags(set: &Flags, value: u64) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = value;
    if value == 0
        && let Some((_, name)) = set.bits.iter().find(|(bits, _)| *bits == 0)
    {
        return (*name).to_owned();
    }
    for part in set.parts {
        let field = value & part.mask;
        if let Some((_, name)) = part.values.iter().find(|(known, _)| *known == field) {
            words.push(name);
            rest &= !part.mask;
        }
    }
    for (bits, name) in set.bits {
        if *bits != 0 && rest & bits == *bits {
            words.push(name);
            rest &= !bits;
        }
    }
    match (words.is_empty(), rest) {
        (true, 0) => "0".to_owned(),
        (true, rest) => format!("{rest:#x} /* {} */", set.unknown),
        (false, 0) => words.join("|"),
        (false, rest) => format!("{}|{rest:#x}", words.join("|")),
    }
}

/// The name of a value, or the value with a remark.
pub(super) fn named(set: &Enum, raw: u64, width: Width) -> String {
    let plain = unsigned(raw, width);
    let extended = signed(raw, width).cast_unsigned();
    match set.name(plain).or_else(|| set.name(extended)) {
        Some(name) => name.to_owned(),
        None => format!("{} /* {} */", hex(plain), set.unknown),
    }
}

/// A number as its kind says.
pub(super) fn scalar(kind: Scalar, width: Width, raw: u64) -> String {
    let value = unsigned(raw, width);
    match kind {
        Scalar::Int | Scalar::Fd => signed(raw, width).to_string(),
        Scalar::Uint => value.to_string(),
        Scalar::Hex => hex(value),
        Scalar::Ptr => pointer(value),
        Scalar::Octal => octal(value),
        Scalar::Mode => mode(value),
        Scalar::DirFd if signed(raw, width) == -100 => "AT_FDCWD".to_owned(),
        Scalar::DirFd => signed(raw, width).to_string(),
        Scalar::Uid if value == unsigned(u64::MAX, width) => "-1".to_owned(),
        Scalar::Uid => value.to_string(),
        Scalar::Signal => signal(value),
        Scalar::Dev => device(value),
        Scalar::Sigset => sigset(value),
        Scalar::WaitStatus => wait_status(value),
        Scalar::Clock => clock(raw),
        Scalar::Rlimit => rlimit(value),
        Scalar::Port => format!("htons({})", u16::try_from(value & 0xffff).unwrap_or(0).swap_bytes()),
        Scalar::Inet4 => inet4(value),
        Scalar::Handler => handler(value),
        Scalar::EpollData => format!("{{u32={}, u64={value}}}", value & 0xffff_ffff),
        Scalar::SockType => sock_type(value),
        Scalar::Flags(set) => flags(set, value),
        Scalar::Enum(set) => named(set, raw, width),
    }
}

/// `SIGINT`, or the number if there is no such signal.
pub(super) fn signal(signo: u64) -> String {
    u32::try_from(signo).ok().and_then(signals::name).unwrap_or_else(|| signo.to_string())
}

fn mode(value: u64) -> String {
    match flags_file::FILE_TYPE.name(value & 0o170000) {
        Some(kind) => format!("{kind}|{}", octal(value & 0o7777)),
        None => octal(value),
    }
}

/// Major and minor as include/linux/kdev_t.h packs them for user space.
fn device(value: u64) -> String {
    let major = value >> 8 & 0xfff | value >> 32 & 0xffff_f000;
    let minor = value & 0xff | value >> 12 & 0xffff_ff00;
    format!("makedev({}, {})", hex(major), hex(minor))
}

/// `[INT TERM]`; a set that lacks fewer signals than it has is told by those that it lacks.
pub(super) fn sigset(set: u64) -> String {
    let (sign, shown) = if set.count_ones() * 3 >= 64 * 2 { ("~", !set) } else { ("", set) };
    let names: Vec<String> = (1..=64u32)
        .filter(|signo| shown >> (signo - 1) & 1 != 0)
        .filter_map(signals::name)
        .map(|name| name.strip_prefix("SIG").unwrap_or(&name).to_owned())
        .collect();
    format!("{sign}[{}]", names.join(" "))
}

/// The status of wait4 (include/linux/wait.h macros).
pub(super) fn wait_status(status: u64) -> String {
    let signo = status & 0x7f;
    let code = status >> 8 & 0xff;
    match signo {
        0 => format!("{{WIFEXITED(s) && WEXITSTATUS(s) == {code}}}"),
        0x7f if status == 0xffff => "{WIFCONTINUED(s)}".to_owned(),
        0x7f => format!("{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}", signal(code)),
        _ => {
            let core = if status & 0x80 != 0 { " && WCOREDUMP(s)" } else { "" };
            format!("{{WIFSIGNALED(s) && WTERMSIG(s) == {}{core}}}", signal(signo))
        }
    }
}

/// A clock; negative ids carry a pid and a kind (include/linux/posix-timers.h).
fn clock(raw: u64) -> String {
    let id = signed(raw, Width::B4);
    if id >= 0 {
        return named(&flags_file::CLOCK, raw, Width::B4);
    }
    let pid = !(id >> 3);
    let kind = match id & 3 {
        0 => "CPUCLOCK_PROF",
        1 => "CPUCLOCK_VIRT",
        2 => "CPUCLOCK_SCHED",
        _ => return format!("FD_TO_CLOCKID({pid})"),
    };
    let maker = if id & 4 == 0 { "MAKE_PROCESS_CPUCLOCK" } else { "MAKE_THREAD_CPUCLOCK" };
    format!("{maker}({pid}, {kind})")
}

fn rlimit(value: u64) -> String {
    match value {
        u64::MAX => "RLIM64_INFINITY".to_owned(),
        value if value > 1024 && value.is_multiple_of(1024) => format!("{}*1024", value / 1024),
        value => value.to_string(),
    }
}

fn inet4(value: u64) -> String {
    let [a, b, c, d, ..] = value.to_le_bytes();
    format!("inet_addr(\"{a}.{b}.{c}.{d}\")")
}

fn handler(value: u64) -> String {
    match value {
        0 => "SIG_DFL".to_owned(),
        1 => "SIG_IGN".to_owned(),
        u64::MAX => "SIG_ERR".to_owned(),
        address => format!("{address:#x}"),
    }
}

fn sock_type(value: u64) -> String {
    let kind = named(&flags_net::SOCK, value & 0xf, Width::B4);
    let options = value & !0xf;
    if options == 0 { kind } else { format!("{kind}|{}", flags(&flags_net::SOCK_FLAGS, options)) }
}

/// Bytes in quotes as strace escapes them, at most `limit` of them, `...` behind if there are more.
///
/// `full` is how many there were; the slice may be only the start.
pub(super) fn quoted(bytes: &[u8], full: u64, limit: usize) -> String {
    let shown = &bytes[..bytes.len().min(limit)];
    let mut out = String::with_capacity(shown.len() + 5);
    out.push('"');
    for (at, byte) in shown.iter().enumerate() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0b => out.push_str("\\v"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            b' '..=b'~' => out.push(char::from(*byte)),
            // A digit that follows would be read as part of a short escape.
            other => match shown.get(at + 1) {
                Some(b'0'..=b'7') => drop(write!(out, "\\{other:03o}")),
                _ => drop(write!(out, "\\{other:o}")),
            },
        }
    }
    out.push('"');
    if full > shown.len() as u64 {
        out.push_str("...");
    }
    out
}

/// Bytes in quotes, each as `\x1f`; `...` behind if there were more than these.
pub(super) fn quoted_hex(bytes: &[u8], full: u64) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{digits}\"{}", if full > bytes.len() as u64 { "..." } else { "" })
}

/// Text up to its first NUL, in quotes.
pub(super) fn c_text(bytes: &[u8], limit: usize) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
    quoted(text, text.len() as u64, limit)
}

/// `{tv_sec=1, tv_nsec=0}`. A field that the bytes do not reach ends it with `...`, as does the short form.
pub(super) fn structure(layout: &Layout, bytes: &[u8], verbose: bool, limit: usize) -> String {
    let shown = if verbose || layout.brief == 0 { layout.fields.len() } else { layout.brief };
    let mut parts = Vec::with_capacity(shown + 1);
    for entry in layout.fields.iter().take(shown) {
        if !layout.applies(entry, bytes) {
            continue;
        }
        let Some(raw) = layout.bytes(entry, bytes) else {
            parts.push("...".to_owned());
            return format!("{{{}}}", parts.join(", "));
        };
        parts.push(format!("{}={}", entry.name, field(&entry.kind, raw, verbose, limit)));
    }
    if shown < layout.fields.len() {
        parts.push("...".to_owned());
    }
    format!("{{{}}}", parts.join(", "))
}

fn field(kind: &Kind, raw: &[u8], verbose: bool, limit: usize) -> String {
    match kind {
        Kind::Num(scalar_kind, width) => {
            scalar(*scalar_kind, *width, layout::number(raw, 0, *width).unwrap_or(0))
        }
        Kind::Nums(scalar_kind, width, _) => numbers(*scalar_kind, *width, raw),
        Kind::Text(_) => c_text(raw, limit.max(65)),
        Kind::Bytes(len) => quoted(raw, *len as u64, limit),
        Kind::Struct(inner) => structure(inner, raw, verbose, limit),
    }
}

/// `[1, 2]`.
pub(super) fn numbers(kind: Scalar, width: Width, raw: &[u8]) -> String {
    let words: Vec<String> = raw
        .chunks_exact(width.bytes())
        .map(|chunk| scalar(kind, width, layout::number(chunk, 0, width).unwrap_or(0)))
        .collect();
    format!("[{}]", words.join(", "))
}
