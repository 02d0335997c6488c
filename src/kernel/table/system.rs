//! Rows of calls on the system as a whole: names, limits, modules, keys, tracing facilities.

use super::args::*;
use super::{ArgKind, Classes, Len, ReplayClass, Ret, Row, table_rows};
use crate::kernel::abi::{flags_proc as p, structs as s};

table_rows! {
    42 nfsservctl Int [] Recorded (int("cmd"), ptr("argp"), ptr("resp"));
    104 kexec_load Int [] Recorded (xlong("entry"), size("nr_segments"), ptr("segments"), xlong("flags"));
    105 init_module Int [] Recorded (ptr("module_image"), size("len"), text("param_values"));
    106 delete_module Int [] Recorded (text("name"), hex("flags"));
    116 syslog Int [] Recorded (int("type"), ptr("bufp"), int("len"));
    142 reboot Int [] Recorded (hex("magic"), hex("magic2"), named("cmd", &p::REBOOT), ptr("arg"));
    160 uname Int [] Recorded (wr("buf", &s::UTSNAME));
    161 sethostname Int [] Recorded (buf_in("name", 1), size("len"));
    162 setdomainname Int [] Recorded (buf_in("name", 1), size("len"));
    163 getrlimit Int [] Recorded (named("resource", &p::RLIMIT), wr("rlim", &s::RLIMIT));
    164 setrlimit Int [] Recorded (named("resource", &p::RLIMIT), rd("rlim", &s::RLIMIT));
    165 getrusage Int [] Recorded (named("who", &p::RUSAGE_WHO), wr("usage", &s::RUSAGE));
    166 umask Octal [] Recorded (mode("mask"));
    179 sysinfo Int [] Recorded (wr("info", &s::SYSINFO));
    217 add_key Int [] Recorded (text("type"), text("description"), buf_in("payload", 3), size("plen"), int("keyring"));
    218 request_key Int [] Recorded (text("type"), text("description"), text("callout_info"), int("dest_keyring"));
    219 keyctl Int [] Recorded (int("operation"), xlong("arg2"), xlong("arg3"), xlong("arg4"), xlong("arg5"));
    241 perf_event_open Fd [DESC] Recorded (ptr("attr"), pid("pid"), int("cpu"), fd("group_fd"), flags8("flags", &p::PERF));
    261 prlimit64 Int [] Recorded (pid("pid"), named("resource", &p::RLIMIT), rd("new_limit", &s::RLIMIT), wr("old_limit", &s::RLIMIT));
    273 finit_module Int [DESC] Recorded (fd("fd"), text("param_values"), hex("flags"));
    277 seccomp Int [] Recorded (named("operation", &p::SECCOMP), flags("flags", &p::SECCOMP_FLAGS), ptr("args"));
    278 getrandom Int [] Recorded (of("buf", ArgKind::HexOut(Len::Ret)), size("buflen"), flags("flags", &p::GRND));
    280 bpf Int [DESC] Recorded (named("cmd", &p::BPF), ptr("attr"), uint("size"));
    294 kexec_file_load Int [DESC] Recorded (fd("kernel_fd"), fd("initrd_fd"), size("cmdline_len"), text("cmdline"), xlong("flags"));
    444 landlock_create_ruleset Fd [DESC] Recorded (ptr("attr"), size("size"), hex("flags"));
    445 landlock_add_rule Int [DESC] Recorded (fd("ruleset_fd"), int("rule_type"), ptr("rule_attr"), hex("flags"));
    446 landlock_restrict_self Int [DESC] Recorded (fd("ruleset_fd"), hex("flags"));
    459 lsm_get_self_attr Int [] Recorded (uint("attr"), ptr("ctx"), int_rw("size"), hex("flags"));
    460 lsm_set_self_attr Int [] Recorded (uint("attr"), ptr("ctx"), uint("size"), hex("flags"));
    461 lsm_list_modules Int [] Recorded (ptr("ids"), int_rw("size"), hex("flags"));
}
