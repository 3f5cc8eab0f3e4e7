"""The synthetic bank as a whole: one seed and one size give the source files and, beside them, the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import (
    accounts,
    balances,
    campaigns,
    changes,
    export,
    fraud,
    household,
    labels,
    life,
    logins,
    look_alikes,
    merchants,
    money_look_alikes,
    movements,
    people,
    purchases,
    reissue,
    truth,
)
from hansa_sandbox.chance import Integers
from hansa_sandbox.dirt import soil
from hansa_sandbox.movements import column
from hansa_sandbox.rhythm import DAY

#: Goes up whenever the same seed and size would give other bytes.
GENERATOR = 2


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
    cards: pl.DataFrame
    shops: pl.DataFrame
    devices: pl.Series
    moves: pl.DataFrame
    labels: pl.DataFrame
    logins: pl.DataFrame
    balances: balances.Balances
    known: Integers
    campaigns: pl.DataFrame
    uplift: pl.DataFrame


def build(customers: int, seed: int) -> Bank:
    """Make a bank of so many customers: the same two numbers give the same bytes."""
    books = keep_books(customers, seed)
    clean = export.sources(books, changes.entry_modes(books.moves, seed))
    soiled = {name: soil(name, frame, seed) for name, frame in clean.items()}
    dirt = pl.concat([marks for _, marks in soiled.values()])
    return Bank(
        sources={name: frame for name, (frame, _) in soiled.items()},
        truth={**truth.truth(books, clean), "dirt": dirt},
    )


def keep_books(customers: int, seed: int) -> Books:
    """The bank before its data are exported and soiled."""
    town = found_town(customers, seed)
    where = purchases.send_on_journeys(town.people, town.life, seed)
    moves = _all_movements(town, where, seed)
    tried = logins.logins(town, where, moves, seed)
    register = accounts.register(town.holdings, seed)
    judged = moves.with_row_index("txn").filter((pl.col("card") >= 0) | (pl.col("channel") == movements.TRANSFER))
    told = labels.label_events(judged, seed)
    told = told.with_columns(txn=judged.get_column("txn").gather(told.get_column("row")))
    moves, again = reissue.reissue(moves, told, len(town.holdings.card_account))
    holdings = reissue.with_reissued(town.holdings, again)
    persons = people.registry(town.people, seed)
    consents = persons.get_column("marketing").to_numpy()
    events, moved = campaigns.campaign_events(town.people, consents, seed)
    return Books(
        town=town,
        persons=persons,
        accounts=register,
        cards=accounts.register_cards(holdings, register.get_column("opened"), again.card, again.day, seed),
        shops=merchants.register(town.merchants, seed),
        devices=accounts.device_names(int(moves.get_column("device").max() or 0) + 1, seed),
        moves=moves,
        labels=told,
        logins=tried,
        balances=balances.balance(town, moves, seed),
        known=changes.received(moves, seed),
        campaigns=events,
        uplift=moved,
    )


def found_town(customers: int, seed: int) -> purchases.Town:
    """Customers, what they hold, merchants, and who is a regular where."""
    folk = people.settle(customers, seed)
    shops = merchants.settle_merchants(customers, seed)
    network = accounts.home_networks(folk, seed)
    return purchases.Town(
        people=folk,
        holdings=accounts.open_accounts(folk, seed),
        devices=accounts.hand_out_devices(folk, seed),
        merchants=shops,
        favourites=merchants.favourites(folk, shops, seed),
        home_network=network,
        life=life.live(folk, network, seed),
    )


def _all_movements(town: purchases.Town, where: Integers, seed: int) -> pl.DataFrame:
    """Every movement of the span in order of time, honest ones only while the customer is one."""
    bought = [
        purchases.daily_purchases(town, where, seed),
        purchases.journey_purchases(town, where, seed),
        look_alikes.look_alikes(town, where, seed),
    ]
    card = _of_customers(town, pl.concat(bought))
    plain = _of_customers(town, household.household_movements(town, seed))
    money = _of_customers(town, money_look_alikes.money_look_alikes(town, where, seed))
    bills = _of_customers(town, household.card_bills(town, card, seed))
    bad = [_on_open_accounts(town, part) for part in fraud.frauds(town, card, seed)]
    money, *bad = movements.number_devices([money, *bad], town.devices.count)
    plain = household.ordered_by_app(town, where, pl.concat([plain, bills]), seed)
    return pl.concat([plain, card, money, *bad]).sort("at", maintain_order=True)


def _of_customers(town: purchases.Town, frame: pl.DataFrame) -> pl.DataFrame:
    """Only what happens within the span while the customer is a customer and the account is open."""
    inside = _on_open_accounts(town, frame)
    there = town.people.there(column(inside, "customer"), column(inside, "at") // DAY)
    return inside.filter(pl.Series(np.asarray(there)))


def _on_open_accounts(town: purchases.Town, frame: pl.DataFrame) -> pl.DataFrame:
    """Only what happens within the span on an account that is open."""
    inside = movements.within_span(frame)
    open_then = town.holdings.open_on(column(inside, "account"), column(inside, "at") // DAY)
    return inside.filter(pl.Series(np.asarray(open_then)))
