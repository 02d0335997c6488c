//! `record` and `run`: start a guest, with or without a trace.

use super::args::{GuestArgs, Memory, RecordArgs};
use super::output::grouped;
use anyhow::{Context, Result, bail};
use elfuse_trace::guest::MemoryMode;
use elfuse_trace::host;
use elfuse_trace::kernel::effects::NoLog;
use elfuse_trace::kernel::{Config, VdsoChoice};
use elfuse_trace::record::{self, Recorder};
use elfuse_trace::sched::Guest;
use elfuse_trace::sched::chaos::{Chaos, Setting};
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use traces::event::EndStatus;
use traces::writer::{Options, Totals, Writer};

/// `elfuse-trace record`.
pub(crate) fn record(args: RecordArgs) -> Result<u8> {
    let path = args.output.clone().unwrap_or_else(|| default_trace(&args.guest.command[0]));
    let (config, memory) = prepare(&args.guest)?;
    let (status, totals) = record_to(&config, memory, chaos(args.guest.chaos)?, &path)?;
    tell(&path, &totals);
    Ok(exit_code(status))
}

/// The dice of a run. A seed that nobody gave is told, so that its decisions can be had again.
fn chaos(asked: Option<Setting>) -> Result<Option<Chaos>> {
    let Some(Setting { seed, vdso }) = asked else { return Ok(None) };
    let seed = match seed {
        Some(seed) => seed,
        None => {
            let mut bytes = [0; 4];
            host::random(&mut bytes).map_err(|errno| std::io::Error::from_raw_os_error(errno.0))?;
            let seed = u64::from(u32::from_le_bytes(bytes));
            super::say(&format!("--chaos={}{seed}", if vdso { "vdso:" } else { "" }));
            seed
        }
    };
    Ok(Some(Chaos::new(seed, vdso)))
}

/// Records a guest into `path`.
pub(super) fn record_to(
    config: &Config,
    memory: MemoryMode,
    chaos: Option<Chaos>,
    path: &Path,
) -> Result<(EndStatus, Totals)> {
    // The program is checked before an older trace of that name is replaced.
    let page = vdso_identity(config)?;
    let header = record::header(page.as_ref().map(|(name, hash)| (name.as_str(), *hash)));
    Guest::check(config, memory)?;
    if is_program(path) {
        bail!("{}: is a program, which the trace would replace; give another name with -o", path.display());
    }
    let writer = Writer::create(path, &header, Options::default())?;
    let mut recorder = Recorder::new(writer);
    let mut guest = Guest::start(config, memory, true, &mut recorder)?;
    if let Some(chaos) = chaos {
        guest.set_chaos(chaos);
    }
    host::forward_signals();
    host::adopt_orphans();
    let status = guest.run(&mut recorder);
    let totals = recorder.finish();
    guest.leave(status);
    Ok((status, totals))
}

/// Whether a file is an ELF program, such as the guest itself.
fn is_program(path: &Path) -> bool {
    let mut magic = [0; 4];
    let plain = std::fs::metadata(path).is_ok_and(|about| about.is_file());
    plain
        && std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok())
        && magic == *b"\x7fELF"
}

/// `elfuse-trace run`.
pub(crate) fn run(args: GuestArgs) -> Result<u8> {
    let (config, memory) = prepare(&args)?;
    let chaos = chaos(args.chaos)?;
    let mut guest = Guest::start(&config, memory, false, &mut NoLog)?;
    if let Some(chaos) = chaos {
        guest.set_chaos(chaos);
    }
    host::forward_signals();
    host::adopt_orphans();
    let status = guest.run(&mut NoLog);
    guest.leave(status);
    Ok(exit_code(status))
}

