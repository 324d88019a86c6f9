use census_artifact::Limits;
use serde::{Deserialize, Serialize};

/// How to scan: the section `[scan]` of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Worker processes; 0 for one per core.
    pub workers: usize,
    /// Seconds that an artifact may take.
    pub wall_seconds: u64,
    /// Seconds of processor time that an artifact may take: less than the wall clock allows on a busy machine.
    pub cpu_seconds: u64,
    /// Bytes of memory that a worker may have, the mapped artifact not counted.
    pub memory_bytes: u64,
    /// Whether to refuse to scan where the kernel does not provide the whole sandbox.
    pub require_sandbox: bool,
    /// What is read of an artifact at most.
    #[serde(with = "Bounds")]
    pub limits: Limits,
}

/// The fields of [`Limits`], a crate that knows of no configuration, as configuration.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Limits", default = "Limits::default", deny_unknown_fields)]
pub(crate) struct Bounds {
    members: u32,
    member_bytes: u64,
    total_bytes: u64,
    ratio: u64,
    ratio_floor: u64,
    nesting: u8,
    path_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { workers: 0, wall_seconds: 300, cpu_seconds: 240, memory_bytes: 2 << 30, require_sandbox: false, limits: Limits::default() }
    }
}

impl Config {
    /// How many workers to run.
    pub(crate) fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_left_out_keep_their_defaults_and_unknown_ones_are_errors() {
        let read = |json| serde_json::from_str::<Config>(json);
        let config = read(r#"{"workers": 3, "limits": {"nesting": 0}}"#).unwrap();
        assert_eq!((config.worker_count(), config.limits.nesting), (3, 0));
        assert_eq!(config.limits.members, Limits::default().members);
        assert_eq!(config.wall_seconds, Config::default().wall_seconds);
        assert!(read(r#"{"wokers": 3}"#).is_err());
        assert!(read(r#"{"limits": {"deep": 3}}"#).is_err());
        assert!(Config::default().worker_count() >= 1);
    }
}
