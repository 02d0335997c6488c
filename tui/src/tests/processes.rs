//! Several processes: the picker, going from one to another and back, and a real file with two streams.

use super::fake::{Fake, Words, inputs};
use super::{screen, with};
use crate::{Inputs, Options, Palette, ProcessRow, Processes, Session};
use std::sync::Arc;
use traces::event::{End, EndStatus, ForkStart, RegImage, Svc};
use traces::{Body, Cycles, Event, EventIndex, InsnCount, Tid, Trace, Writer};

/// A shell with two children and a grandchild, of different lengths.
const FAMILY: [(u32, u32, usize, &str, &str, u64); 4] = [
    (0, 1003, 0, "busybox sh", "exited with 0", 10_000),
    (1, 1005, 1, "busybox cat", "exited with 0", 500),
    (3, 1007, 2, "busybox cat (forked)", "killed by SIGSEGV", 50),
    (2, 1006, 1, "sort", "not recorded", 70),
];

fn family() -> Processes {
    let row =
        |&(stream, pid, depth, program, status, events): &(u32, u32, usize, &str, &str, u64)| ProcessRow {
            stream,
            pid: Some(pid),
            depth,
            program: program.to_owned(),
            status: status.to_owned(),
            failed: status.starts_with("killed"),
            events,
        };
    let open = |stream| {
        let len = FAMILY.iter().find(|row| row.0 == stream).map_or(0, |row| row.5);
        Ok(Inputs { stream, ..inputs(Fake::new(len)) })
    };
    Processes { rows: FAMILY.iter().map(row).collect(), open: Arc::new(open) }
}

fn shell(size: (u16, u16), script: &str) -> Session {
    let inputs = Inputs { processes: Some(family()), ..inputs(Fake::new(10_000)) };
    let mut session = with(inputs, Options { palette: Palette::Colors16, ascii: false }, size);
    session.type_script(script).unwrap();
    session
}

#[test]
fn the_picker_is_a_tree() {
    for (width, height) in [(80, 24), (120, 40)] {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            let text = screen(&shell((width, height), "gpjj"));
            insta::assert_snapshot!(format!("processes_{width}x{height}"), text);
        });
    }
}

#[test]
fn another_process_is_viewed_and_each_keeps_its_place() {
    for (script, stream, cursor) in [
        ("", 0, 0),
        ("gpj<Enter>", 1, 0),
        ("gpjj<Enter>", 3, 0),
        ("gpG<Enter>", 2, 0),
        ("gpGgg<Enter>", 0, 0),
        ("77Ggpj<Enter>9Ggpk<Enter>", 0, 77),
        ("77Ggpj<Enter>9G[p]p", 1, 9),
        ("3]p", 2, 0),
        ("4]p", 0, 0),
        ("]p[p[p", 0, 0),
        (":process 1006<Enter>", 2, 0),
        (":process s3<Enter>", 3, 0),
        (":process 9<Enter>", 0, 0),
        ("ges2:E17<Enter>", 2, 17),
        ("ges2:50%<Enter>", 2, 35),
        ("ges0:E17<Enter>", 0, 17),
        ("ges9:E17<Enter>", 0, 0),
        ("5Ggpj<Esc>", 0, 5),
    ] {
        let session = shell((80, 24), script);
        let model = &session.model;
        assert_eq!((model.data.stream, model.cursor.0), (stream, cursor), "{script}: {}", screen(&session));
        assert!(model.picker.is_none(), "{script}");
    }
}

#[test]
fn positions_and_header_say_which_process() {
    let session = shell((80, 24), "ges2:E17<Enter>y");
    assert_eq!(session.copied, ["s2:E17"]);
    let text = screen(&session);
    let header = text.lines().next().unwrap();
    // The event's own thread stands behind the process.
    assert!(header.contains("pid 1006/1004 sort"), "{header}");
    let alone = super::session(100, (80, 24));
    assert!(!screen(&alone).lines().next().unwrap().contains("pid "), "{}", screen(&alone));
}

#[test]
fn the_replay_is_that_of_the_process_on_the_screen() {
    let session = shell((120, 40), "ges2:E17!<Enter>g5");
    let now = session.model.cpu.now.as_ref().expect("a state");
    assert_eq!(now.position().event, EventIndex(17));
    assert!(screen(&session).contains("E17"), "{}", screen(&session));
}

#[test]
fn one_process_has_no_list() {
    let mut session = super::session(100, (80, 24));
    session.type_script("gp").unwrap();
    assert!(session.model.picker.is_none());
    assert!(screen(&session).contains("this trace has one process"), "{}", screen(&session));
}

#[test]
fn any_size_draws_the_picker() {
    for width in (0..100).step_by(7) {
        for height in 0..20 {
            let _ = screen(&shell((width, height), "gpj"));
        }
    }
}

fn event(tid: u32, clock: u64, body: Body) -> Event {
    Event { tid: Tid(tid), icount: InsnCount(clock), clock: Cycles(clock * 24), body }
}

fn getpid(pid: u32) -> Body {
    Body::Svc(Svc { nr: 172, ret: i64::from(pid), ..Svc::default() })
}

#[test]
fn a_file_of_two_streams_is_viewed_stream_by_stream() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.etrace");
    let mut writer = Writer::create(&path, &super::real::header(), traces::Options::default()).unwrap();
    for n in 0..30 {
        writer.push(&event(1, 1000 + n, getpid(1)));
    }
    writer.before_fork();
    writer.after_fork(1).unwrap();
    let start = ForkStart {
        stream: 0,
        event: EventIndex(4),
        pid: 5,
        ppid: 1,
        regs: RegImage::default(),
        effects: Vec::new(),
        data: Vec::new(),
    };
    writer.push(&event(5, 1004, Body::ForkStart(Box::new(start))));
    for n in 0..20 {
        writer.push(&event(5, 1005 + n, getpid(5)));
    }
    let end = End { status: EndStatus::Exited(3), digests: traces::event::Digests::default() };
    writer.push(&event(5, 1030, Body::End(end)));
    assert_eq!(writer.finish().errno, None);
    let trace = Arc::new(Trace::open(&path).unwrap());
    let of = {
        let trace = Arc::clone(&trace);
        move |stream| Inputs::of_trace(Arc::clone(&trace), stream, Arc::new(Words), "run.etrace".into())
    };
    let rows = [(0, 1, 30), (1, 5, 22)].map(|(stream, pid, events)| ProcessRow {
        stream,
        pid: Some(pid),
        events,
        ..ProcessRow::default()
    });
    let open = of.clone();
    let processes = Processes { rows: rows.into(), open: Arc::new(move |stream| Ok(open(stream))) };
    let inputs = Inputs { processes: Some(processes), ..of(0) };
    let mut session = with(inputs, Options::default(), (120, 40));
    assert_eq!(session.model.len(), 30);
    session.type_script("]pG").unwrap();
    assert_eq!((session.model.len(), session.model.cursor.0), (22, 21));
    // Times count from the start of the run, not of the process.
    let header = screen(&session).lines().next().unwrap().to_owned();
    assert!(header.contains("+0.000030000s"), "{header}");
    for (filter, count) in [("pid == 5", 22), ("pid == 1", 0), ("stream == s1 && sys", 20), ("ev > 19", 2)] {
        session.type_script(&format!("&<C-u>{filter}<Enter>")).unwrap();
        assert_eq!(session.model.shown().count(), count, "{filter}");
    }
}
