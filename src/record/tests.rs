// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests that what is written is read, that nothing else is believed, and where nothing is written.

use super::format::{Content, FIRST_LINE, FrameContent, HEAD_BYTES, MOST_BYTES};
use super::open::Home;
use super::reader::{Item, Reader, whole_bytes};
use super::{Description, Input, Recorder, Tape};
use crate::capi::xfshealer_outcome;
use crate::event::{RECORD_BYTES, Target};
use crate::log::recording::{BadRecording, CannotRecord, Flaw, RecordingNews};
use crate::log::said::Said;
use crate::plan::defects::KernelDefects;
use crate::plan::{Config, Depth, Escalate, Key, LookEnd, Outcome, Policy, Time};
use crate::property::*;
use crate::uapi::{XFS_SCRUB_TYPE_BNOBT, XFS_SCRUB_TYPE_DIR};
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A path in the directory for temporary files, without anything there.
fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("xfshealer-{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn description() -> Description {
    Description {
        mount_point: b"/m\n\nuuid=\xff".to_vec(),
        uuid: std::array::from_fn(|at| at as u8 * 17),
        device: (7, 4096),
        has_rmapbt: true,
        has_parent: false,
        look: Depth::Deep,
        config: Config {
            policy: Policy::Ignore,
            full_scrub: false,
            may_look: true,
            escalate: Escalate { structures: 5, within: Duration::from_secs(30) },
            dry_run: true,
            ag_count: 4,
            agno_shift: 18,
            defects: KernelDefects::AGI,
            ..Config::default()
        },
    }
}

fn inputs() -> Vec<Input> {
    let policies = [Policy::Ignore, Policy::Log, Policy::Repair];
    let ends = [LookEnd::Complete, LookEnd::Incomplete, LookEnd::NotLooked, LookEnd::Vanished];
    let inode = Target::Inode { ino: u64::MAX, generation: 7 };
    let targets = [Target::Fs, Target::Ag(3), Target::Rtgroup(u32::MAX), inode];
    let depths = [Depth::Shallow, Depth::Deep, Depth::Inodes(9), Depth::Checks, Depth::Survey];
    let record = std::array::from_fn(|at| at as u8);
    let rest = [
        Input::Record { record, is_known: false },
        Input::Record { record, is_known: true },
        Input::SilentLoss,
        Input::Failed(libc::EIO),
        Input::End { is_unmounted: true },
        Input::End { is_unmounted: false },
        Input::Deadly(1 << 40, 8),
        Input::Missed(None),
        Input::Missed(Some(2)),
        Input::Closed,
    ];
    let key = Key::from_scrub(inode, XFS_SCRUB_TYPE_DIR).unwrap();
    let outcomes = [Outcome::Repaired, Outcome::Vanished, Outcome::Unreachable(libc::ESTALE)];
    let repaired = outcomes.map(|outcome| Input::Repaired(key, outcome));
    let policies = policies.map(|policy| Input::Policy { policy, is_said: true });
    let sick = targets.map(|target| Input::Sick(target, 1 << 31));
    let looked = depths.into_iter().zip(ends).map(|(depth, end)| Input::Looked(depth, end));
    rest.into_iter().chain(policies).chain(sick).chain(looked).chain(repaired).collect()
}

/// Everything that the bytes have, and the fault that they end with.
fn read(bytes: &[u8]) -> (Vec<Item>, Option<BadRecording>) {
    let (mut reader, mut items) = (Reader::new(bytes), Vec::new());
    loop {
        match reader.next() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, None),
            Err(trouble) => return (items, Some(trouble)),
        }
    }
}

fn recording(inputs: &[Input]) -> Vec<u8> {
    let frames = inputs
        .iter()
        .enumerate()
        .flat_map(|(at, input)| Content::Input(*input).frame(5, Time::from_nanos(at as u64)));
    [FIRST_LINE.as_bytes(), &frames.collect::<Vec<_>>()].concat()
}

#[test]
fn what_is_written_is_read() {
    let (items, trouble) = read(&recording(&inputs()));
    assert_eq!((items.len(), trouble), (inputs().len() + 1, None));
    for (at, (item, input)) in items.iter().skip(1).zip(inputs()).enumerate() {
        let Item::Frame { filesystem: 5, time, content: Content::Input(read), .. } = item else {
            panic!("{item:?}")
        };
        assert_eq!((*read, *time), (input, Time::from_nanos(at as u64)));
    }
}

#[test]
fn the_numbers_of_outcomes_are_those_of_the_c_library() {
    let key = Key::from_scrub(Target::Ag(0), XFS_SCRUB_TYPE_BNOBT).unwrap();
    for outcome in [Outcome::Repaired, Outcome::Error(5), Outcome::Unreachable(5)]
        .into_iter()
        .chain([Outcome::Unlinked, Outcome::NotJudged, Outcome::Vanished, Outcome::Unsupported])
    {
        let frame = Content::Input(Input::Repaired(key, outcome)).frame(1, Time::default());
        let number = u64::from_ne_bytes(frame[HEAD_BYTES + 32..][..8].try_into().unwrap());
        assert_eq!(number, u64::from(xfshealer_outcome::from(outcome).code), "{outcome:?}");
    }
}

