//! What a member is for, told by its place, its name and its format.
//!
//! Where two roles fit, the later in [`Role`]'s list wins, so that a stub in a vendored copy is a stub; [`Role::Data`] alone is
//! given where nothing else says more.

use std::collections::BTreeSet;

use census_model::Role;

use crate::format::Family;
use crate::{Format, Member, Packaging};

const VENDORED: &[&str] = &[
    "_vendor",
    "vendor",
    "_vendored",
    "vendored",
    "vendors",
    "third_party",
    "thirdparty",
    "third-party",
    "3rdparty",
    "3rd_party",
    "extern",
    "externs",
    "external",
    "externals",
    "_extern",
    "_external",
    "_externals",
    "node_modules",
    "bower_components",
];
const TEST: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "_tests",
    "unittests",
    "unit_tests",
    "integration_tests",
    "functional_tests",
    "testdata",
    "test_data",
    "test-data",
];
const DOC: &[&str] = &["doc", "docs", "_docs", "docs_src", "documentation"];
const EXAMPLE: &[&str] = &[
    "example",
    "examples",
    "demo",
    "demos",
    "sample",
    "samples",
    "asv_bench",
    "benchmark",
    "benchmarks",
    "bench",
    "tutorial",
    "tutorials",
    "notebooks",
];

/// Projects that were copied below a directory `packages`, before `_vendor` was the custom.
const COPIES: &[&str] =
    &["urllib3", "chardet", "idna", "six.py", "requests", "certifi", "ssl_match_hostname", "ordereddict.py", "backports"];

/// Directories at the root of a source distribution that serve its makers.
const BUILD: &[&str] =
    &["scripts", "tools", "build_tools", "buildconfig", "packaging", "cmake", "conda", "conda-recipe", "recipe", "requirements"];

/// Directories at the root of a source distribution that configure services: nothing of the package.
const SERVICE: &[&str] = &[".github", ".circleci", ".gitlab", ".ci", "ci", ".azure-pipelines", ".devcontainer", ".vscode", ".idea"];

/// The roles of an artifact's members.
pub(crate) struct Roles<'a> {
    packaging: Packaging,
    /// The directories at the root that hold Python or native code.
    roots: BTreeSet<&'a str>,
}

