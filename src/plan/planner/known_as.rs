// SPDX-License-Identifier: LGPL-2.1-or-later
//! The one key of an inode that cannot be loaded, of which reports come with its generation and
//! without.

use super::Planner;
use crate::event::Target;
use crate::plan::action::Failure;
use crate::plan::scrub_type::Key;
use crate::plan::table::entry::State;
use crate::plan::time::Time;

impl Planner {
    /// The key that a report of a structure counts for: that of what is known of it already. With the
    /// generation it is the better one, as a repair writes the generation that it is given.
    pub(in crate::plan) fn known_as(&mut self, key: Key, now: Time) -> Key {
        let Some(known) = self.table.namesake(key) else { return key };
        let is_nameless = matches!(known.target, Target::Inode { generation: 0, .. });
        let is_running = self.table.get(known).is_none_or(|entry| entry.state == State::Running);
        if !is_nameless || is_running || !self.renamed(known, key, now) {
            return known;
        }
        key
    }

    /// Has what is known of a structure counted for another key; false if there is no room for that.
    fn renamed(&mut self, old: Key, new: Key, now: Time) -> bool {
        let Some(mut entry) = self.table.get(old).cloned() else { return false };
        if !self.find_room(new, entry.risky, now) {
            return false;
        }
        // With the generation it may be one that can be loaded.
        if entry.state == State::Left && entry.failed == Some(Failure::KernelDefect) {
            entry.state = State::Pending(entry.next_attempt(now));
        }
        self.table.update(new, |other| match other.attempts() > entry.attempts() {
            // It has had its attempts under this key.
            true => (other.said, other.failed) = (entry.said, entry.failed),
            false => *other = entry,
        });
        self.table.update(old, |entry| {
            entry.healed();
            entry.state = State::Idle;
        });
        true
    }
}
