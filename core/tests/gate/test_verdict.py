"""The verdict on one partition."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import polars as pl
import pytest
from hansa.digest import RowDigest
from hansa.tally import Tally
from hansa.verdict import judge, nothing_left


def tally(came=10, quarantined=0, **options):
    left = came - quarantined
    return Tally(RowDigest(came), RowDigest(left), RowDigest(quarantined), RowDigest(left), **options)


@pytest.mark.parametrize(
    ("operator", "operands", "keeps"),
    [
        ("mustBe", (10.0,), True),
        ("mustNotBe", (10.0,), False),
        ("mustBeGreaterThan", (10.0,), False),
        ("mustBeGreaterOrEqualTo", (10.0,), True),
        ("mustBeLessThan", (10.0,), False),
        ("mustBeLessOrEqualTo", (10.0,), True),
        ("mustBeBetween", (10.0, 12.0), True),
        ("mustNotBeBetween", (8.0, 10.0), False),
    ],
)
def test_the_words_of_the_contract(contract, column, rule, operator, operands, keeps):
    made = contract(column("a"), rules=(rule("n", "rowCount", operator=operator, operands=operands),))
    assert (judge(made, tally(), None).reasons == ()) is keeps


@pytest.mark.parametrize(("limit", "keeps"), [(20.0, True), (19.0, False)])
def test_a_percentage_is_of_the_rows_to_publish(contract, column, rule, limit, keeps):
    asked = rule("a.gaps", "nullValues", "a", operator="mustBeLessOrEqualTo", operands=(limit,), unit="percent")
    counted = tally(10, violations=Counter({"a.gaps": 2}))
    assert (judge(contract(column("a"), rules=(asked,)), counted, None).reasons == ()) is keeps


def test_duplicates_are_counted_beyond_the_first_and_without_the_missing(contract, column, rule):
    asked = rule("a.twice", "duplicateValues", "a", operator="mustBeLessOrEqualTo", operands=(2.0,))
    rows = pl.LazyFrame({"a": ["x", "x", "x", "y", None, None]})
    assert judge(contract(column("a"), rules=(asked,)), tally(6), rows).reasons == ()


@pytest.fixture
def asked(contract, column, rule):
    """Whether a partition of these amounts is held by a query, and how the reason reads."""

    def made(amounts, operator="mustBe", operands=(0.0,), query="SELECT SUM(a) FROM self", **options):
        checked = rule("a.sum", "sql", operator=operator, operands=operands, query=query, **options)
        rows = pl.LazyFrame({"a": pl.Series(amounts, dtype=pl.Decimal(18, 2))}) if amounts is not None else None
        return judge(contract(column("a", "number", precision=18, scale=2), rules=(checked,)), tally(), rows)

    return made


def test_a_query_holds_the_partition_by_its_result(asked):
    assert asked([Decimal("0.10"), Decimal("0.20")], operands=(0.3,)).reasons == ()
    verdict = asked([Decimal("0.10"), Decimal("0.20")], operands=(0.1,))
    assert verdict.broken == {"a.sum": 1}
    assert verdict.reasons[0].startswith("a.sum: 0.3")


def test_a_query_that_says_nothing_holds_nothing(asked):
    assert asked([None], "mustBeGreaterThan", (0.0,)).reasons == ()
    assert asked(None, "mustBeGreaterThan", (0.0,)).reasons == ()


def test_a_query_over_no_file_gives_what_it_gives_for_no_rows(asked):
    assert asked(None, "mustBeGreaterThan", (0.0,), empty=0).broken == {"a.sum": 1}


def test_the_result_of_a_query_is_not_shown_where_a_column_is_sealed(asked):
    verdict = asked([Decimal("774411.00")], hidden=True)
    assert len(verdict.reasons) == 1
    assert "774411" not in verdict.reasons[0]
    assert "a number that is not shown" in verdict.reasons[0]


def test_doubles_of_a_part_of_an_object_are_counted(contract, column, rule):
    asked = rule("city.twice", "duplicateValues", "a.city")
    rows = pl.LazyFrame({"a": [{"city": "X"}, {"city": "X"}, {"city": None}, None, None]})
    made = contract(column("a", "object", fields=(column("city"),)), rules=(asked,))
    assert judge(made, tally(5), rows).broken == {"city.twice": 1}


def test_a_warning_is_counted_and_holds_nothing(contract, column, rule):
    asked = rule("n", "rowCount", operands=(5.0,), severity="warning")
    verdict = judge(contract(column("a"), rules=(asked,)), tally(), None)
    assert (verdict.reasons, verdict.broken) == ((), {"n": 1})


def test_the_worst_rules_are_named_in_one_order_whatever_came_first(contract, column):
    made = contract(column("a"))
    one = judge(made, tally(2, 2, broken=Counter({"b": 1, "a": 1})), None)
    other = judge(made, tally(2, 2, broken=Counter({"a": 1, "b": 1})), None)
    assert one.reasons == other.reasons == ("all 2 rows quarantined, none is left to publish: a 1, b 1",)


def test_nothing_is_left_only_if_something_came():
    assert nothing_left([Tally()]) is None
    assert nothing_left([tally(2, 1), tally(1, 1)]) is None
    assert nothing_left([tally(2, 2, broken=Counter({"a": 2}))]) is not None
