// SPDX-License-Identifier: LGPL-2.1-or-later
//! The choice of the mount of a filesystem that serves best.

use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};

use crate::sys::mount::MountInfo;

/// Purpose of opening a filesystem, which decides which of its mounts serves best.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Looking, by ioctls: any mount will do, also one of a part of the filesystem.
    Look,
    /// Repairing, by ioctls: a read-write mount, if there is one.
    Repair,
    /// Reading what only the root directory has: a mount of the whole filesystem, if there is one.
    Root,
    /// Scrubbing the whole filesystem: a read-write mount of all of it, with a mount point for
    /// which this function is true, if there is one.
    FullScrub(fn(&Path) -> bool),
}

/// The qualities that speak for a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    pub is_writable: bool,
    /// True if the mount is not idmapped: on one that is BULKSTAT refuses, so that no inode can be
    /// looked at.
    pub is_plain: bool,
    /// True if the mount is of the whole filesystem.
    pub is_whole: bool,
    /// True for a mounted directory. A file is opened last: it may be somebody's who notices that.
    pub is_directory: bool,
}

/// The rank of a mount: the greater, the better it serves.
pub(super) type Rank = [bool; 4];

/// The rank of a mount than which none is better.
pub(super) const BEST: Rank = [true; 4];

impl Traits {
    /// The traits of a mount of which the kernel says `info`; where it says nothing, good ones.
    pub fn of(info: Option<&MountInfo>, is_whole: bool, is_directory: bool) -> Traits {
        Traits {
            is_writable: info.is_none_or(|info| !info.is_read_only),
            is_plain: info.is_none_or(|info| !info.is_idmapped),
            is_whole,
            is_directory,
        }
    }

    /// The rank of the mount for this access at this path. What comes first counts most.
    pub fn rank(self, want: Access, path: &Path) -> Rank {
        let Traits { is_writable, is_plain, is_whole, is_directory } = self;
        match want {
            Access::Look => [is_plain, is_whole, is_directory, true],
            Access::Repair => [is_writable, is_plain, is_whole, is_directory],
            Access::Root => [is_whole, true, true, true],
            Access::FullScrub(fits) => [is_whole, is_writable, fits(path), is_plain],
        }
    }
}

/// The way in which a path is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// The path is walked only where the kernel knows the way, so that nothing is waited for.
    Known,
    /// The path is walked for as long as it takes: somebody has been there.
    Patient,
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum There<T> {
    Found(T),
    /// Something else, or nothing.
    Other,
    /// Not known: the kernel would have to ask somebody, who may never answer.
    Unknown,
}

/// Tries candidates, each with the best rank that it can have, until none that is left can be
/// better than what was found, and returns the best; else the first error, else ESTALE. None is
/// tried twice, but those that may never answer are left to the end, and then waited for only if
/// nothing was found that serves: they come again from `answers`, as they can be reached, and what has
/// come meanwhile between them.
pub(super) fn choose<T, I: Iterator<Item = PathBuf>>(
    candidates: impl Iterator<Item = (Rank, PathBuf)>,
    want: Access,
    try_open: impl FnMut(&Path, Walk) -> io::Result<There<(T, Traits)>>,
    answers: impl FnOnce(Vec<PathBuf>) -> I,
) -> io::Result<((T, Traits), PathBuf)> {
    let mut choice = Choice { want, try_open, best: None, floor: None, first_error: None };
    let mut tried = Vec::new();
    let mut silent: Vec<(Rank, PathBuf)> = Vec::new();
    for (hope, path) in candidates {
        if let Some((known, _)) = silent.iter_mut().find(|(_, silent)| *silent == path) {
            *known = hope.min(*known);
            continue;
        }
        if !choice.is_better(hope) || tried.contains(&path) {
            continue;
        }
        if choice.take(&path, Walk::Known) {
            silent.push((hope, path.clone()));
        }
        if choice.is_best() {
            break;
        }
        tried.push(path);
    }
    silent.sort_by_key(|(hope, _)| Reverse(*hope));
    silent.retain(|(hope, _)| choice.is_worth_waiting(*hope));
    if !silent.is_empty() {
        // What may be waited for long after this is not to be busy for so long.
        let found = choice.best.take();
        choice.floor = found.map(|(rank, _, path)| (rank, path));
        let mut answers = answers(silent.iter().map(|(_, path)| path.clone()).collect());
        while silent.iter().any(|(hope, _)| choice.is_worth_waiting(*hope)) {
            let Some(path) = answers.next() else { break };
            silent.retain(|(_, silent)| *silent != path);
            choice.take(&path, Walk::Patient);
        }
        choice.settle();
    }
    let stale = || io::Error::from_raw_os_error(libc::ESTALE);
    let Choice { best, first_error, .. } = choice;
    let best = best.map(|(_, found, path)| (found, path));
    best.ok_or_else(|| first_error.unwrap_or_else(stale))
}

