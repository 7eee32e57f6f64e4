// SPDX-License-Identifier: LGPL-2.1-or-later
//! The paths of inodes, and the rule for looking them up.
//!
//! A look at a damaged inode makes the kernel report the same damage again: a healer that looked
//! for each event would feed itself for ever (kernel contract: looking causes events).

use crate::event::{Body, Target};
use crate::plan::Time;
use crate::uapi::*;
use std::collections::VecDeque;
use std::time::Duration;

/// Shortest time between two look-ups of the path of one inode.
const WINDOW: Duration = Duration::from_secs(3600);
/// Most paths that are kept. When all of them are young, further inodes stay numbers.
const MOST: usize = 2048;
/// Most paths that a worker is to look up at once: finding the filesystem again costs more than a
/// look-up, and holding it for long is not polite.
const AT_ONCE: usize = 32;
/// Sick bits with which the path of an inode is not looked up: its own loading, or what holds its
/// parent pointers, is damaged.
const DO_NOT_LOOK: u32 =
    XFS_BS_SICK_INODE | XFS_BS_SICK_BMBTA | XFS_BS_SICK_XATTR | XFS_BS_SICK_PARENT;

/// An inode, by number and generation.
pub(crate) type Inode = (u64, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathState {
    /// The path is to be looked up.
    Wanted,
    /// A worker was asked for the path.
    Asked,
    /// The path was looked up.
    Known,
}

/// An inode whose path was wanted.
#[derive(Debug)]
struct KnownInode {
    ino: u64,
    generation: u32,
    state: PathState,
    /// The path, once it was looked up; `None` when none could be found.
    path: Option<Box<[u8]>>,
    /// Time at which it was wanted.
    since: Time,
}

impl KnownInode {
    fn inode(&self) -> Inode {
        (self.ino, self.generation)
    }

    /// True if the path need not be looked up now.
    fn is_fresh(&self, now: Time) -> bool {
        now.since(self.since) < WINDOW || self.is_open()
    }

    /// True if the path is still to come.
    fn is_open(&self) -> bool {
        self.state != PathState::Known
    }
}

/// The paths that have been looked up.
#[derive(Debug)]
pub(crate) struct Paths {
    has_parent_pointers: bool,
    /// Sorted by inode. In a tree they would take nearly twice as much.
    known: Vec<KnownInode>,
    /// Inodes in state `Wanted`, oldest first, and some that have been taken out of turn.
    wanted: VecDeque<Inode>,
}

/// The inode that an event is about, if any.
pub(crate) fn inode_of(body: &Body) -> Option<Inode> {
    match *body {
        Body::Health { target, .. } => inode_of_target(target),
        Body::FileRange { ino, generation, .. } => Some((ino, generation)),
        _ => None,
    }
}

/// The inode that a target is, if it is one.
pub(crate) fn inode_of_target(target: Target) -> Option<Inode> {
    match target {
        Target::Inode { ino, generation } => Some((ino, generation)),
        _ => None,
    }
}

impl Paths {
    pub fn new(has_parent_pointers: bool) -> Paths {
        Paths { has_parent_pointers, known: Vec::new(), wanted: VecDeque::new() }
    }

    /// Takes note of an event, after which the path of its inode may be looked up.
    pub fn event(&mut self, body: &Body, now: Time) {
        let Some(inode) = inode_of(body) else { return };
        let sick = match *body {
            Body::Health { mask, .. } => mask,
            _ => 0,
        };
        if sick & DO_NOT_LOOK == 0 {
            self.want(inode, now);
        }
    }

    /// Has the path of an inode looked up that is to be named.
    pub fn want(&mut self, inode: Inode, now: Time) {
        let is_fresh = |known: &KnownInode| known.is_fresh(now);
        if !self.has_parent_pointers || self.get(inode).is_some_and(is_fresh) {
            return;
        }
        if self.known.len() >= MOST {
            self.known.retain(is_fresh);
        }
        let (ino, generation) = inode;
        let wanted =
            KnownInode { ino, generation, state: PathState::Wanted, path: None, since: now };
        match self.place(inode) {
            Ok(at) => {
                if let Some(known) = self.known.get_mut(at) {
                    *known = wanted;
                }
            }
            Err(_) if self.known.len() >= MOST => return,
            Err(at) => self.known.insert(at, wanted),
        }
        self.wanted.push_back(inode);
    }

    /// Takes some inodes off the list of those to look up, for a worker that is about to.
    pub fn take_wanted(&mut self) -> Option<Vec<Inode>> {
        let mut some = Vec::new();
        while some.len() < AT_ONCE {
            let Some(inode) = self.wanted.pop_front() else { break };
            if self.take_if_wanted(inode) {
                some.push(inode);
            }
        }
        Some(some).filter(|some| !some.is_empty())
    }

    /// Takes this inode for a worker that is about to look it up; false if it is not to be looked
    /// up.
    pub fn take_if_wanted(&mut self, inode: Inode) -> bool {
        match self.get_mut(inode) {
            Some(known) if known.state == PathState::Wanted => {
                known.state = PathState::Asked;
                true
            }
            _ => false,
        }
    }

    /// Takes in what a look-up found.
    pub fn found(&mut self, inode: Inode, path: Option<Vec<u8>>) {
        if let Some(known) = self.get_mut(inode) {
            (known.state, known.path) = (PathState::Known, path.map(Vec::into_boxed_slice));
        }
    }

    /// The path of an inode, if it is known.
    pub fn path(&self, inode: Inode) -> Option<&[u8]> {
        self.get(inode).filter(|known| !known.is_open())?.path.as_deref()
    }

    /// True if the result of a path look-up is still to come.
    pub fn is_coming(&self, inode: Inode) -> bool {
        self.get(inode).is_some_and(KnownInode::is_open)
    }

    /// The place of an inode, or where it would be.
    fn place(&self, inode: Inode) -> Result<usize, usize> {
        self.known.binary_search_by_key(&inode, KnownInode::inode)
    }

    fn get(&self, inode: Inode) -> Option<&KnownInode> {
        self.known.get(self.place(inode).ok()?)
    }

    fn get_mut(&mut self, inode: Inode) -> Option<&mut KnownInode> {
        let at = self.place(inode).ok()?;
        self.known.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Change;

    fn sick(ino: u64, mask: u32) -> Body {
        let target = Target::Inode { ino, generation: 7 };
        Body::Health { change: Change::Sick, target, mask }
    }

    fn looks(paths: &mut Paths, body: &Body, now: Time) -> bool {
        paths.event(body, now);
        paths.take_wanted().is_some()
    }

    #[test]
    fn an_inode_is_looked_at_once_within_the_window() {
        let (mut paths, now) = (Paths::new(true), Time::default());
        let directory = sick(135, XFS_BS_SICK_DIR);
        assert!(looks(&mut paths, &directory, now));
        assert!(paths.is_coming((135, 7)));
        assert!(!looks(&mut paths, &directory, now));
        paths.found((135, 7), Some(b"/d".to_vec()));
        assert_eq!(paths.path((135, 7)), Some(&b"/d"[..]));
        assert!(!looks(&mut paths, &directory, now.after(WINDOW - Duration::from_nanos(1))));
        assert!(looks(&mut paths, &directory, now.after(WINDOW)));
    }

    #[test]
    fn a_look_that_would_make_the_event_again_is_not_made() {
        for bit in [XFS_BS_SICK_INODE, XFS_BS_SICK_BMBTA, XFS_BS_SICK_XATTR, XFS_BS_SICK_PARENT] {
            let mut paths = Paths::new(true);
            assert!(!looks(&mut paths, &sick(1, bit | XFS_BS_SICK_DIR), Time::default()));
        }
        let mut paths = Paths::new(false);
        assert!(!looks(&mut paths, &sick(1, XFS_BS_SICK_DIR), Time::default()), "no parents");
    }

    #[test]
    fn endless_inodes_cost_bounded_memory_and_bounded_looks() {
        let mut paths = Paths::new(true);
        let looks = (0..10_000)
            .filter(|ino| looks(&mut paths, &sick(*ino, XFS_BS_SICK_DIR), Time::default()))
            .count();
        assert_eq!((looks, paths.known.len()), (MOST, MOST));
    }
}
