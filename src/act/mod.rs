// SPDX-License-Identifier: LGPL-2.1-or-later
//! Carries actions out, and what it takes to do that beside the poll loop: workers, and where they
//! leave their answers.

mod breather;
mod child;
mod follow_up;
mod full_scrub;
mod inbox;
mod left_over;
mod look;
mod others;
mod pool;
mod repair;
mod unit;

pub use breather::Breather;
pub(crate) use child::prepare as prepare_child;
pub use full_scrub::{Begun, Runner, ScrubExit, ScrubVerdict, Scrubbed, Spawned};
pub use full_scrub::{StartError, Started};
pub use inbox::Inbox;
pub use left_over::left_over;
pub use look::Look;
pub use others::{Other, find_healer};
pub use pool::{Lane, Pool};
pub use repair::{check, is_unrecovered, probe, repair};
pub use unit::{UnitEnd, UnitState, instance, unit_state};
