// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a healer for each XFS filesystem that is mounted, now or later.
//!
//! First the kernel is asked to tell of mounts, then for those that are there: so none is missed
//! between. One thread waits for mounts, for signals and for the one systemctl(1) that may run.

mod reach;
mod service;
mod table;

use crate::daemon::log::Log;
use crate::report::{Level, Line, error_text, escape};
use crate::sys::fanotify::{MountEvent, MountEvents};
use crate::sys::mount::{self, MountInfo};
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, SignalFd};
use reach::Found;
use service::Request;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::{New, Table};

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say also which mounts are seen and what is started.
    pub debug: bool,
    /// A file of the mount namespace to watch, instead of our own.
    pub mount_namespace: Option<PathBuf>,
    /// Only check that it can be watched.
    pub supported: bool,
}

/// Bytes of events that are read at once; one is 40 bytes long.
const READ_BYTES: usize = 8192;
/// How long a slow reader of the log holds up the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The lines to say before the program ends with exit code 1.
type Stop = Vec<String>;

/// Starts healers until a signal says stop; gives the exit code.
pub fn run(options: &Options) -> i32 {
    // Without the two streams there is nobody to tell.
    let Ok(mut log) = Log::new("xfs_healer_start") else { return 1 };
    let result = match Starter::new(options) {
        // All that is checked was done on the way here.
        Ok(_) if options.supported => Ok(()),
        Ok(mut starter) => starter.run(&mut log),
        Err(stop) => Err(stop),
    };
    let lines = result.as_ref().err();
    lines.into_iter().flatten().for_each(|text| log.queue(&Line::err(Level::Error, text.clone())));
    log.finish(LAST_WORDS);
    i32::from(result.is_err())
}

struct Starter {
    events: MountEvents,
    /// The mount namespace that is watched, if it is not our own.
    namespace: Option<File>,
    signals: SignalFd,
    /// Of the first list, until it is looked at.
    mounts: Vec<u64>,
    table: Table,
    request: Option<Request>,
    /// The last error of statmount(2), so that each is said once and not for each mount.
    complaint: Option<i32>,
    debug: bool,
}

impl Starter {
    /// Does everything that can fail.
    fn new(options: &Options) -> Result<Starter, Stop> {
        let error = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| vec![format!("{what}: {}", error_text(&error))]
        };
        let (namespace, is_own) = open_namespace(options.mount_namespace.as_deref())?;
        let events = MountEvents::new().map_err(|why| {
            let hint = "This program requires fanotify mount event support.".to_owned();
            [error("fanotify_init")(why), vec![hint]].concat()
        })?;
        events.watch(namespace.as_fd()).map_err(error("fanotify_mark"))?;
        let namespace = Some(namespace).filter(|_| !is_own);
        let mounts = list(namespace.as_ref())?;
        let signals = catch_signals().map_err(error("signalfd"))?;
        // Holds no mount from here on.
        let _ = std::env::set_current_dir("/");
        let (table, request) = (Table::default(), None);
        let debug = options.debug;
        Ok(Starter { events, namespace, signals, mounts, table, request, complaint: None, debug })
    }

    fn run(&mut self, log: &mut Log) -> Result<(), Stop> {
        self.debug(log, || "fanotify active".to_owned());
        let mounts = std::mem::take(&mut self.mounts);
        self.listed(&mounts, log);
        let mut buf = vec![0; READ_BYTES];
        loop {
            self.serve(log);
            log.flush();
            let ended = |what| move |error: io::Error| vec![format!("{what}: {error}")];
            match self.sleep(log) {
                Err(error) if error.kind() != ErrorKind::Interrupted => {
                    return Err(ended("poll")(error));
                }
                _ => {}
            }
            if self.signals.read().map_err(ended("signalfd"))?.is_some() {
                return Ok(());
            }
            match self.events.read(&mut buf) {
                Ok(events) => self.happened(&events, log)?,
                Err(error) if is_nothing(&error) => {}
                Err(error) => return Err(vec![format!("fanotify: {}", error_text(&error))]),
            }
        }
    }

    /// Waits for news.
    fn sleep(&self, log: &Log) -> io::Result<()> {
        let ended = self.request.as_ref().map(|request| PollFd::new(request.ended(), poll::IN));
        let [out, err] = log.poll_fds();
        let mut fds = [
            PollFd::new(self.events.as_fd(), poll::IN),
            PollFd::new(self.signals.as_fd(), poll::IN),
            ended.unwrap_or_else(PollFd::disabled),
            out,
            err,
        ];
        poll::poll(&mut fds, self.request.as_ref().and_then(Request::wait)).map(drop)
    }

    /// Takes in what the kernel tells.
    fn happened(&mut self, events: &[MountEvent], log: &mut Log) -> Result<(), Stop> {
        for event in events {
            match *event {
                MountEvent::Attached(id) | MountEvent::Moved(id) if !self.table.knows(id) => {
                    self.attached(id, log);
                }
                MountEvent::Attached(_) => {}
                MountEvent::Moved(_) => self.table.uncovered(),
                MountEvent::Detached(id) => {
                    self.table.detached(id);
                    self.table.uncovered();
                }
                MountEvent::Lost => {}
            }
        }
        if events.contains(&MountEvent::Lost) {
            let mounts = list(self.namespace.as_ref())?;
            self.debug(log, || "mount events were lost; all mounts are listed again".to_owned());
            self.listed(&mounts, log);
        }
        Ok(())
    }

    /// These are all mounts that there are.
    fn listed(&mut self, mounts: &[u64], log: &mut Log) {
        self.table.retain(mounts);
        for &id in mounts {
            if !self.table.knows(id) {
                self.attached(id, log);
            }
        }
    }

    /// A mount that is not known yet.
    fn attached(&mut self, id: u64, log: &mut Log) {
        let Some(info) = self.ask(id, log) else { return };
        self.debug(log, || {
            let [fs_type, place, root] =
                [&info.fs_type, &info.mount_point, &info.root].map(|name| escape(name));
            format!("mount: id {id:#x} fstype {fs_type} mountpoint {place} mntroot {root}")
        });
        if is_whole_xfs(&info) {
            self.table.attached(id, info.device);
        }
    }

    /// What the kernel says about a mount; nothing if it is gone.
    fn ask(&mut self, id: u64, log: &mut Log) -> Option<MountInfo> {
        match mount::statmount_in(self.namespace_fd(), id) {
            Ok(info) => {
                self.complaint = None;
                return Some(info);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(0);
                if self.complaint.replace(errno) != Some(errno) {
                    let text = format!("statmount: {}", error_text(&error));
                    log.queue(&Line::err(Level::Error, text));
                }
            }
        }
        None
    }

    /// Takes the result of a systemctl(1) that has ended, and runs the next ones as long as there
    /// is something to be done and none runs.
    fn serve(&mut self, log: &mut Log) {
        if let Some(line) = self.request.as_mut().and_then(Request::result) {
            log.queue(&line);
            self.request = None;
        }
        while self.request.is_none() {
            let Some(new) = self.table.next() else { return };
            self.start(&new, log);
        }
    }

    /// Finds out where the filesystem can be seen and starts its healer there.
    fn start(&mut self, new: &New, log: &mut Log) {
        for &id in &new.mounts {
            let Some(info) = self.ask(id, log) else { continue };
            let place = info.mount_point;
            if place.is_empty() || info.device != new.device || new.avoid.as_ref() == Some(&place) {
                continue;
            }
            match reach::look(&place, new.device) {
                Found::Monitored => {
                    let text = || format!("{}: already monitored", escape(&place));
                    self.debug(log, text);
                    return self.table.is_monitored(new.device);
                }
                // In another namespace something else may be at that place for us.
                Found::Other if self.namespace.is_none() => {}
                Found::Other | Found::Startable => return self.restart(new, place, log),
            }
        }
        self.table.hidden(new.device);
    }

    fn restart(&mut self, new: &New, place: Vec<u8>, log: &mut Log) {
        // Also if it fails: it would fail again.
        self.table.started(new.device, &place);
        let Some(unit) = service::unit(&place) else {
            return log.queue(&service::unnamed(&place));
        };
        self.debug(log, || format!("{}: restarting {unit}", escape(&place)));
        match Request::new(place, unit) {
            Ok(request) => self.request = Some(request),
            Err(line) => log.queue(&line),
        }
    }

    fn debug(&self, log: &mut Log, text: impl FnOnce() -> String) {
        if self.debug {
            log.say(&Line::out(Level::Debug, text()));
        }
    }

    fn namespace_fd(&self) -> Option<BorrowedFd<'_>> {
        self.namespace.as_ref().map(File::as_fd)
    }
}

