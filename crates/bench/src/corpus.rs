//! The artifacts that are read: those that both the bare sum and the scan can read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use census_model::choice;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// How an artifact is packed, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Zip,
    TarGz,
}

/// An artifact to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// The normalized name of its project.
    pub(crate) project: String,
    /// Its name on the index.
    pub(crate) filename: String,
    pub(crate) packing: Packing,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl Artifact {
    /// Its bytes, all at once.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.path).map_err(Error::at(&self.path))
    }
}

/// The artifacts in a directory, by name.
pub(crate) fn of_files(directory: &Path) -> Result<Vec<Artifact>, Error> {
    let mut artifacts = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::at(directory))? {
        let path = entry.map_err(Error::at(directory))?.path();
        let Some(filename) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let (Some((project, _)), Some(packing)) = (choice::split(filename), packing(filename)) {
            artifacts.push(Artifact { project, filename: filename.to_owned(), packing, path: path.clone() });
        }
    }
    sorted(artifacts)
}

#[derive(Deserialize)]
struct Row {
    project: String,
    filename: String,
    sha256: String,
}

/// The artifacts of a mirror that its lake knows as current, by name. Those that are not mirrored are left out.
pub(crate) fn of_mirror(mirror: &Path, census: &Path, lake: &str) -> Result<Vec<Artifact>, Error> {
    const QUERY: &str = "SELECT project, filename, sha256 FROM current_artifacts";
    let rows: Vec<Row> = listed(Command::new(census).args(["sql", "--lake", lake, "--format", "json", "-c", QUERY]))?;
    let artifacts = rows.into_iter().filter_map(|row| {
        let path = mirror.join(row.sha256.get(..2)?).join(row.sha256.get(2..4)?).join(&row.sha256);
        let packing = packing(&row.filename).filter(|_| path.is_file())?;
        Some(Artifact { project: row.project, filename: row.filename, packing, path })
    });
    sorted(artifacts.collect())
}

/// The rows that a command prints as JSON.
pub(crate) fn listed<T: DeserializeOwned>(command: &mut Command) -> Result<Vec<T>, Error> {
    let program = PathBuf::from(command.get_program());
    let output = command.stderr(Stdio::inherit()).output().map_err(Error::at(&program))?;
    if !output.status.success() {
        return Err(Error::Ended { program, status: output.status });
    }
    serde_json::from_slice(&output.stdout).map_err(|source| Error::Listing { program, source })
}

fn sorted(mut artifacts: Vec<Artifact>) -> Result<Vec<Artifact>, Error> {
    artifacts.sort_by(|a, b| a.filename.cmp(&b.filename));
    if artifacts.is_empty() { Err(Error::Empty) } else { Ok(artifacts) }
}

fn packing(filename: &str) -> Option<Packing> {
    let ends = |extensions: &[&str]| extensions.iter().any(|extension| filename.ends_with(extension));
    if ends(&[".whl", ".egg", ".zip"]) {
        return Some(Packing::Zip);
    }
    ends(&[".tar.gz", ".tgz"]).then_some(Packing::TarGz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_packing() {
        for (filename, expected) in [
            ("a-1.0-py3-none-any.whl", Some(Packing::Zip)),
            ("a-1.0.zip", Some(Packing::Zip)),
            ("a-1.0.tar.gz", Some(Packing::TarGz)),
            ("a-1.0.tar.bz2", None),
        ] {
            assert_eq!(packing(filename), expected, "{filename}");
        }
    }

    #[test]
    fn a_directory_gives_its_artifacts_by_name() {
        let directory = tempfile::tempdir().unwrap();
        for filename in ["b-1.tar.gz", "a-1-py3-none-any.whl", "notes.txt"] {
            fs::write(directory.path().join(filename), b"x").unwrap();
        }
        let names: Vec<_> = of_files(directory.path()).unwrap().into_iter().map(|artifact| artifact.filename).collect();
        assert_eq!(names, ["a-1-py3-none-any.whl", "b-1.tar.gz"]);
        let nothing = tempfile::tempdir().unwrap();
        assert!(matches!(of_files(nothing.path()), Err(Error::Empty)));
    }
}
