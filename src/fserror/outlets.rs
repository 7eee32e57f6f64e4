// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where everything that is said goes, the log and the administrator's hook, and the metrics.

use super::answer::failed;
use crate::hook::{Hook, LastTime};
use crate::log::Log;
use crate::log::said::Said;
use crate::metrics::{Metrics, MetricsPace, MetricsText};
use crate::mounts::MountFailures;
use crate::plan::Time;
use crate::report::Place;
use crate::watch::clock::now;
use crate::work::Pool;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

/// Time that the hook has at the end: the unit gives ten seconds for all of it.
const LAST_TIME: LastTime =
    LastTime { running: Duration::from_secs(2), all: Duration::from_secs(6) };

/// Time for which the file of the metrics may hold up the end.
const METRICS_END: Duration = Duration::from_millis(500);

/// The log, and what else hears everything that is said.
pub(super) struct Outlets<'a> {
    pub log: &'a mut Log,
    hook: Option<Hook>,
    metrics: Option<Metrics>,
}

impl<'a> Outlets<'a> {
    /// A log, a hook that runs this program, and metrics in this file, where these are wanted. What
    /// may block is left to these threads.
    pub fn new(
        log: &'a mut Log,
        (program, metrics): (Option<&Path>, Option<&Path>),
        threads: &Pool,
    ) -> Result<Outlets<'a>, MountFailures> {
        let hook = program.map(|program| Hook::new(program, "FSERRORD", threads));
        let hook = hook.transpose().map_err(failed("eventfd"))?;
        // It may be on a filesystem that then reports that write.
        let metrics = metrics.map(|file| Metrics::new(file, MetricsPace::Careful, threads));
        Ok(Outlets { log, hook, metrics })
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

    /// Has the metrics written if they have changed, but not too often.
    pub fn write_metrics(&mut self, text: impl FnOnce(&str) -> MetricsText, now: Time) {
        let complaint = self.metrics.as_mut().and_then(|metrics| metrics.tell(text, now));
        complaint.iter().for_each(|said| self.log.queue(None, said));
    }

    /// Time at which [`Outlets::advance`] has something to do by itself, or, where that is done,
    /// [`Outlets::write_metrics`].
    pub fn wake_at(&self, writes_metrics: bool) -> Option<Time> {
        let hook = self.hook.as_ref().and_then(Hook::wake_at);
        let metrics = self.metrics.as_ref().filter(|_| writes_metrics).map(Metrics::wake_at);
        [hook, metrics].into_iter().flatten().min()
    }

    /// Removes the metrics, and gives the hook its last time.
    pub fn end(&mut self) {
        self.metrics.iter().for_each(Metrics::end);
        self.advance(now());
        self.log.flush();
        self.hook.iter_mut().for_each(|hook| hook.end(LAST_TIME, || None));
        self.advance(now());
        self.metrics.iter().for_each(|metrics| metrics.wait(METRICS_END));
    }
}
