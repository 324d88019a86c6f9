//! Where a lake is: an object store and the path in it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use deltalake::DeltaTableError;
use deltalake::logstore::{LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories};
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
    /// The store for a location: a directory, `memory:///`, or `s3://bucket/prefix`.
    pub(crate) fn at(location: &str) -> Result<Self, Error> {
        let refuse = |why: String| Error::Location { location: location.to_owned(), why };
        match Url::parse(location) {
            Ok(url) if url.scheme() == "memory" => Self::new(Arc::new(InMemory::new()), url),
            Ok(url) if url.scheme() == "file" => {
                Self::directory(&url.to_file_path().map_err(|()| refuse("it names no local directory".to_owned()))?, refuse)
            }
            #[cfg(feature = "s3")]
            Ok(url) if url.scheme() == "s3" => Self::bucket(url, refuse),
            Ok(url) if url.scheme().len() > 1 => Err(refuse(format!("the scheme `{}` is not built in", url.scheme()))),
            _ => Self::directory(std::path::Path::new(location), refuse),
        }
    }

    /// A bucket; who may write to it, and where it is, the usual `AWS_*` variables tell.
    #[cfg(feature = "s3")]
    fn bucket(url: Url, refuse: impl Fn(String) -> Error) -> Result<Self, Error> {
        let bucket = url.host_str().ok_or_else(|| refuse("it names no bucket".to_owned()))?;
        let client = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build();
        Self::new(Arc::new(client.map_err(|e| refuse(e.to_string()))?), url)
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
        if base.scheme() == "s3" {
            know_s3();
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

    /// Deletes what a killed process left of objects in a local directory that it had not written whole: the store itself does not
    /// list them.
    pub(crate) fn sweep(&self, directory: &Path, cutoff: SystemTime) {
        let place = self.base.to_file_path().ok().and_then(|base| Some(base.join(directory.filename()?)));
        let Some(entries) = place.and_then(|place| std::fs::read_dir(place).ok()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_part = name.to_str().and_then(|name| name.rsplit_once('#')).is_some_and(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()));
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            if is_part && written.is_ok_and(|written| written < cutoff) {
                let _ = std::fs::remove_file(entry.path()); // Somebody else may have been faster.
            }
        }
    }
}

/// S3's writes can be conditional: a log there is kept as anywhere else.
fn know_s3() {
    let scheme = Url::parse("s3://").expect("a constant URL");
    logstore_factories().entry(scheme).or_insert_with(|| Arc::new(Plain));
}

/// Logs kept by conditional writes alone.
struct Plain;

impl LogStoreFactory for Plain {
    fn with_options(
        &self,
        prefixed: ObjectStoreRef,
        root: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> Result<Arc<dyn LogStore>, DeltaTableError> {
        Ok(default_logstore(prefixed, root, location, options))
    }
}
