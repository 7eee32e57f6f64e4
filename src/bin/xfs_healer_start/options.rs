// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command line: one table from which the parser and the help text come.

use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::fmt::Write;
use xfshealer::starter::Options;

/// What the command line asks the program to do.
#[derive(Debug)]
pub enum Wish {
    /// Start healers.
    Run(Options),
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
}

/// What an option does.
#[derive(Clone, Copy)]
enum Effect {
    Set(fn(&mut Options)),
    /// Takes a value, called like this in the help.
    Value(&'static str, fn(&mut Options, OsString)),
    Help,
    Version,
}

struct Flag {
    long: &'static str,
    short: Option<char>,
    help: &'static str,
    effect: Effect,
}

const FLAGS: &[Flag] = &[
    Flag {
        long: "debug",
        short: None,
        help: "Say also which mounts are seen and what is started.",
        effect: Effect::Set(|o| o.debug = true),
    },
    Flag {
        long: "mountns",
        short: None,
        help: "Watch the mount namespace of this file.",
        effect: Effect::Value("PATH", |o, path| o.mount_namespace = Some(path.into())),
    },
    Flag {
        long: "supported",
        short: None,
        help: "Only check that mounts can be watched.",
        effect: Effect::Set(|o| o.supported = true),
    },
    Flag { long: "help", short: None, help: "Print this text.", effect: Effect::Help },
    Flag { long: "version", short: Some('V'), help: "Print the version.", effect: Effect::Version },
];

/// The text of `--help`, also shown after a mistake.
pub fn usage() -> String {
    let mut text = "Usage: xfs_healer_start [OPTIONS]\n\nOptions:\n".to_owned();
    for flag in FLAGS {
        let short = flag.short.map_or(String::new(), |c| format!("-{c}, "));
        let value = if let Effect::Value(name, _) = flag.effect { name } else { "" };
        let equals = if value.is_empty() { "" } else { "=" };
        let option = format!("{short}--{}{equals}{value}", flag.long);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {option:<16} {}", flag.help);
    }
    text
}

/// Reads the command line; on a mistake gives the message, in the words of getopt_long(3).
///
/// As in 7.2 the version is printed as soon as it is asked for, whatever follows, and operands
/// mean nothing.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let mut parser = Parser::from_iter(args);
    let mut options = Options::default();
    while let Some(arg) = parser.next().map_err(|error| mistake(&error))? {
        let is_long = matches!(arg, Arg::Long(_));
        let flag = match arg {
            Arg::Value(_) => continue,
            Arg::Long(name) => find(name)?,
            Arg::Short(c) => {
                let found = FLAGS.iter().find(|flag| flag.short == Some(c));
                found.ok_or_else(|| format!("invalid option -- '{}'", c.escape_debug()))?
            }
        };
        if let Effect::Value(_, set) = flag.effect {
            let missing = |_| format!("option '--{}' requires an argument", flag.long);
            set(&mut options, parser.value().map_err(missing)?);
            continue;
        }
        if is_long && parser.optional_value().is_some() {
            return Err(format!("option '--{}' doesn't allow an argument", flag.long));
        }
        match flag.effect {
            Effect::Set(set) => set(&mut options),
            Effect::Value(..) => {}
            Effect::Help => return Ok(Wish::Help),
            Effect::Version => return Ok(Wish::Version),
        }
    }
    Ok(Wish::Run(options))
}

fn mistake(error: &lexopt::Error) -> String {
    match error {
        lexopt::Error::UnexpectedValue { option, .. } => {
            format!("option '{option}' doesn't allow an argument")
        }
        other => other.to_string(),
    }
}

/// The option of a name or of an abbreviation of it.
fn find(name: &str) -> Result<&'static Flag, String> {
    let found: Vec<&Flag> = FLAGS.iter().filter(|flag| flag.long.starts_with(name)).collect();
    let exact = found.iter().find(|flag| flag.long == name);
    let name = name.escape_debug();
    match (exact, &found[..]) {
        (Some(flag), _) | (None, [flag]) => Ok(flag),
        (None, []) => Err(format!("unrecognized option '--{name}'")),
        (None, _) => {
            let all: String = found.iter().map(|flag| format!(" '--{}'", flag.long)).collect();
            Err(format!("option '--{name}' is ambiguous; possibilities:{all}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(args: &[&str]) -> Result<Wish, String> {
        parse(["xfs_healer_start"].iter().chain(args).map(OsString::from))
    }

    fn run(args: &[&str]) -> Options {
        match of(args) {
            Ok(Wish::Run(options)) => options,
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
        assert!(matches!(of(&["--h", "--nope"]), Ok(Wish::Help)));
        assert!(matches!(of(&["-V", "--nope"]), Ok(Wish::Version)));
        assert!(matches!(of(&["--debug", "x", "--version"]), Ok(Wish::Version)));
    }

    #[test]
    fn every_option_is_in_the_help() {
        for flag in FLAGS {
            assert!(usage().contains(&format!("--{}", flag.long)), "{}", flag.long);
        }
    }
}
