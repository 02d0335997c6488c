//! What a guest writes under `--deny-host-writes`: a directory of ours that lies over the host's files.
//!
//! For `path` and the handlers of the file family. Below the directory, `upper` has the files that the guest made or
//! changed, at their guest paths. `gone` has a directory with the sticky bit for each path below which nothing of the
//! host is seen any more; a directory that is removed and made anew stays so marked. `work` is for copies in the
//! making. All state is in these, so that processes share it. `/proc`, `/sys` and `/dev` (but not `/dev/shm`) are
//! the host's: devices can be used there, nothing can be made, and files of the first two are not written.

use super::{Follow, Fs, Located, MAX_LINKS, c_string, components};
use crate::host::{self, Errno};
use crate::kernel::fd::{FdTable, OpenFile};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, DirEntryExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The directory with the guest's changes.
#[derive(Debug)]
pub(crate) struct Overlay {
    dir: PathBuf,
    upper: PathBuf,
    gone: PathBuf,
    work: PathBuf,
}

/// Where a guest path without links has files.
#[derive(Debug)]
pub(crate) struct Layers {
    guest: Vec<u8>,
    /// In the overlay, whether it is there or not.
    upper: PathBuf,
    in_upper: bool,
    /// The host's, if it has one that is seen.
    lower: Option<PathBuf>,
}

impl Layers {
    fn exists(&self) -> bool {
        self.in_upper || self.lower.is_some()
    }

    /// What is seen, or where it would be.
    fn place(&self) -> &Path {
        match &self.lower {
            Some(lower) if !self.in_upper => lower,
            _ => &self.upper,
        }
    }
}

/// The entries of a directory that two layers share, and how far a reader is.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    entries: Vec<(u64, u8, Vec<u8>)>,
    pub(crate) at: usize,
}

/// Whether a guest path belongs to the host alone.
fn is_special(guest: &[u8]) -> bool {
    let mut parts = components(guest);
    match (parts.next(), parts.next()) {
        (Some(b"proc" | b"sys"), _) => true,
        (Some(b"dev"), second) => second != Some(b"shm"),
        _ => false,
    }
}

/// The metadata of a path itself, none if there is nothing.
fn look(path: &Path) -> Result<Option<Metadata>, Errno> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn below(root: &Path, guest: &[u8]) -> PathBuf {
    let mut path = root.to_path_buf();
    path.extend(components(guest).map(OsStr::from_bytes));
    path
}

fn parent(guest: &[u8]) -> &[u8] {
    let slash = guest.iter().rposition(|&b| b == b'/').unwrap_or(0);
    &guest[..slash]
}

impl Overlay {
    /// In `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub(crate) fn new(dir: &Path) -> Result<Overlay, Errno> {
        fs::create_dir_all(dir)?;
        let dir = fs::canonicalize(dir)?;
        let [upper, gone, work] = ["upper", "gone", "work"].map(|name| dir.join(name));
        for part in [&upper, &gone, &work] {
            fs::create_dir_all(part)?;
        }
        Ok(Overlay { dir, upper, gone, work })
    }

    /// The root of what the guest made or changed.
    pub(super) fn upper(&self) -> &Path {
        &self.upper
    }

    /// Whether the host's file at a clean guest path is hidden.
    fn hides(&self, guest: &[u8]) -> Result<bool, Errno> {
        let mut at = self.gone.clone();
        for name in components(guest) {
            at.push(OsStr::from_bytes(name));
            match look(&at)? {
                None => return Ok(false),
                Some(mark) if mark.mode() & 0o1000 != 0 => return Ok(true),
                Some(_) => {}
            }
        }
        Ok(false)
    }

    /// Hides the host's file at a clean guest path.
    fn hide(&self, guest: &[u8]) -> Result<(), Errno> {
        let mark = below(&self.gone, guest);
        fs::create_dir_all(&mark)?;
        Ok(fs::set_permissions(&mark, fs::Permissions::from_mode(0o1755))?)
    }

    /// A path for a copy in the making.
    fn scratch(&self) -> Result<PathBuf, Errno> {
        let mut random = [0; 8];
        host::random(&mut random)?;
        Ok(self.work.join(format!("{:016x}", u64::from_ne_bytes(random))))
    }
}

impl Fs {
    /// Lets the guest's writes go to `dir` from now on.
    pub(crate) fn deny_host_writes(&mut self, dir: &Path) -> Result<(), Errno> {
        self.overlay = Some(Overlay::new(dir)?);
        Ok(())
    }

