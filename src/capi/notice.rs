// SPDX-License-Identifier: LGPL-2.1-or-later
//! Notices, which are to be told, as C programs see them.

use super::*;
use crate::plan::{Failure, Key, Notice, Reasons};

impl xfshealer_action {
    pub(super) fn about(self, key: Key) -> xfshealer_action {
        xfshealer_action { target: key.target.into(), sm_type: key.scrub.number(), ..self }
    }

    pub(super) fn saying(self, notice: Notice) -> xfshealer_action {
        let said = match notice.key() {
            Some(key) => self.about(key),
            None => self,
        };
        let (failure, error) = match notice {
            Notice::Failed(_, why) | Notice::OfflineNeeded(_, why) => failure(why),
            Notice::Unreachable(errno) => (0, errno),
            _ => (0, 0),
        };
        let reasons = match notice {
            Notice::WouldScrub(reasons) => reasons.bits(),
            _ => 0,
        };
        xfshealer_action { notice: number(&notice), failure, error, reasons, ..said }
    }

    /// The notice in an action that a C program passes, who may have filled it in itself.
    pub(super) fn to_notice(self) -> Result<Notice, Errno> {
        let plain = match self.notice {
            XFSHEALER_NOTICE_READ_ONLY => Notice::ReadOnly,
            XFSHEALER_NOTICE_NO_RECOVERY => Notice::NoRecovery,
            XFSHEALER_NOTICE_UNREACHABLE => Notice::Unreachable(self.to_errno()?),
            XFSHEALER_NOTICE_TOO_MANY_FAILURES => Notice::TooManyFailures,
            XFSHEALER_NOTICE_DEVICE_TROUBLE => Notice::DeviceTrouble,
            XFSHEALER_NOTICE_SCRUB_WITHHELD => Notice::ScrubWithheld,
            XFSHEALER_NOTICE_SCRUB_UNSAFE => Notice::ScrubUnsafe,
            XFSHEALER_NOTICE_SCRUB_FATAL => Notice::ScrubFatal,
            XFSHEALER_NOTICE_TABLE_FULL => Notice::TableFull,
            XFSHEALER_NOTICE_TOO_MANY_VANISHED => Notice::TooManyVanished,
            XFSHEALER_NOTICE_SHUT_DOWN => Notice::ShutDown,
            XFSHEALER_NOTICE_WOULD_SCRUB => Notice::WouldScrub(self.to_reasons()?),
            _ => return self.to_notice_about(self.target.key(self.sm_type)?),
        };
        Ok(plain)
    }

    fn to_notice_about(self, key: Key) -> Result<Notice, Errno> {
        Ok(match self.notice {
            XFSHEALER_NOTICE_REPAIRED => Notice::Repaired(key),
            XFSHEALER_NOTICE_NO_MODIFICATION => Notice::NoModification(key),
            XFSHEALER_NOTICE_FAILED => Notice::Failed(key, self.to_failure()?),
            XFSHEALER_NOTICE_CROSS_FAILED => Notice::CrossFailed(key),
            XFSHEALER_NOTICE_OFFLINE_NEEDED => Notice::OfflineNeeded(key, self.to_failure()?),
            XFSHEALER_NOTICE_GONE => Notice::Gone(key),
            XFSHEALER_NOTICE_POSTPONED => Notice::Postponed(key),
            XFSHEALER_NOTICE_SLOW => Notice::Slow(key),
            XFSHEALER_NOTICE_WOULD_REPAIR => Notice::WouldRepair(key),
            _ => return Err(INVALID),
        })
    }

    pub(super) fn to_reasons(self) -> Result<Reasons, Errno> {
        Reasons::from_bits(self.reasons).filter(|reasons| !reasons.is_empty()).ok_or(INVALID)
    }

    fn to_errno(self) -> Result<i32, Errno> {
        if self.error > 0 { Ok(self.error) } else { Err(INVALID) }
    }

    fn to_failure(self) -> Result<Failure, Errno> {
        Ok(match self.failure {
            XFSHEALER_FAILURE_CORRUPT => Failure::Corrupt,
            XFSHEALER_FAILURE_DEVICE => Failure::Device,
            XFSHEALER_FAILURE_UNSUPPORTED => Failure::Unsupported,
            XFSHEALER_FAILURE_KERNEL_DEFECT => Failure::KernelDefect,
            XFSHEALER_FAILURE_VANISHED => Failure::Vanished,
            XFSHEALER_FAILURE_UNLINKED => Failure::Unlinked,
            XFSHEALER_FAILURE_ERRNO => Failure::Errno(self.to_errno()?),
            _ => return Err(INVALID),
        })
    }
}

