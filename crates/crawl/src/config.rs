//! The settings of a crawl: the section `[crawl]` of a pipeline file.

use std::path::PathBuf;

use census_model::Policy;
use serde::Deserialize;

/// What to crawl, from where, and how much of it. The population is `projects`, `top` or `all`: one of them; with `find_links`
/// it is all that the directory holds unless one is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A file of projects: names, one a line, or a CSV with ranks and downloads as `data/samples` holds them.
    pub projects: Option<PathBuf>,
    /// The ranking: a path or a URL, JSON or CSV.
    pub ranking: Option<String>,
    /// The first so many projects of the ranking.
    pub top: Option<usize>,
    /// Every project of the index, and of the ranking.
    pub all: bool,
    /// Which files of the release that speaks for a project are mirrored.
    pub artifacts: Policy,
    /// How many bytes the chosen files may have together.
    pub max_bytes: Option<u64>,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Whom the index's operators can write to: an address or a URL that goes into the User-Agent.
    pub contact: Option<String>,
    /// A directory of files that stands in for an index.
    pub find_links: Option<PathBuf>,
    /// The index.
    pub index_url: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            projects: None,
            ranking: None,
            top: None,
            all: false,
            artifacts: Policy::Installed,
            max_bytes: None,
            concurrency: 8,
            contact: None,
            find_links: None,
            index_url: None,
        }
    }
}
