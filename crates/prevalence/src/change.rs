//! What changed numbers from one run to another: the first restated step by step under what the second was made with.

use census_model::{Day, Time};

use crate::Lens;

/// A cause of change, in the order in which they are told apart: each is what its step adds to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The catalog: rules, or the lists that they use.
    Catalog,
    /// What reviewers said.
    Verdicts,
    /// The version of the extractor that read what had been read by then.
    Extractor,
    /// What was read only later, of what was there.
    Coverage,
    /// The ranking: who is in which tier.
    Ranking,
    /// Everything else: new releases, new projects, projects that are gone.
    World,
}

/// The moment that a run's numbers hold for, and the ranking that they were made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub as_of: Time,
    /// The day of the ranking.
    pub ranked_on: Option<Day>,
}

impl Moment {
    /// The lake as it stood then.
    fn lens(&self) -> Lens {
        let lens = Lens::as_of(self.as_of);
        Lens { ranking: self.ranked_on.or(lens.ranking), ..lens }
    }
}

/// How to look at the lake to see the numbers of `from` under what `to` was made with, one cause after another; the numbers of `to`
/// themselves end the row ([`Cause::World`]).
pub fn restatements(from: Moment, to: Moment) -> [(Cause, Lens); 5] {
    let catalog = from.lens();
    let verdicts = Lens { verdicts: Some(to.as_of), ..catalog };
    let extractor = Lens { scans: Some(to.as_of), read: Some(from.as_of), ..verdicts };
    let coverage = Lens { read: None, ..extractor };
    let ranking = Lens { ranking: to.lens().ranking, ..coverage };
    [
        (Cause::Catalog, catalog),
        (Cause::Verdicts, verdicts),
        (Cause::Extractor, extractor),
        (Cause::Coverage, coverage),
        (Cause::Ranking, ranking),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_changes_one_thing_until_only_the_world_is_left() {
        let from = Moment { as_of: Time(1_000), ranked_on: Some(Day(1)) };
        let to = Moment { as_of: Time(2_000), ranked_on: Some(Day(2)) };
        let steps = restatements(from, to);
        let [.., (last, lens)] = steps;
        assert_eq!((last, Lens { states: to.lens().states, ..lens }), (Cause::Ranking, to.lens()));
        assert!(steps.is_sorted_by_key(|(cause, _)| *cause));
        assert_eq!(steps[0].1, from.lens());
    }
}
