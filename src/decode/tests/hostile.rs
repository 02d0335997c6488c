//! Events that no recorder writes: lengths that lie, data that is short, numbers at their ends.

use super::*;
use crate::decode::{address, text};
use crate::kernel::abi::Width;
use proptest::prelude::*;
use traces::event::{Input, RegImage, Signal, SignalAction, SvcFlags};

/// Addresses that are likely to be the same, so that effects meet arguments.
fn address_like() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0u64),
        (0u64..8).prop_map(|at| 0x1000 + at * 8),
        any::<u64>(),
        Just(u64::MAX),
        0u64..64,
        (0u64..64).prop_map(|bit| 1 << bit),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    let len = prop_oneof![0u32..200, any::<u32>()];
    prop_oneof![
        4 => (address_like(), len).prop_map(|(at, len)| Effect::Write { at: GuestAddr(at), len }),
        1 => (address_like(), any::<u64>()).prop_map(|(at, blob)| Effect::WriteBlob { at: GuestAddr(at), blob: BlobId(blob) }),
        1 => (address_like(), any::<u64>()).prop_map(|(at, len)| Effect::Zero { at: GuestAddr(at), len }),
        1 => Just(Effect::Regs(Box::<RegImage>::default())),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let len = prop_oneof![0u32..200, any::<u32>()];
    let full = prop_oneof![0u64..200, any::<u64>()];
    (0u8..7, len, full).prop_map(|(arg, len, full)| Input { arg, len, full })
}

fn any_svc() -> impl Strategy<Value = Svc> {
    (
        prop_oneof![9 => 0u32..470, 1 => any::<u32>()],
        proptest::collection::vec(address_like(), 6),
        0usize..7,
        prop_oneof![Just(0i64), -600i64..600, any::<i64>()],
        proptest::collection::vec(effect(), 0..6),
        proptest::collection::vec(input(), 0..6),
        proptest::collection::vec(any::<u8>(), 0..400),
        any::<u8>(),
    )
        .prop_map(|(nr, args, count, ret, effects, inputs, data, flags)| {
            let mut regs = [0; 6];
            regs.copy_from_slice(&args);
            Svc {
                nr,
                args: Args::new(regs, count),
                ret,
                effects,
                inputs,
                data,
                dur: Cycles(u64::MAX),
                flags: SvcFlags(flags),
                ..Svc::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_call_can_be_told(svc in any_svc(), part in 0u8..3, verbose in any::<bool>(), strsize in 0usize..100) {
        let body = match part {
            0 => Body::Svc(svc),
            1 => Body::SvcEnter(svc),
            _ => Body::SvcExit(svc),
        };
        let words = Words { strsize, verbose, cntfrq: u64::from(part), origin: Cycles(u64::MAX) };
        let event = Event { clock: Cycles(u64::MAX), ..event(body) };
        let blob = |id: BlobId| id.0.is_multiple_of(2).then(|| vec![b'b'; 100]);
        let line = words.line(&event, &blob);
        prop_assert!(!line.text.is_empty());
        prop_assert!(line.text.chars().all(|char| !char.is_control()), "{:?}", line.text);
        prop_assert!(line.text.len() < 1 << 20);
        let _ = words.fields(&event, &blob);
        let _ = words.json(EventIndex(u64::MAX), &event, &blob).to_string();
        let _ = words.severity(&event);
        let format = LineFormat { time: TimeColumn::Absolute, pid: PidColumn::Plain, ..LineFormat::default() };
        prop_assert!(Lines::new(&words, format).line(EventIndex(0), &event, &blob).is_some());
    }

    #[test]
    fn any_siginfo_can_be_told(signo in 0u32..70, info in proptest::collection::vec(any::<u8>(), 0..140)) {
        let signal = Signal { signo, action: SignalAction::Handler, info, effects: Vec::new(), data: Vec::new() };
        prop_assert!(!say(&Words::default(), Body::Signal(Box::new(signal))).is_empty());
    }

    #[test]
    fn any_address_and_control_message_can_be_told(bytes in proptest::collection::vec(any::<u8>(), 0..140), family in 0u8..20) {
        let mut bytes = bytes;
        if let [first, second, ..] = bytes.as_mut_slice() {
            *first = family;
            *second = 0;
        }
        prop_assert!(!address::sockaddr(&bytes).is_empty());
        prop_assert!(!address::control(&bytes).is_empty());
    }

    #[test]
    fn quoted_bytes_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let quoted = text::quoted(&bytes, bytes.len() as u64, 100);
        prop_assert_eq!(unquote(&quoted), bytes);
    }
}

/// The inverse of strace's escapes, as a C compiler reads them.
fn unquote(quoted: &str) -> Vec<u8> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quotes").as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = inner.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let code = inner[at];
        at += 1;
        match code {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'v' => out.push(0x0b),
            b'f' => out.push(0x0c),
            b'0'..=b'7' => {
                let mut value = u32::from(code - b'0');
                let mut digits = 1;
                while let (true, Some(digit @ b'0'..=b'7')) = (digits < 3, inner.get(at)) {
                    value = value * 8 + u32::from(digit - b'0');
                    at += 1;
                    digits += 1;
                }
                out.push(u8::try_from(value).expect("a byte"));
            }
            other => out.push(other),
        }
    }
    out
}

#[test]
fn integers_are_extended_from_their_width() {
    let cases = [
        (Width::B1, 0x1ff, -1, 0xff),
        (Width::B2, 0xffff_8000, -32768, 0x8000),
        (Width::B4, 0xffff_ffff_0000_0005, 5, 5),
        (Width::B8, u64::MAX, -1, u64::MAX),
    ];
    for (width, raw, signed, unsigned) in cases {
        assert_eq!((text::signed(raw, width), text::unsigned(raw, width)), (signed, unsigned), "{width:?}");
    }
}

#[test]
fn a_missing_register_is_told_as_missing() {
    let call = Svc { args: Args::new([3, 0, 0, 0, 0, 0], 1), ..svc("write", &[3, 0, 0], &[], &[], 0) };
    assert_eq!(say(&Words::default(), Body::Svc(call)), "write(3, ?, ?) = 0");
}
