//! Questions that a process of a run puts to another one, about what only that one knows of itself.
//!
//! For `/proc` and process_vm_readv. There is one desk in shared memory, at which one asks at a time; the bell tells
//! who is asked, who answers when its scheduler looks at the bell, which is soon. What is answered is recorded by the
//! call that asked.

use super::*;

/// What is asked; the words of a question say of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// Whether a path below the process's `/proc` is a directory: 0 or 1.
    IsDirectory = 1,
    /// The bytes of a file there.
    Contents = 2,
    /// Where a link there leads.
    Link = 3,
    /// The entries of a directory there: kind, name and a NUL each.
    Names = 4,
    /// The host's number for the descriptor of which a path there tells, four bytes, and the path of the open file.
    Descriptor = 5,
    /// Memory: address and length, eight bytes each. The answer is shorter where the memory ends.
    Memory = 6,
}

impl Question {
    fn from_word(word: u64) -> Option<Question> {
        use Question::{Contents, Descriptor, IsDirectory, Link, Memory, Names};
        let all = [IsDirectory, Contents, Link, Names, Descriptor, Memory];
        all.into_iter().find(|&question| question as u64 == word)
    }
}

/// Most bytes of a question, and of an answer; longer answers are cut.
const QUESTION_MAX: usize = 4096;
pub(crate) const ANSWER_MAX: usize = 1 << 20;

// Words of the desk: host id of who asks, guest id of who is asked, how far it is, and what.
const OWNER: usize = 0;
const TARGET: usize = 1;
const STAGE: usize = 2;
const KIND: usize = 3;
const QUESTION_LEN: usize = 4;
/// The errno of an answer, 0 for none.
const ERRNO: usize = 5;
const ANSWER_LEN: usize = 6;
const QUESTION_AT: usize = 8;
const ANSWER_AT: usize = QUESTION_AT + QUESTION_MAX / 8;
/// Words of the desk.
pub(super) const DESK_WORDS: usize = ANSWER_AT + ANSWER_MAX / 8;

// Stages of a question.
const NOTHING: u64 = 0;
const ASKED: u64 = 1;
const BEING_ANSWERED: u64 = 2;
const ANSWERED: u64 = 3;

/// How long somebody waits for the desk, and for an answer. The second is longer, so that one who waits for the desk
/// and cannot answer meanwhile fails before the one who waits for that answer.
const DESK_NS: u64 = 500_000_000;
const ANSWER_NS: u64 = 2_000_000_000;
/// Pause between two looks.
const PAUSE_NS: u64 = 30_000;

impl Family {
    fn desk(&self, word: usize) -> &AtomicU64 {
        self.words.word(DESK + word)
    }

