// SPDX-License-Identifier: LGPL-2.1-or-later
//! Text in the format of Prometheus.

use crate::report::escape_within;
use std::fmt::{Display, Write};

/// Text of metrics whose names all begin with the name of the program.
#[derive(Debug)]
pub(crate) struct Exposition {
    program: &'static str,
    text: String,
}

impl Exposition {
    /// A text without a metric.
    pub fn new(program: &'static str) -> Exposition {
        Exposition { program, text: String::new() }
    }

    /// Adds the metric that names the version of the program, and the kernel.
    pub fn info(&mut self, help: &str, kernel: &str) {
        self.head("info", "gauge", help);
        let (version, kernel) = (env!("CARGO_PKG_VERSION"), value(kernel.as_bytes()));
        self.sample("info", &format!("version=\"{version}\",kernel=\"{kernel}\""), 1);
    }

    /// Adds the lines before the values of a metric.
    pub fn head(&mut self, name: &str, kind: &str, help: &str) {
        let program = self.program;
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {program}_{name} {help}");
        let _ = writeln!(self.text, "# TYPE {program}_{name} {kind}");
    }

    /// Adds a value of a metric, with labels or without.
    pub fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let program = self.program;
        // Writing to a String cannot fail.
        let _ = match labels {
            "" => writeln!(self.text, "{program}_{name} {value}"),
            labels => writeln!(self.text, "{program}_{name}{{{labels}}} {value}"),
        };
    }

    /// The text of all.
    pub fn text(self) -> String {
        self.text
    }
}

/// The value for a time, from nanoseconds since 1970.
pub(crate) fn seconds(ns: u64) -> String {
    let (seconds, milliseconds) = (ns / 1_000_000_000, ns / 1_000_000 % 1000);
    format!("{seconds}.{milliseconds:03}")
}

/// A value of a label: UTF-8 as it is, anything else escaped as in the log.
pub(crate) fn value(name: &[u8]) -> String {
    let name = std::str::from_utf8(name).map_or_else(|_| escaped(name), str::to_owned);
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn escaped(name: &[u8]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = escape_within(&mut text, usize::MAX, [name, b""]);
    text
}
