// SPDX-License-Identifier: LGPL-2.1-or-later
//! From the command line's wishes to a running loop.

use super::Daemon;
use super::jobs::{Done, Reach, Workers};
use super::log::Log;
use super::watch::{READ_BYTES, Setup, Watch};
use crate::fs::{self, Autofsck, Geometry, Monitor, MountPoint, NotMounted, WeakMount};
use crate::plan::{Config, Policy, defects};
use crate::report::{Level, Line, Place, error_text, escape};
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, SignalFd, mount};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The mount point, as typed.
    pub mount_point: PathBuf,
    /// Ask the kernel also for events about what is well (`--everything`).
    pub everything: bool,
    /// One worker for each CPU instead of at most four (`--foreground`).
    pub foreground: bool,
    /// Let `repair` alone decide whether to repair (`--no-autofsck`).
    pub no_autofsck: bool,
    /// Do not log health events (`--quiet`).
    pub quiet: bool,
    /// Repair, whatever the property says (`--repair`).
    pub repair: bool,
    /// Only tell whether the filesystem can be monitored (`--supported`).
    pub supported: bool,
    /// Say also what is started (`--debug`).
    pub debug: bool,
    /// Repair also what is known to crash this kernel (`--ignore-kernel-defects`).
    pub ignore_kernel_defects: bool,
}

/// How long the kernel may take to say whether it can repair. A frozen filesystem never answers.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a slow reader of the log holds up the end of a program that says why it does not run:
/// nothing waits for it, and there is no other explanation.
const ONLY_WORDS: Duration = Duration::from_secs(5);
/// Workers unless there are fewer CPUs or `--foreground` asks for more.
const WORKERS: usize = 4;

/// What is said when the program ends before it runs, with exit code 1.
struct Stop(Line);

impl Stop {
    fn error(text: String) -> Stop {
        Stop(Line::err(Level::Error, text))
    }
}

/// Monitors one filesystem until it is unmounted; gives the exit code.
pub fn run(options: &Options) -> i32 {
    // Without the two streams, or a descriptor to wait with, there is nobody to tell.
    let name = escape(options.mount_point.as_os_str().as_bytes());
    let Ok(mut log) = Log::new(&name) else { return 1 };
    match start(options, &mut log) {
        Ok(Some(setup)) => setup(log),
        Ok(None) => {
            log.finish(ONLY_WORDS);
            0
        }
        Err(Stop(line)) => {
            log.say(&line);
            log.finish(ONLY_WORDS);
            1
        }
    }
}

/// What runs the loop once everything is in place.
type Ready = Box<dyn FnOnce(Log) -> i32>;

