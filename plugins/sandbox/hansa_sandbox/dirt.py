"""Dirt of many kinds in a small share of rows, each one written down with what it was before.

The shares stay well below what the contracts let into quarantine, on every single day of a daily file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox.chance import Integers, stream

#: What becomes of a dirty row: it is read all the same, it goes to quarantine, its other copy is read, nobody notices.
READ, QUARANTINED, REPEATED, UNNOTICED = "read", "quarantined", "repeated", "unnoticed"

#: Of a day's rows, the share that may be made to go to quarantine.
DAILY_SHARE = 0.03

#: Of a mean day's rows, the share that may lose their date: such rows can turn up in every day's run.
UNDATED_SHARE = 0.01

#: A row's cells before and after, by column.
Change = Callable[[Mapping[str, str | None]], Mapping[str, str | None]]


@dataclass(frozen=True)
class Kind:
    """One kind of dirt of one file: the share of rows, what is done to a row, and what becomes of it.

    ``needs`` names a column that must be filled; ``copies`` adds the changed row behind the clean one instead of
    replacing it; ``undated`` takes the row's day away.
    """

    name: str
    share: float
    fate: str
    change: Change
    needs: str
    copies: bool = False
    undated: bool = False


def set_to(name: str, value: str | None) -> Change:
    """Put ``value`` into a column."""
    return lambda row: {name: value}


def rewrite(name: str, how: Callable[[str], str]) -> Change:
    """Change the text of a column that is filled."""
    return lambda row: {name: how(row[name] or "")}


def swap(one: str, other: str) -> Change:
    """Exchange two columns."""
    return lambda row: {one: row[other], other: row[one]}


def same(row: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Change nothing: for a row that stands twice."""
    return {}


def full_width(text: str) -> str:
    """ASCII as the full-width characters of an input method (U+FF01 onwards)."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def other_check(text: str) -> str:
    """An identity number whose last character is wrong."""
    return text[:-1] + ("1" if text[-1] != "1" else "2")


def slashes(text: str) -> str:
    """A time with slashes, the second form that the mapping declares."""
    return text.replace("-", "/")


def dashes(text: str) -> str:
    """A date of eight digits with dashes, the second form that the mapping declares."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def dots(text: str) -> str:
    """A date or time as nobody declared it: day first, with dots."""
    plain = text.replace("-", "")
    return f"{plain[6:8]}.{plain[4:6]}.{plain[:4]}{plain[8:]}"


def shorter(text: str) -> str:
    """A code that lost its last digit."""
    return text[:-1]


