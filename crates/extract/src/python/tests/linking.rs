use census_model::Role;

use super::see;
use crate::python::link::{File, link};
use crate::{Packaging, Seen};

/// Links sources by path; `setup.py` is a hook. Gives lines `path kind value phase how line`.
fn linked(packaging: Packaging, sources: &[(&str, &str)]) -> Vec<String> {
    let seen: Vec<Seen> = sources.iter().map(|(path, source)| see(source.as_bytes(), path.rsplit('.').next() == Some("pyi"))).collect();
    let files: Vec<File<'_>> = (0i32..)
        .zip(sources.iter().zip(&seen))
        .map(|(member, ((path, _), seen))| {
            let role = match path {
                path if path.rsplit('.').next() == Some("pyi") => Role::Stub,
                path if path.contains("setup") => Role::Build,
                _ => Role::Runtime,
            };
            File { member, path, role, seen, install: path.ends_with("/setup.py"), start: path.ends_with("sitecustomize.py") }
        })
        .collect();
    link(&files, packaging)
        .into_iter()
        .map(|l| {
            format!("{} {} {} {} {} {}", sources[usize::try_from(l.member).unwrap()].0, l.term.kind, l.term.value, l.phase, l.how, l.line)
        })
        .collect()
}

#[track_caller]
fn has(lines: &[String], want: &[&str], absent: &[&str]) {
    for line in want {
        assert!(lines.iter().any(|l| l == line), "missing {line:?} of {lines:#?}");
    }
    for part in absent {
        assert!(!lines.iter().any(|l| l.contains(part)), "unexpected {part:?} of {lines:#?}");
    }
}

#[test]
fn re_exports_are_followed() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("p/__init__.py", "from ._compat import *\nfrom .sub import run\n"),
            ("p/_compat.py", "import subprocess\nfrom os import system as shell\ndef own(): pass\n"),
            ("p/sub/__init__.py", "from .deep import run, helper\n"),
            (
                "p/sub/deep.py",
                "from ... import p\nfrom .._compat import subprocess as s\nfrom subprocess import run\ns.Popen(x, shell=True)\n",
            ),
            (
                "p/use.py",
                "from . import run, own, shell\nfrom ._compat import subprocess, own\nimport p\nimport p.sub.deep\nrun(x)\nown()\nshell('x')\nsubprocess.Popen(x)\np.sub.deep.run(y)\n",
            ),
        ],
    );
    has(
        &lines,
        &[
            "p/use.py call subprocess.run import resolved 5",
            "p/use.py call subprocess.Popen import resolved 8",
            "p/use.py call os.system import resolved 7",
            "p/sub/deep.py call subprocess.Popen import resolved 4",
            "p/sub/deep.py arg subprocess.Popen:shell=True import resolved 4",
        ],
        &["own", "call p.", "import p ", "import p.", "call ."],
    );
}

#[test]
fn what_lies_inside_is_no_fact() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("p/__init__.py", ""),
            ("p/a.py", "import p.b\nfrom p.c import f\np.b.g()\nf()\np.ext.fast()\nfrom .gone import h\nh()\n"),
            ("p/b.py", "def g(): pass\n"),
        ],
    );
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn namespace_packages_do_not_hide_their_neighbours() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("google/cloud/x/__init__.py", "import google.auth\ngoogle.auth.default()\nimport google.cloud.x.y\n"),
            ("google/cloud/x/y.py", ""),
        ],
    );
    has(
        &lines,
        &[
            "google/cloud/x/__init__.py call google.auth.default import resolved 2",
            "google/cloud/x/__init__.py import google.auth import resolved 1",
        ],
        &["cloud.x.y"],
    );
}

#[test]
fn circles_end() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("a.py", "from b import f\nf()\n"),
            ("b.py", "from a import f\nf()\n"),
            ("c.py", "from .c import *\nfrom .c import x\nx()\ny()\n"),
        ],
    );
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn names_that_lengthen_at_each_hop_end() {
    // Every second hop puts one of six parts into the name: without a bound there would be 6^8 names in each module.
    let modules = ["a", "b", "c"];
    let stars = modules.map(|module| format!("from .{module} import *\n")).concat();
    let arms = ["a", "b", "c", "d", "e"].map(|part| format!("elif c:\n    x = x.{part}\n")).concat();
    let body = format!("{stars}from . import x\nif c:\n    x = x.f\n{arms}else:\n    x = x.g\nx.run()\n");
    let paths = modules.map(|module| format!("p/{module}.py"));
    let mut sources: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), body.as_str())).collect();
    sources.push(("p/__init__.py", &stars));
    let begun = std::time::Instant::now();
    assert_eq!(linked(Packaging::Wheel, &sources), Vec::<String>::new());
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn setup_and_what_it_imports_run_at_install() {
    let lines = linked(
        Packaging::Sdist,
        &[
            (
                "p-1.0/setup.py",
                "import os\nfrom setuptools import setup\nfrom p.version import v\nimport setup_helper\nclass I:\n    def run(self):\n        os.system('x')\nsetup(name=v)\n",
            ),
            ("p-1.0/setup_helper.py", "import os\ndef f():\n    os.popen('x')\n"),
            ("p-1.0/src/p/__init__.py", "import socket\nsocket.gethostname()\n"),
            ("p-1.0/src/p/version.py", "import sys\nsys.exit()\ndef f():\n    sys.exit()\n"),
            ("p-1.0/src/p/other.py", "import sys\nsys.exit()\n"),
        ],
    );
    has(
        &lines,
        &[
            "p-1.0/setup.py call os.system install resolved 7",
            "p-1.0/setup_helper.py call os.popen install resolved 3",
            "p-1.0/src/p/__init__.py call socket.gethostname install resolved 2",
            "p-1.0/src/p/version.py call sys.exit install resolved 2",
            "p-1.0/src/p/version.py call sys.exit call resolved 4",
            "p-1.0/src/p/other.py call sys.exit import resolved 2",
        ],
        &["import p.version", "import setup_helper"],
    );
}

