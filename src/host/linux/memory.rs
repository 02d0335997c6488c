//! Host memory for the guest address space: reserve, commit, protect, release.

use std::io::{Error, Result};
use std::ptr::NonNull;

/// Size of a host page in bytes.
#[must_use]
pub fn page_size() -> u64 {
    // SAFETY: no pointers involved.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).expect("every system has a page size")
}

/// Reserves `len` bytes of address space that nothing may touch yet.
///
/// # Errors
/// What mmap says.
pub fn reserve(len: usize) -> Result<NonNull<u8>> {
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice replaces nothing.
    let at = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if at == libc::MAP_FAILED {
        return Err(Error::last_os_error());
    }
    NonNull::new(at.cast()).ok_or_else(|| Error::other("mmap answered address 0"))
}

/// Gives a reservation, or a part of one, back to the host.
pub fn release(at: NonNull<u8>, len: usize) {
    // SAFETY: callers own the range and drop every pointer into it.
    unsafe { libc::munmap(at.as_ptr().cast(), len) };
}

/// Makes reserved memory readable and writable; it is zero until written.
///
/// # Errors
/// What mprotect says.
pub fn commit(at: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: the range is a reservation of the caller's.
    answer(unsafe { libc::mprotect(at.as_ptr().cast(), len, libc::PROT_READ | libc::PROT_WRITE) })
}

/// Makes reserved memory readable, writable and zero, whatever it held. Aligned to host pages.
///
/// # Errors
/// What mmap says.
pub fn commit_zeroed(at: NonNull<u8>, len: usize) -> Result<()> {
    replace(at, len, libc::PROT_READ | libc::PROT_WRITE)
}

/// Takes memory back into the state of a reservation. Aligned to host pages.
///
/// # Errors
/// What mmap says.
pub fn decommit(at: NonNull<u8>, len: usize) -> Result<()> {
    replace(at, len, libc::PROT_NONE)
}

/// Sets the host's protection of committed memory.
///
/// # Errors
/// What mprotect says.
pub fn protect(at: NonNull<u8>, len: usize, read: bool, write: bool) -> Result<()> {
    let mut prot = libc::PROT_NONE;
    if read {
        prot |= libc::PROT_READ;
    }
    if write {
        prot |= libc::PROT_READ | libc::PROT_WRITE;
    }
    // SAFETY: the range is a reservation of the caller's; whoever then accesses it without the right does so
    // through `guest::fault`.
    answer(unsafe { libc::mprotect(at.as_ptr().cast(), len, prot) })
}

/// Zero pages that can be seen at several addresses, see [`alias`]; at an address of the host's choice.
///
/// # Errors
/// What mmap says.
pub fn shared_pages(len: usize) -> Result<NonNull<u8>> {
    let flags = libc::MAP_ANONYMOUS | libc::MAP_SHARED | libc::MAP_NORESERVE;
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice replaces nothing.
    let at =
        unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(Error::last_os_error());
    }
    NonNull::new(at.cast()).ok_or_else(|| Error::other("mmap answered address 0"))
}

/// Shows pages that began as [`shared_pages`] at a second address, replacing what was there. Aligned to host pages.
///
/// # Errors
/// What mremap says.
pub fn alias(from: NonNull<u8>, to: NonNull<u8>, len: usize) -> Result<()> {
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: an old size of 0 leaves `from` as it is and maps its pages, which are shared, once more; that replaces
    // pages of a reservation that the caller owns, and nothing else.
    let mapped = unsafe { libc::mremap(from.as_ptr().cast(), 0, len, flags, to.as_ptr()) };
    if mapped == libc::MAP_FAILED { Err(Error::last_os_error()) } else { Ok(()) }
}

fn replace(at: NonNull<u8>, len: usize, prot: i32) -> Result<()> {
    let flags = libc::MAP_ANONYMOUS | libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: MAP_FIXED replaces pages of a reservation that the caller owns, and nothing else.
    let mapped = unsafe { libc::mmap(at.as_ptr().cast(), len, prot, flags, -1, 0) };
    if mapped == libc::MAP_FAILED { Err(Error::last_os_error()) } else { Ok(()) }
}

fn answer(result: i32) -> Result<()> {
    if result == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}
