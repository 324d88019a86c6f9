//! `census-bench scan`: what a scan costs, beside the least that reading the same files could cost.
//!
//! Prints one table: the bare sum, Census's own scan in this process, the memory that it needs, and `census scan` as a whole; each
//! the median of several runs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::corpus::{self, Artifact};
use crate::error::Error;
use crate::figure::{self, Figure, Record};
use crate::{bare, command, scan};

/// A stack for the deepest code that extraction parses.
const STACK: usize = 128 << 20;

/// What to read, and how often.
#[derive(Debug, Args)]
pub struct Options {
    /// The mirror whose artifacts to read; their names come from the lake.
    #[arg(long, required_unless_present = "files", conflicts_with = "files", requires = "census")]
    mirror: Option<PathBuf>,
    /// The lake that knows the mirror's artifacts.
    #[arg(long, default_value = "data/lake")]
    lake: String,
    /// A directory of wheels and source distributions to read instead.
    #[arg(long)]
    files: Option<PathBuf>,
    /// The program `census`: lists the mirror's artifacts, and is measured as a whole.
    #[arg(long)]
    census: Option<PathBuf>,
    /// How often to measure; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Append the figures to `data/bench/<date>-scan.csv`.
    #[arg(long)]
    write: bool,
    /// Scan once and print the peak of memory: what the fresh process does.
    #[arg(long, hide = true)]
    peak: bool,
}

/// Measures and prints.
///
/// # Errors
/// Where there is nothing to read, or a program fails.
pub fn run(options: &Options) -> Result<(), Error> {
    let run = || if options.peak { scan::print_peak(&options.corpus()?) } else { measure(options) };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.map_err(Error::Thread)?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn measure(options: &Options) -> Result<(), Error> {
    let corpus = options.corpus()?;
    let deep = scan::too_deep(&corpus)?;
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        let bare = bare::run(&corpus, &deep)?;
        let scan = scan::run(&corpus)?;
        let mut figures = figure::of_run(&bare, &scan, corpus.len());
        figures.push(Figure::new("scan, peak of memory", scan::peak()?, "MB"));
        if let Some(census) = &options.census {
            figures.extend(command::run(census, &corpus, &bare)?);
        }
        runs.push(figures);
    }
    let figures = figure::medians(&runs);
    std::io::stdout().write_all(figure::table(&figures, corpus.len(), runs.len()).as_bytes()).map_err(Error::Output)?;
    if options.write {
        Record::of_this_run("scan", corpus.len(), runs.len()).append(&figures, Path::new("data/bench"))?;
    }
    Ok(())
}

impl Options {
    fn corpus(&self) -> Result<Vec<Artifact>, Error> {
        match (&self.files, &self.mirror, &self.census) {
            (Some(files), ..) => corpus::of_files(files),
            (None, Some(mirror), Some(census)) => corpus::of_mirror(mirror, census, &self.lake),
            _ => Err(Error::Empty),
        }
    }
}
