//! `--deny-host-writes`: the guest sees what it did, the host's files stay as they were.

use super::{FDCWD, Guest, e};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const CREAT: u64 = 0x40;
const EXCL: u64 = 0x80;
const WRONLY: u64 = 1;
const TRUNC: u64 = 0x200;
const DIRECTORY: u64 = 0x4000;
const REMOVEDIR: u64 = 0x200;

/// Everything below a directory: contents, links, modes.
fn tree(root: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let mut all = BTreeMap::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(path) = todo.pop() {
        let about = path.symlink_metadata().unwrap();
        let contents = if about.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else if about.is_symlink() {
            std::fs::read_link(&path).unwrap().to_str().unwrap().into()
        } else {
            std::fs::read(&path).unwrap()
        };
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        all.insert(name, (contents, about.permissions().mode()));
    }
    all
}

fn fill(g: &Guest) {
    let root = g.root();
    for dir in ["d/sub", "e", "empty"] {
        std::fs::create_dir_all(root.join(dir)).unwrap();
    }
    for (file, text) in [("d/a", "aaa"), ("d/b", "bbb"), ("d/sub/c", "ccc"), ("e/x", "xxx"), ("f", "fff")] {
        std::fs::write(root.join(file), text).unwrap();
    }
    std::os::unix::fs::symlink("/d/a", root.join("e/link")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("e/loose")).unwrap();
    std::os::unix::fs::symlink("d", root.join("to")).unwrap();
}

fn over(dir: &Path) -> Guest {
    let mut g = Guest::new();
    g.k.fs.deny_host_writes(dir).unwrap();
    fill(&g);
    g
}

/// The names in a directory as the guest gets them, through a small buffer.
fn list(g: &mut Guest, path: &str) -> Result<Vec<String>, i64> {
    let text = g.text(path);
    let fd = g.call(56, &[FDCWD, text, DIRECTORY]);
    if fd < 0 {
        return Err(fd);
    }
    let (fd, buf, mut names) = (fd.cast_unsigned(), g.room(64), Vec::new());
    loop {
        let got = usize::try_from(g.call(61, &[fd, buf, 64])).unwrap();
        let bytes = g.read(buf, got);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let len = usize::from(u16::from_le_bytes([rest[16], rest[17]]));
            let end = rest[19..].iter().position(|&b| b == 0).unwrap();
            names.push(String::from_utf8(rest[19..19 + end].to_vec()).unwrap());
            rest = &rest[len..];
        }
        if got == 0 {
            break;
        }
    }
    g.call(57, &[fd]);
    names.sort();
    Ok(names)
}

fn contents(g: &mut Guest, path: &str) -> Result<Vec<u8>, i64> {
    let text = g.text(path);
    let fd = g.call(56, &[FDCWD, text, 0]);
    if fd < 0 {
        return Err(fd);
    }
    let buf = g.room(32);
    let got = g.call(63, &[fd.cast_unsigned(), buf, 32]);
    g.call(57, &[fd.cast_unsigned()]);
    if got < 0 { Err(got) } else { Ok(g.read(buf, usize::try_from(got).unwrap())) }
}

fn put(g: &mut Guest, path: &str, flags: u64, bytes: &[u8]) -> i64 {
    let (text, at) = (g.text(path), g.bytes(bytes));
    let fd = g.call(56, &[FDCWD, text, flags, 0o640]);
    if fd < 0 {
        return fd;
    }
    let put = g.call(64, &[fd.cast_unsigned(), at, bytes.len() as u64]);
    g.call(57, &[fd.cast_unsigned()]);
    put
}

fn on(g: &mut Guest, nr: u64, path: &str, more: u64) -> i64 {
    let text = g.text(path);
    g.call(nr, &[FDCWD, text, more])
}

fn between(g: &mut Guest, nr: u64, from: &str, to: &str, flags: u64) -> i64 {
    let (from, to) = (g.text(from), g.text(to));
    g.call(nr, &[FDCWD, from, FDCWD, to, flags])
}

const LINK: u64 = 37;
const RENAME: u64 = 276;
const MKDIR: u64 = 34;
const UNLINK: u64 = 35;

