// SPDX-License-Identifier: LGPL-2.1-or-later
//! A later look at a filesystem that may have no healer: has it one, and if not, can it have one now?
//!
//! Workers look, for that may block.

use super::service;
use crate::act::{self, Inbox, Pool};
use crate::daemon::{Supported, supported};
use crate::fs;
use crate::mounts::Device;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The result of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The unit of this mount point runs: all else is up to systemd and the administrator.
    Runs(Vec<u8>),
    /// Nobody monitors it, and `xfs_healer --supported` has no objection to being the one.
    Startable,
    /// Somebody else monitors it, or it cannot or shall not be monitored, or that cannot be told.
    Refused,
}

/// Places at which it is looked: each costs a systemctl(1) and what that waits for.
const MOST_PLACES: usize = 8;

type Answers = Arc<Inbox<(Device, Answer)>>;

/// The worker, and where it leaves answers.
#[derive(Debug)]
pub struct Looks {
    pool: Pool,
    answers: Answers,
}

impl Looks {
    pub fn new() -> io::Result<Looks> {
        Ok(Looks { pool: Pool::new(1), answers: Arc::new(Inbox::new()?) })
    }

    /// Readable when there are answers.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.answers.as_fd()
    }

    /// The answers that have come.
    pub fn take(&self) -> Vec<(Device, Answer)> {
        self.answers.take()
    }

    /// Does what is to be done about a worker that is stuck or was killed; to be called again after
    /// this time.
    pub fn relieve(&self) -> Option<Duration> {
        self.pool.relieve()
    }

    /// Has one looked at that is mounted at these places, and whose healer was started for that one;
    /// one answer comes.
    pub fn look(&self, device: Device, places: Vec<Vec<u8>>, started: Option<Vec<u8>>) {
        let owed = Owed { answers: Arc::clone(&self.answers), device, answer: Answer::Refused };
        let answers = Arc::clone(&self.answers);
        let work = move || {
            let mut owed = owed;
            owed.answer = look(device, &places, started);
        };
        // A task that is not taken is dropped, and with it what is owed, which then answers.
        let if_killed = move || answers.put((device, Answer::Refused));
        let _ = self.pool.lane().submit(work, if_killed);
    }
}

/// An answer that is given when nobody has this any more.
struct Owed {
    answers: Answers,
    device: Device,
    answer: Answer,
}

impl Drop for Owed {
    fn drop(&mut self) {
        let answer = std::mem::replace(&mut self.answer, Answer::Refused);
        self.answers.put((self.device, answer));
    }
}

/// Looks where it can be seen first. systemd is asked only where there is, or can be, a healer.
fn look(device: Device, places: &[Vec<u8>], started: Option<Vec<u8>>) -> Answer {
    let mut is_monitored = false;
    for place in places.iter().take(MOST_PLACES) {
        let Some(unit) = service::unit(place) else { continue };
        let path = Path::new(OsStr::from_bytes(place));
        let mount_point = match fs::mount_point_on(path, device) {
            Ok(Some(mount_point)) => mount_point,
            Ok(None) => continue,
            Err(_) => return Answer::Refused,
        };
        let supported = supported(path, mount_point);
        if supported == Supported::No {
            return Answer::Refused;
        }
        match act::unit_state(&unit) {
            Some(state) if state.is_running => return Answer::Runs(place.clone()),
            Some(_) if supported == Supported::Yes => return Answer::Startable,
            None => return Answer::Refused,
            // It may be that of another of its mount points.
            Some(_) => is_monitored = true,
        }
    }
    // A healer goes on when its mount point is gone and there are others.
    let runs = |place: &Vec<u8>| {
        let state = service::unit(place).and_then(|unit| act::unit_state(&unit));
        state.is_some_and(|state| state.is_running)
    };
    let gone = started.filter(|place| is_monitored && !places.contains(place));
    gone.filter(runs).map_or(Answer::Refused, Answer::Runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::{self, PollFd};

    #[test]
    fn what_is_not_there_is_refused_and_each_look_has_one_answer() {
        let looks = Looks::new().unwrap();
        let places = [&b"/nonexist"[..], b"/proc", b"/\0"].map(<[u8]>::to_vec);
        looks.look((7, 1), places.to_vec(), None);
        looks.look((7, 2), Vec::new(), None);
        let mut answers = Vec::new();
        while answers.len() < 2 {
            let mut fds = [PollFd::new(looks.news(), poll::IN)];
            assert_ne!(poll::poll(&mut fds, Some(Duration::from_secs(60))).unwrap(), 0);
            answers.extend(looks.take());
        }
        assert_eq!(answers, [((7, 1), Answer::Refused), ((7, 2), Answer::Refused)]);
    }
}
