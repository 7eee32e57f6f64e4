// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things that children do not inherit, and the time for which one is listened to.

use crate::sys::poll::{self, PollFd};
use crate::sys::{self, PidFd};
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Variables by which our service manager is spoken to. A child that used them would speak for us.
const OURS: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// Directories of xfs_scrub(8), which a PATH such as that of cron(8) does not lead to.
const SYSTEM: &str = "/usr/sbin:/sbin";
/// Directories where execvp(3) looks for programs without a PATH.
const DEFAULT: &str = "/usr/bin:/bin";

/// Makes a command one that blocks and ignores no signal, has the limit of descriptors that we were
/// given, is nobody's service, outlives a terminal, and is found also where the system's are.
pub(crate) fn prepare(command: &mut Command) {
    for name in OURS {
        command.env_remove(name);
    }
    command.env("PATH", search_path(std::env::var_os("PATH")));
    in_child(command);
}

/// Directories where a program with an environment of its own looks for others.
pub(crate) const CLEAN_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Makes a command one that inherits nothing that could steer it: of the environment it has what it
/// was given, and no descriptor but the standard streams; who may read its files does not depend on
/// how we were started.
pub(crate) fn prepare_clean(command: &mut Command) {
    let own =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let own: Vec<_> = own.collect();
    command.env_clear().env("PATH", CLEAN_PATH).envs(own);
    in_child(command);
    sys::close_others_in_child(command);
    sys::default_umask_in_child(command);
}

fn in_child(command: &mut Command) {
    sys::default_signals_in_child(command);
    sys::new_session_in_child(command);
    sys::restore_limit_in_child(command);
}

fn search_path(given: Option<OsString>) -> OsString {
    let mut path = given.unwrap_or_else(|| DEFAULT.into());
    path.push(":");
    path.push(SYSTEM);
    path
}

/// Asks a child to end that nobody has waited for. Where it cannot be asked, for want of a
/// descriptor, it is killed: it may hold a filesystem.
pub(crate) fn end(child: &mut Child) {
    // Both fail only when there is nothing left to end.
    let _ = match PidFd::open(child.id()) {
        Ok(pidfd) => pidfd.terminate(),
        Err(_) => child.kill(),
    };
}

/// Runs a program to its end, however long it takes, and gives its exit code; `None` if it could not be
/// run, or a signal has ended it. What it prints is dropped.
pub(crate) fn status_of(command: &mut Command) -> Option<i32> {
    prepare(command);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()?.code()
}

/// Limit of bytes that a program answers when it is asked something.
const ANSWER_BYTES: usize = 64 * 1024;

/// Runs a program that is to give a short answer within this time, and gives what it prints. A
/// program that takes longer is ended.
pub(crate) fn answer_of(command: &mut Command, limit: Duration) -> io::Result<Vec<u8>> {
    prepare(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let until = Instant::now() + limit;
    let mut child = command.spawn()?;
    let answer = listen(&mut child, until);
    if answer.is_err() {
        // It fails only when there is nothing left to end.
        let _ = child.kill();
    }
    let status = child.wait()?;
    let answer = answer?;
    if status.success() { Ok(answer) } else { Err(io::Error::other(status.to_string())) }
}

/// Reads to the end of what the child prints, and waits for the child's own end.
fn listen(child: &mut Child, until: Instant) -> io::Result<Vec<u8>> {
    let ended = PidFd::open(child.id())?;
    let mut output = child.stdout.take().ok_or(ErrorKind::BrokenPipe)?;
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

    fn answer(script: &str, limit: Duration) -> Result<Vec<u8>, ErrorKind> {
        answer_of(Command::new("sh").args(["-c", script]), limit).map_err(|error| error.kind())
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_only_a_whole_one_counts() {
        let long = Duration::from_secs(600);
        assert_eq!(answer("echo one; echo two", long).unwrap(), b"one\ntwo\n");
        assert_eq!(answer("echo one; exit 1", long), Err(ErrorKind::Other));
        assert_eq!(answer("exec yes", long), Err(ErrorKind::InvalidData));
        let none = answer_of(&mut Command::new("/nonexist"), long).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_program_that_is_run_has_an_exit_code_unless_a_signal_has_ended_it() {
        let of = |script: &str| status_of(Command::new("sh").args(["-c", script]));
        assert_eq!((of("echo x; exit 3"), of("kill -KILL $$")), (Some(3), None));
        assert_eq!(status_of(&mut Command::new("/nonexist")), None);
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
        let mut command = Command::new("ldconfig");
        command.arg("--version").stdout(Stdio::null());
        assert!(command.env("PATH", "/nonexist").status().is_err(), "it is there that it looks");
        assert!(command.env("PATH", search_path(Some("/nonexist".into()))).status().is_ok());
        let mut command = Command::new("sh");
        command.args(["-c", "echo $PATH"]);
        prepare(&mut command);
        let path = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(path.ends_with(":/usr/sbin:/sbin\n"), "{path}");
    }

    #[test]
    fn a_child_does_not_know_whose_service_it_is_part_of() {
        let mut command = Command::new("env");
        command.env("XFSHEALER_TEST", "x").envs(OURS.map(|name| (name, "x")));
        prepare(&mut command);
        let output = command.output().unwrap();
        let env = String::from_utf8(output.stdout).unwrap();
        assert!(env.contains("XFSHEALER_TEST=x"), "{env}");
        assert!(OURS.iter().all(|name| !env.contains(name)), "{env}");
    }
}
