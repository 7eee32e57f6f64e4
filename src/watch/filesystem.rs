// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem as workers reach it.

use super::breather::Breather;
use super::paths::Inode;
use super::policy::Directive;
use crate::act::Suspects;
use crate::fs::{self, Access, Autofsck, Lasting, Monitor, Reopened, Visit, WeakMount};
use crate::sys;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Way in which the filesystem is found for each visit.
#[derive(Debug)]
enum Way {
    /// The filesystem is found again each time and not held between; the monitor proves that it is
    /// the one.
    Watched(Arc<Monitor>),
    /// The filesystem is held open, for a run that ends by itself.
    Held(OwnedFd),
    /// There is a monitor, but what is visited is this directory, on whatever filesystem.
    #[cfg(test)]
    Tried(Arc<Monitor>, OwnedFd),
}

/// A filesystem as workers reach it: without holding it between two visits, if it is watched.
#[derive(Debug)]
pub(crate) struct Filesystem {
    way: Way,
    pub mount: WeakMount,
    lasting: Option<Lasting>,
    directive: Directive,
    /// Damage hides the property autofsck.
    is_property_hidden: AtomicBool,
    breather: Breather,
    /// The filesystem is going away: what has not begun does not begin any more.
    is_over: AtomicBool,
    /// Repairs are not wanted any more, or the kernel cannot make them, as far as that is known.
    is_forbidden: AtomicBool,
    /// Mount point where the filesystem was found last, as far as that was told.
    told: Mutex<PathBuf>,
    since: Instant,
    /// Somebody has asked for a look.
    is_asked: AtomicBool,
    /// Time until which it is known that every inode may be loaded.
    clear_until: Mutex<Option<Instant>>,
    suspects: Mutex<Suspects>,
}

/// Time for which a filesystem is new.
const NEW: Duration = Duration::from_secs(60);

impl Filesystem {
    pub fn watched(monitor: Arc<Monitor>, mount: WeakMount, directive: Directive) -> Filesystem {
        Filesystem::new(Way::Watched(monitor), mount, directive)
    }

    pub fn held(root: OwnedFd, mount: WeakMount, directive: Directive) -> Filesystem {
        Filesystem::new(Way::Held(root), mount, directive)
    }

    /// Something that is no XFS, with a monitor of which the test is the kernel.
    #[cfg(test)]
    pub fn tried(monitor: Monitor, root: OwnedFd, path: &Path, directive: Directive) -> Filesystem {
        let way = Way::Tried(Arc::new(monitor), root);
        Filesystem::new(way, WeakMount::of_none(path), directive)
    }

    fn new(way: Way, mount: WeakMount, directive: Directive) -> Filesystem {
        let [is_property_hidden, is_over, is_forbidden, is_asked] = Default::default();
        let (breather, told) = (Breather::default(), Mutex::new(mount.path().to_owned()));
        Filesystem {
            way,
            mount,
            lasting: None,
            directive,
            is_property_hidden,
            breather,
            is_over,
            is_forbidden,
            told,
            since: Instant::now(),
            is_asked,
            clear_until: Mutex::default(),
            suspects: Mutex::default(),
        }
    }

