//! Everything that differs between host systems, behind one surface of safe functions.
//!
//! Used by `guest::memory`, the kernel and the scheduler. Errors are host errors turned into Linux errno
//! numbers ([`Errno`]); guests see nothing else of the host. The only home of `cfg(target_os)`.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::{
    clock::{boottime_ns, cpu_time_ns, monotonic_ns, realtime_ns},
    epoll::*,
    family::{
        Forked, SharedWords, adopt_orphans, exit_now, fork, is_alive, new_session, pause, pidfd, process_id,
        reap, ring, take_ring, wait_for_child,
    },
    files::*,
    ipc::*,
    memory::{alias, commit, commit_zeroed, decommit, page_size, protect, release, reserve, shared_pages},
    net::*,
    open::*,
    process::*,
    special::*,
    transfer::*,
    waiting::*,
};

mod errno;

pub use errno::Errno;
