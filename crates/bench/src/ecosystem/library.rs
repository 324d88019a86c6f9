//! Libraries whose files other projects carry copies of: the same bytes, the same facts, wherever they are.

use census_model::How;

use super::content::{Seen, phase_of_code, scale};
use super::names::{scattered, syllables};
use super::random::{Random, Use};
use super::vocabulary::Vocabulary;

/// A library.
pub(crate) struct Library {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its files.
    pub(crate) files: Vec<Copied>,
}

/// A file of a library.
pub(crate) struct Copied {
    /// The path inside the library.
    pub(crate) path: String,
    /// Its size.
    pub(crate) size: i64,
    /// The hash of its bytes.
    pub(crate) sha256: [u8; 32],
    /// What is seen in it.
    pub(crate) seen: Vec<Seen>,
}

/// This many libraries.
pub(crate) fn all(seed: u64, count: u32, vocabulary: &Vocabulary) -> Vec<Library> {
    (0..count).map(|number| one(Random::of(seed, Use::Library, number.into()), number, vocabulary)).collect()
}

fn one(mut random: Random, number: u32, vocabulary: &Vocabulary) -> Library {
    let files = scale(random.lognormal(6.0, 1.0), 1, 60);
    Library {
        name: scattered(0x00e0_0000 + number),
        version: format!("{}.{}.{}", random.below(5), random.below(20), random.below(10)),
        files: (0..files).map(|file| copied(&mut random, file, vocabulary)).collect(),
    }
}

fn copied(random: &mut Random, file: u32, vocabulary: &Vocabulary) -> Copied {
    let size = i64::from(scale(random.lognormal(5_000.0, 1.2), 40, 500_000));
    let count = scale(random.lognormal(6.0, 1.0), 1, 200);
    let mut seen: Vec<Seen> = (0..count)
        .map(|_| {
            let word = if random.chance(0.6) { vocabulary.draw_common(random) } else { vocabulary.draw_rare(random) };
            Seen {
                word,
                phase: phase_of_code(random),
                how: How::Resolved,
                count: 1 + random.zipf(20).cast_signed(),
                line: line(random, size),
            }
        })
        .collect();
    seen.sort_by_key(|seen| seen.word);
    seen.dedup_by_key(|seen| seen.word);
    let path = if file == 0 { "__init__.py".to_owned() } else { format!("{}.py", syllables(file.into(), 2)) };
    Copied { path, size, sha256: random.digest(), seen }
}

/// A line of a file of this size.
pub(crate) fn line(random: &mut Random, size: i64) -> i32 {
    1 + random.below(u32::try_from(size / 36).unwrap_or(u32::MAX).max(1)).cast_signed()
}
