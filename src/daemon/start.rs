// SPDX-License-Identifier: LGPL-2.1-or-later
//! The way from the command line's wishes to a running loop.

use super::Daemon;
use super::all::All;
use super::metrics::Metrics;
use super::opening::{self, Teller};
use super::privileges;
use super::replay;
use super::woken::Woken;
use crate::fs::Monitor;
use crate::log::said::{Fault, Header, Refusal, Said};
use crate::log::{Form, Log};
use crate::mounts::MountNews;
use crate::plan::Policy;
use crate::record::{Home, Recorder};
use crate::report::{Level, Place};
use crate::service::left_over;
use crate::service::notify::Manager;
use crate::service::signals::{Hangup, Signals};
use crate::service::status::Counts;
use crate::sys;
use crate::sys::poll::{self, PollFd};
use crate::watch::Watch;
use crate::watch::answer::Crew;
use crate::watch::answer::Done;
use crate::watch::clock::now;
use crate::watch::feed::{READ_BYTES, READ_BYTES_OF_MANY};
use crate::watch::one_shot::OPERATIONAL_ERROR;
use crate::watch::open::{self, Code, Opened, Setup, Stop, is_read_only, is_whole};
use crate::watch::options::Options;
use crate::watch::support;
use crate::watch::support::{Probe, Support};
use crate::watch::tasks::Tasks;
use crate::work::Pool;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Time for which a slow reader of the log may hold up the end of a program that says why it does
/// not run: nothing waits for it, and there is no other explanation.
const ONLY_WORDS: Duration = Duration::from_secs(5);

/// Exit code with which systemd.service(5) does not skip a service, but tries again later.
const NOT_NOW: i32 = 255;

/// Monitors what the options name until it is unmounted, or looks at it once; gives the exit code.
pub fn run(options: Options) -> i32 {
    sys::share_heap();
    if let Some(path) = &options.replay {
        return replay::run(path, &options);
    }
    // Without the two streams, or a descriptor to wait with, there is nobody to tell.
    let place = given(&options);
    let threads = Pool::new(options.workers());
    let form = Form::new(options.json);
    let Ok(mut log) = Log::new(&place.given().to_string(), form, &threads) else {
        return exit_code(&options, &Code::Failed);
    };
    log.queue(None, &Said::Header(Header::new("xfs_healer", policy(&options))));
    if let Some(pid) = left_over::left_over() {
        log.say(Some(&place), &Said::Refused(Refusal::LeftOver(pid)));
        let code = if options.supported { NOT_NOW } else { exit_code(&options, &Code::Failed) };
        return end(&mut log, code);
    }
    let options = Arc::new(options);
    let start = if options.all { all } else { one };
    let ready = start(&options, threads, &mut log);
    match ready {
        Ok(ready) => {
            let _ = std::env::set_current_dir("/");
            ready(log)
        }
        Err(stop) => {
            let most = refusal(&options);
            stop.said.iter().for_each(|said| log.say_mildly(Some(&place), said, most));
            end(&mut log, exit_code(&options, &stop.code))
        }
    }
}

/// Ends the log of a program that does not run; gives its exit code.
fn end(log: &mut Log, code: i32) -> i32 {
    log.queue(None, &Said::End { code });
    log.finish(ONLY_WORDS);
    code
}

/// The policy that the options ask for.
fn policy(options: &Options) -> &'static str {
    match options {
        Options { dry_run: true, .. } => "dry_run",
        Options { repair: true, .. } => "repair",
        Options { no_autofsck: true, .. } => "log",
        _ => "autofsck",
    }
}

/// The name that the log has for what is watched.
fn given(options: &Options) -> Place {
    let one = options.mount_point.as_os_str().as_bytes();
    if options.all { Place::named(b"xfs_healer") } else { Place::new(one) }
}

/// Most urgent level of a line that something cannot be done: who only asks whether it can gets an answer, on
/// some machines at every boot.
fn refusal(options: &Options) -> Level {
    if options.supported { Level::Info } else { Level::Error }
}

