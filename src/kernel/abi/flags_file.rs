//! Named bits and values of calls on files, descriptors and mounts. Data for the syscall table.

use super::{enums, flag_sets};

flag_sets! {
    /// open, openat, F_GETFL: arm64 has its own O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE
    /// (arch/arm64 asm/fcntl.h; the rest asm-generic/fcntl.h).
    OPEN "O_???" [0x3: O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3] {
        O_CREAT = 0o100, O_EXCL = 0o200, O_NOCTTY = 0o400, O_TRUNC = 0o1000, O_APPEND = 0o2000,
        O_NONBLOCK = 0o4000, O_SYNC = 0o4010000, O_DSYNC = 0o10000, FASYNC = 0o20000, O_TMPFILE = 0o20040000,
        O_DIRECTORY = 0o40000, O_NOFOLLOW = 0o100000, O_DIRECT = 0o200000, O_LARGEFILE = 0o400000,
        O_NOATIME = 0o1000000, O_CLOEXEC = 0o2000000, O_PATH = 0o10000000,
    }
    /// pipe2, dup3 and the like: open flags without an access mode (asm-generic/fcntl.h).
    FD_FLAGS "O_???" [] { O_EXCL = 0o200, O_NONBLOCK = 0o4000, O_DIRECT = 0o200000, O_CLOEXEC = 0o2000000 }
    /// F_GETFD and F_SETFD (asm-generic/fcntl.h).
    FD_CLOEXEC "FD_???" [] { FD_CLOEXEC = 1 }
    /// Flags of the *at calls (linux/fcntl.h).
    AT "AT_???" [] {
        AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800,
        AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000,
    }
    /// Flags of faccessat2 (linux/fcntl.h).
    AT_ACCESS "AT_???" [] { AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000 }
    /// Flags of statx (linux/fcntl.h).
    AT_STATX "AT_???" [0x6000: AT_STATX_SYNC_AS_STAT = 0, AT_STATX_FORCE_SYNC = 0x2000, AT_STATX_DONT_SYNC = 0x4000] {
        AT_SYMLINK_NOFOLLOW = 0x100, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000,
    }
    /// access (linux headers have none; POSIX unistd.h).
    ACCESS "?_OK" [] { F_OK = 0, R_OK = 4, W_OK = 2, X_OK = 1 }
    /// statx mask (linux/stat.h).
    STATX "STATX_???" [] {
        STATX_ALL = 0xfff, STATX_BASIC_STATS = 0x7ff, STATX_TYPE = 1, STATX_MODE = 2, STATX_NLINK = 4,
        STATX_UID = 8, STATX_GID = 0x10, STATX_ATIME = 0x20, STATX_MTIME = 0x40, STATX_CTIME = 0x80,
        STATX_INO = 0x100, STATX_SIZE = 0x200, STATX_BLOCKS = 0x400, STATX_BTIME = 0x800, STATX_MNT_ID = 0x1000,
        STATX_DIOALIGN = 0x2000, STATX_MNT_ID_UNIQUE = 0x4000, STATX_SUBVOL = 0x8000, STATX_WRITE_ATOMIC = 0x10000,
    }
    /// statx attributes (linux/stat.h).
    STATX_ATTR "STATX_ATTR_???" [] {
        STATX_ATTR_COMPRESSED = 4, STATX_ATTR_IMMUTABLE = 0x10, STATX_ATTR_APPEND = 0x20, STATX_ATTR_NODUMP = 0x40,
        STATX_ATTR_ENCRYPTED = 0x800, STATX_ATTR_AUTOMOUNT = 0x1000, STATX_ATTR_MOUNT_ROOT = 0x2000,
        STATX_ATTR_VERITY = 0x100000, STATX_ATTR_DAX = 0x200000,
    }
    /// renameat2 (linux/fs.h).
    RENAME "RENAME_??" [] { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4 }
    /// fallocate (linux/falloc.h).
    FALLOC "FALLOC_FL_???" [] {
        FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_NO_HIDE_STALE = 4,
        FALLOC_FL_COLLAPSE_RANGE = 8, FALLOC_FL_ZERO_RANGE = 0x10, FALLOC_FL_INSERT_RANGE = 0x20,
        FALLOC_FL_UNSHARE_RANGE = 0x40,
    }
    /// flock operations (asm-generic/fcntl.h).
    FLOCK "LOCK_???" [0xb: LOCK_SH = 1, LOCK_EX = 2, LOCK_UN = 8] { LOCK_NB = 4, LOCK_MAND = 32, LOCK_READ = 64, LOCK_WRITE = 128 }
    /// preadv2, pwritev2 (linux/fs.h).
    RWF "RWF_???" [] {
        RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 0x10, RWF_NOAPPEND = 0x20,
        RWF_ATOMIC = 0x40,
    }
    /// splice, tee, vmsplice (include/linux/splice.h, bits/fcntl-linux.h).
    SPLICE "SPLICE_F_???" [] { SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2, SPLICE_F_MORE = 4, SPLICE_F_GIFT = 8 }
    /// sync_file_range (linux/fs.h).
    SYNC_RANGE "SYNC_FILE_RANGE_???" [] {
        SYNC_FILE_RANGE_WAIT_BEFORE = 1, SYNC_FILE_RANGE_WRITE = 2, SYNC_FILE_RANGE_WAIT_AFTER = 4,
    }
    /// setxattr (linux/xattr.h).
    XATTR "XATTR_???" [] { XATTR_CREATE = 1, XATTR_REPLACE = 2 }
    /// mount (linux/mount.h).
    MOUNT "MS_???" [] {
        MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_SYNCHRONOUS = 16, MS_REMOUNT = 32,
        MS_MANDLOCK = 64, MS_DIRSYNC = 128, MS_NOSYMFOLLOW = 256, MS_NOATIME = 1024, MS_NODIRATIME = 2048,
        MS_BIND = 4096, MS_MOVE = 8192, MS_REC = 16384, MS_SILENT = 32768, MS_POSIXACL = 0x10000,
        MS_UNBINDABLE = 0x20000, MS_PRIVATE = 0x40000, MS_SLAVE = 0x80000, MS_SHARED = 0x100000,
        MS_RELATIME = 0x200000, MS_KERNMOUNT = 0x400000, MS_I_VERSION = 0x800000, MS_STRICTATIME = 0x1000000,
        MS_LAZYTIME = 0x2000000,
    }
    /// umount2 (include/linux/fs.h, sys/mount.h).
    UMOUNT "MNT_???" [] { MNT_FORCE = 1, MNT_DETACH = 2, MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8 }
    /// mount_setattr and fsmount attributes (linux/mount.h).
    MOUNT_ATTR "MOUNT_ATTR_???" [0x70: MOUNT_ATTR_NOATIME = 0x10, MOUNT_ATTR_STRICTATIME = 0x20] {
        MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8,
        MOUNT_ATTR_NODIRATIME = 0x80, MOUNT_ATTR_IDMAP = 0x100000, MOUNT_ATTR_NOSYMFOLLOW = 0x200000,
    }
    /// open_tree (linux/mount.h).
    OPEN_TREE "OPEN_TREE_???" [] {
        OPEN_TREE_CLONE = 1, AT_SYMLINK_NOFOLLOW = 0x100, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000,
        AT_RECURSIVE = 0x8000, OPEN_TREE_CLOEXEC = 0o2000000,
    }
    /// move_mount (linux/mount.h).
    MOVE_MOUNT "MOVE_MOUNT_???" [] {
        MOVE_MOUNT_F_SYMLINKS = 1, MOVE_MOUNT_F_AUTOMOUNTS = 2, MOVE_MOUNT_F_EMPTY_PATH = 4,
        MOVE_MOUNT_T_SYMLINKS = 0x10, MOVE_MOUNT_T_AUTOMOUNTS = 0x20, MOVE_MOUNT_T_EMPTY_PATH = 0x40,
        MOVE_MOUNT_SET_GROUP = 0x100,
    }
    /// fsopen (linux/mount.h).
    FSOPEN "FSOPEN_???" [] { FSOPEN_CLOEXEC = 1 }
    /// fsmount (linux/mount.h).
    FSMOUNT "FSMOUNT_???" [] { FSMOUNT_CLOEXEC = 1 }
    /// fspick (linux/mount.h).
    FSPICK "FSPICK_???" [] {
        FSPICK_CLOEXEC = 1, FSPICK_SYMLINK_NOFOLLOW = 2, FSPICK_NO_AUTOMOUNT = 4, FSPICK_EMPTY_PATH = 8,
    }
    /// openat2 resolve (linux/openat2.h).
    RESOLVE "RESOLVE_???" [] {
        RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8,
        RESOLVE_IN_ROOT = 0x10, RESOLVE_CACHED = 0x20,
    }
    /// close_range (linux/close_range.h).
    CLOSE_RANGE "CLOSE_RANGE_???" [] { CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4 }
    /// memfd_create (linux/memfd.h).
    MEMFD "MFD_???" [] {
        MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 0x10,
    }
    /// F_ADD_SEALS, F_GET_SEALS (linux/fcntl.h).
    SEALS "F_SEAL_???" [] {
        F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8, F_SEAL_FUTURE_WRITE = 0x10,
        F_SEAL_EXEC = 0x20,
    }
    /// eventfd2 (include/linux/eventfd.h, sys/eventfd.h).
    EVENTFD "EFD_???" [] { EFD_SEMAPHORE = 1, EFD_NONBLOCK = 0o4000, EFD_CLOEXEC = 0o2000000 }
    /// signalfd4 (linux/signalfd.h).
    SIGNALFD "SFD_???" [] { SFD_NONBLOCK = 0o4000, SFD_CLOEXEC = 0o2000000 }
    /// timerfd_create (linux/timerfd.h).
    TIMERFD "TFD_???" [] { TFD_NONBLOCK = 0o4000, TFD_CLOEXEC = 0o2000000 }
    /// timerfd_settime (linux/timerfd.h).
    TIMERFD_SET "TFD_???" [] { TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2 }
    /// inotify_init1 (linux/inotify.h).
    INOTIFY_INIT "IN_???" [] { IN_NONBLOCK = 0o4000, IN_CLOEXEC = 0o2000000 }
    /// inotify events (linux/inotify.h).
    INOTIFY "IN_???" [] {
        IN_ALL_EVENTS = 0xfff, IN_ACCESS = 1, IN_MODIFY = 2, IN_ATTRIB = 4, IN_CLOSE_WRITE = 8,
        IN_CLOSE_NOWRITE = 0x10, IN_OPEN = 0x20, IN_MOVED_FROM = 0x40, IN_MOVED_TO = 0x80, IN_CREATE = 0x100,
        IN_DELETE = 0x200, IN_DELETE_SELF = 0x400, IN_MOVE_SELF = 0x800, IN_UNMOUNT = 0x2000,
        IN_Q_OVERFLOW = 0x4000, IN_IGNORED = 0x8000, IN_ONLYDIR = 0x1000000, IN_DONT_FOLLOW = 0x2000000,
        IN_EXCL_UNLINK = 0x4000000, IN_MASK_CREATE = 0x10000000, IN_MASK_ADD = 0x20000000, IN_ISDIR = 0x40000000,
        IN_ONESHOT = 0x80000000,
    }
    /// epoll_create1 (linux/eventpoll.h).
    EPOLL_CREATE "EPOLL_???" [] { EPOLL_CLOEXEC = 0o2000000 }
    /// epoll events (linux/eventpoll.h).
    EPOLL "EPOLL???" [] {
        EPOLLIN = 1, EPOLLPRI = 2, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLRDNORM = 0x40,
        EPOLLRDBAND = 0x80, EPOLLWRNORM = 0x100, EPOLLWRBAND = 0x200, EPOLLMSG = 0x400, EPOLLRDHUP = 0x2000,
        EPOLLEXCLUSIVE = 0x10000000, EPOLLWAKEUP = 0x20000000, EPOLLONESHOT = 0x40000000, EPOLLET = 0x80000000,
    }
    /// poll events (asm-generic/poll.h).
    POLL "POLL???" [] {
        POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20, POLLRDNORM = 0x40,
        POLLRDBAND = 0x80, POLLWRNORM = 0x100, POLLWRBAND = 0x200, POLLMSG = 0x400, POLLREMOVE = 0x1000,
        POLLRDHUP = 0x2000,
    }
    /// swapon (include/linux/swap.h, sys/swap.h).
    SWAP "SWAP_FLAG_???" [] { SWAP_FLAG_PREFER = 0x8000, SWAP_FLAG_DISCARD = 0x10000 }
    /// statfs flags (include/linux/statfs.h).
    STATFS "ST_???" [] {
        ST_VALID = 0x20, ST_RDONLY = 1, ST_NOSUID = 2, ST_NODEV = 4, ST_NOEXEC = 8, ST_SYNCHRONOUS = 0x10, ST_MANDLOCK = 0x40,
        ST_NOATIME = 0x400, ST_NODIRATIME = 0x800, ST_RELATIME = 0x1000, ST_NOSYMFOLLOW = 0x2000,
    }
    /// Input modes of a terminal (asm-generic/termbits.h).
    TERM_I "I???" [] {
        IGNBRK = 1, BRKINT = 2, IGNPAR = 4, PARMRK = 8, INPCK = 0x10, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80,
        ICRNL = 0x100, IUCLC = 0x200, IXON = 0x400, IXANY = 0x800, IXOFF = 0x1000, IMAXBEL = 0x2000, IUTF8 = 0x4000,
    }
    /// Output modes of a terminal (asm-generic/termbits.h).
    TERM_O "O???" [] {
        OPOST = 1, OLCUC = 2, ONLCR = 4, OCRNL = 8, ONOCR = 0x10, ONLRET = 0x20, OFILL = 0x40, OFDEL = 0x80,
        NLDLY = 0x100, CRDLY = 0x600, TABDLY = 0x1800, BSDLY = 0x2000, VTDLY = 0x4000, FFDLY = 0x8000,
    }
    /// Control modes of a terminal (asm-generic/termbits.h).
    TERM_C "C???" [0x100f: B0 = 0, B50 = 1, B75 = 2, B110 = 3, B134 = 4, B150 = 5, B200 = 6, B300 = 7, B600 = 8,
        B1200 = 9, B1800 = 10, B2400 = 11, B4800 = 12, B9600 = 13, B19200 = 14, B38400 = 15, B57600 = 0x1001,
        B115200 = 0x1002, B230400 = 0x1003; 0x30: CS5 = 0, CS6 = 0x10, CS7 = 0x20, CS8 = 0x30] {
        CSTOPB = 0x40, CREAD = 0x80, PARENB = 0x100, PARODD = 0x200, HUPCL = 0x400, CLOCAL = 0x800,
        CRTSCTS = 0x80000000,
    }
    /// Local modes of a terminal (asm-generic/termbits.h).
    TERM_L "L???" [] {
        ISIG = 1, ICANON = 2, XCASE = 4, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40, NOFLSH = 0x80,
        TOSTOP = 0x100, ECHOCTL = 0x200, ECHOPRT = 0x400, ECHOKE = 0x800, FLUSHO = 0x1000, PENDIN = 0x4000,
        IEXTEN = 0x8000,
    }
}

