//! Events for the tests of this crate: one of every kind, a plausible loop, and arbitrary ones.

use crate::event::*;
use crate::units::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Tid};
use proptest::prelude::*;

/// A body of every kind, with every effect, backing and optional part somewhere.
pub(crate) fn bodies() -> Vec<Body> {
    let effects = vec![
        Effect::ClearSpace,
        Effect::Map {
            at: GuestAddr(0x40_0000),
            len: 0x2000,
            prot: 5,
            backing: Backing::File { path: "/bin/true".into(), offset: 4096, shared: false },
        },
        Effect::Map {
            at: GuestAddr(0x7fff_0000),
            len: 0x1000,
            prot: 3,
            backing: Backing::Named("[stack]".into()),
        },
        Effect::Map { at: GuestAddr(0x1000_0000), len: 0x1000, prot: 3, backing: Backing::Anonymous },
        Effect::WriteBlob { at: GuestAddr(0x40_0000), blob: BlobId(0) },
        Effect::Write { at: GuestAddr(0x7fff_0ff0), len: 5 },
        Effect::Zero { at: GuestAddr(0x40_1800), len: 0x800 },
        Effect::Protect { at: GuestAddr(0x40_1000), len: 0x1000, prot: 1 },
        Effect::Move { from: GuestAddr(0x1000_0000), to: GuestAddr(0x2000_0000), len: 0x1000 },
        Effect::Unmap { at: GuestAddr(0x2000_0000), len: 0x1000 },
        Effect::Alias { from: GuestAddr(0x40_0000), to: GuestAddr(0x2000_0000), len: 0x1000 },
        Effect::FileEnd { at: GuestAddr(0x40_1000), len: 0x1000, behind: true },
        Effect::Regs(Box::new(RegImage {
            x: [9; 31],
            v: [u128::MAX; 32],
            pc: 0x40_0000,
            ..RegImage::default()
        })),
    ];
    let write = vec![Effect::Write { at: GuestAddr(0x5000), len: 3 }];
    let exit = VdsoExit {
        function: VdsoFn::ClockGettime,
        reason: VdsoReason::AgeCap,
        branch: Some(0x354),
        exact: true,
        regs: vec![1; 11],
        vvar: vec![2; 48],
    };
    let svc = Svc {
        nr: 113,
        pc: GuestAddr(0xffff_8000_0300),
        args: Args::new([1, 0x7fff_0f00, 0, 0, 0, 0], 2),
        ret: -2,
        dur: Cycles(120),
        effects: write.clone(),
        inputs: vec![Input { arg: 1, len: 2, full: 4096 }],
        vdso: Some(Box::new(exit)),
        flags: SvcFlags(SvcFlags::RESTARTED),
        data: b"abcde".to_vec(),
    };
    let anchor =
        AnchorImage { seq: 22, cntvct: 1 << 40, mono_sec: 5, mono_nsec: 6, real_sec: -7, real_nsec: 8 };
    vec![
        Body::Start(Box::new(Start {
            pid: 1000,
            exe: "/bin/true".into(),
            argv: vec![b"true".to_vec(), vec![0xff, 0]],
            regs: RegImage { sp: 0x7fff_0ff0, pc: 0x40_0000, ..RegImage::default() },
            clock: ClockRule { base: Cycles(1000), at: InsnCount(0), rate: 1 << 31 },
            effects,
            data: b"hello".to_vec(),
            vdso_base: Some(GuestAddr(0xffff_8000_0000)),
            interp_base: None,
            realtime_ns: 1_700_000_000_000_000_000,
        })),
        Body::Svc(svc.clone()),
        Body::Svc(Svc { nr: 172, ret: 1000, ..Svc::default() }),
        Body::SvcEnter(Svc { nr: 98, args: Args::new([1, 2, 3, 4, 5, 6], 6), ..Svc::default() }),
        Body::SvcExit(Svc { nr: 98, ret: i64::MIN, dur: Cycles(u64::MAX), ..svc }),
        Body::Sync { base: Cycles(5000), rate: u32::MAX },
        Body::Reseed(Reseed {
            outcome: ReseedOutcome::Published,
            unseeded: false,
            age: true,
            drift: true,
            age_cycles: Some(4_230_112),
            drift_ns: Some(-3),
            old: AnchorImage::default(),
            new: anchor,
            effects: write.clone(),
            data: vec![1, 2, 3],
        }),
        Body::Signal(Box::new(Signal {
            signo: 11,
            action: SignalAction::Handler,
            info: vec![0; 128],
            effects: write.clone(),
            data: vec![4, 5, 6],
        })),
        Body::Switch { to: Tid(1001) },
        Body::Hits(VdsoHits { clock_gettime: 1 << 33, gettimeofday: 2, clock_getres: 3, getcpu: 4 }),
        Body::Checkpoint(Digests { regs: [1; 16], memory: Some([2; 16]) }),
        Body::ThreadExit { code: -1 },
        Body::End(End { status: EndStatus::Signalled(9), digests: Digests::default() }),
        Body::ThreadStart(Box::new(RegImage { sp: 0x7FFF_0000, tpidr: 0x1234, ..RegImage::default() })),
        Body::ForkStart(Box::new(ForkStart {
            stream: 0,
            event: EventIndex(77),
            pid: 1002,
            ppid: 1000,
            regs: RegImage { pc: 0x40_0000, ..RegImage::default() },
            effects: write.clone(),
            data: vec![7, 8, 9],
        })),
        Body::Fork(Fork { pid: 1002, stream: 3 }),
        Body::Shared(Box::new(SharedMemory { effects: write, data: vec![10, 11, 12] })),
    ]
}

