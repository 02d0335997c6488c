//! Guest paths: working directory, sysroot, symbolic links that stay inside it, fallback to the host.

use super::fd::FdTable;
use crate::host::{self, Dir, Errno};
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
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
    cwd: Vec<u8>,
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

impl Fs {
    /// Starts in `workdir` (ours if none), which must exist.
    pub(crate) fn new(sysroot: Option<&Path>, workdir: Option<&Path>) -> Result<Fs, Errno> {
        let sysroot = sysroot.map(std::fs::canonicalize).transpose()?;
        let mut fs = Fs { sysroot, cwd: b"/".to_vec() };
        if let Ok(here) = std::env::current_dir() {
            fs.cwd = here.as_os_str().as_bytes().to_vec();
        }
        if let Some(dir) = workdir {
            fs.change_dir(&FdTable::default(), dir.as_os_str().as_bytes())?;
        }
        Ok(fs)
    }

    /// The working directory as the guest sees it.
    pub(crate) fn cwd(&self) -> &[u8] {
        &self.cwd
    }

    /// Finds out what to ask the host for.
    pub(crate) fn locate(
        &self,
        fds: &FdTable,
        dirfd: i32,
        path: &[u8],
        follow: Follow,
    ) -> Result<Located, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let absolute = path[0] == b'/';
        let base: &[u8] = match dirfd {
            _ if absolute => b"/",
            CWD => &self.cwd,
            fd => &fds.get(fd)?.path,
        };
        let guest = join(base, path);
        if let Some(root) = &self.sysroot {
            let host = self.in_sysroot(root, &guest, path.ends_with(b"/"), follow)?;
            return Ok(Located { dir: None, path: c_string(host.as_os_str().as_bytes())?, guest });
        }
        let dir = match dirfd {
            _ if absolute => None,
            CWD => None,
            fd => Some(host::duplicate(fds.host(fd)?)?),
        };
        Ok(Located { dir, path: c_string(path)?, guest })
    }

    /// chdir(2).
    pub(crate) fn change_dir(&mut self, fds: &FdTable, path: &[u8]) -> Result<(), Errno> {
        let located = self.locate(fds, CWD, path, Follow::Yes)?;
        let dir = host::open(located.dir(), &located.path, OPEN_DIR, 0)?;
        host::change_dir(dir.as_fd())?;
        self.cwd = self.true_path(located.guest);
        Ok(())
    }

    /// fchdir(2).
    pub(crate) fn change_dir_fd(&mut self, fds: &FdTable, fd: i32) -> Result<(), Errno> {
        let file = fds.get(fd)?;
        host::change_dir(file.host.as_fd())?;
        self.cwd = self.true_path(file.path.clone());
        Ok(())
    }

    /// The working directory without links, which only the host knows; in a sysroot the path asked for.
    fn true_path(&self, asked: Vec<u8>) -> Vec<u8> {
        let here = std::env::current_dir().ok();
        let here = here.as_deref().map(Path::as_os_str).map(OsStrExt::as_bytes);
        match (&self.sysroot, here) {
            (None, Some(here)) => here.to_vec(),
            (Some(root), Some(here)) => match here.strip_prefix(root.as_os_str().as_bytes()) {
                Some([]) => b"/".to_vec(),
                Some(inside) if inside[0] == b'/' => inside.to_vec(),
                _ => here.to_vec(),
            },
            (_, None) => asked,
        }
    }

    /// The host path for an absolute guest path: inside the sysroot if it or its directory is there, else the
    /// host's own if that exists, else inside the sysroot.
    fn in_sysroot(
        &self,
        root: &Path,
        guest: &[u8],
        must_be_dir: bool,
        follow: Follow,
    ) -> Result<PathBuf, Errno> {
        let mut inside = resolve_inside(root, guest, must_be_dir || follow == Follow::Yes)?;
        let on_host = PathBuf::from(std::ffi::OsStr::from_bytes(guest));
        if inside.symlink_metadata().is_err() {
            let parent_inside = inside.parent().is_some_and(Path::is_dir);
            if on_host.symlink_metadata().is_ok() || !parent_inside {
                return Ok(on_host);
            }
        }
        if must_be_dir {
            inside.push("");
        }
        Ok(inside)
    }
}

/// Walks an absolute, clean guest path below `root`; links are taken as guest paths and cannot leave it.
fn resolve_inside(root: &Path, guest: &[u8], follow_last: bool) -> Result<PathBuf, Errno> {
    let mut pending: Vec<Vec<u8>> = components(guest).rev().map(<[u8]>::to_vec).collect();
    let mut at = root.to_path_buf();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == b".." {
            if at != root {
                at.pop();
            }
            continue;
        }
        let next = at.join(std::ffi::OsStr::from_bytes(&name));
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
