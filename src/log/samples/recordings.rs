// SPDX-License-Identifier: LGPL-2.1-or-later
//! Samples of news about recordings.

use super::Values;
use crate::log::recording::{
    BadRecording, CannotRecord, Flaw, NotWritten, Recorded, RecordingNews,
};
use crate::plan::Policy;

pub(super) fn recordings(values: &Values) -> impl Iterator<Item = RecordingNews> {
    let flaws = flaws(values).map(|what| BadRecording { offset: values.count, what });
    let refusals = [
        CannotRecord::OnFilesystem,
        CannotRecord::OnXfs,
        CannotRecord::NotRegular,
        CannotRecord::NotOwn,
        CannotRecord::Linked,
        CannotRecord::Busy("xfs_healer"),
        CannotRecord::Failed(values.error()),
    ];
    let lost = [
        NotWritten::TooSlow,
        NotWritten::TooLong,
        NotWritten::Failed(values.error()),
        NotWritten::Killed,
    ];
    let recorded = Recorded {
        uuid: [0xff; 16],
        device: (values.agno, values.agno),
        ag_count: values.agno,
        has_rmapbt: false,
        has_parent: false,
        policy: Policy::Repair,
    };
    let refusals = refusals.into_iter().chain(flaws.clone().map(CannotRecord::Broken));
    let refused = refusals.map(|why| RecordingNews::Refused(values.file(), why));
    let lost = lost.map(|why| RecordingNews::Lost(values.file(), values.count, why));
    let others = [
        RecordingNews::Begins { program: values.unit.clone(), kernel: values.unit.clone() },
        RecordingNews::Filesystem(recorded),
        RecordingNews::Missing(values.count),
    ];
    refused.chain(lost).chain(others).chain(flaws.map(RecordingNews::Broken))
}

fn flaws(values: &Values) -> impl Iterator<Item = Flaw> + Clone {
    let flaws = [
        Flaw::Failed(values.error()),
        Flaw::NoRecording("xfs_healer"),
        Flaw::OfOther("fserrord"),
        Flaw::Version,
        Flaw::ByteOrder,
        Flaw::LineEnds,
        Flaw::Torn,
        Flaw::Kind(values.agno),
        Flaw::Length(values.agno, values.agno),
        Flaw::Value("description of a filesystem"),
        Flaw::Undescribed(values.count),
        Flaw::TooMany,
    ];
    flaws.into_iter()
}
