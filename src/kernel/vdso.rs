//! The vDSO page in the kernel: mapping it, telling why a call left it, publishing anchors.
//!
//! The page, its protocol and the reading of registers are the `vdso` crate's; here they meet guest memory,
//! host clocks and the event log.

use super::Kernel;
use super::door::Door;
use super::effects::Stamp;
use crate::engine::Vcpu;
use crate::guest::layout::VDSO_BASE;
use crate::guest::{PAGE, Prot};
use crate::host::Errno;
use traces::event::{
    AnchorImage, Backing, Body, Reseed, ReseedOutcome, VdsoExit, VdsoFn, VdsoHits, VdsoReason,
};
use traces::{Cycles, Nanos};
use vdso::anchor::VvarImage;
use vdso::layout::{VVAR, VVAR_SIZE};
use vdso::{Anchor, Confidence, FallbackRegs, Function, Layout, Publish, Reason, Timespec, VvarHead};

/// Which page a guest gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VdsoChoice {
    /// None: AT_SYSINFO_EHDR is absent.
    None,
    /// One of ours.
    Revision(vdso::Revision),
    /// A page from a file.
    Image(Box<[u8; 4096]>),
}

/// The page as a process has it.
#[derive(Clone, Debug)]
pub struct VdsoPage {
    pristine: Box<[u8; 4096]>,
    /// None if it is no revision that we know: it serves, but its fallbacks cannot be read.
    layout: Option<Layout>,
    /// Calls that entered and calls that left by the SVC, per function, at the last report.
    reported: [u64; 4],
    left: [u64; 4],
}

impl VdsoPage {
    /// Makes the page.
    ///
    /// # Errors
    /// If the counter frequency is out of range.
    pub(super) fn build(choice: &VdsoChoice, cntfrq: u32) -> Result<Option<VdsoPage>, vdso::BuildError> {
        let pristine = match choice {
            VdsoChoice::None => return Ok(None),
            VdsoChoice::Image(bytes) => bytes.clone(),
            VdsoChoice::Revision(revision) => {
                Box::new(vdso::build(&vdso::Params { revision: *revision, cntfrq })?.bytes)
            }
        };
        let layout = Layout::of(&pristine[..]);
        Ok(Some(VdsoPage { pristine, layout, reported: [0; 4], left: [0; 4] }))
    }

    /// Where it is mapped.
    #[must_use]
    pub fn base(&self) -> u64 {
        VDSO_BASE
    }

    /// The bytes as mapped, before any anchor.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 4096] {
        &self.pristine
    }

    /// Addresses of the four functions, in the order of [`Function::ALL`]; empty if the page is unknown.
    #[must_use]
    pub fn entries(&self) -> Vec<u64> {
        self.layout.as_ref().map_or(Vec::new(), |layout| {
            Function::ALL.map(|f| VDSO_BASE + u64::from(layout.function(f).offset)).to_vec()
        })
    }

    /// Where a signal handler returns to: the page's trampoline, by its layout or, in a page that is none of ours,
    /// by its two instructions. None if it has none.
    pub(super) fn sigreturn(&self) -> Option<u64> {
        let found = match &self.layout {
            Some(layout) => Some(usize::from(layout.rt_sigreturn().offset)),
            None => (0..self.pristine.len() - 8)
                .step_by(4)
                .find(|&at| self.pristine[at..at + 8] == SIGRETURN_CODE),
        };
        found.map(|offset| VDSO_BASE + offset as u64)
    }

    pub(super) fn map(&self, door: &mut Door<'_>) -> Result<(), Errno> {
        door.map(VDSO_BASE..VDSO_BASE + PAGE, Prot::RX, Backing::Named("[vdso]".into()))?;
        door.fill(VDSO_BASE, &self.pristine[..])
    }

    /// Whether the code bytes in guest memory are still those of the page.
    fn is_intact(&self, layout: &Layout, door: &Door<'_>) -> bool {
        let text = usize::from(vdso::layout::TEXT)..usize::from(layout.text_end);
        let mut there = vec![0; text.len()];
        door.read(VDSO_BASE + text.start as u64, &mut there).is_ok() && there == self.pristine[text]
    }

    /// Fast-path calls since the last report, from how often each function was entered; none if there were none.
    pub(crate) fn take_hits(&mut self, entered: [u64; 4]) -> Option<VdsoHits> {
        let mut hits = [0; 4];
        for (n, hit) in hits.iter_mut().enumerate() {
            let served = entered[n].saturating_sub(self.left[n]);
            *hit = served.saturating_sub(self.reported[n]);
            self.reported[n] = self.reported[n].max(served);
        }
        let [clock_gettime, gettimeofday, clock_getres, getcpu] = hits;
        let hits = VdsoHits { clock_gettime, gettimeofday, clock_getres, getcpu };
        (hits != VdsoHits::default()).then_some(hits)
    }
}

