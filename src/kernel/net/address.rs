//! Socket addresses between guest and host: those of AF_UNIX name files, which are elsewhere on the host.

use super::{AF_UNIX, SO_DOMAIN, number_option};
use crate::host::{self, Dir, Errno};
use crate::kernel::path::{CWD, Follow, c_string};
use crate::kernel::{Call, Kernel};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes before the path in struct sockaddr_un (include/uapi/linux/un.h).
const FAMILY: usize = 2;
/// Longest path in it.
const PATH_MAX: usize = 108;
/// O_PATH in arm64's value.
const O_PATH: u32 = 0x20_0000;
/// O_DIRECTORY in arm64's value.
const O_DIRECTORY: u32 = 0x4000;

/// An address as the host is asked for it.
pub(super) struct HostAddress {
    pub(super) bytes: Vec<u8>,
    /// What the address leads through, kept open.
    _through: Option<OwnedFd>,
}

/// Reads a socket address (move_addr_to_kernel in net/socket.c).
pub(super) fn read(c: &Call<'_>, at: u64, len: i32) -> Result<Vec<u8>, Errno> {
    let len = usize::try_from(len).ok().filter(|&len| len <= host::ADDRESS_MAX).ok_or(Errno::EINVAL)?;
    if len == 0 { Ok(Vec::new()) } else { c.door.read_vec(at, len) }
}

/// Writes a socket address as far as there is room, and its length (move_addr_to_user in net/socket.c).
pub(super) fn write(c: &mut Call<'_>, at: u64, len_at: u64, address: &[u8]) -> Result<(), Errno> {
    let room = c.door.read_u32(len_at)?.cast_signed();
    let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?;
    c.door.write(at, &address[..address.len().min(room)])?;
    let len = u32::try_from(address.len()).expect("a socket address is short");
    c.door.write(len_at, &len.to_le_bytes())
}

/// The path in an address of AF_UNIX that has one.
fn path_of(address: &[u8]) -> Option<&[u8]> {
    let (family, path) = address.split_at_checked(FAMILY)?;
    if family != 1u16.to_le_bytes() || path.first().is_none_or(|&b| b == 0) {
        return None;
    }
    Some(path.split(|&b| b == 0).next().unwrap_or(path))
}

fn with_path(path: &[u8]) -> Vec<u8> {
    let mut bytes = 1u16.to_le_bytes().to_vec();
    bytes.extend_from_slice(path);
    if path.len() < PATH_MAX {
        bytes.push(0);
    }
    bytes
}

/// The path of an address for a socket of AF_UNIX, none if there is nothing to translate.
fn wanted_path<'a>(socket: BorrowedFd<'_>, address: &'a [u8]) -> Result<Option<&'a [u8]>, Errno> {
    if number_option(socket, SO_DOMAIN)? != AF_UNIX {
        return Ok(None);
    }
    match path_of(address) {
        Some(_) if address.len() > FAMILY + PATH_MAX => Err(Errno::EINVAL),
        path => Ok(path),
    }
}

/// The host's address of a socket to talk to.
pub(super) fn to_host(c: &Call<'_>, socket: BorrowedFd<'_>, address: Vec<u8>) -> Result<HostAddress, Errno> {
    let Some(path) = wanted_path(socket, &address)? else {
        return Ok(HostAddress { bytes: address, _through: None });
    };
    let located = c.k.fs.locate(&c.k.fds, CWD, path, Follow::Yes)?;
    let host_path = located.path.as_bytes();
    if host_path.len() <= PATH_MAX {
        return Ok(HostAddress { bytes: with_path(host_path), _through: None });
    }
    let file = host::open(located.dir(), &located.path, O_PATH, 0)?;
    let path = format!("/proc/self/fd/{}", host::number(file.as_fd()));
    Ok(HostAddress { bytes: with_path(path.as_bytes()), _through: Some(file) })
}

/// bind(2) to a guest's address.
pub(super) fn bind(c: &mut Call<'_>, socket: BorrowedFd<'_>, address: &[u8]) -> Result<(), Errno> {
    let Some(path) = wanted_path(socket, address)? else {
        return host::bind(socket, address);
    };
    let mut located = c.k.fs.locate(&c.k.fds, CWD, path, Follow::No)?;
    c.k.fs.own_entry(&mut located).map_err(|errno| match errno {
        Errno::EEXIST => Errno::EADDRINUSE,
        other => other,
    })?;
    let host_path = located.path.as_bytes();
    if host_path.len() <= PATH_MAX {
        host::bind(socket, &with_path(host_path))?;
        remember(c.k, host_path, path);
        return Ok(());
    }
    // The host's path is too long: its last part is short enough, seen from its directory.
    let slash = host_path.iter().rposition(|&b| b == b'/').ok_or(Errno::ENAMETOOLONG)?;
    let parent = host::open(Dir::Cwd, &c_string(&host_path[..slash])?, O_PATH | O_DIRECTORY, 0)?;
    let through = format!("/proc/self/fd/{}", host::number(parent.as_fd()));
    let through = [through.as_bytes(), &host_path[slash..]].concat();
    if through.len() <= PATH_MAX {
        host::bind(socket, &with_path(&through))?;
        remember(c.k, &through, path);
        return Ok(());
    }
    let name = &host_path[slash + 1..];
    let here = host::open(Dir::Cwd, c".", O_PATH | O_DIRECTORY, 0)?;
    host::change_dir(parent.as_fd())?;
    let outcome = host::bind(socket, &with_path(name));
    host::change_dir(here.as_fd())?;
    outcome?;
    remember(c.k, name, path);
    Ok(())
}

/// Keeps what the guest calls a socket, where the host calls it otherwise.
fn remember(k: &mut Kernel, host: &[u8], guest: &[u8]) {
    if host != guest {
        k.net.names.insert(host.to_vec(), guest.to_vec());
    }
}

/// A host's address as the guest knows it.
pub(super) fn to_guest(k: &Kernel, address: Vec<u8>) -> Vec<u8> {
    let Some(path) = path_of(&address) else { return address };
    match k.net.names.get(path) {
        Some(name) => with_path(name),
        None => {
            let name = k.fs.shown(path.to_vec());
            with_path(&name[..name.len().min(PATH_MAX)])
        }
    }
}
