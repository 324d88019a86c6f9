"""What Census chooses under the policy `installed` is what pip chooses, for built projects and for those of the lake."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from conftest import ROOT, Lake
from packaging import tags
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.models.target_python import TargetPython
from pip._internal.network.session import PipSession

CPYTHON = (3, 14, 4)
GLIBC = (2, 43)
JSON_PAGE = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class File:
    """A file as an index lists it."""

    name: str
    requires_python: str | None = None
    yanked: bool | str = False

    def content(self) -> bytes:
        """A wheel that pip can read the metadata of; of anything else, bytes of its own."""
        try:
            name, version, *_ = parse_wheel_filename(self.name)
        except ValueError:
            return self.name.encode()
        stem = "-".join(self.name.split("-")[:2])
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            entries = {
                "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
                "WHEEL": f"Wheel-Version: 1.0\nGenerator: {self.name}\nRoot-Is-Purelib: true\n",
                "RECORD": "",
            }
            for entry, text in entries.items():
                archive.writestr(zipfile.ZipInfo(f"{stem}.dist-info/{entry}"), text)
        return buffer.getvalue()


Projects = dict[str, list[File]]


@contextmanager
def served(projects: Projects) -> Iterator[str]:
    """The projects as an index on loopback; tells its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, project, *rest = unquote(self.path).strip("/").split("/")
            files = {file.name: file for file in projects.get(project, [])}
            if kind == "simple" and project in projects:
                self.answer(JSON_PAGE, self.page(project).encode())
            elif kind == "files" and rest and rest[0] in files:
                self.answer("application/octet-stream", files[rest[0]].content())
            else:
                self.send_error(404)

        def page(self, project: str) -> str:
            entries = []
            for file in projects[project]:
                digest = hashlib.sha256(file.content()).hexdigest()
                entry = {"filename": file.name, "url": f"/files/{project}/{quote(file.name)}", "hashes": {"sha256": digest}}
                entries.append(entry | {"requires-python": file.requires_python, "yanked": file.yanked})
            return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": entries})

        def answer(self, content_type: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        server.server_close()


def platforms() -> list[str]:
    """The platform tags of a machine with this glibc, the most liked first, as `packaging` names them."""
    from packaging import _manylinux

    asked = _manylinux._get_glibc_version
    _manylinux._get_glibc_version = lambda: GLIBC
    try:
        return [*_manylinux.platform_tags(["x86_64"]), "linux_x86_64"]
    finally:
        _manylinux._get_glibc_version = asked


def supported() -> list[Tag]:
    """The tags of this CPython on such a machine, the most liked first."""
    of = platforms()
    return [
        *tags.cpython_tags(CPYTHON[:2], abis=["cp314"], platforms=of),
        *tags.compatible_tags(CPYTHON[:2], interpreter="cp314", platforms=of),
    ]


def pips_choices(projects: Projects, index: str) -> dict[str, str | None]:
    """The file of each project that pip takes: its finder's last that is not yanked, as its resolver goes through them."""
    target = TargetPython(py_version_info=CPYTHON, implementation="cp", abis=["cp314"], platforms=platforms())
    vendored = sys.modules["pip._vendor.packaging.tags"].Tag
    target._valid_tags = [vendored(tag.interpreter, tag.abi, tag.platform) for tag in supported()]
    collector = LinkCollector(PipSession(), SearchScope.create(find_links=[], index_urls=[index], no_index=False))
    finder = PackageFinder.create(collector, SelectionPreferences(allow_yanked=True), target)

    def choice(project: str) -> str | None:
        applicable = reversed(finder.find_best_candidate(project).applicable_candidates)
        return next((candidate.link.filename for candidate in applicable if not candidate.link.is_yanked), None)

    return {project: choice(project) for project in projects}


def census_choices(projects: Projects, index: str, census: Path, place: Path) -> dict[str, str | None]:
    """The file of each project that Census mirrors."""
    listed = place / "projects.txt"
    listed.write_text("".join(f"{project}\n" for project in projects), encoding="utf-8")
    where = ["--lake", place / "lake", "--mirror", place / "mirror"]
    command = [census, "crawl", "--index-url", index, "--projects", listed, "--artifacts", "installed", "--quiet", *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    mirrored = {path.name for path in (place / "mirror").rglob("*") if path.is_file()}
    hashes = {file.name: hashlib.sha256(file.content()).hexdigest() for files in projects.values() for file in files}

    def choice(project: str) -> str | None:
        held = [file.name for file in projects[project] if hashes[file.name] in mirrored]
        assert len(held) <= 1, f"{project}: {held}"
        return held[0] if held else None

    return {project: choice(project) for project in projects}


VERSIONS = (
    "0.9", "1.0", "1.0.0", "1.1", "1.1.post1", "1.10", "2.0a1", "2.0b2.dev3", "2.0rc1", "2.0.dev1", "2.0", "1!0.5", "1!0.6rc1",
    "1.0+local.2", "2.0.post1.dev2", "2024.10.1", "v1.2", "1.3-1", "2.1-beta",
)
NO_VERSIONS = ("latest", "1.0-final-x", "2.x", "")
TAGS = (
    "py3-none-any", "py2.py3-none-any", "py2-none-any", "py314-none-any", "py315-none-any", "cp314-none-any", "cp314-cp314-any",
    "cp314-cp314-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp314-cp314-manylinux_2_28_x86_64", "cp314-cp314-manylinux1_x86_64",
    "cp314-cp314-manylinux2010_x86_64", "cp314-cp314-manylinux_2_43_x86_64", "cp314-cp314-manylinux_2_44_x86_64",
    "cp314-cp314-linux_x86_64", "cp314-cp314-musllinux_1_2_x86_64", "cp314-cp314-manylinux_2_17_aarch64", "cp314-cp314-win_amd64",
    "cp314-cp314-macosx_11_0_arm64", "cp314-cp314t-manylinux_2_28_x86_64", "cp314-abi3-manylinux_2_28_x86_64",
    "cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp38.cp39-abi3-manylinux_2_5_x86_64.manylinux1_x86_64",
    "cp313-cp313-manylinux_2_28_x86_64", "cp313-none-any", "cp32-abi3-linux_x86_64", "cp27-abi3-manylinux1_x86_64", "py3-none-win32",
    "py3-none-manylinux_2_28_x86_64", "pp311-pypy311_pp73-manylinux_2_28_x86_64", "py3-abi3-any", "CP314-CP314-Manylinux_2_28_x86_64",
)
REQUIRES = (
    ">=3.8", "<3.14", ">=3.15", ">=2.7, !=3.0.*, <4", "~=3.9", "==3.14.*", ">=3.14.5", "!=3.14.4", "<=3.14", ">3.14", "nonsense",
    ">=3.6.*", "==3.14.4", ">=3.15.0a1", "", "~=3", "===3.14.4", "<4.0.0rc1", ">= 3.7 , < 3.15",
)
BUILDS = ("", "", "", "", "-1", "-2", "-2a", "-10", "-x1")
ARCHIVES = (".tar.gz", ".tar.gz", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".egg", ".exe", ".linux-x86_64.tar.gz", ".rpm", ".whl")


def a_file(chance: random.Random, project: str) -> File:
    """Some file that an index could list, of one of the versions, or misnamed."""
    version = chance.choice(NO_VERSIONS) if chance.random() < 0.05 else chance.choice(VERSIONS)
    if chance.random() < 0.55:
        spelled = chance.choice([project.replace("-", "_"), project.replace("-", "."), project.replace("-", "_").title()])
        filename = f"{spelled}-{version.replace('-', '_')}{chance.choice(BUILDS)}-{chance.choice(TAGS)}.whl"
    else:
        # pip takes the platform behind a local version, which no index has, for a part of it.
        version = version.partition("+")[0]
        spelled = chance.choice([project, project.replace("-", "_"), project.replace("-", ".").upper(), f"{project}-extra"])
        filename = f"{spelled}-{version}{chance.choice(ARCHIVES)}"
    requires = chance.choice(REQUIRES) if chance.random() < 0.3 else None
    yanked = chance.choice([True, "broken", ""]) if chance.random() < 0.2 else False
    return File(filename, requires, yanked)


def built(seed: int) -> Projects:
    """200 projects; an index lists files by name."""
    chance = random.Random(seed)
    projects: Projects = {}
    for number in range(200):
        project = f"case-{number}"
        files = {file.name: file for file in (a_file(chance, project) for _ in range(chance.randint(1, 14)))}
        projects[project] = [files[name] for name in sorted(files)]
    return projects


def differing(projects: Projects, ours: dict[str, str | None], pips: dict[str, str | None]) -> str:
    """Where the choices differ, with what there was to choose from."""
    wrong = [project for project in projects if ours[project] != pips[project]]
    return "\n".join(f"{p}: Census {ours[p]}, pip {pips[p]}, of {projects[p]}" for p in wrong)


def test_the_choice_of_built_projects_is_pips(census: Path, tmp_path: Path) -> None:
    projects = built(seed=3)
    with served(projects) as index:
        pips = pips_choices(projects, index)
        ours = census_choices(projects, index, census, tmp_path)
        assert differing(projects, ours, pips) == ""
        picked = [name for name in pips.values() if name is not None]
        assert len(picked) > 120
        assert len({name.rpartition(".")[2] for name in picked}) > 2, "wheels and archives"


def test_pip_downloads_what_its_finder_chose(tmp_path: Path) -> None:
    """The command itself, where it chose a wheel: of an sdist it would run code to read the metadata."""
    projects = built(seed=3)
    older = ("manylinux1", "manylinux2010", "manylinux2014")
    with served(projects) as index:
        pips = pips_choices(projects, index)
        wheels = [p for p, name in pips.items() if name is not None and name.endswith(".whl")]
        plain = [p for p in wheels if not any(old in file.name for file in projects[p] for old in older)][:12]
        assert len(plain) == 12
        for project in plain:
            to = tmp_path / project
            wanted = [*(f"--platform={platform}" for platform in platforms()), "--implementation=cp", "--python-version=3.14.4"]
            wanted += ["--abi=cp314", "--abi=abi3", "--abi=none"]
            command = [sys.executable, "-m", "pip", "download", "--isolated", "--no-deps", "--quiet", "--no-cache-dir", f"--dest={to}"]
            done = subprocess.run([*command, f"--index-url={index}", *wanted, project], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{project}: {done.stderr}"
            assert [path.name for path in to.iterdir()] == [pips[project]]


def test_the_choice_of_the_lakes_projects_is_pips(run: Lake, tmp_path: Path) -> None:
    """What the index answered, served again."""
    states = run.sql("SELECT project, filename, version, requires_python, yanked, yanked_reason FROM current_artifacts ORDER BY project, filename")
    projects: Projects = {}
    for state in states:
        file = File(state["filename"], state["requires_python"], state["yanked_reason"] or state["yanked"])
        projects.setdefault(canonicalize_name(state["project"]), []).append(file)
    if not projects:
        pytest.fail("the lake holds no files")
    with served(projects) as index:
        pips = pips_choices(projects, index)
        assert differing(projects, census_choices(projects, index, run.census, tmp_path), pips) == ""
    assert sum(name is not None for name in pips.values()) >= len(projects) * 0.9
