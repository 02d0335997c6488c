//! Names for addresses: from the vDSO page in guest memory and from the program files, where they still exist.
//!
//! Used by `replay::Session`. A file is used only if it begins with the bytes that the guest has mapped of it.
//! The path comes out of a trace, so that it can be any: only plain files of a bounded size are read.

use crate::guest::{Region, Space};
use object::{Object, ObjectSegment, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use traces::GuestAddr;
use traces::event::Backing;

/// Larger files are not read for their symbols.
const LARGEST: u64 = 256 << 20;
/// As much of a mapping as is compared with its file.
const COMPARED: usize = 4096;

/// A function or object.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Symbol {
    name: String,
    size: u64,
}

/// What a program file says, with addresses as in the file.
#[derive(Debug)]
struct Program {
    /// Where its first segment wants to be, and the first bytes of that.
    first: (u64, Vec<u8>),
    symbols: BTreeMap<u64, Symbol>,
}

/// Symbols by address.
#[derive(Debug, Default)]
pub struct Symbols {
    by_address: BTreeMap<u64, Symbol>,
    programs: HashMap<String, Option<Program>>,
    offered: Vec<Program>,
    map: Option<u64>,
}

impl Symbols {
    /// Offers a program file for guests whose own file is gone.
    pub fn offer(&mut self, file: &[u8]) {
        self.offered.extend(Program::parse(file));
        self.map = None;
    }

    /// Collects what can be known of the programs mapped in `space`, if other ones are mapped than last time.
    pub fn refresh(&mut self, space: &Space) {
        let regions: Vec<Region> = {
            let all = space.regions();
            let programs = all.iter().filter(|region| begins_program(region, space));
            programs.cloned().collect()
        };
        let mut hasher = DefaultHasher::new();
        for region in &regions {
            (region.start, region.end, source(region)).hash(&mut hasher);
        }
        let map = Some(hasher.finish());
        if self.map == map {
            return;
        }
        self.map = map;
        self.by_address.clear();
        for region in regions {
            self.add(&region, space);
        }
    }

    fn add(&mut self, region: &Region, space: &Space) {
        let mut there = vec![0; COMPARED];
        let got = space.read_available(region.start, &mut there);
        there.truncate(got);
        if matches!(&region.backing, Backing::Named(_)) {
            if let Some(page) = Program::parse(&there) {
                put(&mut self.by_address, &page, region.start);
            }
            return;
        }
        let path = source(region);
        let own = self.programs.entry(path.to_owned()).or_insert_with(|| read(path));
        let fits = own.iter().chain(&self.offered).find(|program| program.begins_like(&there));
        if let Some(program) = fits {
            let bias = region.start.wrapping_sub(program.first.0 & !4095);
            put(&mut self.by_address, program, bias);
        }
    }

    /// `name` or `name+0x10` for an address inside a symbol.
    #[must_use]
    pub fn name(&self, at: GuestAddr) -> Option<String> {
        let (start, symbol) = self.by_address.range(..=at.0).next_back()?;
        let offset = at.0 - start;
        if offset >= symbol.size.max(1) {
            return None;
        }
        Some(if offset == 0 { symbol.name.clone() } else { format!("{}+{offset:#x}", symbol.name) })
    }
}

/// Whether the beginning of a program file is mapped there.
fn begins_program(region: &Region, space: &Space) -> bool {
    let named = match &region.backing {
        Backing::Named(name) => name == "[vdso]",
        Backing::File { .. } => true,
        Backing::Anonymous => false,
    };
    let mut magic = [0; 4];
    named && space.read_available(region.start, &mut magic) == magic.len() && magic == *b"\x7fELF"
}

fn source(region: &Region) -> &str {
    match &region.backing {
        Backing::File { path, .. } => path,
        Backing::Named(name) => name,
        Backing::Anonymous => "",
    }
}

fn put(all: &mut BTreeMap<u64, Symbol>, program: &Program, bias: u64) {
    for (address, symbol) in &program.symbols {
        all.entry(address.wrapping_add(bias)).or_insert_with(|| symbol.clone());
    }
}

/// The program in a file; none if it is no plain file, too large, or no program.
fn read(path: &str) -> Option<Program> {
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > LARGEST {
        return None;
    }
    Program::parse(&std::fs::read(path).ok()?)
}

impl Program {
    fn parse(file: &[u8]) -> Option<Program> {
        let elf = object::File::parse(file).ok()?;
        let first = elf.segments().next()?;
        let start = first.data().ok()?;
        let start = start[..start.len().min(COMPARED)].to_vec();
        let mut symbols = BTreeMap::new();
        for symbol in elf.symbols().chain(elf.dynamic_symbols()) {
            let useful = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data);
            let (Ok(name), true, false) = (symbol.name(), useful, symbol.is_undefined()) else { continue };
            if !name.is_empty() && !name.starts_with('$') {
                let name = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
                symbols.entry(symbol.address()).or_insert(Symbol { name, size: symbol.size() });
            }
        }
        Some(Program { first: (first.address(), start), symbols })
    }

    /// Whether a mapping that begins so can be of this file. Its first segment begins with the file's header.
    fn begins_like(&self, mapped: &[u8]) -> bool {
        let len = self.first.1.len().min(mapped.len());
        len >= 64 && self.first.1[..len] == mapped[..len]
    }
}

#[cfg(test)]
mod tests;
