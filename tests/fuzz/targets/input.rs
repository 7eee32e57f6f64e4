// SPDX-License-Identifier: LGPL-2.1-or-later
//! Bytes of the fuzzer, taken apart into values.

/// Bytes of the fuzzer. Behind their end there are zeros.
#[derive(Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn byte(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A number below this one.
    pub fn below(&mut self, end: u16) -> usize {
        let number = match u8::try_from(end) {
            Ok(_) => u16::from(self.byte()),
            Err(_) => u16::from_le_bytes(self.array()),
        };
        usize::from(number % end.max(1))
    }

    /// A number that is mostly small and sometimes any.
    pub fn number(&mut self) -> u64 {
        match self.byte() {
            255 => self.u64(),
            254 => u64::MAX - u64::from(self.byte()),
            253 => self.u32().into(),
            small => u64::from(small % 64),
        }
    }

    /// A bit or, sometimes, any mask.
    pub fn mask(&mut self) -> u32 {
        match self.byte() {
            255 => self.u32(),
            bit => 1 << (bit % 32),
        }
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self, most: u16) -> &'a [u8] {
        let len = self.below(most.saturating_add(1));
        self.take(len)
    }

    pub fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    /// One of these.
    pub fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u16)]
    }
}