/// `mov x8, #139; svc #0`: rt_sigreturn.
const SIGRETURN_CODE: [u8; 8] = [0x68, 0x11, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4];

/// Maps a page with nothing but a signal return trampoline, for guests without a vDSO: libcs of this architecture
/// rely on the kernel's. Answers its address.
pub(super) fn map_sigpage(door: &mut Door<'_>) -> Result<u64, Errno> {
    door.map(VDSO_BASE..VDSO_BASE + PAGE, Prot::RX, Backing::Named("[sigpage]".into()))?;
    let at = VDSO_BASE + u64::from(vdso::layout::TEXT);
    door.fill(at, &SIGRETURN_CODE)?;
    Ok(at)
}

fn vvar(door: &Door<'_>) -> Option<[u8; VVAR_SIZE as usize]> {
    door.read_array(VDSO_BASE + u64::from(VVAR)).ok()
}

/// Tells why a call that the page serves reached the kernel; none for other calls, or if there is no page.
pub(super) fn explain(k: &mut Kernel, vcpu: &dyn Vcpu, door: &Door<'_>, nr: u64) -> Option<VdsoExit> {
    let function = Function::from_nr(nr)?;
    let pc = vcpu.pc().wrapping_sub(4);
    let offset = pc.checked_sub(VDSO_BASE).filter(|&o| o < PAGE).and_then(|o| u16::try_from(o).ok());
    let layout = k.vdso.as_ref().and_then(|page| page.layout);
    let not_vdso = VdsoExit {
        function: function_name(function),
        reason: VdsoReason::NotVdso,
        branch: None,
        exact: true,
        regs: Vec::new(),
        vvar: Vec::new(),
    };
    let Some(layout) = layout else { return Some(not_vdso) };
    let intact = k.vdso.as_ref().is_some_and(|page| page.is_intact(&layout, door));
    let Some(offset) = offset.filter(|_| intact) else { return Some(not_vdso) };

    let regs = FallbackRegs { x: std::array::from_fn(|n| vcpu.x(n)) };
    let bytes = vvar(door);
    let head = bytes.map(|b| {
        let image = VvarImage::from_bytes(&b);
        VvarHead { seq: image.seq, attention: image.attention }
    });
    let found = vdso::classify_call(&layout, nr, Some(offset), &regs, head)?;
    if found.reason == Reason::NotVdso {
        return Some(not_vdso);
    }
    if let Some(page) = &mut k.vdso {
        page.left[slot(function)] += 1;
    }
    // The branch that the engine saw decides; without one, the registers do.
    let seen = vcpu
        .probe()
        .last_branch
        .and_then(|at| at.0.checked_sub(VDSO_BASE))
        .and_then(|at| u16::try_from(at).ok())
        .and_then(|at| vdso::branch_reason(&layout, at).map(|(_, reason)| (at, reason)));
    let (branch, reason, exact) = match seen {
        Some((at, reason)) => (Some(at), reason, true),
        None => (found.branch_offset, found.reason, found.confidence == Confidence::Exact),
    };
    Some(VdsoExit {
        function: function_name(function),
        reason: reason_name(reason),
        branch,
        exact,
        regs: regs.x[2..].to_vec(),
        vvar: bytes.map_or(Vec::new(), |b| b.to_vec()),
    })
}

