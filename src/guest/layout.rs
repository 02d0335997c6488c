//! Where things stand in a guest address space: elfuse's fixed layout, without randomisation.
//!
//! Used by the loader and by the mmap family.

use super::regions::{PAGE, page_up};

/// Where the vDSO page is mapped.
pub const VDSO_BASE: u64 = 0xF000;
/// Load base of a position-independent program.
pub const PIE_BASE: u64 = 0x0040_0000;
/// Size of the main stack in bytes.
pub const STACK_SIZE: u64 = 8 << 20;
/// Start of the area for executable mappings.
pub const MMAP_EXEC_BASE: u64 = 0x1000_0000;
/// Start of the area for other mappings.
pub const MMAP_BASE: u64 = 0x2_0000_0000;

const BRK_MIN: u64 = 0x0100_0000;
const STACK_TOP_MIN: u64 = 0x0800_0000;
const TWO_MIB: u64 = 2 << 20;
const GIB: u64 = 1 << 30;

/// The addresses that follow from the size of the space and the end of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Size of the address space in bytes: 2^36, 2^38 or 2^40.
    pub size: u64,
    /// Lowest program break.
    pub brk_base: u64,
    /// Lowest address of the main stack; its first page is a guard.
    pub stack_base: u64,
    /// First address behind the main stack.
    pub stack_top: u64,
    /// First address behind both mapping areas.
    pub mmap_limit: u64,
    /// Load base of the dynamic linker.
    pub interp_base: u64,
}

impl Layout {
    /// The layout of a space of `size` bytes for a program that ends at `load_end`; none if it does not fit.
    #[must_use]
    pub fn new(size: u64, load_end: u64) -> Option<Layout> {
        let brk_base = BRK_MIN.max(page_up(load_end)?);
        let above = brk_base.checked_next_multiple_of(TWO_MIB)?.checked_add(STACK_SIZE)?;
        let stack_top = STACK_TOP_MIN.max(above);
        let mmap_limit = size.checked_sub(8 * GIB)?;
        if stack_top > mmap_limit {
            return None;
        }
        Some(Layout {
            size,
            brk_base,
            stack_base: stack_top - STACK_SIZE,
            stack_top,
            mmap_limit,
            interp_base: size - 4 * GIB,
        })
    }

    /// The first usable stack address, behind the guard page.
    #[must_use]
    pub fn stack_low(&self) -> u64 {
        self.stack_base + PAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_layout_is_that_of_elfuse() {
        let layout = Layout::new(1 << 40, 0x48_0000).unwrap();
        assert_eq!(layout.brk_base, 0x0100_0000);
        assert_eq!((layout.stack_base, layout.stack_top), (0x0780_0000, 0x0800_0000));
        assert_eq!(layout.mmap_limit, 0xFE_0000_0000);
        assert_eq!(layout.interp_base, 0xFF_0000_0000);
    }

    #[test]
    fn a_program_that_fills_the_space_is_refused() {
        assert_eq!(Layout::new(1 << 36, u64::MAX), None);
        assert_eq!(Layout::new(1 << 36, 0xE_0000_0000), None);
    }
}
