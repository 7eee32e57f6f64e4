// SPDX-License-Identifier: LGPL-2.1-or-later
//! A kernel with real damage, of which it does not report everything. Whatever can be healed is
//! healed, the rest is said to need offline repair, and then there is silence.

mod repairs;

use super::nature::Nature;
use super::*;
use crate::uapi::XFS_AG_GEOM_SICK_INODES;

/// Shift from an inode to its AG, for two inodes in each AG.
pub const AGNO_SHIFT: u32 = 1;

/// An event that happens by itself.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// A repair, a full scrub or a look ends.
    End(Ticket),
    /// A late HEALTHY comes.
    Healthy(Key),
    /// Every structure is read by somebody.
    Touch,
    /// A structure is damaged and somebody stumbles on it.
    Breaks(Key),
    /// A structure is damaged and nobody notices.
    BreaksSilently(Key),
    /// The healer is replaced by one that knows nothing.
    Restart,
    /// Full scrubs of other filesystems begin, or are over.
    Hold(bool),
    /// A full scrub of this filesystem by somebody else begins, ends, or is not waited for any more
    /// under this ticket.
    OthersBegin,
    OthersEnd,
    OthersGoOn(Ticket),
    /// A structure that nobody has heard of before is damaged.
    Stranger(Key, Nature),
    /// An inode leaves the cache, and with it the memory of its damage.
    Leaves(u64),
    /// Reports are dropped from here on.
    Deaf,
    /// Reports are no more dropped.
    Hears,
    /// The loss of reports, if any was lost, is said by LOST or only by the counters.
    Lost {
        silently: bool,
    },
}

pub struct Kernel {
    pub checked: Checked,
    pub natures: BTreeMap<Key, Nature>,
    damaged: BTreeSet<Key>,
    /// Structures mended by a full scrub that then did not say that something was left.
    mended: BTreeSet<Key>,
    /// Structures that the kernel remembers as damaged; of inodes only those in its cache.
    remembered: BTreeSet<Key>,
    /// AGs that had sick inodes, and whether the metadata directory was sick: never forgotten.
    flagged: BTreeSet<u32>,
    metadir: bool,
    /// Number of reasons to drop reports, and (`has_dropped`) whether one was dropped.
    deaf: usize,
    has_dropped: bool,
    /// Damage that the running look is going to find, and (`look_ends`) the ends of the next looks.
    finds: Vec<(Target, u32)>,
    pub look_ends: Vec<LookEnd>,
    /// True if it was said that a full scrub is not safe: checks may have come in its place.
    pub is_unsafe: bool,
    /// True if a look did not find everything that it could.
    pub has_missed: bool,
    delays: BTreeMap<Key, u32>,
    /// Inodes that cannot be loaded: at which step of the planner they broke; and those that the
    /// healer has heard of.
    broke: BTreeMap<Key, u64>,
    told: BTreeSet<Key>,
    pub due: Vec<(Time, Due)>,
    duration: Duration,
    /// Number of full scrubs by somebody else that run.
    others: usize,
    pub scrubs: usize,
    /// Times of the looks that saw something.
    pub looks: Vec<Time>,
}

impl Kernel {
    pub fn new(config: Config, room: usize, duration: Duration) -> Kernel {
        Kernel {
            checked: Checked::new(config, room),
            natures: BTreeMap::new(),
            damaged: BTreeSet::new(),
            mended: BTreeSet::new(),
            remembered: BTreeSet::new(),
            flagged: BTreeSet::new(),
            metadir: false,
            deaf: 0,
            has_dropped: false,
            finds: Vec::new(),
            look_ends: Vec::new(),
            is_unsafe: false,
            has_missed: false,
            delays: BTreeMap::new(),
            broke: BTreeMap::new(),
            told: BTreeSet::new(),
            due: Vec::new(),
            duration,
            others: 0,
            scrubs: 0,
            looks: Vec::new(),
        }
    }

    /// Damages a structure as from before anybody listened.
    pub fn is_damaged_already(&mut self, key: Key) {
        self.deaf += 1;
        self.breaks(key);
        self.deaf -= 1;
        self.has_dropped = false;
    }

    pub fn live_until(&mut self, end: Time) {
        loop {
            for action in self.checked.drain() {
                self.begin(action);
            }
            let next = self.due.iter().map(|(at, _)| *at).min();
            let limit = next.unwrap_or(end).min(end);
            // As a daemon: asleep until something happens or the planner wants to be woken.
            if limit > self.checked.now && self.checked.sleep(limit) {
                continue;
            }
            match self.due.iter().position(|(at, _)| *at <= self.checked.now) {
                Some(place) => self.happens(place),
                None => return,
            }
        }
    }

