//! Compares `FORMAT.md` with the code, and the golden traces with their dumps.

use crate::block::{self, END_LEN, HEAD_LEN, Head, Section};
use crate::codec;
use crate::columns::{cold, hot};
use crate::event::*;
use crate::header;
use crate::samples;
use crate::units::{Cycles, GuestAddr, InsnCount};
use crate::{BlobId, EventIndex, EventKind, Fidelity, Options, Status, Trace, TraceId, Writer};
use std::fmt::{Debug, Write};
use std::path::PathBuf;

const PAGE: &str = include_str!("../FORMAT.md");

/// The rows of the first table after a heading, cells trimmed.
fn table(heading: &str) -> Vec<Vec<String>> {
    let after = PAGE.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no `{heading}`")).1;
    let lines =
        after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.skip(2).map(cells).collect()
}

/// Number and name of each row.
fn numbered(heading: &str) -> Vec<(u64, String)> {
    table(heading).into_iter().map(|row| (row[0].parse().unwrap(), row[1].clone())).collect()
}

/// Offsets and sizes of each row, which must follow each other; returns the end.
fn contiguous(rows: &[Vec<String>]) -> usize {
    let mut end = 0;
    for row in rows {
        assert_eq!(row[0].parse::<usize>().unwrap(), end, "{row:?}");
        end += row[1].parse::<usize>().unwrap();
    }
    end
}

/// The number that serialisation gives a value's variant, and the variant's name.
fn variant<T: serde::Serialize + Debug>(value: &T) -> (u64, String) {
    let mut bytes = Vec::new();
    codec::encode(value, &mut bytes).unwrap();
    let name: String = format!("{value:?}").chars().take_while(|c| c.is_alphanumeric()).collect();
    (u64::from(bytes[0]), name)
}

/// Checks an enum's table. The `match` stops compiling when a variant is added, until it is listed.
macro_rules! check_enum {
    ($name:ident: $($variant:ident $pattern:tt => $sample:expr,)*) => {{
        let listed = |value: &$name| match value { $($name::$variant $pattern => (),)* };
        let samples: Vec<$name> = vec![$($sample,)*];
        samples.iter().for_each(listed);
        let found: Vec<_> = samples.iter().map(variant).collect();
        assert_eq!(numbered(concat!("### ", stringify!($name))), found);
    }};
    ($name:ident: $($variant:ident,)*) => {
        check_enum!($name: $($variant {} => $name::$variant,)*)
    };
}

#[test]
fn enums_have_their_numbers_in_the_page() {
    let at = GuestAddr(1);
    let map = Effect::Map { at, len: 0, prot: 0, backing: Backing::Anonymous };
    check_enum! { Effect:
        Write {..} => Effect::Write { at, len: 0 },
        WriteBlob {..} => Effect::WriteBlob { at, blob: BlobId(0) },
        Zero {..} => Effect::Zero { at, len: 0 },
        Map {..} => map,
        Unmap {..} => Effect::Unmap { at, len: 0 },
        Protect {..} => Effect::Protect { at, len: 0, prot: 0 },
        Move {..} => Effect::Move { from: at, to: at, len: 0 },
        Regs(_) => Effect::Regs(Box::default()),
        ClearSpace {} => Effect::ClearSpace,
        Alias {..} => Effect::Alias { from: at, to: at, len: 0 },
        FileEnd {..} => Effect::FileEnd { at, len: 0, behind: true },
    }
    check_enum! { Backing:
        Anonymous {} => Backing::Anonymous,
        File {..} => Backing::File { path: String::new(), offset: 0, shared: false },
        Named(_) => Backing::Named(String::new()),
    }
    check_enum! { VdsoFn: ClockGettime, Gettimeofday, ClockGetres, Getcpu, }
    check_enum! { VdsoReason:
        Clockid, Attention, Unseeded, WriterOdd, CntUnderflow, AgeCap, SeqRace, NotVdso, AttentionOrWriter,
    }
    check_enum! { ReseedOutcome:
        Published, Fresh, LostOdd, LostCas, RefusedPc, RefusedCounter, RefusedForeignPage,
    }
    check_enum! { SignalAction: Handler, Ignored, Terminated, Core, Stopped, Continued, }
    check_enum! { EndStatus:
        Exited(_) => EndStatus::Exited(0),
        Signalled(_) => EndStatus::Signalled(0),
        Detached(_) => EndStatus::Detached(0),
    }
    let fidelities = (0..).zip(Fidelity::ALL).map(|(n, word)| (n, format!("{word:?}")));
    assert_eq!(numbered("### Fidelity"), fidelities.collect::<Vec<_>>());
    assert!(Fidelity::ALL.iter().all(|word| format!("{word:?}").to_lowercase() == word.name()));
}