impl<'a> Roles<'a> {
    /// Looks at the whole artifact, since a directory `tests` at the root is the package itself where there is no other.
    pub(crate) fn new(packaging: Packaging, members: &[Member<'a>]) -> Self {
        let code = members.iter().filter(|member| member.format.is_code());
        let roots = code.filter_map(|member| inside(member.path, packaging).split_once('/').map(|(root, _)| root)).collect();
        Self { packaging, roots }
    }

    /// The role of the member at `path`.
    pub(crate) fn of(&self, path: &str, format: Format) -> Role {
        let path = inside(path, self.packaging);
        let (dirs, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dirs: Vec<&str> = dirs.split('/').map(|dir| dir.trim_end_matches('!')).filter(|dir| !dir.is_empty()).collect();
        let below = &dirs[self.first_below(&dirs).min(dirs.len())..];
        let any = |names: &[&str]| below.iter().any(|dir| names.contains(&dir.to_ascii_lowercase().as_str()));
        let file = by_file(name, format);
        let place = [
            (any(VENDORED) || is_old_copy(below, name), Role::Vendored),
            (is_bundled(&dirs, format), Role::Bundled),
            (any(TEST), Role::Test),
            (any(DOC), Role::Doc),
            (any(EXAMPLE), Role::Example),
            (dirs.contains(&"typeshed") || dirs.iter().any(|dir| dir.ends_with("-stubs")), Role::Stub),
            (self.is_build(&dirs, name), Role::Build),
            (self.packaging == Packaging::Sdist && dirs.first().is_some_and(|dir| SERVICE.contains(dir)), Role::Data),
        ];
        let role = place.into_iter().filter_map(|(fits, role)| fits.then_some(role)).chain(file).max().unwrap_or(Role::Runtime);
        if role == Role::Runtime && !format.is_code() && format != Format::Pth { Role::Data } else { role }
    }

    /// How many directories name the package rather than a place in it: in a wheel the top one, unless there are others.
    fn first_below(&self, dirs: &[&str]) -> usize {
        match self.packaging {
            Packaging::Sdist => 0,
            Packaging::Wheel | Packaging::Egg => usize::from(dirs.first().is_some_and(|dir| self.roots.len() < 2 || !is_side(dir))),
        }
    }

    fn is_build(&self, dirs: &[&str], name: &str) -> bool {
        let info = |dir: &&str| dir.ends_with(".dist-info") || dir.ends_with(".egg-info") || **dir == *"EGG-INFO";
        let root_of_sdist = self.packaging == Packaging::Sdist && dirs.is_empty();
        dirs.first().is_some_and(info)
            || dirs.get(1).is_some_and(info)
            || root_of_sdist && is_build_file(name)
            || self.packaging == Packaging::Sdist && dirs.first().is_some_and(|dir| BUILD.contains(dir))
    }
}

/// Names that are a test suite, documentation or examples even at the root of a wheel, where they stand beside a package.
fn is_side(dir: &str) -> bool {
    [TEST, DOC, EXAMPLE].iter().any(|names| names.contains(&dir))
}

/// Whether a directory of this name holds copies of other projects.
pub(crate) fn is_vendored_dir(dir: &str) -> bool {
    VENDORED.contains(&dir.to_ascii_lowercase().as_str())
}

/// Whether a project of this name (a directory or a file) is a copy where it lies below `packages`.
pub(crate) fn is_known_copy(name: &str) -> bool {
    COPIES.contains(&name)
}

fn is_old_copy(dirs: &[&str], name: &str) -> bool {
    dirs.iter().position(|dir| *dir == "packages").is_some_and(|at| is_known_copy(dirs.get(at + 1).copied().unwrap_or(name)))
}

/// The path below the top directory of a source distribution.
pub(crate) fn inside(path: &str, packaging: Packaging) -> &str {
    match packaging {
        Packaging::Sdist => path.split_once('/').map_or(path, |(_, rest)| rest),
        Packaging::Wheel | Packaging::Egg => path,
    }
}

/// Shared libraries that a repair tool put in: `<package>.libs`, `.dylibs`.
fn is_bundled(dirs: &[&str], format: Format) -> bool {
    format.is_native() && dirs.iter().any(|dir| dir.strip_suffix(".libs").is_some() || *dir == ".dylibs" || *dir == "lib-dynload")
}

/// Files at the root of a source distribution that build or check it.
fn is_build_file(name: &str) -> bool {
    matches!(
        name,
        "noxfile.py"
            | "fabfile.py"
            | "tasks.py"
            | "dodo.py"
            | "versioneer.py"
            | "ez_setup.py"
            | "hatch_build.py"
            | "pdm_build.py"
            | "build.py"
            | "tox.ini"
            | "configure"
    )
}

fn by_file(name: &str, format: Format) -> Option<Role> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    match format {
        Format::Stub => Some(Role::Stub),
        Format::Python if is_test_file(&lower) => Some(Role::Test),
        Format::JavaScript | Format::TypeScript if lower.contains(".test.") || lower.contains(".spec.") => Some(Role::Test),
        Format::Python if lower == "setup.py" => Some(Role::Build),
        Format::Makefile | Format::CMake | Format::Meson | Format::Pyproject | Format::SetupCfg | Format::Dockerfile => Some(Role::Build),
        Format::Markdown | Format::Rst => Some(Role::Doc),
        _ if format.family() == Family::Packaging => Some(Role::Build),
        _ if !format.is_code() && is_document(stem) => Some(Role::Doc),
        _ => None,
    }
}

fn is_test_file(lower: &str) -> bool {
    lower.starts_with("test_") || lower.ends_with("_test.py") || lower.ends_with("_tests.py") || matches!(lower, "conftest.py" | "tests.py")
}

fn is_document(stem: &str) -> bool {
    [
        "readme",
        "changelog",
        "changes",
        "history",
        "news",
        "authors",
        "contributors",
        "contributing",
        "license",
        "licence",
        "copying",
        "notice",
    ]
    .contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seen;
    use crate::format::claimed;

    fn role(packaging: Packaging, path: &str, others: &[&str]) -> Role {
        let seen = Seen::default();
        let format = |path: &str| claimed(path).unwrap_or(Format::Data);
        let member = |path| Member { number: 0, path, format: format(path), size: 1, sha256: [0; 32], seen: &seen };
        let members: Vec<_> = others.iter().copied().chain([path]).map(member).collect();
        Roles::new(packaging, &members).of(path, format(path))
    }

    #[test]
    fn places_in_a_wheel_tell_the_role() {
        use Role::*;
        for (path, expected) in [
            ("pkg/a.py", Runtime),
            ("pkg/a.so", Runtime),
            ("pkg/logo.png", Data),
            ("pkg/data.json", Data),
            ("pkg/a.pyi", Stub),
            ("pkg-stubs/a.py", Stub),
            ("pkg/_vendor/six.py", Vendored),
            ("pkg/packages/urllib3/a.py", Vendored),
            ("pkg/packages/six.py", Vendored),
            ("pkg/packages/a.py", Runtime),
            ("pkg/a_tests.py", Test),
            ("pkg/tests.py", Test),
            ("pkg/static/a.test.js", Test),
            ("pkg/__tests__/a.js", Test),
            ("pkg/asv_bench/a.py", Example),
            ("pkg/third_party/typeshed/os.pyi", Stub),
            ("pkg/third_party/typeshed/x.py", Stub),
            ("pkg/_vendor/x/tests/test_x.py", Test),
            ("pkg.libs/libz-1a2b3c4d.so.1", Bundled),
            ("pkg/.dylibs/libz.dylib", Bundled),
            ("pkg/tests/a.py", Test),
            ("pkg/testing/a.py", Runtime),
            ("pkg/test_a.py", Test),
            ("pkg/conftest.py", Test),
            ("test/support.py", Runtime),
            ("_pytest/python.py", Runtime),
            ("testtools/a.py", Runtime),
            ("docs/conf.py", Runtime),
            ("pkg/docs/conf.py", Doc),
            ("pkg/examples/a.py", Example),
            ("pkg/README.md", Doc),
            ("pkg-1.dist-info/METADATA", Build),
            ("pkg-1.dist-info/licenses/LICENSE", Doc),
            ("pkg/data.zip!/tests/a.py", Test),
            ("evil.pth", Runtime),
        ] {
            assert_eq!(role(Packaging::Wheel, path, &[]), expected, "{path}");
        }
        assert_eq!(role(Packaging::Wheel, "tests/a.py", &["pkg/a.py"]), Test);
    }

    #[test]
    fn places_in_a_source_distribution_tell_the_role() {
        use Role::*;
        for (path, expected) in [
            ("pkg-1/setup.py", Build),
            ("pkg-1/pyproject.toml", Build),
            ("pkg-1/Makefile", Build),
            ("pkg-1/noxfile.py", Build),
            ("pkg-1/tools/release.py", Build),
            ("pkg-1/PKG-INFO", Build),
            ("pkg-1/src/pkg/a.py", Runtime),
            ("pkg-1/pkg/tools/a.py", Runtime),
            ("pkg-1/tests/data/a.py", Test),
            ("pkg-1/tests/setup.py", Test),
            ("pkg-1/docs/conf.py", Doc),
            ("pkg-1/src/pkg-stubs/a.py", Stub),
            ("pkg-1/README.rst", Doc),
            ("pkg-1/examples/a.ipynb", Example),
            ("pkg-1/vendor/zlib/zlib.c", Vendored),
            ("pkg-1/.github/workflows/ci.yml", Data),
            ("pkg-1/pkg/_ext.c", Runtime),
        ] {
            assert_eq!(role(Packaging::Sdist, path, &[]), expected, "{path}");
        }
    }
}