    fn put_bytes(&self, at: usize, bytes: &[u8]) {
        for (n, chunk) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.desk(at + n).store(u64::from_le_bytes(word), SeqCst);
        }
    }

    fn take_bytes(&self, at: usize, len: usize) -> Vec<u8> {
        let words = (0..len.div_ceil(8)).map(|n| self.desk(at + n).load(SeqCst));
        let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        bytes.truncate(len);
        bytes
    }

    /// Asks another process and waits for the answer. `meanwhile` answers what others ask us before it is our turn;
    /// without that two who ask one another at a time wait until the first gives up.
    ///
    /// # Errors
    /// What the other one says; ESRCH if it has ended or does not answer.
    pub(crate) fn ask(
        &self,
        other: &Process,
        question: Question,
        words: &[u8],
        meanwhile: &dyn Fn(),
    ) -> Result<Vec<u8>, Errno> {
        if words.len() > QUESTION_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        self.sit_down(meanwhile)?;
        self.put_bytes(QUESTION_AT, words);
        self.desk(QUESTION_LEN).store(words.len() as u64, SeqCst);
        self.desk(KIND).store(question as u64, SeqCst);
        self.desk(TARGET).store(other.pid.into(), SeqCst);
        self.desk(STAGE).store(ASKED, SeqCst);
        let answer = self.await_answer(other);
        self.desk(STAGE).store(NOTHING, SeqCst);
        self.desk(OWNER).store(0, SeqCst);
        answer
    }

    fn sit_down(&self, meanwhile: &dyn Fn()) -> Result<(), Errno> {
        let me = host_word(host::process_id());
        let until = host::monotonic_ns().saturating_add(DESK_NS);
        while let Err(owner) = self.desk(OWNER).compare_exchange(0, me, SeqCst, SeqCst) {
            let dead = !host::is_alive(narrow(owner).cast_signed());
            if dead && self.desk(OWNER).compare_exchange(owner, me, SeqCst, SeqCst).is_ok() {
                break;
            }
            if host::monotonic_ns() > until {
                return Err(Errno::ESRCH);
            }
            meanwhile();
            host::pause(PAUSE_NS);
        }
        Ok(())
    }

    fn await_answer(&self, other: &Process) -> Result<Vec<u8>, Errno> {
        /// A process that is just being forked does not hear the bell yet.
        const LOOKS_FOR_A_RING: u32 = 256;
        let until = host::monotonic_ns().saturating_add(ANSWER_NS);
        let mut looks = 0u32;
        while self.desk(STAGE).load(SeqCst) != ANSWERED {
            if looks.is_multiple_of(LOOKS_FOR_A_RING) && other.host > 0 {
                host::ring(other.host);
            }
            looks = looks.wrapping_add(1);
            let runs = self.find(other.pid).is_some_and(|p| p.state != State::Zombie);
            // Who is writing the answer has the desk, and is let finish.
            if !runs || (host::monotonic_ns() > until && self.withdraw()) {
                return Err(Errno::ESRCH);
            }
            host::pause(PAUSE_NS);
        }
        let word = |word: usize| self.desk(word).load(SeqCst);
        match i32::try_from(word(ERRNO)) {
            Ok(0) => {
                Ok(self.take_bytes(ANSWER_AT, usize::try_from(word(ANSWER_LEN)).unwrap_or(0).min(ANSWER_MAX)))
            }
            Ok(errno) => Err(Errno(errno)),
            Err(_) => Err(Errno::EIO),
        }
    }

    /// Takes a question back that nobody has begun to answer.
    fn withdraw(&self) -> bool {
        self.desk(STAGE).compare_exchange(ASKED, NOTHING, SeqCst, SeqCst).is_ok()
    }

    /// Answers the question that another process has put to us, if there is one.
    pub(crate) fn answer(&self, with: impl FnOnce(Question, &[u8]) -> Result<Vec<u8>, Errno>) {
        let mine = self.desk(STAGE).load(SeqCst) == ASKED
            && self.desk(TARGET).load(SeqCst) == self.get(self.mine, Field::Pid);
        if !mine || self.desk(STAGE).compare_exchange(ASKED, BEING_ANSWERED, SeqCst, SeqCst).is_err() {
            return;
        }
        let len = usize::try_from(self.desk(QUESTION_LEN).load(SeqCst)).unwrap_or(0).min(QUESTION_MAX);
        let words = self.take_bytes(QUESTION_AT, len);
        let question = Question::from_word(self.desk(KIND).load(SeqCst));
        let answer = question.ok_or(Errno::EINVAL).and_then(|question| with(question, &words));
        let errno = match answer {
            Ok(bytes) => {
                let bytes = &bytes[..bytes.len().min(ANSWER_MAX)];
                self.put_bytes(ANSWER_AT, bytes);
                self.desk(ANSWER_LEN).store(bytes.len() as u64, SeqCst);
                0
            }
            Err(errno) => errno.0.unsigned_abs().into(),
        };
        self.desk(ERRNO).store(errno, SeqCst);
        // Who asked may have given up; then nobody reads it.
        let _ = self.desk(STAGE).compare_exchange(BEING_ANSWERED, ANSWERED, SeqCst, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A family of two, seen from both.
    fn two() -> (Family, Family) {
        let first = Family::new(1, 0).unwrap();
        let child = first.prepare(17).unwrap();
        first.admit(child, -1, 1);
        let mut second = first.clone();
        second.become_child(child);
        (first, second)
    }

    #[test]
    fn an_answer_comes_back_as_it_was_given() {
        let (first, second) = two();
        let asked = second.me();
        for (words, want) in [
            (&b"/proc/2/stat"[..], Ok(b"2 (x) R 1".to_vec())),
            (b"", Ok(Vec::new())),
            (b"12345678", Err(Errno::EACCES)),
            (b"much", Ok(vec![7; ANSWER_MAX])),
        ] {
            let got = std::thread::scope(|scope| {
                let asking = scope.spawn(|| first.ask(&asked, Question::Contents, words, &|| ()));
                while !asking.is_finished() {
                    first.answer(|_, _| panic!("that was for the other one"));
                    second.answer(|question, seen| {
                        assert_eq!((question, seen), (Question::Contents, words));
                        want.clone()
                    });
                }
                asking.join().unwrap()
            });
            assert_eq!(got, want);
        }
        assert_eq!(first.ask(&asked, Question::Link, &[0; 5000], &|| ()), Err(Errno::ENAMETOOLONG));
    }

    #[test]
    fn who_has_ended_is_not_waited_for_and_leaves_a_name() {
        let (first, second) = two();
        let asked = second.me();
        second.leave_name(b"a name of sixteen bytes");
        second.end(&asked, 0, (0, 0));
        assert_eq!(first.ask(&asked, Question::Contents, b"stat", &|| ()), Err(Errno::ESRCH));
        assert_eq!(first.name_of(&asked), b"a name of sixtee");
        first.bury(&asked);
        assert_eq!(first.pid_of_host(-1), Some(2), "it is remembered for the sake of those who name it");
    }

    #[test]
    fn a_session_has_its_own_foreground_which_outlives_its_leader() {
        let (first, second) = two();
        assert_eq!(second.foreground(1), Some(1));
        second.set_session();
        assert_eq!(second.foreground(2), None);
        second.set_foreground(2, 2);
        let child = second.prepare(17).unwrap();
        second.admit(child, -1, 2);
        let mut third = second.clone();
        third.become_child(child);
        assert_eq!(third.foreground(2), Some(2));
        let leader = second.me();
        second.end(&leader, 0, (0, 0));
        first.bury(&leader);
        assert_eq!((third.foreground(2), first.foreground(1)), (Some(2), Some(1)));
    }
}
