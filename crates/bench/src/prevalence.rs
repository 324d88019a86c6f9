//! `census-bench prevalence`: what the numbers of a whole ecosystem cost, how that grows, and what other engines take for the same SQL.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use tempfile::NamedTempFile;

use crate::command::{Used, measured};
use crate::engine::Said;
use crate::error::Error;
use crate::figure::{self, Figure, Record};

/// The other engines.
const ENGINES: [&str; 2] = ["duckdb", "polars"];

/// The script that runs them.
const SCRIPT: &str = "crates/bench/engines.py";

/// What to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// The program `census`.
    #[arg(long)]
    census: PathBuf,
    /// A Python that has the other engines; without it they are left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// How many projects, several for a table of growth; other engines run over the last.
    #[arg(long, value_delimiter = ',', default_values_t = [5_000, 20_000])]
    projects: Vec<u32>,
    /// How many releases of each project, several for a table of growth; sizes grow with the first of them, histories with the first size.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 3])]
    history: Vec<u32>,
    /// Where ecosystems are kept and found again [default: a directory that is removed].
    #[arg(long)]
    place: Option<PathBuf>,
    /// Lay each ecosystem out with `census lake optimize` first, as a lake of many nights is.
    #[arg(long)]
    optimize: bool,
    /// Append the figures to `data/bench/<date>-prevalence.csv`.
    #[arg(long)]
    write: bool,
}

/// An ecosystem on disk.
struct Place {
    lake: PathBuf,
    data: PathBuf,
    projects: u32,
    history: u32,
}

/// Measures and prints.
///
/// # Errors
/// Where an ecosystem cannot be written, a program fails, or engines do not agree.
pub fn run(options: &Options) -> Result<(), Error> {
    let temporary = tempfile::tempdir().map_err(Error::at(std::env::temp_dir()))?;
    let root = options.place.as_deref().unwrap_or(temporary.path());
    let (first, last) = (options.history.first().copied().unwrap_or(1), options.projects.last().copied().unwrap_or(5_000));
    let growth = options.history.iter().skip(1).map(|&history| (options.projects[0], history));
    let mut figures = Vec::new();
    for (projects, history) in options.projects.iter().map(|&projects| (projects, first)).chain(growth) {
        let place = Place::at(root, projects, history)?;
        if options.optimize {
            figures.extend(place.optimized(&options.census)?);
        }
        figures.extend(place.whole(&options.census, temporary.path())?);
        if (projects, history) == (last, first) {
            figures.extend(place.engines(options.python.as_deref(), temporary.path())?);
        }
    }
    std::io::stdout().write_all(figure::lines(&figures).as_bytes()).map_err(Error::Output)?;
    if options.write {
        Record::of_this_run("prevalence", last as usize, 1).append(&figures, Path::new("data/bench"))?;
    }
    Ok(())
}

impl Place {
    /// The ecosystem of this size, made unless it is there.
    fn at(root: &Path, projects: u32, history: u32) -> Result<Self, Error> {
        let name = if history == 1 { format!("{projects}") } else { format!("{projects}-{history}") };
        let (lake, data) = (root.join(&name).join("lake"), root.join(&name).join("data"));
        if !lake.exists() {
            // A process of its own: the peak of a program that this one starts is never less than its own.
            let program = std::env::current_exe().map_err(Error::at("the benchmark itself"))?;
            let mut command = Command::new(program);
            command.arg("ecosystem").arg("--lake").arg(&lake).arg("--data").arg(&data);
            command.args(["--projects", &projects.to_string(), "--history", &history.to_string()]);
            measured(command.stdout(Stdio::null()))?;
        }
        Ok(Self { lake, data, projects, history })
    }

    fn what(&self, what: &str) -> String {
        format!("{} projects, history {}: {what}", self.projects, self.history)
    }

