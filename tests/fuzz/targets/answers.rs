// SPDX-License-Identifier: LGPL-2.1-or-later
//! Answers of the kernel, and the device under a filesystem.

use super::Input;
use crate::act::fuzzed::{Pieces, identified, inodes};
use crate::act::{Owner, Piece, Region};
use crate::event::Device;
use crate::fs::fuzzed::{Upward, walk};
use crate::fs::{Cores, Geometry, LISTS, Unlinked, list_of};
use crate::sys::fserror::{ErrorEvent, FsErrorEvent, parse_errors};
use crate::sys::mount::parse_statmount;
use crate::sys::xfs::fuzzed::Parents;
use crate::uapi::*;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Events of fanotify(7) about errors: each is within what was read, and each handle is as it was there.
pub(super) fn fs_errors(bytes: &[u8]) {
    let events = parse_errors(bytes);
    assert!(events.len() <= bytes.len());
    for event in events {
        let ErrorEvent::Error(FsErrorEvent { file: Some(file), .. }) = event else { continue };
        let handle = file.bytes();
        assert!((1..=128).contains(&handle.len()));
        assert!(bytes.windows(handle.len()).any(|window| window == handle));
        let _ = file.inode();
    }
}

/// An answer of statmount(2): no string has what is not in it, or its own end.
pub(super) fn statmount(bytes: &[u8]) {
    let Some(info) = parse_statmount(bytes) else { return };
    for name in [&info.mount_point, &info.root, &info.fs_type] {
        assert!(!name.contains(&0));
        assert!(name.is_empty() || bytes.windows(name.len()).any(|some| some == &name[..]));
    }
}

/// Parent pointers: of names only those that a directory can have make a path.
pub(super) fn getparents(bytes: &[u8]) {
    let parents = || Parents { is_root: false, records: bytes };
    assert!(parents().count() <= bytes.len() / 33);
    for parent in parents() {
        assert!(!parent.name.is_empty() && !parent.name.contains(&0));
        let directory = parent.directory;
        assert_eq!(directory.with_inode(directory.ino(), directory.generation()), directory);
    }
    let mut all = parents();
    let mut steps = 0;
    let path = walk(200, 7, |_, _| {
        steps += 1;
        Ok::<_, ()>(all.next().map_or(Upward::Root, |parent| {
            let directory = parent.directory;
            Upward::In(directory.ino(), directory.generation(), parent.name.to_vec())
        }))
    });
    assert!(steps <= 4096);
    if let Ok(Some(path)) = path {
        assert!(path.len() <= 4095 && (path.is_empty() || path.starts_with(b"/")));
        let mut names = path.split(|byte| *byte == b'/').skip(1);
        assert!(names.all(|name| !matches!(name, b"" | b"." | b"..") && name.len() <= 255));
    }
}

fn geometry(input: &mut Input<'_>) -> Geometry {
    let blocksize = 1 << input.below(17);
    let inodesize = 1 << input.below(13);
    let odd = input.byte();
    let mut geometry = xfs_fsop_geom {
        blocksize,
        inodesize,
        sectsize: 512 << input.below(4),
        agblocks: input.below(300) as u32,
        agcount: 2,
        rtstart: input.below(2) as u64,
        flags: if odd & 1 == 0 { 0 } else { XFS_FSOP_GEOM_FLAGS_V5SB },
        ..Default::default()
    };
    if odd > 200 {
        (geometry.blocksize, geometry.inodesize) = (input.u32(), input.u32());
        (geometry.sectsize, geometry.agblocks) = (input.u32(), input.u32());
    }
    Geometry::from(geometry)
}

