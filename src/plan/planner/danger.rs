// SPDX-License-Identifier: LGPL-2.1-or-later
//! Repairs for which the kernel loads more inodes than the damaged one: a look for those that must not
//! be loaded comes first. None is asked for if it finds one.

use super::Planner;
use super::clearance::Knowledge;
use crate::event::Target;
use crate::plan::action::{Depth, Failure, LookEnd, Ticket};
use crate::plan::loads::Loads;
use crate::plan::scrub_type::Key;
use crate::plan::time::Time;

/// Obstacle to a repair that would load other inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Danger {
    /// One of them must not be loaded.
    Deadly,
    /// It is not known yet whether they may be loaded.
    Unknown,
}

impl Planner {
    /// Danger in a repair; `None` if it may be asked for.
    pub(in crate::plan) fn danger(&self, key: Key, now: Time) -> Option<Danger> {
        if !self.config.surveys || self.config.dry_run || !self.config.may_look {
            return None;
        }
        let agno = |ino| self.config.inode_numbers().agno(ino).map(Target::Ag);
        let mut deadly = self.table.deadly();
        match key.scrub.repair_loads() {
            Loads::Own => None,
            Loads::Group => {
                deadly.any(|ino| agno(ino) == Some(key.target)).then_some(Danger::Deadly)
            }
            // A core that is repaired only if it can be loaded has a type.
            Loads::Related | Loads::All if self.is_risky(key) => None,
            Loads::Related | Loads::All if deadly.next().is_some() => Some(Danger::Deadly),
            Loads::Related | Loads::All => match self.clearance.knowledge(now) {
                // Nobody has a reason to think that there is one, and damage must not wait for ever for a
                // device that cannot be read, or for who has a deleted file open.
                Knowledge::Complete | Knowledge::Blind => None,
                Knowledge::None | Knowledge::Coming => Some(Danger::Unknown),
            },
        }
    }

    /// Leaves a structure alone: what a repair of it would load shuts the filesystem down.
    pub(in crate::plan) fn is_in_danger(&mut self, key: Key) {
        self.table.update(key, |entry| entry.leave_alone(Failure::LoadsUnlinked));
    }

    /// Has a structure wait for the look that finds out which inodes must not be loaded.
    pub(in crate::plan) fn waits_for_look(&mut self, key: Key, now: Time) {
        self.know(now);
        self.clearance.is_awaited_now();
        self.table.park(key, Target::Fs);
    }

    /// What is known of the inodes that must not be loaded; asks for a look if that is nothing.
    pub(in crate::plan) fn know(&mut self, now: Time) -> Knowledge {
        let knowledge = self.clearance.knowledge(now);
        if knowledge != Knowledge::None {
            return knowledge;
        }
        self.looks.want(Depth::Survey);
        self.clearance.asked();
        Knowledge::Coming
    }

    /// Takes in the end of a look: what has waited for it goes on.
    pub(in crate::plan) fn look_has_told(&mut self, ticket: Ticket, end: LookEnd, now: Time) {
        if self.clearance.ended(ticket, end, now) {
            self.table.release(Target::Fs);
        }
    }
}
