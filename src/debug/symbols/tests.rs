//! Names from the demo guest's own file, and from files that are damaged.

use super::*;
use crate::guest::{MemoryMode, Prot};

const DEMO: &[u8] = include_bytes!("../../cli/demo/demo.elf");
const BASE: u64 = 0x40_0000;

fn mapped(path: &str, content: &[u8]) -> Space {
    let space = Space::with_size(1 << 36, MemoryMode::Checked).unwrap();
    let backing = Backing::File { path: path.to_owned(), offset: 0, shared: false };
    space.map(BASE..BASE + 0x1000, Prot::RX, backing).unwrap();
    space.write_forced(BASE, &content[..content.len().min(4096)]).unwrap();
    space
}

fn entry() -> u64 {
    u64::from_le_bytes(DEMO[24..32].try_into().unwrap())
}

#[test]
fn a_file_names_addresses_where_the_guest_has_mapped_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo");
    std::fs::write(&file, DEMO).unwrap();
    let path = file.to_str().unwrap();
    let mut symbols = Symbols::default();
    symbols.refresh(&mapped(path, DEMO));
    assert_eq!(symbols.name(GuestAddr(entry())).as_deref(), Some("_start"));
    assert_eq!(symbols.name(GuestAddr(entry() + 4)).as_deref(), Some("_start+0x4"));
    assert_eq!(symbols.name(GuestAddr(0)), None);
    assert_eq!(symbols.name(GuestAddr(u64::MAX)), None);
    // Another program of that name: the guest ran something else.
    let mut other = DEMO.to_vec();
    other[100] ^= 1;
    symbols.refresh(&mapped(path, &other));
    assert_eq!(
        symbols.name(GuestAddr(entry())).as_deref(),
        Some("_start"),
        "the map is the same, so is the answer"
    );
    let mut symbols = Symbols::default();
    symbols.refresh(&mapped(path, &other));
    assert_eq!(symbols.name(GuestAddr(entry())), None);
    // It is mapped no more.
    let mut symbols = Symbols::default();
    let space = mapped(path, DEMO);
    symbols.refresh(&space);
    space.clear().unwrap();
    symbols.refresh(&space);
    assert_eq!(symbols.name(GuestAddr(entry())), None);
}

#[test]
fn an_offered_program_stands_in_for_a_file_that_is_gone() {
    let mut symbols = Symbols::default();
    let space = mapped("/nowhere/demo", DEMO);
    symbols.refresh(&space);
    assert_eq!(symbols.name(GuestAddr(entry())), None);
    symbols.offer(DEMO);
    symbols.refresh(&space);
    assert_eq!(symbols.name(GuestAddr(entry())).as_deref(), Some("_start"));
}

#[test]
fn paths_out_of_a_trace_are_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for path in [fifo.to_str().unwrap(), "/dev/zero", "/dev/stdin", "/", "", "a\0b", "/proc/self/mem"] {
        let mut symbols = Symbols::default();
        symbols.refresh(&mapped(path, DEMO));
        assert_eq!(symbols.name(GuestAddr(entry())), None, "{path:?}");
    }
}

#[test]
fn damaged_files_give_fewer_names_and_nothing_worse() {
    for len in (0..DEMO.len()).step_by(97) {
        let _ = Program::parse(&DEMO[..len]);
    }
    for at in 0..DEMO.len().min(20_000) {
        for flip in [0xFF, 0x80, 1] {
            let mut file = DEMO.to_vec();
            file[at] ^= flip;
            let Some(program) = Program::parse(&file) else { continue };
            let mut names = BTreeMap::new();
            put(&mut names, &program, u64::MAX - 5);
            assert!(program.symbols.values().all(|s| !s.name.contains(char::is_control)));
        }
    }
}
