// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds one of many filesystems at one of its places, and gets it ready to be watched.

use super::short::Reserve;
use crate::fs::{self, MountPoint};
use crate::log::said::{Refusal, Said, Threadless};
use crate::service::others::find_healer;
use crate::sys::DeviceNumber;
use crate::watch::answer::Done;
use crate::watch::open::{self, Opened, Opening, Setup, Stop};
use crate::watch::options::Options;
use crate::watch::support::{Probe, Question};
use crate::watch::tasks::Tasks;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// Has a worker open the filesystem on this device, which may be mounted at any of these places.
pub(super) fn open(
    tasks: &Tasks,
    places: Vec<Vec<u8>>,
    device: DeviceNumber,
    options: Arc<Options>,
    reserve: Reserve,
) {
    let refused = |why| {
        let said = vec![Said::Refused(Refusal::NoThread(why))];
        Done::Opened(Opening::Refused(said, None))
    };
    let promise = tasks.workers.promise(refused(Threadless::OfMany));
    let killed = refused(Threadless::OfManyKilled);
    let (owed, prober) = (promise.clone(), tasks.clone());
    let work = move || {
        promise.or_else(killed);
        let mut find = Find { device, options: &options, reserve, lines: Vec::new() };
        let found = find.at_any(places);
        let (opening, question) = find.result(found);
        promise.keep(Done::Opened(opening));
        // Where it cannot be asked that is the answer.
        let _ = question.map(|question| prober.probe(question));
    };
    // A task that is not taken is dropped, and with it the promise, which then answers.
    let _ = tasks.workers.lane.submit(work, move || owed.fall_due());
}

/// A search for a filesystem.
struct Find<'a> {
    device: DeviceNumber,
    options: &'a Options,
    reserve: Reserve,
    /// Lines that are to be said of the filesystem first.
    lines: Vec<Said>,
}

/// The setup of a watch, and the question whether the kernel can repair, where that matters.
type Openable = (Setup, Option<Question>);

impl Find<'_> {
    /// Finds the filesystem at one of the places and gets it ready; `None` if it is at none of
    /// them.
    fn at_any(&mut self, places: Vec<Vec<u8>>) -> Option<Result<Openable, Stop>> {
        let (mut error, device) = (None, self.device);
        for place in fs::reachable(places, || fs::mounted_at(device)) {
            let path = Path::new(OsStr::from_bytes(&place));
            match fs::mount_point_on(path, device) {
                Ok(Some(mount_point)) => return Some(self.ready(path, mount_point)),
                Ok(None) => {}
                Err(why) => {
                    error.get_or_insert_with(|| Err(Stop::failed(why)));
                }
            }
        }
        error
    }

    fn ready(&mut self, path: &Path, mount_point: MountPoint) -> Result<Openable, Stop> {
        let no_room = || Stop::refused(Refusal::NoDescriptor);
        let say = &mut |said| self.lines.push(said);
        let opened = Opened::of(self.options, path, mount_point, say)?;
        let monitor = opened.monitor().map_err(open::refused)?;
        let monitor = Arc::new(self.reserve.spares(monitor).ok_or_else(no_room)?);
        let is_asked = opened.wants_repair();
        let question = is_asked.then(|| opened.question(Some(&monitor)));
        // It is kept for as long as the filesystem is frozen.
        if question.as_ref().is_some_and(|question| self.reserve.has(question)) {
            return Err(no_room());
        }
        let probe = is_asked.then(|| Probe::new(opened.less_effective()));
        Ok((opened.watched(monitor, !is_asked, probe)?, question))
    }

    /// The result of the search, and what is to be asked then.
    fn result(self, found: Option<Result<Openable, Stop>>) -> (Opening, Option<Question>) {
        let stop = match found {
            Some(Ok((setup, question))) => {
                return (Opening::Ready(self.lines, Box::new(setup)), question);
            }
            Some(Err(stop)) => stop,
            None => return (Opening::Hidden, None),
        };
        if stop.is_want_of_descriptors() {
            return (Opening::Short, None);
        }
        let is_monitored = stop.said == Some(Said::Refused(Refusal::AlreadyMonitored));
        let by = is_monitored.then(|| find_healer(self.device)).flatten();
        let by = by.and_then(|by| self.reserve.spares(by));
        let lines = self.lines.into_iter().chain(stop.said).collect();
        (Opening::Refused(lines, by), None)
    }
}
