// SPDX-License-Identifier: LGPL-2.1-or-later
//! Gives up the privileges of root that are not needed, where no service manager has done that.
//!
//! Nothing of it changes what children do. Threads inherit it: it is called before the first.

use crate::log::Log;
use crate::log::said::{Fault, Said};
use crate::plan::Policy;
use crate::report::Place;
use crate::sys::{self, Capabilities};
use crate::watch::options::{Options, Scrub};
use std::io;

/// Capabilities of the healer: `SYS_ADMIN` for the repair calls, `DAC_OVERRIDE` to pass through the
/// directories of other users.
const OURS: Capabilities = Capabilities::SYS_ADMIN.union(Capabilities::DAC_OVERRIDE);
/// Capabilities that xfs_scrub(8) needs: to walk and open every file by handle and without touching
/// its times, to check and repair, to have a disk verify itself. systemctl(1) needs none, only to
/// be root.
const SCRUB: Capabilities = OURS
    .union(Capabilities::DAC_READ_SEARCH)
    .union(Capabilities::FOWNER)
    .union(Capabilities::SYS_RAWIO);

/// Capability to find out whether an xfs_scrub(8), or another healer, of root's is at the same
/// filesystem: these may do more. It is in force only for that.
const LOOK: Capabilities = Capabilities::SYS_PTRACE;

/// Gives up privileges that are not needed. What cannot be given up stays, and the program runs as
/// well.
pub(super) fn give_up(options: &Options, name: &Place, log: &mut Log) {
    let Err(error) = drop_all_but_needed(options) else { return };
    if options.debug {
        log.say(Some(name), &Said::Fault(Fault::Privileges(error.into())));
    }
}

/// The way in which full scrubs are run; `Off` if none can ever come, whatever the property
/// autofsck will say.
fn scrub_to_come(options: &Options) -> &Scrub {
    let only_tells = options.dry_run || options.policy() == Some(Policy::Log);
    if options.one_shot || only_tells { &Scrub::Off } else { &options.scrub }
}

/// Drops all but the needed privileges of plain root. A process that is not root was given what it
/// has by somebody who knew; its children may live on it.
fn drop_all_but_needed(options: &Options) -> io::Result<()> {
    let (scrub, looks_for_healers) = (scrub_to_come(options), options.all);
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
    // the administrator's, or a hook, may be anything, sudo(8) too, which does not run without new privileges;
    // and it may be another user's, whom only the privileged can end.
    if options.exec.is_some() || matches!(scrub, Scrub::With(_)) {
        return sys::keep_capabilities(OURS | Capabilities::KILL, Capabilities::all());
    }
    sys::no_new_privileges()?;
    let (children, look) = match scrub {
        // No program is ever run. The end of somebody else's healer is waited for all the same.
        Scrub::Off if looks_for_healers => (OURS, LOOK),
        Scrub::Off => (OURS, Capabilities::empty()),
        Scrub::Detect | Scrub::With(_) => (SCRUB, LOOK),
    };
    // First: that needs one which goes then. Without new privileges a child gets of the bounding
    // set only what is permitted here, so that this stays.
    let bounded = sys::bound_capabilities(children);
    // Where it is not bounded a child would get this too.
    let look = if bounded.is_ok() { look } else { Capabilities::empty() };
    sys::keep_capabilities(OURS, children | look)?;
    bounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_full_scrub_comes_where_nothing_is_repaired_for_good() {
        let is_off = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            *scrub_to_come(&options) == Scrub::Off
        };
        // The property may come to say `repair`.
        assert!(!is_off(|_| {}));
        assert!(!is_off(|o| (o.no_autofsck, o.repair) = (true, true)));
        assert!(is_off(|o| o.no_autofsck = true));
        assert!(is_off(|o| o.scrub = Scrub::Off));
        assert!(is_off(|o| o.dry_run = true));
        assert!(is_off(|o| o.one_shot = true));
    }
}
