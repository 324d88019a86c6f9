//! Figures: of one run, the medians of several, as a table and as rows of a CSV file.

use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bare::Bare;
use crate::error::Error;
use crate::scan::Scan;

/// One measured or derived number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Figure {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit }
    }

    /// Seconds.
    pub(crate) fn seconds(what: impl Into<String>, time: Duration) -> Self {
        Self::new(what, time.as_secs_f64(), "s")
    }
}

/// What one run over `files` artifacts says of the bare sum and of the scan. Parts are processor time.
pub(crate) fn of_run(bare: &Bare, scan: &Scan, files: usize) -> Vec<Figure> {
    let (sum, whole) = (bare.sum(), scan.whole);
    let second = whole.cpu.as_secs_f64();
    vec![
        Figure::new("packed", megabytes(bare.bytes_packed), "MB"),
        Figure::new("unpacked", megabytes(bare.bytes_unpacked), "MB"),
        Figure::new("Python", megabytes(bare.bytes_python), "MB"),
        Figure::new("members", real(bare.members), "files"),
        Figure::new("not in the bare sum", real(bare.unread), "files"),
        Figure::seconds("bare sum: inflate", bare.inflate.cpu),
        Figure::seconds("bare sum: sha256", bare.sha256.cpu),
        Figure::seconds("bare sum: parse", bare.parse.cpu),
        Figure::seconds("bare sum", sum.cpu),
        Figure::seconds("bare sum (wall)", sum.wall),
        Figure::seconds("scan: unpack", scan.unpack.cpu),
        Figure::seconds("scan: sha256", scan.sha256.cpu),
        Figure::seconds("scan: detect", scan.detect.cpu),
        Figure::seconds("scan: step A", scan.members.cpu),
        Figure::seconds("scan: step B", scan.artifacts.cpu),
        Figure::new("scan: rows", second - scan.parts().cpu.as_secs_f64(), "s"),
        Figure::seconds("scan", whole.cpu),
        Figure::seconds("scan (wall)", whole.wall),
        Figure::new("scan / bare sum", second / sum.cpu.as_secs_f64(), "times"),
        Figure::new("scan, packed", megabytes(bare.bytes_packed) / second, "MB/s"),
        Figure::new("scan, unpacked", megabytes(bare.bytes_unpacked) / second, "MB/s"),
        Figure::new("scan, artifacts", real(files as u64) / second, "1/s"),
    ]
}

