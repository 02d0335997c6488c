//! Recordings that are not true: a field that differs is named, nonsense is refused, nothing panics.

use super::*;
use proptest::prelude::*;
use traces::event::{Backing, Digests, End, EndStatus, Reseed, Signal, SignalAction, Svc};
use traces::{BlobId, Cycles, GuestAddr, Tid};

/// The number of the n-th event of a kind.
fn nth(n: usize, wanted: impl Fn(&Body) -> bool) -> u64 {
    let trace = recording();
    let found = trace.events(0..trace.event_count()).map(Result::unwrap);
    found.filter(|(_, event)| wanted(&event.body)).nth(n).expect("the guest does that").0.0
}

fn call(n: usize, nr: u32) -> u64 {
    nth(n, |body| matches!(body, Body::Svc(svc) if svc.nr == nr))
}

fn svc(event: &mut Event) -> &mut Svc {
    match &mut event.body {
        Body::Svc(svc) => svc,
        other => panic!("not a call: {other:?}"),
    }
}

#[test]
fn the_first_difference_is_named_with_its_surroundings() {
    const MMAP: u32 = 222;
    let last = recording().event_count() - 1;
    type Edit = fn(&mut Event);
    // (event to falsify, how, event that is reported, field)
    let table: [(u64, Edit, u64, &str); 8] = [
        (call(2, MMAP), |e| svc(e).nr = 221, call(2, MMAP), "the system call number (x8)"),
        (call(2, MMAP), |e| svc(e).pc.0 += 4, call(2, MMAP), "the address of the SVC"),
        (
            call(2, MMAP),
            |e| svc(e).args = traces::event::Args::new([0, 0x9000, 3, 0x22, u64::MAX, 0], 6),
            call(2, MMAP),
            "argument 1 (x1)",
        ),
        (call(2, MMAP), |e| e.icount.0 += 1, call(2, MMAP), "the course of execution"),
        (call(2, MMAP), |e| e.icount.0 -= 1, call(2, MMAP), "the course of execution"),
        // A wrong result shows where it is used: the address goes into madvise.
        (call(2, MMAP), |e| svc(e).ret += 0x1000, call(2, MMAP) + 1, "the course of execution"),
        (
            last,
            |e| {
                if let Body::End(end) = &mut e.body {
                    end.digests.regs[3] ^= 1;
                }
            },
            last,
            "the digest of the registers",
        ),
        (
            last,
            |e| {
                if let Body::End(end) = &mut e.body {
                    end.digests.memory.as_mut().unwrap()[3] ^= 1;
                }
            },
            last,
            "the digest of memory",
        ),
    ];
    for (falsified, edit, reported, field) in table {
        let (_folder, trace) = edited(&mut |index, event| {
            if index == falsified {
                edit(event);
            }
            true
        });
        let outcome = replayed(&trace);
        let Err(ReplayError::Diverged(found)) = outcome else {
            panic!("{field}: {:?}", outcome.err().map(|e| e.to_string()));
        };
        assert_eq!((found.event.0, found.field.as_str()), (reported, field));
        assert_ne!(found.expected, found.got);
        let around: Vec<u64> = (reported.saturating_sub(5)..=(reported + 5).min(last)).collect();
        assert_eq!(found.around.len(), around.len(), "{found}");
        for (line, index) in found.around.iter().zip(around) {
            let mark = if index == reported { '>' } else { ' ' };
            assert!(line.starts_with(&format!("{mark} E{index} ")), "{line}");
        }
        let text = found.to_string();
        assert!(
            text.starts_with(&format!("the replay differs from the recording at E{reported}: {field}\n"))
        );
        assert!(text.lines().count() <= 16 && text.lines().all(|line| line.len() < 300), "{text}");
    }
}

/// The recording with one wrong byte in what the n-th getrandom gave.
fn with_wrong_byte(n: usize) -> (TempDir, Arc<Trace>) {
    let index = call(n, 278);
    let original = recording().event(EventIndex(index)).unwrap();
    let Body::Svc(Svc { effects, .. }) = &original.body else { panic!("not a call") };
    let [Effect::WriteBlob { at, blob }] = effects[..] else { panic!("2048 bytes are stored as a blob") };
    let mut bytes = recording().blob(blob).unwrap();
    bytes[77] ^= 1;
    edited(&mut |number, event| {
        if number == index {
            let call = svc(event);
            call.effects = vec![
                Effect::Write { at, len: 1000 },
                Effect::Write { at: GuestAddr(at.0 + 1000), len: 1048 },
            ];
            call.inputs.clear();
            call.data.clone_from(&bytes);
        }
        true
    })
}

