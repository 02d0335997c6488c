//! Starting a program: finding it, loading it and its interpreter, laying out stack and vDSO.

use super::door::Door;
use super::effects::{EffectLog, Stamp};
use super::family::{Family, ProgramId};
use super::fd::FdTable;
use super::path::{CWD, Follow, Fs};
use super::{Config, Kernel, Parts, Timeline, VdsoPage};
use crate::engine::{Regs, Vcpu, to_image};
use crate::guest::elf::{self, ElfError, Program};
use crate::guest::layout::{Layout, PIE_BASE, VDSO_BASE};
use crate::guest::regions::{page_down, page_up};
use crate::guest::stack::{self, Contents, at};
use crate::guest::{PAGE, Prot, Space};
use crate::host::{self, Errno};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use thiserror::Error;
use traces::event::{Backing, Body, ClockRule, Start};
use traces::{Cycles, GuestAddr, InsnCount};

/// Why a program cannot be started: one sentence, with what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// It is not there.
    #[error("{0}: there is no such program; give its path, or a name that is in the guest's PATH")]
    NotFound(String),
    /// It is a directory or a device.
    #[error("{0}: not a regular file; give the path of an aarch64 Linux program")]
    NotAFile(String),
    /// It cannot be read.
    #[error("{0}: cannot be read ({1}); check its permissions")]
    Unreadable(String, std::io::Error),
    /// Its contents are wrong.
    #[error("{0}: {1}")]
    Elf(String, ElfError),
    /// Its dynamic linker is not there.
    #[error(
        "{program}: needs the interpreter {interp}, which is not there; \
         give the root of an arm64 system with --sysroot DIR"
    )]
    NoInterpreter {
        /// The program.
        program: String,
        /// What it asks for.
        interp: String,
    },
    /// It does not fit.
    #[error("{0}: does not fit into the guest's address space")]
    TooBig(String),
    /// Too many arguments.
    #[error("{0}")]
    Arguments(#[from] stack::TooBig),
    /// The sysroot or the working directory is not usable.
    #[error("{what} {path}: {source}; give an existing directory")]
    Directory {
        /// Which option.
        what: &'static str,
        /// The path given.
        path: String,
        /// What the host says.
        source: std::io::Error,
    },
    /// The vDSO cannot be made.
    #[error("the vDSO page cannot be built: {0}")]
    Vdso(#[from] vdso::BuildError),
    /// The host refused memory or randomness.
    #[error("the host refuses {0}: {1}")]
    Host(&'static str, std::io::Error),
}

fn os(errno: Errno) -> std::io::Error {
    std::io::Error::from_raw_os_error(errno.0)
}

/// Counter frequency of the guest machine.
const CNTFRQ: u32 = 24_000_000;

/// Loads the configured program into an empty space, sets the processor to its first instruction and logs the
/// start of the run.
///
/// # Errors
/// Says what is wrong with the program or its surroundings.
pub fn start(
    config: &Config,
    space: &Space,
    vcpu: &mut dyn Vcpu,
    log: &mut dyn EffectLog,
) -> Result<Kernel, StartError> {
    let mut fs = Fs::new(config.sysroot.as_deref(), None).map_err(|errno| StartError::Directory {
        what: "--sysroot",
        path: config.sysroot.as_deref().unwrap_or(Path::new("")).display().to_string(),
        source: os(errno),
    })?;
    if let Some(dir) = &config.overlay {
        fs.deny_host_writes(dir).map_err(|errno| StartError::Directory {
            what: "--deny-host-writes",
            path: dir.display().to_string(),
            source: os(errno),
        })?;
    }
    let file = read_program(&fs, config)?;
    fs.exe.clone_from(&file.path);
    if let Some(dir) = &config.workdir {
        fs.change_dir(&FdTable::default(), dir.as_os_str().as_bytes()).map_err(|errno| {
            StartError::Directory { what: "--workdir", path: dir.display().to_string(), source: os(errno) }
        })?;
    }
    let name = config.program.display().to_string();
    let vdso = VdsoPage::build(&config.vdso, CNTFRQ)?;
    let execfn = config.program.as_os_str().as_bytes();
    let program = Prepared::new(
        &fs,
        space.size(),
        file,
        &Strings { argv: &config.argv, env: &config.env, execfn },
        config.user,
        vdso.is_some(),
        &name,
    )?;
    let no_room = |errno| StartError::Host("memory for the guest", os(errno));
    let mut door = Door::new(space, log);
    program.install(&mut door).map_err(no_room)?;
    let sigreturn = map_vdso(&mut door, vdso.as_ref()).map_err(no_room)?;

    let timeline = Timeline { cntfrq: CNTFRQ.into() };
    let rule = timeline.first_rule();
    let regs = program.registers();
    vcpu.set_regs(&regs);
    vcpu.set_counter(rule);

    const FIRST_PID: u32 = 1;
    let has_vdso = vdso.is_some();
    let Prepared { layout, exe, id, stack, interp, .. } = program;
    let parts = Parts {
        pid: FIRST_PID,
        layout,
        fds: FdTable::standard().map_err(|e| StartError::Host("the standard streams", e))?,
        fs,
        exe: exe.clone(),
        auxv: stack.auxv,
        vdso,
        sigreturn,
        family: Family::new(FIRST_PID, config.user.0)
            .map_err(|e| StartError::Host("memory for the processes", e))?,
    };
    let kernel = Kernel::new(parts, config, timeline);
    kernel.family.set_program(id);
    let clock = ClockRule { base: Cycles(rule.base), at: InsnCount(0), rate: rule.rate };
    let start = Start {
        pid: FIRST_PID,
        exe: String::from_utf8_lossy(&exe).into_owned(),
        argv: config.argv.clone(),
        regs: to_image(&regs),
        clock,
        effects: Vec::new(),
        data: Vec::new(),
        vdso_base: has_vdso.then_some(GuestAddr(VDSO_BASE)),
        interp_base: interp.as_ref().map(|_| GuestAddr(layout.interp_base)),
        realtime_ns: host::realtime_ns(),
    };
    let stamp = Stamp { tid: kernel.tid(), icount: InsnCount(0), clock: clock.base };
    log.emit(stamp, Body::Start(Box::new(start)));
    Ok(kernel)
}

/// Maps the vDSO page, or the page that stands in for it, and answers where signal handlers return to.
pub(super) fn map_vdso(door: &mut Door<'_>, page: Option<&VdsoPage>) -> Result<u64, Errno> {
    match page {
        Some(page) => {
            page.map(door)?;
            Ok(page.sigreturn().unwrap_or(0))
        }
        None => super::vdso::map_sigpage(door),
    }
}

/// What a program is given.
pub(super) struct Strings<'a> {
    pub(super) argv: &'a [Vec<u8>],
    pub(super) env: &'a [Vec<u8>],
    /// AT_EXECFN.
    pub(super) execfn: &'a [u8],
}

/// The file of a program.
pub(super) struct ProgramFile {
    pub(super) bytes: Vec<u8>,
    /// Absolute guest path, without links.
    pub(super) path: Vec<u8>,
    id: ProgramId,
}

/// An ELF file that is ready to be mapped.
struct Image {
    program: Program,
    file: Vec<u8>,
    /// Absolute guest path.
    path: Vec<u8>,
    base: u64,
}

/// A program that was found good and can replace what an address space holds.
pub(super) struct Prepared {
    pub(super) layout: Layout,
    /// Absolute guest path.
    pub(super) exe: Vec<u8>,
    /// Which file it is.
    pub(super) id: ProgramId,
    pub(super) stack: stack::Image,
    interp: Option<Image>,
    main: Image,
}

impl Prepared {
    /// Reads the program's interpreter and lays out its stack; nothing is changed yet.
    ///
    /// # Errors
    /// Says what is wrong with the program, which messages call `name`.
    pub(super) fn new(
        fs: &Fs,
        size: u64,
        ProgramFile { bytes: file, path: exe, id }: ProgramFile,
        strings: &Strings<'_>,
        user: (u32, u32),
        vdso: bool,
        name: &str,
    ) -> Result<Prepared, StartError> {
        let program = elf::parse(&file).map_err(|error| StartError::Elf(name.to_owned(), error))?;
        let too_big = || StartError::TooBig(name.to_owned());
        let base = if program.relocatable { PIE_BASE } else { 0 };
        let load_end = program.load_end().checked_add(base).ok_or_else(too_big)?;
        let layout = Layout::new(size, load_end).ok_or_else(too_big)?;
        let interp = read_interpreter(fs, &program, &layout, name)?;
        let mut random = [0; 16];
        host::random(&mut random).map_err(|errno| StartError::Host("random bytes", os(errno)))?;
        let contents = Contents {
            argv: strings.argv.to_vec(),
            env: strings.env.to_vec(),
            execfn: strings.execfn.to_vec(),
            random,
            auxv: auxv(&program, base, interp.as_ref().map_or(0, |_| layout.interp_base), vdso, user),
        };
        let stack = stack::build(&contents, layout.stack_top)?;
        let main = Image { program, file, path: exe.clone(), base };
        Ok(Prepared { layout, exe, id, stack, interp, main })
    }

    /// Maps program, interpreter and stack into an empty space.
    ///
    /// # Errors
    /// If the host has no memory.
    pub(super) fn install(&self, door: &mut Door<'_>) -> Result<(), Errno> {
        for image in std::iter::once(&self.main).chain(&self.interp) {
            load(door, &image.program, &image.file, image.base, &image.path)?;
        }
        let backing = Backing::Named("[stack]".into());
        door.map(self.layout.stack_low()..self.layout.stack_top, Prot::RW, backing)?;
        door.write(self.stack.sp, &self.stack.bytes)
    }

    /// Registers at the first instruction.
    pub(super) fn registers(&self) -> Regs {
        let first = self.interp.as_ref().unwrap_or(&self.main);
        let pc = first.program.entry.wrapping_add(first.base); // whatever the file says; the guest faults there
        Regs { pc, sp: self.stack.sp, ..Regs::default() }
    }
}

/// Finds and reads the program.
fn read_program(fs: &Fs, config: &Config) -> Result<ProgramFile, StartError> {
    let given = config.program.as_os_str().as_bytes();
    let name = config.program.display().to_string();
    let mut candidates = vec![given.to_vec()];
    if !given.contains(&b'/') {
        let path = config.env.iter().find_map(|e| e.strip_prefix(b"PATH="));
        let path = path.unwrap_or(b"/usr/local/bin:/usr/bin:/bin");
        candidates = path
            .split(|&b| b == b':')
            .map(|dir| [if dir.is_empty() { b"." } else { dir }, b"/", given].concat())
            .collect();
    }
    for candidate in candidates {
        match read_file(fs, &FdTable::default(), CWD, &candidate) {
            Ok(found) => return Ok(found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) if error.raw_os_error() == Some(Errno::ENOTDIR.0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
                return Err(StartError::NotAFile(name));
            }
            Err(error) => return Err(StartError::Unreadable(name, error)),
        }
    }
    Err(StartError::NotFound(name))
}

/// A program file that is larger is taken for a mistake: it is read as a whole.
const LARGEST_PROGRAM: u64 = 4 << 30;

/// Reads a file that is to be executed. One that somebody may write to is busy.
pub(super) fn read_file(fs: &Fs, fds: &FdTable, dirfd: i32, path: &[u8]) -> std::io::Result<ProgramFile> {
    const READ_ONLY_NONBLOCK: u32 = 0x800;
    let located = fs.locate(fds, dirfd, path, Follow::Yes).map_err(os)?;
    let file = host::open(located.dir(), &located.path, READ_ONLY_NONBLOCK, 0).map_err(os)?;
    let file = host::SideFile::new(file);
    let stat = host::fstat(file.as_fd()).map_err(os)?;
    if u32::from(stat.stx_mode) & 0o170_000 != 0o100_000 {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    if stat.stx_size > LARGEST_PROGRAM {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    if host::is_open_for_writing(file.as_fd()) {
        return Err(os(Errno::ETXTBSY));
    }
    let mut bytes = vec![0; usize::try_from(stat.stx_size).expect("below the largest")];
    let mut len = 0;
    while len < bytes.len() {
        match host::read(file.as_fd(), &mut bytes[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(os(errno)),
        }
    }
    bytes.truncate(len);
    let named = host::path_of(file.as_fd()).filter(|path| path.starts_with(b"/"));
    let path = named.map_or(located.guest, |path| fs.shown(path));
    Ok(ProgramFile { bytes, path, id: (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino) })
}

/// Maps a program's segments at `base` and fills them.
fn load(door: &mut Door<'_>, program: &Program, file: &[u8], base: u64, path: &[u8]) -> Result<(), Errno> {
    let path = String::from_utf8_lossy(path).into_owned();
    let mut mapped_to = 0;
    for segment in &program.segments {
        let start = page_down(segment.vaddr + base);
        let end = page_up(segment.vaddr + base + segment.mem_size).ok_or(Errno::ENOMEM)?;
        let fresh = start.max(mapped_to);
        // A page shared by two segments gets the rights of both.
        if start < fresh {
            let shared = start..fresh;
            let old = door.space().regions().find(start).map_or(Prot::default(), |r| r.prot);
            door.protect(shared, Prot(old.0 | segment.prot.0))?;
        }
        if fresh < end {
            let offset = page_down(segment.offset as u64) + (fresh - start);
            let backing = Backing::File { path: path.clone(), offset, shared: false };
            door.map(fresh..end, segment.prot, backing)?;
        }
        // A segment without file bytes may name any offset, also one behind the end.
        let bytes =
            segment.offset.checked_add(segment.file_size).and_then(|end| file.get(segment.offset..end));
        let bytes = if segment.file_size == 0 { &[] } else { bytes.ok_or(Errno::ENOEXEC)? };
        door.fill_chunks(segment.vaddr + base, bytes)?;
        mapped_to = mapped_to.max(end);
    }
    Ok(())
}

/// Reads PT_INTERP, if there is one.
fn read_interpreter(
    fs: &Fs,
    program: &Program,
    layout: &Layout,
    name: &str,
) -> Result<Option<Image>, StartError> {
    let Some(interp) = &program.interp else { return Ok(None) };
    let ProgramFile { bytes: file, path, .. } = read_file(fs, &FdTable::default(), CWD, interp.as_bytes())
        .map_err(|_| StartError::NoInterpreter { program: name.to_owned(), interp: interp.clone() })?;
    let linker = elf::parse(&file).map_err(|error| StartError::Elf(interp.clone(), error))?;
    let base = if linker.relocatable { layout.interp_base } else { 0 };
    if linker.load_end().checked_add(base).is_none_or(|end| end > layout.size) {
        return Err(StartError::TooBig(interp.clone()));
    }
    Ok(Some(Image { program: linker, file, path, base }))
}

/// The auxiliary vector in elfuse's order, without what the stack builder adds.
fn auxv(
    program: &Program,
    base: u64,
    interp_base: u64,
    vdso: bool,
    (uid, gid): (u32, u32),
) -> Vec<(u64, u64)> {
    let mut auxv = vec![(at::BASE, interp_base)];
    if vdso {
        auxv.push((at::SYSINFO_EHDR, VDSO_BASE));
    }
    auxv.extend([
        (at::PAGESZ, PAGE),
        (at::PHDR, program.phdr.map_or(0, |phdr| phdr + base)),
        (at::PHENT, 56),
        (at::PHNUM, program.phnum.into()),
        (at::ENTRY, program.entry.wrapping_add(base)), // whatever the file says; the guest faults there
        (at::UID, uid.into()),
        (at::EUID, uid.into()),
        (at::GID, gid.into()),
        (at::EGID, gid.into()),
        (at::SECURE, 0),
        (at::HWCAP2, cpu::features::HWCAP2),
        (at::HWCAP, cpu::features::HWCAP),
        (at::CLKTCK, 100),
    ]);
    auxv
}
