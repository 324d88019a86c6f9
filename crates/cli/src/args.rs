//! The command line.

use std::num::NonZero;
use std::path::PathBuf;

use census_model::tier::Unit;
use census_model::{Day, How, Phase, Policy, Role, Time};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// What do PyPI's packages do, and how common is that?
#[derive(Debug, Parser)]
#[command(name = "census", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Common {
    /// Where the tables are: a directory or a URL.
    #[arg(long, global = true, env = "CENSUS_LAKE", default_value = "data/lake", value_name = "URL")]
    pub(crate) lake: String,
    /// Where the artifacts are.
    #[arg(long, global = true, env = "CENSUS_MIRROR", default_value = "data/mirror", value_name = "DIR")]
    pub(crate) mirror: PathBuf,
    /// The directory of rules, TLD lists and labels [default: data, else the copy in the program].
    #[arg(long, global = true, env = "CENSUS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Say nothing but results and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Threads, and worker processes [default: one per core].
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZero<usize>>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole night: crawl, scan, prevalence.
    Run(Run),
    /// Asks the index what there is, and mirrors the artifacts that speak for each project.
    Crawl(Crawl),
    /// Scans what is mirrored and not yet scanned; with paths, those files, ad hoc.
    Scan(Scan),
    /// How common every behavior and issue is. Works it out anew where rules or facts have changed.
    Prevalence(Prevalence),
    /// What a project does, how common that is, and the evidence.
    Report(Report),
    /// Answers SQL over every table and view, or a saved query; without one, a prompt.
    Sql(Sql),
    /// Writes the newest numbers as a dated bundle that can be cited: numbers, findings, rules, run, coverage, checksums, method.
    Publish(Publish),
    /// Says of a finding that it is right, wrong, or accepted.
    Verdict(Verdict),
    /// Explains a rule, or `columns`: the lists of phase, role and how.
    Explain(Explain),
    /// Keeps the lake in shape.
    Lake(Lake),
    /// Reads every table and every mirrored file whole, and names what is damaged.
    Verify(Verify),
}

