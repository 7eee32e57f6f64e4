// SPDX-License-Identifier: LGPL-2.1-or-later
//! The time limit for answers of filesystems, which may not answer.

use crate::plan::Time;
use std::time::Duration;

/// Time that a mounted filesystem may take to answer before the log says so.
pub(crate) const SILENT: Duration = Duration::from_secs(10);

/// Time limit for the answer of a mounted filesystem, which comes to its end once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerLimit {
    since: Time,
    is_over: bool,
}

impl AnswerLimit {
    /// The limit for an answer that is asked for now.
    pub fn new(now: Time) -> AnswerLimit {
        AnswerLimit { since: now, is_over: false }
    }

    /// True once the limit has come to its end.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Time of the end; `None` once it has come.
    pub fn wake_at(&self) -> Option<Time> {
        (!self.is_over).then(|| self.since.after(SILENT))
    }

    /// True if the end comes now, which the log is to say.
    pub fn ends(&mut self, now: Time) -> bool {
        let ends = self.wake_at().is_some_and(|at| at <= now);
        self.is_over |= ends;
        ends
    }
}
