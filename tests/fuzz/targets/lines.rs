// SPDX-License-Identifier: LGPL-2.1-or-later
//! Everything that is said of names that others choose.

use super::{Input, checks};
use crate::act::{Fork, Orphan, Owner, ScrubExit, ScrubVerdict, StartError};
use crate::event::{Device, Event};
use crate::hook::fuzzed::told;
use crate::log::fserror::{ErrorFile, FsError, FsErrorNews};
use crate::log::hook::{HookNews, HookRefusal};
use crate::log::json;
use crate::log::loss::{Loss, LossCause, Lost};
use crate::log::recording::{BadRecording, CannotRecord, Flaw, RecordingNews};
use crate::log::said::{CrowdKind, Fault, HealerNews, Refusal, ReportKind, Said, ScrubNews};
use crate::mounts::{MountFailure, MountNews};
use crate::plan::{Failure, Key, Notice, Reasons};
use crate::report::{Cause, FsId, Place, escape};
use crate::sys::file_handle::InodeNumber;
use crate::sys::mount::MountInfo;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Something said of a place, with names and numbers from the bytes: one line of text that a log
/// takes in one piece, and one object of JSON.
pub(super) fn lines(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut place = Place::new(input.bytes(1000));
    if input.flag() {
        place.found_at(Some(input.bytes(1000)));
        place.identify(FsId { uuid: input.array(), device: (input.u32(), input.u32()) });
    }
    let said = said(&mut input);
    let line = said.line(Some(&place));
    checks::is_line(&line.text);
    checks::is_json(&json::line(&said, Some(&place), json::Stamp::new(input.number()), &line));
    checks::is_line(&said.line(None).text);
    hook(&said, &place);
}

/// What the hook is told: one line of JSON, and variables that a process can be given.
fn hook(said: &Said, place: &Place) {
    let Some((key, variables, line)) = told(said, place) else { return };
    assert!(!key.is_empty());
    checks::is_json(&line);
    let mut names = BTreeSet::new();
    for (name, value) in variables {
        assert!(names.insert(name), "{name} is there twice");
        let is_raw = matches!(name, "MOUNT" | "PATH");
        if !is_raw {
            checks::is_shown(value.to_str().expect(name));
        }
    }
}

fn fs_error(input: &mut Input<'_>, errno: i32) -> FsErrorNews {
    let subvolume = input.flag().then(|| input.u64());
    let number = InodeNumber { ino: input.u64(), generation: input.u32(), subvolume };
    let kind = input.u32() as i32;
    let file = match input.below(4) {
        0 => None,
        1 => Some(ErrorFile::Inode(number)),
        2 => Some(ErrorFile::Handle(kind, input.bytes(128).to_vec())),
        _ => Some(ErrorFile::Path(input.bytes(1000).to_vec(), input.flag().then_some(number))),
    };
    FsErrorNews::Again(FsError { file, errno }, input.u64())
}

fn said(input: &mut Input<'_>) -> Said {
    let path = input.flag().then(|| input.bytes(1000).to_vec());
    let errno = input.number() as i32;
    let error = || Cause::Errno(errno);
    match input.below(16) {
        0 | 1 => Said::Event(Event::decode(&input.array()), path),
        2 => Said::Notice(notice(input, errno), path),
        3 => Said::Loss(loss(input, errno), path),
        4 => Said::FullScrub(ScrubNews::Said(input.rest().to_vec())),
        5 => Said::Hook(HookNews::Said(input.rest().to_vec())),
        6 => Said::Hook(HookNews::CannotRun(file(input), HookRefusal::Failed(error()))),
        7 => Said::Fault(Fault::NoDevice(file(input), error())),
        8 => Said::Fault(Fault::Metrics(file(input), error())),
        9 => Said::Mounts(mounts(input, errno)),
        10 => Said::Recording(recording(input, errno)),
        11 => Said::FullScrub(scrub(input, errno)),
        12 => {
            let kind = input.one(&[CrowdKind::Nameless, CrowdKind::Core, CrowdKind::Untried]);
            Said::Crowd { agno: input.u32(), kind, inodes: input.u64() }
        }
        13 => Said::MoreReports(ReportKind::LostData, input.u64()),
        14 => Said::Healer(HealerNews::NotStarted(unit(input))),
        _ if input.flag() => Said::Refused(Refusal::NoRecovery),
        _ if input.flag() => Said::FsError(fs_error(input, errno)),
        _ => Said::Refused(Refusal::NoHandle(error())),
    }
}

