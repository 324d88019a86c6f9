//! What a crawl did, and what it left undone and why.

use census_model::row::Day;

use crate::Error;

/// What could not be done for a project; the others went on.
#[derive(Debug)]
pub struct Failure {
    /// The project.
    pub project: String,
    /// The file, where one is meant.
    pub filename: Option<String>,
    /// Why.
    pub error: Error,
}

/// A file that was not mirrored on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The project.
    pub project: String,
    /// The file.
    pub filename: String,
    /// Why.
    pub reason: Reason,
}

/// Why a file was not mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `max_bytes` was used up by the projects before.
    Budget,
    /// `max_bytes` is set, and neither the index nor its server tells the file's size.
    UnknownSize,
    /// The index gives no SHA-256, so the file could not be verified.
    NoHash,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Budget => "the budget of bytes is used up",
            Self::UnknownSize => "its size is not known, and the bytes are bounded",
            Self::NoHash => "the index gives no SHA-256",
        })
    }
}

/// What a crawl did.
#[derive(Debug, Default)]
pub struct Summary {
    /// Projects visited.
    pub projects: usize,
    /// Of these, those whose state and files are as they were.
    pub unchanged: usize,
    /// Of these, those the index does not have.
    pub absent: usize,
    /// Projects and files that failed.
    pub failures: Vec<Failure>,
    /// Files that speak for their projects: downloaded, in the mirror already, left out or failed.
    pub chosen: usize,
    /// Of these, downloaded now.
    pub downloaded: usize,
    /// Of these, in the mirror already.
    pub present: usize,
    /// Files left out, chosen or not.
    pub left_out: Vec<LeftOut>,
    /// Bytes of the files downloaded.
    pub bytes: u64,
    /// Requests made, tries again included.
    pub requests: u64,
    /// The highest serial that the index told.
    pub serial: Option<i64>,
    /// The day of the ranking.
    pub ranked_on: Option<Day>,
    /// Where the ranking is from.
    pub ranking_source: Option<String>,
}
