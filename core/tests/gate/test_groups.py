"""Group rules: rows that belong together are published together or not at all."""

from __future__ import annotations

import datetime as dt
from decimal import Context, Decimal

import hansa.groups
import polars as pl
import pytest
from hansa.contract.model import GroupRule
from hansa.groups import GroupRules
from hansa.quarantine import envelopes
from hypothesis import given, settings
from hypothesis import strategies as st

ONE, TWO = "2026-03-01", "2026-03-02"
NAMES = "id voucher day amount"
WIDE = Context(prec=60)


def group(name="adds.up", column="amount", operator="mustBe", operands=("0",), by=("voucher",), **options):
    metric = "groupSum" if column else "groupRowCount"
    return GroupRule(name, metric, by, column, operator, tuple(Decimal(text) for text in operands), 1, **options)


@pytest.fixture
def ledger(contract, column):
    def made(*groups, **options):
        return contract(
            column("id", key_position=1, required=True),
            column("voucher"),
            column("day", "date", partitioned=True),
            column("amount", "number", precision=18, scale=2),
            groups=groups or (group(),),
            **options,
        )

    return made


@pytest.fixture
def post(bench, texts, ledger):
    def publish(*rows, contract=None, **options):
        return bench.publish(texts(NAMES, *rows), contract or ledger(), **options)

    return publish


def ids(bench):
    return bench.rows()["id"].to_list()


def rules(bench):
    found = envelopes(bench.book().latest(), bench.warehouse.table("t.a"))
    return sorted(tuple(names) for names in found["rules"].to_list())


def test_a_group_that_adds_up_is_published(bench, post):
    post(f"A v {ONE} 10.10", f"B v {ONE} -10.10")
    assert ids(bench) == ["A", "B"]


def test_a_group_that_does_not_add_up_goes_whole_with_the_rules_name(bench, post):
    made = post(f"A v {ONE} 10.10", f"B v {ONE} -10.11", f"C w {ONE} 0.00")
    assert (ids(bench), rules(bench)) == (["C"], [("adds.up",), ("adds.up",)])
    assert (made.receipts[0].broken, made.total("quarantined")) == ({"adds.up": 2}, 2)


def test_a_group_that_loses_a_row_to_quarantine_goes_too(bench, post):
    post(f"A v {ONE} 10", f"B v {ONE} -1o", f"C w {ONE} 0")
    assert (ids(bench), rules(bench)) == (["C"], [("adds.up",), ("amount.type",)])


def test_a_group_that_loses_a_row_to_a_key_goes_too(bench, post):
    post(f"A v {ONE} 10", f"B v {ONE} -10", f"B w {ONE} 0", f"C x {ONE} 0")
    assert (ids(bench), rules(bench)) == (["C"], [("adds.up",), ("primaryKey",), ("primaryKey",)])


def test_what_a_group_took_with_it_may_break_another_rule(bench, post, ledger):
    made = ledger(group(), group("pairs", None, "mustBeGreaterOrEqualTo", ("2",), by=("day",)))
    post(f"A v {ONE} 1", f"B w {ONE} 0", f"C x {TWO} 0", f"D x {TWO} 0", contract=made)
    assert (ids(bench), rules(bench)) == (["C", "D"], [("adds.up", "pairs"), ("pairs",)])


def test_groups_are_judged_over_all_batches(bench, post, monkeypatch):
    monkeypatch.setattr("hansa.attempt.BATCH", 1)
    monkeypatch.setattr(hansa.groups, "_PASS", 2)
    post(f"A v {ONE} 1", f"B w {ONE} 2", f"C v {ONE} -1", f"D w {ONE} -3", f"E x {ONE} 0")
    assert ids(bench) == ["A", "C", "E"]


def test_a_group_lies_within_its_day(bench, post):
    post(f"A v {ONE} 1", f"B v {TWO} -1", f"C w {ONE} 0", f"D w {TWO} 0")
    assert ids(bench) == ["C", "D"]


