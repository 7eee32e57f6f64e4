// SPDX-License-Identifier: LGPL-2.1-or-later
//! The meaning of a repair call's answer.

use crate::uapi::*;

/// Result of a repair that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The kernel rebuilt the structure.
    Repaired,
    /// The kernel found the structure good.
    Fine,
    /// The structure is still bad.
    Failed,
    /// The device failed while the repair read or wrote.
    DeviceError,
    /// The structure seems good, but something it was compared with is bad.
    CrossFailed,
    /// The kernel could not finish its check.
    Incomplete,
    /// The file does not exist any more, or this filesystem has no such structure.
    Gone,
    /// A resource that the repair needs is held by something else.
    Busy,
    /// No memory or no space for the new structure.
    NoRoom,
    /// Every mount of the filesystem that could be found is read-only.
    ReadOnly,
    /// The filesystem is mounted `norecovery`, where nothing is repaired.
    NoRecovery,
    /// The filesystem has shut down.
    Shutdown,
    /// This kernel cannot repair this structure on this filesystem while it is mounted.
    Unsupported,
    /// The structure could not be judged: this kernel has no such check, or the call that would
    /// have to come before is refused on this mount. Nothing was attempted.
    NotJudged,
    /// The repair was not attempted: on this kernel it would crash ([`super::defects`]).
    KernelDefect,
    /// The repair was not attempted: it is of an inode without a link that is on no list of
    /// unlinked inodes. Loading it would shut the filesystem down, and a repair deletes the file.
    Unlinked,
    /// The filesystem could not be opened, with this errno (ESTALE: no mount leads to it any more);
    /// nothing was attempted.
    Unreachable(i32),
    /// The administrator has forbidden repairs; nothing was attempted.
    Forbidden,
    /// The thread that made the call is gone and will not answer.
    Vanished,
    /// An errno that no rule is known for.
    Error(i32),
}

impl Outcome {
    /// The errno of an outcome that has one.
    pub(crate) fn errno(self) -> Option<i32> {
        match self {
            Outcome::Unreachable(errno) | Outcome::Error(errno) => Some(errno),
            _ => None,
        }
    }

    /// The outcome with this errno, if it has one.
    pub(crate) fn with_errno(self, errno: i32) -> Outcome {
        match self {
            Outcome::Unreachable(_) => Outcome::Unreachable(errno),
            Outcome::Error(_) => Outcome::Error(errno),
            other => other,
        }
    }

    /// Judges the answer of a repair call: `Ok` with the flags that came back (`sm_flags`), or the
    /// errno. Source: ioctl_xfs_scrub_metadata(2); the order is that of the kernel's own severity.
    pub fn from_answer(answer: Result<u32, i32>) -> Outcome {
        match answer {
            Ok(flags) => judge_flags(flags),
            Err(errno) => judge_errno(errno),
        }
    }

    /// The outcome of a check, from what its answers came to. What is no verdict on a repair is
    /// none on the structure: a kernel without online scrub answers every check with ENOTTY.
    pub fn of_check(self) -> Outcome {
        if self == Outcome::Unsupported { Outcome::NotJudged } else { self }
    }

    /// Judges the errno with which the filesystem could not even be opened for a repair.
    pub fn of_unreached(errno: i32) -> Outcome {
        match errno {
            libc::ENOMEM | libc::EMFILE | libc::ENFILE => Outcome::NoRoom,
            libc::EINTR | libc::EAGAIN => Outcome::Busy,
            libc::ESHUTDOWN => Outcome::Shutdown,
            errno => Outcome::Unreachable(errno),
        }
    }
}

fn judge_flags(flags: u32) -> Outcome {
    // The first that is set decides: a structure may be corrupt and incompletely checked.
    const ORDER: [(u32, Outcome); 5] = [
        (XFS_SCRUB_OFLAG_CORRUPT, Outcome::Failed),
        (XFS_SCRUB_OFLAG_INCOMPLETE, Outcome::Incomplete),
        (XFS_SCRUB_OFLAG_XCORRUPT, Outcome::Failed),
        (XFS_SCRUB_OFLAG_XFAIL, Outcome::CrossFailed),
        (XFS_SCRUB_OFLAG_NO_REPAIR_NEEDED, Outcome::Fine),
    ];
    let first = ORDER.iter().find(|(flag, _)| flags & flag != 0);
    first.map_or(Outcome::Repaired, |(_, outcome)| *outcome)
}

