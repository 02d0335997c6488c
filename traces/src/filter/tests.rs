//! Tests of the filter language: selections against events, errors with their columns, agreement of the slow
//! and the fast way.

use super::*;
use crate::describe::{Field, Line, Severity};
use crate::header;
use crate::samples;
use crate::units::InsnCount;
use crate::{Body, Options, Tid, Trace, Writer};
use proptest::prelude::*;

/// Words for four calls.
struct Few;

const CALLS: [(u32, &str, &str); 5] = [
    (56, "openat", "file"),
    (63, "read", "desc"),
    (98, "futex", "ipc"),
    (113, "clock_gettime", "clock"),
    (172, "getpid", "pure"),
];

impl Describe for Few {
    fn line(&self, event: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Line {
        let name = event.svc().and_then(|svc| self.syscall_name(svc.nr)).unwrap_or("?");
        let result = event.svc().map_or(String::new(), |svc| svc.ret.to_string());
        Line { text: format!("{name}(\"/etc/x\")"), result, note: format!("{:?}", event.kind()) }
    }

    fn fields(&self, event: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Vec<Field> {
        match event.svc() {
            Some(svc) => vec![
                Field { name: "dirfd".into(), text: "3".into(), raw: Some(3) },
                Field { name: "pathname".into(), text: format!("\"/etc/{}\"...", svc.nr), raw: None },
            ],
            None => Vec::new(),
        }
    }

    fn severity(&self, _: &Event) -> Severity {
        Severity::None
    }

    fn syscall_name(&self, nr: u32) -> Option<&'static str> {
        CALLS.iter().find(|call| call.0 == nr).map(|call| call.1)
    }

    fn syscall_number(&self, name: &str) -> Option<u32> {
        CALLS.iter().find(|call| call.1 == name).map(|call| call.0)
    }

    fn in_class(&self, nr: u32, class: &str) -> Option<bool> {
        let call = CALLS.iter().find(|call| call.0 == nr)?;
        CALLS.iter().any(|call| call.2 == class).then_some(call.2 == class)
    }

    fn errno_name(&self, errno: u32) -> Option<&'static str> {
        (errno == 2).then_some("ENOENT")
    }

    fn errno_number(&self, name: &str) -> Option<u32> {
        (name == "ENOENT").then_some(2)
    }
}

fn scene() -> Scene<'static> {
    Scene {
        describe: &Few,
        blob: &|_| None,
        cntfrq: 1_000_000_000,
        start: Cycles(1000),
        stream: 2,
        pid: Some(7),
    }
}

/// Which of the sample events a filter selects. The samples: 0 start, 1 clock_gettime, 2 getpid, 3 futex
/// enter, 4 futex exit, 5 sync, 6 reseed, 7 signal, 8 switch, 9 hits, 10 checkpoint, 11 thread exit, 12 end;
/// at cycle 9 n after the start and instruction 17 n, every third from 2 on by thread 1001.
fn selected(filter: &str) -> Vec<usize> {
    let filter = Filter::parse(filter, &Few).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let events = samples::plain_events();
    let passes = |at: &usize| filter.matches(EventIndex(*at as u64), &events[*at], &scene());
    (0..events.len()).filter(passes).collect()
}

