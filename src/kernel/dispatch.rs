//! From an SVC to its handler and back: arguments in, result out, and the event in between.

use super::door::Door;
use super::effects::{EffectLog, Stamp};
use super::table::{self, capture};
use super::{Call, Handler, Kernel, SysResult, fs, identity, mm, process, signal, time, vdso};
use crate::engine::{Counter, Vcpu};
use crate::guest::Space;
use crate::host::Errno;
use std::sync::OnceLock;
use traces::event::{Args, Body, Svc, SvcFlags};
use traces::{Cycles, GuestAddr};

/// One more than the highest syscall number that has a handler slot.
const SLOTS: usize = 512;

/// What a call that SA_RESTART makes start again answers; no handler ever sees it.
const ERESTARTSYS: i64 = 512;

/// The calls that SA_RESTART makes start again (signal(7)): fcntl, ioctl, flock, openat, the reads, writes and
/// splices, fsync and its kin, futex, openat2, the vectored ones with flags.
const RESTARTABLE: &[u64] =
    &[25, 29, 32, 56, 63, 64, 65, 66, 67, 68, 69, 70, 71, 76, 81, 82, 83, 98, 285, 286, 287, 437];

fn handlers() -> &'static [Option<Handler>; SLOTS] {
    static TABLE: OnceLock<[Option<Handler>; SLOTS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: [Option<Handler>; SLOTS] = [None; SLOTS];
        let families = [identity::CALLS, mm::CALLS, process::CALLS, signal::CALLS, time::CALLS];
        for &(nr, handler) in families.iter().chain(&fs::CALLS).copied().flatten() {
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

/// Serves the SVC behind which the processor stands.
pub(crate) fn syscall(k: &mut Kernel, vcpu: &mut dyn Vcpu, space: &Space, log: &mut dyn EffectLog) {
    let nr = vcpu.x(8);
    let args = std::array::from_fn(|n| vcpu.x(n));
    let pc = GuestAddr(vcpu.pc().wrapping_sub(4));
    let x9 = vcpu.x(9);
    let (read, rule) = vcpu.counter();
    let icount = vcpu.icount();
    let clock = k.timeline.now().max(read);
    let stamp = Stamp { tid: k.tid, icount, clock };

    let small = u32::try_from(nr).ok();
    let row = small.and_then(table::row);
    if log.wants_inputs()
        && let Some(row) = row
    {
        let captured = capture::inputs(row, &args, &mut |at, buf| space.read_available(at, buf));
        log.inputs(&captured.inputs, &captured.data);
    }

    let mut door = Door::new(space, log);
    mm::flush(k, &mut door);
    let exit = vdso::explain(k, vcpu, &door, nr);
    vcpu.clear_exclusive();
    let mut call = Call { k, door, vcpu, nr, args, clock, regs_replaced: false, flags: SvcFlags::default() };
    let result = perform(&mut call);
    let Call { k, door: returned, vcpu, regs_replaced, mut flags, .. } = call;
    door = returned;
    let ret = match result {
        Ok(value) => value.cast_signed(),
        Err(Errno::EINTR) if RESTARTABLE.contains(&nr) && k.signals.interrupt(args[0]) => {
            flags.0 |= SvcFlags::RESTARTED;
            -ERESTARTSYS
        }
        Err(errno) => -i64::from(errno.0),
    };
    if !regs_replaced {
        vcpu.set_x(0, ret.cast_unsigned());
    }
    let after = k.timeline.now().max(clock);
    vcpu.set_counter(Counter { base: after.0, at: icount.0, rate: rule.rate });

    let reseeds = result.is_ok() && exit.as_ref().is_some_and(vdso::looks_at_anchor);
    let svc = Svc {
        nr: small.unwrap_or(u32::MAX),
        pc,
        args: Args::new(args, row.map_or(6, table::Row::arg_count)),
        ret,
        dur: Cycles(after.0 - clock.0),
        vdso: exit.map(Box::new),
        flags,
        ..Svc::default()
    };
    door.log().emit(stamp, Body::Svc(svc));
    if reseeds {
        vdso::reseed(k, &mut door, Stamp { clock: after, ..stamp }, x9);
    }
}

fn perform(call: &mut Call<'_>) -> SysResult {
    let handler = usize::try_from(call.nr).ok().and_then(|nr| handlers().get(nr).copied().flatten());
    match handler {
        Some(handler) => {
            let result = handler(call);
            mm::refresh(call);
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
