//! Names for addresses: from the vDSO page in guest memory and from the program files, where they still exist.
//!
//! A file is used only if what the guest has mapped of it is what the file holds.

use crate::guest::Space;
use object::{Object, ObjectSegment, ObjectSymbol, SymbolKind};
use std::collections::BTreeMap;
use traces::GuestAddr;
use traces::event::Backing;

/// A function or object.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Symbol {
    name: String,
    size: u64,
}

/// Symbols by address.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    by_address: BTreeMap<u64, Symbol>,
}

impl Symbols {
    /// Collects what can be known of the programs mapped in `space`, from their files and from `known` programs
    /// that have none.
    #[must_use]
    pub fn collect(space: &Space, known: &[&[u8]]) -> Symbols {
        let mut symbols = Symbols::default();
        let mut seen = Vec::new();
        let regions: Vec<_> = space.regions().iter().cloned().collect();
        for region in regions {
            match &region.backing {
                Backing::Named(name) if name == "[vdso]" => {
                    let mut page = vec![0; 4096];
                    if space.read_available(region.start, &mut page) == page.len() {
                        symbols.add(&page, region.start);
                    }
                }
                Backing::File { path, offset: 0, .. } if !seen.contains(path) => {
                    seen.push(path.clone());
                    let file = std::fs::read(path).ok();
                    for program in file.as_deref().into_iter().chain(known.iter().copied()) {
                        symbols.add_mapped(program, region.start, space);
                    }
                }
                _ => {}
            }
        }
        symbols
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

    /// The address of a symbol.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<GuestAddr> {
        self.by_address.iter().find(|(_, s)| s.name == name).map(|(&at, _)| GuestAddr(at))
    }

    /// Adds the symbols of a file whose first segment is mapped at `start`, if the contents agree.
    fn add_mapped(&mut self, file: &[u8], start: u64, space: &Space) {
        let Ok(elf) = object::File::parse(file) else { return };
        let Some(first) = elf.segments().next() else { return };
        let Ok(data) = first.data() else { return };
        let mut there = vec![0; data.len().min(4096)];
        let got = space.read_available(start + first.address() % 4096, &mut there);
        if got == there.len() && there == data[..got] {
            self.add(file, start.wrapping_sub(first.address() & !4095));
        }
    }

    fn add(&mut self, file: &[u8], bias: u64) {
        let Ok(elf) = object::File::parse(file) else { return };
        for symbol in elf.symbols().chain(elf.dynamic_symbols()) {
            let useful = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data);
            let (Ok(name), true, false) = (symbol.name(), useful, symbol.is_undefined()) else { continue };
            if !name.is_empty() && !name.starts_with('$') {
                let at = symbol.address().wrapping_add(bias);
                let entry = Symbol { name: name.to_owned(), size: symbol.size() };
                self.by_address.entry(at).or_insert(entry);
            }
        }
    }
}