fn judge_errno(errno: i32) -> Outcome {
    match errno {
        // Where it is another number than EDEADLK, XFS means this one.
        libc::EDEADLOCK => Outcome::Busy,
        libc::ENOENT | libc::ESTALE => Outcome::Gone,
        libc::EBUSY | libc::EAGAIN | libc::EINTR => Outcome::Busy,
        // A scan of all inodes met one that is in use (fs/xfs/scrub/dir_repair.c: xrep_dir_scan_dirtree;
        // parent_repair.c: xrep_parent_scan_dirtree), or was given up (iscan.c: xchk_iscan_abort).
        libc::ECANCELED => Outcome::Busy,
        libc::ENOMEM | libc::ENOSPC | libc::EDQUOT | libc::ENFILE => Outcome::NoRoom,
        libc::EROFS => Outcome::ReadOnly,
        libc::ESHUTDOWN => Outcome::Shutdown,
        libc::EOPNOTSUPP | libc::EINVAL | libc::ENOTTY => Outcome::Unsupported,
        libc::ENOTRECOVERABLE => Outcome::NoRecovery,
        libc::EIO => Outcome::DeviceError,
        // What a device may answer beside that (block/blk-core.c: blk_errors): a buffer of XFS passes it
        // on (fs/xfs/xfs_buf.c: xfs_buf_bio_end_io).
        libc::ENODATA
        | libc::EREMOTEIO
        | libc::ENOLINK
        | libc::ETIMEDOUT
        | libc::EILSEQ
        | libc::EBADE
        | libc::ENODEV => Outcome::DeviceError,
        other => Outcome::Error(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_judged_by_the_worst() {
        let flags = |bits: &[u32]| bits.iter().fold(0, |all, n| all | 1 << n);
        let of = |bits: &[u32]| Outcome::from_answer(Ok(flags(bits)));
        assert_eq!(of(&[]), Outcome::Repaired);
        assert_eq!(of(&[0]), Outcome::Repaired, "the input flag says nothing");
        assert_eq!(of(&[7]), Outcome::Fine);
        assert_eq!(of(&[3, 7]), Outcome::CrossFailed);
        assert_eq!(of(&[4, 3, 7]), Outcome::Failed);
        assert_eq!(of(&[5, 4]), Outcome::Incomplete);
        assert_eq!(of(&[1, 5]), Outcome::Failed);
        assert_eq!(of(&[2]), Outcome::Repaired, "could be optimised");
        assert_eq!(of(&[6]), Outcome::Repaired, "a warning");
    }

    #[test]
    fn a_check_that_the_kernel_cannot_make_is_no_verdict() {
        for errno in [libc::ENOTTY, libc::EOPNOTSUPP, libc::EINVAL] {
            let answer = Outcome::from_answer(Err(errno));
            assert_eq!(answer, Outcome::Unsupported, "of a repair");
            assert_eq!(answer.of_check(), Outcome::NotJudged);
            assert_eq!(Outcome::of_unloadable(answer), Outcome::NotJudged);
        }
        assert_eq!(Outcome::Fine.of_check(), Outcome::Fine);
    }

    #[test]
    fn what_only_tells_of_the_moment_is_no_failure() {
        let of = |errno| Outcome::from_answer(Err(errno));
        for errno in [libc::EBUSY, libc::EDEADLK, libc::EDEADLOCK, libc::EAGAIN, libc::EINTR] {
            assert_eq!(of(errno), Outcome::Busy);
        }
        assert_eq!(of(libc::ECANCELED), Outcome::Busy, "another inode was in use");
        for errno in [libc::ENOMEM, libc::ENOSPC, libc::EDQUOT, libc::ENFILE] {
            assert_eq!(of(errno), Outcome::NoRoom);
        }
    }

    #[test]
    fn a_device_has_several_words_for_its_trouble() {
        let medium = [libc::EIO, libc::ENODATA, libc::EREMOTEIO, libc::EILSEQ];
        let path = [libc::ENOLINK, libc::ETIMEDOUT, libc::EBADE, libc::ENODEV];
        for errno in medium.into_iter().chain(path) {
            assert_eq!(Outcome::from_answer(Err(errno)), Outcome::DeviceError, "{errno}");
        }
    }

    #[test]
    fn an_unknown_errno_is_kept() {
        assert_eq!(Outcome::from_answer(Err(libc::EPERM)), Outcome::Error(libc::EPERM));
    }
}
