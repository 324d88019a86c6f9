use std::io;
use std::path::PathBuf;

/// What ends a whole run of scans. What befalls a single artifact is the outcome of its row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A worker cannot be started.
    #[error("cannot start a worker with {program}: {source}", program = program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A worker was started and did not say what it must before its first artifact.
    #[error("a worker did not begin as it must: {source}: {words}")]
    Greeting {
        /// What happened to the connection.
        source: io::Error,
        /// The worker's last words.
        words: String,
    },
    /// The sandbox is required, and this kernel does not provide all of it.
    #[error("this kernel gives workers no {missing}, and `require_sandbox` is set")]
    Sandbox {
        /// The layers that do not hold.
        missing: &'static str,
    },
    /// The sink refused a result.
    #[error("a result could not be kept: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The run was stopped by another error.
    #[error("the run was stopped")]
    Stopped,
}
