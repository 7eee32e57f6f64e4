// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem that is none, to be watched by a test that says what the kernel says.

use super::filesystem::Filesystem;
use super::open::Setup;
use super::options::Telling;
use super::policy::{Directive, Standing};
use super::support::Probe;
use crate::act::Runner;
use crate::fs::Monitor;
use crate::plan::{Config, Depth, Policy};
use crate::record::{Description, Recorder};
use crate::report::Place;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

/// Where the property decides, it wants this; the kernel can repair, or has not said so yet.
pub(crate) struct Fake<'a> {
    pub folder: &'a Path,
    pub wanted: Policy,
    pub has_answered: bool,
    pub recorder: Option<Arc<Recorder>>,
}

impl Fake<'_> {
    /// The parts of a watch over the folder, as if it was an XFS, and the kernel's end of its monitor.
    pub fn setup(self) -> (Setup, UnixStream) {
        let Fake { folder, wanted, has_answered, recorder } = self;
        let (ours, kernel) = UnixStream::pair().unwrap();
        let directive = Directive::Property { has_back_references: true };
        let root = File::open(folder).unwrap().into();
        let monitor = Monitor::of(ours.into()).unwrap();
        let filesystem = Filesystem::tried(monitor, root, folder, directive);
        let standing = Standing::new(directive, wanted, has_answered);
        let policy = standing.policy();
        let config =
            Config { policy, workers: 3, ag_count: 4, agno_shift: 18, ..Config::default() };
        let mount_point = folder.as_os_str().as_bytes().to_owned();
        let (uuid, device, look) = ([7; 16], (7, 0), Depth::Shallow);
        let (has_rmapbt, has_parent) = (true, true);
        let place = Place::new(&mount_point);
        let description =
            Description { mount_point, uuid, device, has_rmapbt, has_parent, look, config };
        let setup = Setup {
            filesystem,
            config,
            standing,
            place,
            runner: Runner::from_words(OsStr::new("true")).unwrap(),
            mark: None,
            depth: look,
            has_parent_pointers: true,
            telling: Telling { quiet: false, debug: true, everything: false },
            probe: (!has_answered).then(|| Probe::silent(Vec::new())),
            description,
            recorder,
        };
        (setup, kernel)
    }
}
