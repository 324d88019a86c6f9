//! Whole artifacts, member by member through both steps.

use census_extract::{Extract, Format, Member, Packaging, Seen, artifact, format, member};
use census_model::{Fact, How, Kind, Phase, Role, What, id};
use proptest::prelude::*;

/// Both steps over files in memory.
fn extract(packaging: Packaging, project: &str, files: &[(&str, &[u8])]) -> Extract {
    let seen: Vec<(Format, Seen)> = files
        .iter()
        .map(|(path, bytes)| {
            let format = format::detect(path, bytes);
            (format, member(format, bytes))
        })
        .collect();
    let members: Vec<Member<'_>> = files
        .iter()
        .zip(&seen)
        .zip(0..)
        .map(|((&(path, bytes), (format, seen)), number)| {
            let size = i64::try_from(bytes.len()).expect("small");
            Member { number, path, format: *format, size, sha256: id::sha256(bytes), seen }
        })
        .collect();
    artifact(packaging, project, &members)
}

/// The facts of a kind, as `member phase value`.
fn shown(extract: &Extract, kind: Kind) -> Vec<String> {
    let facts = extract.facts.iter().filter(|fact| fact.term.kind == kind);
    facts.map(|fact| format!("{} {} {}", fact.member, fact.phase, fact.term.value)).collect()
}

fn fact<'a>(extract: &'a Extract, value: &str) -> &'a Fact {
    extract.facts.iter().find(|fact| fact.term.value == value).unwrap_or_else(|| panic!("{value} in {:#?}", extract.facts))
}

const METADATA: &[u8] = b"Metadata-Version: 2.4\nName: Pkg\nVersion: 1.0\nSummary: Does it\nRequires-Dist: b>=1; extra == 'x'\n\
    Requires-Dist: a\nProject-URL: Source, https://git.example/pkg\nAuthor-email: A <a@mail.example>\n\nSee https://docs.example/.\n";

#[test]
fn a_wheel_is_read_whole() {
    let extract = extract(
        Packaging::Wheel,
        "pkg",
        &[
            ("pkg/__init__.py", b"import os\nos.system('ls')\n"),
            ("pkg/run.sh", b"#!/bin/sh\nchmod 755 x\n"),
            ("pkg/logo.png", b"\x7fELF\x02\x01\x01\0not much more"),
            ("pkg/_vendor/vendor.txt", b"six==1.16.0\n"),
            ("pkg/_vendor/six.py", b"import sys\n"),
            ("pkg.libs/libz-8f2e1c3a.so.1.2.11", b"\x7fELF\x02\x01\x01\0nor here"),
            ("pkg.pth", b"import pkg; pkg.go()\n../elsewhere\n"),
            ("pkg-1.0.dist-info/METADATA", METADATA),
            ("pkg-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\nGenerator: builder (1.2)\n"),
            ("pkg-1.0.dist-info/entry_points.txt", b"[console_scripts]\npkg = pkg:main\n"),
            ("pkg-1.0.dist-info/RECORD", b"pkg/__init__.py,sha256=AAAA,1\npkg/gone.py,sha256=AAAA,1\npkg/run.sh,,\n"),
        ],
    );

    let roles: Vec<_> = extract.roles.iter().map(|role| role.name()).collect();
    let expected = ["runtime", "runtime", "runtime", "vendored", "vendored", "bundled", "runtime", "build", "build", "build", "build"];
    assert_eq!(roles, expected);
    // The `.pth` imports the package at every start.
    assert_eq!((fact(&extract, "os.system").phase, fact(&extract, "os.system").how), (Phase::Startup, How::Resolved));
    assert!(shown(&extract, Kind::Command).contains(&"1 script chmod 755 x".to_owned()));
    assert_eq!(shown(&extract, Kind::Format)[..2], ["1 script shell", "2 native elf"]);
    assert_eq!(fact(&extract, "png≠elf").member, 2);
    assert_eq!(shown(&extract, Kind::Url), ["7 never https://docs.example/", "7 never https://git.example/pkg"]);
    let meta = shown(&extract, Kind::Meta);
    for expected in [
        "0 import top-level:pkg",
        "0 never record:mismatch",
        "2 never record:unlisted",
        "6 startup pth:import",
        "9 script entry-point:console_scripts:pkg",
        "10 never record:missing:pkg/gone.py",
        "0 never record:size",
        "1 never record:unsigned",
    ] {
        assert!(meta.contains(&expected.to_owned()), "{expected} in {meta:?}");
    }

    assert_eq!(extract.metadata.summary.as_deref(), Some("Does it"));
    assert_eq!(extract.metadata.repository.as_deref(), Some("https://git.example/pkg"));
    assert_eq!(extract.metadata.author_domain.as_deref(), Some("mail.example"));
    assert_eq!(extract.metadata.build_backend.as_deref(), Some("builder (1.2)"));
    let requires: Vec<_> = extract.dependencies.iter().map(|d| (d.requires.as_str(), d.extra.as_deref())).collect();
    assert_eq!(requires, [("a", None), ("b", Some("x"))]);
    let components: Vec<_> = extract.components.iter().map(|c| (c.kind.as_str(), c.name.as_str(), c.version.as_deref())).collect();
    assert_eq!(components, [("vendored", "six", Some("1.16.0")), ("bundled", "libz", Some("1.2.11"))]);
    let gaps: Vec<_> = extract.gaps.iter().map(|gap| (gap.member, gap.path.as_str(), gap.what)).collect();
    let damaged = [(Some(2), "pkg/logo.png", What::Damaged), (Some(5), "pkg.libs/libz-8f2e1c3a.so.1.2.11", What::Damaged)];
    assert_eq!(gaps, damaged);
}

