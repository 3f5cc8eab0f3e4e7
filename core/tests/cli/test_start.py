"""What the command costs before it does anything, and what it never imports."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

LISTED = """
import sys
from hansa.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""
HEAVY = ("dagster", "ray", "catboost", "sklearn", "pandas")


def seconds(*words):
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - begun


def packages(done):
    return {name.split(".")[0] for name in done.err.split()}


def test_help_costs_less_than_thirty_bare_interpreters():
    # Taken in turns, so that other work on the machine burdens both.
    rounds = [(seconds("-c", "pass"), seconds("-c", "from hansa.cli import main; main()", "--help")) for _ in range(7)]
    bare, helped = (statistics.median(side) for side in zip(*rounds, strict=True))
    assert helped < 30 * bare


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(process, words):
    done = process(*words, code=LISTED)
    assert done.code == 0
    assert packages(done) & {*HEAVY, "polars", "pyarrow", "pyiceberg", "pandera"} == set()


def test_publish_imports_neither_dagster_nor_ray_nor_a_model_library(process, orders):
    done = process("publish", *orders, "--warehouse", "wh", code=LISTED)
    assert done.code == 0
    assert packages(done) & {"dagster", "ray", "catboost", "sklearn"} == set()


def test_reading_imports_neither_dagster_nor_pandera(process, hansa, orders):
    hansa("publish", *orders, "--warehouse", "wh")
    done = process("read", "t.orders", "--warehouse", "wh", code=LISTED)
    assert done.code == 0
    assert packages(done) & {"dagster", "ray", "catboost", "pandera"} == set()


def test_help_names_no_file_of_the_machine(process):
    assert str(Path.home()) not in process("--help").out
