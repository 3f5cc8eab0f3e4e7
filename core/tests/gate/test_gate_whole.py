"""What is decided over the whole of a publication: rows of no day, keys over days, nothing in the place of rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hansa.verify import verify

DAY_ONE, DAY_TWO = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def test_an_empty_frame_does_not_replace_the_rows_of_a_whole_product(bench, contract, column, texts):
    made = contract(column("id", key_position=1, required=True))
    bench.publish(texts("id", "A"), made)
    answer = bench.publish(texts("id"), made)
    assert (answer.receipts[0].state, bench.rows().height) == ("held", 1)
    assert not verify(bench.warehouse, "t.a").faults


def test_a_whole_product_may_begin_empty(bench, contract, column, texts):
    answer = bench.publish(texts("id"), contract(column("id", key_position=1, required=True)))
    assert (answer.receipts[0].state, bench.rows().height) == ("published", 0)


def test_a_later_day_does_not_take_the_key_of_an_earlier_one(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-02 9", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    assert bench.rows().sort("id").rows() == [("A", DAY_ONE, 1), ("B", DAY_TWO, 1)]
    assert [receipt.broken for receipt in made.receipts] == [{}, {"primaryKey": 1}]


def test_rows_of_no_day_count_towards_the_share_of_a_file(bench, daily, texts):
    made = replace(daily, quarantine_share=0.3)
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 2"), made)
    answer = bench.publish(texts("id day cents", "A 2026-03-01 1", "B 01.03.2026 2"), made)
    assert ([r.state for r in answer.held], bench.rows().height) == (["held"], 2)
