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
