// SPDX-License-Identifier: LGPL-2.1-or-later
//! The filesystems that are mounted in a mount namespace, now and later: each XFS, or those that are
//! asked for.
//!
//! First the kernel is asked to tell of mounts, then for those that are there: so none is missed
//! between. Nothing here goes into a filesystem, so nothing can make it wait.

mod limit;
mod news;
mod retry;
mod sight;
mod table;
mod trouble;

pub(crate) use limit::AnswerLimit;
#[cfg(test)]
pub(crate) use limit::SILENT;
pub use news::{MountFailure, MountNews, Requirement};
pub use sight::Sight;
pub use table::{MountTable, New};

use crate::plan::Time;
use crate::sys::fanotify::{MountEvent, MountEvents};
use crate::sys::mount::{self, MountInfo};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use trouble::{AfterFailure, Trouble, Untold};

/// Bytes of events that are read at once; one is 40 bytes long.
const READ_BYTES: usize = 8192;

/// Failures for which the program does not go on.
pub type MountFailures = Vec<MountFailure>;

/// A mount namespace that is watched.
#[derive(Debug)]
pub struct Mounts {
    events: MountEvents,
    /// The namespace; `None` if it is our own.
    namespace: Option<File>,
    /// Table of the filesystems that are mounted.
    pub table: MountTable,
    /// Numbers of the mounts that were there at the beginning, until they are taken in.
    first: Vec<u64>,
    buffer: Vec<u8>,
    /// Number of changes of the mounts up to now.
    changes: u64,
    /// True if events are lost, or may be: all mounts are to be listed.
    is_behind: bool,
    /// Failures of reading events and of listing.
    trouble: Trouble,
    /// Failures of statmount(2).
    untold: Untold,
    /// The last error of statmount(2), so that each is said once and not for each mount.
    complaint: Option<i32>,
    debug: bool,
    /// True for the mounts that the table takes in.
    is_wanted: fn(&MountInfo) -> bool,
}

impl Mounts {
    /// Watches the mount namespace of this file, or our own; with `debug` each mount is told.
    pub fn new(namespace: Option<&Path>, debug: bool) -> Result<Mounts, MountFailures> {
        let error = |name| move |error: io::Error| vec![MountFailure::Call(name, error.into())];
        let (namespace, is_own) = open_namespace(namespace)?;
        let events = MountEvents::new().map_err(|why| {
            let hint = MountFailure::Requires(Requirement::MountEvents);
            [error("fanotify_init")(why), vec![hint]].concat()
        })?;
        events.watch(namespace.as_fd()).map_err(error("fanotify_mark"))?;
        let namespace = Some(namespace).filter(|_| !is_own);
        let first = list(namespace.as_ref())?;
        let (table, buffer) = (MountTable::default(), vec![0; READ_BYTES]);
        Ok(Mounts {
            events,
            namespace,
            table,
            first,
            buffer,
            changes: 0,
            is_behind: false,
            trouble: Trouble::default(),
            untold: Untold::default(),
            complaint: None,
            debug,
            is_wanted: is_whole_xfs,
        })
    }

    /// Takes in the mounts for which this is true, instead of each whole XFS.
    pub fn of(self, is_wanted: fn(&MountInfo) -> bool) -> Mounts {
        Mounts { is_wanted, ..self }
    }

    /// Takes in the mounts that were there at the beginning; to be called once, first of all.
    pub fn begin(&mut self, say: &mut dyn FnMut(MountNews)) {
        self.debug(say, || MountNews::Listening);
        let first = std::mem::take(&mut self.first);
        self.listed(&first, say);
    }

    /// Takes in what the kernel tells. A failure is said once and followed by another try after a
    /// pause, which lists all mounts; the error is that of one that lasts.
    pub fn read(&mut self, now: Time, say: &mut dyn FnMut(MountNews)) -> Result<(), MountFailures> {
        self.untold.plan(now);
        if self.trouble.wake_at().is_some_and(|at| at > now) {
            return Ok(());
        }
        self.is_behind |= self.untold.is_due(now);
        let Err(why) = self.try_read(say) else {
            self.trouble.over();
            return Ok(());
        };
        // What was not read may be gone.
        self.is_behind = true;
        match self.trouble.failed(now) {
            AfterFailure::SayAndRetry => {
                why.into_iter().for_each(|why| say(MountNews::Retried(why)));
                Ok(())
            }
            AfterFailure::Retry => Ok(()),
            AfterFailure::GiveUp => Err(why),
        }
    }

    /// Time at which [`Mounts::read`] tries again what has failed; `None` if nothing has.
    pub fn wake_at(&self) -> Option<Time> {
        self.trouble.wake_at().or_else(|| self.untold.wake_at())
    }

