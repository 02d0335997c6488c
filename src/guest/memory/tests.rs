//! Both memory modes against the same expectations.

use super::*;

fn spaces() -> Vec<Space> {
    [MemoryMode::Checked, MemoryMode::Protected]
        .into_iter()
        .filter(|mode| mode.is_supported())
        .map(|mode| Space::with_size(1 << 36, mode).unwrap())
        .collect()
}

fn load(space: &Space, addr: u64) -> Result<u64, MemError> {
    match space.mode() {
        MemoryMode::Checked => CheckedMemory(space).load(addr),
        MemoryMode::Protected => ProtectedMemory(space).load(addr),
    }
}

fn store(space: &Space, addr: u64, value: u64) -> Result<(), MemError> {
    match space.mode() {
        MemoryMode::Checked => CheckedMemory(space).store(addr, value),
        MemoryMode::Protected => ProtectedMemory(space).store(addr, value),
    }
}

fn refused(addr: u64, access: Access, kind: FaultKind) -> MemError {
    MemError::Fault(Fault { addr, access, kind })
}

#[test]
fn rights_decide_and_faults_name_the_first_bad_byte() {
    for space in spaces() {
        space.map(0x1_0000..0x1_2000, Prot::RW, Backing::Anonymous).unwrap();
        space.map(0x1_2000..0x1_3000, Prot(Prot::READ), Backing::Anonymous).unwrap();
        store(&space, 0x1_0ffc, 0x1122_3344_5566_7788).unwrap();
        assert_eq!(load(&space, 0x1_0ffc), Ok(0x1122_3344_5566_7788));
        assert_eq!(load(&space, 0x1_2ff8), Ok(0));
        let crossing = refused(0x1_3000, Access::Read, FaultKind::Translation);
        assert_eq!(load(&space, 0x1_2ffc), Err(crossing));
        let read_only = refused(0x1_2000, Access::Write, FaultKind::Permission);
        assert_eq!(store(&space, 0x1_1ffc, u64::MAX), Err(read_only));
        assert_eq!(load(&space, 0x1_1ff8), Ok(0), "a refused store wrote something");
        for wild in [0, 0x1_4000, (1 << 36) - 8, 1 << 36, u64::MAX - 7] {
            assert_eq!(load(&space, wild), Err(refused(wild, Access::Read, FaultKind::Translation)));
        }
        space.protect(0x1_0000..0x1_1000, Prot(0)).unwrap();
        let closed = refused(0x1_0000, Access::Read, FaultKind::Permission);
        assert_eq!(load(&space, 0x1_0000), Err(closed));
        space.protect(0x1_0000..0x1_1000, Prot::RW).unwrap();
        assert_eq!(load(&space, 0x1_0ff8).map(|v| v >> 32), Ok(0x5566_7788));
    }
}

#[test]
fn stores_into_decoded_pages_are_reported_until_forgotten() {
    for space in spaces() {
        space.map(0x1_0000..0x1_1000, Prot(7), Backing::Anonymous).unwrap();
        store(&space, 0x1_0000, 1).unwrap();
        space.mark_code(0x1_0000, 64);
        assert_eq!(store(&space, 0x1_0800, 2), Err(MemError::CodeWritten));
        assert_eq!(load(&space, 0x1_0800), Ok(2));
        space.write_forced(0x1_0010, &[1, 2, 3]).unwrap();
        let mut stale = Vec::new();
        space.drain_stale(&mut stale);
        assert_eq!((stale.len(), stale[0].clone()), (1, 0x1_0010..0x1_0013));
        space.protect(0x1_0000..0x1_1000, Prot(7)).unwrap();
        assert_eq!(store(&space, 0x1_0800, 3), Ok(()));
    }
}

#[test]
fn remapping_zeroes_and_moving_keeps() {
    for space in spaces() {
        space.map(0x1_0000..0x1_2000, Prot::RW, Backing::Anonymous).unwrap();
        store(&space, 0x1_1000, 7).unwrap();
        space.relocate(0x1_0000..0x1_2000, 0x5_0000).unwrap();
        assert_eq!(load(&space, 0x5_1000), Ok(7));
        assert!(load(&space, 0x1_1000).is_err());
        space.map(0x5_1000..0x5_2000, Prot::RW, Backing::Anonymous).unwrap();
        assert_eq!(load(&space, 0x5_1000), Ok(0));
        assert!(space.relocate(0x5_0000..0x5_2000, 0x5_1000).is_err());
        space.clear().unwrap();
        assert_eq!(space.regions().iter().count(), 0);
    }
}

