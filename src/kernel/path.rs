//! Guest paths: working directory, sysroot, symbolic links that stay inside it, fallback to the host.

mod overlay;

use super::family::{Family, Question};
use super::fd::{FdTable, OpenFile};
use crate::host::{self, Dir, Errno};
use overlay::Overlay;
pub(crate) use overlay::{Layers, Listing};
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// AT_FDCWD.
pub(crate) const CWD: i32 = -100;
/// O_PATH | O_DIRECTORY | O_CLOEXEC in arm64's values.
const OPEN_DIR: u32 = 0x20_0000 | 0x4000 | 0x8_0000;
const MAX_LINKS: usize = 40;

/// Where a process is in the file tree.
#[derive(Debug)]
pub(crate) struct Fs {
    sysroot: Option<PathBuf>,
    /// The name of the working directory when it was entered.
    cwd: Vec<u8>,
    /// The working directory, if it could be opened.
    here: Option<OwnedFd>,
    /// The processes of the run, which have files below `/proc`.
    pub(crate) family: Option<Family>,
    /// The process whose `/proc/self` it is.
    pub(crate) pid: u32,
    /// Absolute guest path of the program, where `/proc/self/exe` leads.
    pub(crate) exe: Vec<u8>,
    /// Where writes go instead of the host's files.
    overlay: Option<Overlay>,
}

/// A guest path as the host is asked for it.
#[derive(Debug)]
pub(crate) struct Located {
    /// The directory that a relative path starts from, our own duplicate; none for the working directory.
    dir: Option<OwnedFd>,
    /// The path for the host.
    pub(crate) path: CString,
    /// The absolute guest path, lexically clean.
    pub(crate) guest: Vec<u8>,
    /// Where it is under `--deny-host-writes`.
    pub(crate) layers: Option<Layers>,
}

impl Located {
    /// The directory argument for the host call.
    pub(crate) fn dir(&self) -> Dir<'_> {
        self.dir.as_ref().map_or(Dir::Cwd, |fd| Dir::Fd(fd.as_fd()))
    }
}

/// Whether the last component of a path may be a link to follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Follow {
    Yes,
    No,
}

/// What keeps a path from leading everywhere (openat2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bounds {
    /// The directory that it starts from is the root, or its border.
    Directory,
    /// Some links are not followed.
    NoLinks,
    /// Other ways.
    Other,
}

impl Fs {
    /// Starts in `workdir` (ours if none), which must exist.
    pub(crate) fn new(sysroot: Option<&Path>, workdir: Option<&Path>) -> Result<Fs, Errno> {
        let sysroot = sysroot.map(std::fs::canonicalize).transpose()?;
        let here = host::open(Dir::Cwd, c".", OPEN_DIR, 0).ok();
        let mut fs =
            Fs { sysroot, cwd: b"/".to_vec(), here, family: None, pid: 1, exe: Vec::new(), overlay: None };
        if let Ok(here) = std::env::current_dir() {
            fs.cwd = here.as_os_str().as_bytes().to_vec();
        }
        if let Some(dir) = workdir {
            fs.change_dir(&FdTable::default(), dir.as_os_str().as_bytes())?;
        }
        Ok(fs)
    }

    /// The working directory as the guest sees it. Whoever renames it changes its name: the host knows, unless
    /// another layer has it.
    ///
    /// # Errors
    /// ENOENT if it was removed.
    pub(crate) fn cwd(&self) -> Result<Vec<u8>, Errno> {
        let Some(here) = &self.here else { return Ok(self.cwd.clone()) };
        if host::fstat(here.as_fd())?.stx_nlink == 0 {
            return Err(Errno::ENOENT);
        }
        let known = |path: &Vec<u8>| match &self.overlay {
            Some(overlay) => Path::new(OsStr::from_bytes(path)).starts_with(overlay.upper()),
            None => true,
        };
        if self.cwd.starts_with(b"/proc/") {
            return Ok(self.cwd.clone()); // the host numbers processes otherwise
        }
        let path = host::path_of(here.as_fd()).filter(known);
        Ok(path.map_or_else(|| self.cwd.clone(), |path| self.shown(path)))
    }

