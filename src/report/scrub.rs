// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is said about full scrubs.

use super::notice::{full_scrub_level, write_full_scrub};
use super::{Level, Line, Place, errno_text, escape};
use crate::act::{ScrubExit, ScrubVerdict, StartError};
use crate::plan::Reasons;
use std::io;

/// Something about a full scrub that is to be said.
#[derive(Debug)]
pub enum ScrubNews<'a> {
    /// One is wanted now.
    Wanted(Reasons),
    /// One was started.
    InProgress,
    /// None was, since this one of somebody else's runs.
    Other(&'a str),
    /// That is over.
    OtherEnded,
    /// It holds the mount; this command ends it.
    Holds(&'a str),
    /// None could be started.
    NotStarted(&'a StartError),
    /// systemctl(1) did not start this unit.
    UnitRefused(&'a str),
    /// A line that xfs_scrub printed.
    Said(&'a [u8]),
    /// It is over.
    Ended(ScrubVerdict),
}

/// The line for it.
pub fn scrub_line(place: &Place, news: &ScrubNews<'_>) -> Line {
    let found = place.found();
    match news {
        ScrubNews::Wanted(reasons) => Line::written(full_scrub_level(), |text| {
            write_full_scrub(text, place.mount(), *reasons)
        }),
        ScrubNews::InProgress => {
            Line::out(Level::Notice, format!("{found}: Full repairs in progress."))
        }
        ScrubNews::Other(who) => {
            let who = escape(who.as_bytes());
            let text = format!("another xfs_scrub ({who}) is running; waiting for it.");
            Line::out(Level::Notice, format!("{found}: {text}"))
        }
        ScrubNews::OtherEnded => {
            let text = "the other xfs_scrub has ended; ours follows if it is still wanted";
            Line::out(Level::Notice, format!("{found}: {text}"))
        }
        ScrubNews::Holds(stop) => {
            let text = "stays in use while the full scrub runs; this ends it";
            Line::out(Level::Info, format!("{found}: {text}: {}", escape(stop.as_bytes())))
        }
        ScrubNews::NotStarted(error) => {
            Line::err(Level::Error, format!("{found}: {}", start_error_words(error)))
        }
        ScrubNews::UnitRefused(unit) => {
            let what = "Could not start xfs_scrub service unit";
            let unit = escape(unit.as_bytes());
            Line::err(Level::Error, format!("{found}: {what}: {unit}"))
        }
        ScrubNews::Said(text) => {
            Line::out(Level::Info, format!("{found}: xfs_scrub: {}", escape(text)))
        }
        ScrubNews::Ended(verdict) => {
            let level = match verdict {
                ScrubVerdict::Exit(exit) if exit.is_clean() => Level::Notice,
                verdict if verdict.is_wanted_end() => Level::Notice,
                _ => Level::Error,
            };
            Line::out(level, format!("{found}: full scrub {}", verdict_words(*verdict)))
        }
    }
}

fn start_error_words(error: &StartError) -> String {
    match error {
        StartError::Unreachable(error) => {
            format!("cannot open filesystem to scrub: {}", error_text(error))
        }
        StartError::OnlyPart => {
            "no full scrub is started: only a part of the filesystem is mounted".to_owned()
        }
        StartError::Forbidden => "no full scrub is started: repairs are not wanted".to_owned(),
        StartError::Killed => {
            "no full scrub is started: its thread was killed in the kernel".to_owned()
        }
        StartError::NoName => "Could not determine xfs_scrub unit name.".to_owned(),
        StartError::Spawn { name, error } => {
            format!(
                "cannot run {} for a full scrub: {}",
                escape(name.as_bytes()),
                error_text(error)
            )
        }
    }
}

fn verdict_words(verdict: ScrubVerdict) -> String {
    const WORDS: [(ScrubExit, &str); 4] = [
        (ScrubExit::DAMAGE_LEFT, "damage is left"),
        (ScrubExit::OPERATIONAL_ERROR, "it ran into trouble of its own"),
        (ScrubExit::USAGE, "it does not know its options"),
        (ScrubExit::COULD_OPTIMISE, "something could be optimised"),
    ];
    let exit = match verdict {
        ScrubVerdict::Exit(exit) => exit,
        ScrubVerdict::Signal(_) => return "was ended by a signal".to_owned(),
        ScrubVerdict::Unknown => return "has ended, and nobody can tell how".to_owned(),
    };
    let all = WORDS.iter().fold(ScrubExit::empty(), |all, (bit, _)| all | *bit);
    if !all.contains(exit) {
        // Not a word of xfs_scrub's.
        return format!("ended with exit code {}", exit.bits());
    }
    let words = WORDS.iter().filter(|(bit, _)| exit.contains(*bit)).map(|(_, words)| *words);
    let clean = exit.is_clean().then_some("no damage is left");
    let words = clean.into_iter().chain(words).collect::<Vec<_>>();
    format!("finished: {}", words.join(", "))
}

/// The system's text for an error, without the number that Rust adds.
pub fn error_text(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), errno_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32) -> String {
        let news = ScrubNews::Ended(ScrubVerdict::Exit(ScrubExit::from_bits_retain(code)));
        scrub_line(&Place::new(b"/m"), &news).text
    }

    #[test]
    fn a_verdict_says_everything_that_the_exit_code_does() {
        assert_eq!(ended(0), "/m: full scrub finished: no damage is left");
        let optimise = "/m: full scrub finished: no damage is left, something could be optimised";
        assert_eq!(ended(2), optimise);
        let both = "/m: full scrub finished: damage is left, it ran into trouble of its own";
        assert_eq!(ended(5), both);
        assert_eq!(ended(16), "/m: full scrub ended with exit code 16");
        assert_eq!(ended(127), "/m: full scrub ended with exit code 127");
    }

    #[test]
    fn what_judged_nothing_is_not_called_clean_or_bad() {
        let line = |verdict| scrub_line(&Place::new(b"/m"), &ScrubNews::Ended(verdict));
        let stopped = line(ScrubVerdict::Signal(libc::SIGTERM));
        assert_eq!(stopped.text, "/m: full scrub was ended by a signal");
        assert_eq!(stopped.level, Level::Notice);
        let killed = line(ScrubVerdict::Signal(libc::SIGKILL));
        assert_eq!((killed.text, killed.level), (stopped.text, Level::Error));
        let unknown = line(ScrubVerdict::Unknown);
        assert_eq!(unknown.text, "/m: full scrub has ended, and nobody can tell how");
    }

    #[test]
    fn what_xfs_scrub_prints_cannot_forge_a_line() {
        let line = scrub_line(&Place::new(b"/m"), &ScrubNews::Said(b"a\x1b[2J"));
        assert_eq!(line.text, "/m: xfs_scrub: a\\x1b[2J");
    }

    #[test]
    fn why_none_was_started() {
        let text =
            |error: &StartError| scrub_line(&Place::new(b"/m"), &ScrubNews::NotStarted(error)).text;
        let error = || io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(
            text(&StartError::Spawn { name: "xfs_scrub".to_owned(), error: error() }),
            "/m: cannot run xfs_scrub for a full scrub: No such file or directory"
        );
        let part = "/m: no full scrub is started: only a part of the filesystem is mounted";
        assert_eq!(text(&StartError::OnlyPart), part);
        assert_eq!(text(&StartError::NoName), "/m: Could not determine xfs_scrub unit name.");
        let refused =
            scrub_line(&Place::new(b"/m"), &ScrubNews::UnitRefused("xfs_scrub@m.service"));
        assert_eq!(refused.text, "/m: Could not start xfs_scrub service unit: xfs_scrub@m.service");
    }
}
