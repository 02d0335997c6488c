//! Tests of the writer: flushing in time, full disks, forks, a killed recorder.

use super::*;
use crate::event::{Body, Svc};
use crate::header;
use crate::reader::{Status, Trace};
use crate::samples;
use std::io::Write;

fn small() -> Options {
    Options { events_per_block: 8, ..Options::default() }
}

fn create(dir: &tempfile::TempDir, options: Options) -> (PathBuf, Writer) {
    let path = dir.path().join("run.etrace");
    let writer = Writer::create(&path, &header::tests::sample(), options).unwrap();
    (path, writer)
}

fn push(writer: &mut Writer, range: std::ops::Range<u64>) {
    for n in range {
        writer.push(&samples::getpid(n));
    }
}

#[test]
fn what_is_pushed_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, small());
    let mut events = samples::events();
    events.extend((0..100).map(samples::getpid));
    for (at, event) in events.iter().enumerate() {
        assert_eq!(writer.push(event), EventIndex(at as u64));
    }
    let totals = writer.finish();
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.status(), Status::Complete);
    assert!(trace.is_indexed());
    assert_eq!((totals.events, totals.lost, totals.errno), (events.len() as u64, 0, None));
    assert_eq!(totals.bytes, trace.file_len());
    let read: Vec<Event> = trace.events(0..u64::MAX).map(|event| (*event.unwrap().1).clone()).collect();
    assert_eq!(read, events);
    assert_eq!(trace.header(), &header::tests::sample());
}

#[test]
fn equal_blobs_are_stored_once_and_long_ones_in_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, Options { dedup: 3, ..small() });
    let long: Vec<u8> = (0..blob::PIECE * 2 + 77).map(|n| ((n * n) >> 9).to_le_bytes()[0]).collect();
    let first = writer.blob(b"hello");
    assert_eq!(writer.blob(b"hello"), first);
    let long_id = writer.blob(&long);
    let empty = writer.blob(b"");
    assert_eq!(writer.blob(b"hello"), first);
    let fourth = writer.blob(b"a fourth makes it forget");
    let again = writer.blob(b"hello");
    assert_ne!(again, first, "forgotten, so stored again");
    let _ = writer.finish();
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.blob(first).unwrap(), b"hello");
    assert_eq!(trace.blob(again).unwrap(), b"hello");
    assert_eq!(trace.blob(empty).unwrap(), b"");
    assert_eq!(trace.blob(fourth).unwrap(), b"a fourth makes it forget");
    assert!(trace.blob(long_id).unwrap() == long, "the long one");
    assert!(trace.blob(BlobId(99)).is_err());
    assert!(trace.file_len() < 2 * long.len() as u64);
}

#[test]
fn blobs_stand_before_the_events_that_name_them() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, small());
    writer.push(&samples::getpid(0));
    let blob = writer.blob(b"content");
    let mut event = samples::getpid(1);
    let Body::Svc(svc) = &mut event.body else { unreachable!() };
    svc.effects.push(crate::event::Effect::WriteBlob { at: crate::GuestAddr(0), blob });
    writer.push(&event);
    writer.settle();
    // No finish: what is in the file now is what a killed recorder leaves.
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.status(), Status::Recovered);
    assert_eq!(*trace.event(EventIndex(1)).unwrap(), event);
    assert_eq!(trace.blob(blob).unwrap(), b"content");
    drop(writer);
}

fn wait_for_events(path: &Path, since: Instant, count: u64) -> Duration {
    while Trace::open(path).unwrap().event_count() < count {
        assert!(since.elapsed() < Duration::from_secs(5), "events never reached the file");
        std::thread::sleep(Duration::from_millis(1));
    }
    since.elapsed()
}

