// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command line: one table from which the parser and the help text come.

// The fuzzer has this file as a module, too, and looks for those below it from here.
#[path = "options/values.rs"]
mod values;

use crate::flags::{self, Effect};
use lexopt::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use xfshealer::daemon::Options;
use xfshealer::service::exit::{Code, Purpose};

/// Command that the program is given on the command line.
#[derive(Debug)]
pub enum Command {
    /// Monitors a filesystem.
    Run(Options),
    /// Prints the help text.
    Help,
    /// Prints the version.
    Version,
    /// Prints the name of the service unit for a mount point.
    UnitName(PathBuf),
}

/// Requests that may take the place of running.
#[derive(Clone, Copy)]
enum Instead {
    Help,
    Version,
    UnitName,
}

type Flag = flags::Flag<Options, Instead>;

const fn flag(long: &'static str, help: &'static str, set: fn(&mut Options)) -> Flag {
    Flag { long, short: None, help: Some(help), in_7_2: true, effect: Effect::Set(set) }
}

/// An option that xfs_healer 7.2 does not have.
const fn new(long: &'static str, help: &'static str, set: fn(&mut Options)) -> Flag {
    Flag { in_7_2: false, ..flag(long, help, set) }
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
        short: Some('1'),
        ..new("oneshot", "Look for damage once, repair it, and exit as fsck does.", |o| {
            o.one_shot = true;
        })
    },
    Flag {
        short: Some('n'),
        ..new("dry-run", "Say what would be repaired or scrubbed, and do neither.", |o| {
            o.dry_run = true;
        })
    },
    Flag {
        effect: Effect::Value("N/TIME", values::escalate),
        ..new("escalate", "Scrub after more than N damaged structures in TIME (100/10m).", |_| {})
    },
    Flag {
        effect: Effect::Value("CMD", values::scrub_command),
        ..new("scrub-command", "Run CMD MOUNTPOINT as full scrub; \"none\": never scrub.", |_| {})
    },
    Flag {
        effect: Effect::Value("PROGRAM", values::exec),
        ..new("exec", "Run PROGRAM for repairs, losses, and what is left damaged.", |_| {})
    },
    new("json", "Say everything as JSON, an object a line, on standard output.", |o| o.json = true),
    Flag {
        effect: Effect::Value("FILE", values::metrics),
        ..new("metrics", "Keep metrics for Prometheus in FILE.", |_| {})
    },
    Flag {
        effect: Effect::Value("FILE", values::record),
        ..new("record", "Append what the kernel says to FILE, for a fault report.", |_| {})
    },
    Flag {
        effect: Effect::Value("FILE", values::replay),
        ..new("replay", "Say what was recorded in FILE (-: stdin), and do nothing.", |_| {})
    },
    new("all", "Monitor every XFS, mounted now or later; no mountpoint.", |o| o.all = true),
    new("ignore-kernel-defects", "Repair even where this kernel would crash.", |o| {
        o.ignore_kernel_defects = true;
    }),
    Flag {
        long: "svcname",
        short: None,
        help: None,
        in_7_2: true,
        effect: Effect::Instead(Instead::UnitName),
    },
    Flag {
        long: "help",
        short: None,
        help: Some("Print this text."),
        in_7_2: true,
        effect: Effect::Instead(Instead::Help),
    },
    Flag {
        long: "version",
        short: Some('V'),
        help: Some("Print the version."),
        in_7_2: true,
        effect: Effect::Instead(Instead::Version),
    },
];

/// The text of `--help`, also shown after a mistake.
pub fn usage() -> String {
    format!("Usage: xfs_healer [OPTIONS] mountpoint\n\nOptions:\n{}", flags::help(FLAGS, 24))
}

