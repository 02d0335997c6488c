//! The files of `/proc` and `/sys` that describe the guest and its machine; all others are the host's.
//!
//! A file is made when it is opened. What a process has below its number is in `process`, what the machine has in
//! `machine`. A directory that is made up is open on the host as some directory, and its entries come from here.

mod machine;
mod others;
mod process;

pub(super) use others::answer;

use super::Kernel;
use super::path::own_name;
use super::thread::Thread;
use crate::guest::Space;
use crate::host::{self, Errno, Statx};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::{AsFd, OwnedFd};
use traces::Tid;

/// Whose files: those of the process, as its first thread has them, or of one thread.
#[derive(Clone, Copy)]
struct Whose<'a> {
    thread: &'a Thread,
    /// Whether only what the thread itself has counts.
    alone: bool,
}

/// What a path of a process names.
struct Place<'a> {
    whose: Whose<'a>,
    /// The rest of the path, without slashes around it.
    name: &'a [u8],
}

/// What a path of this process names; none if it is not one, ENOENT if there is no such thread.
fn place<'a>(k: &'a Kernel, guest: &'a [u8]) -> Option<Result<Place<'a>, Errno>> {
    let name = own_name(k.fs.pid, guest)?;
    let task = guest.windows(6).position(|part| part == b"/task/").map(|at| &guest[at + 6..]);
    let tid = match task {
        _ if guest.starts_with(b"/proc/thread-self") => k.threads.current,
        // The path below `task` begins with the number, unless it is the directory's own.
        Some(rest) => match number(rest.split(|&b| b == b'/').next().unwrap_or_default()) {
            Some(tid) => Tid(tid),
            None => return Some(Err(Errno::ENOENT)),
        },
        None => {
            let leader = k.threads.get(Tid(k.pid)).unwrap_or_else(|| k.me());
            return Some(Ok(Place { whose: Whose { thread: leader, alone: false }, name }));
        }
    };
    let thread = k.threads.get(tid).ok_or(Errno::ENOENT);
    Some(thread.map(|thread| Place { whose: Whose { thread, alone: true }, name }))
}

/// A decimal number as `/proc` writes it.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok()
}

/// Opens a file or directory that is made up; none if the path is not one of them.
pub(super) fn open(k: &Kernel, space: &Space, guest: &[u8]) -> Result<Option<OwnedFd>, Errno> {
    /// O_DIRECTORY and O_CLOEXEC in arm64's values.
    const DIRECTORY: u32 = 0x4000 | 0x8_0000;
    if is_directory(k, guest) {
        return host::open(host::Dir::Cwd, c"/proc/self/fd", DIRECTORY, 0).map(Some);
    }
    let Some(bytes) = contents(k, space, guest)? else { return Ok(None) };
    let file = host::memfd(c"proc", 0)?;
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let n = host::write(file.as_fd(), rest)?;
        rest = &rest[n..];
    }
    host::seek(file.as_fd(), 0, 0)?;
    Ok(Some(file))
}

/// Whether a file that is made up takes what is written to it, see [`written`].
pub(super) fn is_writable(k: &Kernel, guest: &[u8]) -> bool {
    matches!(place(k, guest), Some(Ok(Place { name: b"comm" | b"oom_score_adj", .. })))
}

/// Whether a path is a directory that is made up.
pub(super) fn is_directory(k: &Kernel, guest: &[u8]) -> bool {
    match place(k, guest) {
        None => others::is_directory(k, guest),
        Some(Ok(Place { whose, name })) => match name {
            b"" | b"fd" | b"fdinfo" => true,
            b"task" => !whose.alone,
            _ => false,
        },
        _ => false,
    }
}