#[test]
fn every_kind_of_event_has_its_heading_and_fields() {
    let chapter = PAGE.split_once("\n## Events\n").unwrap().1.split_once("\n## ").unwrap().0;
    let headings: Vec<&str> = chapter.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let expected: Vec<String> =
        EventKind::ALL.iter().map(|kind| format!("{kind:?} ({})", kind.number())).collect();
    assert_eq!(headings, expected);
    for event in samples::events() {
        let kind = event.kind();
        if matches!(kind, EventKind::SvcEnter | EventKind::SvcExit) {
            continue; // The page refers to Svc.
        }
        let rows = table(&format!("### {kind:?} ({})", kind.number()));
        let listed: Vec<String> = rows.into_iter().map(|row| row[0].clone()).collect();
        assert_eq!(listed, fields(&event.body), "{kind:?}");
    }
}

/// The names of a body's fields, out of its debug form; `to` and the like stand one level higher than the
/// fields of a struct inside.
fn fields(body: &Body) -> Vec<String> {
    let text = format!("{body:#?}");
    let field = |line: &str| {
        let trimmed = line.trim_start();
        let (name, _) = trimmed.split_once(": ")?;
        name.chars()
            .all(|c| c.is_alphanumeric() || c == '_')
            .then(|| (line.len() - trimmed.len(), name.to_owned()))
    };
    let all: Vec<(usize, String)> = text.lines().filter_map(field).collect();
    let least = all.iter().map(|(indent, _)| *indent).min().unwrap();
    all.into_iter().filter(|(indent, _)| *indent == least).map(|(_, name)| name).collect()
}

#[test]
fn the_header_is_as_the_page_says() {
    let rows = table("## Header");
    assert_eq!(contiguous(&rows), header::FIXED);
    let sample = header::tests::sample();
    let bytes = sample.to_bytes().unwrap();
    let number = |row: usize| {
        let (at, len) = (rows[row][0].parse::<usize>().unwrap(), rows[row][1].parse::<usize>().unwrap());
        bytes[at..at + len].iter().rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte))
    };
    assert_eq!(hex(&bytes[..8]), quoted(&rows[0][2]));
    assert!(rows[1][2].ends_with(&header::FORMAT.to_string()));
    assert_eq!(number(1), u64::from(header::FORMAT));
    assert_eq!(number(2), bytes.len() as u64);
    assert_eq!(bytes[16..32], sample.id.0);
    assert_eq!((number(4), number(5), number(6)), (1, 4096, sample.cntfrq));
    assert_eq!((number(7), number(8)), (sample.hwcap, sample.hwcap2));
    assert_eq!(bytes[64..96], sample.vdso_sha256.unwrap());
    assert_eq!(number(10), sample.id_regs.len() as u64);
    assert_eq!(bytes[104..109], *b"\x04soft");
}

#[test]
fn the_block_head_is_as_the_page_says() {
    let rows = table("## Blocks");
    assert_eq!(contiguous(&rows), HEAD_LEN);
    let id = TraceId([3; 16]);
    let head = Head {
        kind: 2,
        stream: 12,
        seq: 16,
        first: 24,
        last: 32,
        first_icount: InsnCount(40),
        last_icount: InsnCount(48),
        first_clock: Cycles(56),
        last_clock: Cycles(64),
        count: 72,
        summary: 76,
        hot: Section { stored: 80, raw: 84 },
        cold: Section { stored: 88, raw: 92 },
        body_crc: 96,
    };
    // Every field holds its own offset, so a row that names another field is found.
    let bytes = head.to_bytes(id, b"");
    let text = format!("{head:?}");
    for row in &rows[3..rows.len() - 1] {
        let offset: usize = row[0].parse().unwrap();
        assert_eq!(usize::from(bytes[offset]), offset, "{row:?}");
        let name = row[2].split('.').next_back().unwrap();
        let value = format!("{name}: {offset}");
        let newtype = text.contains(&format!("{name}: InsnCount({offset})"))
            || text.contains(&format!("{name}: Cycles({offset})"));
        assert!(newtype || text.contains(&value), "{row:?} is not {value}");
    }
    assert_eq!(hex(&bytes[..8]), quoted(&rows[0][2]));
    let kinds = [(1, "events"), (2, "blobs"), (3, "index"), (4, "end")];
    assert_eq!([block::EVENTS, block::BLOBS, block::INDEX, block::END], kinds.map(|(number, _)| number));
    let listed: Vec<(u16, String)> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| Kind |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .map(|cells| (cells[0].parse().unwrap(), cells[1].to_owned()))
        .collect();
    assert_eq!(listed, kinds.map(|(number, name)| (number, name.to_owned())));
    for number in [block::MAX_SECTION, block::MAX_SUMMARY, block::MAX_EVENTS] {
        assert!(PAGE.contains(&grouped(number)), "the page does not mention {}", grouped(number));
    }
    assert!(PAGE.contains(&format!("Always {END_LEN} bytes")));
}

