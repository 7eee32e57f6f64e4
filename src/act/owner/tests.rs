// SPDX-License-Identifier: LGPL-2.1-or-later
use super::*;
use crate::property::*;

/// AGs of 10 blocks.
fn pieces(daddr: u64, bbcount: u64) -> Pieces {
    let geometry = xfs_fsop_geom {
        blocksize: 4096,
        inodesize: 512,
        agblocks: 10,
        sectsize: 512,
        ..Default::default()
    };
    let region = Region { device: Device::Data, daddr, bbcount };
    Pieces::new(geometry.into(), region)
}

fn special(owner: u64, daddr: u64, bbcount: u64) -> fsmap {
    fsmap { fmr_flags: FMR_OF_SPECIAL_OWNER, ..of(owner, daddr, bbcount) }
}

fn of(owner: u64, daddr: u64, bbcount: u64) -> fsmap {
    let (fmr_physical, fmr_length) = (daddr * 512, bbcount * 512);
    fsmap { fmr_physical, fmr_length, fmr_owner: owner, ..Default::default() }
}

/// The owners of a range, of which these records tell, with where each begins.
fn told(daddr: u64, bbcount: u64, records: &[fsmap]) -> Vec<(u64, u64, Owner)> {
    let mut pieces = pieces(daddr, bbcount);
    records.iter().for_each(|record| pieces.add(record));
    pieces.finish(false).iter().map(|p| (p.at.daddr, p.at.bbcount, p.owner)).collect()
}

#[test]
fn each_header_of_a_group_has_a_sector() {
    let fs = special(XFS_FMR_OWN_FS, 80, 8);
    let header = |header| Owner::Header(1, header);
    assert_eq!(told(81, 1, &[fs]), [(81, 1, header(AgHeader::Agf))]);
    assert_eq!(
        told(82, 4, &[fs]),
        [
            (82, 1, header(AgHeader::Agi)),
            (83, 1, header(AgHeader::Agfl)),
            (84, 2, header(AgHeader::Unused))
        ]
    );
}

#[test]
fn only_what_is_in_the_range_counts() {
    let file = fsmap { fmr_offset: 65536, ..of(131, 100, 80) };
    let fork = Fork::Unidentified;
    let part = |pos, len| Owner::File { ino: 131, generation: 0, fork, pos, len };
    assert_eq!(told(108, 8, &[file]), [(108, 8, part(65536 + 4096, 4096))]);
    let free = special(XFS_FMR_OWN_FREE, 180, 20);
    let both = told(172, 16, &[file, free]);
    assert_eq!(both, [(172, 8, part(65536 + 72 * 512, 4096)), (180, 8, Owner::Free)]);
}

#[test]
fn neighbours_of_one_owner_are_one_piece() {
    let records: Vec<_> =
        (0..4).map(|n| fsmap { fmr_offset: n * 4096, ..of(9, n * 8, 8) }).collect();
    let fork = Fork::Unidentified;
    let all = Owner::File { ino: 9, generation: 0, fork, pos: 0, len: 16384 };
    assert_eq!(told(0, 32, &records), [(0, 32, all)]);
}

#[test]
fn inodes_are_told_by_their_numbers() {
    // The first inode of a block, and the third one of the next.
    let chunk = special(XFS_FMR_OWN_INODES, 80 + 32, 32);
    assert_eq!(told(112, 1, &[chunk])[0].2, Owner::Inodes(128 + 32, 128 + 32));
    assert_eq!(told(112, 10, &[chunk])[0].2, Owner::Inodes(128 + 32, 128 + 41));
}

#[test]
fn forks_and_what_was_never_written_are_told_by_flags() {
    let flags = |fmr_flags| of_file(&fsmap { fmr_flags, ..of(9, 0, 8) }, 0, 4096);
    let fork = |fork| Owner::File { ino: 9, generation: 0, fork, pos: 0, len: 0 };
    assert_eq!(flags(FMR_OF_ATTR_FORK), fork(Fork::Attributes));
    assert_eq!(flags(FMR_OF_EXTENT_MAP), fork(Fork::DataMap));
    assert_eq!(flags(FMR_OF_EXTENT_MAP | FMR_OF_ATTR_FORK), fork(Fork::AttributesMap));
    assert_eq!(flags(FMR_OF_PREALLOC), Owner::Unwritten { ino: 9 });
}

#[test]
fn only_what_is_identified_is_the_data_of_a_file() {
    let forks = |device| {
        let mut all = pieces(0, 100);
        all.region.device = device;
        (1..=3).for_each(|ino| all.add(&of(ino, ino * 8, 8)));
        let mut all = all.finish(false);
        assert_eq!(inodes(&all), BTreeSet::from([1, 2, 3]));
        identified(&mut all, 1, (7, libc::S_IFDIR));
        identified(&mut all, 2, (7, libc::S_IFREG));
        let fork = |piece: &Piece| match piece.owner {
            Owner::File { fork, generation, .. } => Some((fork, generation)),
            _ => None,
        };
        all.iter().filter_map(fork).collect::<Vec<_>>()
    };
    let unidentified = (Fork::Unidentified, 0);
    assert_eq!(forks(Device::Data), [(Fork::Directory, 7), (Fork::Data, 7), unidentified]);
    assert_eq!(forks(Device::Realtime), [(Fork::Data, 7), (Fork::Data, 7), (Fork::Data, 0)]);
}

#[test]
fn what_nothing_is_told_of_has_no_known_owner() {
    assert_eq!(told(16, 8, &[]), [(16, 8, Owner::Unknown)]);
    let mut all = pieces(0, 100);
    all.add(&special(XFS_FMR_OWN_FREE, 0, 8));
    let rest = all.finish(true)[1];
    assert_eq!((rest.at.daddr, rest.at.bbcount, rest.owner), (8, 92, Owner::TooMany));
}

#[test]
fn what_is_shared_is_told_of_each_file_and_hides_nothing_behind_it() {
    let fork = Fork::Unidentified;
    let part = |ino, len| Owner::File { ino, generation: 0, fork, pos: 0, len };
    let shared = [of(131, 800, 800), of(132, 880, 8)];
    let both = [(800, 800, part(131, 800 * 512)), (880, 8, part(132, 4096))];
    assert_eq!(told(800, 800, &shared), both);
    // Others may share what the last record is about.
    let mut all = pieces(800, 800);
    shared.iter().for_each(|record| all.add(record));
    let rest = all.finish(true)[2];
    assert_eq!((rest.at.daddr, rest.at.bbcount, rest.owner), (880, 720, Owner::TooMany));
}

#[test]
fn device_numbers_are_encoded_as_in_the_call() {
    assert_eq!(encoded(libc::makedev(7, 3)), 7 << 8 | 3);
    assert_eq!(encoded(libc::makedev(254, 0x123)), 254 << 8 | 0x23 | 0x100 << 12);
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(
        daddr: u64, bbcount: u64, flags: u32, owner: u64, at: u64, length: u64, offset: u64,
    ) {
        let mut pieces = pieces(daddr, bbcount);
        for fmr_owner in [owner, XFS_FMR_OWN_FS, XFS_FMR_OWN_INODES] {
            pieces.add(&fsmap {
                fmr_flags: flags, fmr_owner, fmr_physical: at, fmr_length: length,
                fmr_offset: offset, ..Default::default()
            });
        }
        let region = pieces.region;
        let within = |p: &Piece| p.at.daddr >= region.daddr && p.at.end() <= region.end();
        prop_assert!(pieces.finish(true).iter().all(within));
    }
}