fn file(input: &mut Input<'_>) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(input.bytes(4096)))
}

/// The name of a unit, which has been escaped and is no longer than systemd takes.
fn unit(input: &mut Input<'_>) -> String {
    escape(input.bytes(200)).chars().filter(char::is_ascii).take(255).collect()
}

fn key(input: &mut Input<'_>) -> Key {
    use crate::event::Target;
    let targets = [
        Target::Fs,
        Target::Ag(input.u32()),
        Target::Rtgroup(input.u32()),
        Target::Inode { ino: input.number(), generation: input.u32() },
    ];
    let target = input.one(&targets);
    let first = Key::from_bit(Target::Fs, 1).expect("there is one");
    Key::from_bit(target, input.mask()).unwrap_or(first)
}

fn notice(input: &mut Input<'_>, errno: i32) -> Notice {
    let key = key(input);
    let why = input.one(&[
        Failure::Errno(errno),
        Failure::Corrupt,
        Failure::Device,
        Failure::Unsupported,
        Failure::KernelDefect,
        Failure::Unlinked,
        Failure::Vanished,
    ]);
    input.one(&[
        Notice::OfflineNeeded(key, why),
        Notice::Failed(key, why),
        Notice::CrossFailed(key),
        Notice::Slow(key),
        Notice::Unreachable(errno),
        Notice::WouldScrub(Reasons::all()),
        Notice::ScrubUnsafe,
        Notice::TooManyVanished,
    ])
}

fn loss(input: &mut Input<'_>, errno: i32) -> Loss {
    let (ino, generation, fork) = (input.number(), input.u32(), Fork::Data);
    let device = input.one(&[Device::Data, Device::Log, Device::Realtime]);
    let lost = match input.below(5) {
        0 => Lost::File { ino, generation, fork },
        1 => Lost::Target { ino, generation },
        2 => Lost::Name(Orphan { ino, name: input.bytes(1000).to_vec() }),
        3 => Lost::Untold(device, Cause::Errno(errno)),
        _ => Lost::OnDevice(device, Owner::Inodes(input.number(), input.number()), input.flag()),
    };
    let error = crate::event::FileError::BufferedRead;
    let cause = input.one(&[LossCause::Medium, LossCause::FileError(error, errno as u32)]);
    let ranges = (0..input.below(5)).map(|_| (input.number(), input.number())).collect();
    Loss { lost, cause, ranges, is_rough: input.flag(), reports: input.number() }
}

fn mounts(input: &mut Input<'_>, errno: i32) -> MountNews {
    if input.flag() {
        let name = input.bytes(4096).to_vec();
        return MountNews::Failed(MountFailure::File(name, Cause::Errno(errno)));
    }
    let [fs_type, mount_point, root] = [0; 3].map(|_| input.bytes(1000).to_vec());
    let (is_read_only, is_idmapped, device) = (false, false, (1, 2));
    let info =
        MountInfo { fs_type, mount_point, root, is_read_only, is_idmapped, device, parent: 0 };
    MountNews::Mount(input.u64(), Box::new(info))
}

fn recording(input: &mut Input<'_>, errno: i32) -> RecordingNews {
    let offset = input.number();
    let what = input.one(&[0, 1, 2]);
    let what = match what {
        0 => Flaw::Failed(Cause::Errno(errno)),
        1 => Flaw::Length(input.u32(), input.u32()),
        _ => Flaw::Undescribed(input.u64()),
    };
    let broken = BadRecording { offset, what };
    match input.below(3) {
        0 => RecordingNews::Refused(file(input), CannotRecord::Broken(broken)),
        1 => RecordingNews::Broken(broken),
        _ => {
            let [program, kernel] =
                [0; 2].map(|_| String::from_utf8_lossy(input.bytes(4096)).into_owned());
            RecordingNews::Begins { program, kernel }
        }
    }
}

fn scrub(input: &mut Input<'_>, errno: i32) -> ScrubNews {
    let name = unit(input);
    match input.below(5) {
        0 => ScrubNews::NotStarted(StartError::Spawn { name, error: Cause::Errno(errno) }),
        1 => ScrubNews::Other(name),
        2 => ScrubNews::Ended(ScrubVerdict::Exit(ScrubExit::from_bits_retain(errno)), name),
        3 => ScrubNews::Ended(ScrubVerdict::UnitFailed(errno), name),
        _ => ScrubNews::Ended(ScrubVerdict::Signal(errno), name),
    }
}
