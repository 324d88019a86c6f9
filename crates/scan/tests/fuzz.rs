//! Every parser that a package's bytes reach, fuzzed: `make fuzz`. As an ordinary test, what was found before is replayed.

use std::path::Path;
use std::process::ExitCode;

use census_artifact::Limits;
use census_extract::{Format, text::url};
use census_scan::probe;
use census_testkit::fuzz::{self, Target};
use census_testkit::hostile;
use census_testkit::package::{Sdist, Wheel, sha256_hex};

fn main() -> ExitCode {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fuzz");
    fuzz::main(&targets(), &kept, &say)
}

#[expect(clippy::print_stdout, reason = "a test harness says what it runs")]
fn say(line: &str) {
    println!("{line}");
}

fn targets() -> Vec<Target> {
    let mut all = archives();
    all.extend(members());
    all.push(Target::new(
        "url",
        || texts(&["see https://u:p@a.example:8443/x?y#z, http://[::1]/ and ftp://1.2.3.4"]),
        |bytes| {
            let text = String::from_utf8_lossy(bytes);
            for (at, found) in url::find(&text) {
                assert!(text.is_char_boundary(at));
                url::parse(found);
            }
            url::parse(&text);
        },
    ));
    let honest = || probe::rows(&wheel());
    let sha256 = sha256_hex(&wheel());
    assert!(probe::accepts(honest(), &sha256).is_some());
    all.push(Target::new("rows", move || vec![honest()], move |bytes| drop(probe::accepts(bytes.to_vec(), &sha256))));
    all.push(Target::new("frame", move || vec![probe::frame(b"rows"), probe::frame(&honest())], |bytes| drop(probe::receives(bytes))));
    all
}

fn wheel() -> Vec<u8> {
    let code = "import os\nos.system('id')\nU = 'https://demo.example/x'\n";
    Wheel::new("demo", "1.0").file("demo/a.py", code).requires("six>=1").build().bytes
}

