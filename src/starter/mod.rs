// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a healer for each XFS filesystem that is mounted, now or later.
//!
//! One thread waits for mounts, for signals and for the one systemctl(1) that may run.

mod reach;
mod service;

use crate::daemon::log::Log;
use crate::mounts::{Mounts, New, Stop};
use crate::report::{Level, Line, error_text, escape};
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, SignalFd};
use reach::Found;
use service::Request;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say also which mounts are seen and what is started.
    pub debug: bool,
    /// A file of the mount namespace to watch, instead of our own.
    pub mount_namespace: Option<PathBuf>,
    /// Only check that it can be watched.
    pub supported: bool,
}

/// How long a slow reader of the log holds up the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Starts healers until a signal says stop; gives the exit code.
pub fn run(options: &Options) -> i32 {
    // Without the two streams there is nobody to tell.
    let Ok(mut log) = Log::new("xfs_healer_start") else { return 1 };
    let result = match Starter::new(options) {
        // All that is checked was done on the way here.
        Ok(_) if options.supported => Ok(()),
        Ok(mut starter) => starter.run(&mut log),
        Err(stop) => Err(stop),
    };
    let lines = result.as_ref().err();
    // Who only asks gets an answer, on some machines at every boot.
    let level = if options.supported { Level::Info } else { Level::Error };
    lines.into_iter().flatten().for_each(|text| log.queue(&Line::err(level, text.clone())));
    log.finish(LAST_WORDS);
    i32::from(result.is_err())
}

struct Starter {
    mounts: Mounts,
    signals: SignalFd,
    request: Option<Request>,
    debug: bool,
}

impl Starter {
    /// Does everything that can fail.
    fn new(options: &Options) -> Result<Starter, Stop> {
        let debug = options.debug;
        let mounts = Mounts::new(options.mount_namespace.as_deref(), debug)?;
        let signals =
            sys::catch_end().map_err(|error| vec![format!("signalfd: {}", error_text(&error))])?;
        // Holds no mount from here on.
        let _ = std::env::set_current_dir("/");
        Ok(Starter { mounts, signals, request: None, debug })
    }

    fn run(&mut self, log: &mut Log) -> Result<(), Stop> {
        self.mounts.begin(&mut |line| log.say(&line));
        loop {
            self.serve(log);
            log.flush();
            let ended = |what| move |error: io::Error| vec![format!("{what}: {error}")];
            match self.sleep(log) {
                Err(error) if error.kind() != ErrorKind::Interrupted => {
                    return Err(ended("poll")(error));
                }
                _ => {}
            }
            if self.signals.read().map_err(ended("signalfd"))?.is_some() {
                return Ok(());
            }
            self.mounts.read(&mut |line| log.say(&line))?;
        }
    }

    /// Waits for news.
    fn sleep(&self, log: &Log) -> io::Result<()> {
        let ended = self.request.as_ref().map(|request| PollFd::new(request.ended(), poll::IN));
        let [out, err] = log.poll_fds();
        let mut fds = [
            self.mounts.news().map_or_else(PollFd::disabled, |fd| PollFd::new(fd, poll::IN)),
            PollFd::new(self.signals.as_fd(), poll::IN),
            ended.unwrap_or_else(PollFd::disabled),
            out,
            err,
        ];
        let request = self.request.as_ref().and_then(Request::wait);
        let wait = [request, self.mounts.wait()].into_iter().flatten().min();
        poll::poll(&mut fds, wait).map(drop)
    }

    /// Takes the result of a systemctl(1) that has ended, and runs the next ones as long as there
    /// is something to be done and none runs.
    fn serve(&mut self, log: &mut Log) {
        if let Some(line) = self.request.as_mut().and_then(Request::result) {
            log.queue(&line);
            self.request = None;
        }
        while self.request.is_none() {
            let Some(new) = self.mounts.table.next() else { return };
            self.start(&new, log);
        }
    }

    /// Finds out where the filesystem can be seen and starts its healer there.
    fn start(&mut self, new: &New, log: &mut Log) {
        for place in self.mounts.places(new, &mut |line| log.queue(&line)) {
            match reach::look(&place, new.device) {
                Found::Monitored => {
                    let text = || format!("{}: already monitored", escape(&place));
                    self.debug(log, text);
                    return self.mounts.table.is_monitored(new.device);
                }
                // In another namespace something else may be at that place for us.
                Found::Other if self.mounts.is_own() => {}
                Found::Other | Found::Startable => return self.restart(new, place, log),
            }
        }
        self.mounts.table.hidden(new.device);
    }

    fn restart(&mut self, new: &New, place: Vec<u8>, log: &mut Log) {
        // Also if it fails: it would fail again.
        self.mounts.table.started(new.device, &place);
        let Some(unit) = service::unit(&place) else {
            return log.queue(&service::unnamed(&place));
        };
        self.debug(log, || format!("{}: restarting {unit}", escape(&place)));
        match Request::new(place, unit) {
            Ok(request) => self.request = Some(request),
            Err(line) => log.queue(&line),
        }
    }

    fn debug(&self, log: &mut Log, text: impl FnOnce() -> String) {
        if self.debug {
            log.say(&Line::out(Level::Debug, text()));
        }
    }
}
