//! Golden lines of syscalls.

use super::*;

const FDCWD: u64 = (-100i64).cast_unsigned();
/// Where the cases put what a pointer points to.
const A: u64 = 0x1000;
const B: u64 = 0x2000;
const C: u64 = 0x3000;
const D: u64 = 0x4000;

/// Name, arguments, memory before, bytes written, result, line.
type Case = (&'static str, Vec<u64>, Vec<Bytes>, Vec<Bytes>, i64, &'static str);

fn check(cases: Vec<Case>) {
    let words = Words::default();
    for (name, args, before, written, ret, expected) in cases {
        let call = svc(name, &args, &before, &written, ret);
        assert_eq!(say(&words, Body::Svc(call)), expected);
    }
}

fn text(at: u64, text: &str) -> Bytes {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    (at, bytes)
}

fn raw(at: u64, bytes: &[u8]) -> Bytes {
    (at, bytes.to_vec())
}

fn stat(mode: u32, size: u64) -> Vec<u8> {
    laid(128, &[(16, &mode.to_le_bytes()), (48, &size.to_le_bytes()), (32, &0x103u64.to_le_bytes())])
}

#[test]
fn files() {
    check(vec![
        (
            "openat",
            vec![FDCWD, A, 0o2000000, 0],
            vec![text(A, "/etc/x")],
            vec![],
            3,
            "openat(AT_FDCWD, \"/etc/x\", O_RDONLY|O_CLOEXEC) = 3",
        ),
        (
            "openat",
            vec![FDCWD, A, 0o2, 0],
            vec![text(A, "/nonexistent")],
            vec![],
            -2,
            "openat(AT_FDCWD, \"/nonexistent\", O_RDWR) = -1 ENOENT (No such file or directory)",
        ),
        (
            "openat",
            vec![5, A, 0o1102, 0o100644],
            vec![text(A, "xx")],
            vec![],
            5,
            "openat(5, \"xx\", O_RDWR|O_CREAT|O_TRUNC, 0100644) = 5",
        ),
        (
            "openat",
            vec![FDCWD, A, 0x4000 | 0o2004000, 0],
            vec![text(A, "/proc/self/task")],
            vec![],
            14,
            "openat(AT_FDCWD, \"/proc/self/task\", O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC) = 14",
        ),
        (
            "openat",
            vec![FDCWD, A, 0x404002, 0o600],
            vec![text(A, "/tmp")],
            vec![],
            4,
            "openat(AT_FDCWD, \"/tmp\", O_RDWR|O_TMPFILE, 0600) = 4",
        ),
        (
            "openat",
            vec![FDCWD, 0, 0x4000_0000, 0],
            vec![],
            vec![],
            -14,
            "openat(AT_FDCWD, NULL, O_RDONLY|0x40000000) = -1 EFAULT (Bad address)",
        ),
        (
            "openat",
            vec![FDCWD, 0xdead, 0, 0],
            vec![],
            vec![],
            -14,
            "openat(AT_FDCWD, 0xdead, O_RDONLY) = -1 EFAULT (Bad address)",
        ),
        (
            "openat",
            vec![FDCWD, A, 0, 0],
            vec![raw(A, b"a\"b\\\n\x01\x02")],
            vec![],
            3,
            "openat(AT_FDCWD, \"a\\\"b\\\\\\n\\1\\2\", O_RDONLY) = 3",
        ),
        (
            "newfstatat",
            vec![FDCWD, A, B, 0],
            vec![text(A, "/")],
            vec![(B, stat(0o40755, 4096))],
            0,
            "newfstatat(AT_FDCWD, \"/\", {st_mode=S_IFDIR|0755, st_size=4096, ...}, 0) = 0",
        ),
        (
            "newfstatat",
            vec![5, A, B, 0x1000],
            vec![text(A, "")],
            vec![(B, stat(0o100644, 0))],
            0,
            "newfstatat(5, \"\", {st_mode=S_IFREG|0644, st_size=0, ...}, AT_EMPTY_PATH) = 0",
        ),
        (
            "newfstatat",
            vec![FDCWD, A, B, 0x100],
            vec![text(A, "/x")],
            vec![],
            -13,
            "newfstatat(AT_FDCWD, \"/x\", 0x2000, AT_SYMLINK_NOFOLLOW) = -1 EACCES (Permission denied)",
        ),
        (
            "fstat",
            vec![1, B],
            vec![],
            vec![(B, stat(0o20620, 0))],
            0,
            "fstat(1, {st_mode=S_IFCHR|0620, st_size=0, ...}) = 0",
        ),
        (
            "statx",
            vec![FDCWD, A, 0, 0xfff, B],
            vec![text(A, "/")],
            vec![(
                B,
                laid(
                    256,
                    &[
                        (0, &0x1fffu32.to_le_bytes()),
                        (8, &0x2000u64.to_le_bytes()),
                        (28, &0o40755u16.to_le_bytes()),
                        (40, &4096u64.to_le_bytes()),
                    ],
                ),
            )],
            0,
            "statx(AT_FDCWD, \"/\", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL|STATX_MNT_ID, \
             stx_attributes=STATX_ATTR_MOUNT_ROOT, stx_mode=S_IFDIR|0755, stx_size=4096, ...}) = 0",
        ),
        (
            "faccessat",
            vec![FDCWD, A, 6],
            vec![text(A, "/tmp")],
            vec![],
            0,
            "faccessat(AT_FDCWD, \"/tmp\", R_OK|W_OK) = 0",
        ),
        (
            "faccessat2",
            vec![FDCWD, A, 0, 0x200],
            vec![text(A, "/tmp")],
            vec![],
            0,
            "faccessat2(AT_FDCWD, \"/tmp\", F_OK, AT_EACCESS) = 0",
        ),
        (
            "readlinkat",
            vec![FDCWD, A, B, 128],
            vec![text(A, "/proc/self/exe")],
            vec![raw(B, b"/tmp/s")],
            6,
            "readlinkat(AT_FDCWD, \"/proc/self/exe\", \"/tmp/s\", 128) = 6",
        ),
        ("getcwd", vec![B, 128], vec![], vec![text(B, "/work")], 6, "getcwd(\"/work\", 128) = 6"),
        (
            "getcwd",
            vec![B, 1],
            vec![],
            vec![],
            -34,
            "getcwd(0x2000, 1) = -1 ERANGE (Numerical result out of range)",
        ),
        (
            "mkdirat",
            vec![FDCWD, A, 0o755],
            vec![text(A, "d")],
            vec![],
            -17,
            "mkdirat(AT_FDCWD, \"d\", 0755) = -1 EEXIST (File exists)",
        ),
        (
            "mknodat",
            vec![FDCWD, A, 0o10600, 9],
            vec![text(A, "p")],
            vec![],
            0,
            "mknodat(AT_FDCWD, \"p\", S_IFIFO|0600) = 0",
        ),
        (
            "mknodat",
            vec![FDCWD, A, 0o20666, 0x103],
            vec![text(A, "n")],
            vec![],
            0,
            "mknodat(AT_FDCWD, \"n\", S_IFCHR|0666, makedev(0x1, 0x3)) = 0",
        ),
        (
            "unlinkat",
            vec![FDCWD, A, 0x200],
            vec![text(A, "d")],
            vec![],
            0,
            "unlinkat(AT_FDCWD, \"d\", AT_REMOVEDIR) = 0",
        ),
        (
            "renameat2",
            vec![FDCWD, A, 7, B, 1],
            vec![text(A, "a"), text(B, "b")],
            vec![],
            0,
            "renameat2(AT_FDCWD, \"a\", 7, \"b\", RENAME_NOREPLACE) = 0",
        ),
        (
            "symlinkat",
            vec![A, FDCWD, B],
            vec![text(A, "to"), text(B, "from")],
            vec![],
            0,
            "symlinkat(\"to\", AT_FDCWD, \"from\") = 0",
        ),
        (
            "fchownat",
            vec![FDCWD, A, u64::MAX, 0, 0],
            vec![text(A, "f")],
            vec![],
            -1,
            "fchownat(AT_FDCWD, \"f\", -1, 0, 0) = -1 EPERM (Operation not permitted)",
        ),
        (
            "utimensat",
            vec![FDCWD, A, B, 0x100],
            vec![text(A, "z"), (B, u64s(&[0, 0x3fff_ffff, 5, 6]))],
            vec![],
            0,
            "utimensat(AT_FDCWD, \"z\", [UTIME_NOW, {tv_sec=5, tv_nsec=6}], AT_SYMLINK_NOFOLLOW) = 0",
        ),
        (
            "openat2",
            vec![FDCWD, A, B, 24],
            vec![text(A, "q"), (B, u64s(&[0, 0, 8]))],
            vec![],
            -18,
            "openat2(AT_FDCWD, \"q\", {flags=O_RDONLY, resolve=RESOLVE_BENEATH}, 24) = -1 EXDEV (Invalid cross-device link)",
        ),
        (
            "mount",
            vec![A, B, C, 0x21, 0],
            vec![text(A, "none"), text(B, "/mnt"), text(C, "tmpfs")],
            vec![],
            -1,
            "mount(\"none\", \"/mnt\", \"tmpfs\", MS_RDONLY|MS_REMOUNT, NULL) = -1 EPERM (Operation not permitted)",
        ),
        (
            "setxattr",
            vec![A, B, C, 3, 1],
            vec![text(A, "f"), text(B, "user.a"), raw(C, b"xyz")],
            vec![],
            0,
            "setxattr(\"f\", \"user.a\", \"xyz\", 3, XATTR_CREATE) = 0",
        ),
        (
            "statfs",
            vec![A, B],
            vec![text(A, "/")],
            vec![(B, u64s(&[0xef53, 4096, 10, 9, 8, 7, 6, 5, 255, 4096, 0x20, 0, 0, 0, 0]))],
            0,
            "statfs(\"/\", {f_type=EXT4_SUPER_MAGIC, f_bsize=4096, f_blocks=10, f_bfree=9, f_bavail=8, ...}) = 0",
        ),
        ("umask", vec![0o22], vec![], vec![], 0o22, "umask(022) = 022"),
        ("umask", vec![0], vec![], vec![], 0, "umask(000) = 0"),
    ]);
}

