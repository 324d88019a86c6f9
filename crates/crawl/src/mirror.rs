//! The mirror: artifact files by SHA-256, `ab/cd/<sha256>`, so that what two projects share is kept once.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use census_model::id;
use futures::{Stream, TryStreamExt};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::Error;

/// A directory of files named by their SHA-256. A file is there whole and verified, or not at all.
#[derive(Clone, Debug)]
pub struct Mirror {
    root: PathBuf,
}

/// Temporary files older than this were left by a process that was killed.
const STALE: Duration = Duration::from_hours(24);

impl Mirror {
    /// The mirror at `root`, made where it does not exist.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let tmp = root.join("tmp");
        std::fs::create_dir_all(&tmp).map_err(|e| Error::io(&tmp, e))?;
        for entry in std::fs::read_dir(&tmp).map_err(|e| Error::io(&tmp, e))?.flatten() {
            let written = entry.metadata().and_then(|m| m.modified()).unwrap_or_else(|_| SystemTime::now());
            if written.elapsed().is_ok_and(|age| age > STALE) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Where the file with this SHA-256 (64 lower-case hexadecimal digits) is, once it is there.
    pub fn path(&self, sha256: &str) -> PathBuf {
        debug_assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()));
        self.root.join(&sha256[..2]).join(&sha256[2..4]).join(sha256)
    }

    /// Whether the file with this SHA-256 is there.
    pub fn has(&self, sha256: &str) -> bool {
        self.path(sha256).is_file()
    }

    /// The size of the file with this SHA-256, where it is there.
    pub(crate) fn size(&self, sha256: &str) -> Option<u64> {
        self.path(sha256).metadata().ok().map(|metadata| metadata.len())
    }

    /// Stores a file of at most `limit` bytes, verified against `sha256`; `url` is named in errors. Gives its size. On failure
    /// nothing is left.
    pub async fn store(&self, sha256: &str, url: &str, limit: u64, chunks: impl Stream<Item = Result<Bytes, Error>>) -> Result<u64, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("{sha256}.{}.{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let temporary = Temporary(self.root.join("tmp").join(name));
        let size = write(&temporary.0, sha256, url, limit, chunks).await?;
        let path = self.path(sha256);
        let directory = path.parent().expect("the path has two directories above it");
        tokio::fs::create_dir_all(directory).await.map_err(|e| Error::io(directory, e))?;
        tokio::fs::rename(&temporary.0, &path).await.map_err(|e| Error::io(&path, e))?;
        // The name must outlive a power cut too, or the tables would tell of a file that is not there.
        let synced = tokio::fs::File::open(directory).await;
        synced.map_err(|e| Error::io(directory, e))?.sync_all().await.map_err(|e| Error::io(directory, e))?;
        Ok(size)
    }
}

/// What a look at every file of a mirror found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, and with which file.
    pub damages: Vec<(PathBuf, String)>,
}

impl Mirror {
    /// Hashes every file of the mirror at `root` anew, in as many threads as there are cores; a mirror that does not exist has none.
    pub fn verify(root: &Path) -> Result<Checked, Error> {
        let mut paths = Vec::new();
        for directory in entries(root)?.into_iter().filter(|path| path.is_dir() && !path.ends_with("tmp")) {
            for below in entries(&directory)? {
                paths.extend(entries(&below)?);
            }
        }
        paths.sort();
        let next = AtomicUsize::new(0);
        let work = || -> Checked {
            let mut checked = Checked::default();
            while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                checked.look(path);
            }
            checked
        };
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut all = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().expect("hashing does not panic")).fold(Checked::default(), Checked::and)
        });
        all.damages.sort();
        Ok(all)
    }
}

/// What is in a directory; nothing, where there is none.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    match std::fs::read_dir(directory) {
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(e) => Err(Error::io(directory, e)),
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(|e| Error::io(directory, e))).collect(),
    }
}

impl Checked {
    fn look(&mut self, path: &Path) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        self.files += 1;
        match hash(path) {
            Ok((found, bytes)) => {
                self.bytes += bytes;
                let is_there = path.ends_with(Path::new(&found[..2]).join(&found[2..4]).join(&found));
                if found != name {
                    self.damages.push((path.to_owned(), format!("its bytes have the SHA-256 {found}")));
                } else if !is_there {
                    self.damages.push((path.to_owned(), "is in the wrong directory".to_owned()));
                }
            }
            Err(error) => self.damages.push((path.to_owned(), error.to_string())),
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.files += other.files;
        self.bytes += other.bytes;
        self.damages.extend(other.damages);
        self
    }
}