    /// Finds out what to ask the host for.
    pub(crate) fn locate(
        &self,
        fds: &FdTable,
        dirfd: i32,
        path: &[u8],
        follow: Follow,
    ) -> Result<Located, Errno> {
        self.locate_through(fds, dirfd, path, follow, 0)
    }

    /// The same when so many links of `/proc` have led here.
    fn locate_through(
        &self,
        fds: &FdTable,
        dirfd: i32,
        path: &[u8],
        follow: Follow,
        links: usize,
    ) -> Result<Located, Errno> {
        if links > MAX_LINKS {
            return Err(Errno::ELOOP);
        }
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let absolute = path[0] == b'/';
        let base: &[u8] = match dirfd {
            _ if absolute => b"/",
            CWD => &self.cwd().unwrap_or_else(|_| self.cwd.clone()),
            fd => &fds.get(fd)?.path,
        };
        let guest = join(base, path);
        // What makes the last component a directory to be looked into, and a link one to be followed.
        let ending = match path {
            [.., b'/'] => Some(""),
            [.., b'/', b'.'] | [b'.'] => Some("."),
            _ => None,
        };
        let onward = |path: &[u8]| self.locate_through(fds, CWD, path, follow, links + 1);
        match own_link(self.pid, &guest, ending.is_some() || follow == Follow::Yes) {
            None => {}
            Some(OwnLink::Fd(fd)) => {
                let file = fds.get(fd).map_err(|_| Errno::ENOENT)?;
                if let Some(located) = self.hidden_behind(file) {
                    return Ok(located);
                }
                let path = format!("/proc/self/fd/{}", file.host.as_raw_fd());
                return Ok(Located {
                    dir: None,
                    path: c_string(path.as_bytes())?,
                    guest: file.path.clone(),
                    layers: None,
                });
            }
            Some(OwnLink::Below(fd, rest)) => {
                let file = fds.get(fd).map_err(|_| Errno::ENOENT)?;
                return onward(&[&file.path, rest].concat());
            }
            Some(OwnLink::Exe) => return onward(&self.exe),
            Some(OwnLink::Cwd(rest)) => return onward(&[&self.cwd, rest].concat()),
            Some(OwnLink::Root(rest)) => return onward(&[b"/", rest].concat()),
            Some(OwnLink::Descriptors) => return onward(b"/proc/self/fd"),
            // What is left would tell of the emulator, or let the guest reach into it.
            Some(OwnLink::Hidden) => {
                return self.at_other(&guest, ending.is_some() || follow == Follow::Yes, &onward);
            }
        }
        if let Some(overlay) = self.overlay.as_ref() {
            match self.locate_layered(overlay, &guest, ending.is_some(), follow)? {
                Ok(located) => return Ok(located),
                Err(elsewhere) if elsewhere != guest => return onward(&elsewhere),
                Err(_) => {}
            }
        }
        if let Some(root) = &self.sysroot {
            let host = self.in_sysroot(root, &guest, ending, follow)?;
            return Ok(Located {
                dir: None,
                path: c_string(host.as_os_str().as_bytes())?,
                guest,
                layers: None,
            });
        }
        let dir = match dirfd {
            _ if absolute => None,
            CWD => None,
            fd => Some(host::duplicate(fds.host(fd)?)?),
        };
        Ok(Located { dir, path: c_string(path)?, guest, layers: None })
    }

