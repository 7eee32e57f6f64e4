// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is to be said, in order, while paths are still being looked up.

use super::names::{self, Inode, Names};
use crate::event::Event;
use crate::plan::{Notice, Time};
use crate::report::{Line, Place, event_line, notice_line};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a line waits for a path before it is said with the inode's number.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most that waits; more is said without paths.
const MOST: usize = 4096;

#[derive(Debug)]
enum Item {
    Event(Event),
    Notice(Notice),
    Line(Line),
}

/// Things to say, oldest first. One that waits for a path makes those behind it wait too, so that
/// the log has the order of the events.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    items: VecDeque<(Item, Option<Inode>, Time)>,
}

impl Outbox {
    pub fn event(&mut self, event: Event, now: Time) {
        self.items.push_back((Item::Event(event), names::inode_of(&event.body), now));
    }

    pub fn notice(&mut self, notice: Notice, now: Time) {
        let inode = notice.target().and_then(names::inode_of_target);
        self.items.push_back((Item::Notice(notice), inode, now));
    }

    pub fn line(&mut self, line: Line, now: Time) {
        self.items.push_back((Item::Line(line), None, now));
    }

    /// The next line that can be said now.
    pub fn next(&mut self, place: &Place, names: &Names, now: Time) -> Option<Line> {
        let (_, inode, since) = self.items.front()?;
        let waits = inode.is_some_and(|inode| names.is_coming(inode));
        if waits && now.since(*since) < PATIENCE && self.items.len() < MOST {
            return None;
        }
        self.pop(place, names)
    }

    /// The next line, without waiting for anything.
    pub fn pop(&mut self, place: &Place, names: &Names) -> Option<Line> {
        let (item, inode, _) = self.items.pop_front()?;
        let path = inode.and_then(|inode| names.path(inode));
        Some(match item {
            Item::Event(event) => event_line(place, &event, path),
            Item::Notice(notice) => notice_line(place, &notice, path),
            Item::Line(line) => line,
        })
    }

    /// How long until [`Outbox::next`] gives up waiting for a path.
    pub fn wait(&self, now: Time) -> Option<Duration> {
        self.items.front().map(|(_, _, since)| since.after(PATIENCE).since(now))
    }
}
