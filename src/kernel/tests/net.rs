//! Sockets: names in the guest's file tree, what control messages carry, waiting, what is refused.

use super::{Guest, NOWHERE, e};
use traces::event::{EndStatus, SvcFlags};

const UNIX: u64 = 1;
const STREAM: u64 = 1;
const DGRAM: u64 = 2;
const SOL_SOCKET: u64 = 1;

impl Guest {
    fn socket(&mut self, domain: u64, kind: u64) -> u64 {
        let fd = self.call(198, &[domain, kind, 0]);
        assert!(fd >= 0, "socket answers {fd}");
        fd.cast_unsigned()
    }

    fn pair(&mut self, kind: u64) -> [u64; 2] {
        let at = self.room(8);
        assert_eq!(self.call(199, &[UNIX, kind, 0, at]), 0);
        [self.half(at).into(), self.half(at + 4).into()]
    }

    /// A struct sockaddr_un and its length.
    fn address(&mut self, path: &str) -> (u64, u64) {
        let bytes = [&1u16.to_le_bytes()[..], path.as_bytes(), b"\0"].concat();
        (self.bytes(&bytes), bytes.len() as u64)
    }

    /// A struct msghdr with one buffer and room for control data.
    fn message(&mut self, buffer: (u64, u64), control: (u64, u64)) -> u64 {
        let vector = self.words(&[buffer.0, buffer.1]);
        self.words(&[0, 0, vector, 1, control.0, control.1, 0])
    }

    fn refused(&self) -> bool {
        self.log.svcs.last().unwrap().flags.0 & SvcFlags::REFUSED != 0
    }
}

#[test]
fn a_socket_is_found_by_its_guest_path_however_long_the_hosts_is() {
    let mut g = Guest::new();
    let deep = format!("/{}", "d".repeat(90));
    std::fs::create_dir(g.root().join(&deep[1..])).unwrap();
    for path in ["/short".to_owned(), format!("{deep}/sock")] {
        let (at, len) = g.address(&path);
        let listener = g.socket(UNIX, STREAM);
        assert_eq!(g.call(200, &[listener, at, len]), 0, "{path}");
        assert!(g.root().join(&path[1..]).exists());
        assert_eq!(g.call(201, &[listener, 4]), 0);
        let client = g.socket(UNIX, STREAM);
        assert_eq!(g.call(203, &[client, at, len]), 0, "{path}");
        let (name, room) = (g.room(128), g.words(&[128]));
        let server = g.call(202, &[listener, 0, 0]).cast_unsigned();
        assert_eq!(g.call(205, &[client, name, room]), 0);
        assert_eq!(u64::from(g.half(room)), len);
        assert_eq!(g.read(name + 2, path.len() + 1), [path.as_bytes(), b"\0"].concat());
        let text = g.bytes(b"over");
        assert_eq!(g.call(206, &[server, text, 4, 0, 0, 0]), 4);
        assert_eq!(g.call(207, &[client, name, 128, 0, 0, 0]), 4);
        assert_eq!(g.read(name, 4), b"over");
    }
}

#[test]
fn what_leads_out_can_be_shut_and_the_rest_is_refused() {
    let mut g = Guest::new();
    for (domain, kind, protocol, want) in [
        (UNIX, 77, 0, e::INVAL),
        (2, 3, 1, e::PERM),
        (16, 3, 9, e::PROTONOSUPPORT),
        (17, 3, 0, e::AFNOSUPPORT),
        (40, STREAM, 0, e::AFNOSUPPORT),
    ] {
        assert_eq!(g.call(198, &[domain, kind, protocol]), want, "{domain} {kind} {protocol}");
    }
    assert!(g.refused());
    assert!(g.call(198, &[16, 3, 0]) >= 0, "routes may be asked for");
    g.k.net = super::super::net::Net::new(false);
    for domain in [2, 10, 16] {
        assert_eq!(g.call(198, &[domain, DGRAM, 0]), e::AFNOSUPPORT);
        assert!(g.refused());
    }
    g.pair(DGRAM);
}

