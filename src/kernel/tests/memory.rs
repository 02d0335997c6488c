//! mmap and its kin, the program break.

use super::{DATA, Guest, NOWHERE, e};
use cpu::FaultKind;
use traces::event::Backing;

const RW: u64 = 3;
const PRIVATE_ANON: u64 = 0x22;
const FIXED: u64 = 0x10;
const NO_FD: u64 = u64::MAX;

fn map(g: &mut Guest, len: u64) -> u64 {
    let at = g.call(222, &[0, len, RW, PRIVATE_ANON, NO_FD, 0]);
    assert!(at > 0, "mmap answers {at}");
    at.cast_unsigned()
}

#[test]
fn mmap_checks_its_arguments_like_linux() {
    let mut g = Guest::new();
    let fd = g.file("f", b"x");
    let null = g.text("/dev/null");
    let null = g.call(56, &[super::FDCWD, null, 2]).cast_unsigned();
    for (args, want) in [
        ([0, 0, RW, PRIVATE_ANON, NO_FD, 0], e::INVAL),
        ([0, 4096, RW, PRIVATE_ANON, NO_FD, 1], e::INVAL),
        ([0, 4096, RW, 0x20, NO_FD, 0], e::INVAL),
        ([0, 4096, RW, 2, NO_FD, 0], e::BADF),
        ([0, 0, RW, 2, 77, 0], e::BADF),
        ([0, 4096, RW, 2, null, 0], -19),
        ([0, u64::MAX, RW, PRIVATE_ANON, NO_FD, 0], e::NOMEM),
        ([0, 1 << 40, RW, PRIVATE_ANON, NO_FD, 0], e::NOMEM),
        ([0x1000, 4096, RW, PRIVATE_ANON | FIXED, NO_FD, 0], e::PERM),
        ([0x5000_0001, 4096, RW, PRIVATE_ANON | FIXED, NO_FD, 0], e::INVAL),
        ([1 << 36, 4096, RW, PRIVATE_ANON | FIXED, NO_FD, 0], e::NOMEM),
        ([u64::MAX - 4095, 8192, RW, PRIVATE_ANON | FIXED, NO_FD, 0], e::NOMEM),
        ([DATA, 4096, RW, PRIVATE_ANON | 0x10_0000, NO_FD, 0], e::EXIST),
        ([0, 4096, RW, 2, fd, u64::MAX - 4095], -75),
    ] {
        assert_eq!(g.call(222, &args), want, "{args:x?}");
    }
    // A hint is taken if it is free, and raised above the lowest address.
    assert_eq!(g.call(222, &[0x5000_0000, 4096, RW, PRIVATE_ANON, NO_FD, 0]), 0x5000_0000);
    assert_ne!(g.call(222, &[DATA, 4096, RW, PRIVATE_ANON, NO_FD, 0]).cast_unsigned(), DATA);
    assert_eq!(g.call(222, &[0x10, 4096, RW, PRIVATE_ANON, NO_FD, 0]), 0x8000);
}

#[test]
fn fixed_mappings_replace_and_unmapped_pages_fault() {
    let mut g = Guest::new();
    let at = map(&mut g, 0x4000);
    g.poke(at + 0x1000, b"old");
    assert_eq!(
        g.call(222, &[at + 0x1000, 0x1000, RW, PRIVATE_ANON | FIXED, NO_FD, 0]).cast_unsigned(),
        at + 0x1000
    );
    assert_eq!(g.read(at + 0x1000, 3), [0; 3]);
    assert_eq!(g.call(215, &[at + 0x1000, 0x1000]), 0);
    assert!(g.space.read(at + 0x1000, &mut [0]).is_err());
    for (args, want) in [([at, 0], e::INVAL), ([at + 1, 4096], e::INVAL), ([u64::MAX - 4095, 8192], e::INVAL)]
    {
        assert_eq!(g.call(215, &args), want);
    }
    assert_eq!(g.call(226, &[at, 0x2000, 1]), e::NOMEM, "mprotect over a hole");
    assert_eq!(g.call(226, &[at, 0x1000, 0x0100_0000]), e::INVAL);
    assert_eq!(g.call(226, &[at, 0x1000, 1]), 0);
    assert!(g.space.write(at, &[1]).is_err());
    assert_eq!(g.call(226, &[at + 1, 0x1000, 1]), e::INVAL);
}

/// Why the guest cannot read there.
fn why_not(g: &Guest, at: u64) -> Option<FaultKind> {
    g.space.read(at, &mut [0]).err().map(|fault| fault.kind)
}

