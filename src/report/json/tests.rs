// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::event::{Change, Device, FileError, ShutdownReasons};
use crate::property::*;
use crate::report::escape::tests::undo;

fn event(body: Body, path: Option<&[u8]>) -> String {
    let mut text = String::new();
    write_event_json(&mut text, b"/mnt", &Event { time_ns: 7, body }, path).unwrap();
    let start = "{\"time_ns\":7,\"mount\":\"/mnt\",";
    text.strip_prefix(start).unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn health(change: Change, target: Target, mask: u32, path: Option<&[u8]>) -> String {
    event(Body::Health { change, target, mask }, path)
}

fn notice(notice: Notice, path: Option<&[u8]>) -> String {
    let mut text = String::new();
    write_notice_json(&mut text, b"/mnt", &notice, path).unwrap();
    text.strip_prefix("{\"mount\":\"/mnt\",").unwrap_or_else(|| panic!("{text}")).to_owned()
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
        r#""event":"sick","domain":"ag","agno":1,"mask":272,"structures":["bnobt","rmapbt"]}"#
    );
    assert_eq!(
        health(Change::Healthy, Target::Rtgroup(2), 1 << 20, None),
        r#""event":"healthy","domain":"rtgroup","rgno":2,"mask":1048576,"structures":[]}"#
    );
    assert_eq!(
        health(Change::Corrupt, Target::Fs, 1, None),
        r#""event":"corrupt","domain":"fs","mask":1,"structures":["fscounters"]}"#
    );
    assert_eq!(
        health(Change::Sick, INODE, 16, Some(b"/a\"b\\\n")),
        r#""event":"sick","domain":"inode","ino":135,"gen":10,"path":"/a\"b\\\\\\n","#.to_owned()
            + r#""mask":16,"structures":["directory"]}"#
    );
    assert_eq!(
        health(Change::Sick, INODE, 1, None),
        r#""event":"sick","domain":"inode","ino":135,"gen":10,"mask":1,"structures":["core"]}"#
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
        r#""event":"buffered_read","domain":"filerange","ino":135,"gen":10,"path":"/f","#
            .to_owned()
            + r#""pos":4096,"len":512,"errno":5}"#
    );
    assert_eq!(
        event(range(FileError::DataLost, 0), None),
        r#""event":"data_lost","domain":"filerange","ino":135,"gen":10,"pos":4096,"len":512}"#
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
            "\"notice\":\"{name}\",\"domain\":\"ag\",\"agno\":1,\
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
        r#""notice":"repaired","domain":"inode","ino":135,"gen":10,"path":"/d","#.to_owned()
            + r#""structure":"directory","scrub_type":15}"#
    );
    assert_eq!(
        notice(Notice::Gone(key(Target::Fs, 1)), Some(b"/not of an inode")),
        r#""notice":"gone","domain":"fs","structure":"fscounters","scrub_type":24}"#
    );
    assert_eq!(
        notice(Notice::Gone(key(Target::Rtgroup(3), 1)), None),
        r#""notice":"gone","domain":"rtgroup","rgno":3,"structure":"super","scrub_type":30}"#
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
    assert_eq!(text, r#"{"mount":"/mnt","notice":"full_scrub","#.to_owned() + list);
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
                    let code = u32::from_str_radix(chars.as_str().get(..4)?, 16).ok()?;
                    says.push(char::from_u32(code)?);
                    chars = chars.as_str().get(4..)?.chars();
                }
                _ => return None,
            },
            c => says.push(c),
        }
    }
}

proptest! {
    #[test]
    fn a_name_of_any_bytes_is_a_string_that_can_be_undone(mount: Vec<u8>, path: Vec<u8>) {
        let body = Body::Health { change: Change::Sick, target: INODE, mask: 1 };
        let mut text = String::new();
        write_event_json(&mut text, &mount, &Event { time_ns: 0, body }, Some(&path)).unwrap();
        prop_assert!(!text.chars().any(char::is_control));

        let rest = text.strip_prefix("{\"time_ns\":0,\"mount\":").unwrap();
        let (says, rest) = string(rest).unwrap();
        prop_assert_eq!(undo(&says), mount);
        let start = ",\"event\":\"sick\",\"domain\":\"inode\",\"ino\":135,\"gen\":10,\"path\":";
        let (says, rest) = string(rest.strip_prefix(start).unwrap()).unwrap();
        prop_assert_eq!(undo(&says), path);
        prop_assert_eq!(rest, ",\"mask\":1,\"structures\":[\"core\"]}");
    }

    /// Escapes can be undone, also of characters that the bytes above seldom make.
    #[test]
    fn quotes_and_backslashes_can_be_undone(path in "[\"\\\\nx0/\u{e9}\u{202e}\n\u{1}]{0,12}") {
        let mut text = String::new();
        let key = Key::from_bit(INODE, 1).unwrap();
        write_notice_json(&mut text, b"/", &Notice::Gone(key), Some(path.as_bytes())).unwrap();
        let (_, rest) = text.split_once("\"path\":").unwrap();
        let (says, _) = string(rest).unwrap();
        prop_assert_eq!(undo(&says), path.as_bytes());
    }
}
