//! Which release speaks for a project, and which of its files: what pip would pick.
//!
//! *Release*: the highest PEP 440 version that is final; a pre-release only where the policy would take no final one, yanked or not.
//! Only files that are not yanked serve, and, as with pip, only a release with a file that the policy takes: where the newest
//! release has none, the newest one that has speaks. A file whose version cannot be told from its name is never chosen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};

use crate::fact::codes;
use crate::name::{is_of, normalize};

/// The newest release of `CPython`, the one that the choice is made for. To follow a newer one, change this alone.
pub const CPYTHON: [u64; 3] = [3, 14, 4];

/// The newest minor version of glibc 2: `manylinux_2_N` tags up to it fit.
pub const GLIBC: u64 = 43;

/// The newest major version of macOS: `macosx_N_0` tags up to it fit.
pub const MACOS: u64 = 26;

codes! {
    /// Which artifacts of a release speak for it.
    Policy {
        /// The one file pip would pick on the newest `CPython`, manylinux `x86_64`: a wheel, else the sdist.
        Installed = "installed",
        /// The sdist, and the pure wheel or one wheel per platform family (manylinux `x86_64`, `win_amd64`, macOS `arm64`).
        Representative = "representative",
        /// The sdist alone.
        Sdist = "sdist",
        /// Every file.
        All = "all",
    }
}

/// What a file is, as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageType {
    /// A wheel (PEP 427).
    Wheel,
    /// A source distribution: an archive that pip would build from.
    Sdist,
    /// An egg.
    Egg,
    /// Anything else: installers, RPMs, `bdist_dumb` archives.
    Other,
}

impl PackageType {
    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wheel => "bdist_wheel",
            Self::Sdist => "sdist",
            Self::Egg => "bdist_egg",
            Self::Other => "other",
        }
    }
}

/// The archives that pip builds from, longest suffix first.
const SDISTS: [&str; 11] = [".tar.lzma", ".tar.bz2", ".tar.gz", ".tar.xz", ".tar.lz", ".tar.Z", ".tar", ".tbz", ".tgz", ".txz", ".zip"];

/// What `bdist_dumb` and `bdist_wininst` put between the version and the suffix.
const PLATFORMS: [&str; 4] = [".linux-", ".macosx-", ".win32", ".win-"];

/// What a file is, as its name tells.
pub fn packagetype(filename: &str) -> PackageType {
    match filename.rsplit_once('.') {
        Some((_, "whl")) => PackageType::Wheel,
        Some((_, "egg")) => PackageType::Egg,
        _ if PLATFORMS.iter().any(|platform| filename.contains(platform)) => PackageType::Other,
        _ if SDISTS.iter().any(|suffix| filename.ends_with(suffix)) => PackageType::Sdist,
        _ => PackageType::Other,
    }
}

/// The parts of a wheel's file name (PEP 427): compressed tag sets as written, `py2.py3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelTags {
    /// The build number and what follows it.
    pub build: Option<(u64, String)>,
    /// The Python tags.
    pub python: String,
    /// The ABI tags.
    pub abi: String,
    /// The platform tags.
    pub platform: String,
}

/// A wheel's name, version and tags; none where the name is not a wheel's.
fn wheel(filename: &str) -> Option<(&str, &str, WheelTags)> {
    let parts: Vec<&str> = filename.strip_suffix(".whl")?.split('-').collect();
    let (name, version, build, [python, abi, platform]) = match parts[..] {
        [name, version, a, b, c] => (name, version, None, [a, b, c]),
        [name, version, build, a, b, c] => (name, version, Some(build_tag(build)?), [a, b, c]),
        _ => return None,
    };
    let [python, abi, platform] = [python, abi, platform].map(str::to_ascii_lowercase);
    let whole = [name, version, &python, &abi, &platform].iter().all(|part| !part.is_empty());
    whole.then_some((name, version, WheelTags { build, python, abi, platform }))
}

