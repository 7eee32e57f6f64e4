// SPDX-License-Identifier: LGPL-2.1-or-later
//! Samples of everything that is said.

mod fs_errors;
mod losses;
mod recordings;

use crate::act::{Fork, ScrubExit, ScrubVerdict, StartError};
use crate::event::{Body, Change, Device, Event, FileError, ShutdownReasons, Target};
use crate::log::fserror::{ErrorFile, FsError, FsErrorNews};
use crate::log::hook::{HookEnd, HookNews, HookRefusal};
use crate::log::loss::{Loss, LossCause, Lost};
use crate::log::said::*;
use crate::mounts::{MountFailure, MountNews, Requirement};
use crate::plan::{Depth, Failure, Key, LookEnd, Notice, Outcome, Policy, Reasons};
use crate::report::{Cause, escape};
use crate::service::notify::Complaint;
use crate::sys::mount::MountInfo;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::SystemTime;

use fs_errors::fs_errors;
use losses::losses;
use recordings::recordings;

/// The numbers and names in samples.
pub(super) struct Values {
    ino: u64,
    generation: u32,
    agno: u32,
    errno: i32,
    /// Any other number.
    count: u64,
    /// Path of a file, and whatever else a name is given for.
    name: Vec<u8>,
    /// Name of a unit, no longer than systemd lets it be.
    unit: String,
}

impl Values {
    /// Values as in a log of every day.
    pub fn usual() -> Values {
        let (ino, generation, agno, errno, count) = (131, 7, 1, 5, 512);
        let unit = "xfs_scrub@home.service".to_owned();
        Values { ino, generation, agno, errno, count, name: b"/f".to_vec(), unit }
    }

    /// Values that take as much room as any, with this name.
    pub fn longest(name: &[u8]) -> Values {
        let (ino, generation, agno, count) = (u64::MAX, u32::MAX, u32::MAX, u64::MAX);
        let unit = escape(name).chars().take(255).collect();
        let errno = libc::EILSEQ;
        Values { ino, generation, agno, errno, count, name: name.to_vec(), unit }
    }

    fn inode(&self) -> Target {
        Target::Inode { ino: self.ino, generation: self.generation }
    }

    fn targets(&self) -> [Target; 4] {
        [Target::Fs, Target::Ag(self.agno), Target::Rtgroup(self.agno), self.inode()]
    }

    fn error(&self) -> Cause {
        Cause::Errno(self.errno)
    }

    /// A start and a length, these unless the numbers are to be long.
    fn range(&self, start: u64, length: u64) -> (u64, u64) {
        if self.count == u64::MAX { (u64::MAX, u64::MAX) } else { (start, length) }
    }

    fn mount(&self) -> MountNews {
        let [fs_type, mount_point, root] = [&self.name, &self.name, &self.name].map(Clone::clone);
        let (is_read_only, is_idmapped, device) = (false, false, (self.agno, self.agno));
        let mount =
            MountInfo { fs_type, mount_point, root, is_read_only, is_idmapped, device, parent: 0 };
        MountNews::Mount(self.count, Box::new(mount))
    }

    fn file(&self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.name))
    }
}

/// A sample of each thing that is said and of each way in which it is.
pub(super) fn samples(values: &Values) -> Vec<Said> {
    let path = Some(values.name.clone());
    let events = bodies(values).into_iter().map(|body| Event { time_ns: 0, body });
    let events =
        events.flat_map(|event| [Said::Event(event, None), Said::Event(event, path.clone())]);
    let notices = notices(values).into_iter();
    let notices =
        notices.flat_map(|notice| [Said::Notice(notice, None), Said::Notice(notice, path.clone())]);
    let losses = losses(values).into_iter().map(|loss| Said::Loss(loss, path.clone()));
    let mut all: Vec<_> = events.chain(notices).chain(losses).collect();
    all.extend(scrubs(values));
    all.extend(troubles(values));
    all.extend(news(values));
    all.extend(fs_errors(values));
    all
}

