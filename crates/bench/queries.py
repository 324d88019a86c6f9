"""Times every saved question of a lake, the whole program each time: `queries.py CENSUS LAKE [--write FILE]`.

A look-up must take at most 1 s, what adds up at most 5 s; ends with 1 where one takes longer. What is looked up is common in the lake:
the call that most artifacts of one bucket hold, the project at the middle of the ranking and the largest of its files.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

LOOK_UP, SUM = 1.0, 5.0
BARS = {
    "who_calls": LOOK_UP,
    "where_called": LOOK_UP,
    "who_has_file": LOOK_UP,
    "who_names_domain": LOOK_UP,
    "facts_of_project": LOOK_UP,
    "facts_of_file": LOOK_UP,
    "sdist_and_wheel": LOOK_UP,
    "shows": LOOK_UP,
    "who_shows": LOOK_UP,
    "rarest": LOOK_UP,
    "together": SUM,
    "pairs": SUM,
    "changed": SUM,
    "numbers_changed": SUM,
    "started": SUM,
    "over_time": LOOK_UP,
}
# What stands in for each parameter: a question to the lake, or a value.
COMMON_CALL = (
    "SELECT t.value FROM (SELECT term_id, count(*) AS n FROM facts WHERE bucket = 7 GROUP BY term_id) AS f"
    " JOIN (SELECT DISTINCT term_id, value FROM terms WHERE kind = 'call') AS t ON t.term_id = f.term_id ORDER BY f.n DESC, t.value LIMIT 1"
)
MIDDLE = (
    "SELECT a.project, a.version, a.filename FROM artifacts AS a JOIN current_ranking AS r ON r.project = a.project"
    " ORDER BY abs(r.rank - (SELECT max(rank) / 2 FROM current_ranking)), a.filename LIMIT 1"
)
LARGEST = (
    "SELECT m.sha256 FROM members AS m JOIN artifacts AS a ON a.artifact_id = m.artifact_id"
    " WHERE a.project = '{}' ORDER BY m.size DESC, m.member LIMIT 1"
)
DOMAIN = "SELECT domain, count(*) AS n FROM urls WHERE domain <> '' GROUP BY domain ORDER BY n DESC, domain LIMIT 1"
RULE = "SELECT rule FROM latest_prevalence WHERE tier = 'all' ORDER BY yes DESC, rule LIMIT 1"


def ask(census: str, lake: str, query: str) -> dict[str, str]:
    """The first row of an answer."""
    done = subprocess.run([census, "sql", "--lake", lake, "--format", "json", "-c", query], capture_output=True, text=True, check=False)
    rows = json.loads(done.stdout) if done.returncode == 0 else sys.exit(f"{query}\n{done.stderr}")
    return rows[0] if rows else {}


def values(census: str, lake: str) -> dict[str, str]:
    """A value for each parameter."""
    middle = ask(census, lake, MIDDLE)
    return {
        "value": ask(census, lake, COMMON_CALL).get("value", "os.system"),
        "project": middle.get("project", "six"),
        "version": middle.get("version", "1.17.0"),
        "filename": middle.get("filename", "six"),
        "domain": ask(census, lake, DOMAIN).get("domain", "example.com"),
        "rule": ask(census, lake, RULE).get("rule", "execution/create-process"),
        "sha256": ask(census, lake, LARGEST.format(middle.get("project", "six"))).get("sha256", "00"),
        "tier": "top-1000",
        "top": "10000",
        "least": "10",
        "since": "2026-01-01",
    }


def parameters(census: str) -> dict[str, list[str]]:
    """The parameters of each saved question, as the program lists them."""
    listed = subprocess.run([census, "sql", "--list"], capture_output=True, text=True, check=True).stdout
    heads = [line.split() for line in listed.splitlines() if line and not line.startswith(" ")]
    return {name: [word.partition("=")[0] for word in words] for name, *words in heads}


def once(command: list[str]) -> tuple[float, int]:
    """Seconds, and the peak of memory in bytes."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.monotonic() - began, usage.ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("census")
    parser.add_argument("lake")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    given, rows, late = values(options.census, options.lake), [], False
    for name, needs in parameters(options.census).items():
        words = [f"{need}={given[need]}" for need in needs]
        runs = [once([options.census, "sql", "--lake", options.lake, name, *words]) for _ in range(3)]
        seconds, peak = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
        late |= seconds > BARS[name]
        rows.append([name, " ".join(words), f"{seconds:.2f}", f"{BARS[name]:.0f}", f"{peak / 1e6:.0f}"])
        print(f"{name:18} {seconds:6.2f} s of {BARS[name]:.0f}  {peak / 1e6:5.0f} MB  {' '.join(words)}", flush=True)
    if options.write:
        with options.write.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["query", "values", "seconds", "bar", "peak_mb"], *rows])
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
