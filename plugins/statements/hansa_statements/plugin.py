"""What hansa-statements offers: the formats ``mt940``, ``camt``, ``camt-transactions`` and ``ofx``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.hooks import hookimpl

if TYPE_CHECKING:
    import polars as pl
    from hansa.sources import Binding, Reader


def read_mt940(path: Path, binding: Binding) -> pl.LazyFrame:
    """A file of SWIFT MT940 messages, one row for each ``:61:``."""
    from hansa_statements import mt940

    return mt940.read(path, binding)


def read_camt(path: Path, binding: Binding) -> pl.LazyFrame:
    """A file of camt.052, camt.053 or camt.054, one row for each entry."""
    from hansa_statements import camt

    return camt.read(path, binding, each="entry")


def read_camt_transactions(path: Path, binding: Binding) -> pl.LazyFrame:
    """The same, one row for each transaction of a batch."""
    from hansa_statements import camt

    return camt.read(path, binding, each="transaction")


def read_ofx(path: Path, binding: Binding) -> pl.LazyFrame:
    """An OFX or QFX file, version 1 or 2, one row for each transaction of an account or a card."""
    from hansa_statements import ofx

    return ofx.read(path, binding)


@hookimpl
def hansa_sources() -> Mapping[str, Reader]:
    """The readers by format, and by the endings that banks use."""
    return {
        "mt940": read_mt940,
        "sta": read_mt940,
        "camt": read_camt,
        "camt-transactions": read_camt_transactions,
        "ofx": read_ofx,
        "qfx": read_ofx,
    }
