//! The table against the headers of arm64 Linux and against itself.

use super::capture::{self, Captured};
use super::select::TraceSet;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Where Debian keeps the headers for arm64; the comparison with them needs the package.
const HEADER: &str = "/usr/aarch64-linux-gnu/include/asm-generic/unistd.h";

/// Number and name of every call, taken from asm-generic/unistd.h of Linux 6.18 without those that arm64 lacks.
const NUMBERS: &str = include_str!("numbers.txt");

fn committed() -> BTreeMap<u32, &'static str> {
    NUMBERS
        .lines()
        .map(|line| line.split_once(' ').expect("a line is a number and a name"))
        .map(|(nr, name)| (nr.parse().expect("a number"), name))
        .collect()
}

#[test]
fn the_table_has_exactly_the_committed_calls() {
    let ours: BTreeMap<u32, &str> = rows().map(|row| (row.nr, row.name)).collect();
    assert_eq!(ours, committed());
    assert!(ours.len() > 320, "{}", ours.len());
}

#[test]
fn the_numbers_are_those_of_the_installed_header() {
    let Ok(text) = std::fs::read_to_string(HEADER) else { return };
    let mut found = 0;
    for line in text.lines() {
        let Some((name, nr)) = line.strip_prefix("#define __NR").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let Ok(nr) = nr.trim().parse::<u32>() else { continue };
        let name = match name.trim_start_matches("3264").trim_start_matches('_') {
            "fstatat" => "newfstatat",
            // Another name for 84 on some machines, and what is no call.
            "sync_file_range2" | "arch_specific_syscall" | "syscalls" => continue,
            // The 64-bit times of 32-bit machines.
            _ if (403..=423).contains(&nr) => continue,
            name => name,
        };
        assert_eq!(row(nr).map(|row| row.name), Some(name), "number {nr}");
        found += 1;
    }
    assert!(found > 300, "only {found} numbers found in {HEADER}");
}

#[test]
fn rows_are_looked_up_by_number_and_name() {
    for one in rows() {
        assert!(std::ptr::eq(row(one.nr).expect("by number"), one));
        assert!(std::ptr::eq(by_name(one.name).expect("by name"), one), "{}", one.name);
    }
    for nr in [244, 259, 295, 402, 403, 423, 470, 511, 512, u32::MAX] {
        assert!(row(nr).is_none(), "{nr}");
    }
    assert_eq!(by_name("fstatat").map(|row| row.nr), Some(79));
    assert!(by_name("open").is_none() && by_name("").is_none());
}

#[test]
fn arguments_name_arguments_that_exist() {
    for one in rows() {
        let count = one.args.len();
        for arg in one.args {
            let other = match arg.kind {
                ArgKind::BufIn(Len::Arg(at))
                | ArgKind::ArrayIn(_, Len::Arg(at))
                | ArgKind::NumsIn(_, _, Len::Arg(at))
                | ArgKind::CpusIn(Len::Arg(at))
                | ArgKind::IovIn(at)
                | ArgKind::IovOut(at)
                | ArgKind::AddrIn(at)
                | ArgKind::AddrOut(at)
                | ArgKind::MsgsIn(at)
                | ArgKind::MsgsOut(at)
                | ArgKind::FdSet(at) => at,
                ArgKind::Special(Special::OpenMode(at)) => at,
                _ => 0,
            };
            assert!(count == 0 || usize::from(other) < count, "{} {}", one.name, arg.name);
        }
    }
}

#[test]
fn classes_follow_from_the_arguments() {
    for one in rows() {
        let has_path = one.args.iter().any(|arg| matches!(arg.kind, ArgKind::Path));
        if has_path {
            assert!(one.classes.meets(Classes::FILE), "{} takes a path", one.name);
        }
        if one.classes.meets(Classes::PURE) {
            assert!(one.args.is_empty(), "{} is pure", one.name);
        }
    }
    let names = |nr| row(nr).map(|row| row.classes.to_string());
    assert_eq!(names(56).as_deref(), Some("file,desc"));
    assert_eq!(names(222).as_deref(), Some("desc,memory"));
    assert_eq!(names(131).as_deref(), Some("process,signal"));
    assert_eq!(names(98).as_deref(), Some(""));
    assert_eq!(Classes::named("network"), Some(Classes::NET));
    assert_eq!(Classes::named("files"), None);
}

