//! Tiers: the cuts of a ranking that numbers are published for. Cumulative: Top 1k includes Top 100.

use serde::{Deserialize, Serialize};

use crate::fact::codes;

codes! {
    /// What is counted.
    Unit {
        /// Projects.
        Project = "project",
        /// Families: projects whose files name one source repository count as one.
        Family = "family",
    }
}

/// A tier: the first `n` of the ranking, or everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Projects ranked up to this.
    Top(i32),
    /// The whole population.
    All,
}

/// The tiers of a population: cuts of the ranking, ascending, and the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tiers(Vec<i32>);

impl Tiers {
    /// Tiers with these cuts, sorted; cuts below 1 are dropped.
    pub fn new(mut cuts: Vec<i32>) -> Self {
        cuts.retain(|&n| n > 0);
        cuts.sort_unstable();
        cuts.dedup();
        Self(cuts)
    }

    /// Every tier, narrowest first, the whole population last.
    pub fn all(&self) -> Vec<Tier> {
        self.0.iter().copied().map(Tier::Top).chain([Tier::All]).collect()
    }
}

impl Default for Tiers {
    /// Top 100, Top 1k, Top 10k and the community.
    fn default() -> Self {
        Self::new(vec![100, 1_000, 10_000])
    }
}

impl Tier {
    /// The name that tables hold: `top-100`, `all`.
    pub fn name(self) -> String {
        match self {
            Self::Top(n) => format!("top-{n}"),
            Self::All => "all".to_owned(),
        }
    }

    /// The tier with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("top-") {
            Some(n) => n.parse().ok().map(Self::Top),
            None => (name == "all").then_some(Self::All),
        }
    }

    /// The heading people read: `Top 100`, `Top 1k`; `everyone` is what the whole population is called.
    pub fn title(self, everyone: &str) -> String {
        match self {
            Self::Top(n) if n >= 1000 && n % 1000 == 0 => format!("Top {}k", n / 1000),
            Self::Top(n) => format!("Top {n}"),
            Self::All => everyone.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_read_as_people_say_them() {
        let titles: Vec<_> = Tiers::default().all().iter().map(|t| t.title("community")).collect();
        assert_eq!(titles, ["Top 100", "Top 1k", "Top 10k", "community"]);
        for tier in Tiers::new(vec![30, 0, 10, 30]).all() {
            assert_eq!(Tier::from_name(&tier.name()), Some(tier));
        }
        assert_eq!(Tier::from_name("top-x"), None);
    }
}
