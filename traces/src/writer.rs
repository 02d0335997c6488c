//! Writes a trace while the guest runs. For the recorder, and for commands that make traces out of traces.
//!
//! [`Writer::push`] encodes an event into columns that this thread owns: no allocation, no lock, no system
//! call. Full blocks go through a bounded queue to a thread that compresses and appends them; the queue is the
//! back pressure. A block is handed over after 4,096 events or, checked at each push against a tick that the
//! thread counts, less than 100 ms after its first event. A thread that is about to block in the host calls
//! [`Writer::park`], which leaves the open block where the writer's thread can fetch it when its time has come.
//!
//! When the file cannot grow the writer closes the trace with an end mark that names the errno, forgets what
//! comes after, and says so in [`Writer::errno`]: the guest runs on.

use crate::blob;
use crate::columns::Builder;
use crate::error::Error;
use crate::event::Event;
use crate::header::{Header, TraceId};
use crate::units::{BlobId, EventIndex};
use output::{EIO, Medium, Output};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

mod output;
#[cfg(test)]
mod tests;

pub use crate::stored::StoredBlobs;
pub use output::Totals;

/// The writer's thread counts this often; a block is handed over at most two ticks after its first event.
const TICK: Duration = Duration::from_millis(45);

/// Full blocks that may wait for the writer's thread before `push` blocks.
const QUEUE: usize = 4;

/// How a trace is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// zstd level, 1 to 3 while a guest waits.
    pub level: i32,
    /// Events per block, 1 to 65,536.
    pub events_per_block: u32,
    /// Distinct byte strings that are remembered for deduplication; when full, it forgets them all.
    pub dedup: usize,
    /// The stream that is written; 0 for the first process.
    pub stream: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { level: 1, events_per_block: 4096, dedup: 1 << 16, stream: 0 }
    }
}

/// What the recording thread and the writer's thread share.
struct Shared {
    /// Ticks so far.
    epoch: AtomicU64,
    /// errno that stopped the writer, 0 while it works.
    errno: AtomicU32,
    /// Events that were not handed over.
    lost: AtomicU64,
    /// The open block of a thread that may block.
    parked: Mutex<Option<Box<Builder>>>,
    /// Other processes append to the file.
    shared: AtomicBool,
}

impl Shared {
    fn parked(&self) -> MutexGuard<'_, Option<Box<Builder>>> {
        // The guarded value is whole at every moment; a panic elsewhere does not spoil it.
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Job {
    Block(Box<Builder>),
    /// Answer when all jobs before are done.
    Answer(Sender<()>),
    /// Tell from now on which blobs are in the file.
    Tell(Arc<dyn StoredBlobs>),
    Finish,
}

/// The recording thread's ends of the connection to the writer's thread.
struct Link {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
    spares: Receiver<Box<Builder>>,
    thread: JoinHandle<Totals>,
}

/// Writes one stream of a trace.
pub struct Writer {
    link: Option<Link>,
    open: Option<Box<Builder>>,
    parked: bool,
    next: u64,
    next_blob: u64,
    known: HashMap<[u8; 32], BlobId>,
    stored: Option<Arc<dyn StoredBlobs>>,
    options: Options,
    id: TraceId,
    path: PathBuf,
    file: Option<File>,
}

impl Writer {
    /// Creates the file, replacing one that is there, and writes the header.
    ///
    /// # Errors
    /// If the file cannot be created or the header not be written.
    pub fn create(path: &Path, header: &Header, options: Options) -> Result<Writer, Error> {
        let failed = |source| Error::Io { action: "create", path: path.to_owned(), source };
        let bytes = header.to_bytes()?;
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() != 0 {
            file.set_len(0).map_err(failed)?;
        }
        Medium::append(&mut file, &bytes).map_err(failed)?;
        let twin = file.try_clone().map_err(failed)?;
        let mut writer =
            Self::over(Box::new(file), header.id, options, bytes.len() as u64, false).map_err(failed)?;
        writer.path = path.to_owned();
        writer.file = Some(twin);
        Ok(writer)
    }

