"""The files as a core banking system exports them: its own column names and codes, all text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hansa_sandbox import campaigns, labels, logins, movements
from hansa_sandbox.accounts import CARD_STATES, KINDS, NONE, STATES
from hansa_sandbox.changes import WEB_FROM
from hansa_sandbox.identifiers import STEP
from hansa_sandbox.places import PLACES
from hansa_sandbox.rhythm import DAY, DAYS, START, day_of

if TYPE_CHECKING:
    from hansa_sandbox.bank import Books

TIME = "%Y-%m-%d %H:%M:%S"
DATE = "%Y%m%d"

ACCOUNT_CODES = dict(zip(KINDS, ("01", "02", "03"), strict=True))
STATE_CODES = dict(zip(STATES, ("N", "C", "F"), strict=True))
CHANNEL_CODES = dict(zip(movements.CHANNELS, ("POS", "NET", "TRF", "CSH", "DDR"), strict=True))
SCENARIO_CODES = dict(zip(movements.PATTERNS, ("F01", "F02", "F03", "F04", "F05", "F06"), strict=True))
CARD_STATE_CODES = dict(zip(CARD_STATES, ("A", "B", "C"), strict=True))
METHOD_CODES = dict(zip(logins.METHODS, ("PWD", "BIO", "SMS"), strict=True))
EVENT_CODES = dict(zip(campaigns.KINDS, ("SENT", "SHOW", "CLICK", "CONV", "UNSUB", "ASSIGN"), strict=True))
ARM_CODES = dict(zip(campaigns.ARMS, ("T", "C"), strict=True))
SOURCE_CODES = dict(zip(labels.SOURCES, ("CB", "CF", "RV"), strict=True))


def sources(books: Books, entry_modes: pl.Series) -> dict[str, pl.DataFrame]:
    """The files before any dirt, by name without ending."""
    moves = _transactions(books, entry_modes)
    return {
        "customers": _customers(books.persons),
        "accounts": _accounts(books),
        "cards": _cards(books),
        "merchants": _merchants(books.shops),
        "transactions": moves,
        "logins": _logins(books),
        "fraud_labels": _labels(books, moves.get_column("TXN_NO")),
        "campaign_events": _campaign_events(books),
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
        RES_ADDR="address",
        EMP_NO="employer",
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


def _cards(books: Books) -> pl.DataFrame:
    """cards.csv."""
    return books.cards.select(
        CARD_NO="number",
        ACCT_NO=books.accounts.get_column("number").gather(books.cards.get_column("account")),
        CARD_BIN="bin",
        CARD_TYP=pl.when("credit").then(pl.lit("C")).otherwise(pl.lit("D")),
        ISSUE_DT=pl.col("issued").dt.to_string(DATE),
        EXPIRE_DT=pl.col("expires").dt.to_string(DATE),
        CARD_STS=pl.col("state").replace_strict(CARD_STATE_CODES),
    )


def _logins(books: Books) -> pl.DataFrame:
    """logins.csv, in order of time."""
    tried = books.logins
    countries = tuple(place.country for place in PLACES)
    return tried.with_row_index("n").select(
        LOGIN_NO=pl.format("L{}{}", _time("at", "%Y%m%d"), (pl.col("n") + 1).cast(pl.String).str.zfill(8)),
        CUST_NO=books.persons.get_column("number").gather(tried.get_column("customer")),
        LOGIN_TIME=_time("at", TIME),
        DEVICE_NO=books.devices.gather(_or_null(tried, "device")),
        CTRY_CD=names(tried, "place", countries),
        RSLT_CD=pl.when(pl.col("success") == 1).then(pl.lit("0")).otherwise(pl.lit("1")),
        AUTH_TYP=names(tried, "method", tuple(METHOD_CODES.values())),
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


def _transactions(books: Books, entry_modes: pl.Series) -> pl.DataFrame:
    """transactions.csv, in order of time."""
    moves = books.moves
    numbers = books.accounts.get_column("number")
    shop = _or_null(moves, "merchant")
    frame = moves.with_row_index("n").with_columns(known=pl.Series(books.known))
    return frame.select(
        TXN_NO=pl.format("{}{}", _time("at", "%Y%m%d"), (pl.col("n") + 1).cast(pl.String).str.zfill(9)),
        ACCT_NO=numbers.gather(moves.get_column("account")),
        CARD_NO=books.cards.get_column("number").gather(_or_null(moves, "card")),
        OPP_ACCT_NO=_counterparties(moves, numbers),
        MER_ID=books.shops.get_column("number").gather(shop),
        TXN_TIME=_time("at", TIME),
        TXN_AMT=_yuan("cents"),
        DC_FLG=pl.when(pl.col("credit") == 1).then(pl.lit("C")).otherwise(pl.lit("D")),
        CHNL_CD=_channels(moves),
        MCC=books.shops.get_column("mcc").gather(shop),
        CTRY_CD=books.shops.get_column("country").gather(shop),
        DEVICE_NO=books.devices.gather(_or_null(moves, "device")),
        IP_SEG=_network_names(moves),
        RECV_TIME=_time("known", TIME),
        ENTRY_MD=entry_modes,
    )


def _channels(moves: pl.DataFrame) -> pl.Series:
    """Codes of channels: from one day on the export has another word for payments on the net."""
    before = names(moves, "channel", tuple(CHANNEL_CODES.values()))
    later = moves.get_column("at") >= day_of(WEB_FROM) * DAY
    return pl.select(pl.when((before == "NET") & later).then(pl.lit("WEB")).otherwise(before)).to_series()


def _campaign_events(books: Books) -> pl.DataFrame:
    """campaign_events.csv, in order of time."""
    done = books.campaigns
    return done.with_row_index("n").select(
        EVENT_NO=pl.format("E{}{}", _time("at", "%Y%m%d"), (pl.col("n") + 1).cast(pl.String).str.zfill(7)),
        CAMP_NO=names(done, "campaign", tuple(one.name for one in campaigns.CAMPAIGNS)),
        CUST_NO=books.persons.get_column("number").gather(done.get_column("customer")),
        EVENT_TIME=_time("at", TIME),
        EVENT_TYP=names(done, "kind", tuple(EVENT_CODES.values())),
        COST_AMT=_yuan("cost"),
        REV_AMT=_yuan("revenue"),
        GRP_CD=names(done, "arm", tuple(ARM_CODES.values())),
    )


def _yuan(name: str) -> pl.Expr:
    """Fen as text in yuan with two decimals."""
    fen = pl.col(name)
    return pl.format("{}.{}", fen // 100, (fen % 100).cast(pl.String).str.zfill(2))


def _labels(books: Books, numbers: pl.Series) -> pl.DataFrame:
    """fraud_labels.csv: what is known by the end of the span, in the order in which it became known."""
    known = books.labels.filter(pl.col("known") < DAYS * DAY)
    return known.select(
        TXN_NO=numbers.gather(known.get_column("txn")),
        NOTICE_TIME=_time("known", TIME),
        FRAUD_FLG=_yes_no(pl.col("fraud") == 1),
        CASE_TYP=names(known, "scenario", tuple(SCENARIO_CODES.values())),
        SRC_CD=names(known, "source", tuple(SOURCE_CODES.values())),
    )


def moment(name: str) -> pl.Expr:
    """Seconds after the first midnight as local time."""
    return pl.lit(dt.datetime.combine(START, dt.time())) + pl.duration(seconds=pl.col(name))


def _time(name: str, form: str) -> pl.Expr:
    """Seconds after the first midnight as local text."""
    return moment(name).dt.to_string(form)


def _yes_no(what: str | pl.Expr) -> pl.Expr:
    """A flag as Y or N."""
    return pl.when(what).then(pl.lit("Y")).otherwise(pl.lit("N"))


def _or_null(frame: pl.DataFrame, name: str) -> pl.Series:
    """Positions with null where there is none."""
    return frame.select(pl.when(pl.col(name) >= 0).then(pl.col(name)).cast(pl.UInt32)).to_series()


def names(frame: pl.DataFrame, name: str, texts: tuple[str, ...]) -> pl.Series:
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
