//! The files of `/proc` that describe the guest itself; all others are the host's.

use super::Kernel;
use super::path::own_name;
use crate::guest::{PAGE, Prot, Region, Space};
use crate::host::{self, Errno, Statx};
use std::fmt::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use traces::event::Backing;

/// Opens a synthetic file for reading; none if the path is not one of them.
pub(super) fn open(k: &Kernel, space: &Space, guest: &[u8]) -> Result<Option<OwnedFd>, Errno> {
    match contents(k, space, guest) {
        None => Ok(None),
        Some(bytes) => {
            let file = host::memfd(c"proc", 0)?;
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let n = host::write(file.as_fd(), rest)?;
                rest = &rest[n..];
            }
            host::seek(file.as_fd(), 0, 0)?;
            Ok(Some(file))
        }
    }
}

/// stat of a synthetic file or link; none if the path is not one of them.
pub(super) fn stat(k: &Kernel, space: &Space, guest: &[u8], nofollow: bool) -> Result<Option<Statx>, Errno> {
    if nofollow && let Some(target) = link(k, guest) {
        target?;
        let mut stat = host::statx(host::Dir::Cwd, c"/proc/self/exe", 0x100, 0x7FF)?;
        stat.stx_size = 0;
        return Ok(Some(stat));
    }
    match open(k, space, guest)? {
        None => Ok(None),
        Some(file) => {
            let mut stat = host::fstat(file.as_fd())?;
            stat.stx_mode = 0o100_444;
            stat.stx_size = 0;
            Ok(Some(stat))
        }
    }
}

/// The target of a synthetic link; none if the path is not one of them.
pub(super) fn link(k: &Kernel, guest: &[u8]) -> Option<Result<Vec<u8>, Errno>> {
    if guest == b"/proc/self" {
        return Some(Ok(k.pid.to_string().into_bytes()));
    }
    let name = own_name(guest)?;
    if let Some(number) = name.strip_prefix(b"fd/") {
        let number = std::str::from_utf8(number).ok().and_then(|n| n.parse::<i32>().ok());
        return Some(
            number
                .ok_or(Errno::ENOENT)
                .and_then(|fd| k.fds.get(fd).map(|file| file.path.clone()).map_err(|_| Errno::ENOENT)),
        );
    }
    match name {
        b"exe" => Some(Ok(k.process.exe.clone())),
        b"cwd" => Some(Ok(k.fs.cwd().to_vec())),
        b"root" => Some(Ok(b"/".to_vec())),
        _ => None,
    }
}

fn contents(k: &Kernel, space: &Space, guest: &[u8]) -> Option<Vec<u8>> {
    match guest {
        b"/proc/version" => {
            return Some(b"Linux version 6.18.0 (elfuse@elfuse) (elfuse) #1 SMP PREEMPT_DYNAMIC\n".to_vec());
        }
        b"/proc/cpuinfo" => return Some(cpuinfo().into_bytes()),
        _ => {}
    }
    let process = &k.process;
    Some(match own_name(guest)? {
        b"cmdline" => zero_terminated(&process.argv),
        b"environ" => zero_terminated(&process.env),
        b"auxv" => process.auxv.clone(),
        b"comm" => [&k.me().name[..], b"\n"].concat(),
        b"maps" => maps(space).into_bytes(),
        b"status" => status(k).into_bytes(),
        b"stat" => process_stat(k).into_bytes(),
        b"statm" => memory_pages(space).into_bytes(),
        _ => return None,
    })
}

fn zero_terminated(strings: &[Vec<u8>]) -> Vec<u8> {
    strings.iter().flat_map(|s| s.iter().copied().chain([0])).collect()
}

fn cpuinfo() -> String {
    format!(
        "processor\t: 0\nBogoMIPS\t: 48.00\nFeatures\t: {}\nCPU implementer\t: 0x00\n\
         CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0x000\nCPU revision\t: 0\n\n",
        features().join(" ")
    )
}

/// Names of the bits of AT_HWCAP from bit 0 on (arch/arm64/kernel/cpuinfo.c).
const HWCAP_NAMES: &str = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm \
    jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg";