#[test]
fn descriptors() {
    check(vec![
        ("pipe2", vec![A, 0o2000000], vec![], vec![(A, i32s(&[3, 4]))], 0, "pipe2([3, 4], O_CLOEXEC) = 0"),
        ("close", vec![u64::MAX], vec![], vec![], -9, "close(-1) = -1 EBADF (Bad file descriptor)"),
        (
            "write",
            vec![4, A, 9],
            vec![raw(A, b"a\x001b\x01\"\\\t\xff")],
            vec![],
            9,
            "write(4, \"a\\0001b\\1\\\"\\\\\\t\\377\", 9) = 9",
        ),
        (
            "write",
            vec![1, A, 50],
            vec![(A, vec![b'x'; 50])],
            vec![],
            50,
            "write(1, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"..., 50) = 50",
        ),
        ("write", vec![1, A, 0], vec![raw(A, b"x")], vec![], 0, "write(1, \"\", 0) = 0"),
        ("write", vec![1, 0, 3], vec![], vec![], -14, "write(1, NULL, 3) = -1 EFAULT (Bad address)"),
        (
            "read",
            vec![3, B, 832],
            vec![],
            vec![raw(B, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0")],
            20,
            "read(3, \"\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0\\267\\0\", 832) = 20",
        ),
        ("read", vec![3, B, 10], vec![], vec![], 0, "read(3, \"\", 10) = 0"),
        (
            "read",
            vec![3, B, 10],
            vec![],
            vec![],
            -11,
            "read(3, 0x2000, 10) = -1 EAGAIN (Resource temporarily unavailable)",
        ),
        ("read", vec![3, B, 10], vec![], vec![], 5, "read(3, 0x2000, 10) = 5"),
        (
            "read",
            vec![3, B, 10],
            vec![],
            vec![],
            -512,
            "read(3, 0x2000, 10) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
        ),
        ("pread64", vec![3, B, 2, 100], vec![], vec![raw(B, b"hi")], 2, "pread64(3, \"hi\", 2, 100) = 2"),
        (
            "writev",
            vec![4, A, 2],
            vec![(A, u64s(&[B, 3, C, 4])), raw(B, b"abc"), raw(C, b"defg")],
            vec![],
            7,
            "writev(4, [{iov_base=\"abc\", iov_len=3}, {iov_base=\"defg\", iov_len=4}], 2) = 7",
        ),
        (
            "writev",
            vec![4, A, 2],
            vec![(A, u64s(&[0, 0, 0xdead, 4]))],
            vec![],
            -14,
            "writev(4, [{iov_base=NULL, iov_len=0}, {iov_base=0xdead, iov_len=4}], 2) = -1 EFAULT (Bad address)",
        ),
        (
            "readv",
            vec![3, A, 2],
            vec![(A, u64s(&[B, 5, C, 64]))],
            vec![raw(B, b"abcde"), raw(C, b"fg")],
            7,
            "readv(3, [{iov_base=\"abcde\", iov_len=5}, {iov_base=\"fg\", iov_len=64}], 2) = 7",
        ),
        (
            "lseek",
            vec![5, u64::MAX, 2],
            vec![],
            vec![],
            -22,
            "lseek(5, -1, SEEK_END) = -1 EINVAL (Invalid argument)",
        ),
        ("fcntl", vec![5, 1, 0], vec![], vec![], 0, "fcntl(5, F_GETFD) = 0"),
        ("fcntl", vec![5, 1, 0], vec![], vec![], 1, "fcntl(5, F_GETFD) = 0x1 (flags FD_CLOEXEC)"),
        (
            "fcntl",
            vec![5, 3, 0],
            vec![],
            vec![],
            0x20002,
            "fcntl(5, F_GETFL) = 0x20002 (flags O_RDWR|O_LARGEFILE)",
        ),
        ("fcntl", vec![5, 2, 1], vec![], vec![], 0, "fcntl(5, F_SETFD, FD_CLOEXEC) = 0"),
        ("fcntl", vec![5, 4, 0o4001], vec![], vec![], 0, "fcntl(5, F_SETFL, O_WRONLY|O_NONBLOCK) = 0"),
        ("fcntl", vec![5, 1030, 10], vec![], vec![], 11, "fcntl(5, F_DUPFD_CLOEXEC, 10) = 11"),
        (
            "fcntl",
            vec![5, 6, A],
            vec![(A, laid(32, &[(0, &[1]), (16, &[10])]))],
            vec![],
            0,
            "fcntl(5, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=10}) = 0",
        ),
        (
            "fcntl",
            vec![5, 5, A],
            vec![(A, laid(32, &[]))],
            vec![(A, laid(32, &[(0, &[2]), (16, &[10])]))],
            0,
            "fcntl(5, F_GETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=10, l_pid=0}) = 0",
        ),
        (
            "fcntl",
            vec![5, 77, 0x10],
            vec![],
            vec![],
            -22,
            "fcntl(5, 0x4d /* F_??? */, 0x10) = -1 EINVAL (Invalid argument)",
        ),
        ("dup3", vec![1, 10, 0o2000000], vec![], vec![], 10, "dup3(1, 10, O_CLOEXEC) = 10"),
        (
            "ioctl",
            vec![1, 0x5413, A],
            vec![],
            vec![],
            -25,
            "ioctl(1, TIOCGWINSZ, 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)",
        ),
        (
            "ioctl",
            vec![1, 0x5413, A],
            vec![],
            vec![(A, u16s(&[24, 80, 0, 0]))],
            0,
            "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0",
        ),
        ("ioctl", vec![3, 0x541b, A], vec![], vec![(A, i32s(&[1]))], 0, "ioctl(3, FIONREAD, [1]) = 0"),
        ("ioctl", vec![3, 0x5421, A], vec![(A, i32s(&[1]))], vec![], 0, "ioctl(3, FIONBIO, [1]) = 0"),
        ("ioctl", vec![3, 0x5451, 9], vec![], vec![], 0, "ioctl(3, FIOCLEX) = 0"),
        (
            "ioctl",
            vec![5, 0xc004_7805, A],
            vec![],
            vec![],
            -25,
            "ioctl(5, _IOC(_IOC_READ|_IOC_WRITE, 0x78, 0x5, 0x4), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)",
        ),
        (
            "ioctl",
            vec![0, 0x5401, A],
            vec![],
            vec![(A, [i32s(&[0x4500, 5, 0xbf, 0x8a3b]), vec![0; 20]].concat())],
            0,
            "ioctl(0, TCGETS, {c_iflag=ICRNL|IXON|IUTF8, c_oflag=OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, \
             c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|ECHOCTL|ECHOKE|IEXTEN, ...}) = 0",
        ),
        (
            "ppoll",
            vec![A, 2, B, 0, 8],
            vec![(A, [i32s(&[3]), u16s(&[1, 0]), i32s(&[4]), u16s(&[5, 0])].concat()), (B, u64s(&[0, 1000]))],
            vec![(A + 8 + 6, u16s(&[4])), (B, u64s(&[0, 0]))],
            1,
            "ppoll([{fd=3, events=POLLIN}, {fd=4, events=POLLIN|POLLOUT}], 2, {tv_sec=0, tv_nsec=1000}, NULL, 8) \
             = 1 ([{fd=4, revents=POLLOUT}], left {tv_sec=0, tv_nsec=0})",
        ),
        (
            "ppoll",
            vec![A, 1, B, 0, 8],
            vec![(A, [i32s(&[3]), u16s(&[1, 0])].concat()), (B, u64s(&[0, 1000]))],
            vec![],
            0,
            "ppoll([{fd=3, events=POLLIN}], 1, {tv_sec=0, tv_nsec=1000}, NULL, 8) = 0 (Timeout)",
        ),
        (
            "pselect6",
            vec![6, A, 0, 0, B, C],
            vec![
                raw(A, &[0x28, 0, 0, 0, 0, 0, 0, 0]),
                (B, u64s(&[1, 0])),
                (C, u64s(&[D, 8])),
                (D, u64s(&[1 << 16])),
            ],
            vec![raw(A, &[0x20, 0, 0, 0, 0, 0, 0, 0]), (B, u64s(&[0, 999]))],
            1,
            "pselect6(6, [3 5], NULL, NULL, {tv_sec=1, tv_nsec=0}, {sigmask=[CHLD], sigsetsize=8}) \
             = 1 (in [5], left {tv_sec=0, tv_nsec=999})",
        ),
        (
            "epoll_ctl",
            vec![6, 1, 3, A],
            vec![(A, u64s(&[0x8000_0001, 4]))],
            vec![],
            0,
            "epoll_ctl(6, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLET, data={u32=4, u64=4}}) = 0",
        ),
        (
            "epoll_ctl",
            vec![6, 2, 3, A],
            vec![(A, u64s(&[1, 4]))],
            vec![],
            0,
            "epoll_ctl(6, EPOLL_CTL_DEL, 3, 0x1000) = 0",
        ),
        (
            "epoll_pwait",
            vec![6, A, 8, u64::MAX, 0, 8],
            vec![],
            vec![(A, u64s(&[1, 4]))],
            1,
            "epoll_pwait(6, [{events=EPOLLIN, data={u32=4, u64=4}}], 8, -1, NULL, 8) = 1",
        ),
        ("epoll_pwait", vec![6, A, 8, 0, 0, 8], vec![], vec![], 0, "epoll_pwait(6, [], 8, 0, NULL, 8) = 0"),
        (
            "getdents64",
            vec![3, A, 32768],
            vec![],
            vec![(A, dirents())],
            56,
            "getdents64(3, 0x1000 /* 2 entries */, 32768) = 56",
        ),
        (
            "getdents64",
            vec![3, A, 32768],
            vec![],
            vec![],
            0,
            "getdents64(3, 0x1000 /* 0 entries */, 32768) = 0",
        ),
        (
            "sendfile",
            vec![1, 5, A, 100],
            vec![(A, u64s(&[0]))],
            vec![(A, u64s(&[100]))],
            100,
            "sendfile(1, 5, [0] => [100], 100) = 100",
        ),
        ("eventfd2", vec![0, 0o2004000], vec![], vec![], 3, "eventfd2(0, EFD_NONBLOCK|EFD_CLOEXEC) = 3"),
        (
            "timerfd_settime",
            vec![3, 1, A, 0],
            vec![(A, u64s(&[0, 0, 1, 2]))],
            vec![],
            0,
            "timerfd_settime(3, TFD_TIMER_ABSTIME, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=1, tv_nsec=2}}, NULL) = 0",
        ),
        ("memfd_create", vec![A, 1], vec![text(A, "m")], vec![], 15, "memfd_create(\"m\", MFD_CLOEXEC) = 15"),
        (
            "close_range",
            vec![100, 0xffff_ffff, 4],
            vec![],
            vec![],
            0,
            "close_range(100, 4294967295, CLOSE_RANGE_CLOEXEC) = 0",
        ),
        (
            "inotify_add_watch",
            vec![3, A, 0x102],
            vec![text(A, "/tmp")],
            vec![],
            1,
            "inotify_add_watch(3, \"/tmp\", IN_MODIFY|IN_CREATE) = 1",
        ),
        ("flock", vec![3, 6], vec![], vec![], 0, "flock(3, LOCK_EX|LOCK_NB) = 0"),
    ]);
}

/// Two entries of 24 and 32 bytes.
fn dirents() -> Vec<u8> {
    let first = laid(24, &[(0, &[7]), (8, &[1]), (16, &[24, 0, 4]), (19, b".")]);
    let second = laid(32, &[(0, &[8]), (8, &[2]), (16, &[32, 0, 8]), (19, b"name.txt")]);
    [first, second].concat()
}

#[test]
fn verbose_words_show_structs_whole() {
    let words = Words { verbose: true, strsize: 4, ..Words::default() };
    let list = svc("getdents64", &[3, A, 32768], &[], &[(A, dirents())], 56);
    assert_eq!(
        say(&words, Body::Svc(list)),
        "getdents64(3, [{d_ino=7, d_off=1, d_reclen=24, d_type=DT_DIR, d_name=\".\"}, \
         {d_ino=8, d_off=2, d_reclen=32, d_type=DT_REG, d_name=\"name.txt\"}], 32768) = 56"
    );
    let stat = svc("fstat", &[1, B], &[], &[(B, stat(0o100644, 9))], 0);
    assert_eq!(
        say(&words, Body::Svc(stat)),
        "fstat(1, {st_mode=S_IFREG|0644, st_size=9, st_dev=makedev(0, 0), st_ino=0, st_nlink=0, st_uid=0, st_gid=0, \
         st_rdev=makedev(0x1, 0x3), st_blksize=0, st_blocks=0, st_atime=0, st_atime_nsec=0, st_mtime=0, \
         st_mtime_nsec=0, st_ctime=0, st_ctime_nsec=0}) = 0"
    );
    let write = svc("write", &[1, A, 6], &[raw(A, b"abcdef")], &[], 6);
    assert_eq!(say(&words, Body::Svc(write)), "write(1, \"abcd\"..., 6) = 6");
}

#[test]
fn memory() {
    check(vec![
        (
            "mmap",
            vec![0, 8192, 3, 0x4022, u64::MAX, 0],
            vec![],
            vec![],
            0x7f7d_8fdb_a000,
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7f7d8fdba000",
        ),
        (
            "mmap",
            vec![0x1_0000, 4096, 1, 0x11, 5, 0x1000],
            vec![],
            vec![],
            0x1_0000,
            "mmap(0x10000, 4096, PROT_READ, MAP_SHARED|MAP_FIXED, 5, 0x1000) = 0x10000",
        ),
        (
            "mmap",
            vec![0, 0, 0, 2, 5, 0],
            vec![],
            vec![],
            -22,
            "mmap(NULL, 0, PROT_NONE, MAP_PRIVATE, 5, 0) = -1 EINVAL (Invalid argument)",
        ),
        ("brk", vec![0], vec![], vec![], 0x5581_0000, "brk(NULL) = 0x55810000"),
        ("munmap", vec![0x1_0000, 8192], vec![], vec![], 0, "munmap(0x10000, 8192) = 0"),
        ("mprotect", vec![0x1_0000, 4096, 0], vec![], vec![], 0, "mprotect(0x10000, 4096, PROT_NONE) = 0"),
        (
            "mprotect",
            vec![0x1_0000, 4096, 0x14],
            vec![],
            vec![],
            0,
            "mprotect(0x10000, 4096, PROT_EXEC|PROT_BTI) = 0",
        ),
        ("madvise", vec![0x1_0000, 4096, 4], vec![], vec![], 0, "madvise(0x10000, 4096, MADV_DONTNEED) = 0"),
        (
            "mremap",
            vec![0x1_0000, 8192, 16384, 1, 0x99],
            vec![],
            vec![],
            0x2_0000,
            "mremap(0x10000, 8192, 16384, MREMAP_MAYMOVE) = 0x20000",
        ),
        (
            "mremap",
            vec![0x1_0000, 8192, 16384, 3, 0x9_0000],
            vec![],
            vec![],
            0x9_0000,
            "mremap(0x10000, 8192, 16384, MREMAP_MAYMOVE|MREMAP_FIXED, 0x90000) = 0x90000",
        ),
        ("mlock2", vec![0, 0, 1], vec![], vec![], 0, "mlock2(NULL, 0, MLOCK_ONFAULT) = 0"),
        ("msync", vec![0x1000, 10, 4], vec![], vec![], 0, "msync(0x1000, 10, MS_SYNC) = 0"),
    ]);
}

#[test]
fn processes() {
    let environment = (C, u64s(&[D, D, 0]));
    check(vec![
        (
            "execve",
            vec![A, B, C],
            vec![text(A, "/bin/ls"), (B, u64s(&[A, D, 0])), environment.clone(), text(D, "-l")],
            vec![],
            -2,
            "execve(\"/bin/ls\", [\"/bin/ls\", \"-l\"], 0x3000 /* 2 vars */) = -1 ENOENT (No such file or directory)",
        ),
        (
            "execve",
            vec![A, 0, 0],
            vec![text(A, "x")],
            vec![],
            -13,
            "execve(\"x\", NULL, NULL) = -1 EACCES (Permission denied)",
        ),
        (
            "clone",
            vec![0x1200011, 0, 0, 0, 0xa10],
            vec![],
            vec![],
            17404,
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0xa10) = 17404",
        ),
        (
            "clone",
            vec![0x3d0f00, 0x7000, A, 0x8000, B],
            vec![],
            vec![(A, i32s(&[1004]))],
            1004,
            "clone(child_stack=0x7000, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|\
             CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, parent_tid=[1004], tls=0x8000, child_tidptr=0x2000) = 1004",
        ),
        (
            "clone3",
            vec![A, 88],
            vec![(A, u64s(&[0x100100, 0, 0, B, 17, 0x7000, 0x8000, 0, 0, 0, 0]))],
            vec![(B, i32s(&[77]))],
            77,
            "clone3({flags=CLONE_VM|CLONE_PARENT_SETTID, parent_tid=0x2000, exit_signal=SIGCHLD, stack=0x7000, \
             stack_size=0x8000} => {parent_tid=[77]}, 88) = 77",
        ),
        (
            "wait4",
            vec![17404, A, 0, 0],
            vec![],
            vec![(A, i32s(&[0]))],
            17404,
            "wait4(17404, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 17404",
        ),
        (
            "wait4",
            vec![u64::MAX, A, 1, 0],
            vec![],
            vec![(A, i32s(&[0x8b]))],
            5,
            "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], WNOHANG, NULL) = 5",
        ),
        (
            "waitid",
            vec![0, 0, A, 5, 0],
            vec![],
            vec![],
            -10,
            "waitid(P_ALL, 0, 0x1000, WNOHANG|WEXITED, NULL) = -1 ECHILD (No child processes)",
        ),
        ("exit_group", vec![3], vec![], vec![], 0, "exit_group(3) = ?"),
        ("getpid", vec![], vec![], vec![], 17402, "getpid() = 17402"),
        ("setpriority", vec![0, 0, 5], vec![], vec![], 0, "setpriority(PRIO_PROCESS, 0, 5) = 0"),
        (
            "prlimit64",
            vec![0, 3, 0, A],
            vec![],
            vec![(A, u64s(&[8192 * 1024, u64::MAX]))],
            0,
            "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
        ),
        (
            "prlimit64",
            vec![0, 7, A, 0],
            vec![(A, u64s(&[20000, 20000]))],
            vec![],
            0,
            "prlimit64(0, RLIMIT_NOFILE, {rlim_cur=20000, rlim_max=20000}, NULL) = 0",
        ),
        (
            "sched_getaffinity",
            vec![0, 128, A],
            vec![],
            vec![(A, laid(8, &[(0, &[3])]))],
            8,
            "sched_getaffinity(0, 128, [0 1]) = 8",
        ),
        ("set_tid_address", vec![0xa10], vec![], vec![], 17402, "set_tid_address(0xa10) = 17402"),
        ("set_robust_list", vec![0xa20, 24], vec![], vec![], 0, "set_robust_list(0xa20, 24) = 0"),
        ("prctl", vec![15, A, 0, 0, 0], vec![text(A, "hi")], vec![], 0, "prctl(PR_SET_NAME, \"hi\") = 0"),
        (
            "prctl",
            vec![16, A, 0, 0, 0],
            vec![],
            vec![(A, laid(16, &[(0, b"hi")]))],
            0,
            "prctl(PR_GET_NAME, \"hi\") = 0",
        ),
        ("prctl", vec![38, 1, 0, 0, 0], vec![], vec![], 0, "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0"),
        ("prctl", vec![3, 9, 9, 9, 9], vec![], vec![], 1, "prctl(PR_GET_DUMPABLE) = 1"),
        ("getgroups", vec![64, A], vec![], vec![(A, i32s(&[0, 100]))], 2, "getgroups(64, [0, 100]) = 2"),
        (
            "getresuid",
            vec![A, A + 4, A + 8],
            vec![],
            vec![(A, i32s(&[1, 2, -1]))],
            0,
            "getresuid([1], [2], [-1]) = 0",
        ),
        (
            "uname",
            vec![A],
            vec![],
            vec![(A, laid(390, &[(0, b"Linux"), (65, b"elfuse")]))],
            0,
            "uname({sysname=\"Linux\", nodename=\"elfuse\", ...}) = 0",
        ),
        (
            "getrandom",
            vec![A, 4, 0],
            vec![],
            vec![raw(A, &[0x7b, 0xd8, 0xdf, 0xb7])],
            4,
            "getrandom(\"\\x7b\\xd8\\xdf\\xb7\", 4, 0) = 4",
        ),
        ("rseq", vec![0xa30, 32, 0, 0xd428_bc00], vec![], vec![], 0, "rseq(0xa30, 32, 0, 0xd428bc00) = 0"),
        (
            "membarrier",
            vec![8, 0, 0],
            vec![],
            vec![],
            0,
            "membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) = 0",
        ),
        (
            "getrusage",
            vec![u64::MAX, A],
            vec![],
            vec![(A, laid(144, &[(8, &[9])]))],
            0,
            "getrusage(RUSAGE_CHILDREN, {ru_utime={tv_sec=0, tv_usec=9}, ru_stime={tv_sec=0, tv_usec=0}, ...}) = 0",
        ),
    ]);
}

