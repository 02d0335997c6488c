//! Bounds on opening, FIFOs, splice and its kin, limits of descriptors and sizes, inotify.

use super::{FDCWD, Guest, NOWHERE, e};
use crate::kernel::dispatch::Outcome;

const RDONLY: u64 = 0;
const WRONLY: u64 = 1;
const NONBLOCK: u64 = 0x800;

fn pipe(g: &mut Guest, flags: u64) -> (u64, u64) {
    let at = g.room(8);
    assert_eq!(g.call(59, &[at, flags]), 0);
    (g.half(at).into(), g.half(at + 4).into())
}

#[test]
fn an_open_within_bounds_ends_at_them() {
    const BENEATH: u64 = 8;
    const IN_ROOT: u64 = 16;
    let mut g = Guest::new();
    std::fs::create_dir_all(g.root().join("base/sub")).unwrap();
    std::fs::write(g.root().join("outside"), "").unwrap();
    std::fs::write(g.root().join("base/file"), "").unwrap();
    std::os::unix::fs::symlink("../file", g.root().join("base/sub/inner")).unwrap();
    std::os::unix::fs::symlink("../../outside", g.root().join("base/sub/outer")).unwrap();
    std::os::unix::fs::symlink("/file", g.root().join("base/root")).unwrap();
    let path = g.text("/base");
    let base = g.call(56, &[FDCWD, path, 0x4000]).cast_unsigned();
    for (path, dir, resolve, want) in [
        ("sub/inner", base, BENEATH, 0),
        ("sub/outer", base, BENEATH, e::XDEV),
        ("../outside", base, BENEATH, e::XDEV),
        ("/base/file", base, BENEATH, e::XDEV),
        ("root", base, IN_ROOT, 0),
        ("/../../file", base, IN_ROOT, 0),
        ("sub/outer", base, IN_ROOT, e::NOENT),
        ("sub/inner", base, 4, e::LOOP),
        ("/base/sub/inner", FDCWD, 4, e::LOOP),
        ("/base/file", FDCWD, 4, 0),
        ("/proc/self/exe", FDCWD, 2, e::LOOP),
        ("/proc/self/fd/0", FDCWD, 1, e::XDEV),
        ("file", base, BENEATH | IN_ROOT, e::INVAL),
        ("file", base, 1 << 40, e::INVAL),
        ("file", 99, BENEATH, e::BADF),
    ] {
        let (text, how) = (g.text(path), g.words(&[RDONLY, 0, resolve]));
        let fd = g.call(437, &[dir, text, how, 24]);
        assert_eq!(fd.min(0), want, "{path} {resolve:x}");
        if fd >= 0 {
            assert_eq!(g.call(57, &[fd.cast_unsigned()]), 0);
        }
    }
}

#[test]
fn an_open_of_a_fifo_waits_for_its_other_end_and_is_called_off_by_a_signal() {
    let with_fifo = || {
        let mut g = Guest::new();
        let path = g.text("/fifo");
        assert_eq!(g.call(33, &[FDCWD, path, 0o010_600]), 0);
        (g, path)
    };
    for flags in [RDONLY, WRONLY] {
        let (mut g, path) = with_fifo();
        assert_eq!(g.begin(56, &[FDCWD, path, flags]), Outcome::Parked);
        g.k.raise_on_self(10);
        assert_eq!(g.begin_again(), Outcome::Done);
        assert_eq!(g.vcpu_x0(), e::INTR);
        assert!(g.k.fds.opening.is_empty());
    }
    let (mut g, path) = with_fifo();
    assert_eq!(g.call(56, &[FDCWD, path, WRONLY | NONBLOCK]), e::NXIO);
    assert_eq!(g.begin(56, &[FDCWD, path, RDONLY]), Outcome::Parked);
    let name = g.root().join("fifo");
    let other = std::thread::spawn(move || std::fs::write(name, "hello").unwrap());
    let mut outcome = Outcome::Parked;
    while outcome == Outcome::Parked {
        g.k.await_parked(None);
        outcome = g.begin_again();
    }
    other.join().unwrap();
    let (fd, at) = (g.vcpu_x0().cast_unsigned(), g.room(8));
    assert_eq!(g.call(63, &[fd, at, 8]), 5);
    assert_eq!(g.read(at, 5), b"hello");
    assert_eq!(g.call(63, &[fd, at, 8]), 0, "the writer has left");
}

