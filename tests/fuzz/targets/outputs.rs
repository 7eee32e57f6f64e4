// SPDX-License-Identifier: LGPL-2.1-or-later
//! Outputs that take what they like, and the output of children.

use super::Input;
use crate::log::fuzzed::first_piece;
use crate::log::sink::{Own, Sink};
use crate::service::output::{Lines, OutputPiece};
use std::io;

/// The first byte chooses what is done with the rest.
pub(super) fn outputs(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.below(3) {
        0 => sink(&mut input),
        1 => kernel_log(input.rest()),
        _ => child(&mut input),
    }
}

/// Of every line that was pushed something is seen: itself, or that it was lost.
fn sink(input: &mut Input<'_>) {
    let mut sink = Sink::new(Own::Text("x: ".to_owned()));
    let (mut pushed, mut seen) = (0_u64, Vec::new());
    while !input.is_empty() {
        match input.below(8) {
            0..=2 => {
                let line = "y".repeat(input.below(800) * 100) + "!";
                sink.push(&line);
                pushed += 1;
            }
            3..=5 => {
                let (accepts, then) = (input.below(20_000), input.byte());
                let mut left = accepts;
                sink.flush(|bytes| takes(bytes, &mut left, then, &mut seen));
            }
            6 => {
                let batch = sink.take();
                seen.extend_from_slice(batch.bytes());
                sink.written();
            }
            _ => {
                let batch = sink.take();
                sink.not_written(&batch, None);
            }
        }
    }
    for _ in 0..3 {
        sink.flush(|bytes| {
            seen.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        sink.written();
    }
    assert!(!sink.is_waiting());
    let text = String::from_utf8(seen).unwrap();
    let whole = text.lines().filter(|line| line.ends_with('!')).count() as u64;
    let lost =
        text.lines().filter_map(|line| line.strip_prefix("x: ")?.strip_suffix(" log lines lost"));
    let lost: u64 = lost.map(|count| count.parse::<u64>().unwrap()).sum();
    assert!(whole + lost >= pushed, "{pushed} lines: {whole} and {lost} lost");
    assert!(whole <= pushed);
}

/// A reader that takes some and then is full, gone or interrupted.
fn takes(bytes: &[u8], left: &mut usize, then: u8, seen: &mut Vec<u8>) -> io::Result<usize> {
    let count = bytes.len().min(*left);
    if count == 0 {
        return match then % 3 {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            1 => Err(io::ErrorKind::BrokenPipe.into()),
            _ => Ok(0),
        };
    }
    *left -= count;
    seen.extend_from_slice(&bytes[..count]);
    Ok(count)
}

fn kernel_log(bytes: &[u8]) {
    let (mut rest, mut all) = (bytes, Vec::new());
    while !rest.is_empty() {
        let piece = first_piece(rest);
        assert!(!piece.is_empty() && piece.len() <= 956);
        assert!(!piece[..piece.len() - 1].contains(&b'\n'));
        assert!(std::str::from_utf8(bytes).is_err() || std::str::from_utf8(piece).is_ok());
        all.extend_from_slice(piece);
        rest = &rest[piece.len()..];
    }
    assert_eq!(all, bytes);
}

/// Whatever a child prints and however it comes, the first and the last lines are passed on.
fn child(input: &mut Input<'_>) {
    let (first, last, size) = (input.below(4), input.below(4), input.below(250) + 1);
    // More than a line may have, out of few bytes.
    let text = input.rest().repeat(1 + input.below(2) * 50);
    let whole = passed_on(&text, first, last, usize::MAX);
    assert_eq!(whole, passed_on(&text, first, last, size));
    let shown = whole.iter().filter(|piece| matches!(piece, OutputPiece::Line(_))).count();
    assert!(shown <= first + last.max(1));
    let of_line =
        |piece: &OutputPiece| if let OutputPiece::Line(line) = piece { line.len() } else { 0 };
    assert!(whole.iter().all(|piece| of_line(piece) <= 4096));
}

fn passed_on(text: &[u8], first: usize, last: usize, size: usize) -> Vec<OutputPiece> {
    let mut all = Vec::new();
    let mut lines = Lines::new(first, last);
    text.chunks(size).for_each(|bytes| lines.take(bytes, &mut |piece| all.push(piece)));
    lines.end(&mut |piece| all.push(piece));
    all
}
