"""Rows that were refused are read again in the way in which they came: with their implied decimals, signs and years."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import Flag, NumberForm, Reading
from hansa.gate import publish
from hansa.quarantine.choice import Choice
from hansa.replay import replay
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse

CAME = Reading(
    formats={"day": ("%d.%m.%y",)},
    numbers={"amount": NumberForm(implied=2)},
    years={"day": 1900},
    signs={"amount": Flag("__flag_amount", ("H",), ("S",))},
)


@pytest.fixture
def replayed(tmp_path, contract, column):
    """Publish two rows in the way of ``CAME``, replay them under a looser contract, and read what stands there."""

    def made(flags, now=None):
        amount, day = column("amount", "number", precision=12, scale=2), column("day", "date")
        strict = contract(column("id", key_position=1, required=True), amount, day, column("state", enum=("open",)))
        loose = contract(*strict.columns[:3], column("state"), version="1.1.0", digest="d2")
        rows = {"id": ["A", "B"], "amount": ["12345", "678"], "day": ["01.02.23"] * 2, "state": ["lost", "open"]}
        frame = pl.DataFrame(rows | {"__flag_amount": flags})
        warehouse = Warehouse(tmp_path / "wh")
        publish(frame.lazy(), strict, Run("r", "UTC"), warehouse, reading=CAME)
        count = replay(warehouse, loose, Choice(), reading=now).replayed
        return count, Door(warehouse).open(strict.id).frame.sort("id").collect()

    return made


def test_a_refused_row_comes_back_with_its_sign_its_decimals_and_its_century(replayed):
    count, read = replayed(["S", "H"])
    assert (count, read["amount"].to_list()) == (1, [Decimal("-123.45"), Decimal("6.78")])
    assert read["day"].to_list() == [dt.date(1923, 2, 1)] * 2


def test_a_row_whose_flag_was_not_known_is_read_when_the_word_is_declared(replayed):
    now = Reading(
        formats=CAME.formats,
        numbers=CAME.numbers,
        years=CAME.years,
        signs={"amount": Flag("__flag_amount", ("H",), ("S", "D"))},
    )
    count, read = replayed(["D", "D"], now)
    assert (count, read["amount"].to_list()) == (2, [Decimal("-123.45"), Decimal("-6.78")])
