//! Where the texts come from: the copy inside the program, or a directory.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::Error;

static RULES: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../data/rules");
static TLDS: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../data/tlds");
static LABELS: &str = include_str!("../../../data/labels.toml");

/// The TOML files of a data directory: texts by path relative to it (`rules/execution.toml`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(pub BTreeMap<String, String>);

impl Sources {
    /// The copy inside the program.
    pub fn embedded() -> Self {
        let mut texts = BTreeMap::from([("labels.toml".to_owned(), LABELS.to_owned())]);
        for (folder, dir) in [("rules", &RULES), ("tlds", &TLDS)] {
            for file in dir.files().filter(|f| is_toml(f.path())) {
                let text = file.contents_utf8().expect("the repository's TOML files are UTF-8");
                texts.insert(format!("{folder}/{}", file.path().display()), text.to_owned());
            }
        }
        Self(texts)
    }

    /// The files of a data directory: `rules/*.toml`, `tlds/*.toml`, `labels.toml`.
    pub fn read(data: &Path) -> Result<Self, Error> {
        let mut texts = BTreeMap::from([("labels.toml".to_owned(), read(&data.join("labels.toml"))?)]);
        for folder in ["rules", "tlds"] {
            for path in list(&data.join(folder))?.into_iter().filter(|path| is_toml(path)) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                texts.insert(format!("{folder}/{name}"), read(&path)?);
            }
        }
        Ok(Self(texts))
    }

    /// The files of a folder: path, the file's name without `.toml`, and text.
    pub(crate) fn folder<'a>(&'a self, folder: &str) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        let prefix = format!("{folder}/");
        self.0
            .iter()
            .filter_map(move |(path, text)| Some((path.as_str(), path.strip_prefix(&prefix)?.strip_suffix(".toml")?, text.as_str())))
    }

    /// The text of a file that must be there.
    pub(crate) fn text(&self, path: &str) -> Result<&str, Error> {
        self.0.get(path).map(String::as_str).ok_or_else(|| Error::Missing(path.to_owned()))
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml")
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// What a directory holds, sorted.
pub(crate) fn list(dir: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let failed = |source| Error::Read { path: dir.to_owned(), source };
    let entries = std::fs::read_dir(dir).map_err(failed)?;
    let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}