#[test]
fn futexes() {
    const EAGAIN: &str = "-1 EAGAIN (Resource temporarily unavailable)";
    let cases: &[(&[u64], i64, String)] = &[
        (&[A, 0x81, 1], 0, "futex(0x1000, FUTEX_WAKE_PRIVATE, 1) = 0".into()),
        (&[A, 0x80, 2, 0], 0, "futex(0x1000, FUTEX_WAIT_PRIVATE, 2, NULL) = 0".into()),
        (&[A, 0, 1, B], -110, "futex(0x1000, FUTEX_WAIT, 1, {tv_sec=0, tv_nsec=1000}) = -1 ETIMEDOUT (Connection timed out)".into()),
        (&[A, 0x189, 1, 0, 0, 0xffff_ffff], -11,
            format!("futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, NULL, FUTEX_BITSET_MATCH_ANY) = {EAGAIN}")),
        (&[A, 0x85, 1, 1, A, 0x0400_3001], 0,
            "futex(0x1000, FUTEX_WAKE_OP_PRIVATE, 1, 1, 0x1000, FUTEX_OP_SET<<28|0x3<<12|FUTEX_OP_CMP_GT<<24|0x1) = 0".into()),
        (&[A, 4, 1, 2, A, 0], -11, format!("futex(0x1000, FUTEX_CMP_REQUEUE, 1, 2, 0x1000, 0) = {EAGAIN}")),
        (&[A, 10, 1, 0, 0, 3], 0, "futex(0x1000, FUTEX_WAKE_BITSET, 1, 0x3) = 0".into()),
        (&[A, 0x63, 1], -38, "futex(0x1000, 0x63 /* FUTEX_??? */, 1) = -1 ENOSYS (Function not implemented)".into()),
    ];
    for (args, ret, expected) in cases {
        let call = svc("futex", args, &[(B, u64s(&[0, 1000]))], &[], *ret);
        assert_eq!(&say(&Words::default(), Body::Svc(call)), expected);
    }
}