/// Reads the command line; on a mistake gives the message.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = Parser::from_iter(args);
    let mut options = Options::default();
    let mut operands = Vec::new();
    let (mut version, mut unit_name) = (false, false);
    while let Some(instead) =
        flags::next(FLAGS, &mut parser, &mut options, |operand| operands.push(operand))?
    {
        match instead {
            Instead::Help => return Ok(Command::Help),
            Instead::Version => version = true,
            Instead::UnitName => unit_name = true,
        }
    }
    if version {
        return Ok(Command::Version);
    }
    if let Some(mistake) = mistake_of_recordings(&options, unit_name, !operands.is_empty()) {
        return Err(mistake.to_owned());
    }
    if options.replay.is_some() {
        return Ok(Command::Run(options));
    }
    if options.all {
        let mistake = match (options.one_shot, unit_name, operands.is_empty()) {
            (true, ..) => "--all and --oneshot exclude each other",
            (_, true, _) => "--all has no unit name",
            (.., false) => "--all takes no mount point",
            (false, false, true) => return Ok(Command::Run(options)),
        };
        return Err(mistake.to_owned());
    }
    options.mount_point = match <[OsString; 1]>::try_from(operands) {
        Ok([operand]) => operand.into(),
        Err(none) if none.is_empty() => return Err("the mount point is missing".to_owned()),
        Err(_) => return Err("more than one mount point".to_owned()),
    };
    Ok(if unit_name { Command::UnitName(options.mount_point) } else { Command::Run(options) })
}

/// What does not go together with `--record` or `--replay`.
fn mistake_of_recordings(
    options: &Options,
    unit_name: bool,
    has_operand: bool,
) -> Option<&'static str> {
    if options.replay.is_none() {
        let is_wrong = options.record.is_some() && options.one_shot;
        return is_wrong.then_some("--record and --oneshot exclude each other");
    }
    let mistakes = [
        (options.record.is_some(), "--replay and --record exclude each other"),
        (options.exec.is_some(), "--replay and --exec exclude each other"),
        (options.metrics.is_some(), "--replay and --metrics exclude each other"),
        (options.all, "--replay and --all exclude each other"),
        (options.one_shot, "--replay and --oneshot exclude each other"),
        (options.supported, "--replay and --supported exclude each other"),
        (unit_name, "--replay has no unit name"),
        (has_operand, "--replay takes no mount point"),
    ];
    mistakes.into_iter().find_map(|(is_wrong, mistake)| is_wrong.then_some(mistake))
}

