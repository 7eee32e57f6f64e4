// SPDX-License-Identifier: LGPL-2.1-or-later
//! Places where a filesystem may be, in the order in which they can be reached.
//!
//! A place may be below a directory of a server that is down, and who asks there waits for ever: so no place
//! is asked for while there is another, also one that comes later.

use super::open_known_place;
use crate::sys::mount::{self, MountInfo};
use crate::sys::{DeviceNumber, Walker};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Time after which it is looked whether there are other places than that which does not answer; each look
/// doubles it, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// Gives these paths, first those to which the kernel knows the way, then each of the others once somebody
/// has been there. Where that takes long, those of `now` that can be reached by then come before it, each time
/// also those that came before: something else may be there.
pub fn reachable(
    paths: Vec<Vec<u8>>,
    now: impl FnMut() -> Vec<Vec<u8>>,
) -> impl Iterator<Item = Vec<u8>> {
    Reachable::new(paths, Walked { now, walker: None })
}

/// The mount points of the filesystem on `device` in our namespace, as far as the kernel tells them.
pub fn mounted_at(device: DeviceNumber) -> Vec<Vec<u8>> {
    mounts_of(device).into_iter().map(|(_, info)| info.mount_point).collect()
}

/// The mounts of the filesystem on `device` in our namespace that have a path, each with its number.
pub fn mounts_of(device: DeviceNumber) -> Vec<(u64, MountInfo)> {
    let all = mount::listmount().unwrap_or_default().into_iter();
    let infos = all.filter_map(|id| Some((id, mount::statmount(id).ok()?)));
    let is_such = |info: &MountInfo| info.device == device && !info.mount_point.is_empty();
    infos.filter(|(_, info)| is_such(info)).collect()
}

/// True if the kernel knows the way to a path.
pub fn is_known(path: &[u8]) -> bool {
    open_known_place(Path::new(OsStr::from_bytes(path))).is_some()
}

/// The ways to places.
trait Ways {
    fn is_known(&self, path: &[u8]) -> bool;
    /// Sends somebody there.
    fn begin(&mut self, path: &[u8]) -> io::Result<()>;
    /// Waits for the end of that, but no longer than this; true if it has come.
    fn has_ended(&mut self, wait: Duration) -> bool;
    /// The paths of this time.
    fn now(&mut self) -> Vec<Vec<u8>>;
}

struct Walked<N> {
    now: N,
    walker: Option<Walker>,
}

impl<N: FnMut() -> Vec<Vec<u8>>> Ways for Walked<N> {
    fn is_known(&self, path: &[u8]) -> bool {
        is_known(path)
    }

    fn begin(&mut self, path: &[u8]) -> io::Result<()> {
        self.walker = Some(Walker::begin(Path::new(OsStr::from_bytes(path)), libc::O_PATH)?);
        Ok(())
    }

    fn has_ended(&mut self, wait: Duration) -> bool {
        let walker = self.walker.as_mut();
        let has_ended = walker.is_none_or(|walker| walker.has_ended(wait).unwrap_or(true));
        if has_ended {
            self.walker = None;
        }
        has_ended
    }

    fn now(&mut self) -> Vec<Vec<u8>> {
        (self.now)()
    }
}

struct Reachable<W> {
    ways: W,
    /// Those that may be known.
    ready: VecDeque<Vec<u8>>,
    /// Those that are not.
    unknown: VecDeque<Vec<u8>>,
    /// The one that somebody is sent to.
    asked: Option<Vec<u8>>,
    wait: Duration,
}

impl<W: Ways> Reachable<W> {
    fn new(paths: Vec<Vec<u8>>, ways: W) -> Reachable<W> {
        let (ready, unknown) = (paths.into(), VecDeque::new());
        Reachable { ways, ready, unknown, asked: None, wait: FIRST_WAIT }
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
                // What is new may be waited for by the next who looks.
                if self.asked.is_none() {
                    self.unknown.push_back(path);
                }
            }
            let path = match self.asked.take() {
                Some(path) => path,
                None => {
                    let path = self.unknown.pop_front()?;
                    if self.ways.begin(&path).is_err() {
                        // Where nobody can be sent, the worse is that nothing ends us.
                        return Some(path);
                    }
                    self.wait = FIRST_WAIT;
                    path
                }
            };
            if self.ways.has_ended(self.wait) {
                return Some(path);
            }
            self.asked = Some(path);
            self.wait = (2 * self.wait).min(LONGEST_WAIT);
            self.ready = self.ways.now().into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is called dead answers after this many seconds; what is there then comes meanwhile.
    struct Fake {
        answers_after: u64,
        then: Vec<&'static str>,
        waited: u64,
    }

    impl Ways for Fake {
        fn is_known(&self, path: &[u8]) -> bool {
            !path.starts_with(b"/dead")
        }

        fn begin(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn has_ended(&mut self, wait: Duration) -> bool {
            self.waited += wait.as_secs();
            self.waited >= self.answers_after
        }

        fn now(&mut self) -> Vec<Vec<u8>> {
            self.then.iter().map(|path| path.as_bytes().to_vec()).collect()
        }
    }

    /// The first of these paths, at most so many, and the seconds of waiting.
    fn first(
        most: usize,
        paths: &[&str],
        answers_after: u64,
        then: Vec<&'static str>,
    ) -> (Vec<String>, u64) {
        let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
        let mut all = Reachable::new(paths, Fake { answers_after, then, waited: 0 });
        let text = |path| String::from_utf8(path).unwrap();
        let found = all.by_ref().take(most).map(text).collect();
        (found, all.ways.waited)
    }

    #[test]
    fn what_is_known_comes_first_and_what_does_not_answer_last() {
        let (found, waited) = first(9, &["/dead", "/a", "/b"], 0, Vec::new());
        assert_eq!((&found[..], waited), (&["/a", "/b", "/dead"].map(str::to_owned)[..], 1));
        assert_eq!(first(2, &["/dead", "/a", "/b"], 99, Vec::new()).1, 0, "nobody is asked");
        assert_eq!(first(9, &[], 0, vec!["/a"]), (Vec::new(), 0));
    }

    #[test]
    fn who_waits_hears_of_what_is_mounted_meanwhile_again_and_again() {
        let (found, waited) = first(3, &["/dead"], 99, vec!["/dead", "/late"]);
        assert_eq!((&found[..], waited), (&["/late", "/late", "/late"].map(str::to_owned)[..], 7));
        let (found, _) = first(9, &["/dead", "/dead/2"], 3, vec!["/a"]);
        assert_eq!(found, ["/a", "/dead", "/dead/2"]);
        let (_, waited) = first(7, &["/dead"], 999, vec!["/a"]);
        assert_eq!(waited, 1 + 2 + 4 + 8 + 16 + 16 + 16);
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
