"""The lake is everybody's: deltalake, Polars and DuckDB read the same tables and work out the same views as Census does."""

from __future__ import annotations

import re
from collections import Counter

import duckdb
import polars
import pyarrow.dataset
import pytest
from conftest import ROOT, Lake
from deltalake import DeltaTable

VIEWS_OF_SQL = ROOT / "pipelines" / "queries" / "views"


def listed_views() -> list[str]:
    """The views in the order that each needs only those before it, as the session defines them."""
    session = (ROOT / "crates" / "lake" / "src" / "session.rs").read_text(encoding="utf-8")
    listed = session.partition("VIEWS")[2].partition("];")[0]
    return re.findall(r'"(\w+)"', listed)


def listed_tables() -> list[str]:
    """The tables that the model lists."""
    model = (ROOT / "crates" / "model" / "src" / "tables.rs").read_text(encoding="utf-8")
    return re.findall(r'^    \w+ = "(\w+)", \w+Row(?: of \w+)?,', model, re.MULTILINE)


TABLES = listed_tables()
VIEWS = listed_views()


def view(name: str) -> str:
    return (VIEWS_OF_SQL / f"{name}.sql").read_text(encoding="utf-8")


def delta(run: Lake, table: str) -> DeltaTable:
    return DeltaTable(run.path / table)


@pytest.fixture(scope="session")
def in_duckdb(run: Lake) -> duckdb.DuckDBPyConnection:
    """The tables, and the views over them, in DuckDB: the data files that each table's log names, as Parquet."""
    connection = duckdb.connect()
    for table in TABLES:
        files = delta(run, table).file_uris()
        if files:
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({files})")
        else:
            connection.register(table, delta(run, table).to_pyarrow_table())
    for name in VIEWS:
        connection.execute(f"CREATE VIEW {name} AS {view(name)}")
    return connection


@pytest.fixture(scope="session")
def in_polars(run: Lake) -> polars.SQLContext:
    """The tables, and the views over them, in Polars."""
    context = polars.SQLContext({table: polars.scan_delta(str(run.path / table)) for table in TABLES})
    for name in VIEWS:
        context.register(name, context.execute(view(name)))
    return context


def count_in_polars(context: polars.SQLContext, name: str) -> int:
    return context.execute(f"SELECT count(*) AS n FROM {name}").collect().item()


def test_what_is_tested_is_all_there_is(run: Lake) -> None:
    assert sorted(TABLES) == sorted(path.parent.name for path in run.path.glob("*/_delta_log"))
    assert sorted(VIEWS) == sorted(path.stem for path in VIEWS_OF_SQL.glob("*.sql"))
    named = {row["table_name"] for row in run.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")}
    assert named == {*TABLES, *VIEWS}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_the_same_rows_for_every_reader(
    run: Lake, in_duckdb: duckdb.DuckDBPyConnection, in_polars: polars.SQLContext, table: str
) -> None:
    expected = run.count(table)
    assert delta(run, table).to_pyarrow_table().num_rows == expected
    assert in_duckdb.execute(f"SELECT count(*) FROM {table}").fetchone() == (expected,)
    assert count_in_polars(in_polars, table) == expected


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_has_the_same_rows_for_every_reader(
    run: Lake, in_duckdb: duckdb.DuckDBPyConnection, in_polars: polars.SQLContext, name: str
) -> None:
    expected = run.count(name)
    assert in_duckdb.execute(f"SELECT count(*) FROM {name}").fetchone() == (expected,)
    assert count_in_polars(in_polars, name) == expected


# Questions whose answers are whole numbers and words, so that equal means equal.
QUESTIONS = {
    "facts of each kind, phase and role": (
        'SELECT kind, phase, role, how, count(*) AS facts, sum("count") AS times FROM evidence'
        " GROUP BY kind, phase, role, how ORDER BY kind, phase, role, how"
    ),
    "projects that show each rule": (
        "SELECT rule, count(DISTINCT project) AS projects FROM shown WHERE counts GROUP BY rule ORDER BY rule"
    ),
    "packages": "SELECT project, version, filename, outcome, members FROM package ORDER BY project",
    "numbers of the widest tier": (
        "SELECT policy, rule, tier, yes, unknown, scanned FROM latest_prevalence ORDER BY policy, rule, tier"
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_the_same_answer(
    run: Lake, in_duckdb: duckdb.DuckDBPyConnection, in_polars: polars.SQLContext, question: str
) -> None:
    sql = QUESTIONS[question]
    expected = [tuple(row.values()) for row in run.sql(sql)]
    assert expected
    assert in_duckdb.execute(sql).fetchall() == expected
    assert in_polars.execute(sql).collect().rows() == expected


@pytest.mark.parametrize(
    ("table", "column"),
    [("scans", "outcome"), ("scans", "members"), ("terms", "kind"), ("members", "executable"), ("metadata", "homepage"), ("artifacts", "size")],
)
def test_the_logs_statistics_leave_out_no_row_that_a_filter_wants(run: Lake, table: str, column: str) -> None:
    """A reader that prunes by the log finds each value, the missing ones too, as often as one that reads everything."""
    times = Counter(delta(run, table).to_pyarrow_table().column(column).to_pylist())
    pruned, field = delta(run, table).to_pyarrow_dataset(), pyarrow.dataset.field(column)
    assert pruned.count_rows(filter=field.is_null()) == times.pop(None, 0)
    commonest = dict(times.most_common(20))
    assert {value: pruned.count_rows(filter=field == value) for value in commonest} == commonest