    /// The descriptor that is readable when the kernel has something to tell; `None` while a
    /// failure waits to be tried again, as it may be readable all that time.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        let has_failed = self.trouble.wake_at().is_some();
        (!has_failed).then(|| self.events.as_fd())
    }

    fn try_read(&mut self, say: &mut dyn FnMut(MountNews)) -> Result<(), MountFailures> {
        match self.events.read(&mut self.buffer) {
            Ok(events) => self.happened(&events, say),
            Err(error) if is_nothing(&error) => {}
            Err(error) => return Err(vec![MountFailure::Call("fanotify", error.into())]),
        }
        if self.is_behind {
            let mounts = list(self.namespace.as_ref())?;
            self.is_behind = false;
            self.changes += 1;
            self.debug(say, || MountNews::Lost);
            self.listed(&mounts, say);
            if self.untold.listed() {
                self.complaint = None;
            }
        }
        Ok(())
    }

    fn happened(&mut self, events: &[MountEvent], say: &mut dyn FnMut(MountNews)) {
        for event in events {
            self.changes += 1;
            match *event {
                MountEvent::Detached(id) => self.table.detached(id),
                MountEvent::Attached(id) | MountEvent::Moved(id) if !self.table.knows(id) => {
                    self.attached(id, say);
                }
                _ => {}
            }
            if matches!(event, MountEvent::Detached(_) | MountEvent::Moved(_)) {
                self.table.uncovered();
            }
        }
        self.is_behind |= events.contains(&MountEvent::Lost);
    }

    /// Takes in the list of all mounts that there are.
    fn listed(&mut self, mounts: &[u64], say: &mut dyn FnMut(MountNews)) {
        self.table.retain(mounts);
        for &id in mounts {
            if !self.table.knows(id) {
                self.attached(id, say);
            }
        }
    }

    /// Takes in a mount that is not known yet.
    fn attached(&mut self, id: u64, say: &mut dyn FnMut(MountNews)) {
        let Some(info) = self.ask(id, say) else { return };
        self.debug(say, || MountNews::Mount(id, Box::new(info.clone())));
        if (self.is_wanted)(&info) {
            self.table.attached(id, info.device);
        }
    }

    /// Reads what the kernel says about a mount; `None` if it is gone, or the kernel does not say now:
    /// then all mounts are listed again soon, as if events of them were lost.
    pub fn ask(&mut self, id: u64, say: &mut dyn FnMut(MountNews)) -> Option<MountInfo> {
        match mount::statmount_in(self.namespace.as_ref().map(File::as_fd), id) {
            Ok(info) => return Some(info),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                self.untold.failed();
                let errno = error.raw_os_error().unwrap_or(0);
                if self.complaint.replace(errno) != Some(errno) {
                    say(MountNews::Retried(MountFailure::Call("statmount", error.into())));
                }
            }
        }
        None
    }

    /// Places where a filesystem that nothing was done for may be seen, its oldest mount first.
    pub fn places(&mut self, new: &New, say: &mut dyn FnMut(MountNews)) -> Vec<Vec<u8>> {
        let infos = new.mounts.iter().filter_map(|&id| self.ask(id, say));
        let visible = infos.filter(|info| info.device == new.device).map(|info| info.mount_point);
        visible.filter(|place| !place.is_empty() && new.avoid.as_ref() != Some(place)).collect()
    }

    /// A number that is another one whenever mounts have changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// True if it is our own namespace: what we see at a path is what is mounted there.
    pub fn is_own(&self) -> bool {
        self.namespace.is_none()
    }

    fn debug(&self, say: &mut dyn FnMut(MountNews), news: impl FnOnce() -> MountNews) {
        if self.debug {
            say(news());
        }
    }
}

