//! Which objects of the host belong to this run: a directory of the host that the processes of a run share.
//!
//! A file `m7` stands for segment 7 and has its bytes, `s7` for the semaphores 7 and has who waits for them, `q7` for
//! a queue.

use crate::host::{self, Errno, Ipc as Kind};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// Who waits for a semaphore: process of the host, thread of the guest, number of the semaphore, whether for zero.
pub(super) type Waiter = [u32; 4];

/// The objects of a run.
#[derive(Debug)]
pub(super) struct Registry {
    directory: PathBuf,
    /// The process that began the run.
    maker: i32,
}

fn letter(kind: Kind) -> char {
    match kind {
        Kind::Segment => 'm',
        Kind::Semaphores => 's',
        Kind::Queue => 'q',
    }
}

impl Registry {
    /// That of the run called `name`, which this process begins. There is nothing of it yet.
    pub(super) fn new(name: u64) -> Registry {
        let (maker, ..) = host::credentials();
        Registry { directory: PathBuf::from(format!("/dev/shm/elfuse-trace-{name:016x}")), maker }
    }

    fn path(&self, kind: Kind, id: i32) -> PathBuf {
        self.directory.join(format!("{}{id}", letter(kind)))
    }

    /// Notes an object, with room for so many bytes, unless it is known.
    pub(super) fn add(&self, kind: Kind, id: i32, bytes: u64) -> Result<(), Errno> {
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(self.path(kind, id)) {
            Ok(file) => Ok(file.set_len(bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an object is the run's.
    pub(super) fn has(&self, kind: Kind, id: i32) -> bool {
        self.path(kind, id).exists()
    }

    /// Forgets an object.
    pub(super) fn remove(&self, kind: Kind, id: i32) {
        let _ = std::fs::remove_file(self.path(kind, id)); // another process may have been faster
    }

    /// The file with what is kept of an object.
    pub(super) fn open(&self, kind: Kind, id: i32) -> Result<File, Errno> {
        OpenOptions::new().read(true).write(true).open(self.path(kind, id)).map_err(|_| Errno::EINVAL)
    }

    /// Changes who waits for semaphores, and answers who does then.
    pub(super) fn waiters(
        &self,
        id: i32,
        change: impl FnOnce(&mut Vec<Waiter>),
    ) -> Result<Vec<Waiter>, Errno> {
        let mut file = self.open(Kind::Semaphores, id)?;
        let lock = file.try_clone()?;
        let _lock = host::lock_socket(lock.as_fd());
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (words, _) = bytes.as_chunks::<4>();
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let mut all: Vec<Waiter> = words.as_chunks::<4>().0.to_vec();
        // A process that was killed has not taken its name off.
        all.retain(|&[pid, ..]| std::fs::exists(format!("/proc/{pid}")).unwrap_or(false));
        change(&mut all);
        let bytes: Vec<u8> = all.as_flattened().iter().flat_map(|word| word.to_le_bytes()).collect();
        file.rewind()?;
        file.write_all(&bytes)?;
        file.set_len(bytes.len() as u64)?;
        Ok(all)
    }

    /// Removes what is left, if this process began the run.
    pub(super) fn clean(&self) {
        let (own, ..) = host::credentials();
        if own != self.maker {
            return;
        }
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((kind, id)) = name.to_str().and_then(|name| name.split_at_checked(1)) else { continue };
            let kind = match kind {
                "m" => Kind::Segment,
                "s" => Kind::Semaphores,
                _ => Kind::Queue,
            };
            if let Ok(id) = id.parse() {
                let _ = host::ipc_remove(kind, id); // it may be gone
            }
        }
        let _ = std::fs::remove_dir_all(&self.directory); // a leftover directory harms nobody
    }
}
