// SPDX-License-Identifier: LGPL-2.1-or-later
//! The looks for damage of a filesystem that is watched: when they go on, and what they find.

use super::Watch;
use crate::fs::NoDevice;
use crate::log::said::Fault;
use crate::plan::Time;

impl Watch {
    /// Says, once, why files are neither looked at nor named.
    pub(crate) fn no_device(&mut self, why: &NoDevice, now: Time) {
        if std::mem::replace(&mut self.no_device_said, true) {
            return;
        }
        let fault = Fault::NoDevice(why.path.clone(), (&why.error).into());
        self.books.fault(fault, now);
    }

    /// Requests the first look and goes on with one that pauses, when it is time.
    pub(crate) fn look_on(&mut self, now: Time) {
        self.books.look_first(now);
        let is_urgent = self.books.planner.look_is_urgent();
        let paused = self.paused_look.take_if(|slice| slice.go_on(is_urgent) <= now);
        paused.into_iter().for_each(|slice| self.tasks.look_on(slice.urgent(is_urgent)));
    }

    /// Time at which the next look begins, or one goes on that pauses.
    pub(crate) fn look_on_at(&self) -> Option<Time> {
        let is_urgent = self.books.planner.look_is_urgent();
        let paused = self.paused_look.as_ref().map(|slice| slice.go_on(is_urgent));
        self.books.look_first_at().into_iter().chain(paused).min()
    }
}