    /// The host's file for a guest path without links.
    fn lower(&self, guest: &[u8]) -> Result<Option<PathBuf>, Errno> {
        if let Some(root) = &self.sysroot {
            let inside = below(root, guest);
            match inside.symlink_metadata() {
                Ok(_) => return Ok(Some(inside)),
                Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(None),
                Err(_) => {}
            }
        }
        let on_host = below(Path::new("/"), guest);
        Ok(look(&on_host)?.map(|_| on_host))
    }

    fn layers(&self, overlay: &Overlay, guest: &[u8]) -> Result<Layers, Errno> {
        let upper = below(&overlay.upper, guest);
        let in_upper = look(&upper)?.is_some();
        let lower = if overlay.hides(guest)? { None } else { self.lower(guest)? };
        Ok(Layers { guest: guest.to_vec(), upper, in_upper, lower })
    }

    /// Finds a clean guest path in the layers; none if the host alone has it, at the path that is answered.
    pub(super) fn locate_layered(
        &self,
        overlay: &Overlay,
        guest: &[u8],
        is_directory: bool,
        follow: Follow,
    ) -> Result<Result<Located, Vec<u8>>, Errno> {
        let mut pending: Vec<Vec<u8>> = components(guest).rev().map(<[u8]>::to_vec).collect();
        let mut at: Vec<u8> = Vec::new();
        let mut found = self.layers(overlay, b"/")?;
        let mut links = 0;
        while let Some(name) = pending.pop() {
            if !look(found.place())?.ok_or(Errno::ENOENT)?.is_dir() {
                return Err(Errno::ENOTDIR);
            }
            if name == b".." {
                at.truncate(parent(&at).len());
            } else {
                at.push(b'/');
                at.extend_from_slice(&name);
            }
            if is_special(&at) {
                let rest = pending.iter().rev().flat_map(|name| [b"/", &name[..]].concat());
                return Ok(Err(at.iter().copied().chain(rest).collect()));
            }
            found = self.layers(overlay, &at)?;
            let follows = !pending.is_empty() || is_directory || follow == Follow::Yes;
            if follows && look(found.place())?.is_some_and(|about| about.is_symlink()) {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::ELOOP);
                }
                let target = fs::read_link(found.place())?.into_os_string().into_vec();
                at.truncate(if target.starts_with(b"/") { 0 } else { parent(&at).len() });
                pending.extend(components(&target).rev().map(<[u8]>::to_vec));
                found = self.layers(overlay, &at)?;
            }
        }
        if is_directory && look(found.place())?.is_some_and(|about| !about.is_dir()) {
            return Err(Errno::ENOTDIR);
        }
        let path = c_string(found.place().as_os_str().as_bytes())?;
        let guest = if at.is_empty() { b"/".to_vec() } else { at };
        Ok(Ok(Located { dir: None, path, guest, layers: Some(found) }))
    }

    /// Makes a directory of the guest one of the overlay.
    fn own_directory(&self, overlay: &Overlay, guest: &[u8]) -> Result<(), Errno> {
        let layers = self.layers(overlay, guest)?;
        if layers.in_upper || components(guest).next().is_none() {
            return Ok(());
        }
        self.own_directory(overlay, parent(guest))?;
        let about = fs::metadata(layers.place())?;
        match fs::DirBuilder::new().mode(about.mode() & 0o7777).create(&layers.upper) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        adopt(&about, &layers.upper)
    }

    /// Makes a file that is to be changed one of the overlay. Devices, FIFOs and sockets stay where they are: what is
    /// written to them goes to no file.
    pub(crate) fn own_content(&self, located: &mut Located) -> Result<(), Errno> {
        let Some(overlay) = &self.overlay else { return Ok(()) };
        let Some(layers) = &mut located.layers else {
            return if is_special(&located.guest) { Err(Errno::EROFS) } else { Ok(()) };
        };
        let Some(lower) = layers.lower.as_ref().filter(|_| !layers.in_upper) else { return Ok(()) };
        let about = lower.symlink_metadata()?;
        if about.is_dir() {
            self.own_directory(overlay, &layers.guest)?;
        } else if about.is_file() || about.is_symlink() {
            self.own_directory(overlay, parent(&layers.guest))?;
            let copy = overlay.scratch()?;
            if about.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(lower)?, &copy)?;
            } else {
                fs::copy(lower, &copy)?;
                copy_attributes(lower, &copy);
            }
            adopt(&about, &copy)?;
            fs::rename(&copy, &layers.upper)?;
        } else {
            return Ok(());
        }
        layers.in_upper = true;
        located.path = c_string(layers.upper.as_os_str().as_bytes())?;
        Ok(())
    }

    /// Prepares a name that is to be made: its directory is one of the overlay.
    pub(crate) fn own_entry(&self, located: &mut Located) -> Result<(), Errno> {
        let Some(overlay) = &self.overlay else { return Ok(()) };
        let Some(layers) = &located.layers else { return Err(Errno::EROFS) };
        if layers.exists() {
            return Err(Errno::EEXIST);
        }
        self.own_parent(overlay, layers)?;
        located.path = c_string(layers.upper.as_os_str().as_bytes())?;
        Ok(())
    }

    /// Makes the directory of a name one of the overlay, if the guest may write there.
    fn own_parent(&self, overlay: &Overlay, layers: &Layers) -> Result<(), Errno> {
        const WRITE: i32 = 2;
        let dir = self.layers(overlay, parent(&layers.guest))?;
        let path = c_string(dir.place().as_os_str().as_bytes())?;
        match host::access(host::Dir::Cwd, &path, WRITE, 0) {
            Ok(()) | Err(Errno::EROFS) => self.own_directory(overlay, parent(&layers.guest)),
            Err(errno) => Err(errno),
        }
    }

    /// Prepares an open with arm64's flags.
    pub(crate) fn prepare_open(&self, located: &mut Located, flags: u32) -> Result<(), Errno> {
        const CREAT: u32 = 0x40;
        const EXCL: u32 = 0x80;
        const TRUNC: u32 = 0x200;
        const PATH: u32 = 0x20_0000;
        const TMPFILE: u32 = 0x40_0000;
        const WRITE: i32 = 2;
        let Some(overlay) = &self.overlay else { return Ok(()) };
        if flags & PATH != 0 {
            return Ok(());
        }
        let writes = flags & 3 != 0 || flags & TRUNC != 0;
        let Some(layers) = &located.layers else {
            if !is_special(&located.guest) || !(writes || flags & CREAT != 0) {
                return Ok(());
            }
            let about = fs::metadata(below(Path::new("/"), &located.guest)).map_err(|_| Errno::EROFS)?;
            let device = about.file_type().is_char_device();
            return if device || !writes { Ok(()) } else { Err(Errno::EROFS) };
        };
        if flags & TMPFILE != 0 {
            self.own_directory(overlay, &layers.guest)?;
            located.path = c_string(layers.upper.as_os_str().as_bytes())?;
            return Ok(());
        }
        if !layers.exists() {
            return if flags & CREAT != 0 { self.own_entry(located) } else { Ok(()) };
        }
        if flags & (CREAT | EXCL) == CREAT | EXCL {
            return Err(Errno::EEXIST);
        }
        let is_lower_file = !layers.in_upper && look(layers.place())?.is_some_and(|about| about.is_file());
        if !writes || !is_lower_file {
            return Ok(());
        }
        match host::access(host::Dir::Cwd, &located.path, WRITE, 0) {
            Ok(()) | Err(Errno::EROFS) => self.own_content(located),
            Err(errno) => Err(errno),
        }
    }

    /// The file behind a descriptor, to change what is about it: one of the overlay.
    pub(crate) fn own_file(&self, fds: &FdTable, fd: i32) -> Result<Arc<OwnedFd>, Errno> {
        const READ_ONLY_NONBLOCK: u32 = 0x800;
        let file = fds.get(fd)?;
        match self.hidden_behind(file) {
            Some(mut located) => {
                self.own_content(&mut located)?;
                Ok(Arc::new(host::open(host::Dir::Cwd, &located.path, READ_ONLY_NONBLOCK, 0)?))
            }
            None => Ok(Arc::clone(&file.host)),
        }
    }

    /// The place of an open file, if it is one of the host's that has a name.
    pub(super) fn hidden_behind(&self, file: &OpenFile) -> Option<Located> {
        let overlay = self.overlay.as_ref()?;
        if !file.path.starts_with(b"/") || is_special(&file.path) {
            return None;
        }
        let host = PathBuf::from(OsString::from_vec(host::path_of(file.host.as_fd())?));
        if host.starts_with(&overlay.dir) {
            return None;
        }
        let located = self.locate_layered(overlay, &file.path, false, Follow::No).ok()?.ok()?;
        let same = located.layers.as_ref().is_some_and(|layers| layers.lower.as_ref() == Some(&host));
        same.then_some(located)
    }

    /// unlinkat(2) in the layers.
    pub(crate) fn remove(&self, layers: &Layers, flags: i32) -> Result<(), Errno> {
        const DIRECTORY: i32 = 0x200;
        let overlay = self.overlay.as_ref().expect("there are layers only with an overlay");
        let about = look(layers.place())?.ok_or(Errno::ENOENT)?;
        match (about.is_dir(), flags & DIRECTORY != 0) {
            (true, false) => return Err(Errno::EISDIR),
            (false, true) => return Err(Errno::ENOTDIR),
            (true, true) if !self.merged(overlay, layers)?.is_empty() => return Err(Errno::ENOTEMPTY),
            _ => {}
        }
        self.own_parent(overlay, layers)?;
        if layers.in_upper {
            host::unlink(host::Dir::Cwd, &c_string(layers.upper.as_os_str().as_bytes())?, flags)?;
        }
        if layers.lower.is_some() { overlay.hide(&layers.guest) } else { Ok(()) }
    }

    /// renameat2(2) in the layers. A directory that the host has a part in does not move: EXDEV, upon which programs
    /// copy.
    pub(crate) fn rename(&self, from: &mut Located, to: &mut Located, flags: u32) -> Result<(), Errno> {
        const NOREPLACE: u32 = 1;
        const EXCHANGE: u32 = 2;
        let overlay = self.overlay.as_ref().expect("there are layers only with an overlay");
        let (Some(old), Some(new)) = (&from.layers, &to.layers) else { return Err(Errno::EROFS) };
        let about = look(old.place())?.ok_or(Errno::ENOENT)?;
        let target = look(new.place())?;
        if flags & !(NOREPLACE | EXCHANGE) != 0 || flags == NOREPLACE | EXCHANGE {
            return Err(Errno::EINVAL);
        }
        let part_of_host = |layers: &Layers, about: &Metadata| about.is_dir() && layers.lower.is_some();
        let holds = |outer: &Layers, inner: &Layers| {
            inner.guest.strip_prefix(&outer.guest[..]).is_some_and(|rest| rest.starts_with(b"/"))
        };
        match &target {
            None if flags & EXCHANGE != 0 => return Err(Errno::ENOENT),
            Some(_) if flags & NOREPLACE != 0 => return Err(Errno::EEXIST),
            Some(_) if old.guest == new.guest => return Ok(()),
            Some(_) if holds(new, old) => {
                return Err(if flags & EXCHANGE != 0 { Errno::EINVAL } else { Errno::ENOTEMPTY });
            }
            _ if holds(old, new) => return Err(Errno::EINVAL),
            Some(target) if flags & EXCHANGE != 0 && part_of_host(new, target) => return Err(Errno::EXDEV),
            Some(target) if flags & EXCHANGE == 0 => match (about.is_dir(), target.is_dir()) {
                (true, false) => return Err(Errno::ENOTDIR),
                (false, true) => return Err(Errno::EISDIR),
                (true, true) if !self.merged(overlay, new)?.is_empty() => return Err(Errno::ENOTEMPTY),
                _ => {}
            },
            _ => {}
        }
        if part_of_host(old, &about) {
            return Err(Errno::EXDEV);
        }
        let (was_lower, is_lower) = (old.lower.is_some(), new.lower.is_some());
        self.own_parent(overlay, old)?;
        self.own_parent(overlay, new)?;
        self.own_content(from)?;
        if flags & EXCHANGE != 0 {
            self.own_content(to)?;
        }
        let (old, new) = (from.layers.as_ref().expect("as above"), to.layers.as_ref().expect("as above"));
        let [a, b] = [old, new].map(|layers| c_string(layers.upper.as_os_str().as_bytes()));
        host::rename(host::Dir::Cwd, &a?, host::Dir::Cwd, &b?, flags)?;
        if was_lower {
            overlay.hide(&old.guest)?;
        }
        if is_lower { overlay.hide(&new.guest) } else { Ok(()) }
    }

    /// The names that both layers of a directory show, with inode numbers and types.
    fn merged(&self, overlay: &Overlay, dir: &Layers) -> Result<BTreeMap<Vec<u8>, (u64, u8)>, Errno> {
        let mut names = BTreeMap::new();
        for (path, is_lower) in [(dir.lower.as_ref(), true), (dir.in_upper.then_some(&dir.upper), false)] {
            let Some(path) = path.filter(|path| path.is_dir()) else { continue };
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                let name = entry.file_name().into_vec();
                let guest = [&dir.guest[..], b"/", &name].concat();
                if !(is_lower && overlay.hides(&guest)?) {
                    names.insert(name, (entry.ino(), type_of(&entry)));
                }
            }
        }
        Ok(names)
    }

    /// All entries of an open directory, if more than the host's own list is needed for them.
    pub(crate) fn listing(&self, file: &OpenFile) -> Result<Option<Listing>, Errno> {
        const DIRECTORY: u8 = 4;
        let Some(overlay) = &self.overlay else { return Ok(None) };
        if !file.path.starts_with(b"/") || is_special(&file.path) {
            return Ok(None);
        }
        let Ok(Located { layers: Some(layers), .. }) =
            self.locate_layered(overlay, &file.path, true, Follow::Yes)?
        else {
            return Ok(None);
        };
        if !layers.in_upper && look(&below(&overlay.gone, &layers.guest))?.is_none() {
            return Ok(None);
        }
        let ino = host::fstat(file.host.as_fd())?.stx_ino;
        let mut entries = vec![(ino, DIRECTORY, b".".to_vec()), (ino, DIRECTORY, b"..".to_vec())];
        let names = self.merged(overlay, &layers)?;
        entries.extend(names.into_iter().map(|(name, (ino, kind))| (ino, kind, name)));
        Ok(Some(Listing { entries, at: 0 }))
    }
}

