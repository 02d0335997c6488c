//! execve and execveat: another program in this process (fs/exec.c, fs/binfmt_elf.c, fs/binfmt_script.c).

use super::exec::{self, Prepared, StartError, Strings};
use super::fd::FdTable;
use super::path::CWD;
use super::thread::{Thread, Threads};
use super::{Call, Handler, SysResult, base_name, ipc, mm, process, signal};
use crate::engine::to_image;
use crate::host::{self, Errno};
use crate::kernel::effects::Change;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[(221, execve), (281, execveat)];

/// Longest string of arguments or environment (MAX_ARG_STRLEN).
const LONGEST: usize = 32 * 4096;
/// Scripts that may name scripts as their interpreters.
const DEPTH: usize = 5;

fn execve(c: &mut Call<'_>) -> SysResult {
    let [path, argv, env, ..] = c.args;
    let path = c.door.read_path(path)?;
    exec(c, CWD, &path, argv, env)
}

fn execveat(c: &mut Call<'_>) -> SysResult {
    const EMPTY_PATH: u32 = 0x1000;
    const NOFOLLOW: u32 = 0x100;
    let [_, path, argv, env, ..] = c.args;
    let (dirfd, flags) = (c.int(0), c.uint(4));
    if flags & !(EMPTY_PATH | NOFOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let path = c.door.read_path(path)?;
    if path.is_empty() {
        if flags & EMPTY_PATH == 0 {
            return Err(Errno::ENOENT);
        }
        c.k.fds.get(dirfd)?;
        return exec(c, CWD, format!("/dev/fd/{dirfd}").as_bytes(), argv, env);
    }
    if flags & NOFOLLOW != 0 {
        let found = c.k.fs.locate(&c.k.fds, dirfd, &path, super::path::Follow::No)?;
        let stat = host::statx(found.dir(), &found.path, 0x100, 0x7FF)?;
        if u32::from(stat.stx_mode) & 0o170_000 == 0o120_000 {
            return Err(Errno::ELOOP);
        }
    }
    exec(c, dirfd, &path, argv, env)
}

/// The strings that an array of pointers leads to.
fn strings(c: &Call<'_>, mut at: u64, left: &mut usize) -> Result<Vec<Vec<u8>>, Errno> {
    let mut all = Vec::new();
    if at == 0 {
        return Ok(all);
    }
    loop {
        let pointer = c.door.read_u64(at)?;
        if pointer == 0 {
            return Ok(all);
        }
        let text = match c.door.read_string(pointer, LONGEST) {
            Err(Errno::ENAMETOOLONG) => return Err(Errno::E2BIG),
            text => text?,
        };
        *left = left.checked_sub(text.len() + 9).ok_or(Errno::E2BIG)?;
        all.push(text);
        at = at.checked_add(8).ok_or(Errno::EFAULT)?;
    }
}

fn errno_of(error: &std::io::Error) -> Errno {
    match error.kind() {
        std::io::ErrorKind::IsADirectory => Errno::EACCES,
        _ => Errno(error.raw_os_error().unwrap_or(Errno::EINVAL.0)),
    }
}

/// Refuses what may not be executed.
fn check(c: &Call<'_>, dirfd: i32, path: &[u8]) -> Result<(), Errno> {
    const REGULAR: u32 = 0o100_000;
    let found = c.k.fs.locate(&c.k.fds, dirfd, path, super::path::Follow::Yes)?;
    let stat = host::statx(found.dir(), &found.path, 0, 0x7FF)?;
    let mode = u32::from(stat.stx_mode);
    // Any x bit will do: the owner of the host's files is not the guest's user.
    if mode & 0o170_000 != REGULAR || mode & 0o111 == 0 { Err(Errno::EACCES) } else { Ok(()) }
}

/// What the first line of a script asks for: interpreter and argument.
fn script(file: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    /// So many bytes of a script are looked at (BINPRM_BUF_SIZE, less one).
    const LINE: usize = 255;
    let seen = &file[..file.len().min(LINE)];
    let line = seen.strip_prefix(b"#!")?;
    let is_whole = file.len() <= LINE || line.contains(&b'\n');
    let line = line.split(|&b| b == b'\n').next().unwrap_or_default().trim_ascii();
    let split = line.iter().position(|b| b" \t".contains(b));
    if split.is_none() && !is_whole {
        return None; // the path goes on behind what is looked at
    }
    let split = split.unwrap_or(line.len());
    let (interpreter, rest) = line.split_at(split);
    let rest = rest.trim_ascii();
    (!interpreter.is_empty()).then(|| (interpreter.to_vec(), (!rest.is_empty()).then(|| rest.to_vec())))
}

/// Whether a script is executed by a descriptor that its interpreter will not find any more.
fn closed_before_use(c: &Call<'_>, path: &[u8]) -> bool {
    let number = path.strip_prefix(b"/dev/fd/").and_then(|n| std::str::from_utf8(n).ok());
    let fd = number.and_then(|n| n.parse().ok());
    fd.is_some_and(|fd| c.k.fds.get(fd).is_ok_and(|file| file.cloexec))
}

/// What a program is told of how it was named (alloc_bprm of fs/exec.c).
fn name_of(dirfd: i32, path: &[u8]) -> Vec<u8> {
    if dirfd == CWD || path.starts_with(b"/") {
        path.to_vec()
    } else {
        [format!("/dev/fd/{dirfd}/").as_bytes(), path].concat()
    }
}

fn exec(c: &mut Call<'_>, dirfd: i32, path: &[u8], argv: u64, env: u64) -> SysResult {
    let mut left = process::most_argument_bytes(c);
    let mut args = strings(c, argv, &mut left)?;
    let env = strings(c, env, &mut left)?;
    if args.is_empty() {
        args.push(Vec::new()); // as Linux does since 5.18
    }
    let mut at = (dirfd, path.to_vec());
    let mut depth = 0;
    let file = loop {
        check(c, at.0, &at.1)?;
        let found = exec::read_file(&c.k.fs, &c.k.fds, at.0, &at.1).map_err(|error| errno_of(&error))?;
        if !found.bytes.starts_with(b"#!") {
            break found;
        }
        let (interpreter, argument) = script(&found.bytes).ok_or(Errno::ENOEXEC)?;
        depth += 1;
        if depth > DEPTH {
            return Err(Errno::ELOOP);
        }
        if depth == 1 && closed_before_use(c, &at.1) {
            return Err(Errno::ENOENT);
        }
        let name = name_of(at.0, &at.1);
        args.splice(..1, std::iter::once(interpreter.clone()).chain(argument).chain([name]));
        at = (CWD, interpreter);
    };
    let execfn = name_of(dirfd, path);
    let given = Strings { argv: &args, env: &env, execfn: &execfn };
    let user = (c.k.ids.uid.effective, c.k.ids.gid.effective);
    let size = c.door.space().size();
    let name = String::from_utf8_lossy(path);
    let prepared = Prepared::new(&c.k.fs, size, file, &given, user, c.k.vdso.is_some(), &name);
    let prepared = prepared.map_err(|error| match error {
        StartError::Elf(..) => Errno::ENOEXEC,
        StartError::NoInterpreter { .. } => Errno::ENOENT,
        StartError::TooBig(_) => Errno::ENOMEM,
        StartError::Arguments(_) => Errno::E2BIG,
        _ => Errno::EIO,
    })?;
    replace(c, &prepared, base_name(path), args, env)
}

/// From here on the old program is gone. The thread is called `name` from now on.
fn replace(
    c: &mut Call<'_>,
    program: &Prepared,
    name: &[u8],
    argv: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
) -> SysResult {
    let space = c.door.space();
    mm::save(c.k, space);
    // The new program shares nothing, and would not give the turn back.
    c.k.leave_shared(space);
    c.k.release_vfork(space);
    c.door.clear_space()?;
    // If the host has no memory left for the new program there is nothing to return to.
    let installed =
        program.install(&mut c.door).and_then(|()| exec::map_vdso(&mut c.door, c.k.vdso.as_ref()));
    let Ok(sigreturn) = installed else {
        c.k.process.ended = Some(traces::event::EndStatus::Signalled(signal::number::SIGKILL));
        return Err(Errno::ENOMEM);
    };
    let k = &mut *c.k;
    k.sigreturn = sigreturn;
    k.layout = program.layout;
    ipc::let_go(k, &(0..u64::MAX));
    k.mm = mm::Memory::new(program.layout.brk_base);
    k.futexes.clear();
    k.woken.clear();
    k.process.exe.clone_from(&program.exe);
    k.fs.exe.clone_from(&program.exe);
    k.process.argv = argv;
    k.process.env = env;
    k.process.auxv.clone_from(&program.stack.auxv);
    // The thread that called takes the place of the first; the others are no more.
    let mut thread = Thread::new(Tid(k.pid), name);
    thread.signals = k.me().signals.after_exec();
    thread.cpu_ns = k.me().cpu_ns;
    k.timers = k.timers.after_exec();
    k.barriers = 0;
    k.threads = Threads::new(thread);
    signal::reset_handlers(k);
    k.fds.call_off();
    close_on_exec(&mut k.fds);
    k.family.set_executed();
    k.family.set_program(program.id);
    let regs = program.registers();
    c.vcpu.set_regs(&regs);
    c.door.log().change(Change::Regs(&to_image(&regs)));
    c.regs_replaced = true;
    Ok(0)
}

fn close_on_exec(fds: &mut FdTable) {
    let closed: Vec<i32> = fds.open().filter(|(_, file)| file.cloexec).map(|(fd, _)| fd).collect();
    for fd in closed {
        let _ = fds.close(fd); // it is open, as was just seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_script_names_its_interpreter_and_at_most_one_argument() {
        for (line, want) in [
            ("#!/bin/sh\necho", Some(("/bin/sh", None))),
            ("#! /bin/sh  -e  -x \n", Some(("/bin/sh", Some("-e  -x")))),
            ("#!/usr/bin/env\tbash", Some(("/usr/bin/env", Some("bash")))),
            ("#!\n", None),
            ("#!   ", None),
            ("#!/bin/sh", Some(("/bin/sh", None))),
            ("\x7fELF", None),
        ] {
            let want = want.map(|(a, b): (&str, Option<&str>)| {
                (a.as_bytes().to_vec(), b.map(|b| b.as_bytes().to_vec()))
            });
            assert_eq!(script(line.as_bytes()), want, "{line:?}");
        }
    }
}
