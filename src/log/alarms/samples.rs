// SPDX-License-Identifier: LGPL-2.1-or-later
//! Samples of everything that is said.

use crate::act::{AgHeader, Fork, Orphan, Owner, ScrubExit, ScrubVerdict, StartError};
use crate::event::{Body, Change, Device, Event, FileError, ShutdownReasons, Target};
use crate::log::hook::{HookEnd, HookNews, HookRefusal};
use crate::log::loss::{Loss, LossCause, Lost};
use crate::log::recording::{BadRecording, CannotRecord, Flaw, NotWritten, RecordingNews};
use crate::log::said::*;
use crate::mounts::{MountFailure, MountNews, Requirement};
use crate::plan::{Depth, Failure, Key, LookEnd, Notice, Outcome, Policy, Reasons};
use crate::report::Cause;
use crate::service::notify::Complaint;
use std::path::PathBuf;
use std::time::SystemTime;

const INODE: Target = Target::Inode { ino: 131, generation: 7 };
const TARGETS: [Target; 4] = [Target::Fs, Target::Ag(1), Target::Rtgroup(0), INODE];

/// A sample of each thing that is said and of each way in which it is.
pub(super) fn samples() -> Vec<Said> {
    let path = Some(b"/f".to_vec());
    let events = bodies().into_iter().map(|body| Event { time_ns: 0, body });
    let events =
        events.flat_map(|event| [Said::Event(event, None), Said::Event(event, path.clone())]);
    let notices = notices().into_iter();
    let notices =
        notices.flat_map(|notice| [Said::Notice(notice, None), Said::Notice(notice, path.clone())]);
    let losses = losses().into_iter().map(|loss| Said::Loss(loss, path.clone()));
    let mut all: Vec<_> = events.chain(notices).chain(losses).collect();
    all.extend(scrubs());
    all.extend(troubles());
    all.extend(news());
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
        _ => None,
    }
}

