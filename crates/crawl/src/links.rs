//! A directory of files that stands in for an index: no network, no serials, no upload times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use census_model::{choice, id};
use futures::stream;
use sha2::{Digest, Sha256};
use url::Url;

use crate::page::{Answer, File, Names, Page};
use crate::{Error, Mirror, Progress};

/// How much is read of a file at once.
const CHUNK: usize = 1 << 20;

/// The files of a directory, by project.
#[derive(Clone, Debug)]
pub struct Links {
    projects: BTreeMap<String, Page>,
}

impl Links {
    /// Reads a directory (not what is below it) and hashes the files whose names are those of distributions.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let directory = directory.canonicalize().map_err(|e| Error::io(directory, e))?;
        let mut projects: BTreeMap<String, Page> = BTreeMap::new();
        for entry in std::fs::read_dir(&directory).map_err(|e| Error::io(&directory, e))? {
            let path = entry.map_err(|e| Error::io(&directory, e))?.path();
            let Some(filename) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) else { continue };
            if let Some((project, _)) = choice::split(filename) {
                let page = projects.entry(project).or_insert_with(|| Page { status: "active".to_owned(), ..Page::default() });
                page.files.insert(filename.to_owned(), file(&path)?);
            }
        }
        Ok(Self { projects })
    }

    /// The projects it has.
    pub fn names(&self) -> Names {
        Names { projects: self.projects.keys().map(|name| (name.clone(), None)).collect(), serial: None }
    }

    /// What it has of a project (normalized name).
    pub fn project(&self, project: &str) -> Answer {
        self.projects.get(project).cloned().map_or(Answer::Missing, Answer::Page)
    }

    /// Copies a file into the mirror; gives its size.
    pub(crate) async fn copy(&self, url: &str, sha256: &str, mirror: &Mirror, progress: &dyn Progress) -> Result<u64, Error> {
        let path = Url::parse(url).ok().and_then(|url| url.to_file_path().ok()).unwrap_or_else(|| PathBuf::from(url));
        let source = tokio::fs::File::open(&path).await.map_err(|e| Error::io(&path, e))?;
        let chunks = stream::try_unfold((source, &path), |(mut source, path)| async move {
            let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
            let read = tokio::io::AsyncReadExt::read_buf(&mut source, &mut chunk).await.map_err(|e| Error::io(path, e))?;
            progress.bytes(read as u64);
            Ok((read > 0).then(|| (chunk.freeze(), (source, path))))
        });
        mirror.store(sha256, url, u64::MAX, chunks).await
    }
}

fn file(path: &Path) -> Result<File, Error> {
    let mut digest = Sha256::new();
    let mut source = std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
    let size = std::io::copy(&mut source, &mut digest).map_err(|e| Error::io(path, e))?;
    Ok(File {
        url: Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from),
        sha256: Some(id::hex(&digest.finalize())),
        size: i64::try_from(size).ok(),
        upload_time: None,
        requires_python: None,
        yanked: false,
        yanked_reason: None,
        provenance: None,
    })
}