def namesake(row: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The same person once more under a new number, with what a hurried hand mistypes: one of four kinds."""
    number, name, mobile = (row[column] or "" for column in ("CUST_NO", "CUST_NAME", "MOBILE_NO"))
    mistyped = (
        {"CUST_NAME": name[:-1] + "某"},
        {"CUST_NAME": name[0] + name[:0:-1], "BRANCH_NO": "0101"},
        {"MOBILE_NO": mobile[:-2] + mobile[:-3:-1], "EMAIL_ADDR": None},
        {"CUST_NAME": f"{name[0]} {name[1:]}", "RES_ADDR": (row["RES_ADDR"] or "").replace("号", "弄")},
    )
    return {"CUST_NO": "89" + number[2:], **mistyped[int(number[-1:] or 0) % len(mistyped)]}


KINDS: Mapping[str, tuple[Kind, ...]] = {
    "customers": (
        Kind("null_required", 0.0008, QUARANTINED, set_to("CUST_NO", None), "CUST_NO"),
        Kind("wrong_type", 0.0008, QUARANTINED, set_to("BIRTH_YR", "N/A"), "BIRTH_YR"),
        Kind("full_width", 0.001, QUARANTINED, rewrite("MOBILE_NO", full_width), "MOBILE_NO"),
        Kind("second_format", 0.002, READ, rewrite("OPEN_DT", dashes), "OPEN_DT"),
        Kind("undeclared_format", 0.0008, QUARANTINED, rewrite("OPEN_DT", dots), "OPEN_DT"),
        Kind("swapped", 0.0008, QUARANTINED, swap("ID_NO", "MOBILE_NO"), "ID_NO"),
        Kind("duplicate_identical", 0.001, REPEATED, same, "CUST_NO", copies=True),
        Kind("duplicate_conflicting", 0.0005, QUARANTINED, set_to("BRANCH_NO", "0000"), "CUST_NO", copies=True),
        Kind("duplicate_person", 0.001, UNNOTICED, namesake, "CUST_NAME", copies=True),
        Kind("broken_check", 0.001, UNNOTICED, rewrite("ID_NO", other_check), "ID_NO"),
        Kind("broken_pattern", 0.0008, QUARANTINED, rewrite("MOBILE_NO", shorter), "MOBILE_NO"),
        Kind("unknown_code", 0.0008, QUARANTINED, set_to("SEX_CD", "9"), "SEX_CD"),
    ),
    "accounts": (
        Kind("null_required", 0.001, QUARANTINED, set_to("CUST_NO", None), "CUST_NO"),
        Kind("lower_case", 0.002, QUARANTINED, rewrite("CCY", str.lower), "CCY"),
        Kind("second_format", 0.002, READ, rewrite("OPEN_DT", dashes), "OPEN_DT"),
        Kind("undeclared_format", 0.001, QUARANTINED, rewrite("OPEN_DT", dots), "OPEN_DT"),
        Kind("swapped", 0.001, QUARANTINED, swap("CCY", "ACCT_STS"), "CCY"),
        Kind("duplicate_identical", 0.001, REPEATED, same, "ACCT_NO", copies=True),
        Kind("duplicate_conflicting", 0.0005, QUARANTINED, set_to("ACCT_STS", "F"), "ACCT_NO", copies=True),
        Kind("unknown_code", 0.001, QUARANTINED, set_to("ACCT_TYP", "77"), "ACCT_TYP"),
    ),
    "cards": (
        Kind("null_required", 0.001, QUARANTINED, set_to("ACCT_NO", None), "ACCT_NO"),
        Kind("second_format", 0.002, READ, rewrite("EXPIRE_DT", dashes), "EXPIRE_DT"),
        Kind("undeclared_format", 0.001, QUARANTINED, rewrite("ISSUE_DT", dots), "ISSUE_DT"),
        Kind("swapped", 0.001, QUARANTINED, swap("CARD_BIN", "CARD_TYP"), "CARD_BIN"),
        Kind("duplicate_identical", 0.001, REPEATED, same, "CARD_NO", copies=True),
        Kind("broken_check", 0.001, UNNOTICED, rewrite("CARD_NO", other_check), "CARD_NO"),
        Kind("unknown_code", 0.001, QUARANTINED, set_to("CARD_STS", "9"), "CARD_STS"),
    ),
    "merchants": (
        Kind("null_required", 0.001, QUARANTINED, set_to("MER_ID", None), "MER_ID"),
        Kind("wrong_type", 0.001, QUARANTINED, set_to("LAT", "N/A"), "LAT"),
        Kind("full_width", 0.001, QUARANTINED, rewrite("MCC", full_width), "MCC"),
        Kind("second_format", 0.002, READ, rewrite("NET_IN_DT", dashes), "NET_IN_DT"),
        Kind("swapped", 0.001, QUARANTINED, swap("MCC", "CTRY_CD"), "MCC"),
        Kind("duplicate_identical", 0.001, REPEATED, same, "MER_ID", copies=True),
        Kind("broken_pattern", 0.001, QUARANTINED, rewrite("MCC", shorter), "MCC"),
    ),
    "transactions": (
        Kind("null_required", 0.0010, QUARANTINED, set_to("TXN_AMT", None), "TXN_AMT"),
        Kind("wrong_type", 0.0010, QUARANTINED, set_to("TXN_AMT", "N/A"), "TXN_AMT"),
        Kind("full_width", 0.0010, QUARANTINED, rewrite("TXN_AMT", full_width), "TXN_AMT"),
        Kind("second_format", 0.0030, READ, rewrite("TXN_TIME", slashes), "TXN_TIME"),
        Kind("undeclared_format", 0.0002, QUARANTINED, rewrite("TXN_TIME", dots), "TXN_TIME", undated=True),
        Kind("null_time", 0.0002, QUARANTINED, set_to("TXN_TIME", None), "TXN_TIME", undated=True),
        Kind("swapped", 0.0005, QUARANTINED, swap("MCC", "CTRY_CD"), "MCC"),
        Kind("duplicate_identical", 0.0015, REPEATED, same, "TXN_NO", copies=True),
        Kind("duplicate_conflicting", 0.0004, QUARANTINED, set_to("TXN_AMT", "0.01"), "TXN_NO", copies=True),
        Kind("broken_pattern", 0.0005, QUARANTINED, rewrite("MCC", shorter), "MCC"),
        Kind("unknown_code", 0.0008, QUARANTINED, set_to("CHNL_CD", "QRX"), "CHNL_CD"),
    ),
    "logins": (
        Kind("null_required", 0.0010, QUARANTINED, set_to("CUST_NO", None), "CUST_NO"),
        Kind("second_format", 0.0030, READ, rewrite("LOGIN_TIME", slashes), "LOGIN_TIME"),
        Kind("swapped", 0.0008, QUARANTINED, swap("RSLT_CD", "AUTH_TYP"), "RSLT_CD"),
        Kind("duplicate_identical", 0.0015, REPEATED, same, "LOGIN_NO", copies=True),
        Kind("lower_case", 0.0008, QUARANTINED, rewrite("CTRY_CD", str.lower), "CTRY_CD"),
        Kind("unknown_code", 0.0008, QUARANTINED, set_to("AUTH_TYP", "QRX"), "AUTH_TYP"),
    ),
    "campaign_events": (
        Kind("null_required", 0.0010, QUARANTINED, set_to("CUST_NO", None), "CUST_NO"),
        Kind("second_format", 0.0030, READ, rewrite("EVENT_TIME", slashes), "EVENT_TIME"),
        Kind("full_width", 0.0010, QUARANTINED, rewrite("COST_AMT", full_width), "COST_AMT"),
        Kind("swapped", 0.0008, QUARANTINED, swap("EVENT_TYP", "GRP_CD"), "EVENT_TYP"),
        Kind("duplicate_identical", 0.0015, REPEATED, same, "EVENT_NO", copies=True),
        Kind("unknown_code", 0.0008, QUARANTINED, set_to("EVENT_TYP", "QRX"), "EVENT_TYP"),
    ),
    "fraud_labels": (
        Kind("second_format", 0.01, READ, rewrite("NOTICE_TIME", slashes), "NOTICE_TIME"),
        Kind("duplicate_identical", 0.004, REPEATED, same, "TXN_NO", copies=True),
        Kind("wrong_type", 0.002, QUARANTINED, set_to("FRAUD_FLG", "maybe"), "FRAUD_FLG"),
        Kind("unknown_code", 0.002, QUARANTINED, set_to("SRC_CD", "XX"), "SRC_CD"),
    ),
}

#: The column whose day a daily file is kept by.
DAILY = {
    "transactions": "TXN_TIME",
    "logins": "LOGIN_TIME",
    "fraud_labels": "NOTICE_TIME",
    "campaign_events": "EVENT_TIME",
}


def soil(name: str, clean: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The file with its dirt, and a list of it: file, line (the header is line 1), kind, fate, column, clean, dirty.

    Of a pair of rows under one key only the added one is listed; both go to quarantine where they conflict.
    """
    rng = stream(seed, f"dirt in {name}")
    days = _days(name, clean)
    taken, chosen = np.zeros(len(clean), dtype=bool), []
    room = np.floor(DAILY_SHARE * np.bincount(days)).astype(np.int64)
    for kind in KINDS[name]:
        rows = _rows(rng, kind, clean, taken)
        rows = _with_room(rows, days, room, kind, rows_a_day=len(clean) / len(room)) if name in DAILY else rows
        taken[rows] = True
        chosen.append((kind, np.sort(rows)))
    return _apply(name, clean, chosen)


def _days(name: str, clean: pl.DataFrame) -> Integers:
    """A number for each row's day; zero for all in a file that is not kept by day."""
    if name not in DAILY:
        return np.zeros(len(clean), dtype=np.int64)
    return clean.get_column(DAILY[name]).str.slice(0, 10).rank("dense").to_numpy().astype(np.int64) - 1


def _rows(rng: np.random.Generator, kind: Kind, clean: pl.DataFrame, taken: np.ndarray) -> Integers:
    """Rows for one kind, at least one, among those that are still clean and have what the kind needs."""
    free = np.flatnonzero(clean.get_column(kind.needs).is_not_null().to_numpy() & ~taken)
    count = min(len(free), max(1, round(kind.share * len(clean))))
    return rng.choice(free, count, replace=False)


def _with_room(rows: Integers, days: Integers, room: Integers, kind: Kind, rows_a_day: float) -> Integers:
    """Those rows that their days can bear in quarantine; ``room`` is used up."""
    if kind.undated:
        rows = rows[: max(1, int(UNDATED_SHARE * rows_a_day / 2))]
    if kind.fate != QUARANTINED:
        return rows
    weight = 2 if kind.copies else 1
    kept = []
    for row in rows:
        if room[days[row]] >= weight:
            room[days[row]] -= weight
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def _apply(name: str, clean: pl.DataFrame, chosen: list[tuple[Kind, Integers]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write the changes into the file and note each of them."""
    copied = np.concatenate([rows for kind, rows in chosen if kind.copies])
    order = np.sort(np.concatenate([np.arange(len(clean)), copied]), kind="stable")
    file = clean[order]
    written: dict[str, dict[int, str | None]] = {column: {} for column in file.columns}
    notes: list[tuple[int, Kind, str, str | None, str | None]] = []
    for kind, rows in chosen:
        places = np.searchsorted(order, rows, side="right" if kind.copies else "left") - (1 if kind.copies else 0)
        for place, row in zip(places.tolist(), clean[rows].iter_rows(named=True), strict=True):
            changes = kind.change(row)
            for column, value in changes.items():
                written[column][place] = value
            notes.extend((place, kind, column, row[column], value) for column, value in changes.items())
            if not changes:
                notes.append((place, kind, kind.needs, row[kind.needs], row[kind.needs]))
    return _rewritten(file, written), _listed(name, notes)


def _rewritten(file: pl.DataFrame, written: Mapping[str, Mapping[int, str | None]]) -> pl.DataFrame:
    """The file with some cells replaced."""
    columns = [
        file.get_column(column).scatter(list(cells), pl.Series(list(cells.values()), dtype=pl.String))
        for column, cells in written.items()
        if cells
    ]
    return file.with_columns(columns)


def _listed(name: str, notes: list[tuple[int, Kind, str, str | None, str | None]]) -> pl.DataFrame:
    """The dirt of one file as a frame, by line."""
    rows = [(name, place + 2, kind.name, kind.fate, column, was, now) for place, kind, column, was, now in notes]
    schema = {"file": pl.String, "line": pl.Int64} | dict.fromkeys(
        ("kind", "fate", "column", "clean", "dirty"), pl.String
    )
    return pl.DataFrame(rows, schema=schema, orient="row").sort("line", maintain_order=True)