#[test]
fn columns_have_their_numbers_in_the_page() {
    let hot_columns = [
        (hot::KIND, "kind"),
        (hot::TID, "tid"),
        (hot::ICOUNT, "icount"),
        (hot::CLOCK, "clock"),
        (hot::AUX, "aux"),
        (hot::NR, "nr"),
        (hot::RET, "ret"),
        (hot::DUR, "dur"),
        (hot::FLAGS, "flags"),
    ];
    let cold_columns = [
        (cold::SHAPE, "shape"),
        (cold::PC, "pc"),
        (cold::ARGS, "args"),
        (cold::BODY, "body"),
        (cold::DATA_LEN, "data_len"),
        (cold::DATA, "data"),
    ];
    let named = |columns: &[(usize, &str)]| -> Vec<(u64, String)> {
        columns.iter().map(|(number, name)| (*number as u64, (*name).to_owned())).collect()
    };
    assert_eq!(numbered("### Hot columns"), named(&hot_columns));
    assert_eq!(numbered("### Cold columns"), named(&cold_columns));
    assert_eq!((hot_columns.len(), cold_columns.len()), (hot::COUNT, cold::COUNT));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// What stands between back quotes.
fn quoted(cell: &str) -> String {
    cell.split('`').nth(1).unwrap().to_owned()
}

/// 65,536 for 65536.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

fn golden(extension: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-1").with_extension(extension)
}

/// Everything that a reader can get out of the golden trace.
fn dump(trace: &Trace) -> String {
    let mut out = String::new();
    writeln!(out, "{:#?}", trace.header()).unwrap();
    writeln!(out, "{:?}, damage {:?}", trace.status(), trace.damage()).unwrap();
    for stream in trace.streams() {
        let stream = trace.stream(stream).unwrap();
        for block in stream.blocks() {
            let (first, last) = (block.first.0, block.last.0);
            writeln!(out, "stream {} E{first}..=E{last} {:?} {:?}", stream.id(), block.icount, block.clock)
                .unwrap();
            writeln!(out, "  {:?}", block.summary).unwrap();
        }
        for event in stream.events(0..u64::MAX) {
            let (EventIndex(index), event) = event.unwrap();
            writeln!(out, "stream {} E{index} {event:?}", stream.id()).unwrap();
        }
    }
    for number in 0.. {
        let Ok(bytes) = trace.blob(BlobId(number)) else { break };
        writeln!(out, "blob {number}: {}", String::from_utf8_lossy(&bytes)).unwrap();
    }
    out
}

#[test]
fn the_golden_trace_reads_as_it_always_did() {
    let trace = Trace::open(&golden("etrace")).unwrap();
    assert!(trace.is_indexed());
    assert_eq!(trace.status(), Status::Complete);
    let expected = std::fs::read_to_string(golden("txt")).unwrap();
    let found = dump(&trace);
    for (line, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", line + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

/// Makes the golden trace of a new format number, if TRACES_MAKE_GOLDEN is set; one that is there stays.
#[test]
fn a_golden_trace_is_made_once() {
    if std::env::var_os("TRACES_MAKE_GOLDEN").is_none() {
        assert!(golden("etrace").exists(), "run with TRACES_MAKE_GOLDEN=1 for a new format number");
        return;
    }
    let path = golden("etrace");
    assert!(!path.exists(), "golden traces are never rewritten");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let options = Options { events_per_block: 8, ..Options::default() };
    let mut writer = Writer::create(&path, &header::tests::sample(), options).unwrap();
    writer.blob(b"the bytes of a file");
    writer.blob(b"");
    for event in samples::events() {
        writer.push(&event);
    }
    assert_eq!(writer.finish().lost, 0);
    std::fs::write(golden("txt"), dump(&Trace::open(&path).unwrap())).unwrap();
}