#[test]
fn signals_and_clocks() {
    let siginfo =
        laid(128, &[(0, &[12]), (8, &(-1i32).to_le_bytes()), (16, &17402u32.to_le_bytes()), (24, &[7])]);
    check(vec![
        (
            "rt_sigaction",
            vec![10, A, 0, 8],
            vec![(A, u64s(&[1, 0x1000_0000, 0, 0]))],
            vec![],
            0,
            "rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTART}, NULL, 8) = 0",
        ),
        (
            "rt_sigaction",
            vec![2, A, B, 8],
            vec![(A, u64s(&[0x4000, 0x0400_0004, 0x5000, 2]))],
            vec![(B, u64s(&[0, 0, 0, 0]))],
            0,
            "rt_sigaction(SIGINT, {sa_handler=0x4000, sa_mask=[INT], sa_flags=SA_RESTORER|SA_SIGINFO, sa_restorer=0x5000}, \
             {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0",
        ),
        (
            "rt_sigprocmask",
            vec![0, A, B, 8],
            vec![(A, u64s(&[!(3 << 31)]))],
            vec![(B, u64s(&[0]))],
            0,
            "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [], 8) = 0",
        ),
        (
            "rt_sigprocmask",
            vec![2, A, 0, 8],
            vec![(A, u64s(&[0x4001 | 1 << 33]))],
            vec![],
            0,
            "rt_sigprocmask(SIG_SETMASK, [HUP TERM RT_2], NULL, 8) = 0",
        ),
        ("kill", vec![17402, 0], vec![], vec![], 0, "kill(17402, 0) = 0"),
        ("tgkill", vec![5, 6, 33], vec![], vec![], -3, "tgkill(5, 6, SIGRT_1) = -1 ESRCH (No such process)"),
        (
            "rt_sigqueueinfo",
            vec![17402, 12, A],
            vec![(A, siginfo)],
            vec![],
            0,
            "rt_sigqueueinfo(17402, SIGUSR2, {si_signo=SIGUSR2, si_code=SI_QUEUE, si_pid=17402, si_uid=0, si_int=7, si_ptr=0x7}) = 0",
        ),
        (
            "rt_sigtimedwait",
            vec![A, B, C, 8],
            vec![(A, u64s(&[1 << 16])), (C, u64s(&[0, 1]))],
            vec![],
            -11,
            "rt_sigtimedwait([CHLD], 0x2000, {tv_sec=0, tv_nsec=1}, 8) = -1 EAGAIN (Resource temporarily unavailable)",
        ),
        (
            "rt_sigtimedwait",
            vec![A, 0, 0, 8],
            vec![(A, u64s(&[1 << 16]))],
            vec![],
            17,
            "rt_sigtimedwait([CHLD], NULL, NULL, 8) = 17 (SIGCHLD)",
        ),
        (
            "sigaltstack",
            vec![A, 0],
            vec![(A, u64s(&[0x9000, 0, 8192]))],
            vec![],
            0,
            "sigaltstack({ss_sp=0x9000, ss_flags=0, ss_size=8192}, NULL) = 0",
        ),
        (
            "clock_gettime",
            vec![1, A],
            vec![],
            vec![(A, u64s(&[3915, 660_186_797]))],
            0,
            "clock_gettime(CLOCK_MONOTONIC, {tv_sec=3915, tv_nsec=660186797}) = 0",
        ),
        (
            "clock_gettime",
            vec![77, A],
            vec![],
            vec![],
            -22,
            "clock_gettime(0x4d /* CLOCK_??? */, 0x1000) = -1 EINVAL (Invalid argument)",
        ),
        (
            "clock_gettime",
            vec![(-6i64).cast_unsigned(), A],
            vec![],
            vec![(A, u64s(&[0, 1]))],
            0,
            "clock_gettime(MAKE_PROCESS_CPUCLOCK(0, CPUCLOCK_SCHED), {tv_sec=0, tv_nsec=1}) = 0",
        ),
        (
            "clock_nanosleep",
            vec![1, 0, A, 0],
            vec![(A, u64s(&[0, 1000]))],
            vec![],
            0,
            "clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=1000}, NULL) = 0",
        ),
        (
            "nanosleep",
            vec![A, B],
            vec![(A, u64s(&[1, 0]))],
            vec![],
            -4,
            "nanosleep({tv_sec=1, tv_nsec=0}, 0x2000) = -1 EINTR (Interrupted system call)",
        ),
        (
            "gettimeofday",
            vec![A, 0],
            vec![],
            vec![(A, u64s(&[5, 6]))],
            0,
            "gettimeofday({tv_sec=5, tv_usec=6}, NULL) = 0",
        ),
        (
            "setitimer",
            vec![0, A, 0],
            vec![(A, u64s(&[0, 0, 1, 0]))],
            vec![],
            0,
            "setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=1, tv_usec=0}}, NULL) = 0",
        ),
        (
            "timer_create",
            vec![0, 0, A],
            vec![],
            vec![(A, i32s(&[0]))],
            0,
            "timer_create(CLOCK_REALTIME, NULL, [0]) = 0",
        ),
    ]);
}

