"""Laws of the gate over random frames: nothing is lost, nothing is doubled, order does not matter, twice is once.

``HYPOTHESIS_PROFILE=thorough`` runs many more examples.
"""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import hansa.aside
import hansa.attempt
import hansa.uniqueness
import polars as pl
import pytest
from hansa.contract.model import GroupRule
from hansa.digest import RowDigest
from hansa.verify import verify
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples

LAWS = settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))

ODD = st.sampled_from(
    ["A", "B", "C", "é", "e\u0301", "\u202eA", "王", "😀", "\x00", " A", "A ", "", "null", "NaN", "ß"]
)
DAYS = st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03", "2026-02-30", "0001-01-01", "x", None])
NUMBERS = st.one_of(
    st.integers(-3, 3).map(str),
    st.sampled_from(["1e308", "9" * 40, "-0.0", "NaN", "inf", "-inf", "0.005", "12.50", "1,5", "", None]),
)
RATES = st.one_of(st.floats(width=64), st.none())


@st.composite
def frames(draw):
    """Rows of a file: texts and floats, columns in any order, one missing or one too many."""
    height = draw(st.integers(0, 10))
    columns = {
        "id": pl.Series(draw(st.lists(st.one_of(ODD, st.none()), min_size=height, max_size=height)), dtype=pl.String),
        "day": pl.Series(draw(st.lists(DAYS, min_size=height, max_size=height)), dtype=pl.String),
        "amount": pl.Series(draw(st.lists(NUMBERS, min_size=height, max_size=height)), dtype=pl.String),
        "rate": pl.Series(draw(st.lists(RATES, min_size=height, max_size=height)), dtype=pl.Float64),
        "seat": pl.Series(draw(st.lists(st.one_of(ODD, st.none()), min_size=height, max_size=height)), dtype=pl.String),
    }
    if draw(st.booleans()):
        columns["surplus"] = pl.Series(["x"] * height, dtype=pl.String)
    missing = draw(st.sampled_from([None, None, None, "rate", "seat", "day"]))
    names = draw(st.permutations([name for name in columns if name != missing]))
    return pl.DataFrame({name: columns[name] for name in names})


@pytest.fixture(scope="module")
def made(contract, column):
    """A contract with a key, a unique column, bounds, groups and a share."""
    return contract(
        column("id", key_position=1, required=True, max_length=3),
        column("day", "date", partitioned=True),
        column("amount", "number", precision=18, scale=2, maximum=Decimal(100)),
        column("rate", "number", minimum=0.0),
        column("seat", unique=True),
        groups=(GroupRule("small", "groupSum", ("seat",), "amount", "mustBeLessThan", (Decimal("3"),), 1),),
    )


@pytest.fixture(autouse=True, scope="module")
def small_steps():
    """Everything that works in pieces works in very small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hansa.attempt, "BATCH", 3)
        patch.setattr(hansa.uniqueness, "PASS", 2)
        patch.setattr(hansa.aside, "SPILL", 2)
        yield


def reconciles(publication):
    for receipt in publication.receipts:
        counts = receipt.counts
        assert counts["incoming"] == counts["accepted"] + counts["quarantined"]
        assert counts["published"] == counts["accepted"] + counts["kept"] - counts["replaced"]
        if receipt.merged:
            # The digests say of the very rows what the counts say of their number.
            published, kept, gone = (RowDigest.parse(receipt.digests[n]) for n in ("published", "kept", "replaced"))
            assert (published.rows, kept.rows, gone.rows) == (counts["published"], counts["kept"], counts["replaced"])
    assert publication.total("incoming") == publication.total("accepted") + publication.total("quarantined")


def seen(bench):
    return sorted(bench.rows().rows(), key=repr) if bench.snapshots() else []


def keys_hold(bench, contract):
    rows = bench.rows() if bench.snapshots() else None
    if rows is not None:
        assert rows["id"].is_unique().all()
        assert rows["seat"].drop_nulls().is_unique().all()


@LAWS
@given(frames(), st.randoms(use_true_random=False))
def test_a_replacement_loses_nothing_and_twice_is_once_in_any_order(new_bench, made, frame, order):
    bench = new_bench()
    first = bench.publish(frame, made)
    reconciles(first)
    assert first.total("incoming") == frame.height
    keys_hold(bench, made)
    files = bench.listing()
    shuffled = frame[order.sample(range(frame.height), frame.height)] if frame.height else frame
    again = bench.publish(shuffled, made)
    assert again.unchanged
    assert again.receipts == first.receipts
    assert bench.listing() == files


@LAWS
@given(frames(), frames(), st.sampled_from(["merge", "file", "add"]), st.randoms(use_true_random=False))
def test_what_is_added_loses_nothing_and_twice_is_once_in_any_order(new_bench, made, before, frame, mode, order):
    bench = new_bench()
    bench.publish(before, made)
    stood = {row[0]: row for row in seen(bench)}
    first = bench.publish(frame, made, mode=mode)
    reconciles(first)
    keys_hold(bench, made)
    now = {row[0]: row for row in seen(bench)}
    if mode != "file":
        assert set(stood) <= set(now)
    shuffled = frame[order.sample(range(frame.height), frame.height)] if frame.height else frame
    again = bench.publish(shuffled, made, mode=mode)
    assert again.unchanged
    assert {row[0]: row for row in seen(bench)} == now
    if bench.snapshots():
        assert verify(bench.warehouse, "t.a").faults == ()


@LAWS
@given(st.lists(frames(), min_size=2, max_size=3), st.booleans())
def test_partition_keys_hold_over_any_sequence_of_files(new_bench, made, files, product):
    scope = made if product else replace(made, key_scope="partition")
    bench = new_bench()
    for frame in files:
        reconciles(bench.publish(frame, scope, mode="file"))
    if bench.snapshots():
        rows = bench.rows()
        by = ["id"] if product else ["id", "day"]
        assert rows.select(by).is_unique().all()
        assert verify(bench.warehouse, "t.a").faults == ()


def test_the_law_of_order_is_not_kept_by_accident(bench, made):
    # Two texts of one value: the row that stays is chosen by its digest, not by its place.
    rows = pl.DataFrame({"id": ["A", "A"], "day": ["2026-03-01"] * 2, "amount": ["1.50", "1.5"], "rate": [0.5, 0.5]})
    first = bench.publish(rows, made)
    assert bench.publish(rows.reverse(), made).unchanged
    assert (first.total("identical"), random.Random(1).random() < 1) == (1, True)
