"""A small synthetic bank, a store of artefacts in memory and a Run, as the runner would hand them over."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hansa.run import Run
from hansa_risk.plugin import SETTINGS

ZONE = "Asia/Shanghai"
FIRST = dt.date(2026, 1, 1)
#: Settings that keep training on the synthetic bank within a second.
SMALL = {"trees": 25, "training_days": 40, "history_days": 40, "least_frauds": 10, "capacity": 5}

TRANSACTIONS = {
    "txn_id": pl.String,
    "account_token": pl.String,
    "card_token": pl.String,
    "counterparty_token": pl.String,
    "merchant_id": pl.String,
    "booked_at": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    "amount": pl.Decimal(18, 2),
    "direction": pl.String,
    "channel": pl.String,
    "country": pl.String,
    "device_token": pl.String,
}
LABELS = {"txn_id": pl.String, "known_at": pl.Datetime("us", "UTC"), "is_fraud": pl.Boolean}


@dataclass(frozen=True)
class Bank:
    """Transactions and labels in the columns that fraud detection reads."""

    transactions: pl.DataFrame
    labels: pl.DataFrame

    def shuffled(self, seed: int = 1) -> Bank:
        """The same bank, its rows in another order."""
        return Bank(*(f.sample(fraction=1, shuffle=True, seed=seed) for f in (self.transactions, self.labels)))

    def days(self, first: dt.date, last: dt.date) -> Bank:
        """What the partitions of these days hold."""
        within = pl.col("business_date").is_between(first, last)
        return Bank(self.transactions.filter(within), self.labels.filter(within))


@dataclass
class Memory:
    """Content-addressed bytes in memory."""

    held: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.held[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        return self.held[digest]


def with_days(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return frame.with_columns(business_date=pl.col(column).dt.convert_time_zone(ZONE).dt.date())


@pytest.fixture(scope="session")
def make_bank() -> Callable[..., Bank]:
    """Rows given as dictionaries, what is left out filled with something ordinary."""

    def make(transactions: list[dict[str, Any]], labels: list[dict[str, Any]] | None = None) -> Bank:
        ordinary = {"account_token": "a1", "card_token": "c1", "merchant_id": "m1", "amount": "10.00"}
        ordinary |= {"direction": "debit", "channel": "card_online", "country": "CN", "device_token": None}
        rows = [{**ordinary, "known_at": row["booked_at"], **row} for row in transactions]
        text = {**TRANSACTIONS, "amount": pl.String}
        booked = pl.DataFrame(rows, schema=text).with_columns(pl.col("amount").cast(pl.Decimal(18, 2)))
        said = pl.DataFrame(labels or [], schema=LABELS)
        return Bank(with_days(booked, "booked_at"), with_days(said, "known_at"))

    return make


@pytest.fixture(scope="session")
def bank() -> Bank:
    """60 days of 150 movements, 2 % fraud: large, often on a new device; labels after 1 to 5 days, some lifted."""
    random, rows_a_day, days = np.random.default_rng(7), 150, 60
    size = rows_a_day * days
    fraud = random.random(size) < 0.02
    seconds = np.repeat(np.arange(days), rows_a_day) * 86_400 + random.integers(0, 86_400, size)
    start = dt.datetime(2025, 12, 31, 16, tzinfo=dt.UTC)
    booked = [start + dt.timedelta(seconds=int(s)) for s in seconds]
    amount = np.round(random.lognormal(3, 1, size) * np.where(fraud, 6, 1) + 0.01, 2)
    card = random.integers(0, 50, size)
    strange = random.random(size) < np.where(fraud, 0.7, 0.02)
    known = [at + dt.timedelta(hours=int(h)) for at, h in zip(booked, random.integers(0, 30, size), strict=True)]
    transactions = pl.DataFrame(
        {
            "txn_id": [f"t{n:06d}" for n in random.permutation(size)],
            "account_token": [f"a{c}" for c in card],
            "card_token": [f"c{c}" if c % 5 else None for c in card],
            "counterparty_token": [f"p{c}" if c % 3 else None for c in card],
            "merchant_id": [f"m{m}" if m else None for m in random.integers(0, 20, size)],
            "booked_at": booked,
            "known_at": known,
            "amount": [f"{a:.2f}" for a in amount],
            "direction": random.choice(["debit", "credit"], size, p=[0.9, 0.1]),
            "channel": random.choice(["card_present", "card_online", "transfer"], size),
            "country": random.choice(["CN", "SG", None], size, p=[0.9, 0.05, 0.05]),
            "device_token": [f"d{n}" if s else f"own{c}" for n, (s, c) in enumerate(zip(strange, card, strict=True))],
        }
    ).with_columns(pl.col("amount").cast(pl.Decimal(18, 2)))
    delay = pl.Series([dt.timedelta(hours=int(h)) for h in random.integers(31, 120, size)])
    labels = transactions.select("txn_id", known_at=pl.col("booked_at") + delay, is_fraud=pl.Series(fraud))
    labels = labels.filter(pl.col("is_fraud") | pl.Series(random.random(size) < 0.05))
    lifted = labels.filter("is_fraud").gather_every(9)
    lifted = lifted.with_columns(pl.col("known_at") + dt.timedelta(days=2), is_fraud=pl.lit(False))
    return Bank(with_days(transactions, "booked_at"), with_days(pl.concat([labels, lifted]), "known_at"))


@pytest.fixture(scope="session")
def features(bank: Bank) -> pl.DataFrame:
    """The features of the bank's last 40 days."""
    from hansa_risk.features import fraud_features

    days = [FIRST + dt.timedelta(days=n) for n in range(20, 60)]
    return fraud_features(bank.transactions.lazy(), bank.labels.lazy(), days, ZONE, 40).collect()


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """A Run over ``first`` to ``last`` with the module's settings, small unless told otherwise."""

    def make(first: dt.date | None, last: dt.date | None = None, store: Memory | None = None, **settings: Any) -> Run:
        defaults = {name: setting.default for name, setting in SETTINGS.items()}
        filled = {**defaults, **SMALL, **settings}
        return Run("r1", ZONE, first, last or first, settings=filled, artefacts=store or Memory())

    return make


@pytest.fixture(scope="session")
def make_memory() -> type[Memory]:
    """Stores of bytes for fixtures that several tests share."""
    return Memory


@pytest.fixture
def memory() -> Memory:
    return Memory()


def _polars_type(written: dict[str, Any]) -> pl.DataType:
    types: dict[str, Any] = {"string": pl.String, "integer": pl.Int64, "date": pl.Date, "boolean": pl.Boolean}
    types |= {"timestamp": pl.Datetime("us", "UTC")}
    if written["logicalType"] == "number":
        return pl.Decimal(18, 2) if written["physicalType"] == "DECIMAL(18,2)" else pl.Float64()
    return types[written["logicalType"]]


@pytest.fixture(scope="session")
def promised() -> Callable[[str], dict[str, Any]]:
    """Names of a risk product's columns and their Polars types, as its contract promises them."""

    def read(product: str) -> dict[str, Any]:
        path = Path(str(files("hansa_contracts"))) / "risk" / f"{product}.odcs.yaml"
        properties = yaml.safe_load(path.read_text(encoding="utf-8"))["schema"][0]["properties"]
        return {written["name"]: _polars_type(written) for written in properties}

    return read
