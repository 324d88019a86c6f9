//! Counting sightings: one per (term, scope, how), however often a thing is seen.

use std::cell::Cell;
use std::collections::BTreeMap;

use census_model::{How, Kind, Term, What};
use memchr::{memchr_iter, memrchr};

use crate::{Scope, Seen, Sighting};

/// The most distinct sightings of a member; what is beyond is a gap.
pub(crate) const MOST: usize = 50_000;

/// How deep code may lie inside other code: a script in a string of a script.
const DEEPEST: u8 = 4;

thread_local! {
    /// How deep the code that is being read lies inside other code, whichever readers are at work.
    static DEPTH: Cell<u8> = const { Cell::new(0) };
}

/// Collects what is seen in one member.
#[derive(Default)]
pub(crate) struct Tally {
    counts: BTreeMap<(Term, Scope, How), (i32, i32)>,
    full: bool,
}

impl Tally {
    /// Counts one more; the first line is kept.
    pub(crate) fn add(&mut self, kind: Kind, value: impl Into<String>, scope: Scope, how: How, line: i32) {
        let key = (Term::new(kind, value), scope, how);
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.full = true;
            return;
        }
        let (count, first) = self.counts.entry(key).or_insert((0, line));
        *count = count.saturating_add(1);
        *first = (*first).min(line);
    }

    /// Adds what code inside other code shows: each at the line of the whole, at best as sure as `how`. Code that is nested too deep is left
    /// out, and a gap.
    pub(crate) fn nested(&mut self, how: How, line: i32, read: impl FnOnce(&mut Self)) {
        if DEPTH.get() >= DEEPEST {
            self.cut();
            return;
        }
        DEPTH.set(DEPTH.get() + 1);
        let mut inner = Self::default();
        read(&mut inner);
        DEPTH.set(DEPTH.get() - 1);
        self.full |= inner.full;
        for (term, scope, sure) in inner.counts.into_keys() {
            self.add(term.kind, term.value, scope, sure.max(how), line);
        }
    }

    /// Says that a bound cut something off.
    pub(crate) fn cut(&mut self) {
        self.full = true;
    }

    /// Adds what another reader saw.
    pub(crate) fn seen(&mut self, seen: Seen) {
        for Sighting { term, scope, how, line, .. } in seen.sightings {
            self.add(term.kind, term.value, scope, how, line);
        }
    }

    /// Adds what was collected to `seen`.
    pub(crate) fn finish(self, seen: &mut Seen) {
        if self.full {
            seen.gaps.push((What::Bounded, 0));
        }
        let sightings = self.counts.into_iter();
        seen.sightings.extend(sightings.map(|((term, scope, how), (count, line))| Sighting { term, scope, how, count, line }));
    }
}

/// The line of ascending offsets into a text, counting each line break once.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: i32,
    /// Where the line begins.
    start: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1, start: 0 }
    }

    /// The line of `offset`, from 1. Offsets that go back count again from the beginning.
    pub(crate) fn of(&mut self, offset: usize) -> i32 {
        if offset < self.at {
            (self.at, self.line, self.start) = (0, 1, 0);
        }
        let passed = &self.bytes[self.at..offset];
        let breaks = memchr_iter(b'\n', passed).count();
        self.start = memrchr(b'\n', passed).map_or(self.start, |at| self.at + at + 1);
        self.line = self.line.saturating_add(i32::try_from(breaks).unwrap_or(i32::MAX));
        self.at = offset;
        self.line
    }

    /// Where the line of the last offset begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_is_counted_once_with_its_first_line() {
        let mut tally = Tally::default();
        tally.add(Kind::Command, "ls", Scope::Script, How::Resolved, 7);
        tally.add(Kind::Command, "ls", Scope::Script, How::Resolved, 3);
        tally.add(Kind::Command, "ls", Scope::Inert, How::Resolved, 1);
        let mut seen = Seen::default();
        tally.finish(&mut seen);
        let got: Vec<_> = seen.sightings.iter().map(|s| (s.scope, s.count, s.line)).collect();
        assert_eq!(got, [(Scope::Script, 2, 3), (Scope::Inert, 1, 1)]);
    }

    #[test]
    fn lines_begin_at_one() {
        let mut lines = Lines::new(b"a\nb\nc");
        assert_eq!([lines.of(0), lines.of(2), lines.of(4), lines.of(2)], [1, 2, 3, 2]);
        assert_eq!((lines.of(5), lines.start()), (3, 4));
    }
}