#[test]
fn the_host_keeps_its_files_and_the_guest_sees_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut g = over(dir.path());
    let before = tree(g.root());
    assert_eq!(put(&mut g, "/d/a", WRONLY, b"AB"), 2);
    assert_eq!(put(&mut g, "/e/link", WRONLY | 0x400, b"!"), 1, "through the link, at the end");
    assert_eq!(contents(&mut g, "/to/a"), Ok(b"ABa!".to_vec()));
    assert_eq!(put(&mut g, "/new", WRONLY | CREAT, b"n"), 1);
    assert_eq!(put(&mut g, "/d/b", WRONLY | CREAT | EXCL, b""), e::EXIST);
    assert_eq!(put(&mut g, "/d/b", WRONLY | TRUNC, b""), 0);
    assert_eq!(contents(&mut g, "/d/b"), Ok(vec![]));
    assert_eq!(on(&mut g, UNLINK, "/d/b", 0), 0);
    assert_eq!(on(&mut g, UNLINK, "/d/b", 0), e::NOENT);
    assert_eq!(list(&mut g, "/d").unwrap(), [".", "..", "a", "sub"]);
    assert_eq!(on(&mut g, UNLINK, "/d", REMOVEDIR), e::NOTEMPTY);
    for (path, flags) in [("/d/sub/c", 0), ("/d/sub", REMOVEDIR), ("/d/a", 0), ("/d", REMOVEDIR)] {
        assert_eq!(on(&mut g, UNLINK, path, flags), 0, "{path}");
    }
    assert_eq!(contents(&mut g, "/d/a"), Err(e::NOENT));
    assert_eq!(on(&mut g, MKDIR, "/d", 0o700), 0);
    assert_eq!(list(&mut g, "/d").unwrap(), [".", ".."], "what was below has gone for good");
    assert_eq!(on(&mut g, MKDIR, "/to/sub", 0o700), 0);
    assert_eq!(list(&mut g, "/d/sub").unwrap(), [".", ".."]);
    assert_eq!(between(&mut g, RENAME, "/e", "/moved", 0), e::XDEV, "programs copy then");
    assert_eq!(between(&mut g, RENAME, "/d", "/moved", 0), 0);
    assert_eq!(between(&mut g, RENAME, "/e/x", "/moved/x", 0), 0);
    assert_eq!((list(&mut g, "/e").unwrap().len(), contents(&mut g, "/moved/x")), (4, Ok(b"xxx".to_vec())));
    assert_eq!(between(&mut g, LINK, "/f", "/moved/hard", 0), 0);
    assert_eq!(put(&mut g, "/f", WRONLY, b"F"), 1);
    assert_eq!(contents(&mut g, "/moved/hard"), Ok(b"Fff".to_vec()));
    assert_eq!(before, tree(g.root()), "the host's files changed");
}

#[test]
fn attributes_of_open_and_named_files_change_in_the_overlay() {
    let dir = tempfile::tempdir().unwrap();
    let mut g = over(dir.path());
    let before = tree(g.root());
    let (a, f) = (g.text("/d/a"), g.text("/f"));
    let fd = g.call(56, &[FDCWD, a, 0]).cast_unsigned();
    let times = g.words(&[1, 0, 2, 0]);
    let st = g.room(128);
    assert_eq!(g.call(52, &[fd, 0o600]), 0);
    assert_eq!(g.call(88, &[fd, 0, times, 0]), 0);
    assert_eq!(g.call(79, &[FDCWD, a, st, 0]), 0);
    assert_eq!((g.half(st + 16), g.word(st + 88)), (0o100_600, 2));
    assert_eq!(g.call(53, &[FDCWD, f, 0o400]), 0);
    assert_eq!(g.call(45, &[f, 1]), 0);
    assert_eq!(contents(&mut g, "/f"), Ok(b"f".to_vec()));
    let again = g.text(&format!("/proc/self/fd/{fd}"));
    let at = g.bytes(b"ZZ");
    let reopened = g.call(56, &[FDCWD, again, WRONLY]).cast_unsigned();
    assert_eq!(g.call(64, &[reopened, at, 2]), 2);
    assert_eq!(contents(&mut g, "/d/a"), Ok(b"ZZa".to_vec()));
    assert_eq!(before, tree(g.root()), "the host's files changed");
    for (nr, path) in [(MKDIR, "/proc/new"), (MKDIR, "/sys/new"), (MKDIR, "/dev/new"), (UNLINK, "/dev/null")]
    {
        assert_eq!(on(&mut g, nr, path, 0), e::ROFS, "{path}");
    }
    assert_eq!(put(&mut g, "/dev/null", WRONLY, b"x"), 1);
}

