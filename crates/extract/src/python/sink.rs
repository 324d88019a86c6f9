//! Where sightings are gathered and merged.

use std::collections::hash_map::Entry;

use census_model::{How, Kind, Term};

use super::names::{Names, Node};
use crate::hash::{HashMap, HashSet};
use crate::{Scope, Sighting};

/// How many distinct sightings one file may have.
const LIMIT: usize = 200_000;

#[derive(Clone, Copy)]
struct Tally {
    count: i32,
    offset: u32,
}

/// The sightings of a file, merged: one per (kind, value, scope, how).
pub(super) struct Sink {
    names: HashMap<(Kind, Node, Scope, How), Tally>,
    values: HashMap<(Kind, Scope, How), HashMap<String, Tally>>,
    held: usize,
    /// Whether something was left out.
    pub(super) bounded: bool,
    /// Inside an encoded payload: where it stands, and how sure its facts are at best.
    pub(super) payload: Option<(u32, How)>,
    /// While set, nothing is gathered.
    pub(super) muted: bool,
}

impl Sink {
    pub(super) fn new() -> Self {
        Self { names: HashMap::default(), values: HashMap::default(), held: 0, bounded: false, payload: None, muted: false }
    }

    fn place(&self, how: How, offset: u32) -> (How, u32) {
        self.payload.map_or((how, offset), |(at, least)| if how == How::String { (least, at) } else { (how.max(least), at) })
    }

    /// Notes a dotted name.
    pub(super) fn name(&mut self, kind: Kind, node: Node, scope: Scope, how: How, offset: u32) {
        if self.muted {
            return;
        }
        let (how, offset) = self.place(how, offset);
        let full = self.held >= LIMIT;
        match self.names.entry((kind, node, scope, how)) {
            Entry::Occupied(mut entry) => entry.get_mut().again(offset),
            Entry::Vacant(_) if full => self.bounded = true,
            Entry::Vacant(entry) => {
                entry.insert(Tally { count: 1, offset });
                self.held += 1;
            }
        }
    }

    /// Notes any other value.
    pub(super) fn value(&mut self, kind: Kind, value: &str, scope: Scope, how: How, offset: u32) {
        if self.muted || value.is_empty() {
            return;
        }
        let (how, offset) = self.place(how, offset);
        let values = self.values.entry((kind, scope, how)).or_default();
        if let Some(tally) = values.get_mut(value) {
            tally.again(offset);
        } else if self.held >= LIMIT {
            self.bounded = true;
        } else {
            values.insert(value.to_owned(), Tally { count: 1, offset });
            self.held += 1;
        }
    }

    /// Whether a value was noted, wherever it stands.
    pub(super) fn holds(&self, kind: Kind, value: &str) -> bool {
        self.values.iter().any(|((of, ..), values)| *of == kind && values.contains_key(value))
    }

    /// The sightings, with `line` giving the line of an offset.
    pub(super) fn finish(self, names: &Names, line: impl Fn(u32) -> i32) -> Vec<Sighting> {
        let dotted = self.names.into_iter().map(|((kind, node, scope, how), t)| (kind, names.text(node).to_owned(), scope, how, t));
        let others =
            self.values.into_iter().flat_map(|((kind, scope, how), values)| values.into_iter().map(move |(v, t)| (kind, v, scope, how, t)));
        let mut sightings: Vec<Sighting> = dotted
            .chain(others)
            .map(|(kind, value, scope, how, t)| Sighting { term: Term::new(kind, value), scope, how, count: t.count, line: line(t.offset) })
            .collect();
        one_of_each(&mut sightings);
        sightings
    }
}

/// A constant inside a display is noted when it is read, and again by the call that takes the display apart: the surer stays.
fn one_of_each(sightings: &mut Vec<Sighting>) {
    let is_constant = |s: &Sighting| matches!(s.term.kind, Kind::Host | Kind::Path | Kind::Regkey);
    if !sightings.iter().any(|s| is_constant(s) && s.how == How::String) {
        return;
    }
    let given = sightings.iter().filter(|s| is_constant(s) && s.how < How::String);
    let given: HashSet<(Term, Scope, i32)> = given.map(|s| (s.term.clone(), s.scope, s.line)).collect();
    sightings.retain(|s| s.how != How::String || !is_constant(s) || !given.contains(&(s.term.clone(), s.scope, s.line)));
}

impl Tally {
    fn again(&mut self, offset: u32) {
        self.count = self.count.saturating_add(1);
        self.offset = self.offset.min(offset);
    }
}
