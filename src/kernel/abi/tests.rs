//! The data against the headers of arm64 Linux, by way of a C compiler where one for arm64 is installed.

use super::layout::{Field, Kind, Layout};
use super::*;
use std::fmt::Write as _;
use std::process::Command;

const COMPILER: &str = "aarch64-linux-gnu-gcc";

const FLAG_SETS: &[&Flags] = &[
    &flags_file::OPEN,
    &flags_file::FD_FLAGS,
    &flags_file::FD_CLOEXEC,
    &flags_file::AT,
    &flags_file::AT_ACCESS,
    &flags_file::AT_STATX,
    &flags_file::STATX,
    &flags_file::STATX_ATTR,
    &flags_file::RENAME,
    &flags_file::FALLOC,
    &flags_file::FLOCK,
    &flags_file::RWF,
    &flags_file::SYNC_RANGE,
    &flags_file::XATTR,
    &flags_file::MOUNT,
    &flags_file::MOUNT_ATTR,
    &flags_file::OPEN_TREE,
    &flags_file::MOVE_MOUNT,
    &flags_file::FSOPEN,
    &flags_file::FSMOUNT,
    &flags_file::FSPICK,
    &flags_file::RESOLVE,
    &flags_file::CLOSE_RANGE,
    &flags_file::MEMFD,
    &flags_file::SEALS,
    &flags_file::SIGNALFD,
    &flags_file::TIMERFD,
    &flags_file::TIMERFD_SET,
    &flags_file::INOTIFY_INIT,
    &flags_file::INOTIFY,
    &flags_file::EPOLL_CREATE,
    &flags_file::EPOLL,
    &flags_file::POLL,
    &flags_file::TERM_I,
    &flags_file::TERM_O,
    &flags_file::TERM_C,
    &flags_file::TERM_L,
    &flags_proc::PROT,
    &flags_proc::MAP,
    &flags_proc::MREMAP,
    &flags_proc::MSYNC,
    &flags_proc::MLOCKALL,
    &flags_proc::MLOCK2,
    &flags_proc::PKEY,
    &flags_proc::CLONE,
    &flags_proc::WAIT,
    &flags_proc::SA,
    &flags_proc::SS,
    &flags_proc::GRND,
    &flags_proc::RSEQ,
    &flags_proc::PIDFD,
    &flags_proc::SCHED_FLAG,
    &flags_proc::PERF,
    &flags_proc::URING_ENTER,
    &flags_proc::IPC_GET,
    &flags_proc::SHM_GET,
    &flags_proc::MSG_Q,
    &flags_proc::SEM,
    &flags_proc::SHM,
    &flags_proc::SECCOMP_FLAGS,
];

const ENUMS: &[&Enum] = &[
    &flags_file::SEEK,
    &flags_file::FCNTL,
    &flags_file::LOCK_TYPE,
    &flags_file::OWNER,
    &flags_file::FADVISE,
    &flags_file::EPOLL_CTL,
    &flags_file::FILE_TYPE,
    &flags_file::FS_MAGIC,
    &flags_file::CLOCK,
    &flags_proc::MADVISE,
    &flags_proc::SIG_HOW,
    &flags_proc::FUTEX,
    &flags_proc::FUTEX_OP,
    &flags_proc::FUTEX_CMP,
    &flags_proc::PRCTL,
    &flags_proc::PR_VMA,
    &flags_proc::RLIMIT,
    &flags_proc::PRIO,
    &flags_proc::WAIT_ID,
    &flags_proc::ITIMER,
    &flags_proc::SCHED,
    &flags_proc::PTRACE,
    &flags_proc::SECCOMP,
    &flags_proc::SHM_CMD,
    &flags_proc::SEM_CMD,
    &flags_proc::MSG_CMD,
    &flags_proc::SIGEV,
    &flags_proc::REBOOT,
    &flags_proc::CAP_VERSION,
    &flags_net::NETLINK,
    &flags_net::SO,
    &flags_net::TCP,
    &flags_net::IP,
    &flags_net::IPV6,
    &signals::SI,
    &signals::ILL,
    &signals::FPE,
    &signals::SEGV,
    &signals::BUS,
    &signals::TRAP,
    &signals::CLD,
    &signals::POLL_CODE,
    &signals::SYS,
];

