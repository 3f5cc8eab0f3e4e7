"""Business dates and offsets: columns that are derived from a time of the row, whatever the machine's zone."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys

import polars as pl
import pytest
from hansa.cast import Offset, Reading, casts


@pytest.mark.parametrize(("zone", "day"), [("UTC", 28), ("Asia/Shanghai", 1)])
def test_a_business_date_is_the_local_day_of_its_time(contract, column, zone, day):
    made = contract(column("at", "timestamp"), column("day", "date", business_date_of="at"))
    frame = pl.DataFrame({"at": ["2026-02-28T20:00:00Z"]})
    assert frame.select(casts(made, frame.schema, Reading(), zone)["day"].value).item().day == day


def test_the_business_date_of_a_time_without_zone_is_its_own_day(contract, column):
    made = contract(column("at", "timestamp", zoned=False), column("day", "date", business_date_of="at"))
    frame = pl.DataFrame({"at": ["2026-02-28 20:00:00"]})
    assert frame.select(casts(made, frame.schema, Reading(), "Asia/Shanghai")["day"].value).item().day == 28


def test_an_offset_makes_the_time_that_a_source_lacks(contract, column):
    made = contract(column("at", "timestamp"), column("known", "timestamp"))
    reading = Reading(offsets={"known": Offset("at", dt.timedelta(hours=2))})
    frame = pl.DataFrame({"at": ["2026-03-01T02:00:00Z"]})
    assert frame.select(casts(made, frame.schema, reading, "UTC")["known"].value).item().hour == 4


def test_an_offset_from_a_column_that_is_not_there_gives_nothing(contract, column):
    reading = Reading(offsets={"known": Offset("at", dt.timedelta(hours=2))})
    frame = pl.DataFrame({"other": ["x"]})
    made = casts(contract(column("known", "timestamp")), frame.schema, reading, "UTC")
    assert frame.select("other", known=made["known"].value)["known"].to_list() == [None]


_CHILD = """
import json, polars as pl
from pathlib import Path
from hansa.cast import Reading, casts
from hansa.contract.model import Column, Contract
columns = (Column("at", "timestamp", 1, zone="Asia/Shanghai"), Column("day", "date", 1, business_date_of="at"))
frame = pl.DataFrame({"at": ["2026-03-01 02:00:00", "2026-03-01T02:00:00Z", "2026-06-30 23:59:59"]})
made = casts(Contract("t.a", "1.0.0", columns, Path("a"), "d"), frame.schema, Reading(), "Asia/Shanghai")
print(json.dumps(frame.select(**{n: c.value.cast(pl.Int64) for n, c in made.items()}).rows()))
"""


def test_the_answer_does_not_depend_on_the_machines_zone():
    answers = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", _CHILD], env={**os.environ, "TZ": zone}, capture_output=True, check=True
            ).stdout
        )
        for zone in ("UTC", "America/New_York")
    ]
    assert answers[0] == answers[1]
