//! `census`: what do PyPI's packages do, and how common is that?
//!
//! Each command reads load → run → write → summarise, in a file of its own under `command/`; the stages of the way of the data,
//! which `run` shares with the single commands, under `stage/`. The only crate that prints. May depend on every crate but `testkit`
//! and `bench`.
#![expect(clippy::print_stderr, reason = "this crate is where printing happens")]

mod args;
mod command;
mod fault;
mod pipeline;
mod progress;
mod rules;
mod run_id;
mod stage;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// How a command ended: everything done, or something left out or found, each said in a line.
type Ending = Result<Vec<String>, fault::Fault>;

fn main() -> ExitCode {
    // A worker must be alone in its process: no runtime, no thread, no open file.
    if std::env::args_os().nth(1).is_some_and(|arg| arg == command::worker::NAME) {
        return census_scan::worker_main();
    }
    let args = Args::parse();
    log(&args);
    match dispatch(&args) {
        Ok(left_out) if left_out.is_empty() => ExitCode::SUCCESS,
        Ok(left_out) => {
            for line in left_out {
                eprintln!("census: {line}");
            }
            ExitCode::from(1)
        }
        Err(fault) => {
            eprint!("{fault}");
            ExitCode::from(2)
        }
    }
}

/// What our own crates log goes to standard error; what libraries have to say is in the errors already.
fn log(args: &Args) {
    let level = match (args.common.quiet, args.common.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        _ => "debug",
    };
    let ours = ["crawl", "lake", "prevalence", "scan"].map(|name| format!("census_{name}={level}")).join(",");
    let filter = tracing_subscriber::EnvFilter::try_from_env("CENSUS_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(ours));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

fn dispatch(args: &Args) -> Ending {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = args.common.threads {
        builder.worker_threads(threads.get());
    }
    let runtime = builder.enable_all().build().map_err(fault::Fault::from_error)?;
    runtime.block_on(async {
        match &args.command {
            Command::Run(options) => command::run::run(&args.common, options).await,
            Command::Crawl(options) => command::crawl::run(&args.common, options).await,
            Command::Scan(options) => command::scan::run(&args.common, options).await,
            Command::Prevalence(options) => command::prevalence::run(&args.common, options).await,
            Command::Report(options) => command::report::run(&args.common, options).await,
            Command::Sql(options) => command::sql::run(&args.common, options).await,
            Command::Publish(options) => command::publish::run(&args.common, options).await,
            Command::Verdict(options) => command::verdict::run(&args.common, options).await,
            Command::Explain(options) => command::explain::run(&args.common, options).await,
            Command::Lake(options) => command::lake::run(&args.common, options).await,
            Command::Verify(options) => command::verify::run(&args.common, options).await,
        }
    })
}
