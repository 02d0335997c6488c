//! System V IPC: what is the run's own, structures of arm64, waiting without the host.

use super::{Guest, NOWHERE, e};
use crate::host::{self, Ipc as Kind};

const PRIVATE: u64 = 0;
const CREATE: u64 = 0o1600;
const RMID: u64 = 0;
const STAT: u64 = 2;
const NOWAIT: u64 = 0o4000;

fn made(id: i64) -> u64 {
    assert!(id >= 0, "an id, not {id}");
    id.cast_unsigned()
}

#[test]
fn objects_of_others_do_not_exist_and_the_runs_own_end_with_it() {
    let mut g = Guest::new();
    let foreign = host::ipc_get(Kind::Semaphores, 0, 1, 0o1600).unwrap();
    let id = u64::try_from(foreign).unwrap();
    for (nr, args) in [(191, [id, 0, 12, 0]), (191, [id, 0, RMID, 0]), (193, [id, 0, 1, 0])] {
        let steps = g.words(&[0x0000_0001_0000]);
        let args = if nr == 193 { [id, steps, 1, 0] } else { args };
        assert_eq!(g.call(nr, &args), e::INVAL, "{nr} {args:x?}");
    }
    host::ipc_remove(Kind::Semaphores, foreign).unwrap();

    let queue = made(g.call(186, &[77, CREATE]));
    assert_eq!(g.call(186, &[77, 0]), queue.cast_signed(), "found by its key");
    let mut other = Guest::new();
    assert_eq!(other.call(186, &[77, 0]), e::NOENT, "which another run does not share");
    drop(g);
    assert!(host::ipc_state(Kind::Queue, i32::try_from(queue).unwrap()).is_err());
}

#[test]
fn segments_are_shared_memory_and_counted() {
    let mut g = Guest::new();
    let id = made(g.call(194, &[PRIVATE, 5000, CREATE]));
    let first = made(g.call(196, &[id, 0, 0]));
    let second = made(g.call(196, &[id, 0, 0o10_000]));
    assert_eq!(g.call(196, &[id, first + 1, 0]), e::INVAL, "not at the start of a page");
    assert_eq!(g.call(196, &[id, first, 0]), e::INVAL, "taken");
    g.poke(first + 4990, b"stored");
    let about = g.room(112);
    assert_eq!(g.call(195, &[id, STAT, about]), 0);
    assert_eq!(g.read(second + 4990, 6), b"stored");
    // shmid64_ds: shm_segsz at 48, shm_cpid at 80, shm_nattch at 88; ipc64_perm: uid at 4, mode at 20.
    assert_eq!([g.word(about + 48), g.word(about + 88)], [5000, 2]);
    assert_eq!([g.half(about), g.half(about + 4), g.half(about + 20)], [0, 1000, 0o600]);
    assert_eq!([g.half(about + 80), g.half(about + 84)], [1, 1]);
    assert_eq!(g.call(195, &[id, RMID, 0]), 0);
    assert_eq!(g.call(195, &[id, STAT, about]), 0, "it lives while it is attached");
    assert_eq!(g.call(197, &[first]), 0);
    assert_eq!(g.call(197, &[first]), e::INVAL);
    assert_eq!(g.call(215, &[second, 0x2000]), 0, "munmap lets go as well");
    assert_eq!(g.call(197, &[second]), e::INVAL);
    assert_eq!(g.call(195, &[id, STAT, about]), e::INVAL);
    assert_eq!(g.call(194, &[PRIVATE, 0, CREATE]), e::INVAL);
}

#[test]
fn semaphores_wait_for_the_step_that_may_and_time_out() {
    let mut g = Guest::new();
    let id = made(g.call(190, &[PRIVATE, 2, CREATE]));
    let step =
        |number: u64, change: i16, flags: u64| number | u64::from(change.cast_unsigned()) << 16 | flags << 32;
    let operate = |g: &mut Guest, one: u64, other: u64, limit: u64| {
        let bytes = [&one.to_le_bytes()[..6], &other.to_le_bytes()[..6]].concat();
        let at = g.bytes(&bytes);
        g.call(192, &[id, at, 2, limit])
    };
    let limit = g.words(&[0, 10_000_000]);
    assert_eq!(operate(&mut g, step(0, 3, 0), step(1, -1, NOWAIT), 0), e::AGAIN);
    assert_eq!(g.call(191, &[id, 0, 12, 0]), 0, "all or nothing");
    let begun = std::time::Instant::now();
    assert_eq!(operate(&mut g, step(0, 3, NOWAIT), step(1, -1, 0), limit), e::AGAIN);
    assert!(begun.elapsed().as_millis() >= 10, "the step that waits decides");
    assert_eq!(g.call(191, &[id, 1, 14, 0]), 0, "nobody waits any more");
    assert_eq!(operate(&mut g, step(0, 3, 0), step(1, 1, 0), 0), 0);
    assert_eq!([g.call(191, &[id, 0, 12, 0]), g.call(191, &[id, 0, 11, 0])], [3, 1]);
    // semid64_ds of arm64 has no padding: sem_nsems at 64 of 88 bytes.
    let about = g.room(96);
    assert_eq!(g.call(191, &[id, 0, STAT, about]), 0);
    assert_eq!([g.word(about + 64), g.word(about + 88)], [2, 0xEEEE_EEEE_EEEE_EEEE]);
    let all = g.room(8);
    assert_eq!(g.call(191, &[id, 0, 13, all]), 0);
    assert_eq!(g.word(all), 0xEEEE_EEEE_0001_0003);
    for (nr, args, want) in [
        (193, [id, all, 0, 0], e::INVAL),
        (193, [id, all, 501, 0], e::TOOBIG),
        (193, [id, NOWHERE, 1, 0], e::FAULT),
        (191, [id, 5, 12, 0], e::INVAL),
        (191, [id, 0, 18, about], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    assert_eq!(g.call(191, &[id, 0, RMID, 0]), 0);
}

#[test]
fn messages_keep_type_and_length() {
    let mut g = Guest::new();
    let id = made(g.call(186, &[PRIVATE, CREATE]));
    let (sent, room) = (g.bytes(b"\x05\0\0\0\0\0\0\0hello there"), g.room(64));
    assert_eq!(g.call(189, &[id, sent, 11, 0]), 0);
    assert_eq!(g.call(188, &[id, room, 4, 0, 0]), e::TOOBIG);
    assert_eq!(g.call(188, &[id, room, 40, 6, NOWAIT]), -42, "ENOMSG");
    let about = g.room(120);
    assert_eq!(g.call(187, &[id, STAT, about]), 0);
    // msqid64_ds: msg_cbytes at 72, msg_qnum at 80, msg_lspid at 96.
    assert_eq!([g.word(about + 72), g.word(about + 80), g.word(about + 96)], [11, 1, 1]);
    assert_eq!(g.call(188, &[id, room, 40, 0, 0]), 11);
    assert_eq!(g.word(room), 5);
    assert_eq!(g.read(room + 8, 12), b"hello there\xEE");
    let wrong = g.words(&[0]);
    assert_eq!(g.call(189, &[id, wrong, 0, 0]), e::INVAL);
    assert_eq!(g.call(187, &[id, RMID, 0]), 0);
    assert_eq!(g.call(189, &[id, sent, 11, 0]), e::INVAL);
}
