// SPDX-License-Identifier: LGPL-2.1-or-later
//! The kernel's structures and numbers for XFS, as plain data.
//!
//! Every name is the one of the C header `xfs/xfs_fs.h` (xfsprogs 7.2), so that it can be looked
//! up there and in the kernel; `tests/abi/main.rs` compares sizes, offsets and values with that header.
//! Nothing here calls the kernel or knows what a number is good for.

mod eofblocks;
mod geometry;
mod handle;
mod inodes;
mod monitor;
mod owners;
mod scrub;

pub use eofblocks::*;
pub use geometry::*;
pub use handle::*;
pub use inodes::*;
pub use monitor::*;
pub use owners::*;
pub use scrub::*;

/// The way that the argument of an ioctl travels, seen from the caller.
#[derive(Clone, Copy)]
enum Direction {
    /// The kernel fills in the argument.
    Read,
    /// The kernel reads the argument.
    Write,
    /// The kernel reads the argument and fills it in.
    ReadWrite,
}

impl Direction {
    /// The direction bits in place; six old architectures have their own (`asm/ioctl.h`).
    const fn bits(self) -> u32 {
        let odd = cfg!(any(
            target_arch = "mips",
            target_arch = "mips64",
            target_arch = "powerpc",
            target_arch = "powerpc64",
            target_arch = "sparc",
            target_arch = "sparc64",
        ));
        let (read, write, shift) = if odd { (2, 4, 29) } else { (2, 1, 30) };
        match self {
            Direction::Read => read << shift,
            Direction::Write => write << shift,
            Direction::ReadWrite => (read | write) << shift,
        }
    }
}

/// The number of the XFS ioctl `nr` whose argument is a `T` (`_IOC` with type `'X'`).
const fn ioctl<T>(direction: Direction, nr: u8) -> u32 {
    let size = size_of::<T>();
    assert!(size < 1 << 13, "an ioctl argument is at most 13 bits long");
    direction.bits() | (size as u32) << 16 | (b'X' as u32) << 8 | nr as u32
}
