//! Files, names, metadata, descriptors, waiting, `/proc`.

use super::{DATA_END, FDCWD, Guest, NOWHERE, READ_ONLY, e};
use std::os::unix::fs::{MetadataExt, symlink};

#[test]
fn reads_and_writes_stop_where_memory_does() {
    let mut g = Guest::new();
    let fd = g.file("f", b"0123456789");
    let edge = DATA_END - 4;
    assert_eq!(g.call(63, &[fd, edge, 8]), 4);
    assert_eq!(g.read(edge, 4), b"0123");
    assert_eq!(g.call(62, &[fd, 0, 1]), 4, "what did not fit was not taken from the file");
    assert_eq!(g.call(64, &[fd, edge, 100]), 4);
    assert_eq!(std::fs::read(g.root().join("f")).unwrap(), b"0123012389");
    for (nr, args, want) in [
        (63, [fd, NOWHERE, 1, 0], e::FAULT),
        (63, [fd, READ_ONLY, 1, 0], e::FAULT),
        (63, [fd, NOWHERE, 0, 0], 0),
        (63, [fd, u64::MAX, 0, 0], 0),
        (63, [99, NOWHERE, 1, 0], e::BADF),
        (63, [u64::MAX, NOWHERE, 1, 0], e::BADF),
        (64, [fd, NOWHERE, 1, 0], e::FAULT),
        (64, [fd, u64::MAX, 0, 0], 0),
        (64, [99, NOWHERE, 1, 0], e::BADF),
        (67, [fd, edge, 4, u64::MAX], e::INVAL),
        (67, [fd, edge, 4, 8], 2),
        (67, [fd, edge, u64::MAX, 0], 4),
        (68, [fd, READ_ONLY, 3, 9], 3),
        (62, [fd, 0, 9, 0], e::INVAL),
        (62, [99, 0, 9, 0], e::BADF),
        (62, [fd, u64::MAX, 0, 0], e::INVAL),
        (62, [fd, 0, 2, 0], 12),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn vectors_are_filled_in_order_up_to_the_first_bad_one() {
    let mut g = Guest::new();
    let fd = g.file("f", b"abcdefghij");
    let (one, two) = (g.room(8), g.room(8));
    let good = g.words(&[one, 3, two, 4]);
    let part = g.words(&[one, 2, NOWHERE, 4, two, 4]);
    let bad = g.words(&[NOWHERE, 4]);
    let long = g.words(&[one, u64::MAX / 2, two, 2]);
    assert_eq!(g.call(65, &[fd, good, 2]), 7);
    assert_eq!((g.read(one, 4), g.read(two, 5)), (b"abc\xEE".to_vec(), b"defg\xEE".to_vec()));
    assert_eq!(g.call(69, &[fd, part, 3, 4]), 2);
    assert_eq!(g.read(one, 3), b"efc");
    for (nr, args, want) in [
        (65, [fd, bad, 1, 0], e::FAULT),
        (65, [fd, long, 2, 0], e::INVAL),
        (65, [fd, good, 1025, 0], e::INVAL),
        (65, [99, NOWHERE, 2, 0], e::BADF),
        (65, [fd, NOWHERE, 2, 0], e::FAULT),
        (65, [fd, good, 0, 0], 0),
        (66, [fd, bad, 1, 0], e::FAULT),
        (70, [fd, part, 3, 0], 2),
        (70, [fd, part, 3, u64::MAX], e::INVAL),
        (286, [fd, good, 2, 0], 7),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(&std::fs::read(g.root().join("f")).unwrap()[..3], b"efc");
    assert_eq!(g.call(286, &[fd, good, 2, 0, 0, 0x1000]), -95, "flags that are not known");
}

#[test]
fn descriptors_are_numbered_lowest_first_and_carry_their_flags() {
    let mut g = Guest::new();
    let fd = g.file("f", b"");
    assert_eq!(fd, 0);
    for (nr, args, want) in [
        (23, [0, 0, 0], 1),
        (24, [0, 5, 0x8_0000], 5),
        (24, [0, 0, 0], e::INVAL),
        (24, [0, 6, 1], e::INVAL),
        (24, [0, 5000, 0], e::BADF),
        (24, [99, 6, 0], e::BADF),
        (25, [5, 1, 0], 1),
        (25, [0, 1, 0], 0),
        (25, [0, 2, 1], 0),
        (25, [0, 1, 0], 1),
        (25, [0, 0, 3], 3),
        (25, [0, 1030, 3], 4),
        (25, [4, 1, 0], 1),
        (25, [0, 0, 5000], e::INVAL),
        (25, [0, 0, u64::MAX], e::INVAL),
        (25, [0, 3, 0], 0x2_0002),
        (25, [0, 4, 0x400], 0),
        (25, [0, 3, 0], 0x2_0402),
        (25, [0, 999, 0], e::INVAL),
        (57, [1, 0, 0], 0),
        (57, [1, 0, 0], e::BADF),
        (436, [3, 4, 0], 0),
        (436, [4, 3, 0], e::INVAL),
        (436, [0, 0, 8], e::INVAL),
        (436, [5, u64::MAX, 4], 0),
        (25, [3, 1, 0], e::BADF),
        (25, [5, 1, 0], 1),
        (29, [0, 0x5451, 0], 0),
        (29, [0, 0x5413, 0], e::NOTTY),
        (29, [0, 0xDEAD, 0], e::NOTTY),
        (29, [99, 0x5413, 0], e::BADF),
        (32, [0, 2, 0], 0),
        (32, [0, 3, 0], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn pipes_events_and_timers_carry_data_and_can_be_waited_for() {
    let mut g = Guest::new();
    let pair = g.room(8);
    assert_eq!(g.call(59, &[pair, 0x800]), 0);
    let (reader, writer) = (u64::from(g.half(pair)), u64::from(g.half(pair + 4)));
    let buf = g.room(64);
    assert_eq!(g.call(63, &[reader, buf, 64]), e::AGAIN);
    let text = g.bytes(b"hello");
    assert_eq!(g.call(64, &[writer, text, 5]), 5);
    let event = g.call(19, &[3, 0x800]).cast_unsigned();
    assert_eq!(g.call(63, &[event, buf, 8]), 8);
    assert_eq!(g.word(buf), 3);
    assert_eq!(g.call(63, &[event, buf, 8]), e::AGAIN);
    let timer = g.call(85, &[1, 0x800]).cast_unsigned();
    let (spec, old) = (g.words(&[0, 0, 0, 1]), g.room(32));
    assert_eq!(g.call(86, &[timer, 0, spec, old]), 0);
    assert_eq!(g.read(old, 32), [0; 32]);
    // pollfd: fd, events, revents
    let entry = |fd: u64, events: u8| {
        [&u32::try_from(fd).unwrap().to_le_bytes()[..], &[events, 0, 0xEE, 0xEE]].concat()
    };
    let fds = [entry(reader, 1), entry(writer, 4), entry(event, 1), entry(timer, 1), vec![0xFF; 8]].concat();
    let fds = g.bytes(&fds);
    let timeout = g.words(&[1, 0]);
    assert!(g.call(73, &[fds, 5, timeout, 0, 0]) >= 2);
    let answers: Vec<u8> = (0..5).map(|n| g.read(fds + 8 * n + 6, 1)[0]).collect();
    assert_eq!((answers[0], answers[1], answers[2], answers[4]), (1, 4, 0, 0));
    assert!(g.word(timeout) == 0 && g.word(timeout + 8) > 0, "the rest of the timeout");
    let closed = g.bytes(&entry(77, 1));
    assert_eq!(g.call(73, &[closed, 1, 0, 0, 0]), 1);
    assert_eq!(g.read(closed + 6, 1), [32]);
    for (args, want) in [
        ([fds, 1025, 0, 0, 0], e::INVAL),
        ([NOWHERE, 1, 0, 0, 0], e::FAULT),
        ([fds, 1, NOWHERE, 0, 0], e::FAULT),
        ([fds, 1, 0, spec, 4], e::INVAL),
    ] {
        assert_eq!(g.call(73, &args), want);
    }
    let set = g.words(&[1 << reader | 1 << writer]);
    let out = g.words(&[1 << reader | 1 << writer]);
    assert_eq!(g.call(72, &[writer + 1, set, out, 0, 0, 0]), 2);
    assert_eq!((g.word(set), g.word(out)), (1 << reader, 1 << writer));
    let zero = g.words(&[0, 0]);
    let none = g.words(&[1 << event]);
    assert_eq!(g.call(72, &[event + 1, none, 0, 0, zero, 0]), 0);
    assert_eq!(g.word(none), 0);
    let bad = g.words(&[1 << 60]);
    assert_eq!(g.call(72, &[64, bad, 0, 0, zero, 0]), e::BADF);
    assert_eq!(g.call(72, &[u64::MAX, 0, 0, 0, zero, 0]), e::INVAL);
    // A write to a pipe that nobody reads is a signal, too.
    assert_eq!(g.call(57, &[reader]), 0);
    assert_eq!(g.call(64, &[writer, text, 5]), e::PIPE);
    assert!(g.k.has_deliverable());
}

#[test]
fn sendfile_and_copy_file_range_move_bytes_between_files() {
    let mut g = Guest::new();
    let from = g.file("from", b"0123456789");
    let to = g.file("to", b"");
    let offset = g.words(&[4]);
    assert_eq!(g.call(71, &[to, from, offset, 3]), 3);
    assert_eq!((g.word(offset), g.call(62, &[from, 0, 1])), (7, 0));
    assert_eq!(g.call(71, &[to, from, 0, 2]), 2);
    assert_eq!(g.call(62, &[from, 0, 1]), 2);
    let (in_at, out_at) = (g.words(&[8]), g.words(&[0]));
    assert_eq!(g.call(285, &[from, in_at, to, out_at, 100, 0]), 2);
    assert_eq!(std::fs::read(g.root().join("to")).unwrap(), b"89601");
    // What cannot be written stays in the source.
    let full = g.text("/dev/full");
    let full = g.call(56, &[FDCWD, full, 1]).cast_unsigned();
    assert_eq!(g.call(71, &[full, from, 0, 2]), -28);
    assert_eq!(g.call(62, &[from, 0, 1]), 2);
    for (nr, args, want) in [
        (285, [from, 0, to, 0, 1, 1], e::INVAL),
        (285, [from, NOWHERE, to, 0, 1, 0], e::FAULT),
        (285, [99, 0, to, 0, 1, 0], e::BADF),
        (71, [to, 99, 0, 1, 0, 0], e::BADF),
        (71, [99, from, 0, 1, 0, 0], e::BADF),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn names_are_made_found_moved_and_removed() {
    let mut g = Guest::new();
    let [dir, slash, file, link, other, missing, empty, dot, deep] =
        ["/d", "/d/", "/d/f", "/l", "/d/g", "/no/x", "", "/d/.", "/d/f/x"].map(|name| g.text(name));
    for (nr, args, want) in [
        (34, [FDCWD, dir, 0o755, 0, 0], 0),
        (34, [FDCWD, slash, 0o755, 0, 0], e::EXIST),
        (34, [FDCWD, missing, 0o755, 0, 0], e::NOENT),
        (34, [FDCWD, empty, 0o755, 0, 0], e::NOENT),
        (34, [FDCWD, NOWHERE, 0o755, 0, 0], e::FAULT),
        (33, [FDCWD, file, 0o100_644, 0, 0], 0),
        (33, [FDCWD, file, 0o100_644, 0, 0], e::EXIST),
        (36, [file, FDCWD, link, 0, 0], 0),
        (37, [FDCWD, file, FDCWD, other, 0], 0),
        (37, [FDCWD, file, FDCWD, other, 0x8000], e::INVAL),
        (276, [FDCWD, file, FDCWD, other, 1], e::EXIST),
        (276, [FDCWD, file, FDCWD, missing, 0], e::NOENT),
        (56, [FDCWD, deep, 0, 0, 0], e::NOTDIR),
        (35, [FDCWD, dir, 0, 0, 0], e::ISDIR),
        (35, [FDCWD, file, 0x200, 0, 0], e::NOTDIR),
        (35, [FDCWD, file, 0x4000, 0, 0], e::INVAL),
        (35, [FDCWD, dir, 0x200, 0, 0], -39),
        (35, [FDCWD, dot, 0x200, 0, 0], e::INVAL),
        (48, [FDCWD, file, 4, 0, 0], 0),
        (48, [FDCWD, link, 0, 0, 0], 0),
        (48, [FDCWD, file, 99, 0, 0], e::INVAL),
        (38, [FDCWD, file, FDCWD, link, 0], 0),
        (48, [FDCWD, file, 0, 0, 0], e::NOENT),
        (35, [FDCWD, link, 0, 0, 0], 0),
        (35, [99, link, 0, 0, 0], e::NOENT),
        (35, [FDCWD, other, 0, 0, 0], 0),
        (35, [FDCWD, dir, 0x200, 0, 0], 0),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    let relative = g.text("x");
    assert_eq!(g.call(34, &[99, relative, 0o755]), e::BADF);
    let long = "n".repeat(5000);
    let long = g.text(&long);
    assert_eq!(g.call(34, &[FDCWD, long, 0o755]), e::NAMETOOLONG);
    let unended = g.bytes(b"");
    g.free = DATA_END;
    g.poke(DATA_END - 3, b"/zz");
    assert_eq!(g.call(34, &[FDCWD, DATA_END - 3, 0o755]), e::FAULT);
    assert!(unended < DATA_END);
}

#[test]
fn the_sysroot_answers_first_and_keeps_links_inside() {
    let mut g = Guest::new();
    let root = g.root().to_owned();
    std::fs::create_dir_all(root.join("usr/lib")).unwrap();
    std::fs::write(root.join("usr/lib/x"), "inside").unwrap();
    symlink("/usr/lib", root.join("lib")).unwrap();
    symlink("/usr/lib/new", root.join("dangling")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("../../../../usr", root.join("usr/up")).unwrap();
    let opened = |g: &mut Guest, path: &str, flags: u64| {
        let at = g.text(path);
        g.call(56, &[FDCWD, at, flags, 0o600])
    };
    for (path, flags, want) in [
        ("/lib/x", 0, Ok(())),
        ("/lib/../lib/x", 0, Ok(())),
        ("/usr/up/lib/x", 0, Ok(())),
        ("/../../lib/x", 0, Ok(())),
        ("//lib/.//x", 0, Ok(())),
        ("/lib/", 0x4000, Ok(())),
        ("/lib/.", 0x8000, Ok(())),
        ("/lib", 0x8000, Err(e::LOOP)),
        ("/lib/x/", 0, Err(e::NOTDIR)),
        ("/lib/x/.", 0, Err(e::NOTDIR)),
        ("/lib/x/../x", 0, Err(e::NOTDIR)),
        ("/loop", 0, Err(e::LOOP)),
        ("/etc/hostname/", 0, Err(e::NOTDIR)),
        ("/dangling", 0, Err(e::NOENT)),
        ("/dangling", 0xC1, Err(e::EXIST)),
        ("/dangling", 0x41, Ok(())),
        ("/usr/lib/new", 0, Ok(())),
        ("/proc/self/mem", 2, Err(e::NOENT)),
        ("/proc/self/maps", 2, Err(e::ACCES)),
        ("/proc/self/maps", 0x4000, Err(e::NOTDIR)),
    ] {
        if path == "/etc/hostname/" && !std::path::Path::new("/etc/hostname").exists() {
            continue;
        }
        let got = opened(&mut g, path, flags);
        assert_eq!(if got < 0 { Err(got) } else { Ok(()) }, want, "{path} {flags:x}");
    }
    assert!(root.join("usr/lib/new").exists(), "O_CREAT went through the link");
    // Relative to a directory descriptor, also upwards.
    let dir = opened(&mut g, "/usr/lib", 0x4000).cast_unsigned();
    let up = g.text("../lib/x");
    let fd = g.call(56, &[dir, up, 0]);
    let buf = g.room(16);
    assert_eq!(g.call(63, &[fd.cast_unsigned(), buf, 16]), 6);
    assert_eq!(g.read(buf, 6), b"inside");
    let plain = g.file("plain", b"");
    let below = g.text("below");
    assert_eq!(g.call(56, &[plain, below, 0]), e::NOTDIR);
}

#[test]
fn metadata_is_that_of_the_file_in_arm64s_layout() {
    let mut g = Guest::new();
    let fd = g.file("f", &[1; 5000]);
    symlink("f", g.root().join("l")).unwrap();
    let (file, link, missing, empty) = (g.text("/f"), g.text("/l"), g.text("/m"), g.text(""));
    let st = g.room(256);
    let host = std::fs::metadata(g.root().join("f")).unwrap();
    assert_eq!(g.call(79, &[FDCWD, link, st, 0]), 0);
    assert_eq!((g.word(st + 8), g.half(st + 16), g.word(st + 48)), (host.ino(), host.mode(), 5000));
    assert_eq!((g.half(st + 56), g.word(st + 64)), (u32::try_from(host.blksize()).unwrap(), host.blocks()));
    assert_eq!(g.read(st + 128, 1), [0xEE], "struct stat has 128 bytes");
    assert_eq!(g.call(79, &[FDCWD, link, st, 0x100]), 0);
    assert_eq!((g.half(st + 16) & 0o170_000, g.word(st + 48)), (0o120_000, 1));
    let times = g.words(&[7, 8, 9, 10]);
    let omit = g.words(&[0, 0x3FFF_FFFE, 0, 2_000_000_000]);
    for (nr, args, want) in [
        (80, [fd, st, 0, 0, 0], 0),
        (80, [fd, NOWHERE, 0, 0, 0], e::FAULT),
        (80, [99, st, 0, 0, 0], e::BADF),
        (79, [fd, empty, st, 0x1000, 0], 0),
        (79, [fd, 0, st, 0x1000, 0], 0),
        (79, [fd, empty, st, 0, 0], e::NOENT),
        (79, [FDCWD, missing, st, 0, 0], e::NOENT),
        (79, [FDCWD, file, st, 4, 0], e::INVAL),
        (291, [FDCWD, file, 0, 0x7FF, st], 0),
        (291, [FDCWD, file, 0x6000, 0x7FF, st], e::INVAL),
        (291, [FDCWD, file, 0, 0x8000_0000, st], e::INVAL),
        (53, [FDCWD, file, 0o600, 0, 0], 0),
        (452, [FDCWD, link, 0o640, 0x100, 0], -95),
        (452, [FDCWD, file, 0o640, 0x100, 0], 0),
        (452, [fd, empty, 0o644, 0x1000, 0], 0),
        (452, [FDCWD, file, 0o640, 1, 0], e::INVAL),
        (52, [fd, 0o620, 0, 0, 0], 0),
        (54, [fd, empty, u64::MAX, u64::MAX, 0x1000], 0),
        (54, [FDCWD, file, u64::MAX, u64::MAX, 0], 0),
        (54, [FDCWD, file, 0, 0, 5], e::INVAL),
        (439, [fd, empty, 4, 0x1000, 0], 0),
        (439, [FDCWD, file, 4, 7, 0], e::INVAL),
        (88, [FDCWD, file, times, 0, 0], 0),
        (88, [fd, 0, times, 0, 0], 0),
        (88, [FDCWD, 0, times, 0, 0], e::FAULT),
        (88, [FDCWD, file, omit, 0, 0], e::INVAL),
        (88, [FDCWD, file, times, 3, 0], e::INVAL),
        (45, [file, 100, 0, 0, 0], 0),
        (45, [file, u64::MAX, 0, 0, 0], e::INVAL),
        (46, [fd, 50, 0, 0, 0], 0),
        (47, [fd, 0, 0, 60, 0], 0),
        (47, [fd, 0, 0, 0, 0], e::INVAL),
        (82, [fd, 0, 0, 0, 0], 0),
        (84, [fd, 0, 10, 2, 0], 0),
        (84, [fd, u64::MAX, 10, 2, 0], e::INVAL),
        (223, [fd, 0, 0, 3, 0], 0),
        (223, [fd, 0, 0, 99, 0], e::INVAL),
        (43, [file, st, 0, 0, 0], 0),
        (44, [fd, st, 0, 0, 0], 0),
        (44, [99, st, 0, 0, 0], e::BADF),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    let after = std::fs::metadata(g.root().join("f")).unwrap();
    assert_eq!((after.len(), after.mode() & 0o777), (60, 0o620));
}

#[test]
fn extended_attributes_come_back_as_they_were_set() {
    let mut g = Guest::new();
    let fd = g.file("f", b"");
    let (path, name, value, buf) = (g.text("/f"), g.text("user.k"), g.bytes(b"value"), g.room(64));
    if g.call(5, &[path, name, value, 5, 0]) == -95 {
        return; // a file system without them
    }
    let (missing, nothing) = (g.text("user.m"), g.text(""));
    for (nr, args, want) in [
        (8, [path, name, 0, 0, 0], 5),
        (8, [path, name, buf, 4, 0], e::RANGE),
        (10, [fd, name, buf, 64, 0], 5),
        (10, [99, name, buf, 64, 0], e::BADF),
        (8, [path, missing, buf, 64, 0], e::NODATA),
        (8, [path, nothing, buf, 64, 0], e::RANGE),
        (5, [path, name, value, 5, 1], e::EXIST),
        (5, [path, name, value, 65537, 0], e::TOOBIG),
        (7, [fd, missing, value, 2, 0], 0),
        (16, [fd, missing, 0, 0, 0], 0),
        (14, [path, missing, 0, 0, 0], e::NODATA),
        (11, [path, 0, 0, 0, 0], 7),
        (13, [fd, buf, 64, 0, 0], 7),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(g.read(buf, 7), b"user.k\0");
}

#[test]
fn links_and_directories_are_read() {
    let mut g = Guest::new();
    symlink("target", g.root().join("l")).unwrap();
    let (link, file, buf) = (g.text("/l"), g.text("/bin/prog"), g.room(512));
    for (args, want) in [
        ([FDCWD, link, buf, 512], 6),
        ([FDCWD, link, buf, 3], 3),
        ([FDCWD, link, buf, 0], e::INVAL),
        ([FDCWD, link, NOWHERE, 9], e::FAULT),
        ([FDCWD, file, buf, 9], e::INVAL),
    ] {
        assert_eq!(g.call(78, &args), want);
    }
    assert_eq!(g.read(buf, 6), b"target");
    let bin = g.text("/bin");
    let dir = g.call(56, &[FDCWD, bin, 0x4000]).cast_unsigned();
    assert_eq!(g.call(61, &[dir, buf, 8]), e::INVAL);
    assert_eq!(g.call(61, &[dir, NOWHERE, 512]), e::FAULT);
    let got = g.call(61, &[dir, buf, 512]);
    let bytes = g.read(buf, usize::try_from(got).unwrap());
    assert!(bytes.windows(5).any(|w| w == b"prog\0"));
    assert_eq!(g.call(61, &[dir, buf, 512]), 0);
    assert_eq!(g.call(61, &[99, buf, 512]), e::BADF);
}

#[test]
fn proc_tells_of_the_guest_and_not_of_the_emulator() {
    let mut g = Guest::new();
    let buf = g.room(4096);
    let text = |g: &mut Guest, path: &str| {
        let at = g.text(path);
        let fd = g.call(56, &[FDCWD, at, 0]);
        assert!(fd >= 0, "{path} {fd}");
        let got = usize::try_from(g.call(63, &[fd.cast_unsigned(), buf, 4096])).unwrap();
        assert_eq!(g.call(57, &[fd.cast_unsigned()]), 0);
        String::from_utf8_lossy(&g.read(buf, got)).into_owned()
    };
    for (path, want) in [
        ("/proc/self/cmdline", "prog\0arg\0"),
        ("/proc/1/environ", "A=1\0"),
        ("/proc/self/comm", "prog\n"),
        ("/proc/thread-self/comm", "prog\n"),
        ("/proc/self/exe", "the program"),
        ("/proc/self/root/bin/prog", "the program"),
        ("/proc/self/auxv", "\u{1}\u{2}\u{3}"),
    ] {
        assert_eq!(text(&mut g, path), want, "{path}");
    }
    assert!(text(&mut g, "/proc/self/maps").contains("20000000-20100000 rw-p 00000000 00:00 0"));
    assert!(text(&mut g, "/proc/self/status").contains("Uid:\t1000\t1000\t1000\t1000"));
    assert_eq!(text(&mut g, "/proc/self/stat").split(' ').count(), 52);
    assert_eq!(text(&mut g, "/proc/self/statm").split(' ').count(), 7);
    // Descriptors are the guest's numbers.
    let fd = g.file("f", b"contents");
    assert_eq!(text(&mut g, &format!("/proc/self/fd/{fd}")), "contents");
    assert_eq!(text(&mut g, &format!("/dev/fd/{fd}")), "contents");
    let (mine, absent) = (g.text(&format!("/proc/self/fd/{fd}")), g.text("/proc/self/fd/999"));
    assert_eq!(g.call(78, &[FDCWD, mine, buf, 100]), 2);
    assert_eq!(g.read(buf, 2), b"/f");
    let st = g.room(128);
    assert_eq!(g.call(79, &[FDCWD, absent, st, 0x100]), e::NOENT);
    assert_eq!(g.call(79, &[FDCWD, absent, st, 0]), e::NOENT);
    assert_eq!(g.call(79, &[FDCWD, mine, st, 0]), 0);
    assert_eq!(g.word(st + 48), 8);
    let list = g.text("/proc/self/fd");
    let dir = g.call(56, &[FDCWD, list, 0x4000]).cast_unsigned();
    let got = usize::try_from(g.call(61, &[dir, buf, 4096])).unwrap();
    let names: Vec<String> = dirents(&g.read(buf, got));
    assert_eq!(names, [".", "..", "0", "1"]);
    assert_eq!(g.call(61, &[dir, buf, 4096]), 0);
    assert_eq!(g.call(62, &[dir, 0, 0]), 0);
    assert_eq!(g.call(61, &[dir, buf, 24]), 24, "one entry at a time");
    assert_eq!(g.call(61, &[dir, buf, 4096]).cast_unsigned(), u64::try_from(got).unwrap() - 24);
    assert_eq!(g.call(62, &[dir, 0, 0]), 0);
    assert_eq!(g.call(61, &[dir, buf, 8]), e::INVAL);
}

fn dirents(mut bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while !bytes.is_empty() {
        let len = usize::from(u16::from_le_bytes([bytes[16], bytes[17]]));
        let name = bytes[19..len].split(|&b| b == 0).next().unwrap();
        names.push(String::from_utf8(name.to_vec()).unwrap());
        bytes = &bytes[len..];
    }
    names
}

#[test]
fn descriptor_links_that_lead_to_themselves_end() {
    let mut g = Guest::new();
    let first = g.file("f", b"");
    assert_eq!(first, 0);
    let path = g.text("/proc/self/fd/0");
    let link = g.call(56, &[FDCWD, path, 0x20_8000]); // O_PATH | O_NOFOLLOW
    if link >= 0 {
        assert_eq!(g.call(24, &[link.cast_unsigned(), 0, 0]), 0);
    }
    let below = g.text("/proc/self/fd/0/x");
    assert!(g.call(56, &[FDCWD, below, 0]) < 0);
}

#[test]
fn other_ways_to_open() {
    let mut g = Guest::new();
    let path = g.text("/bin/prog");
    let how = |g: &mut Guest, words: &[u64]| g.words(words);
    let plain = how(&mut g, &[0, 0, 0]);
    let later = how(&mut g, &[0, 0, 0, 1]);
    let mode = how(&mut g, &[0, 0o644, 0]);
    let resolve = how(&mut g, &[0, 0, 8]);
    for (args, want) in [
        ([FDCWD, path, plain, 24], 0),
        ([FDCWD, path, plain, 16], e::INVAL),
        ([FDCWD, path, plain, 5000], e::TOOBIG),
        ([FDCWD, path, later, 32], e::TOOBIG),
        ([FDCWD, path, mode, 24], e::INVAL),
        ([FDCWD, path, resolve, 24], e::XDEV),
        ([FDCWD, path, NOWHERE, 24], e::FAULT),
    ] {
        assert_eq!(g.call(437, &args), want, "{args:x?}");
    }
    let (name, long) = (g.text("m"), g.text(&"m".repeat(260)));
    assert_eq!(g.call(279, &[name, 1]), 1);
    assert_eq!(g.call(25, &[1, 1]), 1);
    assert_eq!(g.call(279, &[long, 0]), e::INVAL);
    assert_eq!(g.call(279, &[name, 0x8000_0000]), e::INVAL);
    let pair = g.room(8);
    assert_eq!(g.call(59, &[pair, 0x1]), e::INVAL);
    assert_eq!(g.call(59, &[NOWHERE, 0]), e::FAULT);
    assert_eq!(g.call(62, &[1, 0, 1]), 0);
    assert_eq!(g.call(59, &[pair, 0]), 0);
    let reader = u64::from(g.half(pair));
    assert_eq!(g.call(62, &[reader, 0, 1]), e::SPIPE);
}
