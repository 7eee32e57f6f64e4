// SPDX-License-Identifier: LGPL-2.1-or-later
//! Actions on a filesystem: repairs, checks, looks for damage, full scrubs.

mod full_scrub;
mod look;
mod repair;

pub use full_scrub::{Begun, Runner, ScrubExit, ScrubVerdict, Scrubbed, Spawned};
pub use full_scrub::{StartError, Started};
pub use look::Look;
pub use repair::{check, is_unrecovered, probe, repair};
