//! Digests of guest state, for verification: equal states have equal digests on every host.

use super::Space;
use traces::event::RegImage;

/// Room for what is hashed at a time.
const BATCH: usize = 1 << 17;

/// First 16 bytes of a BLAKE3 hash.
pub type Digest = [u8; 16];

fn finish(hasher: &blake3::Hasher) -> Digest {
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    short
}

/// The digest of a thread's registers.
#[must_use]
pub fn of_registers(regs: &RegImage) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for word in regs.x.iter().chain([&regs.sp, &regs.pc, &regs.tpidr]) {
        hasher.update(&word.to_le_bytes());
    }
    for word in [regs.nzcv, regs.fpcr, regs.fpsr] {
        hasher.update(&word.to_le_bytes());
    }
    for word in &regs.v {
        hasher.update(&word.to_le_bytes());
    }
    finish(&hasher)
}

/// The digest of an address space: its map, what of it lies behind the end of a file, and every page that holds something other than zeros.
#[must_use]
pub fn of_memory(space: &Space) -> Digest {
    let mut hasher = blake3::Hasher::new();
    let mut run: Option<(u64, u64, u8)> = None;
    let mut hash_run = |run: (u64, u64, u8)| {
        hasher.update(&run.0.to_le_bytes());
        hasher.update(&run.1.to_le_bytes());
        hasher.update(&[run.2]);
    };
    for region in space.regions().iter() {
        // How the map is cut into regions depends on names; what the guest can do does not.
        run = match run {
            Some((start, end, prot)) if end == region.start && prot == region.prot.0 => {
                Some((start, region.end, prot))
            }
            other => {
                other.into_iter().for_each(&mut hash_run);
                Some((region.start, region.end, region.prot.0))
            }
        };
    }
    run.into_iter().for_each(&mut hash_run);
    for range in space.regions().behind().iter() {
        hash_run((range.start, range.end, 8));
    }
    // BLAKE3 is several times as fast on long pieces as on pages one by one.
    let mut batch = Vec::with_capacity(BATCH);
    space.for_each_touched(|page, bytes| {
        if bytes.iter().any(|&b| b != 0) {
            batch.extend_from_slice(&page.to_le_bytes());
            batch.extend_from_slice(bytes);
            if batch.len() >= BATCH / 2 {
                hasher.update(&batch);
                batch.clear();
            }
        }
    });
    hasher.update(&batch);
    finish(&hasher)
}

/// A digest as users see it.
#[must_use]
pub fn hex(digest: &Digest) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
