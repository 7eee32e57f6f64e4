// SPDX-License-Identifier: LGPL-2.1-or-later
//! Watches every filesystem of the machine for the errors that it reports to the kernel.
//!
//! One thread waits for errors, for mounts and for signals, and opens no path. Others do: they mark
//! filesystems and find the paths of files.

mod answer;
mod book;
mod down;
mod e2scrub;
mod files;
mod first_lines;
mod follow;
mod list;
mod listened;
mod marked;
mod metrics;
mod names;
mod outlets;
mod pace;
mod pauses;
mod places;
mod queues;
mod recording;
mod remedies;
mod remedy;
mod replay;
mod tell;
mod totals;
mod types;

use crate::log::said::{Fault, Header, Said};
use crate::log::{Form, Log};
use crate::mounts::{MountFailures, MountNews};
use crate::plan::Time;
use crate::report::Place;
use crate::service::exit;
use crate::service::notify::Manager;
use crate::service::signals::{self, Hangup, Signals, Wishes};
use crate::service::unit;
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, Capabilities};
use crate::watch::clock::now;
use crate::work::{Crew, Pool, Waits};
use answer::{ErrorAnswer, Speak, failed};
use down::DownQuestions;
use follow::Follow;
use outlets::Outlets;
use pace::ReadPace;
use recording::Recording;
use remedies::Remedies;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;
use tell::Tell;

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::replay::ErrorReplay;
}

/// Options of the command line.
#[derive(Clone, Debug, Default)]
pub struct ErrorOptions {
    /// True if the log also tells which mounts are seen.
    pub debug: bool,
    /// True if everything is said as JSON.
    pub json: bool,
    /// True if something is done about errors, where something can be.
    pub act: bool,
    /// True if the program only lists the filesystems.
    pub list: bool,
    /// Program that is run for what deserves attention.
    pub exec: Option<PathBuf>,
    /// File that metrics are kept in.
    pub metrics: Option<PathBuf>,
    /// File that what the kernel tells is appended to.
    pub record: Option<PathBuf>,
    /// Recording that is said, and nothing else is done.
    pub replay: Option<PathBuf>,
}

/// Time for which a slow reader of the log may hold up the end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The same where nothing else is to be done, and nothing may be lost of what is said.
const LIST_PATIENCE: Duration = Duration::from_secs(365 * 24 * 3600);
/// Number of filesystems that are opened at once. One that does not answer makes no difference to the
/// others after ten seconds, and before that only beside three more.
const THREADS: usize = 4;
/// Most reads of a queue in a turn: more than a full one needs, and no storm holds up the rest.
const MOST_READS: usize = 512;
/// Bytes of events that are read at once; one is up to 184 bytes long.
const READ_BYTES: usize = 8192;
/// The privileges: to mark filesystems, and to pass through all directories and open files by handle.
const NEEDED: Capabilities = Capabilities::SYS_ADMIN.union(Capabilities::DAC_READ_SEARCH);

/// Says what errors filesystems report until a signal says stop; gives the exit code.
pub fn run(options: &ErrorOptions) -> i32 {
    let (place, form) = (Place::named(b"fserrord"), Form::new(options.json));
    if let Some(path) = &options.replay {
        return replay::run(path, form);
    }
    if !options.list {
        signals::hold();
    }
    let Some(mut log) = Log::open(&place, form, &Pool::new(1)) else { return exit::FAILED };
    let policy = if options.act { "repair" } else { "log" };
    log.queue(None, &Said::Header(Header::new("fserrord", policy)));
    let result = if options.list {
        list::list(&mut |place, said| {
            log.queue(place, said);
            if log.is_half_full() {
                log.finish(LIST_PATIENCE);
            }
        })
    } else {
        watch(options, &mut log)
    };
    let code = exit::of(&result);
    for failure in result.err().into_iter().flatten() {
        log.queue(None, &Said::Mounts(MountNews::Failed(failure)));
    }
    log.queue(None, &Said::End { code });
    log.finish(if options.list { LIST_PATIENCE } else { LAST_WORDS });
    // A list is all that it does.
    if options.list { log.exit_code("fserrord", code) } else { code }
}

/// Says what errors filesystems report until a signal says stop.
fn watch(options: &ErrorOptions, log: &mut Log) -> Result<(), MountFailures> {
    let (mut watcher, threads) = Watcher::new(options)?;
    let files = (options.exec.as_deref(), options.metrics.as_deref());
    let mut out = Outlets::new(log, files, &threads)?;
    // Holds no mount from here on.
    let _ = std::env::set_current_dir("/");
    let result = watcher.run(&mut out);
    watcher.end(&mut |place, said| out.say(place, said));
    out.end();
    result
}