fn names(set: &TraceSet) -> Vec<&'static str> {
    rows().filter(|row| set.contains(row.nr)).map(|row| row.name).collect()
}

#[test]
fn trace_sets_read_as_strace_reads_them() {
    let cases: &[(&str, &[&str])] = &[
        ("read", &["read"]),
        ("read,write", &["read", "write"]),
        ("63,sys_write", &["read", "write"]),
        ("pread*", &["pread64", "preadv", "preadv2"]),
        ("?up2", &[]),
        ("dup?", &["dup3"]),
        ("/^p(read|write)64$/", &["pread64", "pwrite64"]),
        ("/^d.p3$,/,dup", &["dup"]),
        ("%ipc,!/msg|sem/", &["shmget", "shmctl", "shmat", "shmdt"]),
        ("%pure,!getpid,!gettid", &["getppid", "getuid", "geteuid", "getgid", "getegid"]),
        ("?nonsense,none", &[]),
        (" close , dup ", &["dup", "close"]),
        ("fstat,%statfs", &["statfs", "fstatfs", "fstat"]),
    ];
    for (text, expected) in cases {
        let set = TraceSet::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut expected = expected.to_vec();
        expected.sort_by_key(|name| by_name(name).map(|row| row.nr));
        assert_eq!(names(&set), expected, "{text}");
    }
}

#[test]
fn a_leading_exclamation_mark_takes_the_whole_list_away() {
    let set = TraceSet::parse("!read,write").expect("a set");
    assert!(!set.contains(63) && !set.contains(64) && set.contains(56));
    let set = TraceSet::parse("!%clock").expect("a set");
    assert!(!set.contains(113) && set.contains(115));
    let all = TraceSet::parse("all").expect("a set");
    assert!(all.contains(9999), "an unknown call belongs to all");
    assert!(!set.contains(9999));
}

#[test]
fn what_names_nothing_is_an_error_with_a_hint() {
    let cases = [
        ("raed", 0, "no syscall raed; did you mean read?"),
        ("read,%flie", 5, "no class %flie; did you mean file?"),
        ("read,,write", 5, "an item is empty"),
        ("999", 0, "no syscall 999"),
        ("zz*", 0, "no syscall matches zz*"),
        ("completely_else", 0, "no syscall completely_else"),
    ];
    for (text, at, message) in cases {
        let error = TraceSet::parse(text).expect_err(text);
        assert_eq!((error.at, error.message.as_str()), (at, message));
    }
    assert!(TraceSet::parse("/(/").expect_err("bad regex").message.starts_with("bad pattern"));
}

/// Guest memory of one page at 0x1000.
struct Page(Vec<u8>);

impl Page {
    fn read(&self, at: u64, buf: &mut [u8]) -> usize {
        let Some(from) = at.checked_sub(0x1000).and_then(|at| usize::try_from(at).ok()) else { return 0 };
        let bytes = self.0.get(from..).unwrap_or(&[]);
        let len = bytes.len().min(buf.len());
        buf[..len].copy_from_slice(&bytes[..len]);
        len
    }
}

/// Argument, kept length, full length.
type Lens = (u8, u32, u64);

fn captured(nr: u32, args: &[u64], page: &Page) -> Captured {
    capture::inputs(row(nr).expect("a row"), args, &mut |at, buf| page.read(at, buf))
}

fn lens(captured: &Captured) -> Vec<Lens> {
    captured.inputs.iter().map(|input| (input.arg, input.len, input.full)).collect()
}