    /// Where a path below `/proc` leads that is no business of this process: to another one of the run, or nowhere.
    fn at_other(
        &self,
        guest: &[u8],
        follow: bool,
        onward: &dyn Fn(&[u8]) -> Result<Located, Errno>,
    ) -> Result<Located, Errno> {
        let Some((family, other)) = self.family.as_ref().and_then(|family| {
            let pid = number(first_of(guest.strip_prefix(b"/proc/")?).0)?;
            Some((family, family.find(pid).filter(|_| pid != self.pid)?))
        }) else {
            return Err(Errno::ENOENT);
        };
        let pid = other.pid;
        let ask = |question, name: &str| {
            // Nothing can be answered from here; who asks us meanwhile waits longer than we do.
            let path = format!("/proc/{pid}/{name}");
            family.ask(&other, question, path.as_bytes(), &|| ()).map_err(|_| Errno::ENOENT)
        };
        let link = |name: &str, rest: &[u8]| onward(&[&ask(Question::Link, name)?, rest].concat());
        match own_link(pid, guest, follow) {
            // It is made up; what the host has of the name differs in nothing that it is asked for.
            None => {
                let path = [b"/proc/self/", own_name(pid, guest).unwrap_or_default()].concat();
                Ok(Located { dir: None, path: c_string(&path)?, guest: guest.to_vec(), layers: None })
            }
            Some(OwnLink::Exe) => link("exe", b""),
            Some(OwnLink::Cwd(rest)) => link("cwd", rest),
            Some(OwnLink::Root(rest)) => onward(&[b"/", rest].concat()),
            Some(OwnLink::Below(fd, rest)) => link(&format!("fd/{fd}"), rest),
            Some(OwnLink::Fd(fd)) => {
                let answer = ask(Question::Descriptor, &format!("fd/{fd}"))?;
                let (number, guest) = answer.split_at_checked(4).ok_or(Errno::ENOENT)?;
                let number = i32::from_le_bytes(number.try_into().expect("4 bytes"));
                let path = c_string(format!("/proc/{}/fd/{number}", other.host).as_bytes())?;
                Ok(Located { dir: None, path, guest: guest.to_vec(), layers: None })
            }
            Some(OwnLink::Descriptors | OwnLink::Hidden) => Err(Errno::ENOENT),
        }
    }

