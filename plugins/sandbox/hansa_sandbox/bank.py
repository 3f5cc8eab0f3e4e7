"""The synthetic bank as a whole: one seed and one size give the source files and, beside them, the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import (
    accounts,
    export,
    fraud,
    household,
    labels,
    look_alikes,
    merchants,
    movements,
    people,
    purchases,
)
from hansa_sandbox.dirt import soil
from hansa_sandbox.movements import column
from hansa_sandbox.rhythm import DAY

#: Goes up whenever the same seed and size would give other bytes.
GENERATOR = 1


@dataclass(frozen=True)
class Bank:
    """``sources`` by file name without ending, all columns text. ``truth`` likewise, typed."""

    sources: Mapping[str, pl.DataFrame]
    truth: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Books:
    """The clean registers and movements from which the files are written, in order of time."""

    town: purchases.Town
    persons: pl.DataFrame
    accounts: pl.DataFrame
    cards: pl.Series
    shops: pl.DataFrame
    devices: pl.Series
    moves: pl.DataFrame
    labels: pl.DataFrame


def build(customers: int, seed: int) -> Bank:
    """Make a bank of so many customers: the same two numbers give the same bytes."""
    books = keep_books(customers, seed)
    clean = export.sources(books)
    soiled = {name: soil(name, frame, seed) for name, frame in clean.items()}
    dirt = pl.concat([marks for _, marks in soiled.values()])
    return Bank(
        sources={name: frame for name, (frame, _) in soiled.items()},
        truth={**export.truth(books, clean["transactions"].get_column("TXN_NO")), "dirt": dirt},
    )


def keep_books(customers: int, seed: int) -> Books:
    """The bank before its data are exported and soiled."""
    town = found_town(customers, seed)
    moves = _all_movements(town, seed)
    register, cards = accounts.register(town.people, town.holdings, seed)
    paid = moves.with_row_index("txn").filter(pl.col("card") >= 0)
    told = labels.label_events(paid, seed)
    return Books(
        town=town,
        persons=people.registry(town.people, seed),
        accounts=register,
        cards=cards,
        shops=merchants.register(town.merchants, seed),
        devices=accounts.device_names(int(moves.get_column("device").max() or 0) + 1, seed),
        moves=moves,
        labels=told.with_columns(txn=paid.get_column("txn").gather(told.get_column("row"))),
    )


def found_town(customers: int, seed: int) -> purchases.Town:
    """Customers, what they hold, merchants, and who is a regular where."""
    folk = people.settle(customers, seed)
    shops = merchants.settle_merchants(customers, seed)
    return purchases.Town(
        people=folk,
        holdings=accounts.open_accounts(folk, seed),
        devices=accounts.hand_out_devices(folk, seed),
        merchants=shops,
        favourites=merchants.favourites(folk, shops, seed),
        home_network=accounts.home_networks(folk, seed),
    )


def _all_movements(town: purchases.Town, seed: int) -> pl.DataFrame:
    """Every movement of the span in order of time, honest ones only while the customer is one."""
    where = purchases.send_on_journeys(town.people, seed)
    bought = [
        purchases.daily_purchases(town, where, seed),
        purchases.journey_purchases(town, where, seed),
        look_alikes.look_alikes(town, where, seed),
    ]
    card = _of_customers(town, pl.concat(bought))
    plain = _of_customers(town, household.household_movements(town, seed))
    bills = _of_customers(town, household.card_bills(town, card, seed))
    bad = movements.within_span(fraud.frauds(town, card, seed))
    return pl.concat([plain, card, bills, bad]).sort("at", maintain_order=True)


def _of_customers(town: purchases.Town, frame: pl.DataFrame) -> pl.DataFrame:
    """Only what happens within the span while the customer is a customer."""
    inside = movements.within_span(frame)
    there = town.people.there(column(inside, "customer"), column(inside, "at") // DAY)
    return inside.filter(pl.Series(np.asarray(there)))
