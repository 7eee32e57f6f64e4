// SPDX-License-Identifier: LGPL-2.1-or-later
//! From the command line's wishes to a running loop.

use super::Daemon;
use super::feed::READ_BYTES;
use super::jobs::Workers;
use super::log::Log;
use super::manager::Manager;
use super::mark::Mark;
use super::options::{Options, Scrub};
use super::policy::{Directive, Standing, policy_line};
use super::reach::Reach;
use super::support::Support;
use super::tally::OPERATIONAL_ERROR;
use super::watch::{Setup, Watch};
use crate::act::Runner;
use crate::fs::{self, Autofsck, Geometry, Monitor, MountPoint, NotMounted, WeakMount};
use crate::plan::{Config, Depth, Pace, Policy, defects};
use crate::report::{Level, Line, Place, error_text, escape};
use crate::sys::{self, SignalFd, mount};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long a slow reader of the log holds up the end of a program that says why it does not run:
/// nothing waits for it, and there is no other explanation.
const ONLY_WORDS: Duration = Duration::from_secs(5);
/// Workers unless there are fewer CPUs or `--foreground` asks for more.
const WORKERS: usize = 4;

/// So many inodes are looked at on every start: that takes seconds, and an inode that was found
/// damaged before is in no other memory. Of more only after an unclean end.
const FEW_INODES: u64 = 250_000;

/// Why the program ends before it runs, or nearly so.
struct Stop {
    line: Option<Line>,
    code: Code,
}

/// Which exit code: what it is depends on the way of running.
enum Code {
    /// All that was asked for is known.
    Answered,
    /// The property says that nothing is to be done.
    Disabled,
    /// It cannot be done.
    Failed,
}

impl Stop {
    fn error(text: String) -> Stop {
        Stop { line: Some(Line::err(Level::Error, text)), code: Code::Failed }
    }

    fn exit_code(&self, options: &Options) -> i32 {
        let is_one_shot = options.one_shot && !options.supported;
        match self.code {
            Code::Answered => 0,
            Code::Disabled if is_one_shot => 0,
            Code::Failed if is_one_shot => OPERATIONAL_ERROR,
            Code::Disabled | Code::Failed => 1,
        }
    }
}

/// Monitors one filesystem until it is unmounted, or looks at it once; gives the exit code.
pub fn run(options: &Options) -> i32 {
    // Without the two streams, or a descriptor to wait with, there is nobody to tell.
    let name = escape(options.mount_point.as_os_str().as_bytes());
    let Ok(mut log) = Log::new(&name) else {
        return Stop { line: None, code: Code::Failed }.exit_code(options);
    };
    match start(options, &mut log) {
        Ok(ready) => ready(log),
        Err(stop) => {
            stop.line.iter().for_each(|line| log.say(line));
            log.finish(ONLY_WORDS);
            stop.exit_code(options)
        }
    }
}

/// What runs the loop once everything is in place.
type Ready = Box<dyn FnOnce(Log) -> i32>;

/// A mounted XFS, and what is needed to get it going.
struct Starter<'a> {
    options: &'a Options,
    place: Place,
    root: OwnedFd,
    geometry: Geometry,
    directive: Directive,
    wanted: Policy,
    workers: Workers,
    signals: SignalFd,
}

fn start(options: &Options, log: &mut Log) -> Result<Ready, Stop> {
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
    let directive = directive(options, &geometry);
    let wanted = first_policy(options, directive, root.as_fd(), &place, log)?;
    let workers = Workers::new(worker_count(options)).map_err(|e| fail(&e))?;
    let starter = Starter { options, place, root, geometry, directive, wanted, workers, signals };
    match (options.one_shot, options.supported) {
        (true, true) => starter.answer_one_shot(log),
        (true, false) => starter.one_shot(log),
        (false, _) => starter.monitor(log),
    }
}

