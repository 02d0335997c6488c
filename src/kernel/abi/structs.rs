//! The structs of arm64 Linux that syscalls pass, as field tables; each names its header.

use super::layout::{Field, Kind, Layout};
use super::{Scalar, Width};
use super::{flags_file as file, flags_proc as process};

const I4: Kind = Kind::Num(Scalar::Int, Width::B4);
const U2: Kind = Kind::Num(Scalar::Uint, Width::B2);
const U4: Kind = Kind::Num(Scalar::Uint, Width::B4);
const I8: Kind = Kind::Num(Scalar::Int, Width::B8);
const U8: Kind = Kind::Num(Scalar::Uint, Width::B8);
const X4: Kind = Kind::Num(Scalar::Hex, Width::B4);
const X8: Kind = Kind::Num(Scalar::Hex, Width::B8);
const P8: Kind = Kind::Num(Scalar::Ptr, Width::B8);
const UID: Kind = Kind::Num(Scalar::Uid, Width::B4);
const FD: Kind = Kind::Num(Scalar::Fd, Width::B4);
const SET: Kind = Kind::Num(Scalar::Sigset, Width::B8);
const DEV: Kind = Kind::Num(Scalar::Dev, Width::B8);
const LIMIT: Kind = Kind::Num(Scalar::Rlimit, Width::B8);

const fn flags(set: &'static super::Flags, width: Width) -> Kind {
    Kind::Num(Scalar::Flags(set), width)
}

const fn named(set: &'static super::Enum, width: Width) -> Kind {
    Kind::Num(Scalar::Enum(set), width)
}

