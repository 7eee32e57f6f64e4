// SPDX-License-Identifier: LGPL-2.1-or-later
//! Places where a filesystem may be, in the order in which they can be reached.
//!
//! A place may be below a directory of a server that is down, and who asks there waits for ever. So no place
//! is asked for while there is one to which the kernel knows the way, and who asks waits for no single one. A
//! kernel, or a filter of system calls, that does not tell what it knows only makes that dearer.

use super::open_known_place;
use crate::sys::mount::{self, MountInfo};
use crate::sys::{DeviceNumber, Walker};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Time after which it is looked whether there are other places than those that do not answer; each look
/// doubles it, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// Most places that are asked for at once where the first does not answer: each costs a process.
const MOST: usize = 4;

/// Gives these paths, first those to which the kernel knows the way, then the others as somebody has been
/// there: one at a time, or some where that takes long. If mounts change meanwhile, those of `now` come
/// besides: also those that came before, where something else may be by then.
pub fn reachable(paths: Vec<Vec<u8>>, now: impl FnMut() -> Vec<Vec<u8>>) -> Reachable<impl Ways> {
    Reachable::new(paths, Walked { now, walkers: Vec::new(), mounts: Vec::new() })
}

/// The mount points of the filesystem on `device` in our namespace, as far as the kernel tells them.
pub fn mounted_at(device: DeviceNumber) -> Vec<Vec<u8>> {
    mounts_of(device).into_iter().map(|(_, info)| info.mount_point).collect()
}

/// The mounts of the filesystem on `device` in our namespace that have a path, each with its number.
pub fn mounts_of(device: DeviceNumber) -> Vec<(u64, MountInfo)> {
    let is_such = |info: &MountInfo| info.device == device && !info.mount_point.is_empty();
    mount::all().into_iter().flatten().filter(|(_, info)| is_such(info)).collect()
}

/// True if the kernel knows the way to a path.
fn is_known(path: &[u8]) -> bool {
    open_known_place(Path::new(OsStr::from_bytes(path))).is_some()
}

/// The ways to places.
pub trait Ways {
    fn is_known(&self, path: &[u8]) -> bool;
    /// Sends somebody there.
    fn send(&mut self, path: &[u8]) -> io::Result<()>;
    /// The number of those who were sent and are not back.
    fn sent(&self) -> usize;
    fn is_sent(&self, path: &[u8]) -> bool;
    /// Waits until somebody is back, but no longer than this; gives the paths of those who are.
    fn back(&mut self, wait: Duration) -> Vec<Vec<u8>>;
    /// Leaves one of them behind, the one that was sent first; gives the path.
    fn leave(&mut self) -> Option<Vec<u8>>;
    /// The paths of this time, if there may be others than before.
    fn now(&mut self) -> Vec<Vec<u8>>;
}

/// The real ones, on which processes walk.
#[derive(Debug)]
struct Walked<N> {
    now: N,
    walkers: Vec<(Vec<u8>, Walker)>,
    /// All mounts that there were the last time.
    mounts: Vec<u64>,
}

impl<N: FnMut() -> Vec<Vec<u8>>> Ways for Walked<N> {
    fn is_known(&self, path: &[u8]) -> bool {
        is_known(path)
    }

    fn send(&mut self, path: &[u8]) -> io::Result<()> {
        let walker = Walker::begin(Path::new(OsStr::from_bytes(path)), libc::O_PATH)?;
        self.walkers.push((path.to_vec(), walker));
        Ok(())
    }

    fn sent(&self) -> usize {
        self.walkers.len()
    }

    fn is_sent(&self, path: &[u8]) -> bool {
        self.walkers.iter().any(|(to, _)| to == path)
    }

    fn back(&mut self, wait: Duration) -> Vec<Vec<u8>> {
        let all: Vec<_> = self.walkers.iter().map(|(_, walker)| walker).collect();
        Walker::wait_for_any(&all, wait);
        let mut back = Vec::new();
        self.walkers.retain_mut(|(path, walker)| {
            let is_over = walker.is_over();
            back.extend(is_over.then(|| mem::take(path)));
            !is_over
        });
        back
    }

    fn leave(&mut self) -> Option<Vec<u8>> {
        let (path, walker) = (!self.walkers.is_empty()).then(|| self.walkers.remove(0))?;
        walker.leave();
        Some(path)
    }

    fn now(&mut self) -> Vec<Vec<u8>> {
        let mounts = mount::listmount().unwrap_or_default();
        if mounts == self.mounts {
            return Vec::new();
        }
        self.mounts = mounts;
        (self.now)()
    }
}

impl<N> Drop for Walked<N> {
    fn drop(&mut self) {
        self.walkers.drain(..).for_each(|(_, walker)| walker.leave());
    }
}