#[test]
fn a_parked_block_is_written_in_time_and_later_events_follow_it() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, Options::default());
    // The best of three: the machine that runs the tests may be busy.
    let mut best = Duration::MAX;
    for round in 0..3 {
        let since = Instant::now();
        writer.push(&samples::getpid(2 * round));
        writer.park();
        best = best.min(wait_for_events(&path, since, 2 * round + 1));
        writer.push(&samples::getpid(2 * round + 1));
        writer.park();
        wait_for_events(&path, Instant::now(), 2 * round + 2);
    }
    assert!(best <= Duration::from_millis(110), "{best:?}");
    let _ = writer.finish();
    let trace = Trace::open(&path).unwrap();
    for n in 0..6 {
        assert_eq!(*trace.event(EventIndex(n)).unwrap(), samples::getpid(n));
    }
}

#[test]
fn a_block_that_is_taken_back_from_parking_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, Options::default());
    for n in 0..1000 {
        writer.push(&samples::getpid(n));
        writer.park();
    }
    let _ = writer.finish();
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.event_count(), 1000);
    assert_eq!(trace.stream(0).unwrap().gaps().count(), 0);
}

#[test]
fn a_slow_stream_of_events_is_flushed_by_the_next_push() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, Options::default());
    writer.push(&samples::getpid(0));
    std::thread::sleep(TICK * 3);
    writer.push(&samples::getpid(1));
    wait_for_events(&path, Instant::now(), 2);
}

#[test]
fn a_dropped_writer_leaves_all_events_but_no_end() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, small());
    push(&mut writer, 0..21);
    drop(writer);
    let trace = Trace::open(&path).unwrap();
    assert_eq!((trace.status(), trace.event_count()), (Status::Recovered, 21));
}

#[test]
fn a_forked_child_appends_a_stream_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut parent) = create(&dir, small());
    parent.push(&samples::getpid(0));
    parent.before_fork();
    // What a child has after fork: a copy of the writer. Here the copy is a second one over the same file.
    let file = OpenOptions::new().append(true).open(&path).unwrap();
    let mut child = Writer::over(Box::new(file.try_clone().unwrap()), parent.id, small(), 0, true).unwrap();
    child.file = Some(file);
    child.after_fork(7).unwrap();
    for n in 0..20 {
        child.push(&samples::getpid(100 + n));
        parent.push(&samples::getpid(1 + n));
        child.settle();
    }
    let blob = child.blob(b"of the child");
    let _ = child.finish();
    let _ = parent.finish();
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.streams().collect::<Vec<_>>(), [0, 7]);
    assert_eq!((trace.status(), trace.damage()), (Status::Complete, &[][..]));
    assert_eq!((trace.event_count(), trace.stream(7).unwrap().len()), (21, 20));
    assert_eq!(*trace.stream(7).unwrap().event(EventIndex(19)).unwrap(), samples::getpid(119));
    assert_eq!(trace.blob(blob).unwrap(), b"of the child");
    assert!(matches!(trace.stream(3), Err(Error::NoSuchStream { stream: 3 })));
}

/// A disk with room for `room` bytes, over a real file.
struct FullDisk {
    file: File,
    room: u64,
    errno: i32,
}

impl Medium for FullDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.room.saturating_sub(Medium::len(self)?);
        let fits = bytes.len().min(usize::try_from(left).unwrap());
        self.file.write_all(&bytes[..fits])?;
        if fits == bytes.len() { Ok(()) } else { Err(io::Error::from_raw_os_error(self.errno)) }
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.metadata().map(|meta| meta.len())
    }
}

#[test]
fn a_full_disk_at_any_byte_leaves_a_closed_trace() {
    let dir = tempfile::tempdir().unwrap();
    let header = header::tests::sample();
    let start = header.to_bytes().unwrap();
    let (path, mut writer) = create(&dir, small());
    push(&mut writer, 0..40);
    let whole = writer.finish().bytes;
    let path = path.with_extension("full");
    for (round, room) in (start.len() as u64..whole).enumerate() {
        let (errno, linux) = [(libc::ENOSPC, 28), (libc::EDQUOT, 122), (libc::EIO, 5)][round % 3];
        std::fs::write(&path, &start).unwrap();
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        let disk = Box::new(FullDisk { file, room, errno });
        let mut writer = Writer::over(disk, header.id, small(), start.len() as u64, false).unwrap();
        push(&mut writer, 0..40);
        writer.settle();
        push(&mut writer, 40..50);
        let totals = writer.finish();
        assert_eq!(totals.errno, Some(linux), "room {room}");
        assert_eq!(totals.events + totals.lost, 50, "room {room}");
        let trace = Trace::open(&path).unwrap();
        assert_eq!(trace.event_count(), totals.events, "room {room}");
        for n in 0..totals.events {
            assert_eq!(*trace.event(EventIndex(n)).unwrap(), samples::getpid(n));
        }
        assert_eq!(trace.damage(), [], "room {room}");
        let closed = matches!(trace.status(), Status::Truncated { errno: e, .. } if e == linux);
        // Only where there is no room for the header and an end mark can there be no mark.
        assert_eq!(closed, room >= start.len() as u64 + crate::block::END_LEN as u64, "room {room}");
    }
}

