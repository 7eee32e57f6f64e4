// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events that happen to the model kernel, and the end that each must have.

use super::defects::{Features, KernelDefects};
use super::kernel::{AGNO_SHIFT, Due, Kernel};
use super::nature::{Nature, damage, nature};
use super::*;
use crate::property::*;
use crate::uapi::{XFS_BS_SICK_INODE, XFS_BS_SICK_SYMLINK};
use proptest::collection::vec;

fn at(seconds: u64) -> Time {
    Time::default().after(Duration::from_secs(seconds))
}

/// Seconds in which reports are dropped: their start and length, and the time after them when it is
/// known.
#[derive(Clone, Copy, Debug)]
struct Deafness {
    from: u64,
    lasts: u64,
    known_after: u64,
    silently: bool,
}

/// Gives a deafness within this many seconds, or a bit later.
fn deafness(seconds: u64) -> impl Strategy<Value = Deafness> {
    (0..seconds, 0..seconds / 2, 0..seconds * 3 / 2, any::<bool>()).prop_map(
        |(from, lasts, known_after, silently)| Deafness { from, lasts, known_after, silently },
    )
}

impl Deafness {
    fn dues(self) -> [(Time, Due); 3] {
        let Deafness { from, lasts, known_after, silently } = self;
        let lost = Due::Lost { silently };
        [
            (at(from), Due::Deaf),
            (at(from + lasts), Due::Hears),
            (at(from + lasts + known_after), lost),
        ]
    }
}

fn config() -> impl Strategy<Value = Config> {
    let pace = prop::sample::select(vec![Pace::Steady, Pace::Steady, Pace::Hurried]);
    let defects = prop::sample::select(vec![KernelDefects::default(), defects()]);
    (1usize..5, any::<bool>(), pace, defects).prop_map(|(workers, full_scrub, pace, defects)| {
        Config {
            workers,
            full_scrub,
            pace,
            defects,
            ag_count: 2,
            agno_shift: AGNO_SHIFT,
            ..Config::default()
        }
    })
}

fn symlink(ino: u64) -> Key {
    of_inode(ino, XFS_BS_SICK_SYMLINK)
}

fn of_inode(ino: u64, bit: u32) -> Key {
    Key::from_bit(Target::Inode { ino, generation: 0 }, bit).expect("there is a repair")
}

/// Defects of a kernel that crashes.
fn defects() -> KernelDefects {
    KernelDefects::known(None, Features { rmapbt: true, metadir: false })
}

fn few_looks_an_hour(looks: &[Time]) -> bool {
    looks.windows(13).all(|window| window[12].since(window[0]) >= 60 * MINUTE)
}

/// Damage of all kinds, and whatever else happens meanwhile.
#[derive(Debug)]
struct Story {
    config: Config,
    natures: BTreeMap<Key, Nature>,
    breaks: Vec<u64>,
    duration: Duration,
    touches: Vec<u64>,
    leaves: Vec<(u64, u64)>,
    deafness: Vec<Deafness>,
    vain_looks: usize,
    /// Full scrubs of somebody else: their start and length.
    others: Vec<(u64, u64)>,
}

fn story() -> impl Strategy<Value = Story> {
    let lasts = prop::sample::select(vec![60, 40_000, 30 * 86400]);
    let damage = (config(), damage(), vec(0u64..500, 14), 0u64..200);
    let rest = (
        vec(0u64..400, 0..8),
        vec((0u64..800, 0u64..4), 0..6),
        vec(deafness(400), 0..3),
        0usize..3,
        vec((0u64..400, lasts), 0..3),
    );
    (damage, rest).prop_map(
        |((config, natures, breaks, tenths), (touches, leaves, deafness, vain_looks, others))| {
            let duration = Duration::from_millis(tenths * 100);
            Story {
                config,
                natures,
                breaks,
                duration,
                touches,
                leaves,
                deafness,
                vain_looks,
                others,
            }
        },
    )
}

