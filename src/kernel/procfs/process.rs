//! The files of a process and of its threads (fs/proc/array.c, base.c, task_mmu.c).

use super::{Whose, number, of_host};
use crate::guest::{PAGE, Prot, Region, Space};
use crate::host::{self, Errno};
use crate::kernel::family::State;
use crate::kernel::path::{CWD, Follow};
use crate::kernel::time::CpuClock;
use crate::kernel::{Kernel, process};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::fd::{AsFd, AsRawFd};
use traces::event::Backing;

/// The files that there are, besides links and directories.
pub(super) const FILES: [&str; 22] = [
    "auxv",
    "cgroup",
    "cmdline",
    "comm",
    "environ",
    "io",
    "limits",
    "maps",
    "mountinfo",
    "mounts",
    "oom_score",
    "oom_score_adj",
    "personality",
    "schedstat",
    "sessionid",
    "loginuid",
    "smaps",
    "stat",
    "statm",
    "status",
    "syscall",
    "wchan",
];

/// The contents of a file; none if there is none of that name.
pub(super) fn file(
    k: &Kernel,
    space: &Space,
    whose: Whose<'_>,
    name: &[u8],
) -> Option<Result<Vec<u8>, Errno>> {
    if let Some(fd) = name.strip_prefix(b"fdinfo/") {
        return Some(descriptor(k, fd));
    }
    if let Some(rest) = name.strip_prefix(b"net/") {
        return Some(of_host(&format!("/proc/self/net/{}", std::str::from_utf8(rest).ok()?)));
    }
    let p = &k.process;
    Some(Ok(match name {
        b"auxv" => p.auxv.clone(),
        b"cmdline" => zero_terminated(&p.argv),
        b"environ" => zero_terminated(&p.env),
        b"comm" => [&whose.thread.name[..], b"\n"].concat(),
        b"limits" => limits(k).into_bytes(),
        b"maps" => maps(k, space, false).into_bytes(),
        b"smaps" => maps(k, space, true).into_bytes(),
        b"status" => status(k, space, whose),
        b"stat" => stat(k, space, whose),
        b"statm" => memory_pages(space).into_bytes(),
        b"wchan" => b"0".to_vec(),
        b"syscall" => b"running\n".to_vec(),
        b"oom_score" => b"0\n".to_vec(),
        b"oom_score_adj" => format!("{}\n", p.oom_score_adj).into_bytes(),
        b"personality" => format!("{:08x}\n", p.persona).into_bytes(),
        b"loginuid" | b"sessionid" => u32::MAX.to_string().into_bytes(),
        b"schedstat" => format!("{} 0 1\n", cpu_ns(k, whose)).into_bytes(),
        b"cgroup" | b"io" | b"mountinfo" | b"mounts" => {
            return Some(of_host(&format!("/proc/self/{}", std::str::from_utf8(name).ok()?)));
        }
        _ => return None,
    }))
}

fn zero_terminated(strings: &[Vec<u8>]) -> Vec<u8> {
    strings.iter().flat_map(|s| s.iter().copied().chain([0])).collect()
}

/// fdinfo of a descriptor: the host's, but with the guest's flags.
fn descriptor(k: &Kernel, fd: &[u8]) -> Result<Vec<u8>, Errno> {
    const CLOEXEC: u32 = 0x8_0000;
    let fd = number(fd).ok_or(Errno::ENOENT)?;
    let file = k.fds.get(fd.cast_signed()).map_err(|_| Errno::ENOENT)?;
    let flags = host::open_flags(file.host.as_fd())? | if file.cloexec { CLOEXEC } else { 0 };
    let host = of_host(&format!("/proc/self/fdinfo/{}", file.host.as_raw_fd()))?;
    let mut text = String::new();
    for line in String::from_utf8_lossy(&host).lines() {
        match line.strip_prefix("flags:") {
            Some(_) => text.push_str(&format!("flags:\t0{flags:o}")),
            // A signalfd is an event counter of the host.
            None if file.signals.is_some() && line.starts_with("eventfd-") => continue,
            None => text.push_str(line),
        }
        text.push('\n');
    }
    if let Some(signals) = &file.signals {
        text.push_str(&format!("sigmask:\t{:016x}\n", signals.mask()));
    }
    Ok(text.into_bytes())
}

