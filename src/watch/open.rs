// SPDX-License-Identifier: LGPL-2.1-or-later
//! Opens a mount point and makes the parts of a watch.

use super::filesystem::Filesystem;
use super::options::{Options, Scrub, Telling};
use super::policy::{Directive, Standing};
use super::support::{Probe, Question};
use super::unclean::Mark;
use crate::act::{self, Runner};
use crate::fs::{self, Geometry, Lasting, Monitor, MountPoint, NotMounted, WeakMount};
use crate::log::said::{PolicyNews, Refusal, Said};
use crate::plan::defects::{self, Features, KernelDefects};
use crate::plan::{Config, Depth, Pace, Policy};
use crate::record::{Description, Recorder};
use crate::report::{FsId, Place};
use crate::service::exit::Code;
use crate::service::others::Other;
use crate::sys;
use crate::sys::mount;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{self, Path, PathBuf};
use std::sync::Arc;

/// Most inodes that are looked at on every start: that takes seconds, and an inode that was found
/// damaged before is in no other memory. More are looked at only after an unclean end.
const FEW_INODES: u64 = 250_000;

/// Reason why a filesystem is not watched.
#[derive(Debug)]
pub(crate) struct Stop {
    pub said: Option<Said>,
    pub code: Code,
}

impl Stop {
    /// Without a word: what there is to say was said.
    pub fn silent(code: Code) -> Stop {
        Stop { said: None, code }
    }

    pub fn refused(why: Refusal) -> Stop {
        Stop { said: Some(Said::Refused(why)), code: Code::Failed }
    }

    pub fn failed(error: io::Error) -> Stop {
        Stop::refused(Refusal::Failed(error.into()))
    }

    /// True if too many files are open, in this process or in all.
    pub fn is_want_of_descriptors(&self) -> bool {
        match &self.said {
            Some(Said::Refused(Refusal::NoDescriptor)) => true,
            Some(Said::Refused(Refusal::Failed(cause) | Refusal::NoHandle(cause))) => {
                matches!(cause.errno(), Some(libc::EMFILE | libc::ENFILE))
            }
            _ => false,
        }
    }
}

/// Parts that a watch is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub filesystem: Filesystem,
    pub config: Config,
    pub standing: Standing,
    pub place: Place,
    pub runner: Runner,
    pub mark: Option<Mark>,
    /// Depth of the first look, for damage that was there before.
    pub depth: Depth,
    pub has_parent_pointers: bool,
    pub telling: Telling,
    /// Question whether the kernel can repair; `None` where no answer is to come.
    pub probe: Option<Probe>,
    /// Facts for a recording, and what that is made with; `None`: none is made.
    pub description: Description,
    pub recorder: Option<Arc<Recorder>>,
}

/// Result of opening a filesystem that was to be watched.
#[derive(Debug)]
pub(crate) enum Opening {
    /// The filesystem can be watched; first this is to be said.
    Ready(Vec<Said>, Box<Setup>),
    /// The filesystem cannot be watched, of which this is to be said; with a process, as long as
    /// that is there.
    Refused(Vec<Said>, Option<Other>),
    /// The filesystem could not be found where it is mounted.
    Hidden,
    /// The filesystem cannot be watched for want of descriptors.
    Short,
}

/// A mounted XFS, held open, and what is wanted of it.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    options: &'a Options,
    path: PathBuf,
    place: Place,
    pub root: Arc<OwnedFd>,
    geometry: Geometry,
    directive: Directive,
    wanted: Policy,
    /// Set if the filesystem is mounted `norecovery`, so that it is not looked at.
    pub is_unrecovered: bool,
}

