//! Where the index is: what the user already told pip, so that no host need be written here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use url::Url;

use crate::Error;

/// The settings that come from outside: environment variables, the file system they point into, and pip.
#[derive(Clone, Debug)]
pub struct Environment {
    vars: BTreeMap<String, String>,
    /// Where absolute system paths (`/etc/…`) start.
    root: PathBuf,
    /// Whether the installed pip may be asked for its default.
    ask_pip: bool,
}

/// The URL of an index, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexUrl {
    /// The URL, ending in a slash; it may hold credentials.
    pub url: Url,
    /// What gave it: a variable's name, a file's path, `pip`.
    pub found_in: String,
}

/// The variables that name an index, first come first served.
const VARIABLES: [&str; 3] = ["CENSUS_INDEX_URL", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"];

/// The variables that name a bundle of certificates.
const BUNDLES: [&str; 3] = ["PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];

/// Prints the default of the installed pip. Run isolated: nothing of the working directory is imported.
const ASK_PIP: &str = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)";

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        Self { vars: std::env::vars().collect(), root: PathBuf::from("/"), ask_pip: true }
    }

    /// Nothing set, no files, no pip.
    pub fn empty() -> Self {
        Self { vars: BTreeMap::new(), root: PathBuf::from("/nonexistent"), ask_pip: false }
    }

    /// These variables, system files below `root`, no pip.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>, root: &Path) -> Self {
        Self { vars: vars.into_iter().collect(), root: root.to_owned(), ask_pip: false }
    }

    fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The index: `explicit`, then `CENSUS_INDEX_URL`, `PIP_INDEX_URL`, `UV_DEFAULT_INDEX`, pip's configuration files, then the
    /// default of the pip that is installed.
    pub fn index_url(&self, explicit: Option<&str>) -> Result<IndexUrl, Error> {
        if let Some(url) = explicit {
            return IndexUrl::parse(url, "the settings");
        }
        for name in VARIABLES {
            if let Some(value) = self.var(name) {
                return IndexUrl::parse(value, name);
            }
        }
        if let Some((value, path)) = self.pip_setting("index-url") {
            return IndexUrl::parse(&value, &path.display().to_string());
        }
        if let Some(url) = self.pip_default() {
            return IndexUrl::parse(&url, "pip");
        }
        let files = self.pip_files().into_iter().map(|path| path.display().to_string());
        let tried = VARIABLES.into_iter().map(str::to_owned).chain(files).chain(["the default of the installed pip".to_owned()]);
        Err(Error::NoIndex { tried: tried.collect() })
    }

    /// The bundles of certificates to trust besides the system's; files that exist, each once.
    pub fn certificates(&self) -> Vec<PathBuf> {
        let configured = self.pip_setting("cert").map(|(value, _)| value);
        let named = BUNDLES.iter().filter_map(|name| self.var(name).map(str::to_owned)).chain(configured);
        let mut paths: Vec<PathBuf> = named.map(PathBuf::from).filter(|path| path.is_file()).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// pip's configuration files, the one that wins last: system, user, virtual environment, `PIP_CONFIG_FILE`.
    fn pip_files(&self) -> Vec<PathBuf> {
        let own = self.var("PIP_CONFIG_FILE").map(PathBuf::from);
        if own.as_deref() == Some(Path::new("/dev/null")) {
            return vec![]; // pip's way to say: read none.
        }
        let mut files = vec![self.root.join("etc/xdg/pip/pip.conf"), self.root.join("etc/pip.conf")];
        if let Some(home) = self.var("HOME").map(Path::new) {
            let config = self.var("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
            files.extend([home.join(".pip/pip.conf"), config.join("pip/pip.conf")]);
        }
        files.extend(self.var("VIRTUAL_ENV").map(|venv| Path::new(venv).join("pip.conf")));
        files.extend(own);
        files
    }

    /// A setting of pip's configuration files and the file that gave it; `[install]` wins over `[global]` as it does in pip.
    fn pip_setting(&self, key: &str) -> Option<(String, PathBuf)> {
        let files = self.pip_files();
        let texts: Vec<_> = files.iter().rev().filter_map(|path| Some((std::fs::read_to_string(path).ok()?, path))).collect();
        ["install", "global"]
            .iter()
            .find_map(|section| texts.iter().find_map(|(text, path)| ini(text, section, key).map(|value| (value, (*path).clone()))))
    }

    fn pip_default(&self) -> Option<String> {
        let interpreters: &[&str] = if self.ask_pip { &["python3", "python"] } else { &[] };
        interpreters.iter().find_map(|python| {
            let output = Command::new(python).args(["-I", "-c", ASK_PIP]).output().ok()?;
            let url = String::from_utf8(output.stdout).ok()?.trim().to_owned();
            (output.status.success() && !url.is_empty()).then_some(url)
        })
    }
}

impl IndexUrl {
    /// From what a setting says: `name=https://…` as uv has it, or the URL alone.
    pub fn parse(text: &str, found_in: &str) -> Result<Self, Error> {
        let error = |what: String| Error::IndexUrl { found_in: found_in.to_owned(), what };
        let url = match text.split_once('=') {
            Some((name, url)) if !name.contains(['/', ':']) => url,
            _ => text,
        };
        let mut url = Url::parse(url.trim()).map_err(|e| error(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(error(format!("scheme `{}` is not HTTP", url.scheme())));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self { url, found_in: found_in.to_owned() })
    }
}

/// The value of `key` in `[section]` of an INI text as pip reads it: `-` and `_` are one, the last one wins.
fn ini(text: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    let mut found = None;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name.trim() == section;
        } else if let Some((name, value)) = line.split_once(['=', ':']).filter(|_| inside)
            && name.trim().to_ascii_lowercase().replace('_', "-") == key
            && !value.trim().is_empty()
        {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ini_is_read_as_pip_does() {
        let text = "[global]\n# index-url = https://no.example/\nindex_url= https://a.example/simple\n[ install ]\nindex-url : https://b.example/\n";
        assert_eq!(ini(text, "global", "index-url").as_deref(), Some("https://a.example/simple"));
        assert_eq!(ini(text, "install", "index-url").as_deref(), Some("https://b.example/"));
        assert_eq!(ini(text, "download", "index-url"), None);
    }

    #[test]
    fn urls_end_in_a_slash_and_are_http() {
        assert_eq!(IndexUrl::parse("https://a.example/simple", "x").unwrap().url.as_str(), "https://a.example/simple/");
        assert_eq!(IndexUrl::parse("mine=https://a.example/simple?x=1", "x").unwrap().url.as_str(), "https://a.example/simple/?x=1");
        assert!(matches!(IndexUrl::parse("file:///tmp", "x"), Err(Error::IndexUrl { .. })));
        assert!(matches!(IndexUrl::parse("no url", "x"), Err(Error::IndexUrl { .. })));
    }
}
