// SPDX-License-Identifier: LGPL-2.1-or-later

use super::channel::{CHUNK_BYTES, LogWay, StreamLog, whole_lines};
use super::sink::Sink;
use super::*;
use std::fs::File;
use std::os::fd::BorrowedFd;

fn log_of(channel: Channel) -> Log {
    let last = Stamp::new(0);
    Log { channels: vec![channel], since: None, form: Form::Text, said: 0, last }
}

/// A line that begins a paragraph of the manual page, or is one of the log: of numbers, and of an error,
/// there is an example.
fn shape(line: &str) -> String {
    line.replace(|c: char| c.is_ascii_digit(), "").replace("Input/output error", "...")
}

/// What decides whether and how a filesystem is watched, and why no full scrub can be made.
#[test]
fn the_manual_page_explains_each_line_that_refuses_or_decides_the_manner() {
    let page = include_str!("../../man/xfs_healer.8");
    let (_, page) = page.split_once(".Sh DIAGNOSTICS\n").unwrap();
    let told: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix(".It ")).map(shape).collect();
    let values = samples::Values::usual();
    let place = Place::new(b"/home");
    let mut lines = 0;
    for said in samples::samples(&values) {
        let is_meant = match &said {
            Said::Policy(_) | Said::Refused(_) => true,
            Said::FullScrub(news) => matches!(news, said::ScrubNews::UnitRefused(_)),
            _ => false,
        };
        if is_meant {
            let line = shape(&said.line(Some(&place)).text);
            let is_told = told.iter().any(|told| match told.split_once("...") {
                Some((beginning, _)) => line.starts_with(beginning),
                None => line == *told,
            });
            assert!(is_told, "{line}");
            lines += 1;
        }
    }
    assert!(lines >= 20, "{lines}");
}

/// The members whose words the schema leaves open. Those of recorded repairs are in another page.
#[test]
fn the_page_about_json_has_each_word_that_a_program_may_ask_for() {
    let page = include_str!("../../man/xfs_healer-json.5");
    let told: std::collections::BTreeSet<_> = page.split_whitespace().collect();
    let values = samples::Values::usual();
    let mut words = 0;
    for said in samples::samples(&values) {
        if matches!(said, Said::RecordedRepair(..)) {
            continue;
        }
        let line = json::line(&said, None, Stamp::new(0), &said.line(None));
        for member in ["notice", "reason", "result", "owner", "of"] {
            let after = line.split_once(&format!("\"{member}\":\"")).map(|(_, after)| after);
            if let Some(word) = after.and_then(|after| after.split('"').next()) {
                assert!(told.contains(word), "{member}: {word} of {line}");
                words += 1;
            }
        }
    }
    assert!(words >= 100, "{words}");
}

#[test]
fn a_chunk_ends_with_a_line_unless_the_line_is_too_long() {
    assert_eq!(whole_lines(b"one\ntwo\n"), b"one\ntwo\n");
    let long = [&[b'x'; CHUNK_BYTES - 2][..], b"\nnext\n"].concat();
    assert_eq!(whole_lines(&long).len(), CHUNK_BYTES - 1);
    assert_eq!(whole_lines(&[b'x'; CHUNK_BYTES + 9]).len(), CHUNK_BYTES);
}

#[test]
fn lines_are_gathered_while_more_is_to_come_but_not_for_long() {
    let (reader, writer) = sys::pipe().unwrap();
    let stream = StreamLog { file: writer.into(), may_block: true, sink: Sink::default() };
    let channel = Channel { facility: None, way: LogWay::Stream(stream) };
    let mut log = log_of(channel);
    let has_come = || {
        let mut fds = [PollFd::new(reader.as_fd(), poll::IN)];
        poll::poll(&mut fds, Some(Duration::ZERO)).unwrap() == 1
    };
    let line = Line { stream: Stream::Err, level: Level::Info, text: "one".to_owned() };
    log.queue_line(&line);
    // Queued just now, however slow the machine is.
    log.since = Some(Instant::now() + GATHER);
    log.flush_gathered(true);
    assert!(!has_come() && log.wait().is_some() && log.poll_fds().next().is_none());
    log.since = Some(Instant::now() - GATHER);
    assert_eq!(log.wait(), Some(Duration::ZERO));
    log.flush_gathered(true);
    assert!(has_come() && log.wait().is_none());
    sys::read(reader.as_fd(), &mut [0; 16]).unwrap();
    log.queue_line(&line);
    log.flush_gathered(false);
    assert!(has_come(), "nothing more is to come");
}

#[test]
fn before_what_the_kernel_may_die_of_everything_is_out_but_what_is_for_a_file() {
    let (reader, writer) = sys::pipe().unwrap();
    let path = std::env::temp_dir().join(format!("xfshealer-before-{}", std::process::id()));
    let file = File::create(&path).unwrap();
    let threads = Pool::new(1);
    let channel = |fd: BorrowedFd<'_>, path: &Path| {
        Channel::new(fd, path, None, "/m", Form::Text, &threads).unwrap()
    };
    let mut log = log_of(channel(file.as_fd(), &path));
    log.channels.push(channel(writer.as_fd(), Path::new("/dev/null/none")));
    let text = "line".to_owned();
    for stream in [Stream::Out, Stream::Err] {
        log.queue_line(&Line { stream, level: Level::Info, text: text.clone() });
    }
    log.flush_before(false);
    let mut bytes = [0; 16];
    assert_eq!(sys::read(reader.as_fd(), &mut bytes).unwrap(), 5);
    assert!(log.wait().is_some(), "the next flush is due");
    log.finish(Duration::from_secs(60));
    assert_eq!(fs::read_to_string(&path).unwrap(), "line\n");
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_file_is_written_by_another_thread_in_order() {
    let path = std::env::temp_dir().join(format!("xfshealer-log-{}", std::process::id()));
    let file = File::create(&path).unwrap();
    let threads = Pool::new(1);
    let channel = Channel::new(file.as_fd(), &path, None, "/m", Form::Text, &threads).unwrap();
    let mut log = log_of(channel);
    for n in 0..100 {
        let text = format!("line {n}");
        log.queue_line(&Line { stream: Stream::Err, level: Level::Info, text });
        log.flush();
    }
    log.finish(Duration::from_secs(60));
    let expected: String = (0..100).map(|n| format!("line {n}\n")).collect();
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    fs::remove_file(&path).unwrap();
}
