//! From an SVC to its handler and back: arguments in, result out, and the event in between.

use super::door::Door;
use super::effects::{EffectLog, Stamp};
use super::park::{ERESTARTSYS, InProgress, PARKED, Resume, Wait};
use super::table::{self, capture};
use super::{
    Call, Handler, Kernel, SysResult, clone, execve, fork, fs, futex, identity, ipc, kin, membarrier, mm,
    net, pidfd, policy, prctl, process, remote, rseq, signal, signalfd, thread, time, timer, vdso,
};
use crate::engine::{Counter, Vcpu, to_image};
use crate::guest::Space;
use crate::host::Errno;
use std::sync::OnceLock;
use traces::event::{Args, Body, Svc, SvcFlags, VdsoExit};
use traces::{Cycles, GuestAddr, Tid};

/// One more than the highest syscall number that has a handler slot.
const SLOTS: usize = 512;

fn handlers() -> &'static [Option<Handler>; SLOTS] {
    static TABLE: OnceLock<[Option<Handler>; SLOTS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: [Option<Handler>; SLOTS] = [None; SLOTS];
        let families = [
            clone::CALLS,
            execve::CALLS,
            futex::CALLS,
            identity::CALLS,
            kin::CALLS,
            membarrier::CALLS,
            mm::CALLS,
            pidfd::CALLS,
            policy::CALLS,
            prctl::CALLS,
            process::CALLS,
            remote::CALLS,
            rseq::CALLS,
            signal::CALLS,
            signalfd::CALLS,
            thread::CALLS,
            time::CALLS,
            timer::CALLS,
        ];
        for &(nr, handler) in
            families.iter().chain(&fs::CALLS).chain(&ipc::CALLS).chain(&net::CALLS).copied().flatten()
        {
            let slot = &mut table[nr as usize];
            assert!(slot.is_none(), "two handlers for syscall {nr}");
            *slot = Some(handler);
        }
        table
    })
}

/// Numbers of the calls that have a handler, in order.
pub fn implemented() -> impl Iterator<Item = u32> {
    (0u32..).zip(handlers()).filter(|(_, handler)| handler.is_some()).map(|(nr, _)| nr)
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It was answered.
    Done,
    /// Its thread waits; [`resume`] tries again.
    Parked,
}

/// Serves the SVC behind which the processor stands.
pub(crate) fn syscall(
    k: &mut Kernel,
    vcpu: &mut dyn Vcpu,
    space: &Space,
    log: &mut dyn EffectLog,
) -> Outcome {
    let args = std::array::from_fn(|n| vcpu.x(n));
    // The number is an int.
    let nr = vcpu.x(8) & 0xFFFF_FFFF;
    let (read, _) = vcpu.counter();
    let call = InProgress {
        nr,
        args,
        pc: GuestAddr(vcpu.pc().wrapping_sub(4)),
        x9: vcpu.x(9),
        icount: vcpu.icount(),
        clock: k.timeline.now().max(read),
        flags: SvcFlags::default(),
        announced: false,
        resume: Resume::default(),
        wait: Wait::default(),
    };
    if log.wants_inputs()
        && let Some(row) = row_of(nr)
    {
        let captured = capture::inputs(row, &args, &mut |at, buf| space.read_available(at, buf));
        log.inputs(&captured.inputs, &captured.data);
    }
    attempt(k, vcpu, space, log, call)
}

/// Tries the parked call of the current thread again.
pub(crate) fn resume(k: &mut Kernel, vcpu: &mut dyn Vcpu, space: &Space, log: &mut dyn EffectLog) -> Outcome {
    let Some(mut call) = k.me_mut().call.take() else { return Outcome::Done };
    call.resume.again = true;
    attempt(k, vcpu, space, log, call)
}

/// Makes the entry of the parked call of the current thread an event of its own, because others run before it is
/// answered.
pub(crate) fn announce(k: &mut Kernel, vcpu: &mut dyn Vcpu, log: &mut dyn EffectLog) {
    let tid = k.threads.current;
    k.stirred = false;
    // A thread that has ended is the current one until another takes over.
    let waiting = k.threads.get_mut(tid).and_then(|thread| thread.call.as_mut());
    let Some(call) = waiting.filter(|call| !call.announced) else { return };
    call.announced = true;
    let (_, rule) = vcpu.counter();
    vcpu.set_counter(Counter { base: call.clock.0, at: call.icount.0, rate: rule.rate });
    let stamp = Stamp { tid, icount: call.icount, clock: call.clock };
    log.emit(stamp, Body::SvcEnter(event_of(call)));
}

