//! Identity, limits, scheduling, clocks, timers, futexes, the end of a process.

use super::{FDCWD, Guest, NOWHERE, READ_ONLY, e};
use traces::event::{EndStatus, SvcFlags};

const SAME: u64 = 0xFFFF_FFFF;

#[test]
fn ids_change_only_among_themselves_without_privilege() {
    let mut g = Guest::new();
    for (nr, args, want) in [
        (174, [0, 0, 0], 1000),
        (146, [0, 0, 0], e::PERM),
        (146, [SAME, 0, 0], e::INVAL),
        (146, [1000, 0, 0], 0),
        (145, [SAME, 5, 0], e::PERM),
        (147, [SAME, 1000, SAME], 0),
        (149, [1, 1, 1], e::PERM),
        (144, [1000, 0, 0], 0),
        (151, [0, 0, 0], 1000),
        (159, [0, 0, 0], e::PERM),
        (158, [0, 0, 0], 1),
        (158, [u64::MAX, 0, 0], e::INVAL),
        (158, [1, NOWHERE, 0], e::FAULT),
        (154, [0, 0, 0], e::PERM),
        (154, [77, 0, 0], e::SRCH),
        (155, [0, 0, 0], 1),
        (155, [77, 0, 0], e::SRCH),
        (157, [0, 0, 0], e::PERM),
        (172, [0, 0, 0], 1),
        (173, [0, 0, 0], 0),
        (178, [0, 0, 0], 1),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn root_may_change_ids_and_setreuid_keeps_the_rule_for_the_saved_one() {
    let mut g = Guest::new();
    g.k.ids = super::super::identity::Identity::new((0, 0));
    let [a, b, c] = [g.room(4), g.room(4), g.room(4)];
    let ids = |g: &mut Guest| {
        assert_eq!(g.call(148, &[a, b, c]), 0);
        [g.half(a), g.half(b), g.half(c)]
    };
    assert_eq!(g.call(145, &[SAME, 7]), 0);
    assert_eq!(ids(&mut g), [0, 7, 7]);
    assert_eq!(g.call(145, &[SAME, 0]), 0, "the real id is allowed");
    assert_eq!(ids(&mut g), [0, 0, 7]);
    assert_eq!(g.call(145, &[5, SAME]), 0);
    assert_eq!(ids(&mut g), [5, 0, 0]);
    assert_eq!(g.call(146, &[9]), 0);
    assert_eq!(ids(&mut g), [9, 9, 9]);
    assert_eq!(g.call(145, &[0, SAME]), e::PERM);
    assert_eq!(g.call(148, &[a, NOWHERE, c]), e::FAULT);
}

#[test]
fn nobody_renames_the_machine() {
    let mut g = Guest::new();
    g.k.ids = super::super::identity::Identity::new((0, 0));
    for nr in [161, 162] {
        assert_eq!(g.call(nr, &[NOWHERE, 3]), e::PERM);
    }
}

#[test]
fn limits_scheduling_and_system_information() {
    let mut g = Guest::new();
    let (buf, param, one, set) = (g.room(512), g.words(&[0]), g.words(&[1]), g.words(&[3]));
    let (lower, wrong, higher) = (g.words(&[100, 200]), g.words(&[200, 100]), g.words(&[100, (1 << 20) + 1]));
    for (nr, args, want) in [
        (163, [7, buf, 0, 0], 0),
        (163, [99, buf, 0, 0], e::INVAL),
        (163, [7, READ_ONLY, 0, 0], e::FAULT),
        (261, [0, 7, wrong, 0], e::INVAL),
        (261, [0, 7, higher, 0], e::PERM),
        (261, [0, 7, lower, buf], 0),
        (261, [5, 7, 0, buf], e::SRCH),
        (164, [7, lower, 0, 0], 0),
        (164, [7, u64::MAX - 8, 0, 0], e::FAULT),
        (118, [0, param, 0, 0], 0),
        (119, [0, 1, param, 0], e::INVAL),
        (119, [0, 1, one, 0], e::PERM),
        (119, [0, 3, param, 0], 0),
        (119, [0, 0, one, 0], e::INVAL),
        (119, [77, 0, param, 0], e::SRCH),
        (120, [0, 0, 0, 0], 3),
        (119, [0, 0, param, 0], 0),
        (121, [0, 0, 0, 0], e::INVAL),
        (122, [0, 8, set, 0], 0),
        (122, [0, 8, param, 0], e::INVAL),
        (123, [77, 128, buf, 0], e::SRCH),
        (140, [0, 0, 5, 0], 0),
        (140, [0, 0, 4, 0], e::ACCES),
        (141, [0, 1, 0, 0], 15),
        (140, [0, 77, 5, 0], e::SRCH),
        (140, [9, 0, 5, 0], e::INVAL),
        (120, [0, 0, 0, 0], 0),
        (123, [0, 4, buf, 0], e::INVAL),
        (123, [0, 128, buf, 0], 8),
        (125, [1, 0, 0, 0], 99),
        (126, [9, 0, 0, 0], e::INVAL),
        (127, [0, buf, 0, 0], 0),
        (141, [2, 1000, 0, 0], 15),
        (160, [buf, 0, 0, 0], 0),
        (160, [NOWHERE, 0, 0, 0], e::FAULT),
        (165, [0, buf, 0, 0], 0),
        (165, [7, buf, 0, 0], e::INVAL),
        (168, [buf, buf, 0, 0], 0),
        (179, [buf, 0, 0, 0], 0),
        (278, [buf, 32, 0, 0], 32),
        (278, [buf, 32, 6, 0], e::INVAL),
        (278, [buf, 32, 8, 0], e::INVAL),
        (278, [NOWHERE, 32, 0, 0], e::FAULT),
        (92, [SAME, 0, 0, 0], 0),
        (92, [0x4_0000, 0, 0, 0], 0),
        (92, [SAME, 0, 0, 0], 0x4_0000),
        (92, [8, 0, 0, 0], e::INVAL),
        (96, [buf, 0, 0, 0], 1),
        (99, [buf, 24, 0, 0], 0),
        (99, [buf, 23, 0, 0], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(g.call(163, &[7, buf]), 0);
    assert_eq!((g.word(buf), g.word(buf + 8)), (100, 200));
}

#[test]
fn prctl_names_the_thread_and_refuses_what_it_does_not_know() {
    let mut g = Guest::new();
    let (long, out) = (g.text("a-name-that-is-too-long"), g.room(16));
    for (args, want) in [
        ([15, long], 0),
        ([16, out], 0),
        ([16, NOWHERE], e::FAULT),
        ([3, 0], 1),
        ([4, 2], e::INVAL),
        ([4, 0], 0),
        ([3, 0], 0),
        ([38, 1], 0),
        ([39, 0], 1),
        ([38, 0], e::INVAL),
        ([23, 40], 1),
        ([23, 41], e::INVAL),
        ([1, 65], e::INVAL),
        ([1, 9], 0),
        ([9999, 0], e::INVAL),
    ] {
        assert_eq!(g.call(167, &args), want, "{args:x?}");
    }
    assert_eq!(g.read(out, 16), b"a-name-that-is-\0");
}

#[test]
fn clocks_agree_and_sleeping_takes_its_time() {
    let mut g = Guest::new();
    let (one, two) = (g.room(16), g.room(16));
    let ns = |g: &Guest, at: u64| g.word(at) * 1_000_000_000 + g.word(at + 8);
    let short = g.words(&[0, 2_000_000]);
    assert_eq!(g.call(113, &[1, one]), 0);
    assert_eq!(g.call(101, &[short, 0]), 0);
    assert_eq!(g.call(113, &[1, two]), 0);
    assert!(ns(&g, two) - ns(&g, one) >= 1_900_000);
    // An absolute time that is past is no wait.
    assert_eq!(g.call(115, &[1, 1, one, 0]), 0);
    assert_eq!(g.call(115, &[0, 1, one, 0]), 0);
    let (negative, many) = (g.words(&[u64::MAX, 0]), g.words(&[0, 1_000_000_000]));
    for (nr, args, want) in [
        (101, [negative, 0, 0], e::INVAL),
        (101, [many, 0, 0], e::INVAL),
        (101, [NOWHERE, 0, 0], e::FAULT),
        (115, [3, 0, short], e::INVAL),
        (115, [99, 0, NOWHERE], e::INVAL),
        (115, [4, 0, short], -95),
        (113, [99, one, 0], e::INVAL),
        (113, [1, NOWHERE, 0], e::FAULT),
        (113, [(-6i64).cast_unsigned(), one, 0], 0),
        (113, [(-5i64).cast_unsigned(), one, 0], e::INVAL),
        (114, [5, one, 0], 0),
        (114, [99, one, 0], e::INVAL),
        (114, [1, 0, 0], 0),
        (169, [one, two, 0], 0),
        (169, [0, 0, 0], 0),
        (169, [NOWHERE, 0, 0], e::FAULT),
        (112, [0, one, 0], e::PERM),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert!(g.word(one) > 1_600_000_000 && g.word(one + 8) < 1_000_000);
    assert!(g.call(153, &[one]) > 0);
}

#[test]
fn timers_are_set_and_told() {
    let mut g = Guest::new();
    let (long, out, bad) = (g.words(&[0, 0, 1000, 5]), g.room(32), g.words(&[0, 0, 0, 1_000_000]));
    // The virtual timer: its signal cannot come before 1000 s of CPU time.
    for (nr, args, want) in [
        (103, [1, long, out], 0),
        (102, [1, out, 0], 0),
        (103, [1, bad, 0], e::INVAL),
        (103, [7, long, 0], e::INVAL),
        (103, [1, NOWHERE, 0], e::FAULT),
        (102, [7, out, 0], e::INVAL),
        (102, [1, NOWHERE, 0], e::FAULT),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(g.call(102, &[1, out]), 0);
    assert!((999..=1000).contains(&g.word(out + 16)));
    assert_eq!(g.call(103, &[1, 0, out]), 0);
    assert_eq!(g.call(102, &[1, out]), 0);
    assert_eq!(g.word(out + 16), 0);
}

#[test]
fn a_futex_of_one_thread_times_out_or_differs() {
    let mut g = Guest::new();
    let (word, short, past) = (g.words(&[5]), g.words(&[0, 1_000_000]), g.words(&[0, 1]));
    let add_three = 1 << 28 | 3 << 12;
    let or_bit_four = (8 | 2) << 28 | 4 << 12;
    for (args, want) in [
        ([word, 0, 6, 0, 0, 0], e::AGAIN),
        ([word, 128, 5, short, 0, 0], e::TIMEDOUT),
        ([word, 9 | 256, 5, past, 0, SAME], e::TIMEDOUT),
        ([word, 9, 5, past, 0, 0], e::INVAL),
        ([word + 2, 0, 5, 0, 0, 0], e::INVAL),
        ([NOWHERE, 0, 5, 0, 0, 0], e::FAULT),
        ([word, 129, 1, 0, 0, 0], 0),
        ([word, 4, 1, 1, word, 6], e::AGAIN),
        ([word, 4, 1, 1, word, 5], 0),
        ([word, 5, 1, 1, word, add_three], 0),
        ([word, 5, 1, 1, word, or_bit_four], 0),
        ([word, 5, 1, 1, READ_ONLY, add_three], e::FAULT),
        ([word, 99, 0, 0, 0, 0], e::NOSYS),
    ] {
        assert_eq!(g.call(98, &args), want, "{args:x?}");
    }
    assert_eq!(g.half(word), 8 | 16);
}

#[test]
fn a_call_that_is_not_there_says_so_in_the_trace() {
    let mut g = Guest::new();
    for nr in [425, 9999, u64::MAX, 0xFFFF_FFFF] {
        assert_eq!(g.call(nr, &[]), e::NOSYS, "{nr}");
        let flags = g.log.svcs.last().unwrap().flags.0;
        assert!(flags & SvcFlags::UNIMPLEMENTED != 0, "{nr}");
    }
}

#[test]
fn the_working_directory_is_a_guest_path() {
    let mut g = Guest::new();
    let before = std::env::current_dir().unwrap();
    let (bin, missing, buf) = (g.text("/bin"), g.text("/missing"), g.room(64));
    assert_eq!(g.call(49, &[missing]), e::NOENT);
    assert_eq!(g.call(49, &[bin]), 0);
    assert_eq!(g.call(17, &[buf, 4]), e::RANGE);
    assert_eq!(g.call(17, &[buf, 64]), 5);
    assert_eq!(g.read(buf, 5), b"/bin\0");
    let prog = g.text("prog");
    assert_eq!(g.call(48, &[FDCWD, prog, 0]), 0);
    let up = g.text("..");
    assert_eq!(g.call(49, &[up]), 0);
    assert_eq!(g.call(17, &[buf, 64]), 2);
    assert_eq!(g.call(49, &[prog]), e::NOENT);
    // Its name follows it.
    std::fs::create_dir(g.root().join("old")).unwrap();
    std::fs::write(g.root().join("old/x"), "").unwrap();
    let (old, x) = (g.text("old"), g.text("x"));
    assert_eq!(g.call(49, &[old]), 0);
    std::fs::rename(g.root().join("old"), g.root().join("new")).unwrap();
    assert_eq!((g.call(17, &[buf, 64]), g.read(buf, 5)), (5, b"/new\0".to_vec()));
    assert_eq!(g.call(48, &[FDCWD, x, 0]), 0);
    std::env::set_current_dir(before).unwrap();
    std::fs::remove_dir_all(g.root().join("new")).unwrap();
    assert_eq!(g.call(17, &[buf, 64]), e::NOENT);
    assert_eq!(g.call(48, &[FDCWD, x, 0]), e::NOENT);
}

#[test]
fn exit_keeps_the_low_byte() {
    for (nr, code, want) in [(93, 42, 42), (94, 0x1FF, 0xFF), (94, u64::MAX, 0xFF)] {
        let mut g = Guest::new();
        g.call(nr, &[code]);
        assert_eq!(g.k.ended(), Some(EndStatus::Exited(want)));
    }
}
