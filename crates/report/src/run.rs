//! The summary of a run: what each stage did.

use serde::{Deserialize, Serialize};

use crate::layout::{Align, Ink, Sheet};
use crate::number::plural;
use crate::{Error, bytes, duration, json, thousands};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run.
    pub run_id: String,
    /// The serial of the index.
    pub index_serial: Option<i64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The stages, in the order they ran.
    pub stages: Vec<StageLine>,
    /// What was left out, and why: one line each.
    pub left_out: Vec<String>,
}

/// What a stage did. What does not apply to a stage is zero, and not shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageLine {
    /// The stage: `crawl`, `scan`, `advise`, `prevalence`.
    pub stage: String,
    /// Projects it looked at.
    pub projects: i64,
    /// Artifacts it worked on.
    pub artifacts: i64,
    /// Bytes it downloaded or read.
    pub bytes: i64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How attempts ended: `ok`, `partial`, ….
    pub outcomes: Vec<Tally>,
    /// Requests made.
    pub requests: i64,
    /// Files downloaded.
    pub downloads: i64,
    /// Rows written, by table.
    pub rows: Vec<Tally>,
}

/// A name and how many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The name.
    pub name: String,
    /// How many.
    pub count: i64,
}

impl RunSummary {
    /// Whether the run wrote nothing: its inputs were those of the run before.
    pub fn is_nothing_new(&self) -> bool {
        self.stages.iter().all(|stage| stage.written() == 0)
    }

    /// The summary for a terminal.
    pub fn text(&self) -> String {
        let mut sheet = Sheet::new(false);
        let serial = self.index_serial.map(|serial| format!(" · index serial {}", thousands(serial))).unwrap_or_default();
        let run = format!("run {}{serial} · {}", self.run_id, duration(self.seconds));
        if self.is_nothing_new() {
            sheet.line(Ink::Plain, &format!("Nothing new: {}", self.totals()));
            sheet.line(Ink::Plain, &run);
        } else {
            let table = sheet.table(0, vec![Align::Left, Align::Right]);
            for stage in &self.stages {
                sheet.row(Ink::Plain, table, vec![stage.stage.clone(), duration(stage.seconds), stage.work()]);
                if stage.written() > 0 {
                    sheet.row(Ink::Plain, table, vec![String::new(), String::new(), format!("wrote {}", tallies(&stage.rows))]);
                }
            }
            sheet.line(Ink::Plain, &run);
        }
        for line in &self.left_out {
            sheet.line(Ink::Plain, &format!("left out: {line}"));
        }
        sheet.finish()
    }

    /// The summary as it is, as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }

    fn totals(&self) -> String {
        let projects = self.stages.iter().map(|stage| stage.projects).max().unwrap_or(0);
        let requests = self.stages.iter().map(|stage| stage.requests).sum();
        let downloads = self.stages.iter().map(|stage| stage.downloads).sum();
        [plural(projects, "project"), plural(requests, "request"), plural(downloads, "download"), plural(0, "row") + " written"].join(" · ")
    }
}

impl StageLine {
    /// Rows written to all tables.
    pub fn written(&self) -> i64 {
        self.rows.iter().map(|rows| rows.count).sum()
    }

    /// What it did, in words; what is zero is left out.
    fn work(&self) -> String {
        let counts = [(self.projects, "project"), (self.artifacts, "artifact"), (self.requests, "request"), (self.downloads, "download")];
        let mut parts: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| plural(*n, name)).collect();
        parts.extend((self.bytes > 0).then(|| bytes(self.bytes)));
        let outcomes = tallies(&self.outcomes);
        parts.extend((!outcomes.is_empty()).then_some(outcomes));
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(" · ") }
    }
}

/// `98 ok, 2 partial`; what is zero is left out.
fn tallies(tallies: &[Tally]) -> String {
    let parts: Vec<_> =
        tallies.iter().filter(|tally| tally.count > 0).map(|tally| format!("{} {}", thousands(tally.count), tally.name)).collect();
    parts.join(", ")
}
