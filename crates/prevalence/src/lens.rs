//! The lake as of a moment: the states, scans, ranking and verdicts that stood then. Never Delta Lake's own time travel, whose
//! past ends after days: every row says when it was seen.

use census_lake::Session;
use census_model::{Day, Table, Time};

use crate::{Config, Error, Qualified};

/// Until when each part of the lake is looked at; none is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    /// Projects and their files as the index held them then.
    pub states: Option<Time>,
    /// Scans that had begun then.
    pub scans: Option<Time>,
    /// Only artifacts that had been read then, whatever scan speaks for them.
    pub read: Option<Time>,
    /// The newest ranking of that day or before.
    pub ranking: Option<Day>,
    /// Verdicts given until then.
    pub verdicts: Option<Time>,
}

impl Lens {
    /// Everything as of one moment.
    pub fn as_of(time: Time) -> Self {
        Self { states: Some(time), scans: Some(time), read: None, ranking: Some(time.day()), verdicts: Some(time) }
    }

    /// The tables as they stood.
    fn tables(&self) -> Vec<(Table, String)> {
        let until = |table: Table, column: &str, time: Time| {
            (table, format!("SELECT * FROM {} WHERE \"{column}\" <= to_timestamp_micros({})", table.name(), time.0))
        };
        let states = self.states.into_iter().flat_map(|time| [Table::Projects, Table::Artifacts].map(|t| until(t, "seen_at", time)));
        let scans = self.scans.map(|time| until(Table::Scans, "started_at", time));
        let ranking = self.ranking.map(|day| (Table::Rankings, format!("SELECT * FROM rankings WHERE ranked_on <= CAST('{day}' AS DATE)")));
        let verdicts = self.verdicts.map(|time| until(Table::Verdicts, "on", time));
        states.chain(scans).chain(ranking).chain(verdicts).collect()
    }
}

/// Narrows a session to what is to be looked at.
pub(crate) async fn look(session: &Session, config: &Config) -> Result<(), Error> {
    let lens = &config.lens;
    if let Some(time) = lens.read {
        let sql = format!(
            "SELECT * FROM scans WHERE artifact_id IN (
                 SELECT artifact_id FROM scans WHERE outcome IN ('ok', 'partial') AND started_at <= to_timestamp_micros({})
             )",
            time.0
        );
        session.narrow(&[(Table::Scans, sql)]).await?;
    }
    let mut tables = lens.tables();
    if lens.states.is_some() {
        // What no current release needs may have been current then.
        tables.push((Table::Facts, "SELECT * FROM facts UNION ALL SELECT * FROM facts_history".to_owned()));
    }
    if config.qualified != Qualified::default() {
        tables.push((Table::Findings, "SELECT * FROM findings WHERE false".to_owned()));
    }
    Ok(session.narrow(&tables).await?)
}