impl<'a> Opened<'a> {
    /// Says what is to be done about damage where the property autofsck decides that.
    pub fn of(
        options: &'a Options,
        path: &Path,
        MountPoint { root, geometry }: MountPoint,
        say: &mut dyn FnMut(Said),
    ) -> Result<Opened<'a>, Stop> {
        let mut place = Place::new(path.as_os_str().as_bytes());
        if let Ok(dev) = fs::device(root.as_fd()) {
            let device = (libc::major(dev), libc::minor(dev));
            place.identify(FsId { uuid: geometry.uuid(), device });
        }
        let directive = directive(options, &geometry);
        let wanted = first_policy(options, directive, root.as_fd(), say)?;
        let (path, is_unrecovered) = (path.to_owned(), act::is_unrecovered(root.as_fd()));
        let root = Arc::new(root);
        Ok(Opened { options, path, place, root, geometry, directive, wanted, is_unrecovered })
    }

    /// Opens the filesystem's health monitor; [`refused`] says what the errors mean.
    pub fn monitor(&self) -> io::Result<Monitor> {
        Monitor::open(self.root.as_fd(), self.options.everything)
    }

    /// True if damage is to be repaired, as far as the kernel can.
    pub fn wants_repair(&self) -> bool {
        self.wanted == Policy::Repair
    }

    /// Question to the kernel whether it can repair; with a monitor through whichever mount.
    pub fn question(&self, monitor: Option<&Arc<Monitor>>) -> Question {
        let path = path::absolute(&self.path).ok();
        Question::new(Arc::clone(&self.root), monitor.cloned().zip(path))
    }

    /// What is to be said where the filesystem lacks what many repairs need.
    pub fn less_effective(&self) -> Vec<Said> {
        let no_rmapbt = (!self.geometry.has_rmapbt()).then_some(PolicyNews::NoRmapbt);
        let no_parent = (!self.geometry.has_parent()).then_some(PolicyNews::NoParent);
        no_rmapbt.into_iter().chain(no_parent).map(Said::Policy).collect()
    }

    /// Prepares a watch that lasts until the filesystem is unmounted. Nothing holds the mount from
    /// here on.
    pub fn watched(
        self,
        monitor: Arc<Monitor>,
        can_repair: bool,
        probe: Option<Probe>,
    ) -> Result<Setup, Stop> {
        let mount = self.weak_mount()?;
        let can_repair = can_repair && !self.is_unrecovered;
        let standing = Standing::new(self.directive, self.wanted, can_repair);
        let dev = fs::device(self.root.as_fd()).unwrap_or(0);
        let (mark, is_unclean) =
            Mark::set(&format!("{}-{dev:x}", mount.root_handle().filesystem()), dev);
        let few = sys::inodes_in_use(self.root.as_fd()).is_ok_and(|inodes| inodes <= FEW_INODES);
        let depth = if is_unclean || few { Depth::Deep } else { Depth::Shallow };
        let filesystem = Filesystem::watched(monitor, mount, self.directive).with(self.lasting());
        let full_scrub = self.options.scrub != Scrub::Off;
        let config = Config { full_scrub, ..self.config(standing.policy(), Pace::Steady) };
        Ok(Setup { mark: Some(mark), probe, ..self.setup(filesystem, config, standing, depth) })
    }

    /// Prepares a look that ends by itself and holds the mount.
    pub fn held(self, can_repair: bool) -> Result<Setup, Stop> {
        let mount = self.weak_mount()?;
        let standing = Standing::new(self.directive, self.wanted, can_repair);
        let root = self.root.try_clone().map_err(Stop::failed)?;
        let filesystem = Filesystem::held(root, mount, self.directive).with(self.lasting());
        let config = Config { full_scrub: false, ..self.config(standing.policy(), Pace::Hurried) };
        Ok(self.setup(filesystem, config, standing, Depth::Checks))
    }

    fn lasting(&self) -> Option<Lasting> {
        let device = fs::device(self.root.as_fd()).ok()?;
        Some(Lasting::new(self.geometry, device))
    }

    fn weak_mount(&self) -> Result<WeakMount, Stop> {
        WeakMount::new(&self.path, self.root.as_fd())
            .map_err(|error| Stop::refused(Refusal::NoHandle(error.into())))
    }

    fn config(&self, policy: Policy, pace: Pace) -> Config {
        Config {
            policy,
            workers: self.options.workers(),
            // So that a worker finds the next one.
            ahead: self.options.workers(),
            full_scrub: true,
            may_look: !self.is_unrecovered,
            surveys: true,
            escalate: self.options.escalate,
            dry_run: self.options.dry_run,
            pace,
            ag_count: self.geometry.ag_count(),
            agno_shift: self.geometry.agno_shift(),
            defects: defects(self.options, &self.geometry),
        }
    }

    fn setup(
        self,
        filesystem: Filesystem,
        config: Config,
        standing: Standing,
        depth: Depth,
    ) -> Setup {
        let runner = match &self.options.scrub {
            Scrub::With(runner) => runner.clone(),
            Scrub::Detect | Scrub::Off => Runner::detect(),
        };
        let device = fs::device(self.root.as_fd()).unwrap_or(0);
        let description = Description {
            mount_point: self.path.as_os_str().as_bytes().to_owned(),
            uuid: self.geometry.uuid(),
            device: (libc::major(device), libc::minor(device)),
            has_rmapbt: self.geometry.has_rmapbt(),
            has_parent: self.geometry.has_parent(),
            look: depth,
            config,
        };
        Setup {
            filesystem,
            config,
            standing,
            place: self.place,
            runner,
            mark: None,
            depth,
            // Without them no path is looked up.
            has_parent_pointers: self.geometry.has_parent() && !self.is_unrecovered,
            telling: self.options.telling(),
            probe: None,
            description,
            recorder: None,
        }
    }
}