/// `12abc` as its number and the rest; none where it does not start with a digit.
fn build_tag(text: &str) -> Option<(u64, String)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, text[digits..].to_owned()))
}

/// The tags of a wheel's file name; none where it is not one.
pub fn tags(filename: &str) -> Option<WheelTags> {
    wheel(filename).map(|(_, _, tags)| tags)
}

/// The version of a project's file, normalized (PEP 440); none where the name does not tell one of this project.
///
/// ```
/// use census_model::choice::version;
///
/// assert_eq!(version("zope-interface", "zope.interface-7.0.tar.gz").as_deref(), Some("7.0"));
/// assert_eq!(version("six", "seven-1.0-py3-none-any.whl"), None);
/// ```
pub fn version(project: &str, filename: &str) -> Option<String> {
    parse_version(project, filename).map(|v| v.to_string())
}

/// The normalized name of the project and the version that a file's name tells, where no project is known. A legacy sdist name
/// can be read in more than one way: the shortest name that leaves a version is taken.
pub fn split(filename: &str) -> Option<(String, String)> {
    let name_ends = filename.match_indices('-').map(|(at, _)| at);
    name_ends.map(|at| normalize(&filename[..at])).find_map(|name| version(&name, filename).map(|v| (name, v)))
}

fn parse_version(project: &str, filename: &str) -> Option<Version> {
    let kind = packagetype(filename);
    if kind == PackageType::Wheel {
        let (name, version, _) = wheel(filename)?;
        return is_of(name, project).then(|| Version::from_str(version).ok()).flatten();
    }
    filename.match_indices('-').filter(|(at, _)| is_of(&filename[..*at], project)).find_map(|(at, _)| {
        let rest = &filename[at + 1..];
        let text = match kind {
            PackageType::Sdist => SDISTS.iter().find_map(|suffix| rest.strip_suffix(suffix))?,
            PackageType::Egg => rest.strip_suffix(".egg")?.split('-').next()?,
            _ => PLATFORMS.iter().find_map(|p| rest.split_once(p)).map_or_else(|| rest.split('-').next(), |(v, _)| Some(v))?,
        };
        Version::from_str(text).ok()
    })
}

/// A file that could be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The file's name.
    pub filename: &'a str,
    /// `Requires-Python`, where it is told.
    pub requires_python: Option<&'a str>,
    /// Whether it is yanked.
    pub yanked: bool,
}

/// The release that speaks for a project, and its files that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The release, normalized (PEP 440).
    pub version: String,
    /// Places in the slice of candidates, in the order of their file names. Never empty.
    pub files: Vec<usize>,
}

/// The release and the files that speak for `project` (normalized) under `policy`; none where no file serves. The order of the
/// candidates does not matter.
///
/// - [`Policy::Installed`] is what `pip install` does: `requires_python` is honoured, the wheel with the best tag for [`CPYTHON`]
///   on manylinux `x86_64` wins, then the highest build number; else the sdist. A release with wheels for older Pythons alone and
///   no sdist serves nobody: pip would go to an older release, or fail.
/// - [`Policy::Representative`] asks what is published rather than what installs: `requires_python` is not held against a file,
///   and each platform family gives its best wheel for the newest Python it has one for.
/// - [`Policy::Sdist`] takes the newest release with an sdist, as `pip --no-binary` would.
/// - [`Policy::All`] takes every file of the release that is not yanked.
pub fn choose(policy: Policy, project: &str, candidates: &[Candidate<'_>]) -> Option<Chosen> {
    Releases::of(project, candidates).choose(policy)
}

/// The releases of a project, newest first: final ones, and pre-releases.
#[derive(Clone, Debug)]
pub struct Releases<'a> {
    project: &'a str,
    candidates: &'a [Candidate<'a>],
    /// Places in the slice of candidates, a release each.
    finals: Vec<Vec<usize>>,
    /// The same of those that are not final.
    early: Vec<Vec<usize>>,
}

