//! Signals, their codes, and which members of siginfo they use (asm-generic/signal.h, asm-generic/siginfo.h).

use super::{Enum, enums};

/// Signals 1 to 31.
static NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// The first real-time signal as the kernel counts.
pub const SIGRTMIN: u32 = 32;

/// The last signal.
pub const SIGRTMAX: u32 = 64;

/// `SIGSEGV` for 11, `SIGRT_1` for 33; none for 0 and above 64.
#[must_use]
pub fn name(signo: u32) -> Option<String> {
    match signo {
        1..=31 => NAMES.get(signo as usize - 1).map(|name| (*name).to_owned()),
        SIGRTMIN => Some("SIGRTMIN".to_owned()),
        33..=SIGRTMAX => Some(format!("SIGRT_{}", signo - SIGRTMIN)),
        _ => None,
    }
}

/// The number of `SIGSEGV`, `SEGV`, `SIGRT_1`, `SIGRTMIN`, `SIGRTMIN+1` or `SIGRTMAX`; none if unknown.
#[must_use]
pub fn number(name: &str) -> Option<u32> {
    let bare = name.strip_prefix("SIG").unwrap_or(name);
    if let Some(at) = NAMES.iter().position(|known| known.strip_prefix("SIG") == Some(bare)) {
        return u32::try_from(at + 1).ok();
    }
    match bare {
        "IOT" => return Some(6),
        "POLL" => return Some(29),
        "RTMIN" => return Some(SIGRTMIN),
        "RTMAX" => return Some(SIGRTMAX),
        _ => {}
    }
    let offset: u32 = bare.strip_prefix("RTMIN+").or_else(|| bare.strip_prefix("RT_"))?.parse().ok()?;
    let signo = SIGRTMIN.checked_add(offset)?;
    (signo <= SIGRTMAX).then_some(signo)
}

enums! {
    /// Codes of any signal; negative ones as 64-bit two's complement.
    SI "SI_???" {
        SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = 0xffff_ffff_ffff_ffff, SI_TIMER = 0xffff_ffff_ffff_fffe,
        SI_MESGQ = 0xffff_ffff_ffff_fffd, SI_ASYNCIO = 0xffff_ffff_ffff_fffc, SI_SIGIO = 0xffff_ffff_ffff_fffb,
        SI_TKILL = 0xffff_ffff_ffff_fffa,
    }
    /// Codes of SIGILL.
    ILL "ILL_???" {
        ILL_ILLOPC = 1, ILL_ILLOPN = 2, ILL_ILLADR = 3, ILL_ILLTRP = 4, ILL_PRVOPC = 5, ILL_PRVREG = 6, ILL_COPROC = 7,
        ILL_BADSTK = 8,
    }
    /// Codes of SIGFPE.
    FPE "FPE_???" {
        FPE_INTDIV = 1, FPE_INTOVF = 2, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6, FPE_FLTINV = 7,
        FPE_FLTSUB = 8, FPE_FLTUNK = 14,
    }
    /// Codes of SIGSEGV.
    SEGV "SEGV_???" {
        SEGV_MAPERR = 1, SEGV_ACCERR = 2, SEGV_BNDERR = 3, SEGV_PKUERR = 4, SEGV_MTEAERR = 8, SEGV_MTESERR = 9,
    }
    /// Codes of SIGBUS.
    BUS "BUS_???" { BUS_ADRALN = 1, BUS_ADRERR = 2, BUS_OBJERR = 3, BUS_MCEERR_AR = 4, BUS_MCEERR_AO = 5 }
    /// Codes of SIGTRAP.
    TRAP "TRAP_???" {
        TRAP_BRKPT = 1, TRAP_TRACE = 2, TRAP_BRANCH = 3, TRAP_HWBKPT = 4, TRAP_UNK = 5, TRAP_PERF = 6,
    }
    /// Codes of SIGCHLD.
    CLD "CLD_???" {
        CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4, CLD_STOPPED = 5, CLD_CONTINUED = 6,
    }
    /// Codes of SIGIO.
    POLL_CODE "POLL_???" { POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3, POLL_ERR = 4, POLL_PRI = 5, POLL_HUP = 6 }
    /// Codes of SIGSYS.
    SYS "SYS_???" { SYS_SECCOMP = 1, SYS_USER_DISPATCH = 2 }
}

/// The codes that are special to a signal, none for a signal that has no own codes.
#[must_use]
pub fn codes(signo: u32) -> Option<&'static Enum> {
    Some(match signo {
        4 => &ILL,
        5 => &TRAP,
        7 => &BUS,
        8 => &FPE,
        11 => &SEGV,
        17 => &CLD,
        29 => &POLL_CODE,
        31 => &SYS,
        _ => return None,
    })
}
