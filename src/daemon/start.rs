// SPDX-License-Identifier: LGPL-2.1-or-later
//! From the command line's wishes to a running loop.

use super::jobs::{Done, Reach, Workers};
use super::log::Log;
use super::watch::{READ_BYTES, Setup, Watch};
use super::{Daemon, LAST_WORDS};
use crate::fs::{self, Autofsck, Geometry, Monitor, MountPoint, NotMounted, WeakMount};
use crate::plan::{Config, Policy, defects};
use crate::report::{Level, Line, Place, errno_text};
use crate::sys::SignalFd;
use crate::sys::poll::{self, PollFd};
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
/// Workers unless there are fewer CPUs or `--foreground` asks for more.
const WORKERS: usize = 4;

/// Something that ends the program before it runs, and the exit code. The message is on stderr.
struct Stop {
    code: i32,
    line: Line,
}

impl Stop {
    fn error(text: String) -> Stop {
        Stop { code: 1, line: Line::err(Level::Error, text) }
    }
}

/// Monitors one filesystem until it is unmounted; gives the exit code.
pub fn run(options: &Options) -> i32 {
    // Without the two streams, or a descriptor to wait with, there is nobody to tell.
    let Ok(mut log) = Log::new() else { return 1 };
    match start(options, &mut log) {
        Ok(Some(setup)) => setup(log),
        Ok(None) => 0,
        Err(stop) => {
            log.say(&stop.line);
            log.finish(LAST_WORDS);
            stop.code
        }
    }
}

/// What runs the loop once everything is in place.
type Ready = Box<dyn FnOnce(Log) -> i32>;

fn start(options: &Options, log: &mut Log) -> Result<Option<Ready>, Stop> {
    let place = Place::new(options.mount_point.as_os_str().as_bytes());
    let fail = |error: &io::Error| Stop::error(format!("{}: {}", place.given(), words(error)));
    // Before any worker exists: a thread inherits what is blocked.
    let signals = SignalFd::new(&[libc::SIGTERM, libc::SIGINT]).map_err(|e| fail(&e))?;
    let MountPoint { root, geometry } =
        fs::mount_point(&options.mount_point).map_err(|error| match error {
            NotMounted::Io(error) => fail(&error),
            NotMounted::NotMountPoint => {
                Stop::error(format!("{}: Not a XFS mount point.", place.given()))
            }
        })?;
    let mut policy = policy(options, root.as_fd(), &geometry, &place, log)?;
    let workers = Workers::new(worker_count(options)).map_err(|e| fail(&e))?;
    if policy == Policy::Repair && !can_repair(&workers, root.as_fd(), options, &place, log)? {
        policy = Policy::Log;
    }
    if policy == Policy::Repair {
        warn_less_effective(&geometry, &place, log);
    }
    let monitor = Monitor::open(root.as_fd(), options.everything)
        .map_err(|error| monitor_refused(&error, &place))?;
    if options.supported {
        return Ok(None);
    }
    let mount = WeakMount::new(&options.mount_point, root.as_fd()).map_err(|error| {
        Stop::error(format!("{}: creating weak fshandle: {}", place.given(), words(&error)))
    })?;
    let root_handle = *mount.root_handle();
    // From here on nothing holds the mount.
    drop(root);
    let config = Config {
        policy,
        workers: workers.most(),
        full_scrub: true,
        agno_shift: geometry.agno_shift(),
        defect: defect(options, &geometry),
    };
    let reach = Reach::new(monitor, mount, root_handle);
    let has_parent_pointers = geometry.has_parent();
    let (quiet, debug) = (options.quiet, options.debug);
    let setup = Setup { reach, config, place, has_parent_pointers, quiet, debug };
    Ok(Some(Box::new(move |log| {
        let watch = Watch::new(setup);
        let buffer = vec![0; READ_BYTES];
        Daemon { watch, workers, signals, log, buffer }.run()
    })))
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
        Autofsck::Unset if !has_back_references => (Policy::Ignore, DISABLED),
        Autofsck::None => (Policy::Ignore, DISABLED),
        _ => (Policy::Log, "Only logging errors per autofsck directive."),
    };
    let line = Line::out(Level::Info, format!("{}: {text}", place.given()));
    match policy {
        Policy::Ignore => Err(Stop { code: 1, line }),
        Policy::Log if options.quiet => Ok(policy),
        _ => {
            log.say(&line);
            Ok(policy)
        }
    }
}

const DISABLED: &str = "Disabling daemon per autofsck directive.";

/// Asks the kernel whether it can repair; when it does not answer, supposes so.
fn can_repair(
    workers: &Workers,
    root: BorrowedFd<'_>,
    options: &Options,
    place: &Place,
    log: &mut Log,
) -> Result<bool, Stop> {
    let mut say = |text: &str| {
        log.say(&Line::err(Level::Warning, format!("{}: {text}", place.given())));
    };
    let asked = root.try_clone_to_owned().and_then(|root| workers.probe(root));
    let answer = asked.and_then(|()| wait_for_probe(workers));
    match answer {
        Ok(Some(Ok(()))) => Ok(true),
        Ok(None) => {
            say("does not answer, it may be frozen; repairs wait until it does");
            Ok(true)
        }
        Ok(Some(Err(_))) | Err(_) if options.repair => Err(Stop::error(format!(
            "{}: XFS online repair is not supported, exiting",
            place.given()
        ))),
        Ok(Some(Err(_))) | Err(_) => {
            say("XFS online repair is not supported, will report only");
            Ok(false)
        }
    }
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
        _ => words(error),
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

/// The system's words for an error.
fn words(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), errno_text)
}
