// SPDX-License-Identifier: LGPL-2.1-or-later
//! A log that is a regular file, and its writer, which other files have too.

use super::sink::{Batch, Sink};
use crate::work::{Lane, Pool};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A buffer of what is to be written to a file, which keeps count of what it could not hold.
pub(crate) trait ToWrite: fmt::Debug + Send + 'static {
    /// What is taken out at once to be written.
    type Batch: fmt::Debug + Send + Sync;

    /// True if something waits to be written.
    fn is_waiting(&self) -> bool;
    /// Takes out everything that waits.
    fn take(&mut self) -> Self::Batch;
    /// Writes a batch, whole or not at all as far as that can be had.
    fn write(file: &File, batch: &Self::Batch) -> io::Result<()>;
    /// Takes note that a batch was written.
    fn written(&mut self);
    /// Takes note that a batch, and what waits behind it, is lost; without an error the thread that
    /// was to write it is gone.
    fn not_written(&mut self, batch: &Self::Batch, why: Option<&io::Error>);
}

impl ToWrite for Sink {
    type Batch = Batch;

    fn is_waiting(&self) -> bool {
        Sink::is_waiting(self)
    }

    fn take(&mut self) -> Batch {
        Sink::take(self)
    }

    fn write(mut file: &File, batch: &Batch) -> io::Result<()> {
        file.write_all(batch.bytes())
    }

    fn written(&mut self) {
        Sink::written(self);
    }

    fn not_written(&mut self, batch: &Batch, why: Option<&io::Error>) {
        Sink::not_written(self, batch, why);
    }
}

/// A log in a regular file.
pub(super) type FileLog = FileWriter<Sink>;

impl FileLog {
    pub fn push(&self, text: &str) {
        self.queue(|sink| sink.push(text));
    }
}

/// A regular file that is written without waiting. The file can lie on a filesystem that is frozen,
/// even on the one that is monitored, and nothing but another thread keeps the loop from freezing
/// with it.
#[derive(Debug)]
pub(crate) struct FileWriter<Q: ToWrite> {
    threads: Pool,
    lane: Lane,
    shared: Arc<SharedFile<Q>>,
}

#[derive(Debug)]
struct SharedFile<Q: ToWrite> {
    file: File,
    state: Mutex<FileState<Q>>,
    written: Condvar,
}

#[derive(Debug)]
struct FileState<Q: ToWrite> {
    queue: Q,
    /// True if a thread is writing, which will not stop before the queue is empty.
    is_busy: bool,
    /// True if somebody waits for the end of the writing.
    is_awaited: bool,
    /// True if what waits was to be written and no thread could be had for that.
    is_threadless: bool,
    /// The batch that the writing thread has taken out to be written.
    batch: Option<Arc<Q::Batch>>,
}

impl<Q: ToWrite> FileWriter<Q> {
    /// A writer whose file threads of this pool write, one at a time.
    pub fn new(file: File, queue: Q, threads: Pool) -> FileWriter<Q> {
        let [is_busy, is_awaited, is_threadless] = Default::default();
        let state = FileState { queue, is_busy, is_awaited, is_threadless, batch: None };
        let shared = SharedFile { file, state: Mutex::new(state), written: Condvar::new() };
        FileWriter { lane: threads.lane_apart(), threads, shared: Arc::new(shared) }
    }

    /// Has something done with the queue; the next flush has it written.
    pub fn queue<R>(&self, work: impl FnOnce(&mut Q) -> R) -> R {
        work(&mut self.shared.lock().queue)
    }

    /// Has written what waits.
    pub fn flush(&self) {
        // Whether a thread was killed is asked for here, and not by a timer: nothing else waits for it.
        let _ = self.threads.lend_threads();
        let mut state = self.shared.lock();
        if state.is_busy || !state.queue.is_waiting() {
            return;
        }
        state.is_busy = true;
        drop(state);
        let [shared, of_killed] = [&self.shared, &self.shared].map(Arc::clone);
        if let Err(error) = self.lane.submit(move || shared.write(), move || of_killed.give_up()) {
            // The next flush tries again.
            let mut state = self.shared.lock();
            state.is_busy = false;
            // Not where those that wrote were killed: whoever writes next would be, too.
            state.is_threadless = error.kind() != io::ErrorKind::Unsupported;
        }
    }