/// Bytes that were written to a file of `/proc`.
pub(super) fn written(k: &mut Kernel, guest: &[u8], bytes: &[u8]) {
    let Some(Ok(Place { whose, name })) = place(k, guest) else { return };
    let tid = whose.thread.tid;
    match name {
        b"comm" => {
            let end = bytes.iter().position(|&b| b == 0 || b == b'\n').unwrap_or(bytes.len());
            let name = bytes[..end.min(15)].to_vec();
            if let Some(thread) = k.threads.get_mut(tid) {
                thread.name = name;
            }
        }
        b"oom_score_adj" => {
            let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
            if let Some(score) = text.parse().ok().filter(|score| (-1000..=1000).contains(score)) {
                k.process.oom_score_adj = score;
            }
        }
        _ => {}
    }
}

/// stat of a file, directory or link that is made up; none if the path is not one of them.
pub(super) fn stat(k: &Kernel, space: &Space, guest: &[u8], nofollow: bool) -> Result<Option<Statx>, Errno> {
    if nofollow && let Some(target) = link(k, guest) {
        target?;
        // A link in fd shows by its mode what the file is open for.
        let fd = own_name(k.fs.pid, guest).and_then(|name| number(name.strip_prefix(b"fd/")?));
        let file = fd.and_then(|fd| k.fds.get(fd.cast_signed()).ok());
        let path = file.map_or("/proc/self/exe".into(), |file| {
            format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&*file.host))
        });
        let mut stat = host::statx(host::Dir::Cwd, &super::path::c_string(path.as_bytes())?, 0x100, 0x7FF)?;
        stat.stx_size = 0;
        return Ok(Some(stat));
    }
    let Some(file) = open(k, space, guest)? else { return Ok(None) };
    let mut stat = host::fstat(file.as_fd())?;
    let directory = is_directory(k, guest);
    stat.stx_mode = match () {
        () if directory => 0o040_555,
        () if is_writable(k, guest) => 0o100_644,
        () => 0o100_444,
    };
    stat.stx_size = 0;
    (stat.stx_uid, stat.stx_gid) = (k.ids.uid.effective, k.ids.gid.effective);
    if let Some(Ok(Place { whose, name })) = place(k, guest) {
        // The same file under whatever name.
        let mut hasher = DefaultHasher::new();
        (whose.thread.tid, whose.alone, name).hash(&mut hasher);
        stat.stx_ino = hasher.finish() >> 1;
    } else if let Some(user) = others::user_of(k, guest) {
        let mut hasher = DefaultHasher::new();
        guest.hash(&mut hasher);
        stat.stx_ino = hasher.finish() >> 1;
        stat.stx_uid = user;
    }
    Ok(Some(stat))
}

/// The target of a link that is made up; none if the path is not one of them.
pub(super) fn link(k: &Kernel, guest: &[u8]) -> Option<Result<Vec<u8>, Errno>> {
    match guest {
        b"/proc/self" => return Some(Ok(k.pid.to_string().into_bytes())),
        b"/proc/thread-self" => {
            return Some(Ok(format!("{}/task/{}", k.pid, k.threads.current.0).into_bytes()));
        }
        b"/proc/mounts" => return Some(Ok(b"self/mounts".to_vec())),
        b"/proc/net" => return Some(Ok(b"self/net".to_vec())),
        _ => {}
    }
    let name = match place(k, guest) {
        None => return others::link(k, guest),
        Some(Ok(place)) => place.name,
        Some(Err(errno)) => return Some(Err(errno)),
    };
    if let Some(number) = name.strip_prefix(b"fd/") {
        let file = self::number(number).and_then(|fd| k.fds.get(fd.cast_signed()).ok());
        return Some(file.map(|file| k.fs.link_of(file)).ok_or(Errno::ENOENT));
    }
    match name {
        b"exe" => Some(Ok(k.process.exe.clone())),
        b"cwd" => Some(k.fs.cwd()),
        b"root" => Some(Ok(b"/".to_vec())),
        _ => None,
    }
}

fn contents(k: &Kernel, space: &Space, guest: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
    match place(k, guest) {
        Some(place) => {
            let Place { whose, name } = place?;
            process::file(k, space, whose, name).transpose()
        }
        None => match others::contents(k, guest) {
            Some(answer) => answer,
            None => machine::file(k, guest).transpose(),
        },
    }
}

