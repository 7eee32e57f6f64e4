// SPDX-License-Identifier: LGPL-2.1-or-later
//! AGs with inodes that are said to be sick: the kernel does not remember which.

use super::gaps::MOST_AGS;
use crate::plan::action::{LookEnd, Reasons};
use crate::plan::bounded;
use crate::plan::config::Pace;
use crate::plan::table::entry::{Entry, QUICK_ATTEMPTS, State};
use crate::plan::time::Time;
use std::time::Duration;

/// Time for which an AG whose inodes are said to be sick is left to the repairs that are under way:
/// an inode that is known and waits for one makes the same report when it leaves the cache.
const GRACE: Duration = Duration::from_secs(10);
/// Number of AGs that there is room for as soon as there is one.
const FIRST_AGS: usize = 16;

/// The AGs, each with the looks for its inodes.
#[derive(Debug)]
pub(super) struct SickAgs {
    list: Vec<(u32, Entry)>,
    pace: Pace,
}

impl SickAgs {
    pub fn new(pace: Pace) -> SickAgs {
        SickAgs { list: Vec::new(), pace }
    }

    fn of(&mut self, agno: u32) -> Option<&mut Entry> {
        self.list.iter_mut().find(|(other, _)| *other == agno).map(|(_, entry)| entry)
    }

    pub fn knows(&self, agno: u32) -> bool {
        self.list.iter().any(|(other, _)| *other == agno)
    }

    /// Takes in that inodes of an AG are said to be sick, or that the kernel remembers it
    /// (`is_memory`); true if nobody has said so before, `None` if there is no room to remember it.
    pub fn reported(&mut self, agno: u32, is_memory: bool, now: Time) -> Option<bool> {
        let is_known = self.knows(agno);
        if !is_known && !self.remember(agno, now) {
            return None;
        }
        let entry = self.of(agno)?;
        entry.reported(now);
        let grace = if is_memory { Duration::ZERO } else { GRACE };
        if entry.state == State::Idle {
            entry.state = State::Pending(entry.next_attempt(now).max(now.after(grace)));
        }
        Some(!is_known)
    }

    /// Takes in an AG that is not known; false if there is no room.
    fn remember(&mut self, agno: u32, now: Time) -> bool {
        let len = self.list.len();
        let most = len.saturating_mul(2).clamp(FIRST_AGS, MOST_AGS);
        let has_room = len < self.list.capacity() || bounded::reserve(&mut self.list, most);
        len < MOST_AGS
            && has_room
            && bounded::push(&mut self.list, (agno, Entry::new(now, self.pace)))
    }

    /// Number of AGs that have not been looked through since they were said to have sick inodes.
    pub fn not_looked_for(&self) -> usize {
        self.list.iter().filter(|(_, entry)| entry.state != State::Idle).count()
    }

    /// Takes in that the kernel calls the inodes of an AG good.
    pub fn are_good(&mut self, agno: u32) {
        if let Some(entry) = self.of(agno).filter(|entry| entry.state != State::Running) {
            entry.state = State::Idle;
        }
    }

    /// The AG that is looked through next, and when.
    pub fn next(&self) -> Option<(Time, u32)> {
        let pending = self.list.iter().filter_map(|(agno, entry)| match entry.state {
            State::Pending(at) => Some((at, *agno)),
            _ => None,
        });
        pending.min()
    }

    /// Takes note that a look at the inodes of an AG begins.
    pub fn look_begins(&mut self, agno: u32, now: Time) {
        // One that nobody has called sick is not, because something of it could not be seen.
        let entry = self.of(agno).filter(|entry| matches!(entry.state, State::Pending(_)));
        entry.into_iter().for_each(|entry| entry.begins(now));
    }

    fn looked_for(&mut self, agno: u32) -> Option<&mut Entry> {
        self.of(agno).filter(|entry| entry.state == State::Running)
    }

    /// Takes in that the look at an AG could not begin, and plans it anew; false if it was for
    /// something else.
    pub fn again(&mut self, agno: u32, now: Time) -> bool {
        let Some(entry) = self.looked_for(agno) else { return false };
        entry.uncounted();
        entry.state = State::Pending(now);
        true
    }

    /// Takes in that all inodes of an AG were checked, or could not be: then it is tried again a
    /// few times.
    pub fn looked_at(&mut self, agno: u32, end: LookEnd, now: Time) -> Reasons {
        let Some(entry) = self.looked_for(agno) else { return Reasons::empty() };
        entry.state = State::Idle;
        if end == LookEnd::Complete {
            return Reasons::empty();
        }
        if entry.attempts() < QUICK_ATTEMPTS {
            entry.state = State::Pending(entry.next_attempt(now));
            return Reasons::empty();
        }
        Reasons::NO_SINGLE_REPAIR
    }

    #[cfg(any(test, fuzzing))]
    pub fn len(&self) -> usize {
        self.list.len()
    }
}