fn exit_code(options: &Options, code: &Code) -> i32 {
    let is_one_shot = options.one_shot && !options.supported;
    match code {
        Code::Answered => 0,
        Code::Disabled if is_one_shot => 0,
        Code::Failed | Code::BrokenOff if is_one_shot => OPERATIONAL_ERROR,
        Code::BrokenOff if !options.supported => 0,
        // Who asks and gets no answer has not heard that all is well.
        Code::Disabled | Code::Failed | Code::BrokenOff => 1,
    }
}

/// Function that runs the loop once everything is in place; gives the exit code.
type Ready = Box<dyn FnOnce(Log) -> i32>;

/// Parts that every way of running needs.
struct Base {
    signals: Signals,
    crew: Crew,
    metrics: Option<Metrics>,
}

impl Base {
    fn new(options: &Options, threads: Pool) -> io::Result<Base> {
        let hangup = if options.one_shot { Hangup::End } else { Hangup::TryAgain };
        let signals = Signals::catch(hangup)?;
        let metrics = options.metrics.as_deref().map(|file| Metrics::new(file, &threads));
        Ok(Base { signals, crew: Crew::new(threads)?, metrics })
    }

    fn daemon(self, watches: Vec<Watch>, all: Option<All>, manager: Manager, log: Log) -> Daemon {
        let Base { signals, crew, metrics } = self;
        let bytes = if all.is_some() { READ_BYTES_OF_MANY } else { READ_BYTES };
        Daemon {
            watches,
            all,
            crew,
            signals,
            log,
            manager,
            is_ready: false,
            metrics,
            buffer: vec![0; bytes],
            answers: Vec::new(),
            woken: Woken::unknown(),
            past: Counts::default(),
        }
    }
}

/// Gets ready to watch every filesystem that is mounted, now and later.
fn all(options: &Arc<Options>, threads: Pool, log: &mut Log) -> Result<Ready, Stop> {
    // Of the program itself, without a name before it.
    let mut stop = |said| {
        log.say_mildly(None, &said, refusal(options));
        Stop::silent(Code::Failed)
    };
    let failed = |error: io::Error| Said::Refused(Refusal::Failed(error.into()));
    let base = Base::new(options, threads.clone()).map_err(|error| stop(failed(error)))?;
    let all = All::new(options).map_err(|failures| {
        failures.into_iter().for_each(|why| drop(stop(Said::Mounts(MountNews::Failed(why)))));
        Stop::silent(Code::Failed)
    })?;
    if options.supported {
        return Err(Stop::silent(Code::Answered));
    }
    // First: the thread that opens the recording has what is left.
    privileges::give_up(options, &given(options), log);
    let all = match &options.record {
        Some(path) => all.record_with(recorder_of_all(path, options, &base, &threads, log)?),
        None => all,
    };
    // A monitor for each filesystem; where it cannot be raised the monitors are as many as it allows.
    let _ = sys::raise_descriptor_limit();
    let manager = manager(&given(options), log);
    Ok(Box::new(move |log| base.daemon(Vec::new(), Some(all), manager, log).run()))
}

/// Has a thread begin the recording: its path may lead to what never answers. Where none can be
/// made, that is said.
fn recorder_of_all(
    path: &Path,
    options: &Arc<Options>,
    base: &Base,
    threads: &Pool,
    log: &mut Log,
) -> Result<Option<Arc<Recorder>>, Stop> {
    let (place, options) = (Place::named(path.as_os_str().as_bytes()), Arc::clone(options));
    let work = move |_: &Teller<_>| Ok(recorder(&options, Home::NotOnXfs));
    match opening::opened(&place, &base.signals, threads, log, work) {
        Ok(recorder) => Ok(recorder.unwrap_or_else(|refused| {
            log.say(None, &refused);
            None
        })),
        Err(Stop { said, code }) => {
            said.iter().for_each(|said| log.say(Some(&place), said));
            // A signal ends the program, and nothing else about a recording does.
            if matches!(code, Code::BrokenOff) { Err(Stop::silent(code)) } else { Ok(None) }
        }
    }
}

/// The recorder that is wanted, if there is one; else gives what is to be said.
fn recorder(options: &Options, home: Home<'_>) -> Result<Option<Arc<Recorder>>, Said> {
    let path = options.record.as_ref().filter(|_| !options.supported);
    path.map(|path| Recorder::begin(path, home, now()).map(Arc::new)).transpose()
}

