//! Going to places: forward, back, over the end, with snapshots that cost little.

use super::*;

fn modes() -> impl Iterator<Item = MemoryMode> {
    [MemoryMode::Checked, MemoryMode::Protected].into_iter().filter(|mode| mode.is_supported())
}

/// So few snapshots that every kind of thinning out happens.
const TIGHT: Limits = Limits { spacing: 3_000, marks: 6, near_spacing: 400, near: 4, pages: 60 };

fn seek(session: &mut Session, to: Position) {
    let stop = session.seek(to, &mut |_| true).unwrap_or_else(|e| panic!("{to}: {e}"));
    assert_eq!(stop.position, to);
}

/// A position somewhere: before, just after, or between events.
fn anywhere(trace: &Trace, numbers: &mut Numbers) -> Position {
    let event = EventIndex(numbers.below(trace.event_count()));
    let here = trace.event(event).unwrap().icount.0;
    let next = trace.event(EventIndex(event.0 + 1)).map_or(here, |next| next.icount.0);
    match numbers.below(4) {
        0 => Position::before(event),
        1 => Position::after(event),
        // The place before the next event has that name.
        _ => Position { event, after: Some(InsnCount(numbers.below(next - here))) },
    }
}

#[test]
fn a_place_is_the_same_from_wherever_it_is_reached() {
    let trace = recording();
    for mode in modes() {
        let mut numbers = Numbers(88_172_645_463_325_252);
        let mut session = Session::with_limits(Arc::clone(&trace), mode, TIGHT).unwrap();
        for round in 0..60 {
            let to = anywhere(&trace, &mut numbers);
            seek(&mut session, to);
            let there = state(session.player());
            if round % 4 == 0 {
                let player = straight(&trace, to, mode);
                assert!(state(&player) == there, "{to} differs from a straight replay");
                assert_eq!(player.vcpu().regs(), session.player().vcpu().regs(), "{to}");
            }
            let n = i64::try_from(numbers.below(9_000)).unwrap() - 3_000;
            let room = session.step(0).unwrap().icount;
            let out = session.step(n).unwrap();
            let moved = i128::from(out.icount.0) - i128::from(room.0);
            assert!(moved.abs() <= i128::from(n.unsigned_abs()), "{to}: {n} steps went {moved}");
            if !out.at_end && out.position != Position::before(EventIndex(0)) {
                session.step(-n).unwrap();
                assert!(state(session.player()) == there, "{to}: {n} steps and back");
                assert_eq!(session.regs(), crate::engine::to_image(&session.player().vcpu().regs()));
            }
            let (marks, near, _) = session.snapshot_figures();
            assert!(marks <= TIGHT.marks && near <= TIGHT.near, "{marks} marks, {near} near");
        }
    }
}

#[test]
fn single_steps_visit_every_place_in_order_and_back() {
    let trace = recording();
    let mut session = Session::with_limits(Arc::clone(&trace), MemoryMode::Checked, TIGHT).unwrap();
    seek(&mut session, Position::before(EventIndex(40)));
    let mut seen = vec![(session.stop(), session.regs())];
    for _ in 0..300 {
        let stop = session.step(1).unwrap();
        let before = seen.last().unwrap().0;
        assert!(stop.position > before.position, "{} after {}", stop.position, before.position);
        seen.push((stop, session.regs()));
    }
    for (stop, regs) in seen.iter().rev().skip(1) {
        let now = session.step(-1).unwrap();
        assert_eq!((now.icount, session.regs()), (stop.icount, regs.clone()), "{}", stop.position);
    }
}

#[test]
fn the_end_and_the_start_are_walls() {
    let trace = recording();
    let mut session = Session::new(Arc::clone(&trace), MemoryMode::Checked).unwrap();
    let last = EventIndex(trace.event_count() - 1);
    let end = session.step(i64::MAX).unwrap();
    assert_eq!((end.position, end.at_end), (Position::after(last), true));
    assert_eq!(session.step(1).unwrap(), end);
    let digests = state(session.player());
    let start = session.step(i64::MIN).unwrap();
    assert_eq!((start.position, start.icount), (Position::before(EventIndex(0)), InsnCount(0)));
    assert_eq!(session.step(-1).unwrap(), start);
    seek(&mut session, Position::after(last));
    assert_eq!(state(session.player()), digests);
    assert_eq!(digests, state(&replayed(&trace).unwrap()));
}

