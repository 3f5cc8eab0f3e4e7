"""Each pattern beside the honest life that resembles it: no threshold on one column tells them apart."""

import numpy as np
import polars as pl
import pytest
from hansa_sandbox.movements import LOOK_ALIKES, PATTERNS
from hansa_sandbox.places import HOME, ONLINE
from hansa_sandbox.rhythm import DAY

RESEMBLED = {
    "stolen_card": ("big_purchase", "journey_abroad"),
    "card_testing": ("small_payments", "new_phone"),
    "compromised_terminal": ("sale",),
    "account_takeover": ("moving_money", "new_phone"),
    "mule_account": ("pass_through",),
    "application_ring": ("shared_address", "big_purchase"),
}


@pytest.fixture(scope="module")
def seen(city):
    """What a rule could look at in each movement."""
    place = city.town.merchants.place[city.moves["merchant"].to_numpy()]
    day = pl.col("at") // DAY
    payer = pl.when(pl.col("card") >= 0).then(pl.col("card")).otherwise(-2 - pl.col("account"))
    return city.moves.with_columns(payer=payer, day=day).with_columns(
        hour=pl.col("at") % DAY // 3_600,
        fresh=(pl.col("device") >= 0) & (pl.col("at") - pl.col("at").min().over("payer", "device") < DAY),
        on_device=pl.when(pl.col("device") >= 0).then(pl.col("payer").n_unique().over("device")).otherwise(0),
        online=pl.Series(place == ONLINE),
        abroad=pl.Series((place >= len(HOME)) & (place < ONLINE)),
        today=pl.len().over("payer", "day"),
        today_cents=pl.col("cents").sum().over("payer", "day"),
        at_merchant=pl.len().over("merchant", "day"),
        age=pl.Series(city.town.people.age[city.moves["customer"].to_numpy()]),
        since_joined=day - pl.Series(city.town.people.joined[city.moves["customer"].to_numpy()]),
        own_mean=pl.col("cents") / pl.col("cents").mean().over("payer"),
    )


COLUMNS = (
    "cents",
    "credit",
    "hour",
    "fresh",
    "on_device",
    "online",
    "abroad",
    "today",
    "today_cents",
    "at_merchant",
    "age",
    "since_joined",
    "own_mean",
)


def best_split(values, fraud):
    """Youden's J of the best threshold in either direction: 1 is a perfect rule, 0 says nothing."""
    order = np.argsort(values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    caught = np.cumsum(fraud[order])[ends] / fraud.sum()
    harmed = np.cumsum(~fraud[order])[ends] / (~fraud).sum()
    return float(np.abs(caught - harmed).max())


@pytest.mark.parametrize("name", PATTERNS)
def test_pattern_and_look_alike_are_there(seen, name):
    assert (seen["pattern"] == PATTERNS.index(name)).sum() >= 20
    for alike in RESEMBLED[name]:
        assert (seen["look_alike"] == LOOK_ALIKES.index(alike)).sum() >= 50, alike


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("column", COLUMNS)
def test_no_threshold_splits_a_pattern_from_its_look_alikes(seen, name, column):
    alike = [LOOK_ALIKES.index(one) for one in RESEMBLED[name]]
    both = seen.filter((pl.col("pattern") == PATTERNS.index(name)) | pl.col("look_alike").is_in(alike))
    values = both[column].cast(pl.Float64).to_numpy()
    assert best_split(values, (both["pattern"] >= 0).to_numpy()) < 0.95


@pytest.mark.parametrize("column", COLUMNS)
def test_no_threshold_on_one_column_finds_half_of_all_fraud_with_half_of_its_alarms_right(seen, column):
    fraud = (seen["pattern"] >= 0).to_numpy()
    for values in (seen[column].cast(pl.Float64).to_numpy(), -seen[column].cast(pl.Float64).to_numpy()):
        order = np.argsort(values, kind="stable")[::-1]
        ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
        hits = np.cumsum(fraud[order])[ends]
        assert not ((hits >= fraud.sum() / 2) & (hits >= (ends + 1) / 2)).any()