#[test]
fn one_wrong_byte_of_what_a_call_returned_is_found() {
    // The guest never looks at the bytes. Those of the last turn are there at the end.
    let (_folder, trace) = with_wrong_byte(11);
    let error = replayed(&trace).err().expect("the last bytes are part of the final state");
    assert!(error.is_divergence() && error.to_string().contains("the digest of memory"), "{error}");
    // Those of a turn before were given back to the system.
    let (_folder, trace) = with_wrong_byte(4);
    assert!(replayed(&trace).is_ok_and(|player| player.at_end()));
}

#[test]
fn a_trace_that_ends_early_replays_as_far_as_it_goes() {
    for keep in [1, 2, 9, 50] {
        let (_folder, trace) = edited(&mut |index, _| index < keep);
        let player = replayed(&trace).unwrap();
        assert_eq!((player.applied(), player.at_end()), (keep, true));
        let mut session = Session::new(trace, MemoryMode::Checked).unwrap();
        assert!(session.step(i64::MAX).unwrap().at_end);
    }
}

#[test]
fn a_run_without_its_start_is_no_run() {
    let (_folder, trace) = edited(&mut |index, _| index != 0);
    let text = replayed(&trace).err().unwrap().to_string();
    assert_eq!(
        text,
        "event 0 of the trace is damaged: it is not the start of a run; it cannot be replayed beyond that"
    );
    let start = recording().event(EventIndex(0)).unwrap();
    let (_folder, trace) = edited(&mut |index, event| {
        if index == 5 {
            event.body = start.body.clone();
        }
        true
    });
    let error = replayed(&trace).err().unwrap();
    assert!(matches!(error, ReplayError::Damaged { event: 5, .. }) || error.is_divergence(), "{error}");
}

#[test]
fn a_failed_motion_leaves_a_session_that_works() {
    let index = call(5, 222);
    let (_folder, trace) = edited(&mut |at, event| {
        if at == index {
            svc(event).effects.push(Effect::Write { at: GuestAddr(8), len: 0x7000_0000 });
        }
        true
    });
    let mut session = Session::new(trace, MemoryMode::Checked).unwrap();
    let before = Position::before(EventIndex(index));
    session.seek(before, &mut |_| true).unwrap();
    let there = state(session.player());
    for _ in 0..2 {
        session.seek(before, &mut |_| true).unwrap();
        let error = session.step(1).unwrap_err();
        assert!(
            error.message.contains(&format!("event {index} of the trace is damaged")),
            "{}",
            error.message
        );
        // The mapping was made before the damage was met; it must be gone again.
        session.seek(before, &mut |_| true).unwrap();
        assert!(state(session.player()) == there);
        assert!(session.seek(Position::after(EventIndex(index + 1)), &mut |_| true).is_err());
        session.step(-40).unwrap();
    }
}

fn addresses() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => (0x40_0000u64 / 4096..0x40_0010 / 4096 + 4).prop_map(|page| page * 4096),
        2 => (0u64..32).prop_map(|page| 0x2_0000_0000 + page * 4096),
        2 => any::<u64>(),
        1 => (0u32..64).prop_map(|bit| 1 << bit),
        1 => (0u32..64).prop_map(|bit| 0u64.wrapping_sub(1 << bit)),
    ]
}

fn lengths() -> impl Strategy<Value = u64> {
    prop_oneof![4 => (0u64..20).prop_map(|n| n * 4096), 2 => 0u64..5000, 1 => any::<u64>(), 1 => (12u32..64).prop_map(|bit| 1 << bit)]
}