#[test]
fn inputs_are_kept_in_the_order_of_the_contract() {
    let mut bytes = vec![0u8; 4096];
    bytes[0x10..0x17].copy_from_slice(b"/etc/x\0");
    // Two iovecs at 0x100, the second without bytes behind it.
    for (at, value) in [(0x100, 0x1010u64), (0x108, 3), (0x110, 0x9000), (0x118, 5)] {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    // argv at 0x200: "/etc/x", "c/x", NULL.
    for (at, value) in [(0x200, 0x1010u64), (0x208, 0x1013), (0x210, 0)] {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let page = Page(bytes);

    let open = captured(56, &[0, 0x1010, 0, 0], &page);
    assert_eq!((lens(&open), open.data.as_slice()), (vec![(1, 6, 6)], b"/etc/x".as_slice()));

    let write = captured(64, &[1, 0x1010, 1 << 40], &page);
    assert_eq!(lens(&write), [(1, 64, 1 << 40)]);

    let writev = captured(66, &[1, 0x1100, 2], &page);
    assert_eq!(lens(&writev), [(1, 32, 32), (1, 3, 3), (1, 0, 5)]);
    assert_eq!(&writev.data[32..], b"/et");

    let readv = captured(65, &[1, 0x1100, 2], &page);
    assert_eq!(lens(&readv), [(1, 32, 32)]);

    let execve = captured(221, &[0x1010, 0x1200, 0x1200], &page);
    assert_eq!(lens(&execve), [(0, 6, 6), (1, 16, 16), (1, 6, 6), (1, 3, 3), (2, 0, 16)]);

    let null = captured(56, &[0, 0, 0, 0], &page);
    assert_eq!(lens(&null), []);
    let unreadable = captured(56, &[0, 0x9000, 0, 0], &page);
    assert_eq!(lens(&unreadable), [(1, 0, 0)]);
}

#[test]
fn text_that_does_not_end_is_marked_as_longer() {
    let page = Page(vec![b'a'; 8192]);
    let long = captured(56, &[0, 0x1000, 0, 0], &page);
    assert_eq!(lens(&long), [(1, 4096, 4097)]);
    let at_the_end = captured(56, &[0, 0x2ffd, 0, 0], &page);
    assert_eq!(lens(&at_the_end), [(1, 3, 3)]);
}

#[test]
fn dependent_arguments_are_kept_as_the_command_says() {
    let page = Page(vec![0; 4096]);
    let cases: &[(u32, [u64; 6], &[Lens])] = &[
        (25, [3, 1, 0x1000, 0, 0, 0], &[]),
        (25, [3, 6, 0x1000, 0, 0, 0], &[(2, 32, 32)]),
        (29, [3, 0x5413, 0x1000, 0, 0, 0], &[]),
        (29, [3, 0x5414, 0x1000, 0, 0, 0], &[(2, 8, 8)]),
        (98, [0x1000, 0x80, 2, 0x1000, 0, 0], &[(3, 16, 16)]),
        (98, [0x1000, 0x81, 1, 0x1000, 0, 0], &[]),
        (167, [15, 0x1000, 0, 0, 0, 0], &[(1, 0, 0)]),
        (21, [3, 1, 4, 0x1000, 0, 0], &[(3, 16, 16)]),
        (21, [3, 2, 4, 0x1000, 0, 0], &[]),
        (435, [0x1000, 88, 0, 0, 0, 0], &[(0, 88, 88)]),
        (73, [0x1000, 2, 0, 0, 8, 0], &[(0, 16, 16)]),
        (72, [4, 0x1000, 0, 0, 0, 0], &[(1, 8, 8)]),
    ];
    for (nr, args, expected) in cases {
        assert_eq!(lens(&captured(*nr, args, &page)), *expected, "{nr} {args:x?}");
    }
}

proptest! {
    #[test]
    fn capturing_is_bounded_and_total(nr in 0u32..470, args in proptest::array::uniform6(any::<u64>()), near in any::<bool>()) {
        let page = Page((0..=255).cycle().take(4096).collect());
        let args = if near { args.map(|arg| 0x1000 + arg % 4096) } else { args };
        if let Some(row) = row(nr) {
            let kept = capture::inputs(row, &args, &mut |at, buf| page.read(at, buf));
            let sum: usize = kept.inputs.iter().map(|input| input.len as usize).sum();
            prop_assert_eq!(sum, kept.data.len());
            prop_assert!(kept.data.len() < 65536);
            for input in &kept.inputs {
                prop_assert!(u64::from(input.len) <= input.full);
                prop_assert!(row.args[usize::from(input.arg)].kind.reads());
            }
        }
    }

    #[test]
    fn trace_sets_never_panic(text in "[a-z%/!?*,0-9() ]{0,24}") {
        let _ = TraceSet::parse(&text);
    }
}
