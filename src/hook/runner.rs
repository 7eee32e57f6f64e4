// SPDX-License-Identifier: LGPL-2.1-or-later
//! The thread that runs the program, for one event after the other.

use crate::fs;
use crate::log::hook::{HookEnd, HookNews, HookRefusal};
use crate::report::Place;
use crate::service::output::{Lines, OutputPiece};
use crate::service::supervised::{self, Ended, Limits};
use crate::sys::{self, DeviceNumber, EventFd, Launch};
use crate::work::{Inbox, Lane, Pool};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest time that the program may take for an event.
const LIMIT: Duration = Duration::from_secs(30);
/// Lines of the program that are logged as they come, for one event, and those at its end.
const LINES: (usize, usize) = (8, 2);
/// Longest time for which it is not noticed that the end is wanted sooner.
const HURRY_PAUSE: Duration = Duration::from_millis(100);
/// Time for what was killed to be gone.
const GRACE: Duration = Duration::from_millis(500);

/// News, and the filesystem that it is about.
type NewsAt = (Option<Place>, HookNews);

/// Time that the program has at the end of the healer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastTime {
    /// Time that a run which has begun before may still take.
    pub running: Duration,
    /// Time for everything.
    pub all: Duration,
}

/// A run of the program.
#[derive(Debug)]
pub(super) struct HookRun {
    /// Place of the filesystem that it is about, if it is about one.
    pub place: Option<Place>,
    /// Mount point of that, as a path from the root.
    pub mount: Option<OsString>,
    pub event: &'static str,
    /// Environment, but for what each program has.
    pub variables: Vec<(String, OsString)>,
    pub line: String,
    /// See [`super::occasion::Occasion::key`].
    pub key: Vec<u8>,
}

impl HookRun {
    /// The filesystem that it is about, if it is about one.
    pub fn device(&self) -> Option<DeviceNumber> {
        self.place.as_ref().and_then(Place::device)
    }
}

#[derive(Debug)]
pub(super) struct HookRunner {
    lane: Lane,
    shared: Arc<HookShared>,
    /// News of the thread.
    pub news: Arc<Inbox<NewsAt>>,
}

#[derive(Debug)]
struct HookShared {
    program: PathBuf,
    news: Arc<Inbox<NewsAt>>,
    /// Readable once the end has begun.
    ending: EventFd,
    state: Mutex<HookRunnerState>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct HookRunnerState {
    calls: VecDeque<HookRun>,
    /// True if the program is to be checked first.
    check: bool,
    is_busy: bool,
    /// Devices of the filesystems that are monitored.
    monitored: Vec<DeviceNumber>,
    /// Beginning of the end, and the time that there is.
    ends: Option<(Instant, LastTime)>,
    /// Last reason why the program could not be run, so that each is said once.
    refusal: Option<HookRefusal>,
    /// Keys of events that were not told since the program could not be run.
    untold: Vec<Vec<u8>>,
}

impl HookRunner {
    pub fn new(program: &Path, threads: &Pool) -> io::Result<HookRunner> {
        let news = Arc::new(Inbox::new()?);
        let shared = Arc::new(HookShared {
            program: program.to_owned(),
            news: Arc::clone(&news),
            ending: EventFd::new()?,
            state: Mutex::default(),
            idle: Condvar::new(),
        });
        // It waits for the program, and takes no thread from the repairs.
        Ok(HookRunner { lane: threads.lane_apart(), shared, news })
    }

    /// Number of events that wait.
    pub fn waiting(&self) -> usize {
        self.shared.lock().calls.len()
    }

    /// True if the thread has nothing to do.
    #[cfg(test)]
    pub fn rests(&self) -> bool {
        !self.shared.lock().is_busy
    }

    /// The filesystem of each event that waits.
    pub fn devices(&self) -> Vec<Option<DeviceNumber>> {
        self.shared.lock().calls.iter().map(HookRun::device).collect()
    }

    /// Takes out the newest such event that waits.
    pub fn drops_newest(&self, is_such: impl Fn(&HookRun) -> bool) -> Option<HookRun> {
        let calls = &mut self.shared.lock().calls;
        calls.iter().rposition(is_such).and_then(|at| calls.remove(at))
    }

    /// Takes out the keys of events that were not told since the program could not be run.
    pub fn take_untold(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.shared.lock().untold)
    }

    /// Has the thread check the program, or run it for these events.
    pub fn submit(&self, calls: Vec<HookRun>, check: bool, monitored: Vec<DeviceNumber>) {
        let mut state = self.shared.lock();
        state.calls.extend(calls);
        state.check |= check;
        state.monitored = monitored;
        if std::mem::replace(&mut state.is_busy, true) {
            return;
        }
        drop(state);
        let [shared, of_killed] = [&self.shared, &self.shared].map(Arc::clone);
        let killed = move || {
            of_killed.refused(HookRefusal::Killed);
            of_killed.rests();
        };
        if let Err(error) = self.lane.submit(move || shared.work(), killed) {
            self.shared.refused(HookRefusal::Failed(error.into()));
            self.shared.rests();
        }
    }

