//! What can go wrong in a crawl, and whether trying again can help.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A crawl's error. URLs in it hold no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No index is configured anywhere.
    #[error("no index URL found; tried {}", tried.join(", "))]
    NoIndex {
        /// The places looked at, in order.
        tried: Vec<String>,
    },
    /// An index URL cannot be read, or is not HTTP.
    #[error("index URL from {found_in}: {what}")]
    IndexUrl {
        /// Where it was found.
        found_in: String,
        /// What is wrong with it.
        what: String,
    },
    /// A certificate bundle cannot be read.
    #[error("certificates in {}: {source}", path.display())]
    Certificates {
        /// The bundle.
        path: PathBuf,
        /// Why.
        source: reqwest::Error,
    },
    /// The HTTP client cannot be made.
    #[error("HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// The server could not be reached, or the exchange broke off.
    #[error("{url}: {}", chain(source))]
    Exchange {
        /// The URL.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The server answered with an error.
    #[error("{url}: HTTP status {status}")]
    Status {
        /// The URL.
        url: String,
        /// The status code.
        status: u16,
        /// What `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// A body is larger than it may be.
    #[error("{url}: more than {limit} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// The bound that it broke.
        limit: u64,
    },
    /// A page is neither JSON nor HTML of the Simple API.
    #[error("{url}: {what}")]
    Page {
        /// The URL.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file is not what the index says it is.
    #[error("{url}: SHA-256 is {found}, the index says {expected}")]
    Hash {
        /// The URL.
        url: String,
        /// What the index says.
        expected: String,
        /// What came.
        found: String,
    },
    /// A ranking or a list of projects cannot be read.
    #[error("{place}{}: {what}", line.map(|n| format!(":{n}")).unwrap_or_default())]
    Ranking {
        /// The file or URL.
        place: String,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// The settings do not say which projects to crawl.
    #[error("population: {0}")]
    Population(&'static str),
    /// The disk is full.
    #[error("{}: no space left", path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
    },
    /// A file or directory cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Project after project failed: the index is gone, and going on would only hammer it.
    #[error("{}{last}", if *failed == 1 { String::new() } else { format!("{failed} projects in a row failed; the last: ") })]
    GaveUp {
        /// How many.
        failed: usize,
        /// The last failure.
        last: Box<Error>,
    },
    /// None of the projects is there, and many were before: a wrong URL is likelier than that all were deleted.
    #[error("the index has none of the {asked} projects asked for, {before} of which it had before")]
    Vanished {
        /// How many projects were asked for.
        asked: usize,
        /// How many of them the index had before.
        before: usize,
    },
    /// The receiver of the rows failed.
    #[error("rows: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// When a failed request may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Never: the same would come again.
    Never,
    /// After a while.
    Soon,
    /// After what the server asked for.
    After(Duration),
}

impl Error {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::StorageFull { Self::DiskFull { path } } else { Self::Io { path, source } }
    }

    /// Whether the whole run must end: nothing that comes after could be kept.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::Io { .. } | Self::Sink(_) | Self::GaveUp { .. })
    }

    pub(crate) fn retry(&self) -> Retry {
        match self {
            Self::Status { status: 429 | 500 | 502..=504, retry_after, .. } => retry_after.map_or(Retry::Soon, Retry::After),
            Self::Exchange { source, .. } if !source.is_builder() && !source.is_redirect() => Retry::Soon,
            _ => Retry::Never,
        }
    }
}

/// An error with its causes, since the outermost often says only that sending failed.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        use std::io::Write;
        let path = Path::new("/dev/full");
        let Ok(mut full) = std::fs::OpenOptions::new().write(true).open(path) else { return };
        let error = Error::io(path, full.write_all(b"x").unwrap_err());
        assert!(matches!(&error, Error::DiskFull { path } if path == Path::new("/dev/full")));
        assert!(error.is_fatal());
    }

    #[test]
    fn only_passing_faults_are_tried_again() {
        let status = |status, retry_after| Error::Status { url: String::new(), status, retry_after }.retry();
        assert_eq!(status(429, Some(Duration::from_secs(7))), Retry::After(Duration::from_secs(7)));
        assert_eq!(status(503, None), Retry::Soon);
        for code in [400, 403, 404, 410, 501] {
            assert_eq!(status(code, None), Retry::Never);
        }
        assert_eq!(Error::TooLarge { url: String::new(), limit: 1 }.retry(), Retry::Never);
    }
}
