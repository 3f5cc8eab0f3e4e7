"""Rows of a large bank in files: each part whole, once, and nothing left behind."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import Counter

import polars as pl
import pytest
from hansa_risk.by_parts import in_parts
from hansa_risk.features import fraud_features, oldest_event
from hansa_risk.movements import Movements
from hansa_risk.parted import Parted
from hypothesis import given
from hypothesis import strategies as st

ZONE = "Asia/Shanghai"
DAYS = [dt.date(2026, 2, 20) + dt.timedelta(days=n) for n in range(3)]


@given(batches=st.lists(st.lists(st.integers(0, 20), max_size=12), max_size=5))
def test_a_part_has_all_of_its_rows_whatever_the_batches(batches, tmp_path_factory):
    parted = Parted(tmp_path_factory.mktemp("parts") / "rows")
    frames = [
        pl.DataFrame({"n": batch, "text": [f"t{n}" for n in batch]}, {"n": pl.Int64, "text": pl.String})
        for batch in batches
    ]
    parted.add(pl.DataFrame(schema={"n": pl.Int64, "text": pl.String}), pl.col("n") % 4)
    for frame in frames:
        parted.add(frame, pl.col("n") % 4)
    taken = {part: parted.take(part) for part in range(4)}
    assert Counter(n for rows in taken.values() for n in rows["n"]) == Counter(n for batch in batches for n in batch)
    assert all((rows["n"] % 4 == part).all() for part, rows in taken.items())
    assert all((rows["text"] == "t" + rows["n"].cast(pl.String)).all() for rows in taken.values())


def test_a_part_is_taken_once_and_one_without_rows_is_empty(tmp_path):
    parted = Parted(tmp_path / "rows")
    parted.add(pl.DataFrame({"n": [1, 5]}), pl.col("n") % 4)
    assert parted.parts == [1]
    assert parted.take(3).equals(pl.DataFrame(schema={"n": pl.Int64}))
    assert parted.take(1)["n"].to_list() == [1, 5]
    assert parted.take(1).is_empty()
    assert parted.parts == []


def test_nobody_else_may_enter_the_folder(tmp_path):
    Parted(tmp_path / "rows")
    assert (tmp_path / "rows").stat().st_mode & 0o077 == 0


@pytest.fixture
def large(bank, tmp_path, monkeypatch):
    """The features of a bank that is read in shares, and the folder in which its files lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("hansa_risk.features.AT_ONCE", 100)
    monkeypatch.setattr("hansa_risk.by_parts.RUN", 50)
    made = fraud_features(bank.transactions.lazy(), bank.labels.lazy(), DAYS, ZONE, 40)
    return made, tmp_path


def test_no_file_is_left_when_the_features_were_read(large):
    made, folder = large
    assert len(made.collect()) > 100
    assert list(folder.iterdir()) == []


def test_no_file_is_left_of_a_reading_that_is_given_up(bank, large):
    _, folder = large
    read = Movements(bank.transactions.lazy(), bank.labels.lazy(), DAYS, ZONE, oldest_event(40))
    runs = in_parts(read)
    assert len(next(runs)) == 50
    runs.close()
    assert list(folder.iterdir()) == []


def test_features_that_are_read_twice_are_the_same_in_the_same_order(large):
    made, _ = large
    assert made.collect().equals(made.collect())
