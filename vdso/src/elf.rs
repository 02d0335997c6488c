//! The page as an ELF image: headers, symbols, versions and the words of the trampolines.
//!
//! Used through [`build`]; `layout` also calls it to recognise pages. Numbers are those of the System V ABI
//! (`elf.h`); the order of the tables, their alignment and the empty section names are elfuse's.

use core::fmt;

use crate::code::{self, Mark};
use crate::layout::{CNTFRQ_DEFAULT, CNTFRQ_MIN, Layout, PAGE_SIZE, Revision, TEXT, multiplier};

/// What a page is built from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Params {
    /// Which page.
    pub revision: Revision,
    /// CNTFRQ_EL0 of the machine that runs it, in Hz; at least [`CNTFRQ_MIN`].
    pub cntfrq: u32,
}

impl Default for Params {
    fn default() -> Self {
        Params { revision: Revision::default(), cntfrq: CNTFRQ_DEFAULT }
    }
}

/// Why a page cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The counter is so slow that the arithmetic of the trampolines would not hold.
    CntfrqTooLow {
        /// What was asked for, in Hz.
        cntfrq: u32,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::CntfrqTooLow { cntfrq } => {
                write!(
                    f,
                    "a counter of {cntfrq} Hz is too slow for the vDSO page, which needs {CNTFRQ_MIN} Hz"
                )
            }
        }
    }
}

impl core::error::Error for BuildError {}

/// A built page, its vvar all zero: not seeded, no attention.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// The page.
    pub bytes: [u8; PAGE_SIZE],
    layout: Layout,
}

impl Image {
    /// Where everything is in it.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// Builds the page of a revision for a counter frequency.
///
/// # Errors
/// If the frequency is below [`CNTFRQ_MIN`].
pub fn build(params: &Params) -> Result<Image, BuildError> {
    let mult = multiplier(params.cntfrq).ok_or(BuildError::CntfrqTooLow { cntfrq: params.cntfrq })?;
    let layout = Layout::new(params.revision, mult);
    Ok(Image { bytes: page(&layout), layout })
}

/// The multiplier that a page of this revision has in `clock_gettime`; anything if it is not such a page.
pub(crate) fn read_mult(page: &[u8; PAGE_SIZE], revision: Revision) -> u32 {
    let layout = Layout::new(revision, 0);
    let symbol = code::Symbol::Served(crate::Function::ClockGettime);
    let mut at = usize::from(layout.function(crate::Function::ClockGettime).offset);
    let mut mult = 0;
    for insn in code::parts(revision, symbol).iter().copied().flatten() {
        let word = u32::from_le_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]]);
        match insn.mark {
            Mark::MulLow => mult |= code::imm16(word),
            Mark::MulHigh => mult |= code::imm16(word) << 16,
            _ => {}
        }
        at += 4;
    }
    mult
}

/// Page offset of the ABI note, of the program headers of `seqlock`.
const BEHIND_EHDR: u16 = 0x40;
const NOTE_SIZE: u16 = 0x20;
const STRTAB_SIZE: u16 = 0x77;
const SYMTAB_SIZE: u16 = 6 * 24;
const HASH_SIZE: u16 = 9 * 4;
const VERSYM_SIZE: u16 = 6 * 2;
const VERDEF_SIZE: u16 = 0x1C;
const DYNAMIC_SIZE: u16 = 9 * 16;
const SECTIONS: u16 = 8;

/// The version that the symbols carry, and its System V hash.
const VERSION: &str = "LINUX_2.6.39";
const VERSION_HASH: u32 = 0x075F_CB89;

/// Page offsets of the tables.
struct Tables {
    strtab: u16,
    symtab: u16,
    hash: u16,
    versym: u16,
    verdef: u16,
    dynamic: u16,
    sections: u16,
    segments: u16,
}

impl Tables {
    fn of(layout: &Layout) -> Tables {
        let align8 = |offset: u16| (offset + 7) & !7;
        let strtab = layout.text_end;
        let symtab = align8(strtab + STRTAB_SIZE);
        let hash = symtab + SYMTAB_SIZE;
        let versym = hash + HASH_SIZE;
        let verdef = versym + VERSYM_SIZE;
        let dynamic = align8(verdef + VERDEF_SIZE);
        let sections = dynamic + DYNAMIC_SIZE;
        let segments = match layout.revision {
            Revision::Seqlock => BEHIND_EHDR,
            Revision::AbiNote | Revision::Carry => sections + SECTIONS * 64,
        };
        Tables { strtab, symtab, hash, versym, verdef, dynamic, sections, segments }
    }
}

/// Little-endian values one after the other.
struct Cursor<'a> {
    page: &'a mut [u8; PAGE_SIZE],
    at: usize,
}

