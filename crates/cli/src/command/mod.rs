//! The commands, one file each: load, run, write, summarise.

pub(crate) mod compare;
pub(crate) mod crawl;
pub(crate) mod explain;
pub(crate) mod lake;
pub(crate) mod prevalence;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod sql;
pub(crate) mod verdict;
pub(crate) mod verify;
pub(crate) mod worker;

mod numbers;
mod page;

use std::io::{IsTerminal, Write};

use crate::fault::Fault;

/// Prints a result. A reader that has gone away (`census report jedi | head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

/// Whether standard output takes color.
pub(crate) fn color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
