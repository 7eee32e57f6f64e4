// SPDX-License-Identifier: LGPL-2.1-or-later
//! Has systemd start the healer of a filesystem.

use super::child;
use super::unit::{self, SYSTEMCTL_PATIENCE};
use crate::plan::Time;
use crate::sys::{self, Child, DeviceNumber, Launch};
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// The unit of a mount point; `None` where its path is too long or has no such name.
pub fn unit(mount_point: &[u8]) -> Option<String> {
    unit::instance("xfs_healer@", Path::new(OsStr::from_bytes(mount_point)))
}

/// A systemctl(1) that runs, or is looked for.
#[derive(Debug)]
pub struct Request {
    /// `None` once it has ended, or was given up.
    child: Option<Child>,
    ended: sys::PidFd,
    /// The filesystem that the unit is for.
    pub device: DeviceNumber,
    /// Mount point that the unit is for.
    pub mount_point: Vec<u8>,
    /// Name of the unit.
    pub unit: String,
    /// Time until which systemctl(1) may run.
    limit: Time,
    /// True once it was told to end.
    is_late: bool,
}

/// Time that systemctl(1) has to end when it is told to.
const GRACE: Duration = Duration::from_secs(5);

impl Request {
    /// Restarts the unit, because one for a filesystem that was there before may still be ending.
    pub fn new(
        device: DeviceNumber,
        mount_point: Vec<u8>,
        unit: String,
        now: Time,
    ) -> io::Result<Request> {
        let mut program = Launch::new("systemctl");
        program.args(["restart", "--no-block", &unit]);
        child::prepare(&mut program);
        let child = child::start(program)?;
        match sys::PidFd::open(child.id()) {
            Ok(ended) => {
                let (child, limit) = (Some(child), now.after(SYSTEMCTL_PATIENCE));
                Ok(Request { child, ended, device, mount_point, unit, limit, is_late: false })
            }
            Err(error) => {
                child::leave(child);
                Err(error)
            }
        }
    }

    /// Readable once systemctl(1) has ended.
    pub fn ended(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// Time at which [`Request::has_started`] should be asked, whatever happens.
    pub fn wake_at(&self) -> Time {
        self.limit
    }

    /// Whether systemctl(1) has started the unit; `None` as long as it runs. One that takes too
    /// long is ended, and one that does not end is given up.
    pub fn has_started(&mut self, now: Time) -> Option<bool> {
        let child = self.child.as_mut()?;
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => {}
            Err(_) => return Some(false),
        }
        if self.limit > now {
            return None;
        }
        if std::mem::replace(&mut self.is_late, true) {
            self.child.take().into_iter().for_each(child::leave);
            return Some(false);
        }
        child.end();
        self.limit = now.after(GRACE);
        None
    }
}

impl Drop for Request {
    /// Nobody is to start a healer any more for whoever has ended meanwhile.
    fn drop(&mut self) {
        let runs = |child: &mut Child| matches!(child.has_begun(), Ok(true));
        self.child.take_if(|child| !runs(child)).into_iter().for_each(child::leave);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_named_as_systemd_does() {
        assert_eq!(unit(b"/mnt/a b").unwrap(), "xfs_healer@mnt-a\\x20b.service");
        assert_eq!(unit(b"").or(unit(&[b"/".as_slice(), &[b'x'; 300]].concat())), None);
    }
}