/// The best that was found up to now.
struct Choice<T, F> {
    want: Access,
    try_open: F,
    best: Option<(Rank, (T, Traits), PathBuf)>,
    /// A path where something was found before, with its rank, and was let go.
    floor: Option<(Rank, PathBuf)>,
    first_error: Option<io::Error>,
}

impl<T, F: FnMut(&Path, Walk) -> io::Result<There<(T, Traits)>>> Choice<T, F> {
    /// The rank of the best, also if it was let go.
    fn rank(&self) -> Option<Rank> {
        let best = self.best.as_ref().map(|(rank, ..)| *rank);
        best.max(self.floor.as_ref().map(|(rank, _)| *rank))
    }

    fn is_better(&self, rank: Rank) -> bool {
        self.rank().is_none_or(|best| rank > best)
    }

    fn is_best(&self) -> bool {
        self.rank() == Some(BEST)
    }

    /// True if what was found lacks what counts most, and a path with this hope may not.
    fn is_worth_waiting(&self, hope: Rank) -> bool {
        self.rank().is_none_or(|[serves, ..]| hope[0] && !serves)
    }

    /// Opens again what was let go, if nothing better was found.
    fn settle(&mut self) {
        if let Some((_, path)) = self.floor.take().filter(|_| self.best.is_none()) {
            self.take(&path, Walk::Patient);
        }
    }

