//! What is collected from one native member, and how much of it.

use census_model::{How, Kind, What};

use crate::tally::Tally;
use crate::{Scope, Seen};

/// The most imports of one member that are read.
pub(super) const SYMBOLS: usize = 20_000;

/// The longest name of a symbol or library that is kept: mangled names beyond it say nothing more.
const NAME: usize = 256;

/// The most components that one member may say it was built with.
const COMPONENTS: usize = 2_000;

/// How many broken entries a table may have before the rest of it is left.
const ERRORS: usize = 100;

/// Collects what a native member shows.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) tally: Tally,
    gaps: Vec<(What, i64)>,
    components: Vec<(String, Option<String>)>,
    symbols: usize,
    errors: usize,
}

impl Reader {
    /// Notes a gap, once of each kind.
    pub(super) fn gap(&mut self, what: What, bytes: &[u8]) {
        if !self.gaps.iter().any(|(seen, _)| *seen == what) {
            self.gaps.push((what, i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
        }
    }

    /// Notes that one entry of a table cannot be read. False where there were so many that the rest is not worth the time.
    pub(super) fn broken(&mut self, bytes: &[u8]) -> bool {
        self.gap(What::Damaged, bytes);
        self.errors += 1;
        self.errors < ERRORS
    }

    /// Counts a property of the binary, whose value follows the name of its format.
    pub(super) fn property(&mut self, format: &str, value: &str) {
        self.tally.add(Kind::Format, format!("{format}:{value}"), Scope::Native, How::Resolved, 0);
    }

    /// Counts a library that the binary needs.
    pub(super) fn library(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(cut(name));
        if !name.is_empty() {
            self.tally.add(Kind::Library, name, Scope::Native, How::Resolved, 0);
        }
    }

    /// Counts an imported symbol, with the library it comes from where the format ties the two. False where the bound is reached,
    /// which is then a gap: nothing more will be counted.
    pub(super) fn symbol(&mut self, library: &[u8], name: &[u8], bytes: &[u8]) -> bool {
        if self.symbols >= SYMBOLS {
            self.gap(What::Bounded, bytes);
            return false;
        }
        if !name.is_empty() {
            self.symbols += 1;
            let name = String::from_utf8_lossy(cut(name));
            let value = if library.is_empty() { name.into_owned() } else { format!("{}!{name}", String::from_utf8_lossy(cut(library))) };
            self.tally.add(Kind::Symbol, value, Scope::Native, How::Resolved, 0);
        }
        true
    }

    /// Notes a library that the binary says it was built with.
    pub(super) fn component(&mut self, name: impl Into<String>, version: Option<String>) {
        let component = (name.into(), version);
        if self.components.len() < COMPONENTS && !component.0.is_empty() {
            self.components.push(component);
        }
    }

    /// What was seen.
    pub(super) fn finish(mut self) -> Seen {
        self.components.sort();
        self.components.dedup();
        let mut seen = Seen { gaps: self.gaps, components: self.components, ..Seen::default() };
        self.tally.finish(&mut seen);
        seen
    }
}

fn cut(name: &[u8]) -> &[u8] {
    &name[..name.len().min(NAME)]
}