#[test]
fn places_that_are_not_there_get_a_sentence() {
    let trace = recording();
    let last = trace.event_count() - 1;
    let (from, to) = (trace.event(EventIndex(3)).unwrap(), trace.event(EventIndex(4)).unwrap());
    let between = to.icount.0 - from.icount.0;
    let mut session = Session::new(Arc::clone(&trace), MemoryMode::Checked).unwrap();
    seek(&mut session, Position::after(EventIndex(7)));
    let inside = |event, n| Position { event: EventIndex(event), after: Some(InsnCount(n)) };
    for (place, want) in [
        (
            Position::before(EventIndex(last + 1)),
            format!("there is no position E{} in this trace; its last event is E{last}", last + 1),
        ),
        (
            Position::after(EventIndex(u64::MAX)),
            format!("there is no position E{}! in this trace; its last event is E{last}", u64::MAX),
        ),
        (inside(last, 1), format!("there is no position E{last}+1 in this trace; its last event is E{last}")),
        (
            inside(3, between + 1),
            format!(
                "there is no position E3+{}: E4 comes {between} instructions after the event",
                between + 1
            ),
        ),
        (
            inside(3, u64::MAX),
            format!("there is no position E3+{}: E4 comes {between} instructions after the event", u64::MAX),
        ),
    ] {
        let error = session.seek(place, &mut |_| true).unwrap_err();
        assert_eq!((error.message, error.diverged), (want, false));
        assert_eq!(session.stop().position, Position::after(EventIndex(7)), "it moved for nothing");
    }
    // So many instructions after an event can be just before the next.
    let stop = session.seek(inside(3, between), &mut |_| true).unwrap();
    assert_eq!(stop.position, Position::before(EventIndex(4)));
}

#[test]
fn a_seek_can_be_cancelled_and_taken_up_again() {
    let trace = recording();
    let mut session = Session::with_limits(Arc::clone(&trace), MemoryMode::Checked, TIGHT).unwrap();
    let last = Position::before(EventIndex(trace.event_count() - 1));
    let mut asked = 0;
    let stop = session.seek(last, &mut |share| {
        asked += 1;
        assert!(share <= 1000);
        false
    });
    assert!(asked == 1 && stop.unwrap().position < last, "it went on");
    seek(&mut session, last);
    assert!(state(session.player()) == state(&straight(&trace, last, MemoryMode::Checked)));
}

#[test]
fn snapshots_share_what_did_not_change() {
    let trace = recording();
    let roomy = Limits { spacing: 2_000, marks: 1000, near: 0, ..Limits::default() };
    let mut session = Session::with_limits(Arc::clone(&trace), MemoryMode::Checked, roomy).unwrap();
    let end = Position::after(EventIndex(trace.event_count() - 1));
    seek(&mut session, end);
    let mut pages = 0u64;
    session.player().space().for_each_touched_page(|_, _| pages += 1);
    let (marks, _, held) = session.snapshot_figures();
    // A turn of the guest writes some 20 pages, and there are three snapshots a turn.
    assert!(marks > 30, "{marks}");
    assert!(pages > 25 && held < marks as u64 * 14, "{held} pages in {marks} snapshots of {pages}");
    let mut numbers = Numbers(7);
    for _ in 0..40 {
        let to = anywhere(&trace, &mut numbers);
        seek(&mut session, to);
    }
    let (again, _, now) = session.snapshot_figures();
    assert!(again <= marks + 2 && now <= held + 60, "{again} marks, {now} pages, from {marks} and {held}");
    // Thinned out to a bound, they still lead everywhere.
    let mut session = Session::with_limits(Arc::clone(&trace), MemoryMode::Checked, TIGHT).unwrap();
    seek(&mut session, end);
    let (marks, near, held) = session.snapshot_figures();
    assert!(held <= TIGHT.pages || (marks <= 2 && near <= 1), "{marks}, {near}: {held} pages");
}

#[test]
fn what_cannot_be_replayed_says_so() {
    let (_folder, empty) = edited(&mut |_, _| false);
    let error = Session::new(Arc::clone(&empty), MemoryMode::Checked).err().unwrap();
    assert_eq!(error.to_string(), "the trace has no events, so there is nothing to replay");
    let trace = recording();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observe.etrace");
    let header = traces::Header { fidelity: traces::Fidelity::Observe, ..trace.header().clone() };
    let mut writer = Writer::create(&path, &header, Options::default()).unwrap();
    writer.push(&trace.event(EventIndex(0)).unwrap());
    let _ = writer.finish();
    let error = Session::new(Arc::new(Trace::open(&path).unwrap()), MemoryMode::Checked).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the trace has fidelity `observe`: it can be viewed and queried, but not replayed"
    );
}