struct Watcher {
    follow: Follow,
    tell: Tell,
    down: DownQuestions,
    /// What is done about errors; `None` if they are only said.
    remedies: Option<Remedies>,
    recording: Option<Recording>,
    signals: Signals,
    crew: Crew<ErrorAnswer>,
    manager: Manager,
    buffer: Vec<u8>,
    pace: ReadPace,
    waits: Waits,
    /// True once the filesystems that were mounted at the beginning have been marked, as far as they
    /// answer.
    is_ready: bool,
}

impl Watcher {
    /// Sets up everything that can fail; gives also the threads for what may block.
    fn new(options: &ErrorOptions) -> Result<(Watcher, Pool), MountFailures> {
        let follow = Follow::new(options.debug)?;
        let signals = Signals::catch(Hangup::TryAgain).map_err(failed("signalfd"))?;
        // What cannot be given up stays.
        let _ = give_up_privileges(options);
        let threads = Pool::new(THREADS);
        let crew = Crew::new(threads.clone()).map_err(failed("eventfd"))?;
        let recording = options.record.as_deref();
        let recording = recording.map(|path| Recording::begin(path, &crew, now()));
        let (tell, down) = (Tell::default(), DownQuestions::default());
        let manager = Manager::default();
        let (buffer, is_ready) = (vec![0; READ_BYTES], false);
        let (pace, waits) = (ReadPace::default(), Waits::default());
        let remedies = options.act.then(Remedies::default);
        let watcher = Watcher {
            follow,
            tell,
            down,
            remedies,
            recording,
            signals,
            crew,
            manager,
            buffer,
            pace,
            waits,
            is_ready,
        };
        Ok((watcher, threads))
    }

    fn run(&mut self, out: &mut Outlets<'_>) -> Result<(), MountFailures> {
        let (manager, complaint) = Manager::from_env();
        self.manager = manager;
        let complaint = complaint.map(|why| Said::Fault(Fault::Manager(why)));
        complaint.iter().for_each(|complaint| out.log.say(None, complaint));
        self.follow.begin(&mut |place, said| out.say(place, said));
        loop {
            self.serve(out)?;
            out.advance(now());
            self.is_ready = self.is_ready || !self.follow.is_marking();
            if self.is_ready {
                self.manager.live(now());
                self.write_metrics(out);
            }
            out.log.flush();
            let result = self.sleep(out);
            if let Some(error) = self.waits.ended(result).map_err(failed("poll"))? {
                out.log.say(None, &Said::Fault(Fault::Call("poll", error.into())));
            }
            let wishes = self.signals.read().map_err(failed("signalfd"))?;
            if self.obey(wishes, out) {
                return Ok(());
            }
        }
    }

    /// Has the metrics written, if there are any to be kept.
    fn write_metrics(&self, out: &mut Outlets<'_>) {
        let text = |kernel: &str| metrics::text(self.follow.all_watched(), self.tell.own, kernel);
        out.write_metrics(text, now());
    }

    /// Says what is left to say, whatever the end is.
    fn end(&mut self, say: Speak<'_>) {
        self.tell.end(&self.follow.filesystems, say);
    }

    /// Does what signals ask for; true at the end.
    fn obey(&mut self, wishes: Wishes, out: &mut Outlets<'_>) -> bool {
        let say = &mut |place: Option<&Place>, said: &Said| out.say(place, said);
        if wishes.try_again {
            self.follow.try_again();
        }
        if wishes.summary {
            self.follow.summary(say);
        }
        if wishes.end {
            // Also what has come since; where it cannot be read, this is the end all the same.
            let _ = self.read_errors(now(), say);
        }
        wishes.end
    }

    /// Waits for news.
    fn sleep(&self, out: &Outlets<'_>) -> io::Result<()> {
        let pause = self.pace.pause(now());
        let queues = if pause.is_some() { Vec::new() } else { self.follow.queues.all() };
        let own = [self.signals.as_fd(), self.crew.news()].into_iter();
        let sources = own.chain(self.follow.mounts.news()).chain(out.news());
        let sources = sources.chain(queues.iter().map(|q| q.as_fd()));
        let mut fds: Vec<_> =
            sources.map(|fd| PollFd::new(fd, poll::IN)).chain(out.log.poll_fds()).collect();
        let wake = [pause, self.follow.wake_at(), self.tell.wake_at(), self.manager.wake_at()];
        let remedies = self.remedies.as_ref().and_then(Remedies::wake_at);
        let recording = self.recording.as_ref().and_then(Recording::wake_at);
        let others = [self.down.wake_at(), remedies, recording, out.wake_at(self.is_ready)];
        let all = wake.into_iter().chain(others).flatten();
        let own = all.min().map(|at| at.since(now()));
        let wait = [own, self.crew.lend_threads()].into_iter().flatten().min();
        poll::poll(&mut fds, wait).map(drop)
    }

