// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a healer for each XFS filesystem that is mounted, now or later.
//!
//! One thread waits for mounts, for signals and for the one systemctl(1) that may run, and opens no
//! path. Others do: they find out where a filesystem can be seen, and check later on whether what
//! was started runs, and whether what was refused can be started.

mod again;
mod doubt;
mod reach;
mod searches;

use crate::log::said::{Fault, Header, HealerNews, Said};
use crate::log::{Form, Log};
use crate::mounts::{MountFailure, MountFailures, MountNews, Mounts, New};
use crate::plan::Time;
use crate::report::{Level, Place};
use crate::service::exit;
use crate::service::notify::Manager;
use crate::service::restart::Request;
use crate::service::signals::{self, Hangup, Signals};
use crate::sys::DeviceNumber;
use crate::sys::poll::{self, PollFd};
use crate::watch::clock::now;
use crate::work::{Pool, Waits};
use again::Answer;
use doubt::PassingDoubt;
use reach::Found;
use searches::{Search, SearchNews, Searches};
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

/// Options of the command line.
#[derive(Clone, Debug, Default)]
pub struct StarterOptions {
    /// True if the log also tells which mounts are seen and what is started.
    pub debug: bool,
    /// True if everything is said as JSON.
    pub json: bool,
    /// File of the mount namespace to watch; `None` for our own.
    pub mount_namespace: Option<PathBuf>,
    /// True if the program only checks that mounts can be watched.
    pub supported: bool,
}

/// Time for which a slow reader of the log may hold up the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Starts healers until a signal says stop; gives the exit code.
pub fn run(options: &StarterOptions) -> i32 {
    signals::hold();
    let name = Place::named(b"xfs_healer_start");
    let Some(mut log) = Log::open(&name, Form::new(options.json), &Pool::new(1)) else {
        return exit::FAILED;
    };
    log.queue(None, &Said::Header(Header::new("xfs_healer_start", "autofsck")));
    let result = match Starter::new(options) {
        // All that is checked was done on the way here.
        Ok(_) if options.supported => Ok(()),
        Ok(mut starter) => starter.run(&mut log),
        Err(stop) => Err(stop),
    };
    // Who only asks gets an answer, on some machines at every boot.
    let most = if options.supported { Level::Info } else { Level::Error };
    let code = exit::of(&result);
    for failure in result.err().into_iter().flatten() {
        log.say_mildly(None, &Said::Mounts(MountNews::Failed(failure)), most);
    }
    log.queue(None, &Said::End { code });
    log.finish(LAST_WORDS);
    code
}

/// The process `xfs_healer_start`: the mounts it knows, and all that its loop waits for.
struct Starter {
    mounts: Mounts,
    signals: Signals,
    request: Option<Request>,
    /// Filesystems whose healers are started next.
    startable: VecDeque<Startable>,
    /// Doubt about which filesystem has lost its healer to another one: that shows only after a
    /// while.
    doubt: PassingDoubt,
    searches: Searches,
    /// Service manager that ends us unless it hears from us.
    manager: Manager,
    waits: Waits,
    debug: bool,
}

/// Time for which it is believed that a filesystem has no healer: meanwhile its unit may be started
/// by somebody else, as others wait for systemctl(1), and would be ended in the middle of a repair.
const FRESH: Duration = Duration::from_secs(1);

/// A filesystem whose healer can be started.
struct Startable {
    /// The filesystem as it was when it was looked for.
    new: New,
    place: Vec<u8>,
    unit: String,
    /// Time at which it was found.
    found: Time,
}

impl Starter {
    /// Sets up everything that can fail.
    fn new(options: &StarterOptions) -> Result<Starter, MountFailures> {
        let debug = options.debug;
        let mounts = Mounts::new(options.mount_namespace.as_deref(), debug)?;
        let error = |name| move |error: io::Error| vec![MountFailure::Call(name, error.into())];
        let signals = Signals::catch(Hangup::TryAgain).map_err(error("signalfd"))?;
        let searches = Searches::new().map_err(error("eventfd"))?;
        // Holds no mount from here on.
        let _ = std::env::set_current_dir("/");
        let (startable, doubt) = (VecDeque::new(), PassingDoubt::default());
        let (request, manager, waits) = (None, Manager::default(), Waits::default());
        Ok(Starter { mounts, signals, request, startable, doubt, searches, manager, waits, debug })
    }

