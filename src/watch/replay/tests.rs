// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests that a recording is replayed as a dry run would have been, whatever is in it.

use super::*;
use crate::event::{RECORD_BYTES, Record, Target};
use crate::plan::{Escalate, Key, LookEnd, Outcome};
use crate::property::*;
use crate::record::format::FrameContent;
use crate::uapi::*;

fn at(millis: u64) -> Time {
    Time::default().after(Duration::from_millis(millis))
}

fn description(policy: Policy) -> Content {
    let escalate = Escalate { structures: 1, within: Duration::from_secs(600) };
    let config = Config { policy, escalate, ag_count: 4, agno_shift: 18, ..Config::default() };
    let (mount_point, uuid, device) = (b"/m".to_vec(), [0; 16], (7, 0));
    let (has_rmapbt, has_parent, look) = (true, false, Depth::Deep);
    let facts = Description { mount_point, uuid, device, has_rmapbt, has_parent, look, config };
    Content::Filesystem(Box::new(facts))
}

/// A record about an AG: of these sick bits, it is sick or healthy.
fn of_ag(kind: u32, agno: u32, mask: u32) -> Content {
    let mut record: Record = [0; RECORD_BYTES];
    let fields = [(0, XFS_HEALTH_MONITOR_DOMAIN_AG), (4, kind), (16, mask), (20, agno)];
    for (at, value) in fields {
        record[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }
    Content::Input(Input::Record { record, is_known: false })
}

fn sick(agno: u32) -> Content {
    of_ag(XFS_HEALTH_MONITOR_TYPE_SICK, agno, XFS_AG_GEOM_SICK_BNOBT)
}

fn options(change: fn(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

/// Lines that are said of these frames of filesystem 1, but the first, and the fault.
fn lines_of(
    options: &Options,
    frames: impl IntoIterator<Item = (u64, Content)>,
) -> (Vec<String>, Option<BadRecording>) {
    let mut lines = Vec::new();
    let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
    let mut replay = Replay::new(options);
    let items = frames.into_iter().map(|(millis, content)| Item::Frame {
        offset: millis,
        filesystem: 1,
        time: at(millis),
        content,
    });
    let trouble = items.map(|item| replay.take(item, &mut say)).find_map(Result::err);
    replay.end(&mut say);
    (lines.into_iter().filter(|line| !line.contains("UUID")).collect(), trouble)
}

fn lines(frames: impl IntoIterator<Item = (u64, Content)>) -> Vec<String> {
    lines_of(&Options::default(), frames).0
}

#[test]
fn what_a_repair_came_to_is_told_and_changes_nothing() {
    let key = Key::from_bit(Target::Ag(1), XFS_AG_GEOM_SICK_BNOBT).unwrap();
    let repaired = |outcome| Content::Input(Input::Repaired(key, outcome));
    let frames = [
        (0, description(Policy::Repair)),
        (100, sick(1)),
        (200, repaired(Outcome::Failed)),
        (300, repaired(Outcome::Error(libc::EPERM))),
    ];
    let told = [
        "/m agno 0x1 bnobt: sick",
        "/m agno 0x1: would repair: bnobt",
        "/m agno 0x1 bnobt: its repair then: unsuccessful",
        "/m agno 0x1 bnobt: its repair then: Operation not permitted",
    ];
    assert_eq!(lines(frames), told);
}

#[test]
fn damage_is_told_and_what_would_be_done_about_it_once() {
    let healthy = of_ag(XFS_HEALTH_MONITOR_TYPE_HEALTHY, 1, XFS_AG_GEOM_SICK_BNOBT);
    let frames = [
        (0, description(Policy::Repair)),
        (100, sick(1)),
        (200, sick(1)),
        (300, healthy),
        (400, Content::Input(Input::End { is_unmounted: true })),
        (400, Content::Input(Input::Closed)),
    ];
    assert_eq!(
        lines(frames),
        [
            "/m agno 0x1 bnobt: sick",
            "/m agno 0x1: would repair: bnobt",
            "/m agno 0x1 bnobt: sick",
            "/m agno 0x1 bnobt: healthy",
            "/m: filesystem unmounted",
        ]
    );
}

#[test]
fn the_policy_is_that_of_the_recording_unless_an_option_says_otherwise() {
    let frames = |policy| {
        let changed = Input::Policy { policy: Policy::Repair, is_said: true };
        [(0, description(policy)), (100, sick(1)), (200, Content::Input(changed)), (300, sick(1))]
    };
    let said = |policy, change| lines_of(&options(change), frames(policy)).0;
    assert_eq!(
        said(Policy::Log, |_| ()),
        [
            "/m agno 0x1 bnobt: sick",
            "/m: Automatically repairing per autofsck directive.",
            "/m agno 0x1: would repair: bnobt",
            "/m agno 0x1 bnobt: sick",
        ]
    );
    let sick = ["/m agno 0x1 bnobt: sick"; 2];
    assert_eq!(said(Policy::Repair, |o| o.no_autofsck = true), sick);
    assert_eq!(
        said(Policy::Log, |o| (o.repair, o.quiet) = (true, true)),
        ["/m agno 0x1: would repair: bnobt"]
    );
}

#[test]
fn looks_find_what_they_found_and_a_full_scrub_waits_for_them() {
    let look = |input| (7000, Content::Input(input));
    let frames = |ends: bool| {
        let begin = [(0, description(Policy::Repair)), (6000, sick(1)), (6000, sick(2))];
        let finds = [look(Input::Sick(Target::Ag(3), XFS_AG_GEOM_SICK_CNTBT))];
        let end = look(Input::Looked(Depth::Deep, LookEnd::Complete));
        let rest = [(8000, Content::Input(Input::Closed))];
        begin.into_iter().chain(finds).chain(ends.then_some(end)).chain(rest)
    };
    let all = lines(frames(true));
    assert!(all.contains(&"/m agno 0x3 cntbt: sick".to_owned()), "{all:#?}");
    assert!(all.contains(&"/m agno 0x3: would repair: cntbt".to_owned()), "{all:#?}");
    let scrubs = |lines: &[String]| lines.iter().filter(|l| l.contains("full scrub")).count();
    assert_eq!(scrubs(&all), 1, "{all:#?}");
    let (debug, _) = lines_of(&options(|o| o.debug = true), frames(true));
    assert!(debug.contains(&"/m: look Deep: Complete".to_owned()), "{debug:#?}");
}

/// A direct read of 512 bytes of inode 131 that has failed with this errno.
fn failed_read(pos: u32, errno: i32) -> Content {
    let mut record: Record = [0; RECORD_BYTES];
    let (domain, kind) = (XFS_HEALTH_MONITOR_DOMAIN_FILERANGE, XFS_HEALTH_MONITOR_TYPE_DIOREAD);
    let fields = [(0, domain), (4, kind), (16, pos), (24, 512), (32, 131), (40, 7)];
    for (at, value) in fields.into_iter().chain([(44, errno.unsigned_abs())]) {
        record[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }
    Content::Input(Input::Record { record, is_known: false })
}

/// By the clock of the recording, as it was when that was made: not when the recording ends.
#[test]
fn the_losses_of_a_file_are_told_once_and_when_they_were() {
    let begin = [(0, description(Policy::Repair)), (50, failed_read(0, libc::EFAULT))];
    let storm = (0..1000).map(|at| (100 + u64::from(at), failed_read(at * 512, libc::EIO)));
    let later = [(9000, sick(1)), (9000, Content::Input(Input::Closed))];
    let of_them = |line: &String| !line.contains("directio") && !line.contains("more reports");
    let all = lines(begin.into_iter().chain(storm).chain(later)).into_iter();
    let told = [
        "/m ino 131 gen 0x7 pos 0 len 512000: data cannot be read: Input/output error (1000 reports)",
        "/m agno 0x1 bnobt: sick",
    ];
    assert_eq!(all.filter(of_them).collect::<Vec<_>>(), told);
    // What waits when it ends is told then.
    let cut = lines([(0, description(Policy::Repair)), (100, failed_read(0, libc::EIO))]);
    let last = "/m ino 131 gen 0x7 pos 0 len 512: data cannot be read: Input/output error";
    assert_eq!(cut.last().unwrap(), last);
}

#[test]
fn what_was_not_described_is_a_fault_with_its_place() {
    let (lines, trouble) = lines_of(&Options::default(), [(9, sick(1)), (10, sick(1))]);
    assert_eq!(trouble, Some(BadRecording { offset: 9, what: Flaw::Undescribed(1) }));
    assert!(lines.is_empty());
    let again = [0, 1].map(|n| (n, description(Policy::Log)));
    assert_eq!(lines_of(&Options::default(), again).1, None, "described again it goes on");
}

#[test]
fn so_many_filesystems_and_no_more() {
    let mut replay = Replay::new(&Options::default());
    let mut add = |filesystem| {
        let content = description(Policy::Repair);
        let item = Item::Frame { offset: 0, filesystem, time: at(0), content };
        replay.take(item, &mut |_, _| ())
    };
    assert!((0..MOST as u64).all(|number| add(number).is_ok()));
    assert_eq!(add(u64::MAX).unwrap_err().what, Flaw::TooMany);
}

#[test]
fn what_came_at_one_time_is_said_before_it_takes_much_memory() {
    for time in [0, u64::MAX].map(Time::from_nanos) {
        let lines = std::cell::Cell::new(0);
        let mut say = |_: Option<&Place>, _: &Said| lines.set(lines.get() + 1);
        let mut replay = Replay::new(&options(|o| o.everything = true));
        let mut take = |content| {
            let item = Item::Frame { offset: 0, filesystem: 1, time, content };
            replay.take(item, &mut say).unwrap();
        };
        take(description(Policy::Repair));
        for frames in 0..20_000 {
            take(Content::Input(Input::Failed(libc::EIO)));
            assert!(frames < lines.get() + 5000, "{} lines for {frames}", lines.get());
        }
    }
}

/// A frame of any content at any time, of one of two filesystems.
fn any_frame() -> impl Strategy<Value = (u64, u64, u32, Vec<u64>)> {
    let times = prop_oneof![0..100_u64, 0..100_000_000_u64, any::<u64>()];
    let numbers = prop_oneof![0..4_u64, any::<u32>().prop_map(u64::from), any::<u64>()];
    (times, 1..3_u64, 3..15_u32, proptest::collection::vec(numbers, 0..9))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Whatever a recording claims, its replay ends, and says the same each time.
    #[test]
    fn any_recording_comes_to_an_end(frames in proptest::collection::vec(any_frame(), 0..60)) {
        let play = || {
            let mut lines = Vec::new();
            let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
            let mut replay = Replay::new(&Options::default());
            for number in [1, 2] {
                let content = description(Policy::Repair);
                let item = Item::Frame { offset: 0, filesystem: number, time: at(0), content };
                replay.take(item, &mut say).unwrap();
            }
            for (time, filesystem, kind, numbers) in &frames {
                let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_ne_bytes()).collect();
                let Ok(content) = Content::of_bytes(*kind, &bytes) else { continue };
                let time = Time::from_nanos(*time);
                let item = Item::Frame { offset: 0, filesystem: *filesystem, time, content };
                let _ = replay.take(item, &mut say);
            }
            replay.end(&mut say);
            lines
        };
        prop_assert_eq!(play(), play());
    }
}