    /// A writer that appends blocks to a medium that holds `end` bytes.
    fn over(
        medium: Box<dyn Medium>,
        id: TraceId,
        options: Options,
        end: u64,
        shared: bool,
    ) -> io::Result<Writer> {
        let link = Link::new(medium, id, options, end, shared)?;
        Ok(Writer {
            link: Some(link),
            open: None,
            parked: false,
            next: 0,
            next_blob: 0,
            known: HashMap::new(),
            stored: None,
            options,
            id,
            path: PathBuf::new(),
            file: None,
        })
    }

    /// Appends an event and returns its index. Blocks while the queue is full.
    ///
    /// After a failure (see [`Writer::errno`]) events are counted as lost and not kept. The bytes in an event
    /// are limited to [`crate::columns::MAX_EVENT_DATA`]; more counts as failure EFBIG: use a blob.
    pub fn push(&mut self, event: &Event) -> EventIndex {
        let index = EventIndex(self.next);
        let Some(link) = &self.link else { return index };
        self.next += 1;
        if link.shared.errno.load(Ordering::Relaxed) != 0 {
            link.shared.lost.fetch_add(1, Ordering::Relaxed);
            return index;
        }
        // Relaxed: a tick seen late only delays the hand-over by one push.
        let epoch = link.shared.epoch.load(Ordering::Relaxed);
        let most = self.options.events_per_block.clamp(1, crate::block::MAX_EVENTS);
        let open = self.opened(index.0, epoch);
        let before = open.count;
        if open.add(event).is_err() {
            // A builder that refused the event at once is whole; one that failed half-way is not.
            let whole = open.count == before;
            let lost = if whole { 1 } else { u64::from(open.count) };
            if whole {
                self.seal();
            }
            self.open = None;
            self.fail(libc::EFBIG.unsigned_abs(), lost);
        } else if open.is_full(most) || epoch.wrapping_sub(open.epoch) >= 2 {
            self.seal();
        }
        index
    }

    /// Stores a byte string once and returns its name. It reaches the file before any event pushed later.
    ///
    /// More than 1 GiB counts as failure EFBIG, see [`Writer::errno`]; after a failure nothing is stored.
    pub fn blob(&mut self, bytes: &[u8]) -> BlobId {
        let hash = *blake3::hash(bytes).as_bytes();
        if let Some(&id) = self.known.get(&hash) {
            return id;
        }
        if self.known.len() >= self.options.dedup {
            self.known.clear();
        }
        if let Some(id) = self.stored.as_ref().and_then(|stored| stored.find(&hash)) {
            self.known.insert(hash, id);
            return id;
        }
        let number = self.next_blob;
        self.next_blob += 1;
        let id = blob::id(self.options.stream, number);
        self.known.insert(hash, id);
        if bytes.len() as u64 > blob::MAX_BLOB {
            self.fail(libc::EFBIG.unsigned_abs(), 0);
        }
        let Some(link) = self.link.as_ref().filter(|link| link.shared.errno.load(Ordering::Relaxed) == 0)
        else {
            return id;
        };
        let epoch = link.shared.epoch.load(Ordering::Relaxed);
        let most = self.options.events_per_block;
        let mut offset = 0;
        loop {
            let piece = &bytes[offset..bytes.len().min(offset + blob::PIECE)];
            let next = self.next;
            let open = self.opened(next, epoch);
            open.add_piece(number, bytes.len() as u64, offset as u64, piece);
            offset += piece.len();
            if offset >= bytes.len() {
                open.whole.push((hash, id));
            }
            if open.is_full(most) {
                self.seal();
            }
            if offset >= bytes.len() {
                return id;
            }
        }
    }

    /// Number of events pushed so far: the index that the next one gets.
    #[must_use]
    pub fn next_index(&self) -> EventIndex {
        EventIndex(self.next)
    }

    /// The errno, as Linux numbers it, that made the writer stop (ENOSPC, EDQUOT, EIO, EFBIG, ...), none while it
    /// works.
    #[must_use]
    pub fn errno(&self) -> Option<u32> {
        let errno = self.link.as_ref()?.shared.errno.load(Ordering::Relaxed);
        (errno != 0).then_some(errno)
    }

