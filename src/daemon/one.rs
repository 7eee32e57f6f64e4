// SPDX-License-Identifier: LGPL-2.1-or-later
//! Gets the one filesystem ready that is named: opens it, asks what can be done, and answers who only
//! asks.

use super::opening::Teller;
use super::recorder::recorder;
use crate::fs::Monitor;
use crate::log::said::Refusal;
use crate::record::Home;
use crate::service::exit::Code;
use crate::sys::poll::{self, PollFd};
use crate::watch::answer::Done;
use crate::watch::open::{self, Opened, Setup, Stop, is_read_only, is_whole};
use crate::watch::options::Options;
use crate::watch::support::{self, Probe, Support};
use crate::watch::tasks::{self, Tasks};
use crate::work::Crew;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

/// Opens the filesystem that is named, and gets it ready.
pub(super) fn ready(
    options: &Options,
    crew: &Crew<Done>,
    tasks: &Tasks,
    teller: &Teller<Setup>,
) -> Result<Setup, Stop> {
    let say = &mut |said| teller.say(said);
    let mount_point = open::mount_point(&options.mount_point)?;
    teller.answers();
    let opened = Opened::of(options, &options.mount_point, mount_point, say)?;
    let one = One { options, opened, crew, tasks };
    match (options.one_shot, options.supported) {
        (true, true) => Err(one.answer_one_shot(teller)?),
        (true, false) => one.one_shot(teller),
        (false, _) => {
            let recorder = recorder(options, Home::NotOf(one.opened.root.as_fd()));
            // Healing is worth more than a record of it.
            let recorder = recorder.unwrap_or_else(|refused| {
                teller.say(refused);
                None
            });
            Ok(Setup { recorder, ..one.monitor(teller)? })
        }
    }
}

/// The probe's answer, or `None` if it takes too long; the loop will get it then.
fn wait_for_probe(crew: &Crew<Done>) -> io::Result<Option<io::Result<()>>> {
    let mut fds = [PollFd::new(crew.news(), poll::IN)];
    poll::poll(&mut fds, Some(support::PROBE_PATIENCE))?;
    Ok(crew.take().into_iter().find_map(|(_, done)| match done {
        Done::Probed(answer) => Some(answer),
        _ => None,
    }))
}

/// The one filesystem that is named, and what is needed to get it going.
struct One<'a> {
    options: &'a Options,
    opened: Opened<'a>,
    crew: &'a Crew<Done>,
    tasks: &'a Tasks,
}

