//! A synthetic ecosystem: a lake of as many projects as wanted, with the skews of a real one, the same for the same seed.
//!
//! Rows are made per project, each from a stream of numbers seeded by the seed and the project's number, and written as those of
//! real scans are: [`census_lake::Lake::commit`]. A few names are everywhere, a long tail is rare; sizes are lognormal; some
//! files are copies of libraries, or empty. The commonest names include many that the catalog looks for, so a new catalog
//! makes another ecosystem. Besides the lake, a data directory of rules is written: [`rules`].

mod content;
mod library;
mod names;
mod project;
mod random;
mod rows;
mod rules;
mod run;
#[cfg(test)]
mod tests;
mod vocabulary;
mod web;
mod write;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use census_catalog::Catalog;
use census_model::Table;
use clap::Args;

use crate::error::Error;
use library::Library;
use vocabulary::Vocabulary;
use web::Web;

/// How large, and where.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Where to write the lake: a directory, new or empty.
    #[arg(long)]
    pub lake: PathBuf,
    /// Where to write the rules.
    #[arg(long)]
    pub data: PathBuf,
    /// How many projects.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=4_000_000))]
    pub projects: u32,
    /// Another seed is another ecosystem.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many releases of each project were scanned. The newest of them are the same whatever this is.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub history: u32,
    /// Threads.
    #[arg(long, default_value_t = default_threads())]
    pub threads: NonZero<usize>,
}

/// As many as there are processors.
pub(crate) fn default_threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Writes the lake and the rules; tells how many rows each has.
///
/// # Errors
/// Where the lake is not empty, or something cannot be written.
pub fn write(options: &Options) -> Result<BTreeMap<Table, u64>, Error> {
    let catalog = Catalog::embedded()?;
    let world = World::new(options, &catalog);
    rules::write(&options.data, &catalog, &world.vocabulary, &world.web)?;
    write::lake(options, &world)
}

/// What projects have in common.
pub(crate) struct World {
    seed: u64,
    projects: u32,
    /// How many projects are ranked: the first ones.
    ranked: u32,
    history: u32,
    /// The median of a project's facts.
    median: f64,
    web: Web,
    vocabulary: Vocabulary,
    libraries: Vec<Library>,
}

impl World {
    fn new(options: &Options, catalog: &Catalog) -> Self {
        let &Options { projects, seed, history, .. } = options;
        let web = Web::new(seed, projects, catalog);
        let vocabulary = Vocabulary::new(seed, 4 * projects, (projects / 20).clamp(100, 20_000), catalog, &web);
        let libraries = library::all(seed, (projects / 100).clamp(20, 5_000), &vocabulary);
        Self { seed, projects, ranked: (projects / 2).min(15_000), history, median: 37.0, web, vocabulary, libraries }
    }
}

/// Which shared terms have been seen.
pub(crate) struct Words(Vec<AtomicU64>);

impl Words {
    fn new(count: u32) -> Self {
        Self((0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Marks one as seen.
    pub(crate) fn add(&self, word: u32) {
        let (place, bit) = (&self.0[word as usize / 64], 1 << (word % 64));
        if place.load(Ordering::Relaxed) & bit == 0 {
            place.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn has(&self, word: u32) -> bool {
        self.0[word as usize / 64].load(Ordering::Relaxed) >> (word % 64) & 1 == 1
    }
}
