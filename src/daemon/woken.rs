// SPDX-License-Identifier: LGPL-2.1-or-later
//! The wait of the loop, and what it finds.

use super::all::All;
use crate::hook::Hook;
use crate::log::Log;
use crate::service::signals::Signals;
use crate::sys::poll::{self, PollFd};
use crate::watch::Watch;
use crate::watch::answer::Done;
use crate::work::Crew;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Sources that have news, as the last wait found them. No other is read: each read is a system
/// call.
#[derive(Debug)]
pub(super) struct Woken {
    /// News of the watches, in their order.
    watches: Vec<WatchNews>,
    pub signals: bool,
    /// True if a healer of somebody else may have ended.
    pub others: bool,
}

/// News of one filesystem.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchNews {
    /// True if its monitor is known to have news.
    pub has_events: bool,
    /// True if any source of it may have news.
    pub has_any: bool,
}

/// Everything that is waited for, beside the watches.
pub(super) struct Sources<'a> {
    pub crew: &'a Crew<Done>,
    pub signals: &'a Signals,
    pub all: Option<&'a All>,
    pub hook: Option<&'a Hook>,
    pub log: &'a Log,
}

impl Woken {
    /// The state in which nothing is known: any source may have news.
    pub fn unknown() -> Woken {
        Woken { watches: Vec::new(), signals: true, others: true }
    }

    /// Waits for news, for at most this time; gives the sources that have some.
    pub fn wait(watches: &[Watch], sources: &Sources<'_>, most: Duration) -> io::Result<Woken> {
        // Only what is waited for: poll(2) refuses more than there may be open descriptors.
        let (mut fds, mut owners) = (Vec::new(), Vec::new());
        for (owner, watch) in watches.iter().enumerate() {
            for (nth, fd) in watch.sources().into_iter().enumerate() {
                let Some(fd) = fd else { continue };
                fds.push(PollFd::new(fd, poll::IN));
                owners.push((owner, nth == 0));
            }
        }
        fds.push(PollFd::new(sources.crew.news(), poll::IN));
        fds.push(PollFd::new(sources.signals.as_fd(), poll::IN));
        let others = fds.len();
        let all = || sources.all.into_iter();
        fds.extend(all().flat_map(All::others).map(|fd| PollFd::new(fd, poll::IN)));
        let others = others..fds.len();
        fds.extend(all().filter_map(All::news).map(|fd| PollFd::new(fd, poll::IN)));
        fds.extend(sources.hook.map(|hook| PollFd::new(hook.news(), poll::IN)));
        fds.extend(sources.log.poll_fds());
        poll::poll(&mut fds, Some(most))?;

        let is_ready = |fd: &PollFd<'_>| fd.revents() != 0;
        let none = WatchNews { has_events: false, has_any: false };
        let mut woken = Woken { watches: vec![none; watches.len()], ..Woken::unknown() };
        let ready = fds.iter().zip(&owners).filter(|(fd, _)| is_ready(fd));
        for (owner, is_monitor) in ready.map(|(_, owner)| owner) {
            let Some(news) = woken.watches.get_mut(*owner) else { continue };
            news.has_events |= *is_monitor;
            news.has_any = true;
        }
        if let Some([_, signals, ..]) = fds.get(owners.len()..) {
            woken.signals = is_ready(signals);
        }
        woken.others = fds.get(others).unwrap_or_default().iter().any(is_ready);
        Ok(woken)
    }

    /// The news of as many watches as are asked for; nothing is known of those that are new.
    pub fn watches(&self) -> impl Iterator<Item = WatchNews> {
        let unknown = WatchNews { has_events: false, has_any: true };
        self.watches.iter().copied().chain(std::iter::repeat(unknown))
    }
}
