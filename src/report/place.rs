// SPDX-License-Identifier: LGPL-2.1-or-later
//! Places of a filesystem and of what is in it, as messages name them.

use super::Out;
use super::escape::{Escaped, Fitted, NAME_BYTES};
use crate::event::Target;
use crate::sys::DeviceNumber;
use std::borrow::Cow;
use std::fmt;

/// Name of a filesystem in messages: its mount point as it was given, and where it was found since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    given: Vec<u8>,
    found: Vec<u8>,
    id: Option<FsId>,
    /// Its device, where nothing else of its identity is known.
    device: Option<DeviceNumber>,
    /// True if something else is mounted over it.
    is_covered: bool,
    /// False for a name that stands in the place of a mount point.
    is_mount: bool,
}

/// Identity of a mounted filesystem, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FsId {
    /// UUID that users know it by.
    pub uuid: [u8; 16],
    /// Major and minor number of its device.
    pub device: DeviceNumber,
}

impl FsId {
    /// The UUID as it is always written.
    pub fn uuid(&self) -> String {
        let mut text = String::new();
        for (at, byte) in self.uuid.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = text.put(if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" });
            let _ = text.byte(*byte);
        }
        text
    }
}

impl Place {
    /// The mount point as the person typed it.
    pub fn new(given: &[u8]) -> Place {
        let [given, found] = [given, given].map(<[u8]>::to_owned);
        Place { given, found, id: None, device: None, is_covered: false, is_mount: true }
    }

    /// The mount point of the filesystem on a device.
    pub fn on(device: DeviceNumber, mount_point: &[u8]) -> Place {
        Place { device: Some(device), ..Place::new(mount_point) }
    }

    /// The mount point of the filesystem on a device, which something else is mounted over: its path
    /// leads there, so that texts have the device as well.
    pub fn covered(device: DeviceNumber, mount_point: &[u8]) -> Place {
        Place { is_covered: true, ..Place::on(device, mount_point) }
    }

    /// True if something else is mounted over it.
    pub fn is_covered(&self) -> bool {
        self.is_covered
    }

    /// Something else that speaks, as a program or a file.
    pub fn named(name: &[u8]) -> Place {
        Place { is_mount: false, ..Place::new(name) }
    }

    /// True if it is a mount point, or was given as one.
    pub fn is_mount(&self) -> bool {
        self.is_mount
    }

    /// Takes note of which filesystem it is.
    pub fn identify(&mut self, id: FsId) {
        self.id = Some(id);
    }

    /// Identity of the filesystem, once it is known.
    pub fn id(&self) -> Option<FsId> {
        self.id
    }

    /// Device of the filesystem, once it is known.
    pub fn device(&self) -> Option<DeviceNumber> {
        self.id.map(|id| id.device).or(self.device)
    }

    /// Takes note of where the filesystem was found; `None` is where it was at the start, which
    /// goes on being named as it was typed.
    pub fn found_at(&mut self, elsewhere: Option<&[u8]>) {
        self.found = elsewhere.unwrap_or(&self.given).to_owned();
    }

    /// The mount point as it was typed.
    pub fn given(&self) -> Escaped<'_> {
        Escaped(&self.given)
    }

    /// The mount point where the filesystem was last found.
    pub fn found(&self) -> Escaped<'_> {
        Escaped(&self.found)
    }

    /// The words for a target: its path below the mount point where that is known.
    pub fn subject(&self, target: Target, path: Option<&[u8]>) -> String {
        self.subject_within(NAME_BYTES, target, path)
    }

    /// The words for a target, in no more than this many bytes.
    pub(crate) fn subject_within(
        &self,
        room: usize,
        target: Target,
        path: Option<&[u8]>,
    ) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let out = &mut Fitted::within(&mut text, room);
        let _ = write_subject(out, &self.name(), target, path);
        text
    }

    /// The name of the filesystem in texts.
    fn name(&self) -> Cow<'_, [u8]> {
        match self.device().filter(|_| self.is_covered) {
            None => Cow::Borrowed(&self.found),
            Some((major, minor)) => {
                let note = format!(" (covered, {major}:{minor})");
                Cow::Owned([&self.found, note.as_bytes()].concat())
            }
        }
    }

    /// The place for functions that write without allocation.
    pub fn mount(&self) -> Mount<'_> {
        Mount { given: &self.given, found: &self.found }
    }
}

/// The mount point of a filesystem by its bytes, which are escaped while they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Mount point as the person typed it.
    pub given: &'a [u8],
    /// Mount point where the filesystem was last found.
    pub found: &'a [u8],
}

impl<'a> Mount<'a> {
    /// A filesystem that is where it was said to be.
    pub const fn at(given: &'a [u8]) -> Mount<'a> {
        Mount { given, found: given }
    }
}

/// The words for a target, see [`Place::subject`].
pub(super) fn write_subject(
    out: &mut Fitted<'_, impl fmt::Write>,
    found: &[u8],
    target: Target,
    path: Option<&[u8]>,
) -> fmt::Result {
    match (target, path) {
        (Target::Inode { .. }, Some(path)) => {
            // The root directory has an empty path, and is named as it is mounted.
            let slash_less = if path.is_empty() { None } else { found.strip_suffix(b"/") };
            return out.names([slash_less.unwrap_or(found), path]);
        }
        _ => out.name(found)?,
    }
    match target {
        Target::Fs => Ok(()),
        Target::Ag(agno) => {
            out.put(" agno ")?;
            out.hex(agno.into())
        }
        Target::Rtgroup(rgno) => {
            out.put(" rgno ")?;
            out.hex(rgno.into())
        }
        Target::Inode { ino, generation } => {
            out.put(" ino ")?;
            out.decimal(ino)?;
            out.put(" gen ")?;
            out.hex(generation.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_mounted_at_the_slash_has_paths_with_one_slash() {
        let place = Place::new(b"/");
        let inode = Target::Inode { ino: 1, generation: 0 };
        assert_eq!(place.subject(inode, Some(b"/etc/fstab")), "/etc/fstab");
        assert_eq!(place.subject(inode, Some(b"")), "/");
        assert_eq!(place.subject(Target::Fs, None), "/");
    }

    #[test]
    fn what_is_covered_is_told_from_what_covers_it() {
        let place = Place::covered((7, 1), b"/m");
        let inode = Target::Inode { ino: 1, generation: 0x1f };
        assert_eq!(place.subject(Target::Fs, None), "/m (covered, 7:1)");
        assert_eq!(place.subject(inode, None), "/m (covered, 7:1) ino 1 gen 0x1f");
        assert_eq!(place.subject(inode, Some(b"/a")), "/m (covered, 7:1)/a");
        assert_eq!(place.mount().found, b"/m", "for programs");
    }

    #[test]
    fn it_is_named_as_it_was_typed_until_it_is_found_elsewhere() {
        let mut place = Place::new(b"/m\n/");
        place.found_at(Some(b"/n\\"));
        assert_eq!(format!("{} {}", place.given(), place.found()), "/m\\n/ /n\\\\");
        place.found_at(None);
        assert_eq!(place.found().to_string(), "/m\\n/");
        let inode = Target::Inode { ino: 1, generation: 0x1f };
        assert_eq!(place.subject(inode, None), "/m\\n/ ino 1 gen 0x1f");
        assert_eq!(place.subject(inode, Some(b"/a\xff")), "/m\\n/a\\xff");
    }
}