def test_a_row_of_no_group_is_undecided_and_published(bench, post):
    made = post(f"A - {ONE} 5", f"B v {ONE} 0")
    assert (ids(bench), made.receipts[0].undecided) == (["A", "B"], {"adds.up": 1})


def test_a_group_with_a_missing_amount_is_undecided(bench, post):
    made = post(f"A v {ONE} 5", f"B v {ONE} -", f"C w {ONE} 0")
    assert (ids(bench), made.receipts[0].undecided) == (["A", "B", "C"], {"adds.up": 2})


def test_a_warning_is_counted_by_rows_and_quarantines_nothing(bench, post, ledger):
    made = post(f"A v {ONE} 5", f"B v {ONE} 6", f"C w {ONE} 0", contract=ledger(group(severity="warning")))
    assert (ids(bench), made.receipts[0].broken) == (["A", "B", "C"], {"adds.up": 2})


def test_groups_count_towards_the_share(bench, post, ledger):
    made = post(f"A v {ONE} 5", f"B v {ONE} 6", f"C w {ONE} 0", contract=ledger(quarantine_share=0.5))
    assert "2 of 3 rows quarantined" in made.held[0].reasons[0]


def test_a_second_run_changes_nothing(bench, post):
    rows = (f"A v {ONE} 5", f"B v {ONE} 6", f"C w {ONE} 0")
    post(*rows)
    assert post(*rows).unchanged


def test_sums_are_exact_beyond_doubles_and_64_bits(bench, contract, column):
    made = contract(
        column("id", key_position=1, required=True),
        column("voucher"),
        column("amount", "integer"),
        groups=(group(),),
    )
    big = 2**63 - 1
    frame = pl.DataFrame({"id": list("ABCDEF"), "voucher": list("vvvvvv"), "amount": [big, big, 2, -big, -big, -2]})
    assert bench.publish(frame, made).total("published") == 6
    # The sum of the first three alone is 2^64, which is zero in 64 bits.
    assert bench.publish(frame.head(3), made, mode="replace").held


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
                     "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"]),
    st.tuples(st.decimals(-3, 3, places=3), st.decimals(-3, 3, places=3)).map(sorted),
    st.lists(st.decimals(-2, 2, places=2), min_size=1, max_size=4),
)  # fmt: skip
def test_every_word_means_what_decimals_say(contract, column, operator, operands, amounts):
    made = contract(
        column("voucher"),
        column("amount", "number", precision=18, scale=2),
        groups=(group(operator=operator, operands=tuple(map(str, operands))),),
    )
    rows = pl.DataFrame({"voucher": ["v"] * len(amounts), "amount": pl.Series(amounts, dtype=pl.Decimal(18, 2))})
    total, (first, last) = sum(amounts), operands
    keeps = {
        "mustBe": total == first,
        "mustNotBe": total != first,
        "mustBeGreaterThan": total > first,
        "mustBeGreaterOrEqualTo": total >= first,
        "mustBeLessThan": total < first,
        "mustBeLessOrEqualTo": total <= first,
        "mustBeBetween": first <= total <= last,
        "mustNotBeBetween": not first <= total <= last,
    }[operator]
    assert (not GroupRules(made).judge(rows.lazy(), None).bad) is keeps


def test_a_merged_row_can_mend_its_group(bench, post):
    post(f"A v {ONE} 5", f"B v {ONE} -5")
    post(f"A v {ONE} 7", f"B v {ONE} -7", mode="merge")
    assert bench.rows()["amount"].to_list() == [Decimal("7.00"), Decimal("-7.00")]


def test_a_row_that_would_break_the_group_that_stands_is_refused_and_the_group_stays(bench, post):
    post(f"A v {ONE} 5", f"B v {ONE} -5")
    made = post(f"A v {ONE} 7", f"C v {ONE} 1", f"D w {ONE} 0", mode="merge")
    assert (ids(bench), made.receipts[0].broken) == (["A", "B", "D"], {"adds.up": 2})
    assert bench.rows()["amount"].to_list()[:2] == [Decimal("5.00"), Decimal("-5.00")]


