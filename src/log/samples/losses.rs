// SPDX-License-Identifier: LGPL-2.1-or-later
//! Samples of losses.

use super::{Values, file_errors};
use crate::act::{AgHeader, Fork, Orphan, Owner};
use crate::event::Device;
use crate::log::loss::{Loss, LossCause, Lost};

fn owners(values: &Values) -> Vec<Owner> {
    use AgHeader::*;
    let (ino, generation, fork) = (values.ino, values.generation, Fork::Data);
    let (pos, len) = values.range(0, 4096);
    let headers =
        [Superblock, Agf, Agi, Agfl, Unused].map(|header| Owner::Header(values.agno, header));
    let rest = [
        Owner::Free,
        Owner::Unknown,
        Owner::RealtimeSuperblock,
        Owner::Log,
        Owner::SpaceBtrees(values.agno),
        Owner::InodeBtrees(values.agno),
        Owner::Refcounts(values.agno),
        Owner::Inodes(ino, ino),
        Owner::Inodes(128, 191),
        Owner::CopyOnWrite,
        Owner::Defective,
        Owner::File { ino, generation, fork, pos, len },
        Owner::Unwritten { ino },
        Owner::TooMany,
    ];
    headers.into_iter().chain(rest).collect()
}

pub(super) fn losses(values: &Values) -> Vec<Loss> {
    use Fork::*;
    let errors =
        file_errors().map(|error| LossCause::FileError(error, values.errno.unsigned_abs()));
    let causes: Vec<_> = [LossCause::Medium, LossCause::Repair].into_iter().chain(errors).collect();
    let forks = [Data, Unidentified, Directory, Attributes, DataMap, AttributesMap];
    let forks =
        forks.map(|fork| Lost::File { ino: values.ino, generation: values.generation, fork });
    let on_device = owners(values).into_iter().flat_map(|owner| {
        [true, false].map(|is_rebuilt| Lost::OnDevice(Device::Data, owner, is_rebuilt))
    });
    let rest = [
        Lost::Target { ino: values.ino, generation: values.generation },
        Lost::Untold(Device::Log, values.error()),
        Lost::Name(Orphan { ino: values.ino, name: values.name.clone() }),
    ];
    let lost: Vec<_> = forks.into_iter().chain(on_device).chain(rest).collect();
    let mut all = Vec::new();
    for (lost, cause) in lost.iter().flat_map(|lost| causes.iter().map(move |cause| (lost, cause)))
    {
        for (count, is_rough, reports) in
            [(1, false, 1), (1, false, values.count), (4, true, values.count)]
        {
            let ranges = match lost {
                Lost::Target { .. } | Lost::Name(_) => Vec::new(),
                Lost::File { .. } => vec![values.range(131_072, 4096); count],
                _ => vec![values.range(0x3fc0, 8); count],
            };
            all.push(Loss { lost: lost.clone(), cause: *cause, ranges, is_rough, reports });
        }
    }
    all
}