#[test]
fn the_guest_is_told_nothing_but_the_recorder_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let disk = Box::new(FullDisk { file, room: 0, errno: libc::ENOSPC });
    let mut writer = Writer::over(disk, TraceId::default(), small(), 0, false).unwrap();
    assert_eq!(writer.errno(), None);
    writer.push(&samples::getpid(0));
    writer.settle();
    assert_eq!(writer.errno(), Some(libc::ENOSPC.unsigned_abs()));
    assert_eq!(writer.push(&samples::getpid(1)), EventIndex(1));
    writer.blob(b"nowhere");
    writer.flush();
    assert_eq!(writer.finish().lost, 2);
}

#[test]
fn a_device_without_room_cannot_hold_a_trace() {
    if !Path::new("/dev/full").exists() {
        return; // macOS has none.
    }
    let error = Writer::create(Path::new("/dev/full"), &header::tests::sample(), small());
    assert!(matches!(error, Err(Error::Io { action: "create", .. })));
}

#[test]
fn an_event_beyond_all_bounds_stops_the_recording_visibly() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, small());
    writer.push(&samples::getpid(0));
    let data = vec![0; crate::columns::MAX_EVENT_DATA + 1];
    writer.push(&Event { body: Body::Svc(Svc { data, ..Svc::default() }), ..samples::getpid(1) });
    writer.push(&samples::getpid(2));
    let totals = writer.finish();
    assert_eq!((totals.events, totals.lost, totals.errno), (1, 2, Some(libc::EFBIG.unsigned_abs())));
    let trace = Trace::open(&path).unwrap();
    assert_eq!(trace.event_count(), 1);
    assert!(matches!(trace.status(), Status::Truncated { lost: 2, .. }));
}

/// Runs as the recorder that the test below kills; does nothing in a normal test run.
#[test]
fn recorder_to_be_killed() {
    let Some(path) = std::env::var_os("TRACES_TEST_RECORD") else { return };
    let mut writer = Writer::create(Path::new(&path), &header::tests::sample(), Options::default()).unwrap();
    for n in 0.. {
        writer.push(&samples::getpid(n));
        if n % 64 == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

#[test]
fn a_killed_recorder_loses_at_most_the_last_tenth_of_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("killed.etrace");
    for wait in [60, 131, 247, 333] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer::tests::recorder_to_be_killed"])
            .env("TRACES_TEST_RECORD", &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        if !path.exists() {
            continue; // It was killed before it began.
        }
        let trace = match Trace::open(&path) {
            Ok(trace) => trace,
            Err(Error::NotATrace { .. }) => continue,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(trace.status(), Status::Recovered);
        for (n, event) in trace.events(0..u64::MAX).enumerate() {
            assert_eq!(*event.unwrap().1, samples::getpid(n as u64));
        }
        if wait > 300 {
            assert!(trace.event_count() > 4096, "{} events after {wait} ms", trace.event_count());
        }
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_loop_of_calls_costs_few_bytes_an_event() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut writer) = create(&dir, Options::default());
    push(&mut writer, 0..100_000);
    let totals = writer.finish();
    let per_event = totals.bytes * 100 / totals.events;
    assert!(per_event <= 400, "{per_event} hundredths of a byte an event");
    assert_eq!(Trace::open(&path).unwrap().event_count(), 100_000);
}