fn megabytes(bytes: u64) -> f64 {
    real(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// The median of each figure over runs that measured the same.
pub(crate) fn medians(runs: &[Vec<Figure>]) -> Vec<Figure> {
    let Some(first) = runs.first() else { return Vec::new() };
    let median = |(at, figure): (usize, &Figure)| {
        let values = runs.iter().filter_map(|run| run.get(at)).map(|figure| figure.value).collect();
        Figure { value: median(values), ..figure.clone() }
    };
    first.iter().enumerate().map(median).collect()
}

/// The value in the middle, or between the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The figures, one a line, their numbers aligned.
pub(crate) fn table(figures: &[Figure], files: usize, runs: usize) -> String {
    format!("{files} artifacts, median of {runs} runs; seconds are processor time unless said\n{}", lines(figures))
}

/// The figures alone.
pub(crate) fn lines(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.what.len()).max().unwrap_or(0);
    let mut out = String::new();
    for Figure { what, value, unit } in figures {
        let _ = writeln!(out, "{what:width$}  {:>10} {unit}", shown(*value, unit));
    }
    out
}

fn shown(value: f64, unit: &str) -> String {
    match unit {
        "files" => format!("{value:.0}"),
        "s" | "times" => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    }
}

/// What a file of figures says of the run beside each figure.
#[derive(Debug)]
pub(crate) struct Record {
    /// What is measured: `scan` or `prevalence`.
    what: &'static str,
    date: String,
    command: String,
    files: usize,
    runs: usize,
}

impl Record {
    /// Of this process's command, today. Absolute paths are told by their last part: the figures are for other machines' people.
    pub(crate) fn of_this_run(what: &'static str, files: usize, runs: usize) -> Self {
        let program = env!("CARGO_PKG_NAME").to_owned();
        let arguments = std::env::args().skip(1).map(|argument| match Path::new(&argument) {
            path if path.is_absolute() => path.file_name().map_or(argument.clone(), |name| name.to_string_lossy().into_owned()),
            _ => argument,
        });
        let command = std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ");
        Self { what, date: chrono::Local::now().format("%Y-%m-%d").to_string(), command, files, runs }
    }

    /// Appends the figures to the day's file in `directory`; returns where that is.
    pub(crate) fn append(&self, figures: &[Figure], directory: &Path) -> Result<PathBuf, Error> {
        fs::create_dir_all(directory).map_err(Error::at(directory))?;
        let path = directory.join(format!("{}-{}.csv", self.date, self.what));
        let fresh = !path.exists();
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(Error::at(&path))?;
        self.rows(figures, fresh, file).map_err(|source| Error::Csv { path: path.clone(), source })?;
        Ok(path)
    }

    fn rows(&self, figures: &[Figure], header: bool, into: impl std::io::Write) -> csv::Result<()> {
        let mut out = csv::Writer::from_writer(into);
        if header {
            out.write_record(["date", "command", "what", "value", "unit", "files", "runs"])?;
        }
        let (files, runs) = (self.files.to_string(), self.runs.to_string());
        for Figure { what, value, unit } in figures {
            out.write_record([&self.date, &self.command, what, &format!("{value:.6}"), *unit, &files, &runs])?;
        }
        Ok(out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Cost;

    fn cost(millis: u64) -> Cost {
        Cost { cpu: Duration::from_millis(millis), wall: Duration::from_millis(2 * millis) }
    }

    fn value(figures: &[Figure], what: &str) -> f64 {
        figures.iter().find(|figure| figure.what == what).unwrap().value
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn a_run_compares_the_scan_with_the_bare_sum() {
        let bare = Bare { inflate: cost(100), sha256: cost(200), parse: cost(200), bytes_packed: 8_000_000, ..Bare::default() };
        let scan = Scan { whole: cost(800), unpack: cost(150), sha256: cost(200), members: cost(400), ..Scan::default() };
        let figures = of_run(&bare, &scan, 4);
        for (what, expected) in [
            ("bare sum", 0.5),
            ("bare sum (wall)", 1.0),
            ("scan: rows", 0.05),
            ("scan / bare sum", 1.6),
            ("scan, packed", 10.0),
            ("scan, artifacts", 5.0),
        ] {
            assert!(close(value(&figures, what), expected), "{what}: {}", value(&figures, what));
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let run = |a, b| vec![Figure::new("a", a, "s"), Figure::new("b", b, "MB")];
        let odd = medians(&[run(3.0, 1.0), run(1.0, 2.0), run(2.0, 9.0)]);
        assert_eq!(odd, run(2.0, 2.0));
        let even = medians(&[run(1.0, 1.0), run(2.0, 5.0)]);
        assert_eq!(even, run(1.5, 3.0));
        assert_eq!(medians(&[]), []);
    }

    #[test]
    fn the_table_is_aligned() {
        let figures = [Figure::new("a", 1.0, "s"), Figure::new("longer", 1234.56, "MB"), Figure::new("n", 7.0, "files")];
        let table = table(&figures, 2, 3);
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(lines, ["a            1.000 s", "longer      1234.6 MB", "n                7 files"]);
    }

    #[test]
    fn figures_are_appended_below_one_header() {
        let directory = tempfile::tempdir().unwrap();
        let record = Record { what: "scan", date: "2026-01-02".into(), command: "census-bench --files a,b".into(), files: 5, runs: 3 };
        let figures = [Figure::new("scan", 1.25, "s")];
        record.append(&figures, directory.path()).unwrap();
        let path = record.append(&figures, directory.path()).unwrap();
        assert!(path.ends_with("2026-01-02-scan.csv"));
        let row = "2026-01-02,\"census-bench --files a,b\",scan,1.250000,s,5,3\n";
        assert_eq!(fs::read_to_string(path).unwrap(), format!("date,command,what,value,unit,files,runs\n{row}{row}"));
    }
}