impl Listing {
    /// The next entries as linux_dirent64 in at most `room` bytes; EINVAL if not one fits.
    pub(crate) fn read(&mut self, room: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = Vec::new();
        while let Some((ino, kind, name)) = self.entries.get(self.at) {
            let len = (19 + name.len() + 1).next_multiple_of(8);
            if bytes.len() + len > room {
                return if bytes.is_empty() { Err(Errno::EINVAL) } else { Ok(bytes) };
            }
            let end = bytes.len() + len;
            self.at += 1;
            bytes.extend(ino.to_le_bytes());
            bytes.extend((self.at as u64).to_le_bytes());
            bytes.extend(u16::try_from(len).map_err(|_| Errno::EINVAL)?.to_le_bytes());
            bytes.push(*kind);
            bytes.extend(name);
            bytes.resize(end, 0);
        }
        Ok(bytes)
    }
}

/// The DT_ number of an entry.
fn type_of(entry: &fs::DirEntry) -> u8 {
    match entry.file_type() {
        Ok(kind) if kind.is_dir() => 4,
        Ok(kind) if kind.is_file() => 8,
        Ok(kind) if kind.is_symlink() => 10,
        Ok(kind) if kind.is_fifo() => 1,
        Ok(kind) if kind.is_char_device() => 2,
        Ok(kind) if kind.is_block_device() => 6,
        Ok(kind) if kind.is_socket() => 12,
        _ => 0,
    }
}

