"""``hansa run`` over a few rows: what it imports, shows and leaves when a day is held."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

LISTED = """
import sys
from hansa.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""
PRODUCTS = ("governance.transactions", "governance.fraud_labels", "risk.fraud_features")
DAYS = ("--from", "2026-03-02", "--to", "2026-03-04")


def test_a_bare_run_imports_neither_dagster_nor_ray(few):
    done = few.run(*PRODUCTS, *DAYS, "--bare", code=LISTED)
    assert done.code == 0, done.err
    assert {name.split(".")[0] for name in done.err.split()} & {"dagster", "ray"} == set()


def test_a_run_says_what_it_published_and_then_that_there_is_nothing_to_do_and_shows_no_progress(few):
    words = (*PRODUCTS, *DAYS, "--bare")
    lines = few.run(*words).out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["governance.fraud_labels", "4", "published"],
        ["governance.transactions", "4", "published"],
        ["risk.fraud_features", "3", "published"],
    ]
    again = few.run(*words)
    assert (again.code, again.out, again.err) == (0, "nothing to do: 9 partitions are right already\n", "")


def test_a_dry_run_shows_the_steps_with_their_reasons_and_runs_none(few):
    lines = few.run("risk.fraud_features", "--from", "2026-03-02", "--dry-run").out.splitlines()
    assert lines[0] == "3 steps; 0 asked partitions are right already"
    assert [line.split()[:2] for line in lines[1:]] == [
        ["governance.fraud_labels", "2026-03-01..2026-03-02"],
        ["governance.transactions", "2026-03-01..2026-03-02"],
        ["risk.fraud_features", "2026-03-02"],
    ]
    needed = "missing upstream: risk.fraud_features needs it"
    assert [line.split(maxsplit=2)[2] for line in lines[1:]] == [needed, needed, "asked: it is not published"]
    assert not (few.folder / "warehouse" / "catalog.db").exists()


@pytest.mark.parametrize("way", [("--bare",), ()], ids=["bare", "dagster"])
def test_a_held_day_is_told_in_four_lines_its_dependants_are_not_run_and_the_next_day_goes_on(few, hansa, way):
    few.spoil(3)
    done = few.run(*PRODUCTS, *DAYS, *way)
    assert done.code == 1
    lines = done.err.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["held", "contract", "serving", "next"]
    assert "2026-03-03" in lines[0]
    assert lines[4:] == ["not run: risk.fraud_features 2026-03-03: because governance.transactions is held"]
    told = {line.split()[0]: line for line in done.out.splitlines()}
    assert "3 published, 1 held" in told["governance.transactions"]
    assert "2 published, 1 not run" in told["risk.fraud_features"]
    rows = hansa("read", "risk.fraud_features", "--mesh", few.mesh).out
    assert ("2026-03-02" in rows, "2026-03-03" in rows, "2026-03-04" in rows) == (True, False, True)


def test_a_day_that_no_source_holds_yet_is_not_published_empty(few):
    done = few.run("risk.fraud_features", "--from", "2026-03-06", "--bare")
    assert done.code == 2
    assert "2026-03-06 is after 2026-03-05, the last day that a source holds" in done.err


def test_a_source_that_is_missing_is_one_sentence(few):
    (few.folder / "transactions.csv").unlink()
    done = few.run("governance.transactions", *DAYS, "--bare")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "there is no such file" in done.err


def test_progress_is_shown_on_a_terminal(few):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    words = ["run", "governance.transactions", *DAYS, "--bare", "--mesh", few.mesh]
    command = [sys.executable, "-c", "from hansa.cli import main; main()", *map(str, words)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:
        pass  # Linux answers so when the child has left the terminal
    assert child.wait() == 0
    assert b"partition" in shown
