// SPDX-License-Identifier: LGPL-2.1-or-later
//! Replays recordings of real filesystems: the lines are those that are kept beside them, each time
//! the same, whoever asks and from wherever the file comes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A program, and the folder of its recordings.
#[derive(Clone, Copy)]
struct Program(&'static str, &'static str);

const HEALER: Program = Program(env!("CARGO_BIN_EXE_xfs_healer"), "tests/recordings");
const FSERRORD: Program = Program(env!("CARGO_BIN_EXE_fserrord"), "tests/recordings/fserrord");

/// The recordings of `xfs_healer` and the lines that belong to them.
fn recordings() -> Vec<(PathBuf, String)> {
    recordings_of(HEALER)
}

fn recordings_of(program: Program) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(program.1);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let recordings = files.filter(|file| file.extension().is_some_and(|of| of == "rec"));
    let with_lines = recordings.map(|file| {
        let lines = fs::read_to_string(file.with_extension("txt")).unwrap();
        (file, lines)
    });
    with_lines.collect()
}

fn replay(file: &str, input: Stdio) -> Output {
    replay_by(HEALER, file, input)
}

fn replay_by(program: Program, file: &str, input: Stdio) -> Output {
    let mut command = Command::new(program.0);
    command.arg("--replay").arg(file).stdin(input).output().unwrap()
}

