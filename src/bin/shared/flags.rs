// SPDX-License-Identifier: LGPL-2.1-or-later
//! Command lines, for each program from its one table of options: help, and mistakes in the words
//! of getopt_long(3).

use lexopt::{Arg, Parser};
use std::ffi::{OsStr, OsString};
use std::fmt::Write;

/// An option of a program that keeps what it is told in an `O`.
pub struct Flag<O, W> {
    pub long: &'static str,
    pub short: Option<char>,
    /// Text in the help; `None` for an option that is not shown.
    pub help: Option<&'static str>,
    /// True if the program has the option in 7.2: an abbreviation that was unique there stays so.
    pub in_7_2: bool,
    pub effect: Effect<O, W>,
}

/// Effect of an option.
pub enum Effect<O, W> {
    Set(fn(&mut O)),
    /// Takes a value, called like this in the help; gives what is wrong with it.
    Value(&'static str, fn(&mut O, &OsStr) -> Result<(), &'static str>),
    /// Requests something else than to run.
    Instead(W),
}

/// The lines about options in a help text, with so much room for their names.
pub fn help<O, W>(flags: &[Flag<O, W>], width: usize) -> String {
    let mut text = String::new();
    for flag in flags {
        let Some(help) = flag.help else { continue };
        let short = flag.short.map_or(String::new(), |c| format!("-{c}, "));
        let value = if let Effect::Value(name, _) = flag.effect { name } else { "" };
        let equals = if value.is_empty() { "" } else { "=" };
        let option = format!("{short}--{}{equals}{value}", flag.long);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {option:<width$} {help}");
    }
    text
}

/// Carries out options, and gives operands away, up to the next wish; `None` at the end.
pub fn next<O, W: Copy>(
    flags: &[Flag<O, W>],
    parser: &mut Parser,
    options: &mut O,
    mut operand: impl FnMut(OsString),
) -> Result<Option<W>, String> {
    while let Some(arg) = parser.next().map_err(|error| mistake(&error))? {
        let is_long = matches!(arg, Arg::Long(_));
        let flag = match arg {
            Arg::Value(value) => {
                operand(value);
                continue;
            }
            Arg::Long(name) => find(flags, name)?,
            Arg::Short(c) => {
                let found = flags.iter().find(|flag| flag.short == Some(c));
                found.ok_or_else(|| format!("invalid option -- '{}'", c.escape_debug()))?
            }
        };
        if let Effect::Value(_, set) = flag.effect {
            let missing = |_| format!("option '--{}' requires an argument", flag.long);
            let value = parser.value().map_err(missing)?;
            set(options, &value).map_err(|what| {
                let value = value.to_string_lossy();
                format!("option '--{}': '{}': {what}", flag.long, value.escape_debug())
            })?;
            continue;
        }
        if is_long && parser.optional_value().is_some() {
            return Err(format!("option '--{}' doesn't allow an argument", flag.long));
        }
        match flag.effect {
            Effect::Set(set) => set(options),
            Effect::Value(..) => {}
            Effect::Instead(wish) => return Ok(Some(wish)),
        }
    }
    Ok(None)
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
fn find<'a, O, W>(flags: &'a [Flag<O, W>], name: &str) -> Result<&'a Flag<O, W>, String> {
    if let Some(exact) = flags.iter().find(|flag| flag.long == name) {
        return Ok(exact);
    }
    let matching = |in_7_2: bool| -> Vec<_> {
        flags.iter().filter(|f| f.in_7_2 == in_7_2 && f.long.starts_with(name)).collect()
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
