//! What can go wrong, and where.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says in its message what it is")]
pub enum Error {
    #[error("no wheel, egg, zip or tar.gz to read")]
    Empty,
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} ended with {status}", program.display())]
    Ended { program: PathBuf, status: ExitStatus },
    #[error("what {} prints are not the rows asked for: {source}", program.display())]
    Listing { program: PathBuf, source: serde_json::Error },
    #[error("{}: {source}", path.display())]
    Csv { path: PathBuf, source: csv::Error },
    #[error("{}: no peak of memory (`VmHWM`)", path.display())]
    Peak { path: PathBuf },
    #[error("no thread to measure on: {0}")]
    Thread(io::Error),
    #[error("cannot print: {0}")]
    Output(io::Error),
    #[error("{}: there is a lake already", path.display())]
    Taken { path: PathBuf },
    #[error(transparent)]
    Lake(#[from] census_lake::Error),
    #[error(transparent)]
    Prevalence(#[from] census_prevalence::Error),
    #[error("{engine} has other numbers")]
    Differ { engine: &'static str },
    #[error("the rules: {0}")]
    Rules(#[from] census_catalog::Error),
}

impl Error {
    /// Says of an error which file it is about.
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}