/// True if all of an XFS is mounted there, and not only a directory of it.
fn is_whole_xfs(info: &MountInfo) -> bool {
    info.is_xfs() && info.is_whole()
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Opens the file of a mount namespace and tells whether that is our own.
fn open_namespace(path: Option<&Path>) -> Result<(File, bool), MountFailures> {
    const OWN: &str = "/proc/self/ns/mnt";
    let given = path.unwrap_or(Path::new(OWN));
    // Not to wait for somebody at the other end of a pipe.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = File::options().read(true).custom_flags(flags).open(given);
    let file = opened.map_err(|error| {
        let has_none = path.is_none() && error.kind() == ErrorKind::NotFound;
        let hint = has_none.then_some(MountFailure::Requires(Requirement::Namespaces));
        let name = given.as_os_str().as_bytes().to_vec();
        [MountFailure::File(name, error.into())].into_iter().chain(hint).collect::<MountFailures>()
    })?;
    let is_own = path.is_none() || is_same_file(&file, Path::new(OWN));
    Ok((file, is_own))
}

fn is_same_file(file: &File, path: &Path) -> bool {
    let id = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    let ids = (file.metadata().map(id), std::fs::metadata(path).map(id));
    matches!(ids, (Ok(one), Ok(other)) if one == other)
}

/// The numbers of all mounts.
fn list(namespace: Option<&File>) -> Result<Vec<u64>, MountFailures> {
    mount::listmount_in(namespace.map(File::as_fd)).map_err(|error| {
        vec![match error.raw_os_error() {
            Some(libc::ENOSYS) => MountFailure::Requires(Requirement::Listmount),
            _ => MountFailure::Call("listmount", error.into()),
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::said::Said;
    use std::time::Duration;

    fn text(news: MountNews) -> String {
        Said::Mounts(news).line(None).text
    }

    fn texts(stop: MountFailures) -> Vec<String> {
        stop.into_iter().map(|failure| text(MountNews::Failed(failure))).collect()
    }

    fn refused(path: &str) -> Vec<String> {
        texts(open_namespace(Some(Path::new(path))).unwrap_err())
    }

    #[test]
    fn what_is_no_namespace_is_named_and_escaped() {
        assert_eq!(refused("/nonexist"), ["/nonexist: No such file or directory"]);
        assert_eq!(refused("/a\nb"), ["/a\\nb: No such file or directory"]);
        assert_eq!(refused(""), ["No such file or directory"]);
    }

    #[test]
    fn our_own_namespace_is_recognised_under_any_name() {
        let is_own = |path| open_namespace(path).unwrap().1;
        let by_number = format!("/proc/{}/ns/mnt", std::process::id());
        assert!(is_own(None) && is_own(Some(Path::new(&by_number))));
        assert!(!is_own(Some(Path::new("/proc/self/ns/net"))));
    }

    /// Mounts of a queue that is this file; nothing without root, or before Linux 6.14.
    fn with_queue(file: File) -> Option<Mounts> {
        let mut mounts = Mounts::new(None, true).ok()?;
        mounts.events = MountEvents::from_fd(file.into());
        Some(mounts)
    }

    #[test]
    fn a_failure_that_passes_is_said_and_made_up_for_and_one_that_lasts_is_the_end() {
        let dir = || File::open("/").unwrap();
        let Some(mut mounts) = with_queue(dir()) else { return };
        let (mut now, mut lines) = (Time::default(), Vec::new());
        let mut read = |mounts: &mut Mounts, seconds| {
            now = now.after(Duration::from_secs(seconds));
            lines.clear();
            let result = mounts.read(now, &mut |news| lines.push(text(news))).map_err(texts);
            // Beside what is said of each mount.
            let own = lines.iter().filter(|line| !line.starts_with("mount: "));
            (result, own.cloned().collect::<Vec<_>>())
        };
        let said = "fanotify: Is a directory; soon all mounts are listed again";
        assert_eq!(read(&mut mounts, 0), (Ok(()), vec![said.to_owned()]));
        assert!(mounts.news().is_none() && mounts.wake_at().is_some());
        let (changes, nothing) = (mounts.changes(), (Ok(()), Vec::new()));
        for _ in 0..3 {
            assert_eq!(read(&mut mounts, 1), nothing);
        }
        mounts.events = MountEvents::from_fd(File::open("/dev/null").unwrap().into());
        assert_eq!(read(&mut mounts, 0), nothing, "it is not time");
        assert_eq!(mounts.changes(), changes);
        let listed = "mount events were lost; all mounts are listed again";
        assert_eq!(read(&mut mounts, 1), (Ok(()), vec![listed.to_owned()]));
        assert!(mounts.news().is_some() && mounts.wake_at().is_none());
        assert_ne!(mounts.changes(), changes);
        assert_eq!(read(&mut mounts, 1), nothing);
        mounts.events = MountEvents::from_fd(dir().into());
        assert_eq!(read(&mut mounts, 1), (Ok(()), vec![said.to_owned()]));
        for _ in 2..trouble::MOST_FAILURES {
            assert_eq!(read(&mut mounts, 1), nothing);
        }
        let end = vec!["fanotify: Is a directory".to_owned()];
        assert_eq!(read(&mut mounts, 1), (Err(end), Vec::new()));
    }

    #[test]
    fn only_a_whole_xfs_gets_a_healer() {
        let of = |fs_type: &str, root: &str| {
            is_whole_xfs(&MountInfo {
                mount_point: b"/m".to_vec(),
                root: root.into(),
                fs_type: fs_type.into(),
                is_read_only: false,
                is_idmapped: false,
                device: (7, 0),
                parent: 0,
            })
        };
        assert!(of("xfs", "/"));
        assert!(!of("ext4", "/") && !of("xfs", "/sub") && !of("xfs", ""));
    }
}
