//! What is told when a replay differs from its recording: the first difference and its surroundings.

use std::fmt;
use traces::event::{Body, Event};
use traces::{EventIndex, GuestAddr, InsnCount};

/// How many events are shown before and after.
const AROUND: u64 = 5;

/// The first difference between a replay and its recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The event that was to be reproduced.
    pub event: EventIndex,
    /// What differs.
    pub field: String,
    /// As recorded.
    pub expected: String,
    /// As replayed.
    pub got: String,
    /// The PC of the replay.
    pub pc: GuestAddr,
    /// Instructions that the replay has retired.
    pub icount: InsnCount,
    /// The events around, one line each, the one in question marked.
    pub around: Vec<String>,
}

impl Divergence {
    /// Adds the events around, as far as the trace has them.
    #[must_use]
    pub fn with_context(mut self, trace: &traces::Trace, stream: u32) -> Divergence {
        let Ok(stream) = trace.stream(stream) else { return self };
        let from = self.event.0.saturating_sub(AROUND);
        let to = self.event.0.saturating_add(AROUND + 1).min(stream.len());
        for index in from..to {
            if let Ok(event) = stream.event(EventIndex(index)) {
                let mark = if index == self.event.0 { '>' } else { ' ' };
                self.around.push(format!("{mark} E{index:<8} @{:<12} {}", event.icount.0, brief(&event)));
            }
        }
        self
    }
}

/// An event in a few words that need no tables.
fn brief(event: &Event) -> String {
    match &event.body {
        Body::Start(start) => format!("start of {}", start.exe),
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => {
            let name = crate::kernel::table::row(svc.nr).map_or("?", |row| row.name);
            let args: Vec<String> = svc.args.as_slice().iter().map(|a| format!("{a:#x}")).collect();
            format!("{name}({}) = {} at pc {}", args.join(", "), svc.ret, svc.pc)
        }
        Body::Sync { base, .. } => format!("counter synchronised to {}", base.0),
        Body::Reseed(reseed) => format!("vDSO anchor {:?}", reseed.outcome),
        Body::Signal(signal) => format!("signal {}", signal.signo),
        Body::Switch { to } => format!("switch to thread {}", to.0),
        Body::Hits(_) => "vDSO fast-path counts".to_owned(),
        Body::Checkpoint(_) => "checkpoint".to_owned(),
        Body::ThreadExit { code } => format!("thread exit {code}"),
        Body::ThreadStart(_) => format!("thread {} starts", event.tid.0),
        Body::ForkStart(start) => format!("process {} starts", start.pid),
        Body::Fork(fork) => format!("process {} started", fork.pid),
        Body::Shared(_) => "shared memory changed".to_owned(),
        Body::End(end) => format!("end: {:?}", end.status),
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the replay differs from the recording at E{}: {}", self.event.0, self.field)?;
        writeln!(f, "  expected  {}", self.expected)?;
        writeln!(f, "  got       {}", self.got)?;
        write!(f, "  at pc {}, {} instructions into the run", self.pc, self.icount.0)?;
        for line in &self.around {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