/// Paths, in the order in which they can be reached.
#[derive(Debug)]
pub struct Reachable<W> {
    ways: W,
    /// Those where somebody has been.
    walked: VecDeque<Vec<u8>>,
    /// Those to which the way may be known.
    ready: VecDeque<Vec<u8>>,
    /// Those to which it is not.
    unknown: VecDeque<Vec<u8>>,
    wait: Duration,
    /// True if it ends with those that answer at once.
    is_hurried: bool,
}

impl<W: Ways> Reachable<W> {
    fn new(paths: Vec<Vec<u8>>, ways: W) -> Reachable<W> {
        let [walked, unknown] = Default::default();
        let (ready, wait, is_hurried) = (paths.into(), FIRST_WAIT, false);
        Reachable { ways, walked, ready, unknown, wait, is_hurried }
    }

    /// Waits for nobody from here on who does not answer at once, nor for what is mounted later.
    pub fn hurry(&mut self) {
        (self.wait, self.is_hurried) = (FIRST_WAIT, true);
    }

    /// Most that are asked for at once: mostly the first answers.
    fn most(&self) -> usize {
        if self.is_hurried || self.wait > FIRST_WAIT { MOST } else { 1 }
    }

    /// Makes room for those to whom nobody could be sent so far: it may be they who answer. The others are
    /// tried again when it is their turn. Once it takes long only one makes room: it may need its time.
    fn change_places(&mut self) {
        let sent = self.ways.sent();
        let without = self.unknown.len().saturating_sub(MOST.saturating_sub(sent));
        let most = if self.wait < LONGEST_WAIT { sent } else { 1 };
        for _ in 0..without.min(most) {
            let Some(path) = self.ways.leave() else { break };
            if !self.is_hurried {
                self.unknown.push_back(path);
            }
        }
    }
}

