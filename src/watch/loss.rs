// SPDX-License-Identifier: LGPL-2.1-or-later
//! The losses of a filesystem that is watched: asking what a medium has lost, and telling it.

use super::Watch;
use crate::act::{Owners, Region};
use crate::event::{Device, Target};
use crate::plan::Time;
use crate::report::Cause;

impl Watch {
    /// Has a worker ask for the owners of a bad range, when it is time.
    pub(crate) fn ask_owners(&mut self, now: Time) {
        while let Some(region) = self.losses.media.take(now) {
            // What is free there may not be once the log is replayed.
            if !self.books.planner.may_look() && region.device != Device::Log {
                let why = Cause::Words("mounted norecovery".to_owned());
                self.owners(region, Err(why), now);
                continue;
            }
            self.tasks.owners(&self.filesystem, region, self.books.planner.may_repair());
        }
    }

    /// Takes in the owners of a bad range, and has btrees rebuilt whose place is bad: what is read
    /// later may be worse.
    pub(crate) fn owners(&mut self, region: Region, told: Result<Owners, Cause>, now: Time) {
        self.losses.media.answered();
        let told = match told {
            Ok(told) => told,
            Err(cause) => return self.losses.untold(region, cause, now),
        };
        let queued = |(agno, mask)| (agno, self.books.planner.rebuild(Target::Ag(agno), mask, now));
        let queued: Vec<_> = told.rebuild.iter().copied().map(queued).collect();
        for piece in &told.pieces {
            self.losses.piece(piece, told.are_in(&queued, piece.owner), now);
        }
    }

    /// Queues what is still to be told of losses.
    pub(crate) fn end_losses(&mut self, now: Time) {
        for region in self.losses.media.end() {
            self.losses.untold(region, Cause::Errno(libc::ESHUTDOWN), now);
        }
        self.books.last_losses(&mut self.losses.ledger, now);
    }
}
