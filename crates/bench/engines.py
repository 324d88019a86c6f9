"""The SQL of prevalence in another engine: the very files of `pipelines/`, over the same Parquet files and inputs, on two threads.

    engines.py duckdb|polars FILES.json PIPELINES

Prints the seconds that it took and the numbers as JSON.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

THREADS = 2

# The steps, in order: what the answer is called, its file, whether it is kept or worked out where it is used.
VIEWS = ["current_projects", "current_ranking", "current_scans"]
STEPS = [
    ("speaking", "speaking", True),
    ("fresh", "fresh", True),
    ("matched", "matched", True),
    ("voice", "voice", True),
    ("family", "family", True),
    ("population", "population", False),
    ("standing", "standing", True),
    ("placed", "placed", False),
    ("coverage", "coverage", True),
    ("unscanned", "unscanned", True),
    ("hit", "hit", True),
    ("raised", "raised", False),
    ("declared", "declared", False),
    ("found", "found", True),
    ("shows", "shows", True),
    ("hides", "hides", True),
    ("counted", "counted", True),
    ("numbers_by_tier", "prevalence", True),
]

# What an engine calls otherwise: nothing else of the SQL is touched.
DIALECTS = {
    "duckdb": [],
    "polars": [
        (r"NOT bool_or\(exclude\)", "max(CAST(exclude AS INT)) = 0"),
        (r"\((\w+\.\w+) >> (\w+\.\w+)\) & 1", r"BIT_AND(DIV(\1, CAST(POWER(2, \2) AS BIGINT)), 1)"),
        (r"\((\w+\.\w+) >> 29\) & 262143", r"BIT_AND(DIV(\1, 536870912), 262143)"),
        (r"\(g\.project_id >> 58\) & 63, ", ""),
        (r"\((\w+\.\w+) & (\w+\.\w+)\)", r"BIT_AND(\1, \2)"),
    ],
}
NUMBERS = "SELECT rule, tier, yes, unknown FROM numbers_by_tier"


def in_duckdb(sql):
    """A connection that runs the steps, and a function that reads an answer."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})

    def table(name, files):
        connection.from_parquet(files).create_view(name)

    def step(name, file, keep):
        what = "TEMP TABLE" if keep else "TEMP VIEW"
        connection.execute(f'CREATE {what} "{name}" AS {sql(file)}')

    return table, step, lambda query: connection.execute(query).fetchall()


def in_polars(sql):
    """The same in Polars."""
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars

    context = polars.SQLContext()

    def table(name, files):
        context.register(name, polars.scan_parquet(files))

    def found():
        """`found.sql`: Polars' SQL has no first value in an order, its own expressions have."""
        columns = ["n", "project_id", "artifact_id", "extractor", "term_id", "place", "count"]
        hits = [context.execute(f'SELECT * FROM "{name}"').select(columns) for name in ["hit", "raised", "declared"]]
        first = polars.col("term_id").filter(polars.col("place") == polars.col("place").min()).min()
        groups = polars.concat(hits, how="vertical_relaxed").group_by("n", "project_id", "artifact_id", "extractor")
        return groups.agg(polars.col("place").min(), polars.col("count").sum(), first)

    def step(name, file, keep):
        answer = found() if name == "found" else context.execute(sql(file))
        context.register(name, answer.collect(engine="streaming").lazy() if keep else answer)

    return table, step, lambda query: context.execute(query, eager=True).rows()


def main(engine, files, pipelines):
    pipelines = Path(pipelines)
    files = json.loads(Path(files).read_text())
    view = lambda name: (pipelines / "queries" / "views" / f"{name}.sql").read_text()
    step_sql = lambda name: (pipelines / "prevalence" / f"{name}.sql").read_text()
    start = time.perf_counter()

    def sql(name):
        text = view(name) if name in VIEWS else step_sql(name)
        for ours, theirs in DIALECTS[engine]:
            text = re.sub(ours, theirs, text)
        return text

    table, step, rows = {"duckdb": in_duckdb, "polars": in_polars}[engine](sql)
    for name, paths in files.items():
        table(name, paths)
    for name in VIEWS:
        step(name, name, False)
    for name, file, keep in STEPS:
        began = time.perf_counter()
        try:
            step(name, file, keep)
        except Exception as error:
            sys.exit(f"{engine}: {file}.sql: {error}")
        print(f"{engine}: {name}: {time.perf_counter() - began:.2f} s", file=sys.stderr)
    numbers = rows(NUMBERS)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "numbers": [[rule, tier, int(yes), int(unknown)] for rule, tier, yes, unknown in numbers]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