impl Cursor<'_> {
    fn seek(&mut self, offset: u16) -> &mut Self {
        self.at = usize::from(offset);
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.page[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    fn u16s(&mut self, values: &[u16]) -> &mut Self {
        values.iter().fold(self, |cursor, value| cursor.bytes(&value.to_le_bytes()))
    }

    fn u32s(&mut self, values: &[u32]) -> &mut Self {
        values.iter().fold(self, |cursor, value| cursor.bytes(&value.to_le_bytes()))
    }

    fn u64s(&mut self, values: &[u64]) -> &mut Self {
        values.iter().fold(self, |cursor, value| cursor.bytes(&value.to_le_bytes()))
    }
}

/// The bytes of the page that a layout describes.
pub(crate) fn page(layout: &Layout) -> [u8; PAGE_SIZE] {
    let mut page = [0; PAGE_SIZE];
    let tables = Tables::of(layout);
    let out = &mut Cursor { page: &mut page, at: 0 };
    header(out, layout, &tables);
    if layout.revision != Revision::Seqlock {
        // NT_GNU_ABI_TAG: Linux, 2.6.39, as the symbol version says.
        out.seek(BEHIND_EHDR).u32s(&[4, 16, 1]).bytes(b"GNU\0").u32s(&[0, 2, 6, 39]);
    }
    out.seek(TEXT);
    for (_, word, _) in layout.listing() {
        out.u32s(&[word]);
    }
    symbols(out, layout, &tables);
    dynamic(out, &tables);
    sections(out, layout, &tables);
    segments(out, layout, &tables);
    page
}

fn header(out: &mut Cursor<'_>, layout: &Layout, tables: &Tables) {
    let phnum = if layout.revision == Revision::Seqlock { 2 } else { 3 };
    // 64-bit, little-endian, version 1, System V.
    out.seek(0).bytes(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // ET_DYN, EM_AARCH64, version 1.
    out.u16s(&[3, 183]).u32s(&[1]);
    out.u64s(&[TEXT.into(), tables.segments.into(), tables.sections.into()]);
    out.u32s(&[0]).u16s(&[64, 56, phnum, 64, SECTIONS, 2]);
}

fn symbols(out: &mut Cursor<'_>, layout: &Layout, tables: &Tables) {
    out.seek(tables.strtab).bytes(b"\0");
    for function in layout.functions() {
        out.bytes(function.symbol.as_bytes()).bytes(b"\0");
    }
    out.bytes(VERSION.as_bytes());

    out.seek(tables.symtab + 24);
    let mut name = 1;
    for function in layout.functions() {
        // GLOBAL FUNC in section 1.
        out.u32s(&[name]).bytes(&[0x12, 0]).u16s(&[1]);
        out.u64s(&[function.offset.into(), function.size.into()]);
        name += u32::try_from(function.symbol.len()).expect("symbol names are short") + 1;
    }

    // One bucket, whose chain is all symbols in order.
    out.seek(tables.hash).u32s(&[1, 6, 1, 0, 2, 3, 4, 5, 0]);
    out.seek(tables.versym).u16s(&[0, 2, 2, 2, 2, 2]);
    // Version 1, no flags, index 2, one name, its hash, the name 0x14 bytes on, no next record.
    out.seek(tables.verdef).u16s(&[1, 0, 2, 1]).u32s(&[VERSION_HASH, 0x14, 0, name, 0]);
}

fn dynamic(out: &mut Cursor<'_>, tables: &Tables) {
    let entries: [(u64, u16); 9] = [
        (4, tables.hash),
        (6, tables.symtab),
        (5, tables.strtab),
        (10, STRTAB_SIZE),
        (11, 24),
        (0x6FFF_FFF0, tables.versym),
        (0x6FFF_FFFC, tables.verdef),
        (0x6FFF_FFFD, 1),
        (0, 0),
    ];
    out.seek(tables.dynamic);
    for (tag, value) in entries {
        out.u64s(&[tag, value.into()]);
    }
}

/// A section: type, flags, offset, size, link, info, alignment, size of an entry.
struct Section(u32, u64, u16, u16, u32, u32, u64, u64);

fn sections(out: &mut Cursor<'_>, layout: &Layout, tables: &Tables) {
    const ALLOC: u64 = 2;
    const EXEC: u64 = 4;
    let all = [
        Section(1, ALLOC | EXEC, TEXT, layout.text_end - TEXT, 0, 0, 4, 0),
        Section(3, ALLOC, tables.strtab, STRTAB_SIZE, 0, 0, 1, 0),
        Section(11, ALLOC, tables.symtab, SYMTAB_SIZE, 2, 1, 8, 24),
        Section(5, ALLOC, tables.hash, HASH_SIZE, 3, 0, 4, 4),
        Section(6, ALLOC, tables.dynamic, DYNAMIC_SIZE, 2, 0, 8, 16),
        Section(0x6FFF_FFFF, ALLOC, tables.versym, VERSYM_SIZE, 3, 0, 2, 2),
        Section(0x6FFF_FFFD, ALLOC, tables.verdef, VERDEF_SIZE, 2, 1, 4, 0),
    ];
    out.seek(tables.sections + 64);
    for Section(kind, flags, offset, size, link, info, align, entry) in all {
        out.u32s(&[0, kind]).u64s(&[flags, offset.into(), offset.into(), size.into()]);
        out.u32s(&[link, info]).u64s(&[align, entry]);
    }
}

fn segments(out: &mut Cursor<'_>, layout: &Layout, tables: &Tables) {
    const READ: u32 = 4;
    const EXEC: u32 = 1;
    out.seek(tables.segments);
    let mut segment = |kind: u32, flags: u32, offset: u16, size: u64, align: u64| {
        let at = u64::from(offset);
        out.u32s(&[kind, flags]).u64s(&[at, at, at, size, size, align]);
    };
    segment(1, READ | EXEC, 0, PAGE_SIZE as u64, PAGE_SIZE as u64);
    segment(2, READ, tables.dynamic, DYNAMIC_SIZE.into(), 8);
    if layout.revision != Revision::Seqlock {
        segment(4, READ, BEHIND_EHDR, NOTE_SIZE.into(), 4);
    }
}