    /// Takes in that an inode must not be loaded.
    pub fn is_not_clear(&self) {
        *self.clear_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Inodes that cannot be made sense of on the device, as looks have found them.
    pub fn suspects(&self) -> Suspects {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in the inodes that cannot be made sense of on the device.
    pub fn are_suspect(&self, suspects: &Suspects) {
        *self.suspects.lock().unwrap_or_else(PoisonError::into_inner) = suspects.clone();
    }

    /// Time until which it is known that every inode may be loaded; `None` if that never was.
    pub fn clear_until(&self) -> Option<Instant> {
        *self.clear_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in until when it is known that every inode may be loaded.
    pub fn is_clear_until(&self, until: Instant) {
        let mut known = self.clear_until.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max(Some(until));
    }

    /// The same, of which these facts are known.
    pub fn with(self, lasting: Option<Lasting>) -> Filesystem {
        Filesystem { lasting, ..self }
    }

    /// Number of allocation groups when the filesystem was opened; 0 if that is not known.
    pub fn ag_count(&self) -> u32 {
        self.lasting.as_ref().map_or(0, |lasting| lasting.geometry.ag_count())
    }

    /// A visit of the filesystem where it is open.
    pub fn at<'a>(&'a self, at: &'a Reopened) -> Visit<'a> {
        Visit::new(at.file.as_fd(), at.mount_point.is_some(), self.lasting.as_ref())
    }

    /// The monitor of a filesystem that is watched; `None` for one that is held open.
    pub fn monitor(&self) -> Option<&Monitor> {
        match &self.way {
            Way::Watched(monitor) => Some(monitor),
            Way::Held(_) => None,
            #[cfg(test)]
            Way::Tried(monitor, _) => Some(monitor),
        }
    }

    /// Lets nothing begin any more.
    pub fn give_up(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Opens the filesystem for the time of `work`. ESHUTDOWN: given up.
    pub fn visit<R>(&self, access: Access, work: impl FnOnce(&Reopened) -> R) -> io::Result<R> {
        self.breather.visit(|| {
            if self.is_over() {
                return Err(io::Error::from_raw_os_error(libc::ESHUTDOWN));
            }
            Ok(work(&self.open(access)?))
        })
    }

    /// Takes in whether the policy that applies forbids repairs.
    pub fn forbid_repairs(&self, is_forbidden: bool) {
        self.is_forbidden.store(is_forbidden, Ordering::Relaxed);
    }

    /// True if a visit that has begun with repairs may go on with them.
    pub fn may_repair(&self) -> bool {
        !self.is_over() && !self.is_forbidden.load(Ordering::Relaxed)
    }

    /// True if the filesystem was opened a moment ago, which may be because it was mounted then, and
    /// nobody has asked for a look since.
    pub fn is_new(&self) -> bool {
        self.since.elapsed() < NEW && !self.is_asked.load(Ordering::Relaxed)
    }

    /// Takes note that somebody asks for a look.
    pub fn asks_for_look(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
    }

    /// True if nothing is to begin any more, in a visit that has begun neither.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Tells where the filesystem was found, if it was elsewhere before; what a part of it is
    /// mounted at is not its name.
    pub fn found(&self, at: &Reopened, tell: impl FnOnce(PathBuf)) {
        let Some(mount_point) = &at.mount_point else { return };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != *mount_point {
            told.clone_from(mount_point);
            tell(mount_point.clone());
        }
    }

    fn open(&self, access: Access) -> io::Result<Reopened> {
        match &self.way {
            Way::Watched(monitor) => self.mount.reopen(monitor.as_fd(), access),
            Way::Held(root) => self.open_held(root),
            #[cfg(test)]
            Way::Tried(_, root) => self.open_held(root),
        }
    }

    fn open_held(&self, root: &OwnedFd) -> io::Result<Reopened> {
        let mount_point = Some(self.mount.path().to_owned());
        let file = sys::reopen_dir(root.as_fd())?;
        Ok(Reopened { file, mount_point, is_read_only: false })
    }

    pub fn directive(&self) -> Directive {
        self.directive
    }

    /// The property autofsck, if it decides what is to be done.
    pub fn property(&self, at: &Reopened) -> Option<io::Result<Autofsck>> {
        self.directive.is_by_property().then(|| self.autofsck(at))
    }

    /// The property autofsck. While damage hides it that is all the answer: the kernel reports the
    /// damage anew each time that somebody comes upon it, and a healer that did would feed itself
    /// for ever.
    pub fn autofsck(&self, at: &Reopened) -> io::Result<Autofsck> {
        if self.is_property_hidden() {
            return Err(io::Error::from_raw_os_error(libc::EUCLEAN));
        }
        let property = self.read_property(at);
        // A device that fails makes no such report.
        let errno = property.as_ref().err().and_then(io::Error::raw_os_error);
        if matches!(errno, Some(libc::EUCLEAN | libc::EBADMSG)) {
            self.is_property_hidden.store(true, Ordering::Relaxed);
        }
        property
    }

    /// Reads the property autofsck, which is one of the root directory. ESTALE: that is mounted
    /// nowhere.
    fn read_property(&self, at: &Reopened) -> io::Result<Autofsck> {
        if at.mount_point.is_some() {
            return fs::autofsck(at.file.as_fd());
        }
        let whole = self.open(Access::Root)?;
        match whole.mount_point {
            Some(_) => fs::autofsck(whole.file.as_fd()),
            None => Err(io::Error::from_raw_os_error(libc::ESTALE)),
        }
    }

    /// True if damage hides the property autofsck.
    pub fn is_property_hidden(&self) -> bool {
        self.is_property_hidden.load(Ordering::Relaxed)
    }

    /// Lets the property autofsck be read again.
    pub fn show_property(&self) {
        self.is_property_hidden.store(false, Ordering::Relaxed);
    }

    /// The path of an inode, if it can be found.
    pub fn path_of(&self, visit: &mut Visit<'_>, inode: Inode) -> Option<Vec<u8>> {
        let path = fs::path_of(visit, self.mount.root_handle(), inode.0, inode.1);
        path.unwrap_or(None)
    }
}
