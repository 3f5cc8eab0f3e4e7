"""What a hold says: what, under which contract, what still serves, which command next."""

from __future__ import annotations

import pytest
from hansa.held import held


@pytest.mark.parametrize(
    ("before", "rows", "what", "serving"),
    [
        ((), ("A 2026-03-01 -1",), "partition 2026-03-01: all 1 rows quarantined", "nothing of this partition yet"),
        (
            ("A 2026-03-01 1",),
            ("A 2026-03-01 -1",),
            "partition 2026-03-01: all 1 rows",
            "the last good 1 rows, published",
        ),
        (("A 2026-03-01 1",), ("A x 1",), "all 1 rows quarantined", "the last good rows of 1 days"),
        ((), ("A x 1",), "all 1 rows quarantined", "nothing of this product yet"),
    ],
)
def test_a_hold_names_what_still_serves(bench, daily, texts, before, rows, what, serving):
    if before:
        bench.publish(texts("id day cents", *before), daily)
    error = held(bench.publish(texts("id day cents", *rows), daily), daily, bench.warehouse)
    assert error.what.startswith(what)
    assert error.serving.startswith(serving)
    assert [line.split()[0] for line in error.lines()] == ["held", "contract", "serving", "next"]


def test_further_held_days_are_counted(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 -1", "B 2026-03-02 -1"), daily)
    assert "and 1 more partitions" in held(made, daily, bench.warehouse).what
