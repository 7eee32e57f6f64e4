// SPDX-License-Identifier: LGPL-2.1-or-later
//! Carries actions out: everything here may block and runs on a worker.

mod breather;
mod full_scrub;
mod inbox;
mod pool;
mod repair;
mod unit;

pub use breather::Breather;
pub use full_scrub::{Runner, StartError};
pub use inbox::Inbox;
pub use pool::Pool;
pub use repair::{probe, repair};
pub use unit::{instance, systemd_runs};