/// CPU time in nanoseconds.
fn cpu_ns(k: &Kernel, whose: Whose<'_>) -> u64 {
    k.cpu_time(if whose.alone { CpuClock::Thread(whose.thread.tid) } else { CpuClock::Process })
}

fn limits(k: &Kernel) -> String {
    const ROWS: [(&str, &str); 16] = [
        ("Max cpu time", "seconds"),
        ("Max file size", "bytes"),
        ("Max data size", "bytes"),
        ("Max stack size", "bytes"),
        ("Max core file size", "bytes"),
        ("Max resident set", "bytes"),
        ("Max processes", "processes"),
        ("Max open files", "files"),
        ("Max locked memory", "bytes"),
        ("Max address space", "bytes"),
        ("Max file locks", "locks"),
        ("Max pending signals", "signals"),
        ("Max msgqueue size", "bytes"),
        ("Max nice priority", ""),
        ("Max realtime priority", ""),
        ("Max realtime timeout", "us"),
    ];
    let mut text = format!("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (resource, (name, unit)) in (0..).zip(ROWS) {
        let (soft, hard) = process::limit_of(k, resource).unwrap_or((u64::MAX, u64::MAX));
        let show = |limit: u64| if limit == u64::MAX { "unlimited".into() } else { limit.to_string() };
        let _ = writeln!(text, "{name:<25} {:<20} {:<20} {unit:<10}", show(soft), show(hard)); // a String takes everything
    }
    text
}

/// Device and inode of mapped files, which are asked for once each.
struct Inodes<'a> {
    k: &'a Kernel,
    known: BTreeMap<String, (u32, u32, u64)>,
}

impl Inodes<'_> {
    fn of(&mut self, path: &str) -> (u32, u32, u64) {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let located = self.k.fs.locate(&self.k.fds, CWD, path.as_bytes(), Follow::Yes).ok();
        let stat = located.and_then(|at| host::statx(at.dir(), &at.path, 0, 0x7FF).ok());
        // A file that is gone has a number all the same.
        let found = stat.map_or((0, 0, 1), |s| (s.stx_dev_major, s.stx_dev_minor, s.stx_ino));
        self.known.insert(path.to_owned(), found);
        found
    }
}

