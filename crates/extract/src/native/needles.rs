//! Many needles, looked for at the speed of few.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// How many needles are looked for at once: up to so many, the vector unit finds what may be one of them at some gigabytes a second.
/// Beyond 64 it cannot, and an automaton walks byte by byte, twenty times slower (measured).
const AT_ONCE: usize = 40;

/// Needles, in groups.
pub(super) struct Needles(Vec<AhoCorasick>);

impl Needles {
    /// Of two needles that begin at one place, the first of a group is found.
    pub(super) fn new(needles: &[Vec<u8>]) -> Self {
        let group = |needles: &[Vec<u8>]| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(needles);
        Self(needles.chunks(AT_ONCE).map(|needles| group(needles).expect("a few short needles")).collect())
    }

    /// Tells `found` each needle's number, and where it begins and ends.
    pub(super) fn each(&self, bytes: &[u8], range: Range<usize>, found: &mut dyn FnMut(usize, usize, usize)) {
        for (n, group) in self.0.iter().enumerate() {
            for hit in group.find_iter(Input::new(bytes).span(range.clone())) {
                found(n * AT_ONCE + hit.pattern().as_usize(), hit.start(), hit.end());
            }
        }
    }
}
