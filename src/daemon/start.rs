// SPDX-License-Identifier: LGPL-2.1-or-later
//! The way from the command line's wishes to a running loop.

use super::all::All;
use super::one;
use super::opening::{self, Teller};
use super::privileges;
use super::recorder;
use super::replay;
use super::woken::Woken;
use super::{Daemon, LAST_TIME};
use crate::hook::{Hook, LastTime};
use crate::log::said::{Fault, Header, Refusal, Said};
use crate::log::{Form, Log};
use crate::metrics::{Metrics, MetricsPace};
use crate::mounts::MountNews;
use crate::plan::Policy;
use crate::report::{Level, Place};
use crate::service::exit::{Code, Purpose};
use crate::service::left_over;
use crate::service::notify::Manager;
use crate::service::signals::{self, Hangup, Signals};
use crate::service::status::Counts;
use crate::sys;
use crate::watch::Watch;
use crate::watch::answer::Done;
use crate::watch::feed::{READ_BYTES, READ_BYTES_OF_MANY};
use crate::watch::open::{Setup, Stop};
use crate::watch::options::Options;
use crate::watch::tasks::Tasks;
use crate::work::{Crew, Pool, Waits};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::Duration;

/// Time for which a slow reader of the log may hold up the end of a program that says why it does
/// not run: nothing waits for it, and there is no other explanation.
const ONLY_WORDS: Duration = Duration::from_secs(5);

/// Time that it has at the end of a run that ends by itself, until a signal comes.
const WHOLE_TIME: LastTime =
    LastTime { running: Duration::from_secs(30), all: Duration::from_secs(30) };

/// Monitors what the options name until it is unmounted, or looks at it once; gives the exit code.
pub fn run(options: Options) -> i32 {
    sys::spare_heap();
    if let Some(path) = &options.replay {
        return replay::run(path, &options);
    }
    signals::hold();
    let place = given(&options);
    let threads = Pool::new(options.workers());
    let Some(mut log) = Log::open(&place, Form::new(options.json), &threads) else {
        return Code::Failed.number(options.purpose());
    };
    log.queue(None, &Said::Header(Header::new("xfs_healer", policy(&options))));
    if let Some(pid) = left_over::left_over() {
        log.say(Some(&place), &Said::Refused(Refusal::LeftOver(pid)));
        return end(&mut log, Code::LeftOver.number(options.purpose()));
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
            end(&mut log, stop.code.number(options.purpose()))
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
    if options.dry_run { "dry_run" } else { options.policy().map_or("autofsck", Policy::name) }
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

/// Function that runs the loop once everything is in place; gives the exit code.
type Ready = Box<dyn FnOnce(Log) -> i32>;

/// Parts that every way of running needs.
struct Base {
    signals: Signals,
    crew: Crew<Done>,
    metrics: Option<Metrics>,
    hook: Option<Hook>,
    purpose: Purpose,
}

impl Base {
    fn new(options: &Options, threads: Pool) -> io::Result<Base> {
        let hangup = if options.one_shot { Hangup::End } else { Hangup::TryAgain };
        let signals = Signals::catch(hangup)?;
        let metrics = options.metrics.as_deref();
        let metrics = metrics.map(|file| Metrics::new(file, MetricsPace::Plain, &threads));
        let hook =
            options.exec.as_deref().map(|program| Hook::new(program, "XFS_HEALER", &threads));
        let (hook, purpose) = (hook.transpose()?, options.purpose());
        Ok(Base { signals, crew: Crew::new(threads)?, metrics, hook, purpose })
    }

    fn daemon(self, watches: Vec<Watch>, all: Option<All>, manager: Manager, log: Log) -> Daemon {
        let Base { signals, crew, metrics, hook, purpose } = self;
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
            hook,
            last_time: if purpose == Purpose::Look { WHOLE_TIME } else { LAST_TIME },
            buffer: sys::untouched(bytes),
            answers: Vec::new(),
            woken: Woken::unknown(),
            past: Counts::default(),
            waits: Waits::default(),
            purpose,
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
        Some(path) => {
            all.record_with(recorder::of_all(path, options, &base.signals, &threads, log)?)
        }
        None => all,
    };
    // A monitor for each filesystem; where it cannot be raised the monitors are as many as it allows.
    let _ = sys::raise_descriptor_limit();
    let all = all.with_limit(sys::descriptor_limit().unwrap_or(u64::MAX));
    let manager = manager(&given(options), log);
    Ok(Box::new(move |log| base.daemon(Vec::new(), Some(all), manager, log).run()))
}

fn one(options: &Arc<Options>, threads: Pool, log: &mut Log) -> Result<Ready, Stop> {
    let place = given(options);
    let base = Base::new(options, threads.clone()).map_err(Stop::failed)?;
    privileges::give_up(options, &place, log);
    let tasks = Tasks::new(&base.crew);
    let work = {
        let (options, crew, tasks) = (Arc::clone(options), base.crew.clone(), tasks.clone());
        move |teller: &Teller<Setup>| one::ready(&options, &crew, &tasks, teller)
    };
    let setup = opening::opened(&place, &base.signals, &threads, log, work)?;
    let manager = if options.one_shot { Manager::default() } else { manager(&place, log) };
    Ok(Box::new(move |log| {
        let watch = Watch::new(setup, tasks);
        base.daemon(vec![watch], None, manager, log).run()
    }))
}

#[cfg(test)]
mod together;

/// The manager that the environment names.
fn manager(name: &Place, log: &mut Log) -> Manager {
    let (manager, complaint) = Manager::from_env();
    if let Some(complaint) = complaint {
        log.say(Some(name), &Said::Fault(Fault::Manager(complaint)));
    }
    manager
}