fn one(options: &Arc<Options>, threads: Pool, log: &mut Log) -> Result<Ready, Stop> {
    let place = given(options);
    let base = Base::new(options, threads.clone()).map_err(Stop::failed)?;
    privileges::give_up(options, &place, log);
    let tasks = Tasks::new(&base.crew);
    let work = {
        let (options, crew, tasks) = (Arc::clone(options), base.crew.clone(), tasks.clone());
        move |teller: &Teller<Setup>| ready(&options, &crew, &tasks, teller)
    };
    let setup = opening::opened(&place, &base.signals, &threads, log, work)?;
    let manager = if options.one_shot { Manager::default() } else { manager(&place, log) };
    Ok(Box::new(move |log| {
        let watch = Watch::new(setup, tasks);
        base.daemon(vec![watch], None, manager, log).run()
    }))
}

/// Opens the filesystem that is named, and gets it ready.
fn ready(
    options: &Options,
    crew: &Crew,
    tasks: &Tasks,
    teller: &Teller<Setup>,
) -> Result<Setup, Stop> {
    let say = &mut |said| teller.say(said);
    let mount_point = open::mount_point(&options.mount_point)?;
    teller.answers();
    let opened = Opened::of(options, &options.mount_point, mount_point, say)?;
    let one = One { options, opened, crew, tasks };
    match (options.one_shot, options.supported) {
        (true, true) => Err(one.answer_one_shot(teller)?),
        (true, false) => one.one_shot(teller),
        (false, _) => {
            let recorder = recorder(options, Home::NotOf(one.opened.root.as_fd()));
            // Healing is worth more than a record of it.
            let recorder = recorder.unwrap_or_else(|refused| {
                teller.say(refused);
                None
            });
            Ok(Setup { recorder, ..one.monitor(teller)? })
        }
    }
}

/// The manager that the environment names.
fn manager(name: &Place, log: &mut Log) -> Manager {
    let (manager, complaint) = Manager::from_env();
    if let Some(complaint) = complaint {
        log.say(Some(name), &Said::Fault(Fault::Manager(complaint)));
    }
    manager
}

/// The probe's answer, or `None` if it takes too long; the loop will get it then.
fn wait_for_probe(crew: &Crew) -> io::Result<Option<io::Result<()>>> {
    let mut fds = [PollFd::new(crew.news(), poll::IN)];
    poll::poll(&mut fds, Some(support::PROBE_PATIENCE))?;
    Ok(crew.take().into_iter().find_map(|(_, done)| match done {
        Done::Probed(answer) => Some(answer),
        _ => None,
    }))
}

/// The one filesystem that is named, and what is needed to get it going.
struct One<'a> {
    options: &'a Options,
    opened: Opened<'a>,
    crew: &'a Crew,
    tasks: &'a Tasks,
}

