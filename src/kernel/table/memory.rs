//! Rows of calls on the address space.

use super::args::*;
use super::{ArgKind, Classes, Len, ReplayClass, Ret, Row, Special, table_rows};
use crate::kernel::abi::{Scalar, Width, flags_file as f, flags_proc as p};

table_rows! {
    214 brk Addr [MEMORY] Space (ptr("addr"));
    215 munmap Int [MEMORY] Space (ptr("addr"), size("length"));
    216 mremap Addr [MEMORY] Space (ptr("old_address"), size("old_size"), size("new_size"), flags8("flags", &p::MREMAP), special("new_address", Special::MremapAddr));
    222 mmap Addr [DESC MEMORY] Space (ptr("addr"), size("length"), flags8("prot", &p::PROT), flags8("flags", &p::MAP), fd("fd"), xlong("offset"));
    226 mprotect Int [MEMORY] Space (ptr("addr"), size("len"), flags8("prot", &p::PROT));
    227 msync Int [MEMORY] Blocking (ptr("addr"), size("length"), flags("flags", &p::MSYNC));
    228 mlock Int [MEMORY] Recorded (ptr("addr"), size("len"));
    229 munlock Int [MEMORY] Recorded (ptr("addr"), size("len"));
    230 mlockall Int [MEMORY] Recorded (flags("flags", &p::MLOCKALL));
    231 munlockall Int [MEMORY] Recorded ();
    232 mincore Int [MEMORY] Recorded (ptr("addr"), size("length"), ptr("vec"));
    233 madvise Int [MEMORY] Space (ptr("addr"), size("length"), named("advice", &p::MADVISE));
    234 remap_file_pages Int [MEMORY] Space (ptr("addr"), size("size"), flags8("prot", &p::PROT), size("pgoff"), flags8("flags", &p::MAP));
    235 mbind Int [MEMORY] Recorded (ptr("addr"), size("len"), named("mode", &p::MPOL), ptr("nodemask"), size("maxnode"), flags("flags", &p::MPOL_MF));
    236 get_mempolicy Int [MEMORY] Recorded (of("mode", ArgKind::NumsOut(Scalar::Enum(&p::MPOL), Width::B4, Len::Fixed(1))), ptr("nodemask"), size("maxnode"), ptr("addr"), flags8("flags", &p::MPOL_GET));
    237 set_mempolicy Int [MEMORY] Recorded (named("mode", &p::MPOL), ptr("nodemask"), size("maxnode"));
    238 migrate_pages Int [MEMORY] Recorded (pid("pid"), size("maxnode"), ptr("old_nodes"), ptr("new_nodes"));
    239 move_pages Int [MEMORY] Recorded (pid("pid"), size("count"), ptr("pages"), ptr("nodes"), ptr("status"), flags("flags", &p::MPOL_MF));
    270 process_vm_readv Int [] Recorded (pid("pid"), of("local_iov", ArgKind::IovOut(2)), size("liovcnt"), ptr("remote_iov"), size("riovcnt"), xlong("flags"));
    271 process_vm_writev Int [] Recorded (pid("pid"), of("local_iov", ArgKind::IovIn(2)), size("liovcnt"), ptr("remote_iov"), size("riovcnt"), xlong("flags"));
    284 mlock2 Int [MEMORY] Recorded (ptr("addr"), size("len"), flags("flags", &p::MLOCK2));
    288 pkey_mprotect Int [MEMORY] Space (ptr("addr"), size("len"), flags8("prot", &p::PROT), int("pkey"));
    289 pkey_alloc Int [] Recorded (xlong("flags"), flags8("access_rights", &p::PKEY));
    290 pkey_free Int [] Recorded (int("pkey"));
    440 process_madvise Int [DESC] Recorded (fd("pidfd"), ptr("iovec"), size("vlen"), named("advice", &p::MADVISE), hex("flags"));
    447 memfd_secret Fd [DESC] Recorded (flags("flags", &f::FD_FLAGS));
    448 process_mrelease Int [DESC] Recorded (fd("pidfd"), hex("flags"));
    450 set_mempolicy_home_node Int [MEMORY] Recorded (ptr("start"), size("len"), uint("home_node"), xlong("flags"));
    453 map_shadow_stack Addr [MEMORY] Space (ptr("addr"), size("size"), hex("flags"));
    462 mseal Int [MEMORY] Recorded (ptr("addr"), size("len"), xlong("flags"));
}
