// SPDX-License-Identifier: LGPL-2.1-or-later
//! The output of a child, in lines and within bounds.

use std::collections::VecDeque;

/// The longest line that is kept together.
const LINE_BYTES: usize = 4096;

/// A piece of the output that is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputPiece {
    /// A line, without its end.
    Line(Vec<u8>),
    /// Number of lines that are not passed on, before what follows.
    NotShown(u64),
}

/// The output of one run, passed on within bounds.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Number of lines that are passed on as they come.
    first: usize,
    /// Number of lines that are kept for the end, where programs sum up.
    most_last: usize,
    /// The beginning of a line that is not whole.
    line: Vec<u8>,
    said: usize,
    last: VecDeque<Vec<u8>>,
    not_shown: u64,
}

impl Lines {
    /// Passes on so many lines as they come, and so many at the end.
    pub fn new(first: usize, most_last: usize) -> Lines {
        let (line, last) = (Vec::new(), VecDeque::new());
        Lines { first, most_last, line, said: 0, last, not_shown: 0 }
    }

    /// Takes in what was read.
    pub fn take(&mut self, bytes: &[u8], say: &mut impl FnMut(OutputPiece)) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
            }
            if *byte == b'\n' || self.line.len() >= LINE_BYTES {
                self.end_line(say);
            }
        }
    }

    /// Passes on what was kept: there is no more.
    pub fn end(mut self, say: &mut impl FnMut(OutputPiece)) {
        self.end_line(say);
        if self.not_shown > 0 {
            say(OutputPiece::NotShown(self.not_shown));
        }
        self.last.into_iter().for_each(|line| say(OutputPiece::Line(line)));
    }

    fn end_line(&mut self, say: &mut impl FnMut(OutputPiece)) {
        if self.line.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        if self.said < self.first {
            self.said += 1;
            say(OutputPiece::Line(line));
            return;
        }
        if self.last.len() >= self.most_last {
            self.last.pop_front();
            self.not_shown = self.not_shown.saturating_add(1);
        }
        self.last.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_LINES: usize = 100;
    const LAST_LINES: usize = 10;

    /// Lines that are said of `text`, when it is read in pieces of `size` bytes.
    fn said(text: &[u8], size: usize) -> Vec<String> {
        let mut all = Vec::new();
        let mut say = |piece: OutputPiece| {
            all.push(match piece {
                OutputPiece::Line(line) => String::from_utf8(line).unwrap(),
                OutputPiece::NotShown(lines) => format!("({lines})"),
            });
        };
        let mut words = Lines::new(FIRST_LINES, LAST_LINES);
        text.chunks(size).for_each(|bytes| words.take(bytes, &mut say));
        words.end(&mut say);
        all
    }

    fn lines(numbers: std::ops::Range<usize>) -> String {
        numbers.map(|n| format!("line {n}\n")).collect()
    }

    #[test]
    fn few_lines_are_all_passed_on_whole() {
        for size in [1, 7, 4096] {
            assert_eq!(said(b"one\n\ntwo\nend", size), ["one", "two", "end"]);
        }
        let most = FIRST_LINES + LAST_LINES;
        assert_eq!(
            said(lines(0..most).as_bytes(), 100),
            lines(0..most).lines().collect::<Vec<_>>()
        );
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_are_passed_on_and_the_rest_is_counted() {
        let all = said(lines(0..1_000_000).as_bytes(), 4096);
        let (first, last) = (lines(0..FIRST_LINES), lines(1_000_000 - LAST_LINES..1_000_000));
        let count = format!("({})\n", 1_000_000 - FIRST_LINES - LAST_LINES);
        assert_eq!(all, format!("{first}{count}{last}").lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let all = said(&[b'x'; 1_000_000], 4096);
        assert_eq!(all.len(), FIRST_LINES + 1 + LAST_LINES);
        assert!(all.iter().all(|line| line.len() <= LINE_BYTES));
    }
}
