//! The files of other processes of the run, which they are asked for; those of one that has ended are made here.

use super::{FILE, Place, number, place, process};
use crate::host::Errno;
use crate::kernel::Kernel;
use crate::kernel::family::{Process, Question, State};
use crate::kernel::path::{first_of, own_name};
use std::os::fd::AsRawFd;

/// The other process of which a path tells, and what of it.
fn other<'a>(k: &Kernel, guest: &'a [u8]) -> Option<(Process, &'a [u8])> {
    let pid = number(first_of(guest.strip_prefix(b"/proc/")?).0).filter(|&pid| pid != k.pid)?;
    Some((k.family.find(pid)?, own_name(pid, guest)?))
}

/// Whether only the same user and the superuser may know (the files of fs/proc/base.c that ask ptrace_may_access).
fn is_private(name: &[u8]) -> bool {
    const PRIVATE: [&[u8]; 12] = [
        b"auxv",
        b"cwd",
        b"environ",
        b"exe",
        b"fd",
        b"fdinfo",
        b"io",
        b"maps",
        b"personality",
        b"root",
        b"smaps",
        b"syscall",
    ];
    PRIVATE.contains(&first_of(name).0)
}

/// Asks a process that runs.
fn ask(
    k: &Kernel,
    (of, name): (&Process, &[u8]),
    question: Question,
    guest: &[u8],
) -> Result<Vec<u8>, Errno> {
    let (uid, root) = (k.ids.uid.real, k.ids.uid.effective == 0);
    if is_private(name) && !root && of.user != uid {
        return Err(Errno::EACCES);
    }
    k.family.ask(of, question, guest, &|| answer(k)).map_err(|errno| match errno {
        Errno::ESRCH => Errno::ENOENT, // it has just ended
        errno => errno,
    })
}

/// The user whose process a path is about.
pub(super) fn user_of(k: &Kernel, guest: &[u8]) -> Option<u32> {
    other(k, guest).map(|(of, _)| of.user)
}

/// Whether a path is a directory of another process.
pub(super) fn is_directory(k: &Kernel, guest: &[u8]) -> bool {
    let Some((of, name)) = other(k, guest) else { return false };
    match (of.state, name) {
        (State::Zombie, _) => name.is_empty(),
        // Only the process knows which threads it has.
        _ if !guest.windows(6).any(|part| part == b"/task/") => {
            matches!(name, b"" | b"fd" | b"fdinfo" | b"task")
        }
        _ => ask(k, (&of, b""), Question::IsDirectory, guest).is_ok_and(|answer| answer == [1]),
    }
}

/// The contents of a file of another process; none if a path is not one of those, or names no file.
pub(super) fn contents(k: &Kernel, guest: &[u8]) -> Option<Result<Option<Vec<u8>>, Errno>> {
    let (of, name) = other(k, guest)?;
    Some(match of.state {
        State::Zombie => Ok(remains(k, &of, name)),
        _ => match ask(k, (&of, name), Question::Contents, guest) {
            // It may have ended meanwhile.
            Err(Errno::ENOENT) => match other(k, guest) {
                Some((of, name)) if of.state == State::Zombie => Ok(remains(k, &of, name)),
                _ => Err(Errno::ENOENT),
            },
            answer => answer.map(Some),
        },
    })
}

/// Where a link of another process leads; none if a path is no such link.
pub(super) fn link(k: &Kernel, guest: &[u8]) -> Option<Result<Vec<u8>, Errno>> {
    let (of, name) = other(k, guest)?;
    if !matches!(name, b"exe" | b"cwd" | b"root") && !name.starts_with(b"fd/") {
        return None;
    }
    Some(match of.state {
        State::Zombie => Err(Errno::ENOENT),
        _ => ask(k, (&of, name), Question::Link, guest),
    })
}

