//! Numbers that look random and are the same every time: SplitMix64, seeded by what they are for.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

/// What a stream is for: streams of one number and different uses have nothing in common.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    Project = 1,
    Release,
    Library,
    Word,
    Host,
    Name,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scatters the bits of a number over all of its bits; no two numbers give the same.
pub(crate) fn scatter(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// The stream of one thing.
    pub(crate) fn of(seed: u64, what: Use, number: u64) -> Self {
        Self(scatter(scatter(seed.wrapping_mul(STEP) ^ what as u64).wrapping_add(number.wrapping_mul(STEP))))
    }

    /// 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scatter(self.0)
    }

    /// A number below `n`, which is not 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(((self.bits() >> 32) * u64::from(n)) >> 32).expect("below n")
    }

    /// A number from 0 up to, but never, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what fits")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that does in this share of cases.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A number with this median whose logarithm is normal with this deviation.
    pub(crate) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        median * (sigma * radius * (std::f64::consts::TAU * self.unit()).cos()).exp()
    }

    /// A place among `n`, the first ones the likeliest: the share of place k falls like 1/k.
    pub(crate) fn zipf(&mut self, n: u32) -> u32 {
        (whole(f64::from(n + 1).powf(self.unit())) - 1).min(n - 1)
    }

    /// A place among `n`, flatter: the share of place k falls like the root of 1/k, so that most places have their turn.
    pub(crate) fn tail(&mut self, n: u32) -> u32 {
        whole(f64::from(n) * self.unit().powi(2)).min(n - 1)
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(u32::try_from(all.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of these, each with its weight.
    pub(crate) fn weighed<T: Copy>(&mut self, all: &[(T, f64)]) -> T {
        let mut left = self.unit() * all.iter().map(|(_, weight)| weight).sum::<f64>();
        let found = all.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        found.unwrap_or(&all[all.len() - 1]).0
    }

    /// Bytes like those of a digest.
    pub(crate) fn digest(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_exact_mut(8) {
            part.copy_from_slice(&self.bits().to_le_bytes());
        }
        bytes
    }
}

/// The whole part of a number that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off at both ends")]
pub(crate) fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_every_time_and_its_own() {
        let first = |seed, what, number| Random::of(seed, what, number).bits();
        assert_eq!(first(1, Use::Project, 7), first(1, Use::Project, 7));
        let others = [first(1, Use::Project, 7), first(2, Use::Project, 7), first(1, Use::Release, 7), first(1, Use::Project, 8)];
        assert_eq!(others.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    }

    #[test]
    fn shares_are_what_is_asked_for() {
        let mut random = Random::of(0, Use::Word, 0);
        let n = 20_000;
        let often = (0..n).filter(|_| random.chance(0.3)).count();
        assert!((5_600..6_400).contains(&often), "{often}");
        let mut sizes: Vec<f64> = (0..n).map(|_| random.lognormal(20.0, 2.0)).collect();
        sizes.sort_by(f64::total_cmp);
        assert!((18.0..22.0).contains(&sizes[n / 2]), "{}", sizes[n / 2]);
        let first = (0..n).filter(|_| random.zipf(1000) == 0).count();
        assert!((1_700..2_300).contains(&first), "a tenth of 1001 to the power of u is below 2: {first}");
        assert!((0..n).all(|_| random.zipf(3) < 3));
        let first = (0..n).filter(|_| random.tail(100) < 25).count();
        assert!((9_500..10_500).contains(&first), "a quarter of the places have half: {first}");
        let heavy = (0..n).filter(|_| random.weighed(&[(1, 3.0), (2, 1.0)]) == 1).count();
        assert!((14_500..15_500).contains(&heavy), "{heavy}");
    }
}
