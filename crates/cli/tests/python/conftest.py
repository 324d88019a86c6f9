"""A lake that a real run filled, and the program that filled it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Lake:
    """A lake, the mirror it was read from, and the program to ask it with."""

    census: Path
    path: Path
    mirror: Path

    def sql(self, query: str) -> list[dict]:
        """The answer of `census sql`."""
        command = [self.census, "sql", "-c", query, "--format", "json", "--lake", self.path]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{query}\n{done.stderr}"
        return json.loads(done.stdout)

    def count(self, table: str) -> int:
        """How many rows a table or view has, says Census."""
        return self.sql(f"SELECT count(*) AS n FROM {table}")[0]["n"]


@pytest.fixture(scope="session")
def census() -> Path:
    """The program: CENSUS_BIN, else what the release build made."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = Path(os.environ.get("CENSUS_BIN", target / "release" / "census"))
    assert path.is_file(), f"{path} is not there: build it, or name it in CENSUS_BIN"
    return path


def index_answers() -> str | None:
    """Why the index that pip is set to cannot be asked; nothing where it can."""
    command = [sys.executable, "-m", "pip", "index", "versions", "iniconfig", "--retries", "0", "--timeout", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def run(census: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of CENSUS_LAKE and CENSUS_MIRROR, else one that a run over ten small projects fills."""
    if "CENSUS_LAKE" in os.environ and "CENSUS_MIRROR" in os.environ:
        return Lake(census, Path(os.environ["CENSUS_LAKE"]).resolve(), Path(os.environ["CENSUS_MIRROR"]).resolve())
    reason = index_answers()
    if reason is not None:
        pytest.skip(f"no index can be reached: {reason}")
    lake = Lake(census, tmp_path_factory.mktemp("lake"), ROOT / "data" / "mirror")
    command = [census, "run", "pipelines/nightly.toml", "--projects", "data/samples/ten.csv", "--lake", lake.path, "--mirror", lake.mirror]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, f"the run failed:\n{done.stderr}"
    return lake


@pytest.fixture(scope="session")
def of_all_files(run: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A copy of that lake with the findings of every file that was read: of those that a policy leaves out there are none before."""
    lake = Lake(run.census, tmp_path_factory.mktemp("copy") / "lake", run.mirror)
    shutil.copytree(run.path, lake.path)
    command = [lake.census, "prevalence", "--policy", "all", "--quiet", "--lake", lake.path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, f"the numbers failed:\n{done.stderr}"
    return lake
