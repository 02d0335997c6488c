//! Rows of calls on signals, timers and clocks.

use super::args::*;
use super::{Classes, ReplayClass, Ret, Row, Special, table_rows};
use crate::kernel::abi::{Scalar, flags_proc as p, structs as s};

table_rows! {
    101 nanosleep Int [] Blocking (rd("req", &s::TIMESPEC), wr("rem", &s::TIMESPEC));
    102 getitimer Int [] Recorded (named("which", &p::ITIMER), wr("curr_value", &s::ITIMERVAL));
    103 setitimer Int [] Recorded (named("which", &p::ITIMER), rd("new_value", &s::ITIMERVAL), wr("old_value", &s::ITIMERVAL));
    107 timer_create Int [] Recorded (clock("clockid"), rd("sevp", &s::SIGEVENT), int_out("timerid", Scalar::Int));
    108 timer_gettime Int [] Recorded (int("timerid"), wr("curr_value", &s::ITIMERSPEC));
    109 timer_getoverrun Int [] Recorded (int("timerid"));
    110 timer_settime Int [] Recorded (int("timerid"), flags("flags", &p::TIMER_ABS), rd("new_value", &s::ITIMERSPEC), wr("old_value", &s::ITIMERSPEC));
    111 timer_delete Int [] Recorded (int("timerid"));
    112 clock_settime Int [CLOCK] Recorded (clock("clockid"), rd("tp", &s::TIMESPEC));
    113 clock_gettime Int [CLOCK] Recorded (clock("clockid"), wr("tp", &s::TIMESPEC));
    114 clock_getres Int [CLOCK] Recorded (clock("clockid"), wr("res", &s::TIMESPEC));
    115 clock_nanosleep Int [] Blocking (clock("clockid"), flags("flags", &p::TIMER_ABS), rd("request", &s::TIMESPEC), wr("remain", &s::TIMESPEC));
    128 restart_syscall Int [] Blocking ();
    129 kill Int [PROCESS SIGNAL] Recorded (pid("pid"), sig("sig"));
    130 tkill Int [PROCESS SIGNAL] Recorded (pid("tid"), sig("sig"));
    131 tgkill Int [PROCESS SIGNAL] Recorded (pid("tgid"), pid("tid"), sig("sig"));
    132 sigaltstack Int [SIGNAL] Recorded (rd("ss", &s::STACK), wr("old_ss", &s::STACK));
    133 rt_sigsuspend Int [SIGNAL] Blocking (set_in("mask"), size("sigsetsize"));
    134 rt_sigaction Int [SIGNAL] Recorded (sig("signum"), rd("act", &s::SIGACTION), wr("oldact", &s::SIGACTION), size("sigsetsize"));
    135 rt_sigprocmask Int [SIGNAL] Recorded (named("how", &p::SIG_HOW), set_in("set"), set_out("oldset"), size("sigsetsize"));
    136 rt_sigpending Int [SIGNAL] Recorded (set_out("set"), size("sigsetsize"));
    137 rt_sigtimedwait Signal [SIGNAL] Blocking (set_in("set"), special("info", Special::SiginfoOut), rd("timeout", &s::TIMESPEC), size("sigsetsize"));
    138 rt_sigqueueinfo Int [PROCESS SIGNAL] Recorded (pid("tgid"), sig("sig"), special("info", Special::SiginfoIn));
    139 rt_sigreturn Void [SIGNAL] Flow ();
    153 times Int [] Recorded (wr("buf", &s::TMS));
    169 gettimeofday Int [CLOCK] Recorded (wr("tv", &s::TIMEVAL), wr("tz", &s::TIMEZONE));
    170 settimeofday Int [CLOCK] Recorded (rd("tv", &s::TIMEVAL), rd("tz", &s::TIMEZONE));
    171 adjtimex Int [CLOCK] Recorded (rw("buf", &s::TIMEX));
    240 rt_tgsigqueueinfo Int [PROCESS SIGNAL] Recorded (pid("tgid"), pid("tid"), sig("sig"), special("info", Special::SiginfoIn));
    266 clock_adjtime Int [CLOCK] Recorded (clock("clk_id"), rw("buf", &s::TIMEX));
    424 pidfd_send_signal Int [DESC PROCESS SIGNAL] Recorded (fd("pidfd"), sig("sig"), special("info", Special::SiginfoIn), flags("flags", &p::PIDFD_SIGNAL));
}