enums! {
    /// lseek (linux/fs.h).
    SEEK "SEEK_???" { SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4 }
    /// fcntl commands (asm-generic/fcntl.h, linux/fcntl.h).
    FCNTL "F_???" {
        F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETLK = 5, F_SETLK = 6, F_SETLKW = 7,
        F_SETOWN = 8, F_GETOWN = 9, F_SETSIG = 10, F_GETSIG = 11, F_SETOWN_EX = 15, F_GETOWN_EX = 16,
        F_GETOWNER_UIDS = 17, F_OFD_GETLK = 36, F_OFD_SETLK = 37, F_OFD_SETLKW = 38, F_SETLEASE = 1024,
        F_GETLEASE = 1025, F_NOTIFY = 1026, F_CANCELLK = 1029, F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031,
        F_GETPIPE_SZ = 1032, F_ADD_SEALS = 1033, F_GET_SEALS = 1034, F_GET_RW_HINT = 1035, F_SET_RW_HINT = 1036,
        F_GET_FILE_RW_HINT = 1037, F_SET_FILE_RW_HINT = 1038,
    }
    /// Lock types (asm-generic/fcntl.h).
    LOCK_TYPE "F_???" { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 }
    /// F_SETOWN_EX (asm-generic/fcntl.h).
    OWNER "F_OWNER_???" { F_OWNER_TID = 0, F_OWNER_PID = 1, F_OWNER_PGRP = 2 }
    /// fadvise64 (linux/fadvise.h).
    FADVISE "POSIX_FADV_???" {
        POSIX_FADV_NORMAL = 0, POSIX_FADV_RANDOM = 1, POSIX_FADV_SEQUENTIAL = 2, POSIX_FADV_WILLNEED = 3,
        POSIX_FADV_DONTNEED = 4, POSIX_FADV_NOREUSE = 5,
    }
    /// epoll_ctl (linux/eventpoll.h).
    EPOLL_CTL "EPOLL_CTL_???" { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 }
    /// Directory entry types (include/linux/fs_types.h, dirent.h).
    DIRENT_TYPE "DT_???" {
        DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12,
        DT_WHT = 14,
    }
    /// File types of st_mode, the bits of S_IFMT (linux/stat.h).
    FILE_TYPE "S_IF???" {
        S_IFSOCK = 0o140000, S_IFLNK = 0o120000, S_IFREG = 0o100000, S_IFBLK = 0o60000, S_IFDIR = 0o40000,
        S_IFCHR = 0o20000, S_IFIFO = 0o10000,
    }
    /// fsconfig (linux/mount.h).
    FSCONFIG "FSCONFIG_???" {
        FSCONFIG_SET_FLAG = 0, FSCONFIG_SET_STRING = 1, FSCONFIG_SET_BINARY = 2, FSCONFIG_SET_PATH = 3,
        FSCONFIG_SET_PATH_EMPTY = 4, FSCONFIG_SET_FD = 5, FSCONFIG_CMD_CREATE = 6, FSCONFIG_CMD_RECONFIGURE = 7,
    }
    /// Magic numbers of file systems (linux/magic.h).
    FS_MAGIC "FS_MAGIC_???" {
        EXT4_SUPER_MAGIC = 0xef53, TMPFS_MAGIC = 0x01021994, PROC_SUPER_MAGIC = 0x9fa0, SYSFS_MAGIC = 0x62656572,
        XFS_SUPER_MAGIC = 0x58465342, BTRFS_SUPER_MAGIC = 0x9123683e, OVERLAYFS_SUPER_MAGIC = 0x794c7630,
        NFS_SUPER_MAGIC = 0x6969, RAMFS_MAGIC = 0x858458f6, DEVPTS_SUPER_MAGIC = 0x1cd1, PIPEFS_MAGIC = 0x50495045,
        SOCKFS_MAGIC = 0x534f434b, SQUASHFS_MAGIC = 0x73717368, MSDOS_SUPER_MAGIC = 0x4d44,
        CGROUP2_SUPER_MAGIC = 0x63677270, FUSE_SUPER_MAGIC = 0x65735546, V9FS_MAGIC = 0x01021997,
        ANON_INODE_FS_MAGIC = 0x09041934, SELINUX_MAGIC = 0xf97cff8c, DEBUGFS_MAGIC = 0x64626720,
    }
    /// timerfd and timer clocks, clock_gettime (linux/time.h).
    CLOCK "CLOCK_???" {
        CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPUTIME_ID = 2, CLOCK_THREAD_CPUTIME_ID = 3,
        CLOCK_MONOTONIC_RAW = 4, CLOCK_REALTIME_COARSE = 5, CLOCK_MONOTONIC_COARSE = 6, CLOCK_BOOTTIME = 7,
        CLOCK_REALTIME_ALARM = 8, CLOCK_BOOTTIME_ALARM = 9, CLOCK_TAI = 11,
    }
}
