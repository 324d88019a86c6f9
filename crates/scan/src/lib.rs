//! The scan stage: artifacts in, rows out, by a pool of sandboxed worker processes.
//!
//! Reads artifact files (of the mirror, or any) and gives a [`Scanned`] for each to a sink: exactly one row of `scans`, whatever
//! happened, and the rows of all other scan tables. Nothing of a package is ever run. The files are opened here and read in
//! workers that have no network, no file system and no way to start anything; what a worker says is checked before it is believed.
//!
//! The way of an artifact: [`run`] opens it and passes the descriptor to a worker → [`scan_artifact`] reads its members
//! (`census-artifact`), extracts what they show (`census-extract`) and makes rows → the pool checks them, stamps run, time and
//! duration, and hands them on in the order of the work.
//!
//! Runs on Linux alone, for the sandbox is the kernel's. May depend on `artifact`, `extract` and `model`; knows neither the lake nor SQL.
//!
//! ```
//! let scanned = census_scan::scan_bytes("demo", "demo-1.0-py3-none-any.whl", b"no archive", &Default::default());
//! assert_eq!(scanned.scan.outcome, "failed");
//! ```

mod channel;
mod check;
mod config;
mod error;
mod mapping;
mod order;
mod outcome;
mod pool;
#[doc(hidden)]
pub mod probe;
mod process;
mod rows;
mod sandbox;
mod scratch;
mod slate;
mod wire;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;

use census_model::tables::{ComponentRow, DependencyRow, FactRow, GapRow, MemberRow, MetadataRow, ScanRow, TermRow, UrlRow};

pub use config::Config;
pub use error::Error;
pub use outcome::Outcome;
pub use pool::{SinkError, run};
pub use process::Program;
pub use rows::{Artifact, scan_artifact, scan_bytes};
pub use sandbox::Sandbox;
pub use worker::{worker_main, worker_main_with};

/// An artifact to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The normalized name of its project.
    pub project: String,
    /// The SHA-256 it must have, lower-case hex.
    pub sha256: String,
    /// Its name on the index: tells wheel from sdist.
    pub filename: String,
    /// Where the file is.
    pub path: PathBuf,
}

/// The rows of one attempt, each table in its own order and free of duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// The attempt.
    pub scan: ScanRow,
    /// The members, by number.
    pub members: Vec<MemberRow>,
    /// The facts, by member.
    pub facts: Vec<FactRow>,
    /// The terms that the facts name, once each.
    pub terms: Vec<TermRow>,
    /// The URLs among them.
    pub urls: Vec<UrlRow>,
    /// What could not be read.
    pub gaps: Vec<GapRow>,
    /// The metadata; at most one row.
    pub metadata: Vec<MetadataRow>,
    /// What it requires.
    pub dependencies: Vec<DependencyRow>,
    /// What it carries inside.
    pub components: Vec<ComponentRow>,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many attempts ended how; outcomes that did not occur are absent.
    pub outcomes: BTreeMap<String, u64>,
    /// Members read.
    pub members: u64,
    /// Bytes of the artifacts.
    pub bytes_packed: u64,
    /// Bytes of their members.
    pub bytes_unpacked: u64,
    /// The sandbox layers that held in every worker; none where no worker was started.
    pub sandbox: Option<Sandbox>,
}

impl Summary {
    fn count(&mut self, scan: &ScanRow) {
        *self.outcomes.entry(scan.outcome.clone()).or_default() += 1;
        self.members += u64::try_from(scan.members).unwrap_or(0);
        self.bytes_packed += u64::try_from(scan.bytes_packed).unwrap_or(0);
        self.bytes_unpacked += u64::try_from(scan.bytes_unpacked).unwrap_or(0);
    }
}
