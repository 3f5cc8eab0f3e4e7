"""Distances between places, and which place of a card was the last."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise

import polars as pl
import pytest
from hansa_risk.derived import Flag, Ratio, kilometres
from hansa_risk.feature_list import HOUR
from hansa_risk.features import fraud_features
from hansa_risk.places import distance, places
from hypothesis import given
from hypothesis import strategies as st

NOON = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
SHOPS = {
    "shanghai": (31.2304, 121.4737),
    "beijing": (39.9042, 116.4074),
    "berlin": (52.52, 13.405),
    "web": (None, None),
}

degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def merchants(**shops) -> pl.LazyFrame:
    rows = [(name, *place) for name, place in (shops or SHOPS).items()]
    kinds = {"merchant_id": pl.String, "latitude": pl.Float64, "longitude": pl.Float64}
    return pl.LazyFrame(rows, schema=kinds, orient="row")


def points(*spots) -> list[tuple[float, float, float]]:
    table = places(merchants(**{f"m{n:03}": spot for n, spot in enumerate(spots)}))
    return table.select("x", "y", "z").rows()


def haversine(here, there) -> float:
    (north, east), (other_north, other_east) = (tuple(map(math.radians, spot)) for spot in (here, there))
    inner = math.sin((north - other_north) / 2) ** 2
    inner += math.cos(north) * math.cos(other_north) * math.sin((east - other_east) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(inner, 1.0)))


@given(here=degrees, there=degrees)
def test_the_distance_is_the_great_circle_to_a_metre(here, there):
    assert distance(*points(here, there)) == pytest.approx(haversine(here, there), abs=1e-3)


@given(spots=st.lists(degrees, min_size=2, max_size=9))
def test_a_column_of_distances_has_the_bits_of_single_ones(spots):
    given = points(*spots)
    pairs = list(pairwise(given))
    columns = [tuple(pl.Series([pair[end][axis] for pair in pairs]) for axis in range(3)) for end in (0, 1)]
    found = kilometres(*columns, pl.Series.sqrt, lambda values, bound: values.clip(upper_bound=bound))
    assert found.to_list() == [distance(*pair) for pair in pairs]


@pytest.mark.parametrize(("there", "km"), [((31.2304, 121.4737), 0.0), ((-31.2304, -58.5263), 20_015.1)])
def test_the_same_place_and_its_antipode(there, km):
    assert distance(*points((31.2304, 121.4737), there)) == pytest.approx(km, abs=0.1)


def test_a_merchant_without_both_coordinates_is_in_no_place():
    table = places(merchants(a=(1.0, None), b=(None, 1.0), c=(float("nan"), 1.0), d=(0.0, 0.0)))
    assert table["merchant_id"].to_list() == ["d"]


def asked(bank, shops=None) -> dict:
    sides = {"merchants": merchants() if shops is None else shops}
    made = fraud_features(
        bank.transactions.lazy(), bank.labels.lazy(), [dt.date(2026, 3, 10)], "Asia/Shanghai", 62, **sides
    )
    return made.collect().row(by_predicate=pl.col("txn_id") == "asked", named=True)


HERE = {"txn_id": "asked", "booked_at": NOON, "merchant_id": "beijing", "channel": "card_present"}


def past(hours: float, shop: str, **more) -> dict:
    at = NOON - dt.timedelta(hours=hours)
    return {"txn_id": f"{shop}{hours}", "booked_at": at, "merchant_id": shop, "channel": "card_present", **more}


def test_distance_and_speed_are_from_the_last_place_at_which_the_card_was(make_bank):
    row = asked(make_bank([HERE, past(2, "shanghai"), past(9, "berlin")]))
    assert row["km_from_last"] == pytest.approx(1067, abs=2)
    assert row["kmh_from_last"] == row["km_from_last"] * (HOUR * 10**6) / (2 * HOUR * 10**6)


@pytest.mark.parametrize(
    "between",
    [
        past(1, "berlin", channel="card_online"),
        past(1, "web"),
        past(1, "unlisted"),
        past(1, "berlin", card_token="c2"),
        past(0, "berlin"),
        past(1, "berlin", known_at=NOON + dt.timedelta(hours=1)),
    ],
    ids=["online", "without place", "unlisted", "another card", "the same instant", "known later"],
)
def test_what_was_not_a_known_presence_of_the_card_does_not_move_it(make_bank, between):
    alone = asked(make_bank([HERE, past(2, "shanghai")]))
    assert asked(make_bank([HERE, past(2, "shanghai"), between]))["km_from_last"] == alone["km_from_last"]


@pytest.mark.parametrize(
    "rows",
    [[HERE], [HERE, past(31 * 24, "shanghai")], [{**HERE, "channel": "card_online"}, past(2, "shanghai")]],
    ids=["first", "31 days ago", "asked online"],
)
def test_without_a_last_place_there_is_no_distance(make_bank, rows):
    row = asked(make_bank(rows))
    assert (row["km_from_last"], row["kmh_from_last"]) == (None, None)


def test_without_merchants_there_is_no_distance_and_everything_else_is_the_same(make_bank):
    bank = make_bank([HERE, past(2, "shanghai")])
    with_places, without = asked(bank), asked(bank, merchants().clear())
    assert {name for name in with_places if with_places[name] != without[name]} == {"km_from_last", "kmh_from_last"}


def test_a_ratio_over_nothing_is_missing_and_so_is_one_of_something_missing():
    ratio = Ratio("r", ("a",), ("b",))
    rows = [{"a": 1, "b": 0}, {"a": 1, "b": None}, {"a": None, "b": 1}, {"a": 1, "b": 3}]
    frame = pl.DataFrame(rows).select(ratio.over_columns())
    assert frame["r"].to_list() == [ratio.of_row(row) for row in rows] == [None, None, None, 1 / 3]


def test_a_flag_asks_for_none_of_one_and_some_of_the_other():
    flag = Flag("f", none="before", some="now")
    rows = [{"before": b, "now": n} for b, n in ((0, 1), (0, 0), (1, 1), (None, None))]
    frame = pl.DataFrame(rows).select(flag.over_columns())
    assert frame["f"].to_list() == [flag.of_row(row) for row in rows] == [True, False, False, None]
