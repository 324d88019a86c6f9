//! How an attempt to scan an artifact ended.

use serde::{Deserialize, Serialize};

/// How an attempt ended: the `outcome` of a row of `scans`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All of it was read.
    Ok,
    /// Something in it was not read: there are gaps.
    Partial,
    /// It is of a format that is not read.
    Skipped,
    /// It is missing, not what it should be, or no archive.
    Failed,
    /// It took too long.
    Timeout,
    /// The worker died or gave up.
    Crashed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[Self::Ok, Self::Partial, Self::Skipped, Self::Failed, Self::Timeout, Self::Crashed];

    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Crashed => "crashed",
        }
    }

    /// The outcome with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.name() == name)
    }

    /// Whether a worker may report it: it never times out nor dies by its own word.
    pub(crate) fn is_reported(self) -> bool {
        !matches!(self, Self::Timeout | Self::Crashed)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
