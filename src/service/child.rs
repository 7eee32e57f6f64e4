// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things that children do not inherit, and the time for which one is listened to or waited for.

use crate::sys::poll::{self, PollFd};
use crate::sys::{self, Child, Launch, PidFd};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Variables by which our service manager is spoken to. A child that used them would speak for us.
const OURS: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// Directories of xfs_scrub(8), which a PATH such as that of cron(8) does not lead to.
const SYSTEM: &str = "/usr/sbin:/sbin";
/// Directories where execvp(3) looks for programs without a PATH.
const DEFAULT: &str = "/usr/bin:/bin";

/// Makes a program nobody's service, which is found also where the system's are.
pub(crate) fn prepare(program: &mut Launch) {
    for name in OURS {
        program.env_remove(name);
    }
    program.env("PATH", path());
}

/// Directories where programs are looked for: those that we were given, and the system's.
pub(crate) fn path() -> OsString {
    search_path(std::env::var_os("PATH"))
}

/// Directories where a program with an environment of its own looks for others.
pub(crate) const CLEAN_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Makes a program one that inherits nothing that could steer it, in whatever directory and however
/// we were started: of the environment it has only what is set afterwards.
pub(crate) fn prepare_clean(program: &mut Launch) {
    program.env_clear().env("PATH", CLEAN_PATH);
    program.default_umask().at_root();
}

fn search_path(given: Option<OsString>) -> OsString {
    let mut path = given.unwrap_or_else(|| DEFAULT.into());
    path.push(":");
    path.push(SYSTEM);
    path
}

/// Children that were killed and did not end: a killed process may wait in the kernel for a server or
/// a device, for ever.
static LEFT: Mutex<Vec<Child>> = Mutex::new(Vec::new());
/// Number of such children from which on no other is begun: each tries what those have failed at.
const MOST_LEFT: usize = 8;
/// Time for a child that was killed to end.
const GRACE: Duration = Duration::from_secs(1);

/// Starts a program, without waiting until it runs: see [`Launch::spawn`]. EAGAIN if too many do not
/// end.
pub(crate) fn start(program: Launch) -> io::Result<Child> {
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    left.retain_mut(|child| !has_ended(child));
    if left.len() >= MOST_LEFT {
        return Err(io::Error::from_raw_os_error(libc::EAGAIN));
    }
    drop(left);
    program.spawn()
}

/// True once nothing is to be waited for, whatever has become of the child.
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Kills a child that nobody waits for any more.
pub(crate) fn leave(mut child: Child) {
    child.kill();
    if !has_ended(&mut child) {
        LEFT.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    }
}

/// Kills a child and waits a moment for its end; `None` if that does not come.
pub(crate) fn killed(mut child: Child) -> Option<io::Result<ExitStatus>> {
    child.kill();
    let until = Instant::now() + GRACE;
    let waited = PidFd::open(child.id())
        .and_then(|ended| wait_for(&mut [PollFd::new(ended.as_fd(), poll::IN)], until));
    let status = child.try_wait().transpose();
    if waited.is_err() || status.is_none() {
        leave(child);
    }
    status
}

/// Runs a program to its end, however long it takes once it was found, and gives its exit code; `None`
/// if it could not be run, or a signal has ended it. What it prints is dropped.
pub(crate) fn status_of(mut program: Launch) -> Option<i32> {
    prepare(&mut program);
    let null = sys::null_device().ok()?;
    program.stdout(null.try_clone().ok()?).stderr(null);
    let mut child = start(program).ok()?;
    if !child.has_begun_within(SEARCHED).ok()? {
        leave(child);
        return None;
    }
    child.wait().ok()?.code()
}

/// Time within which a program is to be found.
pub(crate) const SEARCHED: Duration = Duration::from_secs(90);
/// Limit of bytes that a program answers when it is asked something.
const ANSWER_BYTES: usize = 64 * 1024;

/// Runs a program that is to give a short answer within this time, and gives what it prints. A
/// program that takes longer is ended.
pub(crate) fn answer_of(mut program: Launch, limit: Duration) -> io::Result<Vec<u8>> {
    prepare(&mut program);
    let (output, theirs) = sys::pipe()?;
    program.stdout(theirs).stderr(sys::null_device()?);
    let until = Instant::now() + limit;
    let mut child = start(program)?;
    match listen(&child, output, until) {
        Ok(answer) => {
            let status = child.wait()?;
            if status.success() { Ok(answer) } else { Err(io::Error::other(status.to_string())) }
        }
        Err(error) => {
            drop(killed(child));
            Err(error)
        }
    }
}