    /// Takes in what has happened, and does what is to be done about it.
    fn serve(&mut self, out: &mut Outlets<'_>) -> Result<(), MountFailures> {
        let say = &mut |place: Option<&Place>, said: &Said| out.say(place, said);
        let at = now();
        // Before the errors: what was reported of a filesystem before its unmount is read before it
        // is forgotten.
        self.follow.read(at, say)?;
        let unmounted = self.follow.unmounted();
        if self.pace.pause(at).is_none() || !unmounted.is_empty() {
            self.read_errors(at, say)?;
        }
        for device in unmounted {
            self.tell.forget(device, &self.follow.filesystems, say);
            self.follow.forget(device);
            self.down.forget(device);
            self.remedies.iter_mut().for_each(|remedies| remedies.forget(device));
            self.recording.iter_mut().for_each(|recording| recording.forget(device, at));
        }
        self.take_answers(at, say);
        self.follow.advance(&self.crew, at, say);
        self.tell.advance(&self.follow.filesystems, at, say);
        self.tell.look(&mut self.follow, &self.crew, at, say);
        self.down.advance(&self.crew, at);
        if let Some(remedies) = &mut self.remedies {
            remedies.advance(&mut self.follow, &self.crew, at, say);
        }
        self.recording.iter_mut().for_each(|recording| recording.advance(at, say));
        Ok(())
    }

    /// Takes in what workers have done.
    fn take_answers(&mut self, at: Time, say: Speak<'_>) {
        for (number, answer) in self.crew.take() {
            match answer {
                ErrorAnswer::Marked(end) => self.follow.marked(number, end, at, say),
                ErrorAnswer::Named(names) => self.tell.named(number, names, at),
                ErrorAnswer::Down(is_down) => {
                    if let Some(device) = self.down.answered(number).filter(|_| is_down) {
                        self.follow.find_places([device], say);
                        self.tell.is_down(device, &mut self.follow.filesystems, at, say);
                    }
                }
                ErrorAnswer::Recorder(end) => {
                    if let Some(recording) = &mut self.recording {
                        recording.opened(number, end, say);
                    }
                }
                ErrorAnswer::Found(end) => {
                    let remedies = self.remedies.as_mut();
                    let of = remedies.and_then(|all| all.found(number, end, &self.crew, at, say));
                    of.into_iter()
                        .for_each(|(device, why)| self.follow.nothing_done(device, why, say));
                }
                ErrorAnswer::Remedied(end) => {
                    let remedies = self.remedies.as_mut();
                    let ended = remedies.and_then(|remedies| remedies.ended(number, &end, at));
                    ended.into_iter().for_each(|ended| self.follow.remedied(ended, &end, say));
                }
            }
        }
    }

    fn read_errors(&mut self, now: Time, say: Speak<'_>) -> Result<(), MountFailures> {
        for number in 0..self.follow.queues.all().len() {
            for _ in 0..MOST_READS {
                match self.follow.queues.read(number, &mut self.buffer) {
                    None => break,
                    Some(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                    Some(Err(error)) => return Err(failed("fanotify")(error)),
                    Some(Ok(read)) => {
                        self.follow.find(&read.errors, say);
                        if let Some((devices, sight)) = self.follow.take_looked_for() {
                            self.tell.forget_unseen(devices, &sight, &self.follow.filesystems);
                        }
                        let filesystems = &self.follow.filesystems;
                        self.down.take(&read.errors, filesystems, now);
                        if let Some(recording) = &mut self.recording {
                            recording.take(&read, filesystems, now);
                        }
                        if let Some(remedies) = &mut self.remedies {
                            remedies.take(&read.errors, filesystems, now);
                        }
                        if !self.tell.take(read.errors, &mut self.follow.filesystems, now, say) {
                            self.pace.nothing_new(now);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gives up the privileges of root that are not needed, where no service manager has done that.
fn give_up_privileges(options: &ErrorOptions) -> io::Result<()> {
    if !sys::is_plain_root() || sys::is_filtered() {
        return Ok(());
    }
    sys::no_core_dumps()?;
    let needed = if options.metrics.is_some() || options.record.is_some() {
        // The folder may be somebody else's.
        NEEDED | Capabilities::DAC_OVERRIDE
    } else {
        NEEDED
    };
    if options.exec.is_some() {
        // A program of the administrator's may be anything, and another user's, whom only the
        // privileged can end. Programs of root start with the whole bounding set.
        return sys::keep_capabilities(needed | Capabilities::KILL, Capabilities::all());
    }
    // While a snapshot is made the device stands still, and LVM must not wait for its own memory on it.
    let makes_snapshots = options.act && !unit::systemd_runs();
    let more = if makes_snapshots { Capabilities::IPC_LOCK } else { Capabilities::empty() };
    sys::no_new_privileges()?;
    // First: that needs one which goes then.
    let bounded = sys::bound_capabilities(needed | more);
    sys::keep_capabilities(needed, needed | more)?;
    bounded
}