impl Starter<'_> {
    fn monitor(self, log: &mut Log) -> Result<Ready, Stop> {
        // Before the probe, which never comes back from a frozen filesystem.
        let monitor = self.open_monitor()?;
        if self.options.supported && !self.options.repair {
            return Err(self.answer_supported(log));
        }
        let support = self.ask_support(log)?;
        if self.options.supported {
            return Err(Stop { line: None, code: Code::Answered });
        }
        let standing = Standing::new(self.directive, self.wanted, support.can_repair());
        let mount = self.weak_mount()?;
        let dev = fs::device(self.root.as_fd()).unwrap_or(0);
        let (mark, is_unclean) =
            Mark::set(&format!("{}-{dev:x}", mount.root_handle().filesystem()), dev);
        let few = sys::inodes_in_use(self.root.as_fd()).is_ok_and(|inodes| inodes <= FEW_INODES);
        let depth = if is_unclean || few { Depth::Deep } else { Depth::Shallow };
        let reach = Reach::watched(monitor, mount, self.directive);
        let config = Config {
            full_scrub: self.options.scrub != Scrub::Off,
            ..self.config(standing.policy(), Pace::Steady)
        };
        let (manager, complaint) = Manager::from_env();
        if let Some(complaint) = complaint {
            log.say(&Line::err(Level::Warning, format!("{}: {complaint}", self.place.given())));
        }
        // Nothing holds the mount from here on: neither a descriptor nor the working directory.
        Ok(self.ready(reach, config, standing, depth, Some(mark), manager))
    }

    /// Whether a single look would repair what it finds, were the mount read-write. Who asks can
    /// make it so: the root filesystem is read-only until late in the boot.
    fn answer_one_shot(&self, log: &mut Log) -> Result<Ready, Stop> {
        let can_repair = self.ask_support(log)?.can_repair();
        self.refuse_part()?;
        let is_wanted = self.wanted == Policy::Repair;
        let code = if is_wanted && can_repair { Code::Answered } else { Code::Failed };
        Err(Stop { line: None, code })
    }

    fn one_shot(self, log: &mut Log) -> Result<Ready, Stop> {
        let support = self.ask_support(log)?;
        // It does not wait for a thaw or a remount.
        let can_repair = matches!(support, Support::Yes | Support::Unknown(_));
        if matches!(support, Support::Silent) {
            return Err(Stop { line: None, code: Code::Failed });
        }
        let standing = Standing::new(self.directive, self.wanted, can_repair);
        let mount = self.weak_mount()?;
        self.refuse_part()?;
        let root = self.root.try_clone().map_err(|error| self.fail(&error))?;
        let reach = Reach::held(root, mount, self.directive);
        let config = Config { full_scrub: false, ..self.config(standing.policy(), Pace::Hurried) };
        let manager = Manager::default();
        Ok(self.ready(reach, config, standing, Depth::Checks, None, manager))
    }

    /// A single look is at the whole filesystem.
    fn refuse_part(&self) -> Result<(), Stop> {
        if is_whole(self.root.as_fd()) {
            return Ok(());
        }
        // The kernel refuses the monitor for the same reason in these words.
        Err(self.fail(&io::Error::from_raw_os_error(libc::EPERM)))
    }

    fn fail(&self, error: &io::Error) -> Stop {
        Stop::error(format!("{}: {}", self.place.given(), error_text(error)))
    }

    fn weak_mount(&self) -> Result<WeakMount, Stop> {
        WeakMount::new(&self.options.mount_point, self.root.as_fd()).map_err(|error| {
            let error = error_text(&error);
            Stop::error(format!("{}: creating weak fshandle: {error}", self.place.given()))
        })
    }

    fn config(&self, policy: Policy, pace: Pace) -> Config {
        Config {
            policy,
            workers: self.workers.pool.most(),
            full_scrub: true,
            escalate: self.options.escalate,
            dry_run: self.options.dry_run,
            pace,
            agno_shift: self.geometry.agno_shift(),
            defect: defect(self.options, &self.geometry),
        }
    }

    fn ready(
        self,
        reach: Reach,
        config: Config,
        standing: Standing,
        depth: Depth,
        mark: Option<Mark>,
        manager: Manager,
    ) -> Ready {
        let Starter { options, place, geometry, workers, signals, .. } = self;
        let runner = match &options.scrub {
            Scrub::With(runner) => runner.clone(),
            Scrub::Detect | Scrub::Off => Runner::detect(),
        };
        let _ = std::env::set_current_dir("/");
        let setup = Setup {
            reach,
            config,
            standing,
            place,
            runner,
            mark,
            depth,
            has_parent_pointers: geometry.has_parent(),
            quiet: options.quiet,
            debug: options.debug,
        };
        Box::new(move |log| {
            let watch = Watch::new(setup);
            let buffer = vec![0; READ_BYTES];
            Daemon { watch, workers, signals, log, manager, buffer, done: Vec::new() }.run()
        })
    }

    fn open_monitor(&self) -> Result<Monitor, Stop> {
        Monitor::open(self.root.as_fd(), self.options.everything).map_err(|error| {
            let is_forbidden = error.raw_os_error() == Some(libc::EPERM);
            if self.options.repair && is_forbidden {
                // Nobody else gets so far: tell it from a mount that is not of the whole.
                if let Err(stop) =
                    self.refuse_unsupported(&Support::ask(&self.workers, self.root.as_fd()))
                {
                    return stop;
                }
            }
            monitor_refused(&error, &self.place)
        })
    }

    /// Answers without the probe: it does not depend on it, and a service manager waits.
    fn answer_supported(&self, log: &mut Log) -> Stop {
        if self.wanted == Policy::Repair {
            if is_read_only(self.root.as_fd()) {
                Support::ReadOnly.tell(&self.place, log);
            } else {
                self.warn_less_effective(log);
            }
        }
        Stop { line: None, code: Code::Answered }
    }

    /// Whether the kernel can repair, where that is wanted, and says so.
    fn ask_support(&self, log: &mut Log) -> Result<Support, Stop> {
        if self.wanted != Policy::Repair {
            return Ok(Support::Yes);
        }
        let support = Support::ask(&self.workers, self.root.as_fd());
        self.refuse_unsupported(&support)?;
        support.tell(&self.place, log);
        if support.can_repair() {
            self.warn_less_effective(log);
        }
        Ok(support)
    }

    /// Who says `--repair` does not want a daemon that cannot.
    fn refuse_unsupported(&self, support: &Support) -> Result<(), Stop> {
        let cannot = matches!(support, Support::No | Support::ReadOnly);
        // A look at what is damaged is worth something also where nothing can be repaired.
        if self.options.repair && !self.options.one_shot && cannot {
            let text = "XFS online repair is not supported, exiting";
            return Err(Stop::error(format!("{}: {text}", self.place.given())));
        }
        Ok(())
    }

    fn warn_less_effective(&self, log: &mut Log) {
        let missing = [
            (self.geometry.has_rmapbt(), "without rmap btrees."),
            (self.geometry.has_parent(), "without parent pointers."),
        ];
        for (_, what) in missing.iter().filter(|(has, _)| !has) {
            let text =
                format!("{}: XFS online repair is less effective {what}", self.place.given());
            log.say(&Line::err(Level::Warning, text));
        }
    }
}