#[test]
fn a_description_is_text_and_says_what_the_planner_is_told() {
    let (bytes, before) = (description().bytes(), description());
    let after = Description::of_bytes(&bytes).unwrap();
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert!(String::from_utf8_lossy(&bytes).contains("\npolicy=ignore\nescalate=5/30\n"));
    let nothing = Description::of_bytes(b"new=1\n\n").unwrap();
    assert_eq!((nothing.config.policy, nothing.mount_point), (Policy::Log, Vec::new()));
    for wrong in
        ["agno_shift=64", "policy=x", "rmapbt=2", "escalate=1", "uuid=0", "device=1", "defects=-1"]
    {
        let name = wrong.split('=').next().unwrap();
        let Err(Flaw::Value(what)) = Description::of_bytes(format!("{wrong}\n\n").as_bytes())
        else {
            panic!("{wrong}");
        };
        assert_eq!(what, name);
    }
    assert!(Description::of_bytes(b"no end").is_err());
}

#[test]
fn a_recording_that_is_cut_is_read_up_to_there() {
    let (all, frame_bytes) = (recording(&[Input::SilentLoss; 3]), HEAD_BYTES);
    for len in FIRST_LINE.len()..all.len() {
        let (items, trouble) = read(&all[..len]);
        let whole = (len - FIRST_LINE.len()) / frame_bytes;
        let offset = FIRST_LINE.len() + whole * frame_bytes;
        assert_eq!(items.len(), 1 + whole);
        let torn = BadRecording { offset: offset as u64, what: Flaw::Torn };
        assert_eq!(trouble, (offset < len).then_some(torn), "{len}");
        assert_eq!(whole_bytes::<Content>(&all[..len]), Ok(offset as u64));
    }
}

#[test]
fn what_is_no_recording_of_this_version_and_machine_is_named() {
    let other = if cfg!(target_endian = "little") { "big" } else { "little" };
    let line = |version, order| format!("xfs_healer recording {version} {order}\nmore to come");
    for (bytes, what) in [
        (String::new(), Flaw::NoRecording("xfs_healer")),
        ("\0".repeat(99), Flaw::NoRecording("xfs_healer")),
        (line("2", "little"), Flaw::Version),
        (line("1", other), Flaw::ByteOrder),
        (line("1", "little").replace('\n', "\r\n"), Flaw::LineEnds),
        (line("1", "big").replace('\n', "\r\n"), Flaw::LineEnds),
    ] {
        assert_eq!(read(bytes.as_bytes()).1, Some(BadRecording { offset: 0, what }));
    }
    let long = [FIRST_LINE.as_bytes(), &[0xff; 64]].concat();
    let offset = FIRST_LINE.len() as u64;
    let what = Flaw::Length(u32::MAX, u32::MAX);
    assert_eq!(read(&long).1, Some(BadRecording { offset, what }));
}

#[test]
fn a_second_recording_goes_on_behind_what_a_death_has_torn() {
    let path = path("torn");
    let elsewhere = File::open("/proc").unwrap();
    let home = Home::NotOf(elsewhere.as_fd());
    let now = Time::from_nanos(9);
    {
        let recorder = Arc::new(Recorder::begin::<Content>(&path, home, now).unwrap());
        let busy = Recorder::begin::<Content>(&path, home, now).unwrap_err();
        let why = CannotRecord::Busy("xfs_healer");
        assert_eq!(busy, Said::Recording(RecordingNews::Refused(path.clone(), why)));
        let mut tape = Tape::new(recorder, 3, description(), now);
        tape.put(Input::SilentLoss, now);
        tape.policy(Policy::Ignore, false, now);
        tape.policy(Policy::Log, false, now);
    }
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], &whole[FIRST_LINE.len()..][..30]].concat()).unwrap();
    // The lock is let go of when the thread that wrote has let go of the file, too.
    let end = Instant::now() + Duration::from_secs(60);
    while Recorder::begin::<Content>(&path, home, now).is_err() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(1));
    }
    let (items, trouble) = read(&fs::read(&path).unwrap());
    assert_eq!(trouble, None);
    let kinds: String = items
        .iter()
        .map(|item| match item {
            Item::Begins => 'b',
            Item::Frame { content: Content::Program(_), .. } => 'p',
            Item::Frame { content: Content::Filesystem(_), filesystem: 3, .. } => 'f',
            Item::Frame { content: Content::Input(Input::SilentLoss), .. } => 'l',
            Item::Frame { content: Content::Input(Input::Policy { .. }), .. } => 'y',
            Item::Frame { .. } => '?',
        })
        .collect();
    assert_eq!(kinds, "bpflybp");
    fs::remove_file(path).unwrap();
}