fn number(notice: &Notice) -> u32 {
    match notice {
        Notice::Repaired(_) => XFSHEALER_NOTICE_REPAIRED,
        Notice::NoModification(_) => XFSHEALER_NOTICE_NO_MODIFICATION,
        Notice::Failed(..) => XFSHEALER_NOTICE_FAILED,
        Notice::CrossFailed(_) => XFSHEALER_NOTICE_CROSS_FAILED,
        Notice::OfflineNeeded(..) => XFSHEALER_NOTICE_OFFLINE_NEEDED,
        Notice::Gone(_) => XFSHEALER_NOTICE_GONE,
        Notice::Postponed(_) => XFSHEALER_NOTICE_POSTPONED,
        Notice::ReadOnly => XFSHEALER_NOTICE_READ_ONLY,
        Notice::NoRecovery => XFSHEALER_NOTICE_NO_RECOVERY,
        Notice::Unreachable(_) => XFSHEALER_NOTICE_UNREACHABLE,
        Notice::TooManyFailures => XFSHEALER_NOTICE_TOO_MANY_FAILURES,
        Notice::DeviceTrouble => XFSHEALER_NOTICE_DEVICE_TROUBLE,
        Notice::Slow(_) => XFSHEALER_NOTICE_SLOW,
        Notice::ScrubWithheld => XFSHEALER_NOTICE_SCRUB_WITHHELD,
        Notice::ScrubUnsafe => XFSHEALER_NOTICE_SCRUB_UNSAFE,
        Notice::ScrubFatal => XFSHEALER_NOTICE_SCRUB_FATAL,
        Notice::TableFull => XFSHEALER_NOTICE_TABLE_FULL,
        Notice::TooManyVanished => XFSHEALER_NOTICE_TOO_MANY_VANISHED,
        Notice::ShutDown => XFSHEALER_NOTICE_SHUT_DOWN,
        Notice::WouldRepair(_) => XFSHEALER_NOTICE_WOULD_REPAIR,
        Notice::WouldScrub(_) => XFSHEALER_NOTICE_WOULD_SCRUB,
    }
}

/// The number of a failure, and its errno.
fn failure(why: Failure) -> (u32, i32) {
    match why {
        Failure::Corrupt => (XFSHEALER_FAILURE_CORRUPT, 0),
        Failure::Device => (XFSHEALER_FAILURE_DEVICE, 0),
        Failure::Unsupported => (XFSHEALER_FAILURE_UNSUPPORTED, 0),
        Failure::KernelDefect => (XFSHEALER_FAILURE_KERNEL_DEFECT, 0),
        Failure::Vanished => (XFSHEALER_FAILURE_VANISHED, 0),
        // The second comes of surveys, for which C programs are not asked.
        Failure::Unlinked | Failure::LoadsUnlinked => (XFSHEALER_FAILURE_UNLINKED, 0),
        Failure::Errno(errno) => (XFSHEALER_FAILURE_ERRNO, errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;

    #[test]
    fn every_notice_survives_the_way_there_and_back() {
        let key = Key::from_bit(Target::Inode { ino: 131, generation: 7 }, 1 << 4).unwrap();
        let failures = [
            Failure::Corrupt,
            Failure::Device,
            Failure::Unsupported,
            Failure::KernelDefect,
            Failure::Vanished,
            Failure::Unlinked,
            Failure::Errno(5),
        ];
        let notices = [
            Notice::Repaired(key),
            Notice::NoModification(key),
            Notice::CrossFailed(key),
            Notice::Gone(key),
            Notice::Postponed(key),
            Notice::ReadOnly,
            Notice::NoRecovery,
            Notice::Unreachable(116),
            Notice::TooManyFailures,
            Notice::DeviceTrouble,
            Notice::Slow(key),
            Notice::ScrubWithheld,
            Notice::ScrubUnsafe,
            Notice::ScrubFatal,
            Notice::TableFull,
            Notice::TooManyVanished,
            Notice::ShutDown,
            Notice::WouldRepair(key),
            Notice::WouldScrub(Reasons::BURST | Reasons::EVENTS_LOST),
        ];
        let failed =
            failures.map(|why| [Notice::Failed(key, why), Notice::OfflineNeeded(key, why)]);
        for notice in notices.into_iter().chain(failed.into_iter().flatten()) {
            let there = xfshealer_action::default().saying(notice);
            assert_eq!(there.to_notice(), Ok(notice));
        }
    }

    #[test]
    fn what_no_notice_can_be_is_refused() {
        let failed = xfshealer_action {
            notice: XFSHEALER_NOTICE_FAILED,
            failure: XFSHEALER_FAILURE_CORRUPT,
            sm_type: 5,
            target: Target::Ag(1).into(),
            ..Default::default()
        };
        assert!(failed.to_notice().is_ok());
        let nowhere = xfshealer_target { domain: 0, ..failed.target };
        for odd in [
            xfshealer_action { notice: 0, ..failed },
            xfshealer_action { notice: 10, ..failed },
            xfshealer_action { failure: 8, ..failed },
            xfshealer_action { sm_type: 12, ..failed },
            xfshealer_action { target: nowhere, ..failed },
            xfshealer_action { notice: XFSHEALER_NOTICE_WOULD_SCRUB, reasons: 32, ..failed },
        ] {
            assert_eq!(odd.to_notice(), Err(INVALID), "{odd:?}");
        }
        let said = xfshealer_action { kind: XFSHEALER_ACTION_SAY, ..failed };
        assert!(said.to_action().is_ok());
        for odd in [
            xfshealer_action { ticket: 1, ..said },
            xfshealer_action { flags: 1, ..said },
            xfshealer_action { error: 5, ..said },
            xfshealer_action { reasons: 1, ..said },
            xfshealer_action { depth: 1, ..said },
            xfshealer_action { reserved: [0, 1], ..said },
            xfshealer_action { target: xfshealer_target { ino: 1, ..said.target }, ..said },
            xfshealer_action { kind: XFSHEALER_ACTION_REPAIR, ..said },
            xfshealer_action { kind: XFSHEALER_ACTION_FULL_SCRUB, ..Default::default() },
        ] {
            assert_eq!(odd.to_action(), Err(INVALID), "{odd:?}");
        }
    }
}
