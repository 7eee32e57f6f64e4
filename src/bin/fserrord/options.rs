// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command line: one table from which the parser and the help text come.

use crate::command::{Command, Instead};
use crate::flags::{self, Effect};
use lexopt::Parser;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::path::PathBuf;
use xfshealer::fserror::ErrorOptions;

type Flag = flags::Flag<ErrorOptions, Instead>;

const fn flag(
    long: &'static str,
    help: &'static str,
    effect: Effect<ErrorOptions, Instead>,
) -> Flag {
    Flag { long, short: None, help: Some(help), in_7_2: false, effect }
}

const FLAGS: &[Flag] = &[
    flag(
        "act",
        "Start a healer for an XFS with errors, and a check of a btrfs or an ext4.",
        Effect::Set(|o| o.act = true),
    ),
    flag("debug", "Say also which mounts are seen.", Effect::Set(|o| o.debug = true)),
    flag(
        "exec",
        "Run PROGRAM for errors, and what is done about them.",
        Effect::Value("PROGRAM", exec),
    ),
    flag(
        "json",
        "Say everything as JSON, an object a line, on standard output.",
        Effect::Set(|o| o.json = true),
    ),
    flag(
        "list",
        "Only list the mounted filesystems, and what each reports.",
        Effect::Set(|o| o.list = true),
    ),
    flag("metrics", "Keep metrics for Prometheus in FILE.", Effect::Value("FILE", metrics)),
    flag(
        "record",
        "Append what the kernel says to FILE, for a fault report.",
        Effect::Value("FILE", record),
    ),
    flag(
        "replay",
        "Say what was recorded in FILE (-: stdin), and do nothing.",
        Effect::Value("FILE", replay),
    ),
    flag("help", "Print this text.", Effect::Instead(Instead::Help)),
    Flag {
        short: Some('V'),
        ..flag("version", "Print the version.", Effect::Instead(Instead::Version))
    },
];

/// Reads the value of `--exec=PROGRAM`.
fn exec(options: &mut ErrorOptions, value: &OsStr) -> Result<(), &'static str> {
    if !Path::new(value).is_absolute() {
        return Err("want an absolute path");
    }
    options.exec = Some(value.into());
    Ok(())
}

/// Reads the value of `--metrics=FILE`.
fn metrics(options: &mut ErrorOptions, value: &OsStr) -> Result<(), &'static str> {
    options.metrics = Some(file(value)?);
    Ok(())
}

/// Reads the value of `--record=FILE`.
fn record(options: &mut ErrorOptions, value: &OsStr) -> Result<(), &'static str> {
    options.record = Some(file(value)?);
    Ok(())
}

/// Reads the value of `--replay=FILE`.
fn replay(options: &mut ErrorOptions, value: &OsStr) -> Result<(), &'static str> {
    options.replay = Some(file(value)?);
    Ok(())
}

fn file(value: &OsStr) -> Result<PathBuf, &'static str> {
    if value.is_empty() { Err("want a file") } else { Ok(value.into()) }
}

/// The text of `--help`, also shown after a mistake.
pub fn usage() -> String {
    format!("Usage: fserrord [OPTIONS]\n\nOptions:\n{}", flags::help(FLAGS, 16))
}

/// Reads the command line; on a mistake gives the message.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command<ErrorOptions>, String> {
    let mut parser = Parser::from_iter(args);
    let (mut options, mut operand) = (ErrorOptions::default(), None);
    let instead = flags::next(FLAGS, &mut parser, &mut options, |value| operand = Some(value))?;
    if let (None, Some(operand)) = (instead, operand) {
        let operand = operand.to_string_lossy();
        return Err(format!("unexpected argument '{}'", operand.escape_debug()));
    }
    match mistake(&options).filter(|_| instead.is_none()) {
        Some(mistake) => Err(mistake.to_owned()),
        None => Ok(Command::new(instead, options)),
    }
}

