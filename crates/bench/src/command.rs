//! `census scan` as a whole: processes, sandbox, pipes and the writing of a fresh lake.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde::de::IgnoredAny;

use crate::bare::Bare;
use crate::clock::{Cost, Watch};
use crate::corpus::{self, Artifact};
use crate::error::Error;
use crate::figure::{Figure, real};

/// How many workers the command is measured with.
const WORKERS: [&str; 2] = ["1", "2"];

/// What a process and its descendants took.
pub(crate) struct Used {
    pub(crate) cost: Cost,
    /// Of the largest one of them, in MB.
    pub(crate) peak: f64,
}

/// Crawls the artifacts into a fresh lake and measures the scan of it, with each number of workers.
pub(crate) fn run(census: &Path, corpus: &[Artifact], bare: &Bare) -> Result<Vec<Figure>, Error> {
    let place = tempfile::tempdir().map_err(Error::at(std::env::temp_dir()))?;
    let (files, mirror) = (place.path().join("files"), place.path().join("mirror"));
    name(corpus, &files)?;
    let mut figures = Vec::new();
    for workers in WORKERS {
        let lake = place.path().join(format!("lake-{workers}"));
        let census = |stage: &str| {
            let mut command = Command::new(census);
            command.args([stage, "--quiet", "--threads", workers, "--lake"]).arg(&lake).arg("--mirror").arg(&mirror);
            command
        };
        measure(census("crawl").args(["--all", "--artifacts", "all", "--find-links"]).arg(&files))?;
        let used = measure(&mut census("scan"))?;
        figures.extend(of(workers, &used, scanned(census("sql"))?, bare));
    }
    Ok(figures)
}

/// How many artifacts a lake has read: of a corpus with several releases of a project, the crawl takes the newest alone.
fn scanned(mut sql: Command) -> Result<usize, Error> {
    let rows: Vec<IgnoredAny> = corpus::listed(sql.args(["--format", "json", "-c", "SELECT artifact_id FROM scans"]))?;
    Ok(rows.len())
}

fn of(workers: &str, used: &Used, artifacts: usize, bare: &Bare) -> [Figure; 5] {
    let what = |what| format!("command, workers {workers}: {what}");
    let ratio = used.cost.cpu.as_secs_f64() / bare.sum().cpu.as_secs_f64();
    [
        Figure::new(what("artifacts"), real(artifacts as u64), "files"),
        Figure::seconds(what("wall"), used.cost.wall),
        Figure::seconds(what("user and system"), used.cost.cpu),
        Figure::new(what("user and system / bare sum"), ratio, "times"),
        Figure::new(what("peak of one process"), used.peak, "MB"),
    ]
}

/// Gives the artifacts their own names in `place`: linked where that can be, else copied. A name that comes twice is given once.
fn name(corpus: &[Artifact], place: &Path) -> Result<(), Error> {
    fs::create_dir(place).map_err(Error::at(place))?;
    for artifact in corpus {
        let file = place.join(&artifact.filename);
        if !file.exists() {
            fs::hard_link(&artifact.path, &file).or_else(|_| fs::copy(&artifact.path, &file).map(drop)).map_err(Error::at(&file))?;
        }
    }
    Ok(())
}

/// Runs a command to its end and drops what it prints.
fn measure(command: &mut Command) -> Result<Used, Error> {
    measured(command.stdout(Stdio::null()))
}

/// Runs a command to its end. That it left something out (exit code 1) is no failure.
pub(crate) fn measured(command: &mut Command) -> Result<Used, Error> {
    let program = Path::new(command.get_program()).to_owned();
    let mut watch = Watch::start();
    let child = command.stdin(Stdio::null()).spawn().map_err(Error::at(&program))?;
    let (status, usage) = wait(child.id()).map_err(Error::at(&program))?;
    let mut cost = Cost::default();
    watch.lap(&mut cost);
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(Error::Ended { program, status });
    }
    let kib = u32::try_from(usage.ru_maxrss).unwrap_or(u32::MAX);
    // The watch saw this process alone, not the command.
    cost.cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    Ok(Used { cost, peak: f64::from(kib) * 1024.0 / 1e6 })
}

/// Waits for a process, and learns what it and all that it waited for have used.
fn wait(pid: u32) -> io::Result<(ExitStatus, libc::rusage)> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both places are of the types that the call writes, and all zeros are a valid `rusage` if it writes none.
    #[expect(unsafe_code, reason = "the standard library waits, but does not tell what was used")]
    let (waited, usage) = unsafe { (libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()), usage.assume_init()) };
    if waited == pid { Ok((ExitStatus::from_raw(status), usage)) } else { Err(io::Error::last_os_error()) }
}

fn duration(time: libc::timeval) -> Duration {
    let micros = u32::try_from(time.tv_usec).unwrap_or(0);
    Duration::new(time.tv_sec.cast_unsigned(), micros * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_waited_for_and_what_it_used_is_known() {
        let used = measure(&mut Command::new("true")).unwrap();
        assert!(used.peak > 0.0);
        assert!(measure(&mut Command::new("false")).is_ok(), "1: something was left out");
        let failed = measure(Command::new("sh").args(["-c", "exit 2"]));
        assert!(matches!(failed, Err(Error::Ended { status, .. }) if status.code() == Some(2)));
    }

    #[test]
    fn the_command_is_compared_with_the_bare_sum() {
        let second = |n| Cost { cpu: Duration::from_secs(n), wall: Duration::from_secs(n) };
        let bare = Bare { parse: second(2), ..Bare::default() };
        let [artifacts, _, _, ratio, _] = of("2", &Used { cost: second(3), peak: 1.0 }, 7, &bare);
        assert_eq!(artifacts.value.to_string(), "7");
        assert_eq!((ratio.what.as_str(), ratio.value.to_string().as_str()), ("command, workers 2: user and system / bare sum", "1.5"));
    }
}
