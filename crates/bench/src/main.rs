//! `census-bench`: see the library.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use census_bench::{Error, ecosystem, engine, prevalence, scanning};
use clap::Parser;

/// What Census costs.
#[derive(Debug, Parser)]
#[command(name = "census-bench")]
enum Command {
    /// What a scan costs, beside the least that reading the same files could cost.
    Scan(scanning::Options),
    /// Writes a synthetic ecosystem: a lake, and rules to match with it.
    Ecosystem(ecosystem::Options),
    /// What the numbers of a synthetic ecosystem cost, how that grows, and what other engines take for the same SQL.
    Prevalence(prevalence::Options),
    /// The SQL of the numbers alone: what the fresh process does.
    #[command(hide = true)]
    Core(engine::Options),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Scan(options) => scanning::run(&options),
        Command::Ecosystem(options) => write(&options),
        Command::Prevalence(options) => prevalence::run(&options),
        Command::Core(options) => engine::run(&options, &mut io::stdout().lock()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn write(options: &ecosystem::Options) -> Result<(), Error> {
    let start = Instant::now();
    let written = ecosystem::write(options)?;
    let mut out = io::stdout().lock();
    let mut print = |line: String| writeln!(out, "{line}").map_err(Error::Output);
    written.iter().try_for_each(|(table, rows)| print(format!("{:<14}{rows:>12} rows", table.name())))?;
    print(format!("{:.1} s", start.elapsed().as_secs_f64()))
}
