//! Socket options: bytes that pass to the host, but for those that name processes or hold pointers or descriptors.

use super::{SOL_SOCKET, control};
use crate::host::{self, Errno};
use crate::kernel::{Call, Handler, SysResult};
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[(208, setsockopt), (209, getsockopt)];

const SOL_IP: i32 = 0;
const SOL_TCP: i32 = 6;
const SOL_IPV6: i32 = 41;
const SO_PEERCRED: i32 = 17;
/// Longest value that passes: no option that is allowed has a longer one.
const VALUE_MAX: usize = 64 << 10;

/// Whether an option holds a pointer, a descriptor or a filter program, or changes who owns the bytes that are sent.
fn is_refused(level: i32, name: i32) -> bool {
    match level {
        // SO_ATTACH_FILTER (SO_GET_FILTER), SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_CBPF and _EBPF, SO_PEERGROUPS,
        // SO_ZEROCOPY, SO_PASSPIDFD, SO_PEERPIDFD (include/uapi/asm-generic/socket.h).
        SOL_SOCKET => matches!(name, 26 | 50..=52 | 59 | 60 | 76 | 77),
        // The tables of netfilter and of its bridges, and IPVS (linux/netfilter_ipv4/ip_tables.h,
        // netfilter_arp/arp_tables.h, netfilter_bridge/ebtables.h, ip_vs.h).
        SOL_IP => matches!(name, 64..=67 | 96..=99 | 128..=131 | 1152..=1200),
        // The same of IPv6: 66, 67 and 70 are options of sockets (linux/netfilter_ipv6/ip6_tables.h, linux/in6.h).
        SOL_IPV6 => matches!(name, 64 | 65 | 68 | 69),
        // TCP_REPAIR and what it unlocks, TCP_ULP, TCP_ZEROCOPY_RECEIVE (linux/tcp.h).
        SOL_TCP => matches!(name, 19..=22 | 29 | 31 | 35),
        _ => false,
    }
}

fn refuse(c: &mut Call<'_>) -> Errno {
    c.flags.0 |= SvcFlags::REFUSED;
    Errno::ENOPROTOOPT
}

fn setsockopt(c: &mut Call<'_>) -> SysResult {
    let (level, name) = (c.int(1), c.int(2));
    let len = usize::try_from(c.int(4)).map_err(|_| Errno::EINVAL)?;
    c.k.fds.get(c.int(0))?;
    if is_refused(level, name) {
        host::socket_name(c.k.fds.host(c.int(0))?, false)?;
        return Err(refuse(c));
    }
    let value = c.door.read_vec(c.args[3], len.min(VALUE_MAX))?;
    host::set_socket_option(c.k.fds.host(c.int(0))?, level, name, &value)?;
    Ok(0)
}

fn getsockopt(c: &mut Call<'_>) -> SysResult {
    let (level, name) = (c.int(1), c.int(2));
    let [_, _, _, at, len_at, _] = c.args;
    let socket = c.k.fds.host(c.int(0))?;
    host::socket_name(socket, false)?;
    let room = c.door.read_u32(len_at)?.cast_signed();
    let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?.min(VALUE_MAX);
    if is_refused(level, name) {
        return Err(refuse(c));
    }
    let mut value = if (level, name) == (SOL_SOCKET, SO_PEERCRED) {
        let shown = host::socket_option(socket, level, name, 12)?;
        control::credentials(c.k, &shown).map_or(shown, |shown| shown.to_vec())
    } else {
        host::socket_option(socket, level, name, room)?
    };
    value.truncate(room);
    c.door.write(at, &value)?;
    let len = u32::try_from(value.len()).expect("at most 64 KiB");
    c.door.write(len_at, &len.to_le_bytes())?;
    Ok(0)
}
