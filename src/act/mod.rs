// SPDX-License-Identifier: LGPL-2.1-or-later
//! Carries actions out, and what it takes to do that beside the poll loop: workers, and where they
//! leave their answers.

mod breather;
mod full_scrub;
mod inbox;
mod pool;
mod repair;
mod unit;

pub use breather::Breather;
pub use full_scrub::{Runner, ScrubExit, StartError, Started};
pub use inbox::Inbox;
pub use pool::Pool;
pub use repair::{probe, repair};
pub use unit::{instance, systemd_runs};