#[test]
fn sockets() {
    let inet = [u16s(&[2]), vec![0, 80, 127, 0, 0, 1], vec![0; 8]].concat();
    let inet6 = [u16s(&[10]), vec![0, 80, 0, 0, 0, 5, 0xfe, 0x80], vec![0; 13], vec![1], vec![0; 4]].concat();
    let unix = [u16s(&[1]), b"/tmp/none\0\0\0".to_vec()].concat();
    let hidden = [u16s(&[1]), b"\0tmp/none\0".to_vec()].concat();
    let control = laid(24, &[(0, &[20]), (8, &[1]), (12, &[1]), (16, &[13])]);
    let header = |name: u64, len: u64, control: u64, control_len: u64| {
        u64s(&[name, len, A, 2, control, control_len, 0])
    };
    check(vec![
        (
            "socket",
            vec![2, 0o2000002, 17],
            vec![],
            vec![],
            7,
            "socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP) = 7",
        ),
        ("socket", vec![16, 3, 0], vec![], vec![], 14, "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 14"),
        ("socket", vec![1, 1, 0], vec![], vec![], 12, "socket(AF_UNIX, SOCK_STREAM, 0) = 12"),
        (
            "socketpair",
            vec![1, 1, 0, A],
            vec![],
            vec![(A, i32s(&[8, 9]))],
            0,
            "socketpair(AF_UNIX, SOCK_STREAM, 0, [8, 9]) = 0",
        ),
        (
            "bind",
            vec![7, A, 16],
            vec![(A, inet.clone())],
            vec![],
            0,
            "bind(7, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0",
        ),
        (
            "getsockname",
            vec![7, A, B],
            vec![(B, i32s(&[128]))],
            vec![(A, inet.clone()), (B, i32s(&[16]))],
            0,
            "getsockname(7, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16]) = 0",
        ),
        ("accept4", vec![7, 0, 0, 0o2000000], vec![], vec![], 8, "accept4(7, NULL, NULL, SOCK_CLOEXEC) = 8"),
        (
            "connect",
            vec![8, A, 14],
            vec![(A, unix)],
            vec![],
            -2,
            "connect(8, {sa_family=AF_UNIX, sun_path=\"/tmp/none\"}, 14) = -1 ENOENT (No such file or directory)",
        ),
        (
            "connect",
            vec![8, A, 12],
            vec![(A, hidden)],
            vec![],
            -111,
            "connect(8, {sa_family=AF_UNIX, sun_path=@\"tmp/none\\0\"}, 12) = -1 ECONNREFUSED (Connection refused)",
        ),
        (
            "sendto",
            vec![7, B, 5, 0x40, A, 28],
            vec![(A, inet6), raw(B, b"hello")],
            vec![],
            -97,
            "sendto(7, \"hello\", 5, MSG_DONTWAIT, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(5), \
             inet_pton(AF_INET6, \"fe80::1\", &sin6_addr), sin6_scope_id=0}, 28) \
             = -1 EAFNOSUPPORT (Address family not supported by protocol)",
        ),
        (
            "recvfrom",
            vec![7, B, 5, 0, 0, 0],
            vec![],
            vec![raw(B, b"hello")],
            5,
            "recvfrom(7, \"hello\", 5, 0, NULL, NULL) = 5",
        ),
        (
            "setsockopt",
            vec![7, 1, 2, A, 4],
            vec![(A, i32s(&[1]))],
            vec![],
            0,
            "setsockopt(7, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
        ),
        (
            "setsockopt",
            vec![7, 6, 1, A, 4],
            vec![(A, i32s(&[1]))],
            vec![],
            0,
            "setsockopt(7, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
        ),
        (
            "getsockopt",
            vec![7, 1, 4, A, B],
            vec![(B, i32s(&[4]))],
            vec![(A, i32s(&[111])), (B, i32s(&[4]))],
            0,
            "getsockopt(7, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0",
        ),
        ("shutdown", vec![7, 1], vec![], vec![], 0, "shutdown(7, SHUT_WR) = 0"),
        (
            "sendmsg",
            vec![8, D, 0x4000],
            vec![
                (D, header(0, 0, 0x5000, 24)),
                (A, u64s(&[B, 3, C, 4])),
                raw(B, b"abc"),
                raw(C, b"defg"),
                (0x5000, control.clone()),
            ],
            vec![],
            7,
            "sendmsg(8, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}, {iov_base=\"defg\", iov_len=4}], \
             msg_iovlen=2, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[13]}], \
             msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL) = 7",
        ),
        (
            "recvmsg",
            vec![9, D, 0],
            vec![(D, header(0x6000, 128, 0x5000, 64)), (A, u64s(&[B, 5, C, 64]))],
            vec![
                (D, header(0x6000, 16, 0x5000, 24)),
                raw(B, b"abcde"),
                raw(C, b"fg"),
                (0x5000, control),
                (0x6000, inet),
            ],
            7,
            "recvmsg(9, {msg_name={sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, \
             msg_namelen=128 => 16, msg_iov=[{iov_base=\"abcde\", iov_len=5}, {iov_base=\"fg\", iov_len=64}], msg_iovlen=2, \
             msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[13]}], msg_controllen=24, \
             msg_flags=0}, 0) = 7",
        ),
    ]);
}