/// Names of the bits of AT_HWCAP2.
const HWCAP2_NAMES: &str = "dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm \
    svef32mm svef64mm svebf16 i8mm bf16 dgh rng bti mte";

fn features() -> Vec<&'static str> {
    let named = |names: &'static str, bits: u64| {
        names.split_whitespace().enumerate().filter(move |(n, _)| bits >> n & 1 != 0).map(|(_, name)| name)
    };
    let first = named(HWCAP_NAMES, cpu::features::HWCAP);
    first.chain(named(HWCAP2_NAMES, cpu::features::HWCAP2)).collect()
}

fn maps(space: &Space) -> String {
    let mut text = String::new();
    for region in space.regions().iter() {
        let flag = |bit, letter| if region.prot.has(bit) { letter } else { '-' };
        let (name, offset, shared) = match &region.backing {
            Backing::Anonymous => (String::new(), 0, false),
            Backing::File { path, offset, shared } => (path.clone(), *offset, *shared),
            Backing::Named(name) => (name.clone(), 0, false),
        };
        let mut line = format!(
            "{:08x}-{:08x} {}{}{}{} {offset:08x} 00:00 0",
            region.start,
            region.end,
            flag(1, 'r'),
            flag(2, 'w'),
            flag(4, 'x'),
            if shared { 's' } else { 'p' },
        );
        if !name.is_empty() {
            line = format!("{line:<73}{name}");
        }
        let _ = writeln!(text, "{line}"); // a String takes everything
    }
    text
}

fn status(k: &Kernel) -> String {
    let name = String::from_utf8_lossy(&k.me().name);
    let (u, g) = (k.ids.uid, k.ids.gid);
    let (pid, parent, threads) = (k.pid, k.family.me().parent, k.threads.len());
    format!(
        "Name:\t{name}\nUmask:\t0022\nState:\tR (running)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{parent}\n\
         TracerPid:\t0\nUid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\nFDSize:\t64\nThreads:\t{threads}\n",
        u.real, u.effective, u.saved, u.effective, g.real, g.effective, g.saved, g.effective
    )
}

/// Sizes in pages: all that is mapped counts as resident.
fn memory_pages(space: &Space) -> String {
    let pages = |wanted: fn(&Region) -> bool| -> u64 {
        space.regions().iter().filter(|r| wanted(r)).map(|r| (r.end - r.start) / PAGE).sum()
    };
    let all = pages(|_| true);
    let file = pages(|r| matches!(r.backing, Backing::File { .. }));
    let (text, data) = (pages(|r| r.prot.has(Prot::EXEC)), pages(|r| r.prot.has(Prot::WRITE)));
    format!("{all} {all} {file} {text} 0 {data} 0\n")
}

/// The entries of `/proc/self/fd` from number `from` on, as linux_dirent64, in at most `room` bytes; and the number
/// to go on from.
pub(super) fn descriptors(k: &Kernel, from: u64, room: usize) -> (Vec<u8>, u64) {
    const DIRECTORY: u8 = 4;
    const LINK: u8 = 10;
    let dots = [(".".to_owned(), DIRECTORY), ("..".to_owned(), DIRECTORY)];
    let numbers = k.fds.open().map(|(fd, _)| (fd.to_string(), LINK));
    let mut bytes = Vec::new();
    let mut next = 0;
    for (name, kind) in dots.into_iter().chain(numbers) {
        let len = (19 + name.len() + 1).next_multiple_of(8);
        if next >= from {
            if bytes.len() + len > room {
                return (bytes, next);
            }
            let end = bytes.len() + len;
            bytes.extend((next + 1).to_le_bytes()); // the inode is of no use to anybody
            bytes.extend((next + 1).to_le_bytes());
            bytes.extend(u16::try_from(len).expect("a short name").to_le_bytes());
            bytes.push(kind);
            bytes.extend(name.as_bytes());
            bytes.resize(end, 0);
        }
        next += 1;
    }
    (bytes, next)
}

fn process_stat(k: &Kernel) -> String {
    let name = String::from_utf8_lossy(&k.me().name);
    let zeros = " 0".repeat(44);
    let me = k.family.me();
    format!("{} ({name}) R {} {} {} 0 -1{zeros}\n", me.pid, me.parent, me.group, me.session)
}
