"""The features of a column of transactions and of one after the other are the same, compared with ``==``."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa_risk.feature_list import COLUMNS
from hansa_risk.features import fraud_features
from hansa_risk.fold import Fold
from hansa_risk.places import places
from hypothesis import given, settings
from hypothesis import strategies as st

ZONE = "Europe/Berlin"
#: Six days around the short night of Berlin's spring, at the end of 40 days of history.
FIRST, LAST = dt.date(2026, 2, 15), dt.date(2026, 3, 31)
DAYS = [LAST - dt.timedelta(days=n) for n in range(5, -1, -1)]
MIDNIGHT = dt.datetime(2026, 3, 31, 21, tzinfo=dt.UTC)
HISTORY = 36

TRANSACTIONS = {
    "txn_id": pl.String,
    "account_token": pl.String,
    "card_token": pl.String,
    "counterparty_token": pl.String,
    "merchant_id": pl.String,
    "device_token": pl.String,
    "country": pl.String,
    "booked_at": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    "amount": pl.Decimal(18, 2),
    "direction": pl.String,
    "channel": pl.String,
    "business_date": pl.Date,
}
LABELS = {"txn_id": pl.String, "known_at": pl.Datetime("us", "UTC"), "is_fraud": pl.Boolean}
LOGINS = {
    "customer_token": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "device_token": pl.String,
    "success": pl.Boolean,
}
ACCOUNTS = {"a1": "p1", "a2": "p1", "ä3": "p2"}
MERCHANTS = {
    "m1": (52.52, 13.405),
    "m2": (52.52, 13.405),
    "商户": (31.2304, 121.4737),
    "pole": (-90.0, 17.0),
    "antipode": (-52.52, -166.595),
    "nowhere": (None, 13.0),
}

#: Few instants, so that many fall together: whole hours of the last days, and some in the weeks before.
instant = st.one_of(
    st.integers(0, 6 * 24).map(lambda hours: MIDNIGHT - dt.timedelta(hours=hours)),
    st.integers(6, 36).map(lambda days: MIDNIGHT - dt.timedelta(days=days)),
    st.integers(1, 500).map(lambda tick: MIDNIGHT - dt.timedelta(days=1, microseconds=tick)),
)
delay = st.sampled_from([0, 0, 0, 0, 1, 5, 24, 100, 24 * 5, 24 * 9, -3]).map(lambda hours: dt.timedelta(hours=hours))


def one_of(*words):
    return st.sampled_from(words)


cents = st.one_of(one_of(1, 999, 1_000, 33_333), st.integers(0, 10**12), one_of(10**17))


@st.composite
def transaction(draw) -> dict:
    booked = draw(instant)
    return {
        "account_token": draw(one_of("a1", "a2", "ä3", "unknown")),
        "card_token": draw(one_of("c1", "c2", None)),
        "counterparty_token": draw(one_of("x1", "x2", None)),
        "merchant_id": draw(one_of(*MERCHANTS, None, "m9")),
        "device_token": draw(one_of("d1", "d2", "", None)),
        "country": draw(one_of("CN", "DE", None)),
        "booked_at": booked,
        "known_at": booked + draw(delay),
        "amount": Decimal(draw(cents)).scaleb(-2),
        "direction": draw(one_of("debit", "credit")),
        "channel": draw(one_of("card_present", "cash", "transfer")),
        "business_date": booked.astimezone(dt.timezone(dt.timedelta(hours=2))).date(),
    }


@st.composite
def world(draw) -> tuple[list[dict], list[dict], list[dict]]:
    """Transactions, labels of some of them (taken back, said again, before the transaction is known), and logins."""
    rows = [{"txn_id": f"t{n}", **row} for n, row in enumerate(draw(st.lists(transaction(), min_size=1, max_size=25)))]
    labels = {}
    for row in rows:
        for is_fraud in draw(st.lists(st.booleans(), max_size=3)):
            said = row["known_at"] + draw(delay)
            labels[row["txn_id"], said, is_fraud] = {"txn_id": row["txn_id"], "known_at": said, "is_fraud": is_fraud}
    login = st.fixed_dictionaries(
        {
            "customer_token": one_of("p1", "p2", "p9"),
            "at": instant,
            "device_token": one_of("d1", "d2", "", None),
            "success": st.booleans(),
        }
    )
    return rows, list(labels.values()), draw(st.lists(login, max_size=10))


def frame(rows: list[dict], schema: dict) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=schema, orient="row")


def merchants() -> pl.LazyFrame:
    rows = [(name, *place) for name, place in MERCHANTS.items()]
    return pl.LazyFrame(rows, schema=["merchant_id", "latitude", "longitude"], orient="row")


def accounts() -> pl.LazyFrame:
    return pl.LazyFrame(list(ACCOUNTS.items()), schema=["account_token", "customer_token"], orient="row")


def fold_of(with_logins: bool = True, **more) -> Fold:
    table = places(merchants()).rows(named=True)
    where = {row["merchant_id"]: (row["place"], (row["x"], row["y"], row["z"])) for row in table}
    return Fold(ZONE, HISTORY, **{"holders": ACCOUNTS, "places": where, "with_logins": with_logins, **more})


def by_columns(rows: list[dict], labels: list[dict], logins: list[dict] | None, **sides) -> list[dict]:
    told = None if logins is None else frame(logins, LOGINS)
    sides = sides or {"accounts": accounts(), "merchants": merchants()}
    made = fraud_features(frame(rows, TRANSACTIONS), frame(labels, LABELS), DAYS, ZONE, HISTORY, logins=told, **sides)
    return made.collect().rows(named=True)


def in_shares_of(rows: int, patch: pytest.MonkeyPatch) -> None:
    """A bank of more than so many rows is too large to be read at once."""
    patch.setattr("hansa_risk.features.AT_ONCE", rows)
    patch.setattr("hansa_risk.by_parts.SHARE", rows)
    patch.setattr("hansa_risk.by_parts.RUN", rows)
    patch.setattr("hansa_risk.by_parts.BATCH", rows)


def by_shares(*told, **sides) -> list[dict]:
    """``by_columns`` of a bank that is too large to be read at once."""
    with pytest.MonkeyPatch.context() as patch:
        in_shares_of(2, patch)
        return sorted(by_columns(*told, **sides), key=lambda row: (row["business_date"], row["txn_id"]))


def one_by_one(fold: Fold, rows: list[dict], labels: list[dict], logins: list[dict]) -> list[dict]:
    """Questions and news in the order of time: what is known at an instant is told after the questions of it."""
    news = [(max(row["known_at"], row["booked_at"]), 1, n, fold.transaction, (row,)) for n, row in enumerate(rows)]
    news += [(label["known_at"], 1, n, fold.label, tuple(label.values())) for n, label in enumerate(labels)]
    news += [(login["at"], 1, n, fold.login, (login,)) for n, login in enumerate(logins)]
    asked = [
        (row["booked_at"], 0, n, fold.features, (row,)) for n, row in enumerate(rows) if row["business_date"] in DAYS
    ]
    answers = [act(*given) for _, _, _, act, given in sorted([*news, *asked], key=lambda item: item[:3])]
    return sorted((one for one in answers if one), key=lambda row: (row["business_date"], row["txn_id"]))


@settings(max_examples=150, deadline=None)
@given(world=world())
def test_columns_and_the_fold_give_the_same_features(world):
    rows, labels, logins = world
    assert by_columns(rows, labels, logins) == one_by_one(fold_of(), rows, labels, logins)


@settings(max_examples=40, deadline=None)
@given(world=world())
def test_so_they_do_for_an_institution_without_accounts_merchants_and_logins(world):
    rows, labels, _ = world
    bare = fold_of(with_logins=False, holders={}, places={})
    assert by_columns(rows, labels, None, accounts=None, merchants=None) == one_by_one(bare, rows, labels, [])


@settings(max_examples=40, deadline=None)
@given(world=world())
def test_a_bank_that_is_read_in_shares_has_the_same_features(world):
    rows, labels, logins = world
    assert by_shares(rows, labels, logins) == by_columns(rows, labels, logins)
    assert by_shares(rows, labels, None, merchants=None) == by_columns(rows, labels, None, merchants=None)


@settings(max_examples=40, deadline=None)
@given(world=world(), data=st.data())
def test_the_order_in_which_news_arrive_changes_nothing(world, data):
    rows, labels, logins = world
    fold = fold_of()
    news = [(fold.transaction, (row,)) for row in rows] + [(fold.login, (login,)) for login in logins]
    news += [(fold.label, tuple(label.values())) for label in labels]
    for act, told in data.draw(st.permutations(news)):
        act(*told)
    asked = sorted(
        (row for row in rows if row["business_date"] in DAYS), key=lambda r: (r["business_date"], r["txn_id"])
    )
    assert [fold.features(row) for row in asked] == by_columns(rows, labels, logins)


def test_a_bank_of_two_months_is_the_same_in_both_readings(bank, monkeypatch):
    in_shares_of(1_000, monkeypatch)
    days = [dt.date(2026, 2, 20) + dt.timedelta(days=n) for n in range(3)]
    holders = {f"a{n}": f"p{n // 2}" for n in range(50)}
    side = pl.LazyFrame(list(holders.items()), schema=["account_token", "customer_token"], orient="row")
    zone = "Asia/Shanghai"
    made = fraud_features(bank.transactions.lazy(), bank.labels.lazy(), days, zone, 40, accounts=side).collect()
    fold = Fold(zone, 40, holders=holders)
    for row in bank.transactions.rows(named=True):
        fold.transaction(row)
    for label in bank.labels.select("txn_id", "known_at", "is_fraud").rows():
        fold.label(*label)
    asked = bank.transactions.filter(pl.col("business_date").is_in(days)).sort("business_date", "txn_id")
    assert [fold.features(row) for row in asked.rows(named=True)] == made.rows(named=True)


@pytest.mark.parametrize("moment", ["2026-03-29T00:30", "2026-03-29T01:30", "2026-10-25T00:30", "2026-10-25T01:30"])
def test_both_read_the_same_hour_from_a_clock_that_is_changed(moment):
    booked = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    row = dict.fromkeys(TRANSACTIONS) | {"txn_id": "t", "account_token": "a1", "channel": "transfer"}
    row |= {"booked_at": booked, "known_at": booked, "amount": Decimal(1), "direction": "debit"}
    row["business_date"] = booked.date()
    made = fraud_features(frame([row], TRANSACTIONS), frame([], LABELS), [booked.date()], ZONE, HISTORY)
    answer = Fold(ZONE, HISTORY).features(row)
    assert made.collect().row(0, named=True) == answer
    assert tuple(answer) == COLUMNS
