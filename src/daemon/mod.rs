// SPDX-License-Identifier: LGPL-2.1-or-later
//! The poll loop that wires everything together.
//!
//! One thread reads every source of news and touches nothing that can block; whatever opens, reads
//! or repairs the filesystem is done by workers.

mod all;
mod find;
mod metrics;
mod one;
mod opening;
mod privileges;
mod recorder;
pub(crate) mod replay;
mod short;
mod start;
mod woken;

pub use crate::watch::options::{Options, Scrub};
pub use start::run;

use crate::act::Begun;
use crate::hook::{Hook, LastTime};
use crate::log::Log;
use crate::log::said::{Fault, Said};
use crate::metrics::Metrics;
use crate::mounts::MountNews;
use crate::plan::Time;
use crate::report::Place;
use crate::service::exit::{Code, Purpose};
use crate::service::notify::Manager;
use crate::service::signals::{Signals, Wishes};
use crate::service::status::Counts;
use crate::sys;
use crate::watch::Watch;
use crate::watch::answer::Done;
use crate::watch::clock::now;
use crate::watch::feed;
use crate::work::{Crew, Waits};
use all::All;
use metrics::Sample;
use std::time::Duration;
use std::{io, mem};
use woken::{Sources, Woken};

/// Time that the hook has at the end of what a service manager may wait for: its unit gives ten
/// seconds.
const LAST_TIME: LastTime =
    LastTime { running: Duration::from_secs(2), all: Duration::from_secs(6) };

/// The longest sleep, for kernels that forget to wake a poller (7.0 release candidates).
const SAFETY: Duration = Duration::from_secs(60);
const WAIT: &str = "cannot wait for events";
/// Time for which a slow reader of the log may hold up the end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The process `xfs_healer`: its watches, its worker threads, and all that its loop waits for.
struct Daemon {
    /// Watches of the filesystems, in no particular order.
    watches: Vec<Watch>,
    /// Discovers filesystems (`--all`). `None`: exactly one is watched, and the process ends with
    /// it.
    all: Option<All>,
    crew: Crew<Done>,
    signals: Signals,
    log: Log,
    manager: Manager,
    /// True once what was mounted at the start is watched, as far as it answers: the manager can be
    /// told.
    is_ready: bool,
    metrics: Option<Metrics>,
    hook: Option<Hook>,
    /// Time that the hook has at the end.
    last_time: LastTime,
    /// The buffer of all reads. As memory that was never written most of it costs nothing.
    buffer: &'static mut [u8],
    /// Answers of workers that the watches have not heard yet.
    answers: Vec<(u64, Done)>,
    /// Sources with news, as the last wait found them: no other is read, since each read costs a
    /// system call.
    woken: Woken,
    /// Counts of the filesystems that are not watched any more.
    past: Counts,
    waits: Waits,
    purpose: Purpose,
}

impl Daemon {
    /// Runs until the filesystem is unmounted or a signal says stop.
    fn run(mut self) -> i32 {
        if let Some(all) = &mut self.all {
            all.begin(&mut |news| self.log.say(None, &Said::Mounts(news)));
            self.step();
        }
        // With one, its monitor is open: whatever happens from here on will be read.
        self.tell_manager();
        sys::give_back_stack();
        loop {
            if let Err(error) = self.sleep_or_pause() {
                return self.broken(WAIT, &error);
            }
            let wishes = match self.read_signals() {
                Ok(wishes) => wishes,
                Err(error) => return self.broken("cannot read signals", &error),
            };
            if wishes.end {
                self.last_time = LAST_TIME;
                let code = Code::BrokenOff.number(self.purpose);
                return self.end(code);
            }
            if wishes.try_again {
                self.try_again();
            }
            let (all, log) = (self.all.as_mut(), &mut self.log);
            let say = &mut |news| log.queue(None, &Said::Mounts(news));
            if let Some(Err(why)) = all.map(|all| all.read(now(), say)) {
                let why = why.into_iter().map(|why| Said::Mounts(MountNews::Failed(why)));
                return self.lost(why.collect());
            }
            self.step();
            if wishes.summary {
                self.watches.iter_mut().for_each(|watch| watch.summarise(now()));
                self.step();
            }
            if let Some(code) = self.ended() {
                return self.end(code);
            }
        }
    }

