// SPDX-License-Identifier: LGPL-2.1-or-later
//! Actions on a filesystem: repairs, checks, looks for damage, full scrubs.

mod full_scrub;
mod look;
mod losses;
mod orphanage;
mod owner;
mod rebuild;
mod repair;
mod scrub_verdict;

pub use full_scrub::{Begun, Runner, Scrubbed, Spawned, StartError, Started};
pub use look::Look;
pub(crate) use look::Suspects;
pub(crate) use losses::{Before, RepairLoss};
pub(crate) use orphanage::Orphan;
pub(crate) use owner::{AgHeader, Fork, Owner, Piece, Region};
pub(crate) use rebuild::Owners;
pub(crate) use repair::{Progress, repair};
pub use repair::{check, is_unrecovered, probe};
pub use scrub_verdict::{ScrubExit, ScrubVerdict};

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::look::fuzzed::look;
    pub(crate) use super::orphanage::is_named_by;
    pub(crate) use super::owner::{Pieces, identified, inodes};
}
