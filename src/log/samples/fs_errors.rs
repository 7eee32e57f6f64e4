// SPDX-License-Identifier: LGPL-2.1-or-later
//! Samples of what is said of errors of any filesystem.

use super::Values;
use crate::log::fserror::{
    E2scrubEnd, ErrorAction, ErrorFile, FsError, FsErrorNews, Listing, Reports, Unreached, Unseen,
};
use crate::log::said::Said;
use crate::sys::file_handle::InodeNumber;

/// Bytes of the longest handle.
const HANDLE_BYTES: usize = 128;

fn errors(values: &Values) -> Vec<FsError> {
    let Values { ino, generation, count, .. } = *values;
    let number = InodeNumber { ino, generation, subvolume: None };
    let handle = vec![0xff; if count == u64::MAX { HANDLE_BYTES } else { 8 }];
    let files = [
        None,
        Some(ErrorFile::Path(values.name.clone(), Some(number))),
        Some(ErrorFile::Path(values.name.clone(), None)),
        Some(ErrorFile::Inode(number)),
        Some(ErrorFile::Inode(InodeNumber { subvolume: Some(count), ..number })),
        Some(ErrorFile::Handle(0xf7, handle)),
    ];
    let errnos = [values.errno, libc::EUCLEAN, libc::EBADMSG, libc::EFAULT, libc::ESHUTDOWN];
    let errors = files.into_iter().flat_map(|file| {
        let error = move |errno| FsError { file: file.clone(), errno };
        errnos.map(error)
    });
    errors.collect()
}

/// A sample of each thing that is said of them.
pub(super) fn fs_errors(values: &Values) -> Vec<Said> {
    let (count, fs_type) = (values.count, || values.name.clone());
    let reports = [
        Reports::All,
        Reports::Metadata,
        Reports::MetadataAndDirect,
        Reports::ShutdownAndDirect,
        Reports::Unknown,
    ];
    let actions =
        [ErrorAction::Healer, ErrorAction::Scrub, ErrorAction::E2scrub, ErrorAction::Note];
    let actions = actions.map(Some).into_iter().chain([None]);
    let listed = actions
        .map(|action| FsErrorNews::Listed(fs_type(), Listing::Watched(Reports::All, action)));
    let kinds = reports.into_iter().flat_map(|reports| {
        let watched = FsErrorNews::Watched(fs_type(), reports);
        let listing = Listing::Watched(reports, Some(ErrorAction::Note));
        [watched, FsErrorNews::Listed(fs_type(), listing)]
    });
    let unit = String::from_utf8_lossy(&values.name).chars().take(60).collect();
    let ends = [
        E2scrubEnd::Clean,
        E2scrubEnd::Damaged,
        E2scrubEnd::NoRoom,
        E2scrubEnd::NotChecked,
        E2scrubEnd::Unclear(unit),
    ];
    let rest = [
        FsErrorNews::More(count),
        FsErrorNews::Counted(count),
        FsErrorNews::Lost(1),
        FsErrorNews::Lost(count),
        FsErrorNews::Senseless(count),
        FsErrorNews::NotWatched(fs_type(), values.error()),
        FsErrorNews::TypeNotWatched(fs_type()),
        FsErrorNews::TypeUnknown(fs_type()),
        FsErrorNews::Listed(fs_type(), Listing::NotWatched),
        FsErrorNews::Listed(fs_type(), Listing::NotSeen(Unseen::OnlyFile)),
        FsErrorNews::Listed(fs_type(), Listing::NotSeen(Unseen::Covered)),
        FsErrorNews::NotSeen(fs_type(), Unseen::OnlyFile),
        FsErrorNews::NotSeen(fs_type(), Unseen::Covered),
        FsErrorNews::Summary(count),
        FsErrorNews::ScrubStarts,
        FsErrorNews::ScrubEnded(Some(0)),
        FsErrorNews::ScrubEnded(Some(3)),
        FsErrorNews::ScrubEnded(None),
        FsErrorNews::E2scrubStarts,
        FsErrorNews::ScrubSaid(values.name.clone()),
        FsErrorNews::E2scrubSaid(values.name.clone()),
        FsErrorNews::Noted(0),
        FsErrorNews::Noted(count),
        FsErrorNews::ActThreadless,
        FsErrorNews::ActUnreached(Unreached::Covered),
        FsErrorNews::ActUnreached(Unreached::Unopened),
    ];
    let rest = rest.into_iter().chain(ends.map(FsErrorNews::E2scrubEnded));
    let errors = errors(values).into_iter().flat_map(|error| {
        let again = [1, count].map(|times| FsErrorNews::Again(error.clone(), times));
        again.into_iter().chain([FsErrorNews::Error(error)])
    });
    errors.chain(kinds).chain(listed).chain(rest).map(Said::FsError).collect()
}
