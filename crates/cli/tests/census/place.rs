//! Where a test works: a lake and a mirror that are thrown away, the program, and an index on the loopback interface.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use census_testkit::index::Index;
use census_testkit::package::Built;
use serde_json::Value;

/// The repository, where the program finds `data/rules`.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// A directory with a lake, a mirror and whatever else a test writes.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The answer of a command that must end with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Its standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// The path of a file or directory in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file into it and tells its path as an argument.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, bytes).expect("a file");
        self.arg(name)
    }

    /// A path in it as an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("a path of text")
    }

    /// Writes distribution files side by side into a directory.
    pub(crate) fn shelve<'a>(&self, directory: &str, files: impl IntoIterator<Item = &'a Built>) -> String {
        for file in files {
            self.write(&format!("{directory}/{}", file.filename), &file.bytes);
        }
        self.arg(directory)
    }

    /// The program on this lake and mirror, from the repository, with nothing of this process's settings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_census"));
        command.current_dir(repository()).env_clear().env("HOME", self.directory.path()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.env("CENSUS_LAKE", self.path("lake")).env("CENSUS_MIRROR", self.path("mirror"));
        command.args(args);
        command
    }

    pub(crate) fn census(&self, args: &[&str]) -> Answer {
        Answer::of(&self.command(args).output().expect("the program starts"))
    }

    /// The answer to a query, a JSON object a row.
    #[track_caller]
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let answer = self.census(&["sql", "--format", "json", "-c", query]).ends(0);
        answer.json().as_array().expect("an array of rows").clone()
    }

    /// The newest version of every table that was ever written: its last commit.
    pub(crate) fn versions(&self) -> BTreeMap<String, usize> {
        let tables = std::fs::read_dir(self.path("lake")).expect("a lake").map(|entry| entry.expect("an entry").path());
        let log = |table: &PathBuf| std::fs::read_dir(table.join("_delta_log")).ok();
        let commits = |entries: std::fs::ReadDir| {
            entries.filter(|entry| entry.as_ref().expect("an entry").path().extension().is_some_and(|end| end == "json")).count()
        };
        let name = |table: &Path| table.file_name().expect("a name").to_string_lossy().into_owned();
        tables.filter_map(|table| Some((name(&table), commits(log(&table)?)))).collect()
    }
}

/// An index that is served while a test waits for the program.
pub(crate) struct Served {
    runtime: tokio::runtime::Runtime,
    pub(crate) index: Index,
}

impl Served {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let index = runtime.block_on(Index::start());
        Self { runtime, index }
    }

    pub(crate) fn url(&self) -> String {
        let _inside = self.runtime.enter();
        self.index.url()
    }
}

/// A small generator of numbers for plans: the same seed, the same plan (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("a remainder fits")
    }
}
