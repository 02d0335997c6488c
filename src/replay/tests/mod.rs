//! Replays of one recorded guest: everywhere and back, with damaged traces, with few snapshots.

use super::snapshots::Limits;
use super::*;
use crate::engine::Vcpu;
use crate::guest::MemoryMode;
use crate::kernel::{Config, VdsoChoice};
use crate::record::{self, Recorder};
use crate::sched::Guest;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use traces::event::{Body, Effect, Event};
use traces::replay::{Position, Replay};
use traces::writer::{Options, Writer};
use traces::{EventIndex, InsnCount, Trace};

mod hostile;
mod places;

/// A static program of its code and of zeroed data, whose offset lies behind the end of the file as linkers
/// write it where data needs no bytes.
fn program(words: &[u32]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 2 * 56;
    let size = HEADERS + 4 * words.len() as u64;
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [2u16, 183] {
        elf.extend(half.to_le_bytes()); // ET_EXEC, EM_AARCH64
    }
    elf.extend(1u32.to_le_bytes());
    for word in [BASE + HEADERS, 64, 0] {
        elf.extend(word.to_le_bytes()); // entry, program headers, section headers
    }
    elf.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 2, 0, 0, 0] {
        elf.extend(half.to_le_bytes());
    }
    let code = (5u32, [0, BASE, BASE, size, size, 4096]);
    let data = (6u32, [0xFFF0, BASE + 0x1_FFF0, BASE + 0x1_FFF0, 0, 0x1000, 0x1_0000]);
    for (flags, words) in [code, data] {
        elf.extend(1u32.to_le_bytes()); // PT_LOAD
        elf.extend(flags.to_le_bytes());
        elf.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    elf.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    elf
}

fn record(folder: &Path) -> Trace {
    let words: Vec<u32> =
        include_str!("guest.words").lines().map(|line| u32::from_str_radix(line, 16).unwrap()).collect();
    let file = folder.join("guest");
    std::fs::write(&file, program(&words)).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = Config {
        sysroot: None,
        program: file,
        argv: vec![b"guest".to_vec()],
        env: Vec::new(),
        workdir: None,
        overlay: None,
        user: (1000, 1000),
        vdso: VdsoChoice::Revision(vdso::Revision::Carry),
        network: false,
    };
    let path = folder.join("guest.etrace");
    let options = Options { events_per_block: 16, ..Options::default() };
    let mut recorder = Recorder::new(Writer::create(&path, &record::header(None), options).unwrap());
    let mut guest = Guest::start(&config, MemoryMode::Checked, true, &mut recorder).unwrap();
    assert_eq!(guest.run(&mut recorder), traces::event::EndStatus::Exited(7));
    assert_eq!(recorder.finish().errno, None);
    Trace::open(&path).unwrap()
}

/// The recording of the guest in `guest.s`.
fn recording() -> Arc<Trace> {
    static ONE: OnceLock<(TempDir, Arc<Trace>)> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let trace = Arc::new(record(folder.path()));
        (folder, trace)
    };
    Arc::clone(&ONE.get_or_init(make).1)
}

/// A copy of the recording in which `edit` has changed the events; it returns whether to keep the event.
fn edited(edit: &mut dyn FnMut(u64, &mut Event) -> bool) -> (TempDir, Arc<Trace>) {
    let trace = recording();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edited.etrace");
    let mut writer = Writer::create(&path, trace.header(), Options::default()).unwrap();
    for item in trace.events(0..trace.event_count()) {
        let (index, event) = item.unwrap();
        let mut event = (*event).clone();
        for effect in effects(&mut event) {
            if let Effect::WriteBlob { blob, .. } = effect {
                *blob = writer.blob(&trace.blob(*blob).unwrap());
            }
        }
        if edit(index.0, &mut event) {
            writer.push(&event);
        }
    }
    assert_eq!(writer.finish().errno, None);
    let trace = Arc::new(Trace::open(&path).unwrap());
    (folder, trace)
}

fn effects(event: &mut Event) -> &mut [Effect] {
    match &mut event.body {
        Body::Start(start) => &mut start.effects,
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => &mut svc.effects,
        Body::Reseed(reseed) => &mut reseed.effects,
        Body::Signal(signal) => &mut signal.effects,
        _ => &mut [],
    }
}

/// Registers and memory in one short value.
fn state(player: &Player) -> (traces::event::Digests, u64) {
    (player.digests(), player.vcpu().counter().0.0)
}

/// A replay from the start that never goes back.
fn straight(trace: &Arc<Trace>, to: Position, mode: MemoryMode) -> Player {
    let mut player = Player::new(Arc::clone(trace), mode).unwrap();
    while player.applied() < to.event.0 {
        player.advance().unwrap();
    }
    match to.after {
        None => drop(player.run_to_next().unwrap()),
        Some(InsnCount(n)) => {
            player.advance().unwrap();
            player.run_insns(n).unwrap();
        }
    }
    player
}

fn replayed(trace: &Arc<Trace>) -> Result<Player, ReplayError> {
    let mut player = Player::new(Arc::clone(trace), MemoryMode::Checked)?;
    while !player.at_end() {
        player.advance()?;
    }
    Ok(player)
}

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n.max(1)
    }
}