/// The entries of a directory of another process; none if a path is no such directory.
pub(super) fn names(k: &Kernel, guest: &[u8]) -> Option<Vec<(String, u8)>> {
    let (of, name) = other(k, guest)?;
    if of.state == State::Zombie {
        let files = REMAINS.iter().map(|name| ((*name).to_owned(), FILE));
        return name.is_empty().then(|| files.collect());
    }
    let answer = ask(k, (&of, name), Question::Names, guest).ok()?;
    let entries = answer.split(|&byte| byte == 0).filter_map(<[u8]>::split_first);
    Some(entries.map(|(&kind, name)| (String::from_utf8_lossy(name).into_owned(), kind)).collect())
}

/// Files of a process that has ended.
const REMAINS: [&str; 4] = ["cmdline", "comm", "stat", "status"];

/// What is left of a process that has ended, until its parent has asked.
fn remains(k: &Kernel, of: &Process, name: &[u8]) -> Option<Vec<u8>> {
    let &Process { pid, parent, group, session, user, status, exit_signal, .. } = of;
    let called = k.family.name_of(of);
    let tick_us = 10_000;
    let (user_ticks, system_ticks) = (of.times.0 / tick_us, of.times.1 / tick_us);
    Some(match name {
        b"cmdline" => Vec::new(),
        b"comm" => [&called[..], b"\n"].concat(),
        b"stat" => {
            let zeros = "0 ".repeat(14);
            let tail = format!(
                ") Z {parent} {group} {session} 0 -1 0 0 0 0 0 {user_ticks} {system_ticks} 0 0 20 0 1 0 0 0 0 \
                 {} {zeros}{exit_signal} 0 0 0 0 0 0 0 0 0 0 0 0 0 {status}\n",
                u64::MAX
            );
            [format!("{pid} (").as_bytes(), &called, tail.as_bytes()].concat()
        }
        b"status" => {
            let text = format!(
                "\nState:\tZ (zombie)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{parent}\nTracerPid:\t0\n\
                 Uid:\t{user}\t{user}\t{user}\t{user}\nNSpgid:\t{group}\nNSsid:\t{session}\nThreads:\t1\n"
            );
            [b"Name:\t", &process::escaped(&called)[..], text.as_bytes()].concat()
        }
        _ => return None,
    })
}

/// Answers what another process asks of this one, if one does.
pub(in crate::kernel) fn answer(k: &Kernel) {
    let Some(space) = &k.space else { return };
    k.family.answer(|question, words| match question {
        Question::IsDirectory => Ok(vec![u8::from(super::is_directory(k, words))]),
        Question::Contents => match place(k, words).ok_or(Errno::ENOENT)? {
            Ok(Place { whose, name }) => process::file(k, space, whose, name).ok_or(Errno::ENOENT)?,
            Err(errno) => Err(errno),
        },
        Question::Link => super::link(k, words).ok_or(Errno::ENOENT)?,
        Question::Names => {
            let names = super::names(k, words).ok_or(Errno::ENOENT)?;
            let entry = |(name, kind): (String, u8)| [&[kind][..], name.as_bytes(), &[0]].concat();
            Ok(names.into_iter().flat_map(entry).collect())
        }
        Question::Descriptor => {
            let number = own_name(k.pid, words).and_then(|name| number(name.strip_prefix(b"fd/")?));
            let file = k.fds.get(number.ok_or(Errno::ENOENT)?.cast_signed())?;
            Ok([&file.host.as_raw_fd().to_le_bytes()[..], &file.path].concat())
        }
        Question::Memory => {
            let (words, _) = words.as_chunks::<8>();
            let &[at, len] = words else { return Err(Errno::EINVAL) };
            let len = usize::try_from(u64::from_le_bytes(len)).unwrap_or(usize::MAX);
            let mut bytes = vec![0; len.min(crate::kernel::family::ANSWER_MAX)];
            let there = space.read_available(u64::from_le_bytes(at), &mut bytes);
            bytes.truncate(there);
            Ok(bytes)
        }
    });
}