    /// True if a thread is writing.
    pub fn is_busy(&self) -> bool {
        self.shared.lock().is_busy
    }

    /// Waits, at the end, for what was flushed to be written. Where no thread could be had for that,
    /// the calling one writes: it may have to wait for the file, but else nobody is told why nothing
    /// could be done.
    pub fn wait(&self, patience: Duration) {
        let mut state = self.shared.lock();
        if std::mem::take(&mut state.is_threadless) && !state.is_busy {
            state.is_busy = true;
            drop(state);
            return self.shared.write();
        }
        state.is_awaited = true;
        let is_busy = |state: &mut FileState<Q>| state.is_busy;
        drop(self.shared.written.wait_timeout_while(state, patience, is_busy));
    }
}

impl<Q: ToWrite> SharedFile<Q> {
    fn lock(&self) -> MutexGuard<'_, FileState<Q>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes until there is nothing left or writing fails.
    fn write(&self) {
        let mut state = self.lock();
        while state.queue.is_waiting() {
            let batch = Arc::new(state.queue.take());
            state.batch = Some(Arc::clone(&batch));
            drop(state);
            let written = Q::write(&self.file, &batch);
            state = self.lock();
            state.batch = None;
            match written {
                Ok(()) => state.queue.written(),
                Err(error) => state.queue.not_written(&batch, Some(&error)),
            }
        }
        self.end(state);
    }

    /// Takes note that nobody is writing any more.
    fn end(&self, mut state: MutexGuard<'_, FileState<Q>>) {
        state.is_busy = false;
        let is_awaited = state.is_awaited;
        drop(state);
        // A system call, also where nobody waits.
        if is_awaited {
            self.written.notify_all();
        }
    }

    /// Gives up the thread that was writing, which is gone: what it was writing, and what waits,
    /// counts as lost.
    fn give_up(&self) {
        let mut state = self.lock();
        if let Some(batch) = state.batch.take() {
            state.queue.not_written(&batch, None);
        }
        self.end(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sink::Own;
    use std::path::Path;

    #[test]
    fn lines_that_a_killed_thread_was_to_write_are_counted() {
        let path = std::env::temp_dir().join(format!("xfshealer-killed-{}", std::process::id()));
        let sink = Sink::new(Own::Text("/m: ".to_owned()));
        let file = FileLog::new(File::create(&path).unwrap(), sink, Pool::new(1));
        ["one", "two"].into_iter().for_each(|line| file.push(line));
        {
            let mut state = file.shared.lock();
            state.is_busy = true;
            state.batch = Some(Arc::new(state.queue.take()));
        }
        file.push("three");
        file.flush();
        file.shared.give_up();
        file.push("four");
        file.flush();
        file.wait(Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "/m: 3 log lines lost\nfour\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn where_no_thread_can_be_had_the_last_words_are_written_all_the_same() {
        let path = std::env::temp_dir().join(format!("xfshealer-alone-{}", std::process::id()));
        let pool = Pool::without_threads();
        let file = FileLog::new(File::create(&path).unwrap(), Sink::default(), pool);
        file.push("why");
        file.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "", "it could wait for the file");
        file.wait(Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "why\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_takes_nothing_holds_nobody_up() {
        let path = Path::new("/dev/full");
        let full = File::options().write(true).open(path).unwrap();
        let file = FileLog::new(full, Sink::default(), Pool::new(1));
        for _ in 0..100 {
            file.push("line");
            file.flush();
            file.push("line that comes while that one is written");
            file.wait(Duration::from_secs(60));
        }
        file.flush();
        file.wait(Duration::from_secs(60));
        let state = file.shared.lock();
        assert!(!state.is_busy && !state.queue.is_waiting());
    }
}
