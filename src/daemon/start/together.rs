// SPDX-License-Identifier: LGPL-2.1-or-later
//! All threads of a daemon at once: the loop, the workers, those of the log, the hook, the metrics and
//! the recording, in a storm of reports, while the policy changes and signals come. It comes to its
//! end, and each of them has done something. For ThreadSanitizer (`tests/fuzz/sanitize thread`) this is
//! the whole program.

use super::*;
use crate::event::{Body, Event, RECORD_BYTES, Record};
use crate::fs::Autofsck;
use crate::record::format::Content;
use crate::record::reader::{Item, Reader};
use crate::record::{Home, Input, Recorder};
use crate::uapi::*;
use crate::watch::clock::now;
use crate::watch::fake::Fake;
use crate::work::Answers;
use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// Time for which it goes on, and longer where workers or hook have come to nothing by then, but not for
/// ever.
const STORM: Duration = Duration::from_secs(3);
const MOST: Duration = Duration::from_secs(300);

/// What ends the daemon.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Unmount,
    Signal,
}

/// Folder of the daemon, which is also what it takes for its filesystem.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("xfshealer-together-{name}-{}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        // By another process: see the tests of the hook.
        let make =
            "printf '#!/bin/sh\\ncat >>%s/hook.out\\n' \"$1\" >\"$1\"/hook; chmod 755 \"$1\"/hook";
        let mut command = Command::new("sh");
        assert!(command.args(["-c", make, "sh"]).arg(&folder.0).status().unwrap().success());
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is needed to disturb a daemon: its thread, its queue of answers, the kernel's end of its monitor.
type Handles = (i32, Answers<Done>, UnixStream);

/// A daemon over the folder, until its end; gives its exit code.
fn daemon(folder: &Folder, handles: &mpsc::Sender<Handles>) -> i32 {
    let options = Options {
        exec: Some(folder.file("hook")),
        metrics: Some(folder.file("metrics")),
        ..Options::default()
    };
    let threads = Pool::new(3);
    let base = Base::new(&options, threads.clone()).unwrap();
    let mut log = Log::in_file(&folder.file("log"), Form::new(true), &threads).unwrap();
    log.queue(None, &Said::Header(Header::new("xfs_healer", "autofsck")));
    let recording = folder.file("recording");
    let recorder = Recorder::begin::<Content>(&recording, Home::Anywhere, now()).unwrap();
    let recorder = Some(Arc::new(recorder));
    let (wanted, has_answered) = (Policy::Repair, true);
    let (setup, kernel) = Fake { folder: &folder.0, wanted, has_answered, recorder }.setup();
    let tasks = Tasks::new(&base.crew);
    handles.send((sys::thread_id(), tasks.workers.answers.clone(), kernel)).unwrap();
    base.daemon(vec![Watch::new(setup, tasks)], None, Manager::default(), log).run()
}

/// Records that a kernel has made, but those that end a watch.
fn recorded() -> Vec<Record> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/made.rec");
    let mut reader = Reader::new(fs::File::open(file).unwrap());
    let mut records = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        if let Item::Frame { content: Content::Input(Input::Record { record, .. }), .. } = item {
            records.push(record);
        }
    }
    records.retain(|record| {
        !matches!(Event::decode(record).body, Body::Unmount | Body::Shutdown { .. })
    });
    assert!(records.len() > 50, "{}", records.len());
    records
}

fn record(domain: u32, kind: u32, payload: &[(usize, u64)]) -> Record {
    let mut record: Record = [0; RECORD_BYTES];
    record[..4].copy_from_slice(&domain.to_ne_bytes());
    record[4..8].copy_from_slice(&kind.to_ne_bytes());
    for (at, value) in payload {
        record[*at..at + 8].copy_from_slice(&value.to_ne_bytes());
    }
    record
}

/// Says what a kernel says in a storm: what was recorded, and then ever other inodes, AGs and ranges.
/// As fast as it is read.
fn storm(mut kernel: &UnixStream, is_over: &AtomicBool) {
    for record in recorded() {
        kernel.write_all(&record).unwrap();
    }
    let mut number = 0_u64;
    while !is_over.load(Ordering::Relaxed) {
        number += 1;
        let sick = XFS_HEALTH_MONITOR_TYPE_SICK;
        let kind = if number % 3 == 0 { XFS_HEALTH_MONITOR_TYPE_HEALTHY } else { sick };
        // A mask, and above it the generation or the number of the AG.
        let mask = 1 << (number % 9);
        let mut records = vec![
            record(
                XFS_HEALTH_MONITOR_DOMAIN_INODE,
                kind,
                &[(16, mask | 7 << 32), (24, number / 2)],
            ),
            record(XFS_HEALTH_MONITOR_DOMAIN_AG, kind, &[(16, mask | (number % 4) << 32)]),
        ];
        if number % 50 == 0 {
            let errno = u64::from(libc::EIO.unsigned_abs()) << 32 | 7;
            let range = [(16, number * 4096), (24, 4096), (32, number / 100), (40, errno)];
            let (data, media) =
                (XFS_HEALTH_MONITOR_DOMAIN_DATADEV, XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR);
            records.extend([
                record(
                    XFS_HEALTH_MONITOR_DOMAIN_FILERANGE,
                    XFS_HEALTH_MONITOR_TYPE_DATALOST,
                    &range,
                ),
                record(data, media, &[(16, number * 8), (24, 8)]),
                record(XFS_HEALTH_MONITOR_DOMAIN_MOUNT, XFS_HEALTH_MONITOR_TYPE_LOST, &[(16, 3)]),
            ]);
            // What the planner has begun is to be done, too.
            thread::sleep(Duration::from_millis(5));
        }
        if kernel.write_all(&records.concat()).is_err() {
            return;
        }
    }
}

