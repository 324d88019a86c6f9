//! Where a crawl's projects and files come from: one face for an index and a directory.

use census_model::tables::ArtifactRow;

use crate::page::{Answer, Names};
use crate::{Error, Index, Links, Mirror, Progress};

/// Where projects and files come from.
pub enum Source {
    /// An index.
    Index(Index),
    /// A directory.
    Links(Links),
}

impl Source {
    /// The projects it has.
    pub(crate) async fn names(&self) -> Result<Names, Error> {
        match self {
            Self::Index(index) => index.names().await,
            Self::Links(links) => Ok(links.names()),
        }
    }

    /// What it says of a project.
    pub(crate) async fn project(&self, project: &str, etag: Option<&str>) -> Result<Answer, Error> {
        match self {
            Self::Index(index) => index.project(project, etag).await,
            Self::Links(links) => Ok(links.project(project)),
        }
    }

    /// How large a file is, where the page did not tell: what the server would send; none where it does not say either.
    pub(crate) async fn size(&self, file: &ArtifactRow) -> Option<u64> {
        match self {
            Self::Index(index) => index.size(&file.url).await,
            Self::Links(_) => None,
        }
    }

    /// Mirrors a file; gives its size.
    pub(crate) async fn fetch(&self, file: &ArtifactRow, mirror: &Mirror, progress: &dyn Progress) -> Result<u64, Error> {
        match self {
            Self::Index(index) => {
                let size = file.size.and_then(|size| u64::try_from(size).ok());
                index.download(&file.url, &file.sha256, size, mirror, progress).await
            }
            Self::Links(links) => links.copy(&file.url, &file.sha256, mirror, progress).await,
        }
    }
}
