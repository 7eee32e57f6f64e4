// SPDX-License-Identifier: LGPL-2.1-or-later
//! Losses, as values and as log lines: what is gone, where, and why.

use crate::act::{AgHeader, Fork, Orphan, Owner};
use crate::event::{Device, FileError, Target};
use crate::report::{Cause, LINE_BYTES, Level, Line, NAME_BYTES, Place, errno_text};
use std::fmt::Write;

/// Most bytes of the number and the generation of an inode, behind the name of its filesystem.
const NUMBER_BYTES: usize = 40;

/// Something that is lost, or may be; or a bad range of a device on which nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub lost: Lost,
    pub cause: LossCause,
    /// Start and length of each range: bytes of a file, or units of 512 bytes of a device.
    pub ranges: Vec<(u64, u64)>,
    /// True if only a part of the ranges is lost: there were too many to tell each.
    pub is_rough: bool,
    /// Number of reports that the loss was made of.
    pub reports: u64,
}

/// The thing that is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A part of a file; generation 0 if it is not known.
    File { ino: u64, generation: u32, fork: Fork },
    /// The target of a symbolic link.
    Target { ino: u64, generation: u32 },
    /// The name of a file, which is in lost+found now.
    Name(Orphan),
    /// What lies on a range of a device; true if it is to be rebuilt elsewhere.
    OnDevice(Device, Owner, bool),
    /// The kernel did not tell what lies on a range of a device.
    Untold(Device, Cause),
}

/// The reason of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossCause {
    /// The device cannot read its medium.
    Medium,
    /// No repair could bring it back.
    Repair,
    /// Reads or writes of a file have failed, with this errno.
    FileError(FileError, u32),
}

/// The words for what a repair may make anew.
fn on_bad_medium(what: &str) -> String {
    format!(": a part of the {what} is on a medium that cannot be read; a repair may bring it back")
}

impl Lost {
    /// The inode that the loss is about, if its generation is known.
    pub fn inode(&self) -> Option<(u64, u32)> {
        match *self {
            Lost::File { ino, generation, .. } | Lost::Target { ino, generation } => {
                Some((ino, generation)).filter(|id| id.1 != 0)
            }
            _ => None,
        }
    }

    /// Path where the file was found, below the mount point, of one that has lost its name.
    pub fn found(&self) -> Option<Vec<u8>> {
        let Lost::Name(orphan) = self else { return None };
        Some([b"/lost+found/", &orphan.name[..]].concat())
    }
}

impl Loss {
    /// Level of the line.
    pub fn level(&self) -> Level {
        match &self.lost {
            Lost::File { fork: Fork::Data, .. } | Lost::Target { .. } => Level::Critical,
            Lost::File { fork: Fork::Attributes, .. } if self.cause == LossCause::Repair => {
                Level::Critical
            }
            Lost::Name(_) => Level::Warning,
            Lost::File { .. } => Level::Warning,
            Lost::OnDevice(_, owner, is_rebuilt) => level_of(*owner, *is_rebuilt),
            Lost::Untold(..) => Level::Warning,
        }
    }

    /// The line of the log; `path` is that of the inode, below the mount point.
    pub fn line(&self, place: &Place, path: Option<&[u8]>) -> Line {
        let found = self.lost.found();
        let path = found.as_deref().or(path);
        let (target, mut words) = match &self.lost {
            Lost::File { ino, generation, fork } => {
                (Target::Inode { ino: *ino, generation: *generation }, self.of_file(*fork))
            }
            Lost::Target { ino, generation } => (
                Target::Inode { ino: *ino, generation: *generation },
                ": the target of the symbolic link is lost: the repair found nothing of it".into(),
            ),
            Lost::Name(Orphan { ino, .. }) => (
                Target::Inode { ino: *ino, generation: 0 },
                ": its name is lost: the repair found no directory that has it".into(),
            ),
            Lost::OnDevice(device, owner, is_rebuilt) => {
                (Target::Fs, self.on_device(*device) + &owned(*owner, *is_rebuilt))
            }
            Lost::Untold(device, cause) => {
                let words = format!("what is there cannot be found out: {cause}");
                (Target::Fs, self.on_device(*device) + &words)
            }
        };
        if self.reports > 1 {
            words += &format!(" ({} reports)", self.reports);
        }
        let room = NAME_BYTES.min(LINE_BYTES.saturating_sub(words.len() + NUMBER_BYTES));
        Line::out(self.level(), place.subject_within(room, target, path) + &words)
    }