/// What is said with an errno in it that is meant for somebody, with this one.
pub(super) fn with_errno(errno: i32) -> [Said; 2] {
    let key = Key::from_bit(Target::Ag(1), 1 << 4).unwrap();
    let cause = LossCause::FileError(FileError::BufferedWrite, errno.unsigned_abs());
    let lost = Lost::File { ino: 131, generation: 7, fork: Fork::Data };
    let loss = Loss { lost, cause, ranges: vec![(0, 4096)], is_rough: false, reports: 2 };
    let notice = Notice::OfflineNeeded(key, Failure::Errno(errno));
    [Said::Notice(notice, None), Said::Loss(loss, None)]
}

/// The same about an inode with this path; `None` if it is about none.
pub(super) fn named(said: &Said, path: &[u8]) -> Option<Said> {
    let path = Some([b"/", path].concat());
    match said {
        Said::Event(event, Some(_)) => Some(Said::Event(*event, path)),
        Said::Notice(notice, Some(_)) => Some(Said::Notice(*notice, path)),
        Said::Loss(loss, _) => Some(Said::Loss(loss.clone(), path)),
        Said::Left(key, _) => Some(Said::Left(*key, path)),
        Said::FullScrub(ScrubNews::Said(_)) => {
            path.map(|text| Said::FullScrub(ScrubNews::Said(text)))
        }
        Said::Hook(HookNews::Said(_)) => path.map(|text| Said::Hook(HookNews::Said(text))),
        Said::FsError(FsErrorNews::ScrubSaid(_)) => {
            path.map(|text| Said::FsError(FsErrorNews::ScrubSaid(text)))
        }
        Said::FsError(FsErrorNews::E2scrubSaid(_)) => {
            path.map(|text| Said::FsError(FsErrorNews::E2scrubSaid(text)))
        }
        Said::FsError(FsErrorNews::Error(FsError { file: Some(ErrorFile::Path(..)), errno })) => {
            let file = path.map(|path| ErrorFile::Path(path, None));
            Some(Said::FsError(FsErrorNews::Error(FsError { file, errno: *errno })))
        }
        _ => None,
    }
}

fn bodies(values: &Values) -> Vec<Body> {
    let changes = [Change::Sick, Change::Corrupt, Change::Healthy];
    let health = changes.into_iter().flat_map(|change| {
        values.targets().map(|target| Body::Health { change, target, mask: 1 << 4 | 1 << 30 })
    });
    let reasons = (0..32).map(|bit| ShutdownReasons::from_bits_retain(1 << bit));
    let reasons = reasons.chain([ShutdownReasons::all(), ShutdownReasons::empty()]);
    let shutdowns = reasons.map(|reasons| Body::Shutdown { reasons });
    let devices = [Device::Data, Device::Log, Device::Realtime];
    let media = devices.map(|device| Body::MediaError {
        device,
        daddr: values.range(0x3fc0, 8).0,
        bbcount: values.range(0x3fc0, 8).1,
    });
    let errors = file_errors().into_iter().flat_map(|error| {
        let (ino, generation) = (values.ino, values.generation);
        let (pos, len) = values.range(131_072, 4096);
        [0, values.errno.unsigned_abs(), 28].map(|errno| Body::FileRange {
            error,
            ino,
            generation,
            pos,
            len,
            errno,
        })
    });
    let rest = [
        Body::Running,
        Body::Unmount,
        Body::Lost { count: values.count },
        Body::Unknown { domain: 99, kind: 99, payload: [1; 32] },
    ];
    health.chain(shutdowns).chain(media).chain(errors).chain(rest).collect()
}

fn file_errors() -> [FileError; 5] {
    [
        FileError::BufferedRead,
        FileError::BufferedWrite,
        FileError::DirectRead,
        FileError::DirectWrite,
        FileError::DataLost,
    ]
}

fn failures(values: &Values) -> [Failure; 8] {
    [
        Failure::Errno(values.errno),
        Failure::Corrupt,
        Failure::Device,
        Failure::Unsupported,
        Failure::KernelDefect,
        Failure::Unlinked,
        Failure::LoadsUnlinked,
        Failure::Vanished,
    ]
}