#[test]
fn the_checked_mode_knows_what_was_written_since_the_last_snapshot() {
    let space = Space::with_size(1 << 36, MemoryMode::Checked).unwrap();
    space.map(0x1_0000..0x1_3000, Prot::RW, Backing::Anonymous).unwrap();
    store(&space, 0x1_0000, 1).unwrap();
    let mut touched = Vec::new();
    space.for_each_touched(|page, _| touched.push(page));
    assert_eq!(touched, [0x1_0000]);
    space.mark_clean();
    assert!(!space.is_dirty(0x1_0000));
    store(&space, 0x1_0008, 1).unwrap();
    store(&space, 0x1_2000, 1).unwrap();
    assert!(space.is_dirty(0x1_0000) && !space.is_dirty(0x1_1000) && space.is_dirty(0x1_2000));
}

#[test]
fn exchange_swaps_only_what_was_expected() {
    for space in spaces() {
        space.map(0x1_0000..0x1_1000, Prot::RW, Backing::Anonymous).unwrap();
        assert_eq!(space.exchange(0x1_0000, 0u64, 5), Ok(0));
        assert_eq!(space.exchange(0x1_0000, 0u64, 6), Ok(5));
        assert_eq!(load(&space, 0x1_0000), Ok(5));
        assert_eq!(space.exchange(0x1_0010, 0u128, u128::MAX), Ok(0));
        assert_eq!(space.exchange(0x1_0010, u128::MAX, 1u128), Ok(u128::MAX));
    }
}