fn bodies() -> Vec<Body> {
    let changes = [Change::Sick, Change::Corrupt, Change::Healthy];
    let health = changes.into_iter().flat_map(|change| {
        TARGETS.map(|target| Body::Health { change, target, mask: 1 << 4 | 1 << 30 })
    });
    let reasons = (0..32).map(|bit| ShutdownReasons::from_bits_retain(1 << bit));
    let reasons = reasons.chain([ShutdownReasons::all(), ShutdownReasons::empty()]);
    let shutdowns = reasons.map(|reasons| Body::Shutdown { reasons });
    let devices = [Device::Data, Device::Log, Device::Realtime];
    let media = devices.map(|device| Body::MediaError { device, daddr: 0x3fc0, bbcount: 8 });
    let errors = file_errors().into_iter().flat_map(|error| {
        let (ino, generation, pos, len) = (131, 7, 131_072, 4096);
        [0, 5, 28].map(|errno| Body::FileRange { error, ino, generation, pos, len, errno })
    });
    let rest = [
        Body::Running,
        Body::Unmount,
        Body::Lost { count: 9 },
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

fn failures() -> [Failure; 7] {
    [
        Failure::Errno(5),
        Failure::Corrupt,
        Failure::Device,
        Failure::Unsupported,
        Failure::KernelDefect,
        Failure::Unlinked,
        Failure::Vanished,
    ]
}

fn notices() -> Vec<Notice> {
    let keys: Vec<Key> =
        TARGETS.into_iter().filter_map(|target| Key::from_bit(target, 1 << 4)).collect();
    let of_keys = keys.into_iter().flat_map(|key| {
        let failed = failures()
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
        Notice::Unreachable(5),
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

fn owners() -> Vec<Owner> {
    use AgHeader::*;
    let (ino, generation, fork, pos, len) = (131, 7, Fork::Data, 0, 4096);
    let headers = [Superblock, Agf, Agi, Agfl, Unused].map(|header| Owner::Header(1, header));
    let rest = [
        Owner::Free,
        Owner::Unknown,
        Owner::RealtimeSuperblock,
        Owner::Log,
        Owner::SpaceBtrees(1),
        Owner::InodeBtrees(1),
        Owner::Refcounts(1),
        Owner::Inodes(131, 131),
        Owner::Inodes(128, 191),
        Owner::CopyOnWrite,
        Owner::Defective,
        Owner::File { ino, generation, fork, pos, len },
        Owner::Unwritten { ino },
        Owner::TooMany,
    ];
    headers.into_iter().chain(rest).collect()
}

fn losses() -> Vec<Loss> {
    use Fork::*;
    let errors = file_errors().map(|error| LossCause::FileError(error, 5));
    let causes: Vec<_> = [LossCause::Medium, LossCause::Repair].into_iter().chain(errors).collect();
    let forks = [Data, Unidentified, Directory, Attributes, DataMap, AttributesMap];
    let forks = forks.map(|fork| Lost::File { ino: 131, generation: 7, fork });
    let on_device = owners().into_iter().flat_map(|owner| {
        [true, false].map(|is_rebuilt| Lost::OnDevice(Device::Data, owner, is_rebuilt))
    });
    let rest = [
        Lost::Target { ino: 131, generation: 7 },
        Lost::Untold(Device::Log, Cause::Errno(5)),
        Lost::Name(Orphan { ino: 131, name: b"131".to_vec() }),
    ];
    let lost: Vec<_> = forks.into_iter().chain(on_device).chain(rest).collect();
    let mut all = Vec::new();
    for (lost, cause) in lost.iter().flat_map(|lost| causes.iter().map(move |cause| (lost, cause)))
    {
        for (count, is_rough, reports) in [(1, false, 1), (1, false, 9), (4, true, 9)] {
            let ranges = match lost {
                Lost::Target { .. } | Lost::Name(_) => Vec::new(),
                Lost::File { .. } => vec![(131_072, 4096); count],
                _ => vec![(0x3fc0, 8); count],
            };
            all.push(Loss { lost: lost.clone(), cause: *cause, ranges, is_rough, reports });
        }
    }
    all
}

fn scrubs() -> Vec<Said> {
    let name = || "xfs_scrub@home.service".to_owned();
    let starts = [
        StartError::Unreachable(Cause::Errno(5)),
        StartError::OnlyPart,
        StartError::Forbidden,
        StartError::Killed,
        StartError::NoName,
        StartError::Spawn { name: name(), error: Cause::Errno(2) },
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
        ScrubNews::Said(b"Error: inode 131 (0/131): offline repair needed.".to_vec()),
        ScrubNews::NotShown(9),
    ];
    let news = starts.into_iter().map(ScrubNews::NotStarted);
    let news = news.chain(ends.map(|end| ScrubNews::Ended(end, name()))).chain(rest);
    news.map(Said::FullScrub).chain([Said::FullScrubWanted(Reasons::all())]).collect()
}

/// What is wrong with the healer's own work.
fn troubles() -> Vec<Said> {
    let error = || Cause::Errno(5);
    let file = || PathBuf::from("/var/file");
    let refusals = [
        Refusal::Failed(error()),
        Refusal::NotMountPoint,
        Refusal::AlreadyMonitored,
        Refusal::NotSupported,
        Refusal::CannotRepair,
        Refusal::NoHandle(error()),
        Refusal::NoRecovery,
        Refusal::NoThread(Threadless::One),
        Refusal::NoThread(Threadless::OneKilled),
        Refusal::NoThread(Threadless::OfMany),
        Refusal::NoThread(Threadless::OfManyKilled),
        Refusal::BrokenOff,
        Refusal::LeftOver(9),
    ];
    let faults = [
        Fault::Monitor(error()),
        Fault::MonitorEnded,
        Fault::ThreadKilled("looked for damage"),
        Fault::NoDevice(file(), error()),
        Fault::Call("signalfd", error()),
        Fault::Manager(Complaint::NoSocket(error())),
        Fault::Manager(Complaint::Nonsense("WATCHDOG_USEC")),
        Fault::Metrics(file(), error()),
        Fault::Privileges(error()),
    ];
    let refused = refusals.into_iter().map(Said::Refused);
    refused.chain(faults.into_iter().map(Said::Fault)).chain(mounts_and_recordings()).collect()
}

fn mounts_and_recordings() -> Vec<Said> {
    let error = || Cause::Errno(5);
    let file = || PathBuf::from("/var/file");
    let requirements = [Requirement::Namespaces, Requirement::MountEvents, Requirement::Listmount];
    let failures = requirements.map(MountFailure::Requires).into_iter();
    let failures = failures.chain([
        MountFailure::Call("listmount", error()),
        MountFailure::File(b"/proc/self/ns/mnt".to_vec(), error()),
    ]);
    let mounts = failures
        .flat_map(|failure| [MountNews::Failed(failure.clone()), MountNews::Retried(failure)])
        .chain([MountNews::Listening, MountNews::Lost]);
    let broken = BadRecording { offset: 9, what: Flaw::Torn };
    let recordings = [
        RecordingNews::Refused(file(), CannotRecord::Failed(error())),
        RecordingNews::Lost(file(), 9, NotWritten::TooSlow),
        RecordingNews::Begins { program: "7.2.0".to_owned(), kernel: "7.2.12".to_owned() },
        RecordingNews::Missing(9),
        RecordingNews::Broken(broken),
    ];
    mounts.map(Said::Mounts).chain(recordings.into_iter().map(Said::Recording)).collect()
}

fn hooks() -> impl Iterator<Item = Said> {
    let file = || PathBuf::from("/var/hook");
    let refusals = [
        HookRefusal::NotRegular,
        HookRefusal::NotExecutable,
        HookRefusal::OnFilesystem,
        HookRefusal::Failed(Cause::Errno(2)),
        HookRefusal::Killed,
    ];
    let news = [
        HookNews::Said(b"/home agno 0x1 bnobt: Repairs successful.".to_vec()),
        HookNews::NotShown(9),
        HookNews::Failed("repaired", HookEnd::Exit(1)),
        HookNews::Failed("repaired", HookEnd::Signal(9)),
        HookNews::Killed("repaired"),
        HookNews::Dropped(9),
    ];
    let refused = refusals.into_iter().map(move |why| HookNews::CannotRun(file(), why));
    refused.chain(news).map(Said::Hook)
}

/// How it goes.
fn news() -> Vec<Said> {
    use ReportKind::*;
    let kinds = [Damage, Healthy, FileErrors, LostData, MediaErrors, LostEvents, Nameless];
    let crowds = [CrowdKind::Nameless, CrowdKind::Core, CrowdKind::Untried];
    let policies = [
        PolicyNews::Directive(Policy::Repair),
        PolicyNews::Directive(Policy::Log),
        PolicyNews::Directive(Policy::Ignore),
        PolicyNews::Unread(Cause::Errno(5)),
        PolicyNews::Hidden,
        PolicyNews::CannotRepair,
        PolicyNews::Unknown(Cause::Errno(5)),
        PolicyNews::AnswersAgain,
        PolicyNews::NoRmapbt,
        PolicyNews::NoParent,
    ];
    let silences = [Awaited::Repairs, Awaited::Opening, Awaited::Watch, Awaited::Healer];
    let healers = [
        HealerNews::Started,
        HealerNews::NotStarted("xfs_healer@home.service".to_owned()),
        HealerNews::Unnamed,
        HealerNews::Unknown("it does not answer"),
        HealerNews::AlreadyMonitored,
        HealerNews::Restarting("xfs_healer@home.service".to_owned()),
    ];
    let (repaired, damaged, left) = (1, 2, 2);
    let shots = [(true, false), (false, true), (false, false)]
        .map(|(is_down, is_blind)| OneShotResult { repaired, damaged, is_down, is_blind });
    let (lost, full_scrubs, since) = (3, 4, SystemTime::UNIX_EPOCH);
    let (is_unjudged, is_down) = (true, true);
    let key = Key::from_bit(INODE, 1 << 4).unwrap();
    let rest = [
        Said::Header(Header::new("xfs_healer", "repair")),
        Said::SilentLoss,
        Said::Summary(Summary { since, repaired, left, lost, full_scrubs, is_unjudged, is_down }),
        Said::Left(key, Some(b"/f".to_vec())),
        Said::LeftMore(9),
        Said::MoreLosses(9),
        Said::RecordedRepair(key, Outcome::Failed),
        Said::Detail(Detail::LookEnded(Depth::Deep, LookEnd::Complete)),
        Said::Detail(Detail::RepairStarts(key)),
        Said::End { code: 0 },
    ];
    let more = kinds.map(|kind| Said::MoreReports(kind, 512)).into_iter();
    let more = more.chain(crowds.map(|kind| Said::Crowd { agno: 1, kind, inodes: 30 }));
    let more = more.chain(policies.into_iter().map(Said::Policy)).chain(silences.map(Said::Silent));
    let more = more.chain(healers.map(Said::Healer)).chain(shots.map(Said::OneShot));
    more.chain(rest).chain(hooks()).collect()
}