fn maps(k: &Kernel, space: &Space, details: bool) -> String {
    let mut text = String::new();
    // What a forked process has it shares with its parent, as long as neither stores there.
    let inherited = k.is_forked() && !k.family.has_executed();
    let mut inodes = Inodes { k, known: BTreeMap::new() };
    for region in space.regions().iter() {
        let flag = |bit, letter| if region.prot.has(bit) { letter } else { '-' };
        let (name, offset, shared, (major, minor, inode)) = match &region.backing {
            Backing::Anonymous => ("", 0, false, (0, 0, 0)),
            Backing::File { path, offset, shared } => (&path[..], *offset, *shared, inodes.of(path)),
            Backing::Named(name) => (&name[..], 0, false, (0, 0, 0)),
        };
        let mut line = format!(
            "{:08x}-{:08x} {}{}{}{} {offset:08x} {major:02x}:{minor:02x} {inode}",
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
        if details {
            describe(&mut text, region, shared || inherited);
        }
    }
    text
}

/// The lines of smaps below a mapping, all of which counts as resident and touched.
fn describe(text: &mut String, region: &Region, shared: bool) {
    let size = (region.end - region.start) / 1024;
    let resident = if region.prot == Prot(0) { 0 } else { size };
    let (clean, dirty) = if region.prot.has(Prot::WRITE) { (0, resident) } else { (resident, 0) };
    let anonymous = if matches!(region.backing, Backing::File { .. }) { 0 } else { resident };
    let split = |ours: bool, size: u64| if ours { size } else { 0 };
    let rows = [
        ("Size", size),
        ("KernelPageSize", PAGE / 1024),
        ("MMUPageSize", PAGE / 1024),
        ("Rss", resident),
        ("Pss", resident),
        ("Pss_Dirty", dirty),
        ("Shared_Clean", split(shared, clean)),
        ("Shared_Dirty", split(shared, dirty)),
        ("Private_Clean", split(!shared, clean)),
        ("Private_Dirty", split(!shared, dirty)),
        ("Referenced", resident),
        ("Anonymous", anonymous),
        ("KSM", 0),
        ("LazyFree", 0),
        ("AnonHugePages", 0),
        ("ShmemPmdMapped", 0),
        ("FilePmdMapped", 0),
        ("Shared_Hugetlb", 0),
        ("Private_Hugetlb", 0),
        ("Swap", 0),
        ("SwapPss", 0),
        ("Locked", 0),
    ];
    for (name, kib) in rows {
        let name = format!("{name}:");
        let _ = writeln!(text, "{name:<16}{kib:>8} kB");
    }
    let _ = writeln!(text, "THPeligible:           0");
    let flags = [(Prot::READ, "rd"), (Prot::WRITE, "wr"), (Prot::EXEC, "ex")];
    let flags: Vec<&str> =
        flags.iter().filter(|(bit, _)| region.prot.has(*bit)).map(|(_, flag)| *flag).collect();
    let _ = writeln!(text, "VmFlags: {} mr mw me{}", flags.join(" "), if shared { " sh" } else { "" });
}

/// Bytes of the mappings that are `wanted`.
fn bytes_of(space: &Space, wanted: impl Fn(&Region) -> bool) -> u64 {
    space.regions().iter().filter(|r| wanted(r)).map(|r| r.end - r.start).sum()
}

fn is_file(region: &Region) -> bool {
    matches!(region.backing, Backing::File { .. })
}

/// Sizes in pages: all that is mapped with any right counts as resident.
fn memory_pages(space: &Space) -> String {
    let pages = |wanted: fn(&Region) -> bool| bytes_of(space, wanted) / PAGE;
    let all = pages(|_| true);
    let resident = pages(|r| r.prot != Prot(0));
    let shared = pages(|r| is_file(r) && r.prot != Prot(0));
    let (text, data) = (pages(|r| r.prot.has(Prot::EXEC)), pages(|r| r.prot.has(Prot::WRITE)));
    format!("{all} {resident} {shared} {text} 0 {data} 0\n")
}

fn status(k: &Kernel, space: &Space, whose: Whose<'_>) -> Vec<u8> {
    let thread = whose.thread;
    let (u, g) = (k.ids.uid, k.ids.gid);
    let me = k.family.me();
    let umask = host::set_umask(0);
    host::set_umask(umask);
    let groups: Vec<String> = k.ids.groups().iter().map(u32::to_string).collect();
    let mut text = format!(
        "\nUmask:\t{umask:04o}\nState:\t{}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n\
         Uid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\nFDSize:\t{}\nGroups:\t{} \n\
         NStgid:\t{pid}\nNSpid:\t{tid}\nNSpgid:\t{}\nNSsid:\t{}\nKthread:\t0\n",
        state(k, whose).1,
        thread.tid.0,
        me.parent,
        u.real,
        u.effective,
        u.saved,
        u.effective,
        g.real,
        g.effective,
        g.saved,
        g.effective,
        k.fds.open().last().map_or(64, |(fd, _)| (fd.unsigned_abs() + 1).next_multiple_of(64)),
        groups.join(" "),
        me.group,
        me.session,
        pid = k.pid,
        tid = thread.tid.0,
    );
    let kib = |wanted: fn(&Region) -> bool| bytes_of(space, wanted) / 1024;
    let (size, resident) = (kib(|_| true), kib(|r| r.prot != Prot(0)));
    let file = kib(|r| is_file(r) && r.prot != Prot(0));
    let stack = kib(|r| matches!(&r.backing, Backing::Named(name) if name == "[stack]"));
    for (name, kib) in [
        ("VmPeak", size),
        ("VmSize", size),
        ("VmLck", 0),
        ("VmPin", 0),
        ("VmHWM", resident),
        ("VmRSS", resident),
        ("RssAnon", resident - file),
        ("RssFile", file),
        ("RssShmem", 0),
        ("VmData", kib(|r| r.prot.has(Prot::WRITE)) - stack),
        ("VmStk", stack),
        ("VmExe", kib(|r| r.prot.has(Prot::EXEC))),
        ("VmLib", 0),
        ("VmPTE", size.div_ceil(512)),
        ("VmSwap", 0),
    ] {
        let _ = writeln!(text, "{name}:\t{kib:>8} kB"); // a String takes everything
    }
    let sets = k.signal_sets(thread);
    let _ = writeln!(text, "CoreDumping:\t0\nTHP_enabled:\t0\nThreads:\t{}", k.threads.len());
    let _ = writeln!(text, "SigQ:\t{}/1024", k.signals_waiting());
    for (name, set) in ["SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"].into_iter().zip(sets) {
        let _ = writeln!(text, "{name}:\t{set:016x}");
    }
    let capable = k.ids.capabilities();
    let all = (1u64 << 41) - 1;
    for (name, set) in
        [("CapInh", 0), ("CapPrm", capable), ("CapEff", capable), ("CapBnd", all), ("CapAmb", 0)]
    {
        let _ = writeln!(text, "{name}:\t{set:016x}");
    }
    let _ =
        writeln!(text, "NoNewPrivs:\t{}\nSeccomp:\t0\nSeccomp_filters:\t0", k.process.settings.no_new_privs);
    text.push_str("Speculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tunknown\n");
    text.push_str("Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
    text.push_str("voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    [b"Name:\t", &escaped(&thread.name)[..], text.as_bytes()].concat()
}

/// A name on a line of its own: a backslash and a line's end would be taken for something else.
pub(super) fn escaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in name {
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\\' => out.extend(b"\\\\"),
            other => out.push(other),
        }
    }
    out
}

/// What a thread does: it runs if nothing keeps it from that.
fn state(k: &Kernel, whose: Whose<'_>) -> (char, &'static str) {
    if k.family.me().state == State::Stopped {
        return ('T', "T (stopped)");
    }
    if whose.thread.call.is_some() { ('S', "S (sleeping)") } else { ('R', "R (running)") }
}

/// The number of the device that is the terminal of this process's session, 0 for none: it is the host's.
fn terminal() -> u64 {
    const TTY_NR: usize = 4; // behind the name, which ends with the last parenthesis
    let line = of_host("/proc/self/stat").unwrap_or_default();
    let rest = line.rsplit(|&byte| byte == b')').next().unwrap_or_default();
    let field = rest.split(|&byte| byte == b' ').filter(|field| !field.is_empty()).nth(TTY_NR);
    field.and_then(|field| std::str::from_utf8(field).ok()?.parse().ok()).unwrap_or(0)
}

fn stat(k: &Kernel, space: &Space, whose: Whose<'_>) -> Vec<u8> {
    const TICK_NS: u64 = 10_000_000;
    const RSS: u32 = 5;
    let thread = whose.thread;
    let sets = k.signal_sets(thread);
    let [pending, _, blocked, ignored, caught] = sets.map(|set| set & 0x7FFF_FFFF);
    let size = bytes_of(space, |_| true);
    let resident = bytes_of(space, |r| r.prot != Prot(0)) / PAGE;
    let (resident_limit, _) = process::limit_of(k, RSS).unwrap_or((u64::MAX, 0));
    let code: Vec<Region> = space.regions().iter().filter(|r| r.prot.has(Prot::EXEC)).cloned().collect();
    let (code_start, code_end) = code.iter().find(|r| is_file(r)).map_or((0, 0), |r| (r.start, r.end));
    let nice = k.process.policy.nice;
    let me = k.family.me();
    let terminal = terminal();
    let foreground = k.family.foreground(me.session);
    let head = format!("{} (", thread.tid.0);
    let tail = format!(
        ") {state} {ppid} {group} {session} {terminal} {foreground} 0 0 0 0 0 {user} 0 0 0 {priority} {nice} {threads} 0 {start} \
         {size} {resident} {resident_limit} {code_start} {code_end} {stack} 0 0 {pending} {blocked} {ignored} {caught} \
         0 0 0 17 0 0 {policy} 0 0 0 0 0 {brk} 0 0 0 0 0\n",
        state = state(k, whose).0,
        ppid = me.parent,
        group = me.group,
        session = me.session,
        foreground = if terminal == 0 { -1 } else { foreground.map_or(0, u32::cast_signed) },
        user = cpu_ns(k, whose) / TICK_NS,
        priority = 20 + nice,
        threads = k.threads.len(),
        start = k.process.started_ns / TICK_NS,
        stack = k.layout.stack_top,
        policy = k.process.policy.policy,
        brk = k.layout.brk_base,
    );
    [head.as_bytes(), &thread.name, tail.as_bytes()].concat()
}
