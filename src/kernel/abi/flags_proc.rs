//! Named bits and values of calls on memory, processes, signals, futexes and the system. Data for the syscall table.

use super::{enums, flag_sets};

flag_sets! {
    /// Page protection (asm-generic/mman-common.h, arm64 asm/mman.h).
    PROT "PROT_???" [] {
        PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_SEM = 8, PROT_BTI = 0x10, PROT_MTE = 0x20,
        PROT_GROWSDOWN = 0x1000000, PROT_GROWSUP = 0x2000000,
    }
    /// mmap flags (asm-generic/mman-common.h, asm-generic/mman.h, linux/mman.h).
    MAP "MAP_???" [0xf: MAP_FILE = 0, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3, MAP_DROPPABLE = 8] {
        MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_GROWSDOWN = 0x100, MAP_DENYWRITE = 0x800,
        MAP_EXECUTABLE = 0x1000, MAP_LOCKED = 0x2000, MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000,
        MAP_NONBLOCK = 0x10000, MAP_STACK = 0x20000, MAP_HUGETLB = 0x40000, MAP_SYNC = 0x80000,
        MAP_FIXED_NOREPLACE = 0x100000,
    }
    /// mremap (linux/mman.h).
    MREMAP "MREMAP_???" [] { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4 }
    /// msync (asm-generic/mman-common.h).
    MSYNC "MS_???" [] { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 }
    /// mlockall (asm-generic/mman.h).
    MLOCKALL "MCL_???" [] { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 }
    /// mlock2 (asm-generic/mman-common.h).
    MLOCK2 "MLOCK_???" [] { MLOCK_ONFAULT = 1 }
    /// mbind, move_pages (linux/mempolicy.h).
    MPOL_MF "MPOL_MF_???" [] { MPOL_MF_STRICT = 1, MPOL_MF_MOVE = 2, MPOL_MF_MOVE_ALL = 4, MPOL_MF_LAZY = 8 }
    /// get_mempolicy (linux/mempolicy.h).
    MPOL_GET "MPOL_F_???" [] { MPOL_F_NODE = 1, MPOL_F_ADDR = 2, MPOL_F_MEMS_ALLOWED = 4 }
    /// pkey_alloc (asm-generic/mman-common.h).
    PKEY "PKEY_???" [] { PKEY_DISABLE_ACCESS = 1, PKEY_DISABLE_WRITE = 2 }
    /// clone, clone3, unshare, setns without the exit signal (linux/sched.h).
    CLONE "CLONE_???" [] {
        CLONE_NEWTIME = 0x80, CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800,
        CLONE_PIDFD = 0x1000, CLONE_PTRACE = 0x2000, CLONE_VFORK = 0x4000, CLONE_PARENT = 0x8000,
        CLONE_THREAD = 0x10000, CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000, CLONE_SETTLS = 0x80000,
        CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_CLEARTID = 0x200000, CLONE_DETACHED = 0x400000,
        CLONE_UNTRACED = 0x800000, CLONE_CHILD_SETTID = 0x1000000, CLONE_NEWCGROUP = 0x2000000,
        CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000,
        CLONE_NEWNET = 0x40000000, CLONE_IO = 0x80000000, CLONE_CLEAR_SIGHAND = 0x100000000,
        CLONE_INTO_CGROUP = 0x200000000,
    }
    /// wait4, waitid (linux/wait.h).
    WAIT "W???" [] {
        WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x1000000, __WNOTHREAD = 0x20000000,
        __WALL = 0x40000000, __WCLONE = 0x80000000,
    }
    /// sigaction flags (asm-generic/signal-defs.h, asm-generic/signal.h).
    SA "SA_???" [] {
        SA_RESTORER = 0x4000000, SA_ONSTACK = 0x8000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000,
        SA_RESETHAND = 0x80000000, SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_UNSUPPORTED = 0x400,
        SA_EXPOSE_TAGBITS = 0x800,
    }
    /// sigaltstack flags (linux/signal.h).
    SS "SS_???" [] { SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = 0x80000000 }
    /// getrandom (linux/random.h).
    GRND "GRND_???" [] { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 }
    /// rseq (linux/rseq.h).
    RSEQ "RSEQ_FLAG_???" [] { RSEQ_FLAG_UNREGISTER = 1 }
    /// membarrier flags (linux/membarrier.h).
    MEMBARRIER_FLAG "MEMBARRIER_CMD_FLAG_???" [] { MEMBARRIER_CMD_FLAG_CPU = 1 }
    /// pidfd_open (linux/pidfd.h).
    PIDFD "PIDFD_???" [] { PIDFD_NONBLOCK = 0o4000, PIDFD_THREAD = 0o200 }
    /// pidfd_send_signal (linux/pidfd.h).
    PIDFD_SIGNAL "PIDFD_SIGNAL_???" [] { PIDFD_SIGNAL_THREAD = 1, PIDFD_SIGNAL_THREAD_GROUP = 2, PIDFD_SIGNAL_PROCESS_GROUP = 4 }
    /// timer_settime, clock_nanosleep (include/linux/time.h).
    TIMER_ABS "TIMER_???" [] { TIMER_ABSTIME = 1 }
    /// futex_waitv elements and the futex2 calls (linux/futex.h).
    FUTEX2 "FUTEX2_???" [0x3: FUTEX2_SIZE_U8 = 0, FUTEX2_SIZE_U16 = 1, FUTEX2_SIZE_U32 = 2, FUTEX2_SIZE_U64 = 3] {
        FUTEX2_NUMA = 4, FUTEX2_PRIVATE = 0x80,
    }
    /// sched_setattr (linux/sched.h).
    SCHED_FLAG "SCHED_FLAG_???" [] {
        SCHED_FLAG_RESET_ON_FORK = 1, SCHED_FLAG_RECLAIM = 2, SCHED_FLAG_DL_OVERRUN = 4,
        SCHED_FLAG_KEEP_POLICY = 8, SCHED_FLAG_KEEP_PARAMS = 0x10, SCHED_FLAG_UTIL_CLAMP_MIN = 0x20,
        SCHED_FLAG_UTIL_CLAMP_MAX = 0x40,
    }
    /// userfaultfd (include/linux/userfaultfd_k.h, linux/userfaultfd.h).
    UFFD "UFFD_???" [] { UFFD_USER_MODE_ONLY = 1, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000 }
    /// perf_event_open (linux/perf_event.h).
    PERF "PERF_FLAG_???" [] {
        PERF_FLAG_FD_NO_GROUP = 1, PERF_FLAG_FD_OUTPUT = 2, PERF_FLAG_PID_CGROUP = 4, PERF_FLAG_FD_CLOEXEC = 8,
    }
    /// io_uring_enter (linux/io_uring.h).
    URING_ENTER "IORING_ENTER_???" [] {
        IORING_ENTER_GETEVENTS = 1, IORING_ENTER_SQ_WAKEUP = 2, IORING_ENTER_SQ_WAIT = 4, IORING_ENTER_EXT_ARG = 8,
        IORING_ENTER_REGISTERED_RING = 0x10,
    }
    /// msgget, semget (linux/ipc.h).
    IPC_GET "IPC_???" [] { IPC_CREAT = 0o1000, IPC_EXCL = 0o2000 }
    /// shmget (linux/ipc.h, linux/shm.h).
    SHM_GET "SHM_???" [] { IPC_CREAT = 0o1000, IPC_EXCL = 0o2000, SHM_HUGETLB = 0o4000, SHM_NORESERVE = 0o10000 }
    /// msgsnd, msgrcv (linux/ipc.h, linux/msg.h).
    MSG_Q "MSG_???" [] { IPC_NOWAIT = 0o4000, MSG_NOERROR = 0o10000, MSG_EXCEPT = 0o20000, MSG_COPY = 0o40000 }
    /// The operations of semop (linux/ipc.h, linux/sem.h).
    SEM "SEM_???" [] { IPC_NOWAIT = 0o4000, SEM_UNDO = 0x1000 }
    /// shmat (linux/shm.h).
    SHM "SHM_???" [] { SHM_RDONLY = 0o10000, SHM_RND = 0o20000, SHM_REMAP = 0o40000, SHM_EXEC = 0o100000 }
    /// seccomp filter flags (linux/seccomp.h).
    SECCOMP_FLAGS "SECCOMP_FILTER_FLAG_???" [] {
        SECCOMP_FILTER_FLAG_TSYNC = 1, SECCOMP_FILTER_FLAG_LOG = 2, SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4,
        SECCOMP_FILTER_FLAG_NEW_LISTENER = 8, SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 0x10,
    }
    /// personality flags above the execution domain (linux/personality.h).
    PERSONALITY "PER_???" [0xff: PER_LINUX = 0, PER_LINUX32 = 8] {
        UNAME26 = 0x20000, ADDR_NO_RANDOMIZE = 0x40000, FDPIC_FUNCPTRS = 0x80000, MMAP_PAGE_ZERO = 0x100000,
        ADDR_COMPAT_LAYOUT = 0x200000, READ_IMPLIES_EXEC = 0x400000, ADDR_LIMIT_32BIT = 0x800000,
        SHORT_INODE = 0x1000000, WHOLE_SECONDS = 0x2000000, STICKY_TIMEOUTS = 0x4000000,
        ADDR_LIMIT_3GB = 0x8000000,
    }
}

