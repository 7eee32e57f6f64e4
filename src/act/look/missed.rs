// SPDX-License-Identifier: LGPL-2.1-or-later
//! Record of what a look could not look at.

use crate::plan::MOST_AGS;
use std::collections::BTreeSet;

/// Record of what a look could not look at; each AG by its number where all of it is of that AG, as
/// long as these are not too many.
#[derive(Debug, Default)]
pub(super) struct Missed {
    ags: BTreeSet<u32>,
    elsewhere: bool,
    /// Missed AGs, and `None` for elsewhere, that have not been taken yet.
    news: Vec<Option<u32>>,
}

impl Missed {
    /// Notes that something of this AG, or elsewhere, could not be looked at.
    pub(super) fn add(&mut self, agno: Option<u32>) {
        let agno = agno.filter(|agno| self.ags.len() < MOST_AGS || self.ags.contains(agno));
        let is_new = match agno {
            Some(agno) => self.ags.insert(agno),
            None => !std::mem::replace(&mut self.elsewhere, true),
        };
        if is_new {
            self.news.push(agno);
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.ags.is_empty() && !self.elsewhere
    }

    /// Takes what was added since the last call, each once: AGs, and `None` for elsewhere.
    pub(super) fn news(&mut self) -> Vec<Option<u32>> {
        std::mem::take(&mut self.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ag_is_told_once_and_of_too_many_that_there_are_more() {
        let mut missed = Missed::default();
        assert!(missed.is_nothing());
        [Some(3), Some(3), Some(5)].into_iter().for_each(|agno| missed.add(agno));
        assert_eq!(missed.news(), [Some(3), Some(5)]);
        (0..2000).for_each(|agno| missed.add(Some(agno)));
        let news = missed.news();
        assert_eq!(news.len(), MOST_AGS - 2 + 1);
        assert_eq!(news.last(), Some(&None));
        assert!(!missed.is_nothing() && missed.news().is_empty());
    }
}
