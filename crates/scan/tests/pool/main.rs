//! The pool and its workers: order, outcomes, the sandbox. The program is its own worker: with `worker` as its first argument it
//! serves a pool, and does to it what the name of the artifact says.

mod hostile;
mod kit;
mod outcomes;
mod rows;
mod sandbox;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use census_scan::{Config, Error, Program, Scanned, Summary, Work};
use census_testkit::package::{Built, Sdist, Wheel};

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("rows_are_the_same_for_any_number_of_workers", rows::the_same_for_any_number_of_workers),
    ("rows_of_a_worker_are_those_of_the_function", rows::of_a_worker_are_those_of_the_function),
    ("rows_of_no_work_are_none", rows::of_no_work_are_none),
    ("every_attempt_has_one_outcome", outcomes::every_attempt_has_one),
    ("what_nests_deep_is_read_by_a_worker", outcomes::what_nests_deep_is_read_by_a_worker),
    ("a_worker_that_dies_costs_one_artifact", outcomes::a_worker_that_dies_costs_one_artifact),
    ("what_one_artifact_does_to_a_worker_does_not_reach_the_next", outcomes::what_one_artifact_does_to_a_worker_does_not_reach_the_next),
    ("what_takes_too_long_is_ended", outcomes::what_takes_too_long_is_ended),
    ("rows_that_cannot_be_true_are_refused", outcomes::rows_that_cannot_be_true_are_refused),
    ("a_sink_can_end_the_run", outcomes::a_sink_can_end_the_run),
    ("what_is_no_worker_ends_the_run", outcomes::what_is_no_worker_ends_the_run),
    ("every_hostile_artifact_ends_as_stated", kit::every_hostile_artifact_ends_as_stated),
    ("what_is_cut_or_changed_never_passes_for_whole", kit::what_is_cut_or_changed_never_passes_for_whole),
    ("artifacts_of_gigabytes_end_as_stated", kit::artifacts_of_gigabytes_end_as_stated),
    ("a_worker_can_do_nothing_but_compute", sandbox::a_worker_can_do_nothing_but_compute),
    ("a_layer_that_is_missing_is_told_or_refused", sandbox::a_layer_that_is_missing_is_told_or_refused),
    ("workers_end_with_their_pool", sandbox::workers_end_with_their_pool),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("worker") => census_scan::worker_main_with(&hostile::scan),
        Some("honest-worker") => census_scan::worker_main(),
        Some("lacking") => sandbox::lacking(&arguments[1]),
        Some("hanging-pool") => sandbox::hanging_pool(Path::new(&arguments[1])),
        _ => run_tests(&arguments),
    }
}

/// Runs the tests whose names contain one of the arguments that are no options; lists them where asked to.
fn run_tests(arguments: &[String]) -> ExitCode {
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()))) {
        if arguments.iter().any(|argument| argument == "--list") {
            say(&format!("{name}: test"));
            continue;
        }
        let passed = std::panic::catch_unwind(test).is_ok();
        failed += u8::from(!passed);
        say(&format!("test {name} ... {}", if passed { "ok" } else { "FAILED" }));
    }
    ExitCode::from(failed)
}

#[expect(clippy::print_stdout, reason = "a test harness says what it runs")]
fn say(line: &str) {
    println!("{line}");
}

/// A directory with files to scan.
struct Mirror(tempfile::TempDir);

impl Mirror {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file and gives the work of scanning it.
    fn add(&self, project: &str, built: &Built) -> Work {
        let path = self.0.path().join(&built.sha256);
        std::fs::write(&path, &built.bytes).unwrap();
        Work { project: project.to_owned(), sha256: built.sha256.clone(), filename: built.filename.clone(), path }
    }

    /// The work of scanning a file that makes the hostile worker do what its name says.
    fn order(&self, what: &str) -> Work {
        self.add("hostile", &Built::new(format!("{what}.whl"), what.as_bytes().to_vec()))
    }
}

fn wheel(name: &str, modules: usize) -> Built {
    let mut wheel = Wheel::new(name, "1.0").requires("six>=1").field("Home-page", "https://demo.example/");
    for n in 0..modules {
        let code =
            format!("import os, subprocess\nsubprocess.Popen(['x{n}'])\nos.chmod('/tmp/y', {n})\nU = \"https://host{n}.example/p\"\n");
        wheel = wheel.file(&format!("{name}/m{n}.py"), code);
    }
    wheel.build()
}

fn sdist(name: &str) -> Built {
    Sdist::new(name, "1.0").file("setup.py", "import os\nfrom setuptools import setup\nos.system('id')\nsetup()\n").build()
}

fn program(role: &str) -> Program {
    Program { path: std::env::current_exe().unwrap(), args: vec![role.into()] }
}

fn config(workers: usize) -> Config {
    Config { workers, wall_seconds: 60, ..Config::default() }
}

fn run(config: &Config, role: &str, work: &[Work]) -> Result<(Vec<Scanned>, Summary), Error> {
    let mut all = Vec::new();
    let mut sink = |scanned| -> Result<(), std::io::Error> {
        all.push(scanned);
        Ok(())
    };
    let summary = census_scan::run(config, &program(role), "run-1", work, &|_, _| {}, &mut sink)?;
    Ok((all, summary))
}

/// Outcome and reason of each.
fn ends(scanned: &[Scanned]) -> Vec<(&str, &str)> {
    scanned.iter().map(|s| (s.scan.outcome.as_str(), s.scan.reason.as_deref().unwrap_or_default())).collect()
}

/// A path that exists and that a worker must not read.
fn secret() -> PathBuf {
    std::env::current_exe().unwrap()
}