#[test]
fn a_fifo_without_writers_has_ended_although_poll_says_nothing() {
    let mut g = Guest::new();
    let (path, buf) = (g.text("/fifo"), g.room(1));
    assert_eq!(g.call(33, &[FDCWD, path, 0o010_600]), 0);
    let fd = g.call(56, &[FDCWD, path, RDONLY | NONBLOCK]).cast_unsigned();
    assert_eq!(g.call(25, &[fd, 4, 0]), 0);
    assert_eq!(g.call(63, &[fd, buf, 1]), 0);
    let writer = g.call(56, &[FDCWD, path, WRONLY]).cast_unsigned();
    assert_eq!(g.begin(63, &[fd, buf, 1]), Outcome::Parked);
    g.k.me_mut().call = None;
    assert_eq!(g.call(57, &[writer]), 0);
    assert_eq!(g.call(63, &[fd, buf, 1]), 0);
}

#[test]
fn bytes_move_between_pipes_and_files() {
    let mut g = Guest::new();
    let (from, to) = pipe(&mut g, NONBLOCK);
    let file = g.file("f", b"0123456789");
    let out = g.file("g", b"");
    let at = g.words(&[2]);
    assert_eq!(g.call(76, &[file, at, to, 0, 5, 0]), 5);
    assert_eq!(g.word(at), 7);
    let (copy, copy_to) = pipe(&mut g, NONBLOCK);
    let buf = g.room(16);
    assert_eq!(g.call(77, &[from, copy_to, 3, 0]), 3);
    assert_eq!((g.call(63, &[copy, buf, 16]), g.read(buf, 3)), (3, b"234".to_vec()));
    assert_eq!(g.call(76, &[from, 0, out, 0, 100, 0]), 5);
    assert_eq!(std::fs::read(g.root().join("g")).unwrap(), b"23456");
    let parts = g.words(&[buf, 3, buf, 2]);
    assert_eq!(g.call(75, &[to, parts, 2, 0]), 5);
    assert_eq!((g.call(63, &[from, buf, 16]), g.read(buf, 5)), (5, b"23423".to_vec()));
    assert_eq!(g.call(71, &[to, file, 0, 4]), 4);
    assert_eq!(g.call(62, &[file, 0, 1]), 4);
    for (nr, args, want) in [
        (76, [file, 0, out, 0, 1, 0], e::INVAL),
        (76, [from, at, out, 0, 1, 0], e::SPIPE),
        (76, [copy, 0, out, 0, 1, 0], e::AGAIN),
        (76, [99, 0, to, 0, 1, 0], e::BADF),
        (76, [from, 0, out, 0, 1, 16], e::INVAL),
        (77, [file, to, 1, 0, 0, 0], e::INVAL),
        (77, [copy, to, 1, 0, 0, 0], e::AGAIN),
        (75, [file, parts, 1, 0, 0, 0], e::BADF),
        (75, [to, NOWHERE, 1, 0, 0, 0], e::FAULT),
        (71, [out, from, 0, 1, 0, 0], e::INVAL),
        (71, [from, file, 0, 0, 0, 0], e::BADF),
        (285, [file, 0, out, 0, 1, 1], e::INVAL),
        (285, [file, 0, 99, 0, 1, 0], e::BADF),
        (285, [file, NOWHERE, out, 0, 1, 0], e::FAULT),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn what_fills_a_pipe_waits_and_goes_on_where_it_was() {
    let mut g = Guest::new();
    let (from, to) = pipe(&mut g, 0);
    let contents: Vec<u8> = (0..200_000u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let file = g.file("f", &contents);
    assert_eq!(g.begin(71, &[to, file, 0, 200_000]), Outcome::Parked);
    let mut got = Vec::new();
    let mut buf = vec![0; 1 << 16];
    let reader = std::sync::Arc::clone(&g.k.fds.get(i32::try_from(from).unwrap()).unwrap().host);
    while got.len() < contents.len() {
        let n = crate::host::read(std::os::fd::AsFd::as_fd(&*reader), &mut buf).unwrap();
        got.extend_from_slice(&buf[..n]);
        g.begin_again();
    }
    assert_eq!((g.vcpu_x0(), got), (200_000, contents));
    assert_eq!(g.call(62, &[file, 0, 1]), 200_000, "the position is behind what was sent");
}

#[test]
fn flags_of_the_second_version_go_to_the_host() {
    let mut g = Guest::new();
    let fd = g.file("f", b"abc");
    let buf = g.bytes(b"xy");
    let parts = g.words(&[buf, 2]);
    let (from, _to) = pipe(&mut g, 0);
    for (nr, args, want) in [
        (287, [fd, parts, 1, 0, 0, 0x10], 2),
        (286, [fd, parts, 1, 3, 0, 1], 2),
        (286, [from, parts, 1, u64::MAX, 0, 8], e::AGAIN),
        (286, [fd, parts, 1, 0, 0, 0x10], e::OPNOTSUPP),
        (287, [fd, parts, 1, 0, 0, 0x30], e::INVAL),
        (287, [fd, parts, 1, 0, 0, 0x1000], e::OPNOTSUPP),
        (286, [99, parts, 1, 0, 0, 0], e::BADF),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(std::fs::read(g.root().join("f")).unwrap(), b"abcxy");
}

#[test]
fn limits_of_files_are_enforced() {
    let mut g = Guest::new();
    let fd = g.file("f", b"");
    let most = u64::MAX;
    let few = g.words(&[2, 1 << 20]);
    assert_eq!(g.call(164, &[7, few]), 0);
    assert_eq!(g.call(23, &[fd]), 1);
    let path = g.text("/made");
    assert_eq!(g.call(56, &[FDCWD, path, 0x42, 0o600]), e::MFILE);
    assert!(!g.root().join("made").exists(), "a file was made on the way");
    assert_eq!(g.call(23, &[fd]), e::MFILE);
    assert_eq!(g.call(24, &[fd, 2, 0]), e::BADF);
    assert_eq!(g.call(25, &[fd, 0, 2]), e::INVAL);
    let small = g.words(&[1000, most]);
    assert_eq!(g.call(164, &[1, small]), 0);
    let bytes = g.room(100);
    assert_eq!(g.call(68, &[fd, bytes, 100, 950]), 50);
    assert_eq!(g.call(68, &[fd, bytes, 1, 1000]), e::FBIG);
    assert_eq!(g.call(46, &[fd, 1001]), e::FBIG);
    assert_eq!(g.call(46, &[fd, 1000]), 0);
}

#[test]
fn watches_tell_of_files() {
    let mut g = Guest::new();
    let fd = g.call(26, &[NONBLOCK]).cast_unsigned();
    let (dir, missing) = (g.text("/bin"), g.text("/missing"));
    assert_eq!(g.call(27, &[fd, dir, 0x100]), 1);
    let buf = g.room(64);
    assert_eq!(g.call(63, &[fd, buf, 64]), e::AGAIN);
    g.open("/bin/new");
    assert_eq!(g.call(63, &[fd, buf, 64]), 32);
    assert_eq!((g.half(buf), g.half(buf + 4), g.read(buf + 16, 4)), (1, 0x100, b"new\0".to_vec()));
    for (nr, args, want) in [
        (27, [fd, missing, 0x100], e::NOENT),
        (27, [fd, dir, 0], e::INVAL),
        (27, [99, dir, 0x100], e::BADF),
        (28, [fd, 7, 0], e::INVAL),
        (28, [fd, 1, 0], 0),
        (26, [1, 0, 0], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn owners_of_files_are_guest_processes() {
    let mut g = Guest::new();
    let (from, _to) = pipe(&mut g, 0);
    assert_eq!(g.call(25, &[from, 9]), 0);
    assert_eq!(g.call(25, &[from, 8, 1]), 0);
    assert_eq!(g.call(25, &[from, 9]), 1, "the guest's own number");
    let ex = g.room(8);
    assert_eq!(g.call(25, &[from, 16, ex]), 0);
    assert_eq!((g.half(ex), g.half(ex + 4)), (1, 1));
    assert_eq!(g.call(25, &[from, 15, NOWHERE]), e::FAULT);
    assert_eq!(g.call(25, &[from, 8, 77]), e::SRCH);
    let (nobody, group) = (g.words(&[1 | 77 << 32]), g.words(&[2 | 1 << 32]));
    assert_eq!(g.call(25, &[from, 15, nobody]), e::SRCH);
    assert_eq!(g.call(25, &[from, 9]), 1, "as it was");
    assert_eq!(g.call(25, &[from, 8, 0]), 0);
    assert_eq!(g.call(25, &[from, 9]), 0);
    assert_eq!(g.call(25, &[from, 15, group]), 0);
    assert_eq!(g.call(25, &[from, 9]), 1, "the process that stands for its group");
    assert_eq!(g.call(25, &[from, 10, 65]), e::INVAL);
    assert_eq!(g.call(25, &[from, 10, 10]), 0);
    assert_eq!(g.call(25, &[from, 11]), 10);
}

#[test]
fn a_lock_is_waited_for_until_it_is_free_or_a_signal_comes() {
    const OFD_SETLK: i32 = 37;
    const OFD_SETLKW: u64 = 38;
    const FLOCK: u64 = 32;
    // A signal without a handler stays pending here, so that each part has a guest of its own.
    for (nr, signalled) in [(25, true), (25, false), (FLOCK, true), (FLOCK, false)] {
        let mut g = Guest::new();
        let holder = g.file("f", b"abc");
        let name = g.text("/f");
        let other = g.call(56, &[FDCWD, name, 2]).cast_unsigned();
        // struct flock: l_type and l_whence in the first word, l_start, l_len, l_pid.
        let (lock, unlock) = (g.words(&[1, 0, 1, 0]), g.words(&[2, 0, 1, 0]));
        let take = |fd| if nr == FLOCK { [fd, 2, 0] } else { [fd, OFD_SETLKW, lock] };
        assert_eq!(g.call(nr, &take(holder)), 0);
        assert_eq!(g.begin(nr, &take(other)), Outcome::Parked);
        if signalled {
            g.k.raise_on_self(10);
            assert_eq!(g.begin_again(), Outcome::Done);
            assert_eq!((g.vcpu_x0(), g.k.fds.locking.len()), (e::INTR, 0));
            continue;
        }
        let file = std::sync::Arc::clone(&g.k.fds.get(i32::try_from(holder).unwrap()).unwrap().host);
        let file = std::os::fd::AsFd::as_fd(&*file);
        match nr {
            FLOCK => crate::host::lock(file, 8).unwrap(),
            _ => crate::host::record_lock(file, OFD_SETLK, &mut g.read(unlock, 32).try_into().unwrap())
                .unwrap(),
        }
        let mut outcome = Outcome::Parked;
        while outcome == Outcome::Parked {
            g.k.await_parked(None);
            outcome = g.begin_again();
        }
        assert_eq!(g.vcpu_x0(), 0);
    }
}

#[test]
fn a_seal_against_writes_finds_a_mapping_in_its_way() {
    const ADD_SEALS: u64 = 1033;
    let mut g = Guest::new();
    let name = g.text("m");
    let fd = g.call(279, &[name, 2]).cast_unsigned();
    assert_eq!(g.call(46, &[fd, 4096]), 0);
    let at = g.call(222, &[0, 4096, 3, 1, fd, 0]).cast_unsigned();
    assert_eq!(g.call(25, &[fd, ADD_SEALS, 8]), e::BUSY);
    assert_eq!(g.call(25, &[fd, ADD_SEALS, 0x100 | 8]), e::INVAL);
    assert_eq!(g.call(215, &[at, 4096]), 0);
    assert_eq!(g.call(25, &[fd, ADD_SEALS, 8]), 0);
    assert_eq!(g.call(25, &[fd, ADD_SEALS + 1]), 8);
    assert_eq!(g.call(222, &[0, 4096, 3, 1, fd, 0]), e::PERM, "and then no such mapping can be made");
    assert!(g.call(222, &[0, 4096, 1, 1, fd, 0]) > 0);
}