    fn begin(&mut self, action: Action) {
        let ticket = match action {
            Action::Say(notice) => {
                self.is_unsafe |= notice == Notice::ScrubUnsafe;
                if let Notice::OfflineNeeded(key, _) = notice {
                    assert!(!self.mended.contains(&key), "{key:?} is good");
                }
                return;
            }
            Action::Repair(repair) => repair.ticket,
            Action::FullScrub { ticket, .. } if self.waits() => {
                let left = self.checked.scrub_waits().expect("it is to start");
                self.due.push((self.checked.now.after(left), Due::OthersGoOn(ticket)));
                self.finds_all();
                return;
            }
            Action::FullScrub { ticket, .. } => {
                self.crashes();
                self.scrubs += 1;
                self.finds_all();
                ticket
            }
            Action::Look { ticket, depth } => {
                self.finds = self.would_find(depth);
                ticket
            }
        };
        self.due.push((self.checked.now.after(self.duration), Due::End(ticket)));
    }

    /// Reports all damage, as a scrub comes to everything.
    fn finds_all(&mut self) {
        self.damaged.clone().into_iter().for_each(|key| self.tell(key, Change::Corrupt));
    }

    /// True if a full scrub that is to start waits.
    fn waits(&self) -> bool {
        let patience = self.checked.planner.patience_with_others(self.checked.now);
        self.others > 0 && patience > Duration::ZERO
    }

    /// Ends the wait for somebody else's full scrubs, which mend nothing: whatever they were,
    /// nobody waits for them any more.
    fn others_are_over(&mut self) {
        if self.checked.planner.scrubs.awaited_until().is_some() {
            self.checked.scrub_ends(ScrubEnd::Others);
        }
    }

    fn happens(&mut self, place: usize) {
        match self.due.remove(place).1 {
            Due::Touch => {
                self.damaged.clone().into_iter().for_each(|key| self.tell(key, Change::Sick));
            }
            Due::Healthy(key) => self.tell(key, Change::Healthy),
            Due::Breaks(key) => self.breaks(key),
            Due::BreaksSilently(key) => self.is_damaged_already(key),
            Due::Restart => self.restart(),
            Due::Hold(is_held) => self.checked.planner.hold_full_scrubs(is_held),
            Due::OthersBegin => self.others += 1,
            Due::OthersEnd => {
                self.others -= 1;
                if self.others == 0 {
                    self.others_are_over();
                }
            }
            Due::OthersGoOn(ticket) => {
                if self.checked.scrub == Some(ticket) {
                    self.others_are_over();
                }
            }
            Due::Stranger(key, nature) => {
                self.natures.insert(key, nature);
                self.breaks(key);
            }
            Due::Leaves(ino) => self.leaves(ino),
            Due::Deaf => self.deaf += 1,
            Due::Hears => self.deaf -= 1,
            Due::Lost { silently } if std::mem::take(&mut self.has_dropped) => match silently {
                true => self.checked.lost(),
                false => self.checked.event(Body::Lost { count: 1 }),
            },
            Due::Lost { .. } => {}
            Due::End(ticket) if self.checked.scrub == Some(ticket) => self.scrub_ends(),
            Due::End(ticket) if self.checked.look.is_some_and(|(look, _)| look == ticket) => {
                self.look_ends();
            }
            Due::End(ticket) => {
                let mut running = self.checked.running.iter();
                let place = running.position(|(_, repair)| repair.ticket == ticket);
                self.repair(place.expect("it runs"));
            }
        }
    }

    fn breaks(&mut self, key: Key) {
        self.damaged.insert(key);
        self.mended.remove(&key);
        if self.is_unloadable(key) {
            self.broke.entry(key).or_insert(self.checked.vetted.steps);
        }
        self.tell(key, Change::Sick);
    }

    fn is_unloadable(&self, key: Key) -> bool {
        matches!(self.natures.get(&key), Some(Nature::Unloadable))
    }

    /// Checks that the full scrub that begins crashes at no inode; it comes to every one. What
    /// breaks behind the back of the look that it relies on, without a word, nobody can know.
    fn crashes(&self) {
        for (key, broke) in &self.broke {
            let is_excused = *broke >= self.checked.vetted.relied_on && !self.told.contains(key);
            assert!(is_excused, "the kernel crashes at {key:?}");
        }
    }

    fn restart(&mut self) {
        let Checked { config, room, now, .. } = self.checked;
        self.checked = Checked { now, ..Checked::new(config, room) };
        self.checked.ask(Depth::Shallow);
        self.due.retain(|(_, due)| !matches!(due, Due::End(_) | Due::OthersGoOn(_)));
        self.finds.clear();
        self.told.clear();
        self.broke.values_mut().for_each(|broke| *broke = 0);
    }

    /// The kernel takes note of the state of a structure and reports it, if anybody hears.
    fn tell(&mut self, key: Key, change: Change) {
        if change == Change::Healthy {
            self.remembered.remove(&key);
        } else {
            self.remembered.insert(key);
            self.metadir |= key.name() == "metapath";
        }
        self.report(change, key.target, bit_of(key));
    }

    fn report(&mut self, change: Change, target: Target, mask: u32) {
        if self.deaf > 0 {
            self.has_dropped = true;
        } else {
            let keys = scrub_type::bits(mask).filter_map(|bit| Key::from_bit(target, bit));
            self.told.extend(keys);
            self.checked.event(Body::Health { change, target, mask });
        }
    }

