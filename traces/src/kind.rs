//! What users call kinds of events and vDSO exits, and the numbers of kinds that the `kind` column holds.

use crate::event::{Body, Event, Svc, VdsoFn, VdsoReason};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $word:literal;)*) => {
        /// The kind of an event. The numbers stand in files: append only.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum EventKind { $($(#[$doc])* $name = $number,)* }

        impl EventKind {
            /// All kinds; the number of each is its place.
            pub const ALL: &[EventKind] = &[$(EventKind::$name,)*];

            /// The word that users write in filters.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(EventKind::$name => $word,)* }
            }

            /// The number that stands in files.
            #[must_use]
            pub fn number(self) -> u8 {
                self as u8
            }
        }
    };
}

kinds! {
    /// [`Body::Start`].
    Start = 0, "start";
    /// [`Body::Svc`].
    Svc = 1, "svc";
    /// [`Body::SvcEnter`].
    SvcEnter = 2, "svc-enter";
    /// [`Body::SvcExit`].
    SvcExit = 3, "svc-exit";
    /// [`Body::Sync`].
    Sync = 4, "sync";
    /// [`Body::Reseed`].
    Reseed = 5, "reseed";
    /// [`Body::Signal`].
    Signal = 6, "signal";
    /// [`Body::Switch`].
    Switch = 7, "switch";
    /// [`Body::Hits`].
    Hits = 8, "hits";
    /// [`Body::Checkpoint`].
    Checkpoint = 9, "checkpoint";
    /// [`Body::ThreadExit`].
    ThreadExit = 10, "thread-exit";
    /// [`Body::End`].
    End = 11, "end";
    /// [`Body::ThreadStart`].
    ThreadStart = 12, "thread-start";
    /// [`Body::ForkStart`].
    ForkStart = 13, "fork-start";
    /// [`Body::Fork`].
    Fork = 14, "fork";
    /// [`Body::Shared`].
    Shared = 15, "shared";
}

impl EventKind {
    /// The kind with a number, none if this program does not know it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether events of this kind carry a system call.
    #[must_use]
    pub fn is_svc(self) -> bool {
        matches!(self, EventKind::Svc | EventKind::SvcEnter | EventKind::SvcExit)
    }
}

impl Event {
    /// What kind of event it is.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self.body {
            Body::Start(_) => EventKind::Start,
            Body::Svc(_) => EventKind::Svc,
            Body::SvcEnter(_) => EventKind::SvcEnter,
            Body::SvcExit(_) => EventKind::SvcExit,
            Body::Sync { .. } => EventKind::Sync,
            Body::Reseed(_) => EventKind::Reseed,
            Body::Signal(_) => EventKind::Signal,
            Body::Switch { .. } => EventKind::Switch,
            Body::Hits(_) => EventKind::Hits,
            Body::Checkpoint(_) => EventKind::Checkpoint,
            Body::ThreadExit { .. } => EventKind::ThreadExit,
            Body::End(_) => EventKind::End,
            Body::ThreadStart(_) => EventKind::ThreadStart,
            Body::ForkStart(_) => EventKind::ForkStart,
            Body::Fork(_) => EventKind::Fork,
            Body::Shared(_) => EventKind::Shared,
        }
    }

    /// Its system call, if it has one.
    #[must_use]
    pub fn svc(&self) -> Option<&Svc> {
        match &self.body {
            Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => Some(svc),
            _ => None,
        }
    }
}

impl Svc {
    /// The errno it returned: its result is one of -1 to -4095. Meaningless before the call has returned.
    #[must_use]
    pub fn errno(&self) -> Option<u32> {
        (-4095..0).contains(&self.ret).then(|| u32::try_from(-self.ret).unwrap_or_default())
    }
}

impl VdsoReason {
    /// All reasons; the number of each in files is its place.
    pub const ALL: [VdsoReason; 9] = [
        VdsoReason::Clockid,
        VdsoReason::Attention,
        VdsoReason::Unseeded,
        VdsoReason::WriterOdd,
        VdsoReason::CntUnderflow,
        VdsoReason::AgeCap,
        VdsoReason::SeqRace,
        VdsoReason::NotVdso,
        VdsoReason::AttentionOrWriter,
    ];

    /// The word that users see and write in filters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VdsoReason::Clockid => "clockid",
            VdsoReason::Attention => "attention",
            VdsoReason::Unseeded => "unseeded",
            VdsoReason::WriterOdd => "writer-odd",
            VdsoReason::CntUnderflow => "cnt-underflow",
            VdsoReason::AgeCap => "age-cap",
            VdsoReason::SeqRace => "seq-race",
            VdsoReason::NotVdso => "not-vdso",
            VdsoReason::AttentionOrWriter => "attention-or-writer",
        }
    }
}

impl VdsoFn {
    /// All functions; the number of each in files is its place.
    pub const ALL: [VdsoFn; 4] =
        [VdsoFn::ClockGettime, VdsoFn::Gettimeofday, VdsoFn::ClockGetres, VdsoFn::Getcpu];

    /// The system call that it stands for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VdsoFn::ClockGettime => "clock_gettime",
            VdsoFn::Gettimeofday => "gettimeofday",
            VdsoFn::ClockGetres => "clock_getres",
            VdsoFn::Getcpu => "getcpu",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (place, kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.number()), place);
            assert_eq!(EventKind::from_number(kind.number()), Some(*kind));
        }
        assert_eq!(EventKind::from_number(16), None);
        assert!((0..).zip(VdsoReason::ALL).all(|(place, reason)| reason as usize == place));
        assert!((0..).zip(VdsoFn::ALL).all(|(place, function)| function as usize == place));
    }
}