    fn run(&mut self, log: &mut Log) -> Result<(), MountFailures> {
        let (manager, complaint) = Manager::from_env();
        self.manager = manager;
        let complaint = complaint.map(|why| Said::Fault(Fault::Manager(why)));
        complaint.iter().for_each(|complaint| log.say(None, complaint));
        self.mounts.begin(&mut |news| log.say(None, &Said::Mounts(news)));
        loop {
            self.serve(log);
            log.flush();
            self.manager.live(now());
            let ended = |name| move |error: io::Error| vec![MountFailure::Call(name, error.into())];
            let result = self.sleep(log);
            if let Some(error) = self.waits.ended(result).map_err(ended("poll"))? {
                log.say(None, &Said::Fault(Fault::Call("poll", error.into())));
            }
            let wishes = self.signals.read().map_err(ended("signalfd"))?;
            if wishes.end {
                return Ok(());
            }
            if wishes.try_again {
                self.mounts.table.all_soon();
            }
            self.mounts.read(now(), &mut |news| log.say(None, &Said::Mounts(news)))?;
        }
    }

    /// Waits for news.
    fn sleep(&self, log: &Log) -> io::Result<()> {
        let ended = self.request.as_ref().map(Request::ended);
        let own = [Some(self.signals.as_fd()), Some(self.searches.news())];
        let sources = [self.mounts.news(), ended].into_iter().chain(own).flatten();
        let mut fds: Vec<_> =
            sources.map(|fd| PollFd::new(fd, poll::IN)).chain(log.poll_fds()).collect();
        let request = self.request.as_ref().map(Request::wake_at);
        let mounts = [self.mounts.wake_at(), self.mounts.table.wake_at(), self.doubt.wake_at()];
        let others = [request, self.searches.wake_at(), self.manager.wake_at()];
        let first = mounts.into_iter().chain(others).flatten().min();
        let own = first.map(|at| at.since(now()));
        let wait = [own, self.searches.lend_threads()].into_iter().flatten().min();
        poll::poll(&mut fds, wait).map(drop)
    }

    /// Takes the result of a systemctl(1) that has ended, and runs the next ones as long as there
    /// is something to be done and none runs.
    fn serve(&mut self, log: &mut Log) {
        let has_started = self.request.as_mut().and_then(|request| request.has_started(now()));
        if let Some((request, has_started)) =
            self.request.take_if(|_| has_started.is_some()).zip(has_started)
        {
            let device = request.device;
            let (mount_point, unit) = (request.mount_point.clone(), request.unit.clone());
            let news = HealerNews::of_unit(has_started, unit);
            self.ended(device, &Place::new(&mount_point), news, log);
        }
        for (device, look, news) in self.searches.take() {
            self.told(device, look, news, log);
        }
        self.searches.silence(now(), &mut |place, said| log.queue(Some(place), said));
        if self.doubt.is_due(now()) {
            let is_last = self.doubt.wake_at().is_none();
            self.mounts.table.settle_doubts(is_last);
        }
        // First: what loses its healer by that is looked for in the same turn.
        while self.request.is_none() {
            let Some(startable) = self.startable.pop_front() else { break };
            self.start(startable, log);
        }
        while let Some(new) = self.mounts.table.next() {
            self.seek(new, log);
        }
        if self.mounts.is_own() {
            self.mounts.table.look_at_lost();
        }
        while let Some(due) = self.mounts.table.due(now()) {
            self.look(&due, log);
        }
    }

    /// Says what came of an attempt to start a healer. That a unit was started does not mean that
    /// its program goes on.
    fn ended(&mut self, device: DeviceNumber, place: &Place, news: HealerNews, log: &mut Log) {
        let is_started = news == HealerNews::Started;
        let said = Said::Healer(news);
        let words = (!is_started).then(|| said.line(Some(place)).text);
        if self.mounts.table.says(device, words.into_iter().collect()) || is_started {
            log.queue(Some(place), &said);
        }
        self.later(device);
    }

    /// Plans a check for a healer, unless the namespace is another one: there it cannot be told
    /// whether a healer would be refused.
    fn later(&mut self, device: DeviceNumber) {
        if self.mounts.is_own() {
            self.mounts.table.later(device, now());
        }
    }