impl<W: Ways> Iterator for Reachable<W> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            while let Some(path) = self.ready.pop_front() {
                if self.ways.is_known(&path) {
                    return Some(path);
                }
                if !self.ways.is_sent(&path) && !self.unknown.contains(&path) {
                    self.unknown.push_back(path);
                }
            }
            if let Some(path) = self.walked.pop_front() {
                return Some(path);
            }
            while self.ways.sent() < self.most() {
                let Some(path) = self.unknown.pop_front() else { break };
                if self.ways.send(&path).is_err() {
                    // Where nobody can be sent, the worse is that nothing ends us.
                    return Some(path);
                }
            }
            if self.ways.sent() == 0 {
                return None;
            }
            self.walked.extend(self.ways.back(self.wait));
            if self.walked.is_empty() {
                if self.is_hurried && self.unknown.is_empty() {
                    return None;
                }
                self.change_places();
                if !self.is_hurried {
                    self.wait = (2 * self.wait).min(LONGEST_WAIT);
                    self.ready = self.ways.now().into();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is called unknown answers at once, what is called slow 20 seconds after somebody was sent, and what is
    /// called dead after so many seconds of all; what is there then comes meanwhile, once.
    #[derive(Default)]
    struct Fake {
        answers_after: u64,
        then: Vec<&'static str>,
        /// Each with the time at which somebody was sent.
        sent: Vec<(Vec<u8>, u64)>,
        most: usize,
        waited: u64,
    }

    impl Ways for Fake {
        fn is_known(&self, path: &[u8]) -> bool {
            ![&b"/dead"[..], b"/slow", b"/unknown"].iter().any(|start| path.starts_with(start))
        }

        fn send(&mut self, path: &[u8]) -> io::Result<()> {
            self.sent.push((path.to_vec(), self.waited));
            self.most = self.most.max(self.sent.len());
            Ok(())
        }

        fn sent(&self) -> usize {
            self.sent.len()
        }

        fn is_sent(&self, path: &[u8]) -> bool {
            self.sent.iter().any(|(sent, _)| sent == path)
        }

        fn back(&mut self, wait: Duration) -> Vec<Vec<u8>> {
            let at_once = self.sent.iter().any(|(path, _)| path.starts_with(b"/unknown"));
            self.waited += if at_once { 0 } else { wait.as_secs() };
            let is_back = |(path, since): &(Vec<u8>, u64)| {
                let is_slow = path.starts_with(b"/slow") && self.waited >= since + 20;
                self.waited >= self.answers_after || is_slow || path.starts_with(b"/unknown")
            };
            let (back, sent): (Vec<_>, _) =
                mem::take(&mut self.sent).into_iter().partition(is_back);
            self.sent = sent;
            back.into_iter().map(|(path, _)| path).collect()
        }

        fn leave(&mut self) -> Option<Vec<u8>> {
            (!self.sent.is_empty()).then(|| self.sent.remove(0).0)
        }

        fn now(&mut self) -> Vec<Vec<u8>> {
            self.then.drain(..).map(|path| path.as_bytes().to_vec()).collect()
        }
    }

    /// The first of these paths, at most so many, the most that were asked for at once, and the seconds of
    /// waiting.
    fn first(
        most: usize,
        paths: &[&str],
        answers_after: u64,
        then: &[&'static str],
    ) -> (Vec<String>, usize, u64) {
        let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
        let ways = Fake { answers_after, then: then.to_vec(), ..Fake::default() };
        let mut all = Reachable::new(paths, ways);
        let text = |path| String::from_utf8(path).unwrap();
        let found = all.by_ref().take(most).map(text).collect();
        (found, all.ways.most, all.ways.waited)
    }

    fn texts(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn what_is_known_comes_first_and_what_does_not_answer_last() {
        assert_eq!(first(9, &["/dead", "/a", "/b"], 1, &[]), (texts(&["/a", "/b", "/dead"]), 1, 1));
        assert_eq!(first(2, &["/dead", "/a", "/b"], 99, &[]).1, 0, "nobody is asked");
        assert_eq!(first(9, &[], 0, &["/a"]), (Vec::new(), 0, 0));
        let (found, ..) = first(9, &["/dead", "/unknown"], 99, &[]);
        assert_eq!(found, ["/unknown", "/dead"], "one that does not answer hides no other");
        assert_eq!(first(1, &["/unknown/1", "/unknown/2"], 99, &[]).1, 1, "one is enough");
    }

    #[test]
    fn many_that_do_not_answer_hide_none_that_does() {
        let paths = ["/dead/1", "/dead/2", "/dead/3", "/dead/4", "/dead/5", "/unknown"];
        let (found, most, waited) = first(1, &paths, 3600, &[]);
        assert_eq!((found, most, waited), (texts(&["/unknown"]), 4, 3));
        let mut all = Reachable::new(
            ["/a"].iter().chain(&paths).map(|path| path.as_bytes().to_vec()).collect(),
            Fake { answers_after: 3600, ..Fake::default() },
        );
        assert_eq!(all.next().unwrap(), b"/a");
        all.hurry();
        assert_eq!((all.next().unwrap(), all.next()), (b"/unknown".to_vec(), None));
    }

    #[test]
    fn one_that_needs_its_time_gets_it_however_many_do_not_answer() {
        let dead: Vec<_> = (0..20).map(|n| format!("/dead/{n}")).collect();
        let mut paths: Vec<_> = dead.iter().map(String::as_str).collect();
        paths.push("/slow");
        let (found, most, waited) = first(1, &paths, 3600, &[]);
        assert_eq!((found, most), (texts(&["/slow"]), 4));
        assert!(waited < 600, "{waited}");
    }

    #[test]
    fn who_is_in_a_hurry_waits_for_nobody_who_does_not_answer_at_once() {
        let paths = ["/dead", "/a", "/unknown"].map(|path| path.as_bytes().to_vec()).to_vec();
        let ways = Fake { answers_after: 99, then: vec!["/late"], ..Fake::default() };
        let mut all = Reachable::new(paths, ways);
        assert_eq!(all.next().unwrap(), b"/a");
        all.hurry();
        assert_eq!((all.next().unwrap(), all.next()), (b"/unknown".to_vec(), None));
        assert_eq!(all.ways.waited, 1);
    }

    #[test]
    fn who_waits_hears_of_what_is_mounted_meanwhile() {
        let then = ["/dead", "/late", "/unknown"];
        assert_eq!(first(9, &["/dead"], 99, &then).0, ["/late", "/unknown", "/dead"]);
        assert_eq!(first(9, &["/a", "/dead"], 3, &["/a"]).0, ["/a", "/a", "/dead"]);
    }

    #[test]
    fn nobody_is_asked_too_often_or_for_too_much_at_once() {
        let dead: Vec<_> = (0..9).map(|number| format!("/dead/{number}")).collect();
        let dead: Vec<_> = dead.iter().map(String::as_str).collect();
        let (found, most, waited) = first(99, &dead, 100, &[]);
        assert_eq!((found.len(), most), (9, MOST));
        assert_eq!(waited, 1 + 2 + 4 + 8 + 16 * 6 + 2 * 16);
    }

    #[test]
    fn places_that_somebody_would_have_to_be_asked_for_come_last() {
        let known = b"/proc".to_vec();
        // Nobody has looked there, so that the kernel knows nothing of it.
        let unknown = format!("/nonexist-{}", std::process::id()).into_bytes();
        let ordered = |paths: [&Vec<u8>; 3]| {
            reachable(paths.map(Clone::clone).to_vec(), Vec::new).collect::<Vec<_>>()
        };
        // Somebody else may change mounts just now; and before Linux 5.12 nothing is known.
        let last = (0..1000).any(|_| {
            is_known(&known)
                && ordered([&unknown, &known, &known])
                    == [&known, &known, &unknown].map(Clone::clone)
        });
        assert!(last || !is_known(&known));
        assert_eq!(reachable(vec![unknown.clone()], Vec::new).collect::<Vec<_>>(), [unknown]);
    }
}