impl One<'_> {
    fn monitor(self, teller: &Teller<Setup>) -> Result<Setup, Stop> {
        // Before the probe, which never comes back from a frozen filesystem.
        let monitor = Arc::new(self.open_monitor()?);
        if self.options.supported && !self.options.repair {
            return Err(self.answer_supported(&monitor, teller));
        }
        let support = self.ask_support(Some(&monitor), teller)?;
        if self.options.supported {
            return Err(Stop::silent(Code::Answered));
        }
        let is_silent = matches!(support, Support::Silent);
        let probe = is_silent.then(|| Probe::silent(self.opened.less_effective()));
        self.opened.watched(monitor, support.can_repair(), probe)
    }

    /// Answers whether a single look would repair what it finds, were the mount read-write. Who
    /// asks can make it so: the root filesystem is read-only until late in the boot.
    fn answer_one_shot(&self, teller: &Teller<Setup>) -> Result<Stop, Stop> {
        let can_repair = self.ask_support(None, teller)?.can_repair();
        self.refuse_part()?;
        let is_wanted = self.opened.wants_repair();
        let code = if is_wanted && can_repair { Code::Answered } else { Code::Failed };
        Ok(Stop::silent(code))
    }

    fn one_shot(self, teller: &Teller<Setup>) -> Result<Setup, Stop> {
        if self.opened.is_unrecovered {
            return Err(Stop::refused(Refusal::NoRecovery));
        }
        let support = self.ask_support(None, teller)?;
        // It does not wait for a thaw or a remount.
        let can_repair = matches!(support, Support::Yes | Support::Unknown(_));
        if matches!(support, Support::Silent) {
            return Err(Stop::silent(Code::Failed));
        }
        self.refuse_part()?;
        self.opened.held(can_repair)
    }

    /// Refuses a mount that is not of the whole filesystem: a single look is at all of it.
    fn refuse_part(&self) -> Result<(), Stop> {
        if is_whole(self.opened.root.as_fd()) {
            return Ok(());
        }
        // The kernel refuses the monitor for the same reason in these words.
        Err(Stop::failed(io::Error::from_raw_os_error(libc::EPERM)))
    }

    fn open_monitor(&self) -> Result<Monitor, Stop> {
        self.opened.monitor().map_err(|error| {
            let is_forbidden = error.raw_os_error() == Some(libc::EPERM);
            if self.options.repair && is_forbidden {
                // Nobody else gets so far: tell it from a mount that is not of the whole.
                if let Err(stop) = self.refuse_unsupported(&self.ask(None)) {
                    return stop;
                }
            }
            open::refused(error)
        })
    }

    /// Puts the question to the kernel, but does not wait for ever: the answer may come to the
    /// loop.
    fn ask(&self, monitor: Option<&Arc<Monitor>>) -> Support {
        let asked = self.tasks.probe(self.opened.question(monitor));
        match asked.and_then(|owed| Ok((wait_for_probe(self.crew)?, owed))) {
            Ok((Some(answer), _)) => Support::from_probe(answer),
            // There is no thread but this one: it is asked for once this one has ended.
            Ok((None, owed)) if tasks::is_not_asked(&owed) => {
                Support::Unknown(io::Error::from_raw_os_error(libc::EAGAIN))
            }
            Ok((None, _)) => Support::Silent,
            Err(error) => Support::Unknown(error),
        }
    }

    /// Answers `--supported` without the probe where only words could depend on it, and hardly do:
    /// a service manager waits.
    fn answer_supported(&self, monitor: &Arc<Monitor>, teller: &Teller<Setup>) -> Stop {
        if self.opened.wants_repair() {
            let is_asked = is_read_only(self.opened.root.as_fd());
            let support = if is_asked { self.ask(Some(monitor)) } else { Support::Yes };
            self.tell(&support, teller);
            if matches!(support, Support::Yes) {
                self.warn_less_effective(teller);
            }
        }
        Stop::silent(Code::Answered)
    }

    /// Finds out whether the kernel can repair, where that is wanted, and says so; with a monitor
    /// through whichever mount.
    fn ask_support(
        &self,
        monitor: Option<&Arc<Monitor>>,
        teller: &Teller<Setup>,
    ) -> Result<Support, Stop> {
        if !self.opened.wants_repair() {
            return Ok(Support::Yes);
        }
        let support = self.ask(monitor);
        self.refuse_unsupported(&support)?;
        self.tell(&support, teller);
        if support.can_repair() {
            self.warn_less_effective(teller);
        }
        Ok(support)
    }

    /// Refuses `--repair` where repair is not supported: who says it does not want a daemon that
    /// cannot.
    fn refuse_unsupported(&self, support: &Support) -> Result<(), Stop> {
        let cannot = matches!(support, Support::No | Support::ReadOnly);
        // A look at what is damaged is worth something also where nothing can be repaired.
        if self.options.repair && !self.options.one_shot && cannot {
            return Err(Stop::refused(Refusal::CannotRepair));
        }
        Ok(())
    }

    fn tell(&self, support: &Support, teller: &Teller<Setup>) {
        support.said().into_iter().for_each(|said| teller.say(said));
    }

    fn warn_less_effective(&self, teller: &Teller<Setup>) {
        self.opened.less_effective().into_iter().for_each(|said| teller.say(said));
    }
}
