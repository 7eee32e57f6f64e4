// SPDX-License-Identifier: LGPL-2.1-or-later
//! Objects that a repair or a notice is about, as C programs see them.

use super::*;
use crate::event::Target;
use crate::plan::Key;

/// Object that a repair or a notice is about.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfshealer_target {
    /// Domain of the object: `XFSHEALER_DOMAIN_FS`, `_AG`, `_RTGROUP` or `_INODE`.
    pub domain: u32,
    /// Number of the AG or realtime group.
    pub gno: u32,
    /// Inode number.
    pub ino: u64,
    /// Inode generation.
    pub r#gen: u32,
    /// Padding: 0.
    pub pad: u32,
}

impl From<Target> for xfshealer_target {
    fn from(target: Target) -> xfshealer_target {
        let of = |domain| xfshealer_target { domain, ..Default::default() };
        match target {
            Target::Fs => of(XFSHEALER_DOMAIN_FS),
            Target::Ag(gno) => xfshealer_target { gno, ..of(XFSHEALER_DOMAIN_AG) },
            Target::Rtgroup(gno) => xfshealer_target { gno, ..of(XFSHEALER_DOMAIN_RTGROUP) },
            Target::Inode { ino, generation } => {
                xfshealer_target { ino, r#gen: generation, ..of(XFSHEALER_DOMAIN_INODE) }
            }
        }
    }
}

impl xfshealer_target {
    pub(super) fn target(self) -> Result<Target, Errno> {
        let target = match self.domain {
            XFSHEALER_DOMAIN_FS => Target::Fs,
            XFSHEALER_DOMAIN_AG => Target::Ag(self.gno),
            XFSHEALER_DOMAIN_RTGROUP => Target::Rtgroup(self.gno),
            XFSHEALER_DOMAIN_INODE => Target::Inode { ino: self.ino, generation: self.r#gen },
            _ => return Err(INVALID),
        };
        // What the domain does not have must be 0.
        if xfshealer_target::from(target) == self { Ok(target) } else { Err(INVALID) }
    }

    pub(super) fn key(self, sm_type: u32) -> Result<Key, Errno> {
        Key::from_scrub(self.target()?, sm_type).ok_or(INVALID)
    }
}
