//! The pool: a thread for each worker process, exactly one row of `scans` for each piece of work, results in the order of the work.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use census_model::Time;
use census_model::tables::ScanRow;

use crate::channel::{Job, Setup};
use crate::order::Order;
use crate::process::{Answer, Program, Worker};
use crate::{Config, Error, Outcome, Sandbox, Scanned, Summary, Work, check, wire};

/// The error of a sink.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Scans every piece of work and gives each result to the sink, in the order of the work, whatever the number of workers.
///
/// `program` starts a worker, `run_id` goes into the rows. `progress` is called from the pool's threads as each attempt ends, out of
/// order. One artifact can fail, time out or take its worker with it; the run goes on with a new worker.
///
/// # Errors
///
/// Where the sink refuses a result, a worker cannot be started, or the sandbox is required and not whole.
pub fn run<E: Into<SinkError>>(
    config: &Config,
    program: &Program,
    run_id: &str,
    work: &[Work],
    progress: &(dyn Fn(&Work, &ScanRow) + Sync),
    sink: &mut dyn FnMut(Scanned) -> Result<(), E>,
) -> Result<Summary, Error> {
    let pool = Pool {
        config,
        program,
        run_id,
        work,
        progress,
        order: Order::new(work.len()),
        stop: AtomicBool::new(false),
        sandbox: Mutex::default(),
    };
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        for _ in 0..config.worker_count().min(work.len()) {
            scope.spawn(|| pool.serve());
        }
        while let Some(scanned) = pool.order.next() {
            summary.count(&scanned.scan);
            if let Err(error) = sink(scanned) {
                pool.end(Some(Error::Sink(error.into())));
            }
        }
    });
    summary.sandbox = pool.sandbox.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    pool.order.into_error().map_or(Ok(summary), Err)
}

struct Pool<'a> {
    config: &'a Config,
    program: &'a Program,
    run_id: &'a str,
    work: &'a [Work],
    progress: &'a (dyn Fn(&Work, &ScanRow) + Sync),
    order: Order,
    stop: AtomicBool,
    sandbox: Mutex<Option<Sandbox>>,
}

impl Pool<'_> {
    /// One thread's part: takes work until there is none. Its worker is started at the first artifact and replaced when it dies.
    fn serve(&self) {
        let _guard = Guard(self);
        let mut worker = None;
        while let Some(number) = self.order.claim() {
            let work = &self.work[number];
            match self.attempt(&mut worker, work) {
                Ok((scanned, bytes)) => {
                    (self.progress)(work, &scanned.scan);
                    self.order.deliver(number, scanned, bytes);
                }
                Err(Error::Stopped) => return,
                Err(error) => return self.end(Some(error)),
            }
        }
    }

    fn end(&self, error: Option<Error>) {
        self.stop.store(true, Ordering::Relaxed);
        self.order.end(error);
    }

    /// One attempt, whatever happens: its rows, and about how many bytes they take.
    fn attempt(&self, worker: &mut Option<Worker>, work: &Work) -> Result<(Scanned, usize), Error> {
        let (started_at, clock) = (now(), Instant::now());
        let lost = |outcome, reason| (Scanned::without_rows(&work.project, &work.sha256, outcome, reason), 0);
        let ((mut scanned, bytes), packed) = match open(&work.path) {
            Err(error) => (lost(Outcome::Failed, format!("the file cannot be opened: {error}")), 0),
            Ok((file, packed)) => match self.ask(worker, work, &file)? {
                Answer::Rows(bytes) => (self.accept(worker, work, bytes), packed),
                Answer::Lost(outcome, reason) => (lost(outcome, reason), packed),
                Answer::Unasked => (lost(Outcome::Crashed, "the worker does not listen".to_owned()), packed),
                Answer::Stopped => return Err(Error::Stopped),
            },
        };
        scanned.scan.scan_id = format!("{}-{:016x}", self.run_id, scanned.scan.artifact_id);
        self.run_id.clone_into(&mut scanned.scan.run_id);
        scanned.scan.bytes_packed = packed;
        scanned.scan.started_at = started_at;
        scanned.scan.duration_ms = i64::try_from(clock.elapsed().as_millis()).unwrap_or(i64::MAX);
        Ok((scanned, bytes))
    }

    /// Asks the thread's worker, a new one where there is none. Where an old one fails, that may be the doing of what it read before,
    /// memory in pieces or worse: a new one is asked once more, so that the answer depends on the artifact alone.
    fn ask(&self, slot: &mut Option<Worker>, work: &Work, file: &File) -> Result<Answer, Error> {
        let job = Job { project: work.project.clone(), sha256: work.sha256.clone(), filename: work.filename.clone() };
        let wall = Duration::from_secs(self.config.wall_seconds);
        loop {
            let mut worker = match slot.take() {
                Some(worker) => worker,
                None => self.start()?,
            };
            let again = std::mem::replace(&mut worker.seasoned, true);
            let answer = worker.ask(&job, file, wall, &self.stop);
            if again && matches!(answer, Answer::Unasked | Answer::Lost(Outcome::Crashed, _)) {
                continue;
            }
            if worker.is_usable() {
                *slot = Some(worker);
            }
            return Ok(answer);
        }
    }

    fn start(&self) -> Result<Worker, Error> {
        let Config { limits, cpu_seconds, memory_bytes, .. } = self.config;
        let setup = Setup { limits: limits.clone(), cpu_seconds: *cpu_seconds, memory_bytes: *memory_bytes };
        let worker = Worker::start(self.program, &setup, &self.stop)?;
        if self.config.require_sandbox && !worker.sandbox.is_whole() {
            return Err(Error::Sandbox { missing: worker.sandbox.missing() });
        }
        let mut all = self.sandbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *all = Some(all.map_or(worker.sandbox, |all| all.and(worker.sandbox)));
        Ok(worker)
    }

    /// Decodes and checks a worker's rows. One that sent rows that cannot be true is not asked again.
    fn accept(&self, worker: &mut Option<Worker>, work: &Work, bytes: Vec<u8>) -> (Scanned, usize) {
        let length = bytes.len();
        let refused = match wire::decode(bytes) {
            Ok(scanned) => match check::check(&scanned, &work.project, &work.sha256) {
                Ok(()) => return (scanned, length),
                Err(impossible) => impossible.to_string(),
            },
            Err(malformed) => malformed.to_string(),
        };
        *worker = None;
        tracing::warn!(run = self.run_id, artifact = work.filename, "a worker's rows were refused: {refused}");
        let reason = format!("the worker's rows were refused: {refused}");
        (Scanned::without_rows(&work.project, &work.sha256, Outcome::Crashed, reason), 0)
    }
}

/// Ends the run when a thread of the pool panics, so that nobody waits for its result.
struct Guard<'a>(&'a Pool<'a>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end(None);
        }
    }
}

/// A regular file and its length. Anything else, a pipe above all, could hold the pool forever.
fn open(path: &Path) -> io::Result<(File, i64)> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, i64::try_from(length).unwrap_or(i64::MAX)))
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