    /// Opens a path that the host is to follow within bounds. `open` is given a directory, a path and the RESOLVE_ bits
    /// that keep the path in the sysroot.
    pub(crate) fn open_bounded(
        &self,
        fds: &FdTable,
        dirfd: i32,
        path: &[u8],
        open: &dyn Fn(Dir<'_>, &CStr, u64) -> Result<OwnedFd, Errno>,
        bounds: Bounds,
    ) -> Result<OwnedFd, Errno> {
        const IN_ROOT: u64 = 16;
        let text = c_string(path)?;
        let base = match dirfd {
            CWD => None,
            fd => Some(fds.get(fd)?),
        };
        let dir = || base.map_or(Dir::Cwd, |file| Dir::Fd(file.host.as_fd()));
        let from = base.map_or(&self.cwd[..], |file| &file.path);
        let inside = path.strip_prefix(b"/").filter(|_| bounds == Bounds::Directory);
        if own_link(self.pid, &join(from, inside.unwrap_or(path)), true).is_some() {
            return Err(if bounds == Bounds::NoLinks { Errno::ELOOP } else { Errno::EXDEV });
        }
        if !path.starts_with(b"/") || bounds == Bounds::Directory {
            return open(dir(), &text, 0);
        }
        let Some(root) = &self.sysroot else { return open(dir(), &text, 0) };
        let root = c_string(root.as_os_str().as_bytes())?;
        let root = host::open(Dir::Cwd, &root, OPEN_DIR, 0)?;
        match open(Dir::Fd(root.as_fd()), &text, IN_ROOT) {
            Err(Errno::ENOENT) => open(Dir::Cwd, &text, 0),
            outcome => outcome,
        }
    }

    /// Whether writes go to an overlay.
    pub(crate) fn denies_host_writes(&self) -> bool {
        self.overlay.is_some()
    }

    /// The guest path for a path of the host.
    pub(crate) fn shown(&self, host: Vec<u8>) -> Vec<u8> {
        let roots = [self.overlay.as_ref().map(Overlay::upper), self.sysroot.as_deref()];
        for root in roots.into_iter().flatten() {
            match host.strip_prefix(root.as_os_str().as_bytes()) {
                Some([]) => return b"/".to_vec(),
                Some(inside) if inside[0] == b'/' => return inside.to_vec(),
                _ => {}
            }
        }
        host
    }

    /// Where the link of an open file in `/proc/self/fd` leads: the host knows of files that were renamed or removed.
    pub(crate) fn link_of(&self, file: &OpenFile) -> Vec<u8> {
        let path = &file.path;
        let made_up = own_name(self.pid, path).is_some() || path.starts_with(b"/proc/");
        let named = path.starts_with(b"/") || path.starts_with(b"pipe:") || path.starts_with(b"socket:");
        match host::path_of(file.host.as_fd()) {
            Some(host) if named && !made_up => self.shown(host),
            _ => path.clone(),
        }
    }

    /// chdir(2).
    pub(crate) fn change_dir(&mut self, fds: &FdTable, path: &[u8]) -> Result<(), Errno> {
        let located = self.locate(fds, CWD, path, Follow::Yes)?;
        let dir = host::open(located.dir(), &located.path, OPEN_DIR, 0)?;
        self.enter(dir, located.guest)
    }

    /// fchdir(2).
    pub(crate) fn change_dir_fd(&mut self, fds: &FdTable, fd: i32) -> Result<(), Errno> {
        let file = fds.get(fd)?;
        self.enter(host::duplicate(file.host.as_fd())?, file.path.clone())
    }

    /// Makes `dir` the working directory, which the guest calls `guest` unless the host knows better.
    fn enter(&mut self, dir: OwnedFd, guest: Vec<u8>) -> Result<(), Errno> {
        host::change_dir(dir.as_fd())?;
        self.here = Some(dir);
        self.cwd = guest;
        if let Ok(name) = self.cwd() {
            self.cwd = name;
        }
        Ok(())
    }

    /// The host path for an absolute guest path: inside the sysroot if it or its directory is there, else the
    /// host's own if that exists, else inside the sysroot.
    fn in_sysroot(
        &self,
        root: &Path,
        guest: &[u8],
        ending: Option<&str>,
        follow: Follow,
    ) -> Result<PathBuf, Errno> {
        let mut inside = resolve_inside(root, guest, ending.is_some() || follow == Follow::Yes)?;
        let mut on_host = PathBuf::from(OsStr::from_bytes(guest));
        on_host.extend(ending);
        // Behind a file of the sysroot there is nothing, whatever the host has there.
        if let Err(error) = inside.symlink_metadata()
            && error.kind() != std::io::ErrorKind::NotADirectory
        {
            let parent_inside = inside.parent().is_some_and(Path::is_dir);
            if on_host.symlink_metadata().is_ok() || !parent_inside {
                return Ok(on_host);
            }
        }
        inside.extend(ending);
        Ok(inside)
    }
}

/// A path of `/proc` or `/dev` that leads elsewhere by what the guest process is.
#[derive(PartialEq, Eq, Debug)]
enum OwnLink<'a> {
    /// `fd/N`: an open file, reopened.
    Fd(i32),
    /// `fd/N/...`, behind an open directory.
    Below(i32, &'a [u8]),
    Exe,
    /// `cwd` and what follows, with its slash.
    Cwd(&'a [u8]),
    Root(&'a [u8]),
    /// `/dev/fd` itself.
    Descriptors,
    /// Not for guests.
    Hidden,
}

/// What of `/proc/self` a clean path names, without the slash, or of a thread below `task`; none if it is somewhere
/// else.
pub(crate) fn own_name(pid: u32, guest: &[u8]) -> Option<&[u8]> {
    let rest = guest.strip_prefix(b"/proc/")?;
    let (who, rest) = first_of(rest);
    if who == b"thread-self" {
        return Some(rest);
    }
    if who != b"self" && number(who) != Some(pid) {
        return None;
    }
    match rest.strip_prefix(b"task/") {
        Some(below) => Some(first_of(below).1),
        None => Some(rest),
    }
}

/// The first component of a clean path, and what follows it.
pub(crate) fn first_of(path: &[u8]) -> (&[u8], &[u8]) {
    let (first, rest) = path.split_at(path.iter().position(|&b| b == b'/').unwrap_or(path.len()));
    (first, rest.strip_prefix(b"/").unwrap_or(rest))
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

fn own_link(pid: u32, guest: &[u8], follow: bool) -> Option<OwnLink<'_>> {
    let devices = [(&b"/dev/stdin"[..], 0), (b"/dev/stdout", 1), (b"/dev/stderr", 2)];
    if let Some((_, fd)) = devices.iter().find(|(name, _)| guest == *name) {
        return follow.then_some(OwnLink::Fd(*fd));
    }
    if guest == b"/dev/fd" {
        return follow.then_some(OwnLink::Descriptors);
    }
    let name = match guest.strip_prefix(b"/dev/fd/") {
        Some(_) => &guest[b"/dev/".len()..],
        None => match own_name(pid, guest) {
            Some(name) => name,
            // Other processes are the host's.
            None => return number(first_of(guest.strip_prefix(b"/proc/")?).0).map(|_| OwnLink::Hidden),
        },
    };
    let (first, rest) = name.split_at(name.iter().position(|&b| b == b'/').unwrap_or(name.len()));
    let leads = follow || !rest.is_empty();
    match first {
        b"exe" if follow && rest.is_empty() => Some(OwnLink::Exe),
        b"cwd" if leads => Some(OwnLink::Cwd(rest)),
        b"root" if leads => Some(OwnLink::Root(rest)),
        b"fd" if !rest.is_empty() => {
            let (number, rest) =
                rest[1..].split_at(rest[1..].iter().position(|&b| b == b'/').unwrap_or(rest.len() - 1));
            let Some(fd) = std::str::from_utf8(number).ok().and_then(|n| n.parse().ok()) else {
                return Some(OwnLink::Hidden);
            };
            match rest {
                [] => follow.then_some(OwnLink::Fd(fd)),
                _ => Some(OwnLink::Below(fd, rest)),
            }
        }
        b"fdinfo" | b"net" => None,
        b"" | b"cwd" | b"exe" | b"fd" | b"root" | b"task" => None,
        _ if rest.is_empty() && super::procfs::has(first) => None,
        _ => Some(OwnLink::Hidden),
    }
}

/// Walks an absolute, clean guest path below `root`; links are taken as guest paths and cannot leave it.
fn resolve_inside(root: &Path, guest: &[u8], follow_last: bool) -> Result<PathBuf, Errno> {
    let mut pending: Vec<Vec<u8>> = components(guest).rev().map(<[u8]>::to_vec).collect();
    let mut at = root.to_path_buf();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == b".." {
            if !at.is_dir() {
                at.push(".."); // the host says what is wrong with that
            } else if at != root {
                at.pop();
            }
            continue;
        }
        let next = at.join(OsStr::from_bytes(&name));
        let is_last = pending.is_empty();
        match std::fs::read_link(&next) {
            Ok(target) if !is_last || follow_last => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::ELOOP);
                }
                let target = target.as_os_str().as_bytes();
                if target.starts_with(b"/") {
                    at = root.to_path_buf();
                }
                pending.extend(components(target).rev().map(<[u8]>::to_vec));
            }
            _ => at = next,
        }
    }
    Ok(at)
}

