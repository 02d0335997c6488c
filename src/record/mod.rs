//! Recording: the [`EffectLog`] that writes a trace.
//!
//! Used by `elfuse-trace record`. Events are encoded straight into the writer's buffers; what is allocated
//! here is kept from event to event.

mod stored;

use crate::kernel::effects::{Change, EffectLog, Stamp};
use std::sync::Arc;
use stored::Stored;
use traces::event::{Body, Effect, Event, Input};
use traces::header::{Fidelity, Header, IdReg, TraceId};
use traces::writer::{Totals, Writer};
use traces::{EventIndex, GuestAddr};

/// Byte strings of at least this size are stored once and named.
const BLOB_FROM: usize = 1024;

/// Writes what the kernel reports to a trace.
pub struct Recorder {
    writer: Writer,
    inputs: Vec<Input>,
    input_data: Vec<u8>,
    effects: Vec<Effect>,
    effect_data: Vec<u8>,
    /// Whether the writer of a forked process could not begin.
    broken: bool,
}

impl Recorder {
    /// Records into `writer`.
    #[must_use]
    pub fn new(mut writer: Writer) -> Recorder {
        // Without that memory each process stores what it needs.
        if let Ok(stored) = Stored::new() {
            writer.share_blobs(Arc::new(stored));
        }
        Recorder {
            writer,
            inputs: Vec::new(),
            input_data: Vec::new(),
            effects: Vec::new(),
            effect_data: Vec::new(),
            broken: false,
        }
    }

    /// The errno that ended the recording before the guest, if one did.
    #[must_use]
    pub fn errno(&self) -> Option<u32> {
        self.writer.errno()
    }

    /// Closes the trace.
    #[must_use]
    pub fn finish(self) -> Totals {
        const EIO: u32 = 5;
        let lost = self.writer.next_index().0;
        let totals = self.writer.finish();
        if self.broken { Totals { errno: Some(EIO), lost, ..totals } } else { totals }
    }

    fn write(&mut self, at: GuestAddr, bytes: &[u8]) {
        if bytes.len() >= BLOB_FROM {
            let blob = self.writer.blob(bytes);
            self.effects.push(Effect::WriteBlob { at, blob });
        } else {
            let len = u32::try_from(bytes.len()).expect("below the blob size");
            self.effects.push(Effect::Write { at, len });
            self.effect_data.extend_from_slice(bytes);
        }
    }

    /// Moves what was collected into the event's own lists.
    fn attach(&mut self, effects: &mut Vec<Effect>, data: &mut Vec<u8>) {
        std::mem::swap(effects, &mut self.effects);
        data.clear();
        data.append(&mut self.input_data);
        data.append(&mut self.effect_data);
    }

    /// Takes the lists back after the event was written, for their capacity.
    fn detach(&mut self, effects: &mut Vec<Effect>, data: &mut Vec<u8>) {
        effects.clear();
        std::mem::swap(effects, &mut self.effects);
        data.clear();
        if self.input_data.capacity() < data.capacity() {
            std::mem::swap(data, &mut self.input_data);
        }
    }
}

impl EffectLog for Recorder {
    fn wants_inputs(&self) -> bool {
        true
    }

    fn inputs(&mut self, inputs: &[Input], data: &[u8]) {
        self.inputs.extend_from_slice(inputs);
        self.input_data.extend_from_slice(data);
    }