#[test]
fn pages_behind_the_end_of_a_file_come_and_go_with_it() {
    for flags in [1, 2] {
        let mut g = Guest::new();
        let fd = g.file("f", &[7; 10]);
        let at = g.call(222, &[0, 0x3000, RW, flags, fd, 0]).cast_unsigned();
        assert_eq!((g.read(at, 11)[10], why_not(&g, at + 0x1000)), (0, Some(FaultKind::External)));
        assert_eq!(g.call(64, &[fd, at + 0x1000, 1]), e::FAULT);
        assert_eq!(g.call(46, &[fd, 0x1001]), 0);
        assert_eq!((why_not(&g, at + 0x1fff), why_not(&g, at + 0x2000)), (None, Some(FaultKind::External)));
        g.poke(at + 0x1000, b"x");
        assert_eq!(g.call(46, &[fd, 0x1000]), 0);
        assert_eq!(why_not(&g, at + 0x1000), Some(FaultKind::External));
        // Rights come first, and come back.
        assert_eq!(g.call(226, &[at, 0x3000, 0]), 0);
        assert_eq!(why_not(&g, at + 0x1000), Some(FaultKind::Permission));
        assert_eq!(g.call(226, &[at, 0x3000, RW]), 0);
        assert_eq!(why_not(&g, at + 0x1000), Some(FaultKind::External));
        // By a path, too; what was stored behind the end is gone.
        let path = g.text("/f");
        assert_eq!(g.call(45, &[path, 0x2000]), 0);
        assert_eq!((g.read(at + 0x1000, 1), why_not(&g, at + 0x2000)), (vec![0], Some(FaultKind::External)));
        assert_eq!(g.call(216, &[at, 0x3000, 0x3000, 3, 0x6000_0000]), 0x6000_0000);
        assert_eq!(why_not(&g, 0x6000_2000), Some(FaultKind::External));
        assert_eq!(g.call(46, &[fd, 0x3000]), 0);
        assert_eq!(g.read(0x6000_2000, 1), [0]);
        let anywhere = g.call(222, &[0x6000_2000, 0x1000, RW, PRIVATE_ANON | FIXED, NO_FD, 0]);
        assert_eq!(g.read(anywhere.cast_unsigned(), 1), [0]);
    }
}

#[test]
fn a_private_mapping_follows_its_file_in_pages_that_were_not_changed() {
    let mut g = Guest::new();
    let fd = g.file("f", &[7; 0x3000]);
    let own = g.call(222, &[0, 0x2000, RW, 2, fd, 0x1000]).cast_unsigned();
    let shared = g.call(222, &[0, 0x3000, RW, 1, fd, 0]).cast_unsigned();
    g.poke(own, b"own");
    let new = g.bytes(b"new");
    assert_eq!(g.call(68, &[fd, new, 3, 0x1010]), 3);
    assert_eq!(g.call(68, &[fd, new, 3, 0x2010]), 3);
    assert_eq!((g.read(own + 0x10, 3), g.read(own + 0x1010, 3)), (vec![7; 3], b"new".to_vec()));
    g.poke(shared + 0x2100, b"stored");
    g.call(172, &[]);
    assert_eq!(g.read(own + 0x1100, 6), b"stored");
    assert_eq!(g.call(233, &[own, 0x1000, 4]), 0);
    assert_eq!((g.read(own, 3), g.read(own + 0x10, 3)), (vec![7; 3], b"new".to_vec()));
    g.poke(own, b"own");
    assert_eq!(g.call(215, &[own + 0x1000, 0x1000]), 0);
    assert_eq!(g.call(68, &[fd, new, 3, 0x1000]), 3);
    assert_eq!(g.read(own, 3), b"own");
    assert_eq!(std::fs::read(g.root().join("f")).unwrap()[0x1000..0x1003], *b"new");
}

#[test]
fn a_private_file_mapping_has_the_files_bytes_and_zeros_behind() {
    let mut g = Guest::new();
    let contents: Vec<u8> = (0..5000u32).map(|n| (n % 251 + 1).to_le_bytes()[0]).collect();
    let fd = g.file("f", &contents);
    let at = g.call(222, &[0, 0x3000, RW, 2, fd, 0]).cast_unsigned();
    assert_eq!(g.read(at, 5000), contents);
    assert_eq!(g.read(at + 5000, 0x2000 - 5000), vec![0; 0x2000 - 5000]);
    assert_eq!(why_not(&g, at + 0x2000), Some(FaultKind::External));
    let second = g.call(222, &[0, 0x1000, 1, 2, fd, 0x1000]).cast_unsigned();
    assert_eq!(g.read(second, 904), contents[4096..]);
    g.poke(at, b"zz");
    assert_eq!(g.call(227, &[at, 0x1000, 4]), 0);
    assert_eq!(std::fs::read(g.root().join("f")).unwrap(), contents, "a private store reached the file");
}