/// The components of a path without `.` and empty ones.
fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|c| !c.is_empty() && *c != b".")
}

/// `path` from `base` on, without `.` and empty components. `..` is kept, for it may follow a link.
pub(crate) fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    let from: &[u8] = if path.starts_with(b"/") { b"" } else { base };
    let mut out = Vec::new();
    for name in components(from).chain(components(path)) {
        out.push(b'/');
        out.extend_from_slice(name);
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

/// Bytes as a C string.
pub(crate) fn c_string(bytes: &[u8]) -> Result<CString, Errno> {
    CString::new(bytes).map_err(|_| Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_cleanly() {
        for (base, path, want) in [
            ("/a/b", "c", "/a/b/c"),
            ("/a/b", "/c/./d//e/", "/c/d/e"),
            ("/", ".", "/"),
            ("/a", "../b", "/a/../b"),
        ] {
            assert_eq!(join(base.as_bytes(), path.as_bytes()), want.as_bytes(), "{base} {path}");
        }
    }

    #[test]
    fn paths_that_tell_of_the_process_lead_to_the_guest() {
        for (path, follow, want) in [
            ("/proc/self/exe", true, Some(OwnLink::Exe)),
            ("/proc/self/exe", false, None),
            ("/proc/1/exe", true, Some(OwnLink::Exe)),
            ("/proc/thread-self/exe", true, Some(OwnLink::Exe)),
            ("/proc/self/task/1/cwd/x", false, Some(OwnLink::Cwd(b"/x"))),
            ("/proc/self/root/etc", true, Some(OwnLink::Root(b"/etc"))),
            ("/proc/self/fd/3", true, Some(OwnLink::Fd(3))),
            ("/proc/self/fd/3", false, None),
            ("/proc/self/fd/3/a/b", true, Some(OwnLink::Below(3, b"/a/b"))),
            ("/proc/self/fd/x", true, Some(OwnLink::Hidden)),
            ("/proc/self/fd", true, None),
            ("/dev/fd/7", true, Some(OwnLink::Fd(7))),
            ("/dev/stderr", true, Some(OwnLink::Fd(2))),
            ("/proc/self/mem", true, Some(OwnLink::Hidden)),
            ("/proc/1/mem", true, Some(OwnLink::Hidden)),
            ("/proc/self/maps", true, None),
            ("/proc/self", true, None),
            ("/proc/selfish", true, None),
            ("/proc/12/mem", true, Some(OwnLink::Hidden)),
            ("/proc/12", true, Some(OwnLink::Hidden)),
            ("/proc/1/task/77/comm", true, None),
            ("/proc/self/task/77", true, None),
            ("/proc/self/nothing", true, Some(OwnLink::Hidden)),
            ("/dev/fd", true, Some(OwnLink::Descriptors)),
            ("/proc/meminfo", true, None),
            ("/etc/passwd", true, None),
        ] {
            assert_eq!(own_link(1, path.as_bytes(), follow), want, "{path} {follow}");
        }
    }

    #[test]
    fn links_and_parents_stay_inside_the_sysroot() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        std::fs::create_dir_all(root.join("usr/lib")).unwrap();
        std::fs::write(root.join("usr/lib/x"), "x").unwrap();
        std::os::unix::fs::symlink("/usr/lib", root.join("lib")).unwrap();
        std::os::unix::fs::symlink("../../../../etc", root.join("usr/out")).unwrap();
        std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
        let inside = |guest: &str| resolve_inside(&root, guest.as_bytes(), true);
        assert_eq!(inside("/lib/x").unwrap(), root.join("usr/lib/x"));
        assert_eq!(inside("/usr/out/passwd").unwrap(), root.join("etc/passwd"));
        assert_eq!(inside("/../../etc").unwrap(), root.join("etc"));
        assert_eq!(inside("/loop"), Err(Errno::ELOOP));
        assert_eq!(resolve_inside(&root, b"/lib", false).unwrap(), root.join("lib"));
    }
}