    /// Says that this thread may now block in the host for long: the open block is written without it if it
    /// does. Costs a lock that nobody contends; the next push takes the block back.
    pub fn park(&mut self) {
        if let (Some(link), Some(open)) = (&self.link, self.open.take()) {
            *link.shared.parked() = Some(open);
            self.parked = true;
        }
    }

    /// Hands over what there is, without waiting until it is written.
    pub fn flush(&mut self) {
        self.unpark();
        self.seal();
    }

    /// Hands over what there is and waits until it is in the file (not until it is on the disk).
    pub fn settle(&mut self) {
        self.flush();
        let (answer, done) = channel();
        if let Some(link) = &self.link
            && link.jobs.send(Job::Answer(answer)).is_ok()
        {
            let _ = done.recv(); // An error means that the thread is gone; then nothing is left to wait for.
        }
    }

    /// Shares the names of byte strings with other processes that append to the same trace. To be called before the
    /// first fork.
    pub fn share_blobs(&mut self, stored: Arc<dyn StoredBlobs>) {
        self.stored = Some(stored);
    }

    /// Call before a host fork whose child will append to the same trace: what there is gets written, and
    /// nothing is ever cut off the file again.
    pub fn before_fork(&mut self) {
        if let Some(link) = &self.link {
            let first = !link.shared.shared.swap(true, Ordering::AcqRel);
            if let Some(stored) = self.stored.clone().filter(|_| first) {
                let _ = link.jobs.send(Job::Tell(stored)); // An error means that the thread is gone.
            }
        }
        self.settle();
    }

    /// Call in the child of a host fork after [`Writer::before_fork`] in the parent: forgets the parent's
    /// thread and begins a stream of its own, with event 0.
    ///
    /// Byte strings that the parent stored are in the file already and keep their names.
    ///
    /// # Errors
    /// If the file cannot be used or a thread not be started.
    pub fn after_fork(&mut self, stream: u32) -> Result<(), Error> {
        let failed = |source| Error::Io { action: "append to", path: self.path.clone(), source };
        // The thread exists in the parent only, and locks inside the channels may be held by it: dropping
        // could block for ever.
        std::mem::forget(self.link.take());
        let file = match &self.file {
            Some(file) => file.try_clone().map_err(failed)?,
            None => return Err(failed(io::Error::from_raw_os_error(libc::EBADF))),
        };
        let end = Medium::len(&file).map_err(failed)?;
        self.options.stream = stream;
        let link = Link::new(Box::new(file), self.id, self.options, end, true).map_err(failed)?;
        if let Some(stored) = self.stored.clone() {
            let _ = link.jobs.send(Job::Tell(stored)); // The queue is empty, and its thread was just started.
        }
        self.link = Some(link);
        self.open = None;
        self.parked = false;
        (self.next, self.next_blob) = (0, 0);
        Ok(())
    }

    /// Writes what is left, the index and the end mark.
    #[must_use = "the totals say whether the recording was cut short"]
    pub fn finish(mut self) -> Totals {
        self.close(true)
    }

    fn close(&mut self, finish: bool) -> Totals {
        self.flush();
        let Some(link) = self.link.take() else { return Totals::default() };
        if finish {
            let _ = link.jobs.send(Job::Finish); // An error means that the thread is gone; join says so.
        }
        drop(link.jobs);
        let nothing = Totals { lost: self.next, errno: Some(EIO), ..Totals::default() };
        link.thread.join().unwrap_or(nothing)
    }

    /// The open block, made if there is none.
    fn opened(&mut self, first: u64, epoch: u64) -> &mut Builder {
        self.unpark();
        let link = &self.link;
        self.open.get_or_insert_with(|| {
            let spare = link.as_ref().and_then(|link| link.spares.try_recv().ok());
            let mut builder = spare.unwrap_or_else(|| Box::new(Builder::new()));
            builder.reset(first, epoch);
            builder
        })
    }

    fn unpark(&mut self) {
        if std::mem::take(&mut self.parked)
            && let Some(link) = &self.link
        {
            self.open = link.shared.parked().take();
        }
    }