fn start(options: &Options, log: &mut Log) -> Result<Option<Ready>, Stop> {
    let place = Place::new(options.mount_point.as_os_str().as_bytes());
    let fail = |error: &io::Error| Stop::error(format!("{}: {}", place.given(), error_text(error)));
    // Before any worker exists: a thread inherits what is blocked.
    let signals = catch_signals().map_err(|e| fail(&e))?;
    let MountPoint { root, geometry } =
        fs::mount_point(&options.mount_point).map_err(|error| match error {
            NotMounted::Io(error) => fail(&error),
            NotMounted::NotMountPoint => {
                Stop::error(format!("{}: Not a XFS mount point.", place.given()))
            }
        })?;
    let mut policy = policy(options, root.as_fd(), &geometry, &place, log)?;
    let workers = Workers::new(worker_count(options)).map_err(|e| fail(&e))?;
    // Before the probe, which never comes back from a frozen filesystem.
    let monitor = match Monitor::open(root.as_fd(), options.everything) {
        Ok(monitor) => monitor,
        Err(error) => {
            if options.repair && error.raw_os_error() == Some(libc::EPERM) {
                // Nobody else gets so far: tell it from a mount that is not of the whole.
                ask_support(&workers, root.as_fd(), options, &place, log)?;
            }
            return Err(monitor_refused(&error, &place));
        }
    };
    if options.supported && !options.repair {
        // The answer does not depend on the probe, and a service manager waits for it.
        if policy == Policy::Repair && is_read_only(root.as_fd()) {
            Support::ReadOnly.line(&place).iter().for_each(|line| log.say(line));
        } else if policy == Policy::Repair {
            warn_less_effective(&geometry, &place, log);
        }
        return Ok(None);
    }
    if policy == Policy::Repair {
        policy = ask_support(&workers, root.as_fd(), options, &place, log)?;
    }
    if policy == Policy::Repair {
        warn_less_effective(&geometry, &place, log);
    }
    if options.supported {
        return Ok(None);
    }
    let mount = WeakMount::new(&options.mount_point, root.as_fd()).map_err(|error| {
        Stop::error(format!("{}: creating weak fshandle: {}", place.given(), error_text(&error)))
    })?;
    // From here on nothing holds the mount: neither a descriptor nor the working directory.
    drop(root);
    let _ = std::env::set_current_dir("/");
    let config = Config {
        policy,
        workers: workers.most(),
        full_scrub: true,
        agno_shift: geometry.agno_shift(),
        defect: defect(options, &geometry),
    };
    let reach = Reach::new(monitor, mount);
    let has_parent_pointers = geometry.has_parent();
    let (quiet, debug) = (options.quiet, options.debug);
    let setup = Setup { reach, config, place, has_parent_pointers, quiet, debug };
    Ok(Some(Box::new(move |log| {
        let watch = Watch::new(setup);
        let buffer = vec![0; READ_BYTES];
        Daemon { watch, workers, signals, log, buffer, done: Vec::new() }.run()
    })))
}

fn is_read_only(root: BorrowedFd<'_>) -> bool {
    mount::mount_id(root).and_then(mount::statmount).is_ok_and(|mount| mount.is_read_only)
}

/// Makes the signals that end the program something to read, unless who started it wants one
/// ignored; and makes a file that has reached its limit no reason to die.
fn catch_signals() -> io::Result<SignalFd> {
    sys::ignore_signal(libc::SIGXFSZ);
    let wanted = [libc::SIGTERM, libc::SIGINT].into_iter().filter(|s| !sys::is_ignored(*s));
    SignalFd::new(&wanted.collect::<Vec<_>>())
}

/// What is to be done about damage: by the options, else by the property `autofsck`.
fn policy(
    options: &Options,
    root: BorrowedFd<'_>,
    geometry: &Geometry,
    place: &Place,
    log: &mut Log,
) -> Result<Policy, Stop> {
    if options.repair {
        return Ok(Policy::Repair);
    }
    if options.no_autofsck {
        return Ok(Policy::Log);
    }
    let property = fs::autofsck(root).unwrap_or(Autofsck::Unset);
    let has_back_references = geometry.has_rmapbt() || geometry.has_parent();
    let (policy, text) = match property {
        Autofsck::Repair => (Policy::Repair, "Automatically repairing per autofsck directive."),
        Autofsck::Unset | Autofsck::Other if !has_back_references => (Policy::Ignore, DISABLED),
        Autofsck::None => (Policy::Ignore, DISABLED),
        _ => (Policy::Log, "Only logging errors per autofsck directive."),
    };
    let line = Line::out(Level::Info, format!("{}: {text}", place.given()));
    match policy {
        Policy::Ignore => Err(Stop(line)),
        Policy::Log if options.quiet => Ok(policy),
        _ => {
            log.say(&line);
            Ok(policy)
        }
    }
}

const DISABLED: &str = "Disabling daemon per autofsck directive.";

/// What the kernel says of repairs on this filesystem.
pub(super) enum Support {
    /// It can repair.
    Yes,
    /// It could, if the filesystem were mounted read-write.
    ReadOnly,
    /// It cannot, or not for us.
    No,
    /// Nobody knows: the question went wrong.
    Unknown(io::Error),
}

impl Support {
    pub fn from_probe(answer: io::Result<()>) -> Support {
        let Err(error) = answer else { return Support::Yes };
        match error.raw_os_error() {
            Some(libc::EROFS) => Support::ReadOnly,
            Some(
                libc::EOPNOTSUPP
                | libc::ENOTTY
                | libc::EINVAL
                | libc::EPERM
                | libc::ENOTRECOVERABLE,
            ) => Support::No,
            _ => Support::Unknown(error),
        }
    }

