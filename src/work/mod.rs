// SPDX-License-Identifier: LGPL-2.1-or-later
//! Threads for what may block: lanes of tasks, and the inbox that their answers return by. Knows
//! nothing of XFS.

mod crew;
mod inbox;
mod pool;
mod waits;

pub use crew::{Answers, Crew, Promise, Workers};
pub use inbox::Inbox;
pub use pool::{Lane, Pool};
pub use waits::Waits;