#[test]
fn shared_mappings_and_files_follow_each_other_through_the_log() {
    let mut g = Guest::new();
    let fd = g.file("f", &[7; 6000]);
    let at = g.call(222, &[0, 0x2000, RW, 1, fd, 0]).cast_unsigned();
    let other = g.call(222, &[0, 0x1000, 1, 1, fd, 0x1000]).cast_unsigned();
    g.poke(at + 4096, b"stored");
    g.poke(at + 7000, b"behind the end");
    assert_eq!(g.read(other, 6), b"stored", "the other mapping of the page");
    assert_eq!(g.call(172, &[]), 1); // any call writes back
    let file = std::fs::read(g.root().join("f")).unwrap();
    assert_eq!((file.len(), &file[4096..4102]), (6000, &b"stored"[..]));
    // What a call changes in the file shows in memory, and was reported (checked in `call`).
    let text = g.bytes(b"WRITTEN");
    assert_eq!(g.call(68, &[fd, text, 7, 100]), 7);
    assert_eq!(g.read(at + 100, 7), b"WRITTEN");
    assert_eq!(g.call(46, &[fd, 4096]), 0);
    assert_eq!(why_not(&g, at + 4096), Some(FaultKind::External));
    assert_eq!(why_not(&g, other), Some(FaultKind::External));
    // The rest of a mapping of which a part is gone still follows.
    assert_eq!(g.call(46, &[fd, 0x2000]), 0);
    assert_eq!(g.call(215, &[at, 0x1000]), 0);
    assert_eq!(g.read(at + 0x1000, 8), [0; 8]);
    g.poke(at + 0x1000, b"second page");
    assert_eq!(g.call(57, &[fd]), 0);
    let file = std::fs::read(g.root().join("f")).unwrap();
    assert_eq!(&file[4096..4107], b"second page");
}

#[test]
fn a_shared_mapping_that_moves_still_reaches_its_file() {
    let mut g = Guest::new();
    let fd = g.file("f", &[1; 0x3000]);
    let at = g.call(222, &[0, 0x3000, RW, 1, fd, 0]).cast_unsigned();
    let to = 0x6000_0000;
    assert_eq!(g.call(216, &[at + 0x1000, 0x1000, 0x1000, 3, to]).cast_unsigned(), to);
    g.poke(to, b"moved");
    g.poke(at + 0x2000, b"stayed");
    g.call(172, &[]);
    let file = std::fs::read(g.root().join("f")).unwrap();
    assert_eq!((&file[0x1000..0x1005], &file[0x2000..0x2006]), (&b"moved"[..], &b"stayed"[..]));
    // What it shows when it grows is mapped elsewhere, too.
    assert_eq!(g.call(216, &[to, 0x1000, 0x2000, 0]).cast_unsigned(), to);
    assert_eq!((g.read(to, 5), g.read(to + 0x1000, 6)), (b"moved".to_vec(), b"stayed".to_vec()));
    g.poke(to + 0x1000, b"S");
    assert_eq!(g.read(at + 0x2000, 6), b"Stayed");
    let further = g.call(216, &[to, 0x2000, 0x3000, 3, 0x7000_0000]).cast_unsigned();
    assert_eq!(
        (g.read(further + 0x1000, 6), why_not(&g, further + 0x2000)),
        (b"Stayed".to_vec(), Some(FaultKind::External))
    );
    let maps = g.space.regions().within(&(further..further + 0x3000));
    assert!(
        matches!(&maps[..], [region] if matches!(region.backing, Backing::File { offset: 0x1000, .. })),
        "{maps:?}"
    );
}

#[test]
fn rights_of_the_descriptor_limit_a_shared_mapping() {
    let mut g = Guest::new();
    std::fs::write(g.root().join("f"), "x").unwrap();
    let path = g.text("/f");
    let reader = g.call(56, &[super::FDCWD, path, 0]).cast_unsigned();
    let writer = g.call(56, &[super::FDCWD, path, 1]).cast_unsigned();
    assert_eq!(g.call(222, &[0, 4096, RW, 1, reader, 0]), e::ACCES);
    assert_eq!(g.call(222, &[0, 4096, 1, 2, writer, 0]), e::ACCES);
    let at = g.call(222, &[0, 4096, 1, 1, reader, 0]).cast_unsigned();
    assert_eq!(g.call(226, &[at, 4096, RW]), e::ACCES);
    assert_eq!(g.call(226, &[at, 4096, 0]), 0);
    // Read and write may come later if the descriptor allows it.
    let both = g.open("/f");
    let at = g.call(222, &[0, 4096, 1, 1, both, 0]).cast_unsigned();
    assert_eq!(g.call(226, &[at, 4096, RW]), 0);
    g.poke(at, b"y");
    g.call(172, &[]);
    assert_eq!(std::fs::read(g.root().join("f")).unwrap(), b"y");
}