    /// Lays the lake out; one that is laid out already costs a look.
    fn optimized(&self, census: &Path) -> Result<Vec<Figure>, Error> {
        let mut command = Command::new(census);
        let used = measured(command.args(["lake", "optimize", "--quiet", "--lake"]).arg(&self.lake).stdout(Stdio::null()))?;
        Ok(vec![
            Figure::seconds(self.what("census lake optimize, wall"), used.cost.wall),
            Figure::new(self.what("census lake optimize, peak"), used.peak, "MB"),
        ])
    }

    /// `census prevalence` as a whole, over a copy without findings.
    fn whole(&self, census: &Path, temporary: &Path) -> Result<Vec<Figure>, Error> {
        let copy = temporary.join("copy");
        link(&self.lake, &copy)?;
        let mut command = Command::new(census);
        command.args(["prevalence", "--quiet", "--lake"]).arg(&copy).arg("--data").arg(&self.data);
        let used = measured(command.stdout(Stdio::null()))?;
        fs::remove_dir_all(&copy).map_err(Error::at(&copy))?;
        Ok(vec![
            Figure::seconds(self.what("census prevalence, wall"), used.cost.wall),
            Figure::seconds(self.what("census prevalence, user and system"), used.cost.cpu),
            Figure::new(self.what("census prevalence, peak"), used.peak, "MB"),
        ])
    }

    /// The SQL alone, here and in other engines over the same files and inputs: the numbers must be the same.
    fn engines(&self, python: Option<&Path>, temporary: &Path) -> Result<Vec<Figure>, Error> {
        let program = std::env::current_exe().map_err(Error::at("the benchmark itself"))?;
        let core = || {
            let mut command = Command::new(&program);
            command.args(["core", "--lake"]).arg(&self.lake).arg("--data").arg(&self.data);
            command
        };
        let (ours, used) = said(&mut core())?;
        let mut figures = self.engine("census", ours.seconds, &used);
        let Some(python) = python else { return Ok(figures) };
        let inputs = temporary.join("inputs");
        measured(core().arg("--export").arg(&inputs).stdout(Stdio::null()))?;
        for engine in ENGINES {
            let (theirs, used) = said(Command::new(python).arg(SCRIPT).arg(engine).arg(inputs.join("files.json")).arg("pipelines"))?;
            if theirs.numbers != ours.numbers {
                return Err(Error::Differ { engine });
            }
            figures.extend(self.engine(engine, theirs.seconds, &used));
            figures.push(Figure::new(self.what(&format!("SQL, census / {engine}")), ours.seconds / theirs.seconds, "times"));
        }
        Ok(figures)
    }

    fn engine(&self, engine: &str, seconds: f64, used: &Used) -> Vec<Figure> {
        let what = |what| self.what(&format!("SQL, {engine}, {what}"));
        vec![Figure::new(what("wall"), seconds, "s"), Figure::new(what("peak of the process"), used.peak, "MB")]
    }
}

/// What a process says on its standard output, and what it used.
fn said(command: &mut Command) -> Result<(Said, Used), Error> {
    let output = NamedTempFile::new().map_err(Error::at(std::env::temp_dir()))?;
    let used = measured(command.stdout(output.reopen().map_err(Error::at(output.path()))?))?;
    let text = fs::read(output.path()).map_err(Error::at(output.path()))?;
    let program = PathBuf::from(command.get_program());
    let mut said: Said = serde_json::from_slice(&text).map_err(|source| Error::Listing { program, source })?;
    said.numbers.sort_unstable();
    Ok((said, used))
}

/// A copy of a directory by hard links: what the lake holds is never changed in place.
fn link(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::at(to))?;
    for entry in fs::read_dir(from).map_err(Error::at(from))? {
        let entry = entry.map_err(Error::at(from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            link(&path, &copy)?;
        } else {
            fs::hard_link(&path, &copy).or_else(|_| fs::copy(&path, &copy).map(drop)).map_err(Error::at(&copy))?;
        }
    }
    Ok(())
}