/// The text of both streams, and the exit code.
fn said(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// The recordings are from machines with this order of bytes.
#[test]
#[cfg(target_endian = "little")]
fn what_was_recorded_is_said_again() {
    for program in [HEALER, FSERRORD] {
        let recordings = recordings_of(program);
        assert!(!recordings.is_empty());
        for (file, lines) in recordings {
            let of_input = replay_by(program, "-", File::open(&file).unwrap().into());
            let (out, err, code) = said(&of_input);
            assert_eq!((both(out, &err), code), (lines.clone(), Some(0)), "{file:?}");
            let name = file.to_str().unwrap();
            let (out, err, _) = said(&replay_by(program, name, Stdio::null()));
            assert_eq!(both(out, &err).replace(name, "standard input"), lines);
        }
    }
}

/// Lines of standard output, and behind them those of standard error, marked.
fn both(out: String, err: &str) -> String {
    err.lines().fold(out, |text, line| text + "! " + line + "\n")
}

/// A recording of one program is none of the other, and says whose it is.
#[test]
#[cfg(target_endian = "little")]
fn what_another_program_has_recorded_is_refused() {
    for (one, other, name) in [(HEALER, FSERRORD, "xfs_healer"), (FSERRORD, HEALER, "fserrord")] {
        let (file, _) = recordings_of(one).swap_remove(0);
        let (out, err, code) = said(&replay_by(other, "-", File::open(file).unwrap().into()));
        let what = format!("it is a recording of {name}; replay it with {name} --replay");
        let line = format!("standard input: {what}\n");
        assert_eq!((&out[..], err, code), ("", line, Some(1)));
    }
}

#[test]
#[cfg(target_endian = "little")]
fn as_json_the_same_is_said() {
    let of = |program| recordings_of(program).into_iter().map(move |one| (program, one));
    for (program, (file, lines)) in of(HEALER).chain(of(FSERRORD)) {
        let mut command = Command::new(program.0);
        let output = command.args(["--json", "--replay=-"]).stdin(File::open(&file).unwrap());
        let (json, err, code) = said(&output.output().unwrap());
        assert_eq!((&err[..], code), ("", Some(0)));
        // It is the last member, and nothing but these two is escaped in it.
        let message = |line: &str| {
            let (_, message) = line.strip_suffix("\"}")?.split_once(",\"message\":\"")?;
            Some(message.replace("\\\"", "\"").replace("\\\\", "\\"))
        };
        let mut messages: Vec<_> = json.lines().filter_map(message).collect();
        assert_eq!(json.lines().count(), messages.len() + 2, "header and end have none");
        // As text those that are marked come apart.
        let is_marked = |line: &String| lines.contains(&format!("! {line}\n"));
        messages.sort_by_key(is_marked);
        let lines: Vec<_> = lines.lines().map(|line| line.trim_start_matches("! ")).collect();
        assert_eq!(messages, lines, "{file:?}");
    }
}

/// Lines of several recordings can be told apart, as those of several monitors can.
#[test]
#[cfg(target_endian = "little")]
fn as_json_each_line_about_a_filesystem_has_its_uuid_and_device() {
    let mut about = 0;
    for (file, _) in recordings() {
        let mut command = Command::new(HEALER.0);
        let output = command.args(["--json", "--replay=-"]).stdin(File::open(&file).unwrap());
        let (json, ..) = said(&output.output().unwrap());
        let value = |text: &str, before: &str, after: &str| {
            let (_, rest) = text.split_once(before)?;
            rest.split_once(after).map(|(value, _)| value.to_owned())
        };
        let of_line = |line: &str| {
            let mount = value(line, "\"mount\":\"", "\"")?;
            Some((mount, value(line, "\"fs_uuid\":\"", "\""), value(line, "\"dev\":\"", "\"")))
        };
        let in_text = json.lines().filter(|line| line.contains("\"replay_filesystem\""));
        let known: Vec<_> = in_text
            .map(|line| {
                let mount = value(line, "\"mount\":\"", "\"").unwrap();
                let uuid = value(line, "UUID ", ",");
                (mount, uuid, value(line, "device ", ","))
            })
            .collect();
        for of_line in json.lines().filter_map(of_line) {
            assert!(known.contains(&of_line), "{of_line:?} {known:?}");
            about += 1;
        }
    }
    assert!(about > 100, "{about}");
}

#[test]
#[cfg(target_endian = "little")]
fn a_recording_that_is_torn_is_said_up_to_there_and_its_end_named() {
    let (file, lines) = recordings().swap_remove(0);
    let mut bytes = fs::read(file).unwrap();
    bytes.truncate(bytes.len() - 1);
    let torn = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torn.rec");
    fs::write(&torn, &bytes).unwrap();
    let (out, err, code) = said(&replay("-", File::open(torn).unwrap().into()));
    assert_eq!(code, Some(1));
    assert_eq!(out, lines, "only the end was lost");
    // A frame without content is its head.
    let offset = bytes.len() + 1 - 24;
    assert_eq!(err, format!("standard input: offset {offset}: the file ends within a frame\n"));
}

/// A recording of a filesystem that is mounted there, and of so many errors of its monitor.
fn recording(mount_point: &[u8], errors: u64) -> Vec<u8> {
    let order = if cfg!(target_endian = "little") { "little" } else { "big" };
    let mut bytes = format!("xfs_healer recording 1 {order}\n").into_bytes();
    let mut frame = |kind: u32, time: u64, content: &[u8]| {
        let head = [(content.len() as u32).to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend([&head[..], &1_u64.to_ne_bytes(), &time.to_ne_bytes(), content].concat());
    };
    frame(2, 0, &[b"ag_count=1\n\n", mount_point].concat());
    (0..errors).for_each(|time| frame(6, time, &5_u64.to_ne_bytes()));
    bytes
}

#[test]
fn as_json_too_no_line_is_lost_however_long_the_lines_are() {
    let of_temporary = |name| Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (file, said) = (of_temporary("long.rec"), of_temporary("long.json"));
    fs::write(&file, recording(&[1; 4095], 300)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xfs_healer"));
    command.args(["--json", "--everything", "--replay", file.to_str().unwrap()]);
    command.stdout(File::create(&said).unwrap());
    assert!(command.status().unwrap().success());
    let said = fs::read_to_string(said).unwrap();
    let count = |word| said.lines().filter(|line| line.contains(word)).count();
    assert_eq!((count("log_lines_lost"), count("\"errno\":5")), (0, 300));
}

#[test]
fn what_is_no_recording_is_refused() {
    let (out, err, code) = said(&replay("-", Stdio::null()));
    let line = "standard input: offset 0: no recording of xfs_healer begins here\n";
    assert_eq!((&out[..], &err[..], code), ("", line, Some(1)));
    let (_, err, code) = said(&replay("/nowhere", Stdio::null()));
    assert_eq!((&err[..], code), ("/nowhere: No such file or directory\n", Some(1)));
}

#[test]
#[cfg(target_endian = "little")]
fn what_could_not_be_said_is_no_success() {
    let (file, _) = recordings().swap_remove(0);
    for json in [&[][..], &["--json"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xfs_healer"));
        let command = command.args(json).arg("--replay").arg(&file).stdout(full);
        let output = command.output().unwrap();
        let (err, code) = (String::from_utf8(output.stderr).unwrap(), output.status.code());
        let line = "xfs_healer: standard output: No space left on device\n";
        assert!(err.ends_with(line) && code == Some(1), "{err}");
    }
}

/// A replay of this file, with pipes to and from it, that has come to where it waits for signals too.
fn running(program: Program, json: bool, file: &str) -> Child {
    // What runs the tests, as nohup(1) does, may have signals ignored, and then they do not end it.
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM,USR1", program.0]);
    command.args(json.then_some("--json")).arg("--replay").arg(file);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let end = Instant::now() + Duration::from_secs(30);
    let reads_sigterm = |status: &str| {
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t")).unwrap();
        u64::from_str_radix(blocked, 16).unwrap() & 1 << 14 != 0
    };
    while !reads_sigterm(&fs::read_to_string(&status).unwrap()) {
        assert!(Instant::now() < end, "it reads no signal");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn send(child: &Child, signal: &str) {
    // The shell's own: the program is not everywhere.
    let kill = format!("kill -s {signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Its exit code, if it ends within a quarter of a minute.
fn code_of(child: &mut Child) -> Option<i32> {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status.code(),
            None if Instant::now() > end => {
                child.kill().unwrap();
                panic!("it goes on");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// A pipe may have no end; what came through it until then is said, and the last line is the last.
#[test]
fn a_signal_ends_a_replay_as_the_end_of_the_file_does() {
    let recording = recording(b"/m", 100);
    // Within a frame.
    let torn = &recording[..recording.len() - 3];
    for signal in ["TERM", "INT", "HUP"] {
        let mut child = running(HEALER, true, "-");
        child.stdin.as_mut().unwrap().write_all(torn).unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        assert!(first.contains("\"kind\":\"header\""), "{first}");
        send(&child, "USR1");
        send(&child, signal);
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert_eq!(code_of(&mut child), Some(0), "{signal}");
        let last = rest.lines().last().unwrap();
        assert!(last.contains("\"kind\":\"end\"") && last.contains("\"exit_code\":0"), "{last}");
        assert!(!rest.contains("offset"), "that it was torn is no fault: {rest}");
    }
}

#[test]
fn a_signal_ends_a_replay_of_what_says_nothing() {
    let pipe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nobody-writes");
    let _ = fs::remove_file(&pipe);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (program, file) in [(HEALER, "-"), (FSERRORD, "-"), (HEALER, pipe.to_str().unwrap())] {
        let mut child = running(program, false, file);
        send(&child, "USR1");
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(child.try_wait().unwrap(), None, "a summary is not the end");
        send(&child, "TERM");
        assert_eq!(code_of(&mut child), Some(0), "{file}");
        let mut all = String::new();
        child.stdout.unwrap().read_to_string(&mut all).unwrap();
        child.stderr.unwrap().read_to_string(&mut all).unwrap();
        assert_eq!(all, "");
    }
}

#[test]
fn a_signal_ends_a_replay_that_nobody_reads() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unread.rec");
    fs::write(&file, recording(&[1; 4095], 300)).unwrap();
    let mut child = running(HEALER, false, file.to_str().unwrap());
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(child.try_wait().unwrap(), None, "its lines do not fit into the pipe");
    send(&child, "INT");
    assert_eq!(code_of(&mut child), Some(1), "not all of it could be said");
}