/// Layouts with a struct of that name in the kernel's headers.
const LAYOUTS: &[&Layout] = &[
    &structs::STAT,
    &structs::STATX,
    &structs::STATX_TIMESTAMP,
    &structs::STATFS,
    &structs::TMS,
    &structs::RLIMIT,
    &structs::RUSAGE,
    &structs::UTSNAME,
    &structs::SYSINFO,
    &structs::STACK,
    &structs::IOVEC,
    &structs::POLLFD,
    &structs::EPOLL_EVENT,
    &structs::FLOCK,
    &structs::F_OWNER_EX,
    &structs::TERMIOS,
    &structs::TERMIOS2,
    &structs::WINSIZE,
    &structs::CLONE_ARGS,
    &structs::OPEN_HOW,
    &structs::MOUNT_ATTR,
    &structs::CAP_HEADER,
    &structs::CAP_DATA,
    &structs::ROBUST_LIST_HEAD,
    &structs::FUTEX_WAITV,
    &structs::MQ_ATTR,
    &structs::SEMBUF,
    &structs::INOTIFY_EVENT,
    &structs::SIGNALFD_SIGINFO,
    &structs::ITIMERVAL,
    &structs::TIMEVAL,
    &structs::TIMEZONE,
];

const INCLUDES: &str = "asm/fcntl.h linux/fcntl.h asm/stat.h linux/stat.h linux/fs.h linux/falloc.h linux/xattr.h \
    linux/mount.h linux/openat2.h linux/close_range.h linux/memfd.h linux/signalfd.h linux/timerfd.h \
    linux/inotify.h linux/eventpoll.h asm/poll.h asm/termbits.h asm/termios.h asm/ioctls.h linux/sockios.h \
    asm/mman.h linux/mman.h linux/sched.h linux/wait.h asm/signal.h asm/siginfo.h linux/random.h linux/rseq.h \
    linux/pidfd.h linux/perf_event.h linux/io_uring.h linux/ipc.h linux/shm.h linux/sem.h linux/msg.h \
    linux/seccomp.h linux/futex.h linux/prctl.h linux/resource.h linux/time.h linux/ptrace.h linux/reboot.h \
    linux/capability.h linux/netlink.h asm/socket.h linux/tcp.h linux/in.h linux/in6.h linux/magic.h \
    linux/fadvise.h linux/mqueue.h asm/statfs.h linux/times.h linux/utsname.h linux/sysinfo.h linux/uio.h \
    linux/fiemap.h asm/hwcap.h linux/errno.h linux/membarrier.h";

/// What only the C library's headers name; they do not go together with the kernel's.
const LIBRARY_INCLUDES: &str = "sys/socket.h sys/eventfd.h sys/mount.h sys/swap.h sys/statvfs.h dirent.h fcntl.h \
    sched.h signal.h unistd.h sys/personality.h netinet/in.h netinet/tcp.h netinet/udp.h linux/mempolicy.h \
    linux/membarrier.h linux/kcmp.h linux/bpf.h linux/ioprio.h linux/userfaultfd.h";

/// Sets whose values are macros of the C library or of headers that go with it.
const LIBRARY_FLAG_SETS: &[&Flags] = &[
    &flags_file::SPLICE,
    &flags_file::UMOUNT,
    &flags_file::EVENTFD,
    &flags_file::SWAP,
    &flags_file::STATFS,
    &flags_file::ACCESS,
    &flags_proc::MPOL_MF,
    &flags_proc::UFFD,
    &flags_net::MSG,
];

