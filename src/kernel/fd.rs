//! The guest's file descriptors: small numbers that stand for host descriptors the guest never sees.

use super::path::Listing;
use super::signalfd::SignalFile;
use crate::host::{self, Errno, Waiting};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};
use traces::Tid;

/// Soft limit of descriptors (RLIMIT_NOFILE) that a process begins with.
pub(crate) const SOFT_LIMIT: usize = 1024;
/// Hard limit that a process begins with, and the highest there is (fs.nr_open).
pub(crate) const HARD_LIMIT: usize = 1 << 20;

/// An open file of the guest.
#[derive(Debug)]
pub(crate) struct OpenFile {
    /// The host's descriptor; whoever waits for it keeps it open.
    pub(crate) host: Arc<OwnedFd>,
    /// Closed by execve.
    pub(crate) cloexec: bool,
    /// Absolute guest path, or `pipe:`, `memfd:` and the like.
    pub(crate) path: Vec<u8>,
    /// Whether reading or writing may wait: a pipe, a socket, a terminal, an event counter.
    pub(crate) waits: bool,
    /// For a pidfd, the guest process that it stands for; else 0.
    pub(crate) process: u32,
    /// What a signalfd tells of.
    pub(crate) signals: Option<Arc<SignalFile>>,
    /// The entries of a directory that is not the host's alone, while they are read.
    pub(crate) listing: Option<Arc<Mutex<Listing>>>,
}

impl OpenFile {
    /// A file that has just been opened on the host.
    pub(crate) fn new(host: OwnedFd, cloexec: bool, path: Vec<u8>) -> OpenFile {
        const TYPE: u32 = 0o170_000;
        let kind = host::fstat(host.as_fd()).map_or(0, |stat| u32::from(stat.stx_mode) & TYPE);
        let waits = match kind {
            0o100_000 | 0o040_000 | 0o060_000 | 0o120_000 => false,
            0o020_000 => host::ioctl(host.as_fd(), TCGETS, &mut [0; 256]).is_ok(),
            _ => true,
        };
        OpenFile { host: Arc::new(host), cloexec, path, waits, process: 0, signals: None, listing: None }
    }
}

/// The request that only terminals answer.
const TCGETS: u32 = 0x5401;

/// All descriptors of a process.
#[derive(Debug)]
pub(crate) struct FdTable {
    slots: Vec<Option<OpenFile>>,
    /// No number below is free.
    full_below: usize,
    /// RLIMIT_NOFILE: new numbers are below. What is open already stays open.
    limit: usize,
    /// RLIMIT_FSIZE: regular files grow no further.
    pub(crate) file_size_limit: u64,
    /// Opens that wait on the host, by the thread whose call waits, and the guest paths of the files.
    pub(crate) opening: BTreeMap<Tid, (Waiting<OwnedFd>, Vec<u8>)>,
    /// Locks that are waited for on the host, likewise.
    pub(crate) locking: BTreeMap<Tid, Waiting<()>>,
}

impl Default for FdTable {
    fn default() -> FdTable {
        FdTable {
            slots: Vec::new(),
            full_below: 0,
            limit: SOFT_LIMIT,
            file_size_limit: u64::MAX,
            opening: BTreeMap::new(),
            locking: BTreeMap::new(),
        }
    }
}

impl FdTable {
    /// Standard input, output and error, shared with us.
    pub(crate) fn standard() -> std::io::Result<FdTable> {
        let streams = [
            (std::io::stdin().as_fd().try_clone_to_owned(), "/dev/stdin"),
            (std::io::stdout().as_fd().try_clone_to_owned(), "/dev/stdout"),
            (std::io::stderr().as_fd().try_clone_to_owned(), "/dev/stderr"),
        ];
        let mut slots = Vec::new();
        for (fd, path) in streams {
            // A closed standard stream stays closed for the guest.
            slots.push(fd.ok().map(|host| OpenFile::new(host, false, path.into())));
        }
        host::raise_descriptor_limit();
        Ok(FdTable { slots, ..FdTable::default() })
    }

    /// The soft limit of descriptors.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many numbers a set of descriptors is looked at for (max_fds of fs/file.c, which grows in powers of two).
    pub(crate) fn width(&self) -> usize {
        if self.slots.len() <= 64 { 64 } else { self.slots.len().next_power_of_two().max(256) }
    }

    /// Sets the soft limit of descriptors.
    pub(crate) fn set_limit(&mut self, soft: u64) {
        self.limit = usize::try_from(soft).unwrap_or(HARD_LIMIT).min(HARD_LIMIT);
    }

