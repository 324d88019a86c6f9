//! Where a lake is: an object store and the path in it.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};
use url::Url;

use crate::Error;

/// The store of a lake, and the path of the lake in it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    root: Arc<dyn ObjectStore>,
    base: Url,
    prefix: Path,
}

impl Store {
    /// The store for a location: a directory, or `memory:///`.
    pub(crate) fn at(location: &str) -> Result<Self, Error> {
        let refuse = |why: String| Error::Location { location: location.to_owned(), why };
        match Url::parse(location) {
            Ok(url) if url.scheme() == "memory" => Self::new(Arc::new(InMemory::new()), url),
            Ok(url) if url.scheme() == "file" => {
                Self::directory(&url.to_file_path().map_err(|()| refuse("it names no local directory".to_owned()))?, refuse)
            }
            Ok(url) if url.scheme().len() > 1 => Err(refuse(format!("the scheme `{}` is not built in", url.scheme()))),
            _ => Self::directory(std::path::Path::new(location), refuse),
        }
    }

    fn directory(path: &std::path::Path, refuse: impl Fn(String) -> Error) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|e| refuse(e.to_string()))?;
        if path.exists() && !path.is_dir() {
            return Err(refuse("it is no directory".to_owned()));
        }
        let base = Url::from_directory_path(path).map_err(|()| refuse("it is no absolute path".to_owned()))?;
        Self::new(Arc::new(LocalFileSystem::new()), base)
    }

    /// The store below `base` of a store whose root is the root of that URL.
    pub(crate) fn new(root: Arc<dyn ObjectStore>, mut base: Url) -> Result<Self, Error> {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let prefix = Path::from_url_path(base.path()).map_err(|e| Error::Location { location: base.to_string(), why: e.to_string() })?;
        Ok(Self { root, base, prefix })
    }

    /// The store as a whole.
    pub(crate) fn root(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.root)
    }

    /// The path of something in the lake.
    pub(crate) fn path<'a>(&'a self, parts: impl IntoIterator<Item = &'a str>) -> Path {
        parts.into_iter().fold(self.prefix.clone(), Path::join)
    }

    /// The URL of a table.
    pub(crate) fn table_url(&self, table: &str) -> Url {
        self.base.join(&format!("{table}/")).expect("a table's name is a path segment")
    }

    /// Writes an object, whole or not at all.
    pub(crate) async fn put(&self, path: &Path, bytes: impl Into<PutPayload>) -> Result<(), Error> {
        self.root.put(path, bytes.into()).await.map(drop).map_err(|source| Error::store(path, source))
    }

    /// Reads an object, where there is one.
    pub(crate) async fn get(&self, path: &Path) -> Result<Option<Bytes>, Error> {
        let found = match self.root.get(path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found,
        };
        let bytes = async { found?.bytes().await }.await;
        bytes.map(Some).map_err(|source| Error::store(path, source))
    }

    /// Deletes an object, where there is one.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), Error> {
        match self.root.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::store(path, source)),
        }
    }

    /// Everything below a path.
    pub(crate) async fn list(&self, below: &Path) -> Result<Vec<ObjectMeta>, Error> {
        self.root.list(Some(below)).try_collect().await.map_err(|source| Error::store(below, source))
    }
}