fn any_effect() -> impl Strategy<Value = Effect> {
    let backing = prop_oneof![
        Just(Backing::Anonymous),
        any::<u64>().prop_map(|offset| Backing::File { path: "/dev/zero".into(), offset, shared: true }),
        Just(Backing::Named("[vdso]".into())),
    ];
    prop_oneof![
        (addresses(), any::<u32>()).prop_map(|(at, len)| Effect::Write { at: GuestAddr(at), len: len % 64 }),
        (addresses(), any::<u32>()).prop_map(|(at, len)| Effect::Write { at: GuestAddr(at), len }),
        (addresses(), 0u64..4)
            .prop_map(|(at, blob)| Effect::WriteBlob { at: GuestAddr(at), blob: BlobId(blob) }),
        (addresses(), lengths()).prop_map(|(at, len)| Effect::Zero { at: GuestAddr(at), len }),
        (addresses(), lengths(), any::<u8>(), backing).prop_map(|(at, len, prot, backing)| Effect::Map {
            at: GuestAddr(at),
            len,
            prot,
            backing
        }),
        (addresses(), lengths()).prop_map(|(at, len)| Effect::Unmap { at: GuestAddr(at), len }),
        (addresses(), lengths(), any::<u8>()).prop_map(|(at, len, prot)| Effect::Protect {
            at: GuestAddr(at),
            len,
            prot
        }),
        (addresses(), addresses(), lengths()).prop_map(|(from, to, len)| Effect::Move {
            from: GuestAddr(from),
            to: GuestAddr(to),
            len
        }),
        (addresses(), addresses(), lengths()).prop_map(|(from, to, len)| Effect::Alias {
            from: GuestAddr(from),
            to: GuestAddr(to),
            len
        }),
        (addresses(), lengths(), any::<bool>()).prop_map(|(at, len, behind)| Effect::FileEnd {
            at: GuestAddr(at),
            len,
            behind
        }),
        any::<[u64; 4]>().prop_map(|[pc, sp, a, b]| {
            let mut image = traces::event::RegImage { pc, sp, ..Default::default() };
            (image.x[0], image.v[0]) = (a, b.into());
            Effect::Regs(Box::new(image))
        }),
        Just(Effect::ClearSpace),
    ]
}

fn any_body() -> impl Strategy<Value = Body> {
    let parts =
        (proptest::collection::vec(any_effect(), 0..5), proptest::collection::vec(any::<u8>(), 0..300));
    (0u8..10, parts, any::<[u64; 3]>()).prop_map(|(kind, (effects, data), [a, b, c])| match kind {
        0..=3 => Body::Svc(Svc {
            nr: 222,
            pc: GuestAddr(a),
            ret: b.cast_signed(),
            dur: Cycles(c),
            effects,
            data,
            ..Svc::default()
        }),
        4 => Body::Sync { base: Cycles(a), rate: u32::try_from(b >> 32).unwrap() },
        5 => Body::Signal(Box::new(Signal {
            signo: 11,
            action: SignalAction::Handler,
            info: data.clone(),
            effects,
            data,
        })),
        6 => Body::Switch { to: Tid(u32::try_from(a >> 32).unwrap()) },
        7 => Body::Reseed(Reseed {
            outcome: traces::event::ReseedOutcome::Published,
            unseeded: true,
            age: true,
            drift: true,
            age_cycles: Some(a),
            drift_ns: Some(b.cast_signed()),
            old: Default::default(),
            new: Default::default(),
            effects,
            data,
        }),
        8 => Body::Checkpoint(Digests::default()),
        _ => Body::End(End { status: EndStatus::Signalled(9), digests: Digests::default() }),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_can_do_harm(
        at in 0u64..112,
        body in any_body(),
        keep_place in any::<bool>(),
        icount in any::<u64>(),
        keep_arguments in any::<bool>(),
    ) {
        let (_folder, trace) = edited(&mut |index, event| {
            if index == at {
                let own = match &event.body {
                    Body::Svc(svc) => Some((svc.nr, svc.pc, svc.args)),
                    _ => None,
                };
                event.body = body.clone();
                // A call that is verified gets further than one that is not.
                if let (true, Some((nr, pc, args)), Body::Svc(svc)) = (keep_arguments, own, &mut event.body) {
                    (svc.nr, svc.pc, svc.args) = (nr, pc, args);
                }
                if !keep_place {
                    event.icount.0 = icount;
                }
            }
            true
        });
        let mut session = Session::new(trace, MemoryMode::Checked).unwrap();
        // A guest with wild registers can run for as long as the trace says: a limit stands for the user's ^C.
        let mut asked = 0;
        let mut patience = |_| {
            asked += 1;
            asked < 20
        };
        let _ = session.seek(Position::after(EventIndex(at)), &mut patience);
        let _ = session.seek(Position::before(EventIndex(at + 3)), &mut patience);
        let pc = GuestAddr(session.regs().pc);
        prop_assert_eq!(session.disassemble(pc, 3).len(), 3);
        let _ = session.seek(Position::before(EventIndex(at)), &mut patience);
        let _ = session.step(-3);
    }
}