/// The same for enumerations.
const LIBRARY_ENUMS: &[&Enum] = &[
    &flags_file::DIRENT_TYPE,
    &flags_net::AF,
    &flags_net::SOCK,
    &flags_net::SOL,
    &flags_net::SHUT,
    &flags_net::IPPROTO,
    &flags_proc::SCHED,
];

/// Sets whose values are C enumerators, which the preprocessor does not see: each must exist.
const ENUMERATORS: &[&Enum] = &[
    &flags_proc::MPOL,
    &flags_proc::MEMBARRIER,
    &flags_proc::KCMP,
    &flags_proc::BPF,
    &flags_proc::IOPRIO_WHO,
];

/// Compiles assertions against the kernel's headers; none if there is no compiler for arm64 here.
fn compile(assertions: &str) -> Option<Result<(), String>> {
    compile_with(INCLUDES, "#define __KERNEL_STRICT_NAMES", assertions)
}

fn compile_with(includes: &str, first: &str, assertions: &str) -> Option<Result<(), String>> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let source = dir.path().join("abi.c");
    let mut text = format!("{first}\n");
    for include in includes.split_whitespace() {
        writeln!(text, "#if __has_include(<{include}>)\n#include <{include}>\n#endif").expect("to a string");
    }
    text.push_str("#define offset(type, member) __builtin_offsetof(type, member)\n");
    text.push_str(assertions);
    std::fs::write(&source, text).expect("the source is written");
    let output =
        Command::new(COMPILER).args(["-fsyntax-only", "-w", "-std=gnu11"]).arg(&source).output().ok()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() { Ok(()) } else { Err(errors) })
}

fn check(assertions: &str) {
    accepted(compile(assertions));
}

fn accepted(outcome: Option<Result<(), String>>) {
    if let Some(Err(errors)) = outcome {
        let first: Vec<&str> = errors.lines().filter(|line| line.contains("error")).take(20).collect();
        panic!("the headers disagree:\n{}", first.join("\n"));
    }
}

fn assert_value(out: &mut String, (value, name): Named) {
    writeln!(
        out,
        "#ifdef {name}\n_Static_assert((unsigned long)({name}) == {value}UL || (unsigned)({name}) == {value}UL, \"{name}\");\n#endif"
    )
    .expect("to a string");
}

#[test]
fn named_values_are_those_of_the_headers() {
    let mut out = String::new();
    for set in FLAG_SETS {
        set.names().for_each(|named| assert_value(&mut out, named));
    }
    for set in ENUMS {
        set.values.iter().for_each(|named| assert_value(&mut out, *named));
    }
    for request in ioctl::all() {
        assert_value(&mut out, (u64::from(request.nr), request.name));
    }
    for (number, name, _) in errno::all() {
        assert_value(&mut out, (u64::from(number), name));
    }
    for signo in 1..=31 {
        let name = signals::name(signo).expect("a name");
        writeln!(out, "_Static_assert({name} == {signo}, \"{name}\");").expect("to a string");
    }
    check(&out);
}

#[test]
fn named_values_are_those_of_the_library() {
    let mut out = String::new();
    for set in LIBRARY_FLAG_SETS {
        set.names().for_each(|named| assert_value(&mut out, named));
    }
    for set in LIBRARY_ENUMS {
        set.values.iter().for_each(|named| assert_value(&mut out, *named));
    }
    // The headers that are installed may be older than the newest names.
    let newer = ["MEMBARRIER_CMD_GET_REGISTRATIONS"];
    let enumerators = ENUMERATORS.iter().flat_map(|set| set.values.iter().copied());
    let personality = flags_proc::PERSONALITY.bits.iter().copied();
    for (value, name) in enumerators.chain(personality).filter(|(_, name)| !newer.contains(name)) {
        writeln!(out, "_Static_assert({name} == {value}, \"{name}\");").expect("to a string");
    }
    accepted(compile_with(LIBRARY_INCLUDES, "#define _GNU_SOURCE", &out));
}