/// Changes the policy, asks for looks and for summaries, and has a thread told as killed, once.
fn disturb(thread: i32, answers: &Answers<Done>, folder: &Folder) {
    use Autofsck::{Check, None, Repair};
    let began = Instant::now();
    let is_over = || {
        let since = began.elapsed();
        let is_heard = || fs::metadata(folder.file("hook.out")).is_ok_and(|out| out.len() > 0);
        since >= MOST || since >= STORM && is_heard() && frames_and_repairs(folder).1 > 0
    };
    answers.put(Done::Killed("was disturbed"));
    let values = [Repair, Check, Repair, Repair, Repair, None];
    for (turn, value) in values.into_iter().cycle().enumerate() {
        answers.put(Done::Property(Some(value)));
        let signal = if turn % 2 == 0 { libc::SIGHUP } else { libc::SIGUSR1 };
        // Where it has ended too soon, its own thread says why.
        if !sys::raise_in(thread, signal) || is_over() {
            return;
        }
        thread::sleep(Duration::from_millis(40));
    }
}

/// Number of frames in the recording, and of repairs among them, as far as it has been written.
fn frames_and_repairs(folder: &Folder) -> (usize, usize) {
    let mut reader = Reader::new(fs::File::open(folder.file("recording")).unwrap());
    let (mut frames, mut repairs) = (0, 0);
    while let Ok(Some(item)) = reader.next() {
        frames += 1;
        if let Item::Frame { content: Content::Input(Input::Repaired(..)), .. } = item {
            repairs += 1;
        }
    }
    (frames, repairs)
}

/// Runs a daemon in the storm until it is ended like this, and looks at what it leaves.
fn live(name: &str, ending: Ending) {
    let folder = Folder::new(name);
    let (give, take) = mpsc::channel();
    let is_over = AtomicBool::new(false);
    let code = thread::scope(|scope| {
        let at = &folder;
        let ends = scope.spawn(move || daemon(at, &give));
        let (thread, answers, kernel) = take.recv().unwrap();
        let (stormy, over) = (kernel.try_clone().unwrap(), &is_over);
        let storms = scope.spawn(move || storm(&stormy, over));
        disturb(thread, &answers, at);
        if ending == Ending::Signal {
            sys::raise_in(thread, libc::SIGTERM);
        }
        is_over.store(true, Ordering::Relaxed);
        let storms = storms.join();
        assert!(storms.is_ok() || ending == Ending::Signal);
        if ending == Ending::Unmount {
            let (mount, unmount) =
                (XFS_HEALTH_MONITOR_DOMAIN_MOUNT, XFS_HEALTH_MONITOR_TYPE_UNMOUNT);
            (&kernel).write_all(&record(mount, unmount, &[])).unwrap();
        }
        drop(kernel);
        ends.join().unwrap()
    });
    assert_eq!(code, 0);
    let read = |file: &str| fs::read_to_string(folder.file(file)).unwrap_or_default();
    let log = read("log");
    let has = |word: &str| log.lines().any(|line| line.contains(word));
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "torn lines");
    assert!(log.lines().last().unwrap().contains(r#""kind":"end""#), "{:?}", log.lines().last());
    assert!(has("was disturbed") && has("autofsck directive") && has("summary"), "{log}");
    assert_eq!(has("unmounted"), ending == Ending::Unmount);
    assert!(!read("hook.out").is_empty());
    let (frames, repairs) = frames_and_repairs(&folder);
    assert!(frames > 300 && repairs > 0, "{frames} frames, {repairs} repairs");
}

#[test]
fn everything_at_once_comes_to_its_end_with_the_unmount() {
    live("unmount", Ending::Unmount);
}

#[test]
fn everything_at_once_comes_to_its_end_when_it_is_told_so() {
    live("signal", Ending::Signal);
}
