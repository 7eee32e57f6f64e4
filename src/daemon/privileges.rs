// SPDX-License-Identifier: LGPL-2.1-or-later
//! Root gives up what it does not need, where no service manager has seen to that.
//!
//! Nothing of it changes what children do. Threads inherit it: it is called before the first.

use super::log::Log;
use super::options::{Options, Scrub};
use crate::report::{Level, Line, error_text};
use crate::sys::{self, Capabilities};
use std::io;

/// The repair calls need the first; the second leads through the directories of other users.
const OURS: Capabilities = Capabilities::SYS_ADMIN.union(Capabilities::DAC_OVERRIDE);
/// What xfs_scrub(8) needs: to walk and open every file by handle and without touching its times,
/// to check and repair, to have a disk verify itself. systemctl(1) needs none, only to be root.
const SCRUB: Capabilities = OURS
    .union(Capabilities::DAC_READ_SEARCH)
    .union(Capabilities::FOWNER)
    .union(Capabilities::SYS_RAWIO);

/// To be able to look into an xfs_scrub(8) of root's, which may do more, whether it is at the same
/// filesystem. It is not in force but for that.
const LOOK: Capabilities = Capabilities::SYS_PTRACE;

/// Gives up what is not needed. What cannot be given up stays, and the program runs as well.
pub(super) fn give_up(options: &Options, name: &str, log: &mut Log) {
    let Err(error) = drop_all_but_needed(&options.scrub) else { return };
    if options.debug {
        let text = format!("{name}: cannot give up privileges: {}", error_text(&error));
        log.say(&Line::err(Level::Debug, text));
    }
}

/// Who is not root was given what it has by somebody who knew; its children may live on it.
fn drop_all_but_needed(scrub: &Scrub) -> io::Result<()> {
    if !sys::is_plain_root() {
        return Ok(());
    }
    // Not RLIMIT_CORE, which children inherit, and which is nothing to a program that takes dumps.
    sys::no_core_dumps()?;
    // The unit that filters has done the rest, and that of xfsprogs 7.2 kills who calls capset(2).
    if sys::is_filtered() {
        return Ok(());
    }
    // Programs of root start with the whole bounding set, whatever is effective here. A command of
    // the administrator's may be anything, sudo(8) too, which does not run without new privileges;
    // and it may be another user's, whom only the privileged can end.
    if matches!(scrub, Scrub::With(_)) {
        return sys::keep_capabilities(OURS | Capabilities::KILL, Capabilities::all());
    }
    sys::no_new_privileges()?;
    // First: that needs one which goes then. Without new privileges a child gets of the bounding
    // set only what is permitted here, so that this stays.
    let bounded = sys::bound_capabilities(SCRUB);
    // Where it is not bounded a child would get this too.
    let look = if bounded.is_ok() { LOOK } else { Capabilities::empty() };
    sys::keep_capabilities(OURS, SCRUB | look)?;
    bounded
}
