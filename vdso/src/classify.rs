//! Which branch left the fast path, read from the registers at the SVC.
//!
//! Used by the root crate for every SVC of a served call, on any engine. It costs the guest nothing: the
//! trampolines leave their intermediate values behind. On the software CPU the branch itself is known
//! ([`branch_reason`]) and checks the inference.
//!
//! What is in the registers: `x9` is the counter. A branch of the early group (attention, unseeded, writer)
//! leaves in `x3` the 32-bit word it tested, and `x6`, `x7`, `x11`, `x12` as the caller had them, who may have
//! them from an earlier fallback. A branch of the late group (underflow, age, race) leaves the anchor's counter in
//! `x3` and what it had computed from it in `x6` and `x7`; a race also both sequence words in `w11` and `w12`.
//! So the late group is recognised by its equations, and the rest is early.
//!
//! Why leftovers cannot satisfy the equations: an earlier late exit left `x6` as a function of the delta
//! between its counter and its anchor. For a later early exit to show the same delta, its counter minus the word
//! it tested would have to equal the earlier counter minus the earlier anchor. The counter does not go back,
//! so the word tested would have to be at least the anchor's counter. But the words count generations from 0 and
//! the counter counts cycles from power-on. Only a guest that prepares its registers can deceive, hence `Inferred`.

use crate::layout::{ATTENTION_MASK, Branch, Function, Layout, Reason};

/// X0 to X12 at the SVC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FallbackRegs {
    /// The registers by number.
    pub x: [u64; 13],
}

impl FallbackRegs {
    /// The low half of a register.
    fn w(&self, n: usize) -> u32 {
        u32::try_from(self.x[n] & 0xFFFF_FFFF).expect("masked to 32 bits")
    }
}

/// The two words at the start of vvar, read at the trap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VvarHead {
    /// The sequence word.
    pub seq: u32,
    /// The attention word.
    pub attention: u32,
}

/// How sure a reason is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// It cannot be otherwise: it follows from the arguments or from registers written on every way there.
    Exact,
    /// The registers, or vvar at the trap, fit this reason and no other.
    Inferred,
    /// More than one reason fits.
    Ambiguous,
}

/// A fallback with its reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Classified {
    /// The function that was called.
    pub function: Function,
    /// Why it reached the host.
    pub reason: Reason,
    /// Page offset of the branch that left the fast path; none if ambiguous or `not-vdso`.
    pub branch_offset: Option<u16>,
    /// How sure that is.
    pub confidence: Confidence,
}

/// Classifies any SVC: none if the call `nr` is not served by the page. `svc_page_offset` is the offset of the
/// SVC instruction from the start of the page, none if it is elsewhere or if there is no page.
#[must_use]
pub fn classify_call(
    layout: &Layout,
    nr: u64,
    svc_page_offset: Option<u16>,
    regs: &FallbackRegs,
    vvar: Option<VvarHead>,
) -> Option<Classified> {
    let function = Function::from_nr(nr)?;
    let classified = svc_page_offset.and_then(|svc| classify(layout, svc, regs, vvar));
    Some(classified.filter(|classified| classified.function == function).unwrap_or(Classified {
        function,
        reason: Reason::NotVdso,
        branch_offset: None,
        confidence: Confidence::Exact,
    }))
}

/// Classifies an SVC at a page offset: none if no served function has its SVC there.
#[must_use]
pub fn classify(
    layout: &Layout,
    svc_page_offset: u16,
    regs: &FallbackRegs,
    vvar: Option<VvarHead>,
) -> Option<Classified> {
    let function = layout.functions().iter().find(|laid| laid.svc == svc_page_offset)?.function?;
    let (reason, confidence) = match function {
        Function::ClockGettime if regs.w(0) > 1 => (Reason::Clockid, Confidence::Exact),
        Function::ClockGettime | Function::Gettimeofday => clock(layout, function, regs, vvar),
        Function::ClockGetres if regs.w(3) == 0 => (Reason::Clockid, Confidence::Exact),
        Function::ClockGetres | Function::Getcpu => (Reason::Attention, Confidence::Exact),
    };
    let branch_offset = branch_of(layout, function, reason, regs.w(0)).map(|branch| branch.offset);
    Some(Classified { function, reason, branch_offset, confidence })
}

/// What the branch at a page offset means: the function it is in, and why it is taken. None if no fast path is
/// left there.
#[must_use]
pub fn branch_reason(layout: &Layout, branch_offset: u16) -> Option<(Function, Reason)> {
    let branch = layout.branches().iter().find(|branch| branch.offset == branch_offset)?;
    Some((branch.function, branch.reason))
}

/// The branch that is taken for a reason. Clock ids have a branch each, and one for all others.
fn branch_of(layout: &Layout, function: Function, reason: Reason, clockid: u32) -> Option<&Branch> {
    let all = layout.branches().iter();
    let mut candidates = all.filter(|branch| branch.function == function && branch.reason == reason);
    let exact = candidates.clone().find(|branch| branch.clockid == Some(clockid));
    exact.or_else(|| candidates.find(|branch| branch.clockid.is_none()))
}

/// The reason of a fallback of the two calls that interpolate, the clock id being one of theirs.
fn clock(
    layout: &Layout,
    function: Function,
    regs: &FallbackRegs,
    vvar: Option<VvarHead>,
) -> (Reason, Confidence) {
    let [x3, x6, x7, x9] = [3, 6, 7, 9].map(|n| regs.x[n]);
    let delta = x9.wrapping_sub(x3);
    let age = delta >> layout.age_shift;

    if x6 == delta {
        if x9 < x3 {
            return (Reason::CntUnderflow, Confidence::Inferred);
        }
        if x7 == age && age != 0 {
            return (Reason::AgeCap, Confidence::Inferred);
        }
    }
    // After the age, which can also leave 1000 in x7. The delta tells a race from the leftovers of an earlier one.
    let divisor = if function == Function::ClockGettime { 1_000_000_000 } else { 1000 };
    let (first, second) = (regs.w(11), regs.w(12));
    let rechecked = x7 == divisor && first != 0 && first & 1 == 0 && first != second;
    if rechecked && age == 0 && u128::from(x6) == layout.nanos(delta) {
        return (Reason::SeqRace, Confidence::Inferred);
    }
    early(regs.w(3), vvar)
}

/// The reason of the early group, from the word that was tested: attention if it is not zero, else seq.
fn early(word: u32, vvar: Option<VvarHead>) -> (Reason, Confidence) {
    match word {
        0 => (Reason::Unseeded, Confidence::Inferred),
        // An even sequence word goes on, so this is attention; an odd one beyond its bits is a sequence word.
        _ if word & 1 == 0 => (Reason::Attention, Confidence::Inferred),
        _ if word > ATTENTION_MASK => (Reason::WriterOdd, Confidence::Inferred),
        _ => match vvar {
            Some(head) if head.attention == word => (Reason::Attention, Confidence::Inferred),
            Some(head) if head.seq == word && head.attention == 0 => {
                (Reason::WriterOdd, Confidence::Inferred)
            }
            _ => (Reason::AttentionOrWriter, Confidence::Ambiguous),
        },
    }
}

#[cfg(test)]
mod tests;