const SELECTIONS: &[(&str, &[usize])] = &[
    ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("kind == start", &[0]),
    ("kind == svc", &[1, 2, 3, 4]),
    ("kind == svc-exit", &[4]),
    ("kind != svc", &[0, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("kind in {reseed, signal}", &[6, 7]),
    ("sys == getpid", &[2]),
    ("sys = getpid", &[2]),
    ("sys != getpid", &[1, 3, 4]),
    ("!(sys == getpid)", &[0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("sys in {futex, getpid}", &[2, 3, 4]),
    ("sys ~ /^clock_/", &[1]),
    ("sys contains \"ute\"", &[3, 4]),
    ("sys", &[1, 2, 3, 4]),
    ("nr == 98", &[3, 4]),
    ("nr >= 0x71 and nr < 172", &[1]),
    ("tid == 1001", &[2, 5, 8, 11]),
    ("tid in {1, 1001..2000}", &[2, 5, 8, 11]),
    ("ev <= 1 || ev == E12", &[0, 1, 12]),
    ("pid == 7 && ev == 3", &[3]),
    ("pid != 7", &[]),
    ("pid in {5, 6} || ev == 4", &[4]),
    ("stream == s2 && ev == 3", &[3]),
    ("stream < 2", &[]),
    ("stream in {0, s2} && ev == 5", &[5]),
    ("ev in {E3..5}", &[3, 4, 5]),
    ("ev in {E3..E5}", &[3, 4, 5]),
    ("t < 10ns", &[0, 1]),
    ("t in {9cyc..0.027us}", &[1, 2, 3]),
    ("insn > 187", &[12]),
    ("dur > 100ns", &[1, 4]),
    ("dur == 120cyc", &[1]),
    ("dur != 120cyc", &[2, 4]),
    ("dur == 0", &[2]),
    ("dur", &[1, 2, 4]),
    ("ret == -2", &[1]),
    ("ret < 0", &[1, 4]),
    ("ret & 0x8", &[1, 2]),
    ("err", &[1]),
    ("err == ENOENT", &[1]),
    ("err == 2", &[1]),
    ("err != ENOENT", &[]),
    ("path == \"/etc/172\"", &[2]),
    ("path ~ /\\/113$/", &[1]),
    ("path != \"/etc/172\"", &[1, 3, 4]),
    ("path in {\"/etc/172\", \"/etc/113\"}", &[1, 2]),
    ("path", &[1, 2, 3, 4]),
    ("text contains \"getpid(\"", &[2]),
    ("\"/etc/x\\\") 1000\"", &[2]),
    ("/GETPID/i", &[2]),
    ("/GETPID/", &[]),
    ("text !~ /Svc/", &[0, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("vdso.why == age-cap", &[1, 4]),
    ("vdso.why in {seq-race, clockid}", &[]),
    ("vdso.why != seq-race", &[1, 4]),
    ("vdso.fn == clock_gettime", &[1, 4]),
    ("vdso.why", &[1, 4]),
    ("%vdso", &[1, 4, 6]),
    ("%error", &[1]),
    ("%slow", &[4]),
    ("%pure", &[2]),
    ("!%pure && kind == svc", &[1, 3, 4]),
    ("not sys == getpid and nr", &[1, 3, 4]),
    ("sys == getpid || sys == futex && tid == 1000", &[2, 3, 4]),
    ("(sys == getpid || sys == futex) && tid == 1001", &[2]),
    ("text contains \"clock\" && nr == 113", &[1]),
];

#[test]
fn filters_select_what_they_say() {
    for (filter, expected) in SELECTIONS {
        assert_eq!(selected(filter), *expected, "{filter}");
    }
}

#[test]
fn blocks_are_searched_alike() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    for events_per_block in [1, 3, 4, 100] {
        let options = Options { events_per_block, ..Options::default() };
        let mut writer = Writer::create(&path, &header::tests::sample(), options).unwrap();
        for event in &samples::plain_events() {
            writer.push(event);
        }
        let _ = writer.finish();
        let trace = Trace::open(&path).unwrap();
        let stream = trace.stream(0).unwrap();
        for (text, expected) in SELECTIONS {
            let filter = Filter::parse(text, &Few).unwrap();
            let blocks = 0..stream.blocks().len();
            let found = blocks.flat_map(|block| filter.select(&stream, block, &scene()).unwrap());
            let found: Vec<usize> = found.map(|index| usize::try_from(index.0).unwrap()).collect();
            assert_eq!(found, *expected, "{text}, {events_per_block} events a block");
        }
    }
}

#[test]
fn errors_have_a_column_and_the_nearest_name() {
    for (filter, column, part) in [
        ("tdi == 5", 1, "no field `tdi`; did you mean `tid`?"),
        ("tid == 5 && syss == read", 13, "did you mean `sys`?"),
        ("sys == opneat", 8, "no system call `opneat`; did you mean `openat`?"),
        ("sys == zzzzzzzzz", 8, "no system call `zzzzzzzzz`"),
        ("err == ENOENTT", 8, "did you mean `ENOENT`?"),
        ("kind == svcc", 9, "did you mean `svc`?"),
        ("vdso.why == agecap", 13, "did you mean `age-cap`?"),
        ("%fil", 1, "did you mean `file`?"),
        ("% file", 1, "no class"),
        ("tid ==", 7, "expected a number"),
        ("tid == \"x\"", 8, "whole number"),
        ("tid == 5us", 8, "no duration"),
        ("dur > 50", 7, "needs a unit"),
        ("dur > 50parsec", 7, "no unit"),
        ("dur > -5us", 7, "negative"),
        ("tid ~ /x/", 5, "needs a field with text"),
        ("path < \"x\"", 6, "needs a field with an order"),
        ("dur & 3", 5, "needs a field with a whole number"),
        ("(tid == 5", 10, "expected `)`"),
        ("tid == 5)", 9, "expected `&&` or `||`"),
        ("tid == 5 tid == 6", 10, "expected `&&` or `||`"),
        ("tid in 5", 8, "expected `{`"),
        ("tid in {5", 10, "expected `}`"),
        ("stream == x2", 11, "like `2` or `s2`"),
        ("pid == s2", 8, "whole number"),
        ("path ~ /(/", 8, "not valid"),
        ("path ~ \"x\"", 8, "like `/…/`"),
        ("path == /x/", 9, "by `~`"),
        ("\"open", 1, "closing `\"`"),
        ("/open", 1, "closing `/`"),
        ("é", 1, "means nothing"),
        ("\"é\" && #", 8, "means nothing"),
        ("ret == 1.5", 8, "must be whole"),
        ("ret == 0x", 8, "hexadecimal"),
        ("ret == 99999999999999999999999", 8, "too"),
        ("&& tid", 1, "expected a field"),
        ("!", 2, "expected a field"),
    ] {
        let error = Filter::parse(filter, &Few).expect_err(filter);
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.message.contains(part), "{filter}: {error}");
        assert!(filter.get(error.span.clone()).is_some(), "{filter}: {:?}", error.span);
    }
}

#[test]
fn nesting_has_a_limit_and_no_stack_overflow() {
    let deep = |n: usize| format!("{}tid{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&deep(60), &Few).is_ok());
    assert!(Filter::parse(&deep(100_000), &Few).is_err());
    assert!(Filter::parse(&"!".repeat(100_000), &Few).is_err());
}

#[test]
fn words_are_made_only_when_they_decide() {
    let filter = Filter::parse("text contains \"x\" && tid == 7", &Few).unwrap();
    assert!(filter.needs_words());
    let facts = Facts::of(
        EventIndex(0),
        &Event { tid: Tid(8), icount: InsnCount(0), clock: Cycles(0), body: Body::ThreadExit { code: 0 } },
    );
    let mut asked = 0;
    let mut words = || {
        asked += 1;
        None
    };
    assert!(!filter.root.passes(&facts, &scene(), &mut words));
    assert_eq!(asked, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_parses_or_has_a_good_error(text in "(tid|sys|dur|ret|%file|path|in|&&|\\|\\||!|==|~|/x/|\"|[(){},.<>=&é0-9a-zE-]| ){0,12}") {
        match Filter::parse(&text, &Few) {
            Ok(filter) => {
                for (at, event) in samples::plain_events().iter().enumerate() {
                    let _ = filter.matches(EventIndex(at as u64), event, &scene());
                }
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some());
                prop_assert!(error.column >= 1);
            }
        }
    }
}