/// The guest's exit code as ours: its own, or 128 plus the signal.
pub(super) fn exit_code(status: EndStatus) -> u8 {
    let code = match status {
        EndStatus::Exited(code) => code & 0xFF,
        EndStatus::Signalled(signal) => 128 + i32::try_from(signal).unwrap_or(0),
        EndStatus::Detached(_) => 2,
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn tell(path: &Path, totals: &Totals) {
    if let Some(errno) = totals.errno {
        let why = std::io::Error::from_raw_os_error(errno.cast_signed());
        let (path, events, lost) = (path.display(), grouped(totals.events), grouped(totals.lost));
        super::say(&format!(
            "{path}: {why}; the trace ends early, {events} events are in it and {lost} are lost"
        ));
    } else if std::io::stderr().is_terminal() {
        let (events, bytes) = (grouped(totals.events), grouped(totals.bytes));
        super::say(&format!("{events} events in {} ({bytes} bytes)", path.display()));
    }
}

/// `dir/prog` becomes `prog.etrace` here.
fn default_trace(program: &OsString) -> PathBuf {
    let mut name = Path::new(program).file_name().unwrap_or(program).to_owned();
    name.push(".etrace");
    PathBuf::from(name)
}

/// The memory mode that an option asks for.
pub(super) fn memory_mode(memory: Memory) -> Result<MemoryMode> {
    let mode = match memory {
        Memory::Auto => return Ok(MemoryMode::for_host()),
        Memory::Checked => MemoryMode::Checked,
        Memory::Protected => MemoryMode::Protected,
    };
    if !mode.is_supported() {
        bail!("--memory protected needs an x86-64 Linux host with pages of 4 KiB; use --memory checked");
    }
    Ok(mode)
}

fn prepare(args: &GuestArgs) -> Result<(Config, MemoryMode)> {
    let mut env: Vec<Vec<u8>> = Vec::new();
    if !args.clear_env {
        env.extend(
            std::env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat()),
        );
    }
    for setting in &args.env {
        let setting = setting.as_bytes();
        let Some(equals) = setting.iter().position(|&b| b == b'=') else {
            bail!("--env {}: write it as NAME=VALUE", String::from_utf8_lossy(setting));
        };
        env.retain(|old| !old.starts_with(&setting[..=equals]));
        env.push(setting.to_vec());
    }
    let vdso = match (&args.vdso_image, args.vdso.as_str()) {
        (Some(file), _) => VdsoChoice::Image(read_page(file)?),
        (None, "none") => VdsoChoice::None,
        (None, name) => VdsoChoice::Revision(super::vdso::revision(name)?),
    };
    let config = Config {
        sysroot: args.sysroot.clone(),
        program: PathBuf::from(&args.command[0]),
        argv: args.command.iter().map(|arg| arg.clone().into_vec()).collect(),
        env,
        workdir: args.workdir.clone(),
        overlay: overlay(args.deny_host_writes.as_ref())?,
        user: args.user,
        vdso,
        network: !args.no_network,
    };
    Ok((config, memory_mode(args.memory)?))
}

/// The directory for the guest's writes. One of our own making is told, since nobody would find it.
fn overlay(wanted: Option<&Option<PathBuf>>) -> Result<Option<PathBuf>> {
    match wanted {
        None => Ok(None),
        Some(Some(dir)) => Ok(Some(dir.clone())),
        Some(None) => {
            let mut random = [0; 8];
            host::random(&mut random).map_err(|errno| std::io::Error::from_raw_os_error(errno.0))?;
            let name = format!("elfuse-trace-{:016x}", u64::from_ne_bytes(random));
            let dir = std::env::temp_dir().join(name);
            std::fs::create_dir(&dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
            super::say(&format!("the guest's writes go to {}", dir.display()));
            Ok(Some(dir))
        }
    }
}

/// Reads a vDSO page from a file.
pub(super) fn read_page(file: &Path) -> Result<Box<[u8; 4096]>> {
    let bytes = std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    match <[u8; 4096]>::try_from(bytes.as_slice()) {
        Ok(page) => Ok(Box::new(page)),
        Err(_) => bail!("{}: has {} bytes; a vDSO page has 4096", file.display(), bytes.len()),
    }
}

/// Name and SHA-256 of the page that the guest will see before any anchor.
fn vdso_identity(config: &Config) -> Result<Option<(String, [u8; 32])>> {
    use sha2::{Digest, Sha256};
    let (name, bytes) = match &config.vdso {
        VdsoChoice::None => return Ok(None),
        VdsoChoice::Image(bytes) => ("image", bytes.to_vec()),
        VdsoChoice::Revision(revision) => {
            let params = ::vdso::Params { revision: *revision, ..Default::default() };
            (revision.name(), ::vdso::build(&params)?.bytes.to_vec())
        }
    };
    Ok(Some((name.to_owned(), Sha256::digest(&bytes).into())))
}