impl<'a> Releases<'a> {
    /// Those of these candidates; the names are read once, whatever is then chosen.
    pub fn of(project: &'a str, candidates: &'a [Candidate<'a>]) -> Self {
        let mut releases: BTreeMap<Version, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            if let Some(version) = parse_version(project, candidate.filename) {
                releases.entry(version).or_default().push(at);
            }
        }
        let (finals, early): (Vec<_>, Vec<_>) = releases.into_iter().rev().partition(|(version, _)| !version.any_prerelease());
        let files = |releases: Vec<(Version, Vec<usize>)>| releases.into_iter().map(|(_, files)| files).collect();
        Self { project, candidates, finals: files(finals), early: files(early) }
    }

    /// As [`choose`].
    pub fn choose(&self, policy: Policy) -> Option<Chosen> {
        let files = self.files(policy);
        // `1.0` and `1.0.0` are one release: it is called as the first chosen file calls it.
        let version = version(self.project, self.candidates[*files.first()?].filename)?;
        Some(Chosen { version, files })
    }

    /// The files alone: places in the slice of candidates, in the order of their file names; empty where none serves.
    pub fn files(&self, policy: Policy) -> Vec<usize> {
        let serves = |files: &Vec<usize>| !pick(policy, self.candidates, files).is_empty();
        let chosen = |files: &Vec<usize>| {
            let there: Vec<usize> = files.iter().copied().filter(|&at| !self.candidates[at].yanked).collect();
            let mut files = pick(policy, self.candidates, &there);
            files.sort_unstable_by_key(|&at| self.candidates[at].filename);
            (!files.is_empty()).then_some(files)
        };
        let of_finals = self.finals.iter().find_map(chosen);
        // Final releases that are yanked keep early ones out.
        of_finals.or_else(|| if self.finals.iter().any(serves) { None } else { self.early.iter().find_map(chosen) }).unwrap_or_default()
    }
}

