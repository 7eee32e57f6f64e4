// SPDX-License-Identifier: LGPL-2.1-or-later
//! Options that take a value.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use xfshealer::act::Runner;
use xfshealer::daemon::{Options, Scrub};
use xfshealer::plan::Escalate;

/// Reads the value of `--escalate=N/TIME`.
pub fn escalate(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    let parsed = value.to_str().and_then(parse_escalate);
    options.escalate = parsed.ok_or("want N/TIME, as in 100/10m")?;
    Ok(())
}

/// Reads the value of `--scrub-command=CMD`.
pub fn scrub_command(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    options.scrub = match Runner::from_words(value) {
        _ if value == "none" => Scrub::Off,
        Some(runner) => Scrub::With(runner),
        None => return Err("want a command or none"),
    };
    Ok(())
}

/// Reads the value of `--exec=PROGRAM`.
pub fn exec(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    if !Path::new(value).is_absolute() {
        return Err("want an absolute path");
    }
    options.exec = Some(value.into());
    Ok(())
}

/// Reads the value of `--metrics=FILE`.
pub fn metrics(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    options.metrics = Some(file(value)?);
    Ok(())
}

/// Reads the value of `--record=FILE`.
pub fn record(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    options.record = Some(file(value)?);
    Ok(())
}

/// Reads the value of `--replay=FILE`.
pub fn replay(options: &mut Options, value: &OsStr) -> Result<(), &'static str> {
    options.replay = Some(file(value)?);
    Ok(())
}

fn file(value: &OsStr) -> Result<PathBuf, &'static str> {
    if value.is_empty() { Err("want a file") } else { Ok(value.into()) }
}

fn parse_escalate(text: &str) -> Option<Escalate> {
    let (structures, within) = text.split_once('/')?;
    let structures = number(structures).filter(|n| *n > 0)?;
    Some(Escalate { structures, within: time(within)? })
}

/// A time such as `30s`, `10m` or `6h`; at least a second.
fn time(text: &str) -> Option<Duration> {
    let (count, seconds) = [("s", 1), ("m", 60), ("h", 3600)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let count = number(count).filter(|n| *n > 0)?;
    Some(Duration::from_secs(u64::from(count) * seconds))
}

/// A number of digits only: no sign, no space.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_a_time_with_a_unit() {
        let of = |text| parse_escalate(text).map(|e| (e.structures, e.within.as_secs()));
        assert_eq!(of("100/10m"), Some((100, 600)));
        assert_eq!(of("1/30s"), Some((1, 30)));
        assert_eq!(of("4294967295/6h"), Some((u32::MAX, 6 * 3600)));
        for odd in [
            "",
            "/",
            "5",
            "5/",
            "/5s",
            "0/5s",
            "5/0s",
            "5/5",
            "5/5d",
            "+5/5s",
            "5/ 5s",
            "-1/5s",
            "5/5ss",
            "4294967296/5s",
            "5/99999999999h",
        ] {
            assert_eq!(of(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_scrub_command_is_words_or_none() {
        let of = |text: &str| {
            let mut options = Options::default();
            scrub_command(&mut options, OsStr::new(text)).map(|()| options.scrub)
        };
        assert_eq!(of("none"), Ok(Scrub::Off));
        assert!(matches!(of("nice xfs_scrub"), Ok(Scrub::With(Runner::Command { .. }))));
        assert!(of(" ").is_err());
    }
}