/// What can be healed is healed and the rest is said, even if reports are lost.
fn tell(story: Story) {
    let mut kernel = Kernel::new(story.config, MAX_STRUCTURES, story.duration);
    kernel.natures = story.natures;
    let keys: Vec<Key> = kernel.natures.keys().copied().collect();
    for (key, second) in keys.into_iter().zip(story.breaks) {
        // What was there before anybody listened is only found by looking.
        match second.checked_sub(100) {
            None => kernel.is_damaged_already(key),
            Some(second) => kernel.due.push((at(second), Due::Breaks(key))),
        }
    }
    kernel.due.extend(story.touches.iter().map(|second| (at(*second), Due::Touch)));
    kernel.due.extend(story.leaves.iter().map(|(second, ino)| (at(*second), Due::Leaves(*ino))));
    kernel.due.extend(story.deafness.iter().flat_map(|deafness| deafness.dues()));
    kernel.look_ends = vec![LookEnd::NotLooked; story.vain_looks];
    // Somebody else's may hang.
    let others = story.others;
    kernel.due.extend(others.iter().map(|(second, _)| (at(*second), Due::OthersBegin)));
    kernel.due.extend(others.iter().map(|(second, lasts)| (at(second + lasts), Due::OthersEnd)));
    kernel.checked.ask(Depth::Deep);
    kernel.live_until(at(if others.is_empty() { 2 } else { 4 } * 86400));
    kernel.check_end();
    kernel.checked.check_calls();
    let scrubs = kernel.scrubs;
    assert!(scrubs <= 6, "{scrubs} full scrubs in two days");
    assert!(few_looks_an_hour(&kernel.looks), "{:?}", kernel.looks);
}

/// A story that these bytes choose.
pub(crate) fn damage_heals(bytes: &[u8]) {
    chosen(&story(), bytes).into_iter().for_each(tell);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_can_be_healed_is_healed_and_the_rest_is_said_even_if_reports_are_lost(story in story()) {
        tell(story);
    }

    /// A full scrub sees the rest where looks do not see everything.
    #[test]
    fn looks_that_miss_something_are_followed_by_a_full_scrub(
        natures in damage(),
        deafness in deafness(400),
        ends in vec(prop::sample::select(vec![LookEnd::Incomplete, LookEnd::NotLooked]), 1..4),
        vanishes in any::<bool>(),
    ) {
        let config = Config { agno_shift: AGNO_SHIFT, ..Config::default() };
        let mut kernel = Kernel::new(config, MAX_STRUCTURES, Duration::from_secs(1));
        kernel.natures = natures;
        // Beside a bad CoW fork there is none.
        kernel.natures.retain(|key, _| !defects::is_left_alone(key.scrub));
        let breaks = at(deafness.from + deafness.lasts / 2);
        kernel.due.extend(deafness.dues());
        kernel.due.extend(kernel.natures.keys().map(|key| (breaks, Due::Breaks(*key))));
        kernel.look_ends = ends;
        if vanishes {
            kernel.look_ends.push(LookEnd::Vanished);
        }
        kernel.live_until(at(3 * 86400));
        kernel.check_end();
        prop_assert!(!kernel.has_missed || kernel.scrubs > 0);
        prop_assert!(few_looks_an_hour(&kernel.looks), "{:?}", kernel.looks);
    }

    /// A structure that a full scrub mends gets no last word, though the kernel may not tell that
    /// it is good.
    #[test]
    fn what_a_full_scrub_has_mended_is_not_said_to_need_more(
        config in config(),
        natures in damage(),
        outcome in prop::sample::select(vec![Outcome::Failed, Outcome::Unsupported]),
        tenths in 0u64..900,
        deafness in vec(deafness(400), 0..3),
    ) {
        let config = Config { full_scrub: true, ..config };
        let mut kernel = Kernel::new(config, MAX_STRUCTURES, Duration::from_millis(tenths * 100));
        let keys = natures.into_keys().filter(|key| !defects::is_left_alone(key.scrub));
        kernel.natures = keys.map(|key| (key, Nature::NeedsScrub(outcome))).collect();
        kernel.due.extend(kernel.natures.keys().map(|key| (at(100), Due::Breaks(*key))));
        kernel.due.extend(deafness.iter().flat_map(|deafness| deafness.dues()));
        kernel.live_until(at(2 * 86400));
        kernel.check_end();
        kernel.checked.check_calls();
    }

    /// The kernel says nothing of what it forgets but the AG, and even that may be lost.
    #[test]
    fn inodes_that_leave_the_cache_are_found_by_looks_alone(
        stays in vec((0u64..4, 0u64..120, 0u64..30), 1..12),
        tenths in 0u64..300,
        deafness in vec(deafness(60), 0..6),
    ) {
        let config = Config { agno_shift: AGNO_SHIFT, full_scrub: false, ..Config::default() };
        let duration = Duration::from_millis(tenths * 100);
        let mut kernel = Kernel::new(config, MAX_STRUCTURES, duration);
        for (ino, second, stays) in stays {
            let key = symlink(ino);
            kernel.natures.insert(key, Nature::Heals);
            kernel.due.push((at(second), Due::Breaks(key)));
            kernel.due.push((at(second + stays), Due::Leaves(ino)));
        }
        kernel.due.extend(deafness.iter().flat_map(|deafness| deafness.dues()));
        kernel.live_until(at(2 * 86400));
        kernel.check_end();
        prop_assert!(few_looks_an_hour(&kernel.looks), "{:?}", kernel.looks);
    }
}

