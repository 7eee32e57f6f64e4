// SPDX-License-Identifier: LGPL-2.1-or-later
//! A log that is a regular file.

use super::sink::{Batch, Sink};
use crate::work::{Lane, Pool};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A log in a regular file. The file can lie on a filesystem that is frozen, even on the one that
/// is monitored, and nothing but another thread keeps the loop from freezing with it.
#[derive(Debug)]
pub(crate) struct FileLog {
    threads: Pool,
    lane: Lane,
    shared: Arc<SharedFile>,
}

#[derive(Debug)]
struct SharedFile {
    file: File,
    state: Mutex<FileState>,
    written: Condvar,
}

#[derive(Debug)]
struct FileState {
    sink: Sink,
    /// True if a thread is writing, which will not stop before the sink is empty.
    is_busy: bool,
    /// True if somebody waits for the end of the writing.
    is_awaited: bool,
    /// Lines that the writing thread has taken out to be written.
    batch: Option<Arc<Batch>>,
}

impl FileLog {
    /// A log that threads of this pool write, one at a time.
    pub fn new(file: File, sink: Sink, threads: Pool) -> FileLog {
        let state = Mutex::new(FileState { sink, is_busy: false, is_awaited: false, batch: None });
        let shared = SharedFile { file, state, written: Condvar::new() };
        FileLog { lane: threads.lane_apart(), threads, shared: Arc::new(shared) }
    }

    pub fn push(&self, text: &str) {
        self.shared.lock().sink.push(text);
    }

    /// Has the lines that wait written.
    pub fn flush(&self) {
        // Whether a thread was killed is asked for here, and not by a timer: nothing else waits for it.
        let _ = self.threads.lend_threads();
        let mut state = self.shared.lock();
        if state.is_busy || !state.sink.is_waiting() {
            return;
        }
        state.is_busy = true;
        drop(state);
        let [shared, of_killed] = [&self.shared, &self.shared].map(Arc::clone);
        if self.lane.submit(move || shared.write(), move || of_killed.give_up()).is_err() {
            // No thread can be had: the next flush tries again.
            self.shared.lock().is_busy = false;
        }
    }

    pub fn wait(&self, patience: Duration) {
        let mut state = self.shared.lock();
        state.is_awaited = true;
        let is_busy = |state: &mut FileState| state.is_busy;
        drop(self.shared.written.wait_timeout_while(state, patience, is_busy));
    }
}

impl SharedFile {
    fn lock(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes until there is nothing left or writing fails.
    fn write(&self) {
        let mut state = self.lock();
        while state.sink.is_waiting() {
            let batch = Arc::new(state.sink.take());
            state.batch = Some(Arc::clone(&batch));
            drop(state);
            let written = (&self.file).write_all(batch.bytes());
            state = self.lock();
            state.batch = None;
            match written {
                Ok(()) => state.sink.written(),
                Err(_) => state.sink.not_written(&batch),
            }
        }
        self.end(state);
    }

    /// Takes note that nobody is writing any more.
    fn end(&self, mut state: MutexGuard<'_, FileState>) {
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
            state.sink.not_written(&batch);
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
            state.batch = Some(Arc::new(state.sink.take()));
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
        assert!(!state.is_busy && !state.sink.is_waiting());
    }
}
