// SPDX-License-Identifier: LGPL-2.1-or-later
//! Every XFS of our mount namespace, present and future.

use super::crew::{Crew, Workers};
use super::jobs::{Done, probe};
use super::open::{Opened, Stop};
use super::options::Options;
use super::support::Probe;
use super::watch::{Setup, Watch};
use crate::fs::{self, MountPoint};
use crate::mounts::{self, Device, Mounts};
use crate::plan::Policy;
use crate::report::{Level, Line, Place};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// What became of a filesystem that was to be watched.
#[derive(Debug)]
pub(super) enum Opening {
    /// It can be, after these words.
    Ready(Vec<Line>, Box<Setup>),
    /// It cannot, as these words say.
    Refused(Vec<Line>),
    /// It could not be found where it is mounted.
    Hidden,
}

/// Every XFS of our mount namespace, and who works for it.
#[derive(Debug)]
pub(super) struct All {
    options: Arc<Options>,
    mounts: Mounts,
    /// Those that are watched or about to be, by the number of their workers.
    filesystems: BTreeMap<u64, (Device, Workers)>,
}

impl All {
    pub fn new(options: &Arc<Options>) -> Result<All, mounts::Stop> {
        let mounts = Mounts::new(None, options.debug)?;
        Ok(All { options: Arc::clone(options), mounts, filesystems: BTreeMap::new() })
    }

    /// Readable when something was mounted or unmounted.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.mounts.as_fd()
    }

    /// Looks at what is mounted already; to be called once, first of all.
    pub fn begin(&mut self, say: &mut dyn FnMut(Line)) {
        self.mounts.begin(say);
    }

    /// Takes in what was mounted and unmounted.
    pub fn read(&mut self, say: &mut dyn FnMut(Line)) -> Result<(), mounts::Stop> {
        self.mounts.read(say)
    }

    /// Has workers open what is new.
    pub fn advance(&mut self, crew: &Crew, say: &mut dyn FnMut(Line)) {
        while let Some(new) = self.mounts.table.next() {
            // It may be one of ours whose last mount went and came back.
            let is_ours = self.filesystems.values().any(|(device, _)| *device == new.device);
            let places = if is_ours { Vec::new() } else { self.mounts.places(&new, say) };
            if !is_ours && places.is_empty() {
                self.mounts.table.hidden(new.device);
                continue;
            }
            self.mounts.table.is_monitored(new.device);
            if is_ours {
                continue;
            }
            let workers = crew.workers();
            open(&workers, places, new.device, Arc::clone(&self.options));
            self.filesystems.insert(workers.number(), (new.device, workers));
        }
    }

    /// Takes in what became of one; gives what watches it.
    pub fn opened(
        &mut self,
        number: u64,
        opening: Opening,
        say: &mut dyn FnMut(Line),
    ) -> Option<Watch> {
        match opening {
            Opening::Ready(lines, setup) => {
                lines.into_iter().for_each(say);
                let (_, workers) = self.filesystems.get(&number)?;
                return Some(Watch::new(*setup, workers.clone()));
            }
            Opening::Refused(lines) => {
                lines.into_iter().for_each(say);
                self.filesystems.remove(&number);
            }
            Opening::Hidden => {
                if let Some((device, _)) = self.filesystems.remove(&number) {
                    self.mounts.table.hidden(device);
                }
            }
        }
        None
    }

    /// One is not watched any more. After an unmount it is to be watched again if it is mounted;
    /// otherwise what has ended it would end it again.
    pub fn ended(&mut self, number: u64, was_unmounted: bool) {
        let Some((device, _)) = self.filesystems.remove(&number) else { return };
        if was_unmounted {
            self.mounts.table.again(device);
        }
    }
}

/// Has a worker open the filesystem on this device, which may be mounted at any of these places.
fn open(workers: &Workers, places: Vec<Vec<u8>>, device: Device, options: Arc<Options>) {
    let first = Place::new(places.first().map_or(&[], Vec::as_slice));
    let text = format!("{}: not watched: no thread could look at it", first.given());
    let otherwise = Opening::Refused(vec![Line::err(Level::Error, text)]);
    let promise = workers.promise(Done::Opened(otherwise));
    // A task that is not taken is dropped, and with it the promise, which then answers.
    let _ = workers.lane.submit(move || {
        let answers = promise.answers.clone();
        let mut lines = Vec::new();
        let opened = find(&places, device, &options, &mut lines);
        let (opening, root) = match opened {
            Some(Ok((setup, root))) => (Opening::Ready(lines, Box::new(setup)), root),
            Some(Err(stop)) => {
                lines.extend(stop.line);
                (Opening::Refused(lines), None)
            }
            None => (Opening::Hidden, None),
        };
        promise.keep(Done::Opened(opening));
        // Last, since a frozen filesystem never answers.
        root.into_iter().for_each(|root| probe(root, &answers));
    });
}

/// What watches a filesystem, and its root where the kernel is to be asked whether it can repair.
type Found = (Setup, Option<OwnedFd>);

/// Finds the filesystem at one of the places and gets it ready; nothing if it is at none of them.
fn find(
    places: &[Vec<u8>],
    device: Device,
    options: &Options,
    lines: &mut Vec<Line>,
) -> Option<Result<Found, Stop>> {
    let mut error = None;
    for place in places {
        let path = Path::new(OsStr::from_bytes(place));
        match fs::mount_point_on(path, device) {
            Ok(Some(mount_point)) => return Some(ready(options, path, mount_point, lines)),
            Ok(None) => {}
            Err(why) => {
                error.get_or_insert_with(|| Err(Stop::at(&Place::new(place), &why)));
            }
        }
    }
    error
}

fn ready(
    options: &Options,
    path: &Path,
    mount_point: MountPoint,
    lines: &mut Vec<Line>,
) -> Result<Found, Stop> {
    let opened = Opened::of(options, path, mount_point, &mut |line| lines.push(line))?;
    let monitor = opened.monitor().map_err(|error| opened.refused(&error))?;
    let is_asked = opened.wanted == Policy::Repair;
    let root = is_asked.then(|| opened.root.try_clone()).transpose();
    let root = root.map_err(|error| opened.fail(&error))?;
    let probe = is_asked.then(|| Probe::new(opened.less_effective()));
    Ok((opened.watched(monitor, !is_asked, probe)?, root))
}