#[test]
fn phases_follow_scopes() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("p.py", "import os\nos.getcwd()\ndef f():\n    os.system('x')\nif __name__ == '__main__':\n    os.popen('x')\n"),
            ("p-1.data/scripts/run.py", "import os\nos.system('x')\n"),
        ],
    );
    has(
        &lines,
        &[
            "p.py call os.getcwd import resolved 2",
            "p.py call os.system call resolved 4",
            "p.py call os.popen script resolved 6",
            "p-1.data/scripts/run.py call os.system script resolved 2",
        ],
        &[],
    );
}

#[test]
fn stubs_declare_by_their_place() {
    let stub = "def chown(): ...\n";
    let lines = linked(
        Packaging::Wheel,
        &[
            ("j/third_party/typeshed/stdlib/os/__init__.pyi", stub),
            ("j/third_party/typeshed/stdlib/posix.pyi", "from os import chmod as chmod\n"),
            ("j/third_party/typeshed/stubs/requests/requests/api.pyi", stub),
            ("q-stubs/sub/x.pyi", stub),
            ("q-stubs/_private/x.pyi", stub),
            ("own/x.py", ""),
            ("own/__init__.py", ""),
            ("own/x.pyi", stub),
        ],
    );
    assert_eq!(
        lines,
        [
            "j/third_party/typeshed/stdlib/os/__init__.pyi declare os.chown never resolved 1",
            "j/third_party/typeshed/stdlib/posix.pyi declare os.chmod never resolved 1",
            "j/third_party/typeshed/stubs/requests/requests/api.pyi declare requests.api.chown never resolved 1",
            "q-stubs/sub/x.pyi declare q.sub.x.chown never resolved 1",
        ]
    );
}

#[test]
fn a_file_beside_the_road_hides_nothing() {
    // Neither fixtures nor modules named like the standard library's stand in for what the package imports.
    let lines = linked(
        Packaging::Sdist,
        &[
            ("p-1.0/src/p/__init__.py", "import requests, subprocess\nrequests.get(u)\nsubprocess.run(x)\n"),
            ("p-1.0/src/subprocess.py", "def run(): pass\n"),
            ("p-1.0/docs/requests.py", "def get(): pass\n"),
            ("p-1.0/docs/conf.py", "import requests\nrequests.get(u)\n"),
        ],
    );
    has(
        &lines,
        &["p-1.0/src/p/__init__.py call requests.get import resolved 2", "p-1.0/src/p/__init__.py call subprocess.run import resolved 3"],
        &["conf.py call"],
    );
}

#[test]
fn a_package_that_is_only_a_namespace_is_followed() {
    let lines = linked(
        Packaging::Sdist,
        &[
            ("p-1.0/src/ns/p/__init__.py", "from .compat import s\nfrom ns.p.compat import s as t\ns.Popen(x)\nt.run(x)\n"),
            ("p-1.0/src/ns/p/compat.py", "import subprocess as s\n"),
        ],
    );
    has(
        &lines,
        &[
            "p-1.0/src/ns/p/__init__.py call subprocess.Popen import resolved 3",
            "p-1.0/src/ns/p/__init__.py call subprocess.run import resolved 4",
        ],
        &["ns."],
    );
}

#[test]
fn commands_of_other_modules_run_at_install() {
    let lines = linked(
        Packaging::Sdist,
        &[
            ("p-1.0/setup.py", "from setuptools import setup\nfrom p.build import Install\nsetup(cmdclass={'install': Install})\n"),
            ("p-1.0/p/__init__.py", ""),
            (
                "p-1.0/p/build.py",
                "import os\nfrom setuptools.command.install import install\nclass Install(install):\n    def run(self):\n        os.system('x')\ndef other():\n    os.popen('x')\n",
            ),
            (
                "p-1.0/p/unused.py",
                "import os\nfrom setuptools import Command\nclass Unused(Command):\n    def run(self):\n        os.system('x')\n",
            ),
        ],
    );
    has(
        &lines,
        &[
            "p-1.0/p/build.py call os.system install resolved 5",
            "p-1.0/p/build.py call os.popen call resolved 7",
            "p-1.0/p/unused.py call os.system call resolved 5",
        ],
        &[],
    );
}

#[test]
fn what_the_site_module_imports_runs_at_startup() {
    let lines = linked(
        Packaging::Wheel,
        &[
            ("sitecustomize.py", "import p.hook\ndef f():\n    import p.late\n"),
            ("p/__init__.py", "import sys\nsys.exit()\n"),
            ("p/hook.py", "import os\nfrom .deep import x\nos.system('x')\ndef f():\n    os.popen('x')\n"),
            ("p/deep.py", "import os\nos.getcwd()\n"),
            ("p/late.py", "import os\nos.getcwd()\n"),
        ],
    );
    has(
        &lines,
        &[
            "p/__init__.py call sys.exit startup resolved 2",
            "p/hook.py call os.system startup resolved 3",
            "p/hook.py call os.popen call resolved 5",
            "p/deep.py call os.getcwd startup resolved 2",
            "p/late.py call os.getcwd import resolved 2",
        ],
        &[],
    );
}