/// The containers, each with the honest and the hostile artifacts of its kind that are small; then whole artifacts.
fn archives() -> Vec<Target> {
    let kinds: [(&str, &[u8]); 6] = [
        ("zip", b"PK\x03\x04"),
        ("gzip", b"\x1f\x8b"),
        ("bzip2", b"BZh"),
        ("xz", b"\xfd7zXZ"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("tar", b"h/"),
    ];
    let small = || hostile::kit().into_iter().filter(|case| is_small(&case.name)).map(|case| case.bytes());
    let containers = kinds.map(|(name, magic)| {
        let seeds = move || small().filter(|bytes| bytes.starts_with(magic)).collect();
        Target::new(name, seeds, |bytes| drop(census_artifact::read(bytes, &limits(), &mut |_| ())))
    });
    let sdist = || Sdist::new("demo", "1.0").file("setup.py", "from setuptools import setup\nsetup()\n").build().bytes;
    let whole = Target::new(
        "artifact",
        move || vec![wheel(), sdist()],
        |bytes| {
            let scanned = census_scan::scan_bytes("demo", "demo-1.0-py3-none-any.whl", bytes, &limits());
            assert!(matches!(scanned.scan.outcome.as_str(), "ok" | "partial" | "failed" | "skipped"));
        },
    );
    containers.into_iter().chain([whole]).collect()
}

/// Whether a case takes no time to build.
fn is_small(name: &str) -> bool {
    let kind = name.starts_with("zip/") || name.starts_with("tar");
    kind && !["bomb", "many", "deep", "overlapping", "vain", "thousand", "bound", "half", "itself", "64-kb", "2-mb"]
        .iter()
        .any(|big| name.contains(big))
}

fn limits() -> Limits {
    Limits { members: 1000, member_bytes: 4 << 20, total_bytes: 16 << 20, ratio_floor: 1 << 20, ..Limits::default() }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The formats of members, each read as what it claims to be.
fn members() -> Vec<Target> {
    let mut all = Vec::new();
    let see = |format: Format| {
        move |bytes: &[u8]| {
            census_extract::member(format, bytes);
        }
    };
    let mut add = |format: Format, seeds: &'static [&'static str]| all.push(Target::new(format.name(), || texts(seeds), see(format)));
    add(Format::Python, &[PYTHON, DISGUISED, "match x:\n  case [1, *_] if (y := 2):\n    type X[T] = list[T]\n"]);
    add(Format::Stub, &["import os\nclass A(os.PathLike[str]):\n    def f(self, x: int = ...) -> None: ...\nx: int\n"]);
    add(Format::Pth, &["import os; exec('x')\n./lib\n# words\n"]);
    add(Format::Notebook, &[r#"{"cells": [{"cell_type": "code", "source": ["import os\n", "!id\n"], "outputs": []}], "nbformat": 4}"#]);
    add(
        Format::Metadata,
        &[
            "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: six[a,b]>=1,<2; python_version < '3' and (extra == 'x' or os_name != 'nt')\nRequires-Dist: d @ https://d.example/d.zip\nAuthor-email: A <a@b.example>\nProject-URL: Source, https://s.example/\n\nWords\n",
        ],
    );
    add(Format::Record, &["a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\"b,c.py\",,\n"]);
    add(Format::WheelInfo, &["Wheel-Version: 1.0\nGenerator: x (1.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n"]);
    add(Format::EntryPoints, &["[console_scripts]\nx = a.b:c.d [e]\n\n[group]\ny=z\n"]);
    add(Format::DirectUrl, &[r#"{"url": "https://u.example/", "vcs_info": {"vcs": "git"}}"#]);
    add(
        Format::Requirements,
        &["six>=1 # words\n-r other.txt\n-e .\nx[y] ; os_name == 'nt'\n[extra:python_version<'3']\nz @ https://z.example/\n"],
    );
    add(
        Format::Pyproject,
        &["[build-system]\nrequires = [\"a>=1\"]\nbuild-backend = \"b:c\"\nbackend-path = [\".\"]\n[project.scripts]\nx = \"a:b\"\n"],
    );
    add(Format::SetupCfg, &["[metadata]\nname = demo\n[options]\ninstall_requires =\n  six\n  x>=1\n"]);
    add(
        Format::Sbom,
        &[r#"{"bomFormat": "CycloneDX", "components": [{"name": "a", "version": "1", "purl": "p:x/a@1", "components": []}]}"#],
    );
    add(
        Format::Shell,
        &["#!/bin/sh\nX=1 chmod 755 $(which y) | tee `id` <<EOF\nwords\nEOF\nif [ -f a ]; then curl 'b' && rm -rf \"$c\"; fi\n"],
    );
    add(
        Format::PowerShell,
        &["$x = 'a'; iex (New-Object Net.WebClient).DownloadString(\"https://p.example/\")\nStart-Process `\n  powershell -enc AAAA\n"],
    );
    add(Format::Batch, &["@echo off\r\nset X=1\r\nreg add HKLM\\x /v y ^\r\n  /d z & del /q %X%\r\n"]);
    add(Format::Makefile, &["all: x\n\t@chmod 755 $(X) ; \\\n\tid\nX := $(shell id)\n"]);
    add(Format::Dockerfile, &["FROM x\nRUN apt-get install \\\n  y && id\nCMD [\"a\", \"b\"]\n"]);
    add(Format::JavaScript, &["require('child_process').exec('id'); var u = 'https:\\/\\/j.example\\/'; `a${b}`\n"]);
    add(Format::Yaml, &["on: push\njobs:\n  a:\n    steps:\n      - run: |\n          curl x | sh\n      - uses: a/b@c\n"]);
    add(Format::Json, &["{\"a\": \"https:\\/\\/a.example\", \"k\": \"AKIAIOSFODNN7EXAMPLE\"}"]);
    let natives = |part: &str| -> Vec<Vec<u8>> {
        let cases = hostile::kit().into_iter().filter(|case| case.name.starts_with("native/") && case.name.contains(part));
        cases.filter_map(|case| first_member(&case.bytes())).collect()
    };
    for (format, part) in
        [(Format::Elf, "elf"), (Format::Pe, "/pe-"), (Format::MachO, "macho"), (Format::Ar, "/ar-"), (Format::Wasm, "wasm")]
    {
        all.push(Target::new(format.name(), move || natives(part), see(format)));
    }
    let object = b"\x64\x86\x01\0\0\0\0\0\x3c\0\0\0\x01\0\0\0\0\0\0\0";
    all.push(Target::new(Format::Coff.name(), || vec![object.to_vec()], see(Format::Coff)));
    all
}

/// The bytes of an artifact's first member.
fn first_member(artifact: &[u8]) -> Option<Vec<u8>> {
    let mut first = None;
    let mut keep = |member: census_artifact::Member<'_>| {
        first.get_or_insert_with(|| member.bytes.to_vec());
    };
    census_artifact::read(artifact, &Limits::default(), &mut keep).ok()?;
    first
}

const PYTHON: &str = r#"# -*- coding: utf-8 -*-
from __future__ import annotations
import os, sys as s, subprocess
from . import x as y
from pathlib import Path
@dec(1)
class A(B, metaclass=C):
    z: int = 1
    async def f(self, a, /, b=2, *c, d, **e):
        async with g() as h, i: yield await j
        return [k for k in l if k] + [*m] if n else lambda o: {**p}
try:
    subprocess.Popen(['a', "b"], shell=True)
except* (E, F) as err:
    del s.modules['x']; global q
finally:
    with open('/etc/passwd', 'rb') as f: f.read()
print(f"{x!r:>{w}} {'nested'}", b'\x00', 0xff, 1_000j)
Path('x').chmod(0o755)
while (n := n - 1): continue
"#;

const DISGUISED: &str = r#"
import base64, zlib, codecs, importlib
getattr(os, "sys" + "tem")("i" "d")
exec(base64.b64decode("aW1wb3J0IG9zO29zLnN5c3RlbSgnaWQnKQ=="))
__import__("o" "s").popen(''.join(chr(c) for c in [105, 100]))
eval(codecs.decode('bf.flfgrz', 'rot13')); globals()["eval"]('%s' % 'x'[::-1])
exec(bytes.fromhex('6964').decode()); exec(zlib.decompress(b'x'))
importlib.import_module('{}.{}'.format('a', 'b')).run("a".replace('a', 'b') * 3)
"#;