impl One<'_> {
    fn monitor(self, teller: &Teller<Setup>) -> Result<Setup, Stop> {
        // Before the probe, which never comes back from a frozen filesystem.
        let monitor = Arc::new(self.open_monitor()?);
        if self.options.supported && !self.options.repair {
            return Err(self.answer_supported(&monitor, teller));
        }
        let support = self.ask_support(Some(&monitor), teller)?;
        if self.options.supported {
            return Err(Stop::silent(Code::Answered));
        }
        let is_silent = matches!(support, Support::Silent);
        let probe = is_silent.then(|| Probe::silent(self.opened.less_effective()));
        self.opened.watched(monitor, support.can_repair(), probe)
    }

    /// Answers whether a single look would repair what it finds, were the mount read-write. Who
    /// asks can make it so: the root filesystem is read-only until late in the boot.
    fn answer_one_shot(&self, teller: &Teller<Setup>) -> Result<Stop, Stop> {
        let can_repair = self.ask_support(None, teller)?.can_repair();
        self.refuse_part()?;
        let is_wanted = self.opened.wanted == Policy::Repair;
        let code = if is_wanted && can_repair { Code::Answered } else { Code::Failed };
        Ok(Stop::silent(code))
    }

    fn one_shot(self, teller: &Teller<Setup>) -> Result<Setup, Stop> {
        if self.opened.is_unrecovered {
            return Err(Stop::refused(Refusal::NoRecovery));
        }
        let support = self.ask_support(None, teller)?;
        // It does not wait for a thaw or a remount.
        let can_repair = matches!(support, Support::Yes | Support::Unknown(_));
        if matches!(support, Support::Silent) {
            return Err(Stop::silent(Code::Failed));
        }
        self.refuse_part()?;
        self.opened.held(can_repair)
    }

    /// Refuses a mount that is not of the whole filesystem: a single look is at all of it.
    fn refuse_part(&self) -> Result<(), Stop> {
        if is_whole(self.opened.root.as_fd()) {
            return Ok(());
        }
        // The kernel refuses the monitor for the same reason in these words.
        Err(Stop::failed(io::Error::from_raw_os_error(libc::EPERM)))
    }

    fn open_monitor(&self) -> Result<Monitor, Stop> {
        self.opened.monitor().map_err(|error| {
            let is_forbidden = error.raw_os_error() == Some(libc::EPERM);
            if self.options.repair && is_forbidden {
                // Nobody else gets so far: tell it from a mount that is not of the whole.
                if let Err(stop) = self.refuse_unsupported(&self.ask(None)) {
                    return stop;
                }
            }
            open::refused(error)
        })
    }

    /// Puts the question to the kernel, but does not wait for ever: the answer may come to the
    /// loop.
    fn ask(&self, monitor: Option<&Arc<Monitor>>) -> Support {
        let asked = self.opened.question(monitor).and_then(|question| self.tasks.probe(question));
        match asked.and_then(|()| wait_for_probe(self.crew)) {
            Ok(Some(answer)) => Support::from_probe(answer),
            Ok(None) => Support::Silent,
            Err(error) => Support::Unknown(error),
        }
    }

    /// Answers `--supported` without the probe where only words could depend on it, and hardly do:
    /// a service manager waits.
    fn answer_supported(&self, monitor: &Arc<Monitor>, teller: &Teller<Setup>) -> Stop {
        if self.opened.wanted == Policy::Repair {
            let is_asked = is_read_only(self.opened.root.as_fd());
            let support = if is_asked { self.ask(Some(monitor)) } else { Support::Yes };
            self.tell(&support, teller);
            if matches!(support, Support::Yes) {
                self.warn_less_effective(teller);
            }
        }
        Stop::silent(Code::Answered)
    }

    /// Finds out whether the kernel can repair, where that is wanted, and says so; with a monitor
    /// through whichever mount.
    fn ask_support(
        &self,
        monitor: Option<&Arc<Monitor>>,
        teller: &Teller<Setup>,
    ) -> Result<Support, Stop> {
        if self.opened.wanted != Policy::Repair {
            return Ok(Support::Yes);
        }
        let support = self.ask(monitor);
        self.refuse_unsupported(&support)?;
        self.tell(&support, teller);
        if support.can_repair() {
            self.warn_less_effective(teller);
        }
        Ok(support)
    }

    /// Refuses `--repair` where repair is not supported: who says it does not want a daemon that
    /// cannot.
    fn refuse_unsupported(&self, support: &Support) -> Result<(), Stop> {
        let cannot = matches!(support, Support::No | Support::ReadOnly);
        // A look at what is damaged is worth something also where nothing can be repaired.
        if self.options.repair && !self.options.one_shot && cannot {
            return Err(Stop::refused(Refusal::CannotRepair));
        }
        Ok(())
    }

    fn tell(&self, support: &Support, teller: &Teller<Setup>) {
        support.said().into_iter().for_each(|said| teller.say(said));
    }

    fn warn_less_effective(&self, teller: &Teller<Setup>) {
        self.opened.less_effective().into_iter().for_each(|said| teller.say(said));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_comes_first_is_a_good_end_only_of_who_was_to_monitor() {
        let code = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            exit_code(&options, &Code::BrokenOff)
        };
        assert_eq!(code(|_| ()), 0);
        assert_eq!(code(|o| o.one_shot = true), OPERATIONAL_ERROR);
        assert_eq!(code(|o| o.supported = true), 1);
        assert_eq!(code(|o| (o.one_shot, o.supported) = (true, true)), 1);
    }
}
