// SPDX-License-Identifier: LGPL-2.1-or-later
//! A program that is given something, listened to, and not let live for ever.

use super::child;
use super::output::{Lines, OutputPiece};
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, Child, Launch, PidFd};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are read from a child at once.
const READ_BYTES: usize = 16 * 1024;
/// Bytes that are read from a child as fast as they come; a child that prints more has to wait.
const FAST_BYTES: usize = 256 * 1024;
/// Longest time for which it is not noticed that the limit has changed once more.
const CHANGED_PAUSE: Duration = Duration::from_millis(200);
/// Pause after each read from a child that prints more than that.
const PAUSE: Duration = Duration::from_millis(50);

/// Longest time for which the end of a killed group is waited for, and pause before another look.
const REAPED: Duration = Duration::from_secs(1);
const REAP_PAUSE: Duration = Duration::from_millis(1);

/// Limits of a run.
pub(crate) struct Limits<'a> {
    /// Time at which the program is killed; asked for again when `changed` is readable, and from then
    /// on now and then.
    pub until: &'a dyn Fn() -> Instant,
    pub changed: BorrowedFd<'a>,
    /// Output that is passed on.
    pub lines: Lines,
}

/// End of a program that has been run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The program ended by itself.
    By(ExitStatus),
    /// The program, or something that it had started, was still there at the limit, and was killed.
    Killed,
}

/// Runs a program with no environment but these variables, and with `input` for its standard input; gives
/// `say` what it prints on both streams.
///
/// It has ended when its process has, and nobody has its output open any more. Whatever is in its
/// process group then, or at the limit, is killed. A process that has left the group is not
/// known of.
pub(crate) fn run(
    mut program: Launch,
    variables: &[(String, OsString)],
    input: impl Into<OwnedFd>,
    mut limits: Limits<'_>,
    say: &mut impl FnMut(OutputPiece),
) -> io::Result<Ended> {
    let (output, theirs) = sys::pipe()?;
    sys::set_nonblocking(output.as_fd())?;
    program.stdin(input).stderr(theirs.try_clone()?).stdout(theirs);
    child::prepare_clean(&mut program);
    for (name, value) in variables {
        program.env(name, value);
    }
    let child = child::start(program)?;
    let in_time = listen(&child, output, &mut limits, say);
    // It is not waited for yet, so that the number is still its own.
    let (leader, _) = (child.id(), sys::kill_group(child.id()));
    // Also where it could not be given a group of its own.
    let status = child::killed(child);
    reap(leader);
    limits.lines.end(say);
    match status.transpose()? {
        Some(status) if in_time? => Ok(Ended::By(status)),
        _ => Ok(Ended::Killed),
    }
}

/// Waits a moment for those of a killed group that are ours now: otherwise each would stay, as a
/// number that nothing else can have.
fn reap(leader: u32) {
    let until = Instant::now() + REAPED;
    while let Some(has_reaped) = sys::reap_in_group(leader) {
        match has_reaped {
            true => {}
            false if Instant::now() < until => thread::sleep(REAP_PAUSE),
            false => return,
        }
    }
}

