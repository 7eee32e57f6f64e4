// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::event::{Change, Device, FileError, ShutdownReasons};
use crate::plan::Key;
use crate::property::*;
use crate::report::escape::tests::undo;
use crate::report::{Place, event_line, notice_line};

fn event(body: Body, path: Option<&[u8]>) -> String {
    let mut text = String::new();
    write_event_json(&mut text, b"/mnt", &Event { time_ns: 7, body }, path).unwrap();
    let (start, rest) = text.split_once("\"time_ns\":7,\"mount\":\"/mnt\",").unwrap();
    assert!(start.starts_with("{\"v\":1,\"kind\":\"event\",\"priority\":"), "{start}");
    rest.to_owned()
}

fn health(change: Change, target: Target, mask: u32, path: Option<&[u8]>) -> String {
    event(Body::Health { change, target, mask }, path)
}

fn notice(notice: Notice, path: Option<&[u8]>) -> String {
    let mut text = String::new();
    write_notice_json(&mut text, b"/mnt", &notice, path).unwrap();
    let (start, rest) = text.split_once("\"mount\":\"/mnt\",").unwrap();
    assert!(start.starts_with("{\"v\":1,\"kind\":\""), "{start}");
    rest.to_owned()
}

const INODE: Target = Target::Inode { ino: 135, generation: 10 };

