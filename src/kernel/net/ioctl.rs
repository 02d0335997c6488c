//! ioctl requests of sockets: what they have to read, and the interfaces of the machine.

use crate::host::{self, Errno};
use crate::kernel::{Call, SysResult};
use std::os::fd::AsFd;
use std::sync::Arc;

/// Bytes of struct ifreq (include/uapi/linux/if.h), the same on all 64-bit architectures.
const IFREQ: usize = 40;
const SIOCGIFCONF: u32 = 0x8912;
/// Most interfaces that are told of.
const MOST: usize = 1024;

/// Serves a request of sockets (include/uapi/linux/sockios.h); none if it is another one.
pub(in crate::kernel) fn ioctl(c: &mut Call<'_>, request: u32) -> Option<SysResult> {
    let shape = match request {
        SIOCGIFCONF => return Some(interfaces(c)),
        0x8905 => (0, 4),           // SIOCATMARK
        0x8906 | 0x8907 => (0, 16), // SIOCGSTAMP_OLD, SIOCGSTAMPNS_OLD
        // SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFMETRIC,
        // SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN: none of them has a pointer in it.
        0x8910 | 0x8913 | 0x8915 | 0x8917 | 0x8919 | 0x891B | 0x891D | 0x8921 | 0x8927 | 0x8933 | 0x8942 => {
            (IFREQ, IFREQ)
        }
        _ => return None,
    };
    Some(pass(c, request, shape))
}

fn pass(c: &mut Call<'_>, request: u32, (given, returned): (usize, usize)) -> SysResult {
    let at = c.args[2];
    let mut buffer = [0; 256];
    let socket = Arc::clone(&c.k.fds.get(c.int(0))?.host);
    host::socket_name(socket.as_fd(), false).map_err(|_| Errno::ENOTTY)?;
    c.door.read(at, &mut buffer[..given])?;
    let answer = host::ioctl(socket.as_fd(), request, &mut buffer)?;
    c.door.write(at, &buffer[..returned])?;
    Ok(answer.cast_unsigned())
}

/// SIOCGIFCONF: struct ifconf is i32 length and a pointer at 8. Without a buffer it asks how many bytes there are.
fn interfaces(c: &mut Call<'_>) -> SysResult {
    let at = c.args[2];
    let socket = c.k.fds.host(c.int(0))?;
    host::socket_name(socket, false).map_err(|_| Errno::ENOTTY)?;
    let config: [u8; 16] = c.door.read_array(at)?;
    let len = i32::from_le_bytes(config[..4].try_into().expect("4 bytes"));
    let buffer = u64::from_le_bytes(config[8..].try_into().expect("8 bytes"));
    let room = if buffer == 0 { Ok(MOST * IFREQ) } else { usize::try_from(len).map_err(|_| Errno::EINVAL) };
    let requests = host::interfaces(socket, room?.min(MOST * IFREQ))?;
    if buffer != 0 {
        c.door.write(buffer, &requests)?;
    }
    let len = u32::try_from(requests.len()).expect("at most 40 KiB");
    c.door.write(at, &len.to_le_bytes())?;
    Ok(0)
}