/// The files of one release that a policy takes.
fn pick(policy: Policy, candidates: &[Candidate<'_>], files: &[usize]) -> Vec<usize> {
    match policy {
        Policy::Installed => {
            let fitting: Vec<usize> = files.iter().copied().filter(|&at| fits(candidates[at].requires_python)).collect();
            let wheel = best_wheel(candidates, &fitting, Family::Manylinux, CPYTHON[1]);
            wheel.or_else(|| sdist(candidates, &fitting)).into_iter().collect()
        }
        Policy::Representative => {
            let mut picked: Vec<usize> = sdist(candidates, files).into_iter().collect();
            let wheels = Family::ALL.iter().filter_map(|&f| (0..=CPYTHON[1]).rev().find_map(|py| best_wheel(candidates, files, f, py)));
            picked.extend(wheels);
            picked.sort_unstable();
            picked.dedup();
            picked
        }
        Policy::Sdist => sdist(candidates, files).into_iter().collect(),
        Policy::All => files.to_vec(),
    }
}

/// Whether `Requires-Python` admits [`CPYTHON`]; one that cannot be read admits it, as with pip.
fn fits(requires_python: Option<&str>) -> bool {
    let specifiers = requires_python.and_then(|text| VersionSpecifiers::from_str(text).ok());
    specifiers.is_none_or(|specifiers| specifiers.contains(&Version::new(CPYTHON)))
}

/// The sdist of a release; of several, the last by name (`.zip` before `.tar.gz`): pip goes through an index's page from its end.
fn sdist(candidates: &[Candidate<'_>], files: &[usize]) -> Option<usize> {
    let sdists = files.iter().copied().filter(|&at| packagetype(candidates[at].filename) == PackageType::Sdist);
    sdists.max_by_key(|&at| candidates[at].filename)
}

/// The wheel that `CPython` 3.`minor` on `family` likes best: by tag, then by the highest build number, then the last by name.
fn best_wheel(candidates: &[Candidate<'_>], files: &[usize], family: Family, minor: u64) -> Option<usize> {
    let liked = files.iter().filter_map(|&at| {
        let filename = candidates[at].filename;
        let tags = tags(filename)?;
        let place = family.place(minor, &tags)?;
        Some(((place, Reverse(tags.build), Reverse(filename)), at))
    });
    liked.min().map(|(_, at)| at)
}

/// A family of platforms that wheels are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    /// Linux with glibc, `x86_64`.
    Manylinux,
    /// 64-bit Windows.
    Windows,
    /// macOS on Apple silicon.
    Macos,
}

impl Family {
    const ALL: [Self; 3] = [Self::Manylinux, Self::Windows, Self::Macos];

    /// Platform tags, the most liked first.
    fn platforms(self) -> Vec<String> {
        match self {
            Self::Manylinux => (5..=GLIBC).rev().flat_map(manylinux).chain(["linux_x86_64".to_owned()]).collect(),
            Self::Windows => vec!["win_amd64".to_owned()],
            Self::Macos => {
                let new = (11..=MACOS).rev().flat_map(|n| ["arm64", "universal2"].map(|cpu| format!("macosx_{n}_0_{cpu}")));
                new.chain((4..=16).rev().map(|n| format!("macosx_10_{n}_universal2"))).collect()
            }
        }
    }

    /// How much `CPython` 3.`minor` on this family likes a wheel with these tags: 0 is most; none where it does not fit.
    fn place(self, minor: u64, tags: &WheelTags) -> Option<usize> {
        static PLACES: LazyLock<HashMap<(Family, u64), HashMap<String, usize>>> = LazyLock::new(|| {
            let targets = Family::ALL.into_iter().flat_map(|family| (0..=CPYTHON[1]).map(move |minor| (family, minor)));
            targets.map(|(family, minor)| ((family, minor), places(family, minor))).collect()
        });
        let places = PLACES.get(&(self, minor))?;
        let (mut best, mut tag): (Option<usize>, String) = (None, String::new());
        for python in tags.python.split('.') {
            for abi in tags.abi.split('.') {
                for platform in tags.platform.split('.') {
                    tag.clear();
                    tag.extend([python, "-", abi, "-", platform]);
                    best = [best, places.get(&tag).copied()].into_iter().flatten().min();
                }
            }
        }
        best
    }
}

/// The manylinux tags of glibc 2.`minor`, with the older name where there is one (PEP 600).
fn manylinux(minor: u64) -> Vec<String> {
    let older = match minor {
        5 => Some("manylinux1_x86_64"),
        12 => Some("manylinux2010_x86_64"),
        17 => Some("manylinux2014_x86_64"),
        _ => None,
    };
    [Some(format!("manylinux_2_{minor}_x86_64")), older.map(str::to_owned)].into_iter().flatten().collect()
}

/// Every tag that fits `CPython` 3.`minor` on `family`, and its place in pip's order of preference.
fn places(family: Family, minor: u64) -> HashMap<String, usize> {
    let cp = format!("cp3{minor}");
    let platforms = family.platforms();
    let own = [format!("{cp}-{cp}"), format!("{cp}-abi3"), format!("{cp}-none")];
    let stable = (2..minor).rev().map(|older| format!("cp3{older}-abi3"));
    let pythons: Vec<String> =
        [format!("py3{minor}"), "py3".to_owned()].into_iter().chain((0..minor).rev().map(|older| format!("py3{older}"))).collect();
    let pure = pythons.iter().map(|py| format!("{py}-none"));
    let on_platforms = own.into_iter().chain(stable).chain(pure).flat_map(|tag| platforms.iter().map(move |p| format!("{tag}-{p}")));
    let anywhere = [format!("{cp}-none-any")].into_iter().chain(pythons.iter().map(|py| format!("{py}-none-any")));
    on_platforms.chain(anywhere).enumerate().map(|(place, tag)| (tag, place)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(filename: &str) -> Candidate<'_> {
        Candidate { filename, requires_python: None, yanked: false }
    }

    fn chosen<'a>(policy: Policy, candidates: &[Candidate<'a>]) -> (String, Vec<&'a str>) {
        let Some(chosen) = choose(policy, "foo", candidates) else { return (String::new(), vec![]) };
        (chosen.version, chosen.files.iter().map(|&at| candidates[at].filename).collect())
    }

    #[test]
    fn versions_are_read_from_names() {
        for (project, filename, expected) in [
            ("six", "six-1.16.0-py2.py3-none-any.whl", Some("1.16.0")),
            ("foo", "foo-1.0-2-cp39-cp39-linux_x86_64.whl", Some("1.0")),
            ("foo", "foo-1.0+cu118-cp39-cp39-linux_x86_64.whl", Some("1.0+cu118")),
            ("foo", "foo-1.0_1-py3-none-any.whl", None),
            ("foo", "foo-1.0-x1-py3-none-any.whl", None),
            ("foo", "bar-1.0-py3-none-any.whl", None),
            ("foo", "foo-1.0--none-any.whl", None),
            ("python-dateutil", "python-dateutil-2.8.2.tar.gz", Some("2.8.2")),
            ("python-dateutil", "python_dateutil-2.9.0.post0.tar.gz", Some("2.9.0.post0")),
            ("zope-interface", "zope.interface-5.0.zip", Some("5.0")),
            ("foo", "foo-1.0-beta.tar.gz", Some("1.0b0")),
            ("foo", "foo-latest.tar.gz", None),
            ("foo", "foo-1.0.linux-x86_64.tar.gz", Some("1.0")),
            ("foo", "foo-1.0-py2.7.egg", Some("1.0")),
            ("foo", "foo-1.0-py2.7-win32.egg", Some("1.0")),
            ("foo", "foo-1.0.win-amd64-py3.4.exe", Some("1.0")),
            ("foo", "foo-1.0.win32.exe", Some("1.0")),
            ("foo", "foo-1.0-1.noarch.rpm", Some("1.0")),
            ("foo", "foo-bar-1.0.tar.gz", None),
            ("foo", "", None),
        ] {
            assert_eq!(version(project, filename).as_deref(), expected, "{filename}");
        }
        assert_eq!(split("python-dateutil-2.8.2.tar.gz"), Some(("python-dateutil".into(), "2.8.2".into())));
        assert_eq!(split("Foo_Bar-1.0-py3-none-any.whl"), Some(("foo-bar".into(), "1.0".into())));
        assert_eq!(split("readme.txt"), None);
    }

    #[test]
    fn names_tell_types_and_tags() {
        use PackageType::{Egg, Other, Sdist, Wheel};
        for (filename, expected) in [
            ("foo-1.0-py3-none-any.whl", Wheel),
            ("foo-1.0.tar.gz", Sdist),
            ("foo-1.0.tar.Z", Sdist),
            ("foo-1.0-py2.7.egg", Egg),
            ("foo-1.0.win32.exe", Other),
            ("foo-1.0.macosx-10.9-x86_64.tar.gz", Other),
            ("foo-1.0.win32.zip", Other),
        ] {
            assert_eq!(packagetype(filename), expected, "{filename}");
        }
        let found = tags("foo-1.0-12b-CP39.cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").unwrap();
        assert_eq!((found.build, found.python.as_str(), found.abi.as_str()), (Some((12, "b".into())), "cp39.cp310", "abi3"));
        assert_eq!(tags("foo-1.0.tar.gz"), None);
    }

    #[test]
    fn pip_would_pick() {
        for (files, expected) in [
            // A final release wins over a higher pre-release, which serves only where there is nothing else.
            (vec!["foo-2.0rc1.tar.gz", "foo-1.0.tar.gz", "foo-3.0.dev1.tar.gz"], "foo-1.0.tar.gz"),
            (vec!["foo-2.0rc1.tar.gz", "foo-2.0b1.tar.gz"], "foo-2.0rc1.tar.gz"),
            (vec!["foo-1.9.tar.gz", "foo-1.10.tar.gz"], "foo-1.10.tar.gz"),
            (vec!["foo-1!0.1.tar.gz", "foo-2.tar.gz"], "foo-1!0.1.tar.gz"),
            (vec!["foo-1.0.post1.tar.gz", "foo-1.0.tar.gz"], "foo-1.0.post1.tar.gz"),
            // A wheel before the sdist of the same release, but never before a newer release.
            (vec!["foo-1.0.tar.gz", "foo-1.0-py3-none-any.whl"], "foo-1.0-py3-none-any.whl"),
            (vec!["foo-1.1.tar.gz", "foo-1.0-py3-none-any.whl"], "foo-1.1.tar.gz"),
            // The order of tags.
            (vec!["foo-1-py3-none-any.whl", "foo-1-cp39-abi3-manylinux1_x86_64.whl"], "foo-1-cp39-abi3-manylinux1_x86_64.whl"),
            (vec!["foo-1-cp38-abi3-linux_x86_64.whl", "foo-1-cp39-abi3-linux_x86_64.whl"], "foo-1-cp39-abi3-linux_x86_64.whl"),
            (
                vec!["foo-1-cp314-cp314-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "foo-1-cp314-cp314-manylinux_2_28_x86_64.whl"],
                "foo-1-cp314-cp314-manylinux_2_28_x86_64.whl",
            ),
            (vec!["foo-1-py2.py3-none-any.whl", "foo-1-py3-none-manylinux1_x86_64.whl"], "foo-1-py3-none-manylinux1_x86_64.whl"),
            (vec!["foo-1-2-py3-none-any.whl", "foo-1-10-py3-none-any.whl", "foo-1-py3-none-any.whl"], "foo-1-10-py3-none-any.whl"),
            // What does not fit: other platforms, older or free-threaded builds, Python 2, a newer glibc.
            (vec!["foo-1-cp314-cp314-win_amd64.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            (vec!["foo-1-cp314-cp314t-manylinux1_x86_64.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            (vec!["foo-1-cp314-cp314-musllinux_1_2_x86_64.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            (vec!["foo-1-cp314-cp314-manylinux_2_99_x86_64.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            (vec!["foo-1-py2-none-any.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            // Where nothing of the newest release fits, an older one speaks.
            (vec!["foo-2-cp39-cp39-manylinux1_x86_64.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
            (vec!["foo-2-cp39-cp39-manylinux1_x86_64.whl"], ""),
            (vec!["foo-1-py2.7.egg", "foo-1.win32.exe", "foo-latest.tar.gz"], ""),
            (vec!["foo-1.zip", "foo-1.tar.gz"], "foo-1.zip"),
            (vec!["foo-1-py3-none-any.whl", "foo-1-py2.py3-none-any.whl"], "foo-1-py3-none-any.whl"),
            (vec!["foo-1_1-py3-none-any.whl", "foo-1.tar.gz"], "foo-1.tar.gz"),
        ] {
            let candidates: Vec<_> = files.iter().map(|name| file(name)).collect();
            let (_, picked) = chosen(Policy::Installed, &candidates);
            assert_eq!(picked.first().copied().unwrap_or_default(), expected, "{files:?}");
            assert!(picked.len() <= 1);
        }
    }

    #[test]
    fn requires_python_and_yanks_are_honoured() {
        let new = file("foo-2.0.tar.gz");
        let old = file("foo-1.0.tar.gz");
        for (requires_python, expected) in [
            (Some(">=3.8"), "2.0"),
            (Some("<3.14"), "1.0"),
            (Some(">=3.15"), "1.0"),
            (Some("!=3.14.*"), "1.0"),
            (Some(">=2.7, !=3.0.*, <4"), "2.0"),
            (Some("python 3"), "2.0"),
            (None, "2.0"),
        ] {
            let candidates = [old, Candidate { requires_python, ..new }];
            assert_eq!(chosen(Policy::Installed, &candidates).0, expected, "{requires_python:?}");
            assert_eq!(chosen(Policy::Representative, &candidates).0, "2.0");
        }
        let yanked = Candidate { yanked: true, ..new };
        assert_eq!(chosen(Policy::All, &[old, yanked]).0, "1.0");
        assert_eq!(choose(Policy::All, "foo", &[yanked]), None);
        let early = file("foo-3.0rc1.tar.gz");
        assert_eq!(choose(Policy::Installed, "foo", &[yanked, early]), None, "a final release that was yanked is still one");
        let elsewhere = Candidate { requires_python: Some("<3"), ..yanked };
        assert_eq!(chosen(Policy::Installed, &[elsewhere, early]).0, "3.0rc1");
        assert_eq!(choose(Policy::Installed, "foo", &[]), None);
    }

    #[test]
    fn each_policy_takes_its_files() {
        let names = [
            "foo-1.0-cp313-cp313-manylinux1_x86_64.whl",
            "foo-1.0-cp314-cp314-macosx_11_0_arm64.whl",
            "foo-1.0-cp314-cp314-macosx_10_9_x86_64.whl",
            "foo-1.0-cp39-cp39-manylinux1_x86_64.whl",
            "foo-1.0-cp314-cp314-win_amd64.whl",
            "foo-1.0-py2.7.egg",
            "foo-1.0.tar.gz",
        ];
        let candidates: Vec<_> = names.iter().map(|name| file(name)).collect();
        assert_eq!(chosen(Policy::Installed, &candidates).1, [names[6]]);
        assert_eq!(chosen(Policy::Representative, &candidates).1, [names[0], names[1], names[4], names[6]]);
        assert_eq!(chosen(Policy::Sdist, &candidates).1, [names[6]]);
        assert_eq!(chosen(Policy::All, &candidates).1.len(), names.len());
        let pure = [file("foo-1.0-py3-none-any.whl"), file("foo-1.0.tar.gz")];
        assert_eq!(chosen(Policy::Representative, &pure).1.len(), 2);
        assert_eq!(Policy::from_name("installed"), Some(Policy::Installed));
    }

    proptest! {
        #[test]
        fn the_order_of_files_does_not_matter(
            picks in proptest::collection::vec((0..6usize, 0..9usize, any::<bool>()), 1..12),
            seed in any::<u64>(),
        ) {
            let versions = ["1.0", "1.0.0", "1.1", "2.0rc1", "2.0", "x"];
            let ends = [
                ".tar.gz", ".zip", "-py3-none-any.whl", "-1-py3-none-any.whl", "-cp314-cp314-manylinux1_x86_64.whl",
                "-cp39-abi3-win_amd64.whl", "-py2.7.egg", "-cp38-cp38-manylinux1_x86_64.whl", "-cp314-cp314-macosx_14_0_universal2.whl",
            ];
            let mut files: Vec<(String, bool)> = picks.iter().map(|&(v, e, y)| (format!("foo-{}{}", versions[v], ends[e]), y)).collect();
            files.sort();
            files.dedup_by(|a, b| a.0 == b.0);
            let mut shuffled = files.clone();
            shuffled.sort_by_key(|(name, _)| crate::id::project(name).cast_unsigned() ^ seed);
            let view = |files: &[(String, bool)], policy| {
                let candidates: Vec<_> = files.iter().map(|(n, y)| Candidate { yanked: *y, ..file(n) }).collect();
                let (version, names) = chosen(policy, &candidates);
                (version, names.into_iter().map(str::to_owned).collect::<Vec<_>>())
            };
            for &policy in Policy::ALL {
                prop_assert_eq!(view(&files, policy), view(&shuffled, policy));
            }
        }

        #[test]
        fn any_name_is_read_without_panic(filename in "[a-z0-9._+!é-]{0,40}(\\.whl|\\.tar\\.gz|\\.egg|\\.exe)?") {
            let _ = (tags(&filename), packagetype(&filename), split(&filename), version("foo", &filename));
        }
    }
}