#[test]
fn what_happens_to_the_mount() {
    assert_eq!(event(Body::Running, None), r#""event":"running","domain":"mount"}"#);
    assert_eq!(event(Body::Unmount, None), r#""event":"unmount","domain":"mount"}"#);
    let lost = event(Body::Lost { count: 3 }, None);
    assert_eq!(lost, r#""event":"lost","domain":"mount","count":3}"#);
    let reasons = ShutdownReasons::from_bits_retain(1 << 31 | 0b110);
    assert_eq!(
        event(Body::Shutdown { reasons }, None),
        r#""event":"shutdown","domain":"mount","mask":2147483654,"#.to_owned()
            + r#""reasons":["log I/O error","forced unmount"]}"#
    );
}

#[test]
fn the_state_of_metadata() {
    assert_eq!(
        health(Change::Sick, Target::Ag(1), 0x110, None),
        r#""event":"sick","domain":"ag","object":"ag:1","agno":1,"mask":272,"#.to_owned()
            + r#""structures":["bnobt","rmapbt"]}"#
    );
    assert_eq!(
        health(Change::Healthy, Target::Rtgroup(2), 1 << 20, None),
        r#""event":"healthy","domain":"rtgroup","object":"rtgroup:2","rgno":2,"#.to_owned()
            + r#""mask":1048576,"structures":[]}"#
    );
    assert_eq!(
        health(Change::Corrupt, Target::Fs, 1, None),
        r#""event":"corrupt","domain":"fs","object":"fs:fscounters","mask":1,"#.to_owned()
            + r#""structures":["fscounters"]}"#
    );
    assert_eq!(
        health(Change::Sick, INODE, 16, Some(b"/a\"b\\\n")),
        r#""event":"sick","domain":"inode","object":"inode:135:10:directory","ino":135,"#
            .to_owned()
            + r#""gen":10,"path":"/a\"b\\\u000a","mask":16,"structures":["directory"]}"#
    );
    assert_eq!(
        health(Change::Sick, INODE, 1, None),
        r#""event":"sick","domain":"inode","object":"inode:135:10:core","ino":135,"gen":10,"#
            .to_owned()
            + r#""mask":1,"structures":["core"]}"#
    );
}

#[test]
fn failed_io() {
    let media = Body::MediaError { device: Device::Data, daddr: 16, bbcount: 8 };
    assert_eq!(
        event(media, None),
        r#""event":"media_error","domain":"datadev","daddr":16,"bbcount":8}"#
    );
    let range = |error, errno| Body::FileRange {
        error,
        ino: 135,
        generation: 10,
        pos: 4096,
        len: 512,
        errno,
    };
    assert_eq!(
        event(range(FileError::BufferedRead, 5), Some(b"/f")),
        r#""event":"buffered_read","domain":"filerange","object":"inode:135:10","ino":135,"#
            .to_owned()
            + r#""gen":10,"path":"/f","pos":4096,"len":512,"errno":5}"#
    );
    assert_eq!(
        event(range(FileError::DataLost, 0), None),
        r#""event":"data_lost","domain":"filerange","object":"inode:135:10","ino":135,"#.to_owned()
            + r#""gen":10,"pos":4096,"len":512}"#
    );
}

#[test]
fn what_has_no_name_is_shown_whole() {
    let unknown = Body::Unknown { domain: 2, kind: 13, payload: [0xa5; 32] };
    assert_eq!(
        event(unknown, None),
        r#""event":"unknown","domain_number":2,"type_number":13,"data":""#.to_owned()
            + &"a5".repeat(32)
            + "\"}"
    );
}

fn key(target: Target, bit: u32) -> Key {
    Key::from_bit(target, bit).unwrap()
}

#[test]
fn decisions_about_one_structure() {
    let bnobt = key(Target::Ag(1), 1 << 4);
    let words = |name| {
        format!(
            "\"notice\":\"{name}\",\"domain\":\"ag\",\"object\":\"ag:1:bnobt\",\"agno\":1,\
                \"structure\":\"bnobt\",\"scrub_type\":5"
        )
    };
    for (made, name) in [
        (Notice::Repaired(bnobt), "repaired"),
        (Notice::NoModification(bnobt), "no_modification"),
        (Notice::CrossFailed(bnobt), "cross_failed"),
        (Notice::Gone(bnobt), "gone"),
        (Notice::Postponed(bnobt), "postponed"),
        (Notice::Slow(bnobt), "slow"),
        (Notice::WouldRepair(bnobt), "would_repair"),
    ] {
        assert_eq!(notice(made, None), words(name) + "}");
    }
    for (why, end) in [
        (Failure::Corrupt, r#","failure":"corrupt"}"#),
        (Failure::Device, r#","failure":"device"}"#),
        (Failure::Unsupported, r#","failure":"unsupported"}"#),
        (Failure::KernelDefect, r#","failure":"kernel_defect"}"#),
        (Failure::Vanished, r#","failure":"vanished"}"#),
        (Failure::Unlinked, r#","failure":"unlinked"}"#),
        (Failure::LoadsUnlinked, r#","failure":"loads_unlinked"}"#),
        (Failure::Errno(28), r#","failure":"errno","errno":28}"#),
    ] {
        assert_eq!(notice(Notice::Failed(bnobt, why), None), words("failed") + end);
        let last = notice(Notice::OfflineNeeded(bnobt, why), None);
        assert_eq!(last, words("offline_needed") + end);
    }
}

#[test]
fn decisions_about_other_targets() {
    assert_eq!(
        notice(Notice::Repaired(key(INODE, 16)), Some(b"/d")),
        r#""notice":"repaired","domain":"inode","object":"inode:135:10:directory","ino":135,"#
            .to_owned()
            + r#""gen":10,"path":"/d","structure":"directory","scrub_type":15}"#
    );
    assert_eq!(
        notice(Notice::Gone(key(Target::Fs, 1)), Some(b"/not of an inode")),
        r#""notice":"gone","domain":"fs","object":"fs:fscounters","structure":"fscounters","#
            .to_owned()
            + r#""scrub_type":24}"#
    );
    assert_eq!(
        notice(Notice::Gone(key(Target::Rtgroup(3), 1)), None),
        r#""notice":"gone","domain":"rtgroup","object":"rtgroup:3:super","rgno":3,"#.to_owned()
            + r#""structure":"super","scrub_type":30}"#
    );
}

#[test]
fn decisions_about_the_whole_filesystem() {
    for (made, name) in [
        (Notice::ReadOnly, "read_only"),
        (Notice::NoRecovery, "no_recovery"),
        (Notice::TooManyFailures, "too_many_failures"),
        (Notice::DeviceTrouble, "device_trouble"),
        (Notice::ScrubWithheld, "scrub_withheld"),
        (Notice::ScrubUnsafe, "scrub_unsafe"),
        (Notice::ScrubFatal, "scrub_fatal"),
        (Notice::TableFull, "table_full"),
        (Notice::TooManyVanished, "too_many_vanished"),
        (Notice::ShutDown, "shut_down"),
    ] {
        assert_eq!(notice(made, None), format!("\"notice\":\"{name}\"}}"));
    }
    assert_eq!(notice(Notice::Unreachable(-5), None), r#""notice":"unreachable","errno":-5}"#);
}

#[test]
fn full_scrubs_have_reasons() {
    let reasons = Reasons::REPAIR_FAILED | Reasons::EVENTS_LOST;
    let list = r#""reasons":["repair_failed","events_lost"]}"#;
    let would = notice(Notice::WouldScrub(reasons), None);
    assert_eq!(would, r#""notice":"would_scrub","#.to_owned() + list);
    let mut text = String::new();
    write_full_scrub_json(&mut text, b"/mnt", reasons).unwrap();
    let start = r#"{"v":1,"kind":"full_scrub","priority":5,"mount":"/mnt","notice":"full_scrub","#;
    assert_eq!(text, start.to_owned() + list);
}

/// Reads a JSON string off the front of a text, as RFC 8259 has it: what it says and what follows.
fn string(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut says = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((says, chars.as_str())),
            '\0'..='\x1f' => return None,
            '\\' => match chars.next()? {
                c @ ('"' | '\\' | '/') => says.push(c),
                'n' => says.push('\n'),
                't' => says.push('\t'),
                'r' => says.push('\r'),
                'b' => says.push('\x08'),
                'f' => says.push('\x0c'),
                'u' => {
                    let mut rest = chars.as_str();
                    let mut units = Vec::new();
                    // Of a character beyond the first plane there are two.
                    loop {
                        units.push(u16::from_str_radix(rest.get(..4)?, 16).ok()?);
                        rest = rest.get(4..)?;
                        match String::from_utf16(&units) {
                            Ok(c) => {
                                says += &c;
                                break;
                            }
                            Err(_) => rest = rest.strip_prefix("\\u")?,
                        }
                    }
                    chars = rest.chars();
                }
                _ => return None,
            },
            c => says.push(c),
        }
    }
}

/// The bytes of a name in an object, which begins at `rest`: the string itself, or where that is
/// escaped the bytes that follow it.
fn name<'a>(label: &str, rest: &'a str) -> Option<(Vec<u8>, &'a str)> {
    let (says, rest) = string(rest)?;
    let Some(rest) = rest.strip_prefix(&format!(",\"{label}_hex\":")) else {
        return Some((says.into_bytes(), rest));
    };
    let (hex, rest) = string(rest)?;
    let digits = |at: usize| hex.get(at..at + 2);
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(digits(at)?, 16).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    (undo(&says) == bytes).then_some((bytes, rest))
}

proptest! {
    #[test]
    fn a_name_of_any_bytes_is_a_string_that_can_be_undone(mount: Vec<u8>, path: Vec<u8>) {
        let body = Body::Health { change: Change::Sick, target: INODE, mask: 1 };
        let mut text = String::new();
        write_event_json(&mut text, &mount, &Event { time_ns: 0, body }, Some(&path)).unwrap();
        prop_assert!(!text.chars().any(char::is_control));

        let (_, rest) = text.split_once("\"time_ns\":0,\"mount\":").unwrap();
        let (says, rest) = name("mount", rest).unwrap();
        prop_assert_eq!(says, mount);
        let start = ",\"event\":\"sick\",\"domain\":\"inode\",\"object\":\"inode:135:10:core\",\
            \"ino\":135,\"gen\":10,\"path\":";
        let (says, rest) = name("path", rest.strip_prefix(start).unwrap()).unwrap();
        prop_assert_eq!(says, path);
        prop_assert_eq!(rest, ",\"mask\":1,\"structures\":[\"core\"]}");
    }

    /// Escapes can be undone, also of characters that the bytes above seldom make.
    #[test]
    fn quotes_and_backslashes_can_be_undone(path in "[\"\\\\nx0/\u{e9}\u{202e}\u{e0001}\n\u{1}]{0,12}") {
        let mut text = String::new();
        let key = Key::from_bit(INODE, 1).unwrap();
        write_notice_json(&mut text, b"/", &Notice::Gone(key), Some(path.as_bytes())).unwrap();
        let (_, rest) = text.split_once("\"path\":").unwrap();
        let (says, _) = name("path", rest).unwrap();
        prop_assert_eq!(says, path.as_bytes());
    }
}

/// The objects are broken there, to fit.
#[test]
fn the_examples_of_the_manual_page_are_what_is_written() {
    let page = include_str!("../../../man/xfshealer_text.3");
    let (_, examples) = page.split_once(".Sh EXAMPLES\n").unwrap();
    let (_, display) = examples.split_once(".Bd -literal\n").unwrap();
    let (display, _) = display.split_once(".Ed\n").unwrap();
    let display = display.replace("\\e", "\\").replace("\n ", "");
    let time_ns = 1_790_000_000_000_000_000;
    let sick = Body::Health { change: Change::Sick, target: Target::Ag(1), mask: 1 << 4 };
    let range = Body::FileRange {
        error: FileError::BufferedRead,
        ino: 135,
        generation: 2773,
        pos: 131_072,
        len: 4096,
        errno: 5,
    };
    let events = [(sick, None), (range, Some(&b"/a\nsong"[..]))];
    let events = events.map(|(body, path)| (Event { time_ns, body }, path));
    let repaired = Notice::Repaired(Key::from_bit(Target::Ag(1), 1 << 4).unwrap());
    let place = Place::new(b"/mnt");
    let mut all: Vec<_> =
        events.iter().map(|(event, path)| event_line(&place, event, *path).text).collect();
    all.push(notice_line(&place, &repaired, None).text);
    all.push(String::new());
    for (event, path) in &events {
        let mut text = String::new();
        write_event_json(&mut text, b"/mnt", event, *path).unwrap();
        all.push(text);
    }
    let mut text = String::new();
    write_notice_json(&mut text, b"/mnt", &repaired, None).unwrap();
    all.push(text);
    assert_eq!(display.lines().collect::<Vec<_>>(), all);
}