    fn read_signals(&self) -> io::Result<Wishes> {
        if self.woken.signals { self.signals.read() } else { Ok(Wishes::default()) }
    }

    /// Waits for news, or pauses where that fails; the error is that of a failure that lasts.
    fn sleep_or_pause(&mut self) -> io::Result<()> {
        let result = self.sleep();
        if let Some(error) = self.waits.ended(result)? {
            self.log.say(None, &Said::Fault(Fault::Call(WAIT, error.into())));
        }
        Ok(())
    }

    /// Waits for news.
    fn sleep(&mut self) -> io::Result<()> {
        let now = now();
        let watches = self.watches.iter().filter_map(|watch| watch.wake_at(now)).min();
        let all = self.all.as_ref().and_then(All::wake_at);
        let manager = if self.is_ready { self.manager.wake_at() } else { None };
        let metrics = self.metrics.as_ref().filter(|_| self.is_ready).map(Metrics::wake_at);
        let hook = self.hook.as_ref().and_then(Hook::wake_at);
        let own = [watches, all, manager, metrics, hook];
        let own = own.into_iter().flatten().min().map(|at| at.since(now));
        let waits = [own, self.crew.lend_threads(), self.log.wait()];
        let wait = waits.into_iter().flatten().fold(SAFETY, Duration::min);
        let Daemon { watches, crew, signals, all, hook, log, .. } = self;
        let sources = Sources { crew, signals, all: all.as_ref(), hook: hook.as_ref(), log };
        let woken = Woken::wait(watches, &sources, now, wait);
        // An interrupted wait has found nothing out.
        self.woken = Woken::unknown();
        self.woken = woken?;
        if self.woken.others {
            self.all.iter_mut().for_each(All::others_end);
        }
        Ok(())
    }

    /// Checks at once everything that is otherwise checked now and then.
    fn try_again(&mut self) {
        let now = now();
        self.watches.iter_mut().for_each(|watch| watch.try_again(now));
        self.all.iter_mut().for_each(All::try_again);
    }

    /// Takes in everything that is new and starts what follows from it.
    fn step(&mut self) {
        let now = now();
        self.take_in(false, now);
        // What is told is out before the first repair for it begins: the kernel may die of that.
        self.queue_news(now);
        self.log.flush_before(self.is_repairing());
        let mut may_scrub = !self.watches.iter().any(|watch| watch.is_scrubbing(now));
        for watch in &mut self.watches {
            watch.advance(may_scrub, now);
            may_scrub &= !watch.is_scrubbing(now);
        }
        self.queue_news(now);
        // First: what comes back at once is opened anew in the same turn.
        self.remove_ended();
        if let Some(all) = &mut self.all {
            all.advance(&self.crew, now, &mut |place, said| self.log.queue(place, said));
        }
        self.write_metrics(now);
        self.run_hook(now);
        self.flush();
        self.tell_manager();
    }

    /// Queues for the log what the watches have to say, and tells it to the hook.
    fn queue_news(&mut self, now: Time) {
        for watch in &mut self.watches {
            let left = watch.left_at_unmount();
            watch.say(now, &mut telling(&mut self.log, self.hook.as_mut(), left, now));
        }
    }

    /// Writes the log, or gathers its lines while repairs are made.
    fn flush(&mut self) {
        self.log.flush_gathered(self.is_repairing());
    }

    fn is_repairing(&self) -> bool {
        self.watches.iter().any(Watch::is_repairing)
    }

