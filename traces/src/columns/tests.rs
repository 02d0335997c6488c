//! Tests of the columns: every event survives, damaged ones never panic.

use super::*;
use crate::samples;
use crate::varint;
use proptest::prelude::*;

fn build(events: &[Event]) -> Builder {
    let mut builder = Builder::new();
    events.iter().for_each(|event| builder.add(event).unwrap());
    builder
}

fn sections(builder: &Builder) -> (Vec<u8>, Vec<u8>) {
    let (mut hot, mut cold) = (Vec::new(), Vec::new());
    lay_out(&builder.hot, &mut hot);
    lay_out(&builder.cold, &mut cold);
    (hot, cold)
}

fn decoded(builder: &Builder) -> Vec<Event> {
    let (hot, cold) = sections(builder);
    let slots = events(&hot, &cold, builder.count).unwrap();
    slots
        .into_iter()
        .map(|slot| if let Slot::Event(event) = slot { (*event).clone() } else { panic!("{slot:?}") })
        .collect()
}

#[test]
fn every_kind_of_event_survives() {
    let events = samples::events();
    assert_eq!(decoded(&build(&events)), events);
}

#[test]
fn hot_columns_agree_with_the_events() {
    let events = samples::events();
    let (section, _) = sections(&build(&events));
    let hot = Hot::decode(&section, u32::try_from(events.len()).unwrap()).unwrap();
    for (at, event) in events.iter().enumerate() {
        let svc = event.svc();
        assert_eq!(hot.kind[at], event.kind().number());
        assert_eq!(
            (hot.tid[at], hot.icount[at], hot.clock[at]),
            (event.tid.0, event.icount.0, event.clock.0)
        );
        assert_eq!(hot.nr[at], svc.map_or(NO_NR, |svc| svc.nr));
        assert_eq!(hot.ret[at], svc.map_or(0, |svc| svc.ret));
        assert_eq!(hot.dur[at], svc.map_or(0, |svc| svc.dur.0));
        let vdso = svc.and_then(|svc| svc.vdso.as_deref()).map(|exit| (exit.function, exit.reason));
        assert_eq!(hot.vdso(at), vdso);
    }
    assert_eq!(hot.errno(1), Some(2));
    assert_eq!(hot.errno(4), None, "i64::MIN is no errno");
}

#[test]
fn a_builder_is_as_new_after_a_reset() {
    let events = samples::events();
    let mut builder = build(&events);
    let first = sections(&builder);
    builder.reset(0, 0);
    events.iter().for_each(|event| builder.add(event).unwrap());
    assert_eq!(sections(&builder), first);
}

#[test]
fn an_unknown_kind_spoils_only_its_own_event() {
    let mut events_in = samples::events();
    let mut builder = build(&events_in);
    // What a newer program would write: a kind number of its own and a body with a length before it.
    builder.hot[hot::KIND].push(200);
    [hot::TID, hot::ICOUNT, hot::CLOCK].iter().for_each(|&column| varint::put(&mut builder.hot[column], 0));
    builder.hot[hot::AUX].push(0);
    builder.cold[cold::BODY].extend_from_slice(&[3, 9, 9, 9]);
    builder.count += 1;
    let last = events_in.pop().unwrap();
    builder.add(&last).unwrap();
    let (hot, cold) = sections(&builder);
    let slots = events(&hot, &cold, builder.count).unwrap();
    let unknown = slots.iter().filter(|slot| matches!(slot, Slot::Unknown { kind: 200, .. })).count();
    assert_eq!((unknown, slots.len()), (1, samples::events().len() + 2));
    assert!(matches!(slots.last(), Some(Slot::Event(event)) if event.body == last.body));
}

#[test]
fn an_unknown_variant_inside_a_body_spoils_only_its_own_event() {
    let events_in = [samples::getpid(0), samples::getpid(1)];
    let mut builder = build(&events_in[..1]);
    // A system call with one effect of variant 99.
    builder.add(&samples::getpid(5)).unwrap();
    *builder.cold[cold::SHAPE].last_mut().unwrap() |= HAS_REST;
    builder.cold[cold::BODY].extend_from_slice(&[4, 1, 99, 0, 0]);
    builder.add(&events_in[1]).unwrap();
    let (hot, cold) = sections(&builder);
    let slots = events(&hot, &cold, 3).unwrap();
    assert!(
        matches!(slots[..], [Slot::Event(_), Slot::Unknown { kind: 1, .. }, Slot::Event(_)]),
        "{slots:?}"
    );
}

#[test]
fn columns_of_newer_programs_are_stepped_over() {
    let builder = build(&samples::events());
    let mut columns = builder.hot.to_vec();
    columns.push(b"something new".to_vec());
    let mut section = Vec::new();
    lay_out(&columns, &mut section);
    let (plain, _) = sections(&builder);
    assert_eq!(Hot::decode(&section, builder.count), Hot::decode(&plain, builder.count));
}

#[test]
fn oversized_events_are_refused() {
    let mut event = samples::getpid(0);
    let Body::Svc(svc) = &mut event.body else { unreachable!() };
    svc.data = vec![0; MAX_EVENT_DATA + 1];
    assert!(Builder::new().add(&event).is_err());
}

#[test]
fn damaged_sections_never_panic() {
    let builder = build(&samples::events());
    let (hot, cold) = sections(&builder);
    for at in 0..hot.len() {
        for bit in 0..8 {
            let mut bad = hot.clone();
            bad[at] ^= 1 << bit;
            let _ = events(&bad, &cold, builder.count);
        }
        assert!(Hot::decode(&hot[..at], builder.count).is_err());
    }
    for at in 0..cold.len() {
        let mut bad = cold.clone();
        bad[at] ^= 0x81;
        let _ = events(&hot, &bad, builder.count);
        assert!(events(&hot, &cold[..at], builder.count).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_events_survive(events in prop::collection::vec(samples::arbitrary(), 0..40)) {
        prop_assert_eq!(decoded(&build(&events)), events);
    }

    #[test]
    fn arbitrary_sections_never_panic(hot in prop::collection::vec(any::<u8>(), 0..200), cold in prop::collection::vec(any::<u8>(), 0..200), count in 0u32..20) {
        let _ = events(&hot, &cold, count);
    }
}
