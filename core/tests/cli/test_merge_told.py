"""A merge is told by what came, what of it was merged, and what the day has now."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
AMOUNT = "{name: amount, logicalType: integer}"


@pytest.fixture
def made(contract):
    return contract("orders", KEY, DAY, AMOUNT)


def publish(hansa, made, *rows, more=()):
    Path("rows.csv").write_text("\n".join(["id,day,amount", *rows]) + "\n")
    return hansa("publish", made, "rows.csv", "--warehouse", "wh", *more)


def merged(hansa):
    lines = hansa("history", "t.orders", "--warehouse", "wh").out.splitlines()
    return [line.strip() for line in lines if line.strip().startswith("merged")]


def test_the_history_says_what_came_what_was_merged_and_what_the_day_has(hansa, made):
    publish(hansa, made, "A,2026-03-01,1", "B,2026-03-01,2")
    publish(hansa, made, "B,2026-03-01,3", "C,2026-03-01,4", "D,2026-03-01,5", more=["--merge"])
    assert merged(hansa) == [
        "merged 2026-03-01: 3 rows came, 3 merged (1 in the place of older ones); the day now has 4 rows"
    ]


def test_refused_rows_of_a_merge_are_counted_apart(hansa, made):
    publish(hansa, made, "A,2026-03-01,1")
    publish(hansa, made, "B,2026-03-01,x", "C,2026-03-01,4", more=["--merge"])
    assert merged(hansa) == [
        "merged 2026-03-01: 2 rows came, 1 of them to quarantine, 1 merged (none in the place of an older one); "
        "the day now has 2 rows"
    ]


def test_a_day_that_came_whole_was_not_merged(hansa, made):
    publish(hansa, made, "A,2026-03-01,1")
    assert merged(hansa) == []