/// What does not go together. A list says what `--act` would do, also with that.
fn mistake(options: &ErrorOptions) -> Option<&'static str> {
    let (is_replay, is_list) = (options.replay.is_some(), options.list);
    let [records, runs, counts] =
        [&options.record, &options.exec, &options.metrics].map(Option::is_some);
    let mistakes = [
        (is_replay && records, "--replay and --record exclude each other"),
        (is_replay && runs, "--replay and --exec exclude each other"),
        (is_replay && counts, "--replay and --metrics exclude each other"),
        (is_replay && options.act, "--replay and --act exclude each other"),
        (is_replay && is_list, "--replay and --list exclude each other"),
        (is_list && records, "--list and --record exclude each other"),
        (is_list && runs, "--list and --exec exclude each other"),
        (is_list && counts, "--list and --metrics exclude each other"),
    ];
    mistakes.into_iter().find_map(|(is_wrong, mistake)| is_wrong.then_some(mistake))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Result<Command<ErrorOptions>, String> {
        parse(["fserrord"].iter().chain(args).map(OsString::from))
    }

    #[test]
    fn options_may_be_abbreviated_and_there_are_no_operands() {
        let Ok(Command::Run(options)) = of(&["--d", "--l", "--j"]) else { panic!() };
        assert!(options.debug && options.list && options.json);
        assert_eq!(of(&["/home"]).unwrap_err(), "unexpected argument '/home'");
        assert_eq!(of(&["--nope"]).unwrap_err(), "unrecognized option '--nope'");
    }

    #[test]
    fn a_program_is_named_from_the_root() {
        let Ok(Command::Run(options)) = of(&["--exec=/usr/bin/true"]) else { panic!() };
        assert_eq!(options.exec.as_deref(), Some(Path::new("/usr/bin/true")));
        let Ok(Command::Run(options)) = of(&["--me", "f"]) else { panic!() };
        assert_eq!(options.metrics.as_deref(), Some(Path::new("f")));
        assert_eq!(of(&["--metrics="]).unwrap_err(), "option '--metrics': '': want a file");
        let mistake = of(&["--exec", "true"]).unwrap_err();
        assert_eq!(mistake, "option '--exec': 'true': want an absolute path");
    }

    #[test]
    fn what_is_replayed_is_not_watched() {
        let Ok(Command::Run(options)) = of(&["--replay=-", "--debug"]) else { panic!() };
        assert_eq!(options.replay.as_deref(), Some(Path::new("-")));
        let Ok(Command::Run(options)) = of(&["--rec", "f", "--act"]) else { panic!() };
        assert_eq!(options.record.as_deref(), Some(Path::new("f")));
        for other in ["record=f", "exec=/x", "metrics=f", "act", "list"] {
            let name = other.split('=').next().unwrap();
            let mistake = of(&["--replay=f", &format!("--{other}")]).unwrap_err();
            assert_eq!(mistake, format!("--replay and --{name} exclude each other"));
        }
        assert_eq!(of(&["--replay="]).unwrap_err(), "option '--replay': '': want a file");
    }

    #[test]
    fn who_only_wants_a_list_has_no_error_recorded_counted_or_told() {
        for other in ["record=f", "exec=/x", "metrics=f"] {
            let name = other.split('=').next().unwrap();
            let mistake = of(&["--list", &format!("--{other}")]).unwrap_err();
            assert_eq!(mistake, format!("--list and --{name} exclude each other"));
        }
        assert!(matches!(of(&["--list", "--act", "--json"]), Ok(Command::Run(_))));
    }

    #[test]
    fn help_and_version_come_at_once() {
        assert!(matches!(of(&["--h", "--nope"]), Ok(Command::Help)));
        assert!(matches!(of(&["-V", "--nope"]), Ok(Command::Version)));
    }

    #[test]
    fn every_option_is_in_the_help() {
        for flag in FLAGS {
            assert!(usage().contains(&format!("--{}", flag.long)), "{}", flag.long);
        }
    }
}