    fn seal(&mut self) {
        let (Some(link), Some(open)) = (&self.link, self.open.take()) else { return };
        let events = u64::from(open.count);
        if !open.is_empty() && link.jobs.send(Job::Block(open)).is_err() {
            self.fail(EIO, events);
        }
    }

    /// Stops writing; `lost` events were not handed over.
    fn fail(&self, errno: u32, lost: u64) {
        if let Some(link) = &self.link {
            link.shared.lost.fetch_add(lost, Ordering::Relaxed);
            let _ = link.shared.errno.compare_exchange(0, errno, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// A writer that is dropped unfinished (the recorder failed) leaves a trace that reads as recovered.
impl Drop for Writer {
    fn drop(&mut self) {
        if self.link.is_some() {
            self.close(false);
        }
    }
}

impl Link {
    fn new(
        medium: Box<dyn Medium>,
        id: TraceId,
        options: Options,
        end: u64,
        foreign: bool,
    ) -> io::Result<Link> {
        let shared = Arc::new(Shared {
            epoch: AtomicU64::new(0),
            errno: AtomicU32::new(0),
            lost: AtomicU64::new(0),
            parked: Mutex::new(None),
            shared: AtomicBool::new(foreign),
        });
        let (jobs, queue) = sync_channel(QUEUE);
        let (spare, spares) = channel();
        let output = Output::new(medium, id, options.stream, options.level, end, foreign)?;
        let worker = Worker { shared: shared.clone(), queue, spare, output, stored: None };
        let thread = std::thread::Builder::new().name("trace-writer".into()).spawn(move || worker.run())?;
        Ok(Link { shared, jobs, spares, thread })
    }
}

/// The writer's thread.
struct Worker {
    shared: Arc<Shared>,
    queue: Receiver<Job>,
    spare: Sender<Box<Builder>>,
    output: Output,
    stored: Option<Arc<dyn StoredBlobs>>,
}

impl Worker {
    fn run(mut self) -> Totals {
        let mut next = Instant::now() + TICK;
        loop {
            match self.queue.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(job) => {
                    if self.finishes(job) {
                        break self.finish();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break self.output.totals(),
            }
            let now = Instant::now();
            if now >= next {
                next = now + TICK;
                if self.tick() {
                    break self.finish();
                }
            }
        }
    }

    /// Counts, and writes the parked block if its time has come. True if the queue held the end.
    fn tick(&mut self) -> bool {
        let epoch = self.shared.epoch.fetch_add(1, Ordering::Relaxed) + 1;
        let mut waiting = Vec::new();
        {
            let mut parked = self.shared.parked();
            let due = parked.as_ref().is_some_and(|open| epoch.wrapping_sub(open.epoch) >= 2);
            if !due {
                return false;
            }
            // Blocks in the queue are older than the parked one; while the lock is held no newer can come.
            waiting.extend(self.queue.try_iter());
            waiting.extend(parked.take().map(Job::Block));
        }
        let mut end = false;
        for job in waiting {
            end |= self.finishes(job);
        }
        end
    }

    /// Does a job; true if it is the last.
    fn finishes(&mut self, job: Job) -> bool {
        if self.shared.shared.load(Ordering::Acquire) {
            self.output.share();
        }
        match job {
            Job::Block(builder) => {
                self.output.write(&builder);
                if let Some(errno) = self.output.errno() {
                    let _ =
                        self.shared.errno.compare_exchange(0, errno, Ordering::Relaxed, Ordering::Relaxed);
                } else if let Some(stored) = &self.stored {
                    // Not before they are in the file: others name them as soon as they are told.
                    builder.whole.iter().for_each(|(hash, id)| stored.add(hash, *id));
                }
                let _ = self.spare.send(builder); // The writer may be gone; then nobody needs it.
                false
            }
            Job::Answer(done) => {
                let _ = done.send(());
                false
            }
            Job::Tell(stored) => {
                self.stored = Some(stored);
                false
            }
            Job::Finish => true,
        }
    }

    fn finish(mut self) -> Totals {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        self.output.add_lost(lost);
        let errno = self.shared.errno.load(Ordering::Relaxed);
        if errno != 0 {
            self.output.stop(errno);
        }
        self.output.finish()
    }
}
