"""No feature of a row before a cut changes when the future is another one or none: five cuts, two data sets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from hansa.mesh import load_mesh
from hansa.store.door import Door
from hansa_risk.features import fraud_features
from hansa_risk.labels import with_last_word

BOOK = Path(__file__).parents[3] / "shared" / "data" / "fraud_handbook" / "transactions.parquet"
HISTORY, QUESTIONS = 40, 4


@dataclass(frozen=True)
class World:
    """What an institution knows of, now: the frames that features read. ``zone`` is that of its days."""

    zone: str
    transactions: pl.DataFrame
    fraud_labels: pl.DataFrame
    accounts: pl.DataFrame | None = None
    merchants: pl.DataFrame | None = None
    logins: pl.DataFrame | None = None

    def features(self, cut: dt.datetime) -> pl.DataFrame:
        """Features of the days that end with the cut's own."""
        days = [cut.date() - dt.timedelta(days=n) for n in range(QUESTIONS, -1, -1)]
        sides = {name: None if side is None else side.lazy() for name, side in self.sides.items()}
        made = fraud_features(self.transactions.lazy(), self.fraud_labels.lazy(), days, self.zone, HISTORY, **sides)
        return made.collect()

    @property
    def sides(self) -> dict[str, pl.DataFrame | None]:
        return {"accounts": self.accounts, "merchants": self.merchants, "logins": self.logins}

    def training_set(self, cut: dt.datetime) -> bytes:
        """What a model trained at the cut learns from, to the byte."""
        known = self.features(cut).filter(pl.col("booked_at") < cut, pl.col("known_at") < cut)
        rows = with_last_word(known.lazy(), self.fraud_labels.lazy(), before=cut).sort("txn_id").collect()
        assert rows.height > 100
        # Floats are written as the shortest text of the same bits; what lies behind a null is not written.
        return rows.write_csv().encode()


def _handbook() -> World:
    """A tenth of the customers; every fiftieth transaction is known hours late, every ninth fraud is taken back."""
    at = pl.col("TX_DATETIME").dt.replace_time_zone("UTC")
    number = pl.col("TRANSACTION_ID")
    rows = pl.scan_parquet(BOOK).filter(pl.col("CUSTOMER_ID") % 10 == 0)
    late = pl.when(number % 50 == 7).then(pl.duration(hours=number % 97)).otherwise(pl.duration())
    transactions = rows.select(
        txn_id=number.cast(pl.String),
        account_token=pl.col("CUSTOMER_ID").cast(pl.String),
        card_token=pl.col("CUSTOMER_ID").cast(pl.String),
        merchant_id=pl.col("TERMINAL_ID").cast(pl.String),
        **{name: pl.lit(None, pl.String) for name in ("counterparty_token", "device_token", "country")},
        booked_at=at,
        known_at=at + late,
        amount=pl.col("TX_AMOUNT").round(2).cast(pl.Decimal(18, 2)),
        direction=pl.lit("debit"),
        channel=pl.lit("card_present"),
        business_date=at.dt.date(),
    )
    said = rows.select(
        txn_id=number.cast(pl.String), known_at=at + pl.duration(days=7), is_fraud=pl.col("TX_FRAUD") == 1
    )
    lifted = said.filter("is_fraud").gather_every(9)
    lifted = lifted.with_columns(pl.col("known_at") + pl.duration(days=2), is_fraud=pl.lit(False))
    accounts = transactions.select("account_token", customer_token=pl.col("account_token").str.slice(0, 3)).unique()
    return World("UTC", *(frame.collect() for frame in (transactions, pl.concat([said, lifted]), accounts)))


def _sandbox(bank) -> World:
    """What the demo published of its bank."""
    mesh = load_mesh(bank.mesh)
    door = Door(mesh.warehouse)
    # Of the others the demo reads what its institution has.
    names = ("transactions", "fraud_labels", "accounts", "merchants", "logins")
    there = [name for name in names if f"governance.{name}" in mesh.products and door.has(f"governance.{name}")]
    frames = {name: door.open(f"governance.{name}").frame.collect() for name in there}
    return World(mesh.file.time_zone, **frames)


@pytest.fixture(scope="module", params=["sandbox", pytest.param("handbook", marks=pytest.mark.shared)])
def world(request):
    return _handbook() if request.param == "handbook" else _sandbox(request.getfixturevalue("bare"))


@pytest.fixture(params=[1, 2, 3, 4, 5])
def cut(world, request):
    """An instant in the middle of a day, each some days before the last."""
    last = world.transactions["booked_at"].max()
    return last.replace(hour=11, minute=17, second=5) - dt.timedelta(days=3 * request.param, hours=request.param)


def _without_future(world: World, cut: dt.datetime) -> World:
    """What was known at the cut."""
    past = {name: getattr(world, name).filter(pl.col("known_at") < cut) for name in ("transactions", "fraud_labels")}
    logins = None if world.logins is None else world.logins.filter(pl.col("at") < cut)
    return replace(world, **past, logins=logins)


def _another_future(world: World, cut: dt.datetime) -> World:
    """All that became known at the cut or after it is something else, and every fraud known before is taken back."""
    later = pl.col("known_at") >= cut
    changed = pl.col("txn_id").hash(1) % 3
    transactions = world.transactions.filter(~later | (changed > 0)).with_columns(
        amount=pl.when(later).then(pl.lit("777.77").cast(pl.Decimal(18, 2))).otherwise("amount"),
        merchant_id=pl.when(later).then(pl.lit("another")).otherwise("merchant_id"),
        card_token=pl.when(later & (changed == 1)).then(pl.col("card_token").shift(1)).otherwise("card_token"),
        device_token=pl.when(later).then(pl.lit("another")).otherwise("device_token"),
    )
    labels = world.fraud_labels.with_columns(is_fraud=pl.col("is_fraud") ^ later)
    back = world.fraud_labels.filter("is_fraud", ~later).with_columns(is_fraud=pl.lit(False), known_at=pl.lit(cut))
    accused = world.transactions.filter(~later, changed == 2).select(
        "txn_id", is_fraud=pl.lit(True), known_at=pl.lit(cut)
    )
    told = pl.concat([labels, back.select(labels.columns), accused], how="diagonal_relaxed")
    assert back.height and accused.height
    logins = world.logins
    if logins is not None:
        logins = logins.with_columns(success=pl.col("success") ^ (pl.col("at") >= cut))
    return replace(world, transactions=transactions, fraud_labels=told, logins=logins)


@pytest.mark.parametrize("other", [_without_future, _another_future])
def test_features_before_the_cut_do_not_know_the_future(world, cut, other):
    before = pl.col("booked_at") <= cut, pl.col("known_at") < cut
    seen, unseen = (one.features(cut).filter(*before) for one in (world, other(world, cut)))
    assert seen.height > 200
    assert unseen.equals(seen)


@pytest.mark.parametrize("other", [_without_future, _another_future])
def test_a_training_set_made_later_is_the_same_to_the_byte(world, cut, other):
    assert other(world, cut).training_set(cut) == world.training_set(cut)


def test_a_future_that_is_known_would_be_seen(world, cut):
    """The comparison can fail: a label that is known a second before the cut changes a feature."""
    told = world.transactions.filter(pl.col("known_at") < cut - dt.timedelta(days=1)).select(
        "txn_id", is_fraud=pl.lit(True), known_at=pl.lit(cut - dt.timedelta(days=1))
    )
    accused = replace(world, fraud_labels=pl.concat([world.fraud_labels, told], how="diagonal_relaxed"))
    assert not accused.features(cut).equals(world.features(cut))