fn notices(values: &Values) -> Vec<Notice> {
    let keys: Vec<Key> =
        values.targets().into_iter().filter_map(|target| Key::from_bit(target, 1 << 4)).collect();
    let of_keys = keys.into_iter().flat_map(|key| {
        let failed = failures(values)
            .into_iter()
            .flat_map(move |why| [Notice::OfflineNeeded(key, why), Notice::Failed(key, why)]);
        failed.chain([
            Notice::Repaired(key),
            Notice::NoModification(key),
            Notice::CrossFailed(key),
            Notice::Gone(key),
            Notice::Postponed(key),
            Notice::Slow(key),
            Notice::WouldRepair(key),
        ])
    });
    let rest = [
        Notice::ReadOnly,
        Notice::NoRecovery,
        Notice::Unreachable(values.errno),
        Notice::TooManyFailures,
        Notice::DeviceTrouble,
        Notice::ScrubWithheld,
        Notice::ScrubUnsafe,
        Notice::ScrubFatal,
        Notice::TableFull,
        Notice::TooManyVanished,
        Notice::ShutDown,
        Notice::WouldScrub(Reasons::all()),
    ];
    of_keys.chain(rest).collect()
}

fn scrubs(values: &Values) -> Vec<Said> {
    let name = || values.unit.clone();
    let starts = [
        StartError::Unreachable(values.error()),
        StartError::OnlyPart,
        StartError::Forbidden,
        StartError::Killed,
        StartError::NoName,
        StartError::Spawn { name: name(), error: values.error() },
    ];
    let exits = (0..16).map(|code| ScrubVerdict::Exit(ScrubExit::from_bits_retain(code)));
    let ends = exits.chain([
        ScrubVerdict::UnitEnded,
        ScrubVerdict::UnitFailed(1),
        ScrubVerdict::UnitSkipped,
        ScrubVerdict::Signal(9),
        ScrubVerdict::Unknown,
    ]);
    let rest = [
        ScrubNews::InProgress,
        ScrubNews::Other(name()),
        ScrubNews::OtherEnded,
        ScrubNews::OtherGoesOn { is_unit: true },
        ScrubNews::OtherGoesOn { is_unit: false },
        ScrubNews::Holds(format!("systemctl stop {}", name())),
        ScrubNews::UnitRefused(name()),
        ScrubNews::Said(values.name.clone()),
        ScrubNews::NotShown(values.count),
    ];
    let news = starts.into_iter().map(ScrubNews::NotStarted);
    let news = news.chain(ends.map(|end| ScrubNews::Ended(end, name()))).chain(rest);
    news.map(Said::FullScrub).chain([Said::FullScrubWanted(Reasons::all())]).collect()
}

/// What is wrong with the healer's own work.
fn troubles(values: &Values) -> Vec<Said> {
    let refusals = [
        Refusal::Failed(values.error()),
        Refusal::NotMountPoint,
        Refusal::AlreadyMonitored,
        Refusal::NotSupported,
        Refusal::CannotRepair,
        Refusal::NoHandle(values.error()),
        Refusal::NoRecovery,
        Refusal::NoThread(Threadless::One),
        Refusal::NoThread(Threadless::OneKilled),
        Refusal::NoThread(Threadless::OfMany),
        Refusal::NoThread(Threadless::OfManyKilled),
        Refusal::BrokenOff,
        Refusal::LeftOver(values.agno),
    ];
    let faults = [
        Fault::Monitor(values.error()),
        Fault::MonitorEnded,
        Fault::ThreadKilled("looked for damage"),
        Fault::NoDevice(values.file(), values.error()),
        Fault::Call("signalfd", values.error()),
        Fault::Manager(Complaint::NoSocket(values.file().into(), values.error())),
        Fault::Manager(Complaint::Nonsense("WATCHDOG_USEC", values.file().into())),
        Fault::Metrics(values.file(), values.error()),
        Fault::Privileges(values.error()),
    ];
    let refused = refusals.into_iter().map(Said::Refused);
    refused
        .chain(faults.into_iter().map(Said::Fault))
        .chain(mounts_and_recordings(values))
        .collect()
}