def test_what_stands_and_breaks_the_rule_by_itself_holds_the_day(bench, contract, ledger, post):
    lenient = contract(*ledger().columns)
    post(f"A v {ONE} 5", contract=lenient)
    made = post(f"B w {ONE} 0", contract=ledger(digest="d2"), mode="merge")
    assert made.held[0].reasons == ("adds.up: 1 rows that stand here already belong to groups that do not keep it",)
    assert ids(bench) == ["A"]


def test_the_day_is_the_partition_of_a_group(ledger):
    assert dt.date.fromisoformat(ONE) and GroupRules(ledger()).columns == ["amount", "day", "id", "voucher"]


NINES = "9" * 36 + ".99"


@pytest.fixture(scope="module")
def wide(contract, column):
    """A contract whose amounts are as wide as a number can be."""

    def made(*operands, operator="mustBe", **options):
        return contract(
            column("id", key_position=1, required=True),
            column("voucher"),
            column("day", "date", partitioned=True),
            column("amount", "number", precision=38, scale=2),
            groups=(group(operator=operator, operands=operands, **options),),
        )

    return made


@pytest.mark.parametrize("amount", ["123456789012345678901234567890.11", "-123456789012345678901234567890.11"])
def test_an_operand_of_more_than_28_digits_is_taken_exactly(bench, post, wide, amount):
    near = amount[:-1] + "2"
    post(f"A v {ONE} {amount}", f"B w {ONE} {near}", contract=wide(amount))
    assert ids(bench) == ["A"]


def test_a_sum_beyond_128_bits_breaks_its_rule(bench, post, wide):
    made = post(f"A v {ONE} {NINES}", f"B v {ONE} {NINES}", f"C w {ONE} 0", contract=wide("0"))
    assert (ids(bench), made.receipts[0].undecided) == (["C"], {})


def test_a_sum_whose_parts_go_beyond_128_bits_keeps_its_rule(bench, post, wide):
    rows = (f"A v {ONE} {NINES}", f"B v {ONE} {NINES}", f"C v {ONE} -{NINES}", f"D v {ONE} -{NINES}")
    made = post(*rows, contract=wide("0"))
    assert (ids(bench), made.receipts[0].undecided) == (["A", "B", "C", "D"], {})


def test_an_operand_beyond_128_bits_is_met_by_its_very_sum(bench, post, wide):
    twice = "1" + "9" * 36 + ".98"
    rows = (f"A v {ONE} {NINES}", f"B v {ONE} {NINES}", f"C w {ONE} {NINES}", f"D w {ONE} {NINES[:-1]}8")
    post(*rows, contract=wide(twice))
    assert ids(bench) == ["A", "B"]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
                     "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"]),
    st.lists(st.integers(-(10**38) + 1, 10**38 - 1), min_size=1, max_size=4),
    st.tuples(st.integers(-2, 2), st.integers(-2, 2)).map(sorted),
)  # fmt: skip
def test_every_word_is_exact_at_the_edge_of_wide_sums(wide, operator, units, about):
    total = sum(units)
    texts = [f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02}" for n in (total + step for step in about)]
    made = wide(*texts, operator=operator)
    amounts = pl.Series([Decimal(n).scaleb(-2, WIDE) for n in units], dtype=pl.Decimal(38, 2))
    rows = pl.DataFrame({"id": [str(n) for n in range(len(units))], "voucher": ["v"] * len(units), "amount": amounts})
    rows = rows.with_columns(day=pl.lit(dt.date(2026, 3, 1)))
    first, last = about
    keeps = {
        "mustBe": first == 0,
        "mustNotBe": first != 0,
        "mustBeGreaterThan": first < 0,
        "mustBeGreaterOrEqualTo": first <= 0,
        "mustBeLessThan": first > 0,
        "mustBeLessOrEqualTo": first >= 0,
        "mustBeBetween": first <= 0 <= last,
        "mustNotBeBetween": not first <= 0 <= last,
    }[operator]
    judged = GroupRules(made).judge(rows.lazy(), None)
    assert (not judged.bad, judged.undecided) == (keeps, {})
