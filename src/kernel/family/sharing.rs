//! Memory that processes of a run share: whose turn it is, who waits at its words, how often it has changed.
//!
//! For `mm`, which copies what was changed, and for futexes.

use super::*;

/// A waiter was woken and has not noticed yet.
const WOKEN: u64 = 1 << 32;

/// How long a process that waits for shared memory sleeps between two looks.
const SHARE_PAUSE_NS: u64 = 50_000;

impl Family {
    /// Waits for the right to use memory that processes share. One that has it runs alone among those that share, so
    /// that what it reads and writes is atomic for them. A process that died with it loses it.
    /// `meanwhile` is called now and then.
    pub(crate) fn enter_shared(&self, meanwhile: &dyn Fn()) {
        let owner = self.words.word(SHARE_OWNER);
        let me = host_word(host::process_id());
        if owner.compare_exchange(0, me, SeqCst, SeqCst).is_ok() {
            return;
        }
        self.words.word(SHARE_WAITERS).fetch_add(1, SeqCst);
        while let Err(other) = owner.compare_exchange(0, me, SeqCst, SeqCst) {
            let dead = !host::is_alive(narrow(other).cast_signed());
            if dead && owner.compare_exchange(other, me, SeqCst, SeqCst).is_ok() {
                break;
            }
            meanwhile(); // whoever has the turn may be waiting for our answer
            host::pause(SHARE_PAUSE_NS);
        }
        self.words.word(SHARE_WAITERS).fetch_sub(1, SeqCst);
    }

    /// Gives that right back; whoever waits for it gets a chance before we ask again.
    pub(crate) fn leave_shared(&self) {
        self.words.word(SHARE_OWNER).store(0, SeqCst);
        if self.words.word(SHARE_WAITERS).load(SeqCst) > 0 {
            host::pause(2 * SHARE_PAUSE_NS);
        }
    }

    pub(super) fn waiter(&self, n: usize, word: usize) -> &AtomicU64 {
        self.words.word(FIRST_WAITER + n * WAITER_WORDS + word)
    }

    fn waiter_of(&self, tid: u32) -> Option<usize> {
        let owner = self.get(self.mine, Field::Pid) << 32 | u64::from(tid);
        (0..WAITERS).find(|&n| self.waiter(n, 1).load(SeqCst) == owner)
    }

    /// Enters that thread `tid` of this process waits at a shared word. Those who call this and the next three have
    /// the right to use shared memory.
    ///
    /// # Errors
    /// ENOMEM if too many wait.
    pub(crate) fn wait_at(&self, word: u64, tid: u32, bits: u32) -> Result<(), Errno> {
        let free = (0..WAITERS).find(|&n| self.waiter(n, 1).load(SeqCst) == 0).ok_or(Errno::ENOMEM)?;
        self.waiter(free, 0).store(word, SeqCst);
        self.waiter(free, 2).store(bits.into(), SeqCst);
        let number = self.words.word(WAITER_NUMBER).fetch_add(1, SeqCst);
        self.waiter(free, 3).store(number, SeqCst);
        let owner = self.get(self.mine, Field::Pid) << 32 | u64::from(tid);
        self.waiter(free, 1).store(owner, SeqCst);
        Ok(())
    }

    /// Whether thread `tid` of this process was woken; none if it does not wait at a shared word.
    pub(crate) fn is_woken(&self, tid: u32) -> Option<bool> {
        self.waiter_of(tid).map(|n| self.waiter(n, 2).load(SeqCst) & WOKEN != 0)
    }

    /// Thread `tid` of this process waits no more.
    pub(crate) fn stop_waiting(&self, tid: u32) {
        if let Some(n) = self.waiter_of(tid) {
            self.waiter(n, 1).store(0, SeqCst);
        }
    }

    /// Wakes up to `most` of those who wait at a shared word with one of `bits`, the first who came first; answers
    /// how many there were.
    pub(crate) fn wake_shared(&self, word: u64, most: u32, bits: u32) -> u64 {
        let mut found: Vec<(u64, usize)> = (0..WAITERS)
            .filter(|&n| {
                let state = self.waiter(n, 2).load(SeqCst);
                self.waiter(n, 1).load(SeqCst) != 0
                    && self.waiter(n, 0).load(SeqCst) == word
                    && state & WOKEN == 0
                    && narrow(state) & bits != 0
            })
            .map(|n| (self.waiter(n, 3).load(SeqCst), n))
            .collect();
        found.sort_unstable();
        found.truncate(most as usize);
        for &(_, n) in &found {
            self.waiter(n, 2).fetch_or(WOKEN, SeqCst);
            let pid = narrow(self.waiter(n, 1).load(SeqCst) >> 32);
            if let Some(process) = self.find(pid) {
                host::ring(process.host);
            }
        }
        found.len() as u64
    }

    /// How often shared memory has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.words.word(GENERATION).load(SeqCst)
    }

    /// Shared memory has changed; answers the new count.
    pub(crate) fn bump_generation(&self) -> u64 {
        self.words.word(GENERATION).fetch_add(1, SeqCst) + 1
    }
}