    /// Waits for the end of everything, see [`super::Hook::end`]; gives the number of events that
    /// were not told.
    pub fn end(&self, patience: LastTime, hurry: &mut impl FnMut() -> Option<LastTime>) -> usize {
        let mut state = self.shared.lock();
        let mut until = self.ends_in(&mut state, patience);
        // In what little time there is it tells most.
        if let Some(last) = state.calls.pop_back() {
            state.calls.push_front(last);
        }
        while state.is_busy && Instant::now() < until {
            let waited = self.shared.idle.wait_timeout(state, HURRY_PAUSE);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if let Some(less) = hurry().filter(|less| Instant::now() + less.all + GRACE < until) {
                until = self.ends_in(&mut state, less);
            }
        }
        std::mem::take(&mut state.calls).len()
    }

    /// Sets the time that there is from now on; gives that at which what was killed is gone.
    fn ends_in(&self, state: &mut HookRunnerState, patience: LastTime) -> Instant {
        let now = Instant::now();
        state.ends = Some((now, patience));
        self.shared.ending.notify();
        now + patience.all + GRACE
    }
}

impl HookShared {
    fn lock(&self) -> MutexGuard<'_, HookRunnerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does everything that there is to do.
    fn work(&self) {
        loop {
            let mut state = self.lock();
            let check = std::mem::take(&mut state.check);
            let is_over = state.ends.is_some_and(|(since, last)| since.elapsed() >= last.all);
            let call = if check || is_over { None } else { state.calls.pop_front() };
            let monitored = state.monitored.clone();
            if call.is_none() && !check {
                // In one: what comes later finds nobody at it.
                state.is_busy = false;
                return self.idle.notify_all();
            }
            drop(state);
            let may_run = refusal_of(&self.program, &monitored);
            match may_run.and_then(|()| call.as_ref().map_or(Ok(()), |call| self.run(call))) {
                Ok(()) => self.lock().refusal = None,
                Err(why) => {
                    self.lock().untold.extend(call.map(|call| call.key));
                    self.refused(why);
                }
            }
        }
    }

    /// Takes note that there is no thread.
    fn rests(&self) {
        self.lock().is_busy = false;
        self.idle.notify_all();
    }

    fn say(&self, call: &HookRun, news: HookNews) {
        self.news.put((call.place.clone(), news));
    }

    /// Says that the program cannot be run, unless that was said.
    fn refused(&self, why: HookRefusal) {
        let mut state = self.lock();
        if state.refusal.as_ref() != Some(&why) {
            state.refusal = Some(why.clone());
            drop(state);
            self.news.put((None, HookNews::CannotRun(self.program.clone(), why)));
        }
    }

    /// Time until which a run may take that has begun then.
    fn limit(&self, began: Instant) -> Instant {
        let most = began + LIMIT;
        let Some((since, last)) = self.lock().ends else { return most };
        most.min(since + if began < since { last.running } else { last.all })
    }

    fn run(&self, call: &HookRun) -> Result<(), HookRefusal> {
        let mut program = Launch::new(&self.program);
        program.arg(call.event).args(&call.mount);
        let began = Instant::now();
        let lines = Lines::new(LINES.0, LINES.1);
        let limits = Limits { until: &|| self.limit(began), changed: self.ending.as_fd(), lines };
        let mut say = |piece| match piece {
            OutputPiece::Line(line) => self.say(call, HookNews::Said(line)),
            OutputPiece::NotShown(lines) => self.say(call, HookNews::NotShown(lines)),
        };
        let line = format!("{}\n", call.line);
        let failed = |error: io::Error| HookRefusal::Failed(error.into());
        let input = sys::filled_pipe(line.as_bytes()).map_err(failed)?;
        let ended = supervised::run(program, &call.variables, input, limits, &mut say);
        match ended.map_err(failed)? {
            Ended::Killed => self.say(call, HookNews::Killed(call.event)),
            Ended::By(status) => {
                let failed = failure(status).map(|end| HookNews::Failed(call.event, end));
                failed.into_iter().for_each(|news| self.say(call, news));
            }
        }
        Ok(())
    }
}

fn failure(status: ExitStatus) -> Option<HookEnd> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(HookEnd::Exit(code)),
        (None, signal) => Some(HookEnd::Signal(signal.unwrap_or(0))),
    }
}

/// Refuses a program that is none, or is on a filesystem of these devices: while it runs that could
/// not be unmounted, and if it is damaged the program may be. The root filesystem is unmounted by
/// nobody, and has all programs on many machines.
fn refusal_of(program: &Path, monitored: &[DeviceNumber]) -> Result<(), HookRefusal> {
    let failed = |error: io::Error| HookRefusal::Failed(error.into());
    let place = |path: &Path| OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path);
    let file: File = place(program).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(HookRefusal::NotRegular);
    }
    if found.permissions().mode() & 0o111 == 0 {
        return Err(HookRefusal::NotExecutable);
    }
    let there = fs::devices(file.as_fd());
    if !there.iter().any(|device| monitored.contains(device)) {
        return Ok(());
    }
    let root = place(Path::new("/")).map(|root| fs::devices(root.as_fd())).unwrap_or_default();
    let is_on_root = there.iter().any(|device| root.contains(device));
    if is_on_root { Ok(()) } else { Err(HookRefusal::OnFilesystem) }
}
