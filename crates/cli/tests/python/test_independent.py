"""Ten behaviors and two dozen calls, worked out a second time and by another road, are in the same places as Census says."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import independent
import pytest
from conftest import ROOT, Lake

NEWER_SYNTAX = "written for Python 3.12, which the parser of Python 3.11 does not read"
ATTRIBUTE = "called through an attribute of `self` that holds the function: Census follows it, the other road does not"

DEFAULT = "called through a parameter whose default is the function: Census follows it, the other road does not"

# Where the two roads part, and why: (project, end of the path, call). A difference that is not here fails, and so does one that is
# here and does not show although its file is in the lake. The ten projects of the sample have none.
DIFFERENCES: dict[tuple[str, str, str], str] = {
    ("awscli", "awscli/utils.py", "subprocess.Popen"): ATTRIBUTE,
    ("celery", "celery/beat.py", "shelve.open"): ATTRIBUTE,
    ("celery", "celery/worker/state.py", "shelve.open"): ATTRIBUTE,
    ("django", "django/core/files/temp.py", "os.unlink"): ATTRIBUTE,
    ("pip", "pip/_vendor/distlib/compat.py", "builtins.__import__"): ATTRIBUTE,
    ("psutil", "psutil/_psposix.py", "time.sleep"): DEFAULT,
}
if sys.version_info < (3, 12):
    DIFFERENCES |= {
        ("ansible-core", path, call): NEWER_SYNTAX
        for path, calls in {
            "ansible/_internal/__init__.py": ["importlib.import_module"],
            "ansible/executor/task_queue_manager.py": ["tempfile.TemporaryFile"],
            "ansible/plugins/connection/ssh.py": ["os.chmod", "subprocess.Popen", "subprocess.run", "tempfile.NamedTemporaryFile"],
            "ansible/utils/display.py": ["subprocess.Popen"],
            "ansible_test/_internal/commands/integration/__init__.py": ["tempfile.mkdtemp"],
            "ansible_test/_internal/commands/integration/coverage.py": ["tempfile.NamedTemporaryFile", "tempfile.TemporaryDirectory"],
            "ansible_test/_internal/host_profiles.py": ["tempfile.NamedTemporaryFile"],
            "ansible_test/_internal/provisioning.py": ["pickle.load"],
            "ansible_test/_internal/util.py": ["importlib.util.spec_from_file_location", "os.chmod", "subprocess.Popen"],
            "packaging/release.py": ["subprocess.run", "tempfile.TemporaryDirectory", "urllib.request.build_opener"],
        }.items()
        for call in calls
    }


class Sight(NamedTuple):
    """A call in a file of an artifact."""

    project: str
    filename: str
    path: str
    call: str

    def named(self) -> set[tuple[str, str, str]]:
        """The named differences that this is one of."""
        return {
            (project, end, call)
            for project, end, call in DIFFERENCES
            if (project, call) == (self.project, self.call) and f"/{self.path}".endswith(f"/{end}")
        }


@pytest.fixture(scope="session")
def artifacts(run: Lake) -> list[dict]:
    """The files that Census read."""
    return run.sql(
        "SELECT DISTINCT a.project, a.filename, a.sha256 FROM artifacts AS a"
        " JOIN current_scans AS s ON s.artifact_id = a.artifact_id ORDER BY a.project, a.filename"
    )


@pytest.fixture(scope="session")
def by_another_road(run: Lake, artifacts: list[dict]) -> dict[str, dict[Sight, int]]:
    """What shows each behavior, or is one of the calls besides, and the first line of it, says `independent.py`."""
    seen: dict[str, dict[Sight, int]] = {group: {} for group in (*independent.NAMES, *independent.CALLS)}
    for row in independent.shown(run.mirror, artifacts):
        sight = Sight(row["project"], row["filename"], row["path"], row["call"])
        lines = seen[row["behavior"] or row["call"]]
        lines[sight] = min(row["line"], lines.get(sight, row["line"]))
    return seen


def by_census(run: Lake, group: str) -> dict[Sight, int]:
    """What shows a behavior by plain calls in code that counts, or is a call besides, and the first line of it, says Census."""
    names = ", ".join(f"'{name}'" for name in sorted(independent.NAMES.get(group, {group})))
    rows = run.sql(
        "SELECT project, filename, path, value, min(line) AS line FROM evidence"
        f" WHERE kind = 'call' AND value IN ({names}) AND how = 'resolved' AND phase <> 'never'"
        " AND role IN ('runtime', 'build', 'vendored') GROUP BY project, filename, path, value"
    )
    return {Sight(row["project"], row["filename"], row["path"], row["value"]): row["line"] for row in rows}


def projects(sights: Iterable[Sight]) -> set[str]:
    return {sight.project for sight in sights}


def rule_calls(behavior: str) -> set[str]:
    """What the rule names as calls."""
    category = behavior.partition("/")[0]
    rules = tomllib.loads((ROOT / "data" / "rules" / f"{category}.toml").read_text(encoding="utf-8"))
    (rule,) = (rule for rule in rules["behavior"] if rule["id"] == behavior)
    return set(rule["calls"])


def test_there_are_ten_and_twenty_more() -> None:
    assert len(independent.NAMES) == 10
    assert len(independent.CALLS - {name for names in independent.NAMES.values() for name in names}) >= 20


@pytest.mark.parametrize("behavior", independent.NAMES)
def test_the_names_are_those_of_the_rule(behavior: str) -> None:
    names, left_out = independent.NAMES[behavior], independent.LEFT_OUT.get(behavior, frozenset())
    assert not names & left_out
    assert names | left_out == rule_calls(behavior)
    assert not [name for name in names if "*" in name or ":" in name]


@pytest.mark.parametrize("behavior", independent.NAMES)
def test_census_explains_the_rule_by_the_same_names(census: Path, behavior: str) -> None:
    done = subprocess.run([census, "explain", behavior, "--format", "json"], cwd=ROOT, capture_output=True, text=True, check=True)
    (calls,) = (matcher["values"] for matcher in json.loads(done.stdout)["matchers"] if matcher["key"] == "calls")
    assert set(calls) == independent.NAMES[behavior] | independent.LEFT_OUT.get(behavior, frozenset())


@pytest.mark.parametrize("behavior", independent.NAMES)
def test_the_same_projects_show_it(run: Lake, by_another_road: dict[str, dict[Sight, int]], behavior: str) -> None:
    census, other = by_census(run, behavior), by_another_road[behavior]
    named = {sight for sight in census.keys() ^ other.keys() if sight.named()}
    assert projects(census.keys() - named) == projects(other.keys() - named)


@pytest.mark.parametrize("group", (*independent.NAMES, *sorted(independent.CALLS)))
def test_the_same_lines_show_it(run: Lake, by_another_road: dict[str, dict[Sight, int]], group: str) -> None:
    census, other = by_census(run, group), by_another_road[group]
    unnamed = [(sight, line) for sight, line in census.items() ^ other.items() if not sight.named()]
    assert not unnamed


def test_every_named_difference_shows(run: Lake, by_another_road: dict[str, dict[Sight, int]]) -> None:
    apart = {sight for group in by_another_road for sight in by_census(run, group).keys() ^ by_another_road[group].keys()}
    shows = set().union(*(sight.named() for sight in apart))
    named = ", ".join(f"'{project}'" for project in sorted({project for project, _, _ in DIFFERENCES}))
    files = run.sql(
        "SELECT DISTINCT a.project, m.path FROM members AS m JOIN artifacts AS a ON a.artifact_id = m.artifact_id"
        f" WHERE a.project IN ({named})"
    )
    there = {
        (project, end, call)
        for project, end, call in DIFFERENCES
        if any(project == file["project"] and f"/{file['path']}".endswith(f"/{end}") for file in files)
    }
    assert there == shows


@pytest.mark.parametrize("behavior", independent.NAMES)
def test_what_is_seen_is_a_finding_that_counts(
    of_all_files: Lake, by_another_road: dict[str, dict[Sight, int]], behavior: str
) -> None:
    found = {row["project"] for row in of_all_files.sql(f"SELECT DISTINCT project FROM shown WHERE rule = '{behavior}' AND counts")}
    assert projects(by_another_road[behavior]) <= found


def test_the_roads_meet_somewhere(by_another_road: dict[str, dict[Sight, int]]) -> None:
    """Two empty answers are equal too."""
    assert sum(bool(by_another_road[behavior]) for behavior in independent.NAMES) >= 5
    assert sum(bool(by_another_road[call]) for call in independent.CALLS) >= 10
