// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things to be said, in order, while paths are still being looked up.

use super::budget::Budget;
use super::crowds::Crowds;
use super::paths::{self, Inode, Paths};
use crate::event::{Body, Event};
use crate::log::loss::Loss;
use crate::log::said::{CrowdKind, Said};
use crate::plan::{Notice, Policy, Time};
use crate::report::{Level, event_level};
use std::collections::VecDeque;
use std::time::Duration;

/// Longest time that a line waits for a path before it is said with the inode's number.
const PATH_PATIENCE: Duration = Duration::from_secs(1);
/// Most items that wait; with more, lines do not wait for paths.
const MOST: usize = 4096;

/// A thing to be said. In a burst there are hundreds of the first two, so the others, which are
/// larger, lie elsewhere.
#[derive(Debug)]
enum ToSay {
    Event(Event),
    Notice(Notice),
    Loss(Box<Loss>),
    Said(Box<Said>),
}

impl ToSay {
    /// The inode whose path the item names.
    fn inode(&self) -> Option<Inode> {
        match self {
            ToSay::Event(event) => paths::inode_of(&event.body),
            ToSay::Notice(notice) => notice.target().and_then(paths::inode_of_target),
            ToSay::Loss(loss) => loss.lost.inode(),
            ToSay::Said(_) => None,
        }
    }
}

/// True if an event is told of with this policy; `is_thorough`: also one that is mere detail.
pub(crate) fn is_told(event: &Event, policy: Policy, is_thorough: bool) -> bool {
    let is_health = matches!(event.body, Body::Health { .. });
    let (_, level) = event_level(event);
    !(is_health && policy == Policy::Ignore) && (is_thorough || level != Level::Debug)
}

/// Things to say, oldest first. One that waits for a path makes those behind it wait too, so that
/// the log has the order of the events.
#[derive(Debug)]
pub(crate) struct Outbox {
    items: VecDeque<(ToSay, Time)>,
    /// Counts of inodes that go bad together; `None`: each inode is named.
    crowds: Option<Crowds>,
    /// Limit of the lines about events; `None`: each event is said.
    budget: Option<Budget>,
}

impl Outbox {
    pub fn new(crowds: Option<Crowds>, budget: Option<Budget>) -> Outbox {
        Outbox { items: VecDeque::new(), crowds, budget }
    }

    pub fn event(&mut self, event: Event, now: Time) {
        if self.is_counted(now, |crowds| crowds.of_event(&event.body))
            || !self.is_in_budget(&event.body, 1, now)
        {
            return;
        }
        self.items.push_back((ToSay::Event(event), now));
    }

    pub fn notice(&mut self, notice: Notice, now: Time) {
        if self.is_counted(now, |crowds| crowds.of_notice(&notice)) {
            return;
        }
        self.items.push_back((ToSay::Notice(notice), now));
    }

    pub fn loss(&mut self, loss: Loss, now: Time) {
        self.items.push_back((ToSay::Loss(Box::new(loss)), now));
    }

    fn is_counted(&mut self, now: Time, of: impl Fn(&Crowds) -> Option<(u32, CrowdKind)>) -> bool {
        let Some(crowds) = &mut self.crowds else { return false };
        of(crowds).is_some_and(|crowd| crowds.counts(crowd, now))
    }

    fn is_in_budget(&mut self, body: &Body, reports: u64, now: Time) -> bool {
        self.budget.as_mut().is_none_or(|budget| budget.spends(body, reports, now))
    }

    /// Queues that the kernel has dropped events and not said so, if the budget allows it.
    pub fn silent_loss(&mut self, now: Time) {
        if self.is_in_budget(&Body::Lost { count: 0 }, 0, now) {
            self.say(Said::SilentLoss, now);
        }
    }

    pub fn say(&mut self, said: Said, now: Time) {
        self.items.push_back((ToSay::Said(Box::new(said)), now));
    }

    /// The next thing that can be said now.
    pub fn next(&mut self, paths: &Paths, now: Time) -> Option<Said> {
        while let Some(told) = self.crowds.as_mut().and_then(|crowds| crowds.next(now)) {
            let of_events = told.of_events;
            if of_events.is_none_or(|(body, reports)| self.is_in_budget(&body, reports, now)) {
                self.say(told.said, now);
            }
        }
        while let Some(said) = self.budget.as_mut().and_then(|budget| budget.next(now)) {
            self.say(said, now);
        }
        let (item, since) = self.items.front()?;
        let waits = item.inode().is_some_and(|inode| paths.is_coming(inode));
        if waits && now.since(*since) < PATH_PATIENCE && self.items.len() < MOST {
            return None;
        }
        self.pop(paths)
    }

    /// The next thing to say, without waiting for anything.
    pub fn pop(&mut self, paths: &Paths) -> Option<Said> {
        let (item, _) = self.items.pop_front()?;
        let path = item.inode().and_then(|inode| paths.path(inode)).map(<[u8]>::to_vec);
        Some(match item {
            ToSay::Event(event) => Said::Event(event, path),
            ToSay::Notice(notice) => Said::Notice(notice, path),
            ToSay::Loss(loss) => Said::Loss(*loss, path),
            ToSay::Said(said) => *said,
        })
    }

    /// Ends what is being counted, and queues the counts.
    pub fn end(&mut self, now: Time) {
        let crowds = self.crowds.as_mut().map(Crowds::end);
        let budget = self.budget.as_mut().map(Budget::end);
        let counts = crowds.into_iter().chain(budget).flatten();
        counts.for_each(|said| self.say(said, now));
    }

    /// Time at which [`Outbox::next`] gives up waiting for a path, or tells a count.
    pub fn wake_at(&self) -> Option<Time> {
        let path = self.items.front().map(|(_, since)| since.after(PATH_PATIENCE));
        let count = self.crowds.as_ref().and_then(Crowds::wake_at);
        let beyond = self.budget.as_ref().and_then(Budget::wake_at);
        path.into_iter().chain(count).chain(beyond).min()
    }
}