macro_rules! layouts {
    ($( $(#[$doc:meta])* $item:ident $name:literal $size:literal $(brief $brief:literal)?
        { $( $field:ident @ $at:literal : $kind:expr $(, when $word:literal & $mask:literal)? );* $(;)? } )+) => { $(
        $(#[$doc])*
        pub static $item: Layout = Layout {
            name: $name,
            size: $size,
            brief: 0 $(+ $brief)?,
            fields: &[ $( Field {
                name: stringify!($field), at: $at, kind: $kind,
                when: layouts!(@when $($word, $mask)?),
            } ),* ],
        };
    )+ };
    (@when) => { None };
    (@when $word:literal, $mask:literal) => { Some(($word, $mask)) };
}

/// asm-generic/fcntl.h; written out because its first member has the name of a keyword.
pub static F_OWNER_EX: Layout = Layout {
    name: "f_owner_ex",
    size: 8,
    brief: 0,
    fields: &[
        Field { name: "type", at: 0, kind: named(&file::OWNER, Width::B4), when: None },
        Field { name: "pid", at: 4, kind: I4, when: None },
    ],
};

layouts! {
    /// asm-generic/stat.h
    STAT "stat" 128 brief 2 {
        st_mode @ 16: Kind::Num(Scalar::Mode, Width::B4); st_size @ 48: I8; st_dev @ 0: DEV; st_ino @ 8: U8;
        st_nlink @ 20: U4; st_uid @ 24: UID; st_gid @ 28: UID; st_rdev @ 32: DEV; st_blksize @ 56: I4;
        st_blocks @ 64: I8; st_atime @ 72: I8; st_atime_nsec @ 80: U8; st_mtime @ 88: I8; st_mtime_nsec @ 96: U8;
        st_ctime @ 104: I8; st_ctime_nsec @ 112: U8;
    }
    /// linux/stat.h
    STATX_TIMESTAMP "statx_timestamp" 16 { tv_sec @ 0: I8; tv_nsec @ 8: U4 }
    /// linux/stat.h
    STATX "statx" 256 brief 4 {
        stx_mask @ 0: flags(&file::STATX, Width::B4); stx_attributes @ 8: flags(&file::STATX_ATTR, Width::B8);
        stx_mode @ 28: Kind::Num(Scalar::Mode, Width::B2); stx_size @ 40: U8; stx_blksize @ 4: U4; stx_nlink @ 16: U4;
        stx_uid @ 20: UID; stx_gid @ 24: UID; stx_ino @ 32: U8; stx_blocks @ 48: U8;
        stx_attributes_mask @ 56: flags(&file::STATX_ATTR, Width::B8); stx_atime @ 64: Kind::Struct(&STATX_TIMESTAMP);
        stx_btime @ 80: Kind::Struct(&STATX_TIMESTAMP); stx_ctime @ 96: Kind::Struct(&STATX_TIMESTAMP);
        stx_mtime @ 112: Kind::Struct(&STATX_TIMESTAMP); stx_rdev_major @ 128: U4; stx_rdev_minor @ 132: U4;
        stx_dev_major @ 136: U4; stx_dev_minor @ 140: U4; stx_mnt_id @ 144: U8;
    }
    /// asm-generic/statfs.h
    STATFS "statfs" 120 brief 5 {
        f_type @ 0: named(&file::FS_MAGIC, Width::B8); f_bsize @ 8: I8; f_blocks @ 16: U8; f_bfree @ 24: U8;
        f_bavail @ 32: U8; f_files @ 40: U8; f_ffree @ 48: U8; f_fsid @ 56: Kind::Nums(Scalar::Hex, Width::B4, 2);
        f_namelen @ 64: I8; f_frsize @ 72: I8; f_flags @ 80: flags(&file::STATFS, Width::B8);
    }
    /// linux/time_types.h
    TIMESPEC "timespec" 16 { tv_sec @ 0: I8; tv_nsec @ 8: I8 }
    /// linux/time.h
    TIMEVAL "timeval" 16 { tv_sec @ 0: I8; tv_usec @ 8: I8 }
    /// linux/time.h
    TIMEZONE "timezone" 8 { tz_minuteswest @ 0: I4; tz_dsttime @ 4: I4 }
    /// linux/time_types.h
    ITIMERSPEC "itimerspec" 32 { it_interval @ 0: Kind::Struct(&TIMESPEC); it_value @ 16: Kind::Struct(&TIMESPEC) }
    /// linux/time.h
    ITIMERVAL "itimerval" 32 { it_interval @ 0: Kind::Struct(&TIMEVAL); it_value @ 16: Kind::Struct(&TIMEVAL) }
    /// linux/times.h
    TMS "tms" 32 { tms_utime @ 0: I8; tms_stime @ 8: I8; tms_cutime @ 16: I8; tms_cstime @ 24: I8 }
    /// linux/timex.h
    TIMEX "timex" 208 {
        modes @ 0: X4; offset @ 8: I8; freq @ 16: I8; maxerror @ 24: I8; esterror @ 32: I8; status @ 40: X4;
        constant @ 48: I8; precision @ 56: I8; tolerance @ 64: I8; time @ 72: Kind::Struct(&TIMEVAL); tick @ 88: I8;
    }
    /// linux/resource.h
    RLIMIT "rlimit" 16 { rlim_cur @ 0: LIMIT; rlim_max @ 8: LIMIT }
    /// linux/resource.h
    RUSAGE "rusage" 144 brief 2 {
        ru_utime @ 0: Kind::Struct(&TIMEVAL); ru_stime @ 16: Kind::Struct(&TIMEVAL); ru_maxrss @ 32: I8;
        ru_ixrss @ 40: I8; ru_idrss @ 48: I8; ru_isrss @ 56: I8; ru_minflt @ 64: I8; ru_majflt @ 72: I8;
        ru_nswap @ 80: I8; ru_inblock @ 88: I8; ru_oublock @ 96: I8; ru_msgsnd @ 104: I8; ru_msgrcv @ 112: I8;
        ru_nsignals @ 120: I8; ru_nvcsw @ 128: I8; ru_nivcsw @ 136: I8;
    }
    /// linux/utsname.h
    UTSNAME "new_utsname" 390 brief 2 {
        sysname @ 0: Kind::Text(65); nodename @ 65: Kind::Text(65); release @ 130: Kind::Text(65);
        version @ 195: Kind::Text(65); machine @ 260: Kind::Text(65); domainname @ 325: Kind::Text(65);
    }
    /// linux/sysinfo.h
    SYSINFO "sysinfo" 112 {
        uptime @ 0: I8; loads @ 8: Kind::Nums(Scalar::Uint, Width::B8, 3); totalram @ 32: U8; freeram @ 40: U8;
        sharedram @ 48: U8; bufferram @ 56: U8; totalswap @ 64: U8; freeswap @ 72: U8; procs @ 80: U2;
        totalhigh @ 88: U8; freehigh @ 96: U8; mem_unit @ 104: U4;
    }
    /// include/linux/signal_types.h for arm64: the mask comes last
    SIGACTION "sigaction" 32 {
        sa_handler @ 0: Kind::Num(Scalar::Handler, Width::B8); sa_mask @ 24: SET;
        sa_flags @ 8: flags(&process::SA, Width::B8); sa_restorer @ 16: P8, when 8 & 0x4000000;
    }
    /// asm-generic/signal.h
    STACK "sigaltstack" 24 { ss_sp @ 0: P8; ss_flags @ 8: flags(&process::SS, Width::B4); ss_size @ 16: U8 }
    /// asm-generic/siginfo.h
    SIGEVENT "sigevent" 64 {
        sigev_value @ 0: X8; sigev_signo @ 8: Kind::Num(Scalar::Signal, Width::B4);
        sigev_notify @ 12: named(&process::SIGEV, Width::B4);
    }
    /// linux/uio.h
    IOVEC "iovec" 16 { iov_base @ 0: P8; iov_len @ 8: U8 }
    /// asm-generic/poll.h
    POLLFD "pollfd" 8 { fd @ 0: FD; events @ 4: flags(&file::POLL, Width::B2); revents @ 6: flags(&file::POLL, Width::B2) }
    /// linux/eventpoll.h; not packed on arm64
    EPOLL_EVENT "epoll_event" 16 { events @ 0: flags(&file::EPOLL, Width::B4); data @ 8: Kind::Num(Scalar::EpollData, Width::B8) }
    /// asm-generic/fcntl.h; who sets a lock need not say who holds it
    FLOCK_ASKED "flock" 32 {
        l_type @ 0: named(&file::LOCK_TYPE, Width::B2); l_whence @ 2: named(&file::SEEK, Width::B2); l_start @ 8: I8;
        l_len @ 16: I8;
    }
    /// asm-generic/fcntl.h
    FLOCK "flock" 32 {
        l_type @ 0: named(&file::LOCK_TYPE, Width::B2); l_whence @ 2: named(&file::SEEK, Width::B2); l_start @ 8: I8;
        l_len @ 16: I8; l_pid @ 24: I4;
    }
    /// asm-generic/termbits.h
    TERMIOS "termios" 36 brief 4 {
        c_iflag @ 0: flags(&file::TERM_I, Width::B4); c_oflag @ 4: flags(&file::TERM_O, Width::B4);
        c_cflag @ 8: flags(&file::TERM_C, Width::B4); c_lflag @ 12: flags(&file::TERM_L, Width::B4);
        c_line @ 16: Kind::Num(Scalar::Uint, Width::B1); c_cc @ 17: Kind::Bytes(19);
    }
    /// asm-generic/termbits.h
    TERMIOS2 "termios2" 44 brief 4 {
        c_iflag @ 0: flags(&file::TERM_I, Width::B4); c_oflag @ 4: flags(&file::TERM_O, Width::B4);
        c_cflag @ 8: flags(&file::TERM_C, Width::B4); c_lflag @ 12: flags(&file::TERM_L, Width::B4);
        c_line @ 16: Kind::Num(Scalar::Uint, Width::B1); c_cc @ 17: Kind::Bytes(19); c_ispeed @ 36: U4; c_ospeed @ 40: U4;
    }
    /// asm-generic/termios.h
    WINSIZE "winsize" 8 { ws_row @ 0: U2; ws_col @ 2: U2; ws_xpixel @ 4: U2; ws_ypixel @ 6: U2 }
    /// include/linux/socket.h
    MSGHDR "msghdr" 56 {
        msg_name @ 0: P8; msg_namelen @ 8: I4; msg_iov @ 16: P8; msg_iovlen @ 24: U8; msg_control @ 32: P8;
        msg_controllen @ 40: U8; msg_flags @ 48: flags(&super::flags_net::MSG, Width::B4);
    }
    /// linux/sched/types.h
    SCHED_ATTR "sched_attr" 48 {
        size @ 0: U4; sched_policy @ 4: named(&process::SCHED, Width::B4);
        sched_flags @ 8: flags(&process::SCHED_FLAG, Width::B8); sched_nice @ 16: I4; sched_priority @ 20: U4;
        sched_runtime @ 24: U8; sched_deadline @ 32: U8; sched_period @ 40: U8;
    }
    /// linux/sched.h
    CLONE_ARGS "clone_args" 88 {
        flags @ 0: flags(&process::CLONE, Width::B8); pidfd @ 8: P8; child_tid @ 16: P8; parent_tid @ 24: P8;
        exit_signal @ 32: Kind::Num(Scalar::Signal, Width::B8); stack @ 40: P8; stack_size @ 48: X8; tls @ 56: P8;
        set_tid @ 64: P8; set_tid_size @ 72: U8; cgroup @ 80: U8;
    }
    /// linux/openat2.h
    OPEN_HOW "open_how" 24 {
        flags @ 0: flags(&file::OPEN, Width::B8); mode @ 8: Kind::Num(Scalar::Octal, Width::B8), when 0 & 0x400040;
        resolve @ 16: flags(&file::RESOLVE, Width::B8);
    }
    /// linux/mount.h
    MOUNT_ATTR "mount_attr" 32 {
        attr_set @ 0: flags(&file::MOUNT_ATTR, Width::B8); attr_clr @ 8: flags(&file::MOUNT_ATTR, Width::B8);
        propagation @ 16: flags(&file::MOUNT, Width::B8); userns_fd @ 24: U8;
    }
    /// linux/capability.h
    CAP_HEADER "__user_cap_header_struct" 8 { version @ 0: named(&process::CAP_VERSION, Width::B4); pid @ 4: I4 }
    /// linux/capability.h
    CAP_DATA "__user_cap_data_struct" 12 { effective @ 0: X4; permitted @ 4: X4; inheritable @ 8: X4 }
    /// linux/rseq.h
    RSEQ "rseq" 32 { cpu_id_start @ 0: U4; cpu_id @ 4: U4; rseq_cs @ 8: P8; flags @ 16: X4 }
    /// linux/futex.h
    ROBUST_LIST_HEAD "robust_list_head" 24 { list @ 0: P8; futex_offset @ 8: I8; list_op_pending @ 16: P8 }
    /// linux/futex.h
    FUTEX_WAITV "futex_waitv" 24 {
        val @ 0: U8; uaddr @ 8: P8; flags @ 16: flags(&process::FUTEX2, Width::B4);
    }
    /// asm-generic/socket.h, include/linux/socket.h
    LINGER "linger" 8 { l_onoff @ 0: I4; l_linger @ 4: I4 }
    /// include/linux/socket.h
    UCRED "ucred" 12 { pid @ 0: I4; uid @ 4: UID; gid @ 8: UID }
    /// linux/mqueue.h
    MQ_ATTR "mq_attr" 64 { mq_flags @ 0: flags(&file::FD_FLAGS, Width::B8); mq_maxmsg @ 8: I8; mq_msgsize @ 16: I8; mq_curmsgs @ 24: I8 }
    /// linux/sem.h
    SEMBUF "sembuf" 6 {
        sem_num @ 0: U2; sem_op @ 2: Kind::Num(Scalar::Int, Width::B2);
        sem_flg @ 4: flags(&process::SEM, Width::B2);
    }
    /// linux/dirent.h: the fixed part, the name follows
    DIRENT "linux_dirent64" 19 {
        d_ino @ 0: U8; d_off @ 8: I8; d_reclen @ 16: U2; d_type @ 18: named(&file::DIRENT_TYPE, Width::B1);
    }
    /// linux/inotify.h: the fixed part, the name follows
    INOTIFY_EVENT "inotify_event" 16 { wd @ 0: I4; mask @ 4: flags(&file::INOTIFY, Width::B4); cookie @ 8: U4; len @ 12: U4 }
    /// linux/signalfd.h, the first members
    SIGNALFD_SIGINFO "signalfd_siginfo" 128 brief 5 {
        ssi_signo @ 0: Kind::Num(Scalar::Signal, Width::B4); ssi_errno @ 4: I4; ssi_code @ 8: I4; ssi_pid @ 12: U4;
        ssi_uid @ 16: UID; ssi_fd @ 20: FD;
    }
}
