"""A key that stands in another day is refused by the name of that day, and never by the key's own value."""

import datetime as dt

import hansa.attempt
import pytest
from hansa.known_keys import told_elsewhere
from hansa.uniqueness import Uniqueness

FIRST, SECOND, THIRD = (dt.date(2026, 3, n) for n in (1, 2, 3))


@pytest.fixture
def found(monkeypatch):
    """What the gate's last publication found of keys in other days."""
    made = []

    class Kept(Uniqueness):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(hansa.attempt, "Uniqueness", Kept)
    return lambda: made[-1].elsewhere


@pytest.mark.parametrize("count", [1, 12])
def test_the_sentence_names_at_most_ten_days_and_the_setting(count):
    told = told_elsewhere("primaryKey", {FIRST + dt.timedelta(days=n) for n in range(count)})
    assert told.startswith("primaryKey: such a key stands already in 2026-03-01")
    assert ("and 2 more" in told) == (count == 12)
    assert "keyScope: partition" in told


def test_the_day_in_which_a_published_key_stands_is_known(bench, daily, texts, found):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 1"), daily)
    bench.publish(texts("id day cents", "A 2026-03-02 1", "C 2026-03-02 1"), daily)
    assert found() == {"primaryKey": {SECOND: {FIRST}}}


def test_the_earlier_day_of_one_and_the_same_frame_is_known(bench, daily, texts, found):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "A 2026-03-03 2", "B 2026-03-02 1"), daily)
    assert found() == {"primaryKey": {THIRD: {FIRST}}}


def test_a_key_that_repeats_within_its_day_is_in_no_other_one(bench, daily, texts, found):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "A 2026-03-01 2", "B 2026-03-01 1"), daily)
    assert found() in ({}, {"primaryKey": {}})


def test_where_a_unique_value_stands_is_known_too(bench, contract, column, texts, found):
    made = contract(
        column("id", required=True, key_position=1),
        column("day", "date", partitioned=True),
        column("mail", unique=True),
    )
    bench.publish(texts("id day mail", "A 2026-03-01 x"), made)
    bench.publish(texts("id day mail", "B 2026-03-02 x", "C 2026-03-02 y"), made)
    assert found()["mail.unique"] == {SECOND: {FIRST}}
