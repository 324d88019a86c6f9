//! One worker process, as the pool holds it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::channel::{self, Job, MAX_REPLY, MAX_REQUEST, Setup, Tag};
use crate::slate::{Slate, clean};
use crate::{Error, Outcome, Sandbox, scratch};

/// The program that starts a worker: it must call [`crate::worker_main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// How a worker answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// With rows, not yet decoded.
    Rows(Vec<u8>),
    /// With none: how the attempt ended, and why.
    Lost(Outcome, String),
    /// It was dead before it got the artifact.
    Unasked,
    /// The run was stopped meanwhile.
    Stopped,
}

/// How often a waiting pool looks whether the run was stopped.
const TICK: Duration = Duration::from_millis(100);
/// How long a worker may take to start, or to take a request.
const START: Duration = Duration::from_secs(30);
/// How long a worker that closed its connection may take to end.
const END: Duration = Duration::from_secs(2);

/// A running worker; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Worker {
    process: Child,
    socket: UnixStream,
    place: Slate,
    words: Slate,
    usable: bool,
    /// Whether it has read an artifact before.
    pub(crate) seasoned: bool,
    /// The layers that hold in it, by its own word, which it gave before it read anything.
    pub(crate) sandbox: Sandbox,
}

impl Worker {
    /// Starts a worker without environment, in a process group of its own: an interrupt at the terminal is for the pool to handle,
    /// and its workers end with it.
    pub(crate) fn start(program: &Program, setup: &Setup, stop: &AtomicBool) -> Result<Self, Error> {
        let failed = |source| Error::Start { program: program.path.clone(), source };
        let (socket, theirs) = UnixStream::pair().map_err(failed)?;
        let (place, words) = (Slate::new().map_err(failed)?, Slate::new().map_err(failed)?);
        let mut command = Command::new(&program.path);
        command.args(&program.args).env_clear().current_dir("/").process_group(0);
        command.stdin(OwnedFd::from(theirs));
        command.stdout(Stdio::from(place.share().map_err(failed)?));
        command.stderr(Stdio::from(words.share().map_err(failed)?));
        let process = command.spawn().map_err(failed)?;
        let sandbox = Sandbox { landlock: false, seccomp: false };
        let mut worker = Self { process, socket, place, words, usable: true, seasoned: false, sandbox };
        match worker.greet(setup, stop) {
            Ok(sandbox) => worker.sandbox = sandbox,
            Err(source) if source.kind() == ErrorKind::ConnectionAborted => return Err(Error::Stopped),
            Err(source) => return Err(Error::Greeting { source, words: worker.words.text() }),
        }
        Ok(worker)
    }

    fn greet(&mut self, setup: &Setup, stop: &AtomicBool) -> io::Result<Sandbox> {
        self.socket.set_read_timeout(Some(TICK))?;
        self.socket.set_write_timeout(Some(START))?;
        channel::send(&mut self.socket, Tag::Setup, &serde_json::to_vec(setup)?)?;
        channel::send_descriptor(&self.socket, scratch::create()?)?;
        match channel::receive(&mut self.patient(START, stop), MAX_REQUEST)? {
            (Tag::Hello, bytes) => Ok(serde_json::from_slice(&bytes)?),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }

    /// Whether it can be asked again.
    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// Hands it an artifact and waits for the answer, at most `wall`.
    pub(crate) fn ask(&mut self, job: &Job, file: &File, wall: Duration, stop: &AtomicBool) -> Answer {
        if self.request(job, file).is_err() {
            self.usable = false;
            return Answer::Unasked;
        }
        let answer = channel::receive(&mut self.patient(wall, stop), MAX_REPLY);
        self.usable = matches!(answer, Ok((Tag::Rows | Tag::Panic, _)));
        match answer {
            Ok((Tag::Rows, bytes)) => Answer::Rows(bytes),
            Ok((Tag::Panic, message)) => {
                let message = clean(&String::from_utf8_lossy(&message));
                Answer::Lost(Outcome::Crashed, self.with_place(&format!("panicked: {message}")))
            }
            Ok(_) => Answer::Lost(Outcome::Crashed, "the worker's answer is none".to_owned()),
            Err(error) => self.explain(&error, wall),
        }
    }

    fn request(&mut self, job: &Job, file: &File) -> io::Result<()> {
        self.place.wipe()?;
        self.words.wipe()?;
        channel::send_descriptor(&self.socket, file)?;
        channel::send(&mut self.socket, Tag::Job, &serde_json::to_vec(job)?)
    }

    fn patient<'a>(&'a self, wait: Duration, stop: &'a AtomicBool) -> Patient<'a> {
        Patient { socket: &self.socket, deadline: Instant::now() + wait, stop }
    }

    fn explain(&mut self, error: &io::Error, wall: Duration) -> Answer {
        match error.kind() {
            ErrorKind::ConnectionAborted => Answer::Stopped,
            ErrorKind::TimedOut => Answer::Lost(Outcome::Timeout, self.with_place(&format!("took more than {} s", wall.as_secs()))),
            ErrorKind::InvalidData => Answer::Lost(Outcome::Crashed, "the worker's answer is none".to_owned()),
            _ => self.epitaph(),
        }
    }

    /// What a worker died of.
    fn epitaph(&mut self) -> Answer {
        let Some(status) = self.end() else {
            return Answer::Lost(Outcome::Crashed, self.with_place("the worker closed its connection"));
        };
        if status.signal() == Some(libc::SIGXCPU) {
            return Answer::Lost(Outcome::Timeout, self.with_place("took more processor time than the bound"));
        }
        let words = self.words.text();
        let words = if words.is_empty() { words } else { format!(": {words}") };
        Answer::Lost(Outcome::Crashed, self.with_place(&format!("the worker died, {status}{words}")))
    }

    /// How the process ended, if it does within [`END`].
    fn end(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + END;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    fn with_place(&self, what: &str) -> String {
        let place = self.place.text();
        if place.is_empty() { what.to_owned() } else { format!("{what}; it was reading `{place}`") }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Errors mean that it is dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads from a worker until a deadline, or until the run is stopped: the first is `TimedOut`, the second `ConnectionAborted`.
struct Patient<'a> {
    socket: &'a UnixStream,
    deadline: Instant,
    stop: &'a AtomicBool,
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            if Instant::now() >= self.deadline {
                return Err(ErrorKind::TimedOut.into());
            }
            let mut socket = self.socket;
            match socket.read(into) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                result => return result,
            }
        }
    }
}