/// Whether all of an XFS is mounted there, and not only a directory of it.
fn is_whole_xfs(info: &MountInfo) -> bool {
    info.fs_type == b"xfs" && info.root == b"/"
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Opens the file of a mount namespace and tells whether that is our own.
fn open_namespace(path: Option<&Path>) -> Result<(File, bool), Stop> {
    const OWN: &str = "/proc/self/ns/mnt";
    let given = path.unwrap_or(Path::new(OWN));
    // Not to wait for somebody at the other end of a pipe.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = File::options().read(true).custom_flags(flags).open(given);
    let file = opened.map_err(|error| {
        let name = escape(given.as_os_str().as_bytes());
        // As perror(3) does, which leaves out a name that is empty.
        let name = if name.is_empty() { name } else { name + ": " };
        let mut lines = vec![format!("{name}{}", error_text(&error))];
        if path.is_none() && error.kind() == ErrorKind::NotFound {
            lines.push("This program requires mount namespace support.".to_owned());
        }
        lines
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
fn list(namespace: Option<&File>) -> Result<Vec<u64>, Stop> {
    mount::listmount_in(namespace.map(File::as_fd)).map_err(|error| {
        vec![match error.raw_os_error() {
            Some(libc::ENOSYS) => "This program requires the listmount system call.".to_owned(),
            _ => format!("listmount: {}", error_text(&error)),
        }]
    })
}

/// Makes the signals that end the program something to read.
fn catch_signals() -> io::Result<SignalFd> {
    sys::ignore_signal(libc::SIGXFSZ);
    // Ignored, it would take the exit codes of our children away.
    sys::default_signal(libc::SIGCHLD);
    let wanted = [libc::SIGTERM, libc::SIGINT].into_iter().filter(|s| !sys::is_ignored(*s));
    SignalFd::new(&wanted.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str) -> Stop {
        open_namespace(Some(Path::new(path))).unwrap_err()
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

    #[test]
    fn only_a_whole_xfs_gets_a_healer() {
        let of = |fs_type: &str, root: &str| {
            is_whole_xfs(&MountInfo {
                mount_point: b"/m".to_vec(),
                root: root.into(),
                fs_type: fs_type.into(),
                is_read_only: false,
                device: (7, 0),
            })
        };
        assert!(of("xfs", "/"));
        assert!(!of("ext4", "/") && !of("xfs", "/sub") && !of("xfs", ""));
    }
}
