// SPDX-License-Identifier: LGPL-2.1-or-later
//! The kernel's answer to whether it can repair this filesystem.

use crate::act;
use crate::fs::{Access, Monitor, WeakMount};
use crate::log::said::{Awaited, PolicyNews, Said};
use crate::plan::Time;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Time that the kernel may take to say whether it can repair. A frozen filesystem never answers.
pub(crate) const PROBE_PATIENCE: Duration = Duration::from_secs(1);

/// The kernel's answer about repairs on this filesystem.
pub(crate) enum Support {
    /// The kernel can repair.
    Yes,
    /// The kernel could repair, if the filesystem, or a part of it, were mounted read-write.
    ReadOnly,
    /// The kernel cannot repair, or not for us.
    No,
    /// The question went wrong, so that nobody knows.
    Unknown(io::Error),
    /// The kernel has not answered yet.
    Silent,
}

impl Support {
    pub fn from_probe(answer: io::Result<()>) -> Support {
        let Err(error) = answer else { return Support::Yes };
        match error.raw_os_error() {
            Some(libc::EROFS) => Support::ReadOnly,
            Some(
                libc::EOPNOTSUPP
                | libc::ENOTTY
                | libc::EINVAL
                | libc::EPERM
                | libc::ENOTRECOVERABLE,
            ) => Support::No,
            _ => Support::Unknown(error),
        }
    }

    /// True if repairs are worth a try. A read-only filesystem may become writable.
    pub fn can_repair(&self) -> bool {
        match self {
            Support::No | Support::Silent => false,
            Support::Yes | Support::ReadOnly | Support::Unknown(_) => true,
        }
    }

    /// What there is to say about the answer.
    pub fn said(&self) -> Option<Said> {
        match self {
            Support::Yes => None,
            Support::ReadOnly | Support::No => Some(Said::Policy(PolicyNews::CannotRepair)),
            Support::Silent => Some(Said::Silent(Awaited::Repairs)),
            Support::Unknown(error) => Some(Said::Policy(PolicyNews::Unknown(error.into()))),
        }
    }
}

/// The question whether the kernel can repair a filesystem. Whoever has it holds the mount.
#[derive(Debug)]
pub(crate) struct Question {
    root: Arc<OwnedFd>,
    /// Means to find the filesystem's other mounts: its monitor, and the path of this mount.
    /// `None`: they are not asked.
    others: Option<(Arc<Monitor>, PathBuf)>,
}

/// The root directory, which is held open.
impl AsFd for Question {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

impl Question {
    /// A question about the mount with this root directory; with `others`, also about the other
    /// mounts: repairs are made through any that can be written.
    pub fn new(root: Arc<OwnedFd>, others: Option<(Arc<Monitor>, PathBuf)>) -> Question {
        Question { root, others }
    }

    /// Puts the question and waits, for as long as the filesystem is frozen. When there is an
    /// answer nothing is held any more.
    pub fn put(self) -> io::Result<()> {
        let answer = act::probe(self.root.as_fd());
        let is_read_only = |error: &io::Error| error.raw_os_error() == Some(libc::EROFS);
        let others = self.others.filter(|_| answer.as_ref().is_err_and(is_read_only));
        // Not looked for where the first answer will do, as it mostly does.
        let other = others.and_then(|(monitor, path)| {
            let mount = WeakMount::new(&path, self.root.as_fd()).ok()?;
            mount.reopen(monitor.as_fd(), Access::Repair).ok()
        });
        match other {
            Some(other) if !other.is_read_only => act::probe(other.file.as_fd()),
            _ => answer,
        }
    }
}

/// A question to the kernel that is not answered yet.
#[derive(Debug)]
pub(crate) struct Probe {
    /// What is to be said if the kernel can repair.
    if_good: Vec<Said>,
    /// Set once the "does not answer" line has been logged.
    is_silence_said: bool,
    since: Option<Time>,
}

impl Probe {
    /// A question that was asked just now.
    pub fn new(if_good: Vec<Said>) -> Probe {
        Probe { if_good, is_silence_said: false, since: None }
    }

    /// A question whose answer has been waited for, which was said.
    pub fn silent(if_good: Vec<Said>) -> Probe {
        Probe { if_good, is_silence_said: true, since: None }
    }

    /// Time at which [`Probe::silence`] has something to say; `None` once it has said it. Of a
    /// question of which nobody has asked that yet it is `now`.
    pub fn wake_at(&self, now: Time) -> Option<Time> {
        let since = self.since.unwrap_or(now);
        (!self.is_silence_said).then(|| since.after(PROBE_PATIENCE))
    }

    /// Says, once, that the answer takes too long.
    pub fn silence(&mut self, now: Time) -> Option<Said> {
        let since = *self.since.get_or_insert(now);
        if self.is_silence_said || now.since(since) < PROBE_PATIENCE {
            return None;
        }
        self.is_silence_said = true;
        Support::Silent.said()
    }

    /// What there is to say about the answer.
    pub fn answered(self, support: &Support) -> impl Iterator<Item = Said> {
        let again = || Said::Policy(PolicyNews::AnswersAgain);
        let said = support.said().or_else(|| self.is_silence_said.then(again));
        let good = support.can_repair().then_some(self.if_good);
        said.into_iter().chain(good.into_iter().flatten())
    }
}
