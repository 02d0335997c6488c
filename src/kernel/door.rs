//! The one door through which the kernel reads and writes guest memory and changes its map.
//!
//! Every write and mapping passes here and is reported to the [`EffectLog`] (invariant I1). Guest memory is
//! hostile: values are copied before they are looked at.

use super::effects::{Change, EffectLog};
use crate::guest::{PAGE, Prot, Space};
use crate::host::Errno;
use std::ops::Range;
use traces::event::Backing;

/// Longest path that Linux accepts, with its NUL.
pub const PATH_MAX: usize = 4096;

/// Guest memory as the kernel reaches it during one event.
pub struct Door<'a> {
    space: &'a Space,
    log: &'a mut dyn EffectLog,
}

impl<'a> Door<'a> {
    /// A door to `space` that reports to `log`.
    pub fn new(space: &'a Space, log: &'a mut dyn EffectLog) -> Door<'a> {
        Door { space, log }
    }

    /// The address space, to look at its map.
    #[must_use]
    pub fn space(&self) -> &'a Space {
        self.space
    }

    /// The log, to report what is not memory.
    pub fn log(&mut self) -> &mut dyn EffectLog {
        self.log
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// EFAULT where the guest could not read itself.
    pub fn read(&self, at: u64, buf: &mut [u8]) -> Result<(), Errno> {
        self.space.read(at, buf).map_err(|_| Errno::EFAULT)
    }

    /// Copies `len` bytes out.
    ///
    /// # Errors
    /// EFAULT.
    pub fn read_vec(&self, at: u64, len: usize) -> Result<Vec<u8>, Errno> {
        self.space.verify(at, len as u64, cpu::Access::Read).map_err(|_| Errno::EFAULT)?;
        let mut bytes = vec![0; len];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a structure of `N` bytes out.
    ///
    /// # Errors
    /// EFAULT.
    pub fn read_array<const N: usize>(&self, at: u64) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// A 32-bit word.
    ///
    /// # Errors
    /// EFAULT.
    pub fn read_u32(&self, at: u64) -> Result<u32, Errno> {
        self.read_array(at).map(u32::from_le_bytes)
    }

    /// A 64-bit word.
    ///
    /// # Errors
    /// EFAULT.
    pub fn read_u64(&self, at: u64) -> Result<u64, Errno> {
        self.read_array(at).map(u64::from_le_bytes)
    }

    /// A NUL-terminated string without its NUL, at most `limit` bytes with it.
    ///
    /// # Errors
    /// EFAULT, or ENAMETOOLONG if there is no NUL within the limit.
    pub fn read_string(&self, at: u64, limit: usize) -> Result<Vec<u8>, Errno> {
        let mut text = Vec::new();
        let mut chunk = [0; 256];
        while text.len() < limit {
            let from = at.checked_add(text.len() as u64).ok_or(Errno::EFAULT)?;
            let want = chunk.len().min(limit - text.len());
            let got = self.space.read_available(from, &mut chunk[..want]);
            if let Some(end) = chunk[..got].iter().position(|&b| b == 0) {
                text.extend_from_slice(&chunk[..end]);
                return Ok(text);
            }
            text.extend_from_slice(&chunk[..got]);
            if got < want {
                return Err(Errno::EFAULT);
            }
        }
        Err(Errno::ENAMETOOLONG)
    }

    /// A path.
    ///
    /// # Errors
    /// EFAULT or ENAMETOOLONG.
    pub fn read_path(&self, at: u64) -> Result<Vec<u8>, Errno> {
        self.read_string(at, PATH_MAX)
    }

    /// Copies bytes in.
    ///
    /// # Errors
    /// EFAULT where the guest could not write itself; nothing is written then.
    pub fn write(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.space.write(at, bytes).map_err(|_| Errno::EFAULT)?;
        self.log.change(Change::Write { at, bytes });
        Ok(())
    }

    /// Copies bytes in if the guest gave an address at all.
    ///
    /// # Errors
    /// EFAULT.
    pub fn write_optional(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        if at == 0 { Ok(()) } else { self.write(at, bytes) }
    }

    /// Whether the guest could write there.
    ///
    /// # Errors
    /// EFAULT if not.
    pub fn require_writable(&self, at: u64, len: u64) -> Result<(), Errno> {
        self.space.verify(at, len, cpu::Access::Write).map_err(|_| Errno::EFAULT)
    }

    /// How many of `len` bytes from `at` on the guest could read before the first that it could not.
    #[must_use]
    pub fn readable(&self, at: u64, len: u64) -> u64 {
        self.space.accessible(at, len, cpu::Access::Read)
    }

    /// How many of `len` bytes from `at` on the guest could write before the first that it could not.
    #[must_use]
    pub fn writable(&self, at: u64, len: u64) -> u64 {
        self.space.accessible(at, len, cpu::Access::Write)
    }

    /// Fills mapped pages whatever their rights: program text, file pages, the vDSO.
    ///
    /// # Errors
    /// EFAULT if nothing is mapped there.
    pub fn fill(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.space.write_forced(at, bytes).map_err(|_| Errno::EFAULT)?;
        if !bytes.is_empty() {
            self.log.change(Change::Write { at, bytes });
        }
        Ok(())
    }

    /// Maps zero pages, replacing what was there.
    ///
    /// # Errors
    /// ENOMEM or EINVAL.
    pub fn map(&mut self, range: Range<u64>, prot: Prot, backing: Backing) -> Result<(), Errno> {
        self.space.map(range.clone(), prot, backing.clone())?;
        self.log.change(Change::Map { range: &range, prot: prot.0, backing: &backing });
        Ok(())
    }

    /// Unmaps pages.
    ///
    /// # Errors
    /// What the host says.
    pub fn unmap(&mut self, range: Range<u64>) -> Result<(), Errno> {
        self.space.unmap(range.clone())?;
        self.log.change(Change::Unmap(&range));
        Ok(())
    }

    /// Changes rights.
    ///
    /// # Errors
    /// What the host says.
    pub fn protect(&mut self, range: Range<u64>, prot: Prot) -> Result<(), Errno> {
        self.space.protect(range.clone(), prot)?;
        self.log.change(Change::Protect { range: &range, prot: prot.0 });
        Ok(())
    }

    /// Empties the address space (execve).
    ///
    /// # Errors
    /// What the host says.
    pub fn clear_space(&mut self) -> Result<(), Errno> {
        self.space.clear()?;
        self.log.change(Change::ClearSpace);
        Ok(())
    }

    /// Moves pages.
    ///
    /// # Errors
    /// What the host says.
    pub fn relocate(&mut self, from: Range<u64>, to: u64) -> Result<(), Errno> {
        self.space.relocate(from.clone(), to)?;
        self.log.change(Change::Move { from: &from, to });
        Ok(())
    }

    /// Shows the pages of `from` at `to` as well: two mappings of one file.
    ///
    /// # Errors
    /// What the host says.
    pub fn alias(&mut self, from: Range<u64>, to: u64) -> Result<(), Errno> {
        self.space.alias(from.clone(), to)?;
        self.log.change(Change::Alias { from: &from, to });
        Ok(())
    }

    /// Says whether mapped pages lie wholly behind the end of their file.
    ///
    /// # Errors
    /// What the host says.
    pub fn set_behind(&mut self, range: Range<u64>, behind: bool) -> Result<(), Errno> {
        self.space.set_behind(range.clone(), behind)?;
        self.log.change(Change::FileEnd { range: &range, behind });
        Ok(())
    }

    /// Makes mapped pages zero again (MADV_DONTNEED on anonymous memory).
    ///
    /// # Errors
    /// What the host says.
    pub fn zero_pages(&mut self, range: Range<u64>) -> Result<(), Errno> {
        debug_assert!(range.start.is_multiple_of(PAGE));
        let parts = self.space.regions().within(&range);
        for part in parts {
            let (at, len) = (part.start, part.end - part.start);
            self.space.map(part.start..part.end, part.prot, part.backing)?;
            self.log.change(Change::Zero { at, len });
        }
        Ok(())
    }

    /// Fills mapped pages in pieces that deduplicate well.
    ///
    /// # Errors
    /// EFAULT.
    pub fn fill_chunks(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        for (i, chunk) in bytes.chunks(CHUNK).enumerate() {
            self.fill(at + (i * CHUNK) as u64, chunk)?;
        }
        Ok(())
    }
}

/// Size of the pieces in which file contents are logged.
const CHUNK: usize = 64 << 10;