/// An event that happens, and its time.
fn happens() -> impl Strategy<Value = (Time, Due)> {
    let due = prop_oneof![
        3 => Just(Due::Touch),
        2 => (0u64..4).prop_map(Due::Leaves),
        1 => Just(Due::Restart),
        1 => any::<bool>().prop_map(Due::Hold),
        1 => Just(Due::Deaf),
        1 => Just(Due::Lost { silently: true }),
    ];
    (0u64..40_000, due).prop_map(|(second, due)| (at(second), due))
}

/// Damage on a kernel with a defect, with inodes that must not be loaded.
#[derive(Debug)]
struct Unloadables {
    natures: BTreeMap<Key, Nature>,
    breaks: Vec<u64>,
    /// Number of each such inode, the second in which it breaks, and whether nobody notices.
    unloadable: Vec<(u64, u64, bool)>,
    duration: Duration,
    happens: Vec<(Time, Due)>,
    look_ends: Vec<LookEnd>,
}

fn unloadables() -> impl Strategy<Value = Unloadables> {
    use LookEnd::*;
    let ends = prop::sample::select(vec![Complete, Complete, Complete, Incomplete, NotLooked]);
    let unloadable = vec((0u64..4, 0u64..40_000, any::<bool>()), 1..4);
    let rest = (0u64..3_000, vec(happens(), 0..20), vec(ends, 0..30));
    (damage(), vec(0u64..30_000, 14), unloadable, rest).prop_map(
        |(natures, breaks, unloadable, (tenths, happens, look_ends))| {
            let duration = Duration::from_millis(tenths * 100);
            Unloadables { natures, breaks, unloadable, duration, happens, look_ends }
        },
    )
}

/// The full scrub is safe whatever the kernel says of the inode, or does not say.
fn spare(story: Unloadables) {
    let config =
        Config { agno_shift: AGNO_SHIFT, ag_count: 2, defects: defects(), ..Config::default() };
    let mut kernel = Kernel::new(config, MAX_STRUCTURES, story.duration);
    kernel.natures = story.natures;
    let keys: Vec<Key> = kernel.natures.keys().copied().collect();
    kernel.due.extend(keys.iter().zip(story.breaks).map(|(key, s)| (at(s), Due::Breaks(*key))));
    for (ino, second, is_silent) in story.unloadable {
        let key = of_inode(ino, XFS_BS_SICK_INODE);
        kernel.natures.insert(key, Nature::Unloadable);
        kernel.due.retain(|(_, due)| !matches!(due, Due::Breaks(other) if *other == key));
        let due = if is_silent { Due::BreaksSilently(key) } else { Due::Breaks(key) };
        kernel.due.push((at(second), due));
    }
    kernel.due.extend(story.happens);
    kernel.look_ends = story.look_ends;
    kernel.live_until(at(2 * 86400));
    let scrubs = kernel.scrubs;
    assert!(scrubs <= 8 + 20, "{scrubs} full scrubs in two days");
}

/// Unloadable inodes as these bytes choose.
pub(crate) fn unloadable_is_spared(bytes: &[u8]) {
    chosen(&unloadables(), bytes).into_iter().for_each(spare);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_full_scrub_comes_to_an_inode_that_cannot_be_loaded(story in unloadables()) {
        spare(story);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn endless_different_inodes_keep_nobody_busy_and_fill_no_more_than_the_table(
        config in config(),
        room in 5usize..60,
        natures in vec(nature(), 1..8),
        pause in 1u64..20,
        deafness in vec(deafness(400), 0..2),
    ) {
        let mut kernel = Kernel::new(config, room, Duration::from_millis(100));
        for n in 0..200 {
            let nature = natures[n as usize % natures.len()];
            kernel.due.push((at(n * pause), Due::Stranger(symlink(n), nature)));
        }
        kernel.due.extend(deafness.iter().flat_map(|deafness| deafness.dues()));
        kernel.live_until(at(5 * 86400));
        // In the end each that is remembered is tried about once a day, and once a day a full
        // scrub reports others in their stead.
        let late = |call: &&Call| call.began >= at(4 * 86400);
        let calls = kernel.checked.calls.values().flatten().filter(late).count();
        prop_assert!(calls <= 8 * room, "{} calls in the last day", calls);
        prop_assert!(kernel.scrubs <= 16, "{} full scrubs in five days", kernel.scrubs);
        prop_assert!(few_looks_an_hour(&kernel.looks), "{:?}", kernel.looks);
    }
}
