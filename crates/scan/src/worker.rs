//! What `census worker` runs: artifacts in by descriptor, rows out, until the other end closes.
//!
//! Standard input is the socket to the pool, standard output the slate with the member being read, standard error the slate for last
//! words. The sandbox is entered before the first artifact and never left.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;

use census_artifact::{Limits, Memory};

use crate::channel::{self, Job, MAX_REPLY, MAX_REQUEST, Setup, Tag};
use crate::mapping::Mapping;
use crate::rows::scan_artifact_in;
use crate::scratch::Scratch;
use crate::{Artifact, Outcome, Scanned, sandbox, slate, wire};

/// Serves a pool until it closes the connection. To be called first thing in a process of its own.
pub fn worker_main() -> ExitCode {
    worker_main_with(&scan_artifact_in)
}

/// A way from bytes to rows, as [`scan_artifact_in`] is one.
type Scan<'a> = &'a dyn Fn(&Artifact<'_>, &Limits, Memory<'_>, &mut dyn FnMut(&str)) -> Scanned;

/// A worker whose way from bytes to rows is given: what tests of the pool and the sandbox start.
#[doc(hidden)]
pub fn worker_main_with(scan: Scan<'_>) -> ExitCode {
    match serve(scan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "a worker cannot serve: {error}");
            ExitCode::from(2)
        }
    }
}

fn serve(scan: Scan<'_>) -> io::Result<()> {
    sandbox::detach()?;
    let mut socket = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let setup: Setup = expect(&mut socket, Tag::Setup)?;
    let scratch = Scratch::new(channel::receive_descriptor(&socket)?.ok_or(io::ErrorKind::UnexpectedEof)?);
    std::panic::set_hook(Box::new(remember));
    let sandbox = sandbox::enter(setup.memory_bytes)?;
    channel::send(&mut socket, Tag::Hello, &serde_json::to_vec(&sandbox)?)?;
    while let Some(descriptor) = channel::receive_descriptor(&socket)? {
        let job: Job = expect(&mut socket, Tag::Job)?;
        sandbox::limit_cpu(setup.cpu_seconds)?;
        let answer = catch_unwind(AssertUnwindSafe(|| answer(scan, &job, descriptor, &setup.limits, &scratch)));
        match answer {
            Ok(Ok(rows)) => channel::send(&mut socket, Tag::Rows, &rows)?,
            Ok(Err(message)) => channel::send(&mut socket, Tag::Panic, message.as_bytes())?,
            Err(_) => channel::send(&mut socket, Tag::Panic, last_panic().as_bytes())?,
        }
    }
    Ok(())
}

fn expect<T: serde::de::DeserializeOwned>(socket: &mut File, tag: Tag) -> io::Result<T> {
    let (got, bytes) = channel::receive(socket, MAX_REQUEST)?;
    if got == tag { Ok(serde_json::from_slice(&bytes)?) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// The rows of one artifact as bytes, or why there are none.
fn answer(scan: Scan<'_>, job: &Job, descriptor: OwnedFd, limits: &Limits, scratch: &Scratch) -> Result<Vec<u8>, String> {
    let Job { project, sha256, filename } = job;
    let scanned = match Mapping::new(descriptor.as_fd()) {
        Ok(bytes) => {
            drop(descriptor);
            let artifact = Artifact { project, sha256, filename, bytes: bytes.as_ref() };
            scratch.rewind();
            scan(&artifact, limits, &|length| scratch.block(length), &mut |path| slate::note(rustix::stdio::stdout(), path))
        }
        Err(error) => Scanned::without_rows(project, sha256, Outcome::Failed, format!("cannot be read: {error}")),
    };
    let rows = wire::encode(&scanned).map_err(|e| format!("the rows cannot be sent: {e}"))?;
    if rows.len() > MAX_REPLY { Err(format!("its rows have {} bytes, more than {MAX_REPLY}", rows.len())) } else { Ok(rows) }
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Keeps a panic's message with its place, without the directories of the machine it was built on.
fn remember(info: &std::panic::PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let place = info.location().map_or_else(String::new, |at| {
        let file = at.file().rsplit('/').next().unwrap_or_default();
        format!(" ({file}:{})", at.line())
    });
    *LAST_PANIC.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = format!("{message}{place}");
}

fn last_panic() -> String {
    LAST_PANIC.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
}
