//! Reads from a trace file at offsets. Never maps it: a file that shrinks must be an error, not a SIGBUS.

use crate::error::Error;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// An open trace file.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    path: PathBuf,
    len: u64,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Source, Error> {
        let failed = |source| Error::Io { action: "open", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        Ok(Source { file, path: path.to_owned(), len })
    }

    /// Length when it was opened.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `len` bytes at `offset`, fewer only if the file was that short when it was opened. Allocates no more
    /// than there are.
    pub(crate) fn read(&self, offset: u64, len: u64) -> Result<Vec<u8>, Error> {
        let there = len.min(self.len.saturating_sub(offset));
        let too_long = || Error::Shrunk { offset, len: there };
        let mut bytes = vec![0; usize::try_from(there).map_err(|_| too_long())?];
        match self.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Error::Shrunk { offset, len: there })
            }
            Err(source) => Err(Error::Io { action: "read", path: self.path.clone(), source }),
        }
    }
}