#[test]
fn twins_show_each_others_stores_until_one_is_gone() {
    let (a, b, c) = (0x1_0000, 0x5_0000, 0x9_0000);
    for space in spaces() {
        space.map(a..a + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        space.map(b..b + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        store(&space, a + 8, 1).unwrap();
        store(&space, b + 8, 99).unwrap();
        space.alias(a..a + 0x2000, b).unwrap();
        assert_eq!(load(&space, b + 8), Ok(1));
        store(&space, b + 0x1000, 2).unwrap();
        space.write(b + 0x1008, &[5]).unwrap();
        assert_eq!((load(&space, a + 0x1000), load(&space, a + 0x1008)), (Ok(2), Ok(5)));
        assert_eq!(space.exchange(b + 0x1000, 2u64, 3), Ok(2));
        assert_eq!(load(&space, a + 0x1000), Ok(3));
        // Each has its own rights, and goes where it likes.
        space.protect(b..b + 0x1000, Prot(Prot::READ)).unwrap();
        assert!(store(&space, b, 1).is_err());
        store(&space, a + 16, 3).unwrap();
        space.relocate(b..b + 0x2000, c).unwrap();
        store(&space, a + 24, 4).unwrap();
        assert_eq!((load(&space, c + 16), load(&space, c + 24)), (Ok(3), Ok(4)));
        space.map(a..a + 0x1000, Prot::RW, Backing::Anonymous).unwrap();
        store(&space, a, 9).unwrap();
        assert_eq!((load(&space, a + 8), load(&space, c), load(&space, c + 8)), (Ok(0), Ok(0), Ok(1)));
        store(&space, c + 0x1000, 6).unwrap();
        assert_eq!(load(&space, a + 0x1000), Ok(6));
        // A third one, of pages some of which have twins.
        space.map(b..b + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        space.alias(a..a + 0x2000, b).unwrap();
        store(&space, b, 7).unwrap();
        store(&space, b + 0x1000, 8).unwrap();
        assert_eq!((load(&space, a), load(&space, c), load(&space, c + 0x1000)), (Ok(7), Ok(0), Ok(8)));
        for (from, to) in [(a, a), (a, a + 0x1000), (a, 0xF_0000), (0xF_0000, a), (a, u64::MAX - 0xFFF)] {
            assert!(space.alias(from..from + 0x2000, to).is_err(), "{from:x} {to:x}");
        }
    }
}

#[test]
fn a_store_is_noticed_at_all_addresses_of_its_page() {
    let (a, b) = (0x1_0000, 0x5_0000);
    let space = Space::with_size(1 << 36, MemoryMode::Checked).unwrap();
    space.map(a..a + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
    space.map(b..b + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
    store(&space, a, 1).unwrap();
    space.alias(a..a + 0x2000, b).unwrap();
    assert!(space.is_touched(b) && space.is_dirty(b) && !space.is_touched(b + 0x1000));
    for _ in 0..2 {
        assert_eq!(space.take_dirty(&(b..b + 0x2000)), [b]);
        assert!(!space.is_dirty(b));
        store(&space, a, 2).unwrap();
        assert!(space.is_dirty(b));
    }
    space.mark_clean();
    store(&space, b + 0x1000, 3).unwrap();
    assert!(!space.is_dirty(a) && space.is_dirty(a + 0x1000) && space.is_touched(a + 0x1000));
}

#[test]
fn code_is_dropped_when_it_is_written_at_another_address() {
    let (a, b) = (0x1_0000, 0x5_0000);
    for space in spaces() {
        let stale = || {
            let mut stale = Vec::new();
            space.drain_stale(&mut stale);
            stale
        };
        space.map(a..a + 0x1000, Prot::RW, Backing::Anonymous).unwrap();
        space.map(b..b + 0x1000, Prot::RX, Backing::Anonymous).unwrap();
        space.alias(a..a + 0x1000, b).unwrap();
        assert_eq!(store(&space, a, 1), Ok(()));
        space.mark_code(b, 64);
        assert_eq!(store(&space, a + 8, 2), Err(MemError::CodeWritten));
        assert_eq!(stale(), std::iter::once(b..b + 0x1000).collect::<Vec<_>>());
        assert_eq!(store(&space, a + 8, 3), Ok(()));
        space.mark_code(b, 64);
        space.write_forced(a, &[1]).unwrap();
        assert!(stale().contains(&(b..b + 0x1000)));
        // Rights that are given anew let no store pass.
        space.mark_code(b, 64);
        space.protect(a..a + 0x1000, Prot::RW).unwrap();
        assert_eq!(store(&space, a + 8, 4), Err(MemError::CodeWritten));
        assert_eq!(stale().len(), 1);
        space.mark_code(b, 64);
        assert_eq!(space.exchange(a + 8, 4u64, 5), Ok(4));
        assert!(space.has_stale.load(Ordering::Relaxed));
        assert_eq!(load(&space, b + 8), Ok(5));
    }
}

#[test]
fn what_comes_apart_has_twins_of_its_own() {
    let (a, b) = (0x1_0000, 0x5_0000);
    for space in spaces() {
        assert!(space.copy_shared().unwrap().is_none());
        space.map(a..a + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        space.map(b..b + 0x1000, Prot(Prot::READ), Backing::Anonymous).unwrap();
        store(&space, a + 0x1000, 1).unwrap();
        space.alias(a + 0x1000..a + 0x2000, b).unwrap();
        let copy = space.copy_shared().unwrap().unwrap();
        store(&space, a + 0x1000, 2).unwrap();
        space.come_apart(&copy).unwrap();
        drop(copy);
        assert_eq!((load(&space, a + 0x1000), load(&space, b)), (Ok(1), Ok(1)));
        store(&space, a + 0x1000, 7).unwrap();
        assert_eq!(load(&space, b), Ok(7));
        assert!(store(&space, b, 1).is_err());
    }
}

#[test]
fn pages_behind_the_end_of_a_file_fault_as_such() {
    let (start, end) = (0x1_0000, 0x1_3000);
    let behind = start + 0x1000;
    for space in spaces() {
        space.map(start..end, Prot::RW, Backing::Anonymous).unwrap();
        assert!(space.set_behind(behind..end + 0x1000, true).is_err());
        space.set_behind(behind..end, true).unwrap();
        let read = refused(behind, Access::Read, FaultKind::External);
        assert_eq!(load(&space, behind - 4), Err(read));
        assert_eq!(store(&space, behind, 1), Err(refused(behind, Access::Write, FaultKind::External)));
        space.protect(start..end, Prot(Prot::READ)).unwrap();
        assert_eq!(store(&space, behind, 1), Err(refused(behind, Access::Write, FaultKind::Permission)));
        assert_eq!(load(&space, behind), Err(read));
        space.protect(start..end, Prot::RW).unwrap();
        space.write_forced(behind, &[7]).unwrap();
        assert_eq!(load(&space, behind), Err(read));
        space.set_behind(behind..behind + 0x1000, false).unwrap();
        assert_eq!((load(&space, behind), store(&space, behind, 1)), (Ok(7), Ok(())));
        space.map(start..end, Prot::RW, Backing::Anonymous).unwrap();
        assert_eq!(load(&space, end - 8), Ok(0));
        assert!(space.regions().behind().is_empty());
    }
}