/// Reads what the child prints until it has ended; false if it has not in its time.
fn listen(
    child: &Child,
    mut output: File,
    limits: &mut Limits<'_>,
    say: &mut impl FnMut(OutputPiece),
) -> io::Result<bool> {
    let ended = PidFd::open(child.id())?;
    let (mut has_ended, mut has_more, mut is_changed) = (false, true, false);
    let (mut buffer, mut read_bytes) = ([0; READ_BYTES], 0_usize);
    while !has_ended || has_more {
        let left = (limits.until)().saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let sources = [
            (!has_ended).then(|| ended.as_fd()),
            has_more.then(|| output.as_fd()),
            (!is_changed).then_some(limits.changed),
        ];
        let most = if is_changed { left.min(CHANGED_PAUSE) } else { left };
        let ready = wait(sources, most)?;
        has_ended |= ready[0];
        is_changed |= ready[2];
        if !ready[1] {
            continue;
        }
        match output.read(&mut buffer) {
            Ok(0) => has_more = false,
            Ok(len) => {
                read_bytes = read_bytes.saturating_add(len);
                limits.lines.take(buffer.get(..len).unwrap_or_default(), say);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(error),
        }
        if read_bytes > FAST_BYTES {
            thread::sleep(PAUSE);
        }
    }
    Ok(true)
}

/// Waits until one of these is readable; tells which are.
fn wait(sources: [Option<BorrowedFd<'_>>; 3], most: Duration) -> io::Result<[bool; 3]> {
    let mut fds: Vec<_> = sources.iter().flatten().map(|fd| PollFd::new(*fd, poll::IN)).collect();
    match poll::poll(&mut fds, Some(most)) {
        Err(error) if error.kind() == ErrorKind::Interrupted => return Ok([false; 3]),
        waited => waited?,
    };
    let mut ready = fds.iter().map(|fd| fd.revents() != 0);
    Ok(sources.map(|source| source.is_some() && ready.next().unwrap_or(false)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::EventFd;
    use std::os::unix::process::ExitStatusExt;
    use std::sync::Mutex;

    fn nothing() -> File {
        sys::null_device().unwrap()
    }

    fn run_for(script: &str, limit: Duration) -> (Result<Ended, ErrorKind>, Vec<String>) {
        let mut program = Launch::new("/bin/sh");
        program.args(["-c", script]);
        let (until, never, mut said) =
            (Instant::now() + limit, EventFd::new().unwrap(), Vec::new());
        let lines = Lines::new(2, 1);
        let limits = Limits { until: &|| until, changed: never.as_fd(), lines };
        let ended = run(program, &[], sys::filled_pipe(b"input").unwrap(), limits, &mut |piece| {
            said.push(match piece {
                OutputPiece::Line(line) => String::from_utf8(line).unwrap(),
                OutputPiece::NotShown(lines) => format!("({lines})"),
            });
        });
        (ended.map_err(|error| error.kind()), said)
    }

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(200);

    #[test]
    fn a_program_has_its_input_and_its_output_is_passed_on_within_bounds() {
        let (ended, said) = run_for("cat; echo; seq 9 >&2; exit 3", LONG);
        assert_eq!(ended, Ok(Ended::By(ExitStatus::from_raw(3 << 8))));
        assert_eq!(said, ["input", "1", "(7)", "9"]);
        let (ended, said) = run_for("kill -9 $$", LONG);
        assert_eq!((ended, said.len()), (Ok(Ended::By(ExitStatus::from_raw(9))), 0));
    }

    #[test]
    fn what_hangs_floods_or_leaves_others_behind_is_killed_with_all_of_its_group() {
        for script in
            ["sleep 600", "sleep 600 & exit 0", "trap '' TERM; yes", "exec >&- 2>&-; sleep 600"]
        {
            let (ended, said) = run_for(script, SHORT);
            assert_eq!(ended, Ok(Ended::Killed), "{script}");
            assert!(said.len() <= 4, "{script}: {said:?}");
        }
        // Nobody waits for what has let go of the output, but it does not stay.
        let (ended, said) = run_for("sleep 600 >/dev/null 2>&1 & echo $!", LONG);
        assert!(matches!(ended, Ok(Ended::By(_))), "{ended:?}");
        let process = format!("/proc/{}", said[0]);
        let is_gone = || !std::path::Path::new(&process).exists() || is_zombie(&process);
        while !is_gone() {
            thread::yield_now();
        }
    }

    fn is_zombie(process: &str) -> bool {
        let status = std::fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
        status.contains(") Z ")
    }

    /// As where the healer is the first process of a container.
    #[test]
    fn nothing_stays_of_what_was_killed_where_nobody_else_takes_its_end() {
        crate::sys::adopt_orphans(true);
        let (ended, said) = run_for("sleep 600 >/dev/null 2>&1 & echo $!", LONG);
        crate::sys::adopt_orphans(false);
        assert!(matches!(ended, Ok(Ended::By(_))), "{ended:?}");
        assert!(!std::path::Path::new(&format!("/proc/{}", said[0])).exists());
    }

    #[test]
    fn the_limit_may_come_nearer_while_it_runs() {
        let (until, changed) = (Mutex::new(Instant::now() + LONG), EventFd::new().unwrap());
        let mut program = Launch::new("/bin/sleep");
        program.arg("600");
        let limits = Limits {
            until: &|| *until.lock().unwrap(),
            changed: changed.as_fd(),
            lines: Lines::new(1, 1),
        };
        let ended = thread::scope(|scope| {
            scope.spawn(|| {
                *until.lock().unwrap() = Instant::now();
                changed.notify();
            });
            run(program, &[], nothing(), limits, &mut |_| ())
        });
        assert_eq!(ended.unwrap(), Ended::Killed);
    }

    #[test]
    fn what_cannot_be_run_is_an_error_and_the_environment_is_what_is_given() {
        let never = EventFd::new().unwrap();
        let limits =
            |lines| Limits { until: &|| Instant::now() + LONG, changed: never.as_fd(), lines };
        let none =
            run(Launch::new("/nonexist"), &[], nothing(), limits(Lines::new(1, 1)), &mut |_| ());
        assert_eq!(none.unwrap_err().kind(), ErrorKind::NotFound);
        let (program, one) = (Launch::new("/usr/bin/env"), [("ONE".into(), "1".into())]);
        let mut said = Vec::new();
        let ended =
            run(program, &one, nothing(), limits(Lines::new(9, 1)), &mut |piece| said.push(piece));
        assert!(matches!(ended, Ok(Ended::By(status)) if status.success()));
        said.sort_by_key(|piece| format!("{piece:?}"));
        let path = format!("PATH={}", child::CLEAN_PATH);
        let want = ["ONE=1", &path].map(|line| OutputPiece::Line(line.as_bytes().to_vec()));
        assert_eq!(said, want);
    }
}
