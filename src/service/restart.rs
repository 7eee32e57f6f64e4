// SPDX-License-Identifier: LGPL-2.1-or-later
//! Has systemd start the healer of a filesystem.

use super::child;
use super::unit::{self, SYSTEMCTL_PATIENCE};
use crate::plan::Time;
use crate::sys;
use crate::sys::DeviceNumber;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The unit of a mount point; `None` where its path is too long or has no such name.
pub fn unit(mount_point: &[u8]) -> Option<String> {
    unit::instance("xfs_healer@", Path::new(OsStr::from_bytes(mount_point)))
}

/// A systemctl(1) that runs.
#[derive(Debug)]
pub struct Request {
    child: Child,
    ended: sys::PidFd,
    /// The filesystem that the unit is for.
    pub device: DeviceNumber,
    /// Mount point that the unit is for.
    pub mount_point: Vec<u8>,
    /// Name of the unit.
    pub unit: String,
    /// Time until which systemctl(1) may run; `None` once it was told to end.
    limit: Option<Time>,
}

impl Request {
    /// Restarts the unit, because one for a filesystem that was there before may still be ending.
    pub fn new(
        device: DeviceNumber,
        mount_point: Vec<u8>,
        unit: String,
        now: Time,
    ) -> io::Result<Request> {
        let (child, ended) = spawn(&unit)?;
        let limit = Some(now.after(SYSTEMCTL_PATIENCE));
        Ok(Request { child, ended, device, mount_point, unit, limit })
    }

    /// Readable once systemctl(1) has ended.
    pub fn ended(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// Time at which [`Request::has_started`] should be asked, whatever happens; `None` without a
    /// limit.
    pub fn wake_at(&self) -> Option<Time> {
        self.limit
    }

    /// Whether systemctl(1) has started the unit; `None` as long as it runs. One that takes too
    /// long is ended.
    pub fn has_started(&mut self, now: Time) -> Option<bool> {
        match self.child.try_wait() {
            Ok(Some(status)) => Some(status.success()),
            Ok(None) => {
                if self.limit.take_if(|limit| *limit <= now).is_some() {
                    let _ = self.ended.terminate();
                }
                None
            }
            Err(_) => Some(false),
        }
    }
}

fn spawn(unit: &str) -> io::Result<(Child, sys::PidFd)> {
    let mut command = Command::new("systemctl");
    command.args(["restart", "--no-block", unit]).stdin(Stdio::null());
    child::prepare(&mut command);
    let mut child = command.spawn()?;
    match sys::PidFd::open(child.id()) {
        Ok(ended) => Ok((child, ended)),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
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