/// Whether a process has a file of that name.
pub(super) fn has(name: &[u8]) -> bool {
    process::FILES.iter().any(|file| file.as_bytes() == name)
}

/// The text of a file of the host.
fn of_host(path: &str) -> Result<Vec<u8>, Errno> {
    std::fs::read(path).map_err(Errno::from)
}

const DIRECTORY: u8 = 4;
const FILE: u8 = 8;
const LINK: u8 = 10;

/// The names in a directory that is made up, with the kinds that linux_dirent64 has; none if it is the host's.
fn names(k: &Kernel, guest: &[u8]) -> Option<Vec<(String, u8)>> {
    if guest == b"/proc" {
        return Some(names_of_root(k));
    }
    let Some(place) = place(k, guest) else { return others::names(k, guest) };
    let Place { whose, name } = place.ok()?;
    let open = || k.fds.open().map(|(fd, _)| fd.to_string());
    Some(match name {
        b"fd" => open().map(|fd| (fd, LINK)).collect(),
        b"fdinfo" => open().map(|fd| (fd, FILE)).collect(),
        b"task" if !whose.alone => k.threads.iter().map(|t| (t.tid.0.to_string(), DIRECTORY)).collect(),
        b"" => {
            let directories = ["fd", "fdinfo"].into_iter().chain((!whose.alone).then_some("task"));
            let links = ["cwd", "exe", "root"].into_iter().map(|name| (name, LINK));
            let files = process::FILES.iter().map(|name| (*name, FILE));
            let all = directories.map(|name| (name, DIRECTORY)).chain(links).chain(files);
            all.map(|(name, kind)| (name.to_owned(), kind)).collect()
        }
        _ => return None,
    })
}

/// What the host has in `/proc`, but of the processes only the guest's.
fn names_of_root(k: &Kernel) -> Vec<(String, u8)> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if number(name.as_bytes()).is_some() {
            continue;
        }
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => DIRECTORY,
            Ok(kind) if kind.is_symlink() => LINK,
            _ => FILE,
        };
        names.push((name, kind));
    }
    let mut pids: Vec<u32> = k.family.all().map(|process| process.pid).collect();
    pids.sort_unstable();
    names.extend(pids.into_iter().map(|pid| (pid.to_string(), DIRECTORY)));
    names
}

/// The entries of a directory that is made up from position `from` on, as linux_dirent64, in at most `room` bytes; the
/// position to go on from, and whether there are more. None if the directory is the host's.
///
/// A name that is a number has its place by it, as Linux does it: whoever closes what he reads of in `fd` misses
/// nothing.
pub(super) fn entries(k: &Kernel, guest: &[u8], from: u64, room: usize) -> Option<(Vec<u8>, u64, bool)> {
    /// Where the numbers begin, behind all other names of a directory.
    const NUMBERS: u64 = 0x1_0000;
    let dots = [(".".to_owned(), DIRECTORY), ("..".to_owned(), DIRECTORY)];
    let mut bytes = Vec::new();
    let mut next = from;
    for (index, (name, kind)) in (0..).zip(dots.into_iter().chain(names(k, guest)?)) {
        let position = number(name.as_bytes()).map_or(index, |number| NUMBERS + u64::from(number));
        let len = (19 + name.len() + 1).next_multiple_of(8);
        if position < from {
            continue;
        }
        if bytes.len() + len > room {
            return Some((bytes, next, true));
        }
        next = position + 1;
        let end = bytes.len() + len;
        bytes.extend(next.to_le_bytes()); // the inode is of no use to anybody
        bytes.extend(next.to_le_bytes());
        bytes.extend(u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes());
        bytes.push(kind);
        bytes.extend(name.as_bytes());
        bytes.resize(end, 0);
    }
    Some((bytes, next, false))
}
