// SPDX-License-Identifier: LGPL-2.1-or-later
//! Keys of a loss.

use crate::act::{AgHeader, Fork, Owner};
use crate::event::{Target, text, type_name};
use crate::log::loss::{Loss, LossCause, Lost};
use crate::report::Object;
use std::fmt;

pub(super) fn loss(
    object: &mut Object<'_, String>,
    loss: &Loss,
    path: Option<&[u8]>,
) -> fmt::Result {
    object.word("loss", loss_name(&loss.lost))?;
    match &loss.lost {
        Lost::File { ino, generation, .. } | Lost::Target { ino, generation } => {
            if *generation == 0 {
                // It is not known, and what it stands for is not.
                object.number("ino", *ino)?;
            } else {
                let target = Target::Inode { ino: *ino, generation: *generation };
                object.object(target, None)?;
                object.target(target, path)?;
            }
            object.pairs("ranges", &loss.ranges)?;
        }
        Lost::Name(orphan) => {
            object.number("ino", orphan.ino)?;
            object.name("path", &loss.lost.found().unwrap_or_default())?;
        }
        Lost::OnDevice(device, owner, is_rebuilt) => {
            object.word("device", device.name())?;
            object.pairs("sectors", &loss.ranges)?;
            owned(object, *owner)?;
            object.truth("rebuilt", *is_rebuilt)?;
        }
        Lost::Untold(device, error) => {
            object.word("device", device.name())?;
            object.pairs("sectors", &loss.ranges)?;
            if let Some(errno) = error.errno() {
                object.signed("errno", errno.into())?;
            }
        }
    }
    object.word("cause", cause_name(loss.cause))?;
    if let LossCause::FileError(_, errno) = loss.cause {
        object.number("errno", errno.into())?;
    }
    object.truth("rough", loss.is_rough)?;
    object.number("count", loss.reports)
}

/// The word for the reason of a loss.
pub(crate) fn cause_name(cause: LossCause) -> &'static str {
    match cause {
        LossCause::Medium => "medium",
        LossCause::Repair => "repair",
        LossCause::FileError(error, _) => type_name(error.type_number()).map_or("", text),
    }
}

/// The word for what is lost.
pub(crate) const fn loss_name(lost: &Lost) -> &'static str {
    match lost {
        Lost::File { fork: Fork::Data, .. } => "file_data",
        Lost::File { fork: Fork::Unidentified, .. } => "file_or_directory",
        Lost::File { fork: Fork::Directory, .. } => "directory",
        Lost::File { fork: Fork::Attributes, .. } => "file_attributes",
        Lost::File { fork: Fork::DataMap, .. } => "data_fork",
        Lost::File { fork: Fork::AttributesMap, .. } => "attr_fork",
        Lost::Target { .. } => "symlink_target",
        Lost::Name(_) => "name",
        Lost::OnDevice(..) => "device",
        Lost::Untold(..) => "unknown",
    }
}

fn owned(object: &mut Object<'_, String>, owner: Owner) -> fmt::Result {
    let (name, agno) = match owner {
        Owner::Free => ("free", None),
        Owner::Unknown => ("unknown", None),
        Owner::Header(agno, header) => (header_name(header), Some(agno)),
        Owner::RealtimeSuperblock => ("rt_superblock", None),
        Owner::Log => ("log", None),
        Owner::SpaceBtrees(agno) => ("space_btrees", Some(agno)),
        Owner::InodeBtrees(agno) => ("inode_btrees", Some(agno)),
        Owner::Refcounts(agno) => ("refcountbt", Some(agno)),
        Owner::Inodes(..) => ("inodes", None),
        Owner::CopyOnWrite => ("cow", None),
        Owner::Defective => ("defective", None),
        Owner::File { .. } => ("file", None),
        Owner::Unwritten { .. } => ("unwritten", None),
        Owner::TooMany => ("too_many", None),
    };
    object.word("owner", name)?;
    if let Owner::Inodes(first, last) = owner {
        object.number("ino", first)?;
        object.number("last_ino", last)?;
    }
    if let Owner::Unwritten { ino } = owner {
        object.number("ino", ino)?;
    }
    agno.map_or(Ok(()), |agno| object.number("agno", agno.into()))
}

const fn header_name(header: AgHeader) -> &'static str {
    match header {
        AgHeader::Superblock => "superblock",
        AgHeader::Agf => "agf",
        AgHeader::Agi => "agi",
        AgHeader::Agfl => "agfl",
        AgHeader::Unused => "unused",
    }
}
