// SPDX-License-Identifier: LGPL-2.1-or-later
//! Room for what is damaged, and what follows where there is none.

use super::Planner;
use crate::plan::action::{Notice, Reasons};
use crate::plan::scrub_type::Key;
use crate::plan::table::Room;
use crate::plan::time::Time;

impl Planner {
    /// Makes sure that a structure is remembered; false if there is no room for it.
    pub(in crate::plan) fn find_room(&mut self, key: Key, risky: bool, now: Time) -> bool {
        let is_too_much = risky && key.is_of_inode() && !self.hold.may_find_untried(now);
        let room = match is_too_much && self.table.get(key).is_none() {
            true => Room::None,
            false => self.table.insert(key, risky, now),
        };
        let (has_room, is_doubtful) = match room {
            Room::Free => return true,
            Room::Taken { is_risky } => (true, is_risky),
            Room::None => (false, risky),
        };
        if is_doubtful {
            self.vetting.doubt();
        }
        self.table_is_full();
        has_room
    }

    fn table_is_full(&mut self) {
        if self.has_stopped {
            return;
        }
        self.scrubs.want(Reasons::TABLE_FULL);
        if !std::mem::replace(&mut self.table_full_said, true) {
            self.say(Notice::TableFull);
        }
    }
}