#[test]
fn mremap_grows_in_place_moves_and_shrinks() {
    let mut g = Guest::new();
    let at = map(&mut g, 0x2000);
    g.poke(at + 0x1000, b"kept");
    assert_eq!(g.call(216, &[at, 0x2000, 0x3000, 0]).cast_unsigned(), at);
    let wall = g.call(222, &[at + 0x3000, 0x1000, 1, PRIVATE_ANON | FIXED, NO_FD, 0]).cast_unsigned();
    assert_eq!(g.call(216, &[at, 0x3000, 0x5000, 0]), e::NOMEM);
    let moved = g.call(216, &[at, 0x3000, 0x5000, 1]).cast_unsigned();
    assert_ne!(moved, at);
    assert_eq!(g.read(moved + 0x1000, 4), b"kept");
    assert!(g.space.read(at, &mut [0]).is_err() && g.space.read(wall, &mut [0]).is_ok());
    assert_eq!(g.call(216, &[moved, 0x5000, 0x1000, 0]).cast_unsigned(), moved);
    assert!(g.space.read(moved + 0x1000, &mut [0]).is_err());
    for (args, want) in [
        ([moved, 0x1000, 0, 1, 0], e::INVAL),
        ([moved + 1, 0x1000, 0x1000, 1, 0], e::INVAL),
        ([moved, 0x1000, 0x2000, 2, 0x6000_0000], e::INVAL),
        ([moved, 0x1000, 0x1000, 3, moved], e::INVAL),
        ([moved, 0x1000, 0x1000, 3, 0x1000], e::PERM),
        ([moved, 0x1000, u64::MAX, 1, 0], e::NOMEM),
        ([NOWHERE, 0x1000, 0x2000, 1, 0], e::FAULT),
    ] {
        assert_eq!(g.call(216, &args), want, "{args:x?}");
    }
    // What was at a fixed target is gone, also behind what moved in.
    let target = map(&mut g, 0x3000);
    g.poke(target + 0x2000, b"old");
    assert_eq!(g.call(216, &[moved, 0x1000, 0x3000, 3, target]).cast_unsigned(), target);
    assert_eq!(g.read(target + 0x2000, 3), [0; 3]);
}

#[test]
fn the_break_moves_within_its_room_and_answers_where_it_is() {
    let mut g = Guest::new();
    let start = g.call(214, &[0]).cast_unsigned();
    assert_eq!(start, g.k.layout.brk_base);
    assert_eq!(g.call(214, &[start + 0x1801]).cast_unsigned(), start + 0x1801);
    g.poke(start + 0x1fff, b"x");
    assert_eq!(g.call(214, &[start + 0x800]).cast_unsigned(), start + 0x800);
    assert_eq!(g.call(214, &[start + 0x2000]).cast_unsigned(), start + 0x2000);
    assert_eq!(g.read(start + 0x1fff, 1), [0], "a page that came back is clear");
    for refused in [start - 1, g.k.layout.stack_base + 1, u64::MAX, u64::MAX - 4096] {
        assert_eq!(g.call(214, &[refused]).cast_unsigned(), start + 0x2000, "{refused:x}");
    }
}

#[test]
fn advice_locks_and_residence() {
    let mut g = Guest::new();
    let at = map(&mut g, 0x2000);
    g.poke(at, b"gone");
    let fd = g.file("f", b"x");
    let file = g.call(222, &[0x6000_0000, 0x1000, RW, 2, fd, 0]).cast_unsigned();
    let vector = g.room(2);
    for (nr, args, want) in [
        (233, [at, 0x1000, 4], 0),
        (233, [at + 1, 0x1000, 4], e::INVAL),
        (233, [at, 0x1000, 99], e::INVAL),
        (233, [at, 0, 0], 0),
        (233, [NOWHERE, 0x1000, 4], e::NOMEM),
        (233, [at, 0x2000, 18], 0),
        (233, [at, 0x2000, 19], 0),
        (233, [file, 0x1000, 18], e::INVAL),
        (233, [file, 0x1000, 10], 0),
        (233, [file, 0x1000, 9], e::INVAL),
        (228, [at + 5, 10, 0], 0),
        (228, [NOWHERE, 10, 0], e::NOMEM),
        (228, [u64::MAX, 10, 0], e::INVAL),
        (232, [at, 0x2000, vector], 0),
        (232, [at, 0x2000, NOWHERE], e::FAULT),
        (232, [at, 0x3000, vector], e::NOMEM),
        (227, [at, 0x1000, 5], e::INVAL),
        (227, [NOWHERE, 0x1000, 4], e::NOMEM),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(g.read(at, 4), [0; 4]);
    assert_eq!(g.read(vector, 2), [1, 1]);
}
