// SPDX-License-Identifier: LGPL-2.1-or-later
//! Safety of a full scrub on a kernel that crashes when one repairs an inode that cannot be loaded:
//! nothing tells but a look at every inode.

use crate::plan::action::{LookEnd, Ticket};
use crate::plan::time::Time;
use std::time::Duration;

/// Longest time for which a look vouches for the inodes after its end. What it has found is judged
/// meanwhile.
const VOUCHES: Duration = Duration::from_secs(60);
/// Longest time from the start of a look for which it vouches: what it saw first is as old. One that
/// takes longer is worth nothing, and neither would another be.
const LONGEST: Duration = Duration::from_secs(3600);
/// Number of looks in a row that may be called into doubt; then no other will be worth more.
const MOST_DOUBTED: u32 = 3;

/// State of knowledge about the inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Verdict {
    /// Nothing is known; a look has to come first.
    Unasked,
    /// Nothing is known yet; the look for it is on its way.
    Coming,
    /// Each inode was looked at just now, and what was found is known.
    Safe,
    /// Not every inode can be looked at.
    Unknowable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    Unasked,
    /// A look is wanted.
    Asked,
    /// The look runs since this time; true if the kernel may have spoken of an inode that the look
    /// had passed before.
    Looking(Ticket, Time, bool),
    /// The look saw everything; it vouches until this time.
    Passed(Time),
    Unknowable,
}

/// The look at every inode that comes before a full scrub. One that started before the scrub was
/// wanted does not count, and neither does one of a predecessor.
#[derive(Debug)]
pub(in crate::plan) struct Vetting {
    state: Doubt,
    /// Looks in a row that were called into doubt.
    doubted: u32,
}

impl Vetting {
    pub fn new() -> Vetting {
        Vetting { state: Doubt::Unasked, doubted: 0 }
    }

    pub fn verdict(&self, now: Time) -> Verdict {
        match self.state {
            Doubt::Asked | Doubt::Looking(..) => Verdict::Coming,
            Doubt::Passed(until) if now <= until => Verdict::Safe,
            Doubt::Unasked | Doubt::Passed(_) => Verdict::Unasked,
            Doubt::Unknowable => Verdict::Unknowable,
        }
    }

    /// Takes note that a look at every inode has been asked for.
    pub fn asked(&mut self) {
        self.state = Doubt::Asked;
    }

    /// Takes note that a look at every inode starts, whoever has asked for it.
    pub fn starts(&mut self, ticket: Ticket, now: Time) {
        if self.state == Doubt::Asked {
            self.state = Doubt::Looking(ticket, now, false);
        }
    }

    /// Takes in the end of a look; false if it is the one that counts and could not even begin.
    pub fn ended(&mut self, ticket: Ticket, end: LookEnd, now: Time) -> bool {
        let (began, is_doubted) = match self.state {
            Doubt::Looking(running, began, is_doubted) if running == ticket => (began, is_doubted),
            _ => return true,
        };
        let is_old = now.since(began) >= LONGEST;
        match end {
            LookEnd::Complete if is_old => self.state = Doubt::Unknowable,
            LookEnd::Complete if is_doubted => self.is_worthless(),
            LookEnd::Complete => {
                let until = now.after(VOUCHES).min(began.after(LONGEST));
                self.state = Doubt::Passed(until);
            }
            LookEnd::Incomplete | LookEnd::Vanished => self.state = Doubt::Unknowable,
            LookEnd::NotLooked => self.state = Doubt::Unasked,
        }
        end != LookEnd::NotLooked
    }

    /// Takes in that some inode is sick that nobody can name or remember.
    pub fn doubt(&mut self) {
        match self.state {
            Doubt::Looking(ticket, began, _) => self.state = Doubt::Looking(ticket, began, true),
            Doubt::Passed(_) => self.is_worthless(),
            Doubt::Unasked | Doubt::Asked | Doubt::Unknowable => {}
        }
    }

    #[cfg(any(test, fuzzing))]
    pub fn is_by(&self, ticket: Ticket) -> bool {
        matches!(self.state, Doubt::Looking(running, ..) if running == ticket)
    }

    fn is_worthless(&mut self) {
        self.doubted += 1;
        let is_last = self.doubted >= MOST_DOUBTED;
        self.state = if is_last { Doubt::Unknowable } else { Doubt::Unasked };
    }
}
