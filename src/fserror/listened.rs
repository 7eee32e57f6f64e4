// SPDX-License-Identifier: LGPL-2.1-or-later
//! Programs that look after a filesystem for us, and the last of what they say.

use crate::report::Cause;
use crate::service::child;
use crate::service::output::{Lines, OutputPiece};
use crate::service::supervised::{self, Ended, Limits};
use crate::sys::{EventFd, Launch, null_device};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// Longest time that a check of a whole filesystem may take.
const PATIENCE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Number of lines at the end of what one prints that are kept: verdicts are there, and reasons, the ones before
/// statistics and the others behind.
const LINES: usize = 50;

/// A program that has run.
#[derive(Debug)]
pub struct Listened {
    /// Exit code; `None` if a signal has ended it, it took too long, or could not be run.
    pub code: Option<i32>,
    last: Vec<Vec<u8>>,
}

/// Runs a program to its end, with plain English for its language. It is looked for where all programs of
/// the system are. Without `input` it has nothing to read. Of one that could not be run
/// the reason is its last word.
pub fn run(command: Launch, input: Option<OwnedFd>) -> Listened {
    heard(command, input).unwrap_or_else(|error| {
        let why = format!("could not be run: {}", Cause::from(error));
        Listened { code: None, last: vec![why.into_bytes()] }
    })
}

fn heard(command: Launch, input: Option<OwnedFd>) -> io::Result<Listened> {
    let variables = [("LC_ALL".to_owned(), "C".into()), ("PATH".to_owned(), child::path())];
    let (until, never, mut last) = (Instant::now() + PATIENCE, EventFd::new()?, Vec::new());
    let input = input.map_or_else(|| null_device().map(OwnedFd::from), Ok)?;
    let limits = Limits { until: &|| until, changed: never.as_fd(), lines: Lines::new(0, LINES) };
    let ended = supervised::run(command, &variables, input, limits, &mut |piece| {
        if let OutputPiece::Line(line) = piece {
            last.push(line);
        }
    })?;
    let code = match ended {
        Ended::By(status) => status.code(),
        Ended::Killed => None,
    };
    Ok(Listened { code, last })
}

impl Listened {
    /// The last lines, as far as they are text.
    pub fn lines(&self) -> Vec<String> {
        self.last.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    /// The last lines, for a log; none if all is well.
    pub fn words(self) -> Vec<Vec<u8>> {
        if self.code == Some(0) { Vec::new() } else { self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::errno_text;

    fn sh(script: &str) -> Listened {
        let mut sh = Launch::new("sh");
        sh.args(["-c", script]);
        run(sh, None)
    }

    #[test]
    fn the_last_words_and_the_exit_code_are_heard() {
        let heard = sh("seq 100; echo; echo $LC_ALL >&2; exit 6");
        assert_eq!((heard.code, heard.lines().len()), (Some(6), LINES));
        let words = heard.words();
        assert_eq!((words.len(), &words[0][..], &words[49][..]), (LINES, &b"52"[..], &b"C"[..]));
        let nothing = sh("kill -KILL $$");
        assert!(nothing.code.is_none() && nothing.words().is_empty());
        assert!(sh("echo well").words().is_empty());
        let none = run(Launch::new("/nonexist"), None);
        assert_eq!(
            (none.code, none.lines()),
            (None, vec![format!("could not be run: {}", errno_text(libc::ENOENT))])
        );
    }
}