#[test]
fn a_socket_is_bound_to_a_name_in_the_overlay() {
    let dir = tempfile::tempdir().unwrap();
    let mut g = over(dir.path());
    let before = tree(g.root());
    let socket = |g: &mut Guest, path: &str, nr: u64| {
        let fd = g.call(198, &[1, 1, 0]).cast_unsigned();
        let bytes = [&1u16.to_le_bytes()[..], path.as_bytes(), b"\0"].concat();
        let at = g.bytes(&bytes);
        (fd, g.call(nr, &[fd, at, bytes.len() as u64]))
    };
    const BIND: u64 = 200;
    const CONNECT: u64 = 203;
    let (listener, bound) = socket(&mut g, "/to/sock", BIND);
    assert_eq!((bound, g.call(201, &[listener, 4])), (0, 0));
    assert_eq!(socket(&mut g, "/d/sock", CONNECT).1, 0);
    assert_eq!(socket(&mut g, "/d/sock", BIND).1, e::ADDRINUSE);
    assert_eq!(socket(&mut g, "/f", BIND).1, e::ADDRINUSE, "the host has it");
    assert_eq!(socket(&mut g, "/dev/sock", BIND).1, e::ROFS);
    assert_eq!(list(&mut g, "/d").unwrap(), [".", "..", "a", "b", "sock", "sub"]);
    assert_eq!(before, tree(g.root()), "the host's files changed");
}

/// The same changes with and without an overlay have the same answers and leave the same to see.
#[test]
fn the_guest_cannot_tell_an_overlay_from_its_files() {
    const PATHS: [&str; 14] = [
        "/d",
        "/d/a",
        "/d/b",
        "/d/sub",
        "/d/sub/c",
        "/e",
        "/e/x",
        "/e/link",
        "/e/loose",
        "/empty",
        "/f",
        "/to/a",
        "/d/new",
        "/e/new/deep",
    ];
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    let mut below = |n: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % n as u64).unwrap()
    };
    for round in 0..12 {
        let dir = tempfile::tempdir().unwrap();
        let (mut real, mut layered) = (Guest::new(), over(dir.path()));
        fill(&real);
        let before = tree(layered.root());
        for step in 0..40 {
            let (path, other, what) = (PATHS[below(14)], PATHS[below(14)], below(9));
            let act = |g: &mut Guest| match what {
                0 => put(g, path, WRONLY | CREAT, b"one"),
                1 => put(g, path, WRONLY | TRUNC, b"two"),
                2 => put(g, path, WRONLY | CREAT | EXCL, b"three"),
                3 => on(g, UNLINK, path, 0),
                4 => on(g, UNLINK, path, REMOVEDIR),
                5 => on(g, MKDIR, path, 0o755),
                6 => between(g, LINK, path, other, 0),
                7 => on(g, 53, path, 0o640),
                _ => between(g, RENAME, path, other, 0),
            };
            // A directory of the host's does not move, and its files in the overlay are copies.
            let moves = what == 8 && list(&mut real, path).is_ok();
            if moves {
                continue;
            }
            assert_eq!(
                act(&mut real),
                act(&mut layered),
                "round {round}, step {step}: {what} {path} {other}"
            );
            for path in PATHS {
                let place = format!("round {round}, step {step}: {what} {path} {other}");
                assert_eq!(list(&mut real, path), list(&mut layered, path), "{place}");
                assert_eq!(contents(&mut real, path), contents(&mut layered, path), "{place}");
            }
            for g in [&mut real, &mut layered] {
                g.free = super::DATA;
            }
        }
        assert_eq!(before, tree(layered.root()), "the host's files changed");
    }
}
