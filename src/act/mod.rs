// SPDX-License-Identifier: LGPL-2.1-or-later
//! Actions on a filesystem: repairs, checks, looks for damage, full scrubs.

mod full_scrub;
mod look;
mod losses;
mod orphanage;
mod owner;
mod rebuild;
mod repair;

pub use full_scrub::{Begun, Runner, ScrubExit, ScrubVerdict, Scrubbed, Spawned};
pub use full_scrub::{StartError, Started};
pub use look::Look;
pub(crate) use losses::{Before, RepairLoss};
pub(crate) use orphanage::Orphan;
pub(crate) use owner::{AgHeader, Fork, Owner, Piece, Region};
pub(crate) use rebuild::Owners;
pub use repair::{check, is_unrecovered, probe, repair};
