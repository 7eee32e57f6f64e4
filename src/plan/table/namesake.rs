// SPDX-License-Identifier: LGPL-2.1-or-later
//! Entries of one inode with its generation and without.

use super::entry::State;
use super::slot::By;
use super::{Slot, Table};
use crate::event::Target;
use crate::plan::scrub_type::{Key, ScrubType};

impl Table {
    /// The other key under which the core of this inode is known not to be good: with a generation if
    /// `key` has none, without if it has one. `None` if there is none.
    ///
    /// An inode number has one inode at a time. Of one that cannot be loaded a look finds nothing but the
    /// number, and the kernel reports 0, or the generation if it came that far (fs/xfs/xfs_icache.c:
    /// `xfs_iget_cache_miss`; fs/xfs/libxfs/xfs_inode_buf.c: `xfs_inode_from_disk`).
    pub fn namesake(&self, key: Key) -> Option<Key> {
        let Target::Inode { ino, generation } = key.target else { return None };
        if key.scrub != ScrubType::INODE {
            return None;
        }
        let first = self.first_of(Target::Inode { ino, generation: 0 });
        let slots = (first..).map_while(|place| self.slot(self.order(By::Key).get(place)?));
        let of_inode = slots.map_while(|slot| match slot.key.target {
            Target::Inode { ino: other, generation } if other == ino => Some((slot, generation)),
            _ => None,
        });
        let is_it = |(slot, of): &(&Slot, u32)| {
            let is_bad = slot.key.scrub == key.scrub && slot.entry.state != State::Idle;
            is_bad && (*of == 0) != (generation == 0)
        };
        of_inode.filter(is_it).map(|(slot, _)| slot.key).next()
    }
}