    /// Takes in everything that is new, and with `everything` looks everywhere for it.
    ///
    /// What workers have finished is taken out first and told to the planner last: the events that
    /// a repair causes are queued before it ends, so the drain between the two has them all.
    fn take_in(&mut self, everything: bool, now: Time) {
        // Once only: what was read may have no more.
        let woken = mem::replace(&mut self.woken, Woken::unknown());
        self.answers.append(&mut self.crew.take());
        for (watch, news) in self.watches.iter_mut().zip(woken.watches()) {
            let number = watch.number();
            let answers = || self.answers.iter().filter(|(whose, _)| *whose == number);
            let is_judged = answers().any(|(_, done)| done.is_judged_by_events());
            if everything || is_judged || news.has_any || watch.is_due(now) {
                // What a repair has caused has mostly come before its answer, and was read, unless
                // that was waited with.
                let is_expected =
                    news.has_events || is_judged && watch.is_resting(now) || watch.has_rested(now);
                watch.drain(self.buffer, is_expected, now);
            }
        }
        for (number, done) in mem::take(&mut self.answers) {
            match self.watches.iter_mut().find(|watch| watch.number() == number) {
                Some(watch) if watch.can_judge() => watch.done(done, now),
                Some(_) => self.answers.push((number, done)),
                None => self.answered(number, done),
            }
        }
        self.watches.iter_mut().for_each(|watch| watch.look_after(now));
    }

    /// Takes in the events whose reading others were in the way of, for as long as that is waited
    /// for.
    fn take_in_contended(&mut self) {
        let until = now().after(feed::CONTENDED);
        while self.watches.iter().any(Watch::is_contended) && now() < until {
            std::thread::sleep(feed::CONTENDED_PAUSE);
            self.take_in(true, now());
        }
    }

    /// Takes in an answer about a filesystem that is not watched: not yet, or not any more.
    // Not a part of the caller's frame, all of which every turn of the loop would have in memory.
    #[inline(never)]
    fn answered(&mut self, number: u64, done: Done) {
        let Some(all) = &mut self.all else { return };
        match done {
            Done::Opened(opening) => {
                let log = &mut self.log;
                let say = &mut |place: &_, said: &_| log.queue(Some(place), said);
                let watch = all.opened(number, opening, now(), say);
                self.watches.extend(watch);
            }
            // Its filesystem is gone, and so is what it was to scrub. One of somebody else's is none
            // of our business.
            Done::ScrubStarted(_, Ok(Begun::Ours(mut started))) => {
                started.child.end();
                self.crew.reap(started.child);
            }
            _ => {}
        }
    }

    /// Lets go of the filesystems that have ended.
    fn remove_ended(&mut self) {
        let now = now();
        let has_ended = |watch: &Watch| watch.ended(now).is_some();
        while self.all.is_some() {
            let Some(at) = self.watches.iter().position(has_ended) else { return };
            self.remove(at, now);
        }
    }

    #[inline(never)] // As `answered`.
    fn remove(&mut self, at: usize, now: Time) {
        let Some(all) = &mut self.all else { return };
        let mut watch = self.watches.remove(at);
        let counts = watch.counts();
        self.past = self.past.add(Counts { left: 0, is_unjudged: false, is_down: false, ..counts });
        self.manager.forget(counts.left);
        watch.stop(now);
        let left = watch.left_at_unmount();
        watch.close(&mut telling(&mut self.log, self.hook.as_mut(), left, now));
        watch.end_child().into_iter().for_each(|child| self.crew.reap(child));
        all.ended(watch.number(), watch.was_unmounted(), now);
    }

    /// The exit code, once there is nothing more to do; `None` before.
    fn ended(&self) -> Option<i32> {
        let one = self.watches.first().filter(|_| self.all.is_none());
        one.and_then(|watch| watch.ended(now()))
    }

    fn tell_manager(&mut self) {
        // Told that we are ready, a manager goes on with what may need us. What is mounted later
        // does not change that: it also waits for signs of life.
        self.is_ready |= !self.all.as_ref().is_some_and(All::is_opening);
        if !self.is_ready {
            return;
        }
        let (watches, past) = (&mut self.watches, self.past);
        self.manager.tell(|| sum(watches, past), now());
    }