/// Gives a copy the owner, mode and times of its original. Whoever may not do that keeps what the copy has.
fn adopt(original: &Metadata, copy: &Path) -> Result<(), Errno> {
    const NOFOLLOW: i32 = 0x100;
    let path = c_string(copy.as_os_str().as_bytes())?;
    let _ = host::chown(host::Dir::Cwd, &path, original.uid(), original.gid(), NOFOLLOW);
    if !original.is_symlink() {
        let _ = host::chmod(host::Dir::Cwd, &path, original.mode() & 0o7777);
    }
    let times = [(original.atime(), original.atime_nsec()), (original.mtime(), original.mtime_nsec())];
    let _ = host::set_times(host::Dir::Cwd, Some(&path), Some(times), NOFOLLOW);
    Ok(())
}

/// Copies what extended attributes the host lets us read and set.
fn copy_attributes(from: &Path, to: &Path) {
    let (Ok(from), Ok(to)) = (c_string(from.as_os_str().as_bytes()), c_string(to.as_os_str().as_bytes()))
    else {
        return;
    };
    let (from, to) = (host::XattrOf::Link(&from), host::XattrOf::Link(&to));
    let mut names = vec![0; 1 << 16];
    let Ok(len) = host::list_xattr(from, &mut names) else { return };
    for name in names[..len].split(|&b| b == 0).filter(|name| !name.is_empty()) {
        let Ok(name) = c_string(name) else { continue };
        let mut value = vec![0; 1 << 16];
        if let Ok(len) = host::get_xattr(from, &name, &mut value) {
            let _ = host::set_xattr(to, &name, &value[..len], 0);
        }
    }
}
