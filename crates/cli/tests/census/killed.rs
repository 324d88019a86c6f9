//! Killed at any moment and run again, or with more workers, the tables equal those of a night that nobody disturbed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use census_testkit::package::{Built, Sdist, Wheel};

use crate::place::{Chance, Place};

/// How often the night is killed.
const KILLS: usize = 12;

/// What may differ: ids of runs and attempts, times and durations, and what is made of them.
const MAY_DIFFER: [&str; 9] =
    ["run_id", "scan_id", "seen_at", "as_of", "started_at", "finished_at", "duration_ms", "versions", "upload_time"];

/// Some packages of some modules each.
fn population() -> Vec<Built> {
    let module = |n: usize, m: usize| {
        format!(
            "import os, subprocess\n\n\ndef f{m}(x):\n    subprocess.run(['tool{n}', x])\n    os.chmod(x, 0o6{m:02o})\n\n\nURL = 'https://p{n}.example/{m}'\n"
        )
    };
    let package = |n: usize| {
        let name = format!("killed{n:02}");
        if n.is_multiple_of(3) {
            let sdist = Sdist::new(&name, "1.0").file("setup.py", "from setuptools import setup\nsetup()\n");
            (0..20).fold(sdist, |sdist, m| sdist.file(&format!("{name}/m{m}.py"), module(n, m))).build()
        } else {
            (0..20).fold(Wheel::new(&name, "1.0"), |wheel, m| wheel.file(&format!("{name}/m{m}.py"), module(n, m))).build()
        }
    };
    (0..24).map(package).chain([Built::new("broken-1.0-py3-none-any.whl", b"no archive".to_vec())]).collect()
}

struct Night {
    pipeline: String,
    shelf: String,
}

impl Night {
    fn new(place: &Place) -> Self {
        let shelf = place.shelve("shelf", &population());
        Self { pipeline: place.write("night.toml", "tiers = [5]\n[scan]\nwall_seconds = 60\n"), shelf }
    }

    fn args(&self) -> [&str; 5] {
        ["run", &self.pipeline, "--find-links", &self.shelf, "-q"]
    }
}

/// The rows of every table that are there to compare, sorted, as CSV would have them.
fn tables(place: &Place) -> BTreeMap<String, Vec<String>> {
    let names =
        ["projects", "artifacts", "scans", "members", "gaps", "terms", "urls", "facts", "metadata", "dependencies", "rules", "findings"];
    let table = |name: &str| {
        let mut rows: Vec<String> = place
            .rows(&format!("SELECT * FROM {name}"))
            .into_iter()
            .map(|row| {
                let mut row = row.as_object().expect("a row").clone();
                row.retain(|column, _| !MAY_DIFFER.contains(&column.as_str()));
                // A directory is told as the URL of each file in it, and each night has a directory of its own.
                row.remove("url").filter(|_| name == "urls").map(|url| row.insert("url".to_owned(), url));
                serde_json::Value::Object(row).to_string()
            })
            .collect();
        rows.sort();
        (name.to_owned(), rows)
    };
    let mut tables: BTreeMap<String, Vec<String>> = names.into_iter().map(table).collect();
    let sql = "SELECT rule, tier, yes, unknown, scanned, eligible, population, label FROM latest_prevalence ORDER BY rule, tier";
    tables.insert("latest_prevalence".to_owned(), place.rows(sql).iter().map(ToString::to_string).collect());
    // A term may be written twice by two batches; readers see it once.
    for name in ["terms", "urls"] {
        tables.get_mut(name).expect("a table").dedup();
    }
    tables
}

/// The processes that a process has started and that still live.
fn children(parent: u32) -> Vec<u32> {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let parent_of = |pid: u32| stat(pid)?.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok();
    let pids = std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| parent_of(pid) == Some(parent)).collect()
}

fn lives(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    state.is_some_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with(['Z', 'X']))
}

/// Kills a night after a while; tells the workers that it had, and whether it was still under way.
fn kill(night: &mut Child, after: Duration) -> (Vec<u32>, bool) {
    std::thread::sleep(after);
    let workers = children(night.id());
    let under_way = night.try_wait().expect("a child").is_none();
    night.kill().expect("a process to kill");
    night.wait().expect("an end");
    (workers, under_way)
}

#[test]
fn a_night_that_is_killed_again_and_again_ends_as_one_that_is_not() {
    let undisturbed = Place::new();
    let began = Instant::now();
    let answer = undisturbed.census(&Night::new(&undisturbed).args()).ends(1);
    assert!(answer.err.contains("failed: "), "{}", answer.err);
    let whole = began.elapsed();
    let expected = tables(&undisturbed);

    let place = Place::new();
    let night = Night::new(&place);
    let mut chance = Chance(12);
    let (mut hit, mut orphans) = (0, Vec::new());
    for attempt in 0..KILLS {
        // Every third attempt starts over, so that early moments are met with an empty lake and late ones with a full one.
        if attempt % 3 == 0 {
            let _ = std::fs::remove_dir_all(place.path("lake"));
        }
        let mut child = place.command(&night.args()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let micros = usize::try_from(whole.as_micros()).expect("a short night");
        let after = Duration::from_micros(u64::try_from(chance.below(micros)).expect("a short while"));
        let (workers, under_way) = kill(&mut child, after);
        hit += usize::from(under_way);
        orphans.extend(workers);
    }
    assert!(hit >= KILLS / 3, "only {hit} of {KILLS} nights were killed under way");
    let patience = Instant::now() + Duration::from_secs(10);
    while orphans.iter().any(|&pid| lives(pid) && is_census(pid)) {
        assert!(Instant::now() < patience, "workers outlive the night that started them");
        std::thread::sleep(Duration::from_millis(20));
    }

    place.census(&night.args());
    let got = tables(&place);
    same(&expected, &got);
}

#[test]
fn the_number_of_workers_changes_no_row() {
    let night = |threads: &str| {
        let place = Place::new();
        let args = Night::new(&place);
        place.census(&[&args.args()[..], &["--threads", threads]].concat()).ends(1);
        tables(&place)
    };
    same(&night("1"), &night("3"));
}

#[track_caller]
fn same(expected: &BTreeMap<String, Vec<String>>, got: &BTreeMap<String, Vec<String>>) {
    for (table, rows) in expected {
        let (before, after): (BTreeSet<_>, BTreeSet<_>) = (rows.iter().collect(), got[table].iter().collect());
        let (less, more): (Vec<_>, Vec<_>) = (before.difference(&after).take(5).collect(), after.difference(&before).take(5).collect());
        assert!(got[table] == *rows, "{table}: {} rows in place of {}, missing {less:#?}, besides {more:#?}", got[table].len(), rows.len());
        assert!(!rows.is_empty() || ["dependencies", "gaps"].contains(&table.as_str()), "{table} is empty");
    }
}

/// Whether a process is one of the program's: numbers of processes are given again.
fn is_census(pid: u32) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == Path::new(env!("CARGO_BIN_EXE_census")))
}
