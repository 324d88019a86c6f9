# Two commands matter: `make nightly` and `make test`. Everything is built in one profile, with the whole workspace selected, so that
# nothing heavy is ever built twice. CARGO_TARGET_DIR is obeyed.

CARGO  ?= cargo
PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
CENSUS := $(TARGET)/release/census
VENV   ?= $(HOME)/.cache/census/venv
DATE   := $(shell date +%F)
ECOSYSTEM ?= 5000,20000

# What the night covers: the sample of pipelines/nightly.toml; TOP=10000, POPULATION=all or PROJECTS=FILE for another.
NIGHT := $(if $(TOP),--top $(TOP)) $(if $(filter all,$(POPULATION)),--all) $(if $(PROJECTS),--projects $(PROJECTS))

# How long `make fuzz` searches.
SECONDS ?= 60

.PHONY: nightly test accuracy check lint bench bench-prevalence build clean fuzz hostile

nightly: build
	@$(CENSUS) run pipelines/nightly.toml $(NIGHT) || { code=$$?; [ $$code -eq 1 ] || exit $$code; }

build:
	@$(CARGO) build --release --workspace --locked

test: $(VENV)/ready
	CENSUS_PYTHON=$(VENV)/bin/python $(CARGO) test --release --workspace --locked
	CENSUS_BIN=$(abspath $(CENSUS)) $(VENV)/bin/python -m pytest -q crates/cli/tests/python

# How right the facts are: the annotated snippets of data/corpus, by class, area, disguise and kind, and each that is wrong.
accuracy:
	@$(CARGO) test --release --workspace --locked --test corpus -- --nocapture facts_are_the_annotated_ones

# The independent road and the other readers, over a lake that a night has filled.
check: build $(VENV)/ready
	CENSUS_BIN=$(abspath $(CENSUS)) CENSUS_LAKE=data/lake CENSUS_MIRROR=data/mirror $(VENV)/bin/python -m pytest -q crates/cli/tests/python

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets --locked -- -D warnings

# The scan of the sample beside the bare sum of inflating, hashing and parsing the same files; writes data/bench/<date>-scan.csv. Then
# every saved question, each with its bar: data/bench/<date>-queries.csv.
bench: nightly bench-prevalence
	$(TARGET)/release/census-bench scan --census $(CENSUS) --lake data/lake --mirror data/mirror --write
	$(PYTHON) crates/bench/queries.py $(CENSUS) data/lake --write data/bench/$(DATE)-queries.csv

# The numbers of a synthetic ecosystem, their growth, and the same SQL in other engines; writes data/bench/<date>-prevalence.csv.
# ECOSYSTEM=50000,200000,800000 for the full sizes.
bench-prevalence: build $(VENV)/ready
	$(TARGET)/release/census-bench prevalence --census $(CENSUS) --python $(VENV)/bin/python --projects $(ECOSYSTEM) --optimize --write

# Mutates what every parser reads, for SECONDS in all; what fails is made small and written to data/fuzz/<parser>/, which `make test` replays.
fuzz:
	CENSUS_FUZZ_SECONDS=$(SECONDS) $(CARGO) test --release --workspace --locked --test fuzz

# The hostile artifacts of gigabytes, which `make test` leaves out: minutes, and some gigabytes of disk for a while.
hostile:
	CENSUS_LARGE=1 $(CARGO) test --release --workspace --locked --test pool -- artifacts_of_gigabytes_end_as_stated

$(VENV)/ready: crates/cli/tests/python/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --requirement $<
	touch $@

clean:
	rm -rf data/lake data/mirror
