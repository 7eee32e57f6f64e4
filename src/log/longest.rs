// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests that no line is longer than [`LINE_BYTES`], whatever it says and whatever the names are.

use super::hook::{HookNews, HookRefusal};
use super::loss::{Loss, LossCause, Lost};
use super::recording::{CannotRecord, NotWritten, RecordingNews};
use super::said::*;
use crate::act::{Fork, Orphan, Owner, ScrubExit, ScrubVerdict, StartError};
use crate::event::{Body, Change, Device, Event, FileError, ShutdownReasons, Target};
use crate::mounts::{MountFailure, MountNews};
use crate::plan::{Failure, Key, Notice, Reasons};
use crate::property::*;
use crate::report::*;
use crate::sys::mount::MountInfo;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const INODE: Target = Target::Inode { ino: u64::MAX, generation: u32::MAX };

/// Event bodies that have much to say.
fn bodies() -> Vec<Body> {
    let (change, mask) = (Change::Healthy, u32::MAX);
    let targets = [Target::Fs, Target::Ag(mask), Target::Rtgroup(mask), INODE];
    let file = Body::FileRange {
        error: FileError::BufferedWrite,
        ino: u64::MAX,
        generation: mask,
        pos: u64::MAX,
        len: u64::MAX,
        errno: libc::EILSEQ as u32,
    };
    let rest = [
        Body::Running,
        Body::Unmount,
        Body::Lost { count: u64::MAX },
        Body::Shutdown { reasons: ShutdownReasons::from_bits_retain(mask) },
        Body::Unknown { domain: mask, kind: mask, payload: [0xff; 32] },
        file,
    ];
    targets.map(|target| Body::Health { change, target, mask }).into_iter().chain(rest).collect()
}

fn notices() -> Vec<Notice> {
    let key = Key::from_bit(INODE, 1).unwrap();
    let failures = [
        Failure::Corrupt,
        Failure::Device,
        Failure::Unsupported,
        Failure::KernelDefect,
        Failure::Unlinked,
        Failure::Vanished,
        Failure::Errno(libc::EILSEQ),
    ];
    let last_words = failures.into_iter().map(|why| Notice::OfflineNeeded(key, why));
    let rest = [
        Notice::CrossFailed(key),
        Notice::Slow(key),
        Notice::Unreachable(libc::EILSEQ),
        Notice::ScrubUnsafe,
        Notice::TooManyVanished,
        Notice::WouldScrub(Reasons::all()),
    ];
    last_words.chain(rest).collect()
}

fn scrub_lines(place: &Place, name: &[u8]) -> Vec<Line> {
    // As the name of a unit: no longer than systemd lets it be.
    let unit: String = escape(name).chars().take(255).collect();
    let error = || Cause::Errno(libc::EILSEQ);
    let spawn = StartError::Spawn { name: escape(name), error: error() };
    let unreachable = StartError::Unreachable(error());
    let news = [
        ScrubNews::Other(unit.clone()),
        ScrubNews::OtherEnded,
        ScrubNews::Holds(unit.clone()),
        ScrubNews::NotStarted(spawn),
        ScrubNews::NotStarted(unreachable),
        ScrubNews::UnitRefused(unit.clone()),
        ScrubNews::Said(name.to_vec()),
        ScrubNews::OtherGoesOn { is_unit: true },
        ScrubNews::OtherGoesOn { is_unit: false },
        ScrubNews::NotShown(u64::MAX),
        ScrubNews::Ended(ScrubVerdict::Exit(ScrubExit::all()), unit.clone()),
        ScrubNews::Ended(ScrubVerdict::UnitFailed(255), unit.clone()),
        ScrubNews::Ended(ScrubVerdict::UnitSkipped, unit),
    ];
    let news = news.into_iter().map(Said::FullScrub);
    let all = news.chain([Said::FullScrubWanted(Reasons::all())]);
    all.map(|said| said.line(Some(place))).collect()
}

/// A loss in as many places as are told.
fn loss(lost: Lost) -> Loss {
    let cause = LossCause::FileError(FileError::BufferedWrite, libc::EILSEQ as u32);
    let ranges = vec![(u64::MAX, u64::MAX); 4];
    Loss { lost, cause, ranges, is_rough: true, reports: u64::MAX }
}

