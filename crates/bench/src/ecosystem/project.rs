//! What there is of a project: its state, its releases, their files, and how far each was scanned.

use census_model::{Time, id};

use super::World;
use super::names;
use super::random::{Random, Use};

/// One day, in microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;

/// What the index says of a project now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Archived,
    Quarantined,
    Deleted,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Quarantined => "quarantined",
            Self::Deleted => "deleted",
        }
    }

    /// Whether its files can still be had.
    pub(crate) fn has_files(self) -> bool {
        matches!(self, Self::Active | Self::Archived)
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: String,
    pub(crate) yanked: bool,
    pub(crate) uploaded: Time,
    /// Whether its files were mirrored and scanned: how many releases it is behind the one that speaks for the project.
    pub(crate) scanned: Option<u32>,
}

/// A file of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sdist,
    /// A wheel for every platform.
    Pure,
    /// A wheel for one platform, by its place in [`PLATFORMS`].
    Platform(usize),
    /// The same for an older Python: listed, never mirrored.
    Older(usize),
}

/// The platforms that wheels are made for.
pub(crate) const PLATFORMS: [&str; 3] = ["manylinux_2_28_x86_64", "win_amd64", "macosx_11_0_arm64"];

/// How an artifact was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Partial,
    Failed,
    Timeout,
    NotTried,
}

/// A project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) id: i64,
    pub(crate) status: Status,
    /// Newest first.
    pub(crate) releases: Vec<Release>,
    /// What each release has.
    pub(crate) files: Vec<Kind>,
    /// Facts of its newest release together.
    pub(crate) facts: f64,
    /// Whether the index had another state of it when it was first asked.
    pub(crate) changed: bool,
}

impl Project {
    /// The project with this number. Nothing about its newest release depends on how much history there is.
    pub(crate) fn of(world: &World, number: u32, random: &mut Random) -> Self {
        let name = names::project(world.seed, number);
        let more = if number < world.ranked { 3.0 } else { 1.0 };
        let facts = (more * random.lognormal(world.median, 1.95)).min(60_000.0);
        let status = random.weighed(&[(Status::Active, 98.6), (Status::Archived, 1.0), (Status::Deleted, 0.3), (Status::Quarantined, 0.1)]);
        let files = files(random);
        let changed = random.chance(0.05);
        let releases = if random.chance(0.03) { Vec::new() } else { releases(random, world.history) };
        Self { number, id: id::project(&name), name, status, releases, files, facts, changed }
    }

    /// The name as files and modules write it.
    pub(crate) fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The version that speaks for it; none where it has no files.
    pub(crate) fn latest(&self) -> Option<&str> {
        self.releases.iter().find(|release| release.scanned == Some(0)).map(|release| release.version.as_str())
    }

    /// The name of a file.
    pub(crate) fn filename(&self, version: &str, file: Kind) -> String {
        let module = self.module();
        match file {
            Kind::Sdist if self.number.is_multiple_of(3) => format!("{}-{version}.tar.gz", self.name),
            Kind::Sdist => format!("{module}-{version}.tar.gz"),
            Kind::Pure => format!("{module}-{version}-py3-none-any.whl"),
            Kind::Platform(at) => format!("{module}-{version}-cp314-cp314-{}.whl", PLATFORMS[at]),
            Kind::Older(at) => format!("{module}-{version}-cp313-cp313-{}.whl", PLATFORMS[at]),
        }
    }

    /// The stream of a file of a release.
    pub(crate) fn random(&self, world: &World, version: &str, file: Kind) -> Random {
        let digest = id::sha256(self.filename(version, file).as_bytes());
        Random::of(world.seed, Use::Release, u64::from_le_bytes(digest[..8].try_into().expect("eight bytes")))
    }
}

fn files(random: &mut Random) -> Vec<Kind> {
    let platforms = (0..PLATFORMS.len()).map(Kind::Platform);
    match random.below(100) {
        0..30 => vec![Kind::Sdist],
        30..43 => platforms.chain((0..PLATFORMS.len()).map(Kind::Older)).chain([Kind::Sdist]).collect(),
        43..45 => platforms.collect(),
        45..94 => vec![Kind::Pure, Kind::Sdist],
        _ => vec![Kind::Pure],
    }
}

/// Newest first: one that does not speak for the project, in few; the one that does; older ones.
fn releases(random: &mut Random, history: u32) -> Vec<Release> {
    let number = 30 + random.below(400);
    let uploaded = 1_793_000_000_000_000 - i64::from(random.zipf(3_000)) * DAY;
    let pre = if random.chance(0.01) { "b1" } else { "" };
    let top = random.weighed(&[(None, 97.0), (Some(("rc1", false)), 2.0), (Some(("", true)), 1.0)]);
    let older = 1 + random.below(2);
    let version = |number: u32, pre: &str| format!("{}.{}.{}{pre}", number / 100, number / 10 % 10, number % 10);
    let top = top.map(|(rc, yanked)| Release {
        version: version(number + 1, if yanked { pre } else { rc }),
        yanked,
        uploaded: Time(uploaded + DAY),
        scanned: None,
    });
    // Of releases of nothing but betas, one more would speak for the project.
    let top = top.filter(|top| pre.is_empty() || top.yanked);
    let rest = (0..=older.max(history - 1)).map(|behind| Release {
        version: version(number - behind, pre),
        yanked: false,
        uploaded: Time(uploaded - 30 * DAY * i64::from(behind)),
        scanned: (behind < history).then_some(behind),
    });
    top.into_iter().chain(rest).collect()
}

/// How a file was scanned.
pub(crate) fn outcome(random: &mut Random) -> Outcome {
    random.weighed(&[
        (Outcome::Ok, 95.0),
        (Outcome::Partial, 3.0),
        (Outcome::Failed, 0.6),
        (Outcome::Timeout, 0.4),
        (Outcome::NotTried, 1.0),
    ])
}