    /// What is to be done about damage. A read-only filesystem may become writable.
    pub fn policy(&self) -> Policy {
        match self {
            Support::No => Policy::Log,
            Support::Yes | Support::ReadOnly | Support::Unknown(_) => Policy::Repair,
        }
    }

    /// What is to be said about it.
    pub fn line(&self, place: &Place) -> Option<Line> {
        let given = place.given();
        let text = match self {
            Support::Yes => return None,
            Support::ReadOnly | Support::No => {
                let text = "XFS online repair is not supported, will report only";
                return Some(Line::out(Level::Warning, format!("{given}: {text}")));
            }
            Support::Unknown(error) => error_text(error),
        };
        let text = format!("{given}: cannot ask whether repair is supported: {text}");
        Some(Line::err(Level::Warning, text))
    }
}

/// Asks the kernel whether it can repair, and says what it answers. What it does not answer in time
/// is taken for a no until the loop gets the answer.
fn ask_support(
    workers: &Workers,
    root: BorrowedFd<'_>,
    options: &Options,
    place: &Place,
    log: &mut Log,
) -> Result<Policy, Stop> {
    let asked = root.try_clone_to_owned().and_then(|root| workers.probe(root));
    let answer = match asked.and_then(|()| wait_for_probe(workers)) {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            let text = "does not answer, it may be frozen; repairs wait until it does";
            log.say(&Line::err(Level::Warning, format!("{}: {text}", place.given())));
            return Ok(Policy::Log);
        }
        Err(error) => Err(error),
    };
    let support = Support::from_probe(answer);
    if options.repair && matches!(support, Support::No | Support::ReadOnly) {
        let text = "XFS online repair is not supported, exiting";
        return Err(Stop::error(format!("{}: {text}", place.given())));
    }
    support.line(place).iter().for_each(|line| log.say(line));
    Ok(support.policy())
}

/// The probe's answer, or nothing if it takes too long; the loop will get it then.
fn wait_for_probe(workers: &Workers) -> io::Result<Option<io::Result<()>>> {
    let mut fds = [PollFd::new(workers.inbox().as_fd(), poll::IN)];
    poll::poll(&mut fds, Some(PROBE_PATIENCE))?;
    let answers = workers.inbox().take();
    Ok(answers.into_iter().find_map(|done| match done {
        Done::Probed(answer) => Some(answer),
        _ => None,
    }))
}

fn warn_less_effective(geometry: &Geometry, place: &Place, log: &mut Log) {
    let missing = [
        (geometry.has_rmapbt(), "without rmap btrees."),
        (geometry.has_parent(), "without parent pointers."),
    ];
    for (_, what) in missing.iter().filter(|(has, _)| !has) {
        let text = format!("{}: XFS online repair is less effective {what}", place.given());
        log.say(&Line::err(Level::Warning, text));
    }
}

fn monitor_refused(error: &io::Error, place: &Place) -> Stop {
    let text = match error.raw_os_error() {
        Some(libc::EEXIST) => "XFS health monitoring already running.".to_owned(),
        Some(libc::ENOTTY | libc::EOPNOTSUPP) => "XFS health monitoring not supported.".to_owned(),
        _ => error_text(error),
    };
    Stop::error(format!("{}: {text}", place.given()))
}

fn worker_count(options: &Options) -> usize {
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    if options.foreground { cpus } else { cpus.min(WORKERS) }
}

fn defect(options: &Options, geometry: &Geometry) -> Option<&'static defects::KernelDefect> {
    if options.ignore_kernel_defects {
        return None;
    }
    let release = std::fs::read_to_string(Path::new("/proc/sys/kernel/osrelease"));
    let version = release.ok().and_then(|text| defects::parse_kernel_version(&text));
    let features =
        defects::Features { rmapbt: geometry.has_rmapbt(), metadir: geometry.has_metadir() };
    defects::known_defect(version, features)
}