fn row_of(nr: u64) -> Option<&'static table::Row> {
    u32::try_from(nr).ok().and_then(table::row)
}

fn event_of(call: &InProgress) -> Svc {
    Svc {
        nr: u32::try_from(call.nr).unwrap_or(u32::MAX),
        pc: call.pc,
        args: Args::new(call.args, row_of(call.nr).map_or(6, table::Row::arg_count)),
        flags: call.flags,
        ..Svc::default()
    }
}

fn attempt(
    k: &mut Kernel,
    vcpu: &mut dyn Vcpu,
    space: &Space,
    log: &mut dyn EffectLog,
    mut in_progress: InProgress,
) -> Outcome {
    let mut door = Door::new(space, log);
    mm::flush(k, &mut door);
    let InProgress { nr, args, .. } = in_progress;
    let tid = k.threads.current;
    k.stirred = false;
    let exit = if in_progress.resume.again { None } else { vdso::explain(k, vcpu, &door, nr) };
    vcpu.clear_exclusive();
    let mut call = Call {
        k,
        door,
        vcpu,
        nr,
        args,
        clock: in_progress.clock,
        regs_replaced: false,
        flags: in_progress.flags,
        resume: in_progress.resume,
        wait: None,
    };
    let result = perform(&mut call);
    in_progress.flags = call.flags;
    if result == Err(fork::FORKED) {
        fork::report_birth(call);
        return Outcome::Done;
    }
    if result == Err(PARKED) {
        in_progress.resume = Resume { woken: false, ..call.resume };
        in_progress.wait = call.wait.take().expect("a call that parks says what it waits for");
        call.k.me_mut().call = Some(in_progress);
        return Outcome::Parked;
    }
    finish(call, tid, in_progress, result, exit);
    Outcome::Done
}

/// Puts the result into X0, brings the counter up to date and reports the call, which thread `tid` made.
fn finish(call: Call<'_>, tid: Tid, mut p: InProgress, result: SysResult, exit: Option<VdsoExit>) {
    let Call { k, mut door, vcpu, regs_replaced, .. } = call;
    let ret = match result {
        Ok(value) => value.cast_signed(),
        Err(ERESTARTSYS) if k.interrupt(p.args[0]) => {
            p.flags.0 |= SvcFlags::RESTARTED;
            -i64::from(ERESTARTSYS.0)
        }
        Err(ERESTARTSYS) => -i64::from(Errno::EINTR.0),
        Err(errno) => -i64::from(errno.0),
    };
    if !regs_replaced {
        vcpu.set_x(0, ret.cast_unsigned());
    }
    // With a signal to deliver, the mask of before a wait comes back after its delivery.
    if !matches!(result, Err(ERESTARTSYS | Errno::EINTR)) {
        k.unsuspend();
    }
    let (read, rule) = vcpu.counter();
    let after = k.timeline.now().max(p.clock).max(read);
    let icount = vcpu.icount();
    vcpu.set_counter(Counter { base: after.0, at: icount.0, rate: rule.rate });

    let reseeds = result.is_ok() && exit.as_ref().is_some_and(vdso::looks_at_anchor);
    let dur = Cycles(after.0 - p.clock.0);
    let svc = Svc { ret, dur, vdso: exit.map(Box::new), ..event_of(&p) };
    if p.announced {
        // What was told at the entry is not told again.
        door.log().emit(Stamp { tid, icount, clock: after }, Body::SvcExit(svc));
    } else {
        door.log().emit(Stamp { tid, icount, clock: p.clock }, Body::Svc(svc));
    }
    let now = k.threads.current;
    if now != tid {
        // A program that a thread has started runs as the first thread.
        let stamp = Stamp { tid, icount, clock: after };
        let start = Body::ThreadStart(Box::new(to_image(&vcpu.regs())));
        door.log().emit(Stamp { tid: now, ..stamp }, start);
        door.log().emit(stamp, Body::Switch { to: now });
    }
    if reseeds {
        vdso::reseed(k, &mut door, Stamp { tid, icount, clock: after }, p.x9);
    }
}

fn perform(call: &mut Call<'_>) -> SysResult {
    let handler = usize::try_from(call.nr).ok().and_then(|nr| handlers().get(nr).copied().flatten());
    match handler {
        Some(handler) => {
            let result = handler(call);
            mm::refresh(call, result);
            result
        }
        None => {
            call.flags.0 |= SvcFlags::UNIMPLEMENTED;
            Err(Errno::ENOSYS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handler_has_a_row_in_the_table() {
        for nr in implemented() {
            assert!(table::row(nr).is_some(), "syscall {nr} has a handler and no row");
        }
        assert!(implemented().count() > 120);
    }
}
