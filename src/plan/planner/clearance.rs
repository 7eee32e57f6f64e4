// SPDX-License-Identifier: LGPL-2.1-or-later
//! Knowledge of the inodes that must not be loaded, from looks.

use crate::plan::action::{Depth, LookEnd, Ticket};
use crate::plan::time::{Time, doubled};
use std::time::Duration;

/// The least time from the end of a look for which it tells. One that took longer tells for as long
/// as it took, so that looks cost no more than as much again as what follows them.
const TELLS: Duration = Duration::from_secs(600);
/// The longest time from the end of a look for which it tells.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Pause after a look that could not tell; each in a row doubles it, up to the longest: what is being
/// written just then is mostly written an hour later.
const PAUSE: Duration = Duration::from_secs(600);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// State of knowledge about the inodes that the kernel would load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Knowledge {
    /// Nothing is known; a look has to come first.
    None,
    /// A look that tells is on its way.
    Coming,
    /// What must not be loaded is known.
    Complete,
    /// The last look could not tell, or not begin; the next is made after a pause.
    Blind,
}

/// The looks that find out which inodes must not be loaded, whatever they are made for.
#[derive(Debug)]
pub(in crate::plan) struct Clearance {
    is_asked: bool,
    /// The look that runs and will tell, and the time when it began.
    running: Option<(Ticket, Depth, Time)>,
    /// Time until which the last look tells; `None` before the first.
    until: Option<Time>,
    /// Time before which no other look is made, since the last could not tell.
    blind_until: Time,
    in_vain: u32,
    /// Set if a repair waits for a look.
    is_awaited: bool,
}

impl Clearance {
    pub fn new() -> Clearance {
        Clearance {
            is_asked: false,
            running: None,
            until: None,
            blind_until: Time::default(),
            in_vain: 0,
            is_awaited: false,
        }
    }

    pub fn knowledge(&self, now: Time) -> Knowledge {
        if self.until.is_some_and(|until| until >= now) {
            Knowledge::Complete
        } else if self.running.is_some() {
            Knowledge::Coming
        } else if self.blind_until > now {
            Knowledge::Blind
        } else if self.is_asked {
            Knowledge::Coming
        } else {
            Knowledge::None
        }
    }

    /// Takes note that a look has been asked for.
    pub fn asked(&mut self) {
        self.is_asked = true;
    }

    /// Takes note that something waits for the end of a look.
    pub fn is_awaited_now(&mut self) {
        self.is_awaited = true;
    }

    /// True if something waits for the end of a look.
    pub fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    /// Takes note that a look starts, whoever has asked for it.
    pub fn starts(&mut self, ticket: Ticket, depth: Depth, now: Time) {
        if matches!(depth, Depth::Deep | Depth::Survey) {
            self.running = Some((ticket, depth, now));
        }
        if depth == Depth::Survey {
            (self.is_asked, self.blind_until) = (false, Time::default());
        }
    }

    /// Takes in the end of a look; true if what has waited may ask anew.
    pub fn ended(&mut self, ticket: Ticket, end: LookEnd, now: Time) -> bool {
        let running = self.running.take_if(|(running, ..)| *running == ticket);
        let Some((_, depth, began)) = running else { return false };
        match (end, depth) {
            (LookEnd::Complete, _) => {
                let tells = now.since(began).clamp(TELLS, LONGEST);
                (self.until, self.in_vain) = (Some(now.after(tells)), 0);
            }
            // It is still wanted, but nobody knows when it will begin. What keeps it from that may keep
            // repairs too, as a filesystem out of reach does, and only one that is tried has it said.
            (LookEnd::NotLooked, Depth::Survey) => {
                (self.is_asked, self.blind_until) = (true, Time::NEVER);
            }
            (_, Depth::Survey) => {
                self.blind_until = now.after(doubled(PAUSE, self.in_vain, LONGEST_PAUSE));
                self.in_vain = self.in_vain.saturating_add(1);
            }
            // There was more that it could not see.
            _ => {}
        }
        self.is_awaited = false;
        true
    }

    /// Takes in that what kept looks from telling may be gone. What kept one from beginning may not.
    pub fn may_tell(&mut self) {
        self.in_vain = 0;
        if !self.is_asked {
            self.blind_until = Time::default();
        }
    }
}
