// SPDX-License-Identifier: LGPL-2.1-or-later
//! A look for damage, in slices between which the worker and the mount are free.

use super::clock::now;
use super::filesystem::Filesystem;
use super::paths::Inode;
use crate::act::Look;
use crate::event::Target;
use crate::fs::NoDevice;
use crate::fs::{Access, Reopened};
use crate::plan::{Depth, LookEnd, Ticket, Time};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest time that the mount is held at once, unless a single call takes longer. The pause after
/// that is long enough for an umount(8) that is tried every 50 ms.
pub(super) const SLICE: Duration = Duration::from_millis(25);
/// Time that the mount is free after each slice, as a multiple of that for which it was held: most
/// of the time umount(8), which does not try twice, succeeds, also where the device is slow.
const FREE_PER_HELD: u32 = 3;
/// Multiple of the held time for which the mount is free where nobody waits for what the look
/// finds: it then costs 1 % of a processor.
const FREE_AT_LEISURE: u32 = 99;
/// The same while the filesystem has only just been opened, and the longest time that the mount is
/// held at once then: who mounts a filesystem has something else to do, at boot above all. What is
/// small is looked through in the first slice all the same.
const FREE_AT_FIRST: u32 = 799;
const FIRST_SLICE: Duration = Duration::from_millis(10);
/// Number of AGs from which on a filesystem is not small, and its first slices: with the pause of
/// half a minute that follows they cost about as much as the start of the program, so that the look
/// ends some slices later.
const MANY_AGS: u32 = 256;
const FIRST_SLICE_OF_MANY: Duration = Duration::from_millis(3);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A look that is under way: it goes on in short slices, between which the filesystem can be unmounted.
#[derive(Debug)]
pub(crate) struct Slice {
    filesystem: Arc<Filesystem>,
    /// The look that was asked for.
    pub ticket: Ticket,
    /// Depth of the look.
    pub depth: Depth,
    look: Look,
    /// The look at the inodes could not be made: it is wanted again.
    is_owed: bool,
    /// Somebody waits for the end of the look, as far as that was known before this slice.
    is_urgent: bool,
    /// Time that the mount was held before the pause, and when that began.
    held: Duration,
    since: Time,
    /// Time for which there is nothing to look at.
    rest: Duration,
}

/// The finds of a slice, and how the look ended if it has.
#[derive(Debug)]
pub(crate) struct Finds {
    /// Damage.
    pub sick: Vec<(Target, u32)>,
    /// Inodes that must not be loaded.
    pub deadly: Vec<Inode>,
    /// AGs that could not be looked at, and `None` for anything else.
    pub missed: Vec<Option<u32>>,
    /// Reason why the inodes are not looked at, if there is one.
    pub no_device: Option<NoDevice>,
    /// End of the look; `None` if it goes on.
    pub end: Option<LookEnd>,
}

impl Slice {
    pub fn new(filesystem: Arc<Filesystem>, ticket: Ticket, depth: Depth) -> Slice {
        let look = Look::new(depth).after_survey(filesystem.clear_until());
        let look = look.with_suspects(filesystem.suspects());
        Slice {
            filesystem,
            ticket,
            depth,
            look,
            is_owed: false,
            is_urgent: false,
            held: Duration::ZERO,
            since: Time::default(),
            rest: Duration::ZERO,
        }
    }

    /// Time at which the pause before the slice is over; `is_urgent` if somebody waits for the end
    /// of the look.
    pub fn go_on(&self, is_urgent: bool) -> Time {
        let pace = self.pace(is_urgent);
        self.since.after(pace.map_or(Duration::ZERO, |pace| pace.pause(self.held)).max(self.rest))
    }

    /// The slice, of a look whose end somebody waits for, or not.
    pub fn urgent(self: Box<Self>, is_urgent: bool) -> Box<Self> {
        Box::new(Slice { is_urgent, ..*self })
    }

