// SPDX-License-Identifier: LGPL-2.1-or-later
//! Everything that the programs say, as values.
//!
//! Whoever has something to say gives such a value to the log; what becomes of it, words for a
//! person or something for a program, is made last. [`super::words`] has the words.

use super::fserror::FsErrorNews;
use super::hook::HookNews;
use super::loss::Loss;
use super::recording::RecordingNews;
use crate::act::{ScrubVerdict, StartError};
use crate::event::Event;
use crate::mounts::MountNews;
use crate::plan::{Depth, Key, LookEnd, Notice, Outcome, Policy, Reasons};
use crate::report::Cause;
use crate::service::notify::Complaint;
use crate::sys;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

/// A message for the log as a value, before it becomes text or JSON; most are about one filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The beginning of the log, which only programs are told.
    Header(Header),
    /// An event, and the path of the inode that it is about, below the mount point.
    Event(Event, Option<Vec<u8>>),
    /// The kernel has dropped events without saying so yet.
    SilentLoss,
    /// Number of reports of one kind that were not said.
    MoreReports(ReportKind, u64),
    /// Number of inodes of one AG that were not said: many went bad at once.
    Crowd {
        agno: u32,
        kind: CrowdKind,
        inodes: u64,
    },
    /// A decision, and the path of the inode that it is about, below the mount point.
    Notice(Notice, Option<Vec<u8>>),
    /// A loss, and the path of the inode that it is about, below the mount point.
    Loss(Loss, Option<Vec<u8>>),
    /// Number of losses that are not told one by one.
    MoreLosses(u64),
    /// A full scrub is wanted now.
    FullScrubWanted(Reasons),
    FullScrub(ScrubNews),
    Policy(PolicyNews),
    /// A filesystem is not watched, or not looked at.
    Refused(Refusal),
    /// A filesystem does not answer; what follows once it does.
    Silent(Awaited),
    /// Something of the healer's own has failed.
    Fault(Fault),
    /// Result of a run that ends by itself (`--oneshot`).
    OneShot(OneShotResult),
    /// How it goes, which a person has asked for.
    Summary(Summary),
    /// A structure that is damaged, as part of a summary, and the path of its inode.
    Left(Key, Option<Vec<u8>>),
    /// Number of structures that are damaged and not named in a summary.
    LeftMore(usize),
    /// News of the starter about the healer of one filesystem.
    Healer(HealerNews),
    /// News about the mounts of the namespace.
    Mounts(MountNews),
    /// The outcome of a repair in a recording that is replayed.
    RecordedRepair(Key, Outcome),
    /// News about a recording that is made (`--record`) or replayed (`--replay`).
    Recording(RecordingNews),
    /// News about the program that events are told to (`--exec`).
    Hook(HookNews),
    /// News about errors of any filesystem, of which only `fserrord` tells.
    FsError(FsErrorNews),
    /// A detail of the work, which only `--debug` shows.
    Detail(Detail),
    /// The end of the program, with its exit code, which only programs are told.
    End {
        code: i32,
    },
}

/// Facts that a program needs to make sense of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub program: &'static str,
    /// Release of the kernel.
    pub kernel: String,
    /// Policy by the options: `repair`, `log`, `dry_run` or, where the property autofsck of each
    /// filesystem decides, `autofsck`.
    pub policy: &'static str,
    /// Arguments of the command line.
    pub options: Vec<OsString>,
}

impl Header {
    pub fn new(program: &'static str, policy: &'static str) -> Header {
        let kernel = sys::kernel_release().unwrap_or_default();
        Header { program, kernel, policy, options: std::env::args_os().skip(1).collect() }
    }
}

/// Kind of events that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportKind {
    Damage,
    Healthy,
    FileErrors,
    LostData,
    MediaErrors,
    LostEvents,
    Nameless,
}

/// Kind of what is said of inodes that go bad together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrowdKind {
    /// Some inode of an AG is sick, the kernel does not say which.
    Nameless,
    /// This inode's core is sick.
    Core,
    /// The repair of the inode's core would crash the kernel.
    Untried,
}

/// News about a full scrub that is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScrubNews {
    /// A full scrub was started.
    InProgress,
    /// No full scrub was started, since this one of somebody else's runs.
    Other(String),
    /// The scrub of somebody else's is over.
    OtherEnded,
    /// The scrub of somebody else's is not over, and was waited for long enough.
    OtherGoesOn {
        /// True if that scrub is the unit of systemd that ours would be, too.
        is_unit: bool,
    },
    /// The full scrub holds the mount; this command ends it.
    Holds(String),
    /// No full scrub could be started.
    NotStarted(StartError),
    /// systemctl(1) did not start this unit.
    UnitRefused(String),
    /// A line that xfs_scrub printed.
    Said(Vec<u8>),
    /// Number of lines that xfs_scrub printed and that are not shown, before what follows.
    NotShown(u64),
    /// The full scrub is over: the program or unit of this name.
    Ended(ScrubVerdict, String),
}

