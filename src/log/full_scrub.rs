// SPDX-License-Identifier: LGPL-2.1-or-later
//! Log lines about full scrubs.

use super::manner::{Words, err, out};
use super::said::ScrubNews;
use crate::act::{ScrubExit, ScrubVerdict, StartError};
use crate::report::{Escaped, Level};

/// The words for the news.
pub(super) fn words(news: &ScrubNews) -> Words {
    match news {
        ScrubNews::InProgress => out(Level::Notice, "Full repairs in progress."),
        ScrubNews::Other(who) => {
            let who = Escaped(who.as_bytes());
            let words = format!("another xfs_scrub ({who:.350}) is running; waiting for it.");
            out(Level::Notice, words)
        }
        ScrubNews::OtherEnded => {
            out(Level::Notice, "the other xfs_scrub has ended; ours follows if it is still wanted")
        }
        ScrubNews::OtherGoesOn { is_unit } => {
            // The last of several, perhaps.
            let what = if *is_unit {
                "and goes on waiting, as a unit runs once"
            } else {
                "and is started beside that if it is still wanted"
            };
            let words = format!("a full scrub has waited for another xfs_scrub for a day, {what}");
            err(Level::Notice, words)
        }
        ScrubNews::Holds(stop) => {
            let stop = Escaped(stop.as_bytes());
            let words = "stays in use while the full scrub runs; this ends it";
            out(Level::Info, format!("{words}: {stop:.350}"))
        }
        ScrubNews::NotStarted(error) => err(Level::Error, start_error_words(error)),
        ScrubNews::UnitRefused(unit) => {
            let unit = Escaped(unit.as_bytes());
            err(Level::Error, format!("Could not start xfs_scrub service unit: {unit:.350}"))
        }
        ScrubNews::Said(text) => {
            let text = Escaped(text);
            out(Level::Info, format!("xfs_scrub: \"{text:.580}\""))
        }
        ScrubNews::NotShown(lines) => {
            out(Level::Info, format!("xfs_scrub: {lines} more lines are not shown"))
        }
        ScrubNews::Ended(verdict, name) => {
            let level = match verdict {
                ScrubVerdict::Exit(exit) if exit.is_clean() => Level::Notice,
                ScrubVerdict::UnitEnded => Level::Notice,
                verdict if verdict.is_wanted_end() => Level::Notice,
                _ => Level::Error,
            };
            out(level, format!("full scrub {}", verdict_words(*verdict, name)))
        }
    }
}

fn start_error_words(error: &StartError) -> String {
    match error {
        StartError::Unreachable(error) => {
            format!("cannot open filesystem to scrub: {error}")
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
            let name = Escaped(name.as_bytes());
            format!("cannot run {name:.300} for a full scrub: {error}")
        }
    }
}

fn verdict_words(verdict: ScrubVerdict, name: &str) -> String {
    const WORDS: [(ScrubExit, &str); 4] = [
        (ScrubExit::DAMAGE_LEFT, "damage is left"),
        (ScrubExit::OPERATIONAL_ERROR, "it ran into trouble of its own"),
        (ScrubExit::USAGE, "it does not know its options"),
        (ScrubExit::COULD_OPTIMISE, "something could be optimised"),
    ];
    let exit = match verdict {
        ScrubVerdict::Exit(exit) => exit,
        ScrubVerdict::UnitEnded => return "unit has ended without complaint".to_owned(),
        ScrubVerdict::UnitFailed(code) => {
            return format!("unit has failed (exit code {code}); see: {}", journal(name));
        }
        ScrubVerdict::UnitSkipped => {
            return format!("unit seems not to have run; see: {}", journal(name));
        }
        ScrubVerdict::Signal(_) => return "was ended by a signal".to_owned(),
        ScrubVerdict::Unknown => return "has ended, and nobody can tell how".to_owned(),
    };
    if !exit.is_own() {
        return format!("ended with exit code {}", exit.bits());
    }
    let words = WORDS.iter().filter(|(bit, _)| exit.contains(*bit)).map(|(_, words)| *words);
    let clean = exit.is_clean().then_some("no damage is left");
    let words = clean.into_iter().chain(words).collect::<Vec<_>>();
    format!("finished: {}", words.join(", "))
}

