//! What a random part tells of the whole.

/// A part of the population: how many of it were scanned, at random, and how many of those show a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Scanned ones that show it.
    pub yes: i64,
    /// Scanned ones.
    pub scanned: i64,
    /// All that could be scanned.
    pub eligible: i64,
}

/// A share of the whole, 0 to 1, and the bounds of its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub share: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The quantile of the normal distribution for 95%.
const Z: f64 = 1.959_964;

/// The share in the whole population, each stratum by its own weight: the top is scanned whole, the rest in part. The interval of
/// each is Wilson's with continuity correction, for the sample that would say as much of an endless population (finite population
/// correction); a stratum that was scanned whole has none. Strata of which nothing was scanned are left out of account.
pub fn interval(strata: &[Stratum]) -> Interval {
    let strata: Vec<&Stratum> = strata.iter().filter(|s| s.scanned > 0).collect();
    let all: f64 = strata.iter().map(|s| approximate(s.eligible)).sum();
    let (mut share, mut below, mut above) = (0.0, 0.0, 0.0);
    for stratum in strata {
        let weight = approximate(stratum.eligible) / all;
        let own = stratum.interval();
        share += weight * own.share;
        below += (weight * (own.share - own.low)).powi(2);
        above += (weight * (own.high - own.share)).powi(2);
    }
    Interval { share, low: (share - below.sqrt()).max(0.0), high: (share + above.sqrt()).min(1.0) }
}

impl Stratum {
    fn interval(&self) -> Interval {
        let (yes, n, of) = (approximate(self.yes), approximate(self.scanned), approximate(self.eligible));
        let p = yes / n;
        if self.scanned >= self.eligible {
            return Interval { share: p, low: p, high: p };
        }
        let alike = n * (of - 1.0) / (of - n);
        let low = if self.yes == 0 { 0.0 } else { wilson((yes - 0.5) / n, alike, -1.0) };
        let high = if self.yes == self.scanned { 1.0 } else { wilson((yes + 0.5) / n, alike, 1.0) };
        // What was scanned is known: the whole shows it at least as often.
        Interval { share: p, low: low.max(yes / of), high: high.min(1.0 - (approximate(self.scanned) - yes) / of) }
    }
}

/// Wilson's bound for a share of a sample of `n`: the lower one for the sign -1, the upper one for 1.
fn wilson(share: f64, n: f64, sign: f64) -> f64 {
    (2.0 * n * share + Z * Z + sign * Z * (Z * Z + 4.0 * n * share * (1.0 - share)).sqrt()) / (2.0 * (n + Z * Z))
}

/// Counts of projects fit a float exactly.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn approximate(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence of numbers that look random (splitmix64).
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) % n
        }
    }

    /// How many of 100 seeds draw a part of a planted population whose interval holds the planted share.
    fn inside(eligible: u64, planted: u64, scanned: u64) -> usize {
        let top = Stratum { yes: 40, scanned: 100, eligible: 100 };
        let truth = approximate(40 + planted.cast_signed()) / approximate(100 + eligible.cast_signed());
        let of_seed = |seed: u64| {
            let mut chance = Chance(seed);
            let (mut left, mut shown, mut yes) = (eligible, planted, 0);
            for _ in 0..scanned {
                let is_yes = chance.below(left) < shown;
                yes += i64::from(is_yes);
                shown -= u64::from(is_yes);
                left -= 1;
            }
            let rest = Stratum { yes, scanned: scanned.cast_signed(), eligible: eligible.cast_signed() };
            let Interval { low, high, .. } = interval(&[top, rest]);
            (low..=high).contains(&truth)
        };
        (0..100).filter(|&seed| of_seed(seed)).count()
    }

    #[test]
    fn the_planted_share_is_inside_in_95_of_100_seeds() {
        let cases = [(20_000, 3_800, 1_000), (20_000, 160, 1_000), (20_000, 4, 1_000), (5_000, 1_000, 4_000), (300, 30, 60)];
        let counts = cases.map(|(eligible, planted, scanned)| inside(eligible, planted, scanned));
        assert!(counts.iter().sum::<usize>() >= 95 * cases.len() && counts.iter().all(|&count| count >= 93), "{counts:?}");
    }

    #[test]
    fn what_was_scanned_whole_has_no_interval() {
        let whole = interval(&[Stratum { yes: 3, scanned: 10, eligible: 10 }, Stratum { yes: 1, scanned: 30, eligible: 30 }]);
        assert_eq!((whole.low, whole.high), (whole.share, whole.share));
        assert!((whole.share - 0.1).abs() < 1e-12);
    }
}
