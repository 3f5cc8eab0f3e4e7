"""A window is so many seconds, also on the two days a year on which the clock is changed."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa_risk.windows import CLOCK, COUNT, DAY, Timeline, Window

COUNT_1D = Window("count_1d", "card", COUNT, DAY)
#: The long day of Berlin: X is 24.5 hours before Z, Y 11.
AUTUMN = ["2026-10-24T22:30", "2026-10-25T12:00", "2026-10-25T23:00"]
#: The short one: the first is 22 hours before the second, 23 before the third.
SPRING = ["2026-03-28T23:30", "2026-03-29T21:30", "2026-03-29T22:30"]


def instants(texts: list[str]) -> list[dt.datetime]:
    return [dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) for text in texts]


def batch(texts: list[str], zone: str) -> list[int]:
    clock = pl.Series(CLOCK, instants(texts), dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    frame = (
        pl.DataFrame([clock]).with_columns(card=pl.lit("c"), event=pl.lit(1, dtype=pl.Int64)).rename({"event": COUNT})
    )
    return frame.select(COUNT_1D.over_history())["count_1d"].to_list()


def online(texts: list[str]) -> list[int]:
    line, answers = Timeline(), []
    for at in instants(texts):
        answers.append(line.total(at, COUNT_1D))
        line.add(at, {COUNT: 1})
    return answers


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Shanghai"])
@pytest.mark.parametrize(("texts", "counts"), [(AUTUMN, [0, 1, 1]), (SPRING, [0, 1, 2])])
def test_a_day_of_a_window_has_24_hours_in_every_zone(texts: list[str], counts: list[int], zone: str) -> None:
    assert batch(texts, zone) == counts
    assert online(texts) == counts
