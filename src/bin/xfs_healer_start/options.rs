// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command line: one table from which the parser and the help text come.

use crate::command::{Command, Instead};
use crate::flags::{self, Effect};
use lexopt::Parser;
use std::ffi::OsString;
use xfshealer::starter::StarterOptions;

type Flag = flags::Flag<StarterOptions, Instead>;

const fn flag(
    long: &'static str,
    help: &'static str,
    effect: Effect<StarterOptions, Instead>,
) -> Flag {
    Flag { long, short: None, help: Some(help), in_7_2: true, effect }
}

const FLAGS: &[Flag] = &[
    flag(
        "debug",
        "Say also which mounts are seen and what is started.",
        Effect::Set(|o| o.debug = true),
    ),
    flag(
        "mountns",
        "Watch the mount namespace of this file.",
        Effect::Value("PATH", |o, path| {
            o.mount_namespace = Some(path.into());
            Ok(())
        }),
    ),
    Flag {
        in_7_2: false,
        ..flag(
            "json",
            "Say everything as JSON, an object a line, on standard output.",
            Effect::Set(|o| o.json = true),
        )
    },
    flag(
        "supported",
        "Only check that mounts can be watched.",
        Effect::Set(|o| o.supported = true),
    ),
    flag("help", "Print this text.", Effect::Instead(Instead::Help)),
    Flag {
        short: Some('V'),
        ..flag("version", "Print the version.", Effect::Instead(Instead::Version))
    },
];

/// The text of `--help`, also shown after a mistake.
pub fn usage() -> String {
    format!("Usage: xfs_healer_start [OPTIONS]\n\nOptions:\n{}", flags::help(FLAGS, 16))
}

/// Reads the command line; on a mistake gives the message.
///
/// As in 7.2 the version is printed as soon as it is asked for, whatever follows, and operands
/// mean nothing.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command<StarterOptions>, String> {
    let mut parser = Parser::from_iter(args);
    let mut options = StarterOptions::default();
    let instead = flags::next(FLAGS, &mut parser, &mut options, drop)?;
    Ok(Command::new(instead, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(args: &[&str]) -> Result<Command<StarterOptions>, String> {
        parse(["xfs_healer_start"].iter().chain(args).map(OsString::from))
    }

    fn run(args: &[&str]) -> StarterOptions {
        match of(args) {
            Ok(Command::Run(options)) => options,
            other => panic!("{args:?}: {other:?}"),
        }
    }

    #[test]
    fn options_may_be_abbreviated_and_operands_mean_nothing() {
        assert!(run(&["--d", "--s"]).debug && run(&["x", "--sup", "y"]).supported);
        for args in [&["--mountns", "/n"][..], &["--m=/n"], &["--mountns", "/x", "--mount", "/n"]] {
            assert_eq!(run(args).mount_namespace.as_deref(), Some(Path::new("/n")), "{args:?}");
        }
        let literal = run(&["--mountns", "--supported", "--", "--debug"]);
        assert_eq!(literal.mount_namespace.as_deref(), Some(Path::new("--supported")));
        assert!(!literal.debug && !literal.supported);
    }

    #[test]
    fn mistakes_are_named() {
        for (args, message) in [
            (&["--nope"][..], "unrecognized option '--nope'"),
            (&["-x"], "invalid option -- 'x'"),
            (&["--mountns"], "option '--mountns' requires an argument"),
            (&["--deb=3"], "option '--debug' doesn't allow an argument"),
            (&["--nope", "-V"], "unrecognized option '--nope'"),
        ] {
            assert_eq!(of(args).unwrap_err(), message);
        }
    }

    #[test]
    fn help_and_version_come_at_once() {
        assert!(matches!(of(&["--h", "--nope"]), Ok(Command::Help)));
        assert!(matches!(of(&["-V", "--nope"]), Ok(Command::Version)));
        assert!(matches!(of(&["--debug", "x", "--version"]), Ok(Command::Version)));
    }

    #[test]
    fn every_option_is_in_the_help() {
        for flag in FLAGS {
            assert!(usage().contains(&format!("--{}", flag.long)), "{}", flag.long);
        }
    }
}