/// The SHA-256 of a file, and its bytes.
fn hash(path: &Path) -> std::io::Result<(String, u64)> {
    let (mut file, mut digest) = (std::fs::File::open(path)?, Sha256::new());
    let bytes = std::io::copy(&mut file, &mut digest)?;
    Ok((id::hex(&digest.finalize()), bytes))
}

/// A file that goes when its writer does, whether it ended, failed or was dropped half way.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // It is gone already where it was renamed.
    }
}

async fn write(path: &Path, expected: &str, url: &str, limit: u64, chunks: impl Stream<Item = Result<Bytes, Error>>) -> Result<u64, Error> {
    let mut file = tokio::fs::File::create_new(path).await.map_err(|e| Error::io(path, e))?;
    let mut digest = Sha256::new();
    let mut size = 0;
    let mut chunks = pin!(chunks);
    while let Some(chunk) = chunks.try_next().await? {
        size += chunk.len() as u64;
        if size > limit {
            return Err(Error::TooLarge { url: url.to_owned(), limit });
        }
        digest.update(&chunk);
        file.write_all(&chunk).await.map_err(|e| Error::io(path, e))?;
    }
    let found = id::hex(&digest.finalize());
    if found != expected {
        return Err(Error::Hash { url: url.to_owned(), expected: expected.to_owned(), found });
    }
    file.flush().await.map_err(|e| Error::io(path, e))?;
    file.sync_all().await.map_err(|e| Error::io(path, e))?;
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store(mirror: &Mirror, sha256: &str, limit: u64, chunks: Vec<Result<Bytes, Error>>) -> Result<u64, Error> {
        mirror.store(sha256, "https://a.example/x", limit, futures::stream::iter(chunks)).await
    }

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let mirror = Mirror::open(place.path()).unwrap();
        let hash = id::hex(&id::sha256(b"hello"));
        let chunk = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let broken = Err(Error::Population("broken"));

        assert!(matches!(store(&mirror, &hash, 9, vec![chunk("hel"), broken]).await, Err(Error::Population(_))));
        assert!(matches!(store(&mirror, &hash, 4, vec![chunk("hello")]).await, Err(Error::TooLarge { limit: 4, .. })));
        let wrong = store(&mirror, &hash, 9, vec![chunk("hullo")]).await.unwrap_err();
        assert!(matches!(&wrong, Error::Hash { expected, found, .. } if *expected == hash && *found == id::hex(&id::sha256(b"hullo"))));
        assert!(!mirror.has(&hash));
        assert_eq!(std::fs::read_dir(place.path().join("tmp")).unwrap().count(), 0);

        assert_eq!(store(&mirror, &hash, 9, vec![chunk("hel"), chunk("lo")]).await.unwrap(), 5);
        assert_eq!(std::fs::read(mirror.path(&hash)).unwrap(), b"hello");
        assert_eq!(std::fs::read_dir(place.path().join("tmp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_damaged_file_is_named() {
        let place = tempfile::tempdir().unwrap();
        let nowhere = Mirror::verify(&place.path().join("nowhere")).unwrap();
        assert_eq!(nowhere, Checked::default());
        let mirror = Mirror::open(place.path()).unwrap();
        let mut hashes = Vec::new();
        for text in ["one", "two", "three"] {
            let hash = id::hex(&id::sha256(text.as_bytes()));
            store(&mirror, &hash, 9, vec![Ok(Bytes::from(text))]).await.unwrap();
            hashes.push(hash);
        }
        assert_eq!(Mirror::verify(place.path()).unwrap(), Checked { files: 3, bytes: 11, damages: Vec::new() });
        std::fs::write(mirror.path(&hashes[1]), "twO").unwrap();
        let checked = Mirror::verify(place.path()).unwrap();
        let what = format!("its bytes have the SHA-256 {}", id::hex(&id::sha256(b"twO")));
        assert_eq!(checked.damages, [(mirror.path(&hashes[1]), what)]);
        let elsewhere = place.path().join("00/00");
        std::fs::create_dir_all(&elsewhere).unwrap();
        std::fs::rename(mirror.path(&hashes[0]), elsewhere.join(&hashes[0])).unwrap();
        assert_eq!(Mirror::verify(place.path()).unwrap().damages.len(), 2);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let place = tempfile::tempdir().unwrap();
        Mirror::open(place.path()).unwrap();
        let (old, new) = (place.path().join("tmp/old"), place.path().join("tmp/new"));
        std::fs::write(&new, "").unwrap();
        std::fs::File::create(&old).unwrap().set_modified(SystemTime::now() - 2 * STALE).unwrap();
        Mirror::open(place.path()).unwrap();
        assert!(new.exists() && !old.exists());
    }
}
