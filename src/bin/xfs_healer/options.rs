// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command line: one table from which the parser and the help text come.

use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;
use xfshealer::daemon::Options;

/// What the command line asks the program to do.
#[derive(Debug)]
pub enum Wish {
    /// Monitor a filesystem.
    Run(Options),
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
    /// Print the name of the service unit for a mount point.
    UnitName(PathBuf),
}

/// What an option does.
#[derive(Clone, Copy)]
enum Effect {
    Set(fn(&mut Options)),
    Help,
    Version,
    UnitName,
}

struct Flag {
    long: &'static str,
    short: Option<char>,
    /// Nothing for an option that is not shown.
    help: Option<&'static str>,
    /// Whether xfs_healer 7.2 has it: an abbreviation that was unique there stays so.
    in_7_2: bool,
    effect: Effect,
}

const fn flag(long: &'static str, help: &'static str, set: fn(&mut Options)) -> Flag {
    Flag { long, short: None, help: Some(help), in_7_2: true, effect: Effect::Set(set) }
}

const FLAGS: &[Flag] = &[
    flag("debug", "Say also what is started.", |o| o.debug = true),
    flag("everything", "Report also what the kernel finds healthy.", |o| o.everything = true),
    flag("foreground", "Repair with one thread for each CPU.", |o| o.foreground = true),
    flag("no-autofsck", "Do not let the \"autofsck\" property decide.", |o| o.no_autofsck = true),
    flag("quiet", "Do not print health events.", |o| o.quiet = true),
    flag("repair", "Repair what is damaged.", |o| o.repair = true),
    flag("supported", "Only check that the filesystem can be monitored.", |o| o.supported = true),
    Flag {
        in_7_2: false,
        ..flag("ignore-kernel-defects", "Repair even where this kernel would crash.", |o| {
            o.ignore_kernel_defects = true;
        })
    },
    Flag { long: "svcname", short: None, help: None, in_7_2: true, effect: Effect::UnitName },
    Flag {
        long: "help",
        short: None,
        help: Some("Print this text."),
        in_7_2: true,
        effect: Effect::Help,
    },
    Flag {
        long: "version",
        short: Some('V'),
        help: Some("Print the version."),
        in_7_2: true,
        effect: Effect::Version,
    },
];

/// The text of `--help`, also shown after a mistake.
pub fn usage() -> String {
    let mut text = "Usage: xfs_healer [OPTIONS] mountpoint\n\nOptions:\n".to_owned();
    for flag in FLAGS {
        let Some(help) = flag.help else { continue };
        let short = flag.short.map_or(String::new(), |c| format!("-{c}, "));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<24} {help}", format!("{short}--{}", flag.long));
    }
    text
}

/// Reads the command line; on a mistake gives the message, in the words of getopt_long(3).
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let mut parser = Parser::from_iter(args);
    let mut options = Options::default();
    let mut operands = Vec::new();
    let (mut version, mut unit_name) = (false, false);
    while let Some(arg) = parser.next().map_err(|error| mistake(&error))? {
        let flag = match arg {
            Arg::Value(value) => {
                operands.push(value);
                continue;
            }
            Arg::Long(name) => find(name)?,
            Arg::Short(c) => {
                let found = FLAGS.iter().find(|flag| flag.short == Some(c));
                found.ok_or_else(|| format!("invalid option -- '{}'", c.escape_debug()))?
            }
        };
        if flag.short.is_none() && parser.optional_value().is_some() {
            return Err(format!("option '--{}' doesn't allow an argument", flag.long));
        }
        match flag.effect {
            Effect::Set(set) => set(&mut options),
            Effect::Help => return Ok(Wish::Help),
            Effect::Version => version = true,
            Effect::UnitName => unit_name = true,
        }
    }
    if version {
        return Ok(Wish::Version);
    }
    options.mount_point = match <[OsString; 1]>::try_from(operands) {
        Ok([operand]) => operand.into(),
        Err(none) if none.is_empty() => return Err("the mount point is missing".to_owned()),
        Err(_) => return Err("more than one mount point".to_owned()),
    };
    Ok(if unit_name { Wish::UnitName(options.mount_point) } else { Wish::Run(options) })
}

fn mistake(error: &lexopt::Error) -> String {
    match error {
        lexopt::Error::UnexpectedValue { option, .. } => {
            format!("option '{option}' doesn't allow an argument")
        }
        other => other.to_string(),
    }
}

/// The option of a name or of an abbreviation: one that was unique in 7.2 keeps its meaning.
fn find(name: &str) -> Result<&'static Flag, String> {
    if let Some(exact) = FLAGS.iter().find(|flag| flag.long == name) {
        return Ok(exact);
    }
    let matching = |in_7_2: bool| -> Vec<&'static Flag> {
        FLAGS.iter().filter(|f| f.in_7_2 == in_7_2 && f.long.starts_with(name)).collect()
    };
    let old = matching(true);
    let found = if old.is_empty() { matching(false) } else { old };
    let name = name.escape_debug();
    match found[..] {
        [one] => Ok(one),
        [] => Err(format!("unrecognized option '--{name}'")),
        _ => {
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
        parse(["xfs_healer"].iter().chain(args).map(OsString::from))
    }

    fn run(args: &[&str]) -> Options {
        match of(args) {
            Ok(Wish::Run(options)) => options,
            other => panic!("{args:?}: {other:?}"),
        }
    }

    #[test]
    fn options_may_follow_the_mount_point_and_be_abbreviated() {
        assert!(run(&["/m", "--repair"]).repair);
        assert!(run(&["--rep", "/m"]).repair);
        assert!(run(&["--f", "--e", "--d", "--q", "--n", "/m"]).no_autofsck);
        assert!(run(&["--ignore", "/m"]).ignore_kernel_defects);
        assert_eq!(run(&["--", "--repair"]).mount_point, PathBuf::from("--repair"));
    }

    #[test]
    fn mistakes_are_named() {
        let ambiguous = "option '--s' is ambiguous; possibilities: '--supported' '--svcname'";
        for (args, message) in [
            (&["--s", "/m"][..], ambiguous),
            (&["--nope", "/m"], "unrecognized option '--nope'"),
            (&["-x", "/m"], "invalid option -- 'x'"),
            (&["/m", "/n"], "more than one mount point"),
            (&["/m", "--svcname", "/n"], "more than one mount point"),
            (&["--", "/m", "--repair"], "more than one mount point"),
            (&[], "the mount point is missing"),
            (&["--rep=yes", "/m"], "option '--repair' doesn't allow an argument"),
            (&["--svcname=/m"], "option '--svcname' doesn't allow an argument"),
        ] {
            assert_eq!(of(args).unwrap_err(), message);
        }
    }

    #[test]
    fn help_comes_at_once_and_the_version_only_without_a_mistake() {
        assert!(matches!(of(&["--help", "--nope"]), Ok(Wish::Help)));
        assert!(matches!(of(&["-V", "--help"]), Ok(Wish::Help)));
        assert!(matches!(of(&["-VV", "/m", "/n"]), Ok(Wish::Version)));
        assert!(of(&["/m", "-V", "--nope"]).is_err() && of(&["-Vx"]).is_err());
        assert!(matches!(of(&["/m", "--sv"]), Ok(Wish::UnitName(path)) if path == Path::new("/m")));
    }

    #[test]
    fn every_option_that_is_shown_is_in_the_help_once() {
        for flag in FLAGS {
            let times = usage().matches(&format!("--{} ", flag.long)).count();
            assert_eq!(times, usize::from(flag.help.is_some()), "{}", flag.long);
        }
    }
}