    fn leaves(&mut self, ino: u64) {
        let target = Target::Inode { ino, generation: 0 };
        let before = self.remembered.len();
        self.remembered.retain(|key| key.target != target);
        if self.remembered.len() < before {
            let agno = agno_of(ino);
            self.flagged.insert(agno);
            self.report(Change::Sick, Target::Ag(agno), XFS_AG_GEOM_SICK_INODES);
        }
    }

    fn would_find(&self, depth: Depth) -> Vec<(Target, u32)> {
        let is_in = |key: &&Key, agno| matches!(key.target, Target::Inode { ino, .. } if agno_of(ino) == agno);
        let is_inode = |key: &Key| matches!(key.target, Target::Inode { .. });
        let masks =
            |keys: Vec<&Key>| keys.into_iter().map(|key| (key.target, bit_of(*key))).collect();
        let mut found: Vec<(Target, u32)> = match depth {
            Depth::Inodes(agno) => {
                return masks(self.damaged.iter().filter(|key| is_in(key, agno)).collect());
            }
            Depth::Survey => return Vec::new(),
            Depth::Deep => masks(self.remembered.iter().chain(self.broke.keys()).collect()),
            Depth::Checks => masks(self.damaged.iter().filter(|key| !is_inode(key)).collect()),
            Depth::Shallow => masks(self.remembered.iter().filter(|key| !is_inode(key)).collect()),
        };
        found.extend(self.flagged.iter().map(|agno| (Target::Ag(*agno), XFS_AG_GEOM_SICK_INODES)));
        found.extend(self.metadir.then_some((Target::Fs, XFS_FSOP_GEOM_SICK_METADIR)));
        found
    }

    fn look_ends(&mut self) {
        let end = self.look_ends.pop().unwrap_or(LookEnd::Complete);
        let found = std::mem::take(&mut self.finds);
        let seen = match end {
            LookEnd::Complete => found.len(),
            LookEnd::Incomplete | LookEnd::Vanished => found.len() / 2,
            LookEnd::NotLooked => 0,
        };
        if end != LookEnd::NotLooked {
            self.looks.push(self.checked.now);
        }
        self.has_missed |= matches!(end, LookEnd::Incomplete | LookEnd::Vanished);
        for (target, mask) in found.into_iter().take(seen) {
            self.checked.found(target, mask);
        }
        self.checked.look_ends(end);
    }

    /// A full scrub heals some of what single repairs heal, and some that they do not, but never what no
    /// repair is to touch. The kernel does not tell of an inode core.
    fn scrub_ends(&mut self) {
        let is_tried = |key: &Key| !defects::is_left_alone(key.scrub);
        let heals = |key: &Key| {
            is_tried(key) && matches!(self.natures[key], Nature::Heals | Nature::NeedsScrub(_))
        };
        let healed: Vec<Key> = self.damaged.iter().filter(|key| heals(key)).copied().collect();
        for key in &healed {
            self.damaged.remove(key);
            match key.name() {
                "core" => drop(self.remembered.remove(key)),
                _ => self.tell(*key, Change::Healthy),
            }
        }
        let clean = self.damaged.is_empty();
        let end = match self.scrubs % 2 {
            0 => ScrubEnd::Untold,
            _ => ScrubEnd::Finished { clean },
        };
        if end != (ScrubEnd::Finished { clean: false }) {
            self.mended.extend(healed);
        }
        self.checked.scrub_ends(end);
    }

    /// True if full scrubs are possible, and safe as far as is known.
    fn may_scrub(&self) -> bool {
        let is_left_alone = |key: &Key| defects::is_left_alone(key.scrub);
        let can_start = self.checked.config.full_scrub && !self.is_unsafe;
        can_start && !self.damaged.iter().any(is_left_alone)
    }

    /// Checks that nothing that is damaged is forgotten, and that what can be healed is not
    /// damaged.
    pub fn check_end(&self) {
        for key in &self.damaged {
            let nature = self.natures[key];
            let said = self.checked.said.get(key).map_or(&[][..], Vec::as_slice);
            let has_last_word = said
                .iter()
                .any(|n| matches!(n, Notice::OfflineNeeded(..) | Notice::CrossFailed(_)));
            let is_restless = matches!(nature, Nature::Flaps | Nature::Lies);
            let is_pending = self.checked.is_pending(*key);
            assert!(!self.is_healable(*key), "{key:?} {nature:?} not healed");
            assert!(has_last_word || is_restless && is_pending, "{key:?} {nature:?} {said:?}");
        }
    }
}

fn agno_of(ino: u64) -> u32 {
    (ino >> AGNO_SHIFT) as u32
}

/// The bit with which the kernel reports a structure.
fn bit_of(key: Key) -> u32 {
    let structures = key.target.domain().structures();
    structures.iter().find(|s| s.name() == key.name()).map_or(0, |s| s.bit)
}