/// The first of them: a process of two threads, from start to end.
pub(crate) fn plain_events() -> Vec<Event> {
    let mut events = events();
    events.truncate(13);
    events
}

/// The bodies as events of two threads.
pub(crate) fn events() -> Vec<Event> {
    let event = |(at, body)| Event {
        tid: Tid(if at % 3 == 2 { 1001 } else { 1000 }),
        icount: InsnCount(at as u64 * 17),
        clock: Cycles(1000 + at as u64 * 9),
        body,
    };
    bodies().into_iter().enumerate().map(event).collect()
}

/// Event `n` of a program that calls getpid in a loop: constant but for noisy times.
pub(crate) fn getpid(n: u64) -> Event {
    let noise = noise(n);
    Event {
        tid: Tid(1000),
        icount: InsnCount(n * 5),
        clock: Cycles(1_000_000 + n * 14 + noise),
        body: Body::Svc(Svc {
            nr: 172,
            pc: GuestAddr(0x40_0100),
            ret: 1000,
            dur: Cycles(noise % 12 + 1),
            ..Svc::default()
        }),
    }
}

/// Arbitrary events: one of the samples with its numbers replaced.
pub(crate) fn arbitrary() -> impl Strategy<Value = Event> {
    let bodies = bodies();
    let which = 0..bodies.len();
    let long = || prop_oneof![any::<u64>(), 0u64..300, Just(u64::MAX)];
    let data = prop::collection::vec(any::<u8>(), 0..40);
    (which, any::<u32>(), long(), long(), any::<[u64; 6]>(), 0usize..7, data).prop_map(
        move |(which, tid, icount, clock, regs, args, data)| {
            let mut body = bodies[which].clone();
            if let Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) = &mut body {
                svc.nr = tid;
                svc.pc = GuestAddr(regs[5]);
                svc.args = Args::new(regs, args);
                svc.ret = icount.cast_signed();
                svc.dur = Cycles(clock);
                svc.data = data;
                if args == 0 {
                    svc.effects.clear();
                }
            }
            Event { tid: Tid(tid), icount: InsnCount(icount), clock: Cycles(clock), body }
        },
    )
}

/// 0 to 15 without a pattern that a compressor could find (the mixing steps of SplitMix64).
fn noise(n: u64) -> u64 {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed >> 60
}
