// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is made of media and file errors before a loss is told.

use super::ledger::Ledger;
use super::media::Media;
use crate::act::{Fork, Owner, Piece, Region, RepairLoss};
use crate::event::{Body, FileError};
use crate::log::loss::{Loss, LossCause, Lost};
use crate::plan::Time;
use crate::report::Cause;

/// What is known of losses.
#[derive(Debug, Default)]
pub(crate) struct LossBook {
    pub media: Media,
    pub ledger: Ledger,
}

/// True if I/O has failed in a way that only a device can: it costs nothing to have direct I/O fail
/// in any other, and what is written back later has been taken from whoever wrote it.
fn is_loss(error: FileError, errno: u32) -> bool {
    let Ok(errno) = i32::try_from(errno) else { return false };
    // The errors of blk_errors in block/blk-core.c that a device gives.
    let is_devices = [
        libc::EIO,
        libc::ENODATA,
        libc::EILSEQ,
        libc::EREMOTEIO,
        libc::ENOLINK,
        libc::ETIMEDOUT,
        libc::ENOSPC,
    ];
    match error {
        FileError::DataLost | FileError::BufferedWrite => true,
        // Nobody has read what is not there, and a full filesystem is not a full device.
        FileError::BufferedRead | FileError::DirectRead => is_devices.contains(&errno),
        FileError::DirectWrite => is_devices.contains(&errno) && errno != libc::ENOSPC,
    }
}

/// The loss that an event tells of by itself, if any.
pub(crate) fn of_event(body: &Body) -> Option<Loss> {
    let Body::FileRange { error, ino, generation, pos, len, errno } = *body else { return None };
    let (cause, fork) = match error {
        // The kernel says the same of a block of a directory; the owner of the bad range tells
        // which of the two it is.
        FileError::DataLost => (LossCause::Medium, Fork::Unidentified),
        _ => (LossCause::FileError(error, errno), Fork::Data),
    };
    let lost = Lost::File { ino, generation, fork };
    let loss = Loss { lost, cause, ranges: vec![(pos, len)], is_rough: false, reports: 1 };
    is_loss(error, errno).then_some(loss)
}

/// The loss that a piece of a bad range is.
fn of_piece(piece: &Piece, is_rebuilt: bool) -> Loss {
    let Region { device, daddr, bbcount } = piece.at;
    // Of what a file loses the kernel makes a report of its own, if it can.
    let (lost, range, reports) = match piece.owner {
        Owner::File { ino, generation, fork, pos, len } => {
            (Lost::File { ino, generation, fork }, (pos, len), 0)
        }
        owner => (Lost::OnDevice(device, owner, is_rebuilt), (daddr, bbcount), 1),
    };
    Loss { reports, ..of_medium(lost, range) }
}

fn of_medium(lost: Lost, range: (u64, u64)) -> Loss {
    let cause = LossCause::Medium;
    Loss { lost, cause, ranges: vec![range], is_rough: false, reports: 1 }
}

impl LossBook {
    /// Takes in what an event tells of losses.
    pub fn event(&mut self, body: &Body, now: Time) {
        if let Body::MediaError { device, daddr, bbcount } = *body {
            if !self.media.add(Region { device, daddr, bbcount }, now) {
                self.ledger.add_more(1, now);
            }
        } else if let Some(loss) = of_event(body) {
            self.ledger.add(&loss, now);
        }
    }

    /// Takes in what a repair could not bring back.
    pub fn of_repair(&mut self, losses: Vec<RepairLoss>, now: Time) {
        for loss in losses {
            let (lost, range) = match loss {
                RepairLoss::Target(ino, generation) => (Lost::Target { ino, generation }, (0, 0)),
                RepairLoss::Data(ino, generation, bytes) => {
                    (Lost::File { ino, generation, fork: Fork::Data }, (0, bytes))
                }
                RepairLoss::Attributes(ino, generation) => {
                    (Lost::File { ino, generation, fork: Fork::Attributes }, (0, 0))
                }
                RepairLoss::Name(orphan) => (Lost::Name(orphan), (0, 0)),
                RepairLoss::MoreNames(more) => {
                    self.ledger.add_more(more, now);
                    continue;
                }
            };
            let (cause, ranges) = (LossCause::Repair, vec![range]);
            self.ledger.add(&Loss { lost, cause, ranges, is_rough: false, reports: 1 }, now);
        }
    }