/// Reads to the end of what the child prints, and waits for the child's own end.
fn listen(child: &Child, mut output: File, until: Instant) -> io::Result<Vec<u8>> {
    let ended = PidFd::open(child.id())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        wait_for(&mut [PollFd::new(output.as_fd(), poll::IN)], until)?;
        match output.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => answer.extend_from_slice(buffer.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if answer.len() > ANSWER_BYTES {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    wait_for(&mut [PollFd::new(ended.as_fd(), poll::IN)], until)?;
    Ok(answer)
}

/// Waits until something is ready; an error when the time is over.
fn wait_for(fds: &mut [PollFd<'_>], until: Instant) -> io::Result<()> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match poll::poll(fds, Some(left)) {
            Ok(0) => return Err(ErrorKind::TimedOut.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            ready => return ready.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn sh(script: &str) -> Launch {
        let mut program = Launch::new("sh");
        program.args(["-c", script]);
        program
    }

    fn answer(script: &str, limit: Duration) -> Result<Vec<u8>, ErrorKind> {
        answer_of(sh(script), limit).map_err(|error| error.kind())
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_only_a_whole_one_counts() {
        let long = Duration::from_secs(600);
        assert_eq!(answer("echo one; echo two", long).unwrap(), b"one\ntwo\n");
        assert_eq!(answer("echo one; exit 1", long), Err(ErrorKind::Other));
        assert_eq!(answer("exec yes", long), Err(ErrorKind::InvalidData));
        let none = answer_of(Launch::new("/nonexist"), long).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_program_that_is_run_has_an_exit_code_unless_a_signal_has_ended_it() {
        let of = |script: &str| status_of(sh(script));
        assert_eq!((of("echo x; exit 3"), of("kill -KILL $$")), (Some(3), None));
        assert_eq!(status_of(Launch::new("/nonexist")), None);
    }

    #[test]
    fn what_does_not_answer_in_time_is_ended() {
        let short = Duration::from_millis(20);
        for script in ["exec sleep 600", "echo x; exec sleep 600", "exec sleep 600 >/dev/null"] {
            assert_eq!(answer(script, short), Err(ErrorKind::TimedOut), "{script}");
        }
    }

    /// cron(8) gives no path that leads to xfs_scrub(8), and a program may have none at all.
    #[test]
    fn a_program_of_the_system_is_found_whatever_the_path() {
        for given in [None, Some("/usr/bin:/bin".into())] {
            assert_eq!(search_path(given), "/usr/bin:/bin:/usr/sbin:/sbin");
        }
        let found = |path: &OsStr| {
            let mut program = Launch::new("ldconfig");
            program.arg("--version").stdout(sys::null_device().unwrap()).env("PATH", path);
            program.spawn().unwrap().wait().is_ok_and(|status| status.success())
        };
        assert!(!found("/nonexist".as_ref()), "it is there that it looks");
        assert!(found(&search_path(Some("/nonexist".into()))));
        let path = sys::output_of("sh", &["-c", "echo $PATH"], prepare);
        assert!(path.ends_with(":/usr/sbin:/sbin\n"), "{path}");
    }

    #[test]
    fn a_child_does_not_know_whose_service_it_is_part_of() {
        let env = sys::output_of("env", &[], |program| {
            program.env("XFSHEALER_TEST", "x");
            for name in OURS {
                program.env(name, "x");
            }
            prepare(program);
        });
        assert!(env.contains("XFSHEALER_TEST=x"), "{env}");
        assert!(OURS.iter().all(|name| !env.contains(name)), "{env}");
    }

    #[test]
    fn what_is_left_is_killed_and_waited_for_when_the_next_one_is_started() {
        let id = {
            let child = start(sh("exec sleep 600")).unwrap();
            let id = child.id();
            leave(child);
            id
        };
        let process = format!("/proc/{id}");
        while std::path::Path::new(&process).exists() {
            let _ = start(Launch::new("true")).unwrap().wait();
        }
        let status = killed(start(sh("exec sleep 600")).unwrap()).unwrap().unwrap();
        assert_eq!(status.code(), None);
    }
}
