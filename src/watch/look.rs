// SPDX-License-Identifier: LGPL-2.1-or-later
//! The looks for damage of a filesystem that is watched: when they go on, and what they find.

use super::Watch;
use super::paths::Inode;
use crate::event::{Body, Change, Event, Target};
use crate::fs::NoDevice;
use crate::log::said::{Fault, Said};
use crate::plan::Time;
use crate::uapi::XFS_BS_SICK_INODE;

impl Watch {
    /// Takes in damage that a look has found; what nobody knew of is told.
    pub(crate) fn sick(&mut self, target: Target, mask: u32, now: Time) {
        let new = self.planner.sick(target, mask, now);
        if new != 0 {
            self.tell_sick(target, new, now);
        }
    }

    /// Takes in an inode that a look has found and that must not be loaded; if nobody knew of it,
    /// it is told as sick.
    pub(crate) fn deadly(&mut self, (ino, generation): Inode, now: Time) {
        if self.planner.deadly(ino, generation, now) {
            self.tell_sick(Target::Inode { ino, generation }, XFS_BS_SICK_INODE, now);
        }
    }

    /// Tells damage in the words that it would have if the kernel reported it.
    fn tell_sick(&mut self, target: Target, mask: u32, now: Time) {
        let body = Body::Health { change: Change::Sick, target, mask };
        self.tell(Event { time_ns: 0, body }, now);
    }

    /// Says, once, why files are neither looked at nor named.
    pub(crate) fn no_device(&mut self, why: &NoDevice, now: Time) {
        if std::mem::replace(&mut self.no_device_said, true) {
            return;
        }
        let fault = Fault::NoDevice(why.path.clone(), (&why.error).into());
        self.outbox.say(Said::Fault(fault), now);
    }

    /// Requests the first look and goes on with one that pauses, when it is time. A full scrub that
    /// is wanted does not wait for the first.
    pub(crate) fn look_on(&mut self, now: Time) {
        let is_wanted = self.planner.wants_full_scrub();
        let first = self.first_look.take_if(|(_, at)| is_wanted || *at <= now);
        first.into_iter().for_each(|(depth, _)| self.planner.look(depth));
        let is_urgent = self.planner.look_is_urgent();
        let paused = self.paused_look.take_if(|slice| slice.go_on(is_urgent) <= now);
        paused.into_iter().for_each(|slice| self.tasks.look_on(slice.urgent(is_urgent)));
    }

    /// Time at which the next look begins, or one goes on that pauses.
    pub(crate) fn look_on_at(&self) -> Option<Time> {
        let first = self.first_look.map(|(_, at)| at);
        let is_urgent = self.planner.look_is_urgent();
        let paused = self.paused_look.as_ref().map(|slice| slice.go_on(is_urgent));
        first.into_iter().chain(paused).min()
    }
}