    fn of_file(&self, fork: Fork) -> String {
        let ranges = self.listed("pos", "len", false);
        let what = match (fork, self.cause) {
            (Fork::Data, LossCause::Medium | LossCause::Repair) => "data is lost",
            (Fork::Data, LossCause::FileError(error, _)) => match error {
                FileError::BufferedRead | FileError::DirectRead => "data cannot be read",
                FileError::BufferedWrite => "written data is lost",
                FileError::DirectWrite => "data cannot be written",
                FileError::DataLost => "data is lost",
            },
            (Fork::Unidentified, _) => "data, or names of a directory, may be lost",
            (Fork::Attributes, LossCause::Repair) => {
                return ": owner and permissions are lost, and extended attributes that no further \
                    repair finds: the repair had to empty the attr fork"
                    .to_owned();
            }
            (Fork::Directory, _) => return on_bad_medium("directory"),
            (Fork::Attributes, _) => return on_bad_medium("extended attributes"),
            (Fork::DataMap, _) => return on_bad_medium("data fork's mappings"),
            (Fork::AttributesMap, _) => return on_bad_medium("attr fork's mappings"),
        };
        let why = match self.cause {
            LossCause::Medium => "the medium cannot be read".to_owned(),
            LossCause::Repair => "no repair could bring it back".to_owned(),
            LossCause::FileError(_, errno) => errno_text(errno.try_into().unwrap_or(i32::MAX)),
        };
        format!("{ranges}: {what}: {why}")
    }

    fn on_device(&self, device: Device) -> String {
        format!(" {}{}: ", device.name(), self.listed("daddr", "bbcount", true))
    }

    fn listed(&self, start: &str, len: &str, is_hex: bool) -> String {
        let mut text = if self.is_rough { " within".to_owned() } else { String::new() };
        for (n, range) in self.ranges.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = match is_hex {
                true => write!(text, "{comma} {start} {:#x} {len} {:#x}", range.0, range.1),
                false => write!(text, "{comma} {start} {} {len} {}", range.0, range.1),
            };
        }
        text
    }
}

fn level_of(owner: Owner, is_rebuilt: bool) -> Level {
    match owner {
        Owner::Free
        | Owner::CopyOnWrite
        | Owner::Defective
        | Owner::Unwritten { .. }
        | Owner::Header(_, AgHeader::Unused) => Level::Info,
        Owner::SpaceBtrees(_) | Owner::InodeBtrees(_) | Owner::Refcounts(_) => {
            if is_rebuilt {
                Level::Notice
            } else {
                Level::Warning
            }
        }
        Owner::Header(..)
        | Owner::RealtimeSuperblock
        | Owner::Log
        | Owner::Inodes(..)
        | Owner::File { .. } => Level::Critical,
        Owner::Unknown | Owner::TooMany => Level::Warning,
    }
}