/// The command that shows what a unit has to say. A name has no other characters that a shell would
/// take for its own than backslashes, of which it makes one of two.
fn journal(unit: &str) -> String {
    format!("journalctl -u {:.350}", Escaped(unit.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::said::Said;
    use crate::report::{Cause, Line, Place};

    fn scrub_line(news: ScrubNews) -> Line {
        Said::FullScrub(news).line(Some(&Place::new(b"/m")))
    }

    fn ended(code: i32) -> String {
        let verdict = ScrubVerdict::Exit(ScrubExit::from_bits_retain(code));
        scrub_line(ScrubNews::Ended(verdict, "xfs_scrub".to_owned())).text
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

    fn line_of_unit(verdict: ScrubVerdict) -> Line {
        let unit = "xfs_scrub@my\\x2ddata.service";
        scrub_line(ScrubNews::Ended(verdict, unit.to_owned()))
    }

    #[test]
    fn a_unit_says_no_more_of_the_filesystem_than_it_knows() {
        let ended = line_of_unit(ScrubVerdict::UnitEnded);
        assert_eq!(ended.text, "/m: full scrub unit has ended without complaint");
        assert_eq!(ended.level, Level::Notice);
        let see = "see: journalctl -u xfs_scrub@my\\\\x2ddata.service";
        let failed = line_of_unit(ScrubVerdict::UnitFailed(1));
        assert_eq!(failed.text, format!("/m: full scrub unit has failed (exit code 1); {see}"));
        assert_eq!(failed.level, Level::Error);
        let skipped = line_of_unit(ScrubVerdict::UnitSkipped);
        assert_eq!(skipped.text, format!("/m: full scrub unit seems not to have run; {see}"));
        assert_eq!(skipped.level, Level::Error);
    }

    #[test]
    fn what_judged_nothing_is_not_called_clean_or_bad() {
        let line = line_of_unit;
        let stopped = line(ScrubVerdict::Signal(libc::SIGTERM));
        assert_eq!(stopped.text, "/m: full scrub was ended by a signal");
        assert_eq!(stopped.level, Level::Notice);
        let killed = line(ScrubVerdict::Signal(libc::SIGKILL));
        assert_eq!((killed.text, killed.level), (stopped.text, Level::Error));
        let unknown = line(ScrubVerdict::Unknown);
        assert_eq!(unknown.text, "/m: full scrub has ended, and nobody can tell how");
    }

    #[test]
    fn a_shell_finds_the_unit_in_the_commands_that_are_said() {
        let unit = "xfs_scrub@mnt-my\\x2ddata.service";
        let holds = format!("systemctl stop {unit}");
        let failed = ScrubNews::Ended(ScrubVerdict::UnitFailed(1), unit.to_owned());
        for news in [ScrubNews::Holds(holds), failed] {
            let text = scrub_line(news).text;
            let command = text.rsplit(": ").next().unwrap();
            let script = format!("set -- {command}; printf %s \"$3\"");
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), unit, "{command}");
        }
    }

    #[test]
    fn what_xfs_scrub_prints_cannot_forge_a_line() {
        let line = scrub_line(ScrubNews::Said(b"a\x1b[2J".to_vec()));
        assert_eq!(line.text, "/m: xfs_scrub: \"a\\x1b[2J\"");
    }

    #[test]
    fn why_none_was_started() {
        let text = |error: StartError| scrub_line(ScrubNews::NotStarted(error)).text;
        let error = Cause::Errno(libc::ENOENT);
        assert_eq!(
            text(StartError::Spawn { name: "xfs_scrub".to_owned(), error }),
            "/m: cannot run xfs_scrub for a full scrub: No such file or directory"
        );
        let part = "/m: no full scrub is started: only a part of the filesystem is mounted";
        assert_eq!(text(StartError::OnlyPart), part);
        assert_eq!(text(StartError::NoName), "/m: Could not determine xfs_scrub unit name.");
        let refused = scrub_line(ScrubNews::UnitRefused("xfs_scrub@m.service".to_owned()));
        assert_eq!(refused.text, "/m: Could not start xfs_scrub service unit: xfs_scrub@m.service");
    }
}
