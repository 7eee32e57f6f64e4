// SPDX-License-Identifier: LGPL-2.1-or-later
//! The structures that keep full scrubs from being started.

/// Power of a damaged structure to keep full scrubs from being started, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Guard {
    /// The structure does not keep full scrubs from being started.
    Open,
    /// Full scrubs must wait until the structure has been judged, which is soon.
    Briefly,
    /// Full scrubs must wait until the structure has been judged, and nobody can tell when.
    Unjudged,
    /// Full scrubs must wait for as long as anyone can tell: one would crash the kernel.
    Lasting,
}

/// Numbers of structures that keep full scrubs from being started, by their guard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::plan) struct Guards {
    briefly: usize,
    unjudged: usize,
    lasting: usize,
    /// True if structures with a lasting guard are not remembered any more.
    pub forgot: bool,
}

impl Guards {
    pub fn add(&mut self, guard: Guard) {
        self.count(guard).into_iter().for_each(|count| *count += 1);
    }

    pub fn remove(&mut self, guard: Guard) {
        self.count(guard).into_iter().for_each(|count| *count -= 1);
    }

    fn count(&mut self, guard: Guard) -> Option<&mut usize> {
        match guard {
            Guard::Open => None,
            Guard::Briefly => Some(&mut self.briefly),
            Guard::Unjudged => Some(&mut self.unjudged),
            Guard::Lasting => Some(&mut self.lasting),
        }
    }

    /// Number of structures that keep full scrubs from being started.
    pub fn count_all(&self) -> usize {
        self.briefly.saturating_add(self.unjudged).saturating_add(self.lasting)
    }

    /// The strongest guard of all structures.
    pub fn strongest(&self) -> Guard {
        match (self.lasting, self.unjudged, self.briefly) {
            _ if self.forgot => Guard::Lasting,
            (1.., ..) => Guard::Lasting,
            (0, 1.., _) => Guard::Unjudged,
            (0, 0, 1..) => Guard::Briefly,
            (0, 0, 0) => Guard::Open,
        }
    }
}