enums! {
    /// madvise (asm-generic/mman-common.h).
    MADVISE "MADV_???" {
        MADV_NORMAL = 0, MADV_RANDOM = 1, MADV_SEQUENTIAL = 2, MADV_WILLNEED = 3, MADV_DONTNEED = 4, MADV_FREE = 8,
        MADV_REMOVE = 9, MADV_DONTFORK = 10, MADV_DOFORK = 11, MADV_MERGEABLE = 12, MADV_UNMERGEABLE = 13,
        MADV_HUGEPAGE = 14, MADV_NOHUGEPAGE = 15, MADV_DONTDUMP = 16, MADV_DODUMP = 17, MADV_WIPEONFORK = 18,
        MADV_KEEPONFORK = 19, MADV_COLD = 20, MADV_PAGEOUT = 21, MADV_POPULATE_READ = 22,
        MADV_POPULATE_WRITE = 23, MADV_DONTNEED_LOCKED = 24, MADV_COLLAPSE = 25, MADV_HWPOISON = 100,
        MADV_SOFT_OFFLINE = 101,
    }
    /// Memory policies (linux/mempolicy.h).
    MPOL "MPOL_???" {
        MPOL_DEFAULT = 0, MPOL_PREFERRED = 1, MPOL_BIND = 2, MPOL_INTERLEAVE = 3, MPOL_LOCAL = 4,
        MPOL_PREFERRED_MANY = 5,
    }
    /// rt_sigprocmask (asm-generic/signal-defs.h).
    SIG_HOW "SIG_???" { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 }
    /// Futex commands without the two option bits (linux/futex.h).
    FUTEX "FUTEX_???" {
        FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_FD = 2, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP = 5,
        FUTEX_LOCK_PI = 6, FUTEX_UNLOCK_PI = 7, FUTEX_TRYLOCK_PI = 8, FUTEX_WAIT_BITSET = 9,
        FUTEX_WAKE_BITSET = 10, FUTEX_WAIT_REQUEUE_PI = 11, FUTEX_CMP_REQUEUE_PI = 12, FUTEX_LOCK_PI2 = 13,
    }
    /// The operation of FUTEX_WAKE_OP (linux/futex.h).
    FUTEX_OP "FUTEX_OP_???" {
        FUTEX_OP_SET = 0, FUTEX_OP_ADD = 1, FUTEX_OP_OR = 2, FUTEX_OP_ANDN = 3, FUTEX_OP_XOR = 4,
    }
    /// The comparison of FUTEX_WAKE_OP (linux/futex.h).
    FUTEX_CMP "FUTEX_OP_CMP_???" {
        FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_NE = 1, FUTEX_OP_CMP_LT = 2, FUTEX_OP_CMP_LE = 3, FUTEX_OP_CMP_GT = 4,
        FUTEX_OP_CMP_GE = 5,
    }
    /// prctl (linux/prctl.h).
    PRCTL "PR_???" {
        PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4, PR_GET_UNALIGN = 5,
        PR_SET_UNALIGN = 6, PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_GET_FPEMU = 9, PR_SET_FPEMU = 10,
        PR_GET_FPEXC = 11, PR_SET_FPEXC = 12, PR_GET_TIMING = 13, PR_SET_TIMING = 14, PR_SET_NAME = 15,
        PR_GET_NAME = 16, PR_GET_ENDIAN = 19, PR_SET_ENDIAN = 20, PR_GET_SECCOMP = 21, PR_SET_SECCOMP = 22,
        PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_TSC = 25, PR_SET_TSC = 26, PR_GET_SECUREBITS = 27,
        PR_SET_SECUREBITS = 28, PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK = 30, PR_TASK_PERF_EVENTS_DISABLE = 31,
        PR_TASK_PERF_EVENTS_ENABLE = 32, PR_MCE_KILL = 33, PR_MCE_KILL_GET = 34, PR_SET_MM = 35,
        PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER = 37, PR_SET_NO_NEW_PRIVS = 38,
        PR_GET_NO_NEW_PRIVS = 39, PR_GET_TID_ADDRESS = 40, PR_SET_THP_DISABLE = 41, PR_GET_THP_DISABLE = 42,
        PR_SET_FP_MODE = 45, PR_GET_FP_MODE = 46, PR_CAP_AMBIENT = 47, PR_SVE_SET_VL = 50, PR_SVE_GET_VL = 51,
        PR_GET_SPECULATION_CTRL = 52, PR_SET_SPECULATION_CTRL = 53, PR_PAC_RESET_KEYS = 54,
        PR_SET_TAGGED_ADDR_CTRL = 55, PR_GET_TAGGED_ADDR_CTRL = 56, PR_SET_IO_FLUSHER = 57,
        PR_GET_IO_FLUSHER = 58, PR_SET_SYSCALL_USER_DISPATCH = 59, PR_PAC_SET_ENABLED_KEYS = 60,
        PR_PAC_GET_ENABLED_KEYS = 61, PR_SCHED_CORE = 62, PR_SME_SET_VL = 63, PR_SME_GET_VL = 64, PR_SET_MDWE = 65,
        PR_GET_MDWE = 66, PR_SET_MEMORY_MERGE = 67, PR_GET_MEMORY_MERGE = 68, PR_GET_AUXV = 0x41555856,
        PR_SET_VMA = 0x53564d41, PR_SET_PTRACER = 0x59616d61,
    }
    /// The second argument of PR_SET_VMA (linux/prctl.h).
    PR_VMA "PR_SET_VMA_???" { PR_SET_VMA_ANON_NAME = 0 }
    /// Resources (asm-generic/resource.h).
    RLIMIT "RLIMIT_???" {
        RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_RSS = 5,
        RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9, RLIMIT_LOCKS = 10,
        RLIMIT_SIGPENDING = 11, RLIMIT_MSGQUEUE = 12, RLIMIT_NICE = 13, RLIMIT_RTPRIO = 14, RLIMIT_RTTIME = 15,
    }
    /// getrusage (linux/resource.h).
    RUSAGE_WHO "RUSAGE_???" { RUSAGE_SELF = 0, RUSAGE_CHILDREN = 0xffff_ffff_ffff_ffff, RUSAGE_BOTH = 0xffff_ffff_ffff_fffe, RUSAGE_THREAD = 1 }
    /// getpriority (linux/resource.h).
    PRIO "PRIO_???" { PRIO_PROCESS = 0, PRIO_PGRP = 1, PRIO_USER = 2 }
    /// waitid (linux/wait.h).
    WAIT_ID "P_???" { P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3 }
    /// Interval timers (linux/time.h).
    ITIMER "ITIMER_???" { ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2 }
    /// Scheduling policies (linux/sched.h).
    SCHED "SCHED_???" {
        SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_RR = 2, SCHED_BATCH = 3, SCHED_IDLE = 5, SCHED_DEADLINE = 6,
        SCHED_EXT = 7,
    }
    /// ptrace requests (linux/ptrace.h).
    PTRACE "PTRACE_???" {
        PTRACE_TRACEME = 0, PTRACE_PEEKTEXT = 1, PTRACE_PEEKDATA = 2, PTRACE_PEEKUSR = 3, PTRACE_POKETEXT = 4,
        PTRACE_POKEDATA = 5, PTRACE_POKEUSR = 6, PTRACE_CONT = 7, PTRACE_KILL = 8, PTRACE_SINGLESTEP = 9,
        PTRACE_ATTACH = 16, PTRACE_DETACH = 17, PTRACE_SYSCALL = 24, PTRACE_SETOPTIONS = 0x4200,
        PTRACE_GETEVENTMSG = 0x4201, PTRACE_GETSIGINFO = 0x4202, PTRACE_SETSIGINFO = 0x4203,
        PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207,
        PTRACE_LISTEN = 0x4208, PTRACE_PEEKSIGINFO = 0x4209, PTRACE_GETSIGMASK = 0x420a,
        PTRACE_SETSIGMASK = 0x420b, PTRACE_GET_SYSCALL_INFO = 0x420e,
    }
    /// membarrier (linux/membarrier.h).
    MEMBARRIER "MEMBARRIER_CMD_???" {
        MEMBARRIER_CMD_QUERY = 0, MEMBARRIER_CMD_GLOBAL = 1, MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2,
        MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4, MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 0x10, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 0x20,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 0x80,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100, MEMBARRIER_CMD_GET_REGISTRATIONS = 0x200,
    }
    /// seccomp (linux/seccomp.h).
    SECCOMP "SECCOMP_???" {
        SECCOMP_SET_MODE_STRICT = 0, SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2,
        SECCOMP_GET_NOTIF_SIZES = 3,
    }
    /// shmctl (linux/ipc.h, linux/shm.h).
    SHM_CMD "SHM_???" {
        IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, SHM_LOCK = 11, SHM_UNLOCK = 12, SHM_STAT = 13,
        SHM_INFO = 14, SHM_STAT_ANY = 15,
    }
    /// semctl (linux/ipc.h, linux/sem.h).
    SEM_CMD "SEM_???" {
        IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, GETPID = 11, GETVAL = 12, GETALL = 13, GETNCNT = 14,
        GETZCNT = 15, SETVAL = 16, SETALL = 17, SEM_STAT = 18, SEM_INFO = 19, SEM_STAT_ANY = 20,
    }
    /// msgctl (linux/ipc.h, linux/msg.h).
    MSG_CMD "MSG_???" {
        IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, MSG_STAT = 11, MSG_INFO = 12, MSG_STAT_ANY = 13,
    }
    /// ioprio_get, ioprio_set (linux/ioprio.h).
    IOPRIO_WHO "IOPRIO_WHO_???" { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP = 2, IOPRIO_WHO_USER = 3 }
    /// kcmp (linux/kcmp.h).
    KCMP "KCMP_???" {
        KCMP_FILE = 0, KCMP_VM = 1, KCMP_FILES = 2, KCMP_FS = 3, KCMP_SIGHAND = 4, KCMP_IO = 5, KCMP_SYSVSEM = 6,
        KCMP_EPOLL_TFD = 7,
    }
    /// Kinds of notification (asm-generic/siginfo.h).
    SIGEV "SIGEV_???" { SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4 }
    /// reboot commands (linux/reboot.h).
    REBOOT "LINUX_REBOOT_CMD_???" {
        LINUX_REBOOT_CMD_RESTART = 0x1234567, LINUX_REBOOT_CMD_HALT = 0xcdef0123, LINUX_REBOOT_CMD_CAD_ON = 0x89abcdef,
        LINUX_REBOOT_CMD_CAD_OFF = 0, LINUX_REBOOT_CMD_POWER_OFF = 0x4321fedc, LINUX_REBOOT_CMD_RESTART2 = 0xa1b2c3d4,
    }
    /// bpf (linux/bpf.h).
    BPF "BPF_???" {
        BPF_MAP_CREATE = 0, BPF_MAP_LOOKUP_ELEM = 1, BPF_MAP_UPDATE_ELEM = 2, BPF_MAP_DELETE_ELEM = 3,
        BPF_MAP_GET_NEXT_KEY = 4, BPF_PROG_LOAD = 5, BPF_OBJ_PIN = 6, BPF_OBJ_GET = 7, BPF_PROG_ATTACH = 8,
        BPF_PROG_DETACH = 9,
    }
    /// Versions of the capability structures (linux/capability.h).
    CAP_VERSION "_LINUX_CAPABILITY_VERSION_???" {
        _LINUX_CAPABILITY_VERSION_1 = 0x19980330, _LINUX_CAPABILITY_VERSION_2 = 0x20071026,
        _LINUX_CAPABILITY_VERSION_3 = 0x20080522,
    }
}