/// The words for what lies on a bad range of a device.
fn owned(owner: Owner, is_rebuilt: bool) -> String {
    const NOTHING: &str = "nothing is lost";
    const STAYS: &str = "cannot be written elsewhere";
    let btrees = |what: &str, agno: u32| {
        let then = if is_rebuilt { "it is to be rebuilt elsewhere" } else { "it is not rebuilt" };
        format!("{what} of agno {agno:#x}; {then}")
    };
    match owner {
        Owner::Free => format!("free space; {NOTHING}"),
        Owner::Unknown => "what is there is not known, and may be lost".to_owned(),
        Owner::Header(agno, AgHeader::Unused) => {
            format!("unused space behind the headers of agno {agno:#x}; {NOTHING}")
        }
        Owner::Header(agno, header) => {
            let name = match header {
                AgHeader::Superblock => "superblock",
                AgHeader::Agf => "AGF",
                AgHeader::Agi => "AGI",
                AgHeader::Agfl | AgHeader::Unused => "AGFL",
            };
            format!("the {name} of agno {agno:#x}, which {STAYS}")
        }
        Owner::RealtimeSuperblock => format!("the realtime superblock, which {STAYS}"),
        Owner::Log => "the log; what it holds may be lost with the next crash".to_owned(),
        Owner::SpaceBtrees(agno) => btrees("a bnobt, cntbt or rmapbt block, or a spare one,", agno),
        Owner::InodeBtrees(agno) => btrees("an inobt or finobt block", agno),
        Owner::Refcounts(agno) => btrees("a refcountbt block", agno),
        Owner::Inodes(first, last) if first == last => {
            format!("inode {first}; if in use, it is lost")
        }
        Owner::Inodes(first, last) => format!("inodes {first} to {last}; those in use are lost"),
        Owner::CopyOnWrite => format!("space kept for copies on write; {NOTHING}"),
        Owner::Defective => format!("blocks that are known to be bad; {NOTHING}"),
        Owner::Unwritten { ino } => format!("space that inode {ino} has not written; {NOTHING}"),
        Owner::File { ino, .. } => format!("a part of inode {ino}"),
        Owner::TooMany => "more is there than is named, and may be lost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lost: Lost, cause: LossCause, ranges: &[(u64, u64)], reports: u64) -> Line {
        let loss = Loss { lost, cause, ranges: ranges.to_vec(), is_rough: false, reports };
        loss.line(&Place::new(b"/m"), Some(b"/f"))
    }

    fn of_file(fork: Fork) -> Lost {
        Lost::File { ino: 131, generation: 7, fork }
    }

    #[test]
    fn a_loss_of_a_file_names_it_and_the_ranges_and_the_cause() {
        let medium = LossCause::Medium;
        let two = line(of_file(Fork::Data), medium, &[(0, 4096), (8192, 512)], 3);
        let text = "/m/f pos 0 len 4096, pos 8192 len 512: data is lost: \
            the medium cannot be read (3 reports)";
        assert_eq!((&two.text[..], two.level), (text, Level::Critical));
        let written = LossCause::FileError(FileError::BufferedWrite, 5);
        let text = "/m/f pos 0 len 1: written data is lost: Input/output error";
        assert_eq!(line(of_file(Fork::Data), written, &[(0, 1)], 1).text, text);
        let text = "/m/f: a part of the extended attributes is on a medium that cannot be read; \
            a repair may bring it back";
        assert_eq!(line(of_file(Fork::Attributes), medium, &[(0, 0)], 1).text, text);
    }

    #[test]
    fn what_no_repair_brought_back_is_told_by_name_or_by_where_it_is_now() {
        let repair = LossCause::Repair;
        let data = line(of_file(Fork::Data), repair, &[(0, 4096)], 1);
        assert_eq!(data.text, "/m/f pos 0 len 4096: data is lost: no repair could bring it back");
        let attributes = line(of_file(Fork::Attributes), repair, &[(0, 0)], 1);
        assert!(attributes.text.starts_with("/m/f: owner and permissions are lost, and extended"));
        assert_eq!((data.level, attributes.level), (Level::Critical, Level::Critical));
        let orphan = Orphan { ino: 133, name: b"133".to_vec() };
        let name = line(Lost::Name(orphan), repair, &[(0, 0)], 1);
        let text = "/m/lost+found/133: its name is lost: the repair found no directory that has it";
        assert_eq!((&name.text[..], name.level), (text, Level::Warning));
    }

    #[test]
    fn what_may_be_something_else_is_not_said_to_be_lost() {
        let either = line(of_file(Fork::Unidentified), LossCause::Medium, &[(0, 4096)], 1);
        let text = "/m/f pos 0 len 4096: data, or names of a directory, may be lost: \
            the medium cannot be read";
        assert_eq!((&either.text[..], either.level), (text, Level::Warning));
        let inode = Lost::OnDevice(Device::Data, Owner::Inodes(131, 131), false);
        let inode = line(inode, LossCause::Medium, &[(8, 1)], 1);
        assert!(inode.text.ends_with(": inode 131; if in use, it is lost"), "{}", inode.text);
    }

    #[test]
    fn what_is_on_a_bad_range_is_told_and_whether_it_matters() {
        let on = |owner, is_rebuilt| {
            let lost = Lost::OnDevice(Device::Data, owner, is_rebuilt);
            line(lost, LossCause::Medium, &[(0x3fc0, 8)], 1)
        };
        let free = on(Owner::Free, false);
        let text = "/m datadev daddr 0x3fc0 bbcount 0x8: free space; nothing is lost";
        assert_eq!((&free.text[..], free.level), (text, Level::Info));
        let btree = on(Owner::InodeBtrees(1), true);
        let text = " an inobt or finobt block of agno 0x1; it is to be rebuilt elsewhere";
        assert!(btree.text.ends_with(text));
        let agf = on(Owner::Header(2, AgHeader::Agf), false);
        assert!(agf.text.ends_with(": the AGF of agno 0x2, which cannot be written elsewhere"));
        assert_eq!((btree.level, agf.level), (Level::Notice, Level::Critical));
    }
}