#[test]
fn several_messages_in_one_call() {
    let header = |iov: u64| u64s(&[0, 0, iov, 1, 0, 0, 0, 0]);
    let two = [header(B), header(B + 16)].concat();
    let iovs = u64s(&[C, 3, D, 4]);
    check(vec![
        (
            "sendmmsg",
            vec![3, A, 2, 0x4000],
            vec![(A, two.clone()), (B, iovs.clone()), raw(C, b"abc"), raw(D, b"defg")],
            vec![(A + 56, i32s(&[3])), (A + 120, i32s(&[4]))],
            2,
            "sendmmsg(3, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}], msg_iovlen=1, \
             msg_controllen=0, msg_flags=0}, msg_len=3}, {msg_hdr={msg_name=NULL, msg_namelen=0, \
             msg_iov=[{iov_base=\"defg\", iov_len=4}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=4}], 2, \
             MSG_NOSIGNAL) = 2",
        ),
        (
            "recvmmsg",
            vec![3, A, 2, 0x40, 0],
            vec![(A, two), (B, iovs)],
            vec![(A, header(B)), (A + 56, i32s(&[2])), raw(C, b"hi")],
            1,
            "recvmmsg(3, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"hi\", iov_len=3}], msg_iovlen=1, \
             msg_controllen=0, msg_flags=0}, msg_len=2}], 2, MSG_DONTWAIT, NULL) = 1",
        ),
    ]);
}

