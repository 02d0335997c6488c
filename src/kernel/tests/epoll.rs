//! epoll: the layout of its events, memory that cannot be written to, waiting.

use super::{Guest, NOWHERE, READ_ONLY, e};
use crate::host;

const EPOLLIN: u64 = 1;
const EPOLLOUT: u64 = 4;
const ONESHOT: u64 = 1 << 30;
const ADD: u64 = 1;
const DELETE: u64 = 2;

fn counter(g: &mut Guest, value: u64) -> u64 {
    g.call(19, &[value, 0]).cast_unsigned()
}

#[test]
fn events_have_arm64s_layout_and_stay_when_they_cannot_be_told() {
    let mut g = Guest::new();
    let epoll = g.call(20, &[0]).cast_unsigned();
    let fd = counter(&mut g, 1);
    let event = g.words(&[EPOLLIN | EPOLLOUT | ONESHOT, 0xFEED_0000_BEEF_0001]);
    assert_eq!(g.call(21, &[epoll, ADD, fd, event]), 0);
    assert_eq!(g.call(22, &[epoll, READ_ONLY, 4, 0, 0, 8]), e::FAULT);
    assert_eq!(g.call(22, &[epoll, NOWHERE, 4, 0, 0, 8]), e::FAULT);
    let room = g.room(64);
    assert_eq!(g.call(22, &[epoll, room, 4, 0, 0, 8]), 1, "the event was kept");
    assert_eq!([g.word(room), g.word(room + 8)], [EPOLLIN | EPOLLOUT, 0xFEED_0000_BEEF_0001]);
    assert_eq!(g.word(room + 16), 0xEEEE_EEEE_EEEE_EEEE, "16 bytes an event");
    assert_eq!(g.call(22, &[epoll, room, 4, 0, 0, 8]), 0, "once");
    assert_eq!(g.call(22, &[epoll, NOWHERE, 4, 0, 0, 8]), 0);
}

#[test]
fn errors_come_in_linuxs_order() {
    let mut g = Guest::new();
    let epoll = g.call(20, &[0x8_0000]).cast_unsigned();
    let fd = counter(&mut g, 0);
    let (event, room) = (g.words(&[EPOLLIN, 7]), g.room(32));
    for (nr, args, want) in [
        (20, [1, 0, 0, 0, 0, 0], e::INVAL),
        (21, [99, ADD, 99, NOWHERE, 0, 0], e::FAULT),
        (21, [99, DELETE, fd, NOWHERE, 0, 0], e::BADF),
        (21, [epoll, ADD, 99, event, 0, 0], e::BADF),
        (21, [epoll, DELETE, fd, 0, 0, 0], e::NOENT),
        (21, [epoll, ADD, epoll, event, 0, 0], e::INVAL),
        (21, [epoll, 9, fd, event, 0, 0], e::INVAL),
        (22, [epoll, room, 0, 0, 0, 0], e::INVAL),
        (22, [epoll, room, 0x800_0000, 0, 0, 0], e::INVAL),
        (22, [99, NOWHERE, 1, 0, 0, 0], e::BADF),
        (22, [fd, NOWHERE, 1, 0, 0, 0], e::INVAL),
        (22, [epoll, room, 1, 0, event, 4], e::INVAL),
        (22, [epoll, room, 1, 0, NOWHERE, 8], e::FAULT),
        (441, [epoll, room, 1, NOWHERE, 0, 0], e::FAULT),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn a_wait_ends_with_its_time_or_with_what_comes() {
    let mut g = Guest::new();
    let epoll = g.call(20, &[0]).cast_unsigned();
    let fd = counter(&mut g, 0);
    let (event, room, one) = (g.words(&[EPOLLIN, 7]), g.room(32), g.words(&[1]));
    assert_eq!(g.call(21, &[epoll, ADD, fd, event]), 0);
    let begun = std::time::Instant::now();
    let short = g.words(&[0, 20_000_000]);
    assert_eq!(g.call(441, &[epoll, room, 1, short, 0, 0]), 0);
    assert!(begun.elapsed().as_millis() >= 20);
    let host = host::duplicate(g.k.fds.host(i32::try_from(fd).unwrap()).unwrap()).unwrap();
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::io::Write::write_all(&mut std::fs::File::from(host), &1u64.to_ne_bytes()).unwrap();
    });
    assert_eq!(g.call(22, &[epoll, room, 1, u64::MAX, 0, 0]), 1);
    assert_eq!(g.word(room + 8), 7);
    writer.join().unwrap();
    assert_eq!(g.call(64, &[fd, one, 8]), 8);
}