/// Opens what is mounted at `path`.
pub(crate) fn mount_point(path: &Path) -> Result<MountPoint, Stop> {
    fs::mount_point(path).map_err(|error| match error {
        NotMounted::Io(error) => Stop::failed(error),
        NotMounted::NotMountPoint => Stop::refused(Refusal::NotMountPoint),
    })
}

/// The reason and the kind of exit code when the monitor was refused.
pub(crate) fn refused(error: io::Error) -> Stop {
    Stop::refused(match error.raw_os_error() {
        Some(libc::EEXIST) => Refusal::AlreadyMonitored,
        Some(libc::ENOTTY | libc::EOPNOTSUPP) => Refusal::NotSupported,
        _ => Refusal::Failed(error.into()),
    })
}

/// An answer of `xfs_healer --supported`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supported {
    Yes,
    /// The filesystem cannot be monitored now: somebody else monitors it.
    Monitored,
    No,
}

/// The answer that `xfs_healer --supported` would give, without words.
pub(crate) fn supported(path: &Path, mount_point: MountPoint) -> Supported {
    let options = Options::default();
    let Ok(opened) = Opened::of(&options, path, mount_point, &mut |_| ()) else {
        return Supported::No;
    };
    match opened.monitor() {
        Ok(_) => Supported::Yes,
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Supported::Monitored,
        Err(_) => Supported::No,
    }
}

/// True if the filesystem is mounted at `root` so that nothing can be written.
pub(crate) fn is_read_only(root: BorrowedFd<'_>) -> bool {
    mount::mount_of(root).is_ok_and(|mount| mount.is_read_only)
}

/// True if the mount at `root` is of the filesystem's root, and not of another directory.
pub(crate) fn is_whole(root: BorrowedFd<'_>) -> bool {
    mount::mount_of(root).is_ok_and(|mount| mount.is_whole())
}

/// The option or the property autofsck, whichever decides what is done about damage.
fn directive(options: &Options, geometry: &Geometry) -> Directive {
    options.policy().map_or_else(|| Directive::property(geometry), Directive::Fixed)
}

/// Gives the policy at first, and says it where the property autofsck decides.
fn first_policy(
    options: &Options,
    directive: Directive,
    root: BorrowedFd<'_>,
    say: &mut dyn FnMut(Said),
) -> Result<Policy, Stop> {
    if let Directive::Fixed(policy) = directive {
        return Ok(policy);
    }
    let property = fs::autofsck(root);
    // Nobody knows what was wanted: damage is told of, and the property asked for again.
    let policy = property.as_ref().map_or(Policy::Log, |property| directive.policy(*property));
    if let Err(error) = &property {
        // Without privilege the monitor is refused, in the words of 7.2.0; a single look needs none.
        match error.raw_os_error() {
            None if options.one_shot => {
                return Err(Stop::failed(io::Error::from_raw_os_error(libc::EPERM)));
            }
            None => {}
            Some(_) => say(Said::Policy(PolicyNews::Unread(error.into()))),
        }
    }
    let said = Said::Policy(PolicyNews::Directive(policy));
    match policy {
        Policy::Ignore => return Err(Stop { said: Some(said), code: Code::Disabled }),
        Policy::Log if options.quiet => {}
        _ => say(said),
    }
    Ok(policy)
}

fn defects(options: &Options, geometry: &Geometry) -> KernelDefects {
    if options.ignore_kernel_defects {
        return KernelDefects::default();
    }
    let release = sys::kernel_release();
    let version = release.ok().and_then(|text| defects::parse_kernel_version(&text));
    let features = Features { rmapbt: geometry.has_rmapbt(), metadir: geometry.has_metadir() };
    KernelDefects::known(version, features)
}
