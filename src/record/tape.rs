// SPDX-License-Identifier: LGPL-2.1-or-later
//! The recording of one filesystem.

use super::describe::Description;
use super::format::{Content, Input};
use super::recorder::Recorder;
use crate::log::said::Said;
use crate::plan::{Policy, Time};
use std::sync::Arc;

/// The recording of one filesystem.
#[derive(Debug)]
pub(crate) struct Tape {
    recorder: Arc<Recorder>,
    /// Number of the filesystem within the recording.
    number: u64,
    description: Content,
    /// Losses of the recorder when the filesystem was described; `None` before.
    described: Option<u64>,
    policy: Policy,
}

impl Tape {
    /// Begins with a description of the filesystem.
    pub fn new(recorder: Arc<Recorder>, number: u64, description: Description, now: Time) -> Tape {
        let policy = description.config.policy;
        let description = Content::Filesystem(Box::new(description));
        let described = recorder.push(&description.frame(number, now), now);
        Tape { recorder, number, description, described, policy }
    }

    /// Records what the watch takes in.
    pub fn put(&mut self, input: Input, now: Time) {
        let frame = Content::Input(input).frame(self.number, now);
        let is_known = self.described.is_some_and(|at| self.recorder.push_if(at, &frame, now));
        if !is_known {
            // After a loss nobody knows whether the file says what follows is about. It is told
            // once more, and with the report: a report of what is unknown ends a replay.
            let description = self.description.frame(self.number, now);
            self.described = self.recorder.push(&[description, frame].concat(), now);
        }
    }

    /// Records that the policy has changed, if it has, to one that `is_said` or not.
    pub fn policy(&mut self, policy: Policy, is_said: bool, now: Time) {
        if std::mem::replace(&mut self.policy, policy) != policy || is_said {
            self.put(Input::Policy { policy, is_said }, now);
        }
    }

    /// Has written what waits; gives what is to be said of what was lost.
    pub fn flush(&self, now: Time) -> Option<Said> {
        self.recorder.flush(now)
    }
}
