// SPDX-License-Identifier: LGPL-2.1-or-later
//! News about the program that events are told to (`--exec`), as values and in words.

use super::manner::{Words, err, out};
use crate::report::{Cause, Escaped, Level};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// News about the hook that is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HookNews {
    /// The hook cannot be run, for this reason.
    CannotRun(PathBuf, HookRefusal),
    /// A line that the hook printed.
    Said(Vec<u8>),
    /// Number of lines that the hook printed and that are not shown, before what follows.
    NotShown(u64),
    /// The hook for this event has ended, and says that it has failed.
    Failed(&'static str, HookEnd),
    /// The hook for this event, or what it had started, was killed since it took too long.
    Killed(&'static str),
    /// Number of events that the hook was not told of.
    Dropped(u64),
}

/// Reason why the hook cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HookRefusal {
    NotRegular,
    NotExecutable,
    /// The hook is on a filesystem that is monitored.
    OnFilesystem,
    /// A call has failed.
    Failed(Cause),
    /// The thread that ran it was killed in the kernel.
    Killed,
}

/// Bad end of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookEnd {
    Exit(i32),
    Signal(i32),
}

/// The words for the news.
pub(super) fn words(news: &HookNews) -> Words {
    let words = match news {
        HookNews::Said(text) => {
            return out(Level::Info, format!("hook: \"{:.580}\"", Escaped(text)));
        }
        HookNews::NotShown(lines) => {
            return out(Level::Info, format!("hook: {lines} more lines are not shown"));
        }
        HookNews::CannotRun(path, why) => {
            let path = Escaped(path.as_os_str().as_bytes());
            format!("cannot run the hook {path:.400}: {}", refusal(why))
        }
        HookNews::Failed(event, HookEnd::Exit(code)) => {
            format!("the hook for {event} ended with exit code {code}")
        }
        HookNews::Failed(event, HookEnd::Signal(signal)) => {
            format!("the hook for {event} was ended by signal {signal}")
        }
        HookNews::Killed(event) => {
            format!("the hook for {event} took too long and was killed")
        }
        HookNews::Dropped(events) => format!("{events} events were not told to the hook"),
    };
    err(Level::Error, words)
}

fn refusal(why: &HookRefusal) -> String {
    match why {
        HookRefusal::NotRegular => "it is not a regular file".to_owned(),
        HookRefusal::NotExecutable => "it is not executable".to_owned(),
        HookRefusal::OnFilesystem => {
            "it is on a filesystem that is monitored, which it would hold".to_owned()
        }
        HookRefusal::Failed(error) => error.to_string(),
        HookRefusal::Killed => "its thread was killed in the kernel".to_owned(),
    }
}