/// News about what is done about damage, and whether it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyNews {
    /// The property autofsck asks for this policy.
    Directive(Policy),
    /// The property autofsck cannot be read at the start.
    Unread(Cause),
    /// Damage hides the property autofsck.
    Hidden,
    /// The kernel cannot repair, or not on a read-only mount.
    CannotRepair,
    /// The question whether the kernel can repair went wrong.
    Unknown(Cause),
    /// A filesystem that was silent has answered.
    AnswersAgain,
    /// The filesystem has no reverse mappings, which many repairs need.
    NoRmapbt,
    /// The filesystem has no parent pointers, which many repairs need.
    NoParent,
}

/// Reason why a filesystem is not watched, or not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A call has failed that is needed for it.
    Failed(Cause),
    NotMountPoint,
    AlreadyMonitored,
    /// The kernel has no health monitor for it.
    NotSupported,
    /// `--repair` was given, and the kernel cannot repair.
    CannotRepair,
    /// No handle by which the mount could be found again.
    NoHandle(Cause),
    /// A single look at what is mounted `norecovery`.
    NoRecovery,
    /// No descriptor is left for it, one of many.
    NoDescriptor,
    /// No thread could open it, or the one that did was killed in the kernel.
    NoThread(Threadless),
    /// A signal came first.
    BrokenOff,
    /// An earlier process of the same unit, with this number, has not ended.
    LeftOver(u32),
}

/// Reason why no thread has opened a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threadless {
    /// No thread could be had for the filesystem that was named.
    One,
    /// The thread that opened the filesystem that was named was killed in the kernel.
    OneKilled,
    /// No thread could be had for one of many (`--all`).
    OfMany,
    /// The thread that opened one of many (`--all`) was killed in the kernel.
    OfManyKilled,
}

/// What follows once a silent filesystem answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    Repairs,
    /// The filesystem that was named is opened.
    Opening,
    /// One of many (`--all`) is watched.
    Watch,
    /// A healer is started for it.
    Healer,
}

/// A failure of the healer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A read of the health monitor has failed.
    Monitor(Cause),
    /// The health monitor has ended, but not because of an unmount.
    MonitorEnded,
    /// A thread was killed in the kernel, which did this.
    ThreadKilled(&'static str),
    /// No file is looked at, since this file of the device cannot be read.
    NoDevice(PathBuf, Cause),
    /// A call without which the program cannot go on, by its name or what it was for.
    Call(&'static str, Cause),
    /// The environment says something of the service manager that does not work.
    Manager(Complaint),
    /// The file of the metrics cannot be written.
    Metrics(PathBuf, Cause),
    /// Privileges that are not needed could not be given up; shown by `--debug` only.
    Privileges(Cause),
}

/// Result of a run that ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneShotResult {
    /// Number of repairs.
    pub repaired: usize,
    /// Number of structures that are still damaged.
    pub damaged: usize,
    /// True if the filesystem has shut down.
    pub is_down: bool,
    /// True if something could not be looked at.
    pub is_blind: bool,
}

/// How it goes with one filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Time at which its watch began.
    pub since: SystemTime,
    /// Number of repairs.
    pub repaired: usize,
    /// Number of structures that are damaged.
    pub left: usize,
    /// Number of reports that the kernel has dropped.
    pub lost: u64,
    /// Number of full scrubs that have ended with a verdict.
    pub full_scrubs: u64,
    /// True if something could not be judged.
    pub is_unjudged: bool,
    /// True if the filesystem has shut down.
    pub is_down: bool,
}

/// News of the starter about the healer of one filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HealerNews {
    Started,
    /// This unit could not be started.
    NotStarted(String),
    /// No unit can be named after the mount point.
    Unnamed,
    /// It is not known whether there is a healer, for this reason.
    Unknown(&'static str),
    /// Somebody monitors the filesystem; shown by `--debug` only.
    AlreadyMonitored,
    /// This unit is started; shown by `--debug` only.
    Restarting(String),
}

impl HealerNews {
    /// The news that a unit has been started, or could not be.
    pub fn of_unit(has_started: bool, unit: String) -> HealerNews {
        if has_started { HealerNews::Started } else { HealerNews::NotStarted(unit) }
    }
}

/// A detail of the work, which only `--debug` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    LookEnded(Depth, LookEnd),
    RepairStarts(Key),
}