    /// Has a worker check whether a filesystem has a healer, or could have one.
    fn look(&mut self, due: &New, log: &mut Log) {
        let started = self.mounts.table.place(due.device).map(<[u8]>::to_vec);
        let mut places = self.mounts.places(due, &mut |news| log.queue(None, &Said::Mounts(news)));
        places.sort_by_key(|place| Some(place) != started.as_ref());
        self.mounts.table.is_looked_at(due.device);
        self.searches.look(due.device, places, started);
    }

    /// Takes in what a worker has told, unless it is about what is not mounted there any more.
    fn told(&mut self, device: DeviceNumber, look: Search, news: SearchNews, log: &mut Log) {
        let is_sought = self.mounts.table.was_sought(device);
        match news {
            _ if look.is_outdated && is_sought => self.mounts.table.once_more(device),
            // No refusal: it was looked at what may be gone.
            _ if look.is_outdated && self.mounts.table.was_looked_at(device) => {
                self.mounts.table.soon(device, now());
            }
            _ if look.is_outdated => {}
            SearchNews::Looked(answer) => self.looked(device, answer),
            SearchNews::Sought(found) if is_sought => self.found(device, look, found, log),
            SearchNews::Sought(_) => {}
        }
    }

    fn looked(&mut self, device: DeviceNumber, answer: Answer) {
        if !self.mounts.table.was_looked_at(device) {
            return;
        }
        match answer {
            Answer::Runs(place) => self.mounts.table.runs(device, place),
            Answer::Startable => self.mounts.table.once_more(device),
            Answer::Refused => self.later(device),
        }
    }

    /// Has a worker find out where the filesystem can be seen.
    fn seek(&mut self, new: New, log: &mut Log) {
        let places = self.mounts.places(&new, &mut |news| log.queue(None, &Said::Mounts(news)));
        self.startable.retain(|other| other.new.device != new.device);
        if places.is_empty() {
            return self.mounts.table.hidden(new.device);
        }
        self.mounts.table.is_sought(new.device);
        let (is_own, changes) = (self.mounts.is_own(), self.mounts.changes());
        self.searches.seek(new, places, is_own, changes, now());
    }

    fn found(&mut self, device: DeviceNumber, look: Search, found: Found, log: &mut Log) {
        let has_changed = look.changes != self.mounts.changes();
        match found {
            Found::Startable(place, unit) => {
                let found = now();
                let startable = look.new.map(|new| Startable { new, place, unit, found });
                self.startable.extend(startable);
            }
            Found::Monitored(place) => {
                self.debug(log, &place, HealerNews::AlreadyMonitored);
                self.mounts.table.is_monitored(device);
                // By whom?
                if self.mounts.is_own() {
                    self.mounts.table.soon(device, now());
                }
            }
            Found::Unnamed(place) => {
                if self.mounts.table.unnamed(device) {
                    log.queue(Some(&Place::new(&place)), &Said::Healer(HealerNews::Unnamed));
                }
            }
            Found::Nowhere => self.mounts.table.hidden(device),
            Found::Unknown(place, why) => {
                self.mounts.table.is_monitored(device);
                self.ended(device, &Place::new(&place), HealerNews::Unknown(why), log);
            }
        }
        // It was looked at while mounts came and went: the answer may be about what is gone.
        if has_changed {
            self.mounts.table.reveal(device);
        }
    }

    /// Starts a filesystem's healer at its place, unless it is mounted there no more, or may have
    /// one by now.
    fn start(&mut self, Startable { new, place, unit, found }: Startable, log: &mut Log) {
        let device = new.device;
        if !self.mounts.table.was_sought(device) {
            return;
        }
        let is_stale = now().since(found) >= FRESH;
        if is_stale
            || !self
                .mounts
                .places(&new, &mut |news| log.queue(None, &Said::Mounts(news)))
                .contains(&place)
        {
            return self.mounts.table.once_more(device);
        }
        // Also if it fails: it would fail again at once.
        self.mounts.table.started(device, &place);
        if self.mounts.table.has_doubts() {
            self.doubt.arises(now());
        }
        self.debug(log, &place, HealerNews::Restarting(unit.clone()));
        match Request::new(device, place.clone(), unit.clone(), now()) {
            Ok(request) => self.request = Some(request),
            Err(_) => {
                self.ended(device, &Place::new(&place), HealerNews::NotStarted(unit), log);
            }
        }
    }

    fn debug(&self, log: &mut Log, place: &[u8], news: HealerNews) {
        if self.debug {
            log.say(Some(&Place::new(place)), &Said::Healer(news));
        }
    }
}