#[test]
fn layouts_are_those_of_the_headers() {
    let mut out = String::new();
    for layout in LAYOUTS {
        let name = match layout.name {
            "sigaltstack" => "stack_t".to_owned(),
            "timeval" | "timezone" | "itimerval" => format!("struct {}", layout.name),
            name => format!("struct {name}"),
        };
        // The header says `st_atime`, `rlim_cur` and so on; only the union of clone_args differs.
        writeln!(out, "_Static_assert(sizeof({name}) == {}, \"{name}\");", layout.size).expect("to a string");
        for Field { name: member, at, kind, .. } in layout.fields {
            writeln!(
                out,
                "_Static_assert(offset({name}, {member}) == {at}, \"{name}.{member}\");\n\
                 _Static_assert(sizeof((({name} *)0)->{member}) == {}, \"size of {name}.{member}\");",
                kind.size()
            )
            .expect("to a string");
        }
    }
    check(&out);
}

#[test]
fn the_comparison_can_fail() {
    if let Some(outcome) = compile("_Static_assert(O_DIRECTORY == 0200000, \"that of x86-64\");\n") {
        assert!(outcome.is_err(), "the compiler accepted a wrong value");
    }
}

#[test]
fn arm64_has_its_own_open_flags() {
    for (name, value) in [
        ("O_DIRECTORY", 0x4000),
        ("O_NOFOLLOW", 0x8000),
        ("O_DIRECT", 0x10000),
        ("O_LARGEFILE", 0x20000),
        ("O_TMPFILE", 0x404000),
    ] {
        assert_eq!(flags_file::OPEN.value(name), Some(value), "{name}");
    }
}

#[test]
fn fields_lie_inside_their_struct() {
    fn check_layout(layout: &Layout) {
        assert!(layout.brief <= layout.fields.len(), "{}", layout.name);
        for field in layout.fields {
            assert!(field.at + field.kind.size() <= layout.size, "{}.{}", layout.name, field.name);
            if let Kind::Struct(inner) = field.kind {
                check_layout(inner);
            }
        }
    }
    for layout in
        LAYOUTS.iter().chain(&[&structs::SIGACTION, &structs::MSGHDR, &structs::TIMEX, &structs::SIGEVENT])
    {
        check_layout(layout);
    }
}

#[test]
fn errno_and_signal_names_go_both_ways() {
    for (number, name, text) in errno::all() {
        assert_eq!(errno::name(number), Some(name));
        assert_eq!(errno::number(name), Some(number));
        assert_eq!(errno::text(number), Some(text));
    }
    assert_eq!(errno::number("EWOULDBLOCK"), Some(11));
    assert_eq!(errno::name(41), None, "41 is not in use");
    assert_eq!([-4096, -4095, -1, 0].map(errno::of_return), [None, Some(4095), Some(1), None]);
    for signo in 1..=64 {
        let name = signals::name(signo).expect("a name");
        assert_eq!(signals::number(&name), Some(signo), "{name}");
    }
    assert_eq!(signals::name(0), None);
    assert_eq!(signals::name(65), None);
    assert_eq!(signals::number("SEGV"), Some(11));
    assert_eq!(signals::number("SIGRTMIN+2"), Some(34));
    assert_eq!(signals::number("RTMIN+33"), None);
}

#[test]
fn numbers_in_short_bytes_are_none() {
    use super::layout::number;
    assert_eq!(number(&[1, 2, 3, 4], 0, Width::B4), Some(0x0403_0201));
    assert_eq!(number(&[1, 2, 3, 4], 1, Width::B4), None);
    assert_eq!(number(&[], 9, Width::B1), None);
    assert_eq!(structs::STAT.number("st_size", &[0; 55]), None);
    assert_eq!(structs::STAT.number("st_size", &[7; 56]), Some(0x0707_0707_0707_0707));
}