/// Which projects.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Population {
    /// The first N projects of the ranking.
    #[arg(long, value_name = "N", conflicts_with_all = ["all", "projects"])]
    pub(crate) top: Option<usize>,
    /// Every project of the index.
    #[arg(long, conflicts_with = "projects")]
    pub(crate) all: bool,
    /// The projects that a file lists.
    #[arg(long, value_name = "FILE")]
    pub(crate) projects: Option<PathBuf>,
    /// The ranking: JSON or CSV, a file or a URL.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) ranking: Option<String>,
    /// The index [default: the one that pip uses].
    #[arg(long, value_name = "URL", conflicts_with = "find_links")]
    pub(crate) index_url: Option<String>,
    /// A directory of artifacts in place of an index.
    #[arg(long, value_name = "DIR")]
    pub(crate) find_links: Option<PathBuf>,
    /// Which files of a release to mirror.
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub(crate) artifacts: Option<Policy>,
    /// How many bytes the files may have together.
    #[arg(long, value_name = "N")]
    pub(crate) max_bytes: Option<u64>,
    /// An address for the index's operators, sent in the User-Agent.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contact: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// What to do.
    #[arg(default_value = "pipelines/nightly.toml")]
    pub(crate) pipeline: PathBuf,
    #[command(flatten)]
    pub(crate) population: Population,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Crawl {
    #[command(flatten)]
    pub(crate) population: Population,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Scan {
    /// Artifacts, or directories of them.
    pub(crate) paths: Vec<PathBuf>,
    /// Refuse to scan where the kernel lacks part of the sandbox.
    #[arg(long)]
    pub(crate) require_sandbox: bool,
    /// How to print what the paths show.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PageFormat,
    /// Show everything.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub(crate) struct Prevalence {
    /// Which artifacts of a release speak for it.
    #[arg(long, default_value = "installed", value_parser = policy)]
    pub(crate) policy: Policy,
    /// What is counted: projects, or families (projects of one source repository count as one).
    #[arg(long, value_name = "UNIT", default_value = "project", value_parser = unit)]
    pub(crate) by: Unit,
    /// The past, from what was known then: a day (to its end) or an instant (RFC 3339).
    #[arg(long, value_name = "T", value_parser = moment)]
    pub(crate) as_of: Option<Time>,
    /// Two runs of these numbers: what has changed from one to the other, and why.
    #[arg(long, value_names = ["RUN", "RUN"], num_args = 2, conflicts_with_all = ["as_of", "phase", "role", "how"])]
    pub(crate) compare: Option<Vec<String>>,
    /// Only facts of these phases, whatever the rules say; such numbers are shown, not kept.
    #[arg(long, value_name = "PHASE,…", value_delimiter = ',', value_parser = phase)]
    pub(crate) phase: Option<Vec<Phase>>,
    /// Only facts in files of these roles.
    #[arg(long, value_name = "ROLE,…", value_delimiter = ',', value_parser = role)]
    pub(crate) role: Option<Vec<Role>>,
    /// Only facts this sure.
    #[arg(long, value_name = "HOW,…", value_delimiter = ',', value_parser = how)]
    pub(crate) how: Option<Vec<How>>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: NumberFormat,
    /// Counts in place of percentages.
    #[arg(long)]
    pub(crate) counts: bool,
    /// Bounds: what is certain, and what gaps could hide besides.
    #[arg(long)]
    pub(crate) bounds: bool,
    /// Why projects were not scanned.
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Rules that nobody shows, too.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// The project, `==` a version if it is not the newest.
    #[arg(value_name = "PROJECT[==V]")]
    pub(crate) project: String,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PageFormat,
    /// Show everything.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Sql {
    /// A saved query's name, and values for parameters: NAME=VALUE stands for $NAME in any query.
    #[arg(value_name = "SAVED|NAME=VALUE")]
    pub(crate) words: Vec<String>,
    /// Lists the saved queries.
    #[arg(long, conflicts_with_all = ["words", "command", "file"])]
    pub(crate) list: bool,
    /// The query.
    #[arg(short, long, value_name = "QUERY", conflicts_with = "file")]
    pub(crate) command: Option<String>,
    /// A file with the query.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: AnswerFormat,
    /// Where to write it [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Publish {
    /// Where to: the bundle is a new directory in it.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Which artifacts of a release speak for it.
    #[arg(long, default_value = "installed", value_parser = policy)]
    pub(crate) policy: Policy,
    /// What is counted.
    #[arg(long, value_name = "UNIT", default_value = "project", value_parser = unit)]
    pub(crate) by: Unit,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verdict {
    /// The project.
    pub(crate) project: String,
    /// The rule's id (`category/what`).
    pub(crate) rule: String,
    /// Accepted: right, and no issue here. True: right. False: wrong, and counted no more.
    #[arg(value_enum)]
    pub(crate) verdict: Word,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// The one file it is about, by its path in the newest release; it holds wherever that very file is.
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// Who says so.
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub(crate) by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    Accepted,
    True,
    False,
}

impl Word {
    /// The name that tables hold.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::True => "true",
            Self::False => "false",
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// A rule's id (`category/what`), or `columns`.
    pub(crate) rule: String,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlainFormat,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Lake {
    #[command(subcommand)]
    pub(crate) command: LakeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    /// Merges small files into large ones, moves what no current release needs to history, and deletes what is out of use.
    Optimize(Optimize),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Optimize {
    /// How many days files and log entries stay once they are out of use: longer than any query or scan takes.
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=30))]
    pub(crate) keep_days: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The tables alone, not the mirror.
    #[arg(long)]
    pub(crate) tables: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    Text,
    Json,
    Html,
    Md,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NumberFormat {
    Table,
    Json,
    Csv,
    Md,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    Table,
    Csv,
    Json,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlainFormat {
    Text,
    Json,
}

/// Parsers of the fixed lists: a name, or an error with all of them.
macro_rules! named {
    ($($function:ident -> $type:ty),+ $(,)?) => {$(
        fn $function(text: &str) -> Result<$type, String> {
            let names = || <$type>::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", ");
            <$type>::from_name(text).ok_or_else(|| format!("one of {}", names()))
        }
    )+};
}

named!(policy -> Policy, unit -> Unit, phase -> Phase, role -> Role, how -> How);

/// The end of a day, or an instant.
fn moment(text: &str) -> Result<Time, String> {
    let day = || Day::parse(text).filter(|_| text.len() == 10).map(Day::end);
    Time::parse(text).or_else(day).ok_or_else(|| "a day (2026-11-23) or an instant (2026-11-23T05:00:00Z)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
