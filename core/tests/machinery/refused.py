"""Rows that a gate refused and what became of them, for tests of quarantine, replay and upkeep."""

from __future__ import annotations

from hansa.quarantine import Account, account_of, shown

#: Two good rows in two days, and four bad ones, one of them of no day.
BAD = ("A 2026-03-01 1", "B 2026-03-01 -5", "C 2026-03-01 -500", "D 2026-03-02 2", "E 2026-03-02 x", "F x 3")


def looser(daily, contract, column, **more):
    """The contract of ``daily`` in a newer version, which takes negative amounts too."""
    cents = column("cents", "integer", minimum=-100)
    return contract(*daily.columns[:2], cents, version="1.1.0", digest="d2", **more)


def account(bench, product="t.a") -> Account:
    """The account of a bench's refused rows."""
    return account_of(bench.book(product), bench.warehouse.table(product, 1))


def states(bench):
    """Each refused row's id and state, sorted."""
    rows = account(bench).rows
    return sorted((shown(row, bench.keys)["id"], row["state"]) for row in rows.to_dicts())