    /// The file behind a descriptor.
    pub(crate) fn get(&self, fd: i32) -> Result<&OpenFile, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|n| self.slots.get(n));
        slot.and_then(Option::as_ref).ok_or(Errno::EBADF)
    }

    /// The file behind a descriptor, to change its flags.
    pub(crate) fn get_mut(&mut self, fd: i32) -> Result<&mut OpenFile, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|n| self.slots.get_mut(n));
        slot.and_then(Option::as_mut).ok_or(Errno::EBADF)
    }

    /// The host's descriptor behind a guest's.
    pub(crate) fn host(&self, fd: i32) -> Result<BorrowedFd<'_>, Errno> {
        Ok(self.get(fd)?.host.as_fd())
    }

    /// Opens `file` at the lowest free number from `from` on.
    pub(crate) fn insert(&mut self, file: OpenFile, from: usize) -> Result<u64, Errno> {
        let n = self.free(from)?;
        self.put(n, file);
        Ok(n as u64)
    }

    /// The lowest free number from `from` on: EINVAL if `from` is not below the limit, EMFILE if none is free.
    pub(crate) fn free(&mut self, from: usize) -> Result<usize, Errno> {
        if from >= self.limit && from > 0 {
            return Err(Errno::EINVAL);
        }
        let start = from.max(self.full_below);
        let is_free = |n: &usize| self.slots.get(*n).is_none_or(Option::is_none);
        let free = (start..self.slots.len().max(start) + 1).find(is_free).expect("behind the last is free");
        if from <= self.full_below {
            self.full_below = free;
        }
        if free < self.limit { Ok(free) } else { Err(Errno::EMFILE) }
    }

    /// Opens `file` at exactly `fd`, closing what was there.
    pub(crate) fn replace(&mut self, fd: i32, file: OpenFile) -> Result<u64, Errno> {
        let n = self.replaceable(fd)?;
        self.put(n, file);
        Ok(n as u64)
    }

    /// A number that a file may be opened at: EBADF if it is not below the limit.
    pub(crate) fn replaceable(&self, fd: i32) -> Result<usize, Errno> {
        usize::try_from(fd).ok().filter(|&n| n < self.limit).ok_or(Errno::EBADF)
    }

    /// A second descriptor for the same open file.
    pub(crate) fn duplicate(&self, fd: i32, cloexec: bool) -> Result<OpenFile, Errno> {
        let file = self.get(fd)?;
        let host = host::duplicate(file.host.as_fd())?;
        Ok(OpenFile {
            host: Arc::new(host),
            cloexec,
            path: file.path.clone(),
            waits: file.waits,
            process: file.process,
            signals: file.signals.clone(),
            listing: file.listing.clone(),
        })
    }

    /// Closes a descriptor.
    pub(crate) fn close(&mut self, fd: i32) -> Result<(), Errno> {
        let slot = usize::try_from(fd).ok().and_then(|n| self.slots.get_mut(n));
        drop(slot.and_then(Option::take).ok_or(Errno::EBADF)?);
        self.full_below = self.full_below.min(usize::try_from(fd).expect("it was a slot"));
        Ok(())
    }

    /// Calls off what waits on the host: the threads whose calls wait are no more.
    pub(crate) fn call_off(&mut self) {
        self.opening.clear();
        self.locking.clear();
    }

    /// The open descriptors in order.
    pub(crate) fn open(&self) -> impl Iterator<Item = (i32, &OpenFile)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(n, slot)| slot.as_ref().map(|file| (i32::try_from(n).expect("below 2^20"), file)))
    }

    fn put(&mut self, n: usize, file: OpenFile) {
        if self.slots.len() <= n {
            self.slots.resize_with(n + 1, || None);
        }
        self.slots[n] = Some(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> OpenFile {
        let host = std::fs::File::open("/dev/null").unwrap().into();
        OpenFile::new(host, false, b"/dev/null".to_vec())
    }

    #[test]
    fn the_lowest_free_number_is_taken() {
        let mut fds = FdTable::default();
        assert_eq!(fds.insert(file(), 0), Ok(0));
        assert_eq!(fds.insert(file(), 0), Ok(1));
        assert_eq!(fds.insert(file(), 10), Ok(10));
        fds.close(0).unwrap();
        assert_eq!(fds.close(0), Err(Errno::EBADF));
        assert_eq!(fds.insert(file(), 0), Ok(0));
        assert_eq!(fds.replace(1024, file()), Err(Errno::EBADF));
        assert_eq!(fds.insert(file(), 1024), Err(Errno::EINVAL));
        for n in [-1, 2, 9, 11, i32::MAX] {
            assert!(fds.get(n).is_err());
        }
    }

    #[test]
    fn new_numbers_stay_below_the_limit_and_old_ones_stay_open() {
        let mut fds = FdTable::default();
        fds.set_limit(3);
        assert_eq!(
            [0, 0, 0, 0].map(|from| fds.insert(file(), from)),
            [Ok(0), Ok(1), Ok(2), Err(Errno::EMFILE)]
        );
        assert_eq!(fds.insert(file(), 3), Err(Errno::EINVAL));
        assert_eq!(fds.replace(3, file()), Err(Errno::EBADF));
        fds.set_limit(u64::MAX);
        assert_eq!(fds.replace(1_048_575, file()), Ok(1_048_575));
        assert_eq!(fds.replace(1_048_576, file()), Err(Errno::EBADF));
        fds.set_limit(1);
        assert!(fds.get(1_048_575).is_ok());
        assert_eq!(fds.insert(file(), 0), Err(Errno::EMFILE));
        fds.close(0).unwrap();
        assert_eq!(fds.insert(file(), 0), Ok(0));
        fds.set_limit(0);
        assert_eq!(fds.insert(file(), 0), Err(Errno::EMFILE));
    }
}
