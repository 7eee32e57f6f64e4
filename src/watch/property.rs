// SPDX-License-Identifier: LGPL-2.1-or-later
//! The property `autofsck` of a filesystem that is watched: when it is read, and what follows.

use super::Watch;
use super::paths::{self as names};
use super::policy::Hidden;
use crate::event::Target;
use crate::fs::Autofsck;
use crate::log::said::{PolicyNews, Said};
use crate::plan::{Policy, Time};

impl Watch {
    /// Takes in the value of the property autofsck, or `None` if it could not be read.
    pub(crate) fn property_is(&mut self, property: Option<Autofsck>, now: Time) {
        if self.standing.set_property(property) {
            self.apply_policy(true, now);
        }
    }

    /// Has everybody go by the policy that applies now; `is_said`: the property autofsck wants it.
    pub(crate) fn apply_policy(&mut self, is_said: bool, now: Time) {
        let policy = self.standing.policy();
        self.filesystem.forbid_repairs(policy != Policy::Repair);
        self.books.policy_is(policy, is_said, now);
        self.record_policy(is_said, now);
    }

    /// Time at which to read the property autofsck, while it keeps something from being repaired.
    pub(crate) fn ask_at(&self, now: Time) -> Option<Time> {
        let at = self.standing.ask_at().filter(|_| self.books.planner.would_act(now))?;
        Some(self.hidden.until().map_or(at, |until| at.max(until)))
    }

    /// Has the property autofsck read, if it is time.
    pub(crate) fn ask_property(&mut self, now: Time) {
        if self.ask_at(now).is_some_and(|at| at <= now) {
            self.standing.asks(now);
            self.tasks.ask_property(&self.filesystem);
        }
    }

    /// Has the property autofsck read, whatever it has said, and what waits for the filesystem
    /// tried again.
    pub fn try_again(&mut self, now: Time) {
        self.books.planner.try_again(now);
        self.filesystem.asks_for_look();
        self.filesystem.show_property();
        self.hidden.end();
        if self.standing.may_ask() {
            self.standing.asks(now);
            self.tasks.ask_property(&self.filesystem);
        }
    }

    /// Takes in that some damage is mended; that of the root directory may have hidden the
    /// property.
    pub(crate) fn mended(&mut self, target: Target) {
        let inode = names::inode_of_target(target);
        if inode.is_some_and(|(ino, _)| ino == self.filesystem.mount.root_handle().ino()) {
            self.filesystem.show_property();
            self.hidden = Hidden::default();
        }
    }

    /// Says that damage hides the property autofsck, and has it read again after a pause.
    pub(crate) fn look_for_property(&mut self, now: Time) {
        match self.hidden.until() {
            None if self.filesystem.is_property_hidden() => {
                let is_news = self.hidden.found(now);
                let said = is_news.then_some(Said::Policy(PolicyNews::Hidden));
                said.into_iter().for_each(|said| self.books.say(said, now));
            }
            Some(until) if until <= now => {
                self.filesystem.show_property();
                self.hidden.end();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::answer::Done;
    use crate::watch::fake::Fake;
    use crate::watch::tasks::Tasks;
    use crate::work::{Crew, Pool};

    #[test]
    fn workers_go_on_with_repairs_once_the_kernel_turns_out_to_make_them() {
        let (folder, recorder) = (std::env::temp_dir(), None);
        let fake = Fake { folder: &folder, wanted: Policy::Log, has_answered: false, recorder };
        let (setup, _kernel) = fake.setup();
        let crew = Crew::new(Pool::new(1)).unwrap();
        let mut watch = Watch::new(setup, Tasks::new(&crew));
        let now = Time::default();
        // The property wants repairs, and it is not known yet that there can be any.
        watch.done(Done::Property(Some(Autofsck::Repair)), now);
        assert_eq!(watch.books.planner.policy(), Policy::Log);
        assert!(!watch.filesystem.may_repair());
        watch.done(Done::Probed(Ok(())), now);
        assert_eq!(watch.books.planner.policy(), Policy::Repair);
        assert!(watch.filesystem.may_repair(), "each repair would open the filesystem anew");
    }
}
