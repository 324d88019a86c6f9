"""What native libraries import and need, as Census says and as binutils and LLVM say, over every wheel of the run."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import binutils
import pytest
from binutils import Imports
from conftest import Lake


class File(NamedTuple):
    """A native member of a wheel."""

    filename: str
    path: str


def members(run: Lake, form: str) -> dict[File, str]:
    """The members of one format that were read to their end, with the hash of the wheel that they are in."""
    rows = run.sql(
        "SELECT DISTINCT a.filename, a.sha256, m.path FROM members AS m"
        " JOIN current_scans AS s ON s.artifact_id = m.artifact_id"
        " JOIN artifacts AS a ON a.artifact_id = m.artifact_id"
        " LEFT JOIN gaps AS g ON g.artifact_id = m.artifact_id AND g.member = m.member"
        f" WHERE m.format = '{form}' AND a.filename LIKE '%.whl' AND m.path NOT LIKE '%!/%' AND g.what IS NULL"
    )
    return {File(row["filename"], row["path"]): row["sha256"] for row in rows}


def by_census(run: Lake) -> dict[File, Imports]:
    """What Census says that they import."""
    rows = run.sql(
        "SELECT DISTINCT e.filename, e.path, e.kind, e.value FROM evidence AS e"
        " WHERE e.kind IN ('symbol', 'library') AND e.phase = 'native' AND e.filename LIKE '%.whl'"
    )
    imports: dict[File, Imports] = defaultdict(lambda: Imports(set(), set()))
    for row in rows:
        found = imports[File(row["filename"], row["path"])]
        (found.symbols if row["kind"] == "symbol" else found.libraries).add(row["value"])
    return imports


@pytest.mark.parametrize("form", binutils.ROADS)
def test_every_import_is_that_of_another_reader(run: Lake, tmp_path: Path, form: str) -> None:
    if absent := binutils.missing(form):
        pytest.skip(f"not here: {', '.join(absent)}")
    files, census = members(run, form), by_census(run)
    if not files:
        pytest.skip(f"no wheel of the run has {form}")
    compared = [difference(form, census[file], copy) for file, copy in copies(run, files, tmp_path) if form != "pe" or binutils.is_known(copy)]
    assert compared
    assert not [difference for difference in compared if difference]


def copies(run: Lake, files: dict[File, str], folder: Path) -> Iterator[tuple[File, Path]]:
    """Each member, unpacked to one place after the other has been looked at."""
    for file, sha256 in files.items():
        with zipfile.ZipFile(run.mirror / sha256[:2] / sha256[2:4] / sha256) as wheel:
            copy = folder / "member"
            copy.write_bytes(wheel.read(file.path))
        yield file, copy


def difference(form: str, found: Imports, copy: Path) -> set[str]:
    """What only one of the two says that a member imports or needs."""
    other = binutils.ROADS[form][0](copy)
    if form == "pe":
        # What is imported at first use, and what a number stands for, `objdump` does not show.
        symbols = {symbol for symbol in found.symbols ^ other.symbols if is_shown(symbol, other.libraries)}
        return symbols | other.libraries - found.libraries
    symbols = found.symbols ^ other.symbols
    if form == "mach-o":
        # What a library defines and lets others replace is bound as an import is.
        symbols -= binutils.mach_o_symbols(copy, "--defined-only")
    return symbols | found.libraries ^ other.libraries


def is_shown(symbol: str, libraries: set[str]) -> bool:
    """Whether `objdump` shows an import of a PE file by its name."""
    library, _, name = symbol.partition("!")
    return library in libraries and library.lower() not in binutils.SOCKETS and not name.startswith(("#", "<none>"))
