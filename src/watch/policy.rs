// SPDX-License-Identifier: LGPL-2.1-or-later
//! The policy for damage: by the options, else by the property `autofsck`, which can change at any
//! time.

use crate::fs::{Autofsck, Geometry};
use crate::plan::{Policy, Time, doubled};
use std::time::Duration;

/// Time between two reads of the property autofsck while nothing but that keeps damage from being
/// repaired.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// The pauses of [`Hidden`], doubled from the first on.
const HIDDEN: Duration = Duration::from_secs(3600);
const MOST_HIDDEN: Duration = Duration::from_secs(24 * 3600);

/// The option or property that decides what is done about damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    /// An option decides, for good.
    Fixed(Policy),
    /// The property autofsck decides.
    Property {
        /// Reverse mappings or parent pointers: without either hardly anything can be repaired.
        has_back_references: bool,
    },
}

impl Directive {
    pub fn property(geometry: &Geometry) -> Directive {
        let has_back_references = geometry.has_rmapbt() || geometry.has_parent();
        Directive::Property { has_back_references }
    }

    /// The policy with this value of the property autofsck.
    pub fn policy(self, property: Autofsck) -> Policy {
        match self {
            Directive::Fixed(policy) => policy,
            Directive::Property { has_back_references } => match property {
                Autofsck::Repair => Policy::Repair,
                Autofsck::None => Policy::Ignore,
                Autofsck::Unset | Autofsck::Other if !has_back_references => Policy::Ignore,
                _ => Policy::Log,
            },
        }
    }

    pub fn is_by_property(self) -> bool {
        matches!(self, Directive::Property { .. })
    }
}

/// Pauses without a read of a property that damage hides, while nobody says that it is mended: each
/// read makes the kernel report the damage anew.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    times: u32,
    until: Option<Time>,
}

impl Hidden {
    /// Begins a pause, since a read has come upon the damage; true if that is to be said.
    pub fn found(&mut self, now: Time) -> bool {
        let pause = doubled(HIDDEN, self.times, MOST_HIDDEN);
        self.until = Some(now.after(pause));
        self.times = self.times.saturating_add(1);
        self.times == 1
    }

    /// End of the pause; `None` without one.
    pub fn until(&self) -> Option<Time> {
        self.until
    }

    /// Ends the pause.
    pub fn end(&mut self) {
        self.until = None;
    }
}

/// The policy that applies now: what the option or the property autofsck wants, limited by what the
/// kernel can do.
#[derive(Debug)]
pub(crate) struct Standing {
    directive: Directive,
    wanted: Policy,
    can_repair: bool,
    asked: Option<Time>,
    is_asking: bool,
}

impl Standing {
    pub fn new(directive: Directive, wanted: Policy, can_repair: bool) -> Standing {
        Standing { directive, wanted, can_repair, asked: None, is_asking: false }
    }

    /// The policy that applies.
    pub fn policy(&self) -> Policy {
        match self.wanted {
            Policy::Repair if !self.can_repair => Policy::Log,
            wanted => wanted,
        }
    }

    /// Takes in whether the kernel can repair, which became known.
    pub fn set_can_repair(&mut self, can_repair: bool) {
        self.can_repair = can_repair;
    }

    /// Takes in the value of the property autofsck, or that it cannot be read; true if it asks for
    /// something else than before.
    pub fn set_property(&mut self, property: Option<Autofsck>) -> bool {
        self.is_asking = false;
        let wanted = property.map_or(self.wanted, |property| self.directive.policy(property));
        std::mem::replace(&mut self.wanted, wanted) != wanted
    }

    /// True if the property autofsck keeps damage from being repaired, so that it has to be asked
    /// again.
    fn depends_on_property(&self) -> bool {
        self.directive.is_by_property() && self.can_repair && self.wanted != Policy::Repair
    }

    /// Time at which to ask for the property autofsck, while there is something to repair; `None`:
    /// it decides nothing now, or an answer is to come.
    pub fn ask_at(&self) -> Option<Time> {
        let may_ask = self.depends_on_property() && !self.is_asking;
        may_ask.then(|| self.asked.map_or(Time::default(), |asked| asked.after(ASK_AGAIN)))
    }

    /// True if an answer about the property autofsck would be news, and none is to come.
    pub fn may_ask(&self) -> bool {
        self.directive.is_by_property() && !self.is_asking
    }

    /// Takes note that the property autofsck is asked for now.
    pub fn asks(&mut self, now: Time) {
        self.asked = Some(now);
        self.is_asking = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROPERTY: Directive = Directive::Property { has_back_references: true };

    #[test]
    fn options_overrule_the_property_and_an_unread_one_changes_nothing() {
        let mut by_option = Standing::new(Directive::Fixed(Policy::Repair), Policy::Repair, true);
        assert!(!by_option.set_property(Some(Autofsck::None)));
        assert_eq!(by_option.policy(), Policy::Repair);
        let mut standing = Standing::new(PROPERTY, Policy::Repair, true);
        assert!(!standing.set_property(None));
        assert_eq!(standing.policy(), Policy::Repair);
        assert!(standing.set_property(Some(Autofsck::Check)));
        assert_eq!(standing.policy(), Policy::Log);
        assert!(standing.set_property(Some(Autofsck::None)));
        assert_eq!(standing.policy(), Policy::Ignore);
    }

    #[test]
    fn what_damage_hides_is_said_once_and_looked_at_ever_more_seldom() {
        let (mut hidden, mut now) = (Hidden::default(), Time::default());
        let mut hours = Vec::new();
        for n in 0..7 {
            assert_eq!(hidden.found(now), n == 0);
            let until = hidden.until().unwrap();
            hours.push(until.since(now).as_secs() / 3600);
            hidden.end();
            now = until;
        }
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(hidden.until(), None);
    }

    #[test]
    fn it_is_asked_for_once_a_minute_and_only_while_it_decides() {
        let mut standing = Standing::new(PROPERTY, Policy::Log, true);
        let now = Time::default();
        assert_eq!(standing.ask_at(), Some(now));
        standing.asks(now);
        assert_eq!(standing.ask_at(), None, "an answer is to come");
        standing.set_property(Some(Autofsck::Check));
        assert_eq!(standing.ask_at(), Some(now.after(ASK_AGAIN)));
        standing.asks(now.after(ASK_AGAIN));
        standing.set_property(Some(Autofsck::Repair));
        assert_eq!(standing.ask_at(), None, "it is read before each repair");
    }
}
