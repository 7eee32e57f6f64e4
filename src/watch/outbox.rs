// SPDX-License-Identifier: LGPL-2.1-or-later
//! Lines to be said, in order, while paths are still being looked up.

use super::budget::Budget;
use super::crowds::{Crowds, Kind};
use super::paths::{self, Inode, Paths};
use crate::event::{Body, Event};
use crate::plan::{Notice, Time};
use crate::report::{Line, Place, event_line, notice_line};
use std::collections::VecDeque;
use std::time::Duration;

/// Longest time that a line waits for a path before it is said with the inode's number.
const PATH_PATIENCE: Duration = Duration::from_secs(1);
/// Most items that wait; with more, lines do not wait for paths.
const MOST: usize = 4096;

#[derive(Debug)]
enum Item {
    Event(Event),
    Notice(Notice),
    Line(Line),
}

/// Things to say, oldest first. One that waits for a path makes those behind it wait too, so that
/// the log has the order of the events.
#[derive(Debug)]
pub(crate) struct Outbox {
    items: VecDeque<(Item, Option<Inode>, Time)>,
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
        self.items.push_back((Item::Event(event), paths::inode_of(&event.body), now));
    }

    pub fn notice(&mut self, notice: Notice, now: Time) {
        if self.is_counted(now, |crowds| crowds.of_notice(&notice)) {
            return;
        }
        let inode = notice.target().and_then(paths::inode_of_target);
        self.items.push_back((Item::Notice(notice), inode, now));
    }

    fn is_counted(&mut self, now: Time, of: impl Fn(&Crowds) -> Option<(u32, Kind)>) -> bool {
        let Some(crowds) = &mut self.crowds else { return false };
        of(crowds).is_some_and(|crowd| crowds.counts(crowd, now))
    }

    fn is_in_budget(&mut self, body: &Body, reports: u64, now: Time) -> bool {
        self.budget.as_mut().is_none_or(|budget| budget.spends(body, reports, now))
    }

    /// Queues the line that the kernel has dropped events and not said so, if the budget allows it.
    pub fn silent_loss(&mut self, line: Line, now: Time) {
        if self.is_in_budget(&Body::Lost { count: 0 }, 0, now) {
            self.line(line, now);
        }
    }

    pub fn line(&mut self, line: Line, now: Time) {
        self.items.push_back((Item::Line(line), None, now));
    }

    /// The next line that can be said now.
    pub fn next(&mut self, place: &Place, paths: &Paths, now: Time) -> Option<Line> {
        while let Some(told) = self.crowds.as_mut().and_then(|crowds| crowds.next(place, now)) {
            let of_events = told.of_events;
            if of_events.is_none_or(|(body, reports)| self.is_in_budget(&body, reports, now)) {
                self.line(told.line, now);
            }
        }
        while let Some(line) = self.budget.as_mut().and_then(|budget| budget.next(place, now)) {
            self.line(line, now);
        }
        let (_, inode, since) = self.items.front()?;
        let waits = inode.is_some_and(|inode| paths.is_coming(inode));
        if waits && now.since(*since) < PATH_PATIENCE && self.items.len() < MOST {
            return None;
        }
        self.pop(place, paths)
    }

    /// The next line, without waiting for anything.
    pub fn pop(&mut self, place: &Place, paths: &Paths) -> Option<Line> {
        let (item, inode, _) = self.items.pop_front()?;
        let path = inode.and_then(|inode| paths.path(inode));
        Some(match item {
            Item::Event(event) => event_line(place, &event, path),
            Item::Notice(notice) => notice_line(place, &notice, path),
            Item::Line(line) => line,
        })
    }

    /// Ends what is being counted, and queues the lines about it.
    pub fn end(&mut self, place: &Place, now: Time) {
        let crowds = self.crowds.as_mut().map(|crowds| crowds.end(place));
        let budget = self.budget.as_mut().map(|budget| budget.end(place));
        let lines = crowds.into_iter().chain(budget).flatten();
        lines.for_each(|line| self.line(line, now));
    }

    /// Time until [`Outbox::next`] gives up waiting for a path, or tells a count.
    pub fn wait(&self, now: Time) -> Option<Duration> {
        let path = self.items.front().map(|(_, _, since)| since.after(PATH_PATIENCE));
        let count = self.crowds.as_ref().and_then(|crowds| crowds.due(now));
        let beyond = self.budget.as_ref().and_then(Budget::due);
        path.into_iter().chain(count).chain(beyond).min().map(|at| at.since(now))
    }
}
