// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner: health events and the outcomes of repairs in, actions out. All policy lives here.
//!
//! A pure state machine without clock, thread or file; time is an argument and must not run
//! backwards. Its memory is bounded by [`MAX_STRUCTURES`] and its activity by the budget of each
//! structure, so that no input whatever keeps it busy for ever.
//!
//! ```
//! use xfshealer::event::{Body, Change, Event, Target};
//! use xfshealer::plan::{Action, Config, Notice, Outcome, Planner, Time};
//!
//! let mut planner = Planner::new(Config::default());
//! let now = Time::from_nanos(0);
//! let body = Body::Health { change: Change::Sick, target: Target::Ag(1), mask: 1 << 4 };
//! planner.event(&Event { time_ns: 0, body }, now);
//! let Some(Action::Repair(repair)) = planner.next(now) else { panic!() };
//! assert_eq!((repair.key.name(), repair.key.target), ("bnobt", Target::Ag(1)));
//! planner.finished(repair.ticket, Outcome::Repaired, now);
//! assert_eq!(planner.next(now), Some(Action::Say(Notice::Repaired(repair.key))));
//! assert_eq!(planner.next(now), None);
//! ```

mod action;
mod bounded;
mod calls;
mod config;
pub mod defects;
mod inode_numbers;
mod loads;
#[cfg(any(test, fuzzing))]
pub(crate) mod model;
mod outcome;
mod planner;
mod scrub_type;
mod table;
#[cfg(test)]
mod tests;
mod time;

pub use action::{Action, Depth, Failure, LookEnd, Notice, Reasons, Repair, ScrubEnd, Ticket};
pub use calls::Call;
pub use config::{Config, Escalate, Pace, Policy};
pub(crate) use inode_numbers::InodeNumbers;
pub(crate) use loads::Loads;
pub use outcome::Outcome;
pub(crate) use planner::gaps::MOST_AGS;
pub use planner::{MAX_WORKERS, Planner};
pub(crate) use scrub_type::bits;
pub use scrub_type::{Key, ScrubType};
pub use table::MAX_STRUCTURES;
pub use time::Time;
pub(crate) use time::doubled;
