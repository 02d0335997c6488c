//! What the loader needs of an ELF file, checked; the parsing is the `object` crate's.
//!
//! Used by `kernel::exec`. Every offset and size below comes from the file and is verified before use.

use super::regions::{Prot, page_up};
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, pod};
use thiserror::Error;

/// Why a file cannot be loaded: one sentence for people, without the path.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ElfError {
    /// No ELF magic.
    #[error("is not an ELF program (its first bytes are {0}); record an aarch64 Linux executable")]
    NotElf(String),
    /// The other word size.
    #[error("is a 32-bit ELF file; only 64-bit aarch64 programs can run")]
    Not64,
    /// The other byte order.
    #[error("is a big-endian ELF file; only little-endian aarch64 programs can run")]
    BigEndian,
    /// Another architecture.
    #[error("is built for {0}, not for aarch64; rebuild it for aarch64 Linux")]
    Machine(String),
    /// An object file, a core, and the like.
    #[error("is an ELF file of type {0}, not an executable")]
    Type(u16),
    /// It ends early.
    #[error("is cut short: {what} lies beyond the end of the file at {len} bytes")]
    Truncated {
        /// What was looked for.
        what: &'static str,
        /// Size of the file.
        len: usize,
    },
    /// Contradictory or absurd contents.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// One PT_LOAD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Address as linked.
    pub vaddr: u64,
    /// Offset of its bytes in the file.
    pub offset: usize,
    /// How many bytes the file has for it.
    pub file_size: usize,
    /// How many bytes it occupies; the rest is zero.
    pub mem_size: u64,
    /// Rights.
    pub prot: Prot,
}

/// A program as its headers describe it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Whether it may be loaded anywhere (ET_DYN).
    pub relocatable: bool,
    /// Entry point as linked.
    pub entry: u64,
    /// Address of the program headers as linked, if a segment covers them.
    pub phdr: Option<u64>,
    /// Number of program headers.
    pub phnum: u16,
    /// PT_INTERP.
    pub interp: Option<String>,
    /// The segments in address order.
    pub segments: Vec<Segment>,
}

impl Program {
    /// First page boundary behind the last segment, as linked.
    #[must_use]
    pub fn load_end(&self) -> u64 {
        self.segments.last().map_or(0, |s| s.vaddr + s.mem_size)
    }
}

/// Highest address that a segment may have, before the load base is added.
const ADDRESS_LIMIT: u64 = 1 << 36;

/// Reads the headers of a program.
///
/// # Errors
/// Says in what way the file is not a program for us.
pub fn parse(data: &[u8]) -> Result<Program, ElfError> {
    identify(data)?;
    let truncated = |what| ElfError::Truncated { what, len: data.len() };
    let header = FileHeader64::<Endianness>::parse(data).map_err(|_| truncated("its ELF header"))?;
    let endian = Endianness::Little;
    if header.e_machine(endian) != elf::EM_AARCH64 {
        return Err(ElfError::Machine(machine_name(header.e_machine(endian).0)));
    }
    let kind = header.e_type(endian);
    if kind != elf::ET_EXEC && kind != elf::ET_DYN {
        return Err(ElfError::Type(kind.0));
    }
    let headers = header.program_headers(endian, data).map_err(|_| truncated("the program header table"))?;
    let mut segments = Vec::new();
    let mut interp = None;
    for ph in headers {
        match ph.p_type(endian) {
            elf::PT_LOAD => segments.extend(segment(ph, data)?),
            elf::PT_INTERP => {
                let bytes = ph.data(endian, data).map_err(|()| truncated("the interpreter's name"))?;
                let name = bytes.split(|&b| b == 0).next().unwrap_or_default();
                let name = std::str::from_utf8(name)
                    .map_err(|_| ElfError::Damaged("the interpreter's name is not text"))?;
                interp = Some(name.to_owned());
            }
            _ => {}
        }
    }
    if segments.is_empty() {
        return Err(ElfError::Damaged("it has no segment to load"));
    }
    segments.sort_by_key(|s| s.vaddr);
    if segments.windows(2).any(|pair| pair[0].vaddr + pair[0].mem_size > pair[1].vaddr) {
        return Err(ElfError::Damaged("its segments overlap"));
    }
    let table_len = headers.len() as u64 * pod::bytes_of(&headers[0]).len() as u64;
    let phdr = header_address(&segments, header.e_phoff(endian), table_len);
    Ok(Program {
        relocatable: kind == elf::ET_DYN,
        entry: header.e_entry(endian),
        phdr,
        phnum: header.e_phnum(endian),
        interp,
        segments,
    })
}

fn identify(data: &[u8]) -> Result<(), ElfError> {
    if data.len() < 4 || data[..4] != elf::ELFMAG {
        let shown: Vec<String> = data.iter().take(4).map(|b| format!("{b:02x}")).collect();
        let shown = if shown.is_empty() { "none: it is empty".to_owned() } else { shown.join(" ") };
        return Err(ElfError::NotElf(shown));
    }
    match data.get(4..6) {
        None => Err(ElfError::Truncated { what: "its ELF header", len: data.len() }),
        Some([1, _]) => Err(ElfError::Not64),
        Some([2, 1]) => Ok(()),
        Some([2, 2]) => Err(ElfError::BigEndian),
        Some(_) => Err(ElfError::Damaged("its class or byte order is not one that ELF defines")),
    }
}

fn segment(ph: &elf::ProgramHeader64<Endianness>, data: &[u8]) -> Result<Option<Segment>, ElfError> {
    let endian = Endianness::Little;
    let (vaddr, mem_size) = (ph.p_vaddr(endian), ph.p_memsz(endian));
    if mem_size == 0 {
        return Ok(None);
    }
    let bytes =
        ph.data(endian, data).map_err(|()| ElfError::Truncated { what: "a segment", len: data.len() })?;
    if bytes.len() as u64 > mem_size {
        return Err(ElfError::Damaged("a segment is larger in the file than in memory"));
    }
    let end = vaddr.checked_add(mem_size).and_then(page_up);
    if end.is_none_or(|end| end > ADDRESS_LIMIT) {
        return Err(ElfError::Damaged("a segment lies beyond the guest's address space"));
    }
    let flags = ph.p_flags(endian);
    let mut prot = 0;
    for (flag, bit) in [(elf::PF_R, Prot::READ), (elf::PF_W, Prot::WRITE), (elf::PF_X, Prot::EXEC)] {
        if flags.contains(flag) {
            prot |= bit;
        }
    }
    let offset = usize::try_from(ph.p_offset(endian))
        .map_err(|_| ElfError::Truncated { what: "a segment", len: data.len() })?;
    Ok(Some(Segment { vaddr, offset, file_size: bytes.len(), mem_size, prot: Prot(prot) }))
}

fn header_address(segments: &[Segment], offset: u64, len: u64) -> Option<u64> {
    let end = offset.checked_add(len)?;
    segments.iter().find_map(|s| {
        let start = s.offset as u64;
        (start <= offset && end <= start + s.file_size as u64).then(|| s.vaddr + (offset - start))
    })
}

fn machine_name(machine: u16) -> String {
    match elf::Machine(machine) {
        elf::EM_X86_64 => "x86-64".to_owned(),
        elf::EM_386 => "32-bit x86".to_owned(),
        elf::EM_ARM => "32-bit Arm".to_owned(),
        elf::EM_RISCV => "RISC-V".to_owned(),
        _ => format!("machine number {machine}"),
    }
}
