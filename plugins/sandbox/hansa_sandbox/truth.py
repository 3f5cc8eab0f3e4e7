"""What no source shows, kept beside the files: traits, true fraud, stories of labels, balances, uplift, changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from hansa_sandbox import campaigns, changes, movements
from hansa_sandbox.accounts import NONE
from hansa_sandbox.categories import PERSONAS
from hansa_sandbox.chance import Integers
from hansa_sandbox.export import moment, names
from hansa_sandbox.life import EVENTS
from hansa_sandbox.people import TRAITS
from hansa_sandbox.rhythm import DAY, DAYS, START

if TYPE_CHECKING:
    from hansa_sandbox.bank import Books


def truth(books: Books, clean: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All truth by name; ``clean`` are the files before their dirt, whose numbers name the rows."""
    number = clean["transactions"].get_column("TXN_NO")
    return {
        "customers": _customers(books),
        "accounts": _accounts(books),
        "transactions": _transactions(books, number),
        "fraud_labels": _labels(books, number),
        "merchants": _terminals(books),
        "logins": pl.DataFrame({"LOGIN_NO": clean["logins"].get_column("LOGIN_NO")}).with_columns(
            is_taker=books.logins.get_column("taker") == 1
        ),
        "campaigns": _campaigns(books),
        "changes": changes.listed(books.moves, books.known),
    }


def _customers(books: Books) -> pl.DataFrame:
    """Traits, income and personas of each customer, the day of each event of life, and the circle."""
    folk, life = books.town.people, books.town.life
    traits = {name: folk.trait(name) for name in TRAITS}
    mixture = {f"persona_{persona.name}": folk.personas[:, n] for n, persona in enumerate(PERSONAS)}
    numbers = books.persons.get_column("number")
    events = {f"{event}_on": _days(life.day(event)) for event in EVENTS}
    circles = {name: _or_none(getattr(folk.circles, name)) for name in ("ring", "flat")}
    return pl.DataFrame({"CUST_NO": numbers, "income": folk.income, **traits, **mixture, **events, **circles})


def _days(days: Integers) -> pl.Series:
    """Dates of days of the span, null for those that never come."""
    dates = [START + dt.timedelta(days=day) if day < DAYS else None for day in days.tolist()]
    return pl.Series(dates, dtype=pl.Date)


def _or_none(numbers: Integers) -> pl.Series:
    """Numbers with null where there is none."""
    return pl.Series([None if number == NONE else number for number in numbers.tolist()], dtype=pl.Int64)


def _accounts(books: Books) -> pl.DataFrame:
    """What each account held at first, and how much may be owed on it, in yuan."""
    held = {"opening": books.balances.opening / 100, "limit": books.balances.limit / 100}
    return pl.DataFrame({"ACCT_NO": books.accounts.get_column("number"), **held})


def _transactions(books: Books, number: pl.Series) -> pl.DataFrame:
    """True fraud with its pattern, what an honest movement resembles, and the balance in yuan after it."""
    moves = books.moves
    return moves.select(
        TXN_NO=number,
        is_fraud=pl.col("pattern") != NONE,
        pattern=names(moves, "pattern", movements.PATTERNS),
        look_alike=names(moves, "look_alike", movements.LOOK_ALIKES),
        episode=pl.when(pl.col("episode") != NONE).then("episode"),
        balance=pl.Series(books.balances.after / 100),
    )


def _labels(books: Books, number: pl.Series) -> pl.DataFrame:
    """The story of each label, those included that become known only after the span."""
    return books.labels.select(
        TXN_NO=number.gather(books.labels.get_column("txn")),
        known=moment("known"),
        is_fraud=pl.col("fraud") == 1,
        story="story",
        exported=pl.col("known") < DAYS * DAY,
    )


def _campaigns(books: Books) -> pl.DataFrame:
    """Of each customer in a campaign: the arm, the chance of buying anyway, and what contact adds to it."""
    moved = books.uplift
    return moved.select(
        CAMP_NO=names(moved, "campaign", tuple(one.name for one in campaigns.CAMPAIGNS)),
        CUST_NO=books.persons.get_column("number").gather(moved.get_column("customer")),
        control="control",
        base="base",
        uplift="uplift",
    )


def _terminals(books: Books) -> pl.DataFrame:
    """The compromised terminals with the first and last fraud at each."""
    kind = movements.PATTERNS.index("compromised_terminal")
    at = (
        books.moves.filter(pl.col("pattern") == kind)
        .group_by("merchant")
        .agg(first=pl.col("at").min(), last=pl.col("at").max())
    )
    at = at.sort("merchant")
    name = books.shops.get_column("number").gather(at.get_column("merchant"))
    return at.select(MER_ID=name, compromised_from=moment("first"), compromised_to=moment("last"))