fn mounts_and_recordings(values: &Values) -> Vec<Said> {
    let requirements = [Requirement::Namespaces, Requirement::MountEvents, Requirement::Listmount];
    let failures = requirements.map(MountFailure::Requires).into_iter();
    let failures = failures.chain([
        MountFailure::Call("listmount", values.error()),
        MountFailure::File(values.name.clone(), values.error()),
    ]);
    let mounts = failures
        .flat_map(|failure| [MountNews::Failed(failure.clone()), MountNews::Retried(failure)])
        .chain([MountNews::Listening, MountNews::Lost, values.mount()]);
    mounts.map(Said::Mounts).chain(recordings(values).map(Said::Recording)).collect()
}

fn hooks(values: &Values) -> impl Iterator<Item = Said> {
    let refusals = [
        HookRefusal::NotRegular,
        HookRefusal::NotExecutable,
        HookRefusal::OnFilesystem,
        HookRefusal::Failed(values.error()),
        HookRefusal::Killed,
    ];
    let news = [
        HookNews::Said(values.name.clone()),
        HookNews::NotShown(values.count),
        HookNews::Failed("repaired", HookEnd::Exit(1)),
        HookNews::Failed("repaired", HookEnd::Signal(9)),
        HookNews::Killed("repaired"),
        HookNews::Dropped(values.count),
    ];
    let refused = refusals.into_iter().map(move |why| HookNews::CannotRun(values.file(), why));
    refused.chain(news).map(Said::Hook)
}

/// How it goes.
fn news(values: &Values) -> Vec<Said> {
    use ReportKind::*;
    let kinds = [Damage, Healthy, FileErrors, LostData, MediaErrors, LostEvents, Nameless];
    let crowds = [CrowdKind::Nameless, CrowdKind::Core, CrowdKind::Untried];
    let policies = [
        PolicyNews::Directive(Policy::Repair),
        PolicyNews::Directive(Policy::Log),
        PolicyNews::Directive(Policy::Ignore),
        PolicyNews::Unread(values.error()),
        PolicyNews::Hidden,
        PolicyNews::CannotRepair,
        PolicyNews::Unknown(values.error()),
        PolicyNews::AnswersAgain,
        PolicyNews::NoRmapbt,
        PolicyNews::NoParent,
    ];
    let silences = [Awaited::Repairs, Awaited::Opening, Awaited::Watch, Awaited::Healer];
    let healers = [
        HealerNews::Started,
        HealerNews::NotStarted(values.unit.clone()),
        HealerNews::Unnamed,
        HealerNews::Unknown("it does not answer"),
        HealerNews::AlreadyMonitored,
        HealerNews::Restarting(values.unit.clone()),
    ];
    let many = usize::try_from(values.count).unwrap();
    let (repaired, damaged, left) = (many, many, many);
    let shots = [(true, false), (false, true), (false, false)]
        .map(|(is_down, is_blind)| OneShotResult { repaired, damaged, is_down, is_blind });
    let (lost, full_scrubs, since) = (values.count, values.count, SystemTime::UNIX_EPOCH);
    let (is_unjudged, is_down) = (true, true);
    let key = Key::from_bit(values.inode(), 1 << 4).unwrap();
    let rest = [
        Said::Header(Header::new("xfs_healer", "repair")),
        Said::SilentLoss,
        Said::Summary(Summary { since, repaired, left, lost, full_scrubs, is_unjudged, is_down }),
        Said::Left(key, Some(values.name.clone())),
        Said::LeftMore(many),
        Said::MoreLosses(values.count),
        Said::RecordedRepair(key, Outcome::Failed),
        Said::Detail(Detail::LookEnded(Depth::Deep, LookEnd::Complete)),
        Said::Detail(Detail::RepairStarts(key)),
        Said::End { code: 0 },
    ];
    let more = kinds.map(|kind| Said::MoreReports(kind, values.count)).into_iter();
    let more = more.chain(crowds.map(|kind| Said::Crowd {
        agno: values.agno,
        kind,
        inodes: values.count,
    }));
    let more = more.chain(policies.into_iter().map(Said::Policy)).chain(silences.map(Said::Silent));
    let more = more.chain(healers.map(Said::Healer)).chain(shots.map(Said::OneShot));
    more.chain(rest).chain(hooks(values)).collect()
}