/// The exit code of a command line with a mistake: that of a single look for who wants one, and not
/// only an answer, wherever in the line that is said. There the usual one would mean that something
/// was repaired.
pub fn mistake_code(args: impl IntoIterator<Item = OsString>) -> i32 {
    // `--s` could be another option.
    let is_long = |arg: &str, option: &str, at_least: usize| {
        let name = arg.split('=').next().unwrap_or(arg);
        name.len() >= at_least && option.starts_with(name)
    };
    let (mut is_look, mut is_answer) = (false, false);
    for arg in args.into_iter().skip(1).take_while(|arg| arg != "--") {
        match arg.to_str() {
            Some(long) if long.starts_with("--") => {
                is_look |= is_long(long, "--oneshot", "--o".len());
                is_answer |= is_long(long, "--supported", "--su".len());
            }
            Some(short) => is_look |= short.starts_with('-') && short.contains('1'),
            None => {}
        }
    }
    Code::Mistake.number(if is_look && !is_answer { Purpose::Look } else { Purpose::Monitor })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(args: &[&str]) -> Result<Command, String> {
        parse(["xfs_healer"].iter().chain(args).map(OsString::from))
    }

    fn run(args: &[&str]) -> Options {
        match of(args) {
            Ok(Command::Run(options)) => options,
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
    fn new_options_leave_the_abbreviations_of_7_2_what_they_were() {
        let all = run(&["--es", "5/30s", "--sc=none", "--dr", "--o", "--d", "--e", "/m"]);
        assert!(all.debug && all.everything && all.dry_run && all.one_shot);
        assert_eq!((all.escalate.structures, all.escalate.within.as_secs()), (5, 30));
        let short = run(&["-1n", "/m"]);
        assert!(short.dry_run && short.one_shot && !short.debug);
    }

    #[test]
    fn all_filesystems_are_not_named_one_by_one() {
        let all = run(&["--al", "--repair"]);
        assert!(all.all && all.repair && all.mount_point.as_os_str().is_empty());
        for (args, message) in [
            (&["--all", "/m"][..], "--all takes no mount point"),
            (&["--all", "-1"], "--all and --oneshot exclude each other"),
            (&["--all", "--svcname"], "--all has no unit name"),
        ] {
            assert_eq!(of(args).unwrap_err(), message);
        }
    }

    #[test]
    fn what_is_replayed_is_not_monitored() {
        let replay = run(&["--replay=-", "--debug", "--dry-run"]);
        assert_eq!(replay.replay, Some(PathBuf::from("-")));
        assert_eq!(run(&["--replay", "f"]).replay, Some(PathBuf::from("f")));
        let record = run(&["--rec", "f", "--all"]);
        assert!(record.record == Some(PathBuf::from("f")) && record.all);
        for (args, message) in [
            (&["--replay=f", "/m"][..], "--replay takes no mount point"),
            (&["--replay=f", "--all"], "--replay and --all exclude each other"),
            (&["--replay=f", "-1"], "--replay and --oneshot exclude each other"),
            (&["--replay=f", "--record=g"], "--replay and --record exclude each other"),
            (&["--replay=f", "--exec=/x"], "--replay and --exec exclude each other"),
            (&["--replay=f", "--metrics=g"], "--replay and --metrics exclude each other"),
            (&["--replay=f", "--supported"], "--replay and --supported exclude each other"),
            (&["--replay=f", "--svcname"], "--replay has no unit name"),
            (&["--record=f", "-1", "/m"], "--record and --oneshot exclude each other"),
            (&["--record=f"], "the mount point is missing"),
            (&["--replay="], "option '--replay': '': want a file"),
            (&["--metrics=", "/m"], "option '--metrics': '': want a file"),
            (&["--record"], "option '--record' requires an argument"),
        ] {
            assert_eq!(of(args).unwrap_err(), message);
        }
    }

    #[test]
    fn the_exit_code_of_a_mistake_is_that_of_fsck_where_that_is_wanted() {
        let of = |args: &[&str]| mistake_code(["x"].iter().chain(args).map(OsString::from));
        for args in [&["--nope", "--oneshot"][..], &["-1x"], &["--s", "--one"], &["--oneshot=x"]] {
            assert_eq!(of(args), 16, "{args:?}");
        }
        for args in [
            &["--nope"][..],
            &["--", "-1"],
            &["/mnt/1", "/m"],
            &["--no"],
            // Who asks whether a look could be made does not look.
            &["--oneshot", "--supported", "--nope"],
            &["--su", "-1x"],
        ] {
            assert_eq!(of(args), 1, "{args:?}");
        }
    }

    #[test]
    fn values_that_make_no_sense_are_named() {
        for (args, message) in [
            (&["/m", "--exec=hook"][..], "option '--exec': 'hook': want an absolute path"),
            (&["/m", "--escalate"][..], "option '--escalate' requires an argument"),
            (&["--escalate=x", "/m"], "option '--escalate': 'x': want N/TIME, as in 100/10m"),
            (&["--scrub-command=", "/m"], "option '--scrub-command': '': want a command or none"),
            (&["--oneshot=yes", "/m"], "option '--oneshot' doesn't allow an argument"),
        ] {
            assert_eq!(of(args).unwrap_err(), message);
        }
    }

    #[test]
    fn help_comes_at_once_and_the_version_only_without_a_mistake() {
        assert!(matches!(of(&["--help", "--nope"]), Ok(Command::Help)));
        assert!(matches!(of(&["-V", "--help"]), Ok(Command::Help)));
        assert!(matches!(of(&["-VV", "/m", "/n"]), Ok(Command::Version)));
        assert!(of(&["/m", "-V", "--nope"]).is_err() && of(&["-Vx"]).is_err());
        assert!(
            matches!(of(&["/m", "--sv"]), Ok(Command::UnitName(path)) if path == Path::new("/m"))
        );
    }

    #[test]
    fn every_option_that_is_shown_is_in_the_help_once() {
        for flag in FLAGS {
            let is_it = |line: &&str| {
                let option = line.split("--").nth(1).unwrap_or_default();
                option.split([' ', '=']).next() == Some(flag.long)
            };
            let usage = usage();
            let options = usage.lines().skip_while(|line| *line != "Options:");
            let times = options.filter(is_it).count();
            assert_eq!(times, usize::from(flag.help.is_some()), "{}", flag.long);
        }
    }
}