#[test]
fn descriptors_travel_and_too_many_are_closed() {
    const CMSG_CLOEXEC: u64 = 0x4000_0000;
    let mut g = Guest::new();
    let [a, b] = g.pair(DGRAM);
    let file = g.file("cargo", b"contents");
    let rights = |fds: [u64; 2]| [24, SOL_SOCKET | 1 << 32, fds[0] | fds[1] << 32];
    let byte = g.bytes(b"x");
    let control = g.words(&rights([file, file]));
    let send = g.message((byte, 1), (control, 24));
    let (room, back) = (g.room(1), g.room(64));
    assert_eq!(g.call(211, &[a, send, 0]), 1);
    let receive = g.message((room, 1), (back, 64));
    assert_eq!(g.call(212, &[b, receive, CMSG_CLOEXEC]), 1);
    assert_eq!([g.word(back), g.word(back + 8)], [24, SOL_SOCKET | 1 << 32]);
    assert_eq!([g.word(receive + 40), g.word(receive + 48) & 0xFFFF_FFFF], [24, CMSG_CLOEXEC]);
    let came = u64::from(g.half(back + 16));
    assert!(came != file && g.half(back + 20) != g.half(back + 16));
    assert_eq!(g.call(25, &[came, 1, 0]), 1, "close-on-exec as asked for");
    assert_eq!(g.k.fds.get(i32::try_from(came).unwrap()).unwrap().path, b"/cargo");
    assert_eq!(g.call(67, &[came, back, 8, 0]), 8);
    assert_eq!(g.read(back, 8), b"contents");

    // One number is free: one descriptor comes, and the flags say that there were more.
    assert_eq!(g.call(211, &[a, send, 0]), 1);
    while g.call(23, &[file]) >= 0 {}
    assert_eq!(g.call(57, &[came]), 0);
    let receive = g.message((room, 1), (back, 64));
    assert_eq!(g.call(212, &[b, receive, 0]), 1);
    assert_eq!([g.word(back), u64::from(g.half(back + 16))], [20, came]);
    assert_eq!(g.half(receive + 48), 8, "MSG_CTRUNC");

    let bad = g.words(&rights([99_999, file]));
    let send = g.message((byte, 1), (bad, 24));
    assert_eq!(g.call(211, &[a, send, 0]), e::BADF);
    let short = g.words(&[99, SOL_SOCKET | 1 << 32, 0]);
    let send = g.message((byte, 1), (short, 24));
    assert_eq!(g.call(211, &[a, send, 0]), e::INVAL);
}

#[test]
fn a_limit_ends_a_wait_also_that_of_read() {
    let mut g = Guest::new();
    let [a, b] = g.pair(STREAM);
    let (limit, buffer) = (g.words(&[0, 20_000]), g.room(64));
    assert_eq!(g.call(208, &[a, SOL_SOCKET, 20, limit, 16]), 0);
    for (nr, args) in [(207, [a, buffer, 8, 0, 0, 0]), (63, [a, buffer, 8, 0, 0, 0])] {
        let begun = std::time::Instant::now();
        assert_eq!(g.call(nr, &args), e::AGAIN, "{nr}");
        assert!(begun.elapsed().as_millis() >= 20, "{nr}");
    }
    let text = g.bytes(b"abcdef");
    assert_eq!(g.call(206, &[b, text, 3, 0, 0, 0]), 3);
    assert_eq!(g.call(207, &[a, buffer, 8, 0x100, 0, 0]), 3, "MSG_WAITALL gives what came in time");
    assert_eq!(g.call(207, &[a, buffer, 8, 0x40, 0, 0]), e::AGAIN);
}

#[test]
fn a_broken_stream_raises_a_signal_unless_told_not_to() {
    let mut g = Guest::new();
    let text = g.bytes(b"x");
    let [a, b] = g.pair(5);
    assert_eq!(g.call(57, &[b]), 0);
    assert_eq!(g.call(64, &[a, text, 1]), e::PIPE);
    let [a, b] = g.pair(STREAM);
    assert_eq!(g.call(57, &[b]), 0);
    assert_eq!(g.call(206, &[a, text, 1, 0x4000, 0, 0]), e::PIPE);
    g.deliver();
    assert_eq!(g.k.ended(), None);
    assert_eq!(g.call(206, &[a, text, 1, 0, 0, 0]), e::PIPE);
    g.deliver();
    assert_eq!(g.k.ended(), Some(EndStatus::Signalled(13)), "SIGPIPE");
}

#[test]
fn options_pass_but_for_those_with_pointers_and_the_peer_is_the_guest() {
    let mut g = Guest::new();
    let [a, _] = g.pair(STREAM);
    let (value, len) = (g.room(64), g.words(&[64]));
    assert_eq!(g.call(209, &[a, SOL_SOCKET, 17, value, len]), 0);
    assert_eq!(g.half(len), 12);
    assert_eq!([g.half(value), g.half(value + 4), g.half(value + 8)], [1, 1000, 1000]);
    for name in [26, 50, 51, 60, 77] {
        assert_eq!(g.call(208, &[a, SOL_SOCKET, name, value, 16]), e::NOPROTOOPT, "{name}");
        assert!(g.refused());
    }
    let (short, value) = (g.words(&[2]), g.room(4));
    assert_eq!(g.call(209, &[a, SOL_SOCKET, 3, value, short]), 0);
    assert_eq!([g.half(short), g.half(value)], [2, 0xEEEE_0001], "two bytes of SO_TYPE");
    let negative = g.words(&[0xFFFF_FFFF]);
    assert_eq!(g.call(209, &[a, SOL_SOCKET, 3, value, negative]), e::INVAL);
    assert_eq!(g.call(208, &[a, SOL_SOCKET, 20, NOWHERE, 16]), e::FAULT);
    assert_eq!(g.call(208, &[a, SOL_SOCKET, 20, value, u64::MAX]), e::INVAL);
}