#[test]
fn a_source_distribution_runs_its_build() {
    let extract = extract(
        Packaging::Sdist,
        "pkg",
        &[
            ("pkg-1.0/setup.py", b"import os\nfrom setuptools import setup\nos.system('make')\nsetup(cmdclass={'install': object})\n"),
            ("pkg-1.0/pyproject.toml", b"[build-system]\nrequires = ['wheel']\nbuild-backend = 'own'\nbackend-path = ['_build']\n"),
            ("pkg-1.0/_build/own.py", b"import subprocess\nsubprocess.run(['cc'])\n"),
            ("pkg-1.0/PKG-INFO", METADATA),
            ("pkg-1.0/pkg.egg-info/PKG-INFO", b"Name: pkg\nSummary: Another\n"),
            ("pkg-1.0/tests/test_pkg.py", b"import os\nos.remove('x')\n"),
        ],
    );
    assert_eq!((fact(&extract, "os.system").phase, fact(&extract, "os.system").role), (Phase::Install, Role::Build));
    assert_eq!(fact(&extract, "subprocess.run").phase, Phase::Install);
    assert_eq!(fact(&extract, "os.remove").role, Role::Test);
    assert_eq!(fact(&extract, "build-backend:own").phase, Phase::Install);
    assert_eq!(fact(&extract, "install-hook:cmdclass").phase, Phase::Install);
    assert_eq!(extract.metadata.summary.as_deref(), Some("Does it"));
    assert_eq!(extract.metadata.build_backend.as_deref(), Some("own"));
}

#[test]
fn an_egg_has_its_requirements_apart() {
    let files: &[(&str, &[u8])] =
        &[("EGG-INFO/PKG-INFO", b"Name: pkg\nVersion: 1\n"), ("EGG-INFO/requires.txt", b"a\n[x]\nb\n"), ("pkg/__init__.py", b"")];
    let extract = extract(Packaging::Egg, "pkg", files);
    let requires: Vec<_> = extract.dependencies.iter().map(|d| (d.requires.as_str(), d.extra.as_deref())).collect();
    assert_eq!(requires, [("a", None), ("b", Some("x"))]);
}

#[test]
fn a_notebook_is_its_code_and_its_text() {
    let notebook = br##"{"cells": [
        {"cell_type": "markdown", "source": ["# See https://a.example/x\n"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install -q thing\n", "import os\n", "os.system('ls')"], "outputs": []},
        {"cell_type": "code", "source": "%%bash\nrm -rf build\n", "outputs": [{"text": ["from https://b.example"]}]}
    ], "nbformat": 4}"##;
    let extract = extract(Packaging::Wheel, "pkg", &[("pkg/a.ipynb", notebook)]);
    let call = fact(&extract, "os.system");
    assert_eq!((call.phase, call.line), (Phase::Script, 4));
    let commands = shown(&extract, Kind::Command);
    assert!(
        commands.contains(&"0 script pip install -q".to_owned()) && commands.contains(&"0 script rm -rf build".to_owned()),
        "{commands:?}"
    );
    assert_eq!(shown(&extract, Kind::Url), ["0 never https://a.example/x", "0 never https://b.example"]);
}

#[test]
fn the_same_input_gives_the_same_rows_in_order() {
    let files: &[(&str, &[u8])] = &[("a.sh", b"ls\nrm x\nls\n"), ("b.md", b"https://a.example https://b.example https://a.example")];
    let first = extract(Packaging::Wheel, "pkg", files);
    assert_eq!(first, extract(Packaging::Wheel, "pkg", files));
    assert!(first.facts.is_sorted());
    let ls = fact(&first, "ls");
    assert_eq!((ls.count, ls.line), (2, 1));
}

/// Beginnings that lead readers further in than noise would.
const STARTS: &[&[u8]] = &[
    b"",
    b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
    b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x06\0\0\0\x02\0\0\0",
    b"\xca\xfe\xba\xbe\0\0\0\x01",
    b"MZ",
    b"!<arch>\n",
    b"{\"cells\": [{\"cell_type\": \"code\", \"source\": \"",
    b"import os; https://",
    b"[console_scripts]\n",
    b"-----BEGIN PRIVATE KEY-----\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(start in proptest::sample::select(STARTS), rest in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [start, &rest].concat();
        for &format in Format::ALL {
            let seen = member(format, &bytes);
            let number = 0;
            let member = Member { number, path: "a/b.txt", format, size: 1, sha256: [0; 32], seen: &seen };
            for packaging in [Packaging::Wheel, Packaging::Sdist, Packaging::Egg] {
                let extract = artifact(packaging, "a", &[member]);
                prop_assert!(extract.facts.is_sorted() && extract.roles.len() == 1);
            }
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[ -~\n\té\u{202e}]{0,200}") {
        for &format in Format::ALL {
            member(format, text.as_bytes());
        }
    }
}
