//! The viewer over a real trace file: it shows what the same events show from memory.

use super::fake::{FUTEX, Fake, OPENAT, WRITE, Words, inputs};
use super::{screen, with};
use crate::source::{Source, errno, svc};
use crate::trace::TraceSource;
use crate::{Inputs, Options, Session};
use std::path::Path;
use std::sync::Arc;
use traces::event::VdsoReason;
use traces::{Cycles, EventIndex, Fidelity, Header, InsnCount, Trace, TraceId, Writer};

pub(super) fn header() -> Header {
    Header {
        id: TraceId::fresh(),
        fidelity: Fidelity::Exact,
        page_size: 4096,
        cntfrq: 24_000_000,
        hwcap: 0,
        hwcap2: 0,
        vdso_sha256: None,
        vdso: "carry".into(),
        engine: "soft".into(),
        producer: "test".into(),
        id_regs: Vec::new(),
    }
}

fn write(path: &Path, len: u64) {
    let fake = Fake::new(len);
    let mut writer = Writer::create(path, &header(), traces::Options::default()).unwrap();
    for n in 0..len {
        writer.push(&fake.make(n));
    }
    let totals = writer.finish();
    assert_eq!(totals.errno, None);
}

fn open(path: &Path) -> Arc<TraceSource> {
    Arc::new(TraceSource::new(Arc::new(Trace::open(path).unwrap()), 0))
}

fn viewed(path: &Path, len: u64) -> Session {
    let inputs = Inputs { source: open(path), ..inputs(Fake::new(len)) };
    with(inputs, Options::default(), (160, 48))
}

#[test]
fn a_file_shows_what_memory_shows() {
    const LEN: u64 = 10_000;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, LEN);
    for script in [
        "16Gzz",
        "G",
        "e5e",
        "GE",
        "2f",
        "GA",
        "G[s",
        "]x]x",
        "&sys==openat<Enter>50%",
        "/hello<Enter>nn",
        "gt0.05<Enter>",
        "gi1250<Enter>",
        "g6",
        "4000Gg3",
        "cc",
        "cccG",
    ] {
        let mut file = viewed(&path, LEN);
        file.type_script(script).unwrap();
        let mut memory = with(inputs(Fake::new(LEN)), Options::default(), (160, 48));
        memory.type_script(script).unwrap();
        assert_eq!(screen(&file), screen(&memory), "{script}");
    }
}

#[test]
fn the_real_language_selects_what_a_scan_selects() {
    const LEN: u64 = 10_000;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, LEN);
    let trace = Arc::new(Trace::open(&path).unwrap());
    let fake = Fake::new(LEN);
    let naive =
        |test: &dyn Fn(&traces::Event) -> bool| (0..LEN).filter(|n| test(&fake.make(*n))).count() as u64;
    let of = |nr: u32| move |e: &traces::Event| svc(e).is_some_and(|s| s.nr == nr);
    let table: &[(&str, u64)] = &[
        ("sys==openat", naive(&of(OPENAT))),
        ("err==ENOENT", naive(&|e| errno(e).is_some())),
        ("%file && tid==1003", naive(&|e| of(OPENAT)(e) && e.tid.0 == 1003)),
        (
            "vdso.why==age-cap",
            naive(&|e| svc(e).and_then(|s| s.vdso.as_ref()).is_some_and(|v| v.reason == VdsoReason::AgeCap)),
        ),
        (
            "ev>=9000 && sys in {write, futex}",
            naive(&|e| e.icount.0 >= Fake::icount(9000) && (of(WRITE)(e) || of(FUTEX)(e))),
        ),
        ("\"hello\" && sys==write", naive(&|e| svc(e).is_some_and(|s| s.data.starts_with(b"hello")))),
        ("kind==signal", naive(&|e| matches!(e.body, traces::Body::Signal(_)))),
    ];
    for (text, expect) in table {
        let inputs = Inputs::of_trace(Arc::clone(&trace), 0, Arc::new(Words), "run.etrace".into());
        let mut session = with(inputs, Options::default(), (120, 40));
        session.type_script(&format!("&{}<Enter>", text.replace('<', "<lt>"))).unwrap();
        assert!(*expect > 0, "{text} selects nothing: the test is empty");
        assert_eq!(session.model.shown().count(), *expect, "{text}: {}", screen(&session));
        // Every shown event is one, and hops by the same expression find them in turn.
        let first = session.model.shown().nth(0).unwrap();
        session.type_script("&<C-u><Enter>gg").unwrap();
        session.type_script(&format!("/{}<Enter>", text.replace('<', "<lt>"))).unwrap();
        assert!(session.model.cursor >= first, "{text}");
        let mut found = 1;
        while session.model.message.is_none() {
            session.type_script("n").unwrap();
            found += u64::from(session.model.message.is_none());
        }
        assert_eq!(found, *expect, "{text}");
    }
}

#[test]
fn a_misspelt_field_is_underlined_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, 100);
    let trace = Arc::new(Trace::open(&path).unwrap());
    let inputs = Inputs::of_trace(trace, 0, Arc::new(Words), "run.etrace".into());
    let mut session = with(inputs, Options::default(), (120, 40));
    session.type_script("&tid==1003 && sis==openat<Enter>").unwrap();
    let text = screen(&session);
    assert!(text.contains("column 14:") && text.contains("sys"), "{text}");
}

#[test]
fn lookups_agree_with_the_default_ones() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, 9_000);
    let (file, memory) = (open(&path), Fake::new(9_000));
    for n in [0, 1, 99, 100, 101, 450_000, 899_900, 10_000_000, u64::MAX] {
        assert_eq!(file.at_insn(InsnCount(n)), memory.at_insn(InsnCount(n)), "{n}");
        let clock = Cycles(n.saturating_mul(24));
        assert_eq!(file.at_clock(clock), memory.at_clock(clock), "{clock:?}");
    }
    let summary = file.summary(EventIndex(5_000)).unwrap();
    assert!(summary.events.contains(&5_000));
}

#[test]
fn a_trace_cut_short_opens_with_a_banner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, 20_000);
    let bytes = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.etrace");
    let mut banners = 0;
    for share in 1..20 {
        std::fs::write(&cut, &bytes[..bytes.len() * share / 20]).unwrap();
        let Ok(trace) = Trace::open(&cut) else { continue };
        let inputs =
            Inputs { source: Arc::new(TraceSource::new(Arc::new(trace), 0)), ..inputs(Fake::new(1)) };
        let mut session = with(inputs, Options::default(), (120, 40));
        assert!(screen(&session).contains("recovered: the recorder was killed or is still at work"));
        banners += 1;
        session.type_script("Gefag3g5g6?").unwrap();
        let _ = screen(&session);
    }
    assert!(banners > 10);
}

#[test]
fn a_file_that_shrinks_while_open_is_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    write(&path, 20_000);
    let source = open(&path);
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(200).unwrap();
    let inputs = Inputs { source, ..inputs(Fake::new(1)) };
    let mut session = with(inputs, Options::default(), (120, 40));
    session.type_script("Gk").unwrap();
    assert!(screen(&session).contains("unreadable:"), "{}", screen(&session));
}