    /// Tries a path; true if it may be known later what is there.
    fn take(&mut self, path: &Path, walk: Walk) -> bool {
        match (self.try_open)(path, walk) {
            Ok(There::Found(found)) => {
                let rank = found.1.rank(self.want, path);
                if self.is_better(rank) {
                    self.best = Some((rank, found, path.to_owned()));
                }
            }
            Ok(There::Other) => {}
            Ok(There::Unknown) => return true,
            Err(error) => {
                self.first_error.get_or_insert(error);
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Traits =
        Traits { is_writable: true, is_plain: true, is_whole: true, is_directory: true };
    const READ_ONLY: Traits = Traits { is_writable: false, ..GOOD };
    const MAPPED: Traits = Traits { is_plain: false, ..GOOD };
    const PART: Traits = Traits { is_whole: false, ..GOOD };
    const READ_ONLY_PART: Traits = Traits { is_writable: false, ..PART };
    const FILE: Traits = Traits { is_directory: false, ..PART };

    fn is_short(path: &Path) -> bool {
        path.as_os_str().len() < 4
    }

    const FULL_SCRUB: Access = Access::FullScrub(is_short);

    /// The answer of [`choose`] for candidates `(path, what is there)`, of which the best is hoped:
    /// `Err(0)` is something else, any other an error.
    fn chosen(want: Access, there: &[(&str, Result<Traits, i32>)]) -> Result<(String, usize), i32> {
        let hoped: Vec<_> = there.iter().map(|(path, what)| (BEST, *path, *what)).collect();
        chosen_of(want, &hoped)
    }

    fn chosen_of(
        want: Access,
        there: &[(Rank, &str, Result<Traits, i32>)],
    ) -> Result<(String, usize), i32> {
        let mut tries = 0;
        let candidates = there.iter().map(|(hope, path, _)| (*hope, PathBuf::from(path)));
        let try_open = |path: &Path, walk| {
            let (.., what) = there.iter().find(|(_, name, _)| Path::new(name) == path).unwrap();
            // What is called so answers in its time.
            if walk == Walk::Known && path.to_str().unwrap().contains("silent") {
                return Ok(There::Unknown);
            }
            tries += 1;
            match *what {
                Ok(traits) => Ok(There::Found(((), traits))),
                Err(0) => Ok(There::Other),
                Err(errno) => Err(io::Error::from_raw_os_error(errno)),
            }
        };
        let answer = choose(candidates, want, try_open, Vec::into_iter);
        let answer = answer.map(|(_, path)| (path.to_str().unwrap().to_string(), tries));
        answer.map_err(|error| error.raw_os_error().unwrap())
    }

    fn at(path: &str, tries: usize) -> Result<(String, usize), i32> {
        Ok((path.to_string(), tries))
    }

    #[test]
    fn the_first_place_is_enough_when_it_is_good() {
        assert_eq!(chosen(Access::Repair, &[("/a", Ok(GOOD)), ("/b", Ok(GOOD))]), at("/a", 1));
        let read_only = [("/a", Ok(READ_ONLY)), ("/b", Ok(GOOD))];
        assert_eq!(chosen(Access::Look, &read_only), at("/a", 1));
        assert_eq!(chosen(Access::Root, &read_only), at("/a", 1));
        assert_eq!(chosen(Access::Look, &[("/a", Err(0)), ("/b", Ok(READ_ONLY))]), at("/b", 2));
    }

    #[test]
    fn a_writable_mount_is_preferred_and_a_read_only_one_better_than_none() {
        let both = [("/a", Ok(READ_ONLY)), ("/b", Ok(READ_ONLY)), ("/c", Ok(GOOD))];
        assert_eq!(chosen(Access::Repair, &both), at("/c", 3));
        assert_eq!(chosen(Access::Repair, &both[..2]), at("/a", 2));
        let broken = [("/a", Err(libc::EIO)), ("/b", Ok(READ_ONLY))];
        assert_eq!(chosen(Access::Repair, &broken), at("/b", 2));
    }

    #[test]
    fn a_part_carries_repairs_where_nothing_whole_can_be_written_and_never_more() {
        let image = [("/a", Ok(READ_ONLY)), ("/b", Ok(READ_ONLY_PART)), ("/c", Ok(PART))];
        assert_eq!(chosen(Access::Repair, &image), at("/c", 3));
        for want in [Access::Look, Access::Root, FULL_SCRUB] {
            assert_eq!(chosen(want, &image).unwrap().0, "/a", "{want:?}");
        }
        let whole_last = [("/a", Ok(PART)), ("/b", Ok(FILE)), ("/c", Ok(GOOD))];
        for want in [Access::Look, Access::Repair, Access::Root, FULL_SCRUB] {
            assert_eq!(chosen(want, &whole_last), at("/c", 3), "{want:?}");
        }
        let parts = [("/a", Ok(FILE)), ("/b", Ok(PART))];
        assert_eq!(chosen(Access::Repair, &parts), at("/b", 2));
        assert_eq!(chosen(Access::Repair, &parts[..1]), at("/a", 1));
    }

    #[test]
    fn where_inodes_cannot_be_looked_at_is_better_than_where_nothing_can_be_written() {
        let mapped = [("/a", Ok(READ_ONLY)), ("/b", Ok(MAPPED)), ("/c", Ok(PART))];
        assert_eq!(chosen(Access::Repair, &mapped), at("/c", 3));
        assert_eq!(chosen(Access::Repair, &mapped[..2]), at("/b", 2));
        assert_eq!(chosen(Access::Look, &mapped[1..]), at("/c", 2));
        assert_eq!(chosen(FULL_SCRUB, &mapped), at("/b", 3));
    }

    #[test]
    fn a_full_scrub_goes_where_it_fits_if_that_is_possible() {
        let long = [("/long", Ok(GOOD)), ("/s", Ok(GOOD))];
        assert_eq!(chosen(FULL_SCRUB, &long), at("/s", 2));
        assert_eq!(chosen(FULL_SCRUB, &long[..1]), at("/long", 1));
        assert_eq!(
            chosen(FULL_SCRUB, &[("/long", Ok(GOOD)), ("/s", Ok(READ_ONLY))]),
            at("/long", 2)
        );
    }

    #[test]
    fn nowhere_is_stale_unless_an_error_hid_it() {
        assert_eq!(chosen(Access::Look, &[]), Err(libc::ESTALE));
        assert_eq!(chosen(Access::Look, &[("/a", Err(0))]), Err(libc::ESTALE));
        let hidden = [("/a", Err(0)), ("/b", Err(libc::EMFILE)), ("/c", Err(libc::EIO))];
        assert_eq!(chosen(Access::Look, &hidden), Err(libc::EMFILE));
    }

    #[test]
    fn what_may_never_answer_is_waited_for_only_if_nothing_else_serves() {
        let silent = ("/silent", Ok(GOOD));
        for want in [Access::Look, Access::Repair, Access::Root, FULL_SCRUB] {
            assert_eq!(chosen(want, &[silent]), at("/silent", 1));
            assert_eq!(chosen(want, &[silent, ("/a", Ok(GOOD))]), at("/a", 1));
            assert_eq!(chosen(want, &[silent, ("/a", Err(libc::EIO))]), at("/silent", 2));
        }
        assert_eq!(chosen(Access::Repair, &[silent, ("/a", Ok(READ_ONLY))]), at("/silent", 2));
        assert_eq!(chosen(Access::Root, &[silent, ("/a", Ok(PART))]), at("/silent", 2));
        assert_eq!(chosen(FULL_SCRUB, &[silent, ("/long", Ok(GOOD))]), at("/long", 1));
        // What the kernel tells of its mount tells that it would not serve either.
        let known = [
            (BEST, "/silent", Ok(READ_ONLY)),
            (READ_ONLY.rank(Access::Repair, Path::new("/a")), "/a", Ok(READ_ONLY)),
            (READ_ONLY.rank(Access::Repair, Path::new("/a")), "/silent", Ok(READ_ONLY)),
        ];
        assert_eq!(chosen_of(Access::Repair, &known), at("/a", 1));
        // One that answers and does not serve is enough if no other of them would.
        let read_only =
            |path| (READ_ONLY.rank(Access::Repair, Path::new("/a")), path, Ok(READ_ONLY));
        let covered = [(BEST, "/silent", Err(0)), read_only("/silent/a"), read_only("/silent/b")];
        assert_eq!(chosen_of(Access::Repair, &covered), at("/silent/a", 2));
    }

    #[test]
    fn what_was_found_is_let_go_while_another_is_waited_for_and_then_opened_again() {
        let both = [("/a", Ok(READ_ONLY)), ("/silent", Err(0))];
        assert_eq!(chosen(Access::Repair, &both), at("/a", 3));
    }

    #[test]
    fn no_place_is_tried_twice_or_in_vain() {
        let same = [("/a", Ok(READ_ONLY)), ("/a", Ok(READ_ONLY)), ("/b", Err(0))];
        assert_eq!(chosen(Access::Repair, &same), at("/a", 2));
        let rank = |traits: Traits| traits.rank(Access::Repair, Path::new("/x"));
        let other = [
            (BEST, "/a", Ok(READ_ONLY)),
            (rank(PART), "/b", Err(libc::EIO)),
            (rank(PART), "/c", Ok(PART)),
            (rank(PART), "/d", Ok(PART)),
            (rank(READ_ONLY), "/e", Ok(READ_ONLY)),
        ];
        assert_eq!(chosen_of(Access::Repair, &other), at("/c", 3));
    }
}