/// What else is said that has much to say, with this name in it.
fn others(name: &[u8]) -> Vec<Said> {
    let error = || Cause::Errno(libc::EILSEQ);
    let path = PathBuf::from(OsStr::from_bytes(name));
    let unit: String = escape(name).chars().take(255).collect();
    let [fs_type, mount_point, root] = [name, name, name].map(<[u8]>::to_vec);
    let (is_read_only, is_idmapped, device) = (false, false, (u32::MAX, u32::MAX));
    let mount = MountInfo { fs_type, mount_point, root, is_read_only, is_idmapped, device };
    let kind = CrowdKind::Untried;
    let unknown = Lost::Untold(Device::Data, error());
    let owner = Owner::SpaceBtrees(u32::MAX);
    vec![
        Said::SilentLoss,
        Said::MoreReports(ReportKind::MediaErrors, u64::MAX),
        Said::MoreLosses(u64::MAX),
        Said::Loss(loss(Lost::Name(Orphan { ino: u64::MAX, name: name.to_vec() })), None),
        Said::Loss(
            loss(Lost::File { ino: u64::MAX, generation: u32::MAX, fork: Fork::Data }),
            None,
        ),
        Said::Loss(loss(unknown), Some(name.to_vec())),
        Said::Loss(
            loss(Lost::File { ino: 1, generation: 1, fork: Fork::Unidentified }),
            Some(name.to_vec()),
        ),
        Said::Loss(
            loss(Lost::File { ino: 1, generation: 1, fork: Fork::Data }),
            Some(name.to_vec()),
        ),
        Said::Loss(loss(Lost::OnDevice(Device::Log, owner, false)), None),
        Said::Crowd { agno: u32::MAX, kind, inodes: u64::MAX },
        Said::Policy(PolicyNews::Hidden),
        Said::Policy(PolicyNews::Unread(error())),
        Said::Refused(Refusal::NoHandle(error())),
        Said::Refused(Refusal::NoRecovery),
        Said::Refused(Refusal::LeftOver(u32::MAX)),
        Said::Silent(Awaited::Repairs),
        Said::Recording(RecordingNews::Refused(path.clone(), CannotRecord::Failed(error()))),
        Said::Recording(RecordingNews::Lost(path.clone(), u64::MAX, NotWritten::Killed)),
        Said::Recording(RecordingNews::Begins { program: unit.clone(), kernel: unit.clone() }),
        Said::Fault(Fault::NoDevice(path, error())),
        Said::Fault(Fault::Metrics(OsStr::from_bytes(name).into(), error())),
        Said::Hook(HookNews::CannotRun(
            OsStr::from_bytes(name).into(),
            HookRefusal::Failed(error()),
        )),
        Said::Hook(HookNews::Said(name.to_vec())),
        Said::Healer(HealerNews::NotStarted(unit)),
        Said::Mounts(MountNews::Mount(u64::MAX, Box::new(mount))),
        Said::Mounts(MountNews::Retried(MountFailure::File(name.to_vec(), error()))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_longer_than_what_a_log_takes_in_one_piece(
        given in long_name(),
        found in proptest::option::of(long_name()),
        path in proptest::option::of(long_name()),
    ) {
        let mut place = Place::new(&given);
        place.found_at(found.as_deref());
        let path = path.as_deref();
        let others = others(path.unwrap_or(&given));
        let bodies = bodies().into_iter().map(|body| Event { time_ns: 0, body });
        let events = bodies.map(|event| event_line(&place, &event, path));
        let notices = notices();
        let notices = notices.iter().map(|notice| notice_line(&place, notice, path));
        let scrubs = scrub_lines(&place, path.unwrap_or(&given));
        let others = others.iter().map(|said| said.line(Some(&place)));
        for line in events.chain(notices).chain(scrubs).chain(others) {
            prop_assert!(line.text.len() <= LINE_BYTES, "{} of {}", line.text.len(), line.text);
        }
    }
}

/// A name has all the room that the rest of its line leaves.
#[test]
fn a_line_that_fits_has_whole_names() {
    let body = Body::Health { change: Change::Sick, target: INODE, mask: 1 };
    let text = |length: usize| {
        let path = "/".to_owned() + &"a".repeat(length);
        event_line(&Place::new(b"/m"), &Event { time_ns: 0, body }, Some(path.as_bytes())).text
    };
    let rest = "/m/ core: sick".len();
    let whole = text(LINE_BYTES - rest);
    assert_eq!((whole.len(), whole.contains("...")), (LINE_BYTES, false));
    let short = text(LINE_BYTES - rest + 1);
    assert_eq!((short.len(), short.contains("...")), (LINE_BYTES, true));
    assert!(short.starts_with("/m/aaa") && short.ends_with("aaa core: sick"), "{short}");
}
