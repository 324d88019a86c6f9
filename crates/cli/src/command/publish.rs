//! `census publish`: the newest numbers as a dated, frozen bundle.

use std::path::{Path, PathBuf};

use census_lake::{Format, Lake, Session, export};
use census_model::{Time, id};
use census_report::Method;

use super::{numbers, print};
use crate::Ending;
use crate::args::{Common, Publish};
use crate::fault::Fault;
use crate::rules;
use crate::stage::prevalence::{Outcome, latest, of_run};

/// The findings of a bundle.
const FINDINGS: &str = include_str!("../../../../pipelines/publish/findings.sql");

/// Runs the command: the bundle is written beside its place and moved there whole.
pub(crate) async fn run(common: &Common, options: &Publish) -> Ending {
    let catalog = rules::load(common)?;
    let lake = Lake::open(&common.lake).await?;
    let session = lake.session().await?;
    let run = latest(&session, options.policy, options.by, None, 1).await?.pop();
    let run = run.ok_or_else(|| Fault::new("no prevalence has been worked out for that", "run `census prevalence`"))?;
    let name = name(run.as_of.unwrap_or(run.started_at), &[options.policy.name(), options.by.name()]);
    let place = options.directory.join(&name);
    if place.exists() {
        return Err(Fault::new(format!("{} is there already", place.display()), "a bundle is never changed: give another directory"));
    }
    std::fs::create_dir_all(&options.directory).map_err(|e| Fault::from_error(e).at(options.directory.display()))?;
    let draft = tempfile::Builder::new().prefix(".census-").tempdir_in(&options.directory)?;
    let outcome = Outcome { rows: of_run(&session, &run.run_id).await?, done: crate::stage::Done::default(), run };
    let table = numbers::table(&lake, &catalog, &outcome).await?;
    let bundle = Bundle { directory: draft.path().to_owned(), session };
    bundle.file("prevalence.csv", table.csv()?.as_bytes())?;
    bundle.rows("rules.json", &format!("SELECT * FROM rules WHERE catalog = '{}' ORDER BY rule", table.stamp.rules)).await?;
    bundle.rows("run.json", &format!("SELECT * FROM runs WHERE run_id = '{}'", outcome.run.run_id)).await?;
    bundle.session.save(FINDINGS, &bundle.directory.join("findings.parquet")).await?;
    let validated = table.rows.iter().filter(|row| !row.unvalidated).count();
    let method = Method {
        bundle: name,
        of: table.of,
        stamp: table.stamp,
        tiers: table.tiers,
        labels: table.labels,
        label_coverage: table.label_coverage,
        rules: crate::stage::count(table.rows.len()),
        validated: crate::stage::count(validated),
    };
    bundle.file("coverage.csv", method.coverage()?.as_bytes())?;
    bundle.file("METHOD.md", method.markdown()?.as_bytes())?;
    bundle.seal()?;
    std::fs::rename(draft.keep(), &place).map_err(|e| Fault::from_error(e).at(place.display()))?;
    if !common.quiet {
        print(&place.display().to_string())?;
    }
    Ok(Vec::new())
}

/// `census-2026-11-23-installed`, with the unit where it is not projects.
fn name(as_of: Time, of: &[&str; 2]) -> String {
    let unit = if of[1] == "project" { String::new() } else { format!("-{}", of[1]) };
    format!("census-{}-{}{unit}", as_of.day(), of[0])
}

/// A bundle that is being written.
struct Bundle {
    directory: PathBuf,
    session: Session,
}

impl Bundle {
    fn file(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.directory.join(name);
        std::fs::write(&path, bytes).map_err(|e| Fault::from_error(e).at(path.display()))
    }

    async fn rows(&self, name: &str, sql: &str) -> Result<(), Fault> {
        self.file(name, &export(&self.session.query(sql).await?, Format::Json)?)
    }

    /// Writes the checksums, and takes away the right to write.
    fn seal(&self) -> Result<(), Fault> {
        let mut names: Vec<_> = std::fs::read_dir(&self.directory)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        names.sort();
        let sum = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            std::fs::read(path).map(|bytes| format!("{}  {name}\n", id::hex(&id::sha256(&bytes))))
        };
        let sums: String = names.iter().map(sum).collect::<Result<_, _>>()?;
        self.file("SHA256SUMS", sums.as_bytes())?;
        names.push(self.directory.join("SHA256SUMS"));
        names.iter().try_for_each(|path| freeze(path))
    }
}

fn freeze(path: &Path) -> Result<(), Fault> {
    let mut permissions = std::fs::metadata(path)?.permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).map_err(|e| Fault::from_error(e).at(path.display()))
}
