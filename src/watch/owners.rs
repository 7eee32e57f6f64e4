// SPDX-License-Identifier: LGPL-2.1-or-later
//! The question what lies on a bad range, as a worker puts it to the kernel.
//!
//! It takes many calls, each of which may have to wait for the device that is bad. The mount is
//! held for a few of them at a time, so that umount(8) gets through between.

use super::answer::Done;
use super::filesystem::Filesystem;
use super::slice::SLICE;
use super::tasks::Tasks;
use crate::act::{self, Owners, Region};
use crate::event::Device;
use crate::fs::{Access, Visit};
use crate::plan::{Key, Outcome};
use crate::report::Cause;
use std::io;
use std::sync::Arc;
use std::time::Instant;

impl Tasks {
    /// Has a worker ask for the owners of a range, and, if btrees `may_be_rebuilt`, which of those
    /// there are bad.
    pub fn owners(&self, filesystem: &Arc<Filesystem>, region: Region, may_be_rebuilt: bool) {
        let none = Cause::from(io::Error::from_raw_os_error(libc::ENOMEM));
        let promise = self.workers.promise(Done::Owners(region, Err(none)));
        let did = "asked what lies on a bad medium";
        let if_killed = self.if_killed(did, vec![promise.clone()]);
        let filesystem = Arc::clone(filesystem);
        let work = move || {
            let told = told(&filesystem, region, may_be_rebuilt).map_err(Cause::from);
            promise.keep(Done::Owners(region, told));
        };
        let _ = self.workers.lane.submit(work, if_killed);
    }
}

fn told(filesystem: &Filesystem, region: Region, may_be_rebuilt: bool) -> io::Result<Owners> {
    if region.device == Device::Log {
        return Ok(Owners::log(region));
    }
    let is_over = || filesystem.is_over();
    let find = |visit: &mut Visit<'_>| Owners::find(visit.root(), region, &is_over);
    let mut owners = visit(filesystem, find)??;
    identify(filesystem, &mut owners);
    owners.narrow(|key| {
        let may_ask = may_be_rebuilt && filesystem.may_repair();
        may_ask.then(|| check(filesystem, key)).flatten()
    });
    Ok(owners)
}

fn visit<R>(filesystem: &Filesystem, work: impl FnOnce(&mut Visit<'_>) -> R) -> io::Result<R> {
    filesystem.visit(Access::Look, |at| work(&mut filesystem.at(at)))
}

/// Finds out what the inodes are of which a part is there, in slices as a look has.
fn identify(filesystem: &Filesystem, owners: &mut Owners) {
    let mut inodes = owners.inodes().into_iter().peekable();
    while inodes.peek().is_some() {
        let visited = visit(filesystem, |visit| {
            let began = Instant::now();
            for ino in inodes.by_ref() {
                owners.identify(visit, ino);
                if began.elapsed() >= SLICE || filesystem.is_over() {
                    break;
                }
            }
        });
        // What is left stays without a path.
        if visited.is_err() {
            break;
        }
    }
}

/// Checks a btree, which makes the kernel read all of it.
fn check(filesystem: &Filesystem, key: Key) -> Option<Outcome> {
    visit(filesystem, |visit| act::check(visit.root(), key)).ok()
}