#[test]
fn calls_that_the_table_does_not_have() {
    let call = Svc { nr: 507, args: Args::new([1, 2, 3, 0, 5, 6], 6), ret: -38, ..Svc::default() };
    assert_eq!(
        say(&Words::default(), Body::Svc(call)),
        "syscall_0x1fb(0x1, 0x2, 0x3, 0, 0x5, 0x6) = -1 ENOSYS (Function not implemented)"
    );
}

#[test]
fn a_result_that_replaced_the_registers_is_not_a_number() {
    let regs = || vec![Effect::Regs(Box::default())];
    let exec = Svc { effects: regs(), ret: 99, ..svc("execve", &[A, 0, 0], &[text(A, "x")], &[], 0) };
    assert_eq!(say(&Words::default(), Body::Svc(exec)), "execve(\"x\", NULL, NULL) = 0");
    let back = Svc { effects: regs(), ret: -2, ..svc("rt_sigreturn", &[], &[], &[], 0) };
    assert_eq!(say(&Words::default(), Body::Svc(back)), "rt_sigreturn() = ?");
}

#[test]
fn outputs_are_found_in_blobs_and_zeros() {
    let mut call = svc("read", &[3, B, 100], &[], &[], 5);
    call.effects = vec![Effect::WriteBlob { at: GuestAddr(B - 1), blob: BlobId(9) }];
    let fetch = |blob: BlobId| (blob == BlobId(9)).then(|| b"xhello".to_vec());
    let line = Words::default().line(&event(Body::Svc(call)), &fetch);
    assert_eq!(line.text, "read(3, \"hello\", 100)");

    let mut call = svc("read", &[3, B, 100], &[], &[(B, b"abcde".to_vec())], 5);
    call.effects.push(Effect::Zero { at: GuestAddr(B + 2), len: u64::MAX });
    assert_eq!(say(&Words::default(), Body::Svc(call)), "read(3, \"ab\\0\\0\\0\", 100) = 5");
}