/// Records about the owners of a range: nothing is told of what is outside it.
pub(super) fn fsmap(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let geometry = geometry(&mut input);
    let device = input.one(&[Device::Data, Device::Realtime, Device::Log]);
    let region = Region { device, daddr: input.number(), bbcount: input.number() };
    let are_too_many = input.flag();
    let mut pieces = Pieces::new(geometry, region);
    let mut records = 0;
    while !input.is_empty() {
        pieces.add(&record(&mut input));
        records += 1;
    }
    let mut pieces = pieces.finish(are_too_many);
    assert!(pieces.len() <= 5 * records + 1);
    for Piece { at, .. } in &pieces {
        assert!(at.bbcount > 0 && at.daddr >= region.daddr && at.end() <= region.end());
    }
    assert!(records > 0 || pieces.iter().all(|piece| piece.at.end() == region.end()));
    let found = inodes(&pieces);
    assert!(found.len() <= 16);
    for ino in found {
        identified(&mut pieces, ino, (input.u32(), input.u32()));
        let is_it =
            |piece: &Piece| matches!(piece.owner, Owner::File { ino: other, .. } if other == ino);
        assert!(pieces.iter().any(is_it));
    }
}

fn record(input: &mut Input<'_>) -> fsmap {
    const OWNERS: [u64; 11] = [
        XFS_FMR_OWN_FREE,
        XFS_FMR_OWN_FS,
        XFS_FMR_OWN_LOG,
        XFS_FMR_OWN_AG,
        XFS_FMR_OWN_INOBT,
        XFS_FMR_OWN_INODES,
        XFS_FMR_OWN_REFC,
        XFS_FMR_OWN_COW,
        XFS_FMR_OWN_DEFECTIVE,
        131,
        132,
    ];
    let flags = input.byte();
    let is_odd = flags & 128 != 0;
    fsmap {
        fmr_device: input.byte().into(),
        fmr_flags: if is_odd { input.u32() } else { (flags & 127).into() },
        fmr_physical: if is_odd { input.u64() } else { input.number().saturating_mul(512) },
        fmr_owner: if is_odd { input.u64() } else { input.one(&OWNERS) },
        fmr_offset: input.number(),
        fmr_length: if is_odd { input.u64() } else { input.number().saturating_mul(512) },
        ..Default::default()
    }
}

/// Length of the device.
const DEVICE: usize = 64 << 10;

/// A device on which pieces of bytes are: an inode that is said to end the filesystem is one in use
/// without a link.
pub(super) fn cores(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let geometry = geometry(&mut input);
    let (agno, ino) = (input.byte() % 4, input.number());
    let (start, mask) = (input.number().min(u64::MAX - 64), input.u64());
    let mut device = vec![0; DEVICE];
    let at = usize::try_from(geometry.agi_at(agno.into())).unwrap_or(DEVICE);
    put(&mut device, at, b"XAGI");
    while !input.is_empty() {
        let inode = geometry.inode_at(input.number());
        let at = if input.flag() { inode } else { geometry.agi_at(input.byte().into()) };
        let at = at.saturating_add(input.below(256) as u64);
        put(&mut device, usize::try_from(at).unwrap_or(DEVICE), input.bytes(255));
    }
    let Some(mut cores) = Cores::of_file(file(&device), &geometry) else { return };
    if let Ok(true) = cores.is_deadly(ino) {
        let at = usize::try_from(geometry.inode_at(ino)).unwrap();
        assert!(device[at..].starts_with(b"IN"));
    }
    let mut unlinked = Unlinked::new();
    if cores.unlinked_in(start, mask, &mut unlinked).is_ok() {
        assert!(unlinked.keys().all(|ino| (start..start + 64).contains(ino)));
        let before = unlinked.clone();
        for list in 0..LISTS {
            // Fails where the list is too long, and then nothing is taken out.
            let _ = cores.remove_listed(agno.into(), list, &mut unlinked);
        }
        assert!(unlinked.iter().all(|(ino, generation)| before.get(ino) == Some(generation)));
        assert!(before.keys().all(|ino| list_of(*ino) < LISTS));
    }
}

fn put(device: &mut [u8], at: usize, bytes: &[u8]) {
    let to = device.get_mut(at..).unwrap_or_default();
    to.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}

/// An open file that has these bytes, until it is asked for again.
fn file(bytes: &[u8]) -> File {
    thread_local! {
        static DEVICE_FILE: File = {
            let name = format!("xfshealer-fuzz-{}-{}", std::process::id(), crate::sys::thread_id());
            let path = std::env::temp_dir().join(name);
            let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            file
        };
    }
    DEVICE_FILE.with(|file| {
        file.write_all_at(bytes, 0).unwrap();
        file.try_clone().unwrap()
    })
}
