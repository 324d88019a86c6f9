//! Runs: their ids and their clock.

use census_model::Time;
use chrono::Utc;

/// A run of a stage that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) stage: &'static str,
    pub(crate) started: Time,
}

impl Run {
    /// Begins a run now. Ids sort by time.
    pub(crate) fn begin(stage: &'static str) -> Self {
        let now = Utc::now();
        let id = format!("{}-{stage}", now.format("%Y%m%dT%H%M%S%6fZ"));
        Self { id, stage, started: Time(now.timestamp_micros()) }
    }

    /// Seconds since it began.
    #[expect(clippy::cast_precision_loss, reason = "seconds for people to read")]
    pub(crate) fn seconds(&self) -> f64 {
        (now().0 - self.started.0) as f64 / 1e6
    }
}

/// The time now.
pub(crate) fn now() -> Time {
    Time(Utc::now().timestamp_micros())
}