    /// Pace of the look; `None` where the mount is held anyway.
    fn pace(&self, is_urgent: bool) -> Option<LookPace> {
        self.filesystem.monitor()?;
        Some(match (is_urgent, self.filesystem.is_new()) {
            (true, _) => LookPace::Urgent,
            (false, true) if self.filesystem.ag_count() > MANY_AGS => LookPace::FirstOfMany,
            (false, true) => LookPace::First,
            (false, false) => LookPace::Leisure,
        })
    }

    /// Continues the look, for as long as the mount is held at a time.
    pub fn look(&mut self) -> Finds {
        let mut sick = Vec::new();
        let access = if self.depth == Depth::Deep { Access::Repair } else { Access::Look };
        let filesystem = Arc::clone(&self.filesystem);
        let slice = self.pace(self.is_urgent).map_or(SLICE, LookPace::slice);
        let began = Instant::now();
        let is_over = filesystem.visit(access, |at| {
            self.spare_read_only(at);
            self.look.step(at.file.as_fd(), slice, &mut |target, mask| sick.push((target, mask)))
        });
        self.held = began.elapsed();
        self.look.clear_until().into_iter().for_each(|until| filesystem.is_clear_until(until));
        let end = match is_over {
            Ok(Ok(false)) => {
                (self.since, self.rest) = (now(), self.look.rest());
                None
            }
            Ok(Ok(true)) => Some(match (self.is_owed, self.look.is_complete()) {
                (true, _) => LookEnd::NotLooked,
                (false, true) => LookEnd::Complete,
                (false, false) => LookEnd::Incomplete,
            }),
            Ok(Err(_)) | Err(_) => Some(LookEnd::NotLooked),
        };
        if end.is_some() {
            filesystem.are_suspect(self.look.suspects());
        }
        let (deadly, missed) = (self.look.deadly(), self.look.missed());
        if !deadly.is_empty() {
            filesystem.is_not_clear();
        }
        Finds { sick, deadly, missed, no_device: self.look.no_device(), end }
    }

    /// Leaves the inodes of a filesystem that cannot be repaired now for when it can.
    fn spare_read_only(&mut self, at: &Reopened) {
        if at.is_read_only && self.depth == Depth::Deep && !self.is_owed {
            let look = Look::new(Depth::Shallow).with_suspects(self.filesystem.suspects());
            (self.look, self.is_owed) = (look, true);
        }
    }
}

/// How much of its time a look may have the mount.
#[derive(Clone, Copy, Debug)]
enum LookPace {
    /// Somebody waits for its end.
    Urgent,
    /// Nobody does.
    Leisure,
    /// Nobody does, and the filesystem was opened a moment ago.
    First,
    /// The same of a filesystem with many AGs.
    FirstOfMany,
}

impl LookPace {
    /// Longest time that the mount is held at once, unless a single call takes longer.
    fn slice(self) -> Duration {
        match self {
            LookPace::Urgent | LookPace::Leisure => SLICE,
            LookPace::First => FIRST_SLICE,
            LookPace::FirstOfMany => FIRST_SLICE_OF_MANY,
        }
    }

    /// Time for which the mount is free after it was held for this long.
    fn pause(self, held: Duration) -> Duration {
        let pause = match self {
            // Not less than umount(8) needs.
            LookPace::Urgent => held.max(SLICE).saturating_mul(FREE_PER_HELD),
            LookPace::Leisure => held.saturating_mul(FREE_AT_LEISURE),
            LookPace::First => held.saturating_mul(FREE_AT_FIRST),
            LookPace::FirstOfMany => LONGEST_PAUSE,
        };
        pause.min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_is_free_for_most_of_the_time_but_a_look_goes_on() {
        let pause = |pace: LookPace, ms| pace.pause(Duration::from_millis(ms)).as_millis();
        let pauses = |pace| [10, 25, 2_000, 3_600_000].map(|ms| pause(pace, ms));
        assert_eq!(pauses(LookPace::Urgent), [75, 75, 6_000, 30_000]);
        assert_eq!(pauses(LookPace::Leisure), [990, 2_475, 30_000, 30_000]);
        assert_eq!(pauses(LookPace::First), [7_990, 19_975, 30_000, 30_000]);
        assert_eq!(pauses(LookPace::FirstOfMany), [30_000; 4]);
    }
}
