// SPDX-License-Identifier: LGPL-2.1-or-later
//! What children do not inherit.

use crate::sys;
use std::process::Command;

/// How our service manager is spoken to. A child that did so would speak for us.
const OURS: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// Makes a command one that blocks no signal and is nobody's service.
pub(crate) fn prepare(command: &mut Command) {
    for name in OURS {
        command.env_remove(name);
    }
    sys::unblock_signals_in_child(command);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_does_not_know_whose_service_it_is_part_of() {
        let mut command = Command::new("env");
        command.env("XFSHEALER_TEST", "x").envs(OURS.map(|name| (name, "x")));
        prepare(&mut command);
        let output = command.output().unwrap();
        let env = String::from_utf8(output.stdout).unwrap();
        assert!(env.contains("XFSHEALER_TEST=x"), "{env}");
        assert!(OURS.iter().all(|name| !env.contains(name)), "{env}");
    }
}