    fn change(&mut self, change: Change<'_>) {
        let effect = match change {
            Change::Write { at, bytes } => return self.write(GuestAddr(at), bytes),
            Change::Zero { at, len } => Effect::Zero { at: GuestAddr(at), len },
            Change::Map { range, prot, backing } => Effect::Map {
                at: GuestAddr(range.start),
                len: range.end - range.start,
                prot,
                backing: backing.clone(),
            },
            Change::Unmap(range) => {
                Effect::Unmap { at: GuestAddr(range.start), len: range.end - range.start }
            }
            Change::Protect { range, prot } => {
                Effect::Protect { at: GuestAddr(range.start), len: range.end - range.start, prot }
            }
            Change::Move { from, to } => {
                Effect::Move { from: GuestAddr(from.start), to: GuestAddr(to), len: from.end - from.start }
            }
            Change::Alias { from, to } => {
                Effect::Alias { from: GuestAddr(from.start), to: GuestAddr(to), len: from.end - from.start }
            }
            Change::FileEnd { range, behind } => {
                Effect::FileEnd { at: GuestAddr(range.start), len: range.end - range.start, behind }
            }
            Change::Regs(image) => Effect::Regs(Box::new(image.clone())),
            Change::ClearSpace => Effect::ClearSpace,
        };
        self.effects.push(effect);
    }

    fn has_changes(&self) -> bool {
        !self.effects.is_empty()
    }

    fn emit(&mut self, at: Stamp, body: Body) {
        let mut event = Event { tid: at.tid, icount: at.icount, clock: at.clock, body };
        match &mut event.body {
            Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => {
                std::mem::swap(&mut svc.inputs, &mut self.inputs);
                self.attach(&mut svc.effects, &mut svc.data);
            }
            Body::Start(start) => self.attach(&mut start.effects, &mut start.data),
            Body::Reseed(reseed) => self.attach(&mut reseed.effects, &mut reseed.data),
            Body::Signal(signal) => self.attach(&mut signal.effects, &mut signal.data),
            Body::ForkStart(start) => self.attach(&mut start.effects, &mut start.data),
            Body::Shared(shared) => self.attach(&mut shared.effects, &mut shared.data),
            Body::Sync { .. }
            | Body::Switch { .. }
            | Body::Hits(_)
            | Body::Checkpoint(_)
            | Body::ThreadExit { .. }
            | Body::End(_)
            | Body::ThreadStart(_)
            | Body::Fork(_) => {}
        }
        self.writer.push(&event);
        if let Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) = &mut event.body {
            svc.inputs.clear();
            std::mem::swap(&mut svc.inputs, &mut self.inputs);
            self.detach(&mut svc.effects, &mut svc.data);
        }
    }

    fn will_block(&mut self) {
        self.writer.park();
    }

    fn next_event(&self) -> EventIndex {
        self.writer.next_index()
    }

    fn before_fork(&mut self) {
        self.writer.before_fork();
    }

    fn after_fork(&mut self, stream: u32) {
        self.inputs.clear();
        self.input_data.clear();
        self.effects.clear();
        self.effect_data.clear();
        self.broken = self.writer.after_fork(stream).is_err();
    }
}

/// The header of a trace that the soft engine records: the machine that it shows to the guest.
#[must_use]
pub fn header(vdso: Option<(&str, [u8; 32])>) -> Header {
    Header {
        id: TraceId::fresh(),
        fidelity: Fidelity::Exact,
        page_size: 4096,
        cntfrq: cpu::features::CNTFRQ_EL0,
        hwcap: cpu::features::HWCAP,
        hwcap2: cpu::features::HWCAP2,
        vdso_sha256: vdso.map(|(_, hash)| hash),
        vdso: vdso.map_or(String::new(), |(name, _)| name.to_owned()),
        engine: crate::engine::soft::NAME.to_owned(),
        producer: concat!("elfuse-trace ", env!("CARGO_PKG_VERSION")).to_owned(),
        id_regs: id_registers(),
    }
}

/// The ID registers that Linux lets a guest read: op0 3, op1 0, CRn 0, CRm 0 to 7.
fn id_registers() -> Vec<IdReg> {
    let mut all = Vec::new();
    for crm in 0..8u16 {
        for op2 in 0..8u16 {
            if let Some(value) = cpu::features::id_register(crm.into(), op2.into())
                && value != 0
            {
                all.push(IdReg { encoding: (3 << 14) | (crm << 3) | op2, value });
            }
        }
    }
    all
}
