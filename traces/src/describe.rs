//! How an event is put into words. Implemented by the root crate, which owns the syscall table; used by the
//! viewer, by `dump` and by the filter language, so that all three speak alike.

use crate::event::Event;

/// An event as the columns of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// `openat(AT_FDCWD, "/etc/x", O_RDONLY)`, `anchor reseed gen 11 -> 12 (age)`, and the like.
    pub text: String,
    /// `0`, `-1 ENOENT (No such file or directory)`; empty if the event has no result.
    pub result: String,
    /// `vdso age-cap` and other short remarks; empty if none.
    pub note: String,
}

/// A named value of an event, for a detail pane or JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Linux's name of the argument, or ours.
    pub name: String,
    /// Decoded text.
    pub text: String,
    /// The raw register or number, where there is one.
    pub raw: Option<u64>,
}

/// How bad an event is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Severity {
    /// Nothing to remark.
    #[default]
    None,
    /// Worth knowing.
    Info,
    /// Costs time or hides a problem.
    Warning,
    /// Something failed.
    Error,
}

/// Puts events into words.
pub trait Describe: Send + Sync {
    /// The event as list columns. `blob` fetches stored byte strings.
    fn line(&self, event: &Event, blob: &dyn Fn(crate::BlobId) -> Option<Vec<u8>>) -> Line;

    /// The event field by field.
    fn fields(&self, event: &Event, blob: &dyn Fn(crate::BlobId) -> Option<Vec<u8>>) -> Vec<Field>;

    /// How bad it is.
    fn severity(&self, event: &Event) -> Severity;

    /// The name of a syscall number (`openat`), none if there is no such call.
    fn syscall_name(&self, nr: u32) -> Option<&'static str>;

    /// The number of a syscall name.
    fn syscall_number(&self, name: &str) -> Option<u32>;

    /// Whether a syscall belongs to a class (`file`, `desc`, `memory`, `net`, `ipc`, `process`, `signal`,
    /// `creds`, `clock`, `pure`), none if there is no such class.
    fn in_class(&self, nr: u32, class: &str) -> Option<bool>;

    /// `ENOENT` for 2, none for a number that is no errno.
    fn errno_name(&self, errno: u32) -> Option<&'static str>;

    /// 2 for `ENOENT`.
    fn errno_number(&self, name: &str) -> Option<u32>;
}