fn is_read_only(root: BorrowedFd<'_>) -> bool {
    mount::mount_id(root).and_then(mount::statmount).is_ok_and(|mount| mount.is_read_only)
}

/// Whether it is the root of the filesystem that is mounted there, and not another directory.
fn is_whole(root: BorrowedFd<'_>) -> bool {
    mount::mount_id(root).and_then(mount::statmount).is_ok_and(|mount| mount.root == b"/")
}

/// Makes the signals that end the program something to read, unless who started it wants one
/// ignored; and makes a file that has reached its limit no reason to die.
fn catch_signals() -> io::Result<SignalFd> {
    sys::ignore_signal(libc::SIGXFSZ);
    // Ignored, it would take the exit codes of our children away.
    sys::default_signal(libc::SIGCHLD);
    let wanted = [libc::SIGTERM, libc::SIGINT].into_iter().filter(|s| !sys::is_ignored(*s));
    SignalFd::new(&wanted.collect::<Vec<_>>())
}

/// Who decides what is done about damage.
fn directive(options: &Options, geometry: &Geometry) -> Directive {
    match (options.repair, options.no_autofsck) {
        (true, _) => Directive::Fixed(Policy::Repair),
        (false, true) => Directive::Fixed(Policy::Log),
        (false, false) => Directive::property(geometry),
    }
}

/// What is done at first, and says so where the property decides.
fn first_policy(
    options: &Options,
    directive: Directive,
    root: BorrowedFd<'_>,
    place: &Place,
    log: &mut Log,
) -> Result<Policy, Stop> {
    if let Directive::Fixed(policy) = directive {
        return Ok(policy);
    }
    let policy = directive.policy(fs::autofsck(root).unwrap_or(Autofsck::Unset));
    let line = policy_line(policy, place);
    match policy {
        Policy::Ignore => return Err(Stop { line: Some(line), code: Code::Disabled }),
        Policy::Log if options.quiet => {}
        _ => log.say(&line),
    }
    Ok(policy)
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