#[test]
fn nothing_is_recorded_in_what_others_can_lock_or_have_made() {
    let (elsewhere, now) = (File::open("/proc").unwrap(), Time::default());
    let home = Home::NotOf(elsewhere.as_fd());
    let refusal = |path: &PathBuf| match Recorder::begin::<Content>(path, home, now) {
        Err(Said::Recording(RecordingNews::Refused(_, why))) => why,
        other => panic!("{other:?}"),
    };
    let (path, other) = (path("own"), path("other"));
    drop(Recorder::begin::<Content>(&path, home, now).unwrap());
    let made = fs::metadata(&path).unwrap();
    assert_eq!(made.mode() & 0o7777, 0o600);
    std::os::unix::fs::symlink(&path, &other).unwrap();
    assert_eq!(refusal(&other), CannotRecord::NotRegular);
    fs::remove_file(&other).unwrap();
    fs::hard_link(&path, &other).unwrap();
    assert_eq!(refusal(&path), CannotRecord::Linked);
    fs::remove_file(&other).unwrap();
    if std::os::unix::fs::chown(&path, Some(65534), None).is_ok() {
        assert_eq!(refusal(&path), CannotRecord::NotOwn);
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), made.len());
    fs::remove_file(path).unwrap();
}

#[test]
fn nothing_is_recorded_where_it_does_harm_nor_into_what_is_no_recording() {
    let refusal =
        |path: &PathBuf, home| match Recorder::begin::<Content>(path, home, Time::default()) {
            Err(Said::Recording(RecordingNews::Refused(_, why))) => why,
            other => panic!("{other:?}"),
        };
    let (path, temporary) = (path("refused"), File::open(std::env::temp_dir()).unwrap());
    let here = Home::NotOf(temporary.as_fd());
    assert_eq!(refusal(&path, here), CannotRecord::OnFilesystem);
    assert!(!path.exists());
    fs::write(&path, "notes\n").unwrap();
    assert_eq!(refusal(&path, here), CannotRecord::OnFilesystem);
    let elsewhere = File::open("/proc").unwrap();
    let elsewhere = Home::NotOf(elsewhere.as_fd());
    let trouble = BadRecording { offset: 0, what: Flaw::NoRecording("xfs_healer") };
    assert_eq!(refusal(&path, elsewhere), CannotRecord::Broken(trouble));
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes\n");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", &path).unwrap();
    assert_eq!(refusal(&path, elsewhere), CannotRecord::NotRegular);
    fs::remove_file(&path).unwrap();
    assert_eq!(refusal(&"/dev/null".into(), elsewhere), CannotRecord::NotRegular);
}

proptest! {
    /// Any bytes are read to an end, in bounded memory.
    #[test]
    fn any_bytes_come_to_an_end(
        begins: bool,
        frames in proptest::collection::vec((0..20_u32, 0..3_u64, proptest::collection::vec(any::<u8>(), 0..80)), 0..20),
        rest in proptest::collection::vec(any::<u8>(), 0..200),
        flip in proptest::option::of((any::<prop::sample::Index>(), 0..8_u8)),
    ) {
        let mut bytes = if begins { FIRST_LINE.as_bytes().to_vec() } else { Vec::new() };
        for (kind, filesystem, content) in frames {
            bytes.extend(super::format::frame(kind, filesystem, Time::default(), &content));
        }
        bytes.extend(rest);
        if let (Some((at, bit)), false) = (flip, bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let (items, _) = read(&bytes);
        prop_assert!(items.len() <= bytes.len() / HEAD_BYTES + 1);
        let _ = whole_bytes::<Content>(&bytes[..]);
    }

    /// Whatever a frame holds, it is written as it was read.
    #[test]
    fn what_is_read_is_written_the_same(
        kind in 3..14_u32,
        content in proptest::collection::vec(any::<u8>(), 0..RECORD_BYTES + 9),
        small in proptest::collection::vec(0..4_u64, 0..5),
    ) {
        let small: Vec<u8> = small.iter().flat_map(|number| number.to_ne_bytes()).collect();
        for content in [content, small] {
            if let Ok(read) = Content::of_bytes(kind, &content) {
                let written = read.frame(1, Time::default());
                let again = Content::of_bytes(kind, &written[HEAD_BYTES..]).unwrap();
                prop_assert_eq!(format!("{read:?}"), format!("{again:?}"));
            }
        }
    }
}

#[test]
fn a_mount_point_of_any_length_can_be_read_and_what_follows_it_too() {
    for length in [1, 4096, 4097, 8192, 100_000] {
        let description = Description { mount_point: vec![b'm'; length], ..description() };
        assert!(description.bytes().len() <= MOST_BYTES);
        let first = Content::Filesystem(Box::new(description)).frame(1, Time::default());
        let (items, trouble) = read(&[recording(&[]), first, recording(&inputs())].concat());
        assert_eq!((items.len(), trouble), (inputs().len() + 3, None));
        let Item::Frame { content: Content::Filesystem(found), .. } = &items[1] else {
            panic!("{:?}", items[1])
        };
        assert_eq!(found.mount_point.len(), length.min(4096));
    }
}
