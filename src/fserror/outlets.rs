// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where everything that is said goes: the log, and the administrator's hook.

use super::ErrorOptions;
use super::answer::failed;
use crate::hook::{Hook, LastTime};
use crate::log::Log;
use crate::log::said::Said;
use crate::mounts::MountFailures;
use crate::plan::Time;
use crate::report::Place;
use crate::watch::clock::now;
use crate::work::Pool;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Time that the hook has at the end: the unit gives ten seconds for all of it.
const LAST_TIME: LastTime =
    LastTime { running: Duration::from_secs(2), all: Duration::from_secs(6) };

/// The log, and what else hears everything that is said.
pub(super) struct Outlets<'a> {
    pub log: &'a mut Log,
    hook: Option<Hook>,
}

impl<'a> Outlets<'a> {
    /// The outlets that the command line asks for. What may block is left to these threads.
    pub fn new(
        log: &'a mut Log,
        options: &ErrorOptions,
        threads: &Pool,
    ) -> Result<Outlets<'a>, MountFailures> {
        let hook = options.exec.as_deref().map(|program| Hook::new(program, "FSERRORD", threads));
        let hook = hook.transpose().map_err(failed("eventfd"))?;
        Ok(Outlets { log, hook })
    }

    /// Says something, of the filesystem at a place or of the program.
    pub fn say(&mut self, place: Option<&Place>, said: &Said) {
        self.log.queue(place, said);
        if let Some(hook) = &mut self.hook {
            hook.hears(place, said, None, self.log.last(), now());
        }
    }

    /// Has the hook told what was said, and says what comes of that.
    pub fn advance(&mut self, now: Time) {
        let Some(hook) = &mut self.hook else { return };
        if hook.has_calls() {
            // It may be anywhere: on most machines each filesystem that there is is watched.
            hook.advance(Vec::new());
        }
        for (place, news) in hook.take_news(now) {
            self.log.queue(place.as_ref(), &Said::Hook(news));
        }
    }

    /// Readable when [`Outlets::advance`] has something to do.
    pub fn news(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.hook.iter().map(Hook::news)
    }

    /// Time at which [`Outlets::advance`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        self.hook.as_ref().and_then(Hook::wake_at)
    }

    /// Gives the hook its last time.
    pub fn end(&mut self) {
        self.advance(now());
        self.log.flush();
        self.hook.iter_mut().for_each(|hook| hook.end(LAST_TIME, || None));
        self.advance(now());
    }
}
