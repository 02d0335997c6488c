//! How signals come into the queues, and out of them without being taken; and what signalfds are told of them.

use super::{Pending, QUEUE_LIMIT, STOPS, Set, UNSTOPPABLE, bit, number::SIGCONT};
use crate::host::Errno;
use crate::kernel::Kernel;
use crate::kernel::signalfd::SignalFile;
use std::collections::VecDeque;
use std::sync::Arc;
use traces::Tid;

/// Puts a signal into a queue, unless it is a standard one that waits there already: then it answers false.
fn enqueue(queue: &mut VecDeque<Pending>, pending: Pending) -> Result<bool, Errno> {
    if pending.signo < 32 && queue.iter().any(|p| p.signo == pending.signo) {
        return Ok(false);
    }
    // A standard signal always fits, as there are 31 of them, and so does one of a timer, whose number is limited.
    if pending.signo >= 32 && pending.timer.is_none() && queue.len() >= QUEUE_LIMIT {
        return Err(Errno::EAGAIN);
    }
    queue.push_back(pending);
    Ok(true)
}

impl Kernel {
    /// Queues a signal for one thread.
    ///
    /// # Errors
    /// EAGAIN if too many real-time signals wait, ESRCH if there is no such thread.
    pub(crate) fn signal_thread(&mut self, tid: Tid, signo: u32, info: [u8; 128]) -> Result<(), Errno> {
        self.send_to_thread(tid, Pending { signo, info, fault: None, timer: None }).map(drop)
    }

    /// The same; answers whether the signal was queued.
    fn send_to_thread(&mut self, tid: Tid, pending: Pending) -> Result<bool, Errno> {
        let signo = pending.signo;
        let blocked = self.threads.get(tid).ok_or(Errno::ESRCH)?.signals.blocked;
        self.note_sent(signo);
        let waited_for = self.awaits(tid, signo);
        if self.is_ignored(signo, blocked) && !waited_for {
            return Ok(false);
        }
        let thread = self.threads.get_mut(tid).ok_or(Errno::ESRCH)?;
        let queued = enqueue(&mut thread.signals.queue, pending)?;
        if blocked & bit(signo) == 0 || waited_for {
            self.wake(tid);
        }
        self.show_waiting();
        Ok(queued)
    }

    /// Queues a signal for the process and chooses a thread to take it.
    ///
    /// # Errors
    /// EAGAIN if too many real-time signals wait.
    pub(crate) fn signal_process(&mut self, signo: u32, info: [u8; 128]) -> Result<(), Errno> {
        self.send_to_process(Pending { signo, info, fault: None, timer: None }).map(drop)
    }

    /// The same; answers whether the signal was queued.
    fn send_to_process(&mut self, pending: Pending) -> Result<bool, Errno> {
        let signo = pending.signo;
        self.note_sent(signo);
        let leader = self.threads.get(Tid(self.pid)).map_or(0, |thread| thread.signals.blocked);
        if self.is_ignored(signo, leader) && !self.threads.iter().any(|t| self.awaits(t.tid, signo)) {
            return Ok(false);
        }
        let queued = enqueue(&mut self.signals.queue, pending)?;
        self.choose(signo);
        self.show_waiting();
        Ok(queued)
    }

    /// Queues the signal of a timer; answers whether it was queued.
    pub(in crate::kernel) fn signal_from_timer(&mut self, to: Option<Tid>, pending: Pending) -> bool {
        let sent = match to {
            Some(tid) => self.send_to_thread(tid, pending),
            None => self.send_to_process(pending),
        };
        sent.unwrap_or(false) // the thread may have ended
    }

    /// What sending a signal does besides queueing it: SIGCONT lets a stopped process go on, and it and the signals
    /// that stop take one another back.
    fn note_sent(&mut self, signo: u32) {
        self.stirred = true;
        if signo == SIGCONT {
            self.continued = true;
            self.drop_pending(STOPS);
        } else if bit(signo) & STOPS != 0 {
            self.drop_pending(bit(SIGCONT));
        }
    }

    /// Takes the signals of `set` out of all queues.
    pub(super) fn drop_pending(&mut self, set: Set) {
        self.drop_where(|p| set & bit(p.signo) != 0);
    }

    /// Takes out the signal that a timer sent, because the timer is set anew or no more.
    pub(in crate::kernel) fn drop_timer_signal(&mut self, id: i32) {
        self.drop_where(|p| p.timer == Some(id));
    }

    fn drop_where(&mut self, goes: impl Fn(&Pending) -> bool) {
        let mut timers = Vec::new();
        let mut stays = |p: &Pending| {
            let goes = goes(p);
            timers.extend(p.timer.filter(|_| goes));
            !goes
        };
        self.signals.queue.retain(&mut stays);
        for thread in self.threads.iter_mut() {
            thread.signals.queue.retain(&mut stays);
        }
        for id in timers {
            self.timer_taken(id);
        }
        self.show_waiting();
    }

    /// From now on a signalfd is told what waits.
    pub(in crate::kernel) fn add_signal_file(&mut self, file: &Arc<SignalFile>) {
        self.signals.files.push(Arc::downgrade(file));
        self.show_waiting();
    }

    /// Brings the signalfds in step with what waits. A signal for one thread counts whoever asks.
    pub(in crate::kernel) fn show_waiting(&mut self) {
        if self.signals.files.is_empty() {
            return;
        }
        let own = self.threads.iter().flat_map(|thread| &thread.signals.queue);
        let waiting = self.signals.queue.iter().chain(own).fold(0, |set, p| set | bit(p.signo));
        self.signals.files.retain(|file| {
            let file = file.upgrade();
            file.inspect(|file| file.show(waiting)).is_some()
        });
    }

    /// Takes the signal of `set` that goes first for a reader of a signalfd.
    pub(in crate::kernel) fn take_info(&mut self, set: Set) -> Option<[u8; 128]> {
        self.take_from(set & !UNSTOPPABLE).map(|pending| pending.info)
    }
}