    #[inline(never)] // As `answered`.
    fn write_metrics(&mut self, now: Time) {
        // Before that it is not known where the file must not be written.
        if !self.is_ready {
            return;
        }
        let (metrics, watches) = (self.metrics.as_mut(), &mut self.watches);
        let sample = |watch: &mut Watch| Sample {
            counts: watch.counts(),
            place: watch.place().clone(),
            totals: watch.totals().clone(),
        };
        let text = |kernel: &str| {
            let samples: Vec<_> = watches.iter_mut().map(sample).collect();
            metrics::text(&samples, kernel)
        };
        let complaint = metrics.and_then(|metrics| metrics.tell(text, now));
        complaint.iter().for_each(|said| self.log.queue(None, said));
    }

    /// Has the hook told what was said, and says what comes of that.
    fn run_hook(&mut self, now: Time) {
        let Some(hook) = &mut self.hook else { return };
        // Before that it is not known where it must not be.
        if self.is_ready && hook.has_calls() {
            let ids = self.watches.iter().filter_map(|watch| watch.place().id());
            hook.advance(ids.map(|id| id.device).collect());
        }
        for (place, news) in hook.take_news(now) {
            self.log.queue(place.as_ref(), &Said::Hook(news));
        }
    }

    /// Gives the hook its last time, in which nothing is held.
    fn end_hook(&mut self, now: Time) {
        self.run_hook(now);
        self.log.flush();
        // A single look has the filesystem open until then.
        self.watches.clear();
        self.answers.clear();
        let signals = &self.signals;
        let hurry = || signals.read().is_ok_and(|wishes| wishes.end).then_some(LAST_TIME);
        self.hook.iter_mut().for_each(|hook| hook.end(self.last_time, hurry));
        self.run_hook(now);
    }

    /// Ends the process after something that cannot fail has failed; gives the exit code.
    fn broken(self, what: &'static str, error: &io::Error) -> i32 {
        self.lost(vec![Said::Fault(Fault::Call(what, error.into()))])
    }

    fn lost(mut self, why: Vec<Said>) -> i32 {
        why.iter().for_each(|why| self.log.say(None, why));
        let code = Code::Failed.number(self.purpose);
        self.end(code)
    }

    /// Says what there is still to be said, and lets go of everything, also when a worker is stuck
    /// in the kernel.
    fn end(mut self, code: i32) -> i32 {
        self.take_in(true, now());
        self.take_in_contended();
        let now = now();
        let (watches, past) = (&mut self.watches, self.past);
        self.manager.stopping(|| sum(watches, past));
        for watch in &mut self.watches {
            watch.stop(now);
            let left = watch.left_at_unmount();
            watch.close(&mut telling(&mut self.log, self.hook.as_mut(), left, now));
            // Without us nobody waits for it.
            let _ = watch.end_child();
        }
        self.metrics.iter().for_each(Metrics::end);
        self.end_hook(now);
        self.log.queue(None, &Said::End { code });
        self.log.finish(LAST_WORDS);
        self.metrics.iter().for_each(|metrics| metrics.wait(LAST_WORDS));
        code
    }
}

/// Way of saying something of a filesystem to all who listen, of which so much damage is left if it
/// was unmounted.
fn telling<'a>(
    log: &'a mut Log,
    mut hook: Option<&'a mut Hook>,
    left: Option<usize>,
    now: Time,
) -> impl FnMut(&Place, &Said) + 'a {
    move |place, said| {
        log.queue(Some(place), said);
        let stamp = log.last();
        hook.iter_mut().for_each(|hook| hook.hears(Some(place), said, left, stamp, now));
    }
}

fn sum(watches: &mut [Watch], past: Counts) -> Counts {
    watches.iter_mut().fold(past, |sum, watch| sum.add(watch.counts()))
}
