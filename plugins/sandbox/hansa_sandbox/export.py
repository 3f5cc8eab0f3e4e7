"""The files as a core banking system exports them: its own column names and codes, all text. And the truth beside."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hansa_sandbox import labels, movements
from hansa_sandbox.accounts import KINDS, NONE, STATES
from hansa_sandbox.categories import PERSONAS
from hansa_sandbox.identifiers import STEP
from hansa_sandbox.people import TRAITS
from hansa_sandbox.rhythm import DAY, DAYS, START

if TYPE_CHECKING:
    from hansa_sandbox.bank import Books

TIME = "%Y-%m-%d %H:%M:%S"
DATE = "%Y%m%d"

ACCOUNT_CODES = dict(zip(KINDS, ("01", "02", "03"), strict=True))
STATE_CODES = dict(zip(STATES, ("N", "C", "F"), strict=True))
CHANNEL_CODES = dict(zip(movements.CHANNELS, ("POS", "NET", "TRF", "CSH", "DDR"), strict=True))
SCENARIO_CODES = dict(zip(movements.PATTERNS, ("F01", "F02", "F03"), strict=True))
SOURCE_CODES = dict(zip(labels.SOURCES, ("CB", "CF", "RV"), strict=True))


def sources(books: Books) -> dict[str, pl.DataFrame]:
    """The five files before any dirt, by name without ending."""
    moves = _transactions(books)
    return {
        "customers": _customers(books.persons),
        "accounts": _accounts(books),
        "merchants": _merchants(books.shops),
        "transactions": moves,
        "fraud_labels": _labels(books, moves.get_column("TXN_NO")),
    }


def _customers(persons: pl.DataFrame) -> pl.DataFrame:
    """customers.csv."""
    return persons.select(
        CUST_NO="number",
        CUST_NAME="name",
        ID_NO="identity",
        MOBILE_NO="mobile",
        EMAIL_ADDR="email",
        BIRTH_YR=pl.col("birth_year").cast(pl.String),
        SEX_CD=pl.when("male").then(pl.lit("1")).otherwise(pl.lit("2")),
        RES_CITY="city",
        BRANCH_NO="branch",
        OPEN_DT=pl.col("opened").dt.to_string(DATE),
        RISK_LVL=pl.format("R{}", "appetite"),
        MKT_AUTH=_yes_no("marketing"),
        PROF_AUTH=_yes_no("profiling"),
        DEAD_FLG=_yes_no("deceased"),
    )


def _accounts(books: Books) -> pl.DataFrame:
    """accounts.csv."""
    holder = books.persons.get_column("number").gather(books.accounts.get_column("customer"))
    return books.accounts.select(
        ACCT_NO="number",
        CUST_NO=holder,
        ACCT_TYP=pl.col("kind").replace_strict(ACCOUNT_CODES),
        CCY="currency",
        OPEN_DT=pl.col("opened").dt.to_string(DATE),
        CLOSE_DT=pl.col("closed").dt.to_string(DATE),
        ACCT_STS=pl.col("state").replace_strict(STATE_CODES),
    )


def _merchants(shops: pl.DataFrame) -> pl.DataFrame:
    """merchants.csv."""
    return shops.select(
        MER_ID="number",
        MER_NAME="name",
        MCC="mcc",
        CITY_NAME="city",
        CTRY_CD="country",
        LAT=pl.col("latitude").cast(pl.String),
        LON=pl.col("longitude").cast(pl.String),
        NET_IN_DT=pl.col("opened").dt.to_string(DATE),
    )


def _transactions(books: Books) -> pl.DataFrame:
    """transactions.csv, in order of time."""
    moves = books.moves
    numbers = books.accounts.get_column("number")
    shop = _or_null(moves, "merchant")
    fen = pl.col("cents")
    return moves.with_row_index("n").select(
        TXN_NO=pl.format("{}{}", _time("at", "%Y%m%d"), (pl.col("n") + 1).cast(pl.String).str.zfill(9)),
        ACCT_NO=numbers.gather(moves.get_column("account")),
        CARD_NO=books.cards.gather(_or_null(moves, "card")),
        OPP_ACCT_NO=_counterparties(moves, numbers),
        MER_ID=books.shops.get_column("number").gather(shop),
        TXN_TIME=_time("at", TIME),
        TXN_AMT=pl.format("{}.{}", fen // 100, (fen % 100).cast(pl.String).str.zfill(2)),
        DC_FLG=pl.when(pl.col("credit") == 1).then(pl.lit("C")).otherwise(pl.lit("D")),
        CHNL_CD=_names(moves, "channel", tuple(CHANNEL_CODES.values())),
        MCC=books.shops.get_column("mcc").gather(shop),
        CTRY_CD=books.shops.get_column("country").gather(shop),
        DEVICE_NO=books.devices.gather(_or_null(moves, "device")),
        IP_SEG=_network_names(moves),
    )


def _labels(books: Books, numbers: pl.Series) -> pl.DataFrame:
    """fraud_labels.csv: what is known by the end of the span, in the order in which it became known."""
    known = books.labels.filter(pl.col("known") < DAYS * DAY)
    return known.select(
        TXN_NO=numbers.gather(known.get_column("txn")),
        NOTICE_TIME=_time("known", TIME),
        FRAUD_FLG=_yes_no(pl.col("fraud") == 1),
        CASE_TYP=_names(known, "scenario", tuple(SCENARIO_CODES.values())),
        SRC_CD=_names(known, "source", tuple(SOURCE_CODES.values())),
    )


def truth(books: Books, number: pl.Series) -> dict[str, pl.DataFrame]:
    """What no source shows: traits, income, true fraud with its pattern, the story of each label.

    ``number`` are the clean numbers of the transactions.
    """
    folk, moves = books.town.people, books.moves
    traits = {name: folk.trait(name) for name in TRAITS}
    mixture = {f"persona_{persona.name}": folk.personas[:, n] for n, persona in enumerate(PERSONAS)}
    customers = pl.DataFrame(
        {"CUST_NO": books.persons.get_column("number"), "income": folk.income, **traits, **mixture}
    )
    transactions = moves.select(
        TXN_NO=number,
        is_fraud=pl.col("pattern") != NONE,
        pattern=_names(moves, "pattern", movements.PATTERNS),
        look_alike=_names(moves, "look_alike", movements.LOOK_ALIKES),
        episode=pl.when(pl.col("episode") != NONE).then("episode"),
    )
    told = books.labels.select(
        TXN_NO=number.gather(books.labels.get_column("txn")),
        known=_moment("known"),
        is_fraud=pl.col("fraud") == 1,
        story="story",
        exported=pl.col("known") < DAYS * DAY,
    )
    return {"customers": customers, "transactions": transactions, "fraud_labels": told, "merchants": _terminals(books)}


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
    return at.select(MER_ID=name, compromised_from=_moment("first"), compromised_to=_moment("last"))


def _moment(name: str) -> pl.Expr:
    """Seconds after the first midnight as local time."""
    return pl.lit(dt.datetime.combine(START, dt.time())) + pl.duration(seconds=pl.col(name))


def _time(name: str, form: str) -> pl.Expr:
    """Seconds after the first midnight as local text."""
    return _moment(name).dt.to_string(form)


def _yes_no(what: str | pl.Expr) -> pl.Expr:
    """A flag as Y or N."""
    return pl.when(what).then(pl.lit("Y")).otherwise(pl.lit("N"))


def _or_null(frame: pl.DataFrame, name: str) -> pl.Series:
    """Positions with null where there is none."""
    return frame.select(pl.when(pl.col(name) >= 0).then(pl.col(name)).cast(pl.UInt32)).to_series()


def _names(frame: pl.DataFrame, name: str, texts: tuple[str, ...]) -> pl.Series:
    """The texts at the positions of a column, null where there is none."""
    return pl.Series(texts).gather(_or_null(frame, name))


def _counterparties(moves: pl.DataFrame, numbers: pl.Series) -> pl.Series:
    """Account numbers of the other side: other banks' by number, this bank's own where it is negative beyond -1."""
    other = pl.col("counterparty")
    coded = moves.select(
        own=pl.when(other < NONE).then(-2 - other).cast(pl.UInt32),
        foreign=pl.when(other >= 0).then(pl.format("95{}", ((other * STEP) % 10**10).cast(pl.String).str.zfill(11))),
    )
    return coded.select(pl.coalesce(numbers.gather(coded.get_column("own")), "foreign")).to_series()


def _network_names(moves: pl.DataFrame) -> pl.Series:
    """Network prefixes as three octets under 10.0.0.0/8."""
    network = np.unique(moves.get_column("network").to_numpy())
    text = pl.DataFrame(
        {"network": network, "text": [None if n == NONE else f"10.{n // 256}.{n % 256}" for n in network]},
        schema_overrides={"text": pl.String},
    )
    place = np.searchsorted(network, moves.get_column("network").to_numpy())
    return text.get_column("text").gather(place)