/// After a clock call that came from the page and was answered: publishes a new anchor if the old one does not
/// serve, and reports the attempt. `x9` is the counter as the trampoline read it.
pub(super) fn reseed(k: &Kernel, door: &mut Door<'_>, stamp: Stamp, x9: u64) {
    let Some(page) = &k.vdso else { return };
    let (Some(layout), Some(before)) = (&page.layout, vvar(door)) else { return };
    let before = VvarImage::from_bytes(&before);
    let stable = before.seq != 0 && before.seq & 1 == 0;
    let real = timespec(k.timeline.realtime(Cycles(x9)));
    let offered = Anchor { cntvct: x9, mono: timespec(k.timeline.monotonic(Cycles(x9))), real };
    let due = vdso::predicates(stable.then_some(&before.anchor), x9, real, layout);
    let outcome = if x9 == 0 {
        ReseedOutcome::RefusedCounter
    } else if !page.is_intact(layout, door) {
        ReseedOutcome::RefusedForeignPage
    } else if due.due() {
        publish(door, &before, &offered)
    } else {
        ReseedOutcome::Fresh
    };
    let event = Reseed {
        outcome,
        unseeded: due.unseeded,
        age: due.age.is_some_and(|age| age.exceeded),
        drift: due.drift.is_some_and(|drift| drift.exceeded),
        age_cycles: due.age.map(|age| age.cycles),
        drift_ns: due.drift.map(|drift| drift.ns),
        old: image_of(before.seq, &before.anchor),
        new: image_of(vvar(door).map_or(0, |b| VvarImage::from_bytes(&b).seq), &offered),
        effects: Vec::new(),
        data: Vec::new(),
    };
    door.log().emit(stamp, Body::Reseed(event));
}

/// Runs the publication on a copy of vvar and puts the result in place. While this thread holds the baton no
/// guest instruction runs, so that no reader can see a step of it.
fn publish(door: &mut Door<'_>, before: &VvarImage, anchor: &Anchor) -> ReseedOutcome {
    let words = vdso::HostVvar::new(before);
    match vdso::publish(&words, anchor) {
        Publish::LostOdd { .. } => return ReseedOutcome::LostOdd,
        Publish::LostCas { .. } => return ReseedOutcome::LostCas,
        Publish::Published { .. } => {}
    }
    match door.fill(VDSO_BASE + u64::from(VVAR), &words.image().to_bytes()) {
        Ok(()) => ReseedOutcome::Published,
        Err(_) => ReseedOutcome::RefusedForeignPage,
    }
}

/// Whether a fallback is one after which elfuse looks at the anchor: the two interpolating calls, for the
/// clocks that they serve.
pub(super) fn looks_at_anchor(exit: &VdsoExit) -> bool {
    matches!(exit.function, VdsoFn::ClockGettime | VdsoFn::Gettimeofday)
        && !matches!(exit.reason, VdsoReason::Clockid | VdsoReason::NotVdso)
}

fn timespec(ns: Nanos) -> Timespec {
    let part = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Timespec { sec: part(ns.0 / 1_000_000_000), nsec: part(ns.0 % 1_000_000_000) }
}

fn image_of(seq: u32, anchor: &Anchor) -> AnchorImage {
    AnchorImage {
        seq,
        cntvct: anchor.cntvct,
        mono_sec: anchor.mono.sec,
        mono_nsec: anchor.mono.nsec,
        real_sec: anchor.real.sec,
        real_nsec: anchor.real.nsec,
    }
}

fn slot(function: Function) -> usize {
    Function::ALL.iter().position(|f| *f == function).expect("ALL has all")
}

fn function_name(function: Function) -> VdsoFn {
    match function {
        Function::ClockGettime => VdsoFn::ClockGettime,
        Function::Gettimeofday => VdsoFn::Gettimeofday,
        Function::ClockGetres => VdsoFn::ClockGetres,
        Function::Getcpu => VdsoFn::Getcpu,
    }
}

fn reason_name(reason: Reason) -> VdsoReason {
    match reason {
        Reason::Clockid => VdsoReason::Clockid,
        Reason::Attention => VdsoReason::Attention,
        Reason::Unseeded => VdsoReason::Unseeded,
        Reason::WriterOdd => VdsoReason::WriterOdd,
        Reason::CntUnderflow => VdsoReason::CntUnderflow,
        Reason::AgeCap => VdsoReason::AgeCap,
        Reason::SeqRace => VdsoReason::SeqRace,
        Reason::NotVdso => VdsoReason::NotVdso,
        Reason::AttentionOrWriter => VdsoReason::AttentionOrWriter,
    }
}