    /// Takes in that the kernel does not tell what lies on a range.
    pub fn untold(&mut self, region: Region, cause: Cause, now: Time) {
        let lost = Lost::Untold(region.device, cause);
        self.ledger.add(&of_medium(lost, (region.daddr, region.bbcount)), now);
    }

    /// Takes in what lies on a bad range; `is_rebuilt` if it is to be rebuilt.
    pub fn piece(&mut self, piece: &Piece, is_rebuilt: bool, now: Time) {
        self.ledger.add(&of_piece(piece, is_rebuilt), now);
    }

    /// Time at which there is something to ask or to tell.
    pub fn wake_at(&self, now: Time) -> Option<Time> {
        self.media.due(now).into_iter().chain(self.ledger.due()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::ledger::Told;

    fn failed(error: FileError, errno: i32) -> Option<Loss> {
        let errno = errno as u32;
        of_event(&Body::FileRange { error, ino: 1, generation: 2, pos: 0, len: 512, errno })
    }

    #[test]
    fn what_a_caller_brings_about_is_no_loss() {
        use FileError::*;
        for error in [DirectRead, DirectWrite] {
            for own in [libc::EFAULT, libc::EINVAL, libc::EINTR, libc::EDQUOT, libc::EFBIG, 0] {
                assert_eq!(failed(error, own), None, "{error:?} {own}");
            }
            assert!(failed(error, libc::EIO).is_some() && failed(error, libc::ENODATA).is_some());
        }
        assert_eq!(failed(DirectWrite, libc::ENOSPC), None, "a full filesystem");
        assert!(failed(BufferedWrite, libc::ENOSPC).is_some(), "a full thin pool");
        assert!(failed(DataLost, 0).is_some());
    }

    #[test]
    fn media_errors_and_lost_data_of_a_file_are_one_loss() {
        let (mut book, now) = (LossBook::default(), Time::default());
        let error = FileError::DataLost;
        let body = Body::FileRange { error, ino: 9, generation: 2, pos: 0, len: 8192, errno: 0 };
        book.event(&body, now);
        let region = Region { device: crate::event::Device::Data, daddr: 64, bbcount: 8 };
        let owner = Owner::File { ino: 9, generation: 0, fork: Fork::Data, pos: 4096, len: 4096 };
        book.piece(&Piece { at: region, owner }, false, now);
        let [Told::Loss(loss)] = &book.ledger.end(now)[..] else { panic!("more than one loss") };
        assert_eq!((&loss.ranges[..], loss.reports), (&[(0, 8192)][..], 1));
        assert_eq!(loss.lost, Lost::File { ino: 9, generation: 2, fork: Fork::Data });
    }

    #[test]
    fn a_block_of_a_directory_is_not_told_as_data() {
        let (mut book, now) = (LossBook::default(), Time::default());
        let error = FileError::DataLost;
        let body = Body::FileRange { error, ino: 9, generation: 2, pos: 0, len: 4096, errno: 0 };
        book.event(&body, now);
        let region = Region { device: crate::event::Device::Data, daddr: 64, bbcount: 8 };
        let fork = Fork::Directory;
        let owner = Owner::File { ino: 9, generation: 2, fork, pos: 0, len: 4096 };
        book.piece(&Piece { at: region, owner }, false, now);
        let [Told::Loss(loss)] = &book.ledger.end(now)[..] else { panic!("more than one loss") };
        assert_eq!(loss.lost, Lost::File { ino: 9, generation: 2, fork });
    }
}
